//! What `fetch` is told of a request beside its fields and body.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use http::{HeaderMap, HeaderValue, Method};
use support::*;
use urlsession_core::{CachePolicy, ErrorCode, HopBody, HopRequest};
use urlsession_transport_web::{
    Credentials, FetchOptions, Redirects, ReferrerPolicy, WebTransport,
};
use wasm_bindgen_test::wasm_bindgen_test as test;

const URL: &str = "http://a.example/";

fn options(set: impl FnOnce(&mut FetchOptions)) -> FetchOptions {
    let mut options = FetchOptions::new();
    set(&mut options);
    options
}

fn get_with(set: impl FnOnce(&mut FetchOptions)) -> HopRequest {
    let mut request = get(URL);
    request.properties.insert(options(set));
    request
}

#[test]
async fn policies_are_modes_of_the_browsers_cache() {
    use CachePolicy::*;
    for (policy, mode) in [
        (Some(UseProtocolCachePolicy), None),
        (Some(ReloadIgnoringLocalCacheData), Some("reload")),
        (Some(ReloadIgnoringLocalAndRemoteCacheData), Some("reload")),
        (Some(ReturnCacheDataElseLoad), Some("force-cache")),
        (Some(ReloadRevalidatingCacheData), Some("no-cache")),
        (None, Some("no-store")),
    ] {
        let mut request = get(URL);
        request.hints.cache = policy;
        let told = told(request, "cache").await;
        assert_eq!(told.as_string().as_deref(), mode, "{policy:?}");
    }
}

#[test]
async fn the_cache_alone_is_asked_of_ones_own_origin() {
    if is_node() {
        return;
    }
    for (member, value) in [("cache", "only-if-cached"), ("mode", "same-origin")] {
        let mut request = get(URL);
        request.hints.cache = Some(CachePolicy::ReturnCacheDataDontLoad);
        assert_eq!(told(request, member).await, value);
    }
}

#[test]
async fn what_the_cache_does_not_have_is_unavailable() {
    let Some(origin) = origin("http") else { return };
    let mut request = get(&format!("{origin}/bytes/17?never=asked"));
    request.hints.cache = Some(CachePolicy::ReturnCacheDataDontLoad);
    assert_eq!(failure_of(request).await, ErrorCode::ResourceUnavailable);
}

#[test]
async fn a_request_says_more_than_its_session() {
    let session = options(|it| {
        it.credentials = Some(Credentials::Include);
        it.referrer_policy = Some(ReferrerPolicy::NoReferrer);
    });
    let transport = WebTransport::new().with_options(session);
    let told = told_by(&transport, get(URL), "credentials").await;
    assert_eq!(told, "include");
    let own = || get_with(|it| it.credentials = Some(Credentials::Omit));
    assert_eq!(told_by(&transport, own(), "credentials").await, "omit");
    let policy = told_by(&transport, own(), "referrerPolicy").await;
    assert_eq!(policy, "no-referrer");
}

#[test]
async fn unasked_the_browsers_defaults_stand() {
    for member in [
        "credentials",
        "referrerPolicy",
        "keepalive",
        "cache",
        "mode",
        "priority",
        "duplex",
        "body",
    ] {
        assert!(told(get(URL), member).await.is_undefined(), "{member}");
    }
}

#[test]
async fn a_request_may_outlive_the_page_with_64_kib() {
    let request = get_with(|it| it.keepalive = Some(true));
    assert_eq!(told(request, "keepalive").await, true);
    for (length, is_sent) in [(64 * 1024, true), (64 * 1024 + 1, false)] {
        let mut request = get_with(|it| it.keepalive = Some(true));
        request.method = Method::POST;
        request.body = HopBody::Bytes(vec![7; length].into());
        let _fetch = fetch_is_called("async () => new Response()");
        match is_sent {
            true => drop(exchange(request).await.unwrap()),
            false => assert_eq!(
                failure_of(request).await,
                ErrorCode::DataLengthExceedsMaximum
            ),
        }
    }
}

#[test]
async fn refused_a_redirect_is_an_error() {
    let Some(origin) = origin("http") else { return };
    let refusing = |path: &str| {
        let mut request = get(&format!("{origin}{path}"));
        let refuse = options(|it| it.redirects = Some(Redirects::Refuse));
        request.properties.insert(refuse);
        request
    };
    let code = failure_of(refusing("/redirect/1?to=/Nepal")).await;
    assert_eq!(code, ErrorCode::HttpTooManyRedirects);
    assert_eq!(brings(refusing("/Nepal")).await.unwrap().1, b"Kathmandu");
    assert_eq!(brings(refusing("/status/304")).await.unwrap().0, 304);
}

#[test]
async fn values_of_fields_cross_whatever_they_are_made_of() {
    let mut request = get(URL);
    let value = b"\"q\\u0041\"\t\\ \xff{}[],:";
    let mut fields = HeaderMap::new();
    fields.insert("x-a", HeaderValue::from_bytes(value).unwrap());
    fields.append("x-b", HeaderValue::from_static("1"));
    fields.append("x-b", HeaderValue::from_static("2"));
    request.headers = fields.into();
    let told = told(request, "headers.map(pair => pair.join('=')).join('&')").await;
    let expected: String = value.iter().copied().map(char::from).collect();
    assert_eq!(
        told.as_string().unwrap(),
        format!("x-a={expected}&x-b=1&x-b=2")
    );
}

#[test]
fn words_are_fetchs() {
    assert_eq!(
        Credentials::from_word("same-origin"),
        Some(Credentials::SameOrigin)
    );
    assert_eq!(Redirects::from_word("manual"), None);
    assert_eq!(
        ReferrerPolicy::from_word("origin").unwrap().as_str(),
        "origin"
    );
}
