//! Results for people.

use super::results::{Place, Results, Row};
use super::workload::grid::size;
use crate::report::grouped;

/// Columns of text; all others are numbers, and stand on the right.
const TEXTS: [&str; 4] = ["operation", "shape", "temp", "parameters"];

/// Lines of cells under a line of names; a column without values is left out.
pub fn table(names: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = vec![String::new(); rows.len() + 1];
    for (index, name) in names.iter().enumerate() {
        let cells: Vec<&str> = rows.iter().filter_map(|row| row.get(index)).map(String::as_str).collect();
        if cells.iter().all(|cell| cell.is_empty()) {
            continue;
        }
        let width = cells.iter().chain([name]).map(|cell| cell.chars().count()).max().unwrap_or(0);
        for (line, cell) in text.iter_mut().zip([*name].into_iter().chain(cells)) {
            let cell = if cell.is_empty() { "-" } else { cell };
            let padded =
                if TEXTS.contains(name) { format!("{cell:<width$}") } else { format!("{cell:>width$}") };
            line.push_str(&padded);
            line.push_str("  ");
        }
    }
    text.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The columns that say what a row is about: these, then figures, then [`PARAMETERS`].
pub const PLACE: [&str; 5] = ["operation", "shape", "n", "temp", "payload"];
pub const PARAMETERS: &str = "parameters";

pub fn place_cells(place: &Place) -> Vec<String> {
    vec![
        place.op.clone(),
        place.shape.clone().unwrap_or_default(),
        place.n.map(|n| grouped(&n.to_string())).unwrap_or_default(),
        place.temp.clone().unwrap_or_default(),
        place.payload.map(size).unwrap_or_default(),
    ]
}

impl Results {
    /// Where and how it was measured, and the table.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.machine.fields() {
            text.push_str(&format!("{name:<8} {value}\n"));
        }
        text.push_str(&format!("pairing  {} µs\n\n", figure(self.pairing_us)));
        let figures = ["median µs", "spread", "pairings", "bytes", "MB/s", "of aead", "of copy", PARAMETERS];
        let names = [&PLACE[..], &figures].concat();
        let rows: Vec<Vec<String>> = self.rows.iter().map(cells).collect();
        text.push_str(&table(&names, &rows));
        text
    }
}

fn cells(row: &Row) -> Vec<String> {
    let figures = [
        figure(row.median_us),
        format!("{:.1} %", row.spread),
        figure(row.pairings),
        grouped(&row.bytes.to_string()),
        row.mb_per_s.map(figure).unwrap_or_default(),
        fraction(row.of_aead),
        fraction(row.of_copy),
        row.place.parameters_text(),
    ];
    place_cells(&row.place).into_iter().chain(figures).collect()
}

fn fraction(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.2}")).unwrap_or_default()
}

/// A figure with at least three digits that count.
pub fn figure(value: f64) -> String {
    let decimals = (0..6).find(|decimals| value * 10f64.powi(*decimals) >= 99.95).unwrap_or(6);
    let text = format!("{value:.*}", usize::try_from(decimals).unwrap_or(0));
    match text.split_once('.') {
        Some((whole, decimals)) => format!("{}.{decimals}", grouped(whole)),
        None => grouped(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::results;
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        for (value, text) in [
            (1_234_567.8, "1,234,568"),
            (592.4, "592"),
            (99.96, "100"),
            (27.64, "27.6"),
            (9.999, "10.0"),
            (2.7, "2.70"),
            (0.055, "0.0550"),
            (0.000_21, "0.000210"),
        ] {
            assert_eq!(figure(value), text);
        }
    }

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let rows = [row(["and", "1", "", ""]), row(["mixed", "1,000", "", "cold"])];
        let expected = "shape      n  temp\nand        1  -\nmixed  1,000  cold\n";
        assert_eq!(table(&["shape", "n", "none", "temp"], &rows), expected);
    }

    #[test]
    fn the_table_names_machine_and_backend() {
        let results = results(&[("keygen", 1_000, 1_234.5)]);
        let text = results.to_text();
        for part in
            [&results.machine.cpu, hippocrypt::BACKEND, env!("CARGO_PKG_VERSION"), "1,000", "1,234", "2.06"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
