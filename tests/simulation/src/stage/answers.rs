//! Answers that come later, or never.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use urlsession_core::{BoxFuture, Task};

use super::delegate::do_deed;
use super::log::Log;
use crate::script::{Choice, Deed, TaskNumber};
use crate::trace::Event;

/// What comes of a delegate's `Later`.
#[derive(Clone, Copy)]
pub(super) enum Coming {
    /// An answer, or falling through.
    Answer(Option<Choice>),
    /// A panic.
    Panic,
}

/// A delegate's `Later`, noted as it waits, ends or is dropped.
pub(super) struct Later {
    pub(super) log: Arc<Log>,
    pub(super) number: TaskNumber,
    pub(super) task: Task,
    /// Done as the answer is there.
    pub(super) deed: Option<Deed>,
    /// Never ready without one.
    pub(super) sleep: Option<BoxFuture<'static, ()>>,
    pub(super) coming: Coming,
    pub(super) has_waited: bool,
    pub(super) has_ended: bool,
}

impl Future for Later {
    type Output = Option<Choice>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Choice>> {
        let slept = self
            .sleep
            .as_mut()
            .is_some_and(|sleep| sleep.as_mut().poll(context).is_ready());
        if !slept {
            if !std::mem::replace(&mut self.has_waited, true) {
                self.log.of_task(self.number, Event::Waits);
            }
            return Poll::Pending;
        }
        self.has_ended = true;
        if let Some(deed) = self.deed {
            do_deed(&self.log, self.number, &self.task, deed);
        }
        match self.coming {
            Coming::Answer(choice) => {
                self.log.of_task(self.number, Event::Answered(choice));
                Poll::Ready(choice)
            }
            Coming::Panic => {
                self.log.of_task(self.number, Event::AnswerPanicked);
                panic_quietly()
            }
        }
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        if !self.has_ended {
            self.log.of_task(self.number, Event::AnswerDropped);
        }
    }
}

/// Panics without the message that the panic hook prints.
pub(super) fn panic_quietly() -> ! {
    std::panic::resume_unwind(Box::new("a callback's panic"))
}
