//! reqwest.

use reqwest::{Client, Error};
use wasm_bindgen::prelude::*;

fn thrown(error: Error) -> JsValue {
    error.to_string().into()
}

/// Gets the URL so many times, one after another; the bytes of all bodies.
#[cfg(not(feature = "app"))]
#[wasm_bindgen]
pub async fn get(url: String, times: u32) -> Result<f64, JsValue> {
    let (client, mut bytes) = (Client::new(), 0);
    for _ in 0..times {
        let response = client.get(&url).send().await.map_err(thrown)?;
        bytes += response.bytes().await.map_err(thrown)?.len();
    }
    Ok(bytes as f64)
}

/// Reads the URL's body chunk by chunk; its bytes.
#[cfg(not(feature = "app"))]
#[wasm_bindgen]
pub async fn download(url: String) -> Result<f64, JsValue> {
    use futures_util::StreamExt;

    let response = Client::new().get(&url).send().await.map_err(thrown)?;
    let (mut chunks, mut bytes) = (response.bytes_stream(), 0);
    while let Some(chunk) = chunks.next().await {
        bytes += chunk.map_err(thrown)?.len();
    }
    Ok(bytes as f64)
}

/// Shows what the URL gives in the element `out`.
#[cfg(feature = "app")]
#[wasm_bindgen]
pub async fn show(url: String) -> Result<(), JsValue> {
    let response = Client::new().get(&url).send().await.map_err(thrown)?;
    let text = response.text().await.map_err(thrown)?;
    let document = web_sys::window().and_then(|window| window.document());
    let out = document.and_then(|document| document.get_element_by_id("out"));
    out.ok_or("no element")?.set_text_content(Some(&text));
    Ok(())
}
