//! Brings questions and notices to the delegates, and answers back.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use crate::seams::app::App;
use crate::seams::asking::Asking;
use crate::seams::signals::Signals;
use crate::session::ledger::Ledger;
use crate::session::shared::lock;
use crate::task::delegate::{Answer, Delegate, Wants};
use crate::task::handle::Task;
use crate::task::lifecycle::State;
use crate::task::shared::TaskShared;
use crate::words::bounds::{BoxFuture, MaybeSend, MaybeSync};
use crate::words::error::{CallbackDropped, Error, ErrorCode};
use crate::words::guarded::guarded;

/// One call of a delegate's method, made once or, where the task was suspended meanwhile, later. What is answered it keeps: so what brings
/// calls to delegates is there once, and not for each kind of answer.
trait Call: MaybeSend + MaybeSync {
    fn make(&self, delegate: &dyn Delegate, task: &Task) -> Answer<()>;
}

impl<F: Fn(&dyn Delegate, &Task) -> Answer<()> + MaybeSend + MaybeSync> Call for F {
    fn make(&self, delegate: &dyn Delegate, task: &Task) -> Answer<()> {
        self(delegate, task)
    }
}

/// An answer's place until all calls are made.
struct Kept<T>(Arc<Mutex<Option<T>>>);

impl<T: MaybeSend + 'static> Kept<T> {
    fn keep(&self, answer: Answer<T>) -> Answer<()> {
        match answer {
            Answer::Unhandled => Answer::Unhandled,
            Answer::Now(answer) => {
                self.put(answer);
                Answer::Now(())
            }
            Answer::Later(answer) => {
                let place = Self(self.0.clone());
                Answer::Later(Box::pin(async move {
                    answer.await.map(|answer| place.put(answer))
                }))
            }
        }
    }

    fn put(&self, answer: T) {
        *lock(&self.0) = Some(answer);
    }
}

/// What became of a call that had to wait for its turn in the queue.
enum Turn {
    Waiting,
    /// The task did not load any more when its turn came.
    Missed,
    Answered(Result<Answer<()>, Error>),
}

/// Where a queued call leaves its answer; dropped uncalled, it leaves an error.
struct Slot {
    turn: Arc<Mutex<Turn>>,
    signals: Arc<Signals>,
}

impl Slot {
    fn settle(&self, turn: Turn) {
        *lock(&self.turn) = turn;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut turn = lock(&self.turn);
        if matches!(*turn, Turn::Waiting) {
            let error = Error::new(ErrorCode::Unknown).with_cause(CallbackDropped);
            *turn = Turn::Answered(Err(error));
        }
        drop(turn);
        self.signals.wake();
    }
}

impl TaskShared {
    /// Asks the delegates that want this call, in turn, until one answers. The load goes on only once the task loads: the call
    /// itself may have suspended or cancelled it.
    #[cfg(feature = "delegate")]
    pub(super) fn ask<T: MaybeSend + 'static>(
        self: &Arc<Self>,
        wanted: Wants,
        call: impl Fn(&dyn Delegate, &Task) -> Answer<T> + MaybeSend + MaybeSync + 'static,
    ) -> Option<Asking<'_, Option<T>>> {
        if !self.wants(wanted) {
            return None;
        }
        let place = Arc::new(Mutex::new(None));
        let kept = Kept(place.clone());
        let call = move |delegate: &dyn Delegate, task: &Task| kept.keep(call(delegate, task));
        Some(Box::pin(async move {
            self.ask_each(wanted, Arc::new(call)).await?;
            Ok(lock(&place).take())
        }))
    }

    /// Tells them.
    #[cfg(feature = "delegate")]
    pub(super) fn tell(
        self: &Arc<Self>,
        wanted: Wants,
        call: impl Fn(&dyn Delegate, &Task) -> Answer<()> + MaybeSend + MaybeSync + 'static,
    ) -> Option<Asking<'_, ()>> {
        let wants = self.wants(wanted);
        wants.then(|| -> Asking<'_, ()> { Box::pin(self.ask_each(wanted, Arc::new(call))) })
    }

    /// Without delegates nobody answers.
    #[cfg(not(feature = "delegate"))]
    pub(super) fn ask<T, F>(self: &Arc<Self>, _: Wants, _: F) -> Option<Asking<'_, Option<T>>>
    where
        F: Fn(&dyn Delegate, &Task) -> Answer<T>,
    {
        None
    }

    /// Nor is anybody told.
    #[cfg(not(feature = "delegate"))]
    pub(super) fn tell<F>(self: &Arc<Self>, _: Wants, _: F) -> Option<Asking<'_, ()>>
    where
        F: Fn(&dyn Delegate, &Task) -> Answer<()>,
    {
        None
    }

    async fn ask_each(self: &Arc<Self>, wanted: Wants, call: Arc<dyn Call>) -> Result<(), Error> {
        for delegate in self.audience(wanted) {
            let answer = self.call(delegate, &call).await?;
            // The call may have suspended the task: nothing is read or sent after it then.
            self.gate().await;
            match answer {
                Answer::Unhandled => {}
                Answer::Now(()) => break,
                Answer::Later(future) => {
                    if self.wait_for_app(Guarded(future)).await?.is_some() {
                        break;
                    }
                }
            }
        }
        self.gate().await;
        Ok(())
    }

    /// Makes the call now if the queue is free, else in its turn; never while the task is suspended.
    async fn call(
        self: &Arc<Self>,
        delegate: Arc<dyn Delegate>,
        call: &Arc<dyn Call>,
    ) -> Result<Answer<()>, Error> {
        loop {
            self.gate().await;
            let task = Task::of(self.clone());
            let queue = &self.session().queue;
            match queue.run_now(|| guarded(|| call.make(&*delegate, &task))) {
                Ok(answer) => return answer,
                Err(_busy) => {}
            }
            let in_turn = self.call_in_turn(delegate.clone(), call.clone());
            if let Some(answer) = self.wait_for_app(in_turn).await {
                return answer;
            }
        }
    }

    /// `None` when the task did not load any more as the turn came.
    async fn call_in_turn(
        self: &Arc<Self>,
        delegate: Arc<dyn Delegate>,
        call: Arc<dyn Call>,
    ) -> Option<Result<Answer<()>, Error>> {
        let turn = Arc::new(Mutex::new(Turn::Waiting));
        let slot = Slot {
            turn: turn.clone(),
            signals: self.signals().clone(),
        };
        let task = Task::of(self.clone());
        self.session().queue.post(Box::new(move || {
            let settled = match task.shared().internal_state() == State::Loading {
                false => Turn::Missed,
                true => Turn::Answered(guarded(|| call.make(&*delegate, &task))),
            };
            slot.settle(settled);
        }));
        poll_fn(
            |_| match std::mem::replace(&mut *lock(&turn), Turn::Waiting) {
                Turn::Waiting => Poll::Pending,
                Turn::Missed => Poll::Ready(None),
                Turn::Answered(answer) => Poll::Ready(Some(answer)),
            },
        )
        .await
    }

    /// Waits for a place at the task's origin.
    pub(super) async fn place(&self) {
        poll_fn(|_| match self.session().ledger().has_place(self) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }

    /// Waits until calls may be made: the task loads.
    async fn gate(&self) {
        poll_fn(|_| match self.internal_state() {
            State::Loading => Poll::Ready(()),
            State::Born
            | State::Queued
            | State::Shelved
            | State::Suspended
            | State::Canceling
            | State::Finishing
            | State::Completed => Poll::Pending,
        })
        .await;
    }

    /// Waits for the app: the idle timer stands still, and the task keeps no place that others wait for.
    pub(super) async fn wait_for_app<R>(&self, answer: impl Future<Output = R>) -> R {
        let mut answer = std::pin::pin!(answer);
        let first = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await;
        if let Poll::Ready(answer) = first {
            return answer;
        }
        self.in_ledger(Ledger::begin_wait_for_app);
        let answer = answer.await;
        self.in_ledger(Ledger::end_wait_for_app);
        answer
    }
}

/// An answer's future, its panics caught.
pub(crate) struct Guarded<T>(pub(crate) BoxFuture<'static, Option<T>>);

impl<T> Future for Guarded<T> {
    type Output = Result<Option<T>, Error>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> Poll<Self::Output> {
        match guarded(|| self.0.as_mut().poll(context)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(answer)) => Poll::Ready(Ok(answer)),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}
