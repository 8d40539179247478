//! The smallest program that makes one GET with hyper-util.

use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("no URL")?;
    let client: Client<HttpConnector, Empty<bytes::Bytes>> =
        Client::builder(TokioExecutor::new()).build_http();
    let body = client
        .get(url.parse()?)
        .await?
        .into_body()
        .collect()
        .await?
        .to_bytes();
    assert_eq!(body.len(), 1024);
    Ok(())
}
