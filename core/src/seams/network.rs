//! What the platform says of the way to the network.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures::Stream;

use crate::words::bounds::{BoxFuture, MaybeSend, MaybeSync};
use crate::words::network::NetworkPath;

/// Watches the way to the network; Apple's `NWPathMonitor`.
///
/// A platform brings one, or none; [`SessionBuilder::network_monitor`](crate::SessionBuilder::network_monitor) gives a session another.
/// It never fails: what it cannot find out is [`NetworkPath::UNKNOWN`], and what is unknown is allowed.
pub trait NetworkMonitor: MaybeSend + MaybeSync + 'static {
    /// The path as it was reported last, at the cost of reading a number. Before anybody has called one of the other methods, it may be
    /// unknown for the reason that the platform was not asked.
    fn path(&self) -> NetworkPath;

    /// The path once the platform was asked: soon, whatever the platform does.
    fn settled(&self) -> BoxFuture<'static, NetworkPath>;

    /// The path once it is another than `seen`.
    ///
    /// ```no_run
    /// # async fn watch(monitor: std::sync::Arc<dyn urlsession_core::NetworkMonitor>) {
    /// let mut path = monitor.settled().await;
    /// loop {
    ///     println!("{:?} over {:?}", path.status, path.kind);
    ///     path = monitor.changed(path).await;
    /// }
    /// # }
    /// ```
    fn changed(&self, seen: NetworkPath) -> BoxFuture<'static, NetworkPath>;
}

/// A monitor that several sessions share.
impl<M: NetworkMonitor + ?Sized> NetworkMonitor for Arc<M> {
    fn path(&self) -> NetworkPath {
        (**self).path()
    }

    fn settled(&self) -> BoxFuture<'static, NetworkPath> {
        (**self).settled()
    }

    fn changed(&self, seen: NetworkPath) -> BoxFuture<'static, NetworkPath> {
        (**self).changed(seen)
    }
}

/// The paths that a monitor reports: the one that there is first, then each that differs from the one before. It has no end.
#[must_use = "a stream does nothing unless it is polled"]
pub struct NetworkPaths {
    monitor: Arc<dyn NetworkMonitor>,
    next: BoxFuture<'static, NetworkPath>,
}

impl NetworkPaths {
    /// What this monitor reports from now on. Of changes faster than the stream is polled, the last is seen.
    pub fn of(monitor: Arc<dyn NetworkMonitor>) -> Self {
        let next = monitor.settled();
        Self { monitor, next }
    }
}

impl Stream for NetworkPaths {
    type Item = NetworkPath;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<NetworkPath>> {
        let Poll::Ready(path) = self.next.as_mut().poll(context) else {
            return Poll::Pending;
        };
        self.next = self.monitor.changed(path);
        Poll::Ready(Some(path))
    }
}

impl fmt::Debug for NetworkPaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetworkPaths")
            .field("path", &self.monitor.path())
            .finish_non_exhaustive()
    }
}

/// A monitor that reports what it is told: for tests, and for platforms that this library does not know. A clone is the same monitor.
///
/// ```
/// use urlsession_core::{NetworkMonitor, NetworkPath, ReportedNetwork};
///
/// let network = ReportedNetwork::new(NetworkPath::UNKNOWN);
/// network.report(NetworkPath::unsatisfied());
/// assert_eq!(network.path(), NetworkPath::unsatisfied());
/// ```
#[derive(Clone, Default)]
pub struct ReportedNetwork(Arc<Reported>);

#[derive(Default)]
struct Reported {
    path: AtomicU8,
    waiting: Mutex<Waiting>,
}

/// Who waits for a change, in the order in which they came.
#[derive(Default)]
struct Waiting {
    wakers: Vec<(u64, Waker)>,
    next: u64,
}

impl Waiting {
    fn take(&mut self, number: u64) -> Option<(u64, Waker)> {
        let at = self.wakers.iter().position(|&(it, _)| it == number)?;
        Some(self.wakers.remove(at))
    }
}

impl ReportedNetwork {
    /// A monitor that reports `path` until told otherwise.
    #[must_use]
    pub fn new(path: NetworkPath) -> Self {
        let network = Self::default();
        network.0.path.store(path.to_bits(), Ordering::Release);
        network
    }

    /// From now on the path is this one.
    pub fn report(&self, path: NetworkPath) {
        if self.0.path.swap(path.to_bits(), Ordering::AcqRel) == path.to_bits() {
            return;
        }
        let woken = std::mem::take(&mut self.0.waiting().wakers);
        woken.into_iter().for_each(|(_, waker)| waker.wake());
    }
}

impl NetworkMonitor for ReportedNetwork {
    fn path(&self) -> NetworkPath {
        self.0.path()
    }

    fn settled(&self) -> BoxFuture<'static, NetworkPath> {
        Box::pin(std::future::ready(self.path()))
    }

    fn changed(&self, seen: NetworkPath) -> BoxFuture<'static, NetworkPath> {
        Box::pin(Changed {
            network: self.0.clone(),
            seen,
            number: None,
        })
    }
}

impl Reported {
    fn path(&self) -> NetworkPath {
        NetworkPath::from_bits(self.path.load(Ordering::Acquire))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ReportedNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReportedNetwork")
            .field(&self.path())
            .finish()
    }
}

struct Changed {
    network: Arc<Reported>,
    seen: NetworkPath,
    number: Option<u64>,
}

impl Future for Changed {
    type Output = NetworkPath;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<NetworkPath> {
        let network = self.network.clone();
        let mut waiting = network.waiting();
        // Looked at with the list open: a report after this finds the waker in it.
        let path = network.path();
        if path != self.seen {
            return Poll::Ready(path);
        }
        let number = *self.number.get_or_insert(waiting.next);
        waiting.next = waiting.next.max(number + 1);
        let replaced = waiting.take(number);
        waiting.wakers.push((number, context.waker().clone()));
        drop(waiting);
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let waker = self.network.waiting().take(number);
            drop(waker);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use futures::task::noop_waker;

    use super::*;
    use crate::testing::test;
    use crate::words::network::NetworkKind;

    const WIFI: NetworkPath = NetworkPath::satisfied(NetworkKind::Wifi);

    #[test]
    fn a_change_is_reported_to_whoever_has_not_seen_it() {
        let network = ReportedNetwork::new(NetworkPath::UNKNOWN);
        let mut changed = network.changed(NetworkPath::UNKNOWN);
        assert_eq!((&mut changed).now_or_never(), None);
        network.report(NetworkPath::UNKNOWN);
        assert_eq!((&mut changed).now_or_never(), None);
        network.report(WIFI);
        assert_eq!(changed.now_or_never(), Some(WIFI));
        assert_eq!(
            network.changed(NetworkPath::UNKNOWN).now_or_never(),
            Some(WIFI)
        );
    }

    #[test]
    fn who_stops_waiting_is_forgotten() {
        let network = ReportedNetwork::default();
        let mut waiting: Vec<_> = (0..3)
            .map(|_| network.changed(NetworkPath::UNKNOWN))
            .collect();
        for changed in &mut waiting {
            let waker = noop_waker();
            assert!(
                changed
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
        }
        assert_eq!(network.0.waiting().wakers.len(), 3);
        waiting.truncate(1);
        assert_eq!(network.0.waiting().wakers.len(), 1);
        network.report(WIFI);
        assert_eq!(network.0.waiting().wakers.len(), 0);
    }

    #[test]
    fn the_stream_begins_with_the_path_that_there_is() {
        let network = ReportedNetwork::new(WIFI);
        let mut paths = NetworkPaths::of(Arc::new(network.clone()));
        let mut next = || {
            futures::StreamExt::next(&mut paths)
                .now_or_never()
                .flatten()
        };
        assert_eq!(next(), Some(WIFI));
        assert_eq!(next(), None);
        network.report(NetworkPath::unsatisfied());
        network.report(WIFI.expensive());
        assert_eq!(next(), Some(WIFI.expensive()));
    }
}
