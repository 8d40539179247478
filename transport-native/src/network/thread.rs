//! A thread of its own for a system whose account blocks, or comes by a run loop.

use std::time::Duration;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use tokio::time::timeout;
use urlsession_core::NetworkPath;

use super::Teller;

/// How long the first path is waited for; without it nothing is known, until it comes.
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// How often a watch looks without having heard of a change, and whether anybody still listens.
const LOOK_TIME: Duration = Duration::from_secs(60);

/// Where a watch sends its paths; closed, nobody listens any more.
pub(super) type Paths = UnboundedSender<NetworkPath>;

/// Tells what `watch` sends, from a thread that ends with it; the time is how long it waits for a change at most.
pub(super) async fn follow<W>(watch: W, teller: &mut Teller)
where
    W: FnOnce(&Paths, Duration) + Send + 'static,
{
    let (sender, mut paths) = unbounded();
    let thread = std::thread::Builder::new().name("urlsession-network".to_owned());
    let Ok(_detached) = thread.spawn(move || watch(&sender, LOOK_TIME)) else {
        return;
    };
    let first = timeout(ANSWER_TIME, paths.next()).await;
    let mut next = first.unwrap_or(Some(NetworkPath::UNKNOWN));
    while let Some(path) = next {
        teller.tell(path);
        next = paths.next().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures::channel::oneshot;
    use urlsession_core::{NetworkKind, NetworkMonitor as _, ReportedNetwork};

    use super::*;

    const WIFI: NetworkPath = NetworkPath::satisfied(NetworkKind::Wifi);

    fn teller() -> (ReportedNetwork, Teller, oneshot::Receiver<()>) {
        let (first, told) = oneshot::channel();
        let reports = ReportedNetwork::default();
        (reports.clone(), Teller::new(reports, first), told)
    }

    #[tokio::test]
    async fn paths_of_the_thread_are_told_until_it_ends() {
        let (reports, mut teller, told) = teller();
        let watch = |paths: &Paths, _| {
            paths.unbounded_send(NetworkPath::unsatisfied()).unwrap();
            paths.unbounded_send(WIFI).unwrap();
        };
        follow(watch, &mut teller).await;
        assert!(told.await.is_err());
        assert_eq!(reports.path(), WIFI);
    }

    #[tokio::test]
    async fn a_silent_thread_keeps_nobody_waiting() {
        let (reports, mut teller, told) = teller();
        let (go, gone) = mpsc::channel();
        let watch = move |paths: &Paths, _| {
            gone.recv().unwrap();
            paths.unbounded_send(WIFI).unwrap();
        };
        let following = tokio::spawn(async move { follow(watch, &mut teller).await });
        assert!(told.await.is_err());
        assert_eq!(reports.path(), NetworkPath::UNKNOWN);
        go.send(()).unwrap();
        following.await.unwrap();
        assert_eq!(reports.path(), WIFI);
    }

    #[tokio::test]
    async fn a_thread_that_panics_is_a_system_that_tells_nothing() {
        let (_, mut teller, _told) = teller();
        follow(|_: &Paths, _| panic!("no such service"), &mut teller).await;
    }

    #[tokio::test]
    async fn a_watch_sees_that_nobody_listens() {
        let (_, mut teller, told) = teller();
        let (seen, closed) = mpsc::channel();
        let watch = move |paths: &Paths, _| {
            while paths.unbounded_send(WIFI).is_ok() {
                std::thread::yield_now();
            }
            seen.send(()).unwrap();
        };
        let following = tokio::spawn(async move { follow(watch, &mut teller).await });
        assert!(told.await.is_err());
        following.abort();
        assert!(following.await.unwrap_err().is_cancelled());
        closed.recv().unwrap();
    }
}
