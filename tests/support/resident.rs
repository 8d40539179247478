//! How much memory something takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Bytes of memory that are resident.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// The most that was resident while `run` ran, sampled, above what was before.
pub(crate) async fn growth(run: impl Future<Output = ()>) -> u64 {
    let (before, peak) = (resident(), Arc::new(AtomicU64::new(0)));
    let sampled = peak.clone();
    let sampler = tokio::spawn(async move {
        loop {
            sampled.fetch_max(resident(), Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    run.await;
    sampler.abort();
    peak.load(Ordering::Relaxed)
        .max(resident())
        .saturating_sub(before)
}
