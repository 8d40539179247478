//! What a request keeps, refuses and shows.

use http::Method;

use crate::testing::test;
use crate::words::cache::CachePolicy;
use crate::words::error::InvalidHeader;
use crate::words::request::Request;

#[test]
fn an_edited_copy_leaves_the_original() {
    let original = Request::get("http://a.example/").unwrap();
    let copy = original.clone().header("x-a", "1").unwrap();
    assert!(original.headers().is_empty());
    assert_eq!(copy.headers()["x-a"], "1");
}

#[test]
fn adding_joins_with_a_comma() {
    let request = Request::get("http://a.example/").unwrap();
    let request = request
        .header("X-A", "1")
        .unwrap()
        .header_added("x-a", "2")
        .unwrap();
    assert_eq!(request.headers()["x-a"], "1,2");
}

#[test]
fn line_breaks_and_nul_are_refused_in_values() {
    for value in ["a\r\nb: c", "a\rb", "a\nb", "a\0b", "a\r\n"] {
        let refused = Request::get("http://a.example/")
            .unwrap()
            .header("x-a", value);
        assert_eq!(
            refused.unwrap_err(),
            InvalidHeader::Value("x-a".parse().unwrap())
        );
    }
}

#[test]
fn known_method_names_are_upper_cased() {
    let method = |name| {
        Request::with_method_name(name, "http://a.example/")
            .unwrap()
            .method()
            .clone()
    };
    assert_eq!(method("patch"), Method::PATCH);
    assert_eq!(method("m-Search").as_str(), "m-Search");
}

#[test]
fn secrets_are_not_shown() {
    let request = Request::get("http://me:pw@a.example/").unwrap();
    let request = request.header("authorization", "Bearer s3cret").unwrap();
    let shown = format!("{request:?} {request}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("pw"),
        "{shown}"
    );
}

#[test]
fn properties_are_by_type_and_no_part_of_the_value() {
    let request = Request::get("http://a.example/").unwrap();
    let marked = request.clone().with_property(1_u8).with_property("tag");
    assert_eq!(marked, request);
    assert_eq!(marked.property::<u8>(), Some(&1));
    let unmarked = marked.clone().without_property::<u8>();
    assert_eq!(unmarked.property::<u8>(), None);
    assert_eq!(unmarked.property::<&str>(), Some(&"tag"));
    assert_eq!(marked.property::<u8>(), Some(&1));
}

#[test]
fn only_what_a_transport_reaches_has_a_target() {
    for (url, has_target) in [
        ("http://a.example/", true),
        ("https://a.example/", true),
        ("app://bundle/a", false),
        ("app:///a", false),
        ("app:a", false),
        ("data:,a", false),
        ("file:///a", false),
    ] {
        let request = Request::get(url).unwrap();
        assert_eq!(request.target().is_some(), has_target, "{url}");
        assert_eq!(request.url().as_str(), url);
    }
}

#[test]
fn stored_and_read_again_it_is_equal() {
    let request = Request::post("http://a.example/?q#f")
        .unwrap()
        .with_body("abc");
    let request = request
        .header("x-a", "1")
        .unwrap()
        .with_allows_expensive_network_access(false)
        .with_cache_policy(CachePolicy::ReturnCacheDataDontLoad);
    let text = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<Request>(&text).unwrap(), request);
}
