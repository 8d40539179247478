//! The delegate's contract, where no other group shows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use urlsession_core::{
    Answer, Bytes, CallbackPanicked, Delegate, DelegateQueue, Error, ErrorCode, Response,
    ResponseDisposition, Task, TaskEvent, Wants,
};

use crate::recorder::{Call, Outcome, Recorder};
use crate::{Fixture, Verdict};

pub(crate) async fn nothing_comes_between_question_and_answer(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_response(|recorder, _, _| {
        let opened = recorder.gate().opened();
        Answer::later(async move {
            opened.await;
            ResponseDisposition::Allow
        })
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.data_task(fixture.url("/Nepal")).resume();
    recorder.called("response").await;
    fixture.sleep(Duration::from_millis(300)).await;
    check_eq!(recorder.names(), ["response"]);
    recorder.gate().open();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.names(), ["response", "data", "complete"]);
    Ok(())
}

pub(crate) async fn a_late_answer_holds_only_its_own_task(fixture: Fixture) -> Verdict {
    let held = Recorder::new().on_data(|recorder, _, _| Answer::later(recorder.gate().opened()));
    let free = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(free.clone())
        .build();
    session
        .data_task_with_delegate(fixture.url("/slow/3/50"), held.clone())
        .resume();
    held.called("data").await;
    session.data_task(fixture.url("/Nepal")).resume();
    check_eq!(free.completion().await, None);
    check_eq!(held.calls().len(), 2);
    held.gate().open();
    check_eq!(held.completion().await, None);
    check_eq!(held.body(), b"chunk 0\nchunk 1\nchunk 2\n");
    Ok(())
}

pub(crate) async fn a_late_completion_comes_before_the_sessions_end(fixture: Fixture) -> Verdict {
    let recorder =
        Recorder::new().on_complete(|recorder, _, _| Answer::later(recorder.gate().opened()));
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.data_task(fixture.url("/Nepal")).resume();
    session.finish_tasks_and_invalidate();
    check_eq!(recorder.completion().await, None);
    fixture.sleep(Duration::from_millis(300)).await;
    check_eq!(recorder.names(), ["response", "data", "complete"]);
    recorder.gate().open();
    recorder.called("invalid").await;
    Ok(())
}

/// Notes the answer of a task's own delegate: only the completion is its business.
struct Own(Recorder);

impl Delegate for Own {
    fn did_complete(&self, task: &Task, error: Option<&Error>) -> Answer<()> {
        drop(self.0.did_complete(task, error));
        Answer::Now(())
    }
}

pub(crate) async fn what_a_tasks_delegate_leaves_goes_to_the_sessions(fixture: Fixture) -> Verdict {
    struct Nothing;
    impl Delegate for Nothing {}
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let all = session.data_task_with_delegate(fixture.url("/Nepal"), Nothing);
    all.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.names(), ["response", "data", "complete"]);

    let own = Recorder::new();
    let some = session.data_task_with_delegate(fixture.url("/Nepal"), Own(own.clone()));
    some.resume();
    check_eq!(own.completion().await, None);
    session.finish_tasks_and_invalidate();
    recorder.called("invalid").await;
    check_eq!(recorder.calls_of(&some).len(), 2);
    check_eq!(recorder.completions(), 1);
    Ok(())
}

pub(crate) async fn an_answer_of_none_falls_through(fixture: Fixture) -> Verdict {
    let own = Recorder::new().on_response(|_, _, _| Answer::Later(Box::pin(async { None })));
    let sessions = Recorder::new().on_response(|_, _, _| ResponseDisposition::Cancel.into());
    let session = fixture
        .builder(Default::default())
        .delegate(sessions.clone())
        .build();
    session
        .data_task_with_delegate(fixture.url("/Nepal"), own.clone())
        .resume();
    check_eq!(own.completion().await, Some(ErrorCode::Cancelled));
    check_eq!(sessions.calls()[0], Call::Response(200));
    Ok(())
}

pub(crate) async fn the_tasks_delegate_decides_first(fixture: Fixture) -> Verdict {
    let own = Recorder::new().on_response(|_, _, _| ResponseDisposition::Allow.into());
    let sessions = Recorder::new().on_response(|_, _, _| ResponseDisposition::Cancel.into());
    let session = fixture
        .builder(Default::default())
        .delegate(sessions.clone())
        .build();
    session
        .data_task_with_delegate(fixture.url("/Nepal"), own.clone())
        .resume();
    check_eq!(own.completion().await, None);
    check!(
        !sessions.names().contains(&"response"),
        "{:?}",
        sessions.calls()
    );
    Ok(())
}

pub(crate) async fn unwanted_calls_are_not_made(fixture: Fixture) -> Verdict {
    struct Picky(Recorder);
    impl Delegate for Picky {
        fn wants(&self) -> Wants {
            Wants::RESPONSE | Wants::COMPLETION
        }
        fn did_receive_response(
            &self,
            task: &Task,
            response: &Response,
        ) -> Answer<ResponseDisposition> {
            self.0.did_receive_response(task, response)
        }
        fn did_receive_data(&self, task: &Task, data: &Bytes) -> Answer<()> {
            self.0.did_receive_data(task, data)
        }
        fn did_complete(&self, task: &Task, error: Option<&Error>) -> Answer<()> {
            self.0.did_complete(task, error)
        }
    }
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(Picky(recorder.clone()))
        .build();
    let task = session.data_task(fixture.url("/Nepal"));
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.names(), ["response", "complete"]);
    check_eq!(task.count_of_bytes_received(), 9);
    Ok(())
}

/// Counts how many callbacks run at once.
#[derive(Clone, Default)]
struct Overlap {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Overlap {
    fn during(&self, work: impl FnOnce()) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        work();
        self.now.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Counting(Recorder, Overlap);

impl Delegate for Counting {
    fn did_receive_response(
        &self,
        task: &Task,
        response: &Response,
    ) -> Answer<ResponseDisposition> {
        self.1
            .during(|| drop(self.0.did_receive_response(task, response)));
        Answer::Unhandled
    }
    fn did_receive_data(&self, task: &Task, data: &Bytes) -> Answer<()> {
        self.1.during(|| drop(self.0.did_receive_data(task, data)));
        Answer::Unhandled
    }
    fn did_complete(&self, task: &Task, error: Option<&Error>) -> Answer<()> {
        self.1.during(|| drop(self.0.did_complete(task, error)));
        Answer::Unhandled
    }
}

/// Each task's calls are whole and in order.
fn in_order(recorder: &Recorder, tasks: &[urlsession_core::DataTask]) -> Verdict {
    for task in tasks {
        let calls = recorder.calls_of(task);
        check_eq!(calls.first(), Some(&Call::Response(200)));
        check_eq!(calls.last(), Some(&Call::Complete(None)));
        let middle = &calls[1..calls.len() - 1];
        check!(
            !middle.is_empty() && middle.iter().all(|call| matches!(call, Call::Data(_))),
            "{calls:?}"
        );
    }
    Ok(())
}

async fn twelve_tasks_on(fixture: &Fixture, queue: DelegateQueue) -> Result<usize, crate::Failure> {
    let (recorder, overlap) = (Recorder::new(), Overlap::default());
    let delegate = Counting(recorder.clone(), overlap.clone());
    let session = fixture
        .builder(Default::default())
        .delegate_queue(queue)
        .delegate(delegate)
        .build();
    let tasks: Vec<_> = (0..12)
        .map(|_| session.data_task(fixture.url("/slow/5/5")))
        .collect();
    tasks.iter().for_each(|task| task.resume());
    recorder.all_complete(12).await;
    in_order(&recorder, &tasks)?;
    Ok(overlap.most.load(Ordering::SeqCst))
}

pub(crate) async fn calls_come_one_after_another_across_the_session(fixture: Fixture) -> Verdict {
    check_eq!(twelve_tasks_on(&fixture, DelegateQueue::serial()).await?, 1);
    Ok(())
}

pub(crate) async fn on_a_concurrent_queue_each_tasks_calls_keep_their_order(
    fixture: Fixture,
) -> Verdict {
    twelve_tasks_on(&fixture, DelegateQueue::concurrent()).await?;
    Ok(())
}

pub(crate) async fn an_executor_of_the_apps_runs_every_call(fixture: Fixture) -> Verdict {
    let jobs = Arc::new(AtomicUsize::new(0));
    let (count, runner) = (jobs.clone(), fixture.clone());
    let queue = DelegateQueue::executor(move |job| {
        count.fetch_add(1, Ordering::SeqCst);
        runner.spawn(async move { job() });
    });
    twelve_tasks_on(&fixture, queue).await?;
    check!(jobs.load(Ordering::SeqCst) >= 36, "{jobs:?} jobs");
    Ok(())
}

pub(crate) async fn a_queue_that_drops_its_jobs_ends_the_tasks(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let builder = fixture
        .builder(Default::default())
        .delegate_queue(DelegateQueue::executor(drop));
    let session = builder.delegate(recorder.clone()).build();
    let task = session.data_task(fixture.url("/Nepal"));
    task.resume();
    check_eq!(recorder.completion().await, Some(ErrorCode::Unknown));
    check_eq!(recorder.calls().len(), 1);
    check_eq!(
        task.error().map(|error| error.code()),
        Some(ErrorCode::Unknown)
    );
    Ok(())
}

pub(crate) async fn a_panic_ends_its_task_once(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_data(|_, _, _| panic!("on purpose"));
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/slow/5/50"));
    task.resume();
    check_eq!(recorder.completion().await, Some(ErrorCode::Unknown));
    check_eq!(recorder.names(), ["response", "data", "complete"]);
    check_eq!(recorder.calls().len(), 3);
    let error = task.error();
    let cause = error.as_ref().and_then(std::error::Error::source);
    let cause = cause.and_then(|cause| cause.downcast_ref::<CallbackPanicked>());
    check_eq!(cause, Some(&CallbackPanicked("on purpose".to_owned())));
    check_eq!(
        &session.data(fixture.url("/Nepal")).await?.0[..],
        b"Kathmandu"
    );
    Ok(())
}

pub(crate) async fn a_panicking_handler_harms_nobody(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session
        .data_task_with(fixture.url("/Nepal"), |_| panic!("on purpose"))
        .resume();
    session.data_task(fixture.url("/Nepal")).resume();
    session.finish_tasks_and_invalidate();
    recorder.called("invalid").await;
    check_eq!(
        recorder.names(),
        ["response", "data", "complete", "invalid"]
    );
    Ok(())
}

pub(crate) async fn callbacks_may_use_session_and_task(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_response(|_, task, _| {
        let session = task.session();
        let listed = session.tasks().contains(task);
        task.set_priority(if listed { 1.0 } else { 0.0 });
        task.suspend();
        task.resume();
        let url = task.original_request().map(|request| request.url().clone());
        if let Some(url) = url {
            session.data_task_with(url, |_| ()).resume();
        }
        session.finish_tasks_and_invalidate();
        Answer::Unhandled
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/Nepal"));
    task.resume();
    recorder.called("invalid").await;
    check_eq!(
        recorder.names(),
        ["response", "data", "complete", "invalid"]
    );
    check_eq!(task.priority(), 1.0);
    Ok(())
}

pub(crate) async fn observers_see_without_a_say(fixture: Fixture) -> Verdict {
    let seen = Outcome::new();
    let notes = seen.clone();
    let builder =
        fixture
            .builder(Default::default())
            .observer(move |_: &Task, event: TaskEvent<'_>| {
                let text = format!("{event:?}");
                notes.put(text.split('(').next().unwrap_or_default().to_owned());
            });
    let session = builder.build();
    session.data(fixture.url("/Nepal")).await?;
    for expected in ["Started", "Responded", "Completed"] {
        check_eq!(seen.taken().await, expected);
    }
    check_eq!(seen.count(), 0);
    Ok(())
}

pub(crate) async fn a_task_says_completed_when_its_completion_comes(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new().on_complete(|recorder, task, _| {
        if task.state() == urlsession_core::TaskState::Completed && task.response().is_some() {
            recorder.gate().open();
        }
        Answer::Unhandled
    });
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session.data_task(fixture.url("/Nepal")).resume();
    check_eq!(recorder.completion().await, None);
    recorder.gate().opened().await;
    Ok(())
}
