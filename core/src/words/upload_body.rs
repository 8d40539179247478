//! What an upload task sends.

use bytes::Bytes;

use crate::words::body::{BodyStream, FileRef};
use crate::words::multipart::MultipartForm;

/// What an [`UploadTask`](crate::UploadTask) sends, in place of any body that its request has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadBody {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A file, read as it is sent.
    File(FileRef),
    /// Bytes made as they are sent.
    Stream(BodyStream),
    /// A form; the request's Content-Type becomes `multipart/form-data`.
    Multipart(MultipartForm),
}

impl UploadBody {
    /// The file at this path, read as it is sent.
    pub fn file(path: impl Into<std::path::PathBuf>) -> Self {
        Self::File(FileRef::new(path))
    }
}

macro_rules! from_bytes {
    ($($type:ty),*) => {$(
        impl From<$type> for UploadBody {
            fn from(bytes: $type) -> Self {
                Self::Bytes(bytes.into())
            }
        }
    )*};
}

from_bytes!(Bytes, Vec<u8>, String, &'static str, &'static [u8]);

impl From<FileRef> for UploadBody {
    fn from(file: FileRef) -> Self {
        Self::File(file)
    }
}

impl From<BodyStream> for UploadBody {
    fn from(stream: BodyStream) -> Self {
        Self::Stream(stream)
    }
}

impl From<MultipartForm> for UploadBody {
    fn from(form: MultipartForm) -> Self {
        Self::Multipart(form)
    }
}
