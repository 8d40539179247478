//! Where a task is in its life, as the coverage table has it.

use crate::coverage::table::table;
use crate::world::{Place, TaskView};

table! {
    /// Where a task is in its life.
    Phase {
        Born = "born",
        Queued = "queued",
        Pausing = "pausing",
        Shelved = "shelved",
        Connecting = "connecting",
        Awaiting = "awaiting",
        Body = "body",
        Asked = "asked",
        Suspended = "suspended",
        Unpolled = "unpolled",
        Over = "over",
    }
}

impl Phase {
    /// The phase of a task that was made.
    pub(super) fn of(task: &TaskView) -> Self {
        if task.is_decided() || task.is_refused || task.is_cancelled {
            Self::Over
        } else if !task.was_resumed {
            Self::Born
        } else if task.suspensions > 0 {
            match task.place {
                Place::Held { .. } => Self::Suspended,
                Place::Out | Place::Waiting { .. } | Place::Parked { .. } | Place::Away { .. } => {
                    Self::Shelved
                }
            }
        } else if task.is_unpolled() {
            Self::Unpolled
        } else if task.waits {
            Self::Asked
        } else {
            Self::of_load(task)
        }
    }

    fn of_load(task: &TaskView) -> Self {
        match (task.place, task.hop) {
            (Place::Out | Place::Waiting { .. } | Place::Parked { .. }, _) => Self::Queued,
            (Place::Away { .. }, _) => Self::Pausing,
            (Place::Held { .. }, Some(hop)) if hop.head.is_some() => Self::Body,
            (Place::Held { .. }, Some(hop)) if hop.is_connected => Self::Awaiting,
            (Place::Held { .. }, _) => Self::Connecting,
        }
    }
}
