//! A delegate that notes what it is told, and moves the file where it is told to.

use std::sync::{Arc, Mutex};

use urlsession_core::{
    Answer, Delegate, DownloadTask, DownloadedFile, Error, Existing, Response, ResponseDisposition,
    Task, TaskKind, Wants,
};

/// What it was told, in order.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    calls: Arc<Mutex<Vec<String>>>,
    moves_to: Option<&'static str>,
    disposition: Option<ResponseDisposition>,
}

impl Notes {
    /// One that moves the file there.
    pub(crate) fn moving_to(path: &'static str) -> Self {
        Self {
            moves_to: Some(path),
            ..Self::default()
        }
    }

    /// One that makes a download of every answer.
    pub(crate) fn becoming() -> Self {
        Self {
            disposition: Some(ResponseDisposition::BecomeDownload),
            ..Self::default()
        }
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    fn add(&self, call: impl Into<String>) -> Answer<()> {
        self.calls.lock().unwrap().push(call.into());
        Answer::HANDLED
    }
}

impl Delegate for Notes {
    fn wants(&self) -> Wants {
        Wants::ALL.without(Wants::METRICS)
    }

    fn did_receive_response(&self, task: &Task, _: &Response) -> Answer<ResponseDisposition> {
        assert_eq!(task.kind(), TaskKind::Data);
        match self.disposition {
            Some(disposition) => disposition.into(),
            None => Answer::Unhandled,
        }
    }

    fn did_become_download_task(&self, task: &Task, download: &DownloadTask) -> Answer<()> {
        assert_eq!(task, &**download);
        self.add("became a download")
    }

    fn did_receive_data(&self, _: &Task, _: &urlsession_core::Bytes) -> Answer<()> {
        self.add("data")
    }

    fn did_resume_at_offset(
        &self,
        _: &DownloadTask,
        offset: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        self.add(format!("resumed at {offset} of {expected:?}"))
    }

    fn did_write_data(
        &self,
        task: &DownloadTask,
        bytes: u64,
        total: u64,
        expected: Option<u64>,
    ) -> Answer<()> {
        assert_eq!(task.kind(), TaskKind::Download);
        self.add(format!("{bytes} written, {total} of {expected:?}"))
    }

    fn did_finish_downloading_to(&self, _: &DownloadTask, file: &DownloadedFile) -> Answer<()> {
        let noted = self.add("file");
        let Some(to) = self.moves_to else {
            return noted;
        };
        let file = file.clone();
        Answer::later(async move { drop(file.move_to(to, Existing::Refuse).await.unwrap()) })
    }

    fn did_complete(&self, _: &Task, error: Option<&Error>) -> Answer<()> {
        self.add(format!("complete {:?}", error.map(Error::code)))
    }
}
