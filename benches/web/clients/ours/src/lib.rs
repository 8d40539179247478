//! urlsession, with tasks and no other feature. Its smallest program is the example `web-get`.

use futures_util::StreamExt;
use urlsession::{Configuration, Error, session};
use wasm_bindgen::prelude::*;

fn thrown(error: Error) -> JsValue {
    error.to_string().into()
}

/// Gets the URL so many times, one after another; the bytes of all bodies.
#[wasm_bindgen]
pub async fn get(url: String, times: u32) -> Result<f64, JsValue> {
    let (session, mut bytes) = (session(Configuration::default()), 0);
    for _ in 0..times {
        let (body, _) = session.data(&*url).await.map_err(thrown)?;
        bytes += body.len();
    }
    Ok(bytes as f64)
}

/// Reads the URL's body chunk by chunk; its bytes.
#[wasm_bindgen]
pub async fn download(url: String) -> Result<f64, JsValue> {
    let session = session(Configuration::default());
    let (mut chunks, _) = session.bytes(&*url).await.map_err(thrown)?;
    let mut bytes = 0;
    while let Some(chunk) = chunks.next().await {
        bytes += chunk.map_err(thrown)?.len();
    }
    Ok(bytes as f64)
}
