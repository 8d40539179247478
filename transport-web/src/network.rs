//! The way to the network, as far as the browser tells a script.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use urlsession_core::{
    BoxFuture, NetworkKind, NetworkMonitor, NetworkPath, NetworkStatus, ReportedNetwork,
};
use wasm_bindgen::prelude::*;

use crate::js;

/// `navigator.onLine` with its events, and what there is of `navigator.connection` (Network Information API).
///
/// `onLine` false is sure; true means only that there is some network. The kind is told by Chromium on mobile systems alone, `saveData`
/// (a constrained path) by Chromium alone, and that a network is metered by none. What is not told is unknown. In Node nothing is.
#[derive(Clone, Default)]
pub struct WebNetwork(Rc<Watch>);

#[derive(Default)]
struct Watch {
    reports: ReportedNetwork,
    is_listening: Cell<bool>,
}

thread_local! {
    static SHARED: WebNetwork = WebNetwork::default();
}

impl WebNetwork {
    /// The monitor of this page or worker, one for all sessions.
    #[must_use]
    pub fn new() -> Self {
        SHARED.with(Self::clone)
    }

    /// Has the browser tell of changes from now on, for as long as the page or worker lives.
    fn listen(&self) {
        if self.0.is_listening.replace(true) {
            return;
        }
        let monitor = self.clone();
        let look: Closure<dyn Fn()> = Closure::new(move || monitor.look());
        js::watch(&look.into_js_value());
    }

    fn look(&self) {
        self.0.reports.report(path());
    }
}

impl NetworkMonitor for WebNetwork {
    fn path(&self) -> NetworkPath {
        self.look();
        self.0.reports.path()
    }

    fn settled(&self) -> BoxFuture<'static, NetworkPath> {
        self.listen();
        self.look();
        self.0.reports.settled()
    }

    fn changed(&self, seen: NetworkPath) -> BoxFuture<'static, NetworkPath> {
        self.listen();
        self.look();
        self.0.reports.changed(seen)
    }
}

impl fmt::Debug for WebNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WebNetwork").field(&self.0.reports).finish()
    }
}

/// The monitor of this page or worker, shared by all sessions, for the program's own use.
#[must_use]
#[expect(
    clippy::arc_with_non_send_sync,
    reason = "core shares a platform's parts by Arc on every target; here there is one thread"
)]
pub fn network_monitor() -> Arc<dyn NetworkMonitor> {
    let monitor = WebNetwork::new();
    monitor.listen();
    Arc::new(monitor)
}

/// The path as the browser has it now.
fn path() -> NetworkPath {
    // The bits of `js/more.js`.
    let told = js::network();
    let mut path = NetworkPath::UNKNOWN;
    path.status = match told & 3 {
        1 => NetworkStatus::Satisfied,
        2 => return NetworkPath::unsatisfied(),
        _ => NetworkStatus::Unknown,
    };
    path.kind = match told >> 3 {
        0 => NetworkKind::Unknown,
        1 => NetworkKind::Cellular,
        2 => NetworkKind::Wired,
        3 => NetworkKind::Wifi,
        _ => NetworkKind::Other,
    };
    path.is_expensive = path.kind == NetworkKind::Cellular;
    path.is_constrained = told & 4 != 0;
    path
}
