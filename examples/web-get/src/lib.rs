//! The smallest app in a browser: it gets a document in JSON and shows it.
#![cfg(target_arch = "wasm32")]

use urlsession::{Configuration, session};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The page's function for what is there to see.
    fn show(text: &str);
}

/// Gets `url` and shows what came.
#[wasm_bindgen]
pub fn get(url: String) {
    wasm_bindgen_futures::spawn_local(async move {
        match session(Configuration::default()).data(url).await {
            Ok((body, _)) => show(&String::from_utf8_lossy(&body)),
            Err(error) => show(&error.to_string()),
        }
    });
}
