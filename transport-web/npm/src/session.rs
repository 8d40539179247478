//! Sessions, as the other part calls them.

use std::cell::RefCell;

use js_sys::Promise;
use urlsession_core::futures::future::{AbortHandle, abortable};
use urlsession_core::{DownloadOptions, Error, ErrorCode, Request, Session, TaskKind, written_url};
use urlsession_transport_web::platform_with;
use wasm_bindgen::prelude::*;

use crate::answer::promise;
use crate::bridge::Bridge;
use crate::configuration;
use crate::download::Download;
use crate::host::{self, Host};
use crate::protocol::HostProtocol;
use crate::table::{self, Table};
use crate::{body, cache, failure, fetch, task, wire};

thread_local! {
    static SESSIONS: Table<Session> = const { RefCell::new(Vec::new()) };
    /// Responses whose heads are waited for.
    static RESPONSES: Table<AbortHandle> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn get(number: u32) -> Option<Session> {
    table::get(&SESSIONS, number)
}

/// Makes a session, whose host is that of all. With `retries` it has a retry policy, whose numbers are the last ones. `cache` is a cache's number, 0 for none; `protocols` says how many
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
    cache: u32,
    protocols: u32,
    fetch: &str,
) {
    host::enter(host);
    let methods = retries.then_some(methods.as_deref());
    let configuration = configuration::configuration(numbers, fields, safe, methods);
    let mut builder = Session::builder(
        platform_with(&configuration, fetch::options(fetch)),
        configuration,
    )
    .delegate(Bridge::of_session(number));
    if let Some(cache) = cache::get(cache) {
        builder = builder.cache(cache);
    }
    for protocol in 0..protocols {
        builder = builder.protocol(HostProtocol {
            session: number,
            number: protocol,
        });
    }
    table::put(&SESSIONS, number, builder.build());
}

/// Makes a task: of kind 0 for data, 1 for an upload, 2 for a download. `timeout` and what follows it is what the request has beside its text, `destination`
/// and what follows it what a download has: where the file stays (without it, it has a name that is given for it), and what it goes on with, whereupon the
/// request only brings the header fields that were not stored.
///
/// Gives the task's number in its session, from 1; below that it was refused: it is complete, and nobody is told.
#[wasm_bindgen]
#[expect(
    clippy::too_many_arguments,
    reason = "each is cheaper than an object to look into"
)]
pub fn session_task(
    session: u32,
    number: u32,
    kind: u8,
    wants: u32,
    request: &str,
    timeout: f64,
    cache_policy: f64,
    service_type: f64,
    flags: u8,
    body: Option<JsValue>,
    destination: Option<String>,
    resume_data: Option<String>,
    replaces: bool,
    segments: u32,
) -> f64 {
    let Some(session) = get(session) else {
        return 0.0;
    };
    let made = outlined(request, timeout, cache_policy, service_type, flags);
    let bridge = |kind| Bridge::of_task(number, kind, wants);
    let made = match kind {
        0 => {
            let request = made.map(|request| request.with_body(body::request_body(body)));
            session
                .data_task_with_delegate(request, bridge(TaskKind::Data))
                .into()
        }
        1 => {
            let body = body::upload_body(body);
            session
                .upload_task_with_delegate(made, body, bridge(TaskKind::Upload))
                .into()
        }
        _ => {
            let mut bridge = bridge(TaskKind::Download);
            let mut options = DownloadOptions::new().segments(segments as usize);
            if let Some(destination) = &destination {
                options = options.to(destination);
                bridge = bridge.keeping_file();
            }
            if replaces {
                options = options.replacing();
            }
            let (request, resume_data): (Result<Request, Error>, _) = match resume_data {
                Some(text) => match Download::resuming(&text, made, destination.as_deref()) {
                    Ok(data) => (Err(ErrorCode::Unknown.into()), Some(data)),
                    Err(error) => (Err(error), None),
                },
                None => (made.map(|it| it.with_body(body::request_body(body))), None),
            };
            let download = Download {
                request,
                resume_data,
                options,
            };
            session.download_task_with_delegate(download, bridge).into()
        }
    };
    task::enter(number, made)
}

/// Loads a request as far as the head; gives the browser's `Response`, whose body is the caller's to read. `number` is what [`cancel_response`] is told.
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
    flags: u8,
    body: Option<JsValue>,
) -> Promise {
    let made = outlined(request, timeout, cache_policy, service_type, flags);
    let made = made.map(|request| request.with_body(body::request_body(body)));
    let Some(session) = get(session) else {
        return Promise::reject(&failure::list(&ErrorCode::Cancelled.into()));
    };
    let (bytes, handle) = abortable(session.bytes(made));
    table::put(&RESPONSES, number, handle);
    promise(async move {
        // The session lives until the head is there.
        let _session = session;
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
pub(crate) fn cancel_response(number: u32) {
    if let Some(handle) = table::get(&RESPONSES, number) {
        handle.abort();
    }
}

/// The request of a text whose first line is what `fetch` is told, and what it has beside that; not a number is not said. The flags: what networks it may not
/// use (cellular, expensive, constrained ones), and that the other part's parser knows no such URL.
fn outlined(
    text: &str,
    timeout: f64,
    cache_policy: f64,
    service_type: f64,
    flags: u8,
) -> Result<Request, Error> {
    let (fetch, text) = text.split_once('\n').unwrap_or_default();
    let mut request = match flags & 8 == 0 {
        true => wire::request_of(text, written_url)?,
        false => wire::request(text)?,
    };
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
    Ok(request
        .with_allows_cellular_access(flags & 1 == 0)
        .with_allows_expensive_network_access(flags & 2 == 0)
        .with_allows_constrained_network_access(flags & 4 == 0))
}

/// Lets go of a session. Its tasks go on.
pub(crate) fn free(number: u32) {
    drop(table::take(&SESSIONS, number));
}
