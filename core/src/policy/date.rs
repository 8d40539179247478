//! HTTP dates (RFC 9110 section 5.6.7), read strictly: the three formats, in which only case is free.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(feature = "cache")]
use http::{HeaderMap, HeaderName};

const SHORT_DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const LONG_DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// The date of a field that stands there once; `None` when there is none or it cannot be read.
#[cfg(feature = "cache")]
pub(crate) fn of(fields: &HeaderMap, name: &HeaderName, now: SystemTime) -> Option<SystemTime> {
    let mut values = fields.get_all(name).iter();
    let value = values.next()?;
    let is_single = values.next().is_none();
    is_single.then(|| parse(value.as_bytes(), now)).flatten()
}

/// A date in one of the formats, where nobody knows the time: the two digits of an RFC 850 year are one of 1970 to 2069.
#[cfg(any(feature = "cache", feature = "download"))]
pub(crate) fn parse_alone(text: &str) -> Option<SystemTime> {
    /// In 2019.
    const THEN: Duration = Duration::from_secs(1_560_000_000);
    parse(text.as_bytes(), UNIX_EPOCH + THEN)
}

/// A date in one of the formats; `now` places the two digits of an RFC 850 year.
pub(crate) fn parse(text: &[u8], now: SystemTime) -> Option<SystemTime> {
    /// More than any date has.
    const LENGTH: usize = 40;
    if let Some(date) = as_usual(text) {
        return Some(date);
    }
    let text = text.trim_ascii();
    let mut room = [0; LENGTH];
    let lower = room.get_mut(..text.len())?;
    lower.copy_from_slice(text);
    lower.make_ascii_lowercase();
    let mut rest = Rest(std::str::from_utf8(lower).ok()?);
    if let Some((day, date)) = rest.0.split_once(',') {
        rest.0 = date.strip_prefix(' ')?;
        return if SHORT_DAYS.contains(&day) {
            rest.imf_fixdate()
        } else if LONG_DAYS.contains(&day) {
            rest.rfc850(now)
        } else {
            None
        };
    }
    rest.asctime()
}

/// A date as nearly every server writes it, `Sun, 06 Nov 1994 08:49:37 GMT`: each part where it has to be.
fn as_usual(text: &[u8]) -> Option<SystemTime> {
    let text: &[u8; 29] = text.try_into().ok()?;
    let is_at = |at: usize, part: &[u8]| text[at..].starts_with(part);
    let digit = |at: usize| {
        let digit = text[at].wrapping_sub(b'0');
        (digit < 10).then_some(u64::from(digit))
    };
    let number = |at: usize| Some(digit(at)? * 10 + digit(at + 1)?);
    let is_separated = is_at(3, b", ")
        && [7, 11, 16].iter().all(|&at| text[at] == b' ')
        && [19, 22].iter().all(|&at| text[at] == b':')
        && is_at(25, b" GMT");
    let is_a_day = matches!(
        &text[..3],
        b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun"
    );
    let month = match &text[8..11] {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    };
    let (hour, minute, second) = (number(17)?, number(20)?, number(23)?);
    let is_time = hour < 24 && minute < 60 && second < 60;
    let year = number(12)? * 100 + number(14)?;
    let seconds = hour * 3600 + minute * 60 + second;
    (is_separated && is_a_day && is_time).then(|| moment(year, month, number(5)?, seconds))?
}

struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// `06 Nov 1994 08:49:37 GMT`.
    fn imf_fixdate(&mut self) -> Option<SystemTime> {
        let day = self.number(2)?;
        self.literal(" ")?;
        let month = self.month()?;
        self.literal(" ")?;
        let year = self.number(4)?;
        self.literal(" ")?;
        let time = self.time()?;
        self.literal(" gmt")?;
        self.end()?;
        moment(year, month, day, time)
    }

    /// `06-Nov-94 08:49:37 GMT`: a year that seems to be more than 50 years ahead is in the past.
    fn rfc850(&mut self, now: SystemTime) -> Option<SystemTime> {
        let day = self.number(2)?;
        self.literal("-")?;
        let month = self.month()?;
        self.literal("-")?;
        let short = self.number(2)?;
        self.literal(" ")?;
        let time = self.time()?;
        self.literal(" gmt")?;
        self.end()?;
        let this_year = year_of(now);
        let year = this_year - this_year % 100 + short;
        let year = if year > this_year + 50 {
            year - 100
        } else {
            year
        };
        moment(year, month, day, time)
    }

    /// `Sun Nov  6 08:49:37 1994`.
    fn asctime(&mut self) -> Option<SystemTime> {
        let day = self.taken(3)?;
        SHORT_DAYS.contains(&day).then_some(())?;
        self.literal(" ")?;
        let month = self.month()?;
        self.literal(" ")?;
        let day = match self.literal(" ") {
            Some(()) => self.number(1)?,
            None => self.number(2)?,
        };
        self.literal(" ")?;
        let time = self.time()?;
        self.literal(" ")?;
        let year = self.number(4)?;
        self.end()?;
        moment(year, month, day, time)
    }

    fn taken(&mut self, length: usize) -> Option<&'a str> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn literal(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    fn number(&mut self, digits: usize) -> Option<u64> {
        let text = self.taken(digits)?;
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    }

    /// From 1.
    fn month(&mut self) -> Option<u64> {
        let name = self.taken(3)?;
        let index = MONTHS.iter().position(|month| *month == name)?;
        Some(index as u64 + 1)
    }

    /// Seconds of the day; a leap second counts as the one before.
    fn time(&mut self) -> Option<u64> {
        let hour = self.number(2)?;
        self.literal(":")?;
        let minute = self.number(2)?;
        self.literal(":")?;
        let second = self.number(2)?;
        let is_time = hour < 24 && minute < 60 && second <= 60;
        is_time.then(|| hour * 3600 + minute * 60 + second.min(59))
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// `None` for a day that its month has not, and what is before 1970 is 1970.
fn moment(year: u64, month: u64, day: u64, seconds: u64) -> Option<SystemTime> {
    if day == 0 || day > days_in(year, month) {
        return None;
    }
    let Some(years) = year.checked_sub(1970) else {
        return Some(UNIX_EPOCH);
    };
    let days = years * 365 + leap_days_before(year) - leap_days_before(1970);
    let months: u64 = (1..month).map(|month| days_in(year, month)).sum();
    let seconds = (days + months + day - 1) * 86_400 + seconds;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// How many 29ths of February there were before `year`.
fn leap_days_before(year: u64) -> u64 {
    let last = year - 1;
    last / 4 - last / 100 + last / 400
}

fn days_in(year: u64, month: u64) -> u64 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn year_of(now: SystemTime) -> u64 {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    // The length of a year in the Gregorian calendar, within a day of right: enough for a window of 50 years.
    1970 + seconds / 31_556_952
}

#[cfg(test)]
#[cfg(feature = "cache")]
mod tests {
    use super::*;
    use crate::policy::cache::testing::Chance;
    use crate::testing::test;

    /// Sun, 06 Nov 1994 08:49:37 GMT.
    const THEN: u64 = 784_111_777;
    /// Sun, 22 Nov 2026.
    const NOW: u64 = 1_795_305_600;

    fn parsed(text: &str) -> Option<u64> {
        let moment = parse(text.as_bytes(), UNIX_EPOCH + Duration::from_secs(NOW))?;
        Some(moment.duration_since(UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn a_date_as_usual_is_the_same_in_any_case() {
        let now = UNIX_EPOCH;
        let mut chance = Chance(7);
        let mut found = 0;
        for _ in 0..50_000 {
            let seconds = (chance.below(1 << 17) as u64) << 16 | chance.below(1 << 16) as u64;
            let date = Duration::from_secs(seconds);
            let mut text = httpdate::fmt_http_date(UNIX_EPOCH + date).into_bytes();
            let at = chance.below(2 * text.len());
            if let Some(byte) = text.get_mut(at) {
                *byte = match byte.is_ascii_digit() {
                    true => b'0' + chance.byte() % 10,
                    false => chance.byte() % 128,
                };
            }
            if let Some(date) = as_usual(&text) {
                found += 1;
                assert_eq!(parse(&text.to_ascii_lowercase(), now), Some(date));
            }
        }
        assert!(found > 20_000);
    }

    #[test]
    fn the_three_formats_are_dates() {
        let table = [
            ("Sun, 06 Nov 1994 08:49:37 GMT", THEN),
            ("sun, 06 NOV 1994 08:49:37 gMT", THEN),
            ("Sunday, 06-Nov-94 08:49:37 GMT", THEN),
            ("Sun Nov  6 08:49:37 1994", THEN),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Wed, 31 Dec 1969 23:59:59 GMT", 0),
            ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
            ("Tue, 19 Jan 2038 14:14:08 GMT", 2_147_523_248),
            ("Thursday, 18-Aug-50 02:01:18 GMT", 2_544_400_878),
            ("Thu Aug  8 02:01:18 2050", 2_543_536_878),
            ("Thursday, 18-Aug-77 02:01:18 GMT", 240_717_678),
            ("Thursday, 18-Aug-76 02:01:18 GMT", 3_364_941_678),
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_799),
        ];
        for (text, expected) in table {
            assert_eq!(parsed(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn where_nobody_knows_the_time_two_digits_are_1970_to_2069() {
        let year = |digits: &str| {
            let date = parse_alone(&format!("Sunday, 06-Nov-{digits} 08:49:37 GMT"));
            date.map(year_of)
        };
        assert_eq!(
            ["69", "70", "94", "19"].map(year),
            [2069, 1970, 1994, 2019].map(Some)
        );
    }

    #[test]
    fn anything_else_is_none() {
        let table = [
            "",
            "0",
            "-1",
            "3600",
            "Thu, 18 Aug 2050 02:01:18 UTC",
            "Thu, 18 Aug 2050 02:01:18 AEST",
            "Thu, 18 Aug 2050 02:01:18",
            "Thu, 18 Aug 2050 02:01:18 GMT+1",
            "Thu, 18 Aug 50 02:01:18 GMT",
            "Thu 18 Aug 2050 02:01:18 GMT",
            "Thu,18 Aug 2050 02:01:18 GMT",
            "Thu, 18  Aug  2050 02:01:18 GMT",
            "Thu, 18-Aug-2050 02:01:18 GMT",
            "Thu, 18 Aug 2050 02.01.18 GMT",
            "Thu, 18 Aug 2050 2:01:18 GMT",
            "Thu, 8 Aug 2050 02:01:18 GMT",
            "Thu, 32 Aug 2050 02:01:18 GMT",
            "Wed, 29 Feb 2050 02:01:18 GMT",
            "Thu, 00 Aug 2050 02:01:18 GMT",
            "Thu, 18 Aug 2050 24:01:18 GMT",
            "Thu, 18 Aug 2050 02:60:18 GMT",
            "Thu, 18 Aug 2050 02:01:61 GMT",
            "Thu, 18 Agu 2050 02:01:18 GMT",
            "Xyz, 18 Aug 2050 02:01:18 GMT",
            "Thu, 18-Aug-50 02:01:18 GMT",
            "Thursday, 18 Aug 2050 02:01:18 GMT",
            "18 Aug 2050 02:01:18 GMT",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov  6 08:49:37 94",
            "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 N\u{f6}v 1994 08:49:37 GMT",
        ];
        for text in table {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_is_the_day_after_the_last() {
        let mut expected = 0;
        for year in 1970..2371 {
            for month in 1..=12 {
                for day in 1..=days_in(year, month) {
                    let date = moment(year, month, day, 0).unwrap();
                    assert_eq!(date, UNIX_EPOCH + Duration::from_secs(expected * 86_400));
                    expected += 1;
                }
            }
        }
    }
}
