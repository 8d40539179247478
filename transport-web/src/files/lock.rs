//! One writer in all pages and workers of the origin, by Web Locks. The browser gives up the lock of a page that is gone.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::js::option;
use crate::incoming::is_absent;
use crate::js::Foreign;
use crate::promised::Promised;

/// What the names of the locks begin with.
const PREFIX: &str = "urlsession:";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, method, getter)]
    fn locks(this: &Foreign) -> Result<Foreign, JsValue>;

    #[wasm_bindgen(catch, method)]
    fn request(
        this: &Foreign,
        name: &str,
        options: &JsValue,
        granted: &Closure<dyn FnMut(JsValue) -> JsValue>,
    ) -> Result<Foreign, JsValue>;
}

/// Held until it is dropped.
pub(super) struct Lock(#[expect(dead_code, reason = "its drop gives the lock back")] Rc<Answer>);

/// Whose it is.
pub(super) enum Locked {
    Ours(Lock),
    Taken,
    /// The browser has no locks.
    Unknown,
}

#[derive(Default)]
struct Answer {
    is_granted: Cell<Option<bool>>,
    release: RefCell<Option<Function>>,
    waker: Cell<Option<Waker>>,
}

impl Answer {
    /// Called by the browser: with the lock, or with nothing. Gives what it holds the lock for.
    fn come(&self, lock: &JsValue) -> JsValue {
        let is_granted = !is_absent(lock);
        let held = match is_granted {
            true => {
                Promise::new(&mut |release, _| *self.release.borrow_mut() = Some(release)).into()
            }
            false => JsValue::UNDEFINED,
        };
        self.is_granted.set(Some(is_granted));
        self.waker.take().into_iter().for_each(Waker::wake);
        held
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

impl Lock {
    /// Asks for the lock, without waiting for whoever has it.
    pub(super) async fn request(name: &str) -> Locked {
        let answer = Rc::new(Answer::default());
        let granted = Closure::new({
            let answer = Rc::clone(&answer);
            move |lock: JsValue| answer.come(&lock)
        });
        let Ok(promise) = ask(name, &granted) else {
            return Locked::Unknown;
        };
        let promised = Promised::new();
        if promised.listen(&promise).is_err() {
            return Locked::Unknown;
        }
        // Refused without an answer: there are no locks here.
        poll_fn(|context| {
            answer.waker.set(Some(context.waker().clone()));
            match answer.is_granted.get() {
                Some(_) => Poll::Ready(()),
                None => promised.poll(context).map(|_| ()),
            }
        })
        .await;
        match answer.is_granted.get() {
            Some(true) => Locked::Ours(Self(answer)),
            Some(false) => Locked::Taken,
            None => Locked::Unknown,
        }
    }
}

fn ask(name: &str, granted: &Closure<dyn FnMut(JsValue) -> JsValue>) -> Result<Foreign, JsValue> {
    let global: Foreign = js_sys::global().unchecked_into();
    let locks = global.navigator()?.locks()?;
    let name = [PREFIX, name].concat();
    locks.request(&name, &option("ifAvailable", true), granted)
}
