//! The smallest program that makes one GET with reqwest.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("no URL")?;
    let body = reqwest::get(url).await?.bytes().await?;
    assert_eq!(body.len(), 1024);
    Ok(())
}
