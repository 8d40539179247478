//! Where the parts of a serialised URL are (URL standard, section 4.5). Text that could be read in two ways is none.

use std::ops::Range;

use url::Host;

/// Schemes whose hosts may be IPv4 addresses: the special ones (section 4.2).
const SPECIAL: [&str; 6] = ["http", "https", "ws", "wss", "ftp", "file"];

/// What no serialised authority has: the standard ends it there, refuses it or encodes it (sections 1.3 and 3.1).
const NOT_IN_AUTHORITY: &[u8] = b"<>\\^|";

/// What no host has beside that, but for the brackets of an IPv6 address.
const NOT_IN_HOST: &[u8] = b":@[]";

/// The places, in bytes from the beginning.
pub(crate) struct Places {
    pub(super) scheme_end: usize,
    pub(super) username_end: usize,
    pub(super) host: Range<usize>,
    pub(super) port: Option<u16>,
    pub(super) path: usize,
    pub(super) query: Option<usize>,
    pub(super) fragment: Option<usize>,
}

impl Places {
    pub(crate) fn of(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let scheme_end = find(bytes, b":")?;
        if !is_scheme(bytes.get(..scheme_end)?) {
            return None;
        }
        let fragment = find(bytes, b"#");
        let query = find(bytes.get(..fragment.unwrap_or(bytes.len()))?, b"?");
        let after = scheme_end + 1;
        let mut places = Self {
            scheme_end,
            username_end: after,
            host: after..after,
            port: None,
            path: after,
            query,
            fragment,
        };
        if bytes.get(after..)?.starts_with(b"//") {
            places.authority(bytes, after + 2)?;
        }
        Some(places)
    }

    /// `user:password@host:port`, from `start` to the path.
    fn authority(&mut self, bytes: &[u8], start: usize) -> Option<()> {
        let rest = bytes.get(start..)?;
        let authority = rest.get(..find(rest, b"/?#").unwrap_or(rest.len()))?;
        if has_any(authority, NOT_IN_AUTHORITY) {
            return None;
        }
        let user = find(authority, b"@");
        let name = user.and_then(|user| find(authority.get(..user)?, b":").or(Some(user)));
        let host = user.map_or(0, |user| user + 1);
        let place = authority.get(host..)?;
        let port = place.iter().rposition(|byte| b":]".contains(byte));
        let port = port.filter(|&at| place.get(at) == Some(&b':'));
        if let Some(at) = port {
            self.port = Some(u16::try_from(decimal(place.get(at + 1..)?)?).ok()?);
        }
        self.username_end = start + name.unwrap_or(0);
        self.host = start + host..start + host + port.unwrap_or(place.len());
        self.path = start + authority.len();
        Some(())
    }

    /// The scheme.
    pub(crate) fn scheme<'t>(&self, text: &'t str) -> &'t str {
        text.get(..self.scheme_end).unwrap_or_default()
    }

    /// The scheme, and the host with its port, where there is one that can be read in one way only.
    pub(super) fn origin(text: &str) -> Option<(&str, &str)> {
        let bytes = text.as_bytes();
        let scheme = find(bytes, b":")?;
        let start = scheme + 3;
        let rest = bytes.get(start..)?;
        let end = start + find(rest, b"/?#").unwrap_or(rest.len());
        let authority = &bytes[start..end];
        let host = find(authority, b"@").map_or(start, |user| start + user + 1);
        let is_raw = |byte: &u8| *byte == b'%' || byte.is_ascii_uppercase();
        let place = &bytes[host..end];
        let inner = match place.iter().rposition(|byte| *byte == b']') {
            Some(close) if place[0] == b'[' => &place[close + 1..],
            Some(_) | None => place,
        };
        // Of what comes after an address in brackets, and of all else, a colon is the port's.
        let port = find(inner, b":").map_or(&[][..], |at| &inner[at + 1..]);
        let is_one = is_scheme(&bytes[..scheme])
            && bytes[scheme..].starts_with(b"://")
            && !matches!(place, [] | [b':', ..])
            && (inner.len() == place.len() || matches!(inner, [] | [b':', ..]))
            && !has_any(authority, NOT_IN_AUTHORITY)
            && !has_any(inner, b"@[]")
            && port.iter().all(u8::is_ascii_digit)
            && !place.iter().any(is_raw);
        text.get(..scheme)
            .zip(text.get(host..end))
            .filter(|_| is_one)
    }

    /// The host, where there is one.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn host_of<'t>(&self, text: &'t str) -> Result<Option<Host<&'t str>>, NoHost> {
        let host = text.get(self.host.clone()).ok_or(NoHost)?;
        let bytes = host.as_bytes();
        if let [b'[', address @ .., b']'] = bytes {
            return Ok(Some(Host::Ipv6(ipv6(address).ok_or(NoHost)?.into())));
        }
        let is_special = SPECIAL.contains(&self.scheme(text));
        let is_raw = |byte: &u8| *byte == b'%' || byte.is_ascii_uppercase();
        if has_any(bytes, NOT_IN_HOST) || (is_special && bytes.iter().any(is_raw)) {
            return Err(NoHost);
        }
        // A name that ends in a number is an address, or no host at all (section 3.5).
        let mut labels = bytes.rsplit(|&byte| byte == b'.');
        Ok(match labels.next() {
            _ if bytes.is_empty() => None,
            Some(label) if is_special && is_number(label) => {
                Some(Host::Ipv4(ipv4(bytes).ok_or(NoHost)?.into()))
            }
            Some(_) | None => Some(Host::Domain(host)),
        })
    }
}

/// What stands where a host should is none.
#[derive(Debug)]
pub(crate) struct NoHost;

fn find(bytes: &[u8], any: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| any.contains(byte))
}

fn is_scheme(bytes: &[u8]) -> bool {
    let is_part = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.');
    bytes.first().is_some_and(u8::is_ascii_lowercase) && bytes.iter().all(is_part)
}

fn has_any(bytes: &[u8], any: &[u8]) -> bool {
    let is_one = |byte: &u8| !byte.is_ascii_graphic() || any.contains(byte);
    bytes.iter().any(is_one)
}

/// True for what the standard takes for a part of an IPv4 address, in decimal or in hexadecimal digits.
fn is_number(label: &[u8]) -> bool {
    match label.strip_prefix(b"0x") {
        Some(digits) => digits.iter().all(u8::is_ascii_hexdigit),
        None => !label.is_empty() && label.iter().all(u8::is_ascii_digit),
    }
}

/// A number of 16 bits or less, as it is serialised.
fn decimal(digits: &[u8]) -> Option<u32> {
    if matches!(digits, [] | [b'0', _, ..]) || digits.len() > 5 {
        return None;
    }
    digits.iter().try_fold(0, |number, digit| {
        let is_digit = digit.is_ascii_digit();
        is_digit.then(|| number * 10 + u32::from(digit - b'0'))
    })
}

/// `a.b.c.d`.
fn ipv4(text: &[u8]) -> Option<[u8; 4]> {
    let mut address = [0; 4];
    let mut numbers = text.split(|&byte| byte == b'.');
    for place in &mut address {
        *place = u8::try_from(decimal(numbers.next()?)?).ok()?;
    }
    numbers.next().is_none().then_some(address)
}

/// Eight pieces in hexadecimal digits, some that are 0 left out at `::`.
fn ipv6(mut text: &[u8]) -> Option<[u8; 16]> {
    let mut address = [0; 16];
    let (mut filled, mut gap) = (0, None);
    if let [b':', b':', rest @ ..] = text {
        (text, gap) = (rest, Some(0));
    }
    while !text.is_empty() {
        let end = find(text, b":").unwrap_or(text.len());
        let piece = hexadecimal(text.get(..end)?)?;
        let place = address.get_mut(filled..filled + 2)?;
        place.copy_from_slice(&piece.to_be_bytes());
        filled += 2;
        text = match text.get(end..)? {
            [] => &[],
            [b':', b':', rest @ ..] if gap.is_none() => {
                gap = Some(filled);
                rest
            }
            [b':', rest @ ..] if !rest.is_empty() => rest,
            _ => return None,
        };
    }
    let Some(gap) = gap else {
        return (filled == address.len()).then_some(address);
    };
    // What comes after the gap goes to the end.
    let free = address.len().checked_sub(filled).filter(|&free| free > 0)?;
    for place in (gap..filled).rev() {
        address.swap(place, place + free);
    }
    Some(address)
}

fn hexadecimal(digits: &[u8]) -> Option<u16> {
    if digits.is_empty() || digits.len() > 4 {
        return None;
    }
    digits.iter().try_fold(0, |number, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u16::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use url::{Position, Url};

    use super::*;
    use crate::testing::test;

    #[test]
    fn an_origin_is_the_urls_own() {
        for text in [
            "http://a.example/",
            "https://me:pw@a.example:8443/b?c#d",
            "https://me@a.example",
            "http://[::1]:8080/",
            "http://[::ffff:127.0.0.1]/",
            "http://127.0.0.1:1/x",
            "http://a.example?q=@b:c",
            "http://xn--bcher-kva.example/@",
        ] {
            let url = Url::parse(text).unwrap();
            let place = &url[Position::BeforeHost..Position::AfterPort];
            assert_eq!(Places::origin(url.as_str()), Some((url.scheme(), place)));
        }
    }

    #[test]
    fn an_origin_that_could_be_read_in_two_ways_is_none() {
        for text in [
            "",
            "http://",
            "http:///a",
            "http:a",
            "a.example",
            "1http://a/",
            "http://a b/",
            "http://a\\@b/",
            "http://a@b@c/",
            "http://A.example/",
            "http://%41/",
            "http://a:b/",
            "http://a:80:90/",
            "http://:80/",
            "http://[::1/",
            "http://[::1]a/",
            "http://]/",
        ] {
            assert_eq!(Places::origin(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_are_those_of_the_standard_library() {
        for text in [
            "::",
            "::1",
            "1::",
            "1::2",
            "fe80::1:2",
            "2001:db8:0:1:1:1:1:1",
            "2001:db8::ff00:42:8329",
            "1:2:3:4:5:6:7:8",
            "0:0:1::",
            "1:2:3:4:5:6::8",
        ] {
            let address: Ipv6Addr = text.parse().unwrap();
            assert_eq!(ipv6(text.as_bytes()), Some(address.octets()), "{text}");
        }
        for text in ["0.0.0.0", "127.0.0.1", "255.255.255.255", "10.200.3.40"] {
            let address: Ipv4Addr = text.parse().unwrap();
            assert_eq!(ipv4(text.as_bytes()), Some(address.octets()), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in [
            "",
            ":",
            ":::",
            "1",
            "1:",
            ":1",
            "1::2::3",
            "1:::2",
            "12345::",
            "g::",
            "A::",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4::5:6:7:8",
            "::1.2.3.4",
            "::1%25lo",
        ] {
            assert_eq!(ipv6(text.as_bytes()), None, "{text}");
        }
        for text in [
            "",
            "1",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.256",
            "01.2.3.4",
            "1..2.3",
            "0x1.2.3.4",
            "+1.2.3.4",
        ] {
            assert_eq!(ipv4(text.as_bytes()), None, "{text}");
        }
    }
}
