//! The connections that wait for work, by origin.
//!
//! A transport has one set of TLS settings, so the origin and the kind of traffic are all that makes a connection somebody's; what
//! else may come to (a proxy, an identity) belongs into [`Destination`].

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;
#[cfg(feature = "http2")]
use urlsession_core::Error;
use urlsession_core::{ConnectionId, Multiplexing, NetworkServiceType, Origin, OriginId};

use crate::connect::Dialed;
use crate::executor::Executor;
use crate::host::{Closed, Host};
use crate::http1::Connection;
#[cfg(feature = "http2")]
use crate::{connect::SharedDial, http2, phases::Phases};

/// How many idle connections a transport keeps in all.
const IDLE_LIMIT: usize = 1_000;

/// How many origins without a connection are remembered for what their connections carry.
const REMEMBERED_LIMIT: usize = 1_000;

/// How long and how many connections rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// An idle connection is closed after this time.
    pub(crate) idle_timeout: Duration,
    /// The most idle connections to one origin.
    pub(crate) max_idle_per_host: usize,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Destination<'a> {
    pub(crate) origin: &'a Arc<Origin>,
    pub(crate) service: NetworkServiceType,
}

type Key = (OriginId, NetworkServiceType);

impl<'a> Destination<'a> {
    /// Of ordinary traffic: what a handshake finds is noted there for every kind.
    fn ordinary(origin: &'a Arc<Origin>) -> Self {
        let service = NetworkServiceType::Default;
        Self { origin, service }
    }

    fn key(self) -> Key {
        (self.origin.id(), self.service)
    }
}

/// What a connection has from its birth on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Birth {
    /// Its number.
    pub(crate) id: ConnectionId,
    /// How often the pool had been reset before it was asked for.
    generation: u64,
    /// The kind of traffic that it is for.
    service: NetworkServiceType,
}

impl Birth {
    pub(crate) fn service(self) -> NetworkServiceType {
        self.service
    }
}

/// The idle HTTP/1 connections, and the shared HTTP/2 ones.
#[derive(Debug)]
pub(crate) struct Pool {
    state: Mutex<State>,
    next_id: AtomicU64,
    limits: Limits,
    executor: Executor,
}

#[derive(Debug, Default)]
struct State {
    hosts: BTreeMap<Key, Host>,
    generation: u64,
    idle: usize,
    reaper: Reaper,
}

/// The task that closes what has rested too long.
#[derive(Debug, Default)]
enum Reaper {
    #[default]
    NotNeeded,
    Starting,
    Running(AbortHandle),
}

impl Pool {
    pub(crate) fn new(limits: Limits, executor: Executor) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            next_id: AtomicU64::new(1),
            limits,
            executor,
        })
    }

    /// The birth of a connection that is about to be made.
    pub(crate) fn birth(&self, service: NetworkServiceType) -> Birth {
        let id = ConnectionId(self.next_id.fetch_add(1, Ordering::Relaxed));
        Birth {
            id,
            generation: self.lock().generation,
            service,
        }
    }

    /// What the last handshake with `origin` found.
    pub(crate) fn carries(&self, origin: &Origin) -> Option<Multiplexing> {
        let key = (origin.id(), NetworkServiceType::Default);
        self.lock().hosts.get(&key)?.carries
    }

    /// Remembers what a handshake with `origin` found.
    pub(crate) fn learn(&self, origin: &Arc<Origin>, carries: Multiplexing) {
        let mut state = self.lock();
        state.forget_empty_hosts();
        state.host(Destination::ordinary(origin)).carries = Some(carries);
    }

    /// A place on a shared connection to `origin`, or an idle one that is still good.
    pub(crate) fn take(&self, to: Destination<'_>) -> Option<Dialed> {
        loop {
            match self.take_any(to)? {
                Dialed::Http1(mut connection) => {
                    if connection.is_quiet() {
                        return Some(Dialed::Http1(connection));
                    }
                }
                #[cfg(feature = "http2")]
                shared @ Dialed::Http2(_) => return Some(shared),
            }
        }
    }

    fn take_any(&self, to: Destination<'_>) -> Option<Dialed> {
        #[cfg(feature = "http2")]
        let mut closed = Closed::default();
        let mut state = self.lock();
        let host = state.hosts.get_mut(&to.key())?;
        #[cfg(feature = "http2")]
        if let Some(place) = host.place(&mut closed) {
            return Some(Dialed::Http2(place));
        }
        let connection = host.idle.pop()?;
        state.idle -= 1;
        Some(Dialed::Http1(connection))
    }

    /// The idle connection `id` to `origin`, if it is still good.
    pub(crate) fn take_this(&self, to: Destination<'_>, id: ConnectionId) -> Option<Dialed> {
        #[cfg(feature = "http2")]
        if let Some(place) = self.place(to).filter(|place| place.connection().id() == id) {
            return Some(Dialed::Http2(place));
        }
        let mut connection = self.lock().take_this(to.key(), id)?;
        connection.is_quiet().then_some(Dialed::Http1(connection))
    }

    #[cfg(feature = "http2")]
    fn place(&self, to: Destination<'_>) -> Option<http2::Place> {
        let mut closed = Closed::default();
        self.lock().hosts.get_mut(&to.key())?.place(&mut closed)
    }

    /// Takes `connection` back after its exchange, to rest or to be closed.
    pub(crate) fn give_back(
        self: &Arc<Self>,
        origin: &Arc<Origin>,
        mut connection: Box<Connection>,
    ) {
        if !connection.rest() {
            return;
        }
        connection.idle_since = Instant::now();
        let mut state = self.lock();
        let is_current = state.generation == connection.birth().generation;
        if !is_current || state.idle >= IDLE_LIMIT {
            drop(state);
            return;
        }
        let service = connection.birth().service;
        let host = state.host(Destination { origin, service });
        if host.idle.len() >= self.limits.max_idle_per_host {
            drop(state);
            return;
        }
        host.idle.push(connection);
        state.idle += 1;
        self.ensure_reaper(state);
    }

    /// Takes in a new shared connection to `origin`; one from before a reset serves only whoever holds it.
    #[cfg(feature = "http2")]
    pub(crate) fn share(
        self: &Arc<Self>,
        origin: &Arc<Origin>,
        connection: Arc<http2::Connection>,
    ) {
        let mut state = self.lock();
        if state.generation == connection.birth().generation {
            let service = connection.birth().service;
            let host = state.host(Destination { origin, service });
            host.shared.push(connection);
            self.ensure_reaper(state);
        }
    }

    /// The attempt at a shared connection that is under way, else a new one.
    #[cfg(feature = "http2")]
    pub(crate) fn dialing(
        &self,
        to: Destination<'_>,
        start: impl FnOnce() -> Result<(SharedDial, Arc<Phases>), Error>,
    ) -> Result<(SharedDial, Arc<Phases>), Error> {
        let mut state = self.lock();
        let host = state.host(to);
        if let Some((dialing, phases)) = &host.dialing
            && let Some(dialing) = dialing.upgrade()
        {
            return Ok((dialing, Arc::clone(phases)));
        }
        let (dialing, phases) = start()?;
        host.dialing = dialing.downgrade().map(|weak| (weak, Arc::clone(&phases)));
        Ok((dialing, phases))
    }

    /// Ends the attempt that [`dialing`](Self::dialing) gives out.
    #[cfg(feature = "http2")]
    pub(crate) fn end_dialing(&self, to: Destination<'_>) {
        if let Some(host) = self.lock().hosts.get_mut(&to.key()) {
            host.dialing = None;
        }
    }

    /// Lets go of every idle connection, and of the shared ones once their streams end; nothing from before is used again.
    pub(crate) fn reset(&self) {
        let mut closed = Closed::default();
        let mut state = self.lock();
        state.generation += 1;
        state.idle = 0;
        for host in state.hosts.values_mut() {
            host.close(&mut closed);
        }
        drop(state);
    }

    fn ensure_reaper(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        if !matches!(state.reaper, Reaper::NotNeeded) {
            return;
        }
        state.reaper = Reaper::Starting;
        drop(state);
        let Ok(handle) = self.executor.handle() else {
            return;
        };
        let task = handle.spawn(reap(
            Reaping(Arc::downgrade(self)),
            self.limits.idle_timeout,
        ));
        let mut state = self.lock();
        if matches!(state.reaper, Reaper::Starting) {
            state.reaper = Reaper::Running(task.abort_handle());
        }
    }

    /// Closes what has rested too long; the time until the next is due, `None` when nothing rests.
    fn sweep(&self) -> Option<Duration> {
        let now = Instant::now();
        let timeout = self.limits.idle_timeout;
        let mut closed = Closed::default();
        let mut state = self.lock();
        let hosts = state.hosts.values_mut();
        let oldest = hosts
            .filter_map(|host| host.expire(now, timeout, &mut closed))
            .min();
        state.idle = state.hosts.values().map(|host| host.idle.len()).sum();
        if oldest.is_none() {
            state.reaper = Reaper::NotNeeded;
        }
        drop(state);
        let age = now.saturating_duration_since(oldest?);
        Some(timeout.saturating_sub(age).max(Duration::from_millis(1)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Reaper::Running(task) = &self.lock().reaper {
            task.abort();
        }
    }
}

impl State {
    fn host(&mut self, to: Destination<'_>) -> &mut Host {
        self.hosts
            .entry(to.key())
            .or_insert_with(|| Host::new(Arc::clone(to.origin)))
    }

    fn take_this(&mut self, key: Key, id: ConnectionId) -> Option<Box<Connection>> {
        let idle = &mut self.hosts.get_mut(&key)?.idle;
        let at = idle.iter().position(|connection| connection.id() == id)?;
        let taken = idle.remove(at);
        self.idle -= 1;
        Some(taken)
    }

    fn forget_empty_hosts(&mut self) {
        if self.hosts.len() >= REMEMBERED_LIMIT {
            self.hosts.retain(|_, host| host.is_in_use());
        }
    }
}

/// Marks the reaper as gone however its task ends: a runtime that shuts down drops it.
struct Reaping(Weak<Pool>);

impl Drop for Reaping {
    fn drop(&mut self) {
        if let Some(pool) = self.0.upgrade() {
            pool.lock().reaper = Reaper::NotNeeded;
        }
    }
}

/// Looks after the time in which something laid to rest now would be too old; ends when it finds nothing at rest.
async fn reap(reaping: Reaping, first: Duration) {
    let mut wait = first;
    loop {
        tokio::time::sleep(wait).await;
        match reaping.0.upgrade().and_then(|pool| pool.sweep()) {
            Some(next) => wait = next,
            None => return,
        }
    }
}
