//! Where the suites run here: a session over `fetch`, and the origin server.

use std::time::Duration;

use urlsession::{Configuration, Request, Session, UrlCache};
use urlsession_transport_web::platform;

use crate::seen::{Manner, Seen, Trouble, ask};
use crate::support::origin;

/// A session and its server.
pub(crate) struct World {
    pub(crate) session: Session,
    /// The server's origin, and another one with the same servers.
    pub(crate) base: String,
    pub(crate) other_base: String,
}

impl World {
    /// `None` without a server.
    pub(crate) fn new(cache: UrlCache) -> Option<Self> {
        let configuration = Configuration::default();
        let builder = Session::builder(platform(&configuration), configuration);
        Some(Self {
            session: builder.cache(cache).build(),
            base: origin("http")?,
            other_base: origin("http_other")?,
        })
    }

    /// Waits by the clock of the session.
    pub(crate) async fn pause(&self, time: Duration) {
        let runtime = &self.session.platform().runtime;
        runtime.sleep_until(runtime.now() + time).await;
    }

    /// Makes one request.
    pub(crate) async fn ask(
        &self,
        request: Request,
        manner: impl Into<Manner>,
    ) -> Result<Seen, Trouble> {
        ask(&self.session, request, manner.into()).await
    }
}
