//! Row 45.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_redirects_are_followed_and_no_more() {
    let origin = Origin::start().await.unwrap();
    let session = urlsession::session(configuration());
    for (start, count) in [
        (origin.url("/redirect/20"), 20),
        (origin.url("/redirect/21"), 21),
    ] {
        origin.forget_requests();
        let found = text(&session, start).await;
        assert_eq!(found.is_ok(), count == 20, "{found:?}");
        assert_eq!(
            origin
                .requests()
                .iter()
                .filter(|seen| seen.target.starts_with("/redirect/"))
                .count(),
            count
        );
    }
    let itself = Scripts::by(|_, _| {
        Script::reply("HTTP/1.1 307 Temporary Redirect\r\nLocation: /\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").then(Step::Close)
    });
    let origin = RawOrigin::start(itself).await.unwrap();
    assert_eq!(
        text(&session, origin.url("/")).await,
        Err(ErrorCode::HttpTooManyRedirects)
    );
    assert_eq!(origin.accepted(), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_of_empty_chunks_without_end_ends_and_harms_nobody() {
    let origin = Origin::start().await.unwrap();
    let mut configuration = configuration();
    configuration.timeout_interval_for_resource = Duration::from_secs(1);
    let session = urlsession::session(configuration);
    let empty = BodyStream::once(EmptyForever);
    let post = Request::post(origin.url("/echo")).unwrap().with_body(empty);
    let (looped, other) = within(
        "both",
        urlsession::futures::future::join(text(&session, post), text(&session, origin.url("/UK"))),
    )
    .await;
    assert_eq!(
        (looped, other.as_deref()),
        (Err(ErrorCode::TimedOut), Ok("London"))
    );
}

/// A body that always has another chunk, and never a byte.
struct EmptyForever;

impl urlsession::Body for EmptyForever {
    fn poll_next_chunk(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, Error>>> {
        std::task::Poll::Ready(Some(Ok(Bytes::new())))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_frames_without_end_end() {
    let origin = RawOrigin::spawn(h2::empty_data_flood()).unwrap();
    let session = urlsession::session(speaking_h2());
    let found = text(&session, origin.url("/")).await;
    assert_eq!(found, Err(ErrorCode::CannotParseResponse));
}
