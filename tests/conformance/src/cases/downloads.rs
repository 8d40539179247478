//! Answers that go to files.

use urlsession_core::http::StatusCode;
use urlsession_core::{
    Answer, Bytes, Delegate, DownloadOptions, DownloadTask, DownloadedFile, Error, ErrorCode,
    Progress, Request, ResponseDisposition, ResumeData, Task, TaskKind, UploadTask, Wants,
};

use crate::recorder::{Call, Outcome, Recorder};
use crate::{Failure, Fixture, Verdict};

/// All bytes of the file.
pub(crate) async fn content(file: &DownloadedFile) -> Result<Bytes, Error> {
    let (mut body, mut all) = (file.read().await?, Vec::new());
    while let Some(chunk) = body.next_chunk().await? {
        all.extend_from_slice(&chunk);
    }
    Ok(all.into())
}

pub(crate) async fn a_future_leaves_the_file_to_the_caller(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let (file, response) = session.download(fixture.url("/Nepal")).await?;
    check_eq!(response.status(), StatusCode::OK);
    check_eq!(content(&file).await?, "Kathmandu");
    check_eq!(file.length().await?, 9);
    session.finish_tasks_and_invalidate();
    check_eq!(content(&file).await?, "Kathmandu");
    file.remove().await?;
    Ok(())
}

pub(crate) async fn a_delegate_sees_what_is_written_and_then_the_file(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.download_task(fixture.url("/Nepal"));
    check_eq!(task.kind(), TaskKind::Download);
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(recorder.names(), ["written", "file", "complete"]);
    check_eq!(recorder.written(), Some((9, Some(9))));
    let calls = recorder.calls();
    check!(calls.contains(&Call::File("Kathmandu".into())), "{calls:?}");
    check_eq!(task.count_of_bytes_received(), 9);
    Ok(())
}

pub(crate) async fn a_delegate_of_the_call_sees_what_is_written(fixture: Fixture) -> Verdict {
    let (own, sessions) = (Recorder::new(), Recorder::new());
    let session = fixture
        .builder(Default::default())
        .delegate(sessions.clone())
        .build();
    let url = fixture.url("/Nepal");
    let (file, _) = session.download_with_delegate(url, own.clone()).await?;
    check_eq!(own.names(), ["written", "complete"]);
    check!(sessions.calls().is_empty(), "{:?}", sessions.calls());
    file.remove().await?;
    Ok(())
}

pub(crate) async fn a_handler_has_the_file_for_its_call(fixture: Fixture) -> Verdict {
    let (outcome, recorder) = (Outcome::new(), Recorder::new());
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let given = outcome.clone();
    let task = session.download_task_with(fixture.url("/Nepal"), move |result| given.put(result));
    task.resume();
    let (file, response) = outcome.taken().await?;
    check_eq!(response.status(), StatusCode::OK);
    check!(recorder.calls().is_empty(), "{:?}", recorder.calls());
    task.finished().await?;
    // Nobody has moved it during the call.
    while file.length().await.is_ok() {
        fixture.sleep(std::time::Duration::from_millis(5)).await;
    }
    Ok(())
}

pub(crate) async fn an_error_of_the_server_is_a_file_too(fixture: Fixture) -> Verdict {
    let url = fixture.url("/status/404");
    let (file, response) = fixture.session().download(url).await?;
    check_eq!(response.status(), StatusCode::NOT_FOUND);
    file.remove().await?;
    Ok(())
}

pub(crate) async fn a_coded_one_is_written_decoded(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture.session();
    let url = fixture.url("/gzipped-response");
    let (file, _) = session
        .download_with_delegate(url, recorder.clone())
        .await?;
    check_eq!(content(&file).await?, "Hello World!");
    check_eq!(recorder.written().map(|(total, _)| total), Some(12));
    file.remove().await?;
    Ok(())
}

pub(crate) async fn a_large_one_is_whole(fixture: Fixture) -> Verdict {
    let url = fixture.url("/bytes/3000000");
    let (body, _) = fixture.session().data(&url).await?;
    let (file, _) = fixture.session().download(&url).await?;
    check_eq!(body.len(), 3_000_000);
    check!(content(&file).await? == body, "the file is another");
    file.remove().await?;
    Ok(())
}

pub(crate) async fn one_in_parts_is_the_same_file(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    // Enough to be in parts, and less.
    for (length, count) in [(9_000_001_usize, 4), (9_000_001, 40), (1_000_000, 4)] {
        let url = fixture.url(&format!("/bytes/{length}"));
        let (body, _) = session.data(&url).await?;
        let options = DownloadOptions::new().segments(count);
        let (file, response) = session.download((&url, options)).await?;
        check_eq!(response.status(), StatusCode::OK);
        check_eq!(body.len(), length);
        check!(content(&file).await? == body, "the file is another");
        file.remove().await?;
    }
    Ok(())
}

pub(crate) async fn a_failed_one_gives_no_file(fixture: Fixture) -> Verdict {
    let recorder = Recorder::new();
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    session
        .download_task(fixture.sites().closed.clone())
        .resume();
    check!(recorder.completion().await.is_some(), "no error");
    check_eq!(recorder.names(), ["complete"]);
    Ok(())
}

pub(crate) async fn kinds_of_tasks_are_told_apart(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let (data, download) = (
        session.data_task(fixture.url("/Nepal")),
        session.download_task(fixture.url("/Nepal")),
    );
    check_eq!(data.kind(), TaskKind::Data);
    let handle = Task::from(download.clone());
    check_eq!(DownloadTask::try_from(handle.clone()), Ok(download));
    check_eq!(UploadTask::try_from(handle.clone()), Err(handle));
    Ok(())
}

pub(crate) async fn a_request_that_is_none_fails_its_download(fixture: Fixture) -> Verdict {
    let failed = fixture.session().download("no url").await;
    check_eq!(
        failed.err().map(|error| error.code()),
        Some(ErrorCode::BadUrl)
    );
    Ok(())
}

/// Cancels at the first byte that is written, to go on later; or waits at it for ever.
struct AtTheFirstByte {
    cancels: bool,
}

impl Delegate for AtTheFirstByte {
    fn wants(&self) -> Wants {
        Wants::WRITTEN
    }

    fn did_write_data(&self, task: &DownloadTask, _: u64, _: u64, _: Option<u64>) -> Answer<()> {
        match self.cancels {
            true => drop(task.cancel_producing_resume_data()),
            false => return Answer::Later(Box::pin(std::future::pending())),
        }
        Answer::HANDLED
    }
}

pub(crate) async fn a_cancelled_one_goes_on_where_it_stopped(fixture: Fixture) -> Verdict {
    let (session, url) = (fixture.session(), fixture.url("/bytes/3000000"));
    let task = session.download_task_with_delegate(&url, AtTheFirstByte { cancels: true });
    task.resume();
    let ended = task.finished().await;
    check!(
        ended.is_err_and(|error| error.is_cancelled()),
        "it was not cancelled"
    );
    let data = task.cancel_producing_resume_data().await;
    let data = data.ok_or_else(|| Failure::new("there are no resume data".to_owned()))?;
    check_eq!(data.total(), Some(3_000_000));
    check!(
        data.received() > 0 && data.received() < 3_000_000,
        "{data:?}"
    );
    // As another process has them.
    let data = ResumeData::from_bytes(&data.to_bytes())?;
    let (recorder, offset) = (Recorder::new(), data.received());
    let download = session.download_with_delegate(data, recorder.clone());
    let (file, response) = download.await?;
    check_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
    check_eq!(recorder.names(), ["resumed", "written", "complete"]);
    check_eq!(recorder.calls()[0], Call::Resumed(offset, Some(3_000_000)));
    let (body, _) = session.data(&url).await?;
    check!(content(&file).await? == body, "the file is another");
    file.remove().await?;
    Ok(())
}

pub(crate) async fn one_that_was_not_begun_has_nothing_to_go_on_with(fixture: Fixture) -> Verdict {
    let session = fixture.session();
    let task = session.download_task(fixture.url("/bytes/3000000"));
    let data = task.cancel_producing_resume_data().await;
    check!(data.is_none(), "{data:?}");
    Ok(())
}

/// R11, for downloads.
pub(crate) async fn a_slow_delegate_holds_the_server_back(fixture: Fixture) -> Verdict {
    const LENGTH: u64 = 200 * 1024 * 1024;
    let (session, url) = (fixture.session(), fixture.url(&format!("/bytes/{LENGTH}")));
    let task = session.download_task_with_delegate(&url, AtTheFirstByte { cancels: false });
    task.resume();
    let is_held_back = fixture.ground().is_held_back(&url, LENGTH).await?;
    check!(is_held_back, "the server has sent all");
    task.cancel();
    Ok(())
}

pub(crate) async fn a_data_task_can_become_one(fixture: Fixture) -> Verdict {
    let recorder =
        Recorder::new().on_response(|_, _, _| ResponseDisposition::BecomeDownload.into());
    let session = fixture
        .builder(Default::default())
        .delegate(recorder.clone())
        .build();
    let task = session.data_task(fixture.url("/Nepal"));
    task.resume();
    check_eq!(recorder.completion().await, None);
    check_eq!(
        recorder.names(),
        [
            "response",
            "became a download",
            "written",
            "file",
            "complete"
        ]
    );
    check_eq!(task.kind(), TaskKind::Download);
    Ok(())
}

pub(crate) async fn progress_reports_the_whole_of_one_that_goes_on(fixture: Fixture) -> Verdict {
    let (session, url) = (fixture.session(), fixture.url("/bytes/3000000"));
    let task = session.download_task_with_delegate(&url, AtTheFirstByte { cancels: true });
    task.resume();
    let ended = task.finished().await;
    let data = ended.err().and_then(|error| error.resume_data().cloned());
    let task = session.download_task_resuming(
        data.ok_or_else(|| Failure::new("there are no resume data".to_owned()))?,
    )?;
    let (parent, progress) = (Progress::new(1), task.progress());
    parent.add_child(&progress, 1)?;
    task.resume();
    task.finished().await?;
    check_eq!(task.count_of_bytes_received(), 3_000_000);
    check_eq!(progress.fraction_completed(), 1.0);
    check_eq!(parent.fraction_completed(), 1.0);
    Ok(())
}

pub(crate) async fn without_files_a_download_fails(fixture: Fixture) -> Verdict {
    let request = Request::get(fixture.url("/Nepal"))?;
    let failed = fixture.session().download(request).await;
    check_eq!(
        failed.err().map(|error| error.code()),
        Some(ErrorCode::CannotCreateFile)
    );
    Ok(())
}
