//! A deadline for what a test waits for.

use std::future::Future;
use std::time::Duration;

/// How long a test waits for anything before it says that it waited in vain.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What `future` gives; a failure that names `what` when it does not end within [`PATIENCE`].
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {PATIENCE:?} in vain for {what}"),
    }
}
