//! Which draft of resumable uploads is spoken.

use serde::{Deserialize, Serialize};

/// The version of [resumable uploads](https://datatracker.ietf.org/doc/draft-ietf-httpbis-resumable-upload/) that is spoken with servers: the
/// field `Upload-Draft-Interop-Version`. A server that speaks another one takes the upload as any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum UploadDraft {
    /// 6 (drafts 04 and 05): what NSURLSession and Apple's server for SwiftNIO speak.
    #[default]
    Interop6,
    /// 8 (from draft 09 on).
    Interop8,
}

impl UploadDraft {
    /// The number of the version.
    #[must_use]
    pub const fn version(self) -> u64 {
        match self {
            Self::Interop6 => 6,
            Self::Interop8 => 8,
        }
    }
}
