//! Apple's NSURLSession for Rust: sessions, tasks and delegates, on native platforms and in the browser.
//!
//! ```no_run
//! # async fn run() -> Result<(), urlsession::Error> {
//! let (body, response) = urlsession::shared().data("https://example.com/a.json").await?;
//! # Ok(())
//! # }
//! ```
//!
//! One API on two grounds: hyper and rustls natively, `fetch` in the browser. With the feature `mock` there is a third, for unit
//! tests: scripted responses under a virtual clock, in the module `mock`.
//!
//! * [`shared`], [`session`] and [`builder`] open a [`Session`].
//! * [`Session::data`] and [`Session::bytes`] transfer by `await`; [`Session::data_task`] makes a [`DataTask`] that can be suspended,
//!   resumed and cancelled, and reports to a completion handler or a [`Delegate`].
//! * [`Configuration`] says how a session behaves, [`Request`] what is asked for, [`ErrorCode`] what went wrong.
//! * [`guide`] teaches, a page at a time: coming from NSURLSession, reqwest or `fetch`; tasks, delegates, testing.
//! * [`parity`] lists NSURLSession's API row by row, with our counterpart.
//!
//! Natively a session runs on the tokio runtime that it is made in; made outside of any, and always for [`shared`], on a thread of
//! the library's own. Its futures can be awaited on any executor.

pub mod guide;
pub mod parity;

pub use urlsession_core::*;

#[cfg(not(target_arch = "wasm32"))]
pub use urlsession_transport_native as native;
#[cfg(all(feature = "blocking", not(target_arch = "wasm32")))]
pub use urlsession_transport_native::blocking;
#[cfg(target_arch = "wasm32")]
pub use urlsession_transport_web as web;

/// Opens a session on the platform of the compilation target.
///
/// ```
/// use std::time::Duration;
/// use urlsession::{Configuration, session};
///
/// let mut configuration = Configuration::ephemeral();
/// configuration.timeout_interval_for_request = Duration::from_secs(10);
/// let session = session(configuration);
/// assert_eq!(session.configuration().timeout_interval_for_request, Duration::from_secs(10));
/// ```
#[must_use]
pub fn session(configuration: Configuration) -> Session {
    builder(configuration).build()
}

/// Makes a session part by part: delegate, observers, delegate queue.
///
/// ```
/// use urlsession::{Configuration, DelegateQueue, Task, TaskEvent};
///
/// let session = urlsession::builder(Configuration::default())
///     .observer(|task: &Task, event: TaskEvent<'_>| log(format!("{} {event:?}", task.id())))
///     .delegate_queue(DelegateQueue::concurrent())
///     .build();
/// # drop(session);
/// # fn log(_: String) {}
/// ```
pub fn builder(configuration: Configuration) -> SessionBuilder {
    Session::builder(platform(&configuration), configuration)
}

/// The session that the whole program shares: default configuration, no delegate, never invalid.
///
/// Natively it runs on a thread of its own, started at the first use, so that it outlives every runtime.
#[must_use]
pub fn shared() -> Session {
    singleton::shared()
}

/// A cache in memory and on disk, of so many bytes each, for [`SessionBuilder::cache`]; Apple's
/// `URLCache(memoryCapacity:diskCapacity:directory:)`.
///
/// The directory is the cache's own, made on first use for its owner alone. Several programs may use it at once. Trouble with it (a full disk,
/// a damaged database) costs entries, never an error.
///
/// ```no_run
/// use urlsession::Configuration;
///
/// let cache = urlsession::url_cache(4 << 20, 256 << 20, "my-app/http-cache");
/// let session = urlsession::builder(Configuration::default()).cache(cache).build();
/// ```
#[cfg(all(feature = "sqlite", not(target_arch = "wasm32")))]
#[must_use]
pub fn url_cache(
    memory_capacity: u64,
    disk_capacity: u64,
    directory: impl Into<std::path::PathBuf>,
) -> UrlCache {
    let store = native::DiskCacheStore::new(directory, disk_capacity);
    UrlCache::new(memory_capacity, std::sync::Arc::new(store))
}

/// The way to the network as the platform tells it, one monitor for the whole program; Apple's `NWPathMonitor`.
///
/// ```no_run
/// # async fn watch() {
/// let monitor = urlsession::network_monitor();
/// let mut path = monitor.settled().await;
/// while path.is_expensive {
///     path = monitor.changed(path).await;
/// }
/// # }
/// ```
#[must_use]
pub fn network_monitor() -> std::sync::Arc<dyn NetworkMonitor> {
    #[cfg(not(target_arch = "wasm32"))]
    return native::network_monitor();
    #[cfg(target_arch = "wasm32")]
    return web::network_monitor();
}

/// The platform of the compilation target, for [`Session::builder`].
#[must_use]
pub fn platform(configuration: &Configuration) -> Platform {
    #[cfg(not(target_arch = "wasm32"))]
    return native::platform(configuration);
    #[cfg(target_arch = "wasm32")]
    return web::platform(configuration);
}

#[cfg(not(target_arch = "wasm32"))]
mod singleton {
    use std::sync::LazyLock;

    use crate::{Configuration, Session, native};

    static SHARED: LazyLock<Session> = LazyLock::new(|| {
        let configuration = Configuration::default();
        let platform = native::platform_on_own_thread(&configuration);
        Session::builder(platform, configuration).shared().build()
    });

    pub(crate) fn shared() -> Session {
        SHARED.clone()
    }
}

#[cfg(target_arch = "wasm32")]
mod singleton {
    use crate::{Configuration, Session, web};

    thread_local! {
        static SHARED: Session = {
            let configuration = Configuration::default();
            Session::builder(web::platform(&configuration), configuration).shared().build()
        };
    }

    pub(crate) fn shared() -> Session {
        SHARED.with(Session::clone)
    }
}

/// The README's examples, compiled.
#[cfg(all(doctest, feature = "mock"))]
#[doc = include_str!("../README.md")]
mod readme {}
