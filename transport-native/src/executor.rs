//! Where the transport's own tasks run: the tokio runtime it was made in, or one thread of the library's own.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Handle};
use tokio::task::JoinHandle;
use urlsession_core::{Error, ErrorCode};

use crate::errors::Fault;

/// The runtime that sockets, timers and spawned tasks belong to.
#[derive(Clone, Debug)]
pub(crate) enum Executor {
    /// A runtime of the program's.
    Given(Handle),
    /// The library's I/O thread, started on first use, shared by all that use it.
    OwnThread,
}

impl Executor {
    /// The runtime that the caller runs in, else the library's own thread.
    pub(crate) fn here() -> Self {
        Handle::try_current().map_or(Self::OwnThread, Self::Given)
    }

    pub(crate) fn handle(&self) -> Result<&Handle, Error> {
        match self {
            Self::Given(handle) => Ok(handle),
            Self::OwnThread => own_thread(),
        }
    }

    /// Runs `future` in the background; aborted when what is returned is dropped.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<Spawned<T>, Error> {
        Ok(Spawned(self.handle()?.spawn(future)))
    }

    /// Runs `work`, which blocks, on a thread made for that.
    pub(crate) fn spawn_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Spawned<T>, Error> {
        Ok(Spawned(self.handle()?.spawn_blocking(work)))
    }
}

/// A spawned task's result, and its life: dropped, it aborts the task.
#[derive(Debug)]
pub(crate) struct Spawned<T>(JoinHandle<T>);

impl<T> Spawned<T> {
    /// True when the task has ended, however it did.
    #[cfg(feature = "http2")]
    pub(crate) fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl<T> Future for Spawned<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map_err(|cause| {
            let fault = if cause.is_panic() {
                Fault::TaskPanicked
            } else {
                Fault::RuntimeGone
            };
            Error::new(ErrorCode::ResourceUnavailable).with_cause(fault)
        })
    }
}

impl<T> Drop for Spawned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn own_thread() -> Result<&'static Handle, Error> {
    static HANDLE: OnceLock<Handle> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    if let Some(handle) = HANDLE.get() {
        return Ok(handle);
    }
    let _one_at_a_time = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = HANDLE.get() {
        return Ok(handle);
    }
    let handle = start_thread()
        .map_err(|cause| Error::new(ErrorCode::ResourceUnavailable).with_cause(cause))?;
    Ok(HANDLE.get_or_init(|| handle))
}

fn start_thread() -> std::io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name("urlsession-io".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_any_runtime_the_own_thread_runs_tasks() {
        let executor = Executor::here();
        assert!(matches!(executor, Executor::OwnThread));
        let name = futures::executor::block_on(
            executor
                .spawn(async { std::thread::current().name().map(str::to_owned) })
                .unwrap(),
        );
        assert_eq!(name.unwrap().as_deref(), Some("urlsession-io"));
    }

    #[test]
    fn a_task_on_a_runtime_that_is_gone_is_an_error() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let executor = Executor::Given(runtime.handle().clone());
        drop(runtime);
        let task = executor.spawn(async {}).unwrap();
        let error = futures::executor::block_on(task).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ResourceUnavailable);
    }
}
