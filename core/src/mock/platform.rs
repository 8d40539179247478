//! The mock's parts together.

use std::sync::Arc;

use super::files::MockFiles;
use super::network::MockNetwork;
use super::runtime::MockRuntime;
use super::transport::MockTransport;
use crate::seams::platform::Platform;

/// A platform for one test: transport, runtime, files and network.
#[derive(Clone, Debug)]
pub struct MockPlatform {
    runtime: MockRuntime,
    transport: MockTransport,
    files: MockFiles,
}

impl MockPlatform {
    /// A platform of seed 0.
    #[must_use]
    pub fn new() -> Self {
        Self::with_seed(0)
    }

    /// A platform whose every choice, the order of ready tasks above all, comes from `seed`.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        let (runtime, files) = (MockRuntime::with_seed(seed), MockFiles::new());
        Self {
            transport: MockTransport::new(&runtime, &files),
            runtime,
            files,
        }
    }

    /// What a session is made on.
    #[must_use]
    pub fn platform(&self) -> Platform {
        Platform::new(
            Arc::new(self.transport.clone()),
            Arc::new(self.runtime.for_sessions()),
            Arc::new(self.files.clone()),
        )
        .with_network(self.network().clone())
    }

    /// The scripts and the record.
    #[must_use]
    pub fn transport(&self) -> &MockTransport {
        &self.transport
    }

    /// The clock and the executor.
    #[must_use]
    pub fn runtime(&self) -> &MockRuntime {
        &self.runtime
    }

    /// The way to the network, which the test can take away.
    #[must_use]
    pub fn network(&self) -> &MockNetwork {
        self.transport.network()
    }

    /// The files.
    #[must_use]
    pub fn files(&self) -> &MockFiles {
        &self.files
    }
}

impl Default for MockPlatform {
    fn default() -> Self {
        Self::new()
    }
}
