//! The files of downloads.

use std::path::PathBuf;

use http::{HeaderName, HeaderValue};
use urlsession_core::{
    DownloadOptions, DownloadedFile, Error, ErrorCode, Existing, IntoDownload, Request, ResumeData,
};
use urlsession_transport_web::WebFiles;
use wasm_bindgen::prelude::*;

/// The folder of the files that were downloaded to no destination.
const FOLDER: &str = "urlsession/downloads/";

/// The browser's `File` of a download, and its path if it lies in the private file system; undefined where it cannot be had.
///
/// A file without a destination is one for the time of this call only: it is given a name of its own, under which it stays.
pub(crate) async fn object(
    file: DownloadedFile,
    has_destination: bool,
) -> (JsValue, Option<String>) {
    let kept = match (has_destination, file.path().file_name()) {
        (false, Some(name)) => {
            let to = PathBuf::from(FOLDER).join(name);
            file.move_to(to, Existing::Replace).await
        }
        _ => Ok(file.file().clone()),
    };
    let Ok(kept) = kept else {
        return (JsValue::UNDEFINED, None);
    };
    let path = kept.path().to_str().map(str::to_owned);
    match WebFiles::new().object(&kept).await {
        Ok(file) => (file.into(), path),
        Err(_) => (JsValue::UNDEFINED, path),
    }
}

/// What is downloaded: a request, or resume data to go on with, and where it goes.
pub(crate) struct Download {
    request: Result<Request, Error>,
    resume_data: Option<ResumeData>,
    options: DownloadOptions,
}

impl Download {
    /// A download of a request, or one that goes on with stored resume data.
    pub(crate) fn of(
        request: Result<Request, Error>,
        destination: Option<&str>,
        resume_data: Option<&str>,
        options: DownloadOptions,
    ) -> Self {
        let options = match destination {
            Some(destination) => options.to(destination),
            None => options,
        };
        let (request, resume_data) = match resume_data {
            Some(text) => match Self::resuming(text, request, destination) {
                Ok(data) => (Err(ErrorCode::Unknown.into()), Some(data)),
                Err(error) => (Err(error), None),
            },
            None => (request, None),
        };
        Self {
            request,
            resume_data,
            options,
        }
    }

    /// Goes on with stored resume data; `fields` are those of the request that were not stored with them.
    fn resuming(
        text: &str,
        fields: Result<Request, Error>,
        destination: Option<&str>,
    ) -> Result<ResumeData, Error> {
        let mut data = ResumeData::from_bytes(text.as_bytes())?;
        for (name, value) in fields?.headers() {
            let (name, value): (HeaderName, HeaderValue) = (name.clone(), value.clone());
            data = data.with_field(name, value);
        }
        if let Some(destination) = destination {
            data = data.with_destination(destination);
        }
        Ok(data)
    }
}

impl IntoDownload for Download {
    fn into_download(self) -> (Result<Request, Error>, DownloadOptions, Option<ResumeData>) {
        match self.resume_data {
            Some(data) => (data, self.options).into_download(),
            None => (self.request, self.options, None),
        }
    }
}
