//! Bodies under a content coding.

use futures::StreamExt;
use urlsession_core::http::StatusCode;
use urlsession_core::{ErrorCode, Request};

use crate::recorder::Recorder;
use crate::{Fixture, Verdict};

const HELLO: &[u8] = b"Hello World!";

pub(crate) async fn a_gzip_body_comes_decoded(fixture: Fixture) -> Verdict {
    let (body, response) = fixture
        .session()
        .data(fixture.url("/gzipped-response"))
        .await?;
    check_eq!((&body[..], response.status()), (HELLO, StatusCode::OK));
    Ok(())
}

pub(crate) async fn a_brotli_body_comes_decoded(fixture: Fixture) -> Verdict {
    let (body, response) = fixture
        .session()
        .data(fixture.url("/brotli-response"))
        .await?;
    check_eq!((&body[..], response.status()), (HELLO, StatusCode::OK));
    Ok(())
}

pub(crate) async fn every_form_decodes(fixture: Fixture) -> Verdict {
    let (recorder, url) = (Recorder::new(), fixture.url("/gzipped-response"));
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.data_task(&url).resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.body(), HELLO);
    let (mut chunks, _) = session.bytes(&url).await?;
    let mut body = Vec::new();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk?);
    }
    check_eq!(body, HELLO);
    Ok(())
}

pub(crate) async fn decoded_bytes_are_counted(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let task = session.data_task(fixture.url("/gzipped-response"));
    task.resume();
    task.finished().await?;
    check_eq!(task.count_of_bytes_received(), 12);
    Ok(())
}

pub(crate) async fn a_coded_body_has_no_expected_length(fixture: Fixture) -> Verdict {
    let (chunks, response) = fixture
        .session()
        .bytes(fixture.url("/gzipped-response"))
        .await?;
    check!(response.expected_content_length().is_some(), "{response:?}");
    check_eq!(chunks.task().count_of_bytes_expected_to_receive(), None);
    Ok(())
}

pub(crate) async fn a_head_has_nothing_to_decode(fixture: Fixture) -> Verdict {
    let request = Request::head(fixture.url("/gzipped-response"))?;
    let (body, response) = fixture.session().data(request).await?;
    check_eq!((&body[..], response.status()), (&b""[..], StatusCode::OK));
    Ok(())
}

pub(crate) async fn a_body_that_is_not_what_it_says_is_an_error(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    // The first byte of gzip's mark, and a byte missing at the end.
    for flaw in ["spoil=0", "cut=1"] {
        let url = fixture.url(&format!("/encoded/gzip/1000?{flaw}"));
        let Err(error) = session.data(&url).await else {
            // Browsers do without the end of gzip's checksum.
            check!(
                flaw == "cut=1" && !fixture.capabilities().encoded_bodies,
                "{flaw}"
            );
            continue;
        };
        if fixture.capabilities().encoded_bodies {
            check_eq!(error.code(), ErrorCode::CannotDecodeRawData, "{flaw}");
        }
        check!(
            error.url().is_some_and(|at| at.as_str() == url),
            "{error:?}"
        );
    }
    Ok(())
}

pub(crate) async fn what_is_decoded_is_offered(fixture: Fixture) -> Verdict {
    let (session, url) = (fixture.session(), fixture.url("/accept-encoding"));
    let (offered, _) = session.data(&url).await?;
    check_eq!(&offered[..], b"gzip, deflate, br, zstd");
    let part = Request::get(&url)?.header("range", "bytes=0-")?;
    check_eq!(&session.data(part).await?.0[..], b"identity");
    let own = Request::get(&url)?.header("accept-encoding", "br")?;
    check_eq!(&session.data(own).await?.0[..], b"br");
    let none = Request::get(&url)?.with_content_decoding(false);
    check_eq!(&session.data(none).await?.0[..], b"");
    Ok(())
}

pub(crate) async fn a_request_may_ask_for_the_body_as_it_is_sent(fixture: Fixture) -> Verdict {
    let request = Request::get(fixture.url("/gzipped-response"))?.with_content_decoding(false);
    let (mut chunks, response) = fixture.session().bytes(request).await?;
    let expected = response.expected_content_length();
    check!(expected.is_some(), "{response:?}");
    check_eq!(chunks.task().count_of_bytes_expected_to_receive(), expected);
    let mut body = Vec::new();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk?);
    }
    check_eq!(body[..2], [0x1f, 0x8b]);
    check_eq!(Some(body.len() as u64), expected);
    Ok(())
}

pub(crate) async fn a_body_longer_than_allowed_is_an_error(fixture: Fixture) -> Verdict {
    let limited = |length| {
        fixture.session_of(|configuration| configuration.maximum_decoded_length = Some(length))
    };
    let url = fixture.url("/gzipped-response");
    check_eq!(&limited(12).data(&url).await?.0[..], HELLO);
    let error = fails!(limited(11).data(&url).await);
    check_eq!(error.code(), ErrorCode::DataLengthExceedsMaximum);
    Ok(())
}

pub(crate) async fn the_platform_decodes_whatever_the_request_says(fixture: Fixture) -> Verdict {
    let request = Request::get(fixture.url("/gzipped-response"))?.with_content_decoding(false);
    check_eq!(&fixture.session().data(request).await?.0[..], HELLO);
    Ok(())
}

pub(crate) async fn the_platform_decodes_without_bounds(fixture: Fixture) -> Verdict {
    let session =
        fixture.session_of(|configuration| configuration.maximum_decoded_length = Some(1));
    let (body, _) = session.data(fixture.url("/gzipped-response")).await?;
    check_eq!(&body[..], HELLO);
    Ok(())
}
