//! The keeper of a session's time: one sleep, for the earliest of all its timers.

use std::future::poll_fn;
use std::sync::{Arc, Weak};
use std::task::Poll;

use crate::session::ledger::Keeper;
use crate::session::shared::SessionShared;
use crate::words::bounds::BoxFuture;
use crate::words::time::Moment;

/// Sleeps until the next alarm, has the books act on it, and so on; ends when there is none, or no session.
pub(crate) async fn keep(session: Weak<SessionShared>) {
    let mut sleep: Option<(Moment, BoxFuture<'static, ()>)> = None;
    poll_fn(move |context| {
        loop {
            let Some(session) = session.upgrade() else {
                return Poll::Ready(());
            };
            session.keeper_waker.register(context.waker());
            let now = session.clock.now();
            let Some(at) = session.ledger().dismiss_keeper_until() else {
                return Poll::Ready(());
            };
            if at <= now {
                session.with_ledger(|ledger, acts| ledger.tick(now, acts));
                continue;
            }
            if sleep.as_ref().is_none_or(|&(until, _)| until != at) {
                sleep = Some((at, session.runtime().sleep_until(at)));
            }
            drop(session);
            let Some((_, slept)) = &mut sleep else {
                return Poll::Pending;
            };
            if slept.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            sleep = None;
        }
    })
    .await;
}

impl SessionShared {
    /// Sees to it that somebody wakes for the next alarm.
    pub(crate) fn tell_keeper(self: &Arc<Self>, keeper: Keeper) {
        match keeper {
            Keeper::InTime => {}
            Keeper::Needed => self.runtime().spawn(Box::pin(keep(Arc::downgrade(self)))),
            Keeper::Astray => self.keeper_waker.wake(),
        }
    }
}
