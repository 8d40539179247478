//! The table at the end of a test run.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::summary::Counts;

/// Lines of a failed suite's log that are shown.
const TAIL: usize = 60;

/// How a suite ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    Failed,
    Skipped,
}

/// One suite's row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) suite: String,
    pub(crate) outcome: Outcome,
    pub(crate) counts: Counts,
    pub(crate) time: Duration,
    /// Why it failed or was skipped, one reason each.
    pub(crate) reasons: Vec<String>,
    /// What its tests scored, a line each.
    pub(crate) scores: Vec<String>,
}

impl Row {
    /// The row of a suite that ran: nothing counted is a failure, never a silent success.
    pub(crate) fn ran(
        suite: &str,
        mut counts: Counts,
        mut reasons: Vec<String>,
        time: Duration,
    ) -> Self {
        if counts == Counts::default() {
            counts.failed = 1;
            reasons.push("nothing ran".into());
        }
        let outcome = if counts.failed > 0 {
            Outcome::Failed
        } else {
            Outcome::Ok
        };
        Self {
            suite: suite.into(),
            outcome,
            counts,
            time,
            reasons,
            scores: Vec::new(),
        }
    }

    /// The row of a suite that could not run.
    pub(crate) fn skipped(suite: &str, reason: String, time: Duration) -> Self {
        let counts = Counts {
            skipped: 1,
            ..Counts::default()
        };
        Self {
            suite: suite.into(),
            outcome: Outcome::Skipped,
            counts,
            time,
            reasons: vec![reason],
            scores: Vec::new(),
        }
    }

    /// What is printed as soon as the suite has ended.
    pub(crate) fn line(&self) -> String {
        let result = match self.outcome {
            Outcome::Ok => "ok",
            Outcome::Failed => "FAILED",
            Outcome::Skipped => "SKIPPED",
        };
        let Counts {
            passed,
            failed,
            skipped,
        } = self.counts;
        let time = seconds(self.time);
        format!(
            "{:<12} {result:<8} {passed:>7} {failed:>7} {skipped:>8} {time:>9}",
            self.suite
        )
    }
}

/// The table of all rows, below it scores and reasons, and the plain sum as its last line.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut sum = Counts::default();
    let mut text = format!(
        "{:<12} {:<8} {:>7} {:>7} {:>8} {:>9}\n",
        "suite", "result", "passed", "failed", "skipped", "time"
    );
    let mut reasons = String::new();
    for row in rows {
        sum += row.counts;
        text.push_str(&row.line());
        text.push('\n');
        for reason in &row.reasons {
            // Writing to a String cannot fail.
            let _ = writeln!(reasons, "  {}: {reason}", row.suite);
        }
    }
    for score in rows.iter().flat_map(|row| &row.scores) {
        let _ = write!(text, "\n  {score}");
    }
    if !reasons.is_empty() {
        let _ = write!(text, "\nFailed or left out:\n{reasons}");
    }
    let _ = write!(
        text,
        "\n{} passed, {} failed, {} skipped",
        sum.passed, sum.failed, sum.skipped
    );
    text
}

/// Failure as soon as one suite failed.
pub(crate) fn exit_code(rows: &[Row]) -> ExitCode {
    if rows.iter().any(|row| row.outcome == Outcome::Failed) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// The last lines of a log, and where the rest of it is.
pub(crate) fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL);
    let mut shown = String::new();
    for line in &lines[from..] {
        let _ = writeln!(shown, "    | {line}");
    }
    let _ = write!(shown, "    {} lines in {}", lines.len(), log.display());
    shown
}

/// `0.4s`, `12.3s`, `4m 07s`.
pub(crate) fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    if whole < 60 {
        format!("{:.1}s", time.as_secs_f64())
    } else {
        format!("{}m {:02}s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_in_which_nothing_ran_has_failed() {
        let row = Row::ran("node", Counts::default(), Vec::new(), Duration::ZERO);
        assert_eq!((row.outcome, row.counts.failed), (Outcome::Failed, 1));
    }

    #[test]
    fn scores_stand_below_the_table() {
        let mut row = Row::ran(
            "host",
            Counts {
                passed: 1,
                ..Counts::default()
            },
            Vec::new(),
            Duration::ZERO,
        );
        row.scores.push("cache-tests 96/96".into());
        assert!(table(&[row]).contains("\n  cache-tests 96/96\n"));
    }

    #[test]
    fn a_skipped_suite_shows_its_reason_and_counts_as_skipped() {
        let rows = [
            Row::ran(
                "fmt",
                Counts {
                    passed: 1,
                    ..Counts::default()
                },
                Vec::new(),
                Duration::from_secs(61),
            ),
            Row::skipped("browser", "no chromedriver".into(), Duration::ZERO),
        ];
        let table = table(&rows);
        assert!(table.contains("browser: no chromedriver"), "{table}");
        assert!(table.contains("1m 01s"), "{table}");
        assert!(
            table.ends_with("\n1 passed, 0 failed, 1 skipped"),
            "{table}"
        );
    }
}
