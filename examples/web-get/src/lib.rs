//! The smallest app in a browser: it gets a document in JSON and shows it.
#![cfg(target_arch = "wasm32")]

use urlsession::web::spawn_local;
use urlsession::{Configuration, session};
use wasm_bindgen::prelude::*;

/// A quarter of the code of Rust's own.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

#[wasm_bindgen]
extern "C" {
    /// The page's function for what is there to see: text in UTF-8, as a document comes.
    fn show(text: &[u8]);
}

/// Gets `url` and shows what came.
#[wasm_bindgen]
pub fn get(url: String) {
    spawn_local(async move {
        match session(Configuration::default()).data(url).await {
            Ok((body, _)) => show(&body),
            Err(error) => show(error.to_string().as_bytes()),
        }
    });
}
