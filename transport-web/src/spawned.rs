//! Work that goes on whoever waits for it.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::futures::spawn_local;
use urlsession_core::BoxFuture;

/// Begins `work`, after what was begun before; ready with what it comes to.
pub(crate) fn spawned<T: 'static>(work: impl Future<Output = T> + 'static) -> Spawned<T> {
    begun(Box::pin(work))
}

/// For each kind of outcome, and not for each work.
fn begun<T: 'static>(work: BoxFuture<'static, T>) -> Spawned<T> {
    let state = Rc::new(RefCell::new((None, None::<Waker>)));
    spawn_local({
        let state = Rc::clone(&state);
        async move {
            let outcome = work.await;
            let waker = {
                let mut state = state.borrow_mut();
                state.0 = Some(outcome);
                state.1.take()
            };
            waker.into_iter().for_each(Waker::wake);
        }
    });
    Spawned(state)
}

/// The outcome of work that was begun.
pub(crate) struct Spawned<T>(Rc<RefCell<(Option<T>, Option<Waker>)>>);

impl<T> Future for Spawned<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut state = self.0.borrow_mut();
        if let Some(outcome) = state.0.take() {
            return Poll::Ready(outcome);
        }
        state.1 = Some(context.waker().clone());
        Poll::Pending
    }
}
