//! In place of a session with tasks: what its loads share, each of which is a future and nothing beside.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::policy::fields::SessionFields;
use crate::seams::network::NetworkMonitor;
use crate::seams::platform::Platform;
use crate::seams::runtime::Clock;
use crate::task::drive;
use crate::words::bounds::BoxFuture;
use crate::words::configuration::Configuration;
use crate::words::error::Error;
use crate::words::request::IntoRequest;
use crate::words::response::Response;

/// A session: loads that share a configuration and connections.
///
/// A clone is another handle to the same session. What is loading when the last one is dropped loads on.
#[derive(Clone)]
pub struct Session(pub(super) Arc<SessionShared>);

/// What all loads of a session share.
pub(crate) struct SessionShared {
    pub(crate) platform: Platform,
    pub(crate) configuration: Configuration,
    pub(crate) fields: SessionFields,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Session {
    /// Makes a session on a platform, part by part.
    pub fn builder(platform: Platform, configuration: Configuration) -> SessionBuilder {
        SessionBuilder {
            platform,
            configuration,
        }
    }

    /// Makes a session on a platform.
    #[must_use]
    pub fn new(platform: Platform, configuration: Configuration) -> Self {
        Self::builder(platform, configuration).build()
    }

    /// Loads a request into memory: the body and the response.
    ///
    /// Nothing is sent before the future is polled. Dropping the future cancels; leaving it unpolled stops the transfer.
    ///
    /// # Errors
    /// Why the transfer failed. 4xx and 5xx are no failures.
    pub fn data(
        &self,
        request: impl IntoRequest,
    ) -> BoxFuture<'static, Result<(Bytes, Response), Error>> {
        Box::pin(drive(self.0.clone(), request.into_request()))
    }

    /// Forgets what the session has learned: later requests use new connections. Those under way go on.
    #[expect(
        clippy::unused_async,
        reason = "as where there is a cache to be emptied"
    )]
    pub async fn reset(&self) {
        self.0.platform.transport.reset();
    }

    /// Later requests use new connections. Those under way go on.
    #[expect(
        clippy::unused_async,
        reason = "as where there is a cache to be written"
    )]
    pub async fn flush(&self) {
        self.0.platform.transport.reset();
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// Makes a [`Session`]: its configuration is data, its live parts are given here.
#[must_use = "a builder makes nothing until `build`"]
pub struct SessionBuilder {
    platform: Platform,
    configuration: Configuration,
}

impl SessionBuilder {
    /// Who says what way to the network there is, in place of the platform's own monitor.
    pub fn network_monitor(mut self, monitor: impl NetworkMonitor) -> Self {
        self.platform = self.platform.with_network(monitor);
        self
    }

    /// Makes it a session for the whole program: there is nothing that would end it.
    pub fn shared(self) -> Self {
        self
    }

    /// The session.
    #[must_use]
    pub fn build(self) -> Session {
        let Self {
            platform,
            configuration,
        } = self;
        let able = platform.transport.capabilities();
        let decoder = platform.decoder.as_deref().filter(|_| able.encoded_bodies);
        let codings = decoder.map_or(&[][..], |decoder| decoder.codings());
        Session(Arc::new(SessionShared {
            fields: SessionFields::new(&configuration, able.all_request_headers, codings),
            clock: platform.runtime.clock(),
            platform,
            configuration,
        }))
    }
}

impl fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionBuilder")
            .field("configuration", &self.configuration)
            .finish_non_exhaustive()
    }
}
