//! Servers that want their caches cleared (Clear-Site-Data, a W3C working draft).

use http::HeaderName;

use crate::words::response::Response;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// True when everything stored of the response's origin is to be thrown out: it says `"cache"` or `"*"`, and nobody on the way can
/// have written that.
pub(crate) fn clears_cache(response: &Response) -> bool {
    response.url().scheme() == "https"
        && response
            .headers()
            .get_all(CLEAR_SITE_DATA)
            .iter()
            .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
            .any(|kind| matches!(kind.trim_ascii(), b"\"cache\"" | b"\"*\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::cache::testing::{fields, url};
    use crate::testing::test;
    use http::{StatusCode, Version};

    fn clears(address: &str, value: &str) -> bool {
        let fields = fields(&[("clear-site-data", value)]);
        let url = url(address);
        clears_cache(&Response::new(
            url,
            StatusCode::OK,
            Version::HTTP_11,
            fields,
        ))
    }

    #[test]
    fn only_quoted_kinds_over_https_count() {
        let table = [
            ("https://a.example/", "\"cache\"", true),
            ("https://a.example/", "\"*\"", true),
            ("https://a.example/", "\"cookies\", \"cache\"", true),
            ("https://a.example/", "\"cookies\"", false),
            ("https://a.example/", "cache", false),
            ("https://a.example/", "*", false),
            ("http://a.example/", "\"cache\"", false),
        ];
        for (address, value, expected) in table {
            assert_eq!(clears(address, value), expected, "{address} {value}");
        }
    }
}
