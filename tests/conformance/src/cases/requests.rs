//! What a request is, before anything is sent.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use serde_json::json;
use urlsession_core::http::{self, Method};
use urlsession_core::{
    BodyStream, ErrorCode, FileRef, InMemory, InvalidHeader, Request, RequestBody, Url,
};

use crate::{Failure, Fixture, Verdict};

const URL: &str = "http://a.example/path?query#fragment";

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn round_trip(request: &Request) -> Result<Request, Failure> {
    Ok(serde_json::from_str(&serde_json::to_string(request)?)?)
}

pub(crate) async fn a_new_one_is_a_get_with_nothing_set(_: Fixture) -> Verdict {
    let request = Request::get(URL)?;
    check_eq!(request.method(), Method::GET);
    check_eq!(request.url().as_str(), URL);
    check!(request.headers().is_empty());
    check_eq!(*request.body(), RequestBody::Empty);
    check_eq!(request.timeout_interval(), None);
    Ok(())
}

pub(crate) async fn setters_take_effect(_: Fixture) -> Verdict {
    let mut request = Request::get(URL)?
        .with_method(Method::PUT)
        .with_body("body");
    request = request
        .with_timeout_interval(Duration::from_secs(3))
        .header("x-a", "1")?;
    request
        .headers_mut()
        .insert("x-b", http::HeaderValue::from_static("2"));
    check_eq!(request.method(), Method::PUT);
    check_eq!(*request.body(), RequestBody::Bytes("body".into()));
    check_eq!(request.timeout_interval(), Some(Duration::from_secs(3)));
    check_eq!(
        (&request.headers()["x-a"], &request.headers()["x-b"]),
        (&"1".parse()?, &"2".parse()?)
    );
    Ok(())
}

pub(crate) async fn a_field_is_set_whatever_its_case_and_added_after_a_comma(
    _: Fixture,
) -> Verdict {
    let request = Request::get(URL)?.header("X-Field", "first")?;
    let request = request.header("x-fIELD", "second")?;
    check_eq!(request.headers().len(), 1);
    check_eq!(request.headers()["x-field"], "second");
    let request = request
        .header_added("X-FIELD", "third")?
        .header_added("other", "value")?;
    check_eq!(request.headers()["X-Field"], "second,third");
    check_eq!(request.headers()["Other"], "value");
    Ok(())
}

pub(crate) async fn a_copy_is_a_value_of_its_own(_: Fixture) -> Verdict {
    let original = Request::post(URL)?.header("x-a", "1")?.with_body("body");
    let copy = original.clone();
    let copy_of_copy = copy.clone();
    check_eq!(copy, original);
    let edited = copy.header("x-a", "2")?.with_method(Method::PUT);
    check_eq!(copy_of_copy, original);
    check!(edited != original);
    check_eq!(original.headers()["x-a"], "1");
    Ok(())
}

pub(crate) async fn editing_the_original_leaves_the_copy(_: Fixture) -> Verdict {
    let mut original = Request::get(URL)?;
    let copy = original.clone();
    original
        .headers_mut()
        .insert("x-a", http::HeaderValue::from_static("1"));
    check!(copy.headers().is_empty());
    check_eq!(original.headers().len(), 1);
    Ok(())
}

pub(crate) async fn editing_the_copy_leaves_the_original(_: Fixture) -> Verdict {
    let original = Request::get(URL)?.header("x-a", "1")?;
    let mut copy = original.clone();
    copy.headers_mut().clear();
    check_eq!(original.headers()["x-a"], "1");
    check!(copy.headers().is_empty());
    Ok(())
}

pub(crate) async fn equal_ones_hash_equal(_: Fixture) -> Verdict {
    let request = || Request::post(URL).map(|request| request.with_body("body"));
    check_eq!(request()?, request()?);
    check_eq!(hash_of(&request()?), hash_of(&request()?));
    check!(hash_of(&request()?) != hash_of(&Request::post("http://b.example/")?));
    check!(hash_of(&request()?) != hash_of(&Request::put(URL)?));
    Ok(())
}

pub(crate) async fn each_part_counts_in_equality(_: Fixture) -> Verdict {
    let stream = || BodyStream::once(InMemory::new("body".into()));
    let request = Request::post(URL)?.with_body(stream());
    check_eq!(request.clone(), request);
    let others = [
        Request::post("http://b.example/")?.with_body(request.body().clone()),
        request.clone().with_method(Method::PUT),
        request.clone().with_body(stream()),
        request.clone().header("x-a", "1")?,
        request
            .clone()
            .with_timeout_interval(Duration::from_secs(3)),
    ];
    for other in others {
        check!(other != request, "{other:?} equals {request:?}");
    }
    Ok(())
}

pub(crate) async fn known_method_names_are_upper_cased(_: Fixture) -> Verdict {
    for name in [
        "get", "Head", "pOst", "PUT", "delete", "connect", "options", "trace", "patch",
    ] {
        let request = Request::with_method_name(name, URL)?;
        check_eq!(request.method().as_str(), name.to_ascii_uppercase());
    }
    for name in ["m-Search", "foo", "Propfind"] {
        check_eq!(
            Request::with_method_name(name, URL)?.method().as_str(),
            name
        );
    }
    for name in ["", "a b", "a\r\nb", "é"] {
        check_eq!(
            fails!(Request::with_method_name(name, URL)).code(),
            ErrorCode::BadUrl
        );
    }
    Ok(())
}

pub(crate) async fn it_describes_itself_without_secrets(_: Fixture) -> Verdict {
    check_eq!(Request::get(URL)?.to_string(), format!("GET {URL}"));
    let request = Request::get("http://me:hidden@a.example/")?.header("authorization", "hidden")?;
    for shown in [request.to_string(), format!("{request:?}")] {
        check!(
            shown.contains("a.example") && !shown.contains("hidden"),
            "{shown}"
        );
    }
    Ok(())
}

pub(crate) async fn a_relative_url_is_refused_and_a_joined_one_taken(_: Fixture) -> Verdict {
    check_eq!(fails!(Request::get("sibling?q")).code(), ErrorCode::BadUrl);
    let base = Url::parse("http://a.example/folder/page")?;
    let request = Request::get(base.join("sibling?q")?)?;
    check_eq!(request.url().as_str(), "http://a.example/folder/sibling?q");
    Ok(())
}

/// Text that would end the field, or begin another, in a message.
const INJECTIONS: [&str; 9] = [
    "\0",
    "a\0b",
    "a\rb",
    "a\nb",
    "a\r\n",
    "a\n",
    "\ra",
    "a\r\nSet-Cookie: b=c",
    "a\r\n\r\nbody",
];

pub(crate) async fn values_with_line_breaks_or_nul_are_refused(_: Fixture) -> Verdict {
    for value in INJECTIONS {
        let refused = InvalidHeader::Value("x-a".parse()?);
        check_eq!(fails!(Request::get(URL)?.header("x-a", value)), refused);
        let request = Request::get(URL)?.header("x-a", "sound")?;
        check_eq!(fails!(request.clone().header_added("x-a", value)), refused);
        check_eq!(request.headers()["x-a"], "sound");
    }
    for name in ["", "a b", "a:b", "a\r\nb", "é"] {
        check_eq!(
            fails!(Request::get(URL)?.header(name, "value")),
            InvalidHeader::Name
        );
    }
    Ok(())
}

pub(crate) async fn folded_values_are_refused(_: Fixture) -> Verdict {
    // A client must not send them (RFC 9112, section 5.2).
    for value in ["a\r\n b", "a\r\n\tb", "a\n b"] {
        let refused = InvalidHeader::Value("x-a".parse()?);
        check_eq!(fails!(Request::get(URL)?.header("x-a", value)), refused);
    }
    Ok(())
}

pub(crate) async fn a_stored_one_comes_back_equal(_: Fixture) -> Verdict {
    let request = Request::get(URL)?;
    check_eq!(round_trip(&request)?, request);
    Ok(())
}

pub(crate) async fn a_stored_one_keeps_an_empty_body(_: Fixture) -> Verdict {
    for body in [RequestBody::Empty, RequestBody::Bytes(Default::default())] {
        let request = Request::post(URL)?.with_body(body);
        check_eq!(round_trip(&request)?, request);
    }
    Ok(())
}

pub(crate) async fn a_stored_one_keeps_body_fields_and_timeout(_: Fixture) -> Verdict {
    let bytes = RequestBody::Bytes(vec![0, 1, 254, 255].into());
    for body in [bytes, RequestBody::File(FileRef::new("a/file"))] {
        let request = Request::put(URL)?
            .with_body(body)
            .with_timeout_interval(Duration::from_secs(7));
        let mut request = request.header("x-a", "1")?;
        request
            .headers_mut()
            .append("x-a", http::HeaderValue::from_bytes(b"\xff")?);
        check_eq!(round_trip(&request)?, request);
    }
    Ok(())
}

pub(crate) async fn a_stream_cannot_be_stored(_: Fixture) -> Verdict {
    let request = Request::put(URL)?.with_body(BodyStream::once(InMemory::new("body".into())));
    let error = fails!(serde_json::to_string(&request));
    check!(error.to_string().contains("stream"), "{error}");
    Ok(())
}

pub(crate) async fn a_forged_one_is_refused(_: Fixture) -> Verdict {
    let sound = serde_json::to_value(Request::get(URL)?.header("x-a", "1")?)?;
    let forgeries = [
        ("url", json!("no url")),
        ("url", json!("http://a.example:65536/")),
        ("method", json!("GET / HTTP/1.1\r\n")),
        ("headers", json!([["x-a", "1\r\nx-b: 2"]])),
        ("headers", json!([["x a", "1"]])),
    ];
    for (member, value) in forgeries {
        let mut forged = sound.clone();
        forged[member] = value;
        check!(
            serde_json::from_value::<Request>(forged.clone()).is_err(),
            "{forged}"
        );
    }
    Ok(())
}

pub(crate) async fn one_of_the_http_crate_is_taken_whole(_: Fixture) -> Verdict {
    let request = http::Request::post(URL).header("x-a", "1").body("body")?;
    let request = Request::try_from(request)?;
    check_eq!(request.method(), Method::POST);
    check_eq!(request.headers()["x-a"], "1");
    check_eq!(*request.body(), RequestBody::Bytes("body".into()));
    check_eq!(request.url().path(), "/path");
    Ok(())
}
