//! Downloads in several parts at once, on the mock: whatever becomes of a part, the file is the right one.

use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
#[cfg(feature = "metrics")]
use urlsession_core::Delegate;
use urlsession_core::http::{HeaderMap, HeaderValue, StatusCode};
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{
    Bytes, Configuration, DownloadOptions, ErrorCode, HopRequest, Request, ResumeData, Session,
};

use crate::{URL, session};

const PART: usize = 1024 * 1024;
const CHUNK: usize = 64 * 1024;
const LENGTH: usize = 4 * PART + 3;

/// The resource and another, no two of whose words are alike.
static RESOURCES: LazyLock<[Bytes; 2]> = LazyLock::new(|| {
    [0_u32, 1].map(|seed| {
        let word = |number: u32| (number ^ seed).wrapping_mul(2_654_435_761).to_le_bytes();
        let words = (0..=LENGTH as u32 / 4).flat_map(word);
        words.take(LENGTH).collect()
    })
});

fn resource(number: usize) -> Bytes {
    RESOURCES[number].clone()
}

/// Which bytes a request asks for.
fn range(request: &HopRequest) -> Option<Range<usize>> {
    let text = request.headers.get("range")?.to_str().unwrap();
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let last = last.parse().unwrap_or(LENGTH - 1);
    Some(first.parse().unwrap()..last + 1)
}

/// The bytes, a chunk at a time, each after `pause`.
fn paced(mut reply: Reply, mut bytes: Bytes, pause: Duration) -> Reply {
    while !bytes.is_empty() {
        let chunk = bytes.split_to(bytes.len().min(CHUNK));
        reply = reply.wait(pause).chunk(chunk);
    }
    reply
}

fn whole_head() -> Reply {
    Reply::new(200)
        .header("etag", "\"v\"")
        .header("accept-ranges", "bytes")
        .header("content-length", LENGTH.to_string())
}

fn part_head(part: &Range<usize>) -> Reply {
    let said = format!("bytes {}-{}/{LENGTH}", part.start, part.end - 1);
    Reply::new(206)
        .header("etag", "\"v\"")
        .header("content-range", said)
}

const PAUSE: Duration = Duration::from_millis(10);

/// A sound answer, at this pace.
fn sound(request: &HopRequest, pause: Duration) -> Reply {
    match range(request) {
        None => paced(whole_head(), resource(0), pause),
        Some(part) => paced(part_head(&part), resource(0).slice(part), pause),
    }
}

fn in_four() -> (&'static str, DownloadOptions) {
    (URL, DownloadOptions::new().segments(4))
}

/// What was asked for, in order.
fn asked(mock: &MockPlatform) -> Vec<Option<String>> {
    let requests = mock.transport().requests();
    let range = |fields: &HeaderMap| Some(fields.get("range")?.to_str().unwrap().to_owned());
    requests
        .iter()
        .map(|request| range(&request.headers))
        .collect()
}

fn assert_whole(mock: &MockPlatform, path: impl AsRef<std::path::Path>, number: usize) {
    let found = mock.files().content(path).unwrap();
    assert!(found == resource(number), "another file");
}

#[test]
fn parts_in_any_order_are_the_file() {
    for order in 0..24_usize {
        // Each permutation of four paces.
        let mut paces = vec![1, 3, 9, 27];
        let mut left = order;
        let paces: Vec<u64> = (1..=4_usize)
            .rev()
            .map(|count| {
                let pace = paces.remove(left % count);
                left /= count;
                pace
            })
            .collect();
        let mock = MockPlatform::new();
        mock.transport().respond(move |request| {
            let number = range(request).map_or(0, |part| part.start / PART);
            sound(request, Duration::from_millis(paces[number]))
        });
        let session = session(&mock);
        let options = DownloadOptions::new().to("/file").segments(4);
        let options = if order % 2 == 0 {
            options
        } else {
            DownloadOptions::new().segments(4)
        };
        let download = session.download((URL, options));
        let (file, response) = mock.runtime().block_on(download).unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_whole(&mock, file.path(), 0);
        assert_eq!(mock.files().paths().len(), 1);
        let part = |first: usize, last: usize| Some(format!("bytes={first}-{last}"));
        assert_eq!(
            asked(&mock),
            [
                None,
                part(PART, 2 * PART - 1),
                part(2 * PART, 3 * PART - 1),
                part(3 * PART, LENGTH - 1)
            ]
        );
        for request in &mock.transport().requests()[1..] {
            assert_eq!(request.headers["if-range"], "\"v\"");
            assert_eq!(request.headers["accept-encoding"], "identity");
        }
        assert_eq!(mock.transport().most_open_exchanges(), 4);
        mock.runtime().run_until_idle();
        assert_eq!(mock.transport().open_exchanges(), 0);
    }
}

/// Parts that are none.
type Odd = fn(&Range<usize>, Bytes) -> Reply;

const ODD: [(&str, Odd); 15] = [
    ("the whole", |_, _| whole_head().body(resource(0))),
    ("another whole", |_, _| {
        Reply::new(200).header("etag", "\"w\"").body(resource(1))
    }),
    ("refused", |_, _| Reply::new(412)),
    ("none such", |_, _| {
        Reply::new(416).header("content-range", format!("bytes */{LENGTH}"))
    }),
    ("an error", |_, _| Reply::new(503)),
    ("another tag", |part, bytes| {
        let said = format!("bytes {}-{}/{LENGTH}", part.start, part.end - 1);
        let head = Reply::new(206).header("etag", "\"w\"");
        head.header("content-range", said).body(bytes)
    }),
    ("no tag", |part, bytes| {
        let said = format!("bytes {}-{}/{LENGTH}", part.start, part.end - 1);
        Reply::new(206).header("content-range", said).body(bytes)
    }),
    ("another part", |part, bytes| {
        part_head(&(part.start - 1..part.end - 1)).body(bytes)
    }),
    ("less", |part, bytes| {
        part_head(&(part.start..part.end - 1)).body(bytes.slice(1..))
    }),
    ("another total", |part, bytes| {
        let said = format!("bytes {}-{}/{}", part.start, part.end - 1, LENGTH + 1);
        let head = Reply::new(206).header("etag", "\"v\"");
        head.header("content-range", said).body(bytes)
    }),
    ("coded", |part, bytes| {
        part_head(part).header("content-encoding", "br").body(bytes)
    }),
    ("too long", |part, bytes| {
        let head = part_head(part).without_length();
        paced(head, bytes, PAUSE).chunk("more")
    }),
    ("too short", |part, bytes| {
        let head = part_head(part).without_length();
        paced(head, bytes.slice(..bytes.len() - 1), PAUSE)
    }),
    ("lost", |part, bytes| {
        let head = paced(part_head(part), bytes.slice(..bytes.len() / 2), PAUSE);
        head.fail(ErrorCode::NetworkConnectionLost)
    }),
    ("damaged", |part, bytes| {
        let digest = STANDARD.encode(Sha256::digest(&bytes));
        let head = part_head(part).header("content-digest", format!("sha-256=:{digest}:"));
        let damaged = [&bytes[..bytes.len() - 1], &[bytes[bytes.len() - 1] ^ 1]].concat();
        paced(head, damaged.into(), PAUSE)
    }),
];

#[test]
fn a_part_that_is_none_ends_the_parts_and_not_the_file() {
    for (name, odd) in ODD {
        // The first part is under way, or there.
        for (first, is_late) in [(PAUSE * 4, false), (PAUSE / 4, true)] {
            for number in 1..4 {
                let mock = MockPlatform::new();
                let spoiled = Mutex::new(false);
                mock.transport()
                    .respond(move |request| match range(request) {
                        Some(part) if part.start == number * PART && part.len() <= PART + 3 => {
                            if std::mem::replace(&mut *spoiled.lock().unwrap(), true) {
                                return sound(request, PAUSE);
                            }
                            let delay = if is_late {
                                Duration::from_secs(1)
                            } else {
                                Duration::ZERO
                            };
                            odd(&part, resource(0).slice(part.clone())).after(delay)
                        }
                        Some(_) => sound(request, PAUSE),
                        None => sound(request, first),
                    });
                let session = session(&mock);
                let (file, _) = mock
                    .runtime()
                    .block_on(session.download(in_four()))
                    .unwrap();
                assert_whole(&mock, file.path(), 0);
                let asked = asked(&mock);
                let expected = if is_late { 5 } else { 4 };
                assert_eq!(asked.len(), expected, "{name}, {number}, {asked:?}");
                mock.runtime().run_until_idle();
                assert_eq!(mock.transport().open_exchanges(), 0, "{name}");
            }
        }
    }
}

#[test]
fn a_resource_that_changes_meanwhile_is_never_mixed() {
    let mock = MockPlatform::new();
    let changed = |seed| {
        Reply::new(200)
            .header("etag", "\"w\"")
            .header("accept-ranges", "bytes")
            .body(resource(seed))
    };
    mock.transport()
        .respond(move |request| match range(request) {
            None => sound(request, PAUSE / 4),
            Some(part) if part.start == 2 * PART => changed(1).after(Duration::from_secs(1)),
            Some(_) if request.headers["range"].to_str().unwrap().ends_with('-') => changed(1),
            Some(_) => sound(request, PAUSE),
        });
    let session = session(&mock);
    let (file, _) = mock
        .runtime()
        .block_on(session.download(in_four()))
        .unwrap();
    assert_whole(&mock, file.path(), 1);
}

/// A server whose parts end in a stall after so many bytes each; those that go on are sound.
fn stalling(ends: [usize; 4]) -> MockPlatform {
    let mock = MockPlatform::new();
    let seen = Arc::new(Mutex::new(0));
    mock.transport().respond(move |request| {
        let mut seen = seen.lock().unwrap();
        *seen += 1;
        if *seen > 4 {
            return sound(request, Duration::ZERO);
        }
        let part = range(request);
        let number = part.as_ref().map_or(0, |part| part.start / PART);
        let (head, part) = match part {
            None => (whole_head(), 0..LENGTH),
            Some(part) => (part_head(&part), part),
        };
        let length = (part.end - part.start).to_string();
        let head = head.header("content-length", length);
        let bytes = resource(0).slice(part);
        match ends[number] {
            end if end >= bytes.len() => paced(head, bytes, PAUSE),
            end => paced(head, bytes.slice(..end), PAUSE).stall(),
        }
    });
    mock
}

/// How the parts of a stalled download stand, and what counts of that.
const STALLS: [([usize; 4], u64); 5] = [
    ([PART / 2, PART, PART, PART + 3], (PART / 2) as u64),
    ([PART, PART / 2, PART, PART], (PART + PART / 2) as u64),
    ([PART, 0, PART / 4, 0], PART as u64),
    ([PART, PART, PART, 1], (3 * PART + 1) as u64),
    (
        [2 * PART, PART, 7 * CHUNK, PART + 3],
        (2 * PART + 7 * CHUNK) as u64,
    ),
];

#[test]
fn one_that_is_cancelled_goes_on_in_another_session_from_where_it_is_whole() {
    for (ends, whole) in STALLS {
        for options in [DownloadOptions::new(), DownloadOptions::new().to("/file")] {
            let mock = stalling(ends);
            let first = session(&mock);
            let task = first.download_task((URL, options.segments(4)));
            task.resume();
            mock.runtime().advance(Duration::from_secs(5));
            let cancelled = mock.runtime().block_on(task.cancel_producing_resume_data());
            let data = cancelled.unwrap();
            assert_eq!(
                (data.received(), data.total()),
                (whole, Some(LENGTH as u64))
            );
            mock.runtime().run_until_idle();
            assert_eq!(mock.transport().open_exchanges(), 0);
            let destination = data.destination().map(std::path::Path::to_owned);
            let mut data = ResumeData::from_bytes(&data.to_bytes()).unwrap();
            if let Some(destination) = destination {
                data = data.with_destination(destination);
            }
            let second = session(&mock);
            let (file, _) = mock.runtime().block_on(second.download(data)).unwrap();
            assert_whole(&mock, file.path(), 0);
            assert_eq!(asked(&mock)[4], Some(format!("bytes={whole}-")));
            assert_eq!(mock.files().paths().len(), 1);
        }
    }
}

#[test]
fn one_whose_part_stalls_times_out_and_goes_on_by_itself_where_it_may() {
    for retries in [0, 1] {
        for (ends, whole) in STALLS {
            let mock = stalling(ends);
            let mut configuration = Configuration::default();
            configuration.retries_downloads = retries;
            let session = Session::new(mock.platform(), configuration);
            match mock.runtime().block_on(session.download(in_four())) {
                Ok((file, _)) if retries == 1 => assert_whole(&mock, file.path(), 0),
                Err(error) if error.code() == ErrorCode::TimedOut => {
                    assert_eq!(error.resume_data().unwrap().received(), whole);
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn the_first_answer_lost_loses_what_is_beyond_it_only() {
    let mock = MockPlatform::new();
    mock.transport().respond(|request| match range(request) {
        None => {
            let reply = paced(whole_head(), resource(0).slice(..PART / 2), PAUSE);
            reply.fail(ErrorCode::NetworkConnectionLost)
        }
        Some(_) => sound(request, PAUSE / 4),
    });
    let session = session(&mock);
    let lost = mock
        .runtime()
        .block_on(session.download(in_four()))
        .unwrap_err();
    assert_eq!(lost.code(), ErrorCode::NetworkConnectionLost);
    let data = lost.resume_data().cloned().unwrap();
    assert_eq!(data.received(), PART as u64 / 2);
    let (file, _) = mock.runtime().block_on(session.download(data)).unwrap();
    assert_whole(&mock, file.path(), 0);
}

#[test]
fn a_server_or_a_file_that_is_not_for_parts_is_asked_once() {
    type Head = fn() -> Reply;
    let heads: [Head; 5] = [
        || Reply::new(200).header("etag", "\"v\""),
        || {
            Reply::new(200)
                .header("etag", "W/\"v\"")
                .header("accept-ranges", "bytes")
        },
        || {
            Reply::new(200)
                .header("etag", "\"v\"")
                .header("accept-ranges", "none")
        },
        || whole_head().header("content-digest", "sha-256=:AAAA:"),
        || Reply::new(200).header("accept-ranges", "bytes"),
    ];
    for head in heads {
        let mock = MockPlatform::new();
        mock.transport().respond(move |_| head().body(resource(0)));
        let session = session(&mock);
        let (file, _) = mock
            .runtime()
            .block_on(session.download(in_four()))
            .unwrap();
        assert_whole(&mock, file.path(), 0);
        assert_eq!(asked(&mock), [None]);
    }
    let mock = MockPlatform::new();
    mock.transport().respond(|_| {
        let head = Reply::new(200).header("etag", "\"v\"");
        head.header("accept-ranges", "bytes")
            .body(vec![7; 2 * PART - 1])
    });
    let session = session(&mock);
    mock.runtime()
        .block_on(session.download(in_four()))
        .unwrap();
    assert_eq!(asked(&mock), [None]);
}

#[test]
fn parts_take_no_more_places_than_are_free_and_give_them_back() {
    for limit in 1..=5_usize {
        let mock = MockPlatform::new();
        mock.transport().respond(|request| sound(request, PAUSE));
        let mut configuration = Configuration::default();
        configuration.http_maximum_connections_per_host = limit;
        let session = Session::new(mock.platform(), configuration);
        let downloads: Vec<_> = (0..3)
            .map(|_| {
                let task = session.download_task(in_four());
                task.resume();
                task
            })
            .collect();
        mock.runtime().run_until_idle();
        for task in downloads {
            assert!(task.error().is_none());
        }
        assert!(mock.transport().most_open_exchanges() <= limit, "{limit}");
        let (file, _) = mock
            .runtime()
            .block_on(session.download(in_four()))
            .unwrap();
        assert_whole(&mock, file.path(), 0);
        // The last one had all places for itself.
        let requests = asked(&mock);
        let last = requests.iter().rposition(Option::is_none).unwrap();
        assert_eq!(requests.len() - last, limit.min(4), "{limit}");
    }
}

#[test]
fn the_whole_is_compared_with_its_digest() {
    for (is_right, seed) in [(true, 0), (false, 1)] {
        let digest = STANDARD.encode(Sha256::digest(resource(seed)));
        let mock = MockPlatform::new();
        mock.transport().respond(move |request| {
            let digest = format!("sha-256=:{digest}:");
            sound(request, PAUSE).header("repr-digest", digest)
        });
        let session = session(&mock);
        let outcome = mock.runtime().block_on(session.download(in_four()));
        assert_eq!(asked(&mock).len(), 4);
        match outcome {
            Ok((file, _)) if is_right => assert_whole(&mock, file.path(), 0),
            Err(error) if !is_right => assert_eq!(error.code(), ErrorCode::BadServerResponse),
            other => panic!("{other:?}"),
        }
        mock.runtime().run_until_idle();
        assert_eq!(mock.files().paths().len(), usize::from(is_right));
    }
}

#[test]
fn suspended_it_reads_nothing_and_dropped_it_leaves_nothing() {
    let mock = MockPlatform::new();
    mock.transport().respond(|request| sound(request, PAUSE));
    let session = session(&mock);
    let task = session.download_task(in_four());
    task.resume();
    mock.runtime().advance(PAUSE * 4);
    assert_eq!(mock.transport().open_exchanges(), 4);
    task.suspend();
    mock.runtime().run_until_stalled();
    let before = task.count_of_bytes_received();
    mock.runtime().advance(Duration::from_secs(3600));
    assert_eq!(task.count_of_bytes_received(), before);
    task.resume();
    mock.runtime().advance(PAUSE);
    assert!(task.count_of_bytes_received() > before);
    task.cancel();
    mock.runtime().run_until_idle();
    assert_eq!(mock.transport().open_exchanges(), 0);
    assert!(mock.files().paths().is_empty());
}

#[test]
fn after_a_redirect_parts_are_asked_for_where_it_led_without_what_belongs_home() {
    let mock = MockPlatform::new();
    mock.transport().respond(|request| {
        let url = request.target.url();
        if url.host_str() == Some("a.example") {
            return Reply::redirect(302, "http://b.example/there");
        }
        sound(request, PAUSE)
    });
    let session = session(&mock);
    let mut request = Request::get(URL).unwrap();
    let secret = HeaderValue::from_static("secret");
    request.headers_mut().insert("authorization", secret);
    let download = session.download((request, DownloadOptions::new().segments(4)));
    let (file, _) = mock.runtime().block_on(download).unwrap();
    assert_whole(&mock, file.path(), 0);
    let requests = mock.transport().requests();
    assert_eq!(requests.len(), 5);
    assert_eq!(requests[0].headers["authorization"], "secret");
    for request in &requests[1..] {
        assert_eq!(request.url.as_str(), "http://b.example/there");
        assert!(!request.headers.contains_key("authorization"));
    }
}

#[test]
fn suspended_it_gives_its_places_to_others_and_takes_them_again() {
    let mock = MockPlatform::new();
    mock.transport().respond(|request| sound(request, PAUSE));
    let mut configuration = Configuration::default();
    configuration.http_maximum_connections_per_host = 4;
    let session = Session::new(mock.platform(), configuration);
    let first = session.download_task(in_four());
    first.resume();
    mock.runtime().advance(PAUSE * 4);
    assert_eq!(mock.transport().open_exchanges(), 4);
    first.suspend();
    let (file, _) = mock
        .runtime()
        .block_on(session.download(in_four()))
        .unwrap();
    assert_whole(&mock, file.path(), 0);
    // The other had all four.
    assert_eq!(asked(&mock).len(), 8);
    assert_eq!(mock.transport().most_open_exchanges(), 8);
    first.resume();
    mock.runtime().advance(PAUSE);
    let waiting = session.download_task(URL);
    waiting.resume();
    mock.runtime().advance(PAUSE);
    assert_eq!(asked(&mock).len(), 8, "the first has its places again");
    mock.runtime().run_until_idle();
    assert!(first.error().is_none() && waiting.error().is_none());
    assert_eq!(asked(&mock).len(), 9);
}

#[test]
fn cancelled_while_it_is_suspended_it_has_no_places_any_more() {
    let mock = MockPlatform::new();
    mock.transport().respond(|request| sound(request, PAUSE));
    let mut configuration = Configuration::default();
    configuration.http_maximum_connections_per_host = 4;
    let session = Session::new(mock.platform(), configuration);
    for suspends in [true, false] {
        let task = session.download_task(in_four());
        task.resume();
        mock.runtime().advance(PAUSE * 4);
        if suspends {
            task.suspend();
        }
        task.cancel();
        mock.runtime().run_until_idle();
        let before = asked(&mock).len();
        let download = session.download(in_four());
        mock.runtime().block_on(download).unwrap();
        assert_eq!(asked(&mock).len() - before, 4, "{suspends}");
    }
}

#[cfg(feature = "metrics")]
#[test]
fn each_part_is_a_transaction_of_the_metrics() {
    for odd in [false, true] {
        let mock = MockPlatform::new();
        mock.transport()
            .respond(move |request| match range(request) {
                Some(part) if odd && part.start == PART => Reply::new(503).body("later"),
                _ => sound(request, PAUSE),
            });
        let session = Session::builder(mock.platform(), Configuration::default())
            .delegate(Metered)
            .build();
        let task = session.download_task(in_four());
        task.resume();
        mock.runtime().run_until_idle();
        assert!(task.error().is_none());
        let metrics = task.metrics().unwrap();
        let transactions = &metrics.transaction_metrics;
        let range = |fields: &HeaderMap| fields.get("range").cloned();
        let ranges: Vec<_> = transactions
            .iter()
            .map(|transaction| range(transaction.request.headers()).is_some())
            .collect();
        assert_eq!(ranges, [false, true, true, true]);
        let begun: Vec<_> = transactions
            .iter()
            .map(|transaction| transaction.fetch_start.unwrap())
            .collect();
        assert!(begun.is_sorted());
        if odd {
            continue;
        }
        for (transaction, length) in transactions
            .iter()
            .zip([PART, PART, PART, PART + 3])
            .skip(1)
        {
            let status = transaction.response.as_ref().unwrap().status();
            assert_eq!(status, StatusCode::PARTIAL_CONTENT);
            let received = transaction.count_of_response_body_bytes_after_decoding;
            assert_eq!(received, Some(length as u64));
            assert!(transaction.response_end.is_some());
        }
    }
}

/// Wants metrics.
#[cfg(feature = "metrics")]
struct Metered;

#[cfg(feature = "metrics")]
impl Delegate for Metered {}

#[test]
fn parts_are_as_urgent_as_their_task() {
    let mock = MockPlatform::new();
    mock.transport().respond(|request| sound(request, PAUSE));
    let session = session(&mock);
    let task = session.download_task(in_four());
    task.set_priority(1.0);
    task.resume();
    mock.runtime().run_until_idle();
    let requests = mock.transport().requests();
    assert_eq!(requests.len(), 4);
    for request in requests {
        assert_eq!(request.headers["priority"], "u=0");
    }
}
