//! The signed comb of Lim and Lee: powers of one base by look-ups in a table. (SPEC `[MATH-11]`)
//!
//! The places of a scalar are cut into `teeth` blocks of `spacing` places. A column takes one sign
//! of each block, and a table holds the sum of the base's multiples for each choice of signs. With
//! one table a power takes `spacing` additions and doublings; each further table (Lim and Lee,
//! "More flexible exponentiation with precomputation", 1994) takes over a share of the columns, until with
//! `spread` = 1 there are as many as columns and no doubling is left.

use alloc::vec::Vec;

use zeroize::Zeroize;

use super::digits::{Column, Digits};

/// A group in which combs are used. Bases and tables are public, exponents and sums secret.
pub(crate) trait Group {
    /// An element while the table is made.
    type Element: Copy;
    /// An element in the table.
    type Entry: Copy + Zeroize;
    /// An element while a power is formed.
    type Sum: Zeroize;

    fn double(a: &Self::Element) -> Self::Element;
    fn add(a: &Self::Element, b: &Self::Element) -> Self::Element;
    fn neg(a: &Self::Element) -> Self::Element;
    /// The entries of a table, from elements other than the identity.
    fn entries(elements: &[Self::Element]) -> Vec<Self::Entry>;

    /// An entry, or its inverse, without revealing which.
    fn lookup(table: &[Self::Entry], column: Column) -> Self::Entry;
    fn start(entry: &Self::Entry) -> Self::Sum;
    fn double_sum(sum: &mut Self::Sum);
    /// Complete: whatever the two are.
    fn add_entry(sum: &mut Self::Sum, entry: &Self::Entry);
}

/// The measures of a comb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Signs in a column; a table has 2^(teeth - 1) entries.
    pub(crate) teeth: usize,
    /// Tables, each for its share of the columns.
    pub(crate) tables: usize,
    /// Columns that share a table: one doubling between one and the next.
    pub(crate) spread: usize,
}

impl Shape {
    /// Columns: the distance of one tooth to the next.
    pub(crate) const fn spacing(self) -> usize {
        self.tables * self.spread
    }

    /// Places of a scalar, at least 255.
    pub(crate) const fn places(self) -> usize {
        self.teeth * self.spacing()
    }

    /// Entries of one table.
    pub(crate) const fn entries(self) -> usize {
        1 << (self.teeth - 1)
    }
}

/// The tables of a base.
pub(crate) struct Comb<G: Group> {
    shape: Shape,
    /// Table after table.
    entries: Vec<G::Entry>,
}

impl<G: Group> Comb<G> {
    /// The tables of a base of order p; in variable time.
    pub(crate) fn new(base: &G::Element, shape: Shape) -> Self {
        // base^(2^i), as far as they are needed.
        let mut powers = Vec::with_capacity(shape.places());
        let mut next = *base;
        for _ in 0..shape.places() {
            powers.push(next);
            next = G::double(&next);
        }
        let power = |place: usize| powers.get(place).copied().unwrap_or(*base);
        let mut elements: Vec<G::Element> = Vec::with_capacity(shape.tables * shape.entries());
        for first in (0..shape.tables).map(|table| table * shape.spread) {
            let start = elements.len();
            let place = |tooth: usize| tooth * shape.spacing() + first;
            let last = power(place(shape.teeth - 1));
            elements.push(
                (0..shape.teeth - 1).fold(last, |sum, tooth| G::add(&sum, &G::neg(&power(place(tooth))))),
            );
            for tooth in 0..shape.teeth - 1 {
                // Turning a minus into a plus adds twice the place.
                let twice = power(place(tooth) + 1);
                for index in start..elements.len() {
                    if let Some(element) = elements.get(index).copied() {
                        elements.push(G::add(&element, &twice));
                    }
                }
            }
        }
        Self { shape, entries: G::entries(&elements) }
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// Bytes that the tables take.
    pub(crate) fn bytes(&self) -> usize {
        core::mem::size_of_val(self.entries.as_slice())
    }

    /// The entries that a power is the sum of, but for `level` doublings of each.
    pub(crate) fn level<'a>(
        &'a self,
        digits: &'a Digits,
        level: usize,
    ) -> impl Iterator<Item = G::Entry> + 'a {
        self.look_ups(level).map(move |(table, column)| G::lookup(table, digits.column(column)))
    }

    /// The look-ups of a level: each table, and the column that is looked up in it.
    pub(crate) fn look_ups(&self, level: usize) -> impl Iterator<Item = (&[G::Entry], usize)> {
        let tables = self.entries.chunks_exact(self.shape.entries());
        tables.enumerate().map(move |(table, entries)| (entries, table * self.shape.spread + level))
    }

    /// base^k, in constant time.
    pub(crate) fn pow(&self, digits: &Digits) -> Option<G::Sum> {
        let mut sum: Option<G::Sum> = None;
        for level in (0..self.shape.spread).rev() {
            if let Some(sum) = &mut sum {
                G::double_sum(sum);
            }
            for mut entry in self.level(digits, level) {
                match &mut sum {
                    None => sum = Some(G::start(&entry)),
                    Some(sum) => G::add_entry(sum, &entry),
                }
                entry.zeroize();
            }
        }
        sum
    }
}
