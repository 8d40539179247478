//! A server that plays scripts on the connections it accepts.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::choice::{Next, Scripts};
use crate::listen::{ACCEPT_PAUSE, bind};
use crate::player::{Ending, Listen, Played, play, read_head};
use crate::thread::OwnThread;
use crate::watched::{Overdue, Watched};
use crate::wire::{Meter, Wire};

/// How many bytes of what a connection sent are kept; [`RawConnection::bytes_received`] counts all.
pub const KEPT_BYTES: usize = 1024 * 1024;

/// What a scripted server saw on one connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawConnection {
    /// The first [`KEPT_BYTES`] that came in (under TLS: of plaintext).
    pub received: Vec<u8>,
    /// How many bytes came in.
    pub bytes_received: u64,
    /// How many bytes of the script's the socket took.
    pub bytes_written: u64,
    /// How it ended; `None` while it is open.
    pub ending: Option<Ending>,
    /// Why the TLS handshake failed, in rustls's words.
    pub handshake_error: Option<String>,
    /// Whether its socket is open.
    pub open: bool,
}

impl RawConnection {
    /// What came in, as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.received).into_owned()
    }
}

/// Everything a scripted server saw.
#[derive(Debug, Default)]
struct Seen {
    connections: Vec<RawConnection>,
    open: usize,
}

/// A running scripted server on a port of its own; it stops when dropped.
#[derive(Debug)]
pub struct RawOrigin {
    address: SocketAddr,
    scripts: Scripts,
    seen: Arc<Watched<Seen>>,
    runtime: Handle,
    tls: bool,
    _tasks: JoinSet<()>,
    _thread: Option<OwnThread>,
}

impl RawOrigin {
    /// Starts on the caller's tokio runtime.
    ///
    /// # Errors
    /// If no port can be bound.
    pub async fn start(scripts: impl Into<Scripts>) -> io::Result<Self> {
        Self::listen(scripts.into(), None).await
    }

    /// Starts on the caller's tokio runtime, with TLS.
    ///
    /// # Errors
    /// If no port can be bound.
    pub async fn start_tls(
        scripts: impl Into<Scripts>,
        config: Arc<ServerConfig>,
    ) -> io::Result<Self> {
        Self::listen(scripts.into(), Some(config)).await
    }

    /// Starts on a thread of its own, for callers without a runtime.
    ///
    /// # Errors
    /// If no port can be bound or no thread started.
    pub fn spawn(scripts: impl Into<Scripts>) -> io::Result<Self> {
        Self::spawn_with(scripts.into(), None)
    }

    /// Starts on a thread of its own, with TLS.
    ///
    /// # Errors
    /// If no port can be bound or no thread started.
    pub fn spawn_tls(scripts: impl Into<Scripts>, config: Arc<ServerConfig>) -> io::Result<Self> {
        Self::spawn_with(scripts.into(), Some(config))
    }

    fn spawn_with(scripts: Scripts, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        let (mut origin, thread) = OwnThread::run(move || Self::listen(scripts, tls))?;
        origin._thread = Some(thread);
        Ok(origin)
    }

    async fn listen(scripts: Scripts, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        let (listener, address) = bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
        let seen = Watched::new(Seen::default());
        let mut tasks = JoinSet::new();
        let uses_tls = tls.is_some();
        tasks.spawn(accept(listener, scripts.clone(), tls, Arc::clone(&seen)));
        let runtime = Handle::current();
        Ok(Self {
            address,
            scripts,
            seen,
            runtime,
            tls: uses_tls,
            _tasks: tasks,
            _thread: None,
        })
    }

    /// The URL of a path: `http://127.0.0.1:PORT/path`, or `https://localhost:PORT/path` with TLS.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        match self.tls {
            false => format!("http://{}{path}", self.address),
            true => format!("https://localhost:{}{path}", self.address.port()),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Plays other scripts on the connections to come.
    pub fn play(&self, scripts: impl Into<Scripts>) {
        self.scripts.replace(scripts.into());
    }

    /// What was seen on each connection so far, in order of acceptance.
    #[must_use]
    pub fn connections(&self) -> Vec<RawConnection> {
        self.seen.read(|seen| seen.connections.clone())
    }

    /// What was seen on connection `index`, from 0 in order of acceptance.
    #[must_use]
    pub fn connection(&self, index: usize) -> Option<RawConnection> {
        self.seen.read(|seen| seen.connections.get(index).cloned())
    }

    /// How many connections were accepted.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.seen.read(|seen| seen.connections.len())
    }

    /// How many connections are open.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.seen.read(|seen| seen.open)
    }

    /// Waits until `count` connections have been accepted in all.
    ///
    /// # Errors
    /// [`Overdue`] after [`WAIT_LIMIT`](crate::WAIT_LIMIT).
    pub async fn wait_for_connections(&self, count: usize) -> Result<(), Overdue> {
        let what = format!("{count} connections");
        let find = move |seen: &Seen| (seen.connections.len() >= count).then_some(());
        self.seen.wait_for(&self.runtime, what, find).await
    }

    /// Waits until exactly `count` connections are open.
    ///
    /// # Errors
    /// [`Overdue`] after [`WAIT_LIMIT`](crate::WAIT_LIMIT).
    pub async fn wait_for_open_connections(&self, count: usize) -> Result<(), Overdue> {
        let what = format!("{count} open connections");
        let find = move |seen: &Seen| (seen.open == count).then_some(());
        self.seen.wait_for(&self.runtime, what, find).await
    }

    /// Waits until connection `index` has ended, and says what was seen on it.
    ///
    /// # Errors
    /// [`Overdue`] after [`WAIT_LIMIT`](crate::WAIT_LIMIT).
    pub async fn wait_for_ending(&self, index: usize) -> Result<RawConnection, Overdue> {
        let what = format!("the end of connection {index}");
        let find = move |seen: &Seen| {
            let connection = seen.connections.get(index)?;
            let ended = connection.ending.is_some() || connection.handshake_error.is_some();
            (ended && !connection.open).then(|| connection.clone())
        };
        self.seen.wait_for(&self.runtime, what, find).await
    }

    /// Waits until connection `index` has taken `count` bytes or more of its script's.
    ///
    /// # Errors
    /// [`Overdue`] after [`WAIT_LIMIT`](crate::WAIT_LIMIT).
    pub async fn wait_for_written(&self, index: usize, count: u64) -> Result<(), Overdue> {
        let what = format!("{count} bytes written to connection {index}");
        let find =
            move |seen: &Seen| (seen.connections.get(index)?.bytes_written >= count).then_some(());
        self.seen.wait_for(&self.runtime, what, find).await
    }

    /// Waits until something was written to connection `index` and then nothing for `quiet`: a
    /// writer that is blocked, if its script is not at its end. Gives the bytes written.
    ///
    /// # Errors
    /// [`Overdue`] after [`WAIT_LIMIT`](crate::WAIT_LIMIT).
    pub async fn wait_until_idle_writer(
        &self,
        index: usize,
        quiet: Duration,
    ) -> Result<u64, Overdue> {
        let figure = move |seen: &Seen| {
            seen.connections
                .get(index)
                .map(|it| it.bytes_written)
                .filter(|&count| count > 0)
        };
        self.seen
            .wait_until_steady(&self.runtime, quiet, figure)
            .await
    }

    /// Waits until connection `index` has sent `count` bytes or more.
    ///
    /// # Errors
    /// [`Overdue`] after [`WAIT_LIMIT`](crate::WAIT_LIMIT).
    pub async fn wait_for_received(&self, index: usize, count: u64) -> Result<(), Overdue> {
        let what = format!("{count} bytes on connection {index}");
        let find =
            move |seen: &Seen| (seen.connections.get(index)?.bytes_received >= count).then_some(());
        self.seen.wait_for(&self.runtime, what, find).await
    }
}

async fn accept(
    listener: TcpListener,
    scripts: Scripts,
    tls: Option<Arc<ServerConfig>>,
    seen: Arc<Watched<Seen>>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((tcp, _)) => {
                    let witness = Witness::new(Arc::clone(&seen));
                    connections.spawn(serve(tcp, scripts.next(), tls.clone(), witness));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(tcp: TcpStream, next: Next, tls: Option<Arc<ServerConfig>>, mut witness: Witness) {
    let wire = match Wire::accept(tcp, tls, Arc::new(witness.clone())).await {
        Ok(wire) => wire,
        Err(error) => {
            return witness.update(|seen| seen.handshake_error = Some(error.to_string()));
        }
    };
    let ending = run(next, wire, &mut witness).await;
    witness.update(|seen| seen.ending = Some(ending));
}

async fn run(next: Next, mut wire: Wire, witness: &mut Witness) -> Ending {
    let index = witness.index;
    let (script, head_read) = match next {
        Next::Script(script) => (script, false),
        Next::By(choose) => match read_head(&mut wire, witness).await {
            Ok(head) => (choose(index, &head), true),
            Err(ending) => return ending,
        },
    };
    match play(script, wire, witness, head_read).await {
        Played::Ended(ending) => ending,
        Played::Open(wire) => {
            wire.close().await;
            Ending::Closed
        }
    }
}

/// Writes down what one connection does.
#[derive(Clone)]
struct Witness {
    seen: Arc<Watched<Seen>>,
    index: usize,
}

impl Witness {
    fn new(seen: Arc<Watched<Seen>>) -> Self {
        let index = seen.update(|seen| {
            seen.open += 1;
            seen.connections.push(RawConnection {
                open: true,
                ..RawConnection::default()
            });
            seen.connections.len() - 1
        });
        Self { seen, index }
    }

    fn update(&self, change: impl FnOnce(&mut RawConnection)) {
        self.seen
            .update(|seen| change(&mut seen.connections[self.index]));
    }
}

impl Listen for Witness {
    fn received(&mut self, bytes: &[u8]) {
        self.update(|seen| {
            let room = KEPT_BYTES
                .saturating_sub(seen.received.len())
                .min(bytes.len());
            seen.received.extend_from_slice(&bytes[..room]);
        });
    }
}

impl Meter for Witness {
    fn read(&self, count: usize) {
        self.update(|seen| seen.bytes_received += count as u64);
    }

    fn written(&self, count: usize) {
        self.update(|seen| seen.bytes_written += count as u64);
    }

    fn closed(&self) {
        self.seen.update(|seen| {
            seen.connections[self.index].open = false;
            seen.open -= 1;
        });
    }
}
