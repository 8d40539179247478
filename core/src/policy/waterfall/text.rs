//! The waterfall for a terminal.

use std::fmt::Write as _;

use super::rows::{Bar, Phase, Row};
use super::{Waterfall, shown};

/// Narrower than this nothing can be drawn.
const LEAST_WIDTH: usize = 40;

/// Columns of what a row took, and of the space before.
const TOOK: usize = 9;

impl Phase {
    const fn mark(self) -> char {
        match self {
            Self::Queue => '·',
            Self::Lookup => '░',
            Self::Connect => '▒',
            Self::Tls => '▓',
            Self::Request => '▪',
            Self::Wait => '─',
            Self::Response => '█',
        }
    }

    /// The colour's number (ECMA-48 section 8.3.117).
    const fn colour(self) -> u8 {
        match self {
            Self::Queue => 90,
            Self::Lookup => 36,
            Self::Connect => 33,
            Self::Tls => 35,
            Self::Request => 34,
            Self::Wait => 37,
            Self::Response => 32,
        }
    }
}

impl Waterfall {
    /// The picture in lines of at most `width` columns, at least 40. Empty when there is nothing to show.
    #[must_use]
    pub fn to_text(&self, width: usize) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let width = width.max(LEAST_WIDTH);
        let widest = |column: fn(&Row) -> &str| {
            let texts = self.rows.iter().map(|row| column(row).chars().count());
            texts.max().unwrap_or(0)
        };
        let label = widest(|row| &row.label).min(width / 3);
        let note = widest(|row| &row.note).min(width / 6);
        let bars = width - TOOK - label - note - 2;
        let mut text = String::new();
        for row in &self.rows {
            let (name, remark) = (cut(&row.label, label), cut(&row.note, note));
            let drawn = self.draw(row, bars);
            let took = shown(row.took);
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name:label$} {remark:note$} {drawn}{took:>TOOK$}");
        }
        let indent = label + note + 2;
        text.push_str(&self.axis(indent, bars));
        text.push_str(&self.legend(width));
        text
    }

    /// A row's bars, cell by cell: each shows what most of its time was.
    fn draw(&self, row: &Row, cells: usize) -> String {
        let (mut drawn, mut last) = (String::new(), None);
        for phase in self.cells(row, cells) {
            if self.is_coloured && phase != last {
                let colour = phase.map_or(0, Phase::colour);
                let _ = write!(drawn, "\u{1b}[{colour}m");
            }
            last = phase;
            drawn.push(phase.map_or(' ', Phase::mark));
        }
        if self.is_coloured && last.is_some() {
            drawn.push_str("\u{1b}[0m");
        }
        drawn
    }

    fn cells(&self, row: &Row, count: usize) -> Vec<Option<Phase>> {
        let scale = |moment| self.position(moment) * count as f64;
        let share = |bar: &Bar, cell: usize| {
            let (from, to) = (cell as f64, (cell + 1) as f64);
            scale(bar.end).min(to) - scale(bar.start).max(from)
        };
        let most = |cell: usize| {
            let shares = row.bars.iter().map(|bar| (bar.phase, share(bar, cell)));
            let shares = shares.filter(|(_, share)| *share > 0.0);
            let most = shares.max_by(|a, b| a.1.total_cmp(&b.1));
            most.map(|(phase, _)| phase)
        };
        (0..count).map(most).collect()
    }

    fn axis(&self, indent: usize, cells: usize) -> String {
        let end = shown(self.length);
        let line = "╌".repeat(cells.saturating_sub(end.chars().count() + 3));
        format!("{:indent$}0 {line} {end}\n", "")
    }

    fn legend(&self, width: usize) -> String {
        let mut legend = String::new();
        let mut columns = 0;
        for phase in Phase::ALL {
            let entry = format!("{} {}", phase.mark(), phase.name());
            let length = entry.chars().count() + 2;
            if columns + length > width {
                legend.push('\n');
                columns = 0;
            }
            columns += length;
            match self.is_coloured {
                true => {
                    let _ = write!(legend, "\u{1b}[{}m{entry}\u{1b}[0m  ", phase.colour());
                }
                false => legend.push_str(&format!("{entry}  ")),
            }
        }
        legend.push('\n');
        legend
    }
}

/// The text within so many columns, its middle left out where it is longer.
fn cut(text: &str, columns: usize) -> String {
    let length = text.chars().count();
    if length <= columns {
        return text.to_owned();
    }
    let kept = columns.saturating_sub(1);
    let head = text.chars().take(kept / 2);
    let tail = text.chars().skip(length - (kept - kept / 2));
    head.chain("…".chars().take(columns)).chain(tail).collect()
}
