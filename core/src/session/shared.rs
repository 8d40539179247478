//! What all handles and tasks of a session share.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(feature = "cache")]
use bytes::Bytes;
use futures::task::AtomicWaker;

#[cfg(feature = "cache")]
use crate::cache::{UrlCache, session::SessionCache};
#[cfg(feature = "protocols")]
use crate::load::builtin;
use crate::policy::fields::SessionFields;
use crate::policy::retry::RetryBudget;
use crate::seams::platform::Platform;
#[cfg(feature = "protocols")]
use crate::seams::protocol::UrlProtocol;
use crate::seams::protocol::list::Protocols;
use crate::seams::runtime::{Clock, Runtime};
use crate::session::delegate_queue::DelegateQueue;
use crate::session::handle::Session;
use crate::session::ledger::{Act, Acts, Ledger};
use crate::session::lifecycle::SessionEvent;
use crate::task::delegate::{Delegate, Wants};
use crate::task::observer::Observer;
use crate::task::shared::TaskShared;
use crate::words::configuration::Configuration;
#[cfg(feature = "cache")]
use crate::words::{error::Error, request::Request, response::Response};

/// One session.
pub(crate) struct SessionShared {
    pub(crate) platform: Platform,
    pub(crate) configuration: Configuration,
    pub(crate) fields: Arc<SessionFields>,
    #[cfg(feature = "cache")]
    pub(crate) cache: Option<Arc<SessionCache>>,
    pub(crate) retry_budget: RetryBudget,
    pub(crate) queue: DelegateQueue,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
    /// One of the observers wants metrics.
    pub(crate) observes_metrics: bool,
    pub(crate) protocols: Protocols,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) keeper_waker: AtomicWaker,
    /// The shared session ignores both invalidations.
    pub(crate) is_shared: bool,
    next_task: AtomicU64,
    handles: AtomicUsize,
    delegate: Mutex<Option<Arc<dyn Delegate>>>,
    description: Mutex<Option<String>>,
    ledger: Mutex<Ledger>,
}

/// What a session is made of.
pub(crate) struct Parts {
    pub(crate) platform: Platform,
    pub(crate) configuration: Configuration,
    pub(crate) queue: DelegateQueue,
    pub(crate) delegate: Option<Arc<dyn Delegate>>,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
    #[cfg(feature = "protocols")]
    pub(crate) protocols: Vec<Arc<dyn UrlProtocol>>,
    #[cfg(feature = "cache")]
    pub(crate) cache: Option<UrlCache>,
    pub(crate) is_shared: bool,
}

impl SessionShared {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let Parts {
            platform,
            configuration,
            queue,
            delegate,
            observers,
            #[cfg(feature = "protocols")]
            protocols,
            #[cfg(feature = "cache")]
            cache,
            is_shared,
        } = parts;
        let able = platform.transport.capabilities();
        let decoder = platform.decoder.as_deref().filter(|_| able.encoded_bodies);
        let codings = decoder.map_or(&[][..], |decoder| decoder.codings());
        let clock = platform.runtime.clock();
        let limit = configuration.http_maximum_connections_per_host;
        let fields = Arc::new(SessionFields::new(
            &configuration,
            able.all_request_headers,
            codings,
        ));
        #[cfg(feature = "cache")]
        let cache = cache.map(|cache| {
            let runtime = platform.runtime.clone();
            Arc::new(SessionCache::new(
                cache,
                &configuration,
                runtime,
                fields.clone(),
            ))
        });
        Arc::new(Self {
            retry_budget: configuration
                .retry_policy
                .as_ref()
                .map(RetryBudget::full)
                .unwrap_or_default(),
            fields,
            #[cfg(feature = "cache")]
            cache,
            ledger: Mutex::new(Ledger::new(&platform, clock.clone(), limit)),
            clock,
            #[cfg(feature = "protocols")]
            protocols: Protocols::new(protocols, builtin::protocols(&platform)),
            #[cfg(not(feature = "protocols"))]
            protocols: Protocols::default(),
            platform,
            configuration,
            queue,
            observes_metrics: observers.iter().any(|observer| observer.wants_metrics()),
            observers,
            keeper_waker: AtomicWaker::new(),
            is_shared,
            next_task: AtomicU64::new(1),
            handles: AtomicUsize::new(0),
            delegate: Mutex::new(delegate),
            description: Mutex::default(),
        })
    }

    pub(crate) fn runtime(&self) -> &Arc<dyn Runtime> {
        &self.platform.runtime
    }

    pub(crate) fn delegate(&self) -> Option<Arc<dyn Delegate>> {
        lock(&self.delegate).clone()
    }

    pub(crate) fn description(&self) -> MutexGuard<'_, Option<String>> {
        lock(&self.description)
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// What the cache has for `request`, fresh and in memory, where nobody watches how it comes: it costs no task.
    #[cfg(feature = "cache")]
    pub(crate) fn answer_at_once(
        &self,
        request: &Result<Request, Error>,
    ) -> Option<(Bytes, Response)> {
        let cache = self.cache.as_ref()?;
        let request = request.as_ref().ok()?;
        let watches = |delegate: Arc<dyn Delegate>| delegate.wants().contains(Wants::METRICS);
        if !self.observers.is_empty()
            || self.protocols.has_own()
            || self.delegate().is_some_and(watches)
            || !self.ledger().is_active()
        {
            return None;
        }
        cache.answer_at_once(request)
    }

    /// Works on the books, then does what they say, with the books closed.
    pub(crate) fn with_ledger<R>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Ledger, &mut Acts) -> R,
    ) -> R {
        let mut acts = Acts::new();
        let mut ledger = self.ledger();
        let result = work(&mut ledger, &mut acts);
        self.close(ledger, acts);
        result
    }

    /// Closes the books after work on them. Apart: the work is of many kinds, and this is the same for all.
    #[inline(never)]
    fn close(self: &Arc<Self>, mut ledger: MutexGuard<'_, Ledger>, acts: Acts) {
        let keeper = ledger.mind_keeper();
        drop(ledger);
        self.tell_keeper(keeper);
        for act in acts {
            self.perform(act);
        }
    }

    fn perform(self: &Arc<Self>, act: Act) {
        match act {
            Act::Wake(task) => task.signals().wake(),
            Act::Launch(task) => match task.ways() {
                None => task.signals().wake(),
                Some(ways) => (ways.launch)(task),
            },
            // Nobody is to be told in a turn.
            Act::Farewell if cfg!(not(feature = "delegate")) => drop(Farewell(self.clone())),
            Act::Farewell => {
                let farewell = Farewell(self.clone());
                self.runtime()
                    .spawn(Box::pin(async move { farewell.say() }));
            }
        }
    }

    /// Invalidates the session, unless it is the shared one.
    pub(crate) fn invalidate(self: &Arc<Self>, event: SessionEvent) {
        if !self.is_shared {
            self.with_ledger(|ledger, acts| ledger.on_session(event, acts));
        }
    }

    pub(crate) fn handle_made(&self) {
        self.handles.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn handle_dropped(self: &Arc<Self>) {
        if self.handles.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.invalidate(SessionEvent::Finish);
        }
    }
}

impl Drop for SessionShared {
    fn drop(&mut self) {
        self.keeper_waker.wake();
        #[cfg(feature = "cache")]
        if let Some(cache) = &self.cache {
            cache.end();
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The session's last message, said once: in its turn, or when it is dropped unsaid.
struct Farewell(Arc<SessionShared>);

impl Farewell {
    fn say(self) {
        let queue = self.0.queue.clone();
        queue.post(Box::new(move || drop(self)));
    }
}

impl Drop for Farewell {
    fn drop(&mut self) {
        self.0.platform.transport.reset();
        #[cfg(feature = "cache")]
        if let Some(cache) = &self.0.cache {
            cache.end();
        }
        let delegate = lock(&self.0.delegate).clone();
        if cfg!(feature = "delegate")
            && let Some(delegate) = delegate
            && delegate.wants().contains(Wants::INVALIDATION)
        {
            let session = Session::of(self.0.clone());
            // A panic here has no task to end, and nobody waits for it.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                delegate.did_become_invalid(&session, None)
            }));
        }
        let _released = lock(&self.0.delegate).take();
    }
}

/// Makes a task in the session; one that the session does not take any more is complete at once.
pub(crate) fn enter(
    session: &Arc<SessionShared>,
    make: impl FnOnce(u64) -> TaskShared,
) -> Arc<TaskShared> {
    let id = session.next_task.fetch_add(1, Ordering::Relaxed);
    let task = Arc::new(make(id));
    let timers = task.timers();
    if !session.ledger().register(task.clone(), timers) {
        task.refuse();
    }
    task
}
