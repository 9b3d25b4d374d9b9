//! Tables of verdicts: what each adversary gets.

use super::knowledge::{Knowledge, Target, Verdict};
use super::protocol::Context;

/// What an adversary may want, and in which context.
#[derive(Clone)]
pub struct Column {
    pub name: &'static str,
    pub context: Context,
    pub target: Target,
}

pub fn column(name: &'static str, context: Context, target: Target) -> Column {
    Column { name, context, target }
}

pub struct Row {
    pub who: &'static str,
    pub holds: Knowledge,
    pub expected: Vec<Verdict>,
}

/// A row of a table: who holds what, and the verdict for each column.
pub fn row<const N: usize>(who: &'static str, holds: Knowledge, expected: [Verdict; N]) -> Row {
    Row { who, holds, expected: expected.into() }
}

pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

impl Table {
    pub fn new<const N: usize>(columns: [Column; N], rows: impl IntoIterator<Item = Row>) -> Self {
        let table = Self { columns: columns.into(), rows: rows.into_iter().collect() };
        assert!(table.rows.iter().all(|row| row.expected.len() == N), "a verdict for each column");
        table
    }

    /// Every cell: its row, its column, what is expected.
    pub fn cells(&self) -> impl Iterator<Item = (&Row, &Column, Verdict)> {
        self.rows.iter().flat_map(|row| {
            row.expected.iter().zip(&self.columns).map(move |(verdict, column)| (row, column, *verdict))
        })
    }

    /// Every verdict is the expected one.
    pub fn check(&self) {
        let wrong: Vec<String> = self
            .cells()
            .filter_map(|(row, column, expected)| {
                let found = row.holds.verdict(&column.target);
                (found != expected)
                    .then(|| format!("{}: {} is {found:?}, expected {expected:?}", row.who, column.name))
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
