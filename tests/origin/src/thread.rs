//! A server on a thread and runtime of its own, for tests without a runtime.

use std::io;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

/// A thread that drives a runtime until this value is dropped.
#[derive(Debug)]
pub(crate) struct OwnThread {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl OwnThread {
    /// Starts a thread, runs `start` on its runtime and keeps that runtime going.
    pub(crate) fn run<T, F>(start: impl FnOnce() -> F + Send + 'static) -> io::Result<(T, Self)>
    where
        T: Send + 'static,
        F: Future<Output = io::Result<T>>,
    {
        let (stop, stopped) = oneshot::channel();
        let (report, started) = mpsc::channel();
        let body = move || {
            let runtime = match tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
            {
                Ok(runtime) => runtime,
                Err(error) => return drop(report.send(Err(error))),
            };
            runtime.block_on(async move {
                let _ = report.send(start().await);
                // An error means that the owner is gone, which is a reason to stop as well.
                let _ = stopped.await;
            });
        };
        let thread = thread::Builder::new()
            .name("urlsession-origin".into())
            .spawn(body)?;
        let value = started
            .recv()
            .map_err(|_| io::Error::other("the server thread died"))??;
        Ok((
            value,
            Self {
                stop: Some(stop),
                thread: Some(thread),
            },
        ))
    }
}

impl Drop for OwnThread {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
