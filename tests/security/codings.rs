//! Rows 26 and 27; row 25 needs a process of its own (tests/coded_bombs.rs).

use super::*;

/// A reply of these Content-Encoding fields and of a body that is none of them.
fn under(fields: &str) -> Script {
    Script::reply(format!(
        "HTTP/1.1 200 OK\r\n{fields}Content-Length: 4\r\n\r\nbody"
    ))
}

/// Row 26.
#[tokio::test(flavor = "multi_thread")]
async fn gzip_a_hundred_times_is_an_error_in_one_field_and_in_many() {
    let one = format!("Content-Encoding: {}\r\n", ["gzip"; 100].join(", "));
    let many = "Content-Encoding: gzip\r\n".repeat(99);
    for fields in [one, many] {
        let origin = RawOrigin::spawn(under(&fields)).unwrap();
        let session = urlsession::session(configuration());
        let loaded = text(&session, origin.url("/")).await;
        assert_eq!(loaded, Err(ErrorCode::CannotDecodeContentData));
    }
}

/// Row 26: each coding alone is sound, and the bytes are what the field says.
#[tokio::test(flavor = "multi_thread")]
async fn five_codings_are_undone_and_a_sixth_is_not() {
    let origin = Origin::start().await.unwrap();
    let session = urlsession::session(configuration());
    let url = |codings: &str| origin.url(&format!("/encoded/{codings}/100"));
    let five = "gzip,br,zstd,deflate,raw-deflate";
    let (body, _) = session.data(url(five)).await.unwrap();
    assert_eq!(body, urlsession_origin::pattern(0..100));
    let six = text(&session, url(&format!("{five},gzip"))).await;
    assert_eq!(six, Err(ErrorCode::CannotDecodeContentData));
}

/// Row 27: what a redirect carries beside its Location is dropped as it comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_on_a_302_is_neither_decoded_nor_read_to_its_end() {
    for coding in ["gzip", "br", "zstd"] {
        let origin = Origin::start().await.unwrap();
        let session = urlsession::session(configuration());
        let bomb = origin.url(&format!("/bomb/{coding}/10240?to=/Nepal"));
        assert_eq!(text(&session, bomb).await.as_deref(), Ok("Kathmandu"));
        let written = origin.bytes_written();
        assert!(written < IN_SOCKETS, "{coding}: {written} bytes");
    }
}
