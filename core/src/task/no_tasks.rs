//! In place of tasks: a load as the caller's future, its two timers, and nobody who is asked or told.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;

use crate::load::deliver::{Output, load};
use crate::policy::fields::SessionFields;
use crate::policy::retry::RetryBudget;
use crate::seams::app::{App, Content, Notice, ResponseDisposition};
use crate::seams::asking::Asking;
use crate::seams::exchange::Informational;
use crate::seams::platform::Platform;
use crate::seams::protocol::list::{Protocols, Route};
use crate::seams::signals::Signals;
use crate::seams::transport::Multiplexing;
use crate::session::SessionShared;
#[cfg(feature = "body-streams")]
use crate::words::body::BodyStream;
use crate::words::bounds::BoxFuture;
use crate::words::configuration::Configuration;
use crate::words::error::{Error, ExpiredTimer};
#[cfg(feature = "body-streams")]
use crate::words::file_version::FileVersion;
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::retry::{RetryAttempt, RetryDecision};
use crate::words::target::Origin;
use crate::words::time::Moment;

/// What a load ends with.
type Outcome = Result<(Bytes, Response), Error>;

/// One load, as its stages see it.
struct Loading {
    session: Arc<SessionShared>,
    signals: Arc<Signals>,
    request: Request,
    /// When the resource timer fires.
    due: Moment,
}

/// Loads the request to its end, or until one of its timers fires.
pub(crate) async fn drive(session: Arc<SessionShared>, request: Result<Request, Error>) -> Outcome {
    let clock = session.clock.clone();
    let loading = Loading {
        due: clock.now() + session.configuration.timeout_interval_for_resource,
        signals: Arc::new(Signals::new(clock, false)),
        request: request?,
        session,
    };
    let outcome = {
        let mut load = pin!(load(&loading, Output::Collect));
        let mut sleep = None;
        poll_fn(|context| match load.as_mut().poll(context) {
            Poll::Pending => loading.poll_timers(&mut sleep, context).map(Err),
            outcome @ Poll::Ready(_) => outcome,
        })
        .await
    };
    outcome.map_err(|error| error.with_place(loading.request.place()))
}

impl Loading {
    /// Ready when a timer has fired. A sleep that ends early, for bytes have moved since, is followed by another.
    fn poll_timers(
        &self,
        sleep: &mut Option<BoxFuture<'static, ()>>,
        context: &mut Context<'_>,
    ) -> Poll<Error> {
        loop {
            if let Some(slept) = sleep {
                ready!(slept.as_mut().poll(context));
            }
            let now = self.session.clock.now();
            let own = self.request.timeout_interval();
            let idle = own.unwrap_or(self.session.configuration.timeout_interval_for_request);
            let idle = self.signals.active_at() + idle;
            if self.due <= now {
                return Poll::Ready(ExpiredTimer::Resource.into());
            }
            if idle <= now {
                return Poll::Ready(ExpiredTimer::Idle.into());
            }
            *sleep = Some(
                self.session
                    .platform
                    .runtime
                    .sleep_until(idle.min(self.due)),
            );
        }
    }
}

impl App for Loading {
    fn configuration(&self) -> &Configuration {
        &self.session.configuration
    }

    fn platform(&self) -> &Platform {
        &self.session.platform
    }

    fn signals(&self) -> &Arc<Signals> {
        &self.signals
    }

    fn decodes(&self) -> bool {
        self.request.decodes_content()
    }

    fn fields(&self) -> &SessionFields {
        &self.session.fields
    }

    fn protocols(&self) -> &Protocols {
        &self.session.protocols
    }

    fn begins(&self) -> Result<Request, Error> {
        Ok(self.request.clone())
    }

    fn first_route(&self) -> Route {
        match self.request.target() {
            Some(_) => Route::Transport,
            None => Route::Nowhere,
        }
    }

    async fn will_redirect(
        &self,
        _: Response,
        proposed: Request,
    ) -> Result<Option<Request>, Error> {
        Ok(Some(proposed))
    }

    fn wants_retry(&self) -> bool {
        false
    }

    fn retry_budget(&self) -> &RetryBudget {
        &self.session.retry_budget
    }

    async fn will_retry(&self, attempt: RetryAttempt) -> Result<RetryDecision, Error> {
        Ok(attempt.proposed)
    }

    #[cfg(feature = "body-streams")]
    fn need_new_body_stream(&self) -> Option<Asking<'_, Option<Option<BodyStream>>>> {
        None
    }

    fn did_receive_response(
        &self,
        _: &Response,
    ) -> Option<Asking<'_, Option<ResponseDisposition>>> {
        None
    }

    fn notify(&self, _: Notice) -> Option<Asking<'_, ()>> {
        None
    }

    fn wants_sent(&self) -> bool {
        false
    }

    fn watches_sent(&self) -> bool {
        false
    }

    fn wants_data(&self) -> bool {
        false
    }

    fn set_current_request(&self, _: &Request) {}

    fn set_response(&self, _: &Content) {}

    fn set_trailers(&self, _: HeaderMap) {}

    fn progressed(&self) {}

    fn hop_begins(&self, _: Option<u64>) -> Option<f32> {
        self.signals.touch();
        None
    }

    #[cfg(feature = "body-streams")]
    fn file_opened(&self, _: FileVersion) {}

    fn heard(&self, _: &Informational) -> Result<(), Error> {
        Ok(())
    }

    fn expected_to_send(&self) -> Option<u64> {
        None
    }

    async fn move_to(&self, _: Option<&Arc<Origin>>) {}

    fn leave_origin(&self) {}

    async fn return_to_origin(&self) {}

    fn begins_to_wait_for_connectivity(&self) -> bool {
        false
    }

    fn learned(&self, _: Multiplexing) {}
}
