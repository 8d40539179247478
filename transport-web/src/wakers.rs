//! How JavaScript wakes futures: by their numbers, with one function for all of them.

use std::cell::RefCell;
use std::task::{Context, Waker};

use wasm_bindgen::prelude::*;

use crate::executor::Spawned;
use crate::js;

/// What wakes the future of a number.
pub(crate) type Wake = JsValue;

/// What has a number.
#[derive(Default)]
enum Place {
    /// Nobody waits.
    #[default]
    Empty,
    /// Somebody waits.
    Waiting(Waker),
    /// A future waits for its next turn.
    Spawned(Spawned),
}

#[derive(Default)]
struct Places {
    /// By number.
    places: Vec<Place>,
    /// Numbers that are nobody's.
    free: Vec<u32>,
}

thread_local! {
    static PLACES: RefCell<Places> = RefCell::default();
    /// [`wake`], as JavaScript calls it: without a closure's object, and what counts who has it.
    pub(crate) static WAKE: Wake = {
        // A function's address is its place in the module's table.
        let address = wake as extern "C" fn(u32) as usize;
        js::wake_at(&wasm_bindgen::function_table(), address as u32)
    };
}

extern "C" fn wake(number: u32) {
    match put(number, Place::Empty) {
        Place::Empty => {}
        Place::Waiting(waker) => waker.wake(),
        Place::Spawned(spawned) => spawned.poll(),
    }
}

/// Puts something into the place of a number, and gives what was there: whatever it holds goes without a borrow.
fn put(number: u32, place: Place) -> Place {
    PLACES.with_borrow_mut(|all| match all.places.get_mut(number as usize) {
        Some(before) => std::mem::replace(before, place),
        None => Place::Empty,
    })
}

/// The number of one future, for as long as this lives. What JavaScript has of it may call late and too often: whoever is woken looks.
pub(crate) struct Number(u32);

impl Number {
    pub(crate) fn new() -> Self {
        Self(PLACES.with_borrow_mut(|all| {
            all.free.pop().unwrap_or_else(|| {
                all.places.push(Place::Empty);
                all.places.len() as u32 - 1
            })
        }))
    }

    /// A number, and what comes of telling it.
    pub(crate) fn told<T>(tell: impl FnOnce(&Wake, u32) -> T) -> (Self, T) {
        let number = Self::new();
        let told = WAKE.with(|wake| tell(wake, number.0));
        (number, told)
    }

    pub(crate) fn get(&self) -> u32 {
        self.0
    }

    /// The future is to be woken.
    pub(crate) fn waits(&self, context: &Context<'_>) {
        put(self.0, Place::Waiting(context.waker().clone()));
    }

    /// The future is here until it is woken.
    pub(crate) fn keeps(spawned: Spawned) {
        put(spawned.number().0, Place::Spawned(spawned));
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        put(self.0, Place::Empty);
        PLACES.with_borrow_mut(|all| all.free.push(self.0));
    }
}
