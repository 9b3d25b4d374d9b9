//! Products in GF(q⁶) and GF(q¹²), and the final exponentiation.
//!
//! arkworks multiplies in GF(q²) with four products, summed before they are reduced, and squares in
//! the cyclotomic subgroup with such products. Karatsuba's three products and two for a square take less
//! time on 64-bit machines, and almost all of a final exponentiation is cyclotomic squares.

use ark_bls12_381::{Fq2, Fq6, Fq12};
use ark_ff::{AdditiveGroup, Field};

use super::inverse::Invert;
use crate::math::base_x::ABS_X;

// Not copied into its many callers, which would overflow the cache of instructions.
#[inline(never)]
fn product(a: &Fq2, b: &Fq2) -> Fq2 {
    let (v0, v1) = (a.c0 * b.c0, a.c1 * b.c1);
    Fq2::new(v0 - v1, (a.c0 + a.c1) * (b.c0 + b.c1) - v0 - v1)
}

#[inline(never)]
fn square(a: &Fq2) -> Fq2 {
    Fq2::new((a.c0 + a.c1) * (a.c0 - a.c1), (a.c0 * a.c1).double())
}

/// a·ξ, where ξ = 1 + u.
#[inline]
fn times_xi(a: &Fq2) -> Fq2 {
    Fq2::new(a.c0 - a.c1, a.c0 + a.c1)
}

/// a·v, where v³ = ξ.
pub(super) fn times_v(a: &Fq6) -> Fq6 {
    Fq6::new(times_xi(&a.c2), a.c0, a.c1)
}

pub(super) fn f6_product(a: &Fq6, b: &Fq6) -> Fq6 {
    let (v0, v1, v2) = (product(&a.c0, &b.c0), product(&a.c1, &b.c1), product(&a.c2, &b.c2));
    let c0 = product(&(a.c1 + a.c2), &(b.c1 + b.c2)) - v1 - v2;
    let c1 = product(&(a.c0 + a.c1), &(b.c0 + b.c1)) - v0 - v1;
    let c2 = product(&(a.c0 + a.c2), &(b.c0 + b.c2)) - v0 - v2;
    Fq6::new(times_xi(&c0) + v0, c1 + times_xi(&v2), c2 + v1)
}

pub(super) fn f12_product(a: &Fq12, b: &Fq12) -> Fq12 {
    let (v0, v1) = (f6_product(&a.c0, &b.c0), f6_product(&a.c1, &b.c1));
    let cross = f6_product(&(a.c0 + a.c1), &(b.c0 + b.c1));
    Fq12::new(times_v(&v1) + v0, cross - v0 - v1)
}

pub(super) fn f12_square(a: &Fq12) -> Fq12 {
    let product = f6_product(&a.c0, &a.c1);
    let sum = f6_product(&(a.c0 + a.c1), &(a.c0 + times_v(&a.c1)));
    Fq12::new(sum - product - times_v(&product), product.double())
}

/// a·(c₀ + c₁v + c₄vw).
pub(super) fn f12_times_line(a: &Fq12, c0: &Fq2, c1: &Fq2, c4: &Fq2) -> Fq12 {
    let v0 = f6_times_sparse(&a.c0, c0, c1);
    let v1 = times_v(&Fq6::new(product(&a.c1.c0, c4), product(&a.c1.c1, c4), product(&a.c1.c2, c4)));
    let cross = f6_times_sparse(&(a.c0 + a.c1), c0, &(*c1 + c4));
    Fq12::new(times_v(&v1) + v0, cross - v0 - v1)
}

/// a·(c₀ + c₁v).
fn f6_times_sparse(a: &Fq6, c0: &Fq2, c1: &Fq2) -> Fq6 {
    let (v0, v1) = (product(&a.c0, c0), product(&a.c1, c1));
    let cross = product(&(a.c0 + a.c1), &(*c0 + c1));
    let (high, low) = (product(&a.c2, c1), product(&a.c2, c0));
    Fq6::new(times_xi(&high) + v0, cross - v0 - v1, low + v1)
}

/// 1/a, and 0 for 0: by the norms to GF(q⁶) and GF(q²).
pub(super) fn f12_inverse(a: &Fq12) -> Fq12 {
    let norm = f6_product(&a.c0, &a.c0) - times_v(&f6_product(&a.c1, &a.c1));
    let t0 = square(&norm.c0) - times_xi(&product(&norm.c1, &norm.c2));
    let t1 = times_xi(&square(&norm.c2)) - product(&norm.c0, &norm.c1);
    let t2 = square(&norm.c1) - product(&norm.c0, &norm.c2);
    let cross = product(&norm.c2, &t1) + product(&norm.c1, &t2);
    let inverse = (product(&norm.c0, &t0) + times_xi(&cross)).invert();
    let norm = Fq6::new(product(&t0, &inverse), product(&t1, &inverse), product(&t2, &inverse));
    Fq12::new(f6_product(&a.c0, &norm), -f6_product(&a.c1, &norm))
}

/// a² in the cyclotomic subgroup. (Granger and Scott, "Faster squaring in the cyclotomic subgroup of
/// sixth degree extensions", 2010)
///
/// As three elements of GF(q⁴), a is (A, B, C) and a² is (3A² - 2Ā, 3√ξ·C² + 2B̄, 3B² - 2C̄).
pub(super) fn cyclotomic_square(a: &Fq12) -> Fq12 {
    let (x, y) = (&a.c0, &a.c1);
    let (a0, a1) = f4_square(&x.c0, &y.c1);
    let (b0, b1) = f4_square(&y.c0, &x.c2);
    let (c0, c1) = f4_square(&x.c1, &y.c2);
    let minus = |new: Fq2, old: Fq2| (new - old).double() + new;
    let plus = |new: Fq2, old: Fq2| (new + old).double() + new;
    Fq12::new(
        Fq6::new(minus(a0, x.c0), minus(b0, x.c1), minus(c0, x.c2)),
        Fq6::new(plus(times_xi(&c1), y.c0), plus(a1, y.c1), plus(b1, y.c2)),
    )
}

/// (a + b·s)² = a² + ξb² + 2ab·s, where s² = ξ.
#[inline]
fn f4_square(a: &Fq2, b: &Fq2) -> (Fq2, Fq2) {
    let (a2, b2) = (square(a), square(b));
    (times_xi(&b2) + a2, square(&(*a + b)) - a2 - b2)
}

/// f^(3(q¹² - 1)/p), and 0 for 0.
///
/// (q⁶ - 1)(q² + 1) leads into the cyclotomic subgroup, where conjugation inverts. The rest is
/// 3(q⁴ - q² + 1)/p = (x - 1)²(x + q)(x² + q² - 1) + 3. (Hayashida, Hayasaka and Teruya, "Efficient
/// final exponentiation via cyclotomic structure for pairings over families of elliptic curves", 2020)
pub(super) fn final_exponentiation(f: &Fq12) -> Fq12 {
    let f = f12_product(&conjugate(f), &f12_inverse(f));
    let f = f12_product(&f.frobenius_map(2), &f);
    let g = f12_product(&power_x(&f), &conjugate(&f));
    let g = f12_product(&power_x(&g), &conjugate(&g));
    let g = f12_product(&power_x(&g), &g.frobenius_map(1));
    let h = f12_product(&power_x(&power_x(&g)), &g.frobenius_map(2));
    let h = f12_product(&h, &conjugate(&g));
    f12_product(&h, &f12_product(&cyclotomic_square(&f), &f))
}

pub(super) fn conjugate(a: &Fq12) -> Fq12 {
    Fq12::new(a.c0, -a.c1)
}

/// a^x in the cyclotomic subgroup; x is negative.
fn power_x(a: &Fq12) -> Fq12 {
    let mut power = *a;
    for bit in (0..63).rev() {
        power = cyclotomic_square(&power);
        if (ABS_X >> bit) & 1 == 1 {
            power = f12_product(&power, a);
        }
    }
    conjugate(&power)
}

#[cfg(test)]
mod tests {
    use ark_bls12_381::{Bls12_381, Fq};
    use ark_ec::pairing::{MillerLoopOutput, Pairing};

    use super::*;

    fn elements(count: usize) -> alloc::vec::Vec<Fq12> {
        let mut a = Fq::from(0x9e37_79b9_7f4a_7c15_u64);
        let mut fq2 = || {
            let b = a.square() + Fq::ONE;
            a = b.square() + Fq::ONE;
            Fq2::new(a, b)
        };
        let mut fq6 = || Fq6::new(fq2(), fq2(), fq2());
        let mut elements = alloc::vec![Fq12::ZERO, Fq12::ONE, -Fq12::ONE];
        elements.extend((0..count).map(|_| Fq12::new(fq6(), fq6())));
        elements
    }

    #[test]
    fn agrees_with_arkworks() {
        let elements = elements(20);
        for a in &elements {
            assert_eq!(f12_square(a), a.square());
            assert_eq!(f12_inverse(a), a.inverse().unwrap_or(Fq12::ZERO));
            for b in &elements {
                assert_eq!(f12_product(a, b), *a * b);
                assert_eq!(f6_product(&a.c0, &b.c1), a.c0 * b.c1);
                let (c0, c1, c4) = (b.c0.c1, b.c1.c2, b.c0.c0);
                let line = Fq12::new(Fq6::new(c0, c1, Fq2::ZERO), Fq6::new(Fq2::ZERO, c4, Fq2::ZERO));
                assert_eq!(f12_times_line(a, &c0, &c1, &c4), *a * line);
            }
        }
        for a in &elements[1..5] {
            let expected = Bls12_381::final_exponentiation(MillerLoopOutput(*a)).unwrap().0;
            assert_eq!(final_exponentiation(a), expected);
            assert_eq!(cyclotomic_square(&expected), expected.square());
        }
    }
}
