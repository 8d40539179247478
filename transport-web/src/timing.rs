//! What the browser tells of a fetch that is over: its entry of Resource Timing.
//!
//! The browser tells phases only to the server's own origin and to those that `Timing-Allow-Origin` names. An entry is looked for in the page's
//! buffer, which takes 250 by default, and comes to an observer too, whatever the buffer takes. Where there is none, or one that tells nothing,
//! nothing is noted.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use urlsession_core::{ExchangeEvents, HeaderFields, Moment};
use wasm_bindgen::prelude::*;

use crate::entry::{Mapped, Told, newest_first, number, text};
use crate::fields::names;
use crate::js::{self, Callback};
use crate::runtime::now;
use crate::timer::Sleep;

/// How long the end of a body waits for an entry that is late.
const PATIENCE: Duration = Duration::from_millis(50);

thread_local! {
    /// The fetches whose metrics somebody wants.
    static UNDER_WAY: RefCell<Vec<Weak<Sought>>> = const { RefCell::new(Vec::new()) };
    static OBSERVING: RefCell<Weak<Observing>> = const { RefCell::new(Weak::new()) };
}

/// A fetch, by what its entry is found.
struct Sought {
    /// What the entry is called: the URL that was asked for, wherever redirects have led.
    url: String,
    /// What the browser calls what made it.
    kind: &'static str,
    /// When it began, in the browser's milliseconds.
    began_at: f64,
    /// The latest that the browser may have begun.
    latest: Cell<f64>,
    /// Another fetch of that name was under way at the same time.
    has_twin: Cell<bool>,
    /// The entry that has come to the observer.
    seen: RefCell<Option<JsValue>>,
    waker: Cell<Option<Waker>>,
}

impl Sought {
    fn new(url: &str, kind: &'static str, began_at: f64) -> Rc<Self> {
        let sought = Rc::new(Self {
            url: url.to_owned(),
            kind,
            began_at,
            latest: Cell::new(began_at),
            has_twin: Cell::new(false),
            seen: RefCell::default(),
            waker: Cell::default(),
        });
        UNDER_WAY.with_borrow_mut(|all| {
            all.retain(|other| other.strong_count() > 0);
            for other in all.iter().filter_map(Weak::upgrade) {
                sought.meets(&other);
            }
            all.push(Rc::downgrade(&sought));
        });
        sought
    }

    fn meets(&self, other: &Self) {
        if self.bare() == other.bare() {
            self.has_twin.set(true);
            other.has_twin.set(true);
        }
    }

    /// The URL without its fragment, which WebKit leaves out of the name.
    fn bare(&self) -> &str {
        let end = self.url.find('#').unwrap_or(self.url.len());
        &self.url[..end]
    }

    /// What there is of it by now.
    fn entry(&self) -> Option<JsValue> {
        let named = |name| self.entry_named(name);
        named(&self.url)
            .or_else(|| named(self.bare()))
            .or_else(|| self.seen.borrow().clone())
    }

    /// The first that began when this fetch did, or after: entries come in the order of their beginnings.
    fn entry_named(&self, name: &str) -> Option<JsValue> {
        let entries = js::entries_by_name(name);
        newest_first(&entries)
            .take_while(|entry| start(entry).is_some_and(|start| start >= self.began_at))
            .filter(|entry| self.fits(entry))
            .last()
    }

    fn fits(&self, entry: &JsValue) -> bool {
        let is_in_time =
            start(entry).is_some_and(|start| (self.began_at..=self.latest.get()).contains(&start));
        is_in_time && text(entry, "initiatorType").is_some_and(|kind| kind == self.kind)
    }

    /// The observer has got an entry of this name: of several that fit, the first is kept.
    fn see(&self, entry: &JsValue) {
        if !self.fits(entry) {
            return;
        }
        let before = self.seen.borrow().as_ref().and_then(start);
        if before.is_none_or(|before| start(entry) < Some(before)) {
            *self.seen.borrow_mut() = Some(entry.clone());
        }
        self.waker.take().into_iter().for_each(Waker::wake);
    }
}

fn start(entry: &JsValue) -> Option<f64> {
    number(entry, "startTime")
}

/// The observer of all fetches under way, which ends with the last of them.
struct Observing {
    observer: JsValue,
    _callback: Callback,
}

impl Observing {
    fn shared() -> Option<Rc<Self>> {
        if let Some(shared) = OBSERVING.with_borrow(Weak::upgrade) {
            return Some(shared);
        }
        let begun = Rc::new(Self::begin()?);
        OBSERVING.set(Rc::downgrade(&begun));
        Some(begun)
    }

    fn begin() -> Option<Self> {
        let callback = Callback::new(|entries: JsValue| see(&entries));
        let observer = js::observe(&callback);
        (!observer.is_undefined()).then(|| Self {
            observer,
            _callback: callback,
        })
    }
}

impl Drop for Observing {
    fn drop(&mut self) {
        js::disconnect(&self.observer);
    }
}

/// Gives the entries to the fetches of their names.
fn see(entries: &JsValue) {
    for entry in newest_first(entries) {
        let Some(name) = text(&entry, "name") else {
            continue;
        };
        // No borrow while it is looked at: a getter may fetch.
        let of_that_name: Vec<_> = UNDER_WAY.with_borrow(|all| {
            let all = all.iter().filter_map(Weak::upgrade);
            all.filter(|it| it.url == name || it.bare() == name)
                .collect()
        });
        of_that_name.iter().for_each(|sought| sought.see(&entry));
    }
}

/// What is told of a fetch whose metrics somebody wants. Its code is linked where one begins, and nowhere else.
pub(crate) trait Timing {
    /// `fetch` has returned. Here a browser has begun, by the standard.
    fn called(&self);

    /// The head is there. A browser that lets another process begin has begun by now; which of two twins it was then does not show.
    fn head(&self);

    /// The body has ended: notes what the browser tells of it. Ready at once as a rule; an entry that is late is waited for.
    fn poll_tell(&mut self, context: &mut Context<'_>, events: &ExchangeEvents) -> Poll<()>;
}

/// A fetch whose metrics somebody wants.
pub(crate) type Timed = Box<dyn Timing>;

/// A fetch begins whose metrics somebody wants. `None` where there is no clock to find it by.
///
/// Never put into its caller's code: most fetches do without.
#[inline(never)]
pub(crate) fn begin(url: &str, kind: &'static str, events: &ExchangeEvents) -> Option<Timed> {
    let observing = Observing::shared();
    let began = events.clock().now();
    let began_at = milliseconds()?;
    Some(Box::new(Fetch {
        sought: Sought::new(url, kind, began_at),
        observing,
        began,
        patience: None,
    }))
}

struct Fetch {
    sought: Rc<Sought>,
    /// Where the browser has none, nothing is waited for.
    observing: Option<Rc<Observing>>,
    began: Moment,
    patience: Option<Sleep>,
}

impl Timing for Fetch {
    fn called(&self) {
        if let Some(now) = milliseconds() {
            self.sought.latest.set(now);
        }
    }

    fn head(&self) {
        if !self.sought.has_twin.get() {
            self.called();
        }
    }

    fn poll_tell(&mut self, context: &mut Context<'_>, events: &ExchangeEvents) -> Poll<()> {
        let entry = self.sought.entry();
        if entry.is_none() && self.observing.is_some() {
            ready!(self.poll_patience(context, events));
        }
        let clock = Mapped {
            began: self.began,
            began_at: self.sought.began_at,
            now: events.clock().now(),
        };
        if let Some(told) = entry.and_then(|entry| Told::by(&entry)) {
            events.measure(|transaction| told.note(transaction, &clock));
        }
        Poll::Ready(())
    }
}

impl Fetch {
    fn poll_patience(&mut self, context: &mut Context<'_>, events: &ExchangeEvents) -> Poll<()> {
        let patience = self.patience.get_or_insert_with(|| {
            // The wait is no part of the transfer.
            let end = events.clock().now();
            events.measure(|transaction| transaction.response_end = Some(end));
            Sleep::new(now() + PATIENCE)
        });
        self.sought.waker.set(Some(context.waker().clone()));
        Pin::new(patience).poll(context)
    }
}

/// The browser's clock, as its entries have it.
fn milliseconds() -> Option<f64> {
    Some(js::clock()).filter(|now| now.is_finite())
}

/// Tells who wants to know which of these fields the browser has left out of the request.
#[inline(never)]
pub(crate) fn tell_of_dropped(fields: &HeaderFields, events: &ExchangeEvents) {
    if fields.is_empty() {
        return;
    }
    let mut asked = String::new();
    fields.tell(&mut |name, _| {
        // The values of one name follow each other.
        if asked.rsplit('\n').next() == Some(name) {
            return;
        }
        if !asked.is_empty() {
            asked.push('\n');
        }
        asked.push_str(name);
    });
    let dropped = js::dropped(&asked);
    let dropped = names(&dropped).filter_map(|name| name.parse().ok());
    let dropped = dropped.collect();
    events.measure(|transaction| transaction.dropped_request_fields = dropped);
}
