//! One exchange of a case, as far as the server plays it.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// One request and its scripted answer, by the names of the suite's JSON.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Exchange {
    pub(super) response_pause: Option<f64>,
    pub(super) interim_responses: Vec<Interim>,
    pub(super) response_status: Option<(u16, String)>,
    pub(super) response_headers: Vec<Field>,
    pub(super) response_body: Option<String>,
    pub(super) expected_type: Option<String>,
    pub(super) magic_locations: bool,
    pub(super) rfc850date: Vec<String>,
    pub(super) disconnect: bool,
}

impl Exchange {
    /// True when the client should have sent this as a conditional request.
    pub(super) fn is_validation(&self) -> bool {
        let expected = self.expected_type.as_deref().unwrap_or_default();
        expected.ends_with("validated")
    }

    /// The value of the first field of this name, dates in words.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut fields = self.response_headers.iter();
        let field = fields.find(|field| field.name().eq_ignore_ascii_case(name))?;
        match field.value() {
            FieldValue::Text(text) => Some(text),
            FieldValue::Seconds(_) => None,
        }
    }

    /// Puts every date in words that was given in seconds from `now`, and prefixes locations with `base`.
    pub(super) fn resolve(&mut self, now: SystemTime, base: &str) {
        for field in &mut self.response_headers {
            let name = field.name().to_ascii_lowercase();
            let in_rfc850 = self.rfc850date.contains(&name);
            let is_location = matches!(&*name, "location" | "content-location");
            match field.value_mut() {
                value if is_location && self.magic_locations => value.prefix(base),
                value => *value = value.resolved(&name, now, in_rfc850),
            }
        }
    }
}

/// An interim response: its status, and its fields if it has any.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Interim {
    With(u16, Vec<(String, String)>),
    Bare((u16,)),
}

impl Interim {
    pub(super) fn into_parts(self) -> (u16, Vec<(String, String)>) {
        match self {
            Self::With(status, fields) => (status, fields),
            Self::Bare((status,)) => (status, Vec::new()),
        }
    }
}

/// A header field in a case: name, value, and whether the client must have seen it so.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum Field {
    /// Name, value, and whether it is compared in the end.
    Marked(String, FieldValue, bool),
    /// Name and value; it is compared.
    Plain(String, FieldValue),
}

impl Field {
    /// The name, as it is written.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Marked(name, ..) | Self::Plain(name, _) => name,
        }
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &FieldValue {
        match self {
            Self::Marked(_, value, _) | Self::Plain(_, value) => value,
        }
    }

    fn value_mut(&mut self) -> &mut FieldValue {
        match self {
            Self::Marked(_, value, _) | Self::Plain(_, value) => value,
        }
    }

    /// False when what the client saw of it does not matter.
    #[must_use]
    pub fn is_compared(&self) -> bool {
        !matches!(self, Self::Marked(.., false))
    }
}

/// A value: text, or a number, which in a date is seconds from the server's now.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum FieldValue {
    /// As it is.
    Text(String),
    /// A number.
    Seconds(i64),
}

impl FieldValue {
    /// The value of the field `name` in words, said at `now`.
    #[must_use]
    pub fn resolved(&self, name: &str, now: SystemTime, in_rfc850: bool) -> Self {
        let is_date = ["date", "expires", "last-modified", "if-modified-since"]
            .iter()
            .any(|date| name.eq_ignore_ascii_case(date));
        Self::Text(match self {
            Self::Text(text) => text.clone(),
            Self::Seconds(seconds) if is_date && in_rfc850 => rfc850(moved(now, *seconds)),
            Self::Seconds(seconds) if is_date => imf_fixdate(moved(now, *seconds)),
            Self::Seconds(number) => number.to_string(),
        })
    }

    /// The value in words; a number in digits.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Seconds(number) => number.to_string(),
        }
    }

    fn prefix(&mut self, base: &str) {
        *self = Self::Text(match &*self.text() {
            "" => base.to_owned(),
            name => format!("{base}/{name}"),
        });
    }
}

fn moved(now: SystemTime, seconds: i64) -> SystemTime {
    let by = Duration::from_secs(seconds.unsigned_abs());
    let moved = match seconds {
        0.. => now.checked_add(by),
        _ => now.checked_sub(by),
    };
    moved.unwrap_or(now)
}

/// A date as HTTP has it today (RFC 9110 section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
#[must_use]
pub fn imf_fixdate(date: SystemTime) -> String {
    httpdate::fmt_http_date(date)
}

/// The same date in the form of RFC 850, such as `Sunday, 06-Nov-94 08:49:37 GMT`.
fn rfc850(date: SystemTime) -> String {
    let imf = imf_fixdate(date);
    let words: Vec<&str> = imf.split(' ').collect();
    let [day, number, month, year, time, zone] = words[..] else {
        return imf;
    };
    let day = match day {
        "Mon," => "Monday",
        "Tue," => "Tuesday",
        "Wed," => "Wednesday",
        "Thu," => "Thursday",
        "Fri," => "Friday",
        "Sat," => "Saturday",
        _ => "Sunday",
    };
    format!("{day}, {number}-{month}-{} {time} {zone}", &year[2..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn seconds_become_dates_in_date_fields_alone() {
        let value = FieldValue::Seconds(-10);
        let now = at(784_111_777);
        let in_words = |name| value.resolved(name, now, false).text();
        assert_eq!(in_words("Expires"), "Sun, 06 Nov 1994 08:49:27 GMT");
        assert_eq!(in_words("Age"), "-10");
    }

    #[test]
    fn the_old_form_is_known() {
        assert_eq!(rfc850(at(784_111_777)), "Sunday, 06-Nov-94 08:49:37 GMT");
    }

    #[test]
    fn a_field_may_be_left_out_of_the_comparison() {
        let fields: Vec<Field> =
            serde_json::from_str(r#"[["a","1",false],["b","2",true],["c",3]]"#).unwrap();
        let compared: Vec<bool> = fields.iter().map(Field::is_compared).collect();
        assert_eq!(compared, [false, true, true]);
        assert_eq!(fields[2].value(), &FieldValue::Seconds(3));
    }
}
