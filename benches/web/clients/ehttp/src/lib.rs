//! ehttp, which gathers bodies.

use ehttp::{Request, Response};
use wasm_bindgen::prelude::*;

async fn response(url: &str) -> Result<Response, JsValue> {
    Ok(ehttp::fetch_async(Request::get(url)).await?)
}

/// Gets the URL so many times, one after another; the bytes of all bodies.
#[cfg(not(feature = "app"))]
#[wasm_bindgen]
pub async fn get(url: String, times: u32) -> Result<f64, JsValue> {
    let mut bytes = 0;
    for _ in 0..times {
        bytes += response(&url).await?.bytes.len();
    }
    Ok(bytes as f64)
}

/// Shows what the URL gives in the element `out`.
#[cfg(feature = "app")]
#[wasm_bindgen]
pub async fn show(url: String) -> Result<(), JsValue> {
    let response = response(&url).await?;
    let document = web_sys::window().and_then(|window| window.document());
    let out = document.and_then(|document| document.get_element_by_id("out"));
    out.ok_or("no element")?.set_text_content(response.text());
    Ok(())
}
