//! What the pool knows of one origin.

use std::sync::Arc;
use std::time::{Duration, Instant};

use urlsession_core::{Multiplexing, Origin};

use crate::http1;
#[cfg(feature = "http2")]
use crate::{connect::WeakDial, http2, phases::Phases};

/// The connections to one origin.
#[derive(Debug)]
pub(crate) struct Host {
    /// Held as long as the entry lives, so that the number stays this origin's.
    _origin: Arc<Origin>,
    /// The last one back is the first one out: it is the least likely to have been closed.
    #[expect(clippy::vec_box, reason = "a connection changes hands by its pointer")]
    pub(crate) idle: Vec<Box<http1::Connection>>,
    /// What the last handshake found.
    pub(crate) carries: Option<Multiplexing>,
    /// The HTTP/2 connections, as a rule one.
    #[cfg(feature = "http2")]
    pub(crate) shared: Vec<Arc<http2::Connection>>,
    /// The attempt at another that is under way.
    #[cfg(feature = "http2")]
    pub(crate) dialing: Option<(WeakDial, Arc<Phases>)>,
}

/// Connections taken from the pool, closed by being dropped, after the pool's lock is free.
#[derive(Debug, Default)]
pub(crate) struct Closed {
    #[expect(clippy::vec_box, reason = "a connection changes hands by its pointer")]
    http1: Vec<Box<http1::Connection>>,
    #[cfg(feature = "http2")]
    shared: Vec<Arc<http2::Connection>>,
}

impl Host {
    pub(crate) fn new(origin: Arc<Origin>) -> Self {
        Self {
            _origin: origin,
            idle: Vec::new(),
            carries: None,
            #[cfg(feature = "http2")]
            shared: Vec::new(),
            #[cfg(feature = "http2")]
            dialing: None,
        }
    }

    pub(crate) fn is_in_use(&self) -> bool {
        #[cfg(feature = "http2")]
        if !self.shared.is_empty() || self.dialing.is_some() {
            return true;
        }
        !self.idle.is_empty()
    }

    /// Moves every connection into `closed`.
    pub(crate) fn close(&mut self, closed: &mut Closed) {
        closed.http1.append(&mut self.idle);
        #[cfg(feature = "http2")]
        {
            closed.shared.append(&mut self.shared);
            self.dialing = None;
        }
    }

    /// A place on a connection that has one; the connections that have ended go to `closed`.
    #[cfg(feature = "http2")]
    pub(crate) fn place(&mut self, closed: &mut Closed) -> Option<http2::Place> {
        closed.shared.extend(
            self.shared
                .extract_if(.., |connection| !connection.is_open()),
        );
        self.shared.iter().find_map(http2::Place::on)
    }

    /// Moves what has been idle for `timeout` into `closed`; since when the oldest of the others is idle.
    pub(crate) fn expire(
        &mut self,
        now: Instant,
        timeout: Duration,
        closed: &mut Closed,
    ) -> Option<Instant> {
        let is_old = |since: Instant| now.saturating_duration_since(since) >= timeout;
        closed.http1.extend(
            self.idle
                .extract_if(.., |connection| is_old(connection.idle_since)),
        );
        let oldest = self
            .idle
            .iter()
            .map(|connection| connection.idle_since)
            .min();
        #[cfg(feature = "http2")]
        let oldest = oldest
            .into_iter()
            .chain(self.expire_shared(now, is_old, closed))
            .min();
        oldest
    }

    /// A connection in use is looked at again when it would be due if its streams ended now.
    #[cfg(feature = "http2")]
    fn expire_shared(
        &mut self,
        now: Instant,
        is_old: impl Fn(Instant) -> bool,
        closed: &mut Closed,
    ) -> Option<Instant> {
        let is_over = |connection: &mut Arc<http2::Connection>| {
            !connection.is_open() || connection.idle_since().is_some_and(&is_old)
        };
        closed.shared.extend(self.shared.extract_if(.., is_over));
        self.shared
            .iter()
            .map(|connection| connection.idle_since().unwrap_or(now))
            .min()
    }
}
