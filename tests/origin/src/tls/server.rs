//! A case's running server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::SingleCertAndKey;
use rustls::{RootCertStore, ServerConfig};
use tokio::task::JoinSet;

use super::case::{Kind, TlsCase};
use super::chain;
use crate::authority::{ALPN_H2, ALPN_HTTP_1_1, Authority, server_config_builder};
use crate::listen::{Site, accept, bind};
use crate::log::{ConnectionRecord, Listener, Log};
use crate::raw::{RawConnection, RawOrigin};
use crate::thread::OwnThread;

/// The running server of a [`TlsCase`], with the origin's routes; it stops when dropped.
#[derive(Debug)]
pub struct TlsOrigin {
    case: TlsCase,
    server: Server,
    _thread: Option<OwnThread>,
}

#[derive(Debug)]
enum Server {
    Http {
        address: SocketAddr,
        log: Log,
        _tasks: JoinSet<()>,
    },
    Ancient(RawOrigin),
}

impl TlsOrigin {
    /// Starts a case's server on the caller's tokio runtime; the client trusts `authority` alone.
    ///
    /// # Errors
    /// If no port can be bound or no certificate made.
    pub async fn start(case: TlsCase, authority: &Authority) -> io::Result<Self> {
        let server = match case.kind.too_old() {
            Some(script) => Server::Ancient(RawOrigin::start(script).await?),
            None => serve_http(server_config(case.kind, authority)?).await?,
        };
        Ok(Self {
            case,
            server,
            _thread: None,
        })
    }

    /// Starts a case's server on a thread of its own, for callers without a runtime.
    ///
    /// # Errors
    /// If no port can be bound, no certificate made or no thread started.
    pub fn spawn(case: TlsCase, authority: &Authority) -> io::Result<Self> {
        let (server, thread) = match case.kind.too_old() {
            Some(script) => (Server::Ancient(RawOrigin::spawn(script)?), None),
            None => {
                let config = server_config(case.kind, authority)?;
                let (server, thread) = OwnThread::run(move || serve_http(config))?;
                (server, Some(thread))
            }
        };
        Ok(Self {
            case,
            server,
            _thread: thread,
        })
    }

    /// The case that is served.
    #[must_use]
    pub fn case(&self) -> TlsCase {
        self.case
    }

    /// The URL of a path, with the case's host.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("https://{}:{}{path}", self.case.host, self.address().port())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match &self.server {
            Server::Http { address, .. } => *address,
            Server::Ancient(raw) => raw.address(),
        }
    }

    /// The name that the client's resolver has to be told of, with its address; `None` where the
    /// host is an address or a name of this machine.
    #[must_use]
    pub fn resolve(&self) -> Option<(&'static str, SocketAddr)> {
        let unknown = self.case.host.ends_with(".test");
        unknown.then(|| (self.case.host, self.address()))
    }

    /// Why the handshakes that failed did so, in order, as the server saw it.
    #[must_use]
    pub fn handshake_errors(&self) -> Vec<String> {
        let error = |connection: &ConnectionRecord| connection.handshake_error.clone();
        match &self.server {
            Server::Http { log, .. } => log
                .0
                .read(|seen| seen.connections.iter().filter_map(error).collect()),
            Server::Ancient(_) => Vec::new(),
        }
    }

    /// How many requests came through.
    #[must_use]
    pub fn request_count(&self) -> usize {
        match &self.server {
            Server::Http { log, .. } => log.0.read(|seen| seen.requests.len()),
            Server::Ancient(_) => 0,
        }
    }

    /// What clients sent to a server that is too old for them.
    #[must_use]
    pub fn raw_connections(&self) -> Vec<RawConnection> {
        match &self.server {
            Server::Http { .. } => Vec::new(),
            Server::Ancient(raw) => raw.connections(),
        }
    }
}

async fn serve_http(config: Arc<ServerConfig>) -> io::Result<Server> {
    let (listener, address) = bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
    let log = Log::new();
    let site = Site {
        log: log.clone(),
        listener: Listener::Tls,
        address,
        uploads: Default::default(),
        closed: None,
        folders: Arc::default(),
        cache_suite: Arc::default(),
    };
    let mut tasks = JoinSet::new();
    tasks.spawn(accept(listener, site, Some(config)));
    Ok(Server::Http {
        address,
        log,
        _tasks: tasks,
    })
}

fn server_config(kind: Kind, authority: &Authority) -> io::Result<Arc<ServerConfig>> {
    let key = chain::certified_key(kind, authority)?;
    let builder = server_config_builder(kind.versions())?;
    let builder = match kind.wants_client_certificate() {
        true => builder.with_client_cert_verifier(client_verifier(authority)?),
        false => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
    config.alpn_protocols = vec![ALPN_H2.to_vec(), ALPN_HTTP_1_1.to_vec()];
    Ok(Arc::new(config))
}

fn client_verifier(authority: &Authority) -> io::Result<Arc<dyn ClientCertVerifier>> {
    let mut roots = RootCertStore::empty();
    roots
        .add(authority.der().clone())
        .map_err(io::Error::other)?;
    let provider = Arc::new(ring::default_provider());
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(io::Error::other)
}
