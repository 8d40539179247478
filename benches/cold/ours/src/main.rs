//! The smallest program that makes one GET with urlsession.

use urlsession::Configuration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("no URL")?;
    let session = urlsession::session(Configuration::default());
    let (body, _) = session.data(&*url).await?;
    assert_eq!(body.len(), 1024);
    Ok(())
}
