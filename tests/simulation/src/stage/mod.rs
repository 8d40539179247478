//! Plays a schedule on the mock and notes what happens.

mod acts;
mod answers;
mod delegate;
mod hand;
mod log;
mod runtime;
mod server;

use std::sync::{Arc, Weak};
use std::time::Duration;

use urlsession_core::mock::MockPlatform;
use urlsession_core::{
    Configuration, DelegateQueue, Job, RetryPolicy, Runtime, Session, Transport,
};

use self::acts::App;
use self::delegate::Judge;
use self::log::Log;
use self::runtime::Grid;
use crate::script::{Ending, LONGEST_DELAY, Queue, Retries, Schedule, SessionDeed, Setup};
use crate::trace::{Entry, Leftovers, What};

/// A schedule that takes more steps than this between two moments of rest turns in circles.
const STEP_LIMIT: u64 = 50_000;

/// A schedule played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// What was observed, in order.
    pub entries: Vec<Entry>,
    /// How many steps the executor made.
    pub steps: u64,
    /// True when it was stopped because it turned in circles.
    pub is_endless: bool,
}

/// Plays `schedule` to its end.
#[must_use]
pub fn play(schedule: &Arc<Schedule>) -> Played {
    let mut stage = Stage::new(schedule);
    stage.begin();
    stage.run();
    stage.end();
    stage.finish()
}

struct Stage {
    mock: MockPlatform,
    log: Arc<Log>,
    app: App,
    transport: Weak<dyn Transport>,
    steps: u64,
    is_endless: bool,
}

impl Stage {
    fn new(schedule: &Arc<Schedule>) -> Self {
        let mock = MockPlatform::with_seed(schedule.seed);
        let log = Arc::new(Log::new(mock.runtime(), schedule.clone()));
        server::install(mock.transport(), &log);
        let mut platform = mock.platform();
        platform.runtime = Arc::new(Grid(mock.runtime().clone()));
        let transport = Arc::downgrade(&platform.transport);
        let setup = schedule.setup;
        let mut builder = Session::builder(platform, configuration(setup))
            .delegate_queue(queue(setup.queue, &log));
        if setup.is_observed {
            builder = builder.observer(log.clone().observer());
        }
        if let Some(wants) = setup.delegate {
            builder = builder.delegate(Judge::of_session(&log, wants));
        }
        let app = App::new(builder.build(), &log, &mock);
        Self {
            mock,
            log,
            app,
            transport,
            steps: 0,
            is_endless: false,
        }
    }

    /// The app begins to act, in the runtime like everybody else.
    fn begin(&self) {
        let app = self.app.clone();
        self.mock
            .runtime()
            .spawn(Box::pin(async move { app.act().await }));
    }

    fn run(&mut self) {
        let runtime = self.mock.runtime();
        for _ in 0..STEP_LIMIT {
            if !runtime.step() {
                return;
            }
            self.steps += 1;
        }
        self.is_endless = true;
    }

    fn end(&mut self) {
        // The runtime may have ended in the middle of it all: what the app had still to do, it does now.
        self.app.act_now();
        self.run();
        self.log.note(What::Quiet);
        match self.log.plan().ending {
            Ending::ResumeAll => self.app.resume_all(),
            Ending::Invalidate => self.app.session_deed(SessionDeed::InvalidateAndCancel),
            Ending::DropAll => self.app.drop_all(),
            Ending::EndRuntime => self.app.session_deed(SessionDeed::RuntimeEnds),
        }
        self.run();
        self.app.session_deed(SessionDeed::InvalidateAndCancel);
        self.app.cancel_all();
        self.run();
        self.app.drop_all();
        self.run();
    }

    fn finish(self) -> Played {
        let Self {
            mock,
            log,
            app,
            transport,
            steps,
            is_endless,
        } = self;
        drop(app);
        let leftovers = Leftovers {
            spawned: mock.runtime().spawned_tasks(),
            timers: mock.runtime().pending_timers(),
            exchanges: mock.transport().open_exchanges(),
            sessions: transport.strong_count(),
        };
        log.note(What::Over(leftovers));
        Played {
            entries: log.take(),
            steps,
            is_endless,
        }
    }
}

fn configuration(setup: Setup) -> Configuration {
    let mut configuration = Configuration::default();
    configuration.http_maximum_connections_per_host = setup.limit;
    configuration.timeout_interval_for_request = Duration::from_millis(setup.idle);
    configuration.timeout_interval_for_resource = Duration::from_millis(setup.resource);
    configuration.retry_policy = setup.retries.map(policy);
    configuration
}

fn policy(retries: Retries) -> RetryPolicy {
    let mut policy = RetryPolicy::default();
    policy.maximum_attempts = retries.attempts;
    policy.base_delay = Duration::from_millis(retries.delay);
    policy.delay_multiplier = retries.multiplier;
    policy.maximum_delay = Duration::from_millis(LONGEST_DELAY);
    policy.budget = retries.budget;
    policy.successes_per_retry = retries.successes;
    policy
}

fn queue(kind: Queue, log: &Arc<Log>) -> DelegateQueue {
    match kind {
        Queue::Serial => DelegateQueue::serial(),
        Queue::Concurrent => DelegateQueue::concurrent(),
        Queue::Executor => {
            let log = log.clone();
            DelegateQueue::executor(move |job: Job| {
                let noted = log.clone();
                log.runtime().spawn(Box::pin(async move {
                    noted.note(What::JobBegan);
                    job();
                    noted.note(What::JobEnded);
                }));
            })
        }
    }
}
