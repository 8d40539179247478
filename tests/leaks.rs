//! Transfers cancelled at every phase leave nothing behind: no socket, no task, no delegate.

#![cfg(all(target_os = "linux", feature = "http2", feature = "tls"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/process.rs"]
mod process;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use process::{descriptors, until};
use tokio::runtime::{Handle, Runtime};
use urlsession::futures::future::pending;
use urlsession::{
    Answer, Bytes, Configuration, DataTask, Delegate, Error, Response, ResponseDisposition,
    Session, Task,
};
use urlsession_origin::{FullBacklog, Origin, RawOrigin, Script, Step};

/// How many transfers are cancelled at each phase of each protocol.
const TRANSFERS: usize = 1000;
/// How many of them are under way at a time.
const AT_ONCE: usize = 100;

/// Counts what it is told; `asked` never answers the question whether to go on.
#[derive(Default)]
struct Counter {
    never_answers: bool,
    heads: AtomicUsize,
    chunks: AtomicUsize,
    ends: AtomicUsize,
}

impl Delegate for Counter {
    fn did_receive_response(&self, _: &Task, _: &Response) -> Answer<ResponseDisposition> {
        self.heads.fetch_add(1, Ordering::SeqCst);
        match self.never_answers {
            true => Answer::Later(Box::pin(pending())),
            false => Answer::Unhandled,
        }
    }

    fn did_receive_data(&self, _: &Task, _: &Bytes) -> Answer<()> {
        self.chunks.fetch_add(1, Ordering::SeqCst);
        ().into()
    }

    fn did_complete(&self, _: &Task, error: Option<&Error>) -> Answer<()> {
        assert!(error.is_some_and(Error::is_cancelled), "{error:?}");
        self.ends.fetch_add(1, Ordering::SeqCst);
        ().into()
    }
}

/// How far a transfer comes before it is cancelled.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// Never resumed.
    Born,
    /// Waiting for others of its host.
    Queue,
    /// Its connection is never accepted.
    Connect,
    /// Its handshake is never answered.
    Handshake,
    /// Its request is never answered.
    Head,
    /// Its body never ends.
    Body,
    /// The delegate never says whether to go on.
    Asked,
    /// Suspended in the body.
    Suspended,
}

/// What all phases use.
struct Bench {
    origin: Origin,
    backlog: FullBacklog,
    silent: RawOrigin,
}

impl Bench {
    fn new() -> Self {
        Self {
            origin: Origin::spawn().unwrap(),
            backlog: FullBacklog::start().unwrap(),
            silent: RawOrigin::spawn(Script::new([Step::ExpectClose])).unwrap(),
        }
    }

    fn url(&self, protocol: &str, path: &str) -> String {
        match protocol {
            "http/1" => self.origin.url(path),
            "tls" => self.origin.tls_h1_url(path),
            "h2" => self.origin.h2_url(path),
            _ => self.origin.tls_url(path),
        }
    }

    fn place(&self, protocol: &str, phase: Phase) -> String {
        let plain = matches!(protocol, "http/1" | "h2");
        match phase {
            Phase::Connect if plain => self.backlog.url("/"),
            Phase::Connect => self.backlog.url("/").replacen("http:", "https:", 1),
            // What speaks HTTP/2 in the clear shakes hands by its prefaces.
            Phase::Handshake if plain => self.silent.url("/"),
            Phase::Handshake => self.silent.url("/").replacen("http:", "https:", 1),
            Phase::Born | Phase::Queue | Phase::Head => self.url(protocol, "/delay/600000"),
            Phase::Body | Phase::Asked | Phase::Suspended => {
                self.url(protocol, "/endless?every=600000")
            }
        }
    }

    /// Waits until all of a round have come to the phase.
    async fn reached(&self, phase: Phase, counter: &Counter, round: &Round) {
        let all = round.tasks.len();
        let state = || {
            format!(
                "{phase:?}: {} heads, {} chunks",
                counter.heads.load(Ordering::SeqCst),
                counter.chunks.load(Ordering::SeqCst)
            )
        };
        match phase {
            Phase::Born => {}
            Phase::Queue => until(|| self.under_way() >= 1, state).await,
            Phase::Connect => until(|| descriptors() > round.descriptors, state).await,
            Phase::Handshake => until(|| self.silent.open_connections() >= 1, state).await,
            Phase::Head => until(|| self.under_way() >= round.under_way + all, state).await,
            Phase::Body | Phase::Suspended => {
                until(
                    || counter.chunks.load(Ordering::SeqCst) >= round.chunks + all,
                    state,
                )
                .await;
            }
            Phase::Asked => {
                until(
                    || counter.heads.load(Ordering::SeqCst) >= round.heads + all,
                    state,
                )
                .await
            }
        }
    }

    fn under_way(&self) -> usize {
        self.origin.request_count("/delay/600000")
    }
}

/// Transfers under way together, and the counts when they began.
struct Round {
    tasks: Vec<DataTask>,
    descriptors: usize,
    under_way: usize,
    chunks: usize,
    heads: usize,
}

fn configuration(bench: &Bench, protocol: &str, phase: Phase) -> Configuration {
    let mut configuration = Configuration::ephemeral();
    configuration.http_maximum_connections_per_host =
        if phase == Phase::Queue { 2 } else { AT_ONCE };
    configuration.assumes_http2_capable = protocol == "h2";
    let root = bench.origin.authority().der().to_vec();
    configuration.tls_additional_roots.push(root);
    configuration
}

async fn cancel_all(
    bench: &Bench,
    session: &Session,
    counter: &Counter,
    protocol: &str,
    phase: Phase,
) {
    let url = bench.place(protocol, phase);
    let at_rest = descriptors();
    for done in (0..TRANSFERS).step_by(AT_ONCE) {
        if phase == Phase::Connect {
            // Sockets of the round before may still be closing: those that open now could not be told from them.
            let state = || format!("{protocol}: {} sockets stay open", descriptors());
            until(|| descriptors() <= at_rest, state).await;
        }
        let round = Round {
            tasks: (0..AT_ONCE).map(|_| session.data_task(&url)).collect(),
            descriptors: descriptors(),
            under_way: bench.under_way(),
            chunks: counter.chunks.load(Ordering::SeqCst),
            heads: counter.heads.load(Ordering::SeqCst),
        };
        if phase != Phase::Born {
            round.tasks.iter().for_each(|task| task.resume());
        }
        bench.reached(phase, counter, &round).await;
        if phase == Phase::Suspended {
            round.tasks.iter().for_each(|task| task.suspend());
        }
        round.tasks.iter().for_each(|task| task.cancel());
        drop(round);
        let ended = || counter.ends.load(Ordering::SeqCst);
        until(
            || ended() == done + AT_ONCE,
            || format!("{protocol} {phase:?}: {} ended", ended()),
        )
        .await;
    }
}

/// What stands open: descriptors of the process, tasks of the client's runtime.
fn open() -> (usize, usize) {
    (descriptors(), Handle::current().metrics().num_alive_tasks())
}

async fn leaves_nothing(bench: &Bench, protocol: &str, phase: Phase) {
    let (before, what) = (open(), format!("{protocol} {phase:?}"));
    let counter = Arc::new(Counter {
        never_answers: phase == Phase::Asked,
        ..Counter::default()
    });
    let session = urlsession::builder(configuration(bench, protocol, phase))
        .delegate(counter.clone())
        .build();
    cancel_all(bench, &session, &counter, protocol, phase).await;
    until(
        || session.task_count() == 0,
        || format!("{what}: {} tasks", session.task_count()),
    )
    .await;
    assert_eq!(counter.ends.load(Ordering::SeqCst), TRANSFERS, "{what}");
    let delegate: Weak<Counter> = Arc::downgrade(&counter);
    drop(counter);
    drop(session);
    let state = || format!("{what}: {:?} open, {before:?} before", open());
    until(
        || delegate.strong_count() == 0,
        || format!("{what}: the delegate lives"),
    )
    .await;
    until(|| open() == before, state).await;
}

#[test]
fn a_thousand_transfers_cancelled_at_each_phase_leave_nothing() {
    let phases = [
        Phase::Born,
        Phase::Queue,
        Phase::Connect,
        Phase::Handshake,
        Phase::Head,
        Phase::Body,
        Phase::Asked,
        Phase::Suspended,
    ];
    let (bench, runtime) = (Bench::new(), Runtime::new().unwrap());
    runtime.block_on(async {
        // Makes what is made once and stays: timers' thread, resolver's threads.
        let session = urlsession::session(configuration(&bench, "http/1", Phase::Head));
        session.data(bench.origin.url("/UK")).await.unwrap();
        session.data(bench.origin.tls_url("/UK")).await.unwrap();
        drop(session);
        let quiet = || {
            Handle::current().metrics().num_alive_tasks() == 0
                && bench.origin.open_connections() == 0
        };
        until(quiet, || "tasks of the first session".into()).await;
        for protocol in ["http/1", "tls", "h2", "h2 over tls"] {
            for phase in phases {
                leaves_nothing(&bench, protocol, phase).await;
            }
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
}
