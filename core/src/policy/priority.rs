//! How a task's priority is told to a server (RFC 9218).

use http::{HeaderName, HeaderValue};

/// The field that tells it.
pub(crate) const PRIORITY: HeaderName = HeaderName::from_static("priority");

/// The urgency (RFC 9218 section 4.1), 0 the most urgent to 7, of a priority from 0 to 1: 0.5 is 3, the default; high is 1, low is 5.
pub(crate) fn urgency(priority: f32) -> u8 {
    let above = priority - 0.5;
    let steps = if above > 0.0 { 6.0 } else { 8.0 };
    // From 0 to 7 for any priority; the cast saturates.
    (3.0 - (above * steps).round()) as u8
}

/// The field's value of an urgency.
pub(crate) fn field(urgency: u8) -> HeaderValue {
    const VALUES: [&str; 8] = ["u=0", "u=1", "u=2", "u=3", "u=4", "u=5", "u=6", "u=7"];
    HeaderValue::from_static(VALUES[usize::from(urgency.min(7))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    #[test]
    fn higher_priorities_are_more_urgent() {
        let urgencies = [1.0, 0.75, 0.6, 0.5, 0.4, 0.25, 0.0].map(urgency);
        assert_eq!(urgencies, [0, 1, 2, 3, 4, 5, 7]);
    }

    #[test]
    fn every_urgency_has_its_value() {
        for urgency in 0..=7 {
            assert_eq!(field(urgency), format!("u={urgency}"));
        }
    }
}
