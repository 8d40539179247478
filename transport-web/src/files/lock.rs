//! One writer in all pages and workers of the origin, by Web Locks. The browser gives up the lock of a page that is gone.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use crate::incoming::is_absent;
use crate::js::Foreign;
use crate::objects::{object, option};
use crate::promised::Promised;
use crate::runtime::now;
use crate::script_error::ScriptError;
use crate::timer::Sleep;

/// What the names of the locks begin with.
const PREFIX: &str = "urlsession:";

/// How long to wait for a page or worker that is gone, in milliseconds, from one try to the next.
const PAUSES: [u64; 4] = [30, 100, 200, 400];

async fn sleep(milliseconds: u64) {
    Sleep::new(now() + Duration::from_millis(milliseconds)).await;
}

/// Has `open` open what is locked, again for a moment while it is still open elsewhere.
pub(super) async fn opened(
    open: impl Fn() -> Result<Foreign, JsValue>,
) -> Result<Foreign, JsValue> {
    for pause in PAUSES {
        match object(open()).await {
            Err(thrown) if ScriptError::of(&thrown).name() == "NoModificationAllowedError" => {
                sleep(pause).await;
            }
            opened => return opened,
        }
    }
    object(open()).await
}

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
        // An imitation may call twice.
        if self.is_granted.get().is_some() {
            return JsValue::UNDEFINED;
        }
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
    /// Asks for the lock, and again for a moment: the browser takes one to notice that whoever had it is gone.
    pub(super) async fn request(name: &str) -> Locked {
        for pause in PAUSES {
            match Self::ask_once(name).await {
                Locked::Taken => sleep(pause).await,
                locked @ (Locked::Ours(_) | Locked::Unknown) => return locked,
            }
        }
        Self::ask_once(name).await
    }

    /// Asks for the lock, without waiting for whoever has it.
    async fn ask_once(name: &str) -> Locked {
        let answer = Rc::new(Answer::default());
        let granted = Closure::new({
            let answer = Rc::clone(&answer);
            move |lock: JsValue| answer.come(&lock)
        });
        let Ok(promise) = ask(name, &granted) else {
            return Locked::Unknown;
        };
        let promised = Promised::new();
        promised.listen(&promise);
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
