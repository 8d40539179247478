//! URLs whose content is here: `data:` and `file:`.

use urlsession_core::{ErrorCode, Request, Url};

use crate::recorder::Recorder;
use crate::{Failure, Fixture, Verdict};

/// Each valid one with its media type, charset and content.
const DATA: [(&str, &str, Option<&str>, &[u8]); 8] = [
    ("data:,123", "text/plain", Some("us-ascii"), b"123"),
    ("data:,a,b%2cc", "text/plain", Some("us-ascii"), b"a,b,c"),
    (
        "data:;charset=utf-8,%c2%a3",
        "text/plain",
        Some("utf-8"),
        b"\xc2\xa3",
    ),
    (
        "data:;charset=utf-16;charset=utf-8,x",
        "text/plain",
        Some("utf-16"),
        b"x",
    ),
    (
        "data:application/json;charset=utf-8;key=value,%7B%7D",
        "application/json",
        Some("utf-8"),
        b"{}",
    ),
    ("data:image/png;base64,AP8=", "image/png", None, b"\0\xff"),
    (
        "data:;base64,SGV%73bG8=",
        "text/plain",
        Some("us-ascii"),
        b"Hello",
    ),
    ("data:no type,x", "text/plain", Some("us-ascii"), b"x"),
];

pub(crate) async fn data_urls_are_read(fixture: Fixture) -> Verdict {
    for (url, media_type, charset, content) in DATA {
        let recorder = Recorder::new();
        let builder = fixture.builder(Default::default());
        let session = builder.delegate(recorder.clone()).build();
        let task = session.data_task(url);
        task.resume();
        check_eq!(recorder.completion().await, None, "{url}");
        check_eq!(recorder.names(), ["response", "data", "complete"], "{url}");
        check_eq!(recorder.body(), content, "{url}");
        let Some(response) = task.response() else {
            return Err(Failure::new("no response"));
        };
        check_eq!(response.mime_type().as_deref(), Some(media_type), "{url}");
        check_eq!(response.text_encoding_name().as_deref(), charset, "{url}");
        let length = Some(content.len() as u64);
        check_eq!(response.expected_content_length(), length, "{url}");
        check_eq!(task.count_of_bytes_expected_to_receive(), length, "{url}");
        check_eq!(response.suggested_filename(), "Unknown", "{url}");
        check_eq!(response.url(), &Url::parse(url)?, "{url}");
    }
    Ok(())
}

pub(crate) async fn broken_data_urls_fail_without_a_response(fixture: Fixture) -> Verdict {
    for url in [
        "data:",
        "data://blah",
        "data:%2c123",
        "data:;base64",
        "data:;base64,a",
    ] {
        let recorder = Recorder::new();
        let builder = fixture.builder(Default::default());
        let session = builder.delegate(recorder.clone()).build();
        let task = session.data_task(url);
        task.resume();
        check_eq!(
            recorder.completion().await,
            Some(ErrorCode::BadUrl),
            "{url}"
        );
        check_eq!(recorder.names(), ["complete"], "{url}");
        check!(task.response().is_none());
    }
    Ok(())
}

pub(crate) async fn data_urls_are_for_get_and_head(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let (body, response) = session.data(Request::head("data:,abc")?).await?;
    check!(body.is_empty());
    check_eq!(response.expected_content_length(), Some(3));
    for request in [Request::post("data:,abc")?, Request::delete("data:,abc")?] {
        let error = fails!(session.data(request).await);
        check_eq!(error.code(), ErrorCode::UnsupportedUrl);
    }
    Ok(())
}

/// The URL of a file of this content.
fn file_url(fixture: &Fixture, content: &[u8]) -> String {
    let file = fixture.ground().file(content);
    format!("file://{}", file.path().display())
}

pub(crate) async fn file_urls_are_read(fixture: Fixture) -> Verdict {
    let long = vec![b'x'; 1_000_000];
    for content in [&b""[..], b"content", &long] {
        let recorder = Recorder::new();
        let builder = fixture.builder(Default::default());
        let session = builder.delegate(recorder.clone()).build();
        let url = file_url(&fixture, content);
        let task = session.data_task(&url);
        task.resume();
        check_eq!(recorder.completion().await, None, "{url}");
        check!(recorder.body() == content, "{url}");
        let length = Some(content.len() as u64);
        check_eq!(task.count_of_bytes_expected_to_receive(), length);
        check_eq!(task.count_of_bytes_received(), content.len() as u64);
        let response = task.response();
        let response = response.ok_or_else(|| Failure::new("no response"))?;
        check_eq!(response.expected_content_length(), length);
        check_eq!(response.url().as_str(), url);
        check_eq!(response.mime_type(), None);
    }
    let url = file_url(&fixture, b"with a host and an encoded name");
    let url = url
        .replace("file://", "file://localhost")
        .replace('-', "%2D");
    let (body, _) = fixture.session().data(url).await?;
    check_eq!(&body[..], b"with a host and an encoded name");
    Ok(())
}

pub(crate) async fn file_urls_are_for_get_and_head(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let url = file_url(&fixture, b"content");
    let (body, response) = session.data(Request::head(&url)?).await?;
    check!(body.is_empty());
    check_eq!(response.expected_content_length(), Some(7));
    for request in [Request::put(&url)?.with_body("x"), Request::delete(&url)?] {
        let error = fails!(session.data(request).await);
        check_eq!(error.code(), ErrorCode::UnsupportedUrl);
    }
    let (body, _) = session.data(&url).await?;
    check_eq!(&body[..], b"content");
    Ok(())
}

pub(crate) async fn a_file_that_is_not_there_is_an_error(fixture: Fixture) -> Verdict {
    let url = format!("{}.not", file_url(&fixture, b""));
    let session = fixture.session();
    let task = session.data_task(&url);
    task.resume();
    let error = fails!(task.finished().await);
    check_eq!(error.code(), ErrorCode::FileDoesNotExist);
    check_eq!(error.url().map(Url::as_str), Some(&*url));
    check!(task.response().is_none());
    Ok(())
}

pub(crate) async fn a_file_of_another_machine_is_unsupported(fixture: Fixture) -> Verdict {
    for url in ["file://server/share/a", "file://127.0.0.1/a"] {
        let error = fails!(fixture.session().data(url).await);
        check_eq!(error.code(), ErrorCode::UnsupportedUrl, "{url}");
    }
    Ok(())
}

pub(crate) async fn file_urls_are_unsupported(fixture: Fixture) -> Verdict {
    let error = fails!(fixture.session().data("file:///a").await);
    check_eq!(error.code(), ErrorCode::UnsupportedUrl);
    Ok(())
}
