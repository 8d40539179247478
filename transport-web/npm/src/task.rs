//! Tasks, as the other part calls them.

use std::cell::RefCell;

use js_sys::Promise;
use urlsession_core::{DownloadTask, Error, ErrorCode, Task, TaskState};
use wasm_bindgen::prelude::*;

use crate::answer::promise;
use crate::table::{self, Table};
use crate::{failure, wire};

thread_local! {
    static TASKS: Table<Task> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn put(number: u32, task: Task) {
    table::put(&TASKS, number, task);
}

fn get(number: u32) -> Option<Task> {
    table::get(&TASKS, number)
}

/// Its number in its session, from 1; 0 when there is none.
#[wasm_bindgen]
pub fn task_id(number: u32) -> f64 {
    get(number).map_or(0.0, |task| task.id() as f64)
}

/// Apple's number of its state; completed when there is none.
#[wasm_bindgen]
pub fn task_state(number: u32) -> u8 {
    get(number)
        .map_or(TaskState::Completed, |task| task.state())
        .raw()
}

/// Why it failed: of a task that its session refused, which is told nobody else. Without a task, that it was cancelled.
#[wasm_bindgen]
pub fn task_error(number: u32) -> JsValue {
    let error = get(number).and_then(|task| task.error());
    failure::list(&error.unwrap_or_else(|| Error::new(ErrorCode::Cancelled)))
}

/// Lifts one suspension.
#[wasm_bindgen]
pub fn task_resume(number: u32) {
    if let Some(task) = get(number) {
        task.resume();
    }
}

/// Suspends.
#[wasm_bindgen]
pub fn task_suspend(number: u32) {
    if let Some(task) = get(number) {
        task.suspend();
    }
}

/// Cancels.
#[wasm_bindgen]
pub fn task_cancel(number: u32) {
    if let Some(task) = get(number) {
        task.cancel();
    }
}

/// Cancels a download, and gives what it takes to go on once it has ended; undefined where it cannot.
#[wasm_bindgen]
pub fn task_cancel_resumable(number: u32) -> Promise {
    let download = get(number).and_then(|task| DownloadTask::try_from(task).ok());
    // It cancels now, not when the promise is looked at.
    let data = download.map(|download| download.cancel_producing_resume_data());
    promise(async move {
        let data = match data {
            Some(data) => data.await,
            None => None,
        };
        let text = data.and_then(|data| String::from_utf8(data.to_bytes()).ok());
        Ok(text.into())
    })
}

/// How urgent it is, 0 to 1.
#[wasm_bindgen]
pub fn task_priority(number: u32) -> f32 {
    get(number).map_or(Task::DEFAULT_PRIORITY, |task| task.priority())
}

/// Sets how urgent it is.
#[wasm_bindgen]
pub fn task_set_priority(number: u32, priority: f32) {
    if let Some(task) = get(number) {
        task.set_priority(priority);
    }
}

/// The answer's head, as a text.
#[wasm_bindgen]
pub fn task_response(number: u32) -> Option<String> {
    let response = get(number)?.response()?;
    Some(wire::of_response(&response))
}

/// The bytes of both bodies: sent, expected to be sent, received, expected to be received; not a number where that is unknown.
#[wasm_bindgen]
pub fn task_counts(number: u32) -> Vec<f64> {
    let Some(task) = get(number) else {
        return Vec::new();
    };
    let known = |count: Option<u64>| count.map_or(f64::NAN, |count| count as f64);
    vec![
        task.count_of_bytes_sent() as f64,
        known(task.count_of_bytes_expected_to_send()),
        task.count_of_bytes_received() as f64,
        known(task.count_of_bytes_expected_to_receive()),
    ]
}

/// How far it is: units done and in all (negative while unknown), the share, units a second and seconds left (not a number while unknown).
#[wasm_bindgen]
pub fn task_progress(number: u32) -> Vec<f64> {
    let Some(task) = get(number) else {
        return Vec::new();
    };
    let now = task.session().platform().runtime.now();
    let snapshot = task.progress().snapshot(now);
    let left = snapshot.estimated_time_remaining;
    vec![
        snapshot.completed_unit_count as f64,
        snapshot.total_unit_count as f64,
        snapshot.fraction_completed,
        snapshot.throughput.unwrap_or(f64::NAN),
        left.map_or(f64::NAN, |left| left.as_secs_f64()),
    ]
}

/// Lets go of a task that has ended, and gives what there is to know of it: its counts, its progress, its priority. Nothing when there is none.
#[wasm_bindgen]
pub fn task_end(number: u32) -> Vec<f64> {
    let mut numbers = task_counts(number);
    numbers.extend(task_progress(number));
    if !numbers.is_empty() {
        numbers.push(task_priority(number).into());
    }
    task_free(number);
    numbers
}

/// Lets go of a task. One that was resumed goes on; one that was not is cancelled.
#[wasm_bindgen]
pub fn task_free(number: u32) {
    drop(table::take(&TASKS, number));
}
