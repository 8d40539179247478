//! URLs, parsed by the browser.

use urlsession_core::Url;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = URL)]
    type BrowserUrl;

    #[wasm_bindgen(catch, constructor, js_class = "URL")]
    fn new(text: &str, base: Option<&str>) -> Result<BrowserUrl, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn href(this: &BrowserUrl) -> String;
}

/// The URL as the browser writes it; `None` when it knows no such URL.
pub(crate) fn parse(text: &str, base: Option<&Url>) -> Option<String> {
    let url = BrowserUrl::new(text, base.map(Url::as_str));
    url.ok().map(|url| url.href())
}
