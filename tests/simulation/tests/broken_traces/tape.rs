//! Traces written by hand, and edited.

use urlsession_core::mock::Sight;
use urlsession_core::{ErrorCode, Multiplexing, TaskState, Wants};
use urlsession_simulation::{
    AnswerPlan, Body, BodyStep, Callback, Choice, Deed, Ending, Entry, Event, Form, HeadPlan,
    HopPlan, How, Leftovers, Priority, Queue, Returned, Schedule, SessionDeed, Setup, TaskPlan,
    Upload, What, Who, check,
};

/// A trace and the schedule that it is of.
#[derive(Clone)]
pub(crate) struct Tape {
    pub(crate) schedule: Schedule,
    entries: Vec<Entry>,
    now: u64,
}

impl Tape {
    /// An empty trace of so many delegate tasks, one chunk of two bytes each, at one origin.
    pub(crate) fn of(tasks: usize) -> Self {
        let setup = Setup {
            limit: 6,
            idle: 50,
            resource: 1000,
            queue: Queue::Serial,
            delegate: Some(Wants::ALL),
            panics: false,
            is_observed: true,
            before: Multiplexing::No,
            connected: Multiplexing::No,
            retries: None,
        };
        let schedule = Schedule {
            seed: 0,
            setup,
            tasks: vec![plan(); tasks],
            actions: Vec::new(),
            ending: Ending::ResumeAll,
        };
        Self {
            schedule,
            entries: Vec::new(),
            now: 0,
        }
    }

    /// From here on it is this time.
    pub(crate) fn at(mut self, now: u64) -> Self {
        self.now = now;
        self
    }

    pub(crate) fn what(mut self, what: What) -> Self {
        self.entries.push(Entry { at: self.now, what });
        self
    }

    pub(crate) fn task(self, task: u8, event: Event) -> Self {
        self.what(What::Task(task, event))
    }

    pub(crate) fn server(self, task: u8, sight: Sight) -> Self {
        self.task(task, Event::Server(0, sight))
    }

    pub(crate) fn made(self, task: u8) -> Self {
        self.task(task, Event::Made)
            .task(task, Event::Born(TaskState::Suspended))
    }

    pub(crate) fn did(self, task: u8, deed: Deed, state: TaskState) -> Self {
        self.task(task, Event::Did(deed))
            .task(task, Event::State(deed, state))
    }

    pub(crate) fn resumed(self, task: u8) -> Self {
        self.made(task).did(task, Deed::Resume, TaskState::Running)
    }

    pub(crate) fn prioritised(self, task: u8, priority: Priority) -> Self {
        let suspended = TaskState::Suspended;
        self.made(task)
            .did(task, Deed::SetPriority(priority), suspended)
            .did(task, Deed::Resume, TaskState::Running)
    }

    pub(crate) fn connected(self, task: u8) -> Self {
        self.server(task, Sight::Began)
            .server(task, Sight::Connected)
    }

    /// The session's delegate is called, and answers at once.
    pub(crate) fn called(self, task: u8, callback: Callback) -> Self {
        self.asked(task, Who::Sessions, callback, Returned::Now(Choice::Go))
    }

    pub(crate) fn asked(self, task: u8, who: Who, callback: Callback, returned: Returned) -> Self {
        let state = match callback {
            Callback::Complete(_) => TaskState::Completed,
            _ => TaskState::Running,
        };
        self.task(task, Event::Called(who, callback, state))
            .task(task, Event::Returned(who, callback, returned))
    }

    pub(crate) fn responded(self, task: u8) -> Self {
        self.server(task, Sight::Head(200))
            .called(task, Callback::Response(200))
    }

    /// The whole body, and the end.
    pub(crate) fn succeeded(self, task: u8) -> Self {
        self.server(task, Sight::Chunk(2))
            .called(task, Callback::Data(body(2, 0)))
            .server(task, Sight::Ended)
            .completed(task, None)
    }

    pub(crate) fn completed(self, task: u8, error: Option<ErrorCode>) -> Self {
        self.task(task, Event::Ending(error))
            .called(task, Callback::Metrics)
            .task(task, Event::Completed(error))
            .called(task, Callback::Complete(error))
    }

    /// The app lets go of everything, and the session ends.
    pub(crate) fn over(self, tasks: u8) -> Self {
        let quiet = self.what(What::Quiet);
        let dropped = (0..tasks).fold(quiet, |tape, task| tape.task(task, Event::HandleDropped));
        dropped.ended(SessionDeed::DropHandle)
    }

    pub(crate) fn ended(self, deed: SessionDeed) -> Self {
        self.what(What::Did(deed))
            .what(What::BecameInvalid)
            .what(What::DelegateReleased)
            .what(What::Over(Leftovers::default()))
    }

    /// The place of the first entry like this.
    fn find(&self, what: What) -> usize {
        let place = self.entries.iter().position(|entry| entry.what == what);
        place.unwrap_or_else(|| panic!("no {what:?} on the tape"))
    }

    pub(crate) fn without(mut self, what: What) -> Self {
        self.entries.remove(self.find(what));
        self
    }

    pub(crate) fn instead(mut self, what: What, other: What) -> Self {
        let place = self.find(what);
        self.entries[place].what = other;
        self
    }

    pub(crate) fn with_after(mut self, what: What, more: What) -> Self {
        let place = self.find(what);
        let at = self.entries[place].at;
        self.entries.insert(place + 1, Entry { at, what: more });
        self
    }

    /// Everything after the last entry like this comes so much later.
    pub(crate) fn delayed_after(mut self, what: What, by: u64) -> Self {
        let place = self.entries.iter().rposition(|entry| entry.what == what);
        let place = place.unwrap_or_else(|| panic!("no {what:?} on the tape"));
        self.entries[place + 1..]
            .iter_mut()
            .for_each(|entry| entry.at += by);
        self
    }

    /// The rules that it breaks.
    pub(crate) fn broken(&self) -> Vec<&'static str> {
        check(&self.schedule, &self.entries)
            .into_iter()
            .map(|violation| violation.rule)
            .collect()
    }
}

fn plan() -> TaskPlan {
    let mut hop = HopPlan::answering(HeadPlan::Status(200));
    hop.body = vec![BodyStep::Chunk(2)];
    TaskPlan {
        form: Form::Delegate,
        origin: 0,
        is_bad: false,
        has_delegate: false,
        idle: None,
        upload: Upload::Nothing,
        hops: vec![hop],
        answers: vec![AnswerPlan {
            deed: None,
            drops: None,
            late: None,
            how: How::Now(Choice::Go),
        }],
        appetite: 0,
        panics: false,
    }
}

pub(crate) fn body(length: u64, first: u8) -> Body {
    Body {
        length,
        first,
        is_ordered: true,
    }
}

/// An event of the first task.
pub(crate) fn first(event: Event) -> What {
    What::Task(0, event)
}
