//! Cache-Control (RFC 9111 section 5.2), and Pragma where there is none.

use std::borrow::Cow;
use std::time::Duration;

use http::header::{self, HeaderMap, HeaderName};

/// The longest time that a number of seconds stands for; more is as much (RFC 9111 section 1.2.2).
const LONGEST: u64 = i32::MAX as u64;

/// What a request says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RequestDirectives {
    pub(super) no_cache: bool,
    pub(super) no_store: bool,
    pub(super) only_if_cached: bool,
    pub(super) max_age: Option<Duration>,
    /// Without a number it is any time.
    pub(super) max_stale: Option<Duration>,
    pub(super) min_fresh: Option<Duration>,
    pub(super) stale_if_error: Option<Duration>,
}

impl RequestDirectives {
    /// Of a request's fields.
    pub(super) fn of(fields: &HeaderMap) -> Self {
        let mut all = Self::default();
        for_each(fields, |directive| all.take(directive));
        all.no_cache |= pragma_alone_is_no_cache(fields);
        all
    }

    fn take(&mut self, directive: &Directive<'_>) {
        match &*directive.name() {
            b"no-cache" => self.no_cache = true,
            b"no-store" => self.no_store = true,
            b"only-if-cached" => self.only_if_cached = true,
            // What cannot be read asks for the most recent.
            b"max-age" => self.max_age = Some(smaller(self.max_age, directive.lifetime())),
            b"min-fresh" => self.min_fresh = directive.seconds().max(self.min_fresh),
            b"max-stale" => {
                let any = Duration::from_secs(LONGEST);
                let asked = match directive.argument {
                    Argument::None => Some(any),
                    Argument::Some(_) | Argument::Bad => directive.seconds(),
                };
                self.max_stale = asked.map(|asked| smaller(self.max_stale, asked));
            }
            b"stale-if-error" => {
                let asked = directive.seconds();
                self.stale_if_error = asked.map(|asked| smaller(self.stale_if_error, asked));
            }
            _ => {}
        }
    }
}

/// What a response says, to a private cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ResponseDirectives {
    pub(super) no_store: bool,
    /// For the whole response; also what cannot be read asks for this.
    pub(super) no_cache: bool,
    /// Fields that are not to be used again without validation.
    pub(super) no_cache_fields: Vec<HeaderName>,
    pub(super) must_revalidate: bool,
    pub(super) must_understand: bool,
    pub(super) is_public: bool,
    pub(super) is_private: bool,
    pub(super) is_immutable: bool,
    /// Zero where it cannot be read or is said twice in two ways.
    pub(super) max_age: Option<Duration>,
    pub(super) stale_while_revalidate: Option<Duration>,
    pub(super) stale_if_error: Option<Duration>,
}

impl ResponseDirectives {
    /// Of a response's fields.
    pub(super) fn of(fields: &HeaderMap) -> Self {
        let mut all = Self::default();
        for_each(fields, |directive| all.take(directive));
        // Never specified for responses, but what old servers mean by it is plain (RFC 9111 section 5.4).
        all.no_cache |= pragma_alone_is_no_cache(fields);
        all
    }

    fn take(&mut self, directive: &Directive<'_>) {
        match &*directive.name() {
            b"no-store" => self.no_store = true,
            b"no-cache" => self.take_no_cache(directive),
            b"must-revalidate" => self.must_revalidate = true,
            b"must-understand" => self.must_understand = true,
            b"public" => self.is_public = true,
            b"private" => self.is_private = true,
            b"immutable" => self.is_immutable = true,
            b"max-age" => {
                let said = directive.lifetime();
                let contradicts = self.max_age.is_some_and(|before| before != said);
                self.max_age = Some(if contradicts { Duration::ZERO } else { said });
            }
            b"stale-while-revalidate" => self.stale_while_revalidate = directive.seconds(),
            b"stale-if-error" => self.stale_if_error = directive.seconds(),
            _ if directive.is_malformed() => self.no_cache = true,
            _ => {}
        }
        // Whatever it was meant to be: it may have been meant to be that.
        if directive.is_malformed() && directive.mentions(b"no-store") {
            self.no_store = true;
        }
    }

    fn take_no_cache(&mut self, directive: &Directive<'_>) {
        match directive.field_names() {
            Some(names) => self.no_cache_fields.extend(names),
            None => self.no_cache = true,
        }
    }
}

fn smaller(before: Option<Duration>, now: Duration) -> Duration {
    before.map_or(now, |before| before.min(now))
}

/// What Pragma says, where no Cache-Control is there to say it better.
fn pragma_alone_is_no_cache(fields: &HeaderMap) -> bool {
    let mut members = fields
        .get_all(header::PRAGMA)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    members.any(|member| member.trim_ascii().eq_ignore_ascii_case(b"no-cache"))
        && !fields.contains_key(header::CACHE_CONTROL)
}

/// One member of Cache-Control.
struct Directive<'a> {
    whole: &'a [u8],
    name: &'a [u8],
    argument: Argument<'a>,
}

enum Argument<'a> {
    None,
    Some(Cow<'a, [u8]>),
    /// Neither a token nor a quoted string, or set apart from its `=`.
    Bad,
}

impl<'a> Directive<'a> {
    fn parse(whole: &'a [u8]) -> Self {
        let Some(at) = whole.iter().position(|&byte| byte == b'=') else {
            return Self {
                whole,
                name: whole,
                argument: Argument::None,
            };
        };
        let (name, text) = (&whole[..at], &whole[at + 1..]);
        let trimmed = name.trim_ascii_end();
        let argument = if trimmed.len() < name.len() {
            Argument::Bad
        } else if let Some(quoted) = text.strip_prefix(b"\"") {
            unquoted(quoted).map_or(Argument::Bad, Argument::Some)
        } else if is_token(text) {
            Argument::Some(Cow::Borrowed(text))
        } else {
            Argument::Bad
        };
        Self {
            whole,
            name: trimmed,
            argument,
        }
    }

    fn name(&self) -> Cow<'a, [u8]> {
        if self.name.iter().any(u8::is_ascii_uppercase) {
            Cow::Owned(self.name.to_ascii_lowercase())
        } else {
            Cow::Borrowed(self.name)
        }
    }

    fn is_malformed(&self) -> bool {
        matches!(self.argument, Argument::Bad) || !is_token(self.name)
    }

    fn mentions(&self, word: &[u8]) -> bool {
        self.whole
            .windows(word.len())
            .any(|part| part.eq_ignore_ascii_case(word))
    }

    /// The argument as a number of seconds (RFC 9111 section 1.2.2).
    fn seconds(&self) -> Option<Duration> {
        let Argument::Some(text) = &self.argument else {
            return None;
        };
        delta_seconds(text)
    }

    /// The same, zero where it cannot be read (RFC 9111 section 4.2.1).
    fn lifetime(&self) -> Duration {
        self.seconds().unwrap_or_default()
    }

    /// The argument as a list of names of fields; `None` where it is anything else, or empty.
    fn field_names(&self) -> Option<Vec<HeaderName>> {
        let Argument::Some(text) = &self.argument else {
            return None;
        };
        let names: Option<Vec<_>> = text
            .split(|&byte| byte == b',')
            .map(<[u8]>::trim_ascii)
            .filter(|name| !name.is_empty())
            .map(|name| HeaderName::from_bytes(name).ok())
            .collect();
        names.filter(|names| !names.is_empty())
    }
}

/// A number of seconds; more than 2^31 - 1 is that. `None` for what has anything but digits in it.
pub(super) fn delta_seconds(text: &[u8]) -> Option<Duration> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let seconds = text.iter().fold(0_u64, |sum, digit| {
        sum.saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    });
    Some(Duration::from_secs(seconds.min(LONGEST)))
}

/// A token (RFC 9110 section 5.6.2).
fn is_token(text: &[u8]) -> bool {
    let is_tchar = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_tchar)
}

/// The text of a quoted string whose first quote is gone; `None` when it does not end, or goes on behind its end.
fn unquoted(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut unescaped = Vec::new();
    let mut bytes = text.iter().enumerate();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'"' if at + 1 < text.len() => return None,
            b'"' if unescaped.len() == at => return Some(Cow::Borrowed(&text[..at])),
            b'"' => return Some(Cow::Owned(unescaped)),
            b'\\' => unescaped.push(*bytes.next()?.1),
            _ => unescaped.push(byte),
        }
    }
    None
}

fn for_each(fields: &HeaderMap, mut take: impl FnMut(&Directive<'_>)) {
    for value in fields.get_all(header::CACHE_CONTROL) {
        for member in Members(value.as_bytes()) {
            take(&Directive::parse(member));
        }
    }
}

/// The members of a list (RFC 9110 section 5.6.1) whose quoted strings may hold commas; empty ones are left out.
struct Members<'a>(&'a [u8]);

impl<'a> Iterator for Members<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.0.is_empty() {
            let end = end_of_member(self.0);
            let member = self.0[..end].trim_ascii();
            self.0 = self.0.get(end + 1..).unwrap_or_default();
            if !member.is_empty() {
                return Some(member);
            }
        }
        None
    }
}

fn end_of_member(text: &[u8]) -> usize {
    let mut is_quoted = false;
    let mut bytes = text.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\\' if is_quoted => drop(bytes.next()),
            b',' if !is_quoted => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;
    use http::HeaderValue;

    fn fields(lines: &[&str]) -> HeaderMap {
        let mut fields = HeaderMap::new();
        for line in lines {
            let value = HeaderValue::from_bytes(line.as_bytes()).unwrap();
            fields.append(header::CACHE_CONTROL, value);
        }
        fields
    }

    fn said(lines: &[&str]) -> ResponseDirectives {
        ResponseDirectives::of(&fields(lines))
    }

    fn seconds(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn max_age_is_a_number_of_seconds() {
        let table: [(&[&str], Option<u64>); 22] = [
            (&["max-age=3600"], Some(3600)),
            (&["MaX-aGe=3600"], Some(3600)),
            (&["max-age=0"], Some(0)),
            (&["max-age=003600"], Some(3600)),
            (&["max-age=\"3600\""], Some(3600)),
            (&[" , max-age=3600 ,, public"], Some(3600)),
            (&["max-age=2147483648"], Some(LONGEST)),
            (&["max-age=99999999999999999999999999"], Some(LONGEST)),
            (&["max-age=-3600"], Some(0)),
            (&["max-age='3600'"], Some(0)),
            (&["max-age=a3600"], Some(0)),
            (&["max-age=3600a"], Some(0)),
            (&["max-age=3600.0"], Some(0)),
            (&["max-age=3600; public"], Some(0)),
            (&["max-age"], Some(0)),
            (&["max-age="], Some(0)),
            (&["max-age =3600"], Some(0)),
            (&["max-age= 3600"], Some(0)),
            (&["max-age=1800, max-age=1"], Some(0)),
            (&["max-age=1", "max-age=1800"], Some(0)),
            (&["max-age=5, max-age=5"], Some(5)),
            (&["public"], None),
        ];
        for (lines, expected) in table {
            assert_eq!(
                said(lines).max_age,
                expected.map(Duration::from_secs),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn what_stands_in_a_quoted_string_is_no_directive() {
        let table = [
            ("extension=\"max-age=3600\", max-age=1", 1),
            ("max-age=1, extension=\"max-age=3600\"", 1),
            ("extension=\"a, no-store, max-age=7\", max-age=3600", 3600),
            ("extension=\"a\\\", no-store, \", max-age=3600", 3600),
        ];
        for (line, expected) in table {
            let said = said(&[line]);
            assert_eq!(said.max_age, seconds(expected), "{line}");
            assert!(!said.no_store && !said.no_cache, "{line}");
        }
    }

    #[test]
    fn no_store_is_seen_however_it_is_written() {
        let table = [
            "no-store",
            "nO-StOrE",
            "no-store=",
            "no-store=1",
            "no-store =1",
            "no-store=\"\"",
            "max-age=5,no-store",
            "max-age=5; no-store",
            "no-store; max-age=5",
            "extension=\"unended, no-store",
            "max-age=\"5, no-store",
            "\"no-store\"",
        ];
        for line in table {
            assert!(said(&[line]).no_store, "{line}");
        }
        for line in ["no-storey", "x=no-store", "x-no-store"] {
            assert!(!said(&[line]).no_store, "{line}");
        }
    }

    #[test]
    fn malformed_cache_control_fails_towards_validation() {
        let table = [
            "no-cache",
            "No-Cache",
            "no-cache=",
            "no-cache=\"\"",
            "no-cache=\"a",
            "no-cache=\"a b\"",
            "no-cache =\"a\"",
            "=",
            "=5",
            "a b",
            "max-age:3600",
            "extension=\"unended",
            "extension=\"a\"b",
            "(max-age=5)",
        ];
        for line in table {
            assert!(said(&[line]).no_cache, "{line}");
        }
        for line in ["", ",", "extension", "extension=5", "x=\"y\"", "s-maxage=5"] {
            assert_eq!(said(&[line]), ResponseDirectives::default(), "{line}");
        }
        let bytes = HeaderValue::from_bytes(b"max-age=5, \xff\xfe").unwrap();
        let fields = HeaderMap::from_iter([(header::CACHE_CONTROL, bytes)]);
        assert!(ResponseDirectives::of(&fields).no_cache);
    }

    #[test]
    fn no_cache_may_name_fields() {
        let said = said(&["no-cache=\"A, b\"", "no-cache=c, private=\"d\""]);
        assert_eq!(said.no_cache_fields, ["a", "b", "c"]);
        assert!(!said.no_cache && said.is_private);
    }

    #[test]
    fn a_request_says_what_it_takes() {
        let fields = fields(&["max-age=10, max-stale, min-fresh=5", "only-if-cached"]);
        let expected = RequestDirectives {
            max_age: seconds(10),
            max_stale: seconds(LONGEST),
            min_fresh: seconds(5),
            only_if_cached: true,
            ..RequestDirectives::default()
        };
        assert_eq!(RequestDirectives::of(&fields), expected);
    }

    #[test]
    fn a_request_that_cannot_be_read_takes_nothing_old() {
        let table = [("max-age=x", Some(0)), ("max-age=9, max-age=5", Some(5))];
        for (line, expected) in table {
            let directives = RequestDirectives::of(&fields(&[line]));
            assert_eq!(directives.max_age, expected.map(Duration::from_secs));
        }
        let directives = RequestDirectives::of(&fields(&["max-stale=x"]));
        assert_eq!(directives.max_stale, None);
    }

    #[test]
    fn pragma_counts_only_without_cache_control() {
        let mut fields = HeaderMap::new();
        fields.insert(header::PRAGMA, HeaderValue::from_static("x, No-Cache"));
        assert!(RequestDirectives::of(&fields).no_cache);
        assert!(ResponseDirectives::of(&fields).no_cache);
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=9"));
        assert!(!RequestDirectives::of(&fields).no_cache);
        assert!(!ResponseDirectives::of(&fields).no_cache);
        fields.clear();
        fields.insert(header::PRAGMA, HeaderValue::from_static("extension"));
        assert!(!ResponseDirectives::of(&fields).no_cache);
    }
}
