//! Digests that the server sends beside the bytes (RFC 9530).

use http::HeaderMap;
use sha2::{Digest as _, Sha256, Sha512};

use crate::load::download::base64;
use crate::words::body::Body;
use crate::words::error::{Error, ErrorCode};

/// Of the whole representation.
pub(super) const REPR_DIGEST: &str = "repr-digest";
/// Of what one message carries.
pub(super) const CONTENT_DIGEST: &str = "content-digest";

/// The cause of [`ErrorCode::BadServerResponse`] where the bytes that came are not those that the server's digest is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes do not match the server's digest")]
pub struct DigestMismatch;

impl From<DigestMismatch> for Error {
    fn from(cause: DigestMismatch) -> Self {
        Self::new(ErrorCode::BadServerResponse).with_cause(cause)
    }
}

/// A digest to compare with: the strongest that is known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Sha256([u8; 32]),
    Sha512([u8; 64]),
}

impl Expected {
    /// What a field of this name says; `None` when it says nothing that can be checked.
    pub(super) fn of(fields: &HeaderMap, name: &str) -> Option<Self> {
        let mut found = None;
        for value in fields.get_all(name) {
            for member in value.to_str().ok()?.split(',') {
                let Some(digest) = Self::member(member.trim()) else {
                    continue;
                };
                if matches!((&digest, &found), (Self::Sha512(_), _) | (_, None)) {
                    found = Some(digest);
                }
            }
        }
        found
    }

    /// The same out of the text of [`Expected::text`].
    pub(super) fn member(member: &str) -> Option<Self> {
        let (name, value) = member.split_once('=')?;
        let bytes = value.split(';').next()?.trim();
        let bytes = bytes.strip_prefix(':')?.strip_suffix(':')?;
        let bytes = base64::decode(bytes)?;
        match name.trim() {
            "sha-256" => Some(Self::Sha256(bytes.try_into().ok()?)),
            "sha-512" => Some(Self::Sha512(bytes.try_into().ok()?)),
            _ => None,
        }
    }

    /// As the field has it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Sha256(digest) => format!("sha-256=:{}:", base64::encode(digest)),
            Self::Sha512(digest) => format!("sha-512=:{}:", base64::encode(digest)),
        }
    }

    pub(super) fn begin(&self) -> Hash {
        match self {
            Self::Sha256(_) => Hash::Sha256(Sha256::new()),
            Self::Sha512(_) => Hash::Sha512(Box::new(Sha512::new())),
        }
    }

    /// Compares.
    pub(super) fn check(&self, hash: Hash) -> Result<(), Error> {
        let is_same = match (self, hash) {
            (Self::Sha256(expected), Hash::Sha256(hash)) => hash.finalize()[..] == expected[..],
            (Self::Sha512(expected), Hash::Sha512(hash)) => hash.finalize()[..] == expected[..],
            (Self::Sha256(_) | Self::Sha512(_), _) => false,
        };
        match is_same {
            true => Ok(()),
            false => Err(DigestMismatch.into()),
        }
    }
}

/// A digest in the making.
pub(super) enum Hash {
    Sha256(Sha256),
    Sha512(Box<Sha512>),
}

impl Hash {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha512(hash) => hash.update(bytes),
        }
    }

    /// Adds all of `body`.
    pub(super) async fn add_all(&mut self, body: &mut dyn Body) -> Result<(), Error> {
        while let Some(chunk) = body.next_chunk().await? {
            self.add(&chunk);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn fields(value: &'static str) -> HeaderMap {
        let value = http::HeaderValue::from_static(value);
        HeaderMap::from_iter([(http::HeaderName::from_static(REPR_DIGEST), value)])
    }

    /// RFC 9530, appendix D: `{"hello": "world"}` and a line feed.
    const BOTH: &str = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:, \
        sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:";

    #[test]
    fn the_strongest_one_is_checked() {
        let expected = Expected::of(&fields(BOTH), REPR_DIGEST).unwrap();
        assert!(matches!(expected, Expected::Sha512(_)));
        let mut hash = expected.begin();
        hash.add(b"{\"hello\": \"world\"}\n");
        expected.check(hash).unwrap();
        let mut hash = expected.begin();
        hash.add(b"{\"hello\": \"World\"}\n");
        assert!(expected.check(hash).is_err());
    }

    #[test]
    fn what_cannot_be_checked_is_no_digest() {
        for value in [
            "",
            "md5=:AAAA:",
            "sha-256=AAAA",
            "sha-256=:AAAA:",
            "sha-256=:!:",
            "sha-256",
        ] {
            assert_eq!(Expected::of(&fields(value), REPR_DIGEST), None, "{value}");
        }
    }

    #[test]
    fn a_digest_comes_back_from_its_text() {
        let expected = Expected::of(&fields(BOTH), REPR_DIGEST).unwrap();
        assert_eq!(Expected::member(&expected.text()), Some(expected));
    }
}
