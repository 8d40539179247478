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

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
    use std::task::Waker;
    use std::time::SystemTime;

    use http::{HeaderMap, StatusCode, Version};

    use super::*;
    use crate::seams::platform::Platform;
    use crate::seams::runtime::{Clock, Runtime};
    use crate::seams::transport::{Capabilities, Multiplexing, Transport};
    use crate::session::Session;
    use crate::testing::test;
    use crate::words::configuration::Configuration;
    use crate::words::target::Origin;

    /// A clock that a test moves, and a server that says what it is to say, chunk by chunk, and then nothing any more or that it has ended.
    #[derive(Default)]
    struct World {
        now: AtomicU64,
        chunks: Vec<&'static str>,
        answers: bool,
        ends: bool,
        /// Of the exchange under way.
        events: Mutex<Option<ExchangeEvents>>,
        begun: AtomicUsize,
        aborted: AtomicUsize,
    }

    /// Counts as aborted when it is dropped.
    struct Answer(Arc<World>, usize);

    impl Drop for Answer {
        fn drop(&mut self) {
            self.0.aborted.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Body for Answer {
        fn poll_next_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
            let chunk = self.0.chunks.get(self.1).copied();
            self.1 += 1;
            match chunk {
                Some(chunk) => Poll::Ready(Some(Ok(Bytes::from_static(chunk.as_bytes())))),
                None if self.0.ends => Poll::Ready(None),
                None => Poll::Pending,
            }
        }
    }

    #[derive(Clone)]
    struct Ground(Arc<World>);

    impl Clock for Ground {
        fn now(&self) -> Moment {
            Moment::from_nanos(self.0.now.load(Ordering::Relaxed))
        }
    }

    impl Runtime for Ground {
        fn spawn(&self, _: BoxFuture<'static, ()>) {
            unreachable!("a load spawns nothing");
        }

        fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()> {
            let clock = self.clone();
            Box::pin(poll_fn(move |_| match Clock::now(&clock) >= moment {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }))
        }

        fn clock(&self) -> Arc<dyn Clock> {
            Arc::new(self.clone())
        }

        fn wall_clock(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }

        fn random(&self) -> u64 {
            0
        }
    }

    impl Transport for Ground {
        fn capabilities(&self) -> Capabilities {
            Capabilities::none()
        }

        fn multiplexing(&self, _: &Origin) -> Multiplexing {
            Multiplexing::Platform
        }

        fn exchange(
            &self,
            request: HopRequest,
            events: ExchangeEvents,
        ) -> BoxFuture<'static, Result<HopResponse, Error>> {
            self.0.begun.fetch_add(1, Ordering::Relaxed);
            *self.0.events.lock().unwrap() = Some(events);
            let body = Answer(self.0.clone(), 0);
            if !self.0.answers {
                return Box::pin(async move {
                    let _body = body;
                    pending().await
                });
            }
            let (status, version) = (StatusCode::OK, Version::HTTP_11);
            Box::pin(ready(Ok(HopResponse {
                response: Response::to(request.target, status, version, HeaderMap::new()),
                body: Box::new(body),
                connection: None,
            })))
        }

        fn reset(&self) {}
    }

    /// A load with an idle timer of 10 seconds and a resource timer of 25.
    fn load(world: &Arc<World>, url: &str) -> BoxFuture<'static, Outcome> {
        let ground = Ground(world.clone());
        let platform = Platform {
            transport: Arc::new(ground.clone()),
            runtime: Arc::new(ground),
            network: None,
            decoder: None,
        };
        let configuration = Configuration {
            timeout_interval_for_request: Duration::from_secs(10),
            timeout_interval_for_resource: Duration::from_secs(25),
            ..Configuration::default()
        };
        Session::new(platform, configuration).data(url)
    }

    fn polled(load: &mut BoxFuture<'static, Outcome>) -> Poll<Outcome> {
        load.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    fn expired(outcome: Poll<Outcome>) -> ExpiredTimer {
        let Poll::Ready(Err(error)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(error.code(), ErrorCode::TimedOut);
        assert_eq!(error.url().unwrap().as_str(), "http://a.example/");
        let cause = std::error::Error::source(&error).unwrap();
        *cause.downcast_ref().unwrap()
    }

    impl World {
        fn after(&self, seconds: u64) {
            let nanos = seconds * 1_000_000_000;
            self.now.fetch_add(nanos, Ordering::Relaxed);
        }

        fn touch(&self) {
            self.events.lock().unwrap().as_ref().unwrap().touched();
        }
    }

    #[test]
    fn a_body_is_loaded_to_its_end() {
        for chunks in [vec![], vec!["abc"], vec!["a", "b", "c"]] {
            let all = chunks.concat();
            let world = Arc::new(World {
                chunks,
                answers: true,
                ends: true,
                ..World::default()
            });
            let Poll::Ready(Ok((body, response))) = polled(&mut load(&world, "http://a.example/"))
            else {
                panic!("{all}");
            };
            assert_eq!(
                (&*body, response.status()),
                (all.as_bytes(), StatusCode::OK)
            );
        }
    }

    #[test]
    fn nothing_is_sent_before_the_first_poll_and_all_is_dropped_with_the_load() {
        for answers in [false, true] {
            let world = Arc::new(World {
                answers,
                ..World::default()
            });
            let mut load = load(&world, "http://a.example/");
            assert_eq!(world.begun.load(Ordering::Relaxed), 0);
            assert!(polled(&mut load).is_pending());
            assert_eq!(world.begun.load(Ordering::Relaxed), 1);
            assert_eq!(world.aborted.load(Ordering::Relaxed), 0);
            drop(load);
            assert_eq!(world.aborted.load(Ordering::Relaxed), 1);
        }
    }

    #[test]
    fn a_byte_restarts_the_idle_timer_and_not_the_resources() {
        for answers in [false, true] {
            let world = Arc::new(World {
                answers,
                ..World::default()
            });
            let mut load = load(&world, "http://a.example/");
            for _ in 0..3 {
                assert!(polled(&mut load).is_pending());
                world.touch();
                world.after(8);
            }
            assert!(polled(&mut load).is_pending());
            world.after(1);
            assert_eq!(expired(polled(&mut load)), ExpiredTimer::Resource);
        }
    }

    #[test]
    fn silence_ends_a_load() {
        let world = Arc::<World>::default();
        let mut load = load(&world, "http://a.example/");
        assert!(polled(&mut load).is_pending());
        world.after(9);
        assert!(polled(&mut load).is_pending());
        world.after(1);
        assert_eq!(expired(polled(&mut load)), ExpiredTimer::Idle);
        drop(load);
        assert_eq!(world.aborted.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn what_goes_to_no_server_fails() {
        let world = Arc::<World>::default();
        for (url, code) in [
            ("data:,a", ErrorCode::UnsupportedUrl),
            ("nothing", ErrorCode::BadUrl),
        ] {
            let Poll::Ready(Err(error)) = polled(&mut load(&world, url)) else {
                panic!("{url}");
            };
            assert_eq!(error.code(), code, "{url}");
        }
        assert_eq!(world.begun.load(Ordering::Relaxed), 0);
    }
}
