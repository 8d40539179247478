//! What is done with a response, however it was got.

use std::io::Write;
use std::path::Path;
use std::pin::pin;

use harness::Result;
use http_body_util::BodyExt;
use hyper::body::Incoming;

/// The whole body in one buffer; its length.
pub(crate) async fn gather(body: Incoming) -> Result<u64> {
    Ok(body.collect().await?.to_bytes().len() as u64)
}

/// The body frame by frame, dropped; its length.
pub(crate) async fn discard(body: Incoming) -> Result<u64> {
    let mut body = pin!(body);
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        bytes += frame?.data_ref().map_or(0, |data| data.len() as u64);
    }
    Ok(bytes)
}

/// The body frame by frame into a file; its length.
pub(crate) async fn save(body: Incoming, path: &Path) -> Result<u64> {
    let mut file = std::fs::File::create(path)?;
    let mut body = pin!(body);
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            file.write_all(&data)?;
            bytes += data.len() as u64;
        }
    }
    Ok(bytes)
}
