//! A task's two timers, as the contract has them.

/// The idle and the resource timer, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timers {
    idle: u64,
    idle_since: Option<u64>,
    resource: Resource,
}

#[derive(Clone, Copy, Debug)]
enum Resource {
    Stopped { left: u64 },
    Running { due: u64 },
}

impl Timers {
    pub(super) fn new(idle: u64, resource: u64) -> Self {
        Self {
            idle,
            idle_since: None,
            resource: Resource::Stopped { left: resource },
        }
    }

    pub(super) fn run_resource(&mut self, now: u64) {
        if let Resource::Stopped { left } = self.resource {
            self.resource = Resource::Running { due: now + left };
        }
    }

    pub(super) fn stop(&mut self, now: u64) {
        if let Resource::Running { due } = self.resource {
            self.resource = Resource::Stopped {
                left: due.saturating_sub(now),
            };
        }
        self.idle_since = None;
    }

    pub(super) fn start_idle(&mut self, now: u64) {
        self.idle_since = Some(now);
    }

    pub(super) fn stop_idle(&mut self) {
        self.idle_since = None;
    }

    /// Bytes moved.
    pub(super) fn touch(&mut self, now: u64) {
        if self.idle_since.is_some() {
            self.idle_since = Some(now);
        }
    }

    /// When the idle timer fires.
    #[must_use]
    pub(crate) fn idle_due(&self) -> Option<u64> {
        self.idle_since.map(|since| since + self.idle)
    }

    /// When the resource timer fires.
    #[must_use]
    pub(crate) fn resource_due(&self) -> Option<u64> {
        match self.resource {
            Resource::Running { due } => Some(due),
            Resource::Stopped { .. } => None,
        }
    }

    /// When the first of them fires.
    #[must_use]
    pub(crate) fn due(&self) -> Option<u64> {
        [self.idle_due(), self.resource_due()]
            .into_iter()
            .flatten()
            .min()
    }
}
