//! Results for people.

use super::results::{Place, Results, Row};
use super::workload::grid::size;
use crate::report::grouped;

/// Lines of cells under a line of names; numbers stand on the right, a column without values is left out.
pub fn table(names: &[&str], left: usize, rows: &[Vec<String>]) -> String {
    let column = |index: usize| rows.iter().filter_map(move |row| row.get(index));
    let used: Vec<usize> =
        (0..names.len()).filter(|index| column(*index).any(|cell| !cell.is_empty())).collect();
    let width = |index: usize, name: &str| {
        column(index).map(|cell| cell.chars().count()).chain([name.chars().count()]).max().unwrap_or(0)
    };
    let mut text = String::new();
    let mut line = |cells: &[&str]| {
        let mut padded = String::new();
        for &index in &used {
            let cell = cells.get(index).copied().unwrap_or_default();
            let width = width(index, names.get(index).copied().unwrap_or_default());
            let cell = if cell.is_empty() { "-" } else { cell };
            padded.push_str(&if index < left {
                format!("{cell:<width$}  ")
            } else {
                format!("{cell:>width$}  ")
            });
        }
        text.push_str(padded.trim_end());
        text.push('\n');
    };
    line(names);
    for row in rows {
        line(&row.iter().map(String::as_str).collect::<Vec<_>>());
    }
    text
}

/// Names of the columns that say what a row is about; the first two are texts.
pub const PLACE: [&str; 6] = ["operation", "shape", "n", "temp", "payload", "parameters"];

pub fn place_cells(place: &Place) -> Vec<String> {
    vec![
        place.op.clone(),
        place.shape.clone().unwrap_or_default(),
        place.n.map(|n| grouped(&n.to_string())).unwrap_or_default(),
        place.temp.clone().unwrap_or_default(),
        place.payload.map(size).unwrap_or_default(),
        place.parameters_text(),
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
        let names = [&PLACE[..], &["median µs", "spread", "pairings", "bytes", "MB/s", "of aead"]].concat();
        let rows: Vec<Vec<String>> = self.rows.iter().map(cells).collect();
        text.push_str(&table(&names, 2, &rows));
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
        row.of_aead.map(|fraction| format!("{fraction:.2}")).unwrap_or_default(),
    ];
    place_cells(&row.place).into_iter().chain(figures).collect()
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
        let rows =
            [vec!["a".into(), "1".into(), String::new()], vec!["bcd".into(), String::new(), String::new()]];
        assert_eq!(table(&["op", "size", "none"], 1, &rows), "op   size\na       1\nbcd     -\n");
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
