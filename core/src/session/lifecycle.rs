//! A session's life: one state, one table.

/// Where a session is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SessionState {
    /// Takes tasks.
    Active,
    /// Takes no more; waits for the last completion.
    Finishing,
    /// Over.
    Invalid,
}

/// What happens to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SessionEvent {
    /// `finish_tasks_and_invalidate`, or the last handle went.
    Finish,
    /// `invalidate_and_cancel`.
    Cancel,
    /// The last task is complete.
    Drained,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SessionEffect {
    /// Nothing.
    Nothing,
    /// Cancel the tasks that were never resumed.
    CancelBorn,
    /// Cancel every task.
    CancelAll,
    /// Tell the delegate, and let go of it.
    Farewell,
}

impl SessionState {
    /// What the table says.
    pub(crate) const fn on(self, event: SessionEvent) -> (Self, SessionEffect) {
        use {SessionEffect as Do, SessionEvent as On};
        match (self, event) {
            (Self::Active, On::Finish) => (Self::Finishing, Do::CancelBorn),
            (Self::Active | Self::Finishing, On::Cancel) => (Self::Finishing, Do::CancelAll),
            (Self::Finishing, On::Drained) => (Self::Invalid, Do::Farewell),
            (Self::Active, On::Drained)
            | (Self::Finishing, On::Finish)
            | (Self::Invalid, On::Finish | On::Cancel | On::Drained) => (self, Do::Nothing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;
    use SessionEffect as Do;
    use SessionEvent as On;
    use SessionState::{Active, Finishing, Invalid};

    #[test]
    fn the_whole_table() {
        let table = [
            (Active, On::Finish, Finishing, Do::CancelBorn),
            (Active, On::Cancel, Finishing, Do::CancelAll),
            (Active, On::Drained, Active, Do::Nothing),
            (Finishing, On::Finish, Finishing, Do::Nothing),
            (Finishing, On::Cancel, Finishing, Do::CancelAll),
            (Finishing, On::Drained, Invalid, Do::Farewell),
            (Invalid, On::Finish, Invalid, Do::Nothing),
            (Invalid, On::Cancel, Invalid, Do::Nothing),
            (Invalid, On::Drained, Invalid, Do::Nothing),
        ];
        for (before, event, after, effect) in table {
            assert_eq!(before.on(event), (after, effect), "{before:?} {event:?}");
        }
    }
}
