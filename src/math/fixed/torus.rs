//! Combs in GT, in the algebraic torus T2. (SPEC `[MATH-12]`)
//!
//! An f = c₀ + c₁w of the cyclotomic subgroup has norm 1 over GF(q⁶), so that for c₁ ≠ 0 it is
//! (a + w)/(a - w) with a = (1 + c₀)/c₁: one coordinate in GF(q⁶) in place of two (Rubin and Silverberg,
//! "Torus-based cryptography", 2003). A table of such coordinates is half as large, and a product with one costs two
//! multiplications in GF(q⁶) in place of three. The sum stays projective, (x₀ : x₁) for (x₀ + x₁w)/(x₀ - x₁w),
//! which has no exceptional case; one inversion at the end leads back, and a comparison needs none.

use alloc::vec::Vec;
use core::marker::PhantomData;

use zeroize::Zeroize;

use super::comb::Group;
use super::digits::Column;
use crate::math::backend::Backend;

/// GT over a backend.
pub(crate) struct OnGt<B>(PhantomData<B>);

/// (x₀ : x₁).
pub(crate) struct Projective<B: Backend> {
    x0: B::F6,
    x1: B::F6,
}

impl<B: Backend> Zeroize for Projective<B> {
    fn zeroize(&mut self) {
        self.x0.zeroize();
        self.x1.zeroize();
    }
}

impl<B: Backend> Projective<B> {
    /// (x₀ + x₁w)/(x₀ - x₁w).
    pub(crate) fn to_field(&self) -> B::F12 {
        let numerator = B::f12_from_parts(&self.x0, &self.x1);
        B::f12_mul(&numerator, &B::f12_inverse(&B::f12_conjugate(&numerator)))
    }

    /// Whether f = (x₀ + x₁w)/(x₀ - x₁w), without the inversion: the denominator is never 0.
    pub(crate) fn is(&self, f: &B::F12) -> bool {
        let numerator = B::f12_from_parts(&self.x0, &self.x1);
        B::f12_eq(&B::f12_mul(f, &B::f12_conjugate(&numerator)), &numerator)
    }
}

impl<B: Backend> Group for OnGt<B> {
    type Element = B::F12;
    type Entry = B::F6;
    type Sum = Projective<B>;

    fn double(a: &B::F12) -> B::F12 {
        B::f12_cyclotomic_square(a)
    }

    fn add(a: &B::F12, b: &B::F12) -> B::F12 {
        B::f12_mul(a, b)
    }

    fn neg(a: &B::F12) -> B::F12 {
        B::f12_conjugate(a)
    }

    /// a = (1 + c₀)/c₁ for all of them, with one inversion. Only 1 and -1 have c₁ = 0; the first is
    /// excluded and the second is not in GT.
    fn entries(elements: &[B::F12]) -> Vec<B::F6> {
        let parts: Vec<(B::F6, B::F6)> = elements.iter().map(B::f12_parts).collect();
        let mut product = B::f6_one();
        let mut before = Vec::with_capacity(parts.len());
        for (_, c1) in &parts {
            before.push(product);
            product = B::f6_mul(&product, c1);
        }
        let zero = B::f6_zero();
        let (mut inverse, _) = B::f12_parts(&B::f12_inverse(&B::f12_from_parts(&product, &zero)));
        let one = B::f6_one();
        let mut entries: Vec<B::F6> = Vec::with_capacity(parts.len());
        for ((c0, c1), before) in parts.iter().zip(&before).rev() {
            entries.push(B::f6_mul(&B::f6_add(&one, c0), &B::f6_mul(&inverse, before)));
            inverse = B::f6_mul(&inverse, c1);
        }
        entries.reverse();
        entries
    }

    /// The inverse of (a + w)/(a - w) is that of -a.
    fn lookup(table: &[B::F6], column: Column) -> B::F6 {
        B::f6_lookup(table, column.index, column.negative)
    }

    fn start(entry: &B::F6) -> Projective<B> {
        Projective { x0: *entry, x1: B::f6_one() }
    }

    /// (x₀² + v·x₁² : 2x₀x₁), since w² = v.
    fn double_sum(sum: &mut Projective<B>) {
        let Projective { x0, x1 } = &*sum;
        let product = B::f6_mul(x0, x1);
        // (x₀ + x₁)(x₀ + v·x₁) = x₀² + v·x₁² + (1 + v)x₀x₁.
        let both = B::f6_mul(&B::f6_add(x0, x1), &B::f6_add(x0, &B::f6_mul_by_v(x1)));
        let mixed = B::f6_add(&product, &B::f6_mul_by_v(&product));
        *sum = Projective { x0: B::f6_sub(&both, &mixed), x1: B::f6_add(&product, &product) };
    }

    /// (a·x₀ + v·x₁ : x₀ + a·x₁).
    fn add_entry(sum: &mut Projective<B>, a: &B::F6) {
        let Projective { x0, x1 } = &*sum;
        *sum = Projective {
            x0: B::f6_add(&B::f6_mul(x0, a), &B::f6_mul_by_v(x1)),
            x1: B::f6_add(x0, &B::f6_mul(x1, a)),
        };
    }
}
