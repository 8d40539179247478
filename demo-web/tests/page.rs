//! The page, clicked through in a browser.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use urlsession_core::Runtime;
use urlsession_transport_web::WebRuntime;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test as test;
use web_sys::{Document, HtmlElement, HtmlInputElement};

/// The page in the test's document, its transfers going to the origin server; `None`, said aloud, without a server or a document.
fn opened() -> Option<Document> {
    let Some(line) = option_env!("URLSESSION_ORIGIN") else {
        wasm_bindgen_test::console_log!("SKIPPED: no origin server (URLSESSION_ORIGIN)");
        return None;
    };
    let Some(window) = web_sys::window() else {
        wasm_bindgen_test::console_log!("SKIPPED: no page");
        return None;
    };
    let document = window.document().unwrap();
    let page = include_str!("../index.html");
    let body = page
        .split_once("<body>")
        .unwrap()
        .1
        .split_once("<script")
        .unwrap()
        .0;
    let root = document.get_element_by_id("page").unwrap_or_else(|| {
        let root = document.create_element("div").unwrap();
        root.set_id("page");
        document
            .document_element()
            .unwrap()
            .append_with_node_1(&root)
            .unwrap();
        root
    });
    root.set_inner_html(body);
    urlsession_demo_web::start().unwrap();
    let urls = js_sys::JSON::parse(line).unwrap();
    let url = js_sys::Reflect::get(&urls, &"http".into())
        .unwrap()
        .as_string()
        .unwrap();
    let server = document.get_element_by_id("origin").unwrap();
    server.unchecked_into::<HtmlInputElement>().set_value(&url);
    Some(document)
}

fn click(document: &Document, selector: &str) {
    let button = document.query_selector(selector).unwrap().unwrap();
    button.unchecked_into::<HtmlElement>().click();
}

fn shown(document: &Document, part: &str) -> String {
    let selector = format!("#transfers > li [data-part={part}]");
    let element = document.query_selector(&selector).unwrap().unwrap();
    element.text_content().unwrap()
}

/// Waits until the latest transfer shows this.
async fn shows(document: &Document, part: &str, text: &str) {
    let runtime = WebRuntime::new();
    let latest = runtime.now() + Duration::from_secs(20);
    while !shown(document, part).contains(text) {
        assert!(
            runtime.now() < latest,
            "{part} shows {:?}, not {text:?}",
            shown(document, part)
        );
        runtime
            .sleep_until(runtime.now() + Duration::from_millis(5))
            .await;
    }
}

#[test]
async fn json_is_shown() {
    let Some(document) = opened() else { return };
    click(&document, "[data-path='/json']");
    shows(&document, "state", "completed: 200").await;
    shows(&document, "text", "Sample").await;
}

#[test]
async fn redirects_are_followed() {
    let Some(document) = opened() else { return };
    click(&document, "[data-path^='/redirect']");
    shows(&document, "state", "completed: 200").await;
}

#[test]
async fn a_transfer_is_suspended_resumed_and_cancelled() {
    let Some(document) = opened() else { return };
    click(&document, "[data-path^='/slow']");
    shows(&document, "text", "chunk 0").await;
    click(&document, "[data-action=suspend]");
    shows(&document, "state", "suspended").await;
    click(&document, "[data-action=resume]");
    shows(&document, "text", "chunk 3").await;
    click(&document, "[data-action=cancel]");
    shows(&document, "state", "failed: Cancelled").await;
}

#[test]
async fn a_lost_connection_is_told() {
    let Some(document) = opened() else { return };
    click(&document, "[data-path^='/fault']");
    shows(&document, "state", "failed: NetworkConnectionLost").await;
    shows(&document, "text", "TypeError").await;
}

#[test]
async fn what_is_no_url_is_told() {
    let Some(document) = opened() else { return };
    let server = document.get_element_by_id("origin").unwrap();
    server
        .unchecked_into::<HtmlInputElement>()
        .set_value("no url");
    click(&document, "[data-path='/json']");
    shows(&document, "state", "failed: BadUrl").await;
}
