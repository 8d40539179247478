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
    pub(crate) segments: usize,
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

    /// In up to `count` parts at once, 16 at most, where one connection does not fill the way to the server. 0 and 1, as by default: as one.
    ///
    /// The first request asks for the whole. If its answer shows a server that gives ranges (`Accept-Ranges: bytes`), a length, and a strong
    /// validator, and each part has 1 MiB at least, the parts beyond the first are asked for by Range and If-Range (RFC 9110 sections 13.1.5
    /// and 14.2). They take places at the origin that are free at the time
    /// ([`http_maximum_connections_per_host`](crate::Configuration::http_maximum_connections_per_host)); where there is none, the file comes as one.
    ///
    /// The file is the same in any case: an answer that is not the part that was asked for, or that fails, ends the parts, and the file goes
    /// on as one from where it is whole. Resume data count what is whole from the start, and no more. Metrics have a transaction for each part;
    /// interim responses are told of requests for the whole, not of parts.
    #[must_use]
    pub fn segments(mut self, count: usize) -> Self {
        self.segments = count;
        self
    }

    /// A file that is there already is replaced, in one step.
    #[must_use]
    pub fn replacing(mut self) -> Self {
        self.replaces = true;
        self
    }
}
