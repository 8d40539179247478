//! `fetch` by web-sys, written as its guide has it.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

async fn response(url: &str) -> Result<Response, JsValue> {
    let window = web_sys::window().ok_or("no window")?;
    JsFuture::from(window.fetch_with_str(url)).await?.dyn_into()
}

async fn body(url: &str) -> Result<Vec<u8>, JsValue> {
    let response = response(url).await?;
    let buffer = JsFuture::from(response.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Gets the URL so many times, one after another; the bytes of all bodies.
#[cfg(not(feature = "app"))]
#[wasm_bindgen]
pub async fn get(url: String, times: u32) -> Result<f64, JsValue> {
    let mut bytes = 0;
    for _ in 0..times {
        bytes += body(&url).await?.len();
    }
    Ok(bytes as f64)
}

/// Reads the URL's body chunk by chunk; its bytes.
#[cfg(not(feature = "app"))]
#[wasm_bindgen]
pub async fn download(url: String) -> Result<f64, JsValue> {
    let stream = response(&url).await?.body().ok_or("no body")?;
    let reader: ReadableStreamDefaultReader = stream.get_reader().dyn_into()?;
    let (mut bytes, mut chunk) = (0, Vec::new());
    loop {
        let read = JsFuture::from(reader.read()).await?;
        if Reflect::get(&read, &"done".into())?.is_truthy() {
            return Ok(bytes as f64);
        }
        let value: Uint8Array = Reflect::get(&read, &"value".into())?.dyn_into()?;
        let length = value.length() as usize;
        if chunk.len() < length {
            chunk.resize(length, 0);
        }
        value.copy_to(&mut chunk[..length]);
        bytes += length;
    }
}

/// Shows what the URL gives in the element `out`.
#[cfg(feature = "app")]
#[wasm_bindgen]
pub async fn show(url: String) -> Result<(), JsValue> {
    let text = JsFuture::from(response(&url).await?.text()?).await?;
    let document = web_sys::window().and_then(|window| window.document());
    let out = document.and_then(|document| document.get_element_by_id("out"));
    out.ok_or("no element")?
        .set_text_content(text.as_string().as_deref());
    Ok(())
}
