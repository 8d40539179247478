//! Broken responses, each with its definite error, and a connection that is not used again.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use support::Client;
use urlsession_core::ErrorCode;
use urlsession_origin::faults::{self, How, Phase};
use urlsession_origin::{Origin, RawOrigin, Script, Step};

async fn code_of(script: Script) -> ErrorCode {
    let origin = RawOrigin::spawn(script).unwrap();
    let client = Client::new();
    let code = client.error_of(&origin.url("/")).await;
    origin.wait_for_open_connections(0).await.unwrap();
    assert_eq!(
        origin.accepted(),
        1,
        "a broken response is not asked for again"
    );
    code
}

async fn text_of(script: Script) -> String {
    let origin = RawOrigin::spawn(script).unwrap();
    Client::new()
        .get(&origin.url("/"))
        .await
        .unwrap()
        .text()
        .to_owned()
}

#[tokio::test]
async fn heads_that_cannot_be_parsed() {
    for (name, script) in [
        ("garbage", faults::garbage()),
        ("no status line", faults::lost_city("Sodom")),
        ("a version alone", faults::lost_city("Gomorrah")),
        ("too few digits", faults::lost_city("Dinavar")),
        ("too many digits", faults::lost_city("Kuhikugu")),
        ("HTTP/2 frames", faults::lost_city("Pompeii")),
        ("no colon", faults::field_without_colon()),
        ("a space before the colon", faults::space_before_colon()),
        ("a folded field", faults::folded_field()),
        ("NUL", faults::nul_in_field()),
    ] {
        assert_eq!(
            code_of(script).await,
            ErrorCode::CannotParseResponse,
            "{name}"
        );
    }
}

#[tokio::test]
async fn heads_beyond_all_bounds() {
    for (name, script) in [
        ("10 MiB in one field", faults::huge_header(10 * 1024 * 1024)),
        ("1 MiB of Location", faults::huge_location(1024 * 1024)),
        (
            "1 MiB of status line",
            faults::large_status_line(1024 * 1024),
        ),
        ("10,000 cookies", faults::many_cookies(10_000)),
        ("100,000 fields", faults::many_fields(100_000)),
        ("fields without end", faults::endless_header()),
    ] {
        assert_eq!(
            code_of(script).await,
            ErrorCode::CannotParseResponse,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_head_within_the_bounds_is_read() {
    for script in [faults::huge_location(200 * 1024), faults::many_fields(90)] {
        text_of(script).await;
    }
}

#[tokio::test]
async fn framing_that_contradicts_itself() {
    for (name, script) in [
        ("length and chunked", faults::length_and_chunked()),
        ("two lengths", faults::lengths_conflicting()),
        ("a signed length", faults::length_with_sign()),
        ("no number", faults::length_invalid()),
        ("2^64", faults::length_overflow()),
        ("no hexadecimal number", faults::malformed_chunk_size()),
        ("a chunk of 2^64 + 5", faults::chunk_size_overflow()),
        ("a chunk without its end", faults::chunk_without_end()),
        ("a size line without end", faults::chunk_line_endless()),
        ("an extension of 1 MB", faults::chunk_extension(1_000_000)),
        ("trailers without end", faults::endless_trailers()),
    ] {
        assert_eq!(
            code_of(script).await,
            ErrorCode::CannotParseResponse,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_length_said_twice_is_one_length() {
    text_of(faults::lengths_repeated()).await;
}

#[tokio::test]
async fn responses_that_end_too_early() {
    for (name, script) in [
        ("short body", faults::length_too_long()),
        ("no last chunk", faults::last_chunk_missing()),
    ] {
        assert_eq!(
            code_of(script).await,
            ErrorCode::NetworkConnectionLost,
            "{name}"
        );
    }
    for phase in [
        Phase::Accept,
        Phase::Request,
        Phase::Head,
        Phase::HeadEnd,
        Phase::Body,
    ] {
        for how in [How::Close, How::Drop, How::Reset] {
            let code = code_of(faults::at(phase, how)).await;
            assert_eq!(code, ErrorCode::NetworkConnectionLost, "{phase:?} {how:?}");
        }
    }
}

#[tokio::test]
async fn a_switch_of_protocols_that_nobody_asked_for() {
    let switch = Script::reply("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
    assert_eq!(code_of(switch).await, ErrorCode::BadServerResponse);
}

#[tokio::test]
async fn interim_responses_without_end() {
    assert_eq!(
        code_of(faults::interim_flood()).await,
        ErrorCode::BadServerResponse
    );
}

#[tokio::test]
async fn thirty_two_interim_responses_are_read_and_no_more() {
    let hints = |count| {
        let reply = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(count);
        Script::reply(reply + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    };
    assert_eq!(text_of(hints(32)).await, "ok");
    // The reply comes in one piece, with its final response in hand: only a second reading finds the refusal.
    let more = Script::new([
        Step::ReadRequest,
        Step::write("HTTP/1.1 103 x\r\n\r\n".repeat(33)),
    ]);
    assert_eq!(
        code_of(more.then(Step::ExpectClose)).await,
        ErrorCode::BadServerResponse
    );
}

#[tokio::test]
async fn a_port_that_refuses() {
    let origin = Origin::spawn().unwrap();
    let code = Client::new().error_of(&origin.closed_url("/")).await;
    assert_eq!(code, ErrorCode::CannotConnectToHost);
}

#[tokio::test]
async fn a_name_without_addresses() {
    let error = Client::new()
        .get("http://no.such.host.invalid/")
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::CannotFindHost);
    assert_eq!(
        error.url().unwrap().as_str(),
        "http://no.such.host.invalid/"
    );
}

#[tokio::test]
async fn a_scheme_that_is_not_http() {
    assert_eq!(
        Client::new().error_of("ftp://127.0.0.1/").await,
        ErrorCode::UnsupportedUrl
    );
}
