//! What a response tells of itself.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use serde_json::json;
use urlsession_core::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use urlsession_core::{Response, Url};

use crate::{Failure, Fixture, Verdict};

fn from_url(url: &str, status: u16, fields: &[(&str, &str)]) -> Result<Response, Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(HeaderName::try_from(*name)?, HeaderValue::try_from(*value)?);
    }
    let status = StatusCode::from_u16(status)?;
    Ok(Response::new(
        Url::parse(url)?,
        status,
        Version::HTTP_11,
        headers,
    ))
}

fn with(fields: &[(&str, &str)]) -> Result<Response, Failure> {
    from_url("http://a.example/", 200, fields)
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn round_trip(response: &Response) -> Result<Response, Failure> {
    Ok(serde_json::from_str(&serde_json::to_string(response)?)?)
}

pub(crate) async fn it_keeps_url_and_status(_: Fixture) -> Verdict {
    for status in [100, 200, 302, 404, 999] {
        let response = from_url("http://a.example/path?query", status, &[])?;
        check_eq!(response.url().as_str(), "http://a.example/path?query");
        check_eq!(response.status().as_u16(), status);
    }
    Ok(())
}

pub(crate) async fn without_fields_there_are_none(_: Fixture) -> Verdict {
    let response = with(&[])?;
    check!(response.headers().is_empty());
    check_eq!(response.value("x-a"), None);
    Ok(())
}

pub(crate) async fn fields_are_found_whatever_the_case_of_their_names(_: Fixture) -> Verdict {
    let response = with(&[("X-First", "1"), ("content-TYPE", "text/plain")])?;
    check_eq!(response.headers().len(), 2);
    for name in ["x-first", "X-FIRST", "X-First"] {
        check_eq!(response.value(name).as_deref(), Some("1"));
        check!(response.headers().contains_key(name));
    }
    check_eq!(
        response.value("Content-Type").as_deref(),
        Some("text/plain")
    );
    Ok(())
}

pub(crate) async fn the_values_of_one_name_are_joined(_: Fixture) -> Verdict {
    let response = with(&[("x-a", "1"), ("x-b", "2"), ("X-A", "3, 4")])?;
    check_eq!(response.value("x-a").as_deref(), Some("1, 3, 4"));
    Ok(())
}

pub(crate) async fn the_media_type_is_without_parameters_and_lower_case(_: Fixture) -> Verdict {
    check_eq!(with(&[])?.mime_type(), None);
    let table = [
        ("text/plain", "text/plain"),
        ("Text/HTML; Charset=UTF-8", "text/html"),
        ("application/json ;charset=utf-8", "application/json"),
    ];
    for (value, expected) in table {
        check_eq!(
            with(&[("Content-Type", value)])?.mime_type().as_deref(),
            Some(expected)
        );
    }
    Ok(())
}

pub(crate) async fn the_charset_is_lower_case(_: Fixture) -> Verdict {
    let table = [
        ("text/plain", None),
        ("text/plain; charset=ISO-8859-4", Some("iso-8859-4")),
        ("text/plain;a=b; CHARSET=\"UTF-8\"; c=d", Some("utf-8")),
    ];
    check_eq!(with(&[])?.text_encoding_name(), None);
    for (value, expected) in table {
        let response = with(&[("content-type", value)])?;
        check_eq!(
            response.text_encoding_name().as_deref(),
            expected,
            "{value}"
        );
    }
    Ok(())
}

pub(crate) async fn the_expected_length_is_the_fields(_: Fixture) -> Verdict {
    for (value, expected) in [("997", 997), ("0", 0), ("18446744073709551615", u64::MAX)] {
        check_eq!(
            with(&[("Content-Length", value)])?.expected_content_length(),
            Some(expected)
        );
    }
    Ok(())
}

pub(crate) async fn without_a_sound_content_length_none_is_expected(_: Fixture) -> Verdict {
    check_eq!(with(&[])?.expected_content_length(), None);
    for value in ["", "-1", "+5", "1e3", "abc", "5, 5", "18446744073709551616"] {
        check_eq!(
            with(&[("Content-Length", value)])?.expected_content_length(),
            None,
            "{value}"
        );
    }
    Ok(())
}

/// The response tells what the field says; a task's count of what is still to come does not use it for a coded body.
pub(crate) async fn codings_leave_the_expected_length_alone(_: Fixture) -> Verdict {
    let codings: [&[(&str, &str)]; 7] = [
        &[("Transfer-Encoding", "identity")],
        &[("Content-Encoding", "identity")],
        &[
            ("Transfer-Encoding", "identity"),
            ("Content-Encoding", "identity"),
        ],
        &[("Transfer-Encoding", "chunked")],
        &[("Content-Encoding", "deflate")],
        &[
            ("Content-Encoding", "deflate"),
            ("Transfer-Encoding", "identity"),
        ],
        &[
            ("Content-Encoding", "identity"),
            ("Transfer-Encoding", "chunked"),
        ],
    ];
    for coding in codings {
        let response = with(&[&[("Content-Length", "997")], coding].concat())?;
        check_eq!(response.expected_content_length(), Some(997), "{coding:?}");
    }
    Ok(())
}

pub(crate) async fn the_last_part_of_the_path_is_suggested(_: Fixture) -> Verdict {
    let response = from_url("http://a.example/folder/document.pdf", 200, &[])?;
    check_eq!(response.suggested_filename(), "document.pdf");
    Ok(())
}

pub(crate) async fn the_query_is_no_part_of_the_suggestion(_: Fixture) -> Verdict {
    let response = from_url("http://a.example/document.pdf?a/b=c#d", 200, &[])?;
    check_eq!(response.suggested_filename(), "document.pdf");
    Ok(())
}

pub(crate) async fn without_a_path_the_host_is_suggested(_: Fixture) -> Verdict {
    check_eq!(
        from_url("http://a.example", 200, &[])?.suggested_filename(),
        "a.example"
    );
    check_eq!(
        from_url("http://a.example/folder/", 200, &[])?.suggested_filename(),
        "a.example"
    );
    Ok(())
}

fn suggested(disposition: &str) -> Result<String, Failure> {
    Ok(with(&[("Content-Disposition", disposition)])?.suggested_filename())
}

pub(crate) async fn a_disposition_without_filename_suggests_nothing(_: Fixture) -> Verdict {
    check_eq!(suggested("inline")?, "a.example");
    check_eq!(suggested("attachment; size=7")?, "a.example");
    Ok(())
}

pub(crate) async fn a_dispositions_filename_is_suggested(_: Fixture) -> Verdict {
    let table = [
        ("attachment; filename=\"fname.ext\"", "fname.ext"),
        (
            "attachment; filename=fname.ext; other=pack.ext",
            "fname.ext",
        ),
        (
            "attachment; other=pack.ext; FileName=fname.ext",
            "fname.ext",
        ),
        ("attachment; filename=\"a;b.ext\"; other=x", "a;b.ext"),
        (
            "attachment; other=\"filename=\\\"no.ext\"; filename=\"y\\\"es.ext\"",
            "y\"es.ext",
        ),
        (
            "attachment; aa=bb\\; filename=\"wrong.ext\"; filename=\"fname.ext\"; cc=dd",
            "wrong.ext",
        ),
    ];
    for (disposition, expected) in table {
        check_eq!(suggested(disposition)?, expected, "{disposition}");
    }
    Ok(())
}

pub(crate) async fn slashes_of_a_filename_become_underscores(_: Fixture) -> Verdict {
    check_eq!(
        suggested("attachment; filename=\"/a/b/name\"")?,
        "_a_b_name"
    );
    check_eq!(suggested("attachment; filename=\"a\\\\b\"")?, "a_b");
    Ok(())
}

pub(crate) async fn a_filename_leads_to_no_other_folder(_: Fixture) -> Verdict {
    for name in [
        "../../etc/passwd",
        "/etc/passwd",
        "..",
        ".",
        "..\\\\x",
        ".bashrc",
        "a/../../b",
    ] {
        let suggested = suggested(&format!("attachment; filename=\"{name}\""))?;
        check!(
            !suggested.is_empty() && !suggested.starts_with('.'),
            "{name}: {suggested}"
        );
        check!(!suggested.contains(['/', '\\']), "{name}: {suggested}");
    }
    Ok(())
}

pub(crate) async fn a_copy_is_equal(_: Fixture) -> Verdict {
    let response = with(&[("x-a", "1")])?;
    check_eq!(response.clone(), response);
    check_eq!(response, with(&[("x-a", "1")])?);
    Ok(())
}

pub(crate) async fn each_part_counts_in_equality(_: Fixture) -> Verdict {
    let response = with(&[("content-type", "text/plain"), ("content-length", "1")])?;
    let others = [
        from_url(
            "http://b.example/",
            200,
            &[("content-type", "text/plain"), ("content-length", "1")],
        )?,
        from_url(
            "http://a.example/",
            404,
            &[("content-type", "text/plain"), ("content-length", "1")],
        )?,
        with(&[("content-type", "text/html"), ("content-length", "1")])?,
        with(&[
            ("content-type", "text/plain; charset=utf-8"),
            ("content-length", "1"),
        ])?,
        with(&[("content-type", "text/plain"), ("content-length", "2")])?,
    ];
    for other in others {
        check!(other != response, "{other:?} equals {response:?}");
    }
    Ok(())
}

pub(crate) async fn equal_ones_hash_equal(_: Fixture) -> Verdict {
    check_eq!(
        hash_of(&with(&[("x-a", "1")])?),
        hash_of(&with(&[("X-A", "1")])?)
    );
    let other = from_url("http://b.example/", 200, &[])?;
    check!(hash_of(&other) != hash_of(&with(&[])?));
    Ok(())
}

pub(crate) async fn a_stored_one_comes_back_equal(_: Fixture) -> Verdict {
    let response = with(&[
        ("Content-Type", "text/plain; charset=UTF-8"),
        ("Content-Length", "7"),
        ("Content-Disposition", "attachment; filename=a.txt"),
        ("X-Twice", "1"),
        ("X-Twice", "2"),
    ])?;
    let back = round_trip(&response)?;
    check_eq!(back, response);
    check_eq!(back.value("x-twice").as_deref(), Some("1, 2"));
    check_eq!(back.suggested_filename(), "a.txt");
    Ok(())
}

pub(crate) async fn a_stored_one_suggests_a_sound_name(_: Fixture) -> Verdict {
    let mut stored = serde_json::to_value(with(&[("Content-Disposition", "attachment")])?)?;
    for (value, expected) in [
        ("attachment; filename=\"\"", "a.example"),
        ("a; filename=\"/x/y\"", "_x_y"),
    ] {
        stored["headers"] = json!([["content-disposition", value]]);
        let response: Response = serde_json::from_value(stored.clone())?;
        check_eq!(response.suggested_filename(), expected);
    }
    Ok(())
}

pub(crate) async fn a_forged_one_is_refused(_: Fixture) -> Verdict {
    let sound = serde_json::to_value(with(&[])?)?;
    let forgeries = [
        ("url", json!("no url")),
        ("status", json!(99)),
        ("status", json!(1000)),
        ("version", json!("HTTP/7.7")),
        ("headers", json!([["x-a", "1\r\nx-b: 2"]])),
    ];
    for (member, value) in forgeries {
        let mut forged = sound.clone();
        forged[member] = value;
        check!(
            serde_json::from_value::<Response>(forged.clone()).is_err(),
            "{forged}"
        );
    }
    Ok(())
}

pub(crate) async fn registered_statuses_have_a_text(_: Fixture) -> Verdict {
    check_eq!(
        Response::localized_string(StatusCode::NOT_FOUND),
        Some("Not Found")
    );
    check_eq!(Response::localized_string(StatusCode::from_u16(799)?), None);
    Ok(())
}
