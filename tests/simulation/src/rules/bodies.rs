//! What the server sent, and what the app got of it.

use urlsession_core::ErrorCode;

use super::callbacks::has_head;
use super::{Step, ensure};
use crate::trace::{Body, Callback, Event};
use crate::world::World;

/// Chunks arrive in order, each once; a success is the whole body, and a body cut short is none.
pub(super) fn bodies_are_whole_and_in_order(world: &World<'_>, step: Step) -> Result<(), String> {
    let Some((number, event)) = step.event() else {
        return Ok(());
    };
    let task = world.task(number);
    let received = task.hop.map_or(0, |hop| hop.received);
    let holds = match event {
        Event::Called(who, Callback::Data(body), _) => {
            let is_new = task.is_first_to_hear(who);
            let expected = task
                .last_chunk
                .map_or(0, |last| if is_new { last + 1 } else { last });
            let told = task.told + if is_new { body.length } else { 0 };
            body.is_ordered && body.length > 0 && body.first == expected && told == received
        }
        Event::Gave(Ok(body)) => is_whole(body) && body.length == received,
        Event::Completed(None) => task.last_chunk.is_none() || task.told == received,
        _ => true,
    };
    ensure(holds, || {
        format!("task {number}: {event:?}, {received} bytes received: {task:?}")
    })
}

fn is_whole(body: Body) -> bool {
    body.is_ordered && body.first == 0
}

/// Twenty redirects are followed; the next is an error.
pub(super) fn redirects_end_at_twenty(world: &World<'_>, step: Step) -> Result<(), String> {
    let Some((number, event)) = step.event() else {
        return Ok(());
    };
    let task = world.task(number);
    let holds = match event {
        Event::Server(_, urlsession_core::mock::Sight::Began) => {
            task.redirects + u32::from(task.leads_to.is_some()) <= 20
        }
        Event::Completed(Some(ErrorCode::HttpTooManyRedirects)) => task.redirects == 20,
        _ => true,
    };
    ensure(holds, || {
        format!(
            "task {number}: {event:?} after {} redirects",
            task.redirects
        )
    })
}

/// The response is the last hop's, whatever its status.
pub(super) fn statuses_are_answers(world: &World<'_>, step: Step) -> Result<(), String> {
    let Some((number, Event::Called(_, Callback::Response(status), _))) = step.event() else {
        return Ok(());
    };
    let hop = world.task(number).hop;
    ensure(has_head(hop, status), || {
        format!("task {number}: response {status} at {hop:?}")
    })
}
