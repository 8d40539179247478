//! Scripted connections: what a client sees of each step, and what is recorded of the client.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::io::ErrorKind;
use std::time::Duration;

use support::{read_to_end, read_until};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use urlsession_origin::faults::{self, How, Phase};
use urlsession_origin::{Ending, Origin, RawOrigin, Script, Scripts, Signal, Step};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: o\r\n\r\n";

async fn connected(origin: &RawOrigin) -> TcpStream {
    let mut stream = TcpStream::connect(origin.address()).await.unwrap();
    stream.write_all(GET).await.unwrap();
    stream
}

/// How reading to the end came to its end.
async fn end_of(stream: &mut TcpStream) -> Result<(), ErrorKind> {
    let mut scratch = [0; 1024];
    loop {
        match stream.read(&mut scratch).await {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error.kind()),
        }
    }
}

#[tokio::test]
async fn close_is_seen_as_fin_even_when_the_request_was_not_read() {
    let origin = RawOrigin::start(faults::at(Phase::Accept, How::Close))
        .await
        .unwrap();
    let mut stream = connected(&origin).await;
    assert_eq!(end_of(&mut stream).await, Ok(()));
    drop(stream);
    assert_eq!(
        origin.wait_for_ending(0).await.unwrap().ending,
        Some(Ending::Closed)
    );
}

#[tokio::test]
async fn reset_is_seen_as_rst_after_the_bytes_before_it() {
    let origin = RawOrigin::start(faults::at(Phase::Body, How::Reset))
        .await
        .unwrap();
    let mut stream = connected(&origin).await;
    assert_eq!(end_of(&mut stream).await, Err(ErrorKind::ConnectionReset));
    let seen = origin.wait_for_ending(0).await.unwrap();
    assert_eq!(
        (seen.ending, seen.received.as_slice()),
        (Some(Ending::Reset), GET)
    );
}

#[tokio::test]
async fn a_response_is_cut_after_as_many_bytes_as_wanted() {
    let reply = faults::response("0123456789");
    let scripts: Vec<_> = (0..=reply.len())
        .map(|count| faults::cut_after(&reply, count, How::Close))
        .collect();
    let origin = RawOrigin::start(scripts).await.unwrap();
    for count in 0..=reply.len() {
        assert_eq!(
            read_to_end(&mut connected(&origin).await).await,
            reply[..count]
        );
    }
}

#[tokio::test]
async fn a_stall_ends_when_the_client_gives_up() {
    let origin = RawOrigin::start(faults::at(Phase::Head, How::Stall))
        .await
        .unwrap();
    let mut stream = connected(&origin).await;
    let mut start = [0; 8];
    stream.read_exact(&mut start).await.unwrap();
    drop(stream);
    assert_eq!(
        origin.wait_for_ending(0).await.unwrap().ending,
        Some(Ending::PeerClosed)
    );
}

#[tokio::test]
async fn a_stall_notices_a_client_that_left_unread_bytes_behind() {
    let origin = RawOrigin::start(faults::at(Phase::RequestHead, How::Stall))
        .await
        .unwrap();
    let mut stream = connected(&origin).await;
    stream.write_all(b"a body that nobody reads").await.unwrap();
    drop(stream);
    assert_eq!(
        origin.wait_for_ending(0).await.unwrap().ending,
        Some(Ending::PeerClosed)
    );
}

#[tokio::test]
async fn a_script_waits_for_the_test_and_the_test_for_the_script() {
    let (reached, go) = (Signal::new(), Signal::new());
    let script = Script::new([
        Step::ReadRequest,
        Step::Release(reached.clone()),
        Step::WaitFor(go.clone()),
        Step::write("done"),
        Step::Close,
    ]);
    let origin = RawOrigin::start(script).await.unwrap();
    let mut stream = connected(&origin).await;
    reached.released().await;
    go.release();
    assert_eq!(read_to_end(&mut stream).await, b"done");
}

#[tokio::test]
async fn read_request_takes_the_body_by_length_and_by_chunks() {
    let script = Script::new([
        Step::ReadRequest,
        Step::write("first"),
        Step::ReadRequest,
        Step::write("second"),
        Step::Close,
    ]);
    let origin = RawOrigin::start(script).await.unwrap();
    let mut stream = TcpStream::connect(origin.address()).await.unwrap();
    stream
        .write_all(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")
        .await
        .unwrap();
    read_until(&mut stream, b"first").await;
    let chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    stream.write_all(chunked).await.unwrap();
    assert_eq!(read_to_end(&mut stream).await, b"second");
}

#[tokio::test]
async fn writing_forever_blocks_on_a_reader_that_stopped_and_ends_with_it() {
    let origin = RawOrigin::start(faults::endless_body()).await.unwrap();
    let mut stream = connected(&origin).await;
    let mut some = vec![0; 100_000];
    stream.read_exact(&mut some).await.unwrap();
    drop(stream);
    let seen = origin.wait_for_ending(0).await.unwrap();
    assert!(seen.bytes_written >= 100_000);
    assert!(matches!(
        seen.ending,
        Some(Ending::PeerClosed | Ending::PeerReset)
    ));
}

#[tokio::test]
async fn a_half_closed_server_still_reads() {
    let script = Script::new([
        Step::ReadHead,
        Step::HalfClose,
        Step::ReadBody(4),
        Step::ExpectClose,
    ]);
    let origin = RawOrigin::start(script).await.unwrap();
    let mut stream = connected(&origin).await;
    assert_eq!(end_of(&mut stream).await, Ok(()));
    stream.write_all(b"more").await.unwrap();
    drop(stream);
    assert!(
        origin
            .wait_for_ending(0)
            .await
            .unwrap()
            .received
            .ends_with(b"more")
    );
}

#[tokio::test]
async fn a_script_may_be_chosen_by_the_request() {
    let origin = RawOrigin::start(Scripts::by(|index, head| {
        let path = String::from_utf8_lossy(head)
            .split(' ')
            .nth(1)
            .unwrap_or_default()
            .to_owned();
        Script::reply_and_close(format!("{index} {path}"))
    }))
    .await
    .unwrap();
    let mut stream = TcpStream::connect(origin.address()).await.unwrap();
    stream
        .write_all(b"GET /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(read_to_end(&mut stream).await, b"0 /x");
}

#[tokio::test]
async fn what_comes_on_an_idle_connection_comes_at_the_signal() {
    for (script, late) in [
        (
            faults::unsolicited_response as fn(Signal) -> Script,
            &b"unsolicited"[..],
        ),
        (faults::timeout_on_idle, b"Content-Length: 0\r\n\r\n"),
    ] {
        let signal = Signal::new();
        let origin = RawOrigin::start(script(signal.clone())).await.unwrap();
        let mut stream = connected(&origin).await;
        let first = read_until(&mut stream, b"first").await;
        assert_eq!(first, faults::response("first"));
        signal.release();
        read_until(&mut stream, late).await;
    }
}

#[tokio::test]
async fn an_early_413_is_whole_though_the_body_is_still_coming() {
    let origin = RawOrigin::start(faults::early_413(How::Close))
        .await
        .unwrap();
    let mut stream = TcpStream::connect(origin.address()).await.unwrap();
    stream
        .write_all(b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
        .await
        .unwrap();
    stream.write_all(&vec![0; 1_000_000]).await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with(b"HTTP/1.1 413 ") && answer.ends_with(b"\r\n\r\n"));
}

#[tokio::test]
async fn other_scripts_can_be_played_later() {
    let origin = RawOrigin::start(Script::reply_and_close("old"))
        .await
        .unwrap();
    assert_eq!(read_to_end(&mut connected(&origin).await).await, b"old");
    origin.play(vec![
        Script::reply_and_close("new"),
        Script::reply_and_close("newest"),
    ]);
    assert_eq!(read_to_end(&mut connected(&origin).await).await, b"new");
    assert_eq!(read_to_end(&mut connected(&origin).await).await, b"newest");
    assert_eq!(read_to_end(&mut connected(&origin).await).await, b"newest");
}

#[tokio::test]
async fn bytes_come_one_at_a_time() {
    let reply = faults::response("slowly");
    let script = faults::one_byte_at_a_time(&reply, Duration::from_millis(1));
    let origin = RawOrigin::start(script).await.unwrap();
    let mut stream = connected(&origin).await;
    let mut scratch = [0; 1024];
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    while pieces.concat().len() < reply.len() {
        let count = stream.read(&mut scratch).await.unwrap();
        pieces.push(scratch[..count].to_vec());
    }
    assert_eq!(pieces.concat(), reply);
    assert!(pieces.len() > reply.len() / 4, "{} pieces", pieces.len());
}

#[tokio::test]
async fn every_named_fault_is_a_route() {
    let origin = Origin::start().await.unwrap();
    for (name, _) in faults::NAMED {
        let address = origin.address(urlsession_origin::Listener::Plain).unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /fault/{name} HTTP/1.1\r\nHost: o\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut start = [0; 24];
        let read = tokio::time::timeout(Duration::from_millis(200), stream.read(&mut start));
        if let Ok(Ok(count @ 1..)) = read.await {
            let text = String::from_utf8_lossy(&start[..count]).into_owned();
            assert!(!text.contains(" 404 "), "{name}: {text}");
        }
    }
    origin.wait_for_open_connections(0).await.unwrap();
}

#[test]
fn a_server_on_its_own_thread_needs_no_runtime() {
    use std::io::{Read, Write};
    let origin = RawOrigin::spawn(Script::reply_and_close("hello")).unwrap();
    let mut stream = std::net::TcpStream::connect(origin.address()).unwrap();
    stream.write_all(GET).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    drop(stream);
    assert_eq!(text, "hello");
    urlsession_origin::block_on(origin.wait_for_open_connections(0)).unwrap();
}
