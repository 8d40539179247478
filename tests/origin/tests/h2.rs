//! HTTP/2: the origin's routes and the scripted faults, as the `h2` crate's client sees them.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use h2::client::SendRequest;
use http::{HeaderMap, Request, StatusCode};
use tokio::net::TcpStream;
use urlsession_origin::faults::{self, How};
use urlsession_origin::{Ending, Listener, Origin, RawOrigin, Script};

/// A response: status, body, trailers.
type Answer = (StatusCode, Vec<u8>, Option<HeaderMap>);

async fn connected(address: SocketAddr) -> Result<SendRequest<Bytes>, h2::Error> {
    let tcp = TcpStream::connect(address).await.unwrap();
    let (client, connection) = h2::client::handshake(tcp).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn get_on(client: &SendRequest<Bytes>, path: &str) -> Result<Answer, h2::Error> {
    let mut client = client.clone().ready().await?;
    let request = Request::get(format!("http://origin{path}"))
        .body(())
        .unwrap();
    let response = client.send_request(request, true)?.0.await?;
    let status = response.status();
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        bytes.extend_from_slice(&data);
    }
    Ok((status, bytes, body.trailers().await?))
}

async fn get(address: SocketAddr, path: &str) -> Result<Answer, h2::Error> {
    get_on(&connected(address).await?, path).await
}

/// What a client gets from a script, within reasonable time.
async fn played(script: Script) -> Result<Answer, h2::Error> {
    let origin = RawOrigin::start(script).await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(20), get(origin.address(), "/")).await;
    answer.expect("a client that is not kept waiting")
}

async fn origin() -> (Origin, SocketAddr) {
    let origin = Origin::start().await.unwrap();
    let address = origin.address(Listener::H2).unwrap();
    (origin, address)
}

#[tokio::test]
async fn routes_answer_over_http_2() {
    let (origin, address) = origin().await;
    let client = connected(address).await.unwrap();
    assert_eq!(get_on(&client, "/UK").await.unwrap().1, b"London");
    assert_eq!(
        get_on(&client, "/bytes/300000").await.unwrap().1.len(),
        300_000
    );
    assert_eq!(origin.accepted_connections(), 1);
    let request = &origin.requests()[0];
    assert_eq!(request.version, http::Version::HTTP_2);
    assert_eq!(
        (request.target.as_str(), request.authority.as_deref()),
        ("/UK", Some("origin"))
    );
}

#[tokio::test]
async fn trailers_come_with_http_2() {
    let (_origin, address) = origin().await;
    let (_, body, trailers) = get(address, "/trailers").await.unwrap();
    assert_eq!(body, b"Hello World!");
    assert_eq!(trailers.unwrap()["x-checksum"], "abc123");
}

#[tokio::test]
async fn a_raw_route_says_that_it_needs_http_1() {
    let (_origin, address) = origin().await;
    let (status, ..) = get(address, "/fault/garbage").await.unwrap();
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
}

#[tokio::test]
async fn a_stream_is_reset_after_the_bytes_and_with_the_code_asked_for() {
    let (_origin, address) = origin().await;
    let mut client = connected(address).await.unwrap().ready().await.unwrap();
    let request = Request::get("http://origin/reset-stream/11?after=10")
        .body(())
        .unwrap();
    let response = client.send_request(request, true).unwrap().0.await.unwrap();
    let mut body = response.into_body();
    assert_eq!(body.data().await.unwrap().unwrap().len(), 10);
    let error = body.data().await.unwrap().unwrap_err();
    assert_eq!(error.reason(), Some(Reason::ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn the_scripted_server_speaks_sound_http_2() {
    let (status, body, _) = played(faults::h2::answered(b"hello")).await.unwrap();
    assert_eq!((status, body.as_slice()), (StatusCode::OK, &b"hello"[..]));
}

#[tokio::test]
async fn a_conversation_in_single_bytes_is_still_sound() {
    let script = faults::h2::in_pieces(b"hello", 1, Duration::ZERO);
    assert_eq!(played(script).await.unwrap().1, b"hello");
}

#[tokio::test]
async fn a_cut_conversation_is_an_error_at_every_byte() {
    let length = faults::h2::conversation(b"hello").len();
    for count in 0..length {
        let outcome = played(faults::h2::cut_after(b"hello", count, How::Close)).await;
        assert!(outcome.is_err(), "{count} of {length} bytes");
    }
    let whole = faults::h2::cut_after(b"hello", length, How::Stall);
    assert_eq!(played(whole).await.unwrap().1, b"hello");
}

#[tokio::test]
async fn reset_carries_its_code() {
    for code in [
        Reason::REFUSED_STREAM,
        Reason::CANCEL,
        Reason::INTERNAL_ERROR,
    ] {
        let error = played(faults::h2::reset(code.into())).await.unwrap_err();
        assert_eq!(error.reason(), Some(code));
        let error = played(faults::h2::reset_mid_body(code.into()))
            .await
            .unwrap_err();
        assert_eq!(error.reason(), Some(code));
    }
}

#[tokio::test]
async fn a_refused_request_is_served_the_second_time() {
    let origin = RawOrigin::start(faults::h2::refused_once(b"hello"))
        .await
        .unwrap();
    let client = connected(origin.address()).await.unwrap();
    let refused = get_on(&client, "/").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::REFUSED_STREAM));
    assert_eq!(get_on(&client, "/").await.unwrap().1, b"hello");
}

#[tokio::test]
async fn goaway_below_the_stream_fails_it_and_during_it_does_not() {
    let error = played(faults::h2::goaway_below(faults::h2::NO_ERROR))
        .await
        .unwrap_err();
    assert!(error.is_go_away(), "{error}");
    let answer = played(faults::h2::goaway_during_response(b"hello"))
        .await
        .unwrap();
    assert_eq!(answer.1, b"hello");
    played(faults::h2::goaway_mid_body(faults::h2::CANCEL))
        .await
        .unwrap_err();
    played(faults::h2::goaway_unanswered(faults::h2::NO_ERROR))
        .await
        .unwrap_err();
    played(faults::h2::goaway_at_once()).await.unwrap_err();
}

#[tokio::test]
async fn a_response_that_breaks_the_rules_is_an_error() {
    for script in [
        faults::h2::length_too_long(),
        faults::h2::length_too_short(),
        faults::h2::status_missing(),
        faults::h2::frame_too_large(),
        faults::h2::http1_answer(),
    ] {
        played(script).await.unwrap_err();
    }
}

#[tokio::test]
async fn a_response_may_come_before_the_request_has_ended() {
    let origin = RawOrigin::start(faults::h2::early_response(b"enough"))
        .await
        .unwrap();
    let mut client = connected(origin.address())
        .await
        .unwrap()
        .ready()
        .await
        .unwrap();
    let request = Request::post("http://origin/").body(()).unwrap();
    let (response, _open_body) = client.send_request(request, false).unwrap();
    assert_eq!(response.await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_stalled_stream_ends_with_its_client() {
    let origin = RawOrigin::start(faults::h2::stall_mid_body())
        .await
        .unwrap();
    let waiting = tokio::spawn(async move {
        let client = connected(origin.address()).await.unwrap();
        let request = get_on(&client, "/");
        (
            tokio::time::timeout(Duration::from_millis(200), request)
                .await
                .is_err(),
            origin,
        )
    });
    let (kept_waiting, origin) = waiting.await.unwrap();
    assert!(kept_waiting);
    let ending = origin.wait_for_ending(0).await.unwrap().ending;
    assert!(matches!(
        ending,
        Some(Ending::PeerClosed | Ending::PeerReset)
    ));
}

/// What the `h2` crate's client makes of a flood.
#[derive(Debug, PartialEq)]
enum Verdict {
    /// It has a bound and says why it gave up.
    Ended(Reason),
    /// It has its answer, or goes on reading for ever.
    Endured,
}

#[tokio::test]
async fn a_flood_ends_where_the_client_has_a_bound_for_it() {
    use Verdict::{Ended, Endured};
    let verdicts = [
        ("continuation-flood", Ended(Reason::ENHANCE_YOUR_CALM)),
        ("empty-continuation-flood", Ended(Reason::ENHANCE_YOUR_CALM)),
        ("empty-data-flood", Ended(Reason::ENHANCE_YOUR_CALM)),
        ("header-bomb", Ended(Reason::PROTOCOL_ERROR)),
        ("interim-flood", Endured),
        ("many-fields", Ended(Reason::PROTOCOL_ERROR)),
        ("ping-flood", Endured),
        ("provoked-reset-flood", Endured),
        ("push-flood", Ended(Reason::PROTOCOL_ERROR)),
        ("reset-flood", Ended(Reason::CANCEL)),
        ("settings-flood", Endured),
        ("trailer-flood", Ended(Reason::ENHANCE_YOUR_CALM)),
        ("window-update-flood", Endured),
    ];
    for ((name, flood), (expected, verdict)) in faults::h2::FLOODS.iter().zip(verdicts) {
        assert_eq!(*name, expected);
        assert_eq!(verdict_on(flood()).await, verdict, "{name}");
    }
    assert_eq!(faults::h2::FLOODS.len(), 13);
}

async fn verdict_on(flood: Script) -> Verdict {
    /// More than the client bears of anything it has a bound for.
    const ENOUGH: u64 = 4 * 1024 * 1024;
    let origin = RawOrigin::start(flood).await.unwrap();
    tokio::select! {
        answer = get(origin.address(), "/") => match answer {
            Ok(_) => Verdict::Endured,
            Err(error) => Verdict::Ended(error.reason().unwrap()),
        },
        written = origin.wait_for_written(0, ENOUGH) => {
            written.unwrap();
            Verdict::Endured
        }
    }
}
