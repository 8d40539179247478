//! What the other part asks for by the number of a deed: of a session, a task or a cache, by its own number.

use std::time::{Duration, SystemTime};

use js_sys::Promise;
use urlsession_core::{DownloadTask, FileRef, Files as _, Task};
use urlsession_transport_web::WebFiles;
use wasm_bindgen::prelude::*;

use crate::answer::promise;
use crate::{cache, cached, capabilities, failure, session, task, wire};

/// Does a deed that takes no more than a number, and gives one: those of `Call` in `ts/calls.ts`. Of what is not there, nothing comes of it.
#[wasm_bindgen]
pub fn call(deed: u8, number: u32, argument: f64) -> f64 {
    match deed {
        0 => return task::state(number),
        1..=5 => {
            if let Some(task) = task::get(number) {
                match deed {
                    1 => task.resume(),
                    2 => task.suspend(),
                    3 => task.cancel(),
                    4 => return task.priority().into(),
                    _ => task.set_priority(argument as f32),
                }
            }
            return Task::DEFAULT_PRIORITY.into();
        }
        6 => task::free(number),
        7 | 8 => {
            if let Some(session) = session::get(number) {
                match deed {
                    7 => session.finish_tasks_and_invalidate(),
                    _ => session.invalidate_and_cancel(),
                }
            }
        }
        9 => session::free(number),
        10 => session::cancel_response(number),
        11 => cache::free(number),
        12..=15 => return at_cache(number, deed, argument),
        _ => return capabilities::bits().into(),
    }
    0.0
}

/// Of a cache: 12 and 13 give its capacity and its use of memory, 14 its capacity on disk, 15 sets that in memory.
#[inline(never)]
fn at_cache(number: u32, deed: u8, argument: f64) -> f64 {
    let Some(cache) = cache::get(number) else {
        return 0.0;
    };
    match deed {
        12 => cache.memory_capacity() as f64,
        13 => cache.current_memory_usage() as f64,
        14 => cache.disk_capacity() as f64,
        _ => {
            cache.set_memory_capacity(argument as u64);
            0.0
        }
    }
}

/// Gives what there is to know: of a task why it failed (0), of a download its answer's head as a text (1), of any its numbers (2). What there is not is undefined.
#[wasm_bindgen]
pub fn look(what: u8, number: u32) -> JsValue {
    match what {
        0 => task::error(number),
        1 => head(number),
        _ => task::get(number).map_or(JsValue::UNDEFINED, |task| task::numbers(&task)),
    }
}

/// The head of the answer to a download.
#[inline(never)]
fn head(number: u32) -> JsValue {
    let response = task::get(number).and_then(|task| task.response());
    response.map(|response| wire::of_response(&response)).into()
}

/// Does a deed that takes its time: those of `Ask` in `ts/calls.ts`.
#[wasm_bindgen]
pub fn ask(deed: u8, number: u32, argument: f64, text: &str, value: JsValue) -> Promise {
    match deed {
        0 | 1 => flush(number, deed == 0),
        2 => cancel_resumable(number),
        3..=7 => of_cache(number, deed, argument),
        8 => of_response(number, text, value),
        _ => remove_file(text),
    }
}

/// Forgets what the session has learned (`resets`), or writes out what is still to be written.
#[inline(never)]
fn flush(number: u32, resets: bool) -> Promise {
    let session = session::get(number);
    promise(async move {
        match session {
            Some(session) if resets => session.reset().await,
            Some(session) => session.flush().await,
            None => {}
        }
        Ok(JsValue::UNDEFINED)
    })
}

/// Cancels a download, and gives what it takes to go on once it has ended; undefined where it cannot.
fn cancel_resumable(number: u32) -> Promise {
    let download = task::get(number).and_then(|task| DownloadTask::try_from(task).ok());
    // It cancels now, not when the promise is looked at.
    let data = download.map(|download| download.cancel_producing_resume_data());
    promise(async move {
        let data = match data {
            Some(data) => data.await,
            None => None,
        };
        Ok(data.map_or(JsValue::UNDEFINED, |data| failure::stored(&data)))
    })
}

/// Of a cache: 3 sets the capacity on disk, 4 gives the use of the disk, 5 takes everything out, 6 what was stored since a date (milliseconds since 1970),
/// 7 flushes.
fn of_cache(number: u32, deed: u8, argument: f64) -> Promise {
    let cache = cache::get(number);
    promise(async move {
        let Some(cache) = cache else {
            return Ok(JsValue::UNDEFINED);
        };
        match deed {
            3 => cache.set_disk_capacity(argument as u64).await,
            4 => return Ok((cache.current_disk_usage().await as f64).into()),
            5 => cache.remove_all_cached_responses().await,
            6 => {
                let since = Duration::try_from_secs_f64(argument / 1e3).unwrap_or_default();
                let date = SystemTime::UNIX_EPOCH + since;
                cache.remove_cached_responses_since(date).await;
            }
            _ => cache.flush().await,
        }
        Ok(JsValue::UNDEFINED)
    })
}

/// What a cache has of a request, as a list; with a list, keeps that; with `null`, removes what there is.
fn of_response(number: u32, request: &str, value: JsValue) -> Promise {
    let cache = cache::get(number);
    let request = wire::request(request);
    promise(async move {
        let request = request.map_err(|error| failure::list(&error))?;
        let Some(cache) = cache else {
            return Ok(JsValue::UNDEFINED);
        };
        if value.is_null() {
            cache.remove_cached_response(&request).await;
        } else if let Some(kept) = cached::of_list(&value) {
            cache.store_cached_response(kept, &request).await;
        } else if let Some(found) = cache.cached_response(&request).await {
            return Ok(cached::list(&found));
        }
        Ok(JsValue::UNDEFINED)
    })
}

/// Removes the file at a path.
#[inline(never)]
fn remove_file(path: &str) -> Promise {
    let removed = WebFiles::new().remove(&FileRef::new(path));
    promise(async move {
        let removed = removed.await.map_err(|error| failure::list(&error));
        removed.map(|()| JsValue::UNDEFINED)
    })
}
