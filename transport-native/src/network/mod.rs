//! The way to the network, as the operating system tells it.
//!
//! | system | asked | told |
//! |---|---|---|
//! | Linux | NetworkManager, over D-Bus | kind, cost |
//! | macOS | SystemConfiguration | kind |
//! | Windows | `Windows.Networking.Connectivity` | kind, cost, Data Saver |
//! | others, and without the feature `network-monitor` | nobody | nothing, so everything is allowed |
//!
//! A program that knows more gives it to [`SessionBuilder::network_monitor`](urlsession_core::SessionBuilder::network_monitor).

#[cfg(not(all(
    any(target_os = "linux", target_os = "macos", target_os = "windows"),
    feature = "network-monitor"
)))]
mod elsewhere;
#[cfg(all(target_os = "linux", feature = "network-monitor"))]
mod linux;
#[cfg(all(target_os = "macos", feature = "network-monitor"))]
mod macos;
#[cfg(any(test, all(target_os = "windows", feature = "network-monitor")))]
mod profile;
#[cfg(any(test, all(target_os = "macos", feature = "network-monitor")))]
mod property_list;
#[cfg(all(target_os = "linux", feature = "network-monitor"))]
mod routes;
mod teller;
#[cfg(any(
    test,
    all(
        any(target_os = "macos", target_os = "windows"),
        feature = "network-monitor"
    )
))]
mod thread;
#[cfg(all(target_os = "windows", feature = "network-monitor"))]
mod windows;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::Shared;
use tokio::time::sleep;
use urlsession_core::{BoxFuture, NetworkMonitor, NetworkPath, ReportedNetwork};

use crate::executor::Executor;

#[cfg(not(all(
    any(target_os = "linux", target_os = "macos", target_os = "windows"),
    feature = "network-monitor"
)))]
use elsewhere as system;
#[cfg(all(target_os = "linux", feature = "network-monitor"))]
use linux as system;
#[cfg(all(target_os = "macos", feature = "network-monitor"))]
use macos as system;
use teller::Teller;
#[cfg(all(target_os = "windows", feature = "network-monitor"))]
use windows as system;

pub(crate) use system::TELLS_COST;

/// The operating system's account of the way to the network, one for the whole process.
///
/// It is asked from the first use of [`settled`](NetworkMonitor::settled) or [`changed`](NetworkMonitor::changed) on, by a task on the library's
/// own I/O thread.
#[derive(Clone)]
pub struct NativeNetwork(Arc<Watch>);

struct Watch {
    reports: ReportedNetwork,
    source: system::Source,
    asked: Mutex<Option<Asked>>,
}

/// Ready once the system has told its first path, or cannot.
type Asked = Shared<Pin<Box<dyn Future<Output = ()> + Send>>>;

/// How long after a failure the system is asked again.
const RETRY_TIME: Duration = Duration::from_secs(30);

/// Reports paths for ever: what the system says, or that nothing is known.
async fn watch(source: system::Source, mut teller: Teller) {
    loop {
        system::follow(&source, &mut teller).await;
        // Whoever told is absent, gone or silent.
        teller.tell(NetworkPath::UNKNOWN);
        sleep(RETRY_TIME).await;
    }
}

impl NativeNetwork {
    /// The monitor of this process.
    #[must_use]
    pub fn new() -> Self {
        static SHARED: LazyLock<NativeNetwork> =
            LazyLock::new(|| NativeNetwork::of(Default::default()));
        SHARED.clone()
    }

    fn of(source: system::Source) -> Self {
        Self(Arc::new(Watch {
            reports: ReportedNetwork::default(),
            source,
            asked: Mutex::default(),
        }))
    }

    /// Has the system asked, if it was not yet.
    fn ask(&self) -> Asked {
        let mut asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.get_or_insert_with(|| self.begin()).clone()
    }

    fn begin(&self) -> Asked {
        let (told, waiting) = oneshot::channel();
        let watch = watch(
            self.0.source.clone(),
            Teller::new(self.0.reports.clone(), told),
        );
        // Without a thread nothing is watched, and nothing known.
        if let Ok(handle) = Executor::OwnThread.handle() {
            handle.spawn(watch);
        }
        waiting.map(|_| ()).boxed().shared()
    }
}

impl Default for NativeNetwork {
    fn default() -> Self {
        Self::new()
    }
}

impl NetworkMonitor for NativeNetwork {
    fn path(&self) -> NetworkPath {
        self.0.reports.path()
    }

    fn settled(&self) -> BoxFuture<'static, NetworkPath> {
        let (asked, reports) = (self.ask(), self.0.reports.clone());
        Box::pin(async move {
            asked.await;
            reports.path()
        })
    }

    fn changed(&self, seen: NetworkPath) -> BoxFuture<'static, NetworkPath> {
        drop(self.ask());
        self.0.reports.changed(seen)
    }
}

impl fmt::Debug for NativeNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NativeNetwork")
            .field(&self.0.reports)
            .finish()
    }
}

/// The monitor of this process, shared by all sessions, for the program's own use.
#[must_use]
pub fn network_monitor() -> Arc<dyn NetworkMonitor> {
    let monitor = NativeNetwork::new();
    drop(monitor.ask());
    Arc::new(monitor)
}
