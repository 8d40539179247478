//! Metrics over sockets: phases, connections, and bytes as they are on the wire.
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use urlsession_core::{
    Configuration, Observer, Request, Session, Task, TaskEvent, TaskMetrics, TransactionMetrics,
};
use urlsession_origin::Origin;

/// Keeps what each task took.
#[derive(Clone, Default)]
struct Keeper(Arc<Mutex<Vec<TaskMetrics>>>);

impl Observer for Keeper {
    fn observe(&self, _: &Task, event: TaskEvent<'_>) {
        if let TaskEvent::Metrics(metrics) = event {
            self.0.lock().unwrap().push(metrics.clone());
        }
    }

    fn wants_metrics(&self) -> bool {
        true
    }
}

impl Keeper {
    /// The only hop of the task that ended last.
    fn last(&self) -> TransactionMetrics {
        let metrics = self.0.lock().unwrap().pop().unwrap();
        let [hop] = &metrics.transaction_metrics[..] else {
            panic!("{metrics:?}");
        };
        hop.clone()
    }
}

fn session(edit: impl FnOnce(&mut Configuration)) -> (Session, Keeper) {
    let (mut configuration, keeper) = (Configuration::default(), Keeper::default());
    edit(&mut configuration);
    let platform = urlsession_transport_native::platform(&configuration);
    let builder = Session::builder(platform, configuration);
    (builder.observer(keeper.clone()).build(), keeper)
}

fn connects(hop: &TransactionMetrics) -> [bool; 4] {
    [
        hop.connect_start,
        hop.connect_end,
        hop.secure_connection_start,
        hop.secure_connection_end,
    ]
    .map(|moment| moment.is_some())
}

#[tokio::test]
async fn the_second_request_finds_the_connection_there() {
    let origin = Origin::spawn().unwrap();
    let (session, keeper) = session(|_| {});
    session.data(origin.url("/Nepal")).await.unwrap();
    let first = keeper.last();
    session.data(origin.url("/Nepal")).await.unwrap();
    let second = keeper.last();
    assert_eq!(connects(&first), [true, true, false, false]);
    assert_eq!(connects(&second), [false; 4]);
    let reused = [first.is_reused_connection, second.is_reused_connection];
    assert_eq!(reused, [Some(false), Some(true)]);
    assert_eq!(first.local_address, second.local_address);
    let server = origin.url("/").trim_end_matches('/').to_owned();
    let remote = second.remote_address.unwrap();
    assert_eq!(server, format!("http://{remote}"));
}

#[cfg(all(feature = "tls", feature = "http2"))]
#[tokio::test]
async fn tls_and_its_protocol_are_told() {
    use urlsession_core::TlsVersion;

    let origin = Origin::spawn().unwrap();
    let root = origin.authority().der().to_vec();
    let (session, keeper) = session(|it| it.tls_additional_roots = vec![root]);
    for (url, protocol) in [
        (origin.tls_url("/Nepal"), "h2"),
        (origin.tls_h1_url("/Nepal"), "http/1.1"),
    ] {
        session.data(&url).await.unwrap();
        let hop = keeper.last();
        assert_eq!(hop.network_protocol_name.as_deref(), Some(protocol));
        assert_eq!(connects(&hop), [true; 4]);
        let version = hop.negotiated_tls_protocol_version;
        assert_eq!(version, Some(TlsVersion::Tls13));
        let suite = hop.negotiated_tls_cipher_suite.and_then(|it| it.name());
        assert!(suite.is_some_and(|name| name.starts_with("TLS_")));
        assert!(hop.request_start.is_some() && hop.request_end.is_some());
    }
    session.data(origin.tls_url("/Nepal")).await.unwrap();
    let again = keeper.last();
    assert_eq!(connects(&again), [false; 4]);
    assert_eq!(again.is_reused_connection, Some(true));
    assert!(again.negotiated_tls_cipher_suite.is_some());
}

/// Answers one request, and gives the bytes of its head.
async fn answer_once(listener: TcpListener, answer: &'static [u8]) -> usize {
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    while !request.windows(4).any(|four| four == b"\r\n\r\n") {
        request.push(socket.read_u8().await.unwrap());
    }
    // In two pieces, cut within the head.
    for piece in [&answer[..20], &answer[20..]] {
        socket.write_all(piece).await.unwrap();
    }
    let length = request.len();
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).await.unwrap();
    length
}

#[tokio::test]
async fn heads_are_counted_as_they_are_on_the_wire() {
    const HEADS: &[u8] =
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 Fine\r\nX-Odd:   b\r\ncontent-length: 4\r\n\r\n";
    const ANSWER: &[u8] =
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 Fine\r\nX-Odd:   b\r\ncontent-length: 4\r\n\r\nfour";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/a?b", listener.local_addr().unwrap());
    let server = tokio::spawn(answer_once(listener, ANSWER));
    let (session, keeper) = session(|_| {});
    let request = Request::post(&url).unwrap().with_body("a body");
    session.data(request).await.unwrap();
    drop(session);
    let hop = keeper.last();
    let sent = server.await.unwrap() as u64;
    assert_eq!(hop.count_of_request_header_bytes_sent, Some(sent));
    assert_eq!(hop.count_of_request_body_bytes_sent, Some(6));
    let received = hop.count_of_response_header_bytes_received;
    assert_eq!(received, Some(HEADS.len() as u64));
    assert_eq!(hop.count_of_response_body_bytes_received, Some(4));
}

#[tokio::test]
async fn a_refused_connection_gets_no_further() {
    let origin = Origin::spawn().unwrap();
    let (session, keeper) = session(|_| {});
    session.data(origin.closed_url("/")).await.unwrap_err();
    let hop = keeper.last();
    assert_eq!(connects(&hop), [true, false, false, false]);
    assert_eq!((hop.request_start, hop.response_start), (None, None));
    assert_eq!(hop.network_protocol_name, None);
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn those_who_wait_for_one_connection_have_its_phases() {
    let origin = Origin::spawn().unwrap();
    let (session, keeper) = session(|it| it.assumes_http2_capable = true);
    let loads = (0..3).map(|_| session.data(origin.h2_url("/Nepal")));
    for loaded in futures::future::join_all(loads).await {
        loaded.unwrap();
    }
    let hops = (0..3).map(|_| keeper.last()).collect::<Vec<_>>();
    assert_eq!(origin.accepted_connections(), 1);
    for hop in &hops {
        assert_eq!(connects(hop), [true, true, false, false]);
        assert_eq!(hop.is_reused_connection, Some(false));
        assert!(hop.connect_start >= hop.fetch_start);
    }
    session.data(origin.h2_url("/Nepal")).await.unwrap();
    assert_eq!(keeper.last().is_reused_connection, Some(true));
}

#[cfg(feature = "decode")]
#[tokio::test]
async fn a_coded_body_is_counted_before_and_after() {
    let origin = Origin::spawn().unwrap();
    let (session, keeper) = session(|_| {});
    let (body, _) = session.data(origin.url("/gzipped-response")).await.unwrap();
    let hop = keeper.last();
    let decoded = hop.count_of_response_body_bytes_after_decoding;
    assert_eq!(decoded, Some(body.len() as u64));
    assert_eq!(hop.count_of_response_body_bytes_received, Some(32));
    assert!(hop.response_end.is_some());
}
