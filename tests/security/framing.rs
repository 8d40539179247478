//! Rows 31 and 32.

use super::*;

/// Two loads from a server whose first connection plays `first`: their outcomes, and how many connections they took.
async fn twice(first: Script) -> (Result<String, ErrorCode>, Result<String, ErrorCode>, usize) {
    let second = Script::reply(faults::response("second"));
    let origin = RawOrigin::start(vec![first, second]).await.unwrap();
    let session = urlsession::session(configuration());
    let before = text(&session, origin.url("/")).await;
    let after = text(&session, origin.url("/")).await;
    (before, after, origin.accepted())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_with_ambiguous_framing_is_an_error_and_ends_its_connection() {
    let reply = |fields: &str| {
        let head = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
        Script::reply(head + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    };
    let rows = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 18446744073709551617",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: gzip",
        "Content-Length: 5\r\nTransfer-Encoding: wrapped",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: \x0bchunked",
    ];
    for fields in rows {
        let (before, after, connections) = twice(reply(fields)).await;
        assert_eq!(before, Err(ErrorCode::CannotParseResponse), "{fields:?}");
        assert_eq!(
            (after.as_deref(), connections),
            (Ok("second"), 2),
            "{fields:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_under_an_unheard_of_transfer_coding_ends_with_its_connection() {
    let more = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: wrapped\r\n\r\n";
    let first = Script::reply_and_close([head, "hello", more].concat());
    let (before, after, connections) = twice(first).await;
    assert_eq!(before, Ok(["hello", more].concat()));
    assert_eq!((after.as_deref(), connections), (Ok("second"), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_that_lie_are_an_error_and_end_their_connection() {
    let rows = [
        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello!\r\n0\r\n\r\n",
        "5\r\nhell\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n",
        "5\nhello\n0\n\n",
    ];
    for chunks in rows {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let (before, after, connections) =
            twice(Script::reply_and_close(head.to_owned() + chunks)).await;
        let code = before.expect_err(chunks);
        let broken = matches!(
            code,
            ErrorCode::CannotParseResponse | ErrorCode::NetworkConnectionLost
        );
        assert!(broken, "{chunks:?}: {code:?}");
        assert_eq!(
            (after.as_deref(), connections),
            (Ok("second"), 2),
            "{chunks:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leftover_bytes_never_answer_the_next_request() {
    let poison = faults::response("poison");
    let no_content = "HTTP/1.1 204 No Content\r\n\r\n";
    let rows = [
        ([&faults::response("first")[..], &poison].concat(), "first"),
        (
            [&faults::chunked_response("first", 2)[..], &poison].concat(),
            "first",
        ),
        ([&faults::response("")[..], &poison].concat(), ""),
        ([no_content.as_bytes(), &poison].concat(), ""),
        ([&faults::response("first")[..], b"\r\n"].concat(), "first"),
        ([&faults::response("first")[..], b"x"].concat(), "first"),
    ];
    for (bytes, first) in rows {
        let (before, after, connections) = twice(Script::reply(bytes)).await;
        assert_eq!(before.as_deref(), Ok(first));
        assert_eq!((after.as_deref(), connections), (Ok("second"), 2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_that_a_head_request_has_not_poisons_nothing() {
    let first = Script::new([
        Step::ReadRequest,
        Step::write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"),
        Step::ExpectClose,
    ]);
    let second = Script::reply(faults::response("second"));
    let origin = RawOrigin::start(vec![first, second]).await.unwrap();
    let session = urlsession::session(configuration());
    let head = Request::head(origin.url("/")).unwrap();
    assert_eq!(text(&session, head).await.as_deref(), Ok(""));
    assert_eq!(
        text(&session, origin.url("/")).await.as_deref(),
        Ok("second")
    );
    assert_eq!(origin.accepted(), 2);
}
