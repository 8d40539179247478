//! Which codings a body is under, and how much may come of undoing them.

use http::{HeaderMap, header};

use crate::words::configuration::Configuration;
use crate::words::decoding::DecodingError;

/// A body under more codings than these is refused.
pub(crate) const MOST_CODINGS: usize = 5;

/// So many bytes may be decoded whatever the ratio: short bodies of long runs are honest.
pub(crate) const FREE_OF_RATIO: u64 = 16 * 1024 * 1024;

/// The body's codings by their lower-case names, in the order in which they were applied (RFC 9110 section 8.4); `identity` is none.
///
/// Several fields are one list, empty members do not count, and `x-gzip` is `gzip` (section 8.4.1.3). `None` when the field names what
/// cannot be a coding.
pub(crate) fn codings(fields: &HeaderMap) -> Result<Option<Vec<String>>, DecodingError> {
    let mut codings = Vec::new();
    for value in fields.get_all(header::CONTENT_ENCODING) {
        let Ok(value) = value.to_str() else {
            return Ok(None);
        };
        for coding in value.split(',').filter_map(canonical) {
            if codings.len() == MOST_CODINGS {
                return Err(DecodingError::TooManyCodings { most: MOST_CODINGS });
            }
            codings.push(coding);
        }
    }
    Ok(Some(codings))
}

/// `None` for what changes nothing.
fn canonical(member: &str) -> Option<String> {
    let name = member.trim_matches([' ', '\t']).to_ascii_lowercase();
    match &*name {
        "" | "identity" => None,
        "x-gzip" => Some("gzip".to_owned()),
        _ => Some(name),
    }
}

/// How much may come of decoding a body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    length: Option<u64>,
    ratio: Option<u32>,
}

impl Bounds {
    pub(crate) fn of(configuration: &Configuration) -> Self {
        Self {
            length: configuration.maximum_decoded_length,
            ratio: configuration.maximum_decoding_ratio,
        }
    }

    /// May so many received bytes come to so many decoded ones?
    pub(crate) fn check(&self, received: u64, decoded: u64) -> Result<(), DecodingError> {
        if let Some(limit) = self.length.filter(|&limit| decoded > limit) {
            return Err(DecodingError::TooLong { limit });
        }
        let is_dense = |limit: &u32| decoded > received.saturating_mul(u64::from(*limit));
        match self.ratio.filter(is_dense) {
            Some(limit) if decoded > FREE_OF_RATIO => Err(DecodingError::TooDense {
                received,
                decoded,
                limit,
            }),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;
    use http::HeaderValue;

    fn parsed(values: &[&'static str]) -> Option<Vec<String>> {
        codings(&fields(values)).unwrap()
    }

    fn fields(values: &[&'static str]) -> HeaderMap {
        let fields = values
            .iter()
            .map(|value| (header::CONTENT_ENCODING, HeaderValue::from_static(value)));
        fields.collect()
    }

    #[test]
    fn all_fields_are_one_list_in_order() {
        let expected = ["gzip", "br", "deflate"].map(str::to_owned);
        assert_eq!(parsed(&["gzip,br", "deflate"]).unwrap(), expected);
    }

    #[test]
    fn case_spaces_and_empty_members_do_not_count() {
        let expected = ["gzip", "zstd"].map(str::to_owned);
        assert_eq!(parsed(&[" ,GZip\t,, ", "", "zStd ,"]).unwrap(), expected);
    }

    #[test]
    fn identity_is_no_coding_and_an_old_name_is_the_new_one() {
        assert_eq!(parsed(&["identity, X-GZIP, Identity"]).unwrap(), ["gzip"]);
        assert!(parsed(&[]).unwrap().is_empty());
    }

    #[test]
    fn any_other_name_is_left_as_it_is() {
        let expected = ["x-compress", "gzip;q=1", "a b"].map(str::to_owned);
        assert_eq!(parsed(&["x-compress, gzip;q=1, a b"]).unwrap(), expected);
    }

    #[test]
    fn what_is_no_text_names_no_coding() {
        let mut fields = HeaderMap::new();
        let value = HeaderValue::from_bytes(b"gzip\xff").unwrap();
        fields.insert(header::CONTENT_ENCODING, value);
        assert!(codings(&fields).unwrap().is_none());
    }

    #[test]
    fn five_codings_are_taken_and_six_are_not() {
        assert_eq!(parsed(&["a,b,c", "d,identity,e"]).unwrap().len(), 5);
        assert!(codings(&fields(&["a,b,c", "d,e", "f"])).is_err());
        assert!(codings(&fields(&["a,b,c,d,e,f"])).is_err());
    }

    fn bounds(length: Option<u64>, ratio: Option<u32>) -> Bounds {
        Bounds { length, ratio }
    }

    #[test]
    fn the_length_is_bounded_to_the_byte() {
        let bounds = bounds(Some(10), None);
        assert!(bounds.check(1, 10).is_ok());
        let TooLong { limit: 10 } = bounds.check(1, 11).unwrap_err() else {
            panic!("another bound");
        };
    }

    #[test]
    fn the_ratio_is_bounded_beyond_what_is_free() {
        let bounds = bounds(None, Some(100));
        assert!(bounds.check(1, FREE_OF_RATIO).is_ok());
        assert!(bounds.check(1, FREE_OF_RATIO + 1).is_err());
        let received = FREE_OF_RATIO / 100 + 1;
        assert!(bounds.check(received, received * 100).is_ok());
        assert!(bounds.check(received, received * 100 + 1).is_err());
    }

    #[test]
    fn without_bounds_anything_goes() {
        assert!(bounds(None, None).check(0, u64::MAX).is_ok());
        assert!(
            bounds(None, Some(u32::MAX))
                .check(u64::MAX, u64::MAX)
                .is_ok()
        );
    }

    use DecodingError::TooLong;
}
