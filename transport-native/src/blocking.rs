//! Sessions for programs without async code: every call waits on the calling thread.
//!
//! The sockets are on the library's own I/O thread, so that a call may also wait inside somebody's async runtime, though it keeps
//! that thread. Tasks are those of the async API: [`wait`] waits for anything of it.
//!
//! ```no_run
//! use urlsession_core::{Configuration, Error};
//! use urlsession_transport_native::blocking::Session;
//!
//! let session = Session::new(Configuration::default());
//! let (body, response) = session.data("https://example.com/")?;
//! println!("{} {} bytes", response.status(), body.len());
//! # Ok::<(), Error>(())
//! ```

use std::fmt;
use std::io;
use std::ops::Deref;

use bytes::{Buf, Bytes};
use futures::StreamExt;
use futures::executor::block_on;
use urlsession_core::{
    BodyBytes, Configuration, Error, IntoRequest, Response, SessionBuilder, Task,
};

use crate::platform::platform_on_own_thread;

/// A session whose calls wait. Everything else is that of the async one, to which it dereferences.
///
/// A clone is another handle to the same session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session(urlsession_core::Session);

impl Session {
    /// A session without delegate.
    #[must_use]
    pub fn new(configuration: Configuration) -> Self {
        Self(builder(configuration).build())
    }

    /// Loads a request into memory: the body and the response.
    ///
    /// # Errors
    /// Why the transfer failed. 4xx and 5xx are no failures.
    pub fn data(&self, request: impl IntoRequest) -> Result<(Bytes, Response), Error> {
        block_on(self.0.data(request))
    }

    /// Loads a request and gives its body to be read, once the response's head is there. Dropping the reader cancels.
    ///
    /// # Errors
    /// Why there is no response.
    pub fn bytes(&self, request: impl IntoRequest) -> Result<(BodyReader, Response), Error> {
        let (body, response) = block_on(self.0.bytes(request))?;
        Ok((BodyReader::new(body), response))
    }

    /// Loads a request and reads the answer as JSON (RFC 8259), as [`urlsession_core::Session::json`] does.
    ///
    /// # Errors
    /// Those of [`urlsession_core::Session::json`].
    #[cfg(feature = "json")]
    pub fn json<T>(&self, request: impl IntoRequest) -> Result<(T, Response), Error>
    where
        T: serde::de::DeserializeOwned + Send + 'static,
    {
        block_on(self.0.json(request))
    }
}

impl From<urlsession_core::Session> for Session {
    /// The waiting face of any session. One that stands on a runtime of the program's makes no progress where that runtime's only
    /// thread waits.
    fn from(session: urlsession_core::Session) -> Self {
        Self(session)
    }
}

impl Deref for Session {
    type Target = urlsession_core::Session;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Makes a session part by part, on the library's own I/O thread; what is built becomes a waiting one by `into()`.
pub fn builder(configuration: Configuration) -> SessionBuilder {
    let platform = platform_on_own_thread(&configuration);
    urlsession_core::Session::builder(platform, configuration)
}

/// Waits on this thread for a future of the async API.
pub fn wait<F: Future>(future: F) -> F::Output {
    block_on(future)
}

/// Waits on this thread until the task has ended and its delegates and handler were told.
///
/// A task that nobody resumes does not end.
///
/// # Errors
/// Why the task failed; [`Cancelled`](urlsession_core::ErrorCode::Cancelled) for one that was cancelled.
pub fn finished(task: &Task) -> Result<(), Error> {
    block_on(task.finished())
}

/// A body as a reader: each chunk is read from the network when it is asked for.
///
/// Dropping it cancels the transfer.
pub struct BodyReader {
    body: BodyBytes,
    chunk: Bytes,
}

impl BodyReader {
    fn new(body: BodyBytes) -> Self {
        Self {
            body,
            chunk: Bytes::new(),
        }
    }

    /// The next chunk as the network gave it, `None` at the end. What a reader left of one comes first.
    ///
    /// # Errors
    /// What ended the body before its end.
    pub fn next_chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if self.chunk.has_remaining() {
            return Ok(Some(std::mem::take(&mut self.chunk)));
        }
        block_on(self.body.next()).transpose()
    }

    /// The task behind it.
    #[must_use]
    pub fn task(&self) -> Task {
        self.body.task()
    }
}

impl io::BufRead for BodyReader {
    /// Errors of the transfer have the [`Error`] as their inner one.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if !self.chunk.has_remaining() {
            let chunk = self.next_chunk().map_err(io::Error::other)?;
            self.chunk = chunk.unwrap_or_default();
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, amount: usize) {
        self.chunk.advance(amount);
    }
}

impl io::Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = io::BufRead::fill_buf(self)?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.chunk.advance(count);
        Ok(count)
    }
}

impl fmt::Debug for BodyReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyReader")
            .field("task", &self.task())
            .finish_non_exhaustive()
    }
}
