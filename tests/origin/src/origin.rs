//! The running server: its addresses, what it saw, and ways to wait for it.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::authority::{ALPN_H2, ALPN_HTTP_1_1, Authority};
use crate::cache_suite::CacheSuite;
use crate::folders::Folders;
use crate::listen::{Site, accept, bind};
use crate::log::{ConnectionRecord, Listener, Log, ReceivedRequest, Seen};
use crate::resumable::{H2Uploads, Upload, Uploads};
use crate::thread::OwnThread;
use crate::watched::Overdue;

/// Which ports to listen on, all on loopback; 0 is any free one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ports {
    /// HTTP/1.1 in the clear, the first origin.
    pub http: u16,
    /// HTTP/1.1 in the clear, the second origin.
    pub http_other: u16,
    /// HTTP/2 in the clear with prior knowledge.
    pub h2c: u16,
    /// TLS with HTTP/2 and HTTP/1.1.
    pub https: u16,
    /// TLS with HTTP/1.1 alone.
    pub https_h1: u16,
}

/// A running origin server; it stops when dropped.
#[derive(Debug)]
pub struct Origin {
    addresses: Addresses,
    authority: Authority,
    log: Log,
    uploads: Uploads,
    runtime: Handle,
    /// Bound but not listening, so that connections to its port are refused.
    _closed: Socket,
    _tasks: JoinSet<()>,
    _thread: Option<OwnThread>,
}

#[derive(Debug, Clone, Copy)]
struct Addresses {
    http: SocketAddr,
    other: SocketAddr,
    /// `None` where the machine has no IPv6 loopback.
    v6: Option<SocketAddr>,
    h2c: SocketAddr,
    https: SocketAddr,
    https_h1: SocketAddr,
    closed: SocketAddr,
}

impl Origin {
    /// Starts on the caller's tokio runtime, on free ports.
    ///
    /// # Errors
    /// If no port can be bound or no certificate made.
    pub async fn start() -> io::Result<Self> {
        Self::start_on(Ports::default()).await
    }

    /// Starts on the caller's tokio runtime, on these ports.
    ///
    /// # Errors
    /// If a port cannot be bound or no certificate made.
    pub async fn start_on(ports: Ports) -> io::Result<Self> {
        Self::start_with(ports, Folders::default()).await
    }

    /// Starts on the caller's tokio runtime, on these ports; files of these folders are served in front of the routes.
    ///
    /// # Errors
    /// If a port cannot be bound or no certificate made.
    pub async fn start_with(ports: Ports, folders: Folders) -> io::Result<Self> {
        let (closed_socket, closed) = closed_port()?;
        let mut listeners = Listeners {
            authority: Authority::new("urlsession test authority")?,
            log: Log::new(),
            uploads: Uploads::default(),
            tasks: JoinSet::new(),
            closed,
            cache_suite: Arc::default(),
            folders: Arc::new(folders),
        };
        let addresses = Addresses {
            http: listeners.add(Listener::Plain, ports.http).await?,
            other: listeners.add(Listener::Other, ports.http_other).await?,
            v6: listeners.add_v6().await,
            h2c: listeners.add(Listener::H2, ports.h2c).await?,
            https: listeners
                .add_tls(Listener::Tls, ports.https, &[ALPN_H2, ALPN_HTTP_1_1])
                .await?,
            https_h1: listeners
                .add_tls(Listener::TlsH1, ports.https_h1, &[ALPN_HTTP_1_1])
                .await?,
            closed,
        };
        Ok(Self {
            addresses,
            authority: listeners.authority,
            log: listeners.log,
            uploads: listeners.uploads,
            runtime: Handle::current(),
            _closed: closed_socket,
            _tasks: listeners.tasks,
            _thread: None,
        })
    }

    /// Starts on a thread and runtime of its own, for callers without one.
    ///
    /// # Errors
    /// If no port can be bound, no certificate made or no thread started.
    pub fn spawn() -> io::Result<Self> {
        Self::spawn_on(Ports::default())
    }

    /// Starts on a thread and runtime of its own, on these ports.
    ///
    /// # Errors
    /// If a port cannot be bound, no certificate made or no thread started.
    pub fn spawn_on(ports: Ports) -> io::Result<Self> {
        Self::spawn_with(ports, Folders::default())
    }

    /// Starts on a thread and runtime of its own, on these ports; files of these folders are served in front of the routes.
    ///
    /// # Errors
    /// If a port cannot be bound, no certificate made or no thread started.
    pub fn spawn_with(ports: Ports, folders: Folders) -> io::Result<Self> {
        let (mut origin, thread) = OwnThread::run(move || Self::start_with(ports, folders))?;
        origin._thread = Some(thread);
        Ok(origin)
    }

    /// `http://127.0.0.1:PORT/path`: HTTP/1.1 in the clear.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addresses.http)
    }

    /// The same routes at another port: another origin for redirects.
    #[must_use]
    pub fn other_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addresses.other)
    }

    /// `http://[::1]:PORT/path`, where the machine has IPv6.
    #[must_use]
    pub fn v6_url(&self, path: &str) -> Option<String> {
        self.addresses
            .v6
            .map(|address| format!("http://{address}{path}"))
    }

    /// `http://127.0.0.1:PORT/path`: HTTP/2 with prior knowledge, and nothing else.
    #[must_use]
    pub fn h2_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addresses.h2c)
    }

    /// `https://localhost:PORT/path`: HTTP/2 or HTTP/1.1 by ALPN.
    #[must_use]
    pub fn tls_url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.addresses.https.port())
    }

    /// `https://localhost:PORT/path`: HTTP/1.1 alone in ALPN.
    #[must_use]
    pub fn tls_h1_url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.addresses.https_h1.port())
    }

    /// A URL whose port refuses connections as long as this server lives.
    #[must_use]
    pub fn closed_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addresses.closed)
    }

    /// Where a listener listens; `None` for IPv6 on a machine without it.
    #[must_use]
    pub fn address(&self, listener: Listener) -> Option<SocketAddr> {
        match listener {
            Listener::Plain => Some(self.addresses.http),
            Listener::Other => Some(self.addresses.other),
            Listener::PlainV6 => self.addresses.v6,
            Listener::H2 => Some(self.addresses.h2c),
            Listener::Tls => Some(self.addresses.https),
            Listener::TlsH1 => Some(self.addresses.https_h1),
        }
    }

    /// The authority that signed the TLS certificates: what clients have to trust.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// All URLs and the authority's certificate, as the binary prints them.
    ///
    /// Members: `http`, `http_other`, `http_v6` (or null), `h2c`, `https`, `https_h1`, `closed`,
    /// each a URL without a path, and `ca_pem`.
    #[must_use]
    pub fn as_json(&self) -> Value {
        json!({
            "http": self.url(""),
            "http_other": self.other_url(""),
            "http_v6": self.v6_url(""),
            "h2c": self.h2_url(""),
            "https": self.tls_url(""),
            "https_h1": self.tls_h1_url(""),
            "closed": self.closed_url(""),
            "ca_pem": self.authority.pem(),
        })
    }

    /// The latest [`LOGGED_REQUESTS`](crate::LOGGED_REQUESTS) requests, in order of arrival,
    /// without CORS preflights.
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.log
            .0
            .read(|seen| seen.requests.iter().cloned().collect())
    }

    /// The logged requests for one path, in order of arrival.
    #[must_use]
    pub fn requests_for(&self, path: &str) -> Vec<ReceivedRequest> {
        let wanted = |request: &&ReceivedRequest| request.path() == path;
        self.log
            .0
            .read(|seen| seen.requests.iter().filter(wanted).cloned().collect())
    }

    /// How many requests for this path came, the query not counted.
    #[must_use]
    pub fn request_count(&self, path: &str) -> usize {
        self.log.0.read(|seen| seen.requests_for(path))
    }

    /// Every upload that was begun at `/resumable`, in order.
    #[must_use]
    pub fn uploads(&self) -> Vec<Upload> {
        self.uploads.all()
    }

    /// A port of its own where resumable uploads are served on HTTP/2, into the same [`uploads`](Self::uploads) and with the same faults. For
    /// an origin on a thread of its own ([`spawn`](Self::spawn)).
    ///
    /// # Errors
    /// If no port can be bound.
    pub fn h2_uploads(&self) -> io::Result<H2Uploads> {
        let site = Site {
            log: self.log.clone(),
            listener: Listener::H2,
            address: self.addresses.h2c,
            uploads: self.uploads.clone(),
            closed: None,
            cache_suite: Arc::default(),
            folders: Arc::default(),
        };
        H2Uploads::spawn(&self.runtime, site)
    }

    /// Empties the log of requests; counters stay.
    pub fn forget_requests(&self) {
        self.log.0.update(|seen| seen.requests.clear());
    }

    /// How many connections were accepted in all.
    #[must_use]
    pub fn accepted_connections(&self) -> usize {
        self.log.0.read(|seen| seen.connections.len())
    }

    /// How many connections one listener accepted.
    #[must_use]
    pub fn accepted_on(&self, listener: Listener) -> usize {
        let on = |connection: &&ConnectionRecord| connection.listener == listener;
        self.log
            .0
            .read(|seen| seen.connections.iter().filter(on).count())
    }

    /// How many connections are open.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.log.0.read(|seen| seen.open_connections)
    }

    /// Every connection accepted so far, in order.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnectionRecord> {
        self.log.0.read(|seen| seen.connections.clone())
    }

    /// How many bytes were written on all connections.
    #[must_use]
    pub fn bytes_written(&self) -> u64 {
        self.log.0.read(|seen| seen.bytes_written)
    }

    /// Waits until `count` requests for this path have come in all.
    ///
    /// # Errors
    /// [`Overdue`] after [`WAIT_LIMIT`](crate::WAIT_LIMIT).
    pub async fn wait_for_requests(&self, path: &str, count: usize) -> Result<(), Overdue> {
        let what = format!("{count} requests for {path}");
        let path = path.to_owned();
        self.wait_for(what, move |seen| seen.requests_for(&path) >= count)
            .await
    }

    /// Waits until `count` connections have been accepted in all.
    ///
    /// # Errors
    /// [`Overdue`] after [`WAIT_LIMIT`](crate::WAIT_LIMIT).
    pub async fn wait_for_accepted_connections(&self, count: usize) -> Result<(), Overdue> {
        let what = format!("{count} accepted connections");
        self.wait_for(what, move |seen| seen.connections.len() >= count)
            .await
    }

    /// Waits until exactly `count` connections are open.
    ///
    /// # Errors
    /// [`Overdue`] after [`WAIT_LIMIT`](crate::WAIT_LIMIT).
    pub async fn wait_for_open_connections(&self, count: usize) -> Result<(), Overdue> {
        let what = format!("{count} open connections");
        self.wait_for(what, move |seen| seen.open_connections == count)
            .await
    }

    /// Waits until the latest logged request for this path satisfies `condition`: a body that
    /// came so far, say.
    ///
    /// # Errors
    /// [`Overdue`] after [`WAIT_LIMIT`](crate::WAIT_LIMIT).
    pub async fn wait_for_request(
        &self,
        path: &str,
        mut condition: impl FnMut(&ReceivedRequest) -> bool + Send + 'static,
    ) -> Result<ReceivedRequest, Overdue> {
        let what = format!("a request for {path} as it is wanted");
        let path = path.to_owned();
        let find = move |seen: &Seen| {
            let latest = seen
                .requests
                .iter()
                .rev()
                .find(|request| request.path() == path)?;
            condition(latest).then(|| latest.clone())
        };
        self.log.0.wait_for(&self.runtime, what, find).await
    }

    /// Waits until something was written and then nothing for `quiet`: a writer that is blocked, if
    /// its response is not at its end. Gives the bytes written on all connections.
    ///
    /// # Errors
    /// [`Overdue`] after [`WAIT_LIMIT`](crate::WAIT_LIMIT).
    pub async fn wait_until_idle_writer(&self, quiet: Duration) -> Result<u64, Overdue> {
        let figure = |seen: &Seen| Some(seen.bytes_written).filter(|&count| count > 0);
        self.log
            .0
            .wait_until_steady(&self.runtime, quiet, figure)
            .await
    }

    async fn wait_for(
        &self,
        what: String,
        mut condition: impl FnMut(&Seen) -> bool + Send + 'static,
    ) -> Result<(), Overdue> {
        self.log
            .0
            .wait_for(&self.runtime, what, move |seen| {
                condition(seen).then_some(())
            })
            .await
    }
}

/// The listeners as they come up.
struct Listeners {
    authority: Authority,
    log: Log,
    uploads: Uploads,
    tasks: JoinSet<()>,
    closed: SocketAddr,
    cache_suite: Arc<CacheSuite>,
    folders: Arc<Folders>,
}

impl Listeners {
    async fn add(&mut self, listener: Listener, port: u16) -> io::Result<SocketAddr> {
        self.add_at(listener, (Ipv4Addr::LOCALHOST, port).into(), None)
            .await
    }

    async fn add_tls(
        &mut self,
        listener: Listener,
        port: u16,
        alpn: &[&[u8]],
    ) -> io::Result<SocketAddr> {
        let config = self.authority.server_config(alpn)?;
        self.add_at(listener, (Ipv4Addr::LOCALHOST, port).into(), Some(config))
            .await
    }

    async fn add_v6(&mut self) -> Option<SocketAddr> {
        self.add_at(Listener::PlainV6, (Ipv6Addr::LOCALHOST, 0).into(), None)
            .await
            .ok()
    }

    async fn add_at(
        &mut self,
        listener: Listener,
        address: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
    ) -> io::Result<SocketAddr> {
        let (socket, address) = bind(address).await?;
        let site = Site {
            log: self.log.clone(),
            listener,
            address,
            uploads: self.uploads.clone(),
            closed: Some(self.closed),
            cache_suite: self.cache_suite.clone(),
            folders: self.folders.clone(),
        };
        self.tasks.spawn(accept(socket, site, tls));
        Ok(address)
    }
}

/// Binds a port without listening on it, which keeps it closed for as long as the socket lives.
fn closed_port() -> io::Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    let address = socket.local_addr()?.as_socket();
    let address = address.ok_or_else(|| io::Error::other("a port without an IP address"))?;
    Ok((socket, address))
}
