//! What kinds of task there are.

/// What becomes of a task's bytes: which of the handles it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskKind {
    /// The answer goes to memory, or to a delegate chunk by chunk: a [`DataTask`](crate::DataTask).
    #[default]
    Data,
    /// The answer goes to a file: a [`DownloadTask`](crate::DownloadTask).
    Download,
    /// A body goes out, and the answer as a data task's: an [`UploadTask`](crate::UploadTask).
    Upload,
}

impl TaskKind {
    /// The kind of this number: the reverse of `as u8`.
    pub(crate) const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Download,
            2 => Self::Upload,
            _ => Self::Data,
        }
    }
}
