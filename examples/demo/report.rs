//! What happened, as a table.

use std::time::Duration;

use crate::figures;
use crate::screen::{Ink, Screen};

/// What a step found: what to say of it, and the bytes of bodies that arrived.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) result: String,
    pub(crate) bytes: u64,
    /// Connections to servers other than the origin.
    pub(crate) elsewhere: usize,
}

impl Found {
    pub(crate) fn new(result: impl Into<String>, bytes: u64) -> Self {
        Self {
            result: result.into(),
            bytes,
            elsewhere: 0,
        }
    }
}

/// Why a step did not go as it must.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A step's outcome.
pub(crate) type Step = Result<Found, Failure>;

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) step: Step,
    pub(crate) time: Duration,
    pub(crate) connections: usize,
}

/// Every row so far.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Row>);

impl Report {
    pub(crate) fn add(&mut self, row: Row) {
        self.0.push(row);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn failures(&self) -> usize {
        self.0.iter().filter(|row| row.step.is_err()).count()
    }

    /// Prints the table.
    pub(crate) fn show(&self, screen: &Screen) {
        let cells: Vec<_> = self.0.iter().map(Row::cells).collect();
        let head = ["what", "result", "time", "bytes", "connections"].map(str::to_owned);
        let width = |column: usize| {
            let all = cells.iter().chain([&head]);
            all.map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: [usize; 5] = std::array::from_fn(width);
        screen.line("");
        screen.line(&screen.ink(Ink::Bold, &format!("  {}", line(&head, &widths))));
        for (row, cells) in self.0.iter().zip(&cells) {
            let (ink, mark) = if row.step.is_ok() {
                (Ink::Green, "✓")
            } else {
                (Ink::Red, "✗")
            };
            screen.line(&format!(
                "{} {}",
                screen.ink(ink, mark),
                line(cells, &widths)
            ));
        }
    }
}

impl Row {
    fn cells(&self) -> [String; 5] {
        let (result, bytes) = match &self.step {
            Ok(found) => (found.result.clone(), figures::bytes(found.bytes)),
            Err(error) => (error.to_string(), "-".to_owned()),
        };
        [
            self.what.to_owned(),
            result,
            figures::time(self.time),
            bytes,
            self.connections.to_string(),
        ]
    }
}

/// Text to the left, figures to the right.
fn line(cells: &[String; 5], widths: &[usize; 5]) -> String {
    let [what, result, figures @ ..] = cells;
    let mut line = format!("{what:<0$}  {result:<1$}", widths[0], widths[1]);
    for (figure, width) in figures.iter().zip(&widths[2..]) {
        line += &format!("  {figure:>width$}");
    }
    line
}
