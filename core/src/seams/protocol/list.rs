//! The protocols of a session, and which of them serves a request.

use std::sync::Arc;

#[cfg(feature = "protocols")]
use crate::seams::protocol::UrlProtocol;
use crate::words::error::Error;
#[cfg(feature = "protocols")]
use crate::words::guarded::guarded;
use crate::words::request::Request;
use crate::words::target::Origin;

/// Who serves a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// The transport.
    Transport,
    /// The protocol of this number.
    #[cfg(feature = "protocols")]
    Protocol(u16),
    /// Nobody knows its scheme.
    Nowhere,
}

impl Route {
    /// Where the hop needs a place: only the transport's exchanges do, where tasks wait for one.
    pub(crate) fn origin(self, request: &Request) -> Option<&Arc<Origin>> {
        let needs = cfg!(feature = "host-limits") && self == Self::Transport;
        if needs { request.origin() } else { None }
    }
}

/// A session's protocols in the order in which they are asked: the app's own, then those built in.
#[derive(Default)]
pub(crate) struct Protocols {
    #[cfg(feature = "protocols")]
    list: Vec<Arc<dyn UrlProtocol>>,
    has_own: bool,
}

impl Protocols {
    #[cfg(feature = "protocols")]
    pub(crate) fn new(
        own: Vec<Arc<dyn UrlProtocol>>,
        built_in: impl IntoIterator<Item = Arc<dyn UrlProtocol>>,
    ) -> Self {
        let has_own = !own.is_empty();
        let mut list = own;
        list.extend(built_in);
        Self { list, has_own }
    }

    /// True when the app has protocols of its own.
    #[cfg(feature = "cache")]
    pub(crate) fn has_own(&self) -> bool {
        self.has_own
    }

    /// Who serves `request`: the first that says so.
    ///
    /// # Errors
    /// A protocol panicked.
    pub(crate) fn route(&self, request: &Request) -> Result<Route, Error> {
        let transports = request.target().is_some();
        if transports && !self.has_own {
            return Ok(Route::Transport);
        }
        #[cfg(feature = "protocols")]
        for (number, protocol) in (0..).zip(&self.list) {
            if guarded(|| protocol.can_init(request))? {
                return Ok(Route::Protocol(number));
            }
        }
        Ok(if transports {
            Route::Transport
        } else {
            Route::Nowhere
        })
    }

    /// The protocol of a number that [`route`](Self::route) gave.
    #[cfg(feature = "protocols")]
    pub(crate) fn get(&self, number: u16) -> &Arc<dyn UrlProtocol> {
        &self.list[usize::from(number)]
    }
}
