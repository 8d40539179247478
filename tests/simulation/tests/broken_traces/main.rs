//! The checker has teeth: each rule rejects a trace broken by hand, and accepts the trace that it was broken from.
#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    reason = "a test looks at the events it is about, and fails where it stands"
)]

mod tape;
mod valid;

use urlsession_core::mock::Sight;
use urlsession_core::{ErrorCode, ExpiredTimer, TaskState, Wants};
use urlsession_simulation::{
    Callback, Choice, Deed, Event, Leftovers, Queue, RULES, Returned, SessionDeed, Upload, What,
    Who,
};

use crate::tape::{Tape, body, first};

/// `rule: claim = valid trace => broken trace`.
macro_rules! teeth {
    ($($rule:ident: $claim:ident = $valid:expr => $break:expr;)*) => {
        const BITTEN: &[&str] = &[$(stringify!($rule),)*];

        $(#[test]
        fn $claim() {
            let valid: Tape = $valid;
            assert_eq!(valid.broken(), <[&str; 0]>::default(), "the valid trace");
            let broken = ($break as fn(Tape) -> Tape)(valid).broken();
            assert!(broken.contains(&stringify!($rule)), "broken only: {broken:?}");
        })*
    };
}

#[test]
fn every_rule_is_tried() {
    let untried: Vec<_> = RULES.iter().filter(|rule| !BITTEN.contains(rule)).collect();
    assert!(untried.is_empty(), "{untried:?}");
}

const RESPONSE: Callback = Callback::Response(200);
const ANSWERED: Returned = Returned::Now(Choice::Go);

fn called(callback: Callback) -> What {
    first(Event::Called(Who::Sessions, callback, TaskState::Running))
}

fn returned(callback: Callback) -> What {
    first(Event::Returned(Who::Sessions, callback, ANSWERED))
}

fn data() -> Callback {
    Callback::Data(body(2, 0))
}

fn server(sight: Sight) -> What {
    first(Event::Server(0, sight))
}

/// Two tasks, one inside a callback of the other.
fn interleaved(queue: Queue) -> Tape {
    let mut tape = Tape::of(2);
    tape.schedule.setup.queue = queue;
    let tape = tape.resumed(0).resumed(1).connected(0).connected(1);
    let tape = tape.server(0, Sight::Head(200)).server(1, Sight::Head(200));
    let tape = tape.task(
        0,
        Event::Called(Who::Sessions, RESPONSE, TaskState::Running),
    );
    let tape = tape.called(1, RESPONSE);
    let tape = tape.task(0, Event::Returned(Who::Sessions, RESPONSE, ANSWERED));
    let tape = tape
        .succeeded(0)
        .server(1, Sight::Chunk(2))
        .called(1, data());
    let tape = tape.server(1, Sight::Ended).completed(1, None);
    tape.over(2)
}

teeth! {
    callbacks_are_serial: two_callbacks_of_one_task_overlap = valid::success() => |tape| {
        tape.with_after(called(RESPONSE), called(Callback::Informational))
    };
    callbacks_are_serial: two_callbacks_of_a_serial_session_overlap =
        interleaved(Queue::Concurrent) => |mut tape| {
            tape.schedule.setup.queue = Queue::Serial;
            tape
        };
    callbacks_come_in_order: an_interim_response_comes_after_the_response =
        valid::success() => |tape| {
            tape.with_after(returned(RESPONSE), returned(Callback::Informational))
                .with_after(returned(RESPONSE), called(Callback::Informational))
        };
    callbacks_come_in_order: data_comes_before_the_response = valid::success() => |tape| {
        tape.without(called(RESPONSE)).without(returned(RESPONSE))
    };
    nothing_comes_between_question_and_answer: a_chunk_is_taken_before_the_answer =
        valid::asked() => |tape| tape.with_after(first(Event::Waits), server(Sight::Chunk(2)));
    nothing_comes_between_question_and_answer: a_callback_comes_before_the_answer =
        valid::asked() => |tape| tape.with_after(first(Event::Waits), called(data()));
    unhandled_calls_are_passed_on: an_unhandled_response_is_not_passed_on =
        valid::passed_on() => |tape| tape.without(called(RESPONSE)).without(returned(RESPONSE));
    unhandled_calls_are_passed_on: handled_data_is_passed_on = valid::passed_on() => |tape| {
        let handled = first(Event::Returned(Who::Own, data(), ANSWERED));
        tape.with_after(handled, returned(data())).with_after(handled, called(data()))
    };
    only_those_who_want_are_called: a_response_is_told_to_whom_does_not_want_it =
        valid::success() => |mut tape| {
            tape.schedule.setup.delegate = Some(Wants::DATA | Wants::COMPLETION);
            tape
        };
    unhandled_calls_are_passed_on: an_unhandled_completion_is_not_passed_on =
        valid::passed_on() => |tape| {
            let end = Callback::Complete(None);
            let handled = Event::Returned(Who::Own, end, ANSWERED);
            let unhandled = Event::Returned(Who::Own, end, Returned::Unhandled);
            tape.instead(first(handled), first(unhandled))
        };
    callbacks_run_on_their_queue: a_callback_runs_outside_the_executor = valid::executed() => |tape| {
        tape.without(What::JobBegan)
    };
    callbacks_run_on_their_queue: a_session_ends_outside_the_executor = valid::executed() => |tape| {
        let ended = What::BecameInvalid;
        tape.without(ended).with_after(What::Did(SessionDeed::DropHandle), ended)
    };
    answers_are_waited_for: an_answer_is_dropped_though_its_task_goes_on = valid::asked() => |tape| {
        tape.instead(first(Event::Answered(Some(Choice::Go))), first(Event::AnswerDropped))
    };
    answers_are_waited_for: the_answer_to_a_completion_is_dropped = valid::cancelled() => |tape| {
        let end = Callback::Complete(Some(ErrorCode::Cancelled));
        let returned = |how| first(Event::Returned(Who::Sessions, end, how));
        tape.instead(returned(ANSWERED), returned(Returned::Later))
            .with_after(returned(Returned::Later), first(Event::AnswerDropped))
    };
    those_who_wait_for_the_end_are_told: nobody_is_told_of_the_end = valid::awaited() => |tape| {
        tape.without(first(Event::Finished(None)))
    };
    those_who_wait_for_the_end_are_told: the_end_is_told_before_it_is_there =
        valid::awaited() => |tape| {
            let told = first(Event::Finished(None));
            tape.without(told).with_after(first(Event::Completed(None)), told)
                .without(first(Event::Completed(None)))
        };
    outcomes_agree: those_who_wait_are_told_another_end = valid::awaited() => |tape| {
        let other = first(Event::Finished(Some(ErrorCode::TimedOut)));
        tape.instead(first(Event::Finished(None)), other)
    };
    delegates_are_released: a_task_keeps_its_delegate_a_while = valid::passed_on() => |tape| {
        let released = first(Event::DelegateReleased);
        let later = tape.without(released).with_after(first(Event::HandleDropped), released);
        later.delayed_after(What::Quiet, 10)
    };
    each_task_completes_once_and_last: a_task_completes_twice = valid::success() => |tape| {
        tape.with_after(first(Event::Completed(None)), first(Event::Completed(None)))
    };
    each_task_completes_once_and_last: a_delegate_is_not_told_of_the_end =
        valid::success() => |tape| {
            let end = Callback::Complete(None);
            let told = first(Event::Called(Who::Sessions, end, TaskState::Completed));
            tape.without(told).without(returned(end))
        };
    each_task_completes_once_and_last: data_comes_after_the_end = valid::success() => |tape| {
        tape.with_after(first(Event::Completed(None)), called(data()))
    };
    each_task_completes_once_and_last: a_future_gives_nothing = valid::future() => |tape| {
        tape.without(first(Event::Gave(Ok(body(2, 0)))))
    };
    metrics_come_just_before_the_end: metrics_come_twice = valid::success() => |tape| {
        tape.with_after(returned(Callback::Metrics), returned(Callback::Metrics))
            .with_after(returned(Callback::Metrics), called(Callback::Metrics))
    };
    metrics_come_just_before_the_end: metrics_never_come = valid::success() => |tape| {
        tape.without(called(Callback::Metrics)).without(returned(Callback::Metrics))
    };
    each_task_completes_once_and_last: metrics_come_before_the_outcome_is_decided =
        valid::success() => |tape| {
            tape.with_after(returned(RESPONSE), returned(Callback::Metrics))
                .with_after(returned(RESPONSE), called(Callback::Metrics))
        };
    each_task_completes_once_and_last: metrics_come_after_the_end = valid::success() => |tape| {
        tape.with_after(first(Event::Completed(None)), returned(Callback::Metrics))
            .with_after(first(Event::Completed(None)), called(Callback::Metrics))
    };
    each_task_completes_once_and_last: data_comes_between_metrics_and_the_end =
        valid::success() => |tape| {
            tape.with_after(returned(Callback::Metrics), returned(data()))
                .with_after(returned(Callback::Metrics), called(data()))
        };
    each_task_completes_once_and_last: a_refused_task_calls_its_handler_too_early =
        valid::refused_with_a_handler() => |tape| {
            let gave = first(Event::Gave(Err(ErrorCode::Cancelled)));
            tape.without(gave).with_after(first(Event::Made), gave)
        };
    delegates_are_released: a_refused_task_keeps_its_delegate_a_while = valid::refused() => |mut tape| {
        tape.schedule.tasks[0].has_delegate = true;
        tape
    };
    outcomes_agree: a_success_is_told_as_a_failure = valid::success() => |tape| {
        let told = |error| {
            first(Event::Called(Who::Sessions, Callback::Complete(error), TaskState::Completed))
        };
        tape.instead(told(None), told(Some(ErrorCode::TimedOut)))
    };
    outcomes_agree: a_future_gives_another_outcome = valid::future() => |tape| {
        let failed = first(Event::Gave(Err(ErrorCode::TimedOut)));
        tape.instead(first(Event::Gave(Ok(body(2, 0)))), failed)
    };
    cancelled_tasks_end_cancelled: a_cancelled_task_times_out = valid::cancelled() => |tape| {
        let end = |code| first(Event::Ending(Some(code)));
        tape.instead(end(ErrorCode::Cancelled), end(ErrorCode::TimedOut))
    };
    outcomes_have_a_cause: a_task_fails_though_the_server_did_not = valid::success() => |tape| {
        let failed = first(Event::Ending(Some(ErrorCode::NetworkConnectionLost)));
        tape.instead(first(Event::Ending(None)), failed)
    };
    outcomes_have_a_cause: a_task_is_cancelled_by_nobody = valid::cancelled() => |tape| {
        let state = first(Event::State(Deed::Cancel, TaskState::Canceling));
        tape.without(first(Event::Did(Deed::Cancel))).without(state)
    };
    outcomes_have_a_cause: a_short_body_is_a_success = valid::success() => |mut tape| {
        tape.schedule.tasks[0].hops[0].body.push(urlsession_simulation::BodyStep::Chunk(1));
        tape
    };
    panics_and_refusals_end_the_task: data_comes_after_a_panic = valid::success() => |tape| {
        let panicked = first(Event::Returned(Who::Sessions, RESPONSE, Returned::Panicked));
        tape.instead(returned(RESPONSE), panicked)
    };
    panics_and_refusals_end_the_task: data_comes_after_a_refused_response =
        valid::success() => |tape| {
            let now = Returned::Now(Choice::Refuse);
            let refused = first(Event::Returned(Who::Sessions, RESPONSE, now));
            tape.instead(returned(RESPONSE), refused)
        };
    states_tell_the_truth: a_resumed_task_shows_suspended = valid::success() => |tape| {
        let shows = |state| first(Event::State(Deed::Resume, state));
        tape.instead(shows(TaskState::Running), shows(TaskState::Suspended))
    };
    states_tell_the_truth: a_callback_sees_a_suspended_task = valid::success() => |tape| {
        let seen = first(Event::Called(Who::Sessions, RESPONSE, TaskState::Suspended));
        tape.instead(called(RESPONSE), seen)
    };
    stopped_tasks_stand_still: a_suspended_task_reads = valid::suspended() => |tape| {
        let suspended = first(Event::State(Deed::Suspend, TaskState::Suspended));
        tape.with_after(suspended, server(Sight::Chunk(1)))
    };
    stopped_tasks_stand_still: a_task_begins_unresumed = valid::success() => |tape| {
        tape.without(first(Event::Did(Deed::Resume)))
    };
    stopped_tasks_stand_still: a_future_left_unpolled_reads = valid::future() => |tape| {
        tape.with_after(server(Sight::Head(200)), first(Event::Left))
    };
    cancellation_is_immediate: a_cancelled_task_takes_its_time = valid::cancelled() => |tape| {
        tape.delayed_after(first(Event::State(Deed::Cancel, TaskState::Canceling)), 10)
    };
    nothing_is_left_undone: a_task_hangs = valid::success() => |tape| {
        tape.with_after(server(Sight::Connected), What::Quiet)
    };
    completions_precede_invalidation: a_session_ends_before_its_task =
        valid::success() => |tape| tape.with_after(server(Sight::Connected), What::BecameInvalid);
    completions_precede_invalidation: a_session_ends_unasked = valid::success() => |tape| {
        tape.without(What::Did(SessionDeed::DropHandle))
    };
    completions_precede_invalidation: a_session_never_ends = valid::success() => |tape| {
        tape.without(What::BecameInvalid)
    };
    delegates_are_released: a_delegate_is_kept = valid::success() => |tape| {
        tape.without(What::DelegateReleased)
    };
    delegates_are_released: a_tasks_delegate_is_kept = valid::passed_on() => |tape| {
        tape.without(first(Event::DelegateReleased))
    };
    completions_precede_invalidation: a_delegate_that_does_not_care_is_told_of_the_end =
        valid::success() => |mut tape| {
            tape.schedule.setup.delegate = Some(Wants::ALL.without(Wants::INVALIDATION));
            tape
        };
    delegates_are_released: the_sessions_delegate_is_kept_a_while = valid::success() => |tape| {
        tape.delayed_after(What::BecameInvalid, 10)
    };
    delegates_are_released: a_delegate_goes_before_the_end = valid::success() => |tape| {
        tape.with_after(server(Sight::Connected), What::DelegateReleased)
    };
    ended_sessions_refuse_tasks: an_ended_session_takes_a_task = valid::refused() => |tape| {
        let born = |state| first(Event::Born(state));
        tape.instead(born(TaskState::Completed), born(TaskState::Suspended))
    };
    ended_sessions_refuse_tasks: a_refused_task_goes_out = valid::refused() => |tape| {
        tape.with_after(first(Event::Made), server(Sight::Began))
    };
    retries_keep_to_the_policy: a_post_is_made_again = valid::retried() => |mut tape| {
        tape.schedule.tasks[0].upload = Upload::Bytes;
        tape
    };
    retries_keep_to_the_policy: a_retry_is_made_that_is_not_in_stock = valid::retried() => |mut tape| {
        tape.schedule.setup.retries.as_mut().unwrap().budget = 0;
        tape
    };
    retries_keep_to_the_policy: a_retry_waits_too_long = valid::retried() => |tape| {
        tape.instead(first(Event::Retrying(1, 20)), first(Event::Retrying(1, 21)))
    };
    failures_are_made_again: a_failure_is_delivered = valid::retried() => |tape| {
        let (failed, response) = (server(Sight::Head(503)), Callback::Response(503));
        tape.with_after(failed, returned(response)).with_after(failed, called(response))
    };
    retries_wait_their_time: a_retry_begins_too_early = valid::retried() => |tape| {
        tape.instead(first(Event::Retrying(1, 20)), first(Event::Retrying(1, 30)))
    };
    nothing_leaks: an_exchange_is_left = valid::success() => |tape| {
        let left = Leftovers { exchanges: 1, ..Leftovers::default() };
        tape.instead(What::Over(Leftovers::default()), What::Over(left))
    };
    timers_fire_when_due: the_idle_timer_does_not_fire = valid::success() => |mut tape| {
        tape.schedule.setup.idle = 15;
        tape
    };
    timers_fire_when_due: the_resource_timer_does_not_fire = valid::success() => |mut tape| {
        tape.schedule.setup.resource = 25;
        tape
    };
    timers_fire_when_due: the_idle_timer_does_not_start_anew_on_resume =
        valid::suspended() => |tape| {
            let resumed = first(Event::State(Deed::Resume, TaskState::Running));
            tape.delayed_after(resumed, 60)
        };
    timers_fire_only_when_due: a_timer_fires_early = valid::idle() => |mut tape| {
        tape.schedule.setup.idle = 60;
        tape
    };
    timers_fire_only_when_due: the_idle_timer_fires_while_the_app_is_asked =
        valid::asked() => |tape| {
            let end = first(Event::Completed(Some(ErrorCode::TimedOut)));
            tape.instead(first(Event::Answered(Some(Choice::Go))), end)
        };
    timers_fire_only_when_due: another_timer_is_named = valid::idle() => |tape| {
        tape.with_after(server(Sight::Aborted), first(Event::Expired(ExpiredTimer::Resource)))
    };
    timers_fire_only_when_due: the_idle_timer_is_named_where_both_are_due = valid::idle() => |mut tape| {
        tape.schedule.setup.resource = 50;
        tape.with_after(server(Sight::Aborted), first(Event::Expired(ExpiredTimer::Idle)))
    };
    timers_fire_only_when_due: a_timer_fires_while_suspended = valid::suspended() => |tape| {
        let end = first(Event::Completed(Some(ErrorCode::TimedOut)));
        tape.with_after(first(Event::State(Deed::Suspend, TaskState::Suspended)), end)
    };
    bodies_are_whole_and_in_order: a_chunk_is_told_twice = valid::success() => |tape| {
        tape.with_after(returned(data()), returned(data()))
            .with_after(returned(data()), called(data()))
    };
    bodies_are_whole_and_in_order: a_chunk_is_lost = valid::success() => |tape| {
        tape.with_after(called(data()), server(Sight::Chunk(1)))
    };
    bodies_are_whole_and_in_order: a_future_gives_a_part = valid::future() => |tape| {
        let gave = |length| first(Event::Gave(Ok(body(length, 0))));
        tape.instead(gave(2), gave(1))
    };
    redirects_end_at_twenty: twenty_one_redirects_are_followed = valid::redirected(20) => |_| {
        valid::redirected(21)
    };
    statuses_are_answers: another_status_is_told = valid::success() => |tape| {
        tape.instead(called(RESPONSE), called(Callback::Response(404)))
    };
    no_more_are_admitted_than_allowed: two_go_at_once_where_one_may =
        valid::queued() => |tape| {
            let second = What::Task(1, Event::Server(0, Sight::Began));
            tape.with_after(server(Sight::Connected), second)
        };
    free_places_are_given_away: a_place_stays_free = valid::queued() => |mut tape| {
        tape.schedule.setup.limit = 2;
        tape
    };
    free_places_are_given_away: a_suspended_task_blocks_another = valid::queued() => |tape| {
        let suspended = first(Event::State(Deed::Suspend, TaskState::Suspended));
        tape.with_after(server(Sight::Connected), suspended)
            .with_after(server(Sight::Connected), first(Event::Did(Deed::Suspend)))
    };
    urgent_ones_go_first: the_patient_one_goes_first = valid::one_by_one(&[2, 1]) => |_| {
        valid::one_by_one(&[1, 2])
    };
    urgent_ones_go_first: the_younger_goes_first = valid::one_by_one(&[2, 3, 1]) => |_| {
        valid::one_by_one(&[3, 2, 1])
    };
    nobody_starves: four_pass_by_the_oldest = valid::one_by_one(&[2, 3, 4, 1, 5]) => |_| {
        valid::one_by_one(&[2, 3, 4, 5, 1])
    };
    nobody_starves: four_pass_by_one_that_came_back =
        valid::one_by_one_and_back(&[2, 3, 4, 1, 5, 6, 7]) => |_| {
            valid::one_by_one_and_back(&[2, 3, 4, 1, 5, 6, 7, 8, 9])
        };
    nobody_starves: four_pass_by_the_oldest_but_one =
        valid::one_by_one_and_an_older_one(&[2, 3, 4, 5, 6, 7, 1]) => |_| {
            valid::one_by_one_and_an_older_one(&[2, 3, 4, 5, 6, 7, 8, 9, 1])
        };
}
