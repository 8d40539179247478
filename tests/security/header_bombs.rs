//! Row 28.

use super::*;

/// The bomb ends with `code`, without being read to its end.
async fn defused(name: &str, script: Script, configuration: Configuration, code: ErrorCode) {
    let origin = RawOrigin::spawn(script).unwrap();
    let session = urlsession::session(configuration);
    assert_eq!(text(&session, origin.url("/")).await, Err(code), "{name}");
    drop(session);
    let seen = within(name, origin.wait_for_ending(0)).await.unwrap();
    assert!(
        seen.bytes_written < IN_SOCKETS,
        "{name}: {} bytes",
        seen.bytes_written
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_bounded_in_bytes_and_fields() {
    let code = ErrorCode::CannotParseResponse;
    let bombs = [
        ("one endless field", faults::endless_header()),
        ("64 MiB in one field", faults::huge_header(64 * 1024 * 1024)),
        ("a million fields", faults::many_fields(1_000_000)),
        ("101 fields", faults::many_fields(101)),
        ("endless trailers", faults::endless_trailers()),
        ("an endless chunk line", faults::chunk_line_endless()),
        (
            "64 MiB of reason",
            faults::large_status_line(64 * 1024 * 1024),
        ),
    ];
    for (name, script) in bombs {
        defused(name, script, configuration(), code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_h2_head_is_bounded_in_bytes_and_fields() {
    let code = ErrorCode::CannotParseResponse;
    let bombs = [
        ("continuations without end", h2::continuation_flood()),
        (
            "empty continuations without end",
            h2::empty_continuation_flood(),
        ),
        ("48 MB from 4 KB", h2::header_bomb(12_000)),
        ("a million fields", h2::many_fields(1_000_000)),
        ("101 fields", h2::many_fields(101)),
        ("trailers without end", h2::trailer_flood()),
    ];
    for (name, script) in bombs {
        defused(name, script, speaking_h2(), code).await;
    }
}

/// Thirty interim responses, each far below the bound, together above it.
#[tokio::test(flavor = "multi_thread")]
async fn interim_responses_count_together() {
    let interim = format!(
        "HTTP/1.1 103 Early Hints\r\nX-Long: {}\r\n\r\n",
        "x".repeat(30_000)
    );
    let script = Script::reply(interim.repeat(30) + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let code = ErrorCode::BadServerResponse;
    defused("interim bytes", script, configuration(), code).await;
    defused(
        "interim flood",
        faults::interim_flood(),
        configuration(),
        code,
    )
    .await;
    defused("h2 interim flood", h2::interim_flood(), speaking_h2(), code).await;
}
