//! What a case stands on.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use urlsession_core::{
    BoxFuture, Capabilities, Configuration, FileRef, MaybeSend, MaybeSync, Moment, Platform,
    Session, SessionBuilder,
};

use crate::Failure;

/// A ground that the suite runs on: a platform, and an origin server with the routes of `urlsession-origin`.
pub trait Ground: MaybeSend + MaybeSync + 'static {
    /// A platform for a session of this configuration.
    fn platform(&self, configuration: &Configuration) -> Platform;

    /// Where the server is.
    fn sites(&self) -> &Sites;

    /// A file of this content, where the platform can upload files.
    fn file(&self, content: &[u8]) -> FileRef;

    /// Waits until the server, sending what `url` gives, sends no more; true when that was before it had sent `length` bytes.
    fn is_held_back<'a>(
        &'a self,
        url: &'a str,
        length: u64,
    ) -> BoxFuture<'a, Result<bool, Failure>>;

    /// Waits until no exchange is under way at the server any more, where the ground can see that.
    fn is_let_go(&self) -> BoxFuture<'_, Result<(), Failure>>;

    /// How often a case repeats what only shows under load.
    fn rounds(&self) -> usize;
}

/// The base URLs of the server, without a slash at their ends.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    /// HTTP/1.1, the first origin.
    pub http: String,
    /// The same routes at another origin.
    pub other: String,
    /// On the IPv6 loopback address.
    pub v6: Option<String>,
    /// The first origin by a name that does not say that it is on this machine.
    pub named: Option<String>,
    /// HTTP/2 in the clear, with prior knowledge.
    pub h2: Option<String>,
    /// TLS, HTTP/2 by ALPN, with a certificate that only [`root`](Self::root) vouches for.
    pub tls: Option<String>,
    /// Refuses connections.
    pub closed: String,
    /// Neither refuses nor accepts connections.
    pub unaccepting: Option<String>,
    /// The certificate (DER) of the server's own authority.
    pub root: Option<Vec<u8>>,
}

/// What a case stands on, and its shorthands.
#[derive(Clone)]
pub struct Fixture(Arc<Stand>);

struct Stand {
    ground: Box<dyn Ground>,
    /// The platform whose clock the case goes by.
    platform: Platform,
}

impl Fixture {
    /// A fixture on this ground.
    pub fn new(ground: impl Ground) -> Self {
        let platform = ground.platform(&Configuration::default());
        Self(Arc::new(Stand {
            ground: Box::new(ground),
            platform,
        }))
    }

    /// The ground.
    #[must_use]
    pub fn ground(&self) -> &dyn Ground {
        &*self.0.ground
    }

    /// Where the server is.
    #[must_use]
    pub fn sites(&self) -> &Sites {
        self.0.ground.sites()
    }

    /// What the transport can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        self.0.platform.transport.capabilities()
    }

    /// Waits, by the platform's clock.
    pub async fn sleep(&self, duration: Duration) {
        let runtime = &self.0.platform.runtime;
        runtime.sleep_until(runtime.now() + duration).await;
    }

    pub(crate) fn session(&self) -> Session {
        self.builder(Configuration::default()).build()
    }

    pub(crate) fn session_of(&self, edit: impl FnOnce(&mut Configuration)) -> Session {
        self.builder_of(edit).build()
    }

    pub(crate) fn builder_of(&self, edit: impl FnOnce(&mut Configuration)) -> SessionBuilder {
        let mut configuration = Configuration::default();
        edit(&mut configuration);
        self.builder(configuration)
    }

    pub(crate) fn builder(&self, configuration: Configuration) -> SessionBuilder {
        Session::builder(self.0.ground.platform(&configuration), configuration)
    }

    /// The URL of a path at the first origin.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sites().http)
    }

    /// The URL of a path at the other origin.
    pub(crate) fn other_url(&self, path: &str) -> String {
        format!("{}{path}", self.sites().other)
    }

    /// The URL of a path that leads by one redirect of this status to `to`.
    pub(crate) fn redirect(&self, status: u16, to: &str) -> String {
        self.url(&redirect_path(status, to))
    }

    /// Runs `future` in the background.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + MaybeSend + 'static) {
        self.0.platform.runtime.spawn(Box::pin(future));
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Moment {
        self.0.platform.runtime.now()
    }
}

/// The path of a redirect of this status to `to`.
pub(crate) fn redirect_path(status: u16, to: &str) -> String {
    let to: String = to.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("/redirect?status={status}&to={to}")
}

impl fmt::Debug for Fixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fixture")
            .field("sites", self.sites())
            .finish_non_exhaustive()
    }
}
