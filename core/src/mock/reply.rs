//! What a scripted server does with one request, as a value.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use url::Url;

use super::connecting::Connecting;
use crate::seams::exchange::Informational;
use crate::seams::transport::Multiplexing;
use crate::words::bounds::{MaybeSend, MaybeSync};
use crate::words::error::{Error, ErrorCode};

/// What the scripted server does with one request, from the connection to the last byte of the body.
///
/// Without more said, it connects at once, reads the request's whole body, answers at once, and sends the body with its
/// Content-Length. Durations are of the virtual clock, and each begins when its step is reached: what nobody polls does not go on.
///
/// ```
/// use std::time::Duration;
/// use urlsession_core::mock::Reply;
///
/// let slow = Reply::new(200)
///     .after(Duration::from_secs(1))
///     .header("content-type", "text/plain")
///     .chunk("first")
///     .wait(Duration::from_secs(5))
///     .chunk("second");
/// let cut = Reply::new(200).body("0123456789").reset_after(4);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Reply {
    pub(super) connection: Connecting,
    pub(super) multiplexing: Option<Multiplexing>,
    pub(super) reading: Reading,
    /// Before the request's body is read.
    pub(super) early: Vec<Informational>,
    pub(super) interim: Vec<Informational>,
    pub(super) delay: Duration,
    pub(super) answer: Answer,
    pub(super) body: Script,
}

/// How much of the request's body the server reads before it answers, and how fast.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) at_most: u64,
    /// So many bytes at a time, with a pause before each.
    pub(super) pace: Option<(usize, Duration)>,
}

#[derive(Clone, Debug)]
pub(super) enum Answer {
    Head(Head),
    Error(Error),
    Never,
}

#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) version: Option<Version>,
    pub(super) headers: HeaderMap,
    /// Where the response says it comes from, when it is not where the request went.
    pub(super) url: Option<Url>,
}

/// The steps of a body.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) steps: Vec<Step>,
    pub(super) more: Option<More>,
    pub(super) reset_after: Option<u64>,
    /// So many bytes more are announced than sent.
    pub(super) missing: u64,
    /// Fields after the last byte.
    pub(super) trailers: HeaderMap,
    pub(super) says_length: bool,
}

/// One step of a response's body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// These bytes arrive as one chunk. None at all is no step.
    Chunk(Bytes),
    /// Nothing arrives for so long.
    Wait(Duration),
    /// Nothing arrives any more, and the connection stays open.
    Stall,
    /// The exchange fails.
    Fail(ErrorCode),
}

/// Steps made when the body reaches them, by their number from 0; `None` ends the body.
#[derive(Clone)]
pub(super) struct More(Arc<dyn MakeStep>);

impl More {
    pub(super) fn step(&self, number: u64) -> Option<Step> {
        self.0.make(number)
    }
}

impl fmt::Debug for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("More")
    }
}

trait MakeStep: MaybeSend + MaybeSync {
    fn make(&self, number: u64) -> Option<Step>;
}

impl<F: Fn(u64) -> Option<Step> + MaybeSend + MaybeSync> MakeStep for F {
    fn make(&self, number: u64) -> Option<Step> {
        self(number)
    }
}

impl Reply {
    /// A response of this status, without header fields or body.
    ///
    /// # Panics
    /// When `status` is not from 100 to 999.
    pub fn new(status: u16) -> Self {
        let status = StatusCode::from_u16(status).expect("a status is from 100 to 999");
        Self::answering(Answer::Head(Head {
            status,
            version: None,
            headers: HeaderMap::new(),
            url: None,
        }))
    }

    /// A redirect to `location`, absolute or relative.
    ///
    /// # Panics
    /// When `status` is not from 100 to 999 or `location` is no header value.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::new(status).header(header::LOCATION, location)
    }

    /// The exchange fails before any response, once connected and with the request's body read.
    pub fn error(error: impl Into<Error>) -> Self {
        Self::answering(Answer::Error(error.into()))
    }

    /// The request is read, and never answered.
    pub fn never() -> Self {
        Self::answering(Answer::Never)
    }

    /// The connection is never made.
    pub fn never_connects() -> Self {
        let mut reply = Self::never();
        reply.connection.after = None;
        reply
    }

    /// The connection fails: the name is not found, nobody listens, TLS is refused.
    pub fn cannot_connect(error: impl Into<Error>) -> Self {
        let mut reply = Self::never();
        reply.connection.error = Some(error.into());
        reply
    }

    fn answering(answer: Answer) -> Self {
        Self {
            connection: Connecting::at_once(),
            multiplexing: None,
            reading: Reading {
                at_most: u64::MAX,
                pace: None,
            },
            early: Vec::new(),
            interim: Vec::new(),
            delay: Duration::ZERO,
            answer,
            body: Script {
                steps: Vec::new(),
                more: None,
                reset_after: None,
                missing: 0,
                trailers: HeaderMap::new(),
                says_length: true,
            },
        }
    }

    /// The connection, or its failure, takes so long: lookup and TLS apart, which are scripted by themselves.
    pub fn connect_after(mut self, delay: Duration) -> Self {
        self.connection.after = Some(delay);
        self
    }

    /// What the connection turns out to carry, in place of what the transport was set to.
    pub fn connected_as(mut self, multiplexing: Multiplexing) -> Self {
        self.multiplexing = Some(multiplexing);
        self
    }

    /// The server answers after the first `count` bytes of the request's body, and reads no more.
    pub fn reading_first(mut self, count: u64) -> Self {
        self.reading.at_most = count;
        self
    }

    /// The server answers without reading the request's body.
    pub fn reading_nothing(self) -> Self {
        self.reading_first(0)
    }

    /// The server reads the request's body `count` bytes (at least 1) at a time, with `pause` before each.
    pub fn reading_slowly(mut self, count: usize, pause: Duration) -> Self {
        self.reading.pace = Some((count.max(1), pause));
        self
    }

    /// An interim response of this status, before the final one.
    ///
    /// # Panics
    /// When `status` is not from 100 to 999.
    pub fn informational(self, status: u16) -> Self {
        self.informational_with(status, HeaderMap::new())
    }

    /// An interim response of this status with these fields, before the final one.
    ///
    /// # Panics
    /// When `status` is not from 100 to 999.
    pub fn informational_with(mut self, status: u16, headers: HeaderMap) -> Self {
        let status = StatusCode::from_u16(status).expect("a status is from 100 to 999");
        self.interim.push(Informational { status, headers });
        self
    }

    /// An interim response of this status with these fields, before the request's body is read.
    ///
    /// # Panics
    /// When `status` is not from 100 to 999.
    pub fn informational_at_once(mut self, status: u16, headers: HeaderMap) -> Self {
        let status = StatusCode::from_u16(status).expect("a status is from 100 to 999");
        self.early.push(Informational { status, headers });
        self
    }

    /// The final response, or the error, comes so long after the request and the interim responses.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// A header field of the response, beside others of its name.
    ///
    /// # Panics
    /// When it is no valid name or value.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        let (name, value) = field(name, value);
        if let Answer::Head(head) = &mut self.answer {
            head.headers.append(name, value);
        }
        self
    }

    /// The version of HTTP. Otherwise HTTP/2 where the connection carries several exchanges, else HTTP/1.1.
    pub fn version(mut self, version: Version) -> Self {
        if let Answer::Head(head) = &mut self.answer {
            head.version = Some(version);
        }
        self
    }

    /// Where the response says that it comes from, as after redirects that the platform followed by itself.
    ///
    /// # Panics
    /// When it is no URL.
    pub fn from_url(mut self, url: &str) -> Self {
        let url = Url::parse(url).expect("a valid URL");
        if let Answer::Head(head) = &mut self.answer {
            head.url = Some(url);
        }
        self
    }

    /// The body, or more of it, as one chunk.
    pub fn body(self, bytes: impl Into<Bytes>) -> Self {
        self.chunk(bytes)
    }

    /// A chunk of the body.
    pub fn chunk(self, bytes: impl Into<Bytes>) -> Self {
        self.step(Step::Chunk(bytes.into()))
    }

    /// A pause in the body.
    pub fn wait(self, pause: Duration) -> Self {
        self.step(Step::Wait(pause))
    }

    /// From here on nothing of the body arrives, and the connection stays open.
    pub fn stall(self) -> Self {
        self.step(Step::Stall)
    }

    /// Here the body fails.
    pub fn fail(self, code: ErrorCode) -> Self {
        self.step(Step::Fail(code))
    }

    /// A step of the body.
    pub fn step(mut self, step: Step) -> Self {
        self.body.steps.push(step);
        self
    }

    /// A field after the body (RFC 9110 section 6.5), beside others of its name.
    ///
    /// # Panics
    /// When it is no valid name or value.
    pub fn trailer<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        let (name, value) = field(name, value);
        self.body.trailers.append(name, value);
        self
    }

    /// Steps of the body made when it gets there, after those listed: `make(0)`, `make(1)` and so on up to `None`.
    ///
    /// The body's length is then unknown.
    pub fn steps(
        mut self,
        make: impl Fn(u64) -> Option<Step> + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        self.body.more = Some(More(Arc::new(make)));
        self
    }

    /// The connection is reset after the first `count` bytes of the body: its task fails with
    /// [`NetworkConnectionLost`](ErrorCode::NetworkConnectionLost).
    pub fn reset_after(mut self, count: u64) -> Self {
        self.body.reset_after = Some(count);
        self
    }

    /// Content-Length announces `missing` bytes more than come before the connection closes: its task fails with
    /// [`NetworkConnectionLost`](ErrorCode::NetworkConnectionLost).
    pub fn short_body(mut self, missing: u64) -> Self {
        self.body.missing = missing;
        self
    }

    /// The response does not say how long its body is.
    pub fn without_length(mut self) -> Self {
        self.body.says_length = false;
        self
    }
}

fn field<N, V>(name: N, value: V) -> (HeaderName, HeaderValue)
where
    N: TryInto<HeaderName>,
    V: TryInto<HeaderValue>,
{
    let name = name.try_into().ok();
    let value = value.try_into().ok();
    (
        name.expect("a valid name of a header field"),
        value.expect("a valid value of a header field"),
    )
}

impl Script {
    /// The bytes that the steps send and the script announces beside them, where they can be known.
    pub(super) fn announced(&self) -> Option<u64> {
        if !self.says_length || self.more.is_some() {
            return None;
        }
        let sent: u64 = self.steps.iter().map(Step::length).sum();
        Some(sent.saturating_add(self.missing))
    }
}

impl Step {
    fn length(&self) -> u64 {
        match self {
            Self::Chunk(bytes) => bytes.len() as u64,
            Self::Wait(_) | Self::Stall | Self::Fail(_) => 0,
        }
    }
}
