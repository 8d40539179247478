//! What went out, to assert on.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

use crate::seams::transport::{Affinity, Hints, HopRequest};
use crate::words::target::Target;
use crate::words::time::Moment;

/// A request as the scripted server saw it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method.
    pub method: Method,
    /// Where it went.
    pub url: Url,
    /// The header fields that the session made; a real transport adds Host, Content-Length and its like.
    pub headers: HeaderMap,
    /// The bytes of its body that the server has read so far.
    pub body: Bytes,
    /// The fields that came after the body, once it was read to its end.
    pub trailers: HeaderMap,
    /// Which connection it asked for.
    pub affinity: Affinity,
    /// How it should be treated on the way.
    pub hints: Hints,
    /// When its exchange began.
    pub at: Moment,
    /// What became of its exchange.
    pub outcome: Outcome,
}

/// What became of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is under way.
    Open,
    /// It went to its end: the last byte of the response, or the scripted error.
    Ended,
    /// Its future or its body was dropped before.
    Aborted,
}

/// What is noted of one exchange.
pub(super) struct Record {
    method: Method,
    target: Arc<Target>,
    headers: Arc<HeaderMap>,
    affinity: Affinity,
    hints: Hints,
    at: Moment,
    progress: Mutex<Progress>,
}

struct Progress {
    body: Vec<u8>,
    trailers: HeaderMap,
    outcome: Outcome,
}

impl Record {
    pub(super) fn new(request: &HopRequest, at: Moment) -> Self {
        Self {
            method: request.method.clone(),
            target: request.target.clone(),
            headers: request.headers.clone().into_map(),
            affinity: request.affinity,
            hints: request.hints,
            at,
            progress: Mutex::new(Progress {
                body: Vec::new(),
                trailers: HeaderMap::new(),
                outcome: Outcome::Open,
            }),
        }
    }

    pub(super) fn target(&self) -> &Arc<Target> {
        &self.target
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(super) fn read(&self, piece: &[u8]) {
        self.with(|progress| progress.body.extend_from_slice(piece));
    }

    pub(super) fn read_trailers(&self, trailers: HeaderMap) {
        self.with(|progress| progress.trailers = trailers);
    }

    pub(super) fn ended(&self, outcome: Outcome) {
        self.with(|progress| progress.outcome = outcome);
    }

    pub(super) fn to_request(&self) -> RecordedRequest {
        let (body, outcome) =
            self.with(|progress| (Bytes::copy_from_slice(&progress.body), progress.outcome));
        RecordedRequest {
            method: self.method.clone(),
            url: self.target.url().clone(),
            headers: (*self.headers).clone(),
            body,
            trailers: self.with(|progress| progress.trailers.clone()),
            affinity: self.affinity,
            hints: self.hints,
            at: self.at,
            outcome,
        }
    }

    fn with<R>(&self, act: impl FnOnce(&mut Progress) -> R) -> R {
        act(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
