//! A file as a part of what is sent: of one version, or an error.

use crate::seams::files::Files;
use crate::words::body::{Body, FileRef};
use crate::words::error::Error;
use crate::words::file_version::{FileChanged, FileVersion};

/// The bytes of `file` from `offset` on, as they are in `version`.
pub(crate) async fn open_version(
    files: &dyn Files,
    file: &FileRef,
    version: FileVersion,
    offset: u64,
) -> Result<Box<dyn Body>, Error> {
    let body = files.read(file, offset).await?;
    // Looked at only now: what was opened is the file that has this version, or one that has had it.
    let is_it = files.version(file).await? == version;
    let expected = version.length().checked_sub(offset);
    if is_it && body.remaining() == expected {
        return Ok(body);
    }
    Err(FileChanged.into())
}
