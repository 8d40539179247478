//! The database: opened at first use, begun anew where it cannot be used, given up where another tab wants it gone.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Poll, Waker};
use std::time::Duration;

use js_sys::{Array, Reflect};
use urlsession_core::Moment;
use wasm_bindgen::prelude::*;

use super::js::{answer, event};
use crate::js::Foreign;
use crate::objects::{option, record};
use crate::runtime::now;
use crate::timer::Sleep;

/// Of the stores and what is in them.
const VERSION: f64 = 1.0;
/// What the names of the databases begin with.
const PREFIX: &str = "urlsession-cache:";

/// Heads, with what they are found by; `id` is their key.
pub(super) const RECORDS: &str = "records";
/// Bodies by `[id, number of the part]`.
pub(super) const BODIES: &str = "bodies";
/// When each record was used last, and its size.
pub(super) const USES: &str = "uses";
/// How many bytes all take.
pub(super) const TOTALS: &str = "totals";

const STORES: [&str; 4] = [RECORDS, BODIES, USES, TOTALS];

/// No load waits longer for what the browser may never give.
const PATIENCE: Duration = Duration::from_secs(4);
/// A database that could not be had is not asked for again so soon.
const REST: Duration = Duration::from_secs(20);

pub(super) struct Database {
    name: String,
    state: RefCell<State>,
    is_opening: Cell<bool>,
    wakers: RefCell<Vec<Waker>>,
}

enum State {
    Closed,
    Open(Foreign),
    /// Until then it is not there.
    Absent(Moment),
}

impl Database {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: [PREFIX, name].concat(),
            state: RefCell::new(State::Closed),
            is_opening: Cell::new(false),
            wakers: RefCell::default(),
        }
    }

    /// A transaction over all stores; `None` where there is no database. Transactions begin in the order of the calls.
    pub(super) async fn begin(&self, mode: &str, is_strict: bool) -> Option<Foreign> {
        for _ in 0..2 {
            let database = self.opened().await?;
            let stores = STORES.iter().map(|&name| JsValue::from(name));
            let durability = match is_strict {
                true => "strict",
                false => "relaxed",
            };
            let options = option("durability", durability);
            match database.transaction(&stores.collect(), mode, &options) {
                Ok(transaction) => return Some(transaction),
                // Closed, because another tab wanted so.
                Err(_) => self.set(State::Closed),
            }
        }
        None
    }

    /// It gives no answer, or none that can be.
    pub(super) fn give_up(&self) {
        self.set(State::Absent(now() + REST));
    }

    fn set(&self, state: State) {
        *self.state.borrow_mut() = state;
    }

    async fn opened(&self) -> Option<Foreign> {
        poll_fn(|context| {
            if self.is_opening.get() {
                self.wakers.borrow_mut().push(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
        match &*self.state.borrow() {
            State::Open(database) => return Some(database.clone()),
            State::Absent(until) if now() < *until => return None,
            State::Absent(_) | State::Closed => {}
        }
        self.is_opening.set(true);
        let database = within(open_or_rebuild(&self.name)).await;
        self.is_opening.set(false);
        let state = match &database {
            Some(Ok(database)) => State::Open(database.clone()),
            Some(Err(_)) | None => State::Absent(now() + REST),
        };
        self.set(state);
        let wakers = self.wakers.take();
        wakers.into_iter().for_each(Waker::wake);
        database?.ok()
    }
}

/// What `work` comes to, unless that takes too long.
pub(super) async fn within<T>(work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut sleep) = (pin!(work), pin!(Sleep::new(now() + PATIENCE)));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        Poll::Pending => sleep.as_mut().poll(context).map(|()| None),
    })
    .await
}

async fn open_or_rebuild(name: &str) -> Result<Foreign, JsValue> {
    match open(name).await {
        Ok(database) => Ok(database),
        // Of another version, damaged, or somebody else's: what it holds can be had again.
        Err(_) => {
            let global: Foreign = js_sys::global().unchecked_into();
            let request = global.indexed_db()?.delete_database(name)?;
            event(&request, &["onsuccess"], &["onerror", "onblocked"]).await?;
            open(name).await
        }
    }
}

async fn open(name: &str) -> Result<Foreign, JsValue> {
    let global: Foreign = js_sys::global().unchecked_into();
    let request = global.indexed_db()?.open(name, VERSION)?;
    let good = ["onsuccess", "onupgradeneeded"];
    let first = event(&request, &good, &["onerror", "onblocked"]).await?;
    let database: Foreign = request.result()?.unchecked_into();
    let kind = Reflect::get(&first, &"type".into())?.as_string();
    if kind.as_deref() == Some("upgradeneeded") {
        create(&database)?;
        answer(Ok(request)).await?;
    }
    // Whoever wants it changed or gone need not wait for this tab.
    let close = database.close_method()?.bind(&database)?;
    Reflect::set(&database, &"onversionchange".into(), &close)?;
    let names = database.object_store_names()?;
    for name in STORES {
        if names.contains(name)?.as_bool() != Some(true) {
            database.close()?;
            return Err(JsValue::UNDEFINED);
        }
    }
    Ok(database)
}

fn create(database: &Foreign) -> Result<(), JsValue> {
    let by_id = option("keyPath", "id");
    let records = database.create_object_store(RECORDS, &by_id)?;
    records.create_index("key", "key")?;
    records.create_index("stored", "stored")?;
    database.create_object_store(BODIES, &record([]))?;
    let uses = database.create_object_store(USES, &by_id)?;
    uses.create_index("used", "used")?;
    database.create_object_store(TOTALS, &record([]))?;
    Ok(())
}

/// The range of a body's parts.
pub(super) fn parts_of(id: f64) -> Result<JsValue, JsValue> {
    let key = |number: f64| Array::of2(&id.into(), &number.into()).into();
    super::js::between(&key(0.0), &key(f64::INFINITY))
}
