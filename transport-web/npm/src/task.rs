//! Tasks, by the other part's numbers.

use std::cell::RefCell;

use urlsession_core::{Error, ErrorCode, Task, TaskState};
use wasm_bindgen::prelude::*;

use crate::bridge::known;
use crate::table::{self, Table};
use crate::{failure, host};

thread_local! {
    static TASKS: Table<Task> = const { RefCell::new(Vec::new()) };
}

/// A task is there; gives its number in its session, made negative where it is complete already.
pub(crate) fn enter(number: u32, task: Task) -> f64 {
    let id = task.id() as f64;
    let is_over = task.state() == TaskState::Completed;
    table::put(&TASKS, number, task);
    if is_over { -id } else { id }
}

pub(crate) fn get(number: u32) -> Option<Task> {
    table::get(&TASKS, number)
}

/// Lets go of a task. One that was resumed goes on; one that was not is cancelled.
pub(crate) fn free(number: u32) {
    drop(table::take(&TASKS, number));
}

/// Apple's number of its state; completed when there is none.
pub(crate) fn state(number: u32) -> f64 {
    let state = get(number).map_or(TaskState::Completed, |task| task.state());
    state.raw().into()
}

/// Why it failed: of a task that its session refused, which is told nobody else. Without a task, that it was cancelled.
pub(crate) fn error(number: u32) -> JsValue {
    let error = get(number).and_then(|task| task.error());
    failure::list(&error.unwrap_or_else(|| Error::new(ErrorCode::Cancelled)))
}

/// What there is to know of it in numbers: the bytes of both bodies, sent, expected to be sent, received, expected to be received; and how urgent it is. What is
/// unknown is not a number.
pub(crate) fn numbers(task: &Task) -> JsValue {
    host::numbers([
        task.count_of_bytes_sent() as f64,
        known(task.count_of_bytes_expected_to_send()),
        task.count_of_bytes_received() as f64,
        known(task.count_of_bytes_expected_to_receive()),
        task.priority().into(),
    ])
}
