//! The waterfall as SVG.

use std::fmt::Write as _;

use super::rows::{Bar, Phase, Row};
use super::{Waterfall, shown};

const WIDTH: f64 = 960.0;
const ROW: f64 = 24.0;
/// Where the bars begin, and how long they may be.
const LEFT: f64 = 340.0;
const SPAN: f64 = 530.0;
const TOP: f64 = 40.0;

/// Characters of a label that fit before the bars.
const LABEL: usize = 34;

const STYLE: &str = "\
svg{background:#fff;font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}\
text{fill:#1f2328}.dim{fill:#656d76}.line{stroke:#d0d7de}\
.queue{fill:#d0d7de}.lookup{fill:#1b7c83}.connect{fill:#bf8700}.tls{fill:#8250df}\
.request{fill:#0969da}.wait{fill:#8c959f}.response{fill:#1a7f37}\
@media(prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}.dim{fill:#8d96a0}\
.line{stroke:#30363d}.queue{fill:#30363d}.lookup{fill:#39c5cf}.connect{fill:#d29922}\
.tls{fill:#a371f7}.request{fill:#58a6ff}.wait{fill:#6e7681}.response{fill:#3fb950}}";

impl Waterfall {
    /// The picture as a document of its own, for light and dark surroundings.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let height = TOP + ROW * self.rows.len() as f64 + 16.0;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
             <title>Waterfall of transfers</title>\n<style>{STYLE}</style>\n"
        );
        svg.push_str(&legend());
        svg.push_str(&self.grid(height));
        for (number, row) in self.rows.iter().enumerate() {
            svg.push_str(&self.row(row, TOP + ROW * number as f64));
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn grid(&self, height: f64) -> String {
        let mut grid = String::new();
        for quarter in 0..=4_u32 {
            let x = LEFT + SPAN * f64::from(quarter) / 4.0;
            let time = shown(self.length / 4 * quarter);
            let bottom = height - 14.0;
            // Writing to a string does not fail.
            let _ = writeln!(
                grid,
                "<line class=\"line\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\
                 <text class=\"dim\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{time}</text>",
                height - 2.0
            );
        }
        grid
    }

    fn row(&self, row: &Row, y: f64) -> String {
        let baseline = y + 16.0;
        let label = escaped(&shortened(&row.label));
        let mut drawn = format!(
            "<g><title>{} {}</title><text x=\"12\" y=\"{baseline}\">{label}</text>\n",
            escaped(&row.label),
            escaped(&row.note)
        );
        for bar in &row.bars {
            drawn.push_str(&self.bar(bar, y));
        }
        let _ = writeln!(
            drawn,
            "<text class=\"dim\" x=\"{}\" y=\"{baseline}\" text-anchor=\"end\">{}</text></g>",
            WIDTH - 12.0,
            shown(row.took)
        );
        drawn
    }

    fn bar(&self, bar: &Bar, y: f64) -> String {
        let (from, to) = (self.position(bar.start), self.position(bar.end));
        let (class, time) = (bar.phase.class(), shown(bar.end - bar.start));
        let thin = matches!(bar.phase, Phase::Queue | Phase::Wait);
        let (top, height) = if thin {
            (y + 9.0, 6.0)
        } else {
            (y + 5.0, 14.0)
        };
        let (x, width) = (LEFT + SPAN * from, (SPAN * (to - from)).max(1.0));
        format!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{top}\" width=\"{width:.1}\" height=\"{height}\">\
             <title>{} {time}</title></rect>\n",
            bar.phase.name()
        )
    }
}

impl Phase {
    const fn class(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Queue
            | Self::Lookup
            | Self::Connect
            | Self::Request
            | Self::Wait
            | Self::Response => self.name(),
        }
    }
}

fn legend() -> String {
    let mut legend = String::new();
    let mut x = 12.0;
    for phase in Phase::ALL {
        let _ = writeln!(
            legend,
            "<rect class=\"{}\" x=\"{x}\" y=\"12\" width=\"12\" height=\"12\"/>\
             <text x=\"{}\" y=\"22\">{}</text>",
            phase.class(),
            x + 18.0,
            phase.name()
        );
        x += 104.0;
    }
    legend
}

fn shortened(text: &str) -> String {
    let length = text.chars().count();
    if length <= LABEL {
        return text.to_owned();
    }
    let head = text.chars().take(LABEL / 2);
    let tail = text.chars().skip(length + LABEL / 2 + 1 - LABEL);
    head.chain(std::iter::once('…')).chain(tail).collect()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
