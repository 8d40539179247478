//! Faults as values: what a server does on one connection, step by step.

use std::time::Duration;

use bytes::Bytes;

use crate::Signal;

/// One thing a scripted server does on its connection.
#[derive(Debug, Clone)]
pub enum Step {
    /// Reads until the empty line that ends a request's head.
    ReadHead,
    /// Reads this many bytes of what follows the head, in their wire form.
    ReadBody(usize),
    /// Reads a head and the body that its `Content-Length` or chunked coding announces.
    ReadRequest,
    /// Reads HTTP/2's client preface and the first SETTINGS frame.
    ReadH2Preface,
    /// Reads HTTP/2 frames until a new stream's field section has ended.
    ReadH2Head,
    /// Reads HTTP/2 frames until a new stream's request has ended.
    ReadH2Request,
    /// Writes these bytes and flushes.
    Write(Bytes),
    /// Writes the bytes in pieces of `chunk` bytes, each flushed, with a pause of `every` between.
    WriteSlowly {
        /// What to write.
        bytes: Bytes,
        /// How many bytes go at once, at least 1.
        chunk: usize,
        /// The pause after each piece; zero only gives way to other work.
        every: Duration,
    },
    /// Writes the bytes again and again, while reading what comes, until the peer closes.
    WriteForever(Bytes),
    /// Waits.
    Pause(Duration),
    /// Waits until the test releases the signal.
    WaitFor(Signal),
    /// Releases the signal: the test learns that the script came this far.
    Release(Signal),
    /// Neither reads nor writes until the peer closes; ends the script.
    Stall,
    /// Reads whatever comes until the peer closes; ends the script.
    ExpectClose,
    /// Sends FIN (under TLS close_notify first) and goes on with the script.
    HalfClose,
    /// Sends FIN (under TLS close_notify first), reads the rest away; ends the script.
    Close,
    /// Sends FIN without TLS's close_notify, reads the rest away; ends the script.
    Cut,
    /// Closes without looking: FIN, or RST where bytes wait unread; ends the script.
    Drop,
    /// Sends RST; ends the script.
    Reset,
}

impl Step {
    /// `Write` of anything that is bytes.
    #[must_use]
    pub fn write(bytes: impl Into<Bytes>) -> Self {
        Self::Write(bytes.into())
    }

    /// `WriteForever` of anything that is bytes.
    #[must_use]
    pub fn write_forever(bytes: impl Into<Bytes>) -> Self {
        Self::WriteForever(bytes.into())
    }
}

/// What a server does on one accepted connection.
///
/// A script that runs out of steps closes the connection as [`Step::Close`] does; on a connection
/// of [`Origin`](crate::Origin) it hands it back to the HTTP server.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub(crate) steps: Vec<Step>,
}

impl Script {
    /// A script of these steps.
    #[must_use]
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
        }
    }

    /// Reads a whole request, then writes `reply`; the connection then waits for the peer to close.
    #[must_use]
    pub fn reply(reply: impl Into<Bytes>) -> Self {
        Self::new([Step::ReadRequest, Step::write(reply), Step::ExpectClose])
    }

    /// Reads a whole request, writes `reply` and closes.
    #[must_use]
    pub fn reply_and_close(reply: impl Into<Bytes>) -> Self {
        Self::new([Step::ReadRequest, Step::write(reply), Step::Close])
    }

    /// The same script with one more step.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The steps in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl FromIterator<Step> for Script {
    fn from_iter<T: IntoIterator<Item = Step>>(steps: T) -> Self {
        Self::new(steps)
    }
}
