//! Listeners, and HTTP on the connections they accept.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::authority::ALPN_H2;
use crate::body::{Body, RecordedBody};
use crate::cache_suite::CacheSuite;
use crate::exchange::{Exchange, Reply, text};
use crate::folders::Folders;
use crate::log::{Listener, Log, ReceivedRequest};
use crate::player::{Listen, Played, play};
use crate::resumable::{self, Turn, Uploads};
use crate::script::Script;
use crate::wire::Wire;
use crate::{cors, routes};

/// How many fields a request may have.
const FIELD_LIMIT: usize = 1_000;

/// How long a listener waits after it could not accept.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// What a route may know of where it is served.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) log: Log,
    pub(crate) listener: Listener,
    /// The listener's own address.
    pub(crate) address: SocketAddr,
    /// What was uploaded so that it may go on.
    pub(crate) uploads: Uploads,
    /// An address where nothing listens, if one is kept.
    pub(crate) closed: Option<SocketAddr>,
    /// The servers of suites of HTTP caching, one for all of an origin's listeners.
    pub(crate) cache_suite: Arc<CacheSuite>,
    /// Files that are served in front of the routes.
    pub(crate) folders: Arc<Folders>,
}

/// Accepts connections for ever and serves each as a task of its own.
///
/// Dropping the future ends them all.
pub(crate) async fn accept(listener: TcpListener, site: Site, tls: Option<Arc<ServerConfig>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((tcp, _)) => drop(connections.spawn(serve(tcp, site.clone(), tls.clone()))),
                // Out of descriptors, or a peer that was gone again: the next may do.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(tcp: TcpStream, site: Site, tls: Option<Arc<ServerConfig>>) {
    let connection = site.log.connection_accepted(site.listener);
    match Wire::accept(tcp, tls, site.log.meter(connection)).await {
        Ok(wire) => match site.listener == Listener::H2 || wire.alpn() == Some(ALPN_H2) {
            true => serve_http2(wire, connection, site).await,
            false => serve_http1(wire, connection, site).await,
        },
        Err(error) => site.log.handshake_failed(connection, error.to_string()),
    }
}

/// Serves HTTP/1.1; a route's script takes the bare connection and may give it back.
async fn serve_http1(mut wire: Wire, connection: usize, site: Site) {
    loop {
        match resumable::serve(&mut wire, connection, &site).await {
            Turn::Elsewhere => {}
            Turn::Done => continue,
            Turn::Ended(ending) => return ending.of(wire).await,
        }
        let (hand_over, handed_over) = oneshot::channel();
        let hand_over = Mutex::new(Some(hand_over));
        let hand_over = Arc::new(HandOver(hand_over));
        let service = service_fn(|request| {
            let (site, hand_over) = (site.clone(), Arc::clone(&hand_over));
            async move { respond(request, connection, site, hand_over).await }
        });
        let mut http = http1::Builder::new()
            .max_headers(FIELD_LIMIT)
            .serve_connection(TokioIo::new(wire), service);
        let script = tokio::select! {
            _ = &mut http => return,
            Ok(script) = handed_over => script,
        };
        let parts = http.into_parts();
        wire = parts.io.into_inner();
        wire.unread(&parts.read_buf);
        match play(script, wire, &mut Unheard, true).await {
            Played::Open(open) => wire = open,
            Played::Ended(_) => return,
        }
    }
}

async fn serve_http2(wire: Wire, connection: usize, site: Site) {
    let hand_over = Arc::new(HandOver(Mutex::new(None)));
    let service = service_fn(|request| {
        let (site, hand_over) = (site.clone(), Arc::clone(&hand_over));
        async move { respond(request, connection, site, hand_over).await }
    });
    let tasks = StreamTasks::default();
    let http = http2::Builder::new(tasks.clone()).serve_connection(TokioIo::new(wire), service);
    // The client learns of an error from the connection; there is nobody else to tell.
    let _ = http.await;
}

/// The way by which a route's script reaches the connection's task.
struct HandOver(Mutex<Option<oneshot::Sender<Script>>>);

/// The log has the request already; what a script reads is body.
struct Unheard;

impl Listen for Unheard {
    fn received(&mut self, _: &[u8]) {}
}

/// Where HTTP/2 runs its streams: they end with the connection.
#[derive(Clone, Default)]
struct StreamTasks(Arc<Mutex<JoinSet<()>>>);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for StreamTasks {
    fn execute(&self, future: F) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(future);
    }
}

async fn respond(
    request: Request<Incoming>,
    connection: usize,
    site: Site,
    hand_over: Arc<HandOver>,
) -> Result<Response<Body>, Infallible> {
    let (head, incoming) = request.into_parts();
    let origin = head.headers.get(http::header::ORIGIN).cloned();
    let mut response = if cors::is_preflight(&head) {
        cors::preflight(&head.headers)
    } else {
        let number = site
            .log
            .request_received(received(&head, connection, &site));
        let body = RecordedBody::new(incoming, site.log.clone(), number);
        match routes::answer(Exchange { head, body, site }).await {
            Reply::Response(response) => response,
            Reply::Script(script) => hand_over.give(script).await,
        }
    };
    cors::allow(origin.as_ref(), response.headers_mut());
    Ok(response)
}

impl HandOver {
    /// Gives the script to the connection's task, which then drops this exchange.
    async fn give(&self, script: Script) -> Response<Body> {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match sender.map(|sender| sender.send(script)) {
            Some(Ok(())) => std::future::pending().await,
            Some(Err(_)) | None => text(
                http::StatusCode::NOT_IMPLEMENTED,
                "this route needs HTTP/1.1",
            ),
        }
    }
}

pub(crate) fn received(
    head: &http::request::Parts,
    connection: usize,
    site: &Site,
) -> ReceivedRequest {
    let target = head
        .uri
        .path_and_query()
        .map_or_else(|| head.uri.to_string(), ToString::to_string);
    let authority = head
        .uri
        .authority()
        .filter(|_| head.version == Version::HTTP_2);
    ReceivedRequest {
        number: 0,
        connection,
        listener: site.listener,
        version: head.version,
        method: head.method.clone(),
        target,
        authority: authority.map(ToString::to_string),
        headers: head.headers.clone(),
        body: Vec::new(),
        body_length: 0,
        body_complete: false,
        trailers: None,
    }
}

/// Binds a listener on a loopback address.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
