//! Metrics: what the browser tells of a fetch, and what it does not.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use support::*;
use urlsession_core::{
    Configuration, Moment, Observer, Request, ResourceFetchType, Session, Task, TaskEvent,
    TransactionMetrics,
};
use urlsession_transport_web::{FetchOptions, platform};
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Keeps every hop's metrics.
#[derive(Clone, Default)]
struct Keeper(Rc<RefCell<Vec<TransactionMetrics>>>);

impl Observer for Keeper {
    fn observe(&self, _: &Task, event: TaskEvent<'_>) {
        if let TaskEvent::Metrics(metrics) = event {
            let hops = metrics.transaction_metrics.iter().cloned();
            self.0.borrow_mut().extend(hops);
        }
    }

    fn wants_metrics(&self) -> bool {
        true
    }
}

fn session(keeper: &Keeper) -> Session {
    let configuration = Configuration::default();
    let builder = Session::builder(platform(&configuration), configuration);
    builder.observer(keeper.clone()).build()
}

/// What is told of a GET.
async fn told_of(url: &str) -> TransactionMetrics {
    let keeper = Keeper::default();
    session(&keeper).data(url).await.unwrap();
    let hop = keeper.0.borrow_mut().pop();
    hop.unwrap()
}

/// How often it may be too late with its entry.
const TRIES: usize = 20;

/// The same, made again where the browser had nothing to tell in the time that it is waited for.
async fn phases_of(url: &str) -> TransactionMetrics {
    for _ in 0..TRIES {
        let hop = told_of(url).await;
        if hop.request_start.is_some() {
            return hop;
        }
    }
    panic!("{url}: nothing told in {TRIES} tries");
}

/// The server, for a browser: Node tells little, and whatever the server allows.
fn browsers_origin() -> Option<String> {
    (!is_node()).then(|| origin("http"))?
}

fn is_as_core_sees_it(hop: &TransactionMetrics) -> bool {
    let phases = [
        hop.domain_lookup_start,
        hop.domain_lookup_end,
        hop.connect_start,
        hop.connect_end,
        hop.secure_connection_start,
        hop.secure_connection_end,
        hop.request_start,
        hop.request_end,
    ];
    phases == [None; 8]
        && (hop.response_start.is_some() && hop.response_end.is_some())
        && hop.resource_fetch_type == ResourceFetchType::NetworkLoad
        && hop.count_of_response_body_bytes_received.is_none()
        && (hop.is_reused_connection.is_none() && hop.network_protocol_name.is_none())
}

#[test]
async fn a_server_that_allows_it_is_told_of_phase_by_phase() {
    let Some(origin) = browsers_origin() else {
        return;
    };
    let hop = phases_of(&format!("{origin}/encoded/gzip/100000")).await;
    let moments = [
        hop.fetch_start,
        hop.request_start,
        hop.response_start,
        hop.response_end,
    ];
    assert!(moments.iter().all(Option::is_some) && moments.is_sorted());
    assert_eq!(hop.network_protocol_name.as_deref(), Some("http/1.1"));
    assert_eq!(
        hop.count_of_response_body_bytes_after_decoding,
        Some(100_000)
    );
    if !has("timing_sizes") {
        // Without them it does not show where the response came from.
        assert_eq!(hop.resource_fetch_type, ResourceFetchType::Unknown);
        assert_eq!(hop.count_of_response_body_bytes_received, None);
        return;
    }
    assert!(hop.is_reused_connection.is_some());
    assert_eq!(hop.resource_fetch_type, ResourceFetchType::NetworkLoad);
    let received = hop.count_of_response_body_bytes_received.unwrap();
    assert!((1..100_000).contains(&received), "{received}");
}

#[test]
async fn without_timing_allow_origin_there_is_what_core_sees() {
    let Some(origin) = browsers_origin() else {
        return;
    };
    for _ in 0..3 {
        let hop = told_of(&format!("{origin}/early-hints")).await;
        assert!(is_as_core_sees_it(&hop), "{hop:?}");
    }
}

#[test]
async fn redirects_and_fragments_do_not_hide_the_entry() {
    let Some(origin) = browsers_origin() else {
        return;
    };
    for path in ["/redirect/2", "/Nepal#a", "/Nepal?b#c"] {
        phases_of(&format!("{origin}{path}")).await;
    }
}

#[test]
async fn an_upload_that_is_counted_is_told_of() {
    let Some(origin) = browsers_origin() else {
        return;
    };
    let mut options = FetchOptions::new();
    options.counts_uploads = Some(true);
    let request = Request::post(format!("{origin}/echo")).unwrap();
    let request = request.with_body("counted").with_property(options);
    let keeper = Keeper::default();
    session(&keeper).data(request).await.unwrap();
    let hop = keeper.0.borrow_mut().pop().unwrap();
    assert!(hop.request_start.is_some(), "{hop:?}");
}

#[test]
async fn a_full_buffer_takes_nothing_away() {
    let Some(origin) = browsers_origin() else {
        return;
    };
    script("(performance.clearResourceTimings(), performance.setResourceTimingBufferSize(0))");
    phases_of(&format!("{origin}/Nepal?full")).await;
    script("performance.setResourceTimingBufferSize(250)");
}

/// A browser that has put no entry away when it is asked, and has its observers called right after.
const LATE: &str = "(...which) => {
    const entries = globalThis.__entries(...which);
    setTimeout(() => globalThis.__observed?.({ getEntries: () => entries }));
    return [];
}";

/// Observers that `LATE` calls.
const OBSERVER: &str = "class {
    constructor(called) { globalThis.__observed = called; }
    observe() {}
    disconnect() { globalThis.__observed = undefined; }
}";

#[test]
async fn an_entry_that_is_late_is_waited_for() {
    let _fetch = fetch_is(ANSWERS);
    let _entries = entries_are("[entry({ nextHopProtocol: 'late' }), entry({}, at - 60)]");
    script("globalThis.__entries = performance.getEntriesByName");
    let _late = Replaced::by("performance", "getEntriesByName", LATE);
    let _observer = Replaced::by("globalThis", "PerformanceObserver", OBSERVER);
    let hop = told_of("http://a.example/").await;
    assert_eq!(hop.network_protocol_name.as_deref(), Some("late"));
}

#[test]
async fn an_observer_that_is_none_is_not_waited_for() {
    let _fetch = fetch_is(ANSWERS);
    let _entries = entries_are("[]");
    for observer in [
        "undefined",
        "5",
        "class { constructor() { throw 'no' } }",
        "class {}",
        "class { observe() { throw 'no' } }",
        "class { constructor(called) { called(5); called(); called({ getEntries: () => { throw 'no' } }) } observe() {} }",
    ] {
        let observer = Replaced::by("globalThis", "PerformanceObserver", observer);
        let hop = told_of("http://a.example/").await;
        drop(observer);
        assert!(is_as_core_sees_it(&hop), "{hop:?}");
    }
}

/// The browser's entries replaced by `entries`, an expression. In it `at` is when the fetch began, and `entry(changes)` is a sound entry but for the
/// changes, and for when it began where that is given too.
fn entries_are(entries: &str) -> Replaced {
    Replaced::by(
        "performance",
        "getEntriesByName",
        &format!(
            "(name, kind) => {{
                const at = globalThis.__at;
                const entry = (changes, at = globalThis.__at) => ({{
                    name, initiatorType: 'fetch', startTime: at, fetchStart: at + 1,
                    domainLookupStart: at + 2, domainLookupEnd: at + 4,
                    connectStart: at + 4, secureConnectionStart: at + 7, connectEnd: at + 12,
                    requestStart: at + 13, responseStart: at + 15, responseEnd: at + 20,
                    transferSize: 302, encodedBodySize: 2, decodedBodySize: 2,
                    nextHopProtocol: 'h2', workerStart: 0, ...changes,
                }});
                return ({entries});
            }}"
        ),
    )
}

/// A fetch that takes a while.
const ANSWERS: &str = "async () => {
    globalThis.__at = performance.now();
    await new Promise(resolve => setTimeout(resolve, 30));
    return new Response('ok');
}";

/// What is told where the browser's entries are these.
async fn told_with(entries: &str) -> TransactionMetrics {
    let _fetch = fetch_is(ANSWERS);
    let _entries = entries_are(entries);
    told_of("http://a.example/").await
}

/// Whole milliseconds from one moment to another.
fn milliseconds(from: Option<Moment>, to: Option<Moment>) -> u128 {
    let time = to.unwrap() - from.unwrap();
    (time + Duration::from_micros(500)).as_millis()
}

#[test]
async fn each_phase_is_as_long_as_the_browser_says() {
    let hop = told_with("[entry()]").await;
    let phases = [
        (hop.domain_lookup_start, hop.domain_lookup_end, 2),
        (hop.connect_start, hop.connect_end, 8),
        (hop.secure_connection_start, hop.secure_connection_end, 5),
        (hop.request_start, hop.response_start, 2),
        (hop.response_start, hop.response_end, 5),
        (hop.domain_lookup_start, hop.response_end, 18),
    ];
    for (from, to, length) in phases {
        assert_eq!(milliseconds(from, to), length);
    }
    assert!(hop.fetch_start < hop.domain_lookup_start);
    assert_eq!(hop.is_reused_connection, Some(false));
    assert_eq!(hop.network_protocol_name.as_deref(), Some("h2"));
    assert_eq!(hop.count_of_response_body_bytes_received, Some(2));
    assert_eq!(hop.count_of_response_header_bytes_received, None);
    assert_eq!(hop.request_end, None);
}

#[test]
async fn a_connection_that_was_there_took_no_steps() {
    let hop = told_with(
        "[entry({ domainLookupStart: at + 1, domainLookupEnd: at + 1, connectStart: at + 1,
            connectEnd: at + 1, secureConnectionStart: at + 1 })]",
    )
    .await;
    assert_eq!(hop.is_reused_connection, Some(true));
    assert_eq!((hop.domain_lookup_start, hop.connect_start), (None, None));
    assert_eq!((hop.secure_connection_start, hop.connect_end), (None, None));
    assert!(hop.request_start.is_some());
}

#[test]
async fn without_tls_there_is_no_handshake() {
    let hop = told_with("[entry({ secureConnectionStart: 0 })]").await;
    assert_eq!(milliseconds(hop.connect_start, hop.connect_end), 8);
    let handshake = (hop.secure_connection_start, hop.secure_connection_end);
    assert_eq!(handshake, (None, None));
}

#[test]
async fn nothing_that_has_not_happened_is_told() {
    let hop = told_with("[entry({ responseEnd: at + 1e9 })]").await;
    let took = milliseconds(hop.fetch_start, hop.response_end);
    assert!(took < 1_000_000, "{took}");
}

#[test]
async fn sizes_tell_where_a_response_came_from() {
    use ResourceFetchType::{LocalCache, NetworkLoad, Unknown};
    for (sizes, kind, received) in [
        ("", NetworkLoad, Some(2)),
        ("transferSize: 0", LocalCache, Some(0)),
        ("transferSize: 0, workerStart: at", Unknown, None),
        ("transferSize: 0, decodedBodySize: 0", Unknown, None),
        ("transferSize: 300", NetworkLoad, None),
        ("transferSize: 1", NetworkLoad, None),
        ("transferSize: '302'", NetworkLoad, None),
        ("encodedBodySize: NaN", NetworkLoad, None),
        ("encodedBodySize: -2", NetworkLoad, None),
        ("encodedBodySize: 2n", NetworkLoad, None),
    ] {
        let hop = told_with(&format!("[entry({{ {sizes} }})]")).await;
        let told = (
            hop.resource_fetch_type,
            hop.count_of_response_body_bytes_received,
        );
        assert_eq!(told, (kind, received), "{sizes}");
        assert!(hop.request_start.is_some());
    }
}

#[test]
async fn a_protocol_that_is_no_name_is_not_told() {
    for name in [
        "5",
        "''",
        "'a b'",
        "'\\n'",
        "'\u{2603}'",
        "null",
        "'x'.repeat(256)",
    ] {
        let hop = told_with(&format!("[entry({{ nextHopProtocol: {name} }})]")).await;
        assert_eq!(hop.network_protocol_name, None, "{name}");
        assert!(hop.request_start.is_some());
    }
}

#[test]
async fn the_entry_is_the_first_since_the_fetch_began() {
    let named = |name: &str, start: &str| {
        format!("entry({{ startTime: {start}, nextHopProtocol: '{name}' }})")
    };
    let entries = [
        named("before", "at - 60"),
        named("ours", "at"),
        named("later", "at + 1"),
    ];
    let hop = told_with(&format!("[{}]", entries.join(", "))).await;
    assert_eq!(hop.network_protocol_name.as_deref(), Some("ours"));
}

#[test]
async fn of_two_at_once_neither_is_told_of_the_others() {
    let _fetch = fetch_is(
        "async () => {
            const called = performance.now();
            while (performance.now() < called + 2);
            globalThis.__at = performance.now();
            while (performance.now() < globalThis.__at + 2);
            await new Promise(resolve => setTimeout(resolve, 30));
            return new Response('ok');
        }",
    );
    let _entries = entries_are("[entry()]");
    let url = "http://a.example/";
    let (first, second) = futures::join!(told_of(url), told_of(url));
    assert!(is_as_core_sees_it(&first), "{first:?}");
    assert!(second.request_start.is_some());
}

#[test]
async fn what_ran_beside_a_twin_does_not_hide_the_next() {
    let Some(origin) = browsers_origin() else {
        return;
    };
    let url = format!("{origin}/slow/3/10");
    // Which entry is whose shows only where a browser begins before `fetch` returns: Firefox's workers begin later.
    futures::join!(told_of(&url), told_of(&url));
    phases_of(&url).await;
}

#[test]
async fn a_browser_that_begins_elsewhere_is_understood() {
    let hop = told_with("[entry({}, at + 5)]").await;
    assert!(hop.request_start.is_some());
}

#[test]
async fn whatever_the_entries_are_nothing_is_made_up() {
    for entries in [
        "undefined",
        "null",
        "5",
        "'entries'",
        "{}",
        "{ length: 1, 0: entry() }",
        "[]",
        "[undefined]",
        "[5]",
        "[{}]",
        "new Array(4294967295)",
        "(() => { throw 'no' })()",
        "new Proxy([], { get() { throw 'no' } })",
        "[entry({ get requestStart() { throw 'no' } })]",
        "[entry({ requestStart: 0, responseStart: 0 })]",
        "[entry({ requestStart: -1 })]",
        "[entry({ requestStart: NaN })]",
        "[entry({ responseEnd: Infinity })]",
        "[entry({ responseEnd: '20' })]",
        "[entry({ responseEnd: 20n })]",
        "[entry({ responseEnd: at })]",
        "[entry({ connectEnd: at + 14 })]",
        "[entry({ secureConnectionStart: at + 13 })]",
        "[entry({ fetchStart: undefined })]",
        "[entry({ startTime: at - 60 })]",
        "[entry({ startTime: Symbol() })]",
        "[entry({ initiatorType: 'img' })]",
        "[entry({}, performance.now() + 1)]",
    ] {
        let hop = told_with(entries).await;
        assert!(is_as_core_sees_it(&hop), "{entries}: {hop:?}");
    }
}

#[test]
async fn without_a_clock_there_is_what_core_sees() {
    let _fetch = fetch_is("async () => new Response('ok')");
    for performance in ["undefined", "null", "5", "{}", "{ now: () => NaN }"] {
        let replaced = Replaced::by("globalThis", "performance", performance);
        let hop = told_of("http://a.example/").await;
        drop(replaced);
        assert!(is_as_core_sees_it(&hop), "{performance}: {hop:?}");
    }
}

#[test]
async fn where_nobody_wants_metrics_the_browser_is_not_asked() {
    script("globalThis.__asked = 0");
    let _fetch = fetch_is("async () => new Response('ok')");
    let _entries = Replaced::by(
        "performance",
        "getEntriesByName",
        "() => { globalThis.__asked++; return [] }",
    );
    let configuration = Configuration::default();
    let session = Session::new(platform(&configuration), configuration);
    session.data("http://a.example/").await.unwrap();
    assert_eq!(script("globalThis.__asked"), 0);
    told_of("http://a.example/").await;
    assert!(script("globalThis.__asked").as_f64() > Some(0.0));
}
