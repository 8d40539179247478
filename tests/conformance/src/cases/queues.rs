//! Who waits for whom: the limit for a host, priorities, and those who let others pass.

use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use urlsession_core::{Answer, Session, Task, TaskState};

use crate::recorder::Recorder;
use crate::{Fixture, Verdict};

fn limited(fixture: &Fixture, limit: usize, recorder: &Recorder) -> Session {
    let builder =
        fixture.builder_of(|configuration| configuration.http_maximum_connections_per_host = limit);
    builder.delegate(recorder.clone()).build()
}

pub(crate) async fn no_more_than_the_limit_load_at_once(fixture: Fixture) -> Verdict {
    let session = limited(&fixture, 2, &Recorder::new());
    let before = fixture.now();
    for result in join_all((0..6).map(|_| session.data(fixture.url("/delay/300")))).await {
        result?;
    }
    let passed = fixture.now() - before;
    check!(
        passed >= Duration::from_millis(890),
        "three rounds took {passed:?}"
    );
    Ok(())
}

pub(crate) async fn another_origin_has_a_queue_of_its_own(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = limited(&fixture, 1, &recorder);
    let held = session.data_task(fixture.url("/delay/60000"));
    held.resume();
    check_eq!(
        &session.data(fixture.other_url("/Nepal")).await?.0[..],
        b"Kathmandu"
    );
    held.cancel();
    Ok(())
}

pub(crate) async fn urgent_ones_go_first(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = limited(&fixture, 1, &recorder);
    let first = session.data_task(fixture.url("/delay/500"));
    first.resume();
    let priorities = [
        Task::LOW_PRIORITY,
        Task::DEFAULT_PRIORITY,
        Task::LOW_PRIORITY,
        Task::HIGH_PRIORITY,
    ];
    let waiting: Vec<_> = priorities
        .iter()
        .map(|_| session.data_task(fixture.url("/Nepal")))
        .collect();
    for (task, priority) in waiting.iter().zip(priorities) {
        task.set_priority(priority);
        task.resume();
    }
    // Changed while it waits.
    waiting[2].set_priority(Task::HIGH_PRIORITY);
    recorder.all_complete(5).await;
    let expected =
        [&first, &waiting[2], &waiting[3], &waiting[1], &waiting[0]].map(|task| task.id());
    check_eq!(recorder.completed_tasks(), expected);
    Ok(())
}

pub(crate) async fn of_equals_the_first_resumed_goes_first(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = limited(&fixture, 1, &recorder);
    let tasks: Vec<_> = (0..5)
        .map(|_| session.data_task(fixture.url("/Nepal")))
        .collect();
    for place in [3, 1, 4, 0, 2] {
        tasks[place].resume();
    }
    recorder.all_complete(5).await;
    check_eq!(recorder.completed_tasks(), [4, 2, 5, 1, 3]);
    Ok(())
}

pub(crate) async fn suspended_in_the_queue_it_lets_others_pass_and_keeps_its_place(
    fixture: Fixture,
) -> Verdict {
    let recorder = Recorder::new();
    let session = limited(&fixture, 1, &recorder);
    let tasks: Vec<_> = (0..4)
        .map(|n| session.data_task(fixture.url(if n == 0 { "/delay/300" } else { "/delay/100" })))
        .collect();
    tasks.iter().for_each(|task| task.resume());
    tasks[1].suspend();
    recorder
        .until(|calls| {
            calls
                .iter()
                .filter(|call| matches!(call, crate::recorder::Call::Complete(_)))
                .count()
                == 1
        })
        .await;
    tasks[1].resume();
    recorder.all_complete(4).await;
    // The third was on its way by then, the fourth was not.
    check_eq!(recorder.completed_tasks(), [1, 3, 2, 4]);
    Ok(())
}

pub(crate) async fn six_suspended_and_a_seventh_finishes(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_response(|_, task, _| {
        task.suspend();
        Answer::Unhandled
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let tasks: Vec<_> = (0..6)
        .map(|_| session.data_task(fixture.other_url("/slow/3/50")))
        .collect();
    tasks.iter().for_each(|task| task.resume());
    // Each is suspended in its callback, which may run on another thread.
    while !tasks
        .iter()
        .all(|task| task.state() == TaskState::Suspended)
    {
        fixture.sleep(Duration::from_millis(10)).await;
    }
    check_eq!(
        &session.data(fixture.other_url("/Nepal")).await?.0[..],
        b"Kathmandu"
    );
    check!(
        tasks
            .iter()
            .all(|task| task.state() == TaskState::Suspended)
    );
    tasks.iter().for_each(|task| task.resume());
    recorder.all_complete(6).await;
    check_eq!(recorder.body().len(), 6 * 24);
    Ok(())
}

pub(crate) async fn six_unread_streams_and_a_seventh_finishes(fixture: Fixture) -> Verdict {
    let session = limited(&fixture, 3, &Recorder::new());
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(session.bytes(fixture.url("/slow/3/50")).await?.0);
    }
    check_eq!(
        &session.data(fixture.url("/Nepal")).await?.0[..],
        b"Kathmandu"
    );
    for chunks in held {
        let length = chunks
            .fold(0, async |sum, chunk| {
                sum + chunk.map_or(0, |chunk| chunk.len())
            })
            .await;
        check_eq!(length, 24);
    }
    Ok(())
}

pub(crate) async fn futures_left_unpolled_keep_no_place(fixture: Fixture) -> Verdict {
    let session = limited(&fixture, 3, &Recorder::new());
    let mut left: Vec<_> = (0..3)
        .map(|_| session.data(fixture.url("/delay/100")))
        .collect();
    for future in &mut left {
        check!(futures::poll!(future).is_pending());
    }
    check_eq!(
        &session.data(fixture.url("/Nepal")).await?.0[..],
        b"Kathmandu"
    );
    for result in join_all(left).await {
        result?;
    }
    Ok(())
}

pub(crate) async fn one_that_is_asked_keeps_no_place(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_response(|recorder, _, _| {
        let opened = recorder.gate().opened();
        Answer::Later(Box::pin(async move {
            opened.await;
            None
        }))
    });
    let session = limited(&fixture, 1, &recorder);
    session.data_task(fixture.url("/slow/3/50")).resume();
    recorder.called("response").await;
    check_eq!(
        &session.data(fixture.url("/Nepal")).await?.0[..],
        b"Kathmandu"
    );
    recorder.gate().open();
    check_eq!(recorder.completion().await, None);
    Ok(())
}
