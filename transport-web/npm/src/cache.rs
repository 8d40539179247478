//! Caches, as the other part calls them.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use js_sys::Promise;
use urlsession_core::UrlCache;
use urlsession_transport_web::indexed_db_cache;
use wasm_bindgen::prelude::*;

use crate::answer::promise;
use crate::table::{self, Table};
use crate::{cached, failure, session, wire};

thread_local! {
    static CACHES: Table<UrlCache> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn get(number: u32) -> Option<UrlCache> {
    table::get(&CACHES, number)
}

/// Makes a cache in memory, of so many bytes, and on disk, unless that takes none.
#[wasm_bindgen]
pub fn cache_new(number: u32, memory_capacity: f64, disk_capacity: f64, name: &str) {
    let (memory, disk) = (memory_capacity as u64, disk_capacity as u64);
    let cache = match disk {
        0 => UrlCache::in_memory(memory),
        _ => UrlCache::new(memory, Arc::new(indexed_db_cache(name, disk))),
    };
    table::put(&CACHES, number, cache);
}

/// Lets go of a cache. Sessions keep theirs.
#[wasm_bindgen]
pub fn cache_free(number: u32) {
    drop(table::take(&CACHES, number));
}

/// Its capacity in memory and its use of it, in bytes, and its capacity on disk.
#[wasm_bindgen]
pub fn cache_numbers(number: u32) -> Vec<f64> {
    let Some(cache) = get(number) else {
        return Vec::new();
    };
    let numbers = [
        cache.memory_capacity(),
        cache.current_memory_usage(),
        cache.disk_capacity(),
    ];
    numbers.map(|number| number as f64).into()
}

/// Sets its capacity in memory.
#[wasm_bindgen]
pub fn cache_set_memory_capacity(number: u32, bytes: f64) {
    if let Some(cache) = get(number) {
        cache.set_memory_capacity(bytes as u64);
    }
}

/// Does one of the deeds that take no more than a number: 0 sets the capacity on disk, 1 gives the use of the disk, 2 takes everything out, 3 what was
/// stored since a date (milliseconds since 1970), 4 flushes.
#[wasm_bindgen]
pub fn cache_do(number: u32, deed: u8, argument: f64) -> Promise {
    let cache = get(number);
    promise(async move {
        let Some(cache) = cache else {
            return Ok(JsValue::UNDEFINED);
        };
        match deed {
            0 => cache.set_disk_capacity(argument as u64).await,
            1 => return Ok((cache.current_disk_usage().await as f64).into()),
            2 => cache.remove_all_cached_responses().await,
            3 => {
                let since = Duration::try_from_secs_f64(argument / 1e3).unwrap_or_default();
                let date = SystemTime::UNIX_EPOCH + since;
                cache.remove_cached_responses_since(date).await;
            }
            _ => cache.flush().await,
        }
        Ok(JsValue::UNDEFINED)
    })
}

/// What the cache has of a request, as a list; with a list, keeps that; with `null`, removes what there is. Asked by a session, as that one would send
/// the request.
#[wasm_bindgen]
pub fn cache_response(number: u32, session: u32, request: &str, deed: JsValue) -> Promise {
    let cache = session::cache(session).or_else(|| get(number));
    let request = wire::request(request);
    promise(async move {
        let request = request.map_err(|error| failure::list(&error))?;
        let Some(cache) = cache else {
            return Ok(JsValue::UNDEFINED);
        };
        if deed.is_null() {
            cache.remove_cached_response(&request).await;
        } else if let Some(kept) = cached::of_list(&deed) {
            cache.store_cached_response(kept, &request).await;
        } else if let Some(found) = cache.cached_response(&request).await {
            return Ok(cached::list(&found));
        }
        Ok(JsValue::UNDEFINED)
    })
}
