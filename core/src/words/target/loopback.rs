//! Which places are on this machine, by their text.

/// True for loopback addresses, and for `localhost` and the names under it (RFC 6761 section 6.3), of a serialised host and its port.
pub(super) fn is_loopback(place: &str) -> bool {
    let place = place.as_bytes();
    // A colon behind the last bracket is the port's.
    let end = place.iter().rposition(|byte| b":]".contains(byte));
    let end = end.filter(|&at| place[at] == b':');
    let host = &place[..end.unwrap_or(place.len())];
    let name = host.strip_suffix(b".").unwrap_or(host);
    let is_number = |it: &u8| matches!(it, b'0'..=b'9' | b'.');
    // Of an IPv4 address in an IPv6 address, the first two of four bytes are together.
    let is_mapped = host.starts_with(b"[::ffff:7f") && host.get(12) == Some(&b':');
    is_mapped
        || host == b"[::1]"
        || (host.starts_with(b"127.") && host.iter().all(is_number))
        || name == b"localhost"
        || name.ends_with(b".localhost")
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::testing::test;
    use crate::words::target::is_this_machine;

    #[test]
    fn it_is_told_by_text_as_it_is_by_the_host() {
        for host in [
            "localhost",
            "localhost.",
            "a.localhost",
            "notlocalhost",
            "localhost.example",
            "127.0.0.1",
            "127.9.9.9",
            "127.example",
            "128.0.0.1",
            "10.0.0.1",
            "[::1]",
            "[::2]",
            "[::ffff:127.0.0.1]",
            "[::ffff:0.127.0.1]",
            "[::ffff:128.0.0.1]",
            "[fe80::1]",
        ] {
            for port in ["", ":1", ":8080"] {
                let url = Url::parse(&format!("http://{host}{port}/")).unwrap();
                let place = &url[url::Position::BeforeHost..url::Position::AfterPort];
                let expected = is_this_machine(&url.host().unwrap().to_owned());
                assert_eq!(is_loopback(place), expected, "{place}");
            }
        }
    }
}
