//! The native platform, put together.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use urlsession_core::{Configuration, Platform};

use crate::connect::Dialer;
use crate::executor::Executor;
use crate::files::NativeFiles;
use crate::network::NativeNetwork;
use crate::pool::{Limits, Pool};
use crate::resolve::{self, Overrides};
use crate::runtime::NativeRuntime;
use crate::transport::NativeTransport;

/// A native platform for one session of this configuration.
///
/// It uses the tokio runtime that the caller runs in; without one, the library's own I/O thread, started on first use.
#[must_use]
pub fn platform(configuration: &Configuration) -> Platform {
    NativePlatform::builder(configuration).build()
}

/// The same, on the library's own I/O thread in any case: for what outlives the caller's runtime.
#[must_use]
pub fn platform_on_own_thread(configuration: &Configuration) -> Platform {
    NativePlatform::builder(configuration).own_thread().build()
}

/// What is set about a native platform beside the session's configuration.
///
/// ```
/// use std::time::Duration;
/// use urlsession_core::Configuration;
/// use urlsession_transport_native::NativePlatform;
///
/// let platform = NativePlatform::builder(&Configuration::default())
///     .resolve("wild.test", "127.0.0.1:8080".parse()?)
///     .idle_timeout(Duration::from_secs(10))
///     .build();
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug)]
pub struct NativePlatform {
    configuration: Configuration,
    overrides: Overrides,
    executor: Option<Executor>,
    limits: Limits,
    temporary: Option<PathBuf>,
}

impl NativePlatform {
    /// A platform for one session of this configuration, everything else at its default.
    #[must_use]
    pub fn builder(configuration: &Configuration) -> Self {
        let max_idle_per_host = configuration.http_maximum_connections_per_host.max(6);
        Self {
            configuration: configuration.clone(),
            overrides: Overrides::new(),
            executor: None,
            limits: Limits {
                idle_timeout: Duration::from_secs(90),
                max_idle_per_host,
            },
            temporary: None,
        }
    }

    /// Connects to `address` where a URL names `host`, as curl's `--resolve` does; port 0 stands for the URL's. Several
    /// calls for one host give several addresses, tried in this order. Default none.
    #[must_use]
    pub fn resolve(mut self, host: &str, address: SocketAddr) -> Self {
        self.overrides
            .entry(resolve::canonical(host))
            .or_default()
            .push(address);
        self
    }

    /// Uses this runtime, which needs its I/O and time drivers. Default: the one that [`build`](Self::build) is called in.
    #[must_use]
    pub fn runtime(mut self, handle: Handle) -> Self {
        self.executor = Some(Executor::Given(handle));
        self
    }

    /// Uses the library's own I/O thread, one for the whole process.
    #[must_use]
    pub fn own_thread(mut self) -> Self {
        self.executor = Some(Executor::OwnThread);
        self
    }

    /// Closes connections that were idle for this long. Default 90 s.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.limits.idle_timeout = timeout;
        self
    }

    /// Keeps at most this many idle connections to one origin. Default: the configuration's
    /// [`http_maximum_connections_per_host`](Configuration::http_maximum_connections_per_host), at least 6.
    #[must_use]
    pub fn max_idle_per_host(mut self, count: usize) -> Self {
        self.limits.max_idle_per_host = count;
        self
    }

    /// Keeps the files of downloads under way in this folder, which must be there. Default: the system's, [`std::env::temp_dir`].
    ///
    /// A file moves in one step only within a file system; to another it is copied.
    #[must_use]
    pub fn temporary_directory(mut self, folder: impl Into<PathBuf>) -> Self {
        self.temporary = Some(folder.into());
        self
    }

    /// The platform.
    #[must_use]
    pub fn build(self) -> Platform {
        let executor = self.executor.unwrap_or_else(Executor::here);
        let files = NativeFiles::new(executor.clone(), self.temporary);
        let pool = Pool::new(self.limits, executor.clone());
        let dialer = Dialer::new(
            executor.clone(),
            files.clone(),
            self.overrides,
            &self.configuration,
        );
        let platform = Platform::new(
            Arc::new(NativeTransport::new(pool, Arc::new(dialer))),
            Arc::new(NativeRuntime::new(executor)),
            Arc::new(files),
        )
        .with_network(NativeNetwork::new());
        #[cfg(feature = "decode")]
        let platform = platform.with_decoder(crate::NativeDecoder::new());
        platform
    }
}
