//! In place of tasks: a load as the caller's future, its two timers, and nobody who is asked or told.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;

use crate::seams::exchange::ExchangeEvents;
use crate::seams::signals::Signals;
use crate::seams::transport::{Affinity, Hints, HopBody, HopRequest, HopResponse};
use crate::session::SessionShared;
use crate::words::body::Body;
use crate::words::bounds::BoxFuture;
use crate::words::error::{Error, ErrorCode, ExpiredTimer};
use crate::words::gathered::Gathered;
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::time::Moment;

/// What a load ends with.
type Outcome = Result<(Bytes, Response), Error>;

/// Loads the request to its end, or until one of its timers fires.
pub(crate) async fn drive(session: Arc<SessionShared>, request: Result<Request, Error>) -> Outcome {
    let request = request?;
    let outcome = match Loading::begin(session, &request) {
        Ok(mut loading) => poll_fn(move |context| loading.poll(context)).await,
        Err(error) => Err(error),
    };
    outcome.map_err(|error| error.with_place(request.place()))
}

/// A load under way.
struct Loading {
    session: Arc<SessionShared>,
    signals: Arc<Signals>,
    /// How long nothing may come or go.
    idle: Duration,
    /// When the resource timer fires.
    due: Moment,
    sleep: Option<BoxFuture<'static, ()>>,
    step: Step,
}

enum Step {
    Sending(BoxFuture<'static, Result<HopResponse, Error>>),
    Receiving(Response, Box<dyn Body>, Gathered),
}

impl Loading {
    fn begin(session: Arc<SessionShared>, request: &Request) -> Result<Self, Error> {
        let target = request.checked_target()?;
        let body = HopBody::at_hand(request.body()).ok_or_else(|| {
            Error::new(ErrorCode::ResourceUnavailable)
                .because("the feature `body-streams` is off: a body is bytes")
        })?;
        let (configuration, clock) = (&session.configuration, session.clock.clone());
        let (service_type, policy) = (request.network_service_type(), request.cache_policy());
        let hop = HopRequest {
            method: request.method().clone(),
            target: target.clone(),
            headers: session.fields.of_hop(request, false),
            body,
            affinity: Affinity::Any,
            hints: Hints {
                urgency: None,
                service_type: service_type.unwrap_or(configuration.network_service_type),
                cache: Some(policy.unwrap_or(configuration.request_cache_policy)),
                watches_sent: false,
            },
            properties: request.properties().clone(),
        };
        let own = request.timeout_interval();
        let idle = own.unwrap_or(configuration.timeout_interval_for_request);
        let due = clock.now() + configuration.timeout_interval_for_resource;
        let signals = Arc::new(Signals::new(clock, false));
        signals.touch();
        let events = ExchangeEvents::new(signals.clone());
        let step = Step::Sending(session.platform.transport.exchange(hop, events));
        Ok(Self {
            session,
            signals,
            idle,
            due,
            sleep: None,
            step,
        })
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        match self.poll_load(context) {
            Poll::Pending => self.poll_timers(context).map(Err),
            outcome @ Poll::Ready(_) => outcome,
        }
    }

    fn poll_load(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        loop {
            match &mut self.step {
                Step::Sending(exchange) => {
                    let HopResponse { response, body, .. } =
                        ready!(exchange.as_mut().poll(context))?;
                    let gathered = Gathered::new(body.remaining());
                    self.step = Step::Receiving(response, body, gathered);
                }
                Step::Receiving(response, body, gathered) => {
                    match ready!(body.poll_next_chunk(context)) {
                        Some(Ok(chunk)) if chunk.is_empty() => {
                            // A body of empty chunks must not keep the thread.
                            context.waker().wake_by_ref();
                            return Poll::Pending;
                        }
                        Some(Ok(chunk)) => {
                            self.signals.add_received(chunk.len() as u64);
                            gathered.add(chunk);
                        }
                        Some(Err(error)) => {
                            return Poll::Ready(Err(error.with_place(response.place())));
                        }
                        None => {
                            let body = std::mem::take(gathered).finish();
                            return Poll::Ready(Ok((body, response.clone())));
                        }
                    }
                }
            }
        }
    }

    /// Ready when a timer has fired. A sleep that ends early, for bytes have moved since, is followed by another.
    fn poll_timers(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        loop {
            if let Some(slept) = &mut self.sleep {
                ready!(slept.as_mut().poll(context));
            }
            let now = self.session.clock.now();
            let idle = self.signals.active_at() + self.idle;
            if self.due <= now {
                return Poll::Ready(ExpiredTimer::Resource.into());
            }
            if idle <= now {
                return Poll::Ready(ExpiredTimer::Idle.into());
            }
            let runtime = &self.session.platform.runtime;
            self.sleep = Some(runtime.sleep_until(idle.min(self.due)));
        }
    }
}
