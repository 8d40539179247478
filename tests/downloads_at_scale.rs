//! What downloads take of memory and descriptors, as the operating system counts it: each test has the process for itself.
//!
//! The many are few here; `URLSESSION_CAMPAIGN=1`, as `cargo xtask campaign` sets it, makes them 10,000.

#![cfg(all(target_os = "linux", feature = "download", feature = "http2"))]
#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/guard.rs"]
mod guard;
#[path = "support/process.rs"]
mod process;
#[path = "support/resident.rs"]
mod resident;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use guard::within;
use process::{descriptors, until};
use resident::growth;
use tokio::runtime::Runtime;
use urlsession::{Answer, Configuration, Delegate, DownloadTask, DownloadedFile, Error, Task};
use urlsession_origin::{Origin, Signal, pattern};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// Runs a test while no other one does.
fn alone(test: impl Future<Output = ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    Runtime::new().unwrap().block_on(test);
}

/// The most descriptors that were open while `run` ran, looked at again and again.
async fn most_descriptors(run: impl Future<Output = ()>) -> usize {
    let most = Arc::new(AtomicUsize::new(0));
    let sampled = most.clone();
    let sampler = tokio::spawn(async move {
        loop {
            sampled.fetch_max(descriptors(), Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    run.await;
    sampler.abort();
    most.load(Ordering::Relaxed)
}

async fn many_downloads(origin: &Origin, count: usize) {
    let session = urlsession::session(Configuration::default());
    let url = origin.url("/bytes/1024");
    let done = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..count)
        .map(|_| {
            let done = done.clone();
            let task = session.download_task_with(&url, move |outcome| {
                let (file, _) = outcome.unwrap();
                assert!(std::fs::read(file.path()).unwrap() == pattern(0..1024));
                done.fetch_add(1, Ordering::Relaxed);
            });
            task.resume();
            task
        })
        .collect();
    for task in tasks {
        task.finished().await.unwrap();
    }
    assert_eq!(done.load(Ordering::Relaxed), count);
}

/// R7: descriptors are for those on the wire, and memory is little, for 10,000 downloads of small files that are begun at once.
#[test]
fn r7_ten_thousand_downloads_at_once_are_all_whole() {
    let is_campaign = std::env::var_os("URLSESSION_CAMPAIGN").is_some();
    let count = if is_campaign { 10_000 } else { 1_000 };
    alone(async move {
        let origin = Origin::spawn().unwrap();
        let before = descriptors();
        // The first ones bring what all share.
        many_downloads(&origin, 20).await;
        let most = Arc::new(AtomicUsize::new(0));
        let counted = most.clone();
        let grown = growth(async {
            let run = most_descriptors(many_downloads(&origin, count));
            counted.store(run.await, Ordering::Relaxed);
        })
        .await;
        let each = grown / count as u64;
        let most = most.load(Ordering::Relaxed).saturating_sub(before);
        println!(
            "{count} downloads at once: {} KiB, {each} bytes each; {most} descriptors more",
            grown / KIB
        );
        assert!(each <= 32 * KIB, "{each} bytes a download");
        // Six connections at both their ends, and the files of six; those that come to their end are closed a little later.
        assert!(most <= 100, "{most} descriptors more");
        let state = || format!("{} descriptors of {before}", descriptors());
        until(|| descriptors() <= before, state).await;
    });
}

/// Is in no hurry to say that it has heard of the first bytes.
struct Slow {
    has_heard: AtomicBool,
    go_on: Signal,
    ended: Signal,
}

/// The program's own handle on its delegate.
struct Shared(Arc<Slow>);

impl Delegate for Shared {
    fn did_write_data(&self, _: &DownloadTask, _: u64, _: u64, _: Option<u64>) -> Answer<()> {
        if self.0.has_heard.swap(true, Ordering::SeqCst) {
            return Answer::HANDLED;
        }
        let go_on = self.0.go_on.clone();
        Answer::later(async move { go_on.released().await })
    }

    fn did_finish_downloading_to(&self, _: &DownloadTask, file: &DownloadedFile) -> Answer<()> {
        let length = std::fs::metadata(file.path()).unwrap().len();
        assert_eq!(length, 200 * MIB);
        Answer::HANDLED
    }

    fn did_complete(&self, _: &Task, error: Option<&Error>) -> Answer<()> {
        assert!(error.is_none(), "{error:?}");
        self.0.ended.release();
        Answer::HANDLED
    }
}

/// The server is blocked as long as the delegate is slow; then everything comes, and all the while it takes little memory.
#[expect(clippy::print_stdout, reason = "the figure is the point")]
async fn slow_download(origin: &Origin, url: String, speaks_h2: bool) {
    let slow = Arc::new(Slow {
        has_heard: AtomicBool::new(false),
        go_on: Signal::new(),
        ended: Signal::new(),
    });
    let mut configuration = Configuration::default();
    configuration.assumes_http2_capable = speaks_h2;
    let session = urlsession::builder(configuration)
        .delegate(Shared(slow.clone()))
        .build();
    let written = origin.bytes_written();
    let grown = growth(async {
        session.download_task(&url).resume();
        let quiet = origin.wait_until_idle_writer(Duration::from_millis(300));
        let blocked = within("a blocked server", quiet).await.unwrap() - written;
        assert!(blocked < 32 * MIB, "{} MiB to nobody", blocked / MIB);
        assert!(slow.has_heard.load(Ordering::SeqCst));
        slow.go_on.release();
        let ended = tokio::time::timeout(Duration::from_secs(120), slow.ended.released());
        ended.await.unwrap();
    })
    .await;
    println!("a slow delegate, {url}: {} KiB more", grown / KIB);
    assert!(grown <= 16 * MIB, "{url}: {} MiB more", grown / MIB);
}

/// R11, on both versions of HTTP.
#[test]
fn r11_a_download_to_a_slow_delegate_takes_little_memory_and_blocks_the_server() {
    alone(async {
        let origin = Origin::spawn().unwrap();
        let path = format!("/bytes/{}", 200 * MIB);
        slow_download(&origin, origin.url(&path), false).await;
        slow_download(&origin, origin.h2_url(&path), true).await;
    });
}
