//! Exchanges with a real server, over the real `fetch`.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use http::{HeaderMap, HeaderValue, Method, StatusCode};
use support::*;
use urlsession_core::{ErrorCode, FileRef, FileVersion, Files, HopBody, Transport};
use urlsession_transport_web::{WebFiles, WebTransport, is_forbidden};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
async fn the_browser_is_told_how_urgent_a_hop_is() {
    for (urgency, word) in [
        (None, None),
        (Some(0), Some("high")),
        (Some(3), Some("auto")),
        (Some(7), Some("low")),
    ] {
        let mut request = get("http://a.example/");
        request.hints.urgency = urgency;
        let told = told(request, "priority").await;
        assert_eq!(told.as_string().as_deref(), word, "{urgency:?}");
    }
}

#[test]
async fn a_get_brings_status_fields_and_body() {
    let Some(origin) = origin("http") else { return };
    let mut answer = exchange(get(&format!("{origin}/Nepal"))).await.unwrap();
    assert_eq!(answer.response.status(), StatusCode::OK);
    assert_eq!(answer.response.url().path(), "/Nepal");
    assert!(answer.response.mime_type().unwrap().starts_with("text/"));
    assert_eq!(rest(&mut *answer.body).await.unwrap(), b"Kathmandu");
}

#[test]
async fn errors_of_the_server_are_responses() {
    let Some(origin) = origin("http") else { return };
    assert_eq!(
        brings(get(&format!("{origin}/status/404")))
            .await
            .unwrap()
            .0,
        404
    );
    assert_eq!(
        brings(get(&format!("{origin}/status/503")))
            .await
            .unwrap()
            .0,
        503
    );
}

#[test]
async fn a_head_has_no_body() {
    let Some(origin) = origin("http") else { return };
    let mut answer = exchange(hop(Method::HEAD, &format!("{origin}/Nepal")))
        .await
        .unwrap();
    assert_eq!(answer.body.remaining(), Some(0));
    assert_eq!(rest(&mut *answer.body).await.unwrap(), b"");
}

#[test]
async fn bytes_are_sent_as_they_are() {
    let Some(origin) = origin("http") else { return };
    for method in [Method::POST, Method::PUT, Method::PATCH] {
        let mut request = hop(method, &format!("{origin}/echo"));
        request.body = HopBody::Bytes((0..=255).collect::<Vec<u8>>().into());
        assert_eq!(
            brings(request).await.unwrap().1,
            (0..=255).collect::<Vec<u8>>()
        );
    }
}

#[test]
async fn a_stream_is_gathered_and_sent_whole() {
    let Some(origin) = origin("http") else { return };
    let mut request = hop(Method::POST, &format!("{origin}/echo"));
    request.body = HopBody::Stream(Box::new(Chunks::of(&["one ", "two ", "three"])), Some(13));
    assert_eq!(brings(request).await.unwrap().1, b"one two three");
}

#[test]
async fn a_stream_that_is_not_as_long_as_it_said_fails() {
    for length in [4, 6] {
        let mut request = hop(Method::POST, "http://a.example/");
        request.body = HopBody::Stream(Box::new(Chunks::of(&["12", "345"])), Some(length));
        assert_eq!(
            failure_of(request).await,
            ErrorCode::RequestBodyStreamExhausted
        );
    }
}

#[test]
async fn a_streams_own_error_is_the_failure() {
    let Some(origin) = origin("http") else { return };
    let mut request = hop(Method::POST, &format!("{origin}/echo"));
    let mut chunks = Chunks::of(&["12"]);
    chunks.0.push_back(Err(ErrorCode::CannotOpenFile.into()));
    request.body = HopBody::Stream(Box::new(chunks), None);
    assert_eq!(failure_of(request).await, ErrorCode::CannotOpenFile);
}

#[test]
async fn a_file_does_not_exist() {
    let mut request = hop(Method::POST, "http://a.example/");
    request.body = HopBody::File(FileRef::new("a.bin"), Box::new(FileVersion::new(0)));
    assert_eq!(failure_of(request).await, ErrorCode::FileDoesNotExist);
}

/// A file of the page's own.
fn adopted(expression: &str) -> FileRef {
    WebFiles::new().adopt(script(expression).into())
}

#[test]
async fn a_file_is_sent_as_it_is_without_a_type_of_its_own() {
    let Some(origin) = origin("http") else { return };
    let file = adopted("new File(['one ', 'two'], 'a.html', { type: 'text/html' })");
    let version = WebFiles::new().version(&file).await.unwrap();
    let mut request = hop(Method::POST, &format!("{origin}/echo"));
    request.body = HopBody::File(file, Box::new(version));
    let mut answer = exchange(request).await.unwrap();
    assert_eq!(answer.response.mime_type(), None);
    assert_eq!(rest(&mut *answer.body).await.unwrap(), b"one two");
}

#[test]
async fn a_file_of_another_version_is_not_sent() {
    let file = adopted("new File(['one'], 'a')");
    let mut request = hop(Method::POST, "http://a.example/");
    request.body = HopBody::File(file, Box::new(FileVersion::new(2)));
    assert_eq!(
        failure_of(request).await,
        ErrorCode::RequestBodyStreamExhausted
    );
}

#[test]
async fn redirects_are_followed_where_they_do_not_show() {
    let Some(origin) = origin("http") else { return };
    let request = get(&format!("{origin}/redirect/2?to=/Nepal"));
    let answer = exchange(request).await.unwrap();
    match WebTransport::new().capabilities().redirects {
        true => assert_eq!(answer.response.status(), StatusCode::FOUND),
        false => assert_eq!(answer.response.url().path(), "/Nepal"),
    }
}

#[test]
async fn chunks_come_while_the_body_is_under_way() {
    let Some(origin) = origin("http") else { return };
    let mut answer = exchange(get(&format!("{origin}/endless?every=50")))
        .await
        .unwrap();
    for _ in 0..3 {
        assert!(answer.body.next_chunk().await.unwrap().is_some());
    }
}

#[test]
async fn a_megabyte_arrives_whole() {
    let Some(origin) = origin("http") else { return };
    let (_, body) = brings(get(&format!("{origin}/bytes/1048576")))
        .await
        .unwrap();
    assert_eq!(body.len(), 1_048_576);
}

#[test]
async fn decoding_is_the_browsers() {
    let Some(origin) = origin("http") else { return };
    let mut answer = exchange(get(&format!("{origin}/gzipped-response")))
        .await
        .unwrap();
    assert_eq!(answer.body.remaining(), None);
    assert_eq!(rest(&mut *answer.body).await.unwrap(), b"Hello World!");
}

#[test]
async fn a_refused_connection_is_not_told_from_other_failures() {
    let Some(closed) = origin("closed") else {
        return;
    };
    let error = exchange(get(&format!("{closed}/"))).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::CannotLoadFromNetwork);
    assert_eq!(cause(&error).name(), "TypeError");
    assert!(!cause(&error).message().is_empty());
    assert_eq!(error.url().unwrap().as_str(), format!("{closed}/"));
}

#[test]
async fn a_garbage_head_fails() {
    let Some(origin) = origin("http") else { return };
    for fault in ["close-after-request", "reset-mid-head", "nul-in-field"] {
        let code = failure_of(get(&format!("{origin}/fault/{fault}"))).await;
        assert_eq!(code, ErrorCode::CannotLoadFromNetwork, "{fault}");
    }
}

#[test]
async fn a_connection_lost_in_the_body_leaves_what_came_before() {
    let Some(origin) = origin("http") else { return };
    for fault in ["reset-mid-body", "close-mid-body"] {
        let mut answer = exchange(get(&format!("{origin}/fault/{fault}")))
            .await
            .unwrap();
        let error = rest(&mut *answer.body).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::NetworkConnectionLost, "{fault}");
        assert!(
            answer.body.next_chunk().await.unwrap().is_none(),
            "the end follows the error"
        );
    }
}

#[test]
async fn what_fetch_refuses_is_the_callers_fault() {
    assert_eq!(
        failure_of(get("http://me:secret@a.example/")).await,
        ErrorCode::BadUrl
    );
    assert_eq!(
        failure_of(hop(Method::CONNECT, "http://a.example/")).await,
        ErrorCode::BadUrl
    );
    let mut with_body = get("http://a.example/");
    with_body.body = HopBody::Bytes("x".into());
    assert_eq!(failure_of(with_body).await, ErrorCode::BadUrl);
}

#[test]
async fn other_schemes_are_unsupported() {
    for url in ["ftp://a.example/", "ws://a.example/", "gopher://a.example/"] {
        assert_eq!(
            failure_of(get(url)).await,
            ErrorCode::UnsupportedUrl,
            "{url}"
        );
    }
}

#[test]
async fn fields_cross_byte_for_byte() {
    let Some(origin) = origin("http") else { return };
    let answer = exchange(get(&format!(
        "{origin}/headers?X-Latin=%E9t%E9&X-Utf=%C3%A9&X-Two=1&X-Two=2"
    )));
    let answer = answer.await.unwrap();
    let crosses = has("field_bytes");
    let latin: &[u8] = match crosses {
        true => b"\xE9t\xE9",
        false => "\u{FFFD}t\u{FFFD}".as_bytes(),
    };
    assert_eq!(answer.response.headers()["x-latin"].as_bytes(), latin);
    assert_eq!(answer.response.headers()["x-utf"].as_bytes(), b"\xC3\xA9");
    assert_eq!(answer.response.value("x-two").unwrap(), "1, 2");

    let mut request = get(&format!("{origin}/echoHeaders"));
    let value = HeaderValue::from_bytes(b"caf\xE9").unwrap();
    request.headers = HeaderMap::from_iter([("x-latin".parse().unwrap(), value)]).into();
    let (_, head) = brings(request).await.unwrap();
    // The server writes each byte that it got as a character.
    let sent = match crosses {
        true => "x-latin: caf\u{E9}",
        false => "x-latin: caf\u{C3}\u{A9}",
    };
    let head = String::from_utf8(head).unwrap();
    assert!(head.lines().any(|line| line == sent), "{head}");
}

#[test]
async fn dropped_fields_are_known() {
    let mut request = get("http://a.example/");
    let fields = ["host", "cookie", "sec-a", "proxy-b", "x-kept"]
        .map(|name| (name.parse().unwrap(), HeaderValue::from_static("1")));
    request.headers = HeaderMap::from_iter(fields).into();
    let _fetch = fetch_is("() => Promise.resolve(new Response())");
    let transport = WebTransport::new();
    exchange_with(&transport, request).await.unwrap();
    let dropped = transport.dropped_fields();
    if is_node() {
        assert!(
            dropped.is_empty(),
            "Node keeps no field to itself: {dropped:?}"
        );
    } else {
        assert_eq!(dropped, ["cookie", "host", "proxy-b", "sec-a"]);
    }
}

#[test]
fn forbidden_names_are_known_beforehand() {
    for name in [
        "cookie",
        "host",
        "sec-fetch-site",
        "proxy-authorization",
        "via",
        "user-agent",
    ] {
        assert!(is_forbidden(&name.parse().unwrap()), "{name}");
    }
    for name in ["authorization", "range", "accept-language", "x-host"] {
        assert!(!is_forbidden(&name.parse().unwrap()), "{name}");
    }
}

#[test]
async fn the_browsers_own_response_can_be_had_until_it_is_read() {
    let Some(origin) = origin("http") else { return };
    let url = format!("{origin}/Nepal");
    let mut answer = exchange(get(&url)).await.unwrap();
    let native = answer
        .body
        .take_native()
        .unwrap()
        .downcast::<web_sys::Response>()
        .unwrap();
    assert!(answer.body.next_chunk().await.unwrap().is_none());
    drop(answer);
    let native: JsValue = (*native).into();
    let text: js_sys::Function = js_sys::Reflect::get(&native, &"text".into())
        .unwrap()
        .into();
    let text: js_sys::Promise = text.call0(&native).unwrap().into();
    assert_eq!(
        JsFuture::from(text).await.unwrap(),
        JsValue::from("Kathmandu")
    );

    let mut answer = exchange(get(&url)).await.unwrap();
    answer.body.next_chunk().await.unwrap();
    assert!(answer.body.take_native().is_none());
}
