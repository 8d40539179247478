//! Places among the exchanges with an origin.

use urlsession_core::mock::Sight;

use super::{Step, ensure};
use crate::trace::Event;
use crate::world::{Place, World};

/// One grant in this many goes to whoever has waited longest.
const FAIR_TURN: u32 = 4;

/// How long one future left unpolled may keep a place that others wait for, in milliseconds.
const UNPOLLED_GRACE: u64 = 300;

/// No task begins an exchange while as many as allowed are under way, those suspended, asked or left unpolled not counted.
pub(super) fn no_more_are_admitted_than_allowed(
    world: &World<'_>,
    step: Step,
) -> Result<(), String> {
    let Some((number, Event::Server(_, Sight::Began))) = step.event() else {
        return Ok(());
    };
    let task = world.task(number);
    let Place::Waiting { origin, .. } = task.place else {
        return Ok(());
    };
    // With an executor a task rests while its callback is on its way, which no entry tells.
    let is_unsure = task.may_be_admitted || task.was_left_waiting || world.has_executor();
    let (keepers, allowed) = (
        world.keepers(origin, usize::from(number)),
        world.capacity(origin).1,
    );
    ensure(is_unsure || keepers < allowed, || {
        format!("task {number} is admitted beside {keepers}, allowed are {allowed}")
    })
}

/// No place stays free while somebody waits for it: nobody who stands still blocks anybody.
pub(super) fn free_places_are_given_away(world: &World<'_>, step: Step) -> Result<(), String> {
    let Step::InstantEnds(next) = step else {
        return Ok(());
    };
    if world.has_runtime_ended {
        return Ok(());
    }
    (0..)
        .zip(&world.queues)
        .try_for_each(|(origin, queue): (u8, _)| {
            let Some(since) = queue.idle_since else {
                return Ok(());
            };
            let grace = UNPOLLED_GRACE * world.ever_left() as u64;
            ensure(next.is_some_and(|next| next <= since + grace), || {
                format!("a place at origin {origin} is free since {since}, next is {next:?}")
            })
        })
}

/// The more urgent go first, among equals the older; one grant in four goes to the oldest of all.
pub(super) fn urgent_ones_go_first(world: &World<'_>, step: Step) -> Result<(), String> {
    let Step::InstantEnds(_) = step else {
        return Ok(());
    };
    if world.has_runtime_ended {
        return Ok(());
    }
    (0..)
        .zip(&world.queues)
        .try_for_each(|(origin, queue): (u8, _)| {
            let mut fair_turns = 0;
            for &(ticket, priority, number) in &queue.admitted {
                let (mut is_out_of_turn, mut is_oldest) = (false, true);
                for (other, waiting) in world.tasks.iter().enumerate() {
                    let older = waiting.ticket.is_some_and(|other| other < ticket);
                    if !has_waited(world, other, origin) {
                        continue;
                    }
                    ensure(!older || waiting.priority > priority, || {
                        format!("task {number} is admitted before task {other}")
                    })?;
                    is_out_of_turn |= waiting.priority < priority;
                    is_oldest &= !older;
                }
                ensure(!is_out_of_turn || is_oldest, || {
                    format!("task {number} has no turn yet")
                })?;
                fair_turns += u32::from(is_out_of_turn);
            }
            // A future left unpolled may have been picked without its showing.
            let unseen = u32::try_from(world.ever_left()).unwrap_or(u32::MAX);
            let allowed = (queue.picks_since_fair + queue.picks() + unseen) / FAIR_TURN;
            ensure(fair_turns <= allowed, || {
                format!("{fair_turns} out of turn, {allowed} allowed")
            })
        })
}

/// It waits, has done so since before this instant, polled and with the same priority.
fn has_waited(world: &World<'_>, number: usize, here: u8) -> bool {
    let task = &world.tasks[number];
    matches!(task.place, Place::Waiting { origin, since } if origin == here && since < world.now)
        && task.prioritised_at != Some(world.now)
        && !task.was_left_waiting
        && task.runs()
}

/// Nobody is passed by more than the turns between two grants to the oldest.
pub(super) fn nobody_starves(world: &World<'_>, step: Step) -> Result<(), String> {
    let Step::InstantEnds(_) = step else {
        return Ok(());
    };
    world
        .queues
        .iter()
        .try_for_each(|queue| match queue.oldest {
            Some((number, passed)) => ensure(passed < FAIR_TURN, || {
                format!("task {number} has waited longest, and {passed} were admitted past it")
            }),
            None => Ok(()),
        })
}
