//! What the terminal shows: lines, and where it is a terminal, one line that moves.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::figures;

/// Standard output. Failed writes are left: whoever closed it does not want to know.
#[derive(Debug)]
pub(crate) struct Screen {
    is_terminal: bool,
    has_colour: bool,
}

/// How a piece of text stands out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ink {
    Bold = 1,
    Faint = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Cyan = 36,
}

impl Screen {
    pub(crate) fn new() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let has_colour = is_terminal && std::env::var_os("NO_COLOR").is_none();
        Self {
            is_terminal,
            has_colour,
        }
    }

    pub(crate) fn has_colour(&self) -> bool {
        self.has_colour
    }

    pub(crate) fn ink(&self, ink: Ink, text: &str) -> String {
        if self.has_colour {
            format!("\x1b[{}m{text}\x1b[0m", ink as u8)
        } else {
            text.to_owned()
        }
    }

    /// A line to stay.
    pub(crate) fn line(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let clear = if self.is_terminal { "\r\x1b[2K" } else { "" };
        _ = writeln!(out, "{clear}{text}");
    }

    /// A line of a step.
    pub(crate) fn say(&self, text: &str) {
        self.line(&format!("    {text}"));
    }

    /// The line that moves; nothing where there is no terminal.
    pub(crate) fn moving(&self, text: &str) {
        if self.is_terminal {
            let mut out = std::io::stdout().lock();
            _ = write!(out, "\r\x1b[2K    {text}");
            _ = out.flush();
        }
    }

    /// A bar over so many bytes, or without an end in sight.
    pub(crate) fn bar(&self, total: Option<u64>) -> Bar<'_> {
        self.bar_from(0, total)
    }

    /// A bar of which so much is there already: its rate is that of the rest.
    pub(crate) fn bar_from(&self, start: u64, total: Option<u64>) -> Bar<'_> {
        Bar {
            screen: self,
            start,
            total,
            began: Instant::now(),
            drawn: None,
        }
    }
}

/// A progress bar in bytes.
#[derive(Debug)]
pub(crate) struct Bar<'a> {
    screen: &'a Screen,
    start: u64,
    total: Option<u64>,
    began: Instant,
    drawn: Option<Instant>,
}

impl Bar<'_> {
    const WIDTH: u64 = 32;
    const FRAME: Duration = Duration::from_millis(40);

    /// So many bytes are there. Drawn 25 times a second at most.
    pub(crate) fn at(&mut self, count: u64) {
        if self
            .drawn
            .is_none_or(|drawn| drawn.elapsed() >= Self::FRAME)
        {
            self.drawn = Some(Instant::now());
            self.screen.moving(&self.text(count));
        }
    }

    /// Draws it as it is now, with a remark.
    pub(crate) fn hold(&self, count: u64, remark: &str) {
        let remark = self.screen.ink(Ink::Yellow, remark);
        self.screen
            .moving(&format!("{}  {remark}", self.gauge(count)));
    }

    /// The last state stays.
    pub(crate) fn end(self, count: u64) {
        self.screen.say(&self.text(count));
    }

    fn text(&self, count: u64) -> String {
        format!(
            "{}  {}",
            self.gauge(count),
            figures::rate(count.saturating_sub(self.start), self.began.elapsed())
        )
    }

    fn gauge(&self, count: u64) -> String {
        let Some(total) = self.total else {
            return figures::bytes(count);
        };
        let filled = (count * Self::WIDTH)
            .checked_div(total)
            .unwrap_or(Self::WIDTH)
            .min(Self::WIDTH);
        let (full, empty) = (
            "█".repeat(filled as usize),
            "░".repeat((Self::WIDTH - filled) as usize),
        );
        let full = self.screen.ink(Ink::Cyan, &full);
        format!(
            "{full}{empty} {} of {}",
            figures::bytes(count),
            figures::bytes(total)
        )
    }
}
