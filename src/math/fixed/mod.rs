//! Bases that are raised to many powers: g2, B, E of a realm, the points of hot attributes.
//! (SPEC `[MATH-11]`)
//!
//! A table is made when it pays: the first powers of a base take the plain way, so that a program
//! that encrypts once does not make tables for a thousand times. What that gives away is how often
//! a public base was used.

pub(super) mod comb;
mod curve;
mod digits;
mod torus;

use alloc::boxed::Box;
use core::sync::atomic::{AtomicU32, Ordering};

use once_cell::race::OnceBox;
use zeroize::Zeroize;

use super::Active;
use super::backend::Backend;
use super::group::{G1, G2};
use super::gt::Gt;
use super::scalar::Scalar;
use crate::secret::{Secret, opaque_debug};
use comb::{Comb, Group, Shape};
pub(super) use curve::{OnG1, OnG2};
pub(super) use digits::{Column, Digits};
pub(super) use torus::OnGt;

/// 129 KB in G1, 258 KB in G2: 43 additions, no doubling.
const LARGE: Shape = Shape { teeth: 6, tables: 43, spread: 1 };
/// 227 KB in G1: 37 additions, no doubling. For thousands of powers at a time.
const WIDE: Shape = Shape { teeth: 7, tables: 37, spread: 1 };
/// 33 KB in G1: 44 additions, three doublings. For bases of which there are many.
const COMPACT: Shape = Shape { teeth: 6, tables: 11, spread: 4 };
/// 240 KB in GT: 39 products, two squarings.
const TARGET: Shape = Shape { teeth: 7, tables: 13, spread: 3 };

/// Powers of one base before its table has paid for itself, roughly.
const USES_BEFORE_TABLE: u32 = 24;

/// The table of a base, once there is one.
struct Tables<G: Group> {
    shape: Shape,
    uses: AtomicU32,
    comb: OnceBox<Comb<G>>,
}

impl<G: Group> Tables<G> {
    fn new(shape: Shape) -> Self {
        Self { shape, uses: AtomicU32::new(0), comb: OnceBox::new() }
    }

    fn get(&self) -> Option<&Comb<G>> {
        self.comb.get()
    }

    fn prepare(&self, base: impl FnOnce() -> G::Element) -> &Comb<G> {
        self.comb.get_or_init(|| Box::new(Comb::new(&base(), self.shape)))
    }

    /// The table for one more power.
    fn for_use(&self, base: impl FnOnce() -> G::Element) -> Option<&Comb<G>> {
        if self.comb.get().is_none() && self.uses.fetch_add(1, Ordering::Relaxed) < USES_BEFORE_TABLE {
            return None;
        }
        Some(self.prepare(base))
    }
}

/// The signs of a secret scalar for a comb.
pub(super) fn digits<G: Group>(k: &Secret<Scalar>, comb: &Comb<G>) -> Digits {
    let bytes = Secret::new(k.expose_secret().to_bytes());
    Digits::new(bytes.expose_secret(), comb.shape())
}

/// A public base in G1, other than the identity.
pub struct FixedG1 {
    point: G1,
    tables: Tables<OnG1<Active>>,
    /// Whether it makes its table itself, or waits for [`FixedG1::prepare`].
    counts: bool,
}

impl FixedG1 {
    /// A base that makes a table of 129 KB when that pays.
    pub fn new(point: G1) -> Self {
        Self { point, tables: Tables::new(LARGE), counts: true }
    }

    /// A base of thousands of powers: a table of 227 KB, at the first use of [`FixedG1::pow_each`] or when that pays.
    pub fn wide(point: G1) -> Self {
        Self { point, tables: Tables::new(WIDE), counts: true }
    }

    /// One of many bases: a table of 33 KB, when [`FixedG1::prepare`] asks for it.
    pub fn compact(point: G1) -> Self {
        Self { point, tables: Tables::new(COMPACT), counts: false }
    }

    /// The base.
    pub fn point(&self) -> &G1 {
        &self.point
    }

    /// Makes the table now. It takes as long as six powers (`compact`), twenty, or
    /// forty (`wide`).
    pub fn prepare(&self) {
        self.tables.prepare(|| self.element());
    }

    /// Bytes of the table; 0 before there is one.
    pub fn table_bytes(&self) -> usize {
        self.tables.get().map_or(0, Comb::bytes)
    }

    /// base^k, constant time. (SPEC `[MATH-10]`)
    pub fn pow(&self, k: &Secret<Scalar>) -> G1 {
        match self.comb().and_then(|comb| comb.pow(&digits(k, comb))) {
            Some(mut sum) => {
                let power = G1(Active::p1_to_affine(&sum));
                sum.zeroize();
                power
            }
            None => self.point.pow(k),
        }
    }

    /// The table for one more power.
    pub(super) fn comb(&self) -> Option<&Comb<OnG1<Active>>> {
        if self.counts { self.tables.for_use(|| self.element()) } else { self.tables.get() }
    }

    /// The table for `uses` more powers at once: made now if they pay for it.
    pub(super) fn comb_for(&self, uses: usize) -> Option<&Comb<OnG1<Active>>> {
        let pays = self.counts && uses >= USES_BEFORE_TABLE as usize;
        if pays { Some(self.tables.prepare(|| self.element())) } else { self.comb() }
    }

    fn element(&self) -> <Active as Backend>::P1 {
        Active::p1_from_affine(&self.point.0)
    }
}

/// A public base in G2, other than the identity.
pub struct FixedG2 {
    point: G2,
    tables: Tables<OnG2<Active>>,
}

impl FixedG2 {
    /// A base that makes a table of 258 KB when that pays.
    pub fn new(point: G2) -> Self {
        Self { point, tables: Tables::new(LARGE) }
    }

    /// The generator g2, with the one table of this process.
    pub fn generator() -> &'static Self {
        static GENERATOR: OnceBox<FixedG2> = OnceBox::new();
        GENERATOR.get_or_init(|| Box::new(Self::new(G2::generator())))
    }

    /// The base.
    pub fn point(&self) -> &G2 {
        &self.point
    }

    /// Makes the table now. It takes as long as about fifteen powers.
    pub fn prepare(&self) {
        self.tables.prepare(|| Active::p2_from_affine(&self.point.0));
    }

    /// base^k, constant time. (SPEC `[MATH-10]`)
    pub fn pow(&self, k: &Secret<Scalar>) -> G2 {
        let comb = self.tables.for_use(|| Active::p2_from_affine(&self.point.0));
        match comb.and_then(|comb| comb.pow(&digits(k, comb))) {
            Some(mut sum) => {
                let power = G2(Active::p2_to_affine(&sum));
                sum.zeroize();
                power
            }
            None => self.point.pow(k),
        }
    }
}

/// A public base in GT, other than 1.
pub struct FixedGt {
    element: Gt,
    tables: Tables<OnGt<Active>>,
}

impl FixedGt {
    /// A base that makes a table of 240 KB when that pays.
    pub fn new(element: Gt) -> Self {
        Self { element, tables: Tables::new(TARGET) }
    }

    /// The base.
    pub fn element(&self) -> &Gt {
        &self.element
    }

    /// Makes the table now. It takes as long as about ten powers.
    pub fn prepare(&self) {
        self.tables.prepare(|| self.element.0);
    }

    /// base^k, constant time. (SPEC `[MATH-10]`)
    pub fn pow(&self, k: &Secret<Scalar>) -> Gt {
        let comb = self.tables.for_use(|| self.element.0);
        match comb.and_then(|comb| comb.pow(&digits(k, comb))) {
            Some(mut sum) => {
                let power = Gt(sum.to_field());
                sum.zeroize();
                power
            }
            None => self.element.pow(k),
        }
    }

    /// Whether base^k is `power`, constant time: cheaper than to compute it.
    pub fn power_is(&self, k: &Secret<Scalar>, power: &Gt) -> bool {
        let comb = self.tables.for_use(|| self.element.0);
        match comb.and_then(|comb| comb.pow(&digits(k, comb))) {
            Some(mut sum) => {
                let equal = sum.is(&power.0);
                sum.zeroize();
                equal
            }
            None => Secret::new(self.element.pow(k)).expose_secret().ct_eq(power),
        }
    }
}

opaque_debug!(FixedG1, FixedG2, FixedGt);

#[cfg(test)]
mod tests;
