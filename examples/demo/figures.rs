//! Figures as people read them.

use std::time::Duration;

/// Bytes in the unit that fits.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let (mut value, mut unit) = (count as f64 / 1024.0, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        (value, unit) = (value / 1024.0, unit + 1);
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A time in milliseconds, below one in microseconds, from a second on in seconds.
pub(crate) fn time(duration: Duration) -> String {
    if duration < Duration::from_millis(1) {
        format!("{} µs", duration.as_micros())
    } else if duration < Duration::from_secs(1) {
        format!("{:.1} ms", duration.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", duration.as_secs_f64())
    }
}

/// Bytes a second over `duration`.
pub(crate) fn rate(count: u64, duration: Duration) -> String {
    let seconds = duration.as_secs_f64().max(1e-6);
    format!("{}/s", bytes((count as f64 / seconds) as u64))
}
