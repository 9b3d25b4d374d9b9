//! Drawing on the terminal.

use std::io::IsTerminal;
use std::time::Duration;

use crate::category::Category;
use crate::clinic::{Attempts, Cell};

/// Colours, on a terminal whose user has not asked for none.
#[derive(Clone, Copy)]
pub struct Style {
    colour: bool,
}

impl Style {
    pub fn of_stdout() -> Self {
        Self { colour: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
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

    fn cell(self, cell: Cell, padded: &str) -> String {
        match cell.opened {
            0 => self.paint("31", padded),
            opened if opened == cell.tried => self.paint("32", padded),
            _ => self.paint("33", padded),
        }
    }
}

/// The table of who could open what: a row for each category that has records, then the sums.
pub fn who_can_open(people: &[&str], attempts: &[Attempts], style: Style) -> String {
    let mut rows: Vec<(&str, Vec<Cell>)> = Vec::new();
    for category in Category::ALL {
        let cells: Vec<Cell> =
            attempts.iter().filter_map(|attempts| attempts.cells.get(&category)).copied().collect();
        if !cells.is_empty() {
            rows.push((category.name(), cells));
        }
    }
    let sums = ("all", attempts.iter().map(total).collect());

    let text = |cell: &Cell| format!("{}/{}", cell.opened, cell.tried);
    let widest = rows.iter().chain([&sums]).flat_map(|(_, cells)| cells).map(|cell| text(cell).len());
    let width = widest.chain(people.iter().map(|person| person.len())).max().unwrap_or(0);
    let first = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max("category".len());

    let rule = |left: &str, cross: &str, right: &str| {
        let bars = people.iter().map(|_| "─".repeat(width + 2)).collect::<Vec<_>>();
        format!("{left}{}{cross}{}{right}\n", "─".repeat(first + 2), bars.join(cross))
    };
    let line = |(name, cells): &(&str, Vec<Cell>)| {
        let mut line = format!("│ {name:first$} │");
        for cell in cells {
            let padded = format!("{:>width$}", text(cell));
            line.push_str(&format!(" {} │", style.cell(*cell, &padded)));
        }
        line + "\n"
    };

    let mut table = rule("┌", "┬", "┐");
    table.push_str(&format!("│ {:first$} │", "category"));
    for person in people {
        let name = format!("{person:>width$}");
        table.push_str(&format!(" {} │", style.heading(&name)));
    }
    table.push('\n');
    table.push_str(&rule("├", "┼", "┤"));
    for row in &rows {
        table.push_str(&line(row));
    }
    table.push_str(&rule("├", "┼", "┤"));
    table.push_str(&line(&sums));
    table.push_str(&rule("└", "┴", "┘"));
    table
}

fn total(attempts: &Attempts) -> Cell {
    attempts.cells.values().fold(Cell::default(), |sum, cell| Cell {
        opened: sum.opened + cell.opened,
        tried: sum.tried + cell.tried,
    })
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
