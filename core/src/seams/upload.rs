//! What is known of an upload that may be broken off and go on.

use http::HeaderMap;
use url::Url;

use crate::policy::upload::{Said, UploadFailure, UploadLimit, resource, speaks};
use crate::words::error::Error;
use crate::words::file_version::FileVersion;
use crate::words::request::Request;
use crate::words::upload_draft::UploadDraft;
use crate::words::upload_resume_data::UploadResumeData;

/// An upload task's state beside what every task has.
pub(crate) struct Upload {
    /// The draft that is spoken; `None` where the server is not offered to go on.
    pub(crate) draft: Option<UploadDraft>,
    /// Where the server keeps what it has, once it has said so.
    pub(crate) resource: Option<Url>,
    /// How long the body is.
    pub(crate) length: Option<u64>,
    /// The state of the file that is sent.
    pub(crate) version: Option<FileVersion>,
    /// How much the server has said that it has.
    pub(crate) acknowledged: u64,
    /// How much of the body the server had when the hop under way began.
    pub(crate) before: u64,
    pub(crate) limit: UploadLimit,
    /// Nothing is to go on: the answer is there, or the upload cannot be completed.
    pub(crate) is_over: bool,
    /// Cancelled by an app that means to go on.
    pub(crate) is_kept: bool,
}

impl Upload {
    /// One that begins.
    pub(crate) fn new(draft: Option<UploadDraft>) -> Self {
        Self {
            draft,
            resource: None,
            length: None,
            version: None,
            acknowledged: 0,
            before: 0,
            limit: UploadLimit::default(),
            is_over: false,
            is_kept: false,
        }
    }

    /// One that goes on.
    pub(crate) fn resuming(data: &UploadResumeData) -> Self {
        Self {
            resource: Some(data.resource.clone()),
            length: data.length,
            version: data.file_version,
            acknowledged: data.acknowledged,
            before: data.acknowledged,
            ..Self::new(Some(data.draft))
        }
    }

    /// Takes in an interim response 104 to a request for `base`.
    ///
    /// # Errors
    /// [`UploadFailure::TooLarge`] where the server would not take so much.
    pub(crate) fn hear(&mut self, headers: &HeaderMap, base: &Url) -> Result<(), Error> {
        if !self.draft.is_some_and(|draft| speaks(headers, draft)) {
            return Ok(());
        }
        if self.resource.is_none() {
            self.resource = resource(headers, base);
        }
        self.learn(Said::of(headers));
        match (self.limit.max_size, self.length) {
            (Some(maximum), Some(length)) if length > maximum => {
                self.is_over = true;
                Err(UploadFailure::TooLarge(maximum).into())
            }
            _ => Ok(()),
        }
    }

    /// Takes in what an answer says. What the server has once had it still has (section 4.1.1).
    pub(crate) fn learn(&mut self, said: Said) {
        if let Some(limit) = said.limit {
            self.limit = limit;
        }
        let offset = said.offset.unwrap_or(0);
        let is_sound = self.length.is_none_or(|length| offset <= length);
        if is_sound && offset > self.acknowledged {
            self.acknowledged = offset;
        }
    }

    /// What it takes to go on, for the app's `request`; `None` where nothing can.
    pub(crate) fn resume_data(&self, request: &Request) -> Option<UploadResumeData> {
        let (draft, resource) = (self.draft?, self.resource.clone()?);
        (!self.is_over).then(|| UploadResumeData {
            draft,
            resource,
            request: request.clone(),
            length: self.length,
            file_version: self.version,
            acknowledged: self.acknowledged,
        })
    }
}
