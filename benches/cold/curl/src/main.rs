//! The smallest program that makes one GET with libcurl.

use curl::easy::Easy;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("no URL")?;
    let mut easy = Easy::new();
    let mut body = Vec::new();
    easy.url(&url)?;
    let mut transfer = easy.transfer();
    transfer.write_function(|data| {
        body.extend_from_slice(data);
        Ok(data.len())
    })?;
    transfer.perform()?;
    drop(transfer);
    assert_eq!(body.len(), 1024);
    Ok(())
}
