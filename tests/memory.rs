//! What hostile heads and slow readers cost: 16 MiB at most.

#![cfg(all(target_os = "linux", feature = "http2", feature = "tls"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/guard.rs"]
mod guard;
#[path = "support/resident.rs"]
mod resident;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use guard::within;
use resident::growth;
use tokio::runtime::Runtime;
use urlsession::{Answer, Bytes, Configuration, Delegate, Error, Task};
use urlsession_origin::faults::{self, h2};
use urlsession_origin::{Origin, RawOrigin, Script, Signal};

const MIB: u64 = 1024 * 1024;
/// How much more may be resident.
const MORE: u64 = 16 * MIB;

fn configuration(speaks_h2: bool) -> Configuration {
    let mut configuration = Configuration::ephemeral();
    configuration.assumes_http2_capable = speaks_h2;
    configuration.timeout_interval_for_request = Duration::from_secs(2);
    configuration
}

/// R10: it ends with an error, and costs little.
async fn bomb(name: &str, script: Script, speaks_h2: bool) {
    let origin = RawOrigin::spawn(script).unwrap();
    let session = urlsession::session(configuration(speaks_h2));
    let grown = growth(async {
        let load = session.data(origin.url("/"));
        within(name, load).await.expect_err(name);
    })
    .await;
    assert!(grown <= MORE, "{name}: {} MiB more", grown / MIB);
}

/// Takes the first chunk, and is in no hurry to say so.
struct Slow {
    received: AtomicU64,
    go_on: Signal,
    ended: Signal,
}

/// The program's own handle on its delegate.
struct Shared(Arc<Slow>);

impl Delegate for Shared {
    fn did_receive_data(&self, _: &Task, data: &Bytes) -> Answer<()> {
        let before = self
            .0
            .received
            .fetch_add(data.len() as u64, Ordering::SeqCst);
        if before > 0 {
            return ().into();
        }
        let go_on = self.0.go_on.clone();
        Answer::later(async move { go_on.released().await })
    }

    fn did_complete(&self, _: &Task, error: Option<&Error>) -> Answer<()> {
        assert!(error.is_none(), "{error:?}");
        self.0.ended.release();
        ().into()
    }
}

/// R11: the server is blocked as long as the delegate is slow; then everything comes.
async fn slow_reader(origin: &Origin, url: String, speaks_h2: bool) {
    const LENGTH: u64 = 200 * MIB;
    let slow = Arc::new(Slow {
        received: AtomicU64::new(0),
        go_on: Signal::new(),
        ended: Signal::new(),
    });
    let mut configuration = configuration(speaks_h2);
    configuration.timeout_interval_for_request = Duration::from_secs(60);
    configuration
        .tls_additional_roots
        .push(origin.authority().der().to_vec());
    let session = urlsession::builder(configuration)
        .delegate(Shared(slow.clone()))
        .build();
    let written = origin.bytes_written();
    let grown = growth(async {
        session.data_task(&url).resume();
        let quiet = origin.wait_until_idle_writer(Duration::from_millis(300));
        let blocked = within("a blocked server", quiet).await.unwrap() - written;
        assert!(
            blocked < 32 * MIB,
            "{url}: {} MiB written to nobody",
            blocked / MIB
        );
        assert!(slow.received.load(Ordering::SeqCst) > 0);
        slow.go_on.release();
        tokio::time::timeout(Duration::from_secs(90), slow.ended.released())
            .await
            .unwrap();
    })
    .await;
    assert_eq!(slow.received.load(Ordering::SeqCst), LENGTH);
    assert!(grown <= MORE, "{url}: {} MiB more", grown / MIB);
}

#[test]
fn bombs_and_slow_readers_cost_little() {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let origin = Origin::spawn().unwrap();
        let path = format!("/bytes/{}", 200 * MIB);
        slow_reader(&origin, origin.url(&path), false).await;
        slow_reader(&origin, origin.h2_url(&path), true).await;
        slow_reader(&origin, origin.tls_url(&path), false).await;
        bomb(
            "a header of 10 MiB",
            faults::huge_header(10 * MIB as usize),
            false,
        )
        .await;
        bomb("100,000 fields", faults::many_fields(100_000), false).await;
        bomb(
            "a Location of 1 MiB",
            faults::huge_location(MIB as usize),
            false,
        )
        .await;
        bomb("10,000 cookies", faults::many_cookies(10_000), false).await;
        bomb(
            "a chunk extension of 1 MB",
            faults::chunk_extension(1_000_000),
            false,
        )
        .await;
        bomb(
            "a million interim responses",
            faults::interim_flood(),
            false,
        )
        .await;
        for (name, script) in h2::FLOODS {
            if *name != "provoked-reset-flood" {
                bomb(name, script(), true).await;
            }
        }
    });
}
