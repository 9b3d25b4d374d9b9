//! What the design asks for, on a machine where a pairing takes 592 µs: other machines are scaled by their pairing.

use serde_json::{Value, json};

use super::super::results::Row;
use super::super::statistics::significant;
use super::super::table::{figure, table};

/// The pairing of the machine that the bars are of, in microseconds.
const PAIRING_US: f64 = 592.0;

/// A bar: what is measured, and how much it may take.
struct Bar {
    op: &'static str,
    /// Pairs of the index, if they matter.
    pairs: Option<u64>,
    /// A parameter that the row has.
    parameter: Option<(&'static str, &'static str)>,
    most_us: f64,
}

const fn bar(op: &'static str, most_us: f64) -> Bar {
    Bar { op, pairs: None, parameter: None, most_us }
}

const fn of(bar: Bar, name: &'static str, value: &'static str) -> Bar {
    Bar { parameter: Some((name, value)), ..bar }
}

const MILLION: Option<u64> = Some(1_000_000);

const BARS: [Bar; 12] = [
    bar("extract", 50.0),
    Bar { pairs: MILLION, ..bar("index-append", 2.0) },
    Bar { pairs: MILLION, ..bar("index-append-unsigned", 1.0) },
    of(bar("index-append-cold", 12_000.0), "writer", "lab"),
    of(bar("trapdoor-reader", 300.0), "batch", "1"),
    of(bar("trapdoor-verify", 800.0), "batch", "1"),
    of(bar("gate", 150.0), "batch", "1"),
    bar("entry-key-lab", 550.0),
    bar("revoke-r0-gate", 1_000.0),
    bar("revoke-r1-gate", 1_000.0),
    Bar { pairs: MILLION, ..bar("search-local-10000", 2_500.0) },
    Bar { pairs: MILLION, ..bar("search-remote-server", 0.060) },
];

/// A bar with what was measured, scaled to its machine.
pub struct Compared {
    op: &'static str,
    per: String,
    most_us: f64,
    scaled_us: f64,
}

/// Every bar that was measured.
pub fn compared(rows: &[Row]) -> Vec<Compared> {
    let compare = |bar: &Bar| {
        let row = rows.iter().find(|row| {
            let has =
                |(name, value): (&str, &str)| row.place.parameters.get(name).is_some_and(|has| has == value);
            row.place.op == bar.op
                && (bar.pairs.is_none() || row.place.n == bar.pairs)
                && bar.parameter.is_none_or(has)
        })?;
        let per = row.place.parameters_text();
        Some(Compared { op: bar.op, per, most_us: bar.most_us, scaled_us: row.pairings * PAIRING_US })
    };
    BARS.iter().filter_map(compare).collect()
}

impl Compared {
    fn is_met(&self) -> bool {
        self.scaled_us <= self.most_us
    }
}

pub fn to_json(bars: &[Compared]) -> Value {
    let one = |bar: &Compared| {
        json!({
            "op": bar.op,
            "parameters": bar.per,
            "at_most_us": bar.most_us,
            "scaled_us": significant(bar.scaled_us, 5),
            "met": bar.is_met(),
        })
    };
    bars.iter().map(one).collect()
}

pub fn to_text(bars: &[Compared]) -> String {
    if bars.is_empty() {
        return String::new();
    }
    let row = |bar: &Compared| {
        let met = if bar.is_met() { "met" } else { "missed" };
        vec![bar.op.to_owned(), figure(bar.scaled_us), figure(bar.most_us), met.to_owned(), bar.per.clone()]
    };
    let names = ["operation", "µs", "at most µs", "bar", "parameters"];
    let rows: Vec<Vec<String>> = bars.iter().map(row).collect();
    format!("scaled to a pairing of {PAIRING_US} µs\n{}", table(&names, &rows))
}
