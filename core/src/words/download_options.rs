//! What is said of a download beside its request.

use std::path::PathBuf;

/// Where a download goes.
///
/// ```
/// use urlsession_core::DownloadOptions;
///
/// let options = DownloadOptions::new().to("image.iso").replacing();
/// # drop(options);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DownloadOptions {
    pub(crate) destination: Option<PathBuf>,
    pub(crate) replaces: bool,
}

impl DownloadOptions {
    /// A temporary file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// To `path`, which the file gets once it is whole and durable; there is never a part of it there. A file that is there already is
    /// left, and the download fails before anything is sent.
    ///
    /// Meanwhile `path.part` holds what has come, and `path.part.resume` what is needed to go on, written anew after each block that is
    /// durable: see [`ResumeData::for_destination`](crate::ResumeData::for_destination). Both are gone once the download has succeeded, was
    /// cancelled, or failed so that it cannot be resumed. Another status than 2xx fails with
    /// [`BadServerResponse`](crate::ErrorCode::BadServerResponse).
    #[must_use]
    pub fn to(mut self, path: impl Into<PathBuf>) -> Self {
        self.destination = Some(path.into());
        self
    }

    /// A file that is there already is replaced, in one step.
    #[must_use]
    pub fn replacing(mut self) -> Self {
        self.replaces = true;
        self
    }
}
