//! A one-way switch between a test and a script.

use std::sync::Arc;

use tokio::sync::watch;

/// A switch that is off until somebody releases it; clones are the same switch.
///
/// A script waits for it with [`Step::WaitFor`](crate::Step::WaitFor) or releases it with
/// [`Step::Release`](crate::Step::Release); a test does the other half. Awaiting needs no runtime.
#[derive(Debug, Clone, Default)]
pub struct Signal {
    released: Arc<watch::Sender<bool>>,
}

impl Signal {
    /// Makes a signal that is off.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Switches it on, for good.
    pub fn release(&self) {
        self.released.send_replace(true);
    }

    /// Whether it is on.
    #[must_use]
    pub fn is_released(&self) -> bool {
        *self.released.borrow()
    }

    /// Waits until it is on.
    pub async fn released(&self) {
        let mut state = self.released.subscribe();
        // The sender lives in `self`, so the channel cannot close meanwhile.
        let _ = state.wait_for(|released| *released).await;
    }
}
