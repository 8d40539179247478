//! Caches, by the other part's numbers.

use std::cell::RefCell;
use std::sync::Arc;

use urlsession_core::UrlCache;
use urlsession_transport_web::indexed_db_cache;
use wasm_bindgen::prelude::*;

use crate::table::{self, Table};

thread_local! {
    static CACHES: Table<UrlCache> = const { RefCell::new(Vec::new()) };
}

#[inline(never)]
pub(crate) fn get(number: u32) -> Option<UrlCache> {
    table::get(&CACHES, number)
}

/// Makes a cache in memory, of so many bytes, and on disk, unless that takes none.
#[wasm_bindgen]
pub fn cache_new(number: u32, memory_capacity: f64, disk_capacity: f64, name: &str) {
    // There may be no session yet.
    urlsession_transport_web::parse_urls();
    let (memory, disk) = (memory_capacity as u64, disk_capacity as u64);
    let cache = match disk {
        0 => UrlCache::in_memory(memory),
        _ => UrlCache::new(memory, Arc::new(indexed_db_cache(name, disk))),
    };
    table::put(&CACHES, number, cache);
}

/// Lets go of a cache. Sessions keep theirs.
#[inline(never)]
pub(crate) fn free(number: u32) {
    drop(table::take(&CACHES, number));
}
