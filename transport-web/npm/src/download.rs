//! The files of downloads.

use std::path::PathBuf;

use http::{HeaderName, HeaderValue};
use urlsession_core::{
    DownloadOptions, DownloadedFile, Error, Existing, IntoDownload, Request, ResumeData,
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
    pub(crate) request: Result<Request, Error>,
    pub(crate) resume_data: Option<ResumeData>,
    pub(crate) options: DownloadOptions,
}

impl Download {
    /// Goes on with stored resume data; `fields` are those of the request that were not stored with them.
    pub(crate) fn resuming(
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
