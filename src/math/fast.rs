//! The fast backend: blst's assembler through its C functions. The only file with `unsafe`.
//!
//! Every function used here takes the same time whatever its inputs are, except where the name ends
//! in `_vartime` or the comment says otherwise. SAFETY, for all blocks alike: blst reads and writes
//! plain structs of limbs through the pointers it is given; each pointer below comes from a live
//! reference or array of exactly that type (or byte length), and outputs never alias inputs unless
//! blst documents that they may (all its arithmetic does).
#![allow(unsafe_code)]

use alloc::vec::Vec;

use ::blst as ffi;
use zeroize::Zeroize;

use super::backend::Backend;
use super::mask;

/// Marker type of the blst backend.
pub(crate) struct Blst;

/// Wraps a struct of limbs of blst.
macro_rules! wrap {
    ($name:ident, $inner:ty, $limbs:expr) => {
        #[derive(Clone, Copy)]
        #[repr(transparent)]
        pub(crate) struct $name($inner);
        const _: () = assert!(size_of::<$inner>() == 8 * $limbs);
        impl $name {
            fn limbs_mut(&mut self) -> &mut [u64; $limbs] {
                // SAFETY: the struct is `repr(C)` and holds exactly this many u64 limbs (asserted
                // above), every bit pattern of which is valid; the reference is exclusive.
                unsafe { &mut *core::ptr::from_mut(self).cast() }
            }
        }
        impl Zeroize for $name {
            fn zeroize(&mut self) {
                self.limbs_mut().zeroize();
            }
        }
    };
}
wrap!(Fr, ffi::blst_fr, 4);
wrap!(Fq, ffi::blst_fp, 6);
wrap!(P1, ffi::blst_p1, 18);
wrap!(A1, ffi::blst_p1_affine, 12);
wrap!(P2, ffi::blst_p2, 36);
wrap!(A2, ffi::blst_p2_affine, 24);
wrap!(F6, ffi::blst_fp6, 36);
wrap!(F12, ffi::blst_fp12, 72);

/// Read access to the limbs, where equality or a selection works on them.
macro_rules! limbs {
    ($name:ident, $limbs:expr) => {
        #[allow(dead_code)] // not every type needs both
        impl $name {
            fn limbs(&self) -> &[u64; $limbs] {
                // SAFETY: as in `limbs_mut`.
                unsafe { &*core::ptr::from_ref(self).cast() }
            }

            /// Entry `index` of `table` in constant time; zeros outside the table.
            fn lookup(table: &[Self], index: u64) -> Self {
                // SAFETY: as in `limbs_mut`; a slice of such structs is one of arrays of limbs.
                let limbs: &[[u64; $limbs]] =
                    unsafe { core::slice::from_raw_parts(table.as_ptr().cast(), table.len()) };
                let entry = scan_fast(limbs, index);
                // SAFETY: every bit pattern of the limbs is valid.
                unsafe { core::ptr::from_ref(&entry).cast::<Self>().read() }
            }
        }
    };
}
limbs!(Fr, 4);
limbs!(Fq, 6);
limbs!(P1, 18);
limbs!(A1, 12);
limbs!(A2, 24);
limbs!(F6, 36);
limbs!(F12, 72);

impl PartialEq for Fr {
    fn eq(&self, other: &Self) -> bool {
        self.limbs().iter().zip(other.limbs()).fold(0, |all, (x, y)| all | (x ^ y)) == 0
    }
}

/// All ones where the limbs are all zeros, else all zeros.
fn zero_mask(limbs: &[u64]) -> u64 {
    mask::equal(limbs.iter().fold(0, |all, limb| all | limb), 0)
}

/// Entry `index` of a table in constant time; 0 outside the table.
#[inline(always)]
fn scan<const N: usize>(table: &[[u64; N]], index: u64) -> [u64; N] {
    let mut out = [0; N];
    for (position, entry) in (0u64..).zip(table) {
        let mask = mask::equal(position, index);
        for (x, y) in out.iter_mut().zip(entry) {
            *x |= mask & y;
        }
    }
    out
}

/// `scan`, compiled for wider registers.
#[cfg(all(feature = "std", target_arch = "x86_64"))]
#[target_feature(enable = "avx2")]
fn scan_avx2<const N: usize>(table: &[[u64; N]], index: u64) -> [u64; N] {
    scan(table, index)
}

/// `scan` as fast as the processor can.
fn scan_fast<const N: usize>(table: &[[u64; N]], index: u64) -> [u64; N] {
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has the instructions.
        return unsafe { scan_avx2(table, index) };
    }
    scan(table, index)
}

/// `$b` if `$choice` is 1, `$a` if it is 0, in constant time.
macro_rules! select {
    ($a:expr, $b:expr, $choice:expr) => {{
        let mask = mask::from_bit($choice);
        let mut out = *$a;
        for (x, y) in out.limbs_mut().iter_mut().zip($b.limbs()) {
            *x ^= mask & (*x ^ y);
        }
        out
    }};
}

/// The lines of a Miller loop; 19.5 KB.
pub(crate) struct Lines(Vec<ffi::blst_fp6>);

impl Zeroize for Lines {
    fn zeroize(&mut self) {
        for line in &mut self.0 {
            let mut copy = F6(core::mem::replace(line, ffi::blst_fp6 { fp2: [ffi::blst_fp2::default(); 3] }));
            copy.zeroize();
        }
    }
}

/// Lines of blst's Miller loop.
const LINES: usize = 68;
/// |x| from its second bit on: runs of doublings, one addition before each but the first.
const DOUBLINGS: [usize; 6] = [1, 2, 3, 9, 32, 16];

impl Fq {
    fn of(a: &ffi::blst_fp) -> &Self {
        // SAFETY: the wrapper is `transparent`.
        unsafe { &*core::ptr::from_ref(a).cast() }
    }

    fn of_mut(a: &mut ffi::blst_fp) -> &mut Self {
        // SAFETY: the wrapper is `transparent`.
        unsafe { &mut *core::ptr::from_mut(a).cast() }
    }
}

/// (-2x, 2y): the form in which blst's lines take a point.
fn doubled(p: &A1) -> A1 {
    let mut out = *p;
    let (x, y) = Blst::a1_coordinates_mut(&mut out);
    Blst::fq_sub_assign(x, Fq::of(&p.0.x));
    Blst::fq_sub_assign(x, Fq::of(&p.0.x));
    Blst::fq_sub_assign(x, Fq::of(&p.0.x));
    Blst::fq_add_assign(y, Fq::of(&p.0.y));
    out
}

/// A line at a point in the form of `doubled`.
fn line_at(line: &ffi::blst_fp6, point: &A1) -> ffi::blst_fp6 {
    let mut out = *line;
    let [_, at_x, at_y] = &mut out.fp2;
    at_x.fp.iter_mut().for_each(|a| Blst::fq_mul_assign(Fq::of_mut(a), Fq::of(&point.0.x)));
    at_y.fp.iter_mut().for_each(|a| Blst::fq_mul_assign(Fq::of_mut(a), Fq::of(&point.0.y)));
    out
}

type F2 = ffi::blst_fp2;

fn f2_add(a: &F2, b: &F2) -> F2 {
    let mut out = F2::default();
    // SAFETY: see the head of this file.
    unsafe { ffi::blst_fp2_add(&mut out, a, b) };
    out
}

fn f2_sub(a: &F2, b: &F2) -> F2 {
    let mut out = F2::default();
    // SAFETY: see the head of this file.
    unsafe { ffi::blst_fp2_sub(&mut out, a, b) };
    out
}

fn f2_mul(a: &F2, b: &F2) -> F2 {
    let mut out = F2::default();
    // SAFETY: see the head of this file.
    unsafe { ffi::blst_fp2_mul(&mut out, a, b) };
    out
}

/// -a if `negative` is 1, a if it is 0.
fn f2_cneg(a: &F2, negative: u64) -> F2 {
    let mut out = F2::default();
    // SAFETY: see the head of this file.
    unsafe { ffi::blst_fp2_cneg(&mut out, a, negative != 0) };
    out
}

fn f2_add_assign(a: &mut F2, b: &F2) {
    let a = core::ptr::from_mut(a);
    // SAFETY: see the head of this file; blst's arithmetic works in place.
    unsafe { ffi::blst_fp2_add(a, a, b) };
}

/// `out` = (a₀ + a₁)(b₀ + b₁) - v₀ - v₁: a₀b₁ + a₁b₀, if the v are a₀b₀ and a₁b₁.
fn f2_cross_to(out: &mut F2, [a0, a1]: [&F2; 2], [b0, b1]: [&F2; 2], [v0, v1]: [&F2; 2]) {
    let sum = f2_add(b0, b1);
    let out = core::ptr::from_mut(out);
    // SAFETY: see the head of this file; blst's arithmetic works in place.
    unsafe {
        ffi::blst_fp2_add(out, a0, a1);
        ffi::blst_fp2_mul(out, out, &sum);
        ffi::blst_fp2_sub(out, out, v0);
        ffi::blst_fp2_sub(out, out, v1);
    }
}

/// Multiplies by 1 + u.
fn f2_mul_by_nonresidue_assign(a: &mut F2) {
    let [re, im] = &mut a.fp;
    let before = *re;
    Blst::fq_sub_assign(Fq::of_mut(re), Fq::of(im));
    Blst::fq_add_assign(Fq::of_mut(im), Fq::of(&before));
}

/// A cube root of 1 in GF(q), in Montgomery form.
const BETA: [u64; 6] = [
    0x30f1_361b_798a_64e8,
    0xf3b8_ddab_7ece_5a2a,
    0x16a8_ca3a_c615_77f7,
    0xc26a_2ff8_74fd_029b,
    0x3636_b766_6070_1c6e,
    0x051b_a4ab_241b_6160,
];

/// A blst function that writes its result through the first argument.
macro_rules! call {
    ($wrap:ident, $inner:ty, $function:ident ( $($argument:expr),* )) => {{
        let mut out = <$inner>::default();
        // SAFETY: see the head of this file.
        unsafe { ffi::$function(&mut out, $($argument),*) };
        $wrap(out)
    }};
}

/// The scalar as the little-endian bytes that blst's multiplications read; wiped after use.
struct ScalarBytes(ffi::blst_scalar);

impl ScalarBytes {
    fn new(k: &Fr) -> Self {
        let mut scalar = ffi::blst_scalar::default();
        // SAFETY: see the head of this file.
        unsafe { ffi::blst_scalar_from_fr(&mut scalar, &k.0) };
        Self(scalar)
    }

    /// 1 in place of 0, and the mask for the result of the multiplication: all zeros where k is 0,
    /// else all ones. blst has a slower way for 0, which would betray it.
    fn nonzero(k: &Fr) -> (Self, u64) {
        let mut scalar = Self::new(k);
        let zero = mask::equal(k.limbs().iter().fold(0, |all, limb| all | limb), 0);
        let [bit, ..] = (zero & 1).to_le_bytes();
        if let Some(low) = scalar.0.b.first_mut() {
            *low |= bit;
        }
        (scalar, !zero)
    }
}

impl Drop for ScalarBytes {
    fn drop(&mut self) {
        self.0.b.zeroize();
    }
}

const SCALAR_BITS: usize = 255;

fn fp_to_bytes(a: &ffi::blst_fp, out: &mut [u8]) {
    let mut bytes = [0u8; 48];
    // SAFETY: see the head of this file; blst writes 48 bytes.
    unsafe { ffi::blst_bendian_from_fp(bytes.as_mut_ptr(), a) };
    out.copy_from_slice(&bytes);
    bytes.zeroize();
}

fn fp_from_wide(bytes: &[u8; 64]) -> ffi::blst_fp {
    let mut out = ffi::blst_fp::default();
    // SAFETY: see the head of this file; blst reads the 64 bytes announced.
    unsafe { ffi::blst_fp_from_be_bytes(&mut out, bytes.as_ptr(), bytes.len()) };
    out
}

impl Backend for Blst {
    const NAME: &'static str = "blst";
    const CONSTANT_TIME: bool = true;

    type Fr = Fr;
    type Fq = Fq;
    type P1 = P1;
    type A1 = A1;
    type P2 = P2;
    type A2 = A2;
    type F6 = F6;
    type F12 = F12;
    type Lines = Lines;

    fn fr_from_u64(value: u64) -> Fr {
        let limbs = [value, 0, 0, 0];
        call!(Fr, ffi::blst_fr, blst_fr_from_uint64(limbs.as_ptr()))
    }

    fn fr_from_wide(bytes: &[u8; 48]) -> Fr {
        let mut scalar = ffi::blst_scalar::default();
        // SAFETY: see the head of this file; blst reads the 48 bytes announced. The returned flag
        // (whether the result is not zero) is the caller's to test.
        unsafe { ffi::blst_scalar_from_be_bytes(&mut scalar, bytes.as_ptr(), bytes.len()) };
        let scalar = ScalarBytes(scalar);
        call!(Fr, ffi::blst_fr, blst_fr_from_scalar(&scalar.0))
    }

    fn fr_from_canonical(bytes: &[u8; 32]) -> Option<Fr> {
        let mut scalar = ffi::blst_scalar::default();
        // SAFETY: see the head of this file; blst reads 32 bytes.
        unsafe { ffi::blst_scalar_from_bendian(&mut scalar, bytes.as_ptr()) };
        let scalar = ScalarBytes(scalar);
        // SAFETY: see the head of this file.
        let canonical = unsafe { ffi::blst_scalar_fr_check(&scalar.0) };
        canonical.then(|| call!(Fr, ffi::blst_fr, blst_fr_from_scalar(&scalar.0)))
    }

    fn fr_to_bytes(a: &Fr) -> [u8; 32] {
        let mut bytes = [0; 32];
        // SAFETY: see the head of this file; blst writes 32 bytes.
        unsafe { ffi::blst_bendian_from_scalar(bytes.as_mut_ptr(), &ScalarBytes::new(a).0) };
        bytes
    }

    fn fr_add(a: &Fr, b: &Fr) -> Fr {
        call!(Fr, ffi::blst_fr, blst_fr_add(&a.0, &b.0))
    }

    fn fr_sub(a: &Fr, b: &Fr) -> Fr {
        call!(Fr, ffi::blst_fr, blst_fr_sub(&a.0, &b.0))
    }

    fn fr_mul(a: &Fr, b: &Fr) -> Fr {
        call!(Fr, ffi::blst_fr, blst_fr_mul(&a.0, &b.0))
    }

    fn fr_inverse(a: &Fr) -> Fr {
        call!(Fr, ffi::blst_fr, blst_fr_inverse(&a.0))
    }

    fn fq_one() -> Fq {
        // In Montgomery form, as the first coordinate of one.
        let [[one, _], ..] = Self::f6_one().0.fp2.map(|coordinate| coordinate.fp);
        Fq(one)
    }

    fn fq_add_assign(a: &mut Fq, b: &Fq) {
        let a = core::ptr::from_mut(&mut a.0);
        // SAFETY: see the head of this file; blst's arithmetic works in place.
        unsafe { ffi::blst_fp_add(a, a, &b.0) };
    }

    fn fq_sub_assign(a: &mut Fq, b: &Fq) {
        let a = core::ptr::from_mut(&mut a.0);
        // SAFETY: see the head of this file; blst's arithmetic works in place.
        unsafe { ffi::blst_fp_sub(a, a, &b.0) };
    }

    fn fq_mul_assign(a: &mut Fq, b: &Fq) {
        let a = core::ptr::from_mut(&mut a.0);
        // SAFETY: see the head of this file; blst's arithmetic works in place.
        unsafe { ffi::blst_fp_mul(a, a, &b.0) };
    }

    fn fq_sub_to(out: &mut Fq, a: &Fq, b: &Fq) {
        // SAFETY: see the head of this file.
        unsafe { ffi::blst_fp_sub(&mut out.0, &a.0, &b.0) };
    }

    fn fq_square_to(out: &mut Fq, a: &Fq) {
        // SAFETY: see the head of this file.
        unsafe { ffi::blst_fp_sqr(&mut out.0, &a.0) };
    }

    fn fq_inverse(a: &Fq) -> Fq {
        call!(Fq, ffi::blst_fp, blst_fp_inverse(&a.0))
    }

    fn fq_is_zero(a: &Fq) -> u64 {
        zero_mask(a.limbs()) & 1
    }

    fn p1_generator() -> P1 {
        // SAFETY: blst returns a pointer to a constant of the library.
        P1(unsafe { *ffi::blst_p1_generator() })
    }

    fn p1_identity() -> P1 {
        P1(ffi::blst_p1::default())
    }

    fn p1_add(a: &P1, b: &P1) -> P1 {
        call!(P1, ffi::blst_p1, blst_p1_add_or_double(&a.0, &b.0))
    }

    fn p1_add_affine(a: &P1, b: &A1) -> P1 {
        call!(P1, ffi::blst_p1, blst_p1_add_or_double_affine(&a.0, &b.0))
    }

    fn p1_double(a: &P1) -> P1 {
        call!(P1, ffi::blst_p1, blst_p1_double(&a.0))
    }

    fn p1_neg(a: &P1) -> P1 {
        let mut out = *a;
        // SAFETY: see the head of this file.
        unsafe { ffi::blst_p1_cneg(&mut out.0, true) };
        out
    }

    fn p1_mul(a: &P1, k: &Fr) -> P1 {
        let (scalar, keep) = ScalarBytes::nonzero(k);
        let mut out = call!(P1, ffi::blst_p1, blst_p1_mult(&a.0, scalar.0.b.as_ptr(), SCALAR_BITS));
        // All zeros is the identity.
        out.limbs_mut().iter_mut().for_each(|limb| *limb &= keep);
        out
    }

    fn p1_from_affine(a: &A1) -> P1 {
        call!(P1, ffi::blst_p1, blst_p1_from_affine(&a.0))
    }

    fn p1_to_affine(a: &P1) -> A1 {
        // Not `blst_p1_to_affine`, which skips the inversion where Z = 1.
        let p = call!(P1, ffi::blst_p1, blst_p1_from_jacobian(&a.0));
        A1(ffi::blst_p1_affine { x: p.0.x, y: p.0.y })
    }

    fn p1_batch_to_affine(points: &[P1]) -> Vec<A1> {
        let mut out = alloc::vec![A1(ffi::blst_p1_affine::default()); points.len()];
        if !points.is_empty() {
            let starts = [points.as_ptr().cast(), core::ptr::null()];
            // SAFETY: both slices have `points.len()` elements, and the wrappers are `transparent`.
            // The first pointer names the first point; null after it says that the rest follows.
            unsafe { ffi::blst_p1s_to_affine(out.as_mut_ptr().cast(), starts.as_ptr(), points.len()) };
        }
        out
    }

    fn a1_coordinates(a: &A1) -> (&Fq, &Fq) {
        (Fq::of(&a.0.x), Fq::of(&a.0.y))
    }

    fn a1_coordinates_mut(a: &mut A1) -> (&mut Fq, &mut Fq) {
        (Fq::of_mut(&mut a.0.x), Fq::of_mut(&mut a.0.y))
    }

    fn a1_endomorphism(a: &A1) -> A1 {
        let beta = Fq(ffi::blst_fp { l: BETA });
        let mut out = *a;
        Self::fq_mul_assign(Fq::of_mut(&mut out.0.x), &beta);
        out
    }

    fn a1_lookup(table: &[A1], index: u64, negative: u64) -> A1 {
        let out = A1::lookup(table, index);
        let y = call!(Fq, ffi::blst_fp, blst_fp_cneg(&out.0.y, negative != 0));
        A1(ffi::blst_p1_affine { x: out.0.x, y: y.0 })
    }

    fn p1_select(a: &P1, b: &P1, choice: u64) -> P1 {
        select!(a, b, choice)
    }

    fn a1_select(a: &A1, b: &A1, choice: u64) -> A1 {
        select!(a, b, choice)
    }

    fn a1_is_identity(a: &A1) -> bool {
        // SAFETY: see the head of this file.
        unsafe { ffi::blst_p1_affine_is_inf(&a.0) }
    }

    fn a1_neg(a: &A1) -> A1 {
        let mut out = *a;
        // SAFETY: see the head of this file; blst's negation may work in place, and leaves 0 as 0.
        unsafe { ffi::blst_fp_cneg(&mut out.0.y, &a.0.y, true) };
        out
    }

    fn a1_eq(a: &A1, b: &A1) -> bool {
        // SAFETY: see the head of this file.
        unsafe { ffi::blst_p1_affine_is_equal(&a.0, &b.0) }
    }

    fn a1_compress(a: &A1) -> [u8; 48] {
        let mut bytes = [0; 48];
        // SAFETY: see the head of this file; blst writes 48 bytes.
        unsafe { ffi::blst_p1_affine_compress(bytes.as_mut_ptr(), &a.0) };
        bytes
    }

    fn a1_decompress_on_curve(bytes: &[u8; 48]) -> Option<A1> {
        let mut out = ffi::blst_p1_affine::default();
        // SAFETY: see the head of this file; blst reads 48 bytes.
        let status = unsafe { ffi::blst_p1_uncompress(&mut out, bytes.as_ptr()) };
        // blst refuses x = 0 as a point outside the group; the test here does not rely on it.
        let finite = status == ffi::BLST_ERROR::BLST_SUCCESS && out.x != ffi::blst_fp::default();
        finite.then_some(A1(out))
    }

    fn a1_in_subgroup(a: &A1) -> bool {
        // SAFETY: see the head of this file.
        unsafe { ffi::blst_p1_affine_in_g1(&a.0) }
    }

    fn map_to_p1(u: &[u8; 64], v: &[u8; 64]) -> P1 {
        call!(P1, ffi::blst_p1, blst_map_to_g1(&fp_from_wide(u), &fp_from_wide(v)))
    }

    fn p2_generator() -> P2 {
        // SAFETY: blst returns a pointer to a constant of the library.
        P2(unsafe { *ffi::blst_p2_generator() })
    }

    fn p2_identity() -> P2 {
        P2(ffi::blst_p2::default())
    }

    fn p2_add(a: &P2, b: &P2) -> P2 {
        call!(P2, ffi::blst_p2, blst_p2_add_or_double(&a.0, &b.0))
    }

    fn p2_add_affine(a: &P2, b: &A2) -> P2 {
        call!(P2, ffi::blst_p2, blst_p2_add_or_double_affine(&a.0, &b.0))
    }

    fn p2_neg(a: &P2) -> P2 {
        let mut out = *a;
        // SAFETY: see the head of this file.
        unsafe { ffi::blst_p2_cneg(&mut out.0, true) };
        out
    }

    fn p2_double(a: &P2) -> P2 {
        call!(P2, ffi::blst_p2, blst_p2_double(&a.0))
    }

    fn p2_mul(a: &P2, k: &Fr) -> P2 {
        let (scalar, keep) = ScalarBytes::nonzero(k);
        let mut out = call!(P2, ffi::blst_p2, blst_p2_mult(&a.0, scalar.0.b.as_ptr(), SCALAR_BITS));
        // All zeros is the identity.
        out.limbs_mut().iter_mut().for_each(|limb| *limb &= keep);
        out
    }

    fn p2_from_affine(a: &A2) -> P2 {
        call!(P2, ffi::blst_p2, blst_p2_from_affine(&a.0))
    }

    fn p2_to_affine(a: &P2) -> A2 {
        // Not `blst_p2_to_affine`, which skips the inversion where Z = 1.
        let p = call!(P2, ffi::blst_p2, blst_p2_from_jacobian(&a.0));
        A2(ffi::blst_p2_affine { x: p.0.x, y: p.0.y })
    }

    fn p2_batch_to_affine_vartime(points: &[P2]) -> Vec<A2> {
        let mut out = alloc::vec![A2(ffi::blst_p2_affine::default()); points.len()];
        if !points.is_empty() {
            let starts = [points.as_ptr().cast(), core::ptr::null()];
            // SAFETY: as in `p1_batch_to_affine`.
            unsafe { ffi::blst_p2s_to_affine(out.as_mut_ptr().cast(), starts.as_ptr(), points.len()) };
        }
        out
    }

    fn a2_lookup(table: &[A2], index: u64, negative: u64) -> A2 {
        let out = A2::lookup(table, index);
        A2(ffi::blst_p2_affine { x: out.0.x, y: f2_cneg(&out.0.y, negative) })
    }

    fn a2_is_identity(a: &A2) -> bool {
        // SAFETY: see the head of this file.
        unsafe { ffi::blst_p2_affine_is_inf(&a.0) }
    }

    fn a2_eq(a: &A2, b: &A2) -> bool {
        // SAFETY: see the head of this file.
        unsafe { ffi::blst_p2_affine_is_equal(&a.0, &b.0) }
    }

    fn a2_compress(a: &A2) -> [u8; 96] {
        let mut bytes = [0; 96];
        // SAFETY: see the head of this file; blst writes 96 bytes.
        unsafe { ffi::blst_p2_affine_compress(bytes.as_mut_ptr(), &a.0) };
        bytes
    }

    fn a2_decompress_on_curve(bytes: &[u8; 96]) -> Option<A2> {
        let mut out = ffi::blst_p2_affine::default();
        // SAFETY: see the head of this file; blst reads 96 bytes.
        let status = unsafe { ffi::blst_p2_uncompress(&mut out, bytes.as_ptr()) };
        let point = A2(out);
        (status == ffi::BLST_ERROR::BLST_SUCCESS && !Self::a2_is_identity(&point)).then_some(point)
    }

    fn a2_in_subgroup(a: &A2) -> bool {
        // SAFETY: see the head of this file.
        unsafe { ffi::blst_p2_affine_in_g2(&a.0) }
    }

    fn f6_zero() -> F6 {
        F6(ffi::blst_fp6 { fp2: [F2::default(); 3] })
    }

    fn f6_one() -> F6 {
        Self::f12_parts(&Self::f12_one()).0
    }

    fn f6_add(a: &F6, b: &F6) -> F6 {
        let ([a0, a1, a2], [b0, b1, b2]) = (&a.0.fp2, &b.0.fp2);
        F6(ffi::blst_fp6 { fp2: [f2_add(a0, b0), f2_add(a1, b1), f2_add(a2, b2)] })
    }

    fn f6_sub(a: &F6, b: &F6) -> F6 {
        let ([a0, a1, a2], [b0, b1, b2]) = (&a.0.fp2, &b.0.fp2);
        F6(ffi::blst_fp6 { fp2: [f2_sub(a0, b0), f2_sub(a1, b1), f2_sub(a2, b2)] })
    }

    fn f6_mul(a: &F6, b: &F6) -> F6 {
        // Karatsuba: six products. In place: the copies of intermediate results would cost a tenth.
        let ([a0, a1, a2], [b0, b1, b2]) = (&a.0.fp2, &b.0.fp2);
        let (v0, v1, v2) = (f2_mul(a0, b0), f2_mul(a1, b1), f2_mul(a2, b2));
        let mut out = ffi::blst_fp6 { fp2: [F2::default(); 3] };
        let [c0, c1, c2] = &mut out.fp2;
        f2_cross_to(c0, [a1, a2], [b1, b2], [&v1, &v2]);
        f2_mul_by_nonresidue_assign(c0);
        f2_add_assign(c0, &v0);
        f2_cross_to(c1, [a0, a1], [b0, b1], [&v0, &v1]);
        f2_cross_to(c2, [a0, a2], [b0, b2], [&v0, &v2]);
        f2_add_assign(c2, &v1);
        let mut v2 = v2;
        f2_mul_by_nonresidue_assign(&mut v2);
        f2_add_assign(c1, &v2);
        F6(out)
    }

    fn f6_mul_by_v(a: &F6) -> F6 {
        let [a0, a1, a2] = &a.0.fp2;
        let mut top = *a2;
        f2_mul_by_nonresidue_assign(&mut top);
        F6(ffi::blst_fp6 { fp2: [top, *a0, *a1] })
    }

    fn f6_lookup(table: &[F6], index: u64, negative: u64) -> F6 {
        let out = F6::lookup(table, index);
        F6(ffi::blst_fp6 { fp2: out.0.fp2.map(|coordinate| f2_cneg(&coordinate, negative)) })
    }

    fn f12_from_parts(c0: &F6, c1: &F6) -> F12 {
        F12(ffi::blst_fp12 { fp6: [c0.0, c1.0] })
    }

    fn f12_parts(a: &F12) -> (F6, F6) {
        let [c0, c1] = a.0.fp6;
        (F6(c0), F6(c1))
    }

    fn f12_inverse(a: &F12) -> F12 {
        call!(F12, ffi::blst_fp12, blst_fp12_inverse(&a.0))
    }

    fn f12_one() -> F12 {
        // SAFETY: blst returns a pointer to a constant of the library.
        F12(unsafe { *ffi::blst_fp12_one() })
    }

    fn f12_mul(a: &F12, b: &F12) -> F12 {
        call!(F12, ffi::blst_fp12, blst_fp12_mul(&a.0, &b.0))
    }

    fn f12_cyclotomic_square(a: &F12) -> F12 {
        call!(F12, ffi::blst_fp12, blst_fp12_cyclotomic_sqr(&a.0))
    }

    fn f12_conjugate(a: &F12) -> F12 {
        let mut out = *a;
        // SAFETY: see the head of this file.
        unsafe { ffi::blst_fp12_conjugate(&mut out.0) };
        out
    }

    fn f12_frobenius(a: &F12, power: usize) -> F12 {
        call!(F12, ffi::blst_fp12, blst_fp12_frobenius_map(&a.0, power))
    }

    fn f12_select(a: &F12, b: &F12, choice: u64) -> F12 {
        select!(a, b, choice)
    }

    fn f12_lookup(table: &[F12], index: u64) -> F12 {
        F12::lookup(table, index)
    }

    fn f12_eq(a: &F12, b: &F12) -> bool {
        let difference = a.limbs().iter().zip(b.limbs()).fold(0, |all, (x, y)| all | (x ^ y));
        difference == 0
    }

    fn f12_to_bytes(a: &F12) -> [u8; 576] {
        let mut bytes = [0; 576];
        let coordinates = a.0.fp6.iter().flat_map(|c| &c.fp2).flat_map(|c| &c.fp);
        for (out, coordinate) in bytes.chunks_exact_mut(48).zip(coordinates) {
            fp_to_bytes(coordinate, out);
        }
        bytes
    }

    fn f12_from_bytes(bytes: &[u8; 576]) -> Option<F12> {
        let mut out = ffi::blst_fp12::default();
        let coordinates = out.fp6.iter_mut().flat_map(|c| &mut c.fp2).flat_map(|c| &mut c.fp);
        for (coordinate, encoded) in coordinates.zip(bytes.chunks_exact(48)) {
            // SAFETY: see the head of this file; every chunk has the 48 bytes that blst reads.
            unsafe { ffi::blst_fp_from_bendian(coordinate, encoded.as_ptr()) };
        }
        let out = F12(out);
        // Re-encoding settles whether every coordinate was below q.
        (Self::f12_to_bytes(&out) == *bytes).then_some(out)
    }

    fn pairing_product(pairs: &[(A1, A2)]) -> F12 {
        // blst mishandles the identity in its multi-Miller loop, and an empty product.
        let finite = pairs.iter().filter(|(p, q)| !Self::a1_is_identity(p) && !Self::a2_is_identity(q));
        let (ps, qs): (Vec<*const ffi::blst_p1_affine>, Vec<*const ffi::blst_p2_affine>) =
            finite.map(|(p, q)| (core::ptr::from_ref(&p.0), core::ptr::from_ref(&q.0))).unzip();
        if ps.is_empty() {
            return Self::f12_one();
        }
        let mut miller = ffi::blst_fp12::default();
        // SAFETY: both arrays hold `ps.len()` pointers to points that `pairs` keeps alive.
        unsafe { ffi::blst_miller_loop_n(&mut miller, qs.as_ptr(), ps.as_ptr(), ps.len()) };
        call!(F12, ffi::blst_fp12, blst_final_exp(&miller))
    }

    fn lines(q: &A2) -> Lines {
        let mut lines = alloc::vec![ffi::blst_fp6 { fp2: [F2::default(); 3] }; LINES];
        // SAFETY: blst writes 68 lines.
        unsafe { ffi::blst_precompute_lines(lines.as_mut_ptr(), &q.0) };
        Lines(lines)
    }

    fn pairing_product_of_lines(pairs: &[(A1, &Lines)]) -> F12 {
        let finite = pairs.iter().filter(|(p, _)| !Self::a1_is_identity(p));
        let mut pairs: Vec<_> = finite.map(|(p, lines)| (doubled(p), lines.0.iter())).collect();
        let mut miller = Self::f12_one();
        // The first doubling of one is left out, and so is the conjugation's place: x is negative.
        let mut step = |square: bool| {
            if square {
                miller = call!(F12, ffi::blst_fp12, blst_fp12_sqr(&miller.0));
            }
            for (point, lines) in &mut pairs {
                if let Some(line) = lines.next() {
                    let line = line_at(line, point);
                    miller = call!(F12, ffi::blst_fp12, blst_fp12_mul_by_xy00z0(&miller.0, &line));
                }
            }
        };
        for (run, doublings) in DOUBLINGS.into_iter().enumerate() {
            if run > 0 {
                step(false);
            }
            (0..doublings).for_each(|index| step(run > 0 || index > 0));
        }
        let miller = Self::f12_conjugate(&miller);
        call!(F12, ffi::blst_fp12, blst_final_exp(&miller.0))
    }
}

/// blst's multi-scalar multiplication, which `math` does not use: the tests show why.
#[cfg(test)]
pub(super) fn pippenger_incomplete(points: &[A1], coefficients: &[super::Scalar]) -> P1 {
    let scalars: Vec<[u8; 32]> = coefficients
        .iter()
        .map(|k| {
            let mut bytes = k.to_bytes();
            bytes.reverse();
            bytes
        })
        .collect();
    let points: Vec<*const ffi::blst_p1_affine> = points.iter().map(|p| core::ptr::from_ref(&p.0)).collect();
    let scalars: Vec<*const u8> = scalars.iter().map(|k| k.as_ptr()).collect();
    let mut out = P1(ffi::blst_p1::default());
    // SAFETY: both arrays hold `points.len()` pointers to live values; the scratch space has the
    // size that blst asks for.
    unsafe {
        let size = ffi::blst_p1s_mult_pippenger_scratch_sizeof(points.len());
        let mut scratch: Vec<u64> = alloc::vec![0; size / 8 + 1];
        ffi::blst_p1s_mult_pippenger(
            &mut out.0,
            points.as_ptr(),
            points.len(),
            scalars.as_ptr(),
            SCALAR_BITS,
            scratch.as_mut_ptr(),
        );
    }
    out
}
