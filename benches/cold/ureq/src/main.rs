//! The smallest program that makes one GET with ureq.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("no URL")?;
    let body = ureq::get(url).call()?.body_mut().read_to_vec()?;
    assert_eq!(body.len(), 1024);
    Ok(())
}
