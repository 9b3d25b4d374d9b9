//! What was measured, and what the design asks for.

use serde_json::{Value, json};

use super::super::cpu_time;
use super::super::statistics::{quantile, significant};
use super::super::table::{figure, table};
use super::super::workload::clock::micros;
use crate::report::grouped;

/// What a bar is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    /// Microseconds of half of the samples.
    Median,
    /// Microseconds of 99 of 100 samples.
    P99,
    /// Transactions a second, in the median.
    Rate,
}

/// Bars of the design, for a log of a million transactions.
const BARS: [(&str, On, f64); 8] = [
    ("ledger-append-1", On::Median, 1_000.0),
    ("ledger-append-256", On::Rate, 30_000.0),
    ("prove", On::Median, 100.0),
    ("verify", On::Median, 15.0),
    ("audit-patient", On::P99, 50_000.0),
    ("account-verify", On::Median, 10_000.0),
    ("heads-rebuild", On::Median, 500_000.0),
    ("close-block", On::P99, 1_000_000.0),
];

/// Samples of one operation.
pub struct Figure {
    op: String,
    /// How large what it works on is.
    n: u64,
    /// Transactions of one operation.
    count: u64,
    micros: Vec<f64>,
    /// CPU time of the same samples: less than the time on the wall by what the disk and other programs take.
    cpu: Vec<f64>,
    bytes: u64,
    clock: &'static str,
}

impl Figure {
    /// Nothing yet of an operation by the clock on the wall.
    pub fn on_the_wall(op: &str, n: u64, count: u64) -> Self {
        Self { op: op.to_owned(), n, count, micros: Vec::new(), cpu: Vec::new(), bytes: 0, clock: "wall" }
    }

    /// Nothing yet of an operation in CPU time.
    pub fn of_cpu(op: &str, n: u64, count: u64) -> Self {
        Self { clock: "CPU", ..Self::on_the_wall(op, n, count) }
    }

    /// Runs an operation under the clock.
    pub fn time<T>(&mut self, operation: impl FnOnce() -> T) -> T {
        let (wall, cpu) = (std::time::Instant::now(), cpu_time());
        let result = operation();
        let (wall, cpu) = (wall.elapsed(), cpu_time().saturating_sub(cpu));
        self.cpu.push(micros(cpu));
        self.micros.push(micros(if self.clock == "wall" { wall } else { cpu }));
        result
    }

    /// Bytes of what is made or read.
    pub fn bytes(&mut self, bytes: usize) {
        self.bytes = bytes as u64;
    }

    fn rate(&self) -> f64 {
        self.count as f64 * 1e6 / quantile(&self.micros, 0.5)
    }

    fn value(&self, on: On) -> f64 {
        match on {
            On::Median => quantile(&self.micros, 0.5),
            On::P99 => quantile(&self.micros, 0.99),
            On::Rate => self.rate(),
        }
    }

    /// The bars on it, with what was measured, and whether they are met.
    fn bars(&self) -> impl Iterator<Item = (On, f64, f64, bool)> {
        let about = |op: &str| {
            self.op == op
                || self.op.strip_prefix(op).is_some_and(|rest| {
                    rest.strip_prefix('-').is_some_and(|n| n.bytes().all(|byte| byte.is_ascii_digit()))
                        && op == "account-verify"
                })
        };
        let bars = BARS.into_iter().filter(move |(op, ..)| about(op));
        bars.map(|(_, on, bar)| {
            let value = self.value(on);
            (on, value, bar, if on == On::Rate { value >= bar } else { value <= bar })
        })
    }

    pub fn to_json(&self) -> Value {
        let number = |value: f64| json!(significant(value, 5));
        json!({
            "op": self.op,
            "n": self.n,
            "samples": self.micros.len(),
            "median_us": number(self.value(On::Median)),
            "cpu_us": number(quantile(&self.cpu, 0.5)),
            "p99_us": number(self.value(On::P99)),
            "per_second": number(self.rate()),
            "transactions": self.count,
            "bytes": self.bytes,
            "clock": self.clock,
        })
    }

    pub fn bars_to_json(&self) -> Vec<Value> {
        let bar = |(on, value, bar, met): (On, f64, f64, bool)| {
            let (what, which) = match on {
                On::Median => ("median_us", "at_most"),
                On::P99 => ("p99_us", "at_most"),
                On::Rate => ("per_second", "at_least"),
            };
            json!({ "op": self.op, "on": what, "measured": significant(value, 5), which: bar, "met": met })
        };
        self.bars().map(bar).collect()
    }
}

pub fn to_text(figures: &[Figure]) -> String {
    let row = |of: &Figure| {
        vec![
            of.op.clone(),
            grouped(&of.n.to_string()),
            figure(of.value(On::Median)),
            figure(of.value(On::P99)),
            figure(quantile(&of.cpu, 0.5)),
            if of.count == 0 { String::new() } else { figure(of.rate()) },
            if of.bytes == 0 { String::new() } else { grouped(&of.bytes.to_string()) },
            of.clock.to_owned(),
        ]
    };
    let names = ["operation", "n", "median µs", "p99 µs", "CPU µs", "a second", "bytes", "clock"];
    let measured = table(&names, &figures.iter().map(row).collect::<Vec<_>>());
    let bar = |of: &Figure| {
        let op = of.op.clone();
        of.bars()
            .map(move |(on, value, bar, met)| {
                let (what, limit) = match on {
                    On::Median => ("median µs", "at most"),
                    On::P99 => ("p99 µs", "at most"),
                    On::Rate => ("a second", "at least"),
                };
                let met = if met { "met" } else { "missed" };
                vec![
                    op.clone(),
                    what.to_owned(),
                    figure(value),
                    format!("{limit} {}", figure(bar)),
                    met.to_owned(),
                ]
            })
            .collect::<Vec<_>>()
    };
    let bars: Vec<Vec<String>> = figures.iter().flat_map(bar).collect();
    format!("{measured}\n{}", table(&["operation", "of", "measured", "asked for", "bar"], &bars))
}
