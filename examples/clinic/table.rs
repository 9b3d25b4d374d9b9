//! Drawing on the terminal.

use std::fmt;
use std::io::IsTerminal;
use std::time::Duration;

/// Colours, on a terminal whose user has not asked for none.
#[derive(Clone, Copy)]
pub struct Style {
    colour: bool,
}

impl Style {
    pub fn of_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { colour: std::io::stdout().is_terminal() && !unwanted }
    }

    #[cfg(test)]
    pub const PLAIN: Self = Self { colour: false };

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub fn heading(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub fn alarm(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// `opened` of `tried`: all, none, or some.
    fn share(self, opened: usize, tried: usize, padded: &str) -> String {
        match opened {
            0 => self.paint("31", padded),
            _ if opened == tried => self.paint("32", padded),
            _ => self.paint("33", padded),
        }
    }
}

/// A table with a first column of names, and others of numbers.
pub struct Table {
    style: Style,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<'a>(style: Style, head: impl IntoIterator<Item = &'a str>) -> Self {
        Self { style, head: head.into_iter().map(str::to_owned).collect(), rows: Vec::new() }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// A cell such as `3/8` gets a colour.
    fn painted(&self, cell: &str, padded: &str) -> String {
        let numbers = cell
            .split_once('/')
            .and_then(|(opened, tried)| Some((opened.parse::<usize>().ok()?, tried.parse::<usize>().ok()?)));
        match numbers {
            Some((opened, tried)) => self.style.share(opened, tried, padded),
            None => padded.to_owned(),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            let cells = self.rows.iter().chain([&self.head]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let rule = |left: &str, cross: &str, right: &str| {
            let bars: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
            format!("   {left}{}{right}", bars.join(cross))
        };
        let pad = |column: usize, cell: &str| match column {
            0 => format!("{cell:width$}", width = widths[0]),
            _ => format!("{cell:>width$}", width = widths[column]),
        };
        let head = self.head.iter().enumerate();
        let head: Vec<String> = head.map(|(at, cell)| self.style.heading(&pad(at, cell))).collect();
        writeln!(f, "{}\n   │ {} │", rule("┌", "┬", "┐"), head.join(" │ "))?;
        writeln!(f, "{}", rule("├", "┼", "┤"))?;
        for row in &self.rows {
            let cells = row.iter().enumerate().map(|(at, cell)| self.painted(cell, &pad(at, cell)));
            writeln!(f, "   │ {} │", cells.collect::<Vec<_>>().join(" │ "))?;
        }
        write!(f, "{}", rule("└", "┴", "┘"))
    }
}

/// `12 µs`, `3.4 ms`, `1.25 s`.
pub fn time(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        _ if seconds < 1e-3 => format!("{:.0} µs", seconds * 1e6),
        _ if seconds < 1.0 => format!("{:.1} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

/// The part of `total` that falls to one of `count`; nothing of nothing is nothing.
pub fn each(total: Duration, count: usize) -> Duration {
    u32::try_from(count).ok().and_then(|count| total.checked_div(count)).unwrap_or_default()
}

/// `17,846,021`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 patient`, `2 patients`.
pub fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// `1.4 KB`, `33.6 MB`.
pub fn bytes(number: u64) -> String {
    match number {
        0..1000 => format!("{number} B"),
        1000..1_000_000 => format!("{:.1} KB", number as f64 / 1e3),
        _ => format!("{:.1} MB", number as f64 / 1e6),
    }
}
