//! From an origin to a connection: name, sockets, TLS, protocol.

use std::sync::Arc;

use urlsession_core::{Configuration, Error, ExchangeEvents, Multiplexing, Origin};

use crate::executor::Executor;
use crate::files::NativeFiles;
use crate::http1;
use crate::io::{Io, Socket, Stream};
use crate::pool::{Birth, Pool};
use crate::race;
use crate::resolve::{self, Overrides};

/// Makes connections, each in a task of its own: what waits for one may be left unpolled.
#[derive(Debug)]
pub(crate) struct Dialer {
    executor: Executor,
    files: NativeFiles,
    overrides: Overrides,
    assumes_http2_capable: bool,
}

/// A connection for one exchange.
#[derive(Debug)]
pub(crate) enum Dialed {
    /// HTTP/1.1: all of it.
    Http1(Box<http1::Connection>),
}

impl Dialer {
    pub(crate) fn new(
        executor: Executor,
        files: NativeFiles,
        overrides: Overrides,
        configuration: &Configuration,
    ) -> Self {
        let assumes_http2_capable = configuration.assumes_http2_capable;
        Self { executor, files, overrides, assumes_http2_capable }
    }

    /// What connections without TLS carry.
    pub(crate) fn carries_in_the_clear(&self) -> Multiplexing {
        Multiplexing::No
    }

    pub(crate) fn files(&self) -> &NativeFiles {
        &self.files
    }

    /// A new connection to `origin`. Dropped before it is ready, the attempt ends.
    pub(crate) async fn dial(
        self: &Arc<Self>,
        origin: &Arc<Origin>,
        pool: &Arc<Pool>,
        events: &ExchangeEvents,
    ) -> Result<Dialed, Error> {
        let task = connect(Arc::clone(self), Arc::clone(origin), pool.birth());
        let dialed = self.executor.spawn(task)?.await??;
        Ok(dialed)
    }
}

async fn connect(dialer: Arc<Dialer>, origin: Arc<Origin>, birth: Birth) -> Result<Dialed, Error> {
    let addresses = resolve::addresses(&origin, &dialer.overrides).await?;
    let socket = Socket::new(race::connect(&addresses).await?);
    let stream = Stream::Plain(socket);
    Ok(Dialed::Http1(http1::Connection::new(Io::new(stream), birth).await?))
}
