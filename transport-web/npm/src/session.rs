//! Sessions, as the other part calls them.

use std::cell::RefCell;

use js_sys::Promise;
use urlsession_core::futures::future::{AbortHandle, abortable};
use urlsession_core::{DownloadOptions, Error, ErrorCode, Request, Session, TaskKind, UrlCache};
use urlsession_transport_web::platform_with;
use wasm_bindgen::prelude::*;

use crate::answer::promise;
use crate::bridge::Bridge;
use crate::configuration::{self, RetryLists};
use crate::download::Download;
use crate::host::Host;
use crate::protocol::HostProtocol;
use crate::table::{self, Table};
use crate::{body, cache, failure, fetch, task, wire};

#[derive(Clone)]
struct Entry {
    session: Session,
    host: Host,
}

thread_local! {
    static SESSIONS: Table<Entry> = const { RefCell::new(Vec::new()) };
    /// Responses whose heads are waited for.
    static RESPONSES: Table<AbortHandle> = const { RefCell::new(Vec::new()) };
}

/// Makes a session. With `retries` it has a retry policy, whose numbers are the last ones. `cache` is a cache's number, 0 for none; `protocols` says how many
/// protocols the host has for it.
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
    cache: u32,
    protocols: u32,
    fetch: &str,
) {
    let lists = retries.then_some(RetryLists {
        methods,
        statuses,
        error_codes,
    });
    let configuration = configuration::configuration(numbers, fields, safe, lists.as_ref());
    let mut builder = Session::builder(
        platform_with(&configuration, fetch::options(fetch)),
        configuration,
    )
    .delegate(Bridge::of_session(host.clone(), number));
    if let Some(cache) = cache::get(cache) {
        builder = builder.cache(cache);
    }
    for protocol in 0..protocols {
        builder = builder.protocol(HostProtocol {
            host: host.clone(),
            session: number,
            number: protocol,
        });
    }
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
    fetch: &str,
    wants: u32,
) {
    let Some(Entry { session, host }) = table::get(&SESSIONS, session) else {
        return;
    };
    let made = wire::request(request).map(|request| {
        with_options(
            request,
            timeout,
            cache_policy,
            service_type,
            forbidden,
            fetch,
        )
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

/// Loads a request as far as the head; gives the browser's `Response`, whose body is the caller's to read. `number` is what [`response_cancel`] is told.
#[wasm_bindgen]
#[expect(
    clippy::too_many_arguments,
    reason = "each is cheaper than an object to look into"
)]
pub fn session_response(
    session: u32,
    number: u32,
    request: &str,
    timeout: f64,
    cache_policy: f64,
    service_type: f64,
    forbidden: u8,
    body: JsValue,
    fetch: &str,
) -> Promise {
    let entry = table::get(&SESSIONS, session);
    let made = wire::request(request).map(|request| {
        with_options(
            request,
            timeout,
            cache_policy,
            service_type,
            forbidden,
            fetch,
        )
        .with_body(body::request_body(&body))
    });
    let Some(entry) = entry else {
        return Promise::reject(&failure::list(&ErrorCode::Cancelled.into()));
    };
    let (bytes, handle) = abortable(entry.session.bytes(made));
    table::put(&RESPONSES, number, handle);
    promise(async move {
        // The session lives until the head is there.
        let _entry = entry;
        let head = bytes.await;
        drop(table::take(&RESPONSES, number));
        let head = head.unwrap_or_else(|_| Err(ErrorCode::Cancelled.into()));
        let (mut body, _) = head.map_err(|error| failure::list(&error))?;
        let native = body.take_native();
        let response = native.and_then(|native| native.downcast::<web_sys::Response>().ok());
        Ok(response.map_or(JsValue::UNDEFINED, |response| (*response).into()))
    })
}

/// Cancels what a response is waited for by.
#[wasm_bindgen]
pub fn response_cancel(number: u32) {
    if let Some(handle) = table::get(&RESPONSES, number) {
        handle.abort();
    }
}

/// Makes a task that downloads a request, or goes on with resume data: the request then only brings the header fields that were not stored with them.
/// `destination` is where the file stays; without it, it has a name that is given for it.
#[wasm_bindgen]
#[expect(
    clippy::too_many_arguments,
    reason = "each is cheaper than an object to look into"
)]
pub fn session_download(
    session: u32,
    number: u32,
    request: &str,
    timeout: f64,
    cache_policy: f64,
    service_type: f64,
    forbidden: u8,
    body: JsValue,
    fetch: &str,
    wants: u32,
    resume_data: Option<String>,
    destination: Option<String>,
    replaces: bool,
    segments: u32,
) {
    let Some(Entry { session, host }) = table::get(&SESSIONS, session) else {
        return;
    };
    let mut bridge = Bridge::of_task(host, number, TaskKind::Download, wants);
    let mut options = DownloadOptions::new().segments(segments as usize);
    if let Some(destination) = &destination {
        options = options.to(destination);
        bridge = bridge.keeping_file();
    }
    if replaces {
        options = options.replacing();
    }
    let request = wire::request(request);
    let (request, resume_data): (Result<Request, Error>, _) = match resume_data {
        Some(text) => match Download::resuming(&text, request, destination.as_deref()) {
            Ok(data) => (Err(ErrorCode::Unknown.into()), Some(data)),
            Err(error) => (Err(error), None),
        },
        None => {
            let made = request.map(|request| {
                with_options(
                    request,
                    timeout,
                    cache_policy,
                    service_type,
                    forbidden,
                    fetch,
                )
                .with_body(body::request_body(&body))
            });
            (made, None)
        }
    };
    let download = Download {
        request,
        resume_data,
        options,
    };
    let made = session.download_task_with_delegate(download, bridge);
    task::put(number, made.into());
}

fn with_options(
    mut request: Request,
    timeout: f64,
    cache_policy: f64,
    service_type: f64,
    forbidden: u8,
    fetch: &str,
) -> Request {
    if !fetch.is_empty() {
        request = request.with_property(fetch::options(fetch));
    }
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
}

/// A session's cache, which knows what the session sends.
pub(crate) fn cache(number: u32) -> Option<UrlCache> {
    table::get(&SESSIONS, number)?.session.url_cache()
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
    promise(async move {
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
