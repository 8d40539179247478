//! The network of tests: there is one until the test takes it away.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use url::Host;

use super::runtime::MockRuntime;
use crate::seams::network::{NetworkMonitor, ReportedNetwork};
use crate::seams::runtime::Runtime;
use crate::words::bounds::BoxFuture;
use crate::words::error::{Error, ErrorCode};
use crate::words::network::{NetworkKind, NetworkPath, NetworkStatus};
use crate::words::target::is_this_machine;

/// The way to the network in a test: a wired one at first, and any other that the test sets, at any virtual time. A clone is the
/// same network.
///
/// Without a network, connections to any server but this machine (`localhost` and loopback addresses) fail with
/// [`NotConnectedToInternet`](crate::ErrorCode::NotConnectedToInternet). Those that are there go on: their end is for
/// [`Reply`](super::Reply) to script.
///
/// ```
/// use std::time::Duration;
/// use urlsession_core::mock::{MockPlatform, Reply};
/// use urlsession_core::{Configuration, Error, Session};
///
/// let mock = MockPlatform::new();
/// mock.transport().respond(|_| Reply::new(200).body("hello"));
/// mock.network().disconnect();
/// mock.network().reconnect_after(Duration::from_secs(3600));
///
/// let mut configuration = Configuration::default();
/// configuration.waits_for_connectivity = true;
/// let session = Session::new(mock.platform(), configuration);
/// let (body, _) = mock.runtime().block_on(session.data("http://a.example/"))?;
/// assert_eq!(body, "hello");
/// assert_eq!(mock.transport().requests()[0].at.as_nanos(), 3_600_000_000_000);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct MockNetwork(Arc<Parts>);

struct Parts {
    runtime: MockRuntime,
    /// As it is.
    real: ReportedNetwork,
    /// As the platform tells it.
    told: ReportedNetwork,
    is_told: AtomicBool,
    tells_cost: AtomicBool,
}

/// A wired path, as a test's machine has it.
const CONNECTED: NetworkPath = NetworkPath::satisfied(NetworkKind::Wired);

impl MockNetwork {
    pub(super) fn new(runtime: &MockRuntime) -> Self {
        Self(Arc::new(Parts {
            runtime: runtime.for_sessions(),
            real: ReportedNetwork::new(CONNECTED),
            told: ReportedNetwork::new(CONNECTED),
            is_told: AtomicBool::new(true),
            tells_cost: AtomicBool::new(true),
        }))
    }

    /// From now on the path is this one.
    pub fn set_path(&self, path: NetworkPath) {
        self.0.real.report(path);
        self.tell();
    }

    /// Sets the path when so much time has passed. It happens as the runtime runs; the later of two changes for one moment holds.
    pub fn set_path_after(&self, delay: Duration, path: NetworkPath) {
        let (network, sleep) = (self.clone(), self.0.runtime.sleep(delay));
        self.0.runtime.spawn(Box::pin(async move {
            sleep.await;
            network.set_path(path);
        }));
    }

    /// Takes the network away.
    pub fn disconnect(&self) {
        self.set_path(NetworkPath::unsatisfied());
    }

    /// Takes the network away when so much time has passed.
    pub fn disconnect_after(&self, delay: Duration) {
        self.set_path_after(delay, NetworkPath::unsatisfied());
    }

    /// Brings a wired network.
    pub fn reconnect(&self) {
        self.set_path(CONNECTED);
    }

    /// Brings a wired network when so much time has passed.
    pub fn reconnect_after(&self, delay: Duration) {
        self.set_path_after(delay, CONNECTED);
    }

    /// Whether sessions are told of paths. Default true; false is a platform that knows nothing: every path is unknown, and a
    /// network's lack shows only as connections fail.
    pub fn set_told(&self, is_told: bool) {
        self.0.is_told.store(is_told, Ordering::Relaxed);
        self.tell();
    }

    pub(super) fn set_tells_cost(&self, tells_cost: bool) {
        self.0.tells_cost.store(tells_cost, Ordering::Relaxed);
        self.tell();
    }

    /// Why no connection to `host` can be made, if none can.
    pub(super) fn refusal(&self, host: &Host<String>) -> Option<Error> {
        let is_gone = self.0.real.path().status == NetworkStatus::Unsatisfied;
        let refuses = is_gone && !is_this_machine(host);
        refuses.then(|| Error::new(ErrorCode::NotConnectedToInternet).with_cause(Disconnected))
    }

    fn tell(&self) {
        let (path, parts) = (self.0.real.path(), &self.0);
        parts
            .told
            .report(match parts.is_told.load(Ordering::Relaxed) {
                false => NetworkPath::UNKNOWN,
                true if !parts.tells_cost.load(Ordering::Relaxed) => without_cost(path),
                true => path,
            });
    }
}

/// The path, as far as a platform that tells neither kind nor cost knows it.
fn without_cost(path: NetworkPath) -> NetworkPath {
    let mut known = NetworkPath::UNKNOWN;
    known.status = path.status;
    known
}

/// The cause of a connection's failure while the mock's network is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the test has disconnected the network")]
struct Disconnected;

impl NetworkMonitor for MockNetwork {
    fn path(&self) -> NetworkPath {
        self.0.told.path()
    }

    fn settled(&self) -> BoxFuture<'static, NetworkPath> {
        self.0.told.settled()
    }

    fn changed(&self, seen: NetworkPath) -> BoxFuture<'static, NetworkPath> {
        self.0.told.changed(seen)
    }
}

impl fmt::Debug for MockNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockNetwork")
            .field("path", &self.0.real.path())
            .field("told", &self.0.told.path())
            .finish()
    }
}
