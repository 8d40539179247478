//! A task's life: one state, one table.

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum State {
    /// Made, never resumed.
    Born,
    /// Resumed; waits for admission.
    Queued,
    /// Suspended while it waited for admission; keeps its ticket.
    Shelved,
    /// Its driver loads.
    Loading,
    /// Its driver stands still.
    Suspended,
    /// Cancelled; its driver has not ended yet.
    Canceling,
    /// Its outcome is decided; the completion is on its way to the app.
    Finishing,
    /// The completion has been handed to the app.
    Completed,
}

/// What happens to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Event {
    /// The last suspension was lifted.
    Resume,
    /// The first suspension was put on.
    Suspend,
    /// Somebody cancels it.
    Cancel,
    /// It has a place among the exchanges, or its time in the queue is over.
    Admit,
    /// Its driver has an outcome, or is gone.
    Finish,
    /// Its completion is about to be handed to the app.
    Complete,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Effect {
    /// Nothing.
    Nothing,
    /// Take a place in the queue; timers run.
    Enqueue,
    /// Leave the queue; timers stand still.
    Shelve,
    /// Start the driver.
    Launch,
    /// Leave the queue and start the driver, which will find the task cancelled.
    LaunchCancelled,
    /// Give the place among the exchanges back; timers stand still.
    Park,
    /// Take the place again, timers run, the driver polls.
    Unpark,
    /// The driver polls.
    Wake,
    /// The outcome stands.
    Deliver,
    /// The outcome is "cancelled", whatever the driver found.
    DeliverCancelled,
    /// The app gets the completion now.
    HandOver,
}

impl State {
    pub(crate) const ALL: [Self; 8] = [
        Self::Born,
        Self::Queued,
        Self::Shelved,
        Self::Loading,
        Self::Suspended,
        Self::Canceling,
        Self::Finishing,
        Self::Completed,
    ];

    /// The state of this number, as stored in a task.
    pub(crate) fn from_number(number: u8) -> Self {
        Self::ALL[usize::from(number)]
    }

    /// What the table says.
    pub(crate) const fn on(self, event: Event) -> (Self, Effect) {
        use {Effect as Do, Event as On};
        match (self, event) {
            (Self::Born, On::Resume) => (Self::Queued, Do::Enqueue),
            (Self::Born, On::Cancel) => (Self::Canceling, Do::LaunchCancelled),
            (Self::Born, On::Finish) => (Self::Finishing, Do::DeliverCancelled),
            (Self::Queued, On::Suspend) => (Self::Shelved, Do::Shelve),
            (Self::Queued, On::Cancel) => (Self::Canceling, Do::LaunchCancelled),
            (Self::Queued, On::Admit) => (Self::Loading, Do::Launch),
            (Self::Queued, On::Finish) => (Self::Finishing, Do::DeliverCancelled),
            (Self::Shelved, On::Resume) => (Self::Queued, Do::Enqueue),
            (Self::Shelved, On::Cancel) => (Self::Canceling, Do::LaunchCancelled),
            (Self::Shelved, On::Finish) => (Self::Finishing, Do::DeliverCancelled),
            (Self::Loading, On::Suspend) => (Self::Suspended, Do::Park),
            (Self::Loading, On::Cancel) => (Self::Canceling, Do::Wake),
            (Self::Loading, On::Admit) => (Self::Loading, Do::Wake),
            (Self::Loading, On::Finish) => (Self::Finishing, Do::Deliver),
            (Self::Suspended, On::Resume) => (Self::Loading, Do::Unpark),
            (Self::Suspended, On::Cancel) => (Self::Canceling, Do::Wake),
            (Self::Suspended, On::Finish) => (Self::Finishing, Do::Deliver),
            (Self::Canceling, On::Finish) => (Self::Finishing, Do::DeliverCancelled),
            (Self::Finishing, On::Complete) => (Self::Completed, Do::HandOver),
            // Once each: a second resume or suspend is a count, a second cancel says nothing new, and nothing comes after the end.
            (Self::Born, On::Suspend | On::Admit | On::Complete)
            | (Self::Queued, On::Resume | On::Complete)
            | (Self::Shelved, On::Suspend | On::Admit | On::Complete)
            | (Self::Loading, On::Resume | On::Complete)
            | (Self::Suspended, On::Suspend | On::Admit | On::Complete)
            | (Self::Canceling, On::Resume | On::Suspend | On::Cancel | On::Admit | On::Complete)
            | (Self::Finishing, On::Resume | On::Suspend | On::Cancel | On::Admit | On::Finish)
            | (Self::Completed, _) => (self, Do::Nothing),
        }
    }
}

/// What a task is doing, as NSURLSession names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskState {
    /// Resumed: it transfers, or waits for its turn.
    Running,
    /// Never resumed, or suspended.
    Suspended,
    /// Cancelled; its completion is still to come.
    Canceling,
    /// Its completion was handed to the app; nothing more will come.
    Completed,
}

impl TaskState {
    /// Apple's number for this state.
    #[must_use]
    pub const fn raw(self) -> u8 {
        match self {
            Self::Running => 0,
            Self::Suspended => 1,
            Self::Canceling => 2,
            Self::Completed => 3,
        }
    }
}

impl From<State> for TaskState {
    fn from(state: State) -> Self {
        match state {
            State::Born | State::Shelved | State::Suspended => Self::Suspended,
            State::Queued | State::Loading | State::Finishing => Self::Running,
            State::Canceling => Self::Canceling,
            State::Completed => Self::Completed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    const EVENTS: [Event; 6] = [
        Event::Resume,
        Event::Suspend,
        Event::Cancel,
        Event::Admit,
        Event::Finish,
        Event::Complete,
    ];

    fn every_pair(mut claim: impl FnMut(State, Event, State, Effect)) {
        for before in State::ALL {
            for event in EVENTS {
                let (after, effect) = before.on(event);
                claim(before, event, after, effect);
            }
        }
    }

    #[test]
    fn numbers_name_states() {
        for state in State::ALL {
            assert_eq!(State::from_number(state as u8), state);
        }
    }

    #[test]
    fn life_goes_forward_only() {
        let stage = |state| match state {
            State::Born => 0,
            State::Queued | State::Shelved => 1,
            State::Loading | State::Suspended => 2,
            State::Canceling => 3,
            State::Finishing => 4,
            State::Completed => 5,
        };
        every_pair(|before, event, after, _| {
            assert!(
                stage(after) >= stage(before),
                "{before:?} {event:?} {after:?}"
            );
        });
    }

    #[test]
    fn nothing_happens_without_a_change_but_a_wake() {
        every_pair(|before, event, after, effect| {
            if before == after {
                let expected = match (before, event) {
                    (State::Loading, Event::Admit) => Effect::Wake,
                    _ => Effect::Nothing,
                };
                assert_eq!(effect, expected, "{before:?} {event:?}");
            } else {
                assert_ne!(effect, Effect::Nothing, "{before:?} {event:?}");
            }
        });
    }

    #[test]
    fn an_outcome_is_decided_once_and_handed_over_once() {
        every_pair(|before, event, after, effect| {
            let decides = matches!(effect, Effect::Deliver | Effect::DeliverCancelled);
            assert_eq!(
                decides,
                after == State::Finishing && before != after,
                "{before:?} {event:?}"
            );
            assert_eq!(
                effect == Effect::HandOver,
                event == Event::Complete && before != after
            );
        });
    }

    #[test]
    fn after_cancel_the_outcome_is_cancelled() {
        for state in State::ALL {
            let (after, _) = state.on(Event::Cancel);
            if after == State::Canceling {
                assert_eq!(
                    after.on(Event::Finish).1,
                    Effect::DeliverCancelled,
                    "{state:?}"
                );
            }
        }
    }

    #[test]
    fn a_cancelled_task_cannot_be_resumed() {
        assert_eq!(
            State::Canceling.on(Event::Resume),
            (State::Canceling, Effect::Nothing)
        );
        assert_eq!(
            State::Completed.on(Event::Resume),
            (State::Completed, Effect::Nothing)
        );
    }
}
