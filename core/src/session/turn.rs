//! What says whose turn it is.

/// Where the books have a task.
pub(crate) type Slot = u32;

/// A place in the order of first resumes. A task keeps its own for life.
pub(crate) type Ticket = u64;

/// Three classes of `priority`, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// From above one half on.
    High,
    /// One half, the default.
    Default,
    /// Below one half.
    Low,
}

impl From<f32> for Urgency {
    fn from(priority: f32) -> Self {
        if priority > 0.5 {
            Self::High
        } else if priority < 0.5 {
            Self::Low
        } else {
            Self::Default
        }
    }
}
