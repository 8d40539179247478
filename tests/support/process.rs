//! What the process holds, as the operating system counts it.

use std::time::{Duration, Instant};

/// How long a test waits for anything before it says that it waited in vain.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many descriptors are open.
pub(crate) fn descriptors() -> usize {
    // The listing itself has one open.
    std::fs::read_dir("/proc/self/fd").unwrap().count() - 1
}

/// Waits until `reached` is true; a failure that tells `state` when it never is.
pub(crate) async fn until(mut reached: impl FnMut() -> bool, state: impl Fn() -> String) {
    let began = Instant::now();
    while !reached() {
        assert!(
            began.elapsed() < PATIENCE,
            "waited {PATIENCE:?} in vain: {}",
            state()
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
