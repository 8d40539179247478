//! The servers of a schedule, as scripts of the mock.

use std::sync::Arc;
use std::time::Duration;

use urlsession_core::mock::{MockTransport, Reply, Sighting};
use urlsession_core::{Bytes, HopRequest};

use super::log::{Log, place};
use crate::script::{BodyStep, Cut, HeadPlan, HopPlan, Reading, TaskNumber};
use crate::trace::Event;

const ORIGINS: [&str; 2] = ["http://a.test", "http://b.test"];

/// Bytes of the chunks: each byte is the number of its chunk.
static CHUNKS: [[u8; 2]; 8] = [
    [0; 2], [1; 2], [2; 2], [3; 2], [4; 2], [5; 2], [6; 2], [7; 2],
];

/// Where a hop of a task goes.
pub(super) fn url(origin: u8, task: TaskNumber, hop: u8) -> String {
    format!("{}/{task}/{hop}", ORIGINS[usize::from(origin)])
}

/// Has `transport` answer as the schedule says, and note what the servers see.
pub(super) fn install(transport: &MockTransport, log: &Arc<Log>) {
    let setup = log.plan().setup;
    transport.set_multiplexing(setup.before, setup.connected);
    let plan = log.clone();
    transport.respond(move |request| answer(&plan, request));
    let log = log.clone();
    transport.watch(move |Sighting { url, sight, .. }| {
        let (task, hop) = place(url.path());
        log.of_task(task, Event::Server(hop, sight));
    });
}

fn answer(log: &Log, request: &HopRequest) -> Reply {
    let (task, hop) = place(request.target.url().path());
    let plan = log.plan().tasks[usize::from(task)].hop(usize::from(hop));
    reply(plan.attempt(log.next_attempt((task, hop))), task, hop)
}

fn reply(plan: &HopPlan, task: TaskNumber, hop: u8) -> Reply {
    let Some(connect) = plan.connect else {
        return Reply::never_connects();
    };
    let reply = match plan.head {
        HeadPlan::Status(status) => Reply::new(status),
        HeadPlan::Redirect(status, origin) => {
            Reply::redirect(status, &url(origin, task, hop.saturating_add(1)))
        }
        HeadPlan::Nowhere => Reply::redirect(302, "ftp://a.test/"),
        HeadPlan::Error(code) => Reply::error(code),
        HeadPlan::Unreachable(code) => Reply::cannot_connect(code),
        HeadPlan::Never => Reply::never(),
    };
    let reply = reply
        .connect_after(milliseconds(connect))
        .after(milliseconds(plan.delay));
    let reply = (0..plan.interim).fold(reply, |reply, _| reply.informational(103));
    cut(body(read(reply, plan.reading), &plan.body), plan.cut)
}

fn read(reply: Reply, reading: Reading) -> Reply {
    match reading {
        Reading::All => reply,
        Reading::Slowly(pause) => reply.reading_slowly(1, milliseconds(pause)),
        Reading::First => reply.reading_first(1),
        Reading::Nothing => reply.reading_nothing(),
    }
}

fn body(mut reply: Reply, steps: &[BodyStep]) -> Reply {
    let mut chunks = CHUNKS.iter();
    for step in steps {
        reply = match *step {
            BodyStep::Chunk(length) => {
                let chunk = chunks
                    .next()
                    .map_or(&[][..], |chunk| &chunk[..usize::from(length)]);
                reply.chunk(Bytes::from_static(chunk))
            }
            BodyStep::Wait(pause) => reply.wait(milliseconds(pause)),
            BodyStep::Stall => reply.stall(),
        };
    }
    reply
}

fn cut(reply: Reply, cut: Option<Cut>) -> Reply {
    match cut {
        None => reply,
        Some(Cut::Reset(after)) => reply.reset_after(after),
        Some(Cut::Short) => reply.short_body(1),
        Some(Cut::Fail(code)) => reply.without_length().fail(code),
    }
}

pub(super) fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}
