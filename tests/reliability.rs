//! Cuts, splits and stale connections: never a short body taken for a whole one, never a hang, never a POST twice.

#![cfg(all(not(target_arch = "wasm32"), feature = "http2", feature = "tls"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/guard.rs"]
mod guard;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guard::within;
use urlsession::futures::{StreamExt as _, stream};
use urlsession::{
    Answer, Bytes, Configuration, Delegate, Error, ErrorCode, Request, Response,
    ResponseDisposition, Session, Task,
};
use urlsession_origin::faults::{self, How, h2};
use urlsession_origin::{ALPN_HTTP_1_1, Authority, RawOrigin, Script, Scripts, Step, pattern};

/// How many loads run at the same time.
const AT_ONCE: usize = 64;

/// Every byte of a response is a place to cut or split at; every seventh where time is short.
fn stride() -> usize {
    if std::env::var_os("URLSESSION_QUICK").is_some() {
        7
    } else {
        1
    }
}

/// A body that makes a response of about 2 KiB.
fn body() -> Bytes {
    pattern(0..1900).into()
}

/// The body under gzip.
#[cfg(feature = "decode")]
fn gzip() -> Vec<u8> {
    urlsession_origin::encode(&["gzip"], &body())
}

/// The reply, saying that its body is under gzip.
#[cfg(feature = "decode")]
fn under_gzip(reply: &Bytes) -> Bytes {
    const STATUS: &str = "HTTP/1.1 200 OK\r\n";
    let rest = reply.strip_prefix(STATUS.as_bytes()).unwrap();
    [STATUS.as_bytes(), b"Content-Encoding: gzip\r\n", rest]
        .concat()
        .into()
}

fn configuration() -> Configuration {
    let mut configuration = Configuration::ephemeral();
    configuration.http_maximum_connections_per_host = AT_ONCE;
    configuration
}

fn speaking_h2() -> Configuration {
    let mut configuration = configuration();
    configuration.assumes_http2_capable = true;
    configuration
}

/// The number that ends a request's path.
fn number_in(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head);
    let path = head.split(' ').nth(1).unwrap_or_default();
    path.rsplit('/')
        .next()
        .and_then(|last| last.parse().ok())
        .unwrap_or_default()
}

/// R2: the connection is cut after each byte of the response.
mod cuts {
    use super::*;

    /// What the loads of one sweep ended with: how many succeeded, of how many.
    async fn sweep<F: Future<Output = Result<Bytes, Error>>>(
        what: &str,
        whole: usize,
        load: impl Fn(usize) -> F,
    ) {
        let cuts = (0..whole).step_by(stride());
        let loads = cuts.map(|cut| {
            let load = load(cut);
            async move { (cut, within("the end of a cut load", load).await) }
        });
        let ends: Vec<_> = stream::iter(loads)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for (cut, end) in ends {
            let error = end.expect_err(&format!("{what} cut after {cut} of {whole} bytes"));
            assert_eq!(
                error.code(),
                ErrorCode::NetworkConnectionLost,
                "{what} {cut}: {error:?}"
            );
        }
    }

    /// One cut after each byte, in these ways in turn.
    async fn of_http1(what: &str, reply: Bytes, hows: &'static [How], tls: bool) {
        let whole = reply.len();
        let scripts = Scripts::by(move |_, head| {
            let cut = number_in(head);
            faults::cut_after(&reply, cut, hows[cut % hows.len()])
        });
        let mut configuration = configuration();
        let origin = if tls {
            let authority = Authority::new("cut root").unwrap();
            configuration
                .tls_additional_roots
                .push(authority.der().to_vec());
            let config = authority.server_config(&[ALPN_HTTP_1_1]).unwrap();
            RawOrigin::spawn_tls(scripts, config).unwrap()
        } else {
            RawOrigin::spawn(scripts).unwrap()
        };
        let session = urlsession::session(configuration);
        sweep(what, whole, |cut| {
            let load = session.data(origin.url(&format!("/{cut}")));
            async move { load.await.map(|(body, _)| body) }
        })
        .await;
        assert_eq!(
            origin.accepted(),
            whole.div_ceil(stride()),
            "{what}: no load was repeated"
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_response_with_a_length_is_never_taken_short() {
        for how in [&[How::Close], &[How::Reset]] {
            of_http1("length", faults::response(body()), how, false).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_chunked_response_is_never_taken_short() {
        for how in [&[How::Close], &[How::Reset]] {
            of_http1("chunked", faults::chunked_response(body(), 100), how, false).await;
        }
    }

    #[cfg(feature = "decode")]
    #[tokio::test(flavor = "multi_thread")]
    async fn a_gzip_response_is_never_taken_short() {
        for reply in [
            faults::response(gzip()),
            faults::chunked_response(gzip(), 100),
        ] {
            of_http1("gzip", under_gzip(&reply), &[How::Close], false).await;
        }
    }

    /// Only the coded data tells where it ends.
    #[cfg(feature = "decode")]
    #[tokio::test(flavor = "multi_thread")]
    async fn a_gzip_response_that_lasts_until_the_connection_ends_is_never_taken_short() {
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
        let reply: Bytes = [head.as_bytes(), &gzip()].concat().into();
        let whole = reply.len();
        let scripts =
            Scripts::by(move |_, head| faults::cut_after(&reply, number_in(head), How::Close));
        let origin = RawOrigin::spawn(scripts).unwrap();
        let session = urlsession::session(configuration());
        let load = |cut: usize| {
            let load = session.data(origin.url(&format!("/{cut}")));
            async move { (cut, within("the end of a cut load", load).await) }
        };
        // Cut right behind the head it is a body without bytes.
        let cuts = (head.len() + 1..=whole).map(load);
        let mut ends = stream::iter(cuts).buffer_unordered(AT_ONCE);
        while let Some((cut, end)) = ends.next().await {
            match end {
                Ok((decoded, _)) => assert_eq!((cut, decoded), (whole, body())),
                Err(error) => {
                    assert!(cut < whole, "whole: {error:?}");
                    assert_eq!(error.code(), ErrorCode::CannotDecodeRawData, "{cut}");
                }
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_response_over_tls_is_never_taken_short() {
        of_http1(
            "tls",
            faults::response(body()),
            &[How::Close, How::Cut, How::Reset],
            true,
        )
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_h2_response_is_never_taken_short() {
        let whole = h2::conversation(&body()).len();
        for how in [How::Close, How::Reset] {
            let cuts = (0..whole).step_by(stride());
            let scripts: Vec<_> = cuts.map(|cut| h2::cut_after(&body(), cut, how)).collect();
            let origin = RawOrigin::spawn(scripts).unwrap();
            sweep("h2", whole, |_| {
                // A session each, that each has a connection of its own; which cut it meets is all the same.
                let (session, url) = (urlsession::session(speaking_h2()), origin.url("/"));
                async move { session.data(url).await.map(|(body, _)| body) }
            })
            .await;
        }
    }
}

/// R3: however a response is split, the delegate is told the same.
mod splits {
    use super::*;

    /// What a delegate is told of one task, the chunks joined.
    #[derive(Clone, Debug, Default, PartialEq)]
    struct Told {
        head: Vec<String>,
        body: Vec<u8>,
        ends: Vec<Option<ErrorCode>>,
    }

    #[derive(Clone, Default)]
    struct Recorder(Arc<Mutex<Told>>);

    impl Delegate for Recorder {
        fn did_receive_response(
            &self,
            _: &Task,
            response: &Response,
        ) -> Answer<ResponseDisposition> {
            let head = format!("{} {:?}", response.status(), response.headers());
            self.0.lock().unwrap().head.push(head);
            Answer::Unhandled
        }

        fn did_receive_data(&self, _: &Task, data: &Bytes) -> Answer<()> {
            assert!(!data.is_empty());
            self.0.lock().unwrap().body.extend_from_slice(data);
            ().into()
        }

        fn did_complete(&self, _: &Task, error: Option<&Error>) -> Answer<()> {
            self.0.lock().unwrap().ends.push(error.map(Error::code));
            ().into()
        }
    }

    async fn told(session: &Session, url: String) -> Told {
        let recorder = Recorder::default();
        let load = session.data_with_delegate(url, recorder.clone());
        let collected = within("a split response", load)
            .await
            .map(|(body, _)| body.to_vec());
        let told = recorder.0.lock().unwrap().clone();
        assert_eq!(collected.ok().as_ref(), Some(&told.body));
        told
    }

    /// The whole in two pieces, the second after the first was surely sent; byte by byte at 0.
    fn split_at(whole: &Bytes, at: usize, start: &[Step]) -> Script {
        let pieces = match at {
            0 => vec![Step::WriteSlowly {
                bytes: whole.clone(),
                chunk: 1,
                every: Duration::ZERO,
            }],
            _ => vec![
                Step::Write(whole.slice(..at)),
                Step::Pause(Duration::from_millis(1)),
                Step::Write(whole.slice(at..)),
            ],
        };
        start
            .iter()
            .cloned()
            .chain(pieces)
            .chain([Step::ExpectClose])
            .collect()
    }

    fn replies() -> Vec<Bytes> {
        vec![
            faults::response(body()),
            faults::chunked_response(body(), 100),
            #[cfg(feature = "decode")]
            under_gzip(&faults::response(gzip())),
            #[cfg(feature = "decode")]
            under_gzip(&faults::chunked_response(gzip(), 100)),
        ]
    }

    fn assert_all_alike(what: &str, all: &[Told]) {
        let expected = Told {
            head: all[0].head.clone(),
            body: body().to_vec(),
            ends: vec![None],
        };
        assert_eq!(expected.head.len(), 1, "{what}");
        for (place, told) in all.iter().enumerate() {
            assert!(*told == expected, "{what}, split {place}: {told:?}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_http1_response_is_the_same_however_it_is_split() {
        for whole in replies() {
            let count = whole.len();
            let scripts =
                Scripts::by(move |_, head| split_at(&whole, number_in(head), &[Step::ReadRequest]));
            let origin = RawOrigin::spawn(scripts).unwrap();
            // Idle connections are not used again: each split has one of its own.
            let loads = (0..count).step_by(stride()).map(|at| {
                let url = origin.url(&format!("/{at}"));
                async move { told(&urlsession::session(configuration()), url).await }
            });
            let all: Vec<_> = stream::iter(loads)
                .buffer_unordered(AT_ONCE)
                .collect()
                .await;
            assert_all_alike("http/1", &all);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_h2_response_is_the_same_however_it_is_split() {
        let whole = h2::conversation(&body());
        let start = [Step::ReadH2Preface, Step::ReadH2Request];
        let places = (0..whole.len()).step_by(stride());
        let scripts: Vec<_> = places
            .clone()
            .map(|at| split_at(&whole, at, &start))
            .collect();
        let origin = RawOrigin::spawn(scripts).unwrap();
        let loads = places.map(|_| {
            let url = origin.url("/");
            async move { told(&urlsession::session(speaking_h2()), url).await }
        });
        let all: Vec<_> = stream::iter(loads)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        assert_all_alike("h2", &all);
    }
}

/// R13: nothing is sent twice that may have been acted on.
mod retries {
    use super::*;

    /// A server whose connections answer once, and then end in one of these ways, with or without a second request.
    fn stale(how: usize) -> Script {
        let first = [Step::ReadRequest, Step::Write(faults::response("first"))];
        let rest = match how % 6 {
            0 => vec![Step::Close],
            1 => vec![Step::Reset],
            2 => vec![Step::ReadRequest, Step::Close],
            3 => vec![Step::ReadRequest, Step::Reset],
            4 => vec![Step::ReadHead, Step::Drop],
            _ => vec![Step::Pause(Duration::from_micros(200)), Step::Drop],
        };
        first.into_iter().chain(rest).collect()
    }

    /// How often each path was asked for, over all connections.
    fn asked(origin: &RawOrigin, method: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for connection in origin.connections() {
            for line in connection
                .text()
                .lines()
                .filter(|line| line.ends_with(" HTTP/1.1"))
            {
                if let Some(rest) = line.split_once(method).map(|(_, rest)| rest) {
                    let path = rest.split(' ').nth(1).unwrap_or_default();
                    *counts.entry(path.to_owned()).or_default() += 1;
                }
            }
        }
        counts
    }

    async fn many(origin: &RawOrigin, count: usize, make: impl Fn(String) -> Request) -> usize {
        let session = urlsession::session(configuration());
        let loads = (0..count).map(|number| session.data(make(origin.url(&format!("/{number}")))));
        let ends: Vec<_> = stream::iter(loads).buffer_unordered(16).collect().await;
        ends.into_iter().filter(Result::is_ok).count()
    }

    fn stale_origin() -> RawOrigin {
        let scripts = (0..60_000).map(stale).collect::<Vec<_>>();
        RawOrigin::spawn(scripts).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn ten_thousand_posts_on_stale_connections_are_sent_at_most_once_each() {
        let origin = stale_origin();
        let count = 10_000 / stride();
        let answered = many(&origin, count, |url| {
            Request::post(url).unwrap().with_body("once")
        })
        .await;
        let asked = asked(&origin, "POST");
        let twice: Vec<_> = asked.iter().filter(|(_, times)| **times > 1).collect();
        assert!(
            twice.is_empty(),
            "{} of {count} twice: {:?}",
            twice.len(),
            &twice[..twice.len().min(5)]
        );
        assert!(answered > count / 2, "{answered} of {count} answered");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_get_is_repeated_once_at_most() {
        let origin = stale_origin();
        let count = 2_000 / stride();
        let answered = many(&origin, count, |url| Request::get(url).unwrap()).await;
        assert!(asked(&origin, "GET").values().all(|times| *times <= 2));
        assert!(answered > count / 2, "{answered} of {count} answered");
    }
}
