//! Which script answers which request.

use std::fmt;
use std::sync::{Arc, PoisonError};

use http::Method;
use url::Url;

use super::reply::Reply;
use super::transport::{MockTransport, Script};
use crate::seams::transport::HopRequest;
use crate::words::bounds::{MaybeSend, MaybeSync};
use crate::words::error::{Error, ErrorCode, Shown};

/// The cause of a failure for lack of a script: no route of the mock transport answers this request.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("no reply is scripted for {method} {}", Shown(url.as_str()))]
#[non_exhaustive]
pub struct NoReply {
    /// The request's method.
    pub method: Method,
    /// Where it would have gone.
    pub url: Url,
}

impl fmt::Debug for NoReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoReply")
            .field("method", &self.method)
            .field("url", &format_args!("{}", Shown(self.url.as_str())))
            .finish()
    }
}

/// The scripted answers to one method and URL, to be told in order. The last one is repeated.
#[derive(Debug)]
pub struct Route<'a> {
    transport: &'a MockTransport,
    index: usize,
}

impl<'a> Route<'a> {
    pub(super) fn new(transport: &'a MockTransport, index: usize) -> Self {
        Self { transport, index }
    }

    /// From now on the next request is answered so.
    pub fn reply(self, reply: Reply) -> Self {
        self.with(|answers| {
            answers.next = 0;
            answers.replies = vec![reply];
        })
    }

    /// The request after that is answered so.
    pub fn then(self, reply: Reply) -> Self {
        self.with(|answers| answers.replies.push(reply))
    }

    fn with(self, act: impl FnOnce(&mut Answers)) -> Self {
        let shared = self.transport.shared();
        let mut script = shared.script.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut script.routes[self.index]);
        drop(script);
        self
    }
}

/// A route's answers, and which one is next.
pub(super) struct Answers {
    method: Method,
    url: Url,
    replies: Vec<Reply>,
    next: usize,
}

impl Answers {
    fn next(&mut self) -> Option<Reply> {
        let reply = self.replies.get(self.next)?;
        self.next = (self.next + 1).min(self.replies.len() - 1);
        Some(reply.clone())
    }
}

/// What answers where no route does.
pub(super) trait Respond: MaybeSend + MaybeSync {
    fn respond(&self, request: &HopRequest) -> Reply;
}

impl<F: Fn(&HopRequest) -> Reply + MaybeSend + MaybeSync> Respond for F {
    fn respond(&self, request: &HopRequest) -> Reply {
        self(request)
    }
}

impl Script {
    /// The place of the route for this method and URL, made if need be.
    pub(super) fn route(&mut self, method: Method, url: Url) -> usize {
        self.find(&method, &url).unwrap_or_else(|| {
            self.routes.push(Answers {
                method,
                url,
                replies: Vec::new(),
                next: 0,
            });
            self.routes.len() - 1
        })
    }

    pub(super) fn find_reply(&mut self, request: &HopRequest) -> Option<Reply> {
        let index = self.find(&request.method, request.target.url())?;
        self.routes[index].next()
    }

    fn find(&self, method: &Method, url: &Url) -> Option<usize> {
        let url = without_fragment(url);
        let is_it = |route: &Answers| route.method == method && without_fragment(&route.url) == url;
        self.routes.iter().position(is_it)
    }
}

fn without_fragment(url: &Url) -> &str {
    url.as_str().split('#').next().unwrap_or_default()
}

/// The answer to a request that nothing is scripted for.
pub(super) fn unanswered(request: &HopRequest) -> Reply {
    let (method, url) = (request.method.clone(), request.target.url().clone());
    Reply::error(Error::new(ErrorCode::CannotConnectToHost).with_cause(NoReply { method, url }))
}

/// A script that answers every request.
pub(super) type Responder = Arc<dyn Respond>;
