//! Sessions, as the other part calls them.

use std::cell::RefCell;

use js_sys::Promise;
use urlsession_core::futures::future::{AbortHandle, abortable};
use urlsession_core::{
    Configuration, DownloadOptions, Error, ErrorCode, Request, Session, SessionBuilder, Task,
    TaskKind, written_url,
};
use urlsession_transport_web::platform_with;
use wasm_bindgen::prelude::*;

use crate::answer::promise;
use crate::bridge::Bridge;
use crate::configuration::{self, Numbers};
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

/// Makes a session, whose host is that of all.
#[wasm_bindgen]
pub fn session_new(number: u32, host: Host, numbers: &[f64], fields: &str, fetch: u32) {
    host::enter(host);
    let made = configuration::configuration(&mut Numbers::new(numbers), fields);
    table::put(&SESSIONS, number, builder(number, made, fetch).build());
}

/// The same with what most sessions do without: the names of fields that a redirect keeps, a line each; with `retries` a retry policy, whose numbers are the last ones; a cache's number, 0 for none; and how many protocols
/// the host has for it.
#[wasm_bindgen]
#[expect(
    clippy::too_many_arguments,
    reason = "each is cheaper than an object to look into"
)]
pub fn session_with(
    number: u32,
    host: Host,
    numbers: &[f64],
    fields: &str,
    safe: &str,
    fetch: u32,
    retries: bool,
    methods: Option<String>,
    cache: u32,
    protocols: u32,
) {
    host::enter(host);
    let numbers = &mut Numbers::new(numbers);
    let mut made = configuration::configuration(numbers, fields);
    made.redirect_safe_headers = configuration::names(safe);
    if retries {
        made.retry_policy = Some(configuration::retry_policy(methods.as_deref(), numbers));
    }
    let mut builder = builder(number, made, fetch);
    if cache != 0
        && let Some(cache) = cache::get(cache)
    {
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

fn builder(number: u32, configuration: Configuration, fetch: u32) -> SessionBuilder {
    let platform = platform_with(&configuration, fetch::options(fetch));
    Session::builder(platform, configuration).delegate(Bridge::of_session(number))
}

/// Makes a task, for data or to upload. `timeout` and `traits` are what the request has beside its text.
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
    uploads: bool,
    wants: u32,
    request: &str,
    timeout: f64,
    traits: u32,
    body: Option<JsValue>,
) -> f64 {
    let Some(session) = get(session) else {
        return 0.0;
    };
    let made = outlined(request, timeout, traits);
    let body = body::request_body(body);
    let made: Task = match uploads {
        false => {
            let request = made.map(|request| request.with_body(body));
            let bridge = Bridge::of_task(number, TaskKind::Data, wants);
            session.data_task_with_delegate(request, bridge).into()
        }
        true => {
            let body = body::upload_body(body);
            let bridge = Bridge::of_task(number, TaskKind::Upload, wants);
            session.upload_task_with_delegate(made, body, bridge).into()
        }
    };
    task::enter(number, made)
}

/// Makes a task that downloads, as [`session_task`] does others: where the file stays (without it, it has a name that is given for it), and what it goes on with,
/// whereupon the request only brings the header fields that were not stored.
#[wasm_bindgen]
#[expect(
    clippy::too_many_arguments,
    reason = "each is cheaper than an object to look into"
)]
pub fn session_download(
    session: u32,
    number: u32,
    wants: u32,
    request: &str,
    timeout: f64,
    traits: u32,
    body: Option<JsValue>,
    destination: Option<String>,
    resume_data: Option<String>,
    replaces: bool,
    segments: u32,
) -> f64 {
    let Some(session) = get(session) else {
        return 0.0;
    };
    let made = outlined(request, timeout, traits);
    let made = made.map(|request| request.with_body(body::request_body(body)));
    let mut bridge = Bridge::of_task(number, TaskKind::Download, wants);
    if destination.is_some() {
        bridge = bridge.keeping_file();
    }
    let mut options = DownloadOptions::new().segments(segments as usize);
    if replaces {
        options = options.replacing();
    }
    let (destination, resume_data) = (destination.as_deref(), resume_data.as_deref());
    let download = Download::of(made, destination, resume_data, options);
    let made = session.download_task_with_delegate(download, bridge);
    task::enter(number, made.into())
}

/// Loads a request as far as the head; gives the browser's `Response`, whose body is the caller's to read. `number` is what [`cancel_response`] is told.
#[wasm_bindgen]
pub fn session_response(
    session: u32,
    number: u32,
    request: &str,
    timeout: f64,
    traits: u32,
    body: Option<JsValue>,
) -> Promise {
    let made = outlined(request, timeout, traits);
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

/// The request of a text, and what it has beside that. No number of seconds is not said; the traits are what networks it may not use (cellular, expensive,
/// constrained ones), that the other part's parser knows no such URL, then, each from 1 and 0 where it is not said, four bits of its cache policy and four of what its
/// traffic is for, then what `fetch` is told.
fn outlined(text: &str, timeout: f64, traits: u32) -> Result<Request, Error> {
    let is_set = |bit| traits & bit != 0;
    let mut request = match is_set(8) {
        false => wire::request_of(text, written_url)?,
        true => wire::request(text)?,
    };
    if traits >> 12 != 0 {
        request = request.with_property(fetch::options(traits >> 12));
    }
    if !timeout.is_nan() {
        request = request.with_timeout_interval(configuration::duration(timeout));
    }
    let policy = (traits >> 4 & 15).checked_sub(1);
    if let Some(policy) = policy.and_then(configuration::cache_policy) {
        request = request.with_cache_policy(policy);
    }
    if let Some(service_type) = (traits >> 8 & 15).checked_sub(1) {
        request = request.with_network_service_type(configuration::service_type(service_type));
    }
    Ok(request
        .with_allows_cellular_access(!is_set(1))
        .with_allows_expensive_network_access(!is_set(2))
        .with_allows_constrained_network_access(!is_set(4)))
}

/// Lets go of a session. Its tasks go on.
pub(crate) fn free(number: u32) {
    drop(table::take(&SESSIONS, number));
}
