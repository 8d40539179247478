//! A platform's parts, handed to a session together.

use std::fmt;
use std::sync::Arc;

use crate::seams::decoder::Decoder;
use crate::seams::files::Files;
use crate::seams::network::NetworkMonitor;
use crate::seams::runtime::Runtime;
use crate::seams::transport::Transport;

/// What a session stands on: native, the browser, or the mock.
#[derive(Clone)]
#[non_exhaustive]
pub struct Platform {
    /// The way to the servers.
    pub transport: Arc<dyn Transport>,
    /// Time, tasks and chance.
    pub runtime: Arc<dyn Runtime>,
    /// Files, where a feature has some use for them.
    #[cfg(any(feature = "body-streams", feature = "download", feature = "protocols"))]
    pub files: Arc<dyn Files>,
    /// The way to the network; `None` where nothing is known of it, and so everything is allowed.
    pub network: Option<Arc<dyn NetworkMonitor>>,
    /// Content codings; without one, bodies come as they are sent.
    pub decoder: Option<Arc<dyn Decoder>>,
}

impl Platform {
    /// A platform of these parts, without a decoder.
    pub fn new<F: Files>(
        transport: Arc<dyn Transport>,
        runtime: Arc<dyn Runtime>,
        files: Arc<F>,
    ) -> Self {
        // Of a known type, so that where nobody has a use for files none of their code is linked.
        #[cfg(not(any(feature = "body-streams", feature = "download", feature = "protocols")))]
        drop(files);
        Self {
            transport,
            runtime,
            #[cfg(any(feature = "body-streams", feature = "download", feature = "protocols"))]
            files,
            network: None,
            decoder: None,
        }
    }

    /// The same with this monitor of the network.
    #[must_use]
    pub fn with_network(mut self, monitor: impl NetworkMonitor) -> Self {
        self.network = Some(Arc::new(monitor));
        self
    }

    /// The same, undoing content codings by this decoder.
    #[must_use]
    pub fn with_decoder(mut self, decoder: impl Decoder) -> Self {
        self.decoder = Some(Arc::new(decoder));
        self
    }
}

impl fmt::Debug for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Platform")
            .field("capabilities", &self.transport.capabilities())
            .finish_non_exhaustive()
    }
}
