//! The portable backend: arkworks, in pure Rust. Not constant time at any layer.
//!
//! The folder holds what arkworks lacks or does slowly.

mod affine;
mod encoding;
mod endomorphism;
mod inverse;
mod miller;
mod root;
mod subgroup;
mod swu;
mod tower;
mod values;

use alloc::vec::Vec;

use ark_bls12_381::{
    Fq as ArkFq, Fq2, Fq6, Fq12, Fr as ArkFr, G1Affine, G1Projective, G2Affine, G2Projective,
};
use ark_ec::{AffineRepr, PrimeGroup};
use ark_ff::{AdditiveGroup, Field, Zero};
use ark_serialize::{CanonicalSerialize, Compress};
use zeroize::Zeroize;

use self::affine::{to_affine, to_affine_all};
use self::endomorphism::{multiply_g1, multiply_g2};
use self::inverse::Invert;
use self::miller::miller_loop;
use self::subgroup::{is_in_g1, is_in_g2};
use self::swu::map_to_g1;
use self::tower::{
    conjugate, cyclotomic_square, f6_product, f12_inverse, f12_product, final_exponentiation, times_v,
};
use self::values::{A1, A2, F6, F12, Fr, Lines, P1, P2};
use super::backend::Backend;

/// Marker type of the arkworks backend.
pub(crate) struct Ark;

/// An entry of a table, negated if asked for; `None` outside the table.
fn entry<T: Copy + core::ops::Neg<Output = T>>(
    mut table: impl Iterator<Item = T>,
    index: u64,
    negative: u64,
) -> Option<T> {
    let value = table.nth(usize::try_from(index).unwrap_or(usize::MAX))?;
    Some(if negative == 1 { -value } else { value })
}

impl Backend for Ark {
    const NAME: &'static str = "arkworks";
    const CONSTANT_TIME: bool = false;

    type Fr = Fr;
    type Fq = ArkFq;
    type P1 = P1;
    type A1 = A1;
    type P2 = P2;
    type A2 = A2;
    type F6 = F6;
    type F12 = F12;
    type Lines = Lines;

    fn fr_from_u64(value: u64) -> Fr {
        Fr(ArkFr::from(value))
    }

    fn fr_from_wide(bytes: &[u8; 48]) -> Fr {
        Fr(encoding::reduced(bytes))
    }

    fn fr_from_canonical(bytes: &[u8; 32]) -> Option<Fr> {
        encoding::canonical(bytes).map(Fr)
    }

    fn fr_to_bytes(a: &Fr) -> [u8; 32] {
        let mut bytes = [0; 32];
        encoding::write(&a.0, &mut bytes);
        bytes
    }

    fn fr_add(a: &Fr, b: &Fr) -> Fr {
        Fr(a.0 + b.0)
    }

    fn fr_sub(a: &Fr, b: &Fr) -> Fr {
        Fr(a.0 - b.0)
    }

    fn fr_mul(a: &Fr, b: &Fr) -> Fr {
        Fr(a.0 * b.0)
    }

    fn fr_inverse(a: &Fr) -> Fr {
        Fr(a.0.invert())
    }

    fn fq_one() -> ArkFq {
        ArkFq::ONE
    }

    fn fq_add_assign(a: &mut ArkFq, b: &ArkFq) {
        *a += b;
    }

    fn fq_sub_assign(a: &mut ArkFq, b: &ArkFq) {
        *a -= b;
    }

    fn fq_mul_assign(a: &mut ArkFq, b: &ArkFq) {
        *a *= b;
    }

    fn fq_sub_to(out: &mut ArkFq, a: &ArkFq, b: &ArkFq) {
        *out = *a - b;
    }

    fn fq_square_to(out: &mut ArkFq, a: &ArkFq) {
        *out = a.square();
    }

    fn fq_inverse(a: &ArkFq) -> ArkFq {
        a.invert()
    }

    fn fq_is_zero(a: &ArkFq) -> u64 {
        u64::from(a.is_zero())
    }

    fn p1_generator() -> P1 {
        P1(G1Projective::generator())
    }

    fn p1_identity() -> P1 {
        P1(G1Projective::default())
    }

    fn p1_add(a: &P1, b: &P1) -> P1 {
        P1(a.0 + b.0)
    }

    fn p1_add_affine(a: &P1, b: &A1) -> P1 {
        P1(a.0 + b.0)
    }

    fn p1_double(a: &P1) -> P1 {
        P1(a.0.double())
    }

    fn p1_neg(a: &P1) -> P1 {
        P1(-a.0)
    }

    fn p1_mul(a: &P1, k: &Fr) -> P1 {
        let mut bytes = Self::fr_to_bytes(k);
        let product = P1(multiply_g1(&a.0, &bytes));
        bytes.zeroize();
        product
    }

    fn p1_from_affine(a: &A1) -> P1 {
        P1(a.0.into())
    }

    fn p1_to_affine(a: &P1) -> A1 {
        A1(to_affine(&a.0))
    }

    fn p1_batch_to_affine(points: &[P1]) -> Vec<A1> {
        let mut affine = alloc::vec![G1Affine::identity(); points.len()];
        to_affine_all(points.iter().map(|point| &point.0), &mut affine);
        affine.into_iter().map(A1).collect()
    }

    fn a1_coordinates(a: &A1) -> (&ArkFq, &ArkFq) {
        (&a.0.x, &a.0.y)
    }

    fn a1_coordinates_mut(a: &mut A1) -> (&mut ArkFq, &mut ArkFq) {
        (&mut a.0.x, &mut a.0.y)
    }

    fn a1_endomorphism(a: &A1) -> A1 {
        A1(ark_bls12_381::g1::endomorphism(&a.0))
    }

    fn a1_lookup(table: &[A1], index: u64, negative: u64) -> A1 {
        A1(entry(table.iter().map(|point| point.0), index, negative).unwrap_or_default())
    }

    fn p1_select(a: &P1, b: &P1, choice: u64) -> P1 {
        if choice == 1 { *b } else { *a }
    }

    fn a1_select(a: &A1, b: &A1, choice: u64) -> A1 {
        if choice == 1 { *b } else { *a }
    }

    fn a1_is_identity(a: &A1) -> bool {
        a.0.is_zero()
    }

    fn a1_neg(a: &A1) -> A1 {
        A1(-a.0)
    }

    fn a1_eq(a: &A1, b: &A1) -> bool {
        a.0 == b.0
    }

    fn a1_compress(a: &A1) -> [u8; 48] {
        let mut bytes = [0; 48];
        let written = a.0.serialize_with_mode(bytes.as_mut_slice(), Compress::Yes);
        debug_assert!(written.is_ok());
        bytes
    }

    fn a1_decompress_on_curve(bytes: &[u8; 48]) -> Option<A1> {
        encoding::decompress_g1(bytes).map(A1)
    }

    fn a1_in_subgroup(a: &A1) -> bool {
        is_in_g1(&a.0)
    }

    fn map_to_p1(u: &[u8; 64], v: &[u8; 64]) -> P1 {
        P1(map_to_g1(&encoding::reduced(u), &encoding::reduced(v)))
    }

    fn p2_generator() -> P2 {
        P2(G2Projective::generator())
    }

    fn p2_identity() -> P2 {
        P2(G2Projective::default())
    }

    fn p2_add(a: &P2, b: &P2) -> P2 {
        P2(a.0 + b.0)
    }

    fn p2_add_affine(a: &P2, b: &A2) -> P2 {
        P2(a.0 + b.0)
    }

    fn p2_neg(a: &P2) -> P2 {
        P2(-a.0)
    }

    fn p2_double(a: &P2) -> P2 {
        P2(a.0.double())
    }

    fn p2_mul(a: &P2, k: &Fr) -> P2 {
        let mut bytes = Self::fr_to_bytes(k);
        let product = P2(multiply_g2(&a.0, &bytes));
        bytes.zeroize();
        product
    }

    fn p2_from_affine(a: &A2) -> P2 {
        P2(a.0.into())
    }

    fn p2_to_affine(a: &P2) -> A2 {
        A2(to_affine(&a.0))
    }

    fn p2_batch_to_affine_vartime(points: &[P2]) -> Vec<A2> {
        let mut affine = alloc::vec![G2Affine::identity(); points.len()];
        to_affine_all(points.iter().map(|point| &point.0), &mut affine);
        affine.into_iter().map(A2).collect()
    }

    fn a2_lookup(table: &[A2], index: u64, negative: u64) -> A2 {
        A2(entry(table.iter().map(|point| point.0), index, negative).unwrap_or_default())
    }

    fn a2_is_identity(a: &A2) -> bool {
        a.0.is_zero()
    }

    fn a2_eq(a: &A2, b: &A2) -> bool {
        a.0 == b.0
    }

    fn a2_compress(a: &A2) -> [u8; 96] {
        let mut bytes = [0; 96];
        let written = a.0.serialize_with_mode(bytes.as_mut_slice(), Compress::Yes);
        debug_assert!(written.is_ok());
        bytes
    }

    fn a2_decompress_on_curve(bytes: &[u8; 96]) -> Option<A2> {
        encoding::decompress_g2(bytes).map(A2)
    }

    fn a2_in_subgroup(a: &A2) -> bool {
        is_in_g2(&a.0)
    }

    fn f6_zero() -> F6 {
        F6(Fq6::ZERO)
    }

    fn f6_one() -> F6 {
        F6(Fq6::ONE)
    }

    fn f6_add(a: &F6, b: &F6) -> F6 {
        F6(a.0 + b.0)
    }

    fn f6_sub(a: &F6, b: &F6) -> F6 {
        F6(a.0 - b.0)
    }

    fn f6_mul(a: &F6, b: &F6) -> F6 {
        F6(f6_product(&a.0, &b.0))
    }

    fn f6_mul_by_v(a: &F6) -> F6 {
        F6(times_v(&a.0))
    }

    fn f6_lookup(table: &[F6], index: u64, negative: u64) -> F6 {
        F6(entry(table.iter().map(|value| value.0), index, negative).unwrap_or_default())
    }

    fn f12_from_parts(c0: &F6, c1: &F6) -> F12 {
        F12(Fq12::new(c0.0, c1.0))
    }

    fn f12_parts(a: &F12) -> (F6, F6) {
        (F6(a.0.c0), F6(a.0.c1))
    }

    fn f12_inverse(a: &F12) -> F12 {
        F12(f12_inverse(&a.0))
    }

    fn f12_one() -> F12 {
        F12(Fq12::ONE)
    }

    fn f12_mul(a: &F12, b: &F12) -> F12 {
        F12(f12_product(&a.0, &b.0))
    }

    fn f12_cyclotomic_square(a: &F12) -> F12 {
        F12(cyclotomic_square(&a.0))
    }

    fn f12_conjugate(a: &F12) -> F12 {
        F12(conjugate(&a.0))
    }

    fn f12_frobenius(a: &F12, power: usize) -> F12 {
        F12(a.0.frobenius_map(power))
    }

    fn f12_select(a: &F12, b: &F12, choice: u64) -> F12 {
        if choice == 1 { *b } else { *a }
    }

    fn f12_lookup(table: &[F12], index: u64) -> F12 {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        table.get(index).copied().unwrap_or(F12(Fq12::ZERO))
    }

    fn f12_eq(a: &F12, b: &F12) -> bool {
        a.0 == b.0
    }

    fn f12_to_bytes(a: &F12) -> [u8; 576] {
        let mut bytes = [0; 576];
        for (out, coordinate) in bytes.chunks_exact_mut(48).zip(a.0.to_base_prime_field_elements()) {
            encoding::write(&coordinate, out);
        }
        bytes
    }

    fn f12_from_bytes(bytes: &[u8; 576]) -> Option<F12> {
        let mut coordinates = bytes.chunks_exact(48).map(encoding::canonical);
        let mut next = || coordinates.next().flatten();
        let mut fq6 = || -> Option<Fq6> {
            let mut fq2 = || Some(Fq2::new(next()?, next()?));
            Some(Fq6::new(fq2()?, fq2()?, fq2()?))
        };
        Some(F12(Fq12::new(fq6()?, fq6()?)))
    }

    fn pairing_product(pairs: &[(A1, A2)]) -> F12 {
        let mut lines: Vec<Lines> = pairs.iter().map(|(_, q)| Self::lines(q)).collect();
        let miller = miller_loop(pairs.iter().zip(&lines).map(|((p, _), lines)| (p.0, &lines.0)));
        lines.zeroize();
        F12(final_exponentiation(&miller))
    }

    fn lines(q: &A2) -> Lines {
        Lines(q.0.into())
    }

    fn pairing_product_of_lines(pairs: &[(A1, &Lines)]) -> F12 {
        let miller = miller_loop(pairs.iter().map(|(p, lines)| (p.0, &lines.0)));
        F12(final_exponentiation(&miller))
    }
}
