//! A cache as one session uses it.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use bytes::Bytes;
use futures::future::{AbortHandle, abortable};
use http::Method;

use crate::cache::UrlCache;
use crate::cache::asked::Asked;
use crate::cache::entry::Entry;
use crate::cache::flights::{Flight, Flights, Part};
use crate::cache::tiers::Tiers;
use crate::policy::cache::{CacheOptions, Decision, Hit, are_plain, decide, may_use};
use crate::policy::fields::SessionFields;
use crate::seams::runtime::Runtime;
use crate::seams::signals::Signals;
use crate::words::bounds::MaybeSend;
use crate::words::cache::CachePolicy;
use crate::words::cache_key::CacheKey;
use crate::words::configuration::Configuration;
use crate::words::request::Request;
use crate::words::response::Response;
use crate::words::time::Moment;

/// How many responses are validated in the background at once.
const MOST_IN_BACKGROUND: usize = 4;

/// A place among what goes on in the background, given back when it is dropped.
struct InBackground(Weak<SessionCache>, u64);

impl Drop for InBackground {
    fn drop(&mut self) {
        if let Some(cache) = self.0.upgrade() {
            cache.background().retain(|(key, _)| *key != self.1);
        }
    }
}

/// An answer in memory.
struct AtOnce {
    asked: Asked,
    entry: Arc<Entry>,
    hit: Hit,
}

/// A session's cache, and what goes on in it beside the session's tasks.
pub(crate) struct SessionCache {
    cache: UrlCache,
    runtime: Arc<dyn Runtime>,
    fields: Arc<SessionFields>,
    policy: CachePolicy,
    /// Its own fields say nothing about caches.
    has_plain_fields: bool,
    options: CacheOptions,
    flights: Option<Arc<Flights>>,
    background: Mutex<Vec<(u64, AbortHandle)>>,
    has_ended: AtomicBool,
}

impl SessionCache {
    /// `cache` for a session of this configuration; an ephemeral one touches no disk. Never put into its caller's code: most sessions have none.
    #[inline(never)]
    pub(crate) fn new(
        cache: UrlCache,
        configuration: &Configuration,
        runtime: Arc<dyn Runtime>,
        fields: Arc<SessionFields>,
    ) -> Self {
        let cache = match configuration.is_ephemeral && cache.tiers().store().is_some() {
            true => UrlCache::in_memory(cache.memory_capacity()),
            false => cache,
        };
        Self {
            cache: cache.as_sent_by(runtime.clone(), fields.clone()),
            runtime,
            has_plain_fields: are_plain(fields.home()),
            fields,
            policy: configuration.request_cache_policy,
            options: CacheOptions {
                serves_stale_when_disconnected: configuration.serves_stale_when_disconnected,
            },
            flights: configuration
                .collapses_identical_requests
                .then(Arc::default),
            background: Mutex::default(),
            has_ended: AtomicBool::new(false),
        }
    }

    /// The handle for the app.
    pub(crate) fn url_cache(&self) -> &UrlCache {
        &self.cache
    }

    pub(crate) fn tiers(&self) -> &Arc<Tiers> {
        self.cache.tiers()
    }

    pub(crate) fn options(&self) -> CacheOptions {
        self.options
    }

    /// The part of `asked` among equal requests, where those share one response.
    pub(crate) fn part_of(&self, asked: &Asked, signals: &Arc<Signals>) -> Option<Part> {
        let flights = self.flights.as_ref()?;
        asked.is_plain_get().then(|| flights.join(asked, signals))
    }

    /// Another has to lead `flight`, if the task that does stands still.
    pub(crate) fn look_at(&self, flight: &Arc<Flight>, now: Moment) {
        if let Some(flights) = &self.flights {
            flights.look_at(flight, now);
        }
    }

    pub(crate) fn runtime(&self) -> &Arc<dyn Runtime> {
        &self.runtime
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.runtime.wall_clock()
    }

    /// The request's policy, else the session's.
    pub(crate) fn policy_of(&self, request: &Request) -> CachePolicy {
        request.cache_policy().unwrap_or(self.policy)
    }

    /// The hop as the cache keeps it by; `None` where no server is asked.
    pub(crate) fn asked(&self, request: &Request, left_home: bool) -> Option<Asked> {
        let fields = self.fields.of_hop(request, left_home).into_map();
        Asked::new(request, fields, self.policy_of(request))
    }

    /// What memory has for `request`, where that is an answer without a look at anything else.
    fn at_once(&self, request: &Request, now: SystemTime) -> Option<AtOnce> {
        let key = CacheKey::of_target(request.target()?);
        let is_plain = self.is_plain(request);
        let suits = |entry: &Entry| may_use(now, is_plain, &entry.head);
        let entries = self.tiers().memory().find_if(&key, suits);
        if entries.is_empty() {
            return None;
        }
        let asked = self.asked(request, false)?;
        let read = asked.read();
        let has_one = || {
            entries
                .iter()
                .any(|entry| may_use(now, read.is_plain, &entry.head))
        };
        if !is_plain && !has_one() {
            return None;
        }
        let decision = match &entries[..] {
            [entry] => decide(now, &read, &[&*entry.head], self.options),
            entries => {
                let heads: Vec<_> = entries.iter().map(|entry| &*entry.head).collect();
                decide(now, &read, &heads, self.options)
            }
        };
        match decision {
            Decision::Use(hit) => {
                let entry = entries.get(hit.index)?.clone();
                Some(AtOnce { asked, entry, hit })
            }
            Decision::Bypass { .. }
            | Decision::Load { .. }
            | Decision::UseAndRevalidate { .. }
            | Decision::Validate { .. }
            | Decision::Complete { .. }
            | Decision::Refuse
            | Decision::GatewayTimeout => None,
        }
    }

    /// True for a request that leaves everything to HTTP: nothing that is not fresh answers it at once. Told without a look at its final
    /// fields.
    fn is_plain(&self, request: &Request) -> bool {
        self.has_plain_fields
            && request.header_fields().is_empty()
            && *request.method() == Method::GET
            && request.body().is_empty()
            && self.policy_of(request) == CachePolicy::UseProtocolCachePolicy
    }

    /// True when the network is not needed, as far as can be seen at once. Never put into its caller's code, most of whose requests have no cache.
    #[inline(never)]
    pub(crate) fn answers_at_once(&self, request: &Request) -> bool {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        if !is_read {
            return false;
        }
        if self.policy_of(request) == CachePolicy::ReturnCacheDataDontLoad {
            return true;
        }
        self.at_once(request, self.now()).is_some()
    }

    /// The whole answer to `request`, where memory has it and nothing more is to be done.
    pub(crate) fn answer_at_once(&self, request: &Request) -> Option<(Bytes, Response)> {
        if *request.method() != Method::GET {
            return None;
        }
        let now = self.now();
        let AtOnce { asked, entry, hit } = self.at_once(request, now)?;
        let is_all = entry.is_final() && hit.slice.is_none();
        is_all.then(|| {
            entry.set_used();
            let response = entry.head.delivered(now, asked.target().url(), None);
            (entry.body.clone(), response)
        })
    }

    /// Runs `work` beside the session's tasks, until it is over or the session is. Not while there is some of that `key` already, or
    /// [`MOST_IN_BACKGROUND`] of others.
    pub(crate) fn in_background(
        self: &Arc<Self>,
        key: u64,
        work: impl Future<Output = ()> + MaybeSend + 'static,
    ) {
        let (work, handle) = abortable(work);
        {
            let mut background = self.background();
            let is_under_way = background.iter().any(|(other, _)| *other == key);
            if is_under_way
                || background.len() >= MOST_IN_BACKGROUND
                || self.has_ended.load(Ordering::Acquire)
            {
                return;
            }
            background.push((key, handle));
        }
        let place = InBackground(Arc::downgrade(self), key);
        self.runtime.spawn(Box::pin(async move {
            let _place = place;
            let _ = work.await;
        }));
    }

    /// The session is over: nothing of it goes on.
    pub(crate) fn end(&self) {
        self.has_ended.store(true, Ordering::Release);
        for (_, handle) in self.background().drain(..) {
            handle.abort();
        }
    }

    fn background(&self) -> MutexGuard<'_, Vec<(u64, AbortHandle)>> {
        self.background
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
