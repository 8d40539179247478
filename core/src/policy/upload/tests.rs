use super::*;
use crate::testing::test;

fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair = |&(name, value): &(&'static str, &'static str)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    };
    list.iter().map(pair).collect()
}

fn said(list: &[(&'static str, &'static str)]) -> Said {
    Said::of(&headers(list))
}

fn target(url: &str) -> Arc<Target> {
    Arc::new(Target::parse(url).unwrap())
}

#[test]
fn limits_are_read_and_broken_ones_ignored() {
    let limit = |text| said(&[("upload-limit", text)]).limit;
    let read = limit("max-size=10, min-size=0, max-append-size=4;x, other=\"a,b\"").unwrap();
    assert_eq!((read.max_size, read.max_append_size), (Some(10), Some(4)));
    assert_eq!(limit("min-size=0"), Some(UploadLimit::default()));
    assert_eq!(limit("max-append-size=0"), Some(UploadLimit::default()));
    for broken in [
        "max-size=\"10\"",
        "max-size",
        "max-size=-1",
        "a=1,,",
        "max-age=x",
    ] {
        assert_eq!(limit(broken), None, "{broken}");
    }
}

#[test]
fn a_field_said_twice_is_not_said() {
    let mut fields = headers(&[("upload-offset", "1")]);
    fields.append(OFFSET, HeaderValue::from_static("2"));
    assert_eq!(Said::of(&fields).offset, None);
}

#[test]
fn the_resource_is_where_the_server_says_but_not_less_secure() {
    let table = [
        ("http://a.example/x/y", "/u/1", Some("http://a.example/u/1")),
        (
            "http://a.example/x/y",
            "u?q#f",
            Some("http://a.example/x/u?q"),
        ),
        (
            "http://a.example/",
            "http://u:p@b.example/1",
            Some("http://b.example/1"),
        ),
        (
            "http://a.example/",
            "https://b.example/1",
            Some("https://b.example/1"),
        ),
        ("https://a.example/", "http://a.example/1", None),
        (
            "https://a.example/",
            "https://b.example/1",
            Some("https://b.example/1"),
        ),
        ("http://a.example/", "file:///etc/passwd", None),
        ("http://a.example/", "http://[/", None),
    ];
    for (base, location, expected) in table {
        let fields = headers(&[("location", location)]);
        let found = resource(&fields, &Url::parse(base).unwrap());
        assert_eq!(
            found.as_ref().map(Url::as_str),
            expected,
            "{base} {location}"
        );
    }
}

#[test]
fn the_creation_offers_to_go_on() {
    let request = Request::put("http://a.example/").unwrap().with_body("1234");
    let made = creating(&request, UploadDraft::Interop6);
    assert_eq!(made.headers()["upload-complete"], "?1");
    assert_eq!(made.headers()["upload-draft-interop-version"], "6");
    assert!(!made.headers().contains_key("upload-length"));
    let made = creating(&request, UploadDraft::Interop8);
    assert_eq!(made.headers()["upload-length"], "4");
    assert!(is_fit(&request) && !is_fit(&made));
}

#[test]
fn requests_to_the_resource_tell_nothing_of_the_body_and_no_secrets_elsewhere() {
    let request = Request::put("http://a.example/").unwrap().with_body("1234");
    let request = request
        .header("authorization", "secret")
        .unwrap()
        .header("content-type", "text/x")
        .unwrap()
        .header("if-match", "\"x\"")
        .unwrap()
        .header("accept", "text/y")
        .unwrap();
    let draft = UploadDraft::Interop8;
    let here = appending(
        &request,
        target("http://a.example/u"),
        draft,
        (3, true),
        &[],
    );
    assert_eq!(here.method(), Method::PATCH);
    assert_eq!(here.headers()["authorization"], "secret");
    assert_eq!(here.headers()["content-type"], "application/partial-upload");
    assert_eq!(here.headers()["upload-offset"], "3");
    assert_eq!(here.headers()["upload-complete"], "?1");
    assert!(!here.headers().contains_key("if-match"));
    let there = probing(&request, target("http://b.example/u"), draft, &[]);
    let mut names: Vec<_> = there.headers().keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "upload-draft-interop-version"]);
    assert!(there.body().is_empty());
}

#[test]
fn the_answer_to_the_creation_is_the_apps_unless_the_server_wants_more() {
    let limited = UploadLimit {
        max_size: None,
        max_append_size: Some(4),
    };
    let table = [
        (200, None, limited, Verdict::Final),
        (200, Some("?1"), limited, Verdict::Final),
        (201, Some("?0"), limited, Verdict::Incomplete),
        (503, None, limited, Verdict::Mishap),
        (503, Some("?1"), limited, Verdict::Final),
        (400, None, limited, Verdict::Final),
        (413, None, limited, Verdict::Incomplete),
        (413, None, UploadLimit::default(), Verdict::Final),
        (302, Some("?0"), limited, Verdict::Final),
    ];
    for (status, complete, limit, verdict) in table {
        let fields: Vec<_> = complete.iter().map(|&it| ("upload-complete", it)).collect();
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(
            after_creation(status, said(&fields), limit),
            verdict,
            "{status} {complete:?}"
        );
    }
}

#[test]
fn a_probe_finds_an_offset_or_a_reason() {
    let gone = |status: StatusCode| Found::Failed(UploadFailure::Gone(status));
    let refused = |status: StatusCode| Found::Failed(UploadFailure::Refused(status));
    type Row = (u16, &'static [(&'static str, &'static str)], Found);
    let table: [Row; 7] = [
        (204, &[("upload-offset", "5")], Found::At(5)),
        (
            200,
            &[("upload-offset", "5"), ("upload-complete", "?0")],
            Found::At(5),
        ),
        (
            204,
            &[("upload-offset", "5"), ("upload-complete", "?1")],
            Found::Whole(5),
        ),
        (204, &[], refused(StatusCode::NO_CONTENT)),
        (500, &[("upload-offset", "5")], Found::Mishap),
        (410, &[], gone(StatusCode::GONE)),
        (
            403,
            &[("upload-offset", "5")],
            refused(StatusCode::FORBIDDEN),
        ),
    ];
    for (status, fields, found) in table {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(after_probe(status, said(fields)), found, "{status}");
    }
}

#[test]
fn an_append_ends_goes_on_or_fails() {
    let offset = ("upload-offset", "7");
    let (no, yes) = (("upload-complete", "?0"), ("upload-complete", "?1"));
    type Row = (u16, Vec<(&'static str, &'static str)>, bool, Appended);
    let table: [Row; 12] = [
        (200, vec![yes], true, Appended::Final),
        (200, vec![], true, Appended::Final),
        (400, vec![yes], true, Appended::Final),
        (204, vec![no], false, Appended::At(9)),
        (204, vec![], false, Appended::At(9)),
        (204, vec![no, offset], true, Appended::At(7)),
        (409, vec![no, offset], true, Appended::At(7)),
        (409, vec![no], true, Appended::Unclear),
        (
            404,
            vec![],
            true,
            Appended::Failed(UploadFailure::Gone(StatusCode::NOT_FOUND)),
        ),
        (
            413,
            vec![no, ("upload-limit", "max-append-size=2")],
            true,
            Appended::Unclear,
        ),
        (500, vec![], true, Appended::Mishap),
        (403, vec![], false, Appended::Final),
    ];
    for (status, fields, is_last, expected) in table {
        let status = StatusCode::from_u16(status).unwrap();
        let found = after_append(status, said(&fields), (Some(9), is_last));
        assert_eq!(found, expected, "{status} {fields:?}");
    }
}
