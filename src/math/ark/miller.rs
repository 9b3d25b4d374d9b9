//! The Miller loop over the lines that arkworks computes.

use alloc::vec::Vec;

use ark_bls12_381::{Config, Fq2, Fq12, G1Affine};
use ark_ec::AffineRepr;
use ark_ec::bls12::G2Prepared;
use ark_ff::Field;
use zeroize::Zeroize;

use super::tower::{conjugate, f12_square, f12_times_line};
use crate::math::base_x::ABS_X;

/// Π f_{x,Q}(P), where a pair with the identity counts as 1.
pub(super) fn miller_loop<'a>(pairs: impl IntoIterator<Item = (G1Affine, &'a G2Prepared<Config>)>) -> Fq12 {
    let finite = pairs.into_iter().filter(|(_, lines)| !lines.infinity);
    let mut pairs: Vec<_> =
        finite.filter_map(|(p, lines)| Some((p.xy()?, lines.ell_coeffs.iter()))).collect();
    let mut f = Fq12::ONE;
    for bit in (0..63).rev() {
        f = f12_square(&f);
        // The line of the doubling and, where the bit is set, that of the addition.
        for _ in 0..=((ABS_X >> bit) & 1) {
            for ((x, y), lines) in &mut pairs {
                if let Some((c0, c1, c4)) = lines.next() {
                    let (c1, c4) = (Fq2::new(c1.c0 * *x, c1.c1 * *x), Fq2::new(c4.c0 * *y, c4.c1 * *y));
                    f = f12_times_line(&f, c0, &c1, &c4);
                }
            }
        }
    }
    // What is paired may be a part of a key.
    for ((x, y), _) in &mut pairs {
        x.zeroize();
        y.zeroize();
    }
    // x is negative.
    conjugate(&f)
}
