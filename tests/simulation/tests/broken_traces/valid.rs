//! Traces that keep every rule.

use urlsession_core::mock::Sight;
use urlsession_core::{ErrorCode, TaskState, Wants};
use urlsession_simulation::{
    Callback, Choice, Deed, Event, Form, HeadPlan, HopPlan, Priority, Queue, Retries, Returned,
    SessionDeed, What, Who,
};

use crate::tape::Tape;

/// A task that loads and succeeds.
pub(crate) fn success() -> Tape {
    let tape = Tape::of(1)
        .resumed(0)
        .connected(0)
        .at(10)
        .responded(0)
        .at(30)
        .succeeded(0);
    tape.at(40).over(1)
}

/// A task whose first attempt fails, and is made again without the app's word.
pub(crate) fn retried() -> Tape {
    let mut tape = Tape::of(1);
    let setup = &mut tape.schedule.setup;
    setup.delegate = Some(Wants::ALL.without(Wants::RETRY));
    setup.retries = Some(Retries {
        attempts: 2,
        delay: 40,
        multiplier: 2,
        budget: 1,
        successes: 1,
    });
    let busy = HopPlan::answering(HeadPlan::Status(503));
    tape.schedule.tasks[0].hops[0].earlier = vec![busy];
    let tape = tape.resumed(0).connected(0).at(10);
    let tape = tape.server(0, Sight::Head(503));
    let tape = tape
        .task(0, Event::Retrying(1, 20))
        .server(0, Sight::Ended)
        .at(30)
        .connected(0);
    tape.responded(0).at(40).succeeded(0).over(1)
}

/// A task whose delegate takes its time over the response.
pub(crate) fn asked() -> Tape {
    let (response, later) = (Callback::Response(200), Returned::Later);
    let tape = Tape::of(1)
        .resumed(0)
        .connected(0)
        .at(10)
        .server(0, Sight::Head(200));
    tape.asked(0, Who::Sessions, response, later)
        .task(0, Event::Waits)
        .at(80)
        .task(0, Event::Answered(Some(Choice::Go)))
        .succeeded(0)
        .over(1)
}

/// A task whose own delegate leaves the response to the session's.
pub(crate) fn passed_on() -> Tape {
    let mut tape = Tape::of(1);
    tape.schedule.tasks[0].has_delegate = true;
    let (response, end) = (Callback::Response(200), Callback::Complete(None));
    let now = Returned::Now(Choice::Go);
    tape.resumed(0)
        .connected(0)
        .server(0, Sight::Head(200))
        .asked(0, Who::Own, response, Returned::Unhandled)
        .asked(0, Who::Sessions, response, now)
        .server(0, Sight::Chunk(2))
        .asked(0, Who::Own, Callback::Data(crate::tape::body(2, 0)), now)
        .server(0, Sight::Ended)
        .task(0, Event::Ending(None))
        .asked(0, Who::Own, Callback::Metrics, now)
        .task(0, Event::Completed(None))
        .asked(0, Who::Own, end, now)
        .task(0, Event::DelegateReleased)
        .over(1)
}

/// A task whose callbacks are jobs of an executor.
pub(crate) fn executed() -> Tape {
    let mut tape = Tape::of(1);
    tape.schedule.setup.queue = Queue::Executor;
    let tape = tape.resumed(0).connected(0).server(0, Sight::Head(200));
    let tape = job(tape, |tape| tape.called(0, Callback::Response(200)));
    let tape = tape.server(0, Sight::Chunk(2));
    let data = Callback::Data(crate::tape::body(2, 0));
    let tape = job(tape, |tape| tape.called(0, data)).server(0, Sight::Ended);
    let tape = job(tape, |tape| tape.completed(0, None));
    let tape = tape
        .task(0, Event::HandleDropped)
        .what(What::Did(SessionDeed::DropHandle));
    job(tape, |tape| tape.what(What::BecameInvalid))
        .what(What::DelegateReleased)
        .what(What::Over(Default::default()))
}

fn job(tape: Tape, calls: impl FnOnce(Tape) -> Tape) -> Tape {
    calls(tape.what(What::JobBegan)).what(What::JobEnded)
}

/// A task for whose end somebody waits.
pub(crate) fn awaited() -> Tape {
    let tape = Tape::of(1)
        .resumed(0)
        .task(0, Event::Awaited)
        .connected(0)
        .at(10)
        .responded(0)
        .succeeded(0)
        .task(0, Event::Finished(None));
    tape.at(20).over(1)
}

/// A task that is suspended in the middle, longer than its idle timer runs.
pub(crate) fn suspended() -> Tape {
    let tape = Tape::of(1).resumed(0).connected(0).at(10).responded(0);
    tape.at(20)
        .did(0, Deed::Suspend, TaskState::Suspended)
        .at(200)
        .did(0, Deed::Resume, TaskState::Running)
        .at(210)
        .succeeded(0)
        .over(1)
}

/// A task that is cancelled while it waits for the head.
pub(crate) fn cancelled() -> Tape {
    let tape = Tape::of(1).resumed(0).connected(0).at(10);
    tape.did(0, Deed::Cancel, TaskState::Canceling)
        .server(0, Sight::Aborted)
        .completed(0, Some(ErrorCode::Cancelled))
        .over(1)
}

/// A task to which nothing comes.
pub(crate) fn idle() -> Tape {
    let tape = Tape::of(1)
        .resumed(0)
        .connected(0)
        .at(50)
        .server(0, Sight::Aborted);
    tape.completed(0, Some(ErrorCode::TimedOut)).over(1)
}

/// A task that follows so many redirects.
pub(crate) fn redirected(count: u8) -> Tape {
    let mut tape = Tape::of(1);
    let last = tape.schedule.tasks[0].hops.remove(0);
    let redirect = HopPlan::answering(HeadPlan::Redirect(302, 0));
    tape.schedule.tasks[0].hops = vec![redirect; usize::from(count)];
    tape.schedule.tasks[0].hops.push(last);
    let hop = |tape: Tape, number| {
        tape.task(0, Event::Server(number, Sight::Began))
            .task(0, Event::Server(number, Sight::Connected))
    };
    let followed = (0..count).fold(tape.resumed(0), |tape, number| {
        hop(tape, number)
            .task(0, Event::Server(number, Sight::Head(302)))
            .called(0, Callback::Redirection)
            .task(0, Event::Server(number, Sight::Ended))
    });
    hop(followed, count)
        .task(0, Event::Server(count, Sight::Head(200)))
        .called(0, Callback::Response(200))
        .task(0, Event::Server(count, Sight::Chunk(2)))
        .called(0, Callback::Data(crate::tape::body(2, 0)))
        .task(0, Event::Server(count, Sight::Ended))
        .completed(0, None)
        .over(1)
}

/// A future, polled to its end.
pub(crate) fn future() -> Tape {
    let mut tape = Tape::of(1);
    tape.schedule.tasks[0].form = Form::Data;
    tape.task(0, Event::Made)
        .task(0, Event::Polled)
        .connected(0)
        .server(0, Sight::Head(200))
        .server(0, Sight::Chunk(2))
        .server(0, Sight::Ended)
        .task(0, Event::Ending(None))
        .called(0, Callback::Metrics)
        .task(0, Event::Completed(None))
        .task(0, Event::Gave(Ok(crate::tape::body(2, 0))))
        .what(What::Quiet)
        .ended(SessionDeed::DropHandle)
}

/// A task made after the session was told to end.
pub(crate) fn refused() -> Tape {
    Tape::of(1)
        .what(What::Did(SessionDeed::Finish))
        .what(What::BecameInvalid)
        .what(What::DelegateReleased)
        .task(0, Event::Made)
        .task(0, Event::Born(TaskState::Completed))
        .task(0, Event::HandleDropped)
        .what(What::Over(Default::default()))
}

/// The same; it has a handler.
pub(crate) fn refused_with_a_handler() -> Tape {
    let mut tape = Tape::of(1);
    tape.schedule.tasks[0].form = Form::Handler;
    tape.what(What::Did(SessionDeed::Finish))
        .what(What::BecameInvalid)
        .what(What::DelegateReleased)
        .task(0, Event::Made)
        .task(0, Event::Born(TaskState::Completed))
        .task(0, Event::Gave(Err(ErrorCode::Cancelled)))
        .task(0, Event::HandleDropped)
        .what(What::Over(Default::default()))
}

/// A second task that has its turn when the first has ended.
pub(crate) fn queued() -> Tape {
    let mut tape = Tape::of(2);
    tape.schedule.setup.limit = 1;
    let tape = tape
        .resumed(0)
        .resumed(1)
        .connected(0)
        .at(10)
        .responded(0)
        .succeeded(0);
    tape.connected(1).at(20).responded(1).succeeded(1).over(2)
}

/// Tasks that go one by one, in this order, after the first; the second has waited longest, the others are urgent.
pub(crate) fn one_by_one(order: &[u8]) -> Tape {
    let mut tape = Tape::of(order.len() + 1);
    tape.schedule.setup.limit = 1;
    let count = u8::try_from(order.len()).unwrap();
    let tape = in_line(tape, count).at(10).responded(0).succeeded(0);
    let tape = (1..).zip(order).fold(tape, |tape, (turn, &task)| {
        tape.connected(task)
            .at(10 + 10 * turn)
            .responded(task)
            .succeeded(task)
    });
    tape.over(count + 1)
}

/// One is under way, a patient one waits, then so many urgent ones less one.
fn in_line(tape: Tape, count: u8) -> Tape {
    let tape = tape.resumed(0).prioritised(1, Priority::Low);
    let tape = (2..=count).fold(tape, |tape, task| tape.prioritised(task, Priority::High));
    tape.connected(0)
}

/// The same; as the patient one has its turn, it is sent to the other origin and back in one instant, waits again, and goes last.
pub(crate) fn one_by_one_and_back(order: &[u8]) -> Tape {
    let mut tape = Tape::of(order.len() + 1);
    tape.schedule.setup.limit = 1;
    redirected_to(&mut tape, 1, &[1, 0]);
    let count = u8::try_from(order.len()).unwrap();
    let tape = in_line(tape, count).at(10).responded(0).succeeded(0);
    let tape = (1..).zip(order).fold(tape, |tape, (turn, &task)| {
        if task == 1 {
            return sent_on(sent_on(tape, 1, 0), 1, 1);
        }
        next(tape, task, 10 + 10 * turn)
    });
    arrived(tape, 1, 2).over(count + 1)
}

/// The same; with the fifth turn somebody comes by a redirect from the other origin who has waited longer than anybody.
pub(crate) fn one_by_one_and_an_older_one(order: &[u8]) -> Tape {
    let count = u8::try_from(order.len() + 1).unwrap();
    let mut tape = Tape::of(usize::from(count) + 1);
    tape.schedule.setup.limit = 1;
    tape.schedule.tasks[usize::from(count)].origin = 1;
    redirected_to(&mut tape, usize::from(count), &[0]);
    let tape = in_line(tape.resumed(count).connected(count), count - 1);
    let tape = tape.at(10).responded(0).succeeded(0);
    let tape = (1..).zip(order).fold(tape, |tape, (turn, &task)| {
        if turn != 4 {
            return next(tape, task, 10 + 10 * turn);
        }
        let tape = tape
            .task(count, Event::Server(0, Sight::Head(307)))
            .called(count, Callback::Redirection)
            .task(count, Event::Server(0, Sight::Ended));
        next(arrived(tape, count, 1), task, 10 + 10 * turn)
    });
    tape.over(count + 1)
}

/// The task is sent to these origins in turn before it has its answer.
fn redirected_to(tape: &mut Tape, task: usize, origins: &[u8]) {
    let hops = &mut tape.schedule.tasks[task].hops;
    let to = |&origin| HopPlan::answering(HeadPlan::Redirect(307, origin));
    hops.splice(0..0, origins.iter().map(to));
}

/// The task has its turn, and is done at that time.
fn next(tape: Tape, task: u8, done: u64) -> Tape {
    tape.connected(task)
        .at(done)
        .responded(task)
        .succeeded(task)
}

/// At this hop the task is sent on.
fn sent_on(tape: Tape, task: u8, hop: u8) -> Tape {
    let seen = |sight| Event::Server(hop, sight);
    tape.task(task, seen(Sight::Began))
        .task(task, seen(Sight::Connected))
        .task(task, seen(Sight::Head(307)))
        .called(task, Callback::Redirection)
        .task(task, seen(Sight::Ended))
}

/// At this hop, its last, the task has its answer.
fn arrived(tape: Tape, task: u8, hop: u8) -> Tape {
    let seen = |sight| Event::Server(hop, sight);
    tape.task(task, seen(Sight::Began))
        .task(task, seen(Sight::Connected))
        .task(task, seen(Sight::Head(200)))
        .called(task, Callback::Response(200))
        .task(task, seen(Sight::Chunk(2)))
        .called(task, Callback::Data(crate::tape::body(2, 0)))
        .task(task, seen(Sight::Ended))
        .completed(task, None)
}
