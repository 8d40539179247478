//! What the browser tells of a fetch that is over: its entry of Resource Timing.
//!
//! The browser tells phases only to the server's own origin and to those that `Timing-Allow-Origin` names, and it
//! keeps no more entries than its buffer takes. Where there is no entry, or one that tells nothing, nothing is noted.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use urlsession_core::{ExchangeEvents, Moment, Url};
use wasm_bindgen::prelude::*;

use crate::entry::{Mapped, Told, newest_first, number, text};
use crate::js;

thread_local! {
    /// The fetches whose metrics somebody wants.
    static UNDER_WAY: RefCell<Vec<Weak<Name>>> = const { RefCell::new(Vec::new()) };
}

/// What the entry of a fetch is called: the URL that was asked for, wherever redirects have led.
struct Name {
    url: String,
    /// Another fetch of that name was under way at the same time.
    has_twin: Cell<bool>,
}

impl Name {
    fn new(url: &Url) -> Rc<Self> {
        let name = Rc::new(Self {
            url: url.as_str().to_owned(),
            has_twin: Cell::new(false),
        });
        UNDER_WAY.with_borrow_mut(|all| {
            all.retain(|other| other.strong_count() > 0);
            for other in all.iter().filter_map(Weak::upgrade) {
                name.meets(&other);
            }
            all.push(Rc::downgrade(&name));
        });
        name
    }

    fn meets(&self, other: &Self) {
        if self.url == other.url {
            self.has_twin.set(true);
            other.has_twin.set(true);
        }
    }
}

/// A fetch whose metrics somebody wants, by what its entry is found.
pub(crate) struct Timing {
    name: Rc<Name>,
    /// What the browser calls what made it.
    kind: &'static str,
    began: Moment,
    /// The same in the browser's milliseconds.
    began_at: f64,
    /// The latest that the browser may have begun.
    latest: f64,
}

impl Timing {
    /// A fetch begins. `None` where nobody wants to know, or there is no clock to find it by.
    pub(crate) fn begin(url: &Url, kind: &'static str, events: &ExchangeEvents) -> Option<Self> {
        if !events.wants_metrics() {
            return None;
        }
        let began = events.clock().now();
        let began_at = milliseconds()?;
        Some(Self {
            name: Name::new(url),
            kind,
            began,
            began_at,
            latest: began_at,
        })
    }

    /// `fetch` has returned. Here a browser has begun, by the standard.
    pub(crate) fn called(&mut self) {
        self.latest = milliseconds().unwrap_or(self.latest);
    }

    /// The head is there. A browser that lets another process begin has begun by now; which of two twins it was then does not show.
    pub(crate) fn head(&mut self) {
        if !self.name.has_twin.get() {
            self.called();
        }
    }

    /// The body has ended: notes what the browser tells of it by now.
    pub(crate) fn tell(self, events: &ExchangeEvents) {
        let clock = Mapped {
            began: self.began,
            began_at: self.began_at,
            now: events.clock().now(),
        };
        if let Some(told) = self.entry().and_then(|entry| Told::by(&entry)) {
            events.measure(|transaction| told.note(transaction, &clock));
        }
    }

    /// The first that began when this fetch did, or after: entries come in the order of their beginnings.
    fn entry(&self) -> Option<JsValue> {
        let entries = js::entries_by_name(&self.name.url, "resource").ok()?;
        newest_first(&entries)
            .take_while(|entry| is_at_least(entry, self.began_at))
            .filter(|entry| self.is_of_a_fetch(entry))
            .last()
    }

    fn is_of_a_fetch(&self, entry: &JsValue) -> bool {
        let is_in_time = number(entry, "startTime").is_some_and(|start| start <= self.latest);
        is_in_time && text(entry, "initiatorType").is_some_and(|kind| kind == self.kind)
    }
}

fn is_at_least(entry: &JsValue, began_at: f64) -> bool {
    number(entry, "startTime").is_some_and(|start| start >= began_at)
}

/// The browser's clock, as its entries have it.
fn milliseconds() -> Option<f64> {
    js::performance_now().ok().filter(|now| now.is_finite())
}
