//! What a backend provides: the field and curve arithmetic that the rest of `math` is written over.
//!
//! Two implementations exist, [`super::ark`] (always) and [`super::fast`] (feature `blst`). They
//! agree byte for byte; `math::differential` checks every function of this trait on both.
//!
//! *Constant time* (SPEC `[MATH-10]`). Functions without the suffix `_vartime` take the same instructions whatever the
//! values are, in the fast backend; arkworks promises that nowhere, and the portable build inherits it.

use alloc::vec::Vec;

use zeroize::Zeroize;

/// The kernel of BLS12-381 arithmetic.
///
/// `Fr` is the scalar field. `P1`, `P2` are points in projective form (complete additions only),
/// `A1`, `A2` affine ones; the identity is a valid value of each. `F12` is the full field
/// GF(q^12): membership in GT is checked above this trait.
pub(crate) trait Backend: 'static {
    /// As printed by the benchmarks.
    const NAME: &'static str;
    /// Whether the functions without `_vartime` run in constant time.
    const CONSTANT_TIME: bool;

    type Fr: Copy + PartialEq + Zeroize;
    type Fq: Copy + Zeroize;
    type P1: Copy + Zeroize;
    type A1: Copy + Zeroize;
    type P2: Copy + Zeroize;
    type A2: Copy + Zeroize;
    type F6: Copy + Zeroize;
    type F12: Copy + Zeroize;
    /// The lines of a Miller loop through a point of E' that is not the identity.
    type Lines: Zeroize;

    fn fr_from_u64(value: u64) -> Self::Fr;
    /// Big-endian, reduced modulo p.
    fn fr_from_wide(bytes: &[u8; 48]) -> Self::Fr;
    /// Big-endian; `None` unless below p. Whether it is `None` is public.
    fn fr_from_canonical(bytes: &[u8; 32]) -> Option<Self::Fr>;
    fn fr_to_bytes(a: &Self::Fr) -> [u8; 32];
    fn fr_add(a: &Self::Fr, b: &Self::Fr) -> Self::Fr;
    fn fr_sub(a: &Self::Fr, b: &Self::Fr) -> Self::Fr;
    fn fr_mul(a: &Self::Fr, b: &Self::Fr) -> Self::Fr;
    /// The inverse; 0 for 0.
    fn fr_inverse(a: &Self::Fr) -> Self::Fr;

    // Operations on GF(q) write into a place instead of returning: in the inner loops of sums the copy of
    // a result that was just written costs a fifth of the whole.
    fn fq_one() -> Self::Fq;
    fn fq_add_assign(a: &mut Self::Fq, b: &Self::Fq);
    fn fq_sub_assign(a: &mut Self::Fq, b: &Self::Fq);
    fn fq_mul_assign(a: &mut Self::Fq, b: &Self::Fq);
    /// `out` = a - b.
    fn fq_sub_to(out: &mut Self::Fq, a: &Self::Fq, b: &Self::Fq);
    /// `out` = a².
    fn fq_square_to(out: &mut Self::Fq, a: &Self::Fq);
    /// The inverse; 0 for 0.
    fn fq_inverse(a: &Self::Fq) -> Self::Fq;
    /// 1 for 0, else 0.
    fn fq_is_zero(a: &Self::Fq) -> u64;

    fn p1_generator() -> Self::P1;
    fn p1_identity() -> Self::P1;
    /// Complete: any two points, equal, opposite or the identity among them.
    fn p1_add(a: &Self::P1, b: &Self::P1) -> Self::P1;
    fn p1_add_affine(a: &Self::P1, b: &Self::A1) -> Self::P1;
    fn p1_neg(a: &Self::P1) -> Self::P1;
    fn p1_double(a: &Self::P1) -> Self::P1;
    /// Correct on the prime-order group only (it uses the endomorphism).
    fn p1_mul(a: &Self::P1, k: &Self::Fr) -> Self::P1;
    fn p1_from_affine(a: &Self::A1) -> Self::P1;
    fn p1_to_affine(a: &Self::P1) -> Self::A1;
    /// All of them, with one inversion.
    fn p1_batch_to_affine(points: &[Self::P1]) -> Vec<Self::A1>;
    /// x and y of a point other than the identity.
    fn a1_coordinates(a: &Self::A1) -> (&Self::Fq, &Self::Fq);
    /// As `a1_coordinates`; whoever writes them sees to it that the point stays on the curve.
    fn a1_coordinates_mut(a: &mut Self::A1) -> (&mut Self::Fq, &mut Self::Fq);
    /// (βx, y) = -x²·(x, y) on the prime-order group, x² being the square of the curve parameter.
    fn a1_endomorphism(a: &Self::A1) -> Self::A1;
    /// Entry `index` of `table`, read without revealing which, and negated if `negative` is 1.
    fn a1_lookup(table: &[Self::A1], index: u64, negative: u64) -> Self::A1;
    /// `b` if `choice` is 1, `a` if it is 0.
    fn p1_select(a: &Self::P1, b: &Self::P1, choice: u64) -> Self::P1;
    /// `b` if `choice` is 1, `a` if it is 0.
    fn a1_select(a: &Self::A1, b: &Self::A1, choice: u64) -> Self::A1;
    fn a1_is_identity(a: &Self::A1) -> bool;
    fn a1_neg(a: &Self::A1) -> Self::A1;
    fn a1_eq(a: &Self::A1, b: &Self::A1) -> bool;
    fn a1_compress(a: &Self::A1) -> [u8; 48];
    /// Canonical encoding of a point of the curve other than the identity, with x ≠ 0; of any order.
    fn a1_decompress_on_curve(bytes: &[u8; 48]) -> Option<Self::A1>;
    fn a1_in_subgroup(a: &Self::A1) -> bool;
    /// RFC 9380 `map_to_curve` of both field elements (64 bytes each, big-endian, reduced), their
    /// sum, cofactor cleared. Not constant time in the portable backend; attributes are public.
    fn map_to_p1(u: &[u8; 64], v: &[u8; 64]) -> Self::P1;

    fn p2_generator() -> Self::P2;
    fn p2_identity() -> Self::P2;
    fn p2_add(a: &Self::P2, b: &Self::P2) -> Self::P2;
    fn p2_add_affine(a: &Self::P2, b: &Self::A2) -> Self::P2;
    fn p2_neg(a: &Self::P2) -> Self::P2;
    fn p2_double(a: &Self::P2) -> Self::P2;
    fn p2_mul(a: &Self::P2, k: &Self::Fr) -> Self::P2;
    fn p2_from_affine(a: &Self::A2) -> Self::P2;
    fn p2_to_affine(a: &Self::P2) -> Self::A2;
    /// All of them, with one inversion; for public points.
    fn p2_batch_to_affine_vartime(points: &[Self::P2]) -> Vec<Self::A2>;
    /// Entry `index` of `table`, read without revealing which, and negated if `negative` is 1.
    fn a2_lookup(table: &[Self::A2], index: u64, negative: u64) -> Self::A2;
    fn a2_is_identity(a: &Self::A2) -> bool;
    fn a2_eq(a: &Self::A2, b: &Self::A2) -> bool;
    fn a2_compress(a: &Self::A2) -> [u8; 96];
    /// Canonical encoding of a point of the curve other than the identity; of any order.
    fn a2_decompress_on_curve(bytes: &[u8; 96]) -> Option<Self::A2>;
    fn a2_in_subgroup(a: &Self::A2) -> bool;

    fn f6_zero() -> Self::F6;
    fn f6_one() -> Self::F6;
    fn f6_add(a: &Self::F6, b: &Self::F6) -> Self::F6;
    fn f6_sub(a: &Self::F6, b: &Self::F6) -> Self::F6;
    fn f6_mul(a: &Self::F6, b: &Self::F6) -> Self::F6;
    /// a·v, v being the root of v³ = 1 + u that makes the extension.
    fn f6_mul_by_v(a: &Self::F6) -> Self::F6;
    /// Entry `index` of `table`, read without revealing which, and negated if `negative` is 1.
    fn f6_lookup(table: &[Self::F6], index: u64, negative: u64) -> Self::F6;

    /// c₀ + c₁w.
    fn f12_from_parts(c0: &Self::F6, c1: &Self::F6) -> Self::F12;
    fn f12_parts(a: &Self::F12) -> (Self::F6, Self::F6);
    /// The inverse; 0 for 0.
    fn f12_inverse(a: &Self::F12) -> Self::F12;
    fn f12_one() -> Self::F12;
    fn f12_mul(a: &Self::F12, b: &Self::F12) -> Self::F12;
    /// Squaring of an element of the cyclotomic subgroup.
    fn f12_cyclotomic_square(a: &Self::F12) -> Self::F12;
    /// a^(q^6): the inverse, in the cyclotomic subgroup.
    fn f12_conjugate(a: &Self::F12) -> Self::F12;
    /// a^(q^power), for power 1 to 3.
    fn f12_frobenius(a: &Self::F12, power: usize) -> Self::F12;
    /// `b` if `choice` is 1, `a` if it is 0.
    fn f12_select(a: &Self::F12, b: &Self::F12, choice: u64) -> Self::F12;
    /// Entry `index` of `table`, read without revealing which; 0 outside the table.
    fn f12_lookup(table: &[Self::F12], index: u64) -> Self::F12;
    fn f12_eq(a: &Self::F12, b: &Self::F12) -> bool;
    /// Twelve base-field elements, 48 bytes big-endian each, in the order of the tower
    /// c0.c0.c0, c0.c0.c1, c0.c1.c0, ... c1.c2.c1.
    fn f12_to_bytes(a: &Self::F12) -> [u8; 576];
    /// `None` unless every coordinate is below q.
    fn f12_from_bytes(bytes: &[u8; 576]) -> Option<Self::F12>;

    /// Π e(Pᵢ, Qᵢ), one Miller loop and one final exponentiation; pairs with the identity count as 1.
    fn pairing_product(pairs: &[(Self::A1, Self::A2)]) -> Self::F12;
    /// The lines through a point other than the identity.
    fn lines(q: &Self::A2) -> Self::Lines;
    /// As `pairing_product`, over lines.
    fn pairing_product_of_lines(pairs: &[(Self::A1, &Self::Lines)]) -> Self::F12;
}
