//! Transfers drawn against time, from their metrics.

mod rows;
mod svg;
mod text;

use std::time::Duration;

use self::rows::Row;
use crate::words::metrics::TaskMetrics;
use crate::words::time::Moment;

/// Transfers under each other, a row for each attempt at each hop, against one time axis.
///
/// A picture of what was measured, as text for a terminal or as SVG. It shows methods, hosts and paths, never queries or
/// credentials; what comes from outside is escaped.
///
/// ```
/// use urlsession_core::http::Method;
/// use urlsession_core::mock::{MockPlatform, Reply};
/// use urlsession_core::{Configuration, Delegate, Session, Waterfall};
///
/// struct Measures;
/// impl Delegate for Measures {}
///
/// let mock = MockPlatform::new();
/// mock.transport().on(Method::GET, "http://a.example/").reply(Reply::new(200).body("hello"));
/// let session = Session::builder(mock.platform(), Configuration::default()).delegate(Measures).build();
/// let task = session.data_task("http://a.example/");
/// task.resume();
/// mock.runtime().run_until_idle();
/// let waterfall = Waterfall::new(task.metrics().as_deref());
/// assert!(waterfall.to_text(80).contains("GET a.example/"));
/// ```
#[derive(Clone, Debug)]
pub struct Waterfall {
    rows: Vec<Row>,
    start: Moment,
    length: Duration,
    is_coloured: bool,
}

impl Waterfall {
    /// The waterfall of these tasks, in the order given. They must be of one clock: one session's, or one platform's.
    pub fn new<'a>(tasks: impl IntoIterator<Item = &'a TaskMetrics>) -> Self {
        let tasks = tasks.into_iter().collect::<Vec<_>>();
        let starts = tasks.iter().map(|task| task.task_interval.start);
        let ends = tasks.iter().map(|task| task.task_interval.end);
        let start = starts.min().unwrap_or_default();
        Self {
            rows: tasks.iter().flat_map(|task| rows::of(task)).collect(),
            start,
            length: ends.max().unwrap_or_default() - start,
            is_coloured: false,
        }
    }

    /// Has the text use the colours of ANSI terminals (ECMA-48). Default false: each phase has a character of its own.
    #[must_use]
    pub fn coloured(mut self, is_coloured: bool) -> Self {
        self.is_coloured = is_coloured;
        self
    }

    /// Where on the axis a moment lies, from 0 to 1.
    fn position(&self, moment: Moment) -> f64 {
        let length = self.length.as_secs_f64();
        if length == 0.0 {
            return 0.0;
        }
        ((moment - self.start).as_secs_f64() / length).clamp(0.0, 1.0)
    }
}

/// A duration in the unit that fits.
fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds >= 10.0 {
        format!("{seconds:.1} s")
    } else if seconds >= 1.0 {
        format!("{seconds:.2} s")
    } else if seconds >= 0.01 {
        format!("{:.0} ms", seconds * 1e3)
    } else {
        format!("{:.1} ms", seconds * 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;
    use crate::words::metrics::{Interval, TransactionMetrics};
    use crate::words::request::Request;
    use std::time::SystemTime;

    fn at(milliseconds: u64) -> Moment {
        Moment::from_nanos(milliseconds * 1_000_000)
    }

    fn task(url: &str) -> TaskMetrics {
        let (start, end) = (at(100), at(200));
        let mut task = TaskMetrics::new(Interval { start, end }, SystemTime::UNIX_EPOCH);
        let mut hop = TransactionMetrics::new(Request::get(url).unwrap());
        hop.fetch_start = Some(at(120));
        hop.connect_start = Some(at(120));
        hop.connect_end = Some(at(140));
        hop.request_start = Some(at(140));
        hop.request_end = Some(at(140));
        hop.response_start = Some(at(180));
        hop.response_end = Some(at(200));
        task.transaction_metrics.push(hop);
        task
    }

    #[test]
    fn the_text_draws_each_phase_where_it_was() {
        let text = Waterfall::new([&task("http://a.example/x")]).to_text(60);
        let row = text.lines().find(|line| line.contains("a.example/x"));
        let bars = row.unwrap().split_whitespace().nth(3).unwrap();
        let count = |mark| bars.matches(mark).count();
        let whole = bars.chars().count();
        for (mark, part) in [('·', 0.2), ('▒', 0.2), ('─', 0.4), ('█', 0.2)] {
            let wrong = (count(mark) as f64 / whole as f64 - part).abs();
            assert!(wrong < 0.05, "{mark}: {bars}");
        }
        assert!(row.unwrap().ends_with("100 ms"));
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let long = format!("http://a.example/{}", "long/".repeat(50));
        for width in [0, 1, 40, 79, 200] {
            let text = Waterfall::new([&task(&long)]).to_text(width);
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width.max(40)), "{width}: {widest:?}\n{text}");
        }
    }

    #[test]
    fn nothing_from_outside_is_markup_or_control() {
        let mut odd = task("http://a.example/<&\"'>?token=secret");
        odd.transaction_metrics[0].network_protocol_name = Some("<b>\u{1b}[31m".to_owned());
        let waterfall = Waterfall::new([&odd]);
        let (svg, text) = (waterfall.to_svg(), waterfall.to_text(200));
        assert!(!svg.contains("<b>") && !svg.contains('\u{1b}') && !text.contains('\u{1b}'));
        assert!(!svg.contains("secret") && !text.contains("secret"));
    }

    #[test]
    fn nothing_measured_is_an_empty_picture() {
        let none = Waterfall::new([]);
        assert_eq!(none.to_text(80), "");
        assert!(none.to_svg().ends_with("</svg>\n"));
    }

    #[test]
    fn a_task_that_never_began_has_a_row() {
        let mut waiting = task("http://a.example/");
        waiting.transaction_metrics.clear();
        let text = Waterfall::new([&waiting]).to_text(80);
        assert!(text.contains("never began") && text.contains('·'));
    }
}
