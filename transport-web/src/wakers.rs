//! How JavaScript wakes futures: by their numbers, with one callback for all of them.

use std::cell::RefCell;
use std::task::{Context, Waker};

use wasm_bindgen::prelude::*;

/// What wakes the future of a number.
pub(crate) type Wake = Closure<dyn Fn(u32)>;

#[derive(Default)]
struct Wakers {
    /// By number.
    wakers: Vec<Option<Waker>>,
    /// Numbers that are nobody's.
    free: Vec<u32>,
}

thread_local! {
    static WAKERS: RefCell<Wakers> = RefCell::default();
    static WAKE: Wake = Closure::new(wake);
}

fn wake(number: u32) {
    let waker = WAKERS.with_borrow_mut(|all| all.wakers.get_mut(number as usize)?.take());
    waker.into_iter().for_each(Waker::wake);
}

/// The number of one future, for as long as this lives. What JavaScript has of it may call late and too often: whoever is woken looks.
pub(crate) struct Number(u32);

impl Number {
    /// A number, and what comes of telling it.
    pub(crate) fn told<T>(tell: impl FnOnce(&Wake, u32) -> T) -> (Self, T) {
        let number = WAKERS.with_borrow_mut(|all| {
            all.free.pop().unwrap_or_else(|| {
                all.wakers.push(None);
                all.wakers.len() as u32 - 1
            })
        });
        (Self(number), WAKE.with(|wake| tell(wake, number)))
    }

    /// The future is to be woken.
    pub(crate) fn waits(&self, context: &Context<'_>) {
        self.set(Some(context.waker().clone()));
    }

    fn set(&self, waker: Option<Waker>) {
        let before = WAKERS.with_borrow_mut(|all| {
            let place = all.wakers.get_mut(self.0 as usize)?;
            std::mem::replace(place, waker)
        });
        // Whatever it holds goes without a borrow.
        drop(before);
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        self.set(None);
        WAKERS.with_borrow_mut(|all| all.free.push(self.0));
    }
}
