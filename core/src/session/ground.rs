//! What a session says of what it stands on, with tasks and without.

use std::sync::Arc;

use crate::seams::platform::Platform;
use crate::seams::transport::Capabilities;
use crate::session::Session;
use crate::words::configuration::Configuration;
use crate::words::curl::CurlCommand;
use crate::words::network::NetworkPath;
use crate::words::request::Request;

impl Session {
    /// The configuration, as it was when the session was made.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.0.configuration
    }

    /// What the session stands on: its runtime gives the app's own code the same clock, which a test can move.
    #[must_use]
    pub fn platform(&self) -> &Platform {
        &self.0.platform
    }

    /// What the transport can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        self.0.platform.transport.capabilities()
    }

    /// The way to the network as it was reported last; unknown where the platform does not tell.
    #[must_use]
    pub fn network_path(&self) -> NetworkPath {
        let monitor = self.0.platform.network.as_ref();
        monitor.map_or(NetworkPath::UNKNOWN, |monitor| monitor.path())
    }

    /// What a load of this request sends first, as a command of curl, for debugging: the request's fields and the session's.
    #[must_use]
    pub fn curl_command(&self, request: &Request) -> CurlCommand {
        CurlCommand::new(
            request.clone(),
            self.0.fields.of_hop(request, false).into_map(),
        )
    }
}

impl PartialEq for Session {
    /// Two handles are equal when they are of the same session.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Session {}
