//! A hop's request as the cache keeps it by: until its answer has come whole.

use std::sync::Arc;

use http::{HeaderMap, Method};

use crate::policy::cache::CacheRequest;
use crate::words::cache::CachePolicy;
use crate::words::cache_key::CacheKey;
use crate::words::request::Request;
use crate::words::target::Target;

/// What is asked for: a request to a server, its final fields and its policy.
#[derive(Clone)]
pub(crate) struct Asked {
    request: Request,
    target: Arc<Target>,
    key: CacheKey,
    fields: Arc<HeaderMap>,
    policy: CachePolicy,
}

impl Asked {
    /// `None` where no server is asked.
    pub(crate) fn new(
        request: &Request,
        fields: Arc<HeaderMap>,
        policy: CachePolicy,
    ) -> Option<Self> {
        let target = request.target()?;
        Some(Self {
            key: CacheKey::of_target(target),
            target: target.clone(),
            request: request.clone(),
            fields,
            policy,
        })
    }

    pub(crate) fn request(&self) -> &Request {
        &self.request
    }

    pub(crate) fn method(&self) -> &Method {
        self.request.method()
    }

    pub(crate) fn fields(&self) -> &Arc<HeaderMap> {
        &self.fields
    }

    pub(crate) fn target(&self) -> &Arc<Target> {
        &self.target
    }

    pub(crate) fn key(&self) -> &CacheKey {
        &self.key
    }

    /// True when one response could answer both: the same URL, method, fields and policy.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.key() == other.key()
            && self.method() == other.method()
            && self.policy == other.policy
            && (Arc::ptr_eq(&self.fields, &other.fields) || self.fields == other.fields)
    }

    /// True for a GET that leaves everything to HTTP.
    pub(crate) fn is_plain_get(&self) -> bool {
        self.method() == Method::GET
            && self.policy == CachePolicy::UseProtocolCachePolicy
            && self.request.body().is_empty()
    }

    /// As the policy sees it.
    pub(crate) fn read(&self) -> CacheRequest<'_> {
        let read = CacheRequest::new(
            self.request.method(),
            self.target.url(),
            &self.fields,
            self.policy,
        );
        match self.request.body().is_empty() {
            true => read,
            false => read.with_content(),
        }
    }
}
