//! Progress as a tree of parts, and that of tasks.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use urlsession_core::{
    AddChildError, Answer, Moment, Progress, ProgressSnapshot, ProgressState, Request, Task,
    TaskState,
};

use crate::recorder::Recorder;
use crate::{Failure, Fixture, Verdict};

fn near(got: f64, expected: f64) -> bool {
    (got - expected).abs() < 0.001
}

/// Fails the case unless the progress is so far.
macro_rules! check_far {
    ($progress:expr, $expected:expr) => {
        let (got, expected) = ($progress.fraction_completed(), $expected);
        check!(
            near(got, expected),
            "{} is {got}, not {expected}",
            stringify!($progress)
        );
    };
}

/// A parent of this total, and children of these totals, each worth so many of its units.
fn family<const N: usize>(
    total: i64,
    children: [(i64, i64); N],
) -> Result<(Progress, [Progress; N]), AddChildError> {
    let parent = Progress::new(total);
    let parts = children.map(|(own, _)| Progress::new(own));
    for (part, (_, portion)) in parts.iter().zip(children) {
        parent.add_child(part, portion)?;
    }
    Ok((parent, parts))
}

pub(crate) async fn a_change_of_totals_changes_the_fraction(_: Fixture) -> Verdict {
    let parent = Progress::new(100);
    parent.set_completed_unit_count(50);
    check_far!(parent, 0.5);
    parent.set_completed_unit_count(0);
    let child = parent.share(10).begin(100);
    child.set_completed_unit_count(50);
    check_far!(parent, 0.05);
    check_far!(child, 0.5);
    parent.set_total_unit_count(200);
    check_far!(parent, 0.025);
    child.set_total_unit_count(200);
    check_far!(child, 0.25);
    check_far!(parent, 0.0125);
    child.set_total_unit_count(100);
    check_far!(parent, 0.025);
    Ok(())
}

pub(crate) async fn a_share_goes_to_one_child(_: Fixture) -> Verdict {
    let parent = Progress::new(100);
    let share = parent.share(100);
    let first = share.begin(5);
    // By value: nobody else can have the share. What is made meanwhile is no part of it.
    let second = Progress::new(5);
    check_far!(parent, 0.0);
    second.set_completed_unit_count(5);
    check_far!(parent, 0.0);
    first.set_completed_unit_count(5);
    check_far!(parent, 1.0);
    check_eq!(parent.completed_unit_count(), 100);
    Ok(())
}

pub(crate) async fn an_unused_share_counts_as_done(_: Fixture) -> Verdict {
    let parent = Progress::new(100);
    drop(parent.share(40));
    check_eq!(parent.completed_unit_count(), 40);
    let part = Progress::new(2);
    parent.share(60).give_to(&part)?;
    part.set_completed_unit_count(1);
    check_far!(parent, 0.7);
    Ok(())
}

pub(crate) async fn an_indeterminate_child_counts_nothing_and_comes_back(_: Fixture) -> Verdict {
    let (parent, [child]) = family(1000, [(10, 100)])?;
    child.set_completed_unit_count(5);
    check_far!(parent, 0.05);
    child.set_completed_unit_count(-1);
    check_far!(parent, 0.0);
    child.set_completed_unit_count(10);
    check_far!(parent, 0.1);
    child.set_completed_unit_count(-1);
    check_far!(parent, 0.0);
    check_eq!(parent.completed_unit_count(), 0);
    Ok(())
}

pub(crate) async fn an_indeterminate_child_leaves_the_others(_: Fixture) -> Verdict {
    let (parent, [one, other]) = family(100, [(2, 50), (2, 50)])?;
    check_far!(parent, 0.0);
    one.set_completed_unit_count(1);
    other.set_completed_unit_count(1);
    check_far!(parent, 0.5);
    one.set_completed_unit_count(-1);
    check_far!(parent, 0.25);
    one.set_completed_unit_count(1);
    check_far!(parent, 0.5);
    Ok(())
}

pub(crate) async fn finished_children_are_the_parents_own_units(_: Fixture) -> Verdict {
    let (parent, [one, other]) = family(2, [(1, 1), (1, 1)])?;
    one.set_completed_unit_count(1);
    check_far!(parent, 0.5);
    check_eq!(parent.completed_unit_count(), 1);
    other.add_completed_unit_count(1);
    check_far!(parent, 1.0);
    check!(parent.is_finished() && parent.completed_unit_count() == 2);
    Ok(())
}

pub(crate) async fn children_weigh_what_they_are_given(_: Fixture) -> Verdict {
    let (parent, [one]) = family(100, [(100, 10)])?;
    one.set_completed_unit_count(50);
    check_far!(parent, 0.05);
    one.set_completed_unit_count(100);
    check_far!(parent, 0.1);
    let other = Progress::new(100);
    parent.add_child(&other, 90)?;
    other.set_completed_unit_count(50);
    check_far!(parent, 0.55);
    Ok(())
}

pub(crate) async fn a_child_counts_from_where_it_is(_: Fixture) -> Verdict {
    let (parent, [one]) = family(2, [(100, 1)])?;
    one.set_completed_unit_count(50);
    check_far!(parent, 0.25);
    let other = Progress::new(100);
    other.set_completed_unit_count(50);
    parent.add_child(&other, 1)?;
    check_far!(parent, 0.5);
    Ok(())
}

pub(crate) async fn a_finished_child_counts_at_once(_: Fixture) -> Verdict {
    let parent = Progress::new(2);
    let child = Progress::new(100);
    child.set_completed_unit_count(100);
    parent.add_child(&child, 1)?;
    check_far!(parent, 0.5);
    check_eq!(parent.completed_unit_count(), 1);
    Ok(())
}

pub(crate) async fn grandchildren_count_through_their_parents(_: Fixture) -> Verdict {
    let (parent, [child]) = family(100, [(100, 100)])?;
    let grandchild = child.share(100).begin(100);
    check_far!(parent, 0.0);
    grandchild.set_completed_unit_count(50);
    check_far!(parent, 0.5);
    grandchild.set_completed_unit_count(100);
    check!(child.is_finished() && parent.is_finished());
    Ok(())
}

pub(crate) async fn whatever_the_order_the_end_is_exact(_: Fixture) -> Verdict {
    let (parent, [one, two]) = family(3, [(10, 1), (10, 1)])?;
    one.set_completed_unit_count(5);
    check_far!(parent, 1.0 / 6.0);
    two.set_completed_unit_count(5);
    check_far!(parent, 1.0 / 3.0);
    let three = parent.share(1).begin(10);
    check_far!(parent, 1.0 / 3.0);
    three.set_completed_unit_count(5);
    check_far!(parent, 0.5);
    three.set_completed_unit_count(10);
    check!(three.is_finished());
    check_far!(parent, 2.0 / 3.0);
    two.set_completed_unit_count(10);
    check_far!(parent, 5.0 / 6.0);
    one.set_completed_unit_count(10);
    check_eq!(parent.fraction_completed(), 1.0);
    check!(parent.is_finished());
    check_eq!(parent.completed_unit_count(), parent.total_unit_count());
    Ok(())
}

pub(crate) async fn the_fraction_is_never_nan(_: Fixture) -> Verdict {
    let table = [
        (-1, -1, true, 0.0),
        (0, -1, true, 0.0),
        (1, -1, true, 0.0),
        (-1, 0, true, 0.0),
        (0, 0, true, 0.0),
        (1, 0, false, 1.0),
        (-1, 1, true, 0.0),
        (0, 1, false, 0.0),
        (1, 1, false, 1.0),
    ];
    let progress = Progress::new(0);
    for (completed, total, is_indeterminate, fraction) in table {
        progress.set_completed_unit_count(completed);
        progress.set_total_unit_count(total);
        let row = format!("{completed} of {total}");
        check_eq!(progress.is_indeterminate(), is_indeterminate, "{row}");
        check_eq!(progress.fraction_completed(), fraction, "{row}");
    }
    Ok(())
}

/// Counts the calls of a handler.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn handler(&self) -> impl Fn() + Send + Sync + use<> {
        let count = self.clone();
        move || count.add()
    }
}

pub(crate) async fn handlers_are_called_from_the_root_to_the_leaves(_: Fixture) -> Verdict {
    let (parent, [child]) = family(1, [(1, 1)])?;
    let (cancelled, paused, resumed) = (Count::default(), Count::default(), Count::default());
    for progress in [&parent, &child] {
        progress.set_cancellation_handler(cancelled.handler());
        progress.set_pausing_handler(paused.handler());
        progress.set_resuming_handler(resumed.handler());
    }
    parent.cancel();
    check_eq!((cancelled.get(), paused.get(), resumed.get()), (2, 0, 0));
    parent.pause();
    check_eq!((cancelled.get(), paused.get(), resumed.get()), (2, 2, 0));
    check!(parent.is_paused() && child.is_paused());
    parent.resume();
    check_eq!((cancelled.get(), paused.get(), resumed.get()), (2, 2, 2));
    parent.cancel();
    parent.resume();
    check_eq!((cancelled.get(), paused.get(), resumed.get()), (2, 2, 2));
    Ok(())
}

pub(crate) async fn a_late_handler_is_called_all_the_same(_: Fixture) -> Verdict {
    let (parent, [child]) = family(1, [(1, 1)])?;
    parent.cancel();
    check!(child.is_cancelled() && child.state() == ProgressState::Cancelled);
    let cancelled = Count::default();
    parent.set_cancellation_handler(cancelled.handler());
    child.set_cancellation_handler(cancelled.handler());
    check_eq!(cancelled.get(), 2);
    let late = Progress::new(1);
    late.set_cancellation_handler(cancelled.handler());
    parent.add_child(&late, 1)?;
    check_eq!(cancelled.get(), 3);
    Ok(())
}

pub(crate) async fn handlers_may_use_the_tree(_: Fixture) -> Verdict {
    let (parent, [child]) = family(2, [(1, 1)])?;
    let (seen, other) = (Arc::new(Mutex::new(None)), child.clone());
    let (from_above, note) = (parent.clone(), seen.clone());
    child.set_cancellation_handler(move || {
        from_above.cancel();
        other.set_completed_unit_count(1);
        *note.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(from_above.completed_unit_count());
    });
    parent.cancel();
    check_eq!(
        *seen.lock().unwrap_or_else(PoisonError::into_inner),
        Some(1)
    );
    Ok(())
}

pub(crate) async fn a_panicking_handler_leaves_the_others(_: Fixture) -> Verdict {
    let (parent, [child]) = family(1, [(1, 1)])?;
    let cancelled = Count::default();
    parent.set_cancellation_handler(|| panic!("the app's"));
    child.set_cancellation_handler(cancelled.handler());
    parent.cancel();
    check_eq!(cancelled.get(), 1);
    Ok(())
}

pub(crate) async fn values_are_attached_by_type(_: Fixture) -> Verdict {
    #[derive(Clone, Debug, PartialEq)]
    struct Files(u32);
    let progress = Progress::new(1);
    check_eq!(progress.info::<Files>(), None);
    check_eq!(progress.set_info(Files(1000)), None);
    check_eq!(progress.set_info(Files(2000)), Some(Files(1000)));
    check_eq!(progress.set_info(String::from("a.bin")), None);
    check_eq!(progress.info(), Some(Files(2000)));
    check_eq!(progress.remove_info(), Some(Files(2000)));
    check_eq!(progress.info::<Files>(), None);
    check_eq!(progress.info::<String>().as_deref(), Some("a.bin"));
    Ok(())
}

pub(crate) async fn one_has_one_parent_and_no_ring(_: Fixture) -> Verdict {
    let (parent, [child]) = family(1, [(1, 1)])?;
    check_eq!(
        Progress::new(1).add_child(&child, 1),
        Err(AddChildError::HasParent)
    );
    check_eq!(child.add_child(&parent, 1), Err(AddChildError::Ring));
    check_eq!(parent.add_child(&parent, 1), Err(AddChildError::Ring));
    Ok(())
}

fn at(milliseconds: u64) -> Moment {
    Moment::from_nanos(milliseconds * 1_000_000)
}

pub(crate) async fn pace_and_remaining_time_come_from_looking(_: Fixture) -> Verdict {
    let (parent, [one, other]) = family(2, [(1000, 1), (3000, 1)])?;
    let first = parent.snapshot(at(0));
    check_eq!(
        (first.throughput, first.estimated_time_remaining),
        (None, None)
    );
    one.set_completed_unit_count(500);
    other.set_completed_unit_count(1500);
    let snapshot = parent.snapshot(at(1000));
    check_eq!(
        (snapshot.total_unit_count, snapshot.completed_unit_count),
        (2, 0)
    );
    // Bytes of all below, though the parent counts files.
    check!(
        snapshot.throughput.is_some_and(|rate| near(rate, 2000.0)),
        "{snapshot:?}"
    );
    let left = snapshot.estimated_time_remaining.unwrap_or_default();
    check!(near(left.as_secs_f64(), 1.0), "{snapshot:?}");
    one.set_completed_unit_count(1000);
    let snapshot = parent.snapshot(at(2000));
    check!(
        snapshot
            .throughput
            .is_some_and(|rate| rate > 500.0 && rate < 2000.0),
        "{snapshot:?}"
    );
    parent.pause();
    check_eq!(parent.snapshot(at(3000)).throughput, None);
    Ok(())
}

/// All snapshots of a progress to its end.
async fn updates(
    fixture: &Fixture,
    progress: &Progress,
    interval: Duration,
) -> Vec<ProgressSnapshot> {
    let runtime = fixture.session().platform().runtime.clone();
    progress.updates(runtime, interval).collect().await
}

pub(crate) async fn a_slow_reader_sees_the_newest(fixture: Fixture) -> Verdict {
    let progress = Progress::new(100);
    let runtime = fixture.session().platform().runtime.clone();
    let mut updates = progress.updates(runtime, Duration::ZERO);
    let counts = |snapshot: Option<ProgressSnapshot>| {
        snapshot.map(|snapshot| (snapshot.completed_unit_count, snapshot.state))
    };
    check_eq!(
        counts(updates.next().await),
        Some((0, ProgressState::Running))
    );
    for count in 1..=99 {
        progress.set_completed_unit_count(count);
    }
    check_eq!(
        counts(updates.next().await),
        Some((99, ProgressState::Running))
    );
    progress.set_completed_unit_count(100);
    check_eq!(
        counts(updates.next().await),
        Some((100, ProgressState::Finished))
    );
    check_eq!(counts(updates.next().await), None);
    Ok(())
}

pub(crate) async fn updates_come_at_most_once_in_the_interval(fixture: Fixture) -> Verdict {
    let progress = Progress::new(1000);
    let doer = progress.clone();
    let clock = fixture.clone();
    fixture.spawn(async move {
        for _ in 0..20 {
            clock.sleep(Duration::from_millis(20)).await;
            doer.add_completed_unit_count(50);
        }
    });
    let began = fixture.now();
    let seen = updates(&fixture, &progress, Duration::from_millis(150)).await;
    let took = fixture.now() - began;
    let most = 2 + took.as_millis() / 150;
    check!(
        seen.len() > 1 && (seen.len() as u128) <= most,
        "{} in {took:?}",
        seen.len()
    );
    check_eq!(
        seen.last().map(|last| last.state),
        Some(ProgressState::Finished)
    );
    Ok(())
}

pub(crate) async fn updates_end_when_nobody_can_go_on(fixture: Fixture) -> Verdict {
    let cancelled = Progress::new(1);
    cancelled.cancel();
    let seen = updates(&fixture, &cancelled, Duration::from_secs(9)).await;
    check_eq!(seen.len(), 1);
    check_eq!(seen[0].state, ProgressState::Cancelled);
    let (parent, [one, other]) = family(2, [(1, 1), (1, 1)])?;
    one.set_completed_unit_count(1);
    check_eq!(parent.state(), ProgressState::Running);
    drop(other);
    let seen = updates(&fixture, &parent, Duration::ZERO).await;
    check_eq!(seen.len(), 1);
    check_eq!(
        (seen[0].state, seen[0].completed_unit_count),
        (ProgressState::Stopped, 1)
    );
    Ok(())
}

pub(crate) async fn an_observer_is_called_until_it_is_dropped(fixture: Fixture) -> Verdict {
    let (parent, [child]) = family(1, [(4, 1)])?;
    let clock = fixture.session().platform().runtime.clock();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = seen.clone();
    let observation = parent.observe(clock, move |snapshot| {
        let mut seen = note.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(snapshot.fraction_completed);
    });
    child.set_completed_unit_count(1);
    child.set_completed_unit_count(2);
    drop(observation);
    child.set_completed_unit_count(3);
    check_eq!(
        *seen.lock().unwrap_or_else(PoisonError::into_inner),
        [0.25, 0.5]
    );
    Ok(())
}

/// Where a task's progress ends, and how.
fn end_of(task: &Task) -> (ProgressState, i64, i64) {
    let progress = task.progress();
    let (completed, total) = (progress.completed_unit_count(), progress.total_unit_count());
    (progress.state(), completed, total)
}

pub(crate) async fn a_tasks_progress_is_its_bytes(fixture: Fixture) -> Verdict {
    const LENGTH: i64 = 300_000;
    let recorder = Recorder::new().on_response(|_, task, _| {
        let progress = task.progress();
        let counts = (progress.completed_unit_count(), progress.total_unit_count());
        assert_eq!(counts, (0, LENGTH), "at the head");
        Answer::Unhandled
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url(&format!("/bytes/{LENGTH}")));
    let progress = task.progress();
    check!(progress.is_indeterminate() && progress.is_paused());
    task.resume();
    check!(!progress.is_paused());
    let seen = updates(&fixture, &progress, Duration::ZERO).await;
    check_eq!(recorder.completion().await, None);
    check_eq!(end_of(&task), (ProgressState::Finished, LENGTH, LENGTH));
    let counts: Vec<_> = seen.iter().map(|seen| seen.completed_unit_count).collect();
    check!(
        counts.is_sorted() && counts.last() == Some(&LENGTH),
        "{counts:?}"
    );
    check!(progress == task.progress() && progress.is_finished());
    Ok(())
}

pub(crate) async fn of_unknown_length_it_ends_at_what_came(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_data(|_, task, _| {
        assert!(task.progress().is_indeterminate(), "while the body comes");
        Answer::Unhandled
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/chunked/100000"));
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(end_of(&task), (ProgressState::Finished, 100_000, 100_000));
    let empty = session.data_task(fixture.url("/bytes/0"));
    empty.resume();
    empty.finished().await?;
    check_eq!(end_of(&empty), (ProgressState::Finished, 1, 1));
    Ok(())
}

/// What the answer counts: one byte where its length was never known.
fn answer_of(task: &Task) -> i64 {
    let length = task.count_of_bytes_expected_to_receive();
    length.map_or(1, |length| length as i64)
}

/// What is sent to `url` counts, and what comes back; never more than there is.
async fn counts_both_ways(fixture: &Fixture, url: String) -> Verdict {
    const LENGTH: i64 = 100_000;
    let request = Request::post(url)?.with_body(vec![7; LENGTH as usize]);
    let session = fixture.session();
    let task = session.data_task(request);
    let progress = task.progress();
    check!(!progress.is_indeterminate());
    task.resume();
    let seen = updates(fixture, &progress, Duration::ZERO).await;
    check!(
        seen.iter()
            .all(|seen| seen.completed_unit_count <= seen.total_unit_count),
        "{seen:?}"
    );
    let all = LENGTH + answer_of(&task);
    check_eq!(end_of(&task), (ProgressState::Finished, all, all));
    Ok(())
}

pub(crate) async fn an_upload_counts_both_ways(fixture: Fixture) -> Verdict {
    counts_both_ways(&fixture, fixture.url("/echo")).await
}

pub(crate) async fn redirected_it_counts_the_last_hop(fixture: Fixture) -> Verdict {
    counts_both_ways(&fixture, fixture.redirect(307, "/echo")).await
}

pub(crate) async fn cancelling_it_cancels_the_task(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let tasks = [(); 2].map(|()| session.data_task(fixture.url("/slow/50/100")));
    let all = Progress::new(2);
    for task in &tasks {
        all.add_child(&task.progress(), 1)?;
        task.resume();
    }
    all.cancel();
    for task in &tasks {
        let error = fails!(task.finished().await);
        check!(error.is_cancelled(), "{error:?}");
        check_eq!(task.progress().state(), ProgressState::Cancelled);
    }
    check_eq!(all.state(), ProgressState::Cancelled);
    Ok(())
}

pub(crate) async fn pausing_it_suspends_the_task(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let task = session.data_task(fixture.url("/slow/3/100"));
    let all = Progress::new(1);
    all.add_child(&task.progress(), 1)?;
    all.resume();
    check_eq!(task.state(), TaskState::Running);
    all.pause();
    check_eq!(task.state(), TaskState::Suspended);
    all.pause();
    task.resume();
    check!(!task.progress().is_paused() && task.state() == TaskState::Running);
    task.suspend();
    check!(task.progress().is_paused());
    all.resume();
    check_eq!(task.state(), TaskState::Running);
    task.finished().await?;
    check!(all.is_finished());
    Ok(())
}

pub(crate) async fn a_failed_task_stops_its_progress(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let good = session.data_task(fixture.url("/bytes/10"));
    let bad = session.data_task(format!("{}/", fixture.sites().closed));
    let all = Progress::new(2);
    for task in [&good, &bad] {
        all.add_child(&task.progress(), 1)?;
        task.resume();
    }
    let seen = updates(&fixture, &all, Duration::ZERO).await;
    let last = seen.last().ok_or_else(|| Failure::new("no update"))?;
    check_eq!(
        (last.state, last.completed_unit_count),
        (ProgressState::Stopped, 1)
    );
    check_eq!(bad.progress().state(), ProgressState::Stopped);
    Ok(())
}

pub(crate) async fn asked_for_after_the_end_it_is_there(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let task = session.data_task(fixture.url("/bytes/10"));
    task.resume();
    task.finished().await?;
    check_eq!(end_of(&task), (ProgressState::Finished, 10, 10));
    session.invalidate_and_cancel();
    let refused = session.data_task(fixture.url("/bytes/10"));
    check_eq!(refused.progress().state(), ProgressState::Cancelled);
    Ok(())
}
