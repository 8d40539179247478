//! What a session is made of, part by part.

use std::fmt;
#[cfg(any(feature = "delegate", feature = "protocols"))]
use std::sync::Arc;

#[cfg(feature = "cache")]
use crate::cache::UrlCache;
use crate::seams::network::NetworkMonitor;
use crate::seams::platform::Platform;
#[cfg(feature = "protocols")]
use crate::seams::protocol::UrlProtocol;
use crate::session::delegate_queue::DelegateQueue;
use crate::session::handle::Session;
use crate::session::shared::{Parts, SessionShared};
#[cfg(feature = "delegate")]
use crate::task::{delegate::Delegate, observer::Observer};
use crate::words::configuration::Configuration;

/// Makes a [`Session`]: its configuration is data, its live parts are given here.
#[must_use = "a builder makes nothing until `build`"]
pub struct SessionBuilder(Parts);

impl SessionBuilder {
    pub(crate) fn new(platform: Platform, configuration: Configuration) -> Self {
        Self(Parts {
            platform,
            configuration,
            queue: DelegateQueue::serial(),
            delegate: None,
            observers: Vec::new(),
            #[cfg(feature = "protocols")]
            protocols: Vec::new(),
            #[cfg(feature = "cache")]
            cache: None,
            is_shared: false,
        })
    }

    /// Who decides and is told, for every task of the session; an `Arc` of a delegate is one too. Kept until the session has become
    /// invalid.
    #[cfg(feature = "delegate")]
    pub fn delegate(mut self, delegate: impl Delegate) -> Self {
        self.0.delegate = Some(Arc::new(delegate));
        self
    }

    /// Who watches, without a say. Several may.
    #[cfg(feature = "delegate")]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.0.observers.push(Arc::new(observer));
        self
    }

    /// Who serves some requests in place of the transport. The first one registered is asked first.
    #[cfg(feature = "protocols")]
    pub fn protocol(mut self, protocol: impl UrlProtocol) -> Self {
        self.0.protocols.push(Arc::new(protocol));
        self
    }

    /// Where responses are kept and found again. Several sessions may share one: a clone is the same cache. Default none.
    ///
    /// An [ephemeral](Configuration::ephemeral) session that is given a cache with a disk has one of its own in memory instead, of the same
    /// capacity there.
    #[cfg(feature = "cache")]
    pub fn cache(mut self, cache: UrlCache) -> Self {
        self.0.cache = Some(cache);
        self
    }

    /// Where the callbacks run. Default [`DelegateQueue::serial`].
    pub fn delegate_queue(mut self, queue: DelegateQueue) -> Self {
        self.0.queue = queue;
        self
    }

    /// Who says what way to the network there is, in place of the platform's own monitor: a
    /// [`ReportedNetwork`](crate::ReportedNetwork) in tests, or your own where the platform knows nothing.
    pub fn network_monitor(mut self, monitor: impl NetworkMonitor) -> Self {
        self.0.platform = self.0.platform.with_network(monitor);
        self
    }

    /// Makes it a session for the whole program: both invalidations do nothing, and it never ends.
    pub fn shared(mut self) -> Self {
        self.0.is_shared = true;
        self
    }

    /// The session.
    #[must_use]
    pub fn build(self) -> Session {
        Session::of(SessionShared::new(self.0))
    }
}

impl fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionBuilder")
            .field("configuration", &self.0.configuration)
            .finish_non_exhaustive()
    }
}
