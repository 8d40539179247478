//! Tells a handler that its task was refused.

use crate::task::shared::{Handler, TaskShared};
use crate::words::error::Error;
use crate::words::guarded::guarded;

/// Has the task's handler told, if it has one.
pub(crate) fn refuse(task: &TaskShared, error: Error) {
    if let Some(handler) = task.take_handler() {
        let (queue, refusal) = (
            task.session().queue.clone(),
            Refusal(Some((handler, error))),
        );
        task.session().runtime().spawn(Box::pin(async move {
            queue.post(Box::new(move || drop(refusal)));
        }));
    }
}

/// Told as it is dropped: in its turn, or when runtime or queue are gone.
struct Refusal(Option<(Handler, Error)>);

impl Drop for Refusal {
    fn drop(&mut self) {
        if let Some((handler, error)) = self.0.take() {
            // Its task has ended already: a panic in it has nothing left to end.
            let _ = guarded(|| handler.take(Err(error)));
        }
    }
}
