//! A schedule from its seed.

use urlsession_core::{ErrorCode, Multiplexing, Wants};

use super::{
    Act, Action, AnswerPlan, BodyStep, Choice, Cut, Deed, Ending, Form, HeadPlan, HopPlan, How,
    Priority, Queue, Reading, Retries, Schedule, SessionDeed, Setup, TaskNumber, TaskPlan, Upload,
};
use crate::chance::Chance;

/// Times from one coarse grid, so that things often fall on the same instant.
const GRID: [u64; 8] = [0, 0, 5, 10, 20, 20, 40, 60];
const PAUSES: [u64; 6] = [5, 10, 20, 20, 40, 60];
const FAULTS: [ErrorCode; 4] = [
    ErrorCode::CannotConnectToHost,
    ErrorCode::NetworkConnectionLost,
    ErrorCode::CannotParseResponse,
    ErrorCode::SecureConnectionFailed,
];

impl Schedule {
    /// The schedule of this seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let setup = setup(&mut chance);
        let count = 2 + chance.below(6);
        let tasks: Vec<_> = (0..count).map(|_| task(&mut chance, setup)).collect();
        let actions = actions(&mut chance, setup.queue, &tasks);
        let ending = chance.pick(&[
            Ending::ResumeAll,
            Ending::ResumeAll,
            Ending::Invalidate,
            Ending::DropAll,
            Ending::EndRuntime,
        ]);
        Self {
            seed,
            setup,
            tasks,
            actions,
            ending,
        }
    }
}

fn setup(chance: &mut Chance) -> Setup {
    let (before, connected) = match chance.below(8) {
        0..=3 => (Multiplexing::No, Multiplexing::No),
        4 => (Multiplexing::Unknown, Multiplexing::No),
        5 | 6 => (
            Multiplexing::Unknown,
            Multiplexing::Streams(chance.pick(&[0, 1, 2, 2, 3, 4])),
        ),
        _ => (Multiplexing::Platform, Multiplexing::Platform),
    };
    let delegate = delegate(chance);
    // The end of a task that nobody is told of would not show.
    let tells_ends = delegate.is_some_and(|wants| wants.contains(Wants::COMPLETION));
    let is_observed = !(tells_ends && chance.one_in(3));
    Setup {
        limit: chance.pick(&[0, 1, 1, 1, 2, 2, 2, 3, 6]),
        idle: chance.pick(&[20, 40, 60, 500]),
        resource: chance.pick(&[60, 120, 400, 2000]),
        queue: chance.pick(&[
            Queue::Serial,
            Queue::Serial,
            Queue::Serial,
            Queue::Concurrent,
            Queue::Concurrent,
            Queue::Executor,
        ]),
        delegate: delegate.map(|wants| {
            if is_observed {
                wants
            } else {
                wants.without(Wants::METRICS).without(Wants::RETRY)
            }
        }),
        panics: chance.one_in(16),
        is_observed,
        before,
        connected,
        retries: (is_observed && chance.one_in(3)).then(|| retries(chance)),
    }
}

fn retries(chance: &mut Chance) -> Retries {
    Retries {
        attempts: chance.pick(&[1, 2, 3, 3, 4]),
        delay: chance.pick(&[0, 20, 40, 40]),
        multiplier: chance.pick(&[1, 2]),
        budget: chance.pick(&[0, 1, 2, 10]),
        successes: chance.pick(&[0, 1, 2, 10]),
    }
}

fn delegate(chance: &mut Chance) -> Option<Wants> {
    match chance.below(8) {
        0 => None,
        1 => Some(Wants::COMPLETION | Wants::INVALIDATION),
        2 => Some(Wants::REDIRECTION | Wants::DATA),
        3 => Some(Wants::METRICS | Wants::COMPLETION),
        _ => Some(Wants::ALL),
    }
}

fn task(chance: &mut Chance, setup: Setup) -> TaskPlan {
    let form = chance.pick(&[
        Form::Delegate,
        Form::Delegate,
        Form::Delegate,
        Form::Handler,
        Form::Data,
        Form::Data,
        Form::Bytes,
    ]);
    let is_looping = chance.one_in(40);
    TaskPlan {
        form,
        origin: u8::from(chance.one_in(4)),
        is_bad: !form.is_future() && chance.one_in(40),
        has_delegate: matches!(form, Form::Delegate | Form::Data) && chance.one_in(3),
        idle: chance.one_in(6).then(|| setup.idle * 2),
        upload: chance.pick(&[
            Upload::Nothing,
            Upload::Nothing,
            Upload::Nothing,
            Upload::Bytes,
            Upload::Stream,
        ]),
        hops: if is_looping {
            looping(chance)
        } else {
            hops(chance, setup.retries.is_some())
        },
        answers: (0..3 + chance.below(3))
            .map(|_| answer(chance, is_looping))
            .collect(),
        appetite: chance.pick(&GRID),
        panics: form == Form::Handler && chance.one_in(12),
    }
}

/// A server that redirects for ever.
fn looping(chance: &mut Chance) -> Vec<HopPlan> {
    let origin = u8::from(chance.one_in(2));
    vec![HopPlan::answering(HeadPlan::Redirect(302, origin))]
}

fn hops(chance: &mut Chance, is_retried: bool) -> Vec<HopPlan> {
    let mut hops = Vec::new();
    while hops.len() < 3 && chance.one_in(3) {
        let (status, origin) = (chance.pick(&[302, 303, 307]), u8::from(chance.one_in(2)));
        hops.push(hop(chance, HeadPlan::Redirect(status, origin)));
    }
    let head = match chance.below(16) {
        0 => HeadPlan::Never,
        1 => HeadPlan::Error(chance.pick(&FAULTS)),
        2 => HeadPlan::Unreachable(chance.pick(&FAULTS)),
        3 => HeadPlan::Nowhere,
        4 => HeadPlan::Status(404),
        5 => HeadPlan::Status(503),
        6 => HeadPlan::Status(204),
        _ => HeadPlan::Status(200),
    };
    hops.push(hop(chance, head));
    if is_retried {
        for hop in &mut hops {
            hop.earlier = earlier(chance);
        }
    }
    hops
}

/// Attempts that fail, mostly in a way that is tried again.
fn earlier(chance: &mut Chance) -> Vec<HopPlan> {
    let count = chance.pick(&[0, 0, 1, 1, 2]);
    let failing = |_| {
        let head = chance.pick(&[
            HeadPlan::Status(503),
            HeadPlan::Status(503),
            HeadPlan::Status(404),
            HeadPlan::Error(ErrorCode::NetworkConnectionLost),
            HeadPlan::Unreachable(ErrorCode::CannotConnectToHost),
        ]);
        hop(chance, head)
    };
    (0..count).map(failing).collect()
}

fn hop(chance: &mut Chance, head: HeadPlan) -> HopPlan {
    let body = if head == HeadPlan::Status(204) {
        Vec::new()
    } else {
        body(chance)
    };
    let mut plan = HopPlan {
        connect: match chance.below(24) {
            0 => None,
            1..=12 => Some(0),
            _ => Some(chance.pick(&GRID)),
        },
        interim: u8::from(chance.one_in(6)) * (1 + u8::from(chance.one_in(3))),
        delay: chance.pick(&GRID),
        head,
        reading: match chance.below(6) {
            0 => Reading::Nothing,
            1 => Reading::First,
            2 => Reading::Slowly(chance.pick(&PAUSES)),
            _ => Reading::All,
        },
        body,
        cut: None,
        earlier: Vec::new(),
    };
    if head != HeadPlan::Status(204) {
        plan.cut = cut(chance, plan.length());
    }
    plan
}

fn body(chance: &mut Chance) -> Vec<BodyStep> {
    let mut steps = Vec::new();
    for _ in 0..chance.below(5) {
        if chance.one_in(2) {
            steps.push(BodyStep::Wait(chance.pick(&PAUSES)));
        }
        steps.push(BodyStep::Chunk(1 + u8::from(chance.one_in(3))));
    }
    if chance.one_in(16) {
        steps.push(BodyStep::Stall);
    }
    steps
}

fn cut(chance: &mut Chance, length: u64) -> Option<Cut> {
    match chance.below(20) {
        0 if length > 0 => {
            let length = usize::try_from(length).unwrap_or(1);
            Some(Cut::Reset(chance.below(length) as u64))
        }
        1 if length > 0 => Some(Cut::Short),
        2 => Some(Cut::Fail(chance.pick(&FAULTS))),
        _ => None,
    }
}

fn answer(chance: &mut Chance, is_looping: bool) -> AnswerPlan {
    let choice = if !is_looping && chance.one_in(12) {
        Choice::Refuse
    } else {
        Choice::Go
    };
    let how = match chance.below(24) {
        0..=8 => How::Unhandled,
        9..=15 => How::Now(choice),
        16..=20 => How::Later(chance.pick(&GRID), (!chance.one_in(5)).then_some(choice)),
        21 if chance.one_in(3) => How::LaterPanic(chance.pick(&PAUSES)),
        22 if chance.one_in(2) => How::Never,
        23 if chance.one_in(3) => How::Panic,
        _ => How::Now(Choice::Go),
    };
    let deed = deed(chance, 40);
    let late = match how {
        How::Later(..) => self::deed(chance, 30),
        How::Unhandled | How::Now(_) | How::LaterPanic(_) | How::Never | How::Panic => None,
    };
    let drops = chance.one_in(24).then(|| chance.pick(&[0, 1, 2, 3, 4]));
    AnswerPlan {
        deed,
        drops,
        late,
        how,
    }
}

/// What a delegate does to the task that it is called for: mostly nothing, else mostly a suspension.
fn deed(chance: &mut Chance, rarity: usize) -> Option<Deed> {
    Some(match chance.below(rarity) {
        0 => Deed::Cancel,
        1 | 2 => Deed::Suspend,
        3 => Deed::Resume,
        4 => Deed::SetPriority(Priority::Low),
        _ => return None,
    })
}

fn actions(chance: &mut Chance, queue: Queue, tasks: &[TaskPlan]) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut late = Vec::new();
    for number in (0..).take(tasks.len()) {
        if chance.one_in(8) {
            late.push(number);
            continue;
        }
        let after = if chance.one_in(4) {
            chance.pick(&GRID)
        } else {
            0
        };
        make(chance, (queue, tasks), number, after, &mut actions);
    }
    for _ in 0..chance.below(20) {
        let number = TaskNumber::try_from(chance.below(tasks.len())).unwrap_or_default();
        let after = chance.pick(&GRID);
        match late.pop() {
            Some(late) if chance.one_in(2) => {
                make(chance, (queue, tasks), late, after, &mut actions);
            }
            late_one => {
                late.extend(late_one);
                let task = (number, tasks[usize::from(number)].form);
                act(chance, queue, task, after, &mut actions);
            }
        }
    }
    actions
}

fn make(
    chance: &mut Chance,
    (queue, tasks): (Queue, &[TaskPlan]),
    number: TaskNumber,
    after: u64,
    actions: &mut Vec<Action>,
) {
    actions.push(Action {
        after,
        act: Act::Make(number),
    });
    let form = tasks[usize::from(number)].form;
    if chance.one_in(4) {
        // A future's task is to be had only once it is polled.
        let after = if form.is_future() { 5 } else { 0 };
        actions.push(Action {
            after,
            act: Act::Await(number),
        });
    }
    if !form.is_future() {
        begin(chance, number, actions);
    } else if queue != Queue::Executor && chance.one_in(6) {
        // Left, often just when the idle timer fires.
        let after = chance.pick(&[20, 40, 60]);
        actions.push(Action {
            after,
            act: Act::Leave(number),
        });
    }
}

/// What is mostly done with a new task: a priority, and the first resume.
fn begin(chance: &mut Chance, number: TaskNumber, actions: &mut Vec<Action>) {
    if chance.one_in(3) {
        let priority = chance.pick(&[Priority::High, Priority::Low]);
        actions.push(Action {
            after: 0,
            act: Act::Do(number, Deed::SetPriority(priority)),
        });
    }
    if !chance.one_in(8) {
        actions.push(Action {
            after: 0,
            act: Act::Do(number, Deed::Resume),
        });
    }
    if chance.one_in(8) {
        actions.push(Action {
            after: 0,
            act: Act::DropHandle(number),
        });
    }
}

/// Something to a task, to the session or to the world.
fn act(
    chance: &mut Chance,
    queue: Queue,
    (number, form): (TaskNumber, Form),
    after: u64,
    actions: &mut Vec<Action>,
) {
    let mut push = |after, act| actions.push(Action { after, act });
    if chance.one_in(6) {
        return push(after, Act::Session(session_deed(chance)));
    }
    if form.is_future() && !chance.one_in(4) {
        return match chance.below(10) {
            0..=2 => push(chance.pick(&[after, 0, 5]), Act::DropFuture(number)),
            // Whether a future left just then has noticed a callback that an executor ran, no entry tells.
            _ if queue == Queue::Executor => push(after, Act::Do(number, Deed::Suspend)),
            // Often just when the idle timer fires.
            3..=5 => push(chance.pick(&[after, 20, 40, 60]), Act::Leave(number)),
            6 => push(after, Act::Return(number)),
            _ => {
                push(after, Act::Leave(number));
                // Often after it has lost its place.
                push(chance.pick(&[0, 0, 20, 60, 250]), Act::Return(number));
            }
        };
    }
    match chance.below(20) {
        0 | 1 => push(after, Act::DropHandle(number)),
        2..=4 => push(after, Act::Do(number, Deed::Cancel)),
        5..=10 => push(after, Act::Do(number, Deed::Suspend)),
        11 | 12 => push(after, Act::Do(number, Deed::SetPriority(priority(chance)))),
        _ => push(after, Act::Do(number, Deed::Resume)),
    }
}

fn priority(chance: &mut Chance) -> Priority {
    chance.pick(&[Priority::High, Priority::Default, Priority::Low])
}

fn session_deed(chance: &mut Chance) -> SessionDeed {
    match chance.below(11) {
        0 | 1 => SessionDeed::Finish,
        2 | 3 => SessionDeed::InvalidateAndCancel,
        4 | 5 => SessionDeed::DropHandle,
        6 | 7 => SessionDeed::Reset,
        8 | 9 => SessionDeed::WallClockJumps(chance.pick(&[-10, 10])),
        _ => SessionDeed::RuntimeEnds,
    }
}
