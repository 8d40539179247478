//! Sessions, as the other part calls them.

use std::cell::RefCell;

use js_sys::Promise;
use js_sys::futures::future_to_promise;
use urlsession_core::{Session, TaskKind};
use urlsession_transport_web::platform;
use wasm_bindgen::prelude::*;

use crate::bridge::Bridge;
use crate::configuration::{self, RetryLists};
use crate::host::Host;
use crate::table::{self, Table};
use crate::{body, task, wire};

#[derive(Clone)]
struct Entry {
    session: Session,
    host: Host,
}

thread_local! {
    static SESSIONS: Table<Entry> = const { RefCell::new(Vec::new()) };
}

/// Makes a session. With `retries` it has a retry policy, whose numbers are the last ones.
#[wasm_bindgen]
#[expect(
    clippy::too_many_arguments,
    reason = "each is cheaper than an object to look into"
)]
pub fn session_new(
    number: u32,
    host: Host,
    numbers: &[f64],
    fields: &str,
    safe: &str,
    retries: bool,
    methods: Option<String>,
    statuses: Option<Vec<u16>>,
    error_codes: Option<Vec<i32>>,
) {
    let lists = retries.then_some(RetryLists {
        methods,
        statuses,
        error_codes,
    });
    let configuration = configuration::configuration(numbers, fields, safe, lists.as_ref());
    let builder = Session::builder(platform(&configuration), configuration)
        .delegate(Bridge::of_session(host.clone(), number));
    let session = builder.build();
    table::put(&SESSIONS, number, Entry { session, host });
}

/// Makes a task: of kind 0 for data, 1 for an upload. `numbers` and `flags` are what the request has beside its text.
#[wasm_bindgen]
#[expect(
    clippy::too_many_arguments,
    reason = "each is cheaper than an object to look into"
)]
pub fn session_task(
    session: u32,
    number: u32,
    kind: u8,
    request: &str,
    timeout: f64,
    cache_policy: f64,
    service_type: f64,
    forbidden: u8,
    body: JsValue,
    wants: u32,
) {
    let Some(Entry { session, host }) = table::get(&SESSIONS, session) else {
        return;
    };
    let made = wire::request(request).map(|mut request| {
        if !timeout.is_nan() {
            request = request.with_timeout_interval(configuration::duration(timeout));
        }
        if !cache_policy.is_nan()
            && let Some(policy) = configuration::cache_policy(cache_policy)
        {
            request = request.with_cache_policy(policy);
        }
        if !service_type.is_nan() {
            request = request.with_network_service_type(configuration::service_type(service_type));
        }
        request
            .with_allows_cellular_access(forbidden & 1 == 0)
            .with_allows_expensive_network_access(forbidden & 2 == 0)
            .with_allows_constrained_network_access(forbidden & 4 == 0)
    });
    let bridge = |kind| Bridge::of_task(host, number, kind, wants);
    let made = match kind {
        0 => {
            let request = made.map(|request| request.with_body(body::request_body(&body)));
            let bridge = bridge(TaskKind::Data);
            session.data_task_with_delegate(request, bridge).into()
        }
        _ => {
            let bridge = bridge(TaskKind::Upload);
            let body = body::upload_body(&body);
            session.upload_task_with_delegate(made, body, bridge).into()
        }
    };
    task::put(number, made);
}

/// Takes no more tasks, and becomes invalid when those there are have ended.
#[wasm_bindgen]
pub fn session_finish(number: u32) {
    if let Some(entry) = table::get(&SESSIONS, number) {
        entry.session.finish_tasks_and_invalidate();
    }
}

/// Takes no more tasks, and cancels those there are.
#[wasm_bindgen]
pub fn session_cancel(number: u32) {
    if let Some(entry) = table::get(&SESSIONS, number) {
        entry.session.invalidate_and_cancel();
    }
}

/// Forgets what the session has learned (`reset`), or writes out what is still to be written.
#[wasm_bindgen]
pub fn session_flush(number: u32, resets: bool) -> Promise {
    let entry = table::get(&SESSIONS, number);
    future_to_promise(async move {
        match entry {
            Some(entry) if resets => entry.session.reset().await,
            Some(entry) => entry.session.flush().await,
            None => {}
        }
        Ok(JsValue::UNDEFINED)
    })
}

/// Lets go of a session. Its tasks go on.
#[wasm_bindgen]
pub fn session_free(number: u32) {
    drop(table::take(&SESSIONS, number));
}
