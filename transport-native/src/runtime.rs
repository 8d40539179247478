//! Time, tasks and chance by tokio and the operating system.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use urlsession_core::{BoxFuture, Clock, Error, Moment, Runtime};

use crate::executor::Executor;

/// A century: beyond what any timer waits for, within what every clock can count.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Core's runtime on tokio.
#[derive(Debug)]
pub struct NativeRuntime {
    executor: Executor,
    clock: Arc<SinceStart>,
}

/// The monotonic clock, from the runtime's making on.
#[derive(Debug)]
struct SinceStart(Instant);

impl Clock for SinceStart {
    fn now(&self) -> Moment {
        let elapsed = self.0.elapsed();
        Moment::from_nanos(elapsed.as_secs() * 1_000_000_000 + u64::from(elapsed.subsec_nanos()))
    }
}

impl NativeRuntime {
    pub(crate) fn new(executor: Executor) -> Self {
        Self {
            executor,
            clock: Arc::new(SinceStart(Instant::now())),
        }
    }
}

impl Runtime for NativeRuntime {
    fn spawn(&self, future: BoxFuture<'static, ()>) {
        // Without a thread to run it the future is dropped, which is what the contract says.
        if let Ok(handle) = self.executor.handle() {
            handle.spawn(future);
        }
    }

    /// The sleeper is a task: a tokio timer panics when it is polled after its runtime's end, and any executor may poll this.
    /// When the runtime is gone, the library's own thread keeps the time.
    fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()> {
        let after = Duration::from_nanos(moment.as_nanos()).min(FOREVER);
        let start = self.clock.0;
        let at = start.checked_add(after).unwrap_or(start + FOREVER);
        let executor = self.executor.clone();
        Box::pin(async move {
            if sleep_on(&executor, at).await.is_err()
                && sleep_on(&Executor::OwnThread, at).await.is_err()
            {
                std::future::pending::<()>().await;
            }
        })
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::<SinceStart>::clone(&self.clock)
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    fn wall_clock(&self) -> SystemTime {
        SystemTime::now()
    }

    /// From the operating system; from the standard library's keyed hash, seeded by it, where a call fails.
    fn random(&self) -> u64 {
        getrandom::u64().unwrap_or_else(|_| RandomState::new().hash_one(Instant::now()))
    }
}

async fn sleep_on(executor: &Executor, at: Instant) -> Result<(), Error> {
    executor
        .spawn(async move { tokio::time::sleep_until(at.into()).await })?
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_outlives_its_runtime() {
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let runtime = NativeRuntime::new(Executor::Given(tokio.handle().clone()));
        let sleep = runtime.sleep_until(runtime.now() + Duration::from_millis(5));
        drop(tokio);
        let before = Instant::now();
        futures::executor::block_on(sleep);
        assert!(before.elapsed() >= Duration::from_millis(4));
    }

    #[test]
    fn a_moment_in_the_past_is_no_wait() {
        let runtime = NativeRuntime::new(Executor::OwnThread);
        futures::executor::block_on(runtime.sleep_until(Moment::default()));
    }

    #[test]
    fn random_numbers_differ() {
        let runtime = NativeRuntime::new(Executor::OwnThread);
        assert_ne!(runtime.random(), runtime.random());
    }
}
