//! Why a body could not be decoded.

use crate::words::error::{Cause, Error, ErrorCode};

/// Why a body could not be decoded: the cause of [`CannotDecodeRawData`](ErrorCode::CannotDecodeRawData),
/// [`CannotDecodeContentData`](ErrorCode::CannotDecodeContentData) and [`DataLengthExceedsMaximum`](ErrorCode::DataLengthExceedsMaximum).
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodingError {
    /// Content-Encoding names more codings than are undone: [`CannotDecodeContentData`](ErrorCode::CannotDecodeContentData).
    #[error("the body has more than {most} content codings")]
    TooManyCodings {
        /// How many are undone at most.
        most: usize,
    },
    /// The bytes are not of the coding that Content-Encoding names: [`CannotDecodeRawData`](ErrorCode::CannotDecodeRawData).
    #[error("the body's {coding} data is malformed")]
    Malformed {
        /// The coding, by its name.
        coding: String,
        /// What the decoder found.
        source: Cause,
    },
    /// The body came whole, and its coded data is not: [`CannotDecodeRawData`](ErrorCode::CannotDecodeRawData).
    #[error("the body's {coding} data ends too early")]
    Truncated {
        /// The coding, by its name.
        coding: String,
    },
    /// Too much follows the coded data's end: [`CannotDecodeRawData`](ErrorCode::CannotDecodeRawData).
    #[error("too much follows the end of the body's {coding} data")]
    Surplus {
        /// The coding, by its name.
        coding: String,
    },
    /// The configuration's [`maximum_decoded_length`](crate::Configuration::maximum_decoded_length):
    /// [`DataLengthExceedsMaximum`](ErrorCode::DataLengthExceedsMaximum).
    #[error("decoded, the body is longer than {limit} bytes")]
    TooLong {
        /// The bound, in bytes.
        limit: u64,
    },
    /// The configuration's [`maximum_decoding_ratio`](crate::Configuration::maximum_decoding_ratio):
    /// [`DataLengthExceedsMaximum`](ErrorCode::DataLengthExceedsMaximum).
    #[error("{received} bytes of the body decode to {decoded}, more than {limit} times as many")]
    TooDense {
        /// How many bytes had been received.
        received: u64,
        /// How many bytes they had been decoded to, so far.
        decoded: u64,
        /// The bound: so many bytes for each received.
        limit: u32,
    },
}

impl From<DecodingError> for Error {
    fn from(cause: DecodingError) -> Self {
        let code = match cause {
            DecodingError::TooManyCodings { .. } => ErrorCode::CannotDecodeContentData,
            DecodingError::Malformed { .. }
            | DecodingError::Truncated { .. }
            | DecodingError::Surplus { .. } => ErrorCode::CannotDecodeRawData,
            DecodingError::TooLong { .. } | DecodingError::TooDense { .. } => {
                ErrorCode::DataLengthExceedsMaximum
            }
        };
        Self::new(code).with_cause(cause)
    }
}
