//! Waiting for the origin: for requests, for connections, for a writer that is blocked.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod support;

use std::time::Duration;

use support::{get, get_request, read_until};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use urlsession_origin::{FullBacklog, Listener, Origin, Ports, block_on, pattern};

async fn connected(origin: &Origin) -> TcpStream {
    TcpStream::connect(origin.address(Listener::Plain).unwrap())
        .await
        .unwrap()
}

#[tokio::test]
async fn requests_are_counted_by_path_and_logged_with_their_bodies() {
    let origin = Origin::start().await.unwrap();
    let mut stream = connected(&origin).await;
    let start =
        "POST /post?q=1 HTTP/1.1\r\nHost: o\r\nX-Custom: a b\r\nContent-Length: 6\r\n\r\nabc";
    stream.write_all(start.as_bytes()).await.unwrap();
    let begun = origin
        .wait_for_request("/post", |request| request.body == b"abc")
        .await
        .unwrap();
    assert!(!begun.body_complete);
    stream.write_all(b"def").await.unwrap();
    read_until(&mut stream, b"\r\n\r\n").await;
    let whole = origin
        .wait_for_request("/post", |request| request.body_complete)
        .await
        .unwrap();
    assert_eq!(
        (whole.body.as_slice(), whole.body_length),
        (&b"abcdef"[..], 6)
    );
    assert_eq!(
        (whole.target.as_str(), whole.header("x-custom")),
        ("/post?q=1", Some("a b"))
    );
    assert_eq!((origin.request_count("/post"), whole.connection), (1, 0));
}

#[tokio::test]
async fn a_wait_ends_with_the_event() {
    let origin = Origin::start().await.unwrap();
    let (waited, ()) = tokio::join!(origin.wait_for_requests("/UK", 2), async {
        get(&origin, "/UK").await;
        get(&origin, "/UK").await;
    });
    waited.unwrap();
    origin.wait_for_accepted_connections(2).await.unwrap();
    origin.wait_for_open_connections(0).await.unwrap();
}

#[tokio::test]
async fn a_client_that_leaves_frees_its_connection_though_the_route_is_waiting() {
    let origin = Origin::start().await.unwrap();
    let mut stream = connected(&origin).await;
    stream
        .write_all(get_request("/delay/60000").as_bytes())
        .await
        .unwrap();
    origin.wait_for_requests("/delay/60000", 1).await.unwrap();
    drop(stream);
    origin.wait_for_open_connections(0).await.unwrap();
}

#[tokio::test]
async fn a_writer_blocks_on_a_client_that_does_not_read() {
    let origin = Origin::start().await.unwrap();
    let mut stream = connected(&origin).await;
    let length = 200 * 1024 * 1024;
    stream
        .write_all(get_request(&format!("/bytes/{length}")).as_bytes())
        .await
        .unwrap();
    let written = origin
        .wait_until_idle_writer(Duration::from_millis(100))
        .await
        .unwrap();
    assert!(written > 0 && written < length / 2, "{written} bytes");
}

#[tokio::test]
async fn an_endless_body_follows_the_pattern() {
    use tokio::io::AsyncReadExt;
    let origin = Origin::start().await.unwrap();
    let mut stream = connected(&origin).await;
    stream
        .write_all(b"GET /endless HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut stream, b"\r\n\r\n").await;
    let mut body = vec![0; 500_000];
    stream.read_exact(&mut body).await.unwrap();
    assert_eq!(body, pattern(0..500_000));
}

#[test]
fn a_server_on_its_own_thread_serves_and_stops() {
    use std::io::{Read, Write};
    let origin = Origin::spawn().unwrap();
    let address = origin.address(Listener::Plain).unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(get_request("/Nepal").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.ends_with("Kathmandu"));
    block_on(origin.wait_for_requests("/Nepal", 1)).unwrap();
    drop(origin);
    std::net::TcpStream::connect(address).unwrap_err();
}

#[tokio::test]
async fn the_port_can_be_chosen() {
    let free = std::net::TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let origin = Origin::start_on(Ports {
        http: free,
        ..Ports::default()
    })
    .await
    .unwrap();
    assert_eq!(origin.url("/x"), format!("http://127.0.0.1:{free}/x"));
}

#[tokio::test]
async fn a_full_backlog_keeps_a_client_waiting() {
    let full = FullBacklog::start().unwrap();
    let connect = TcpStream::connect(full.address());
    assert!(
        tokio::time::timeout(Duration::from_millis(500), connect)
            .await
            .is_err()
    );
}
