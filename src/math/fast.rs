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
wrap!(P1, ffi::blst_p1, 18);
wrap!(A1, ffi::blst_p1_affine, 12);
wrap!(P2, ffi::blst_p2, 36);
wrap!(A2, ffi::blst_p2_affine, 24);
wrap!(F12, ffi::blst_fp12, 72);

/// Read access to the limbs, where equality or a selection works on them.
macro_rules! limbs {
    ($name:ident, $limbs:expr) => {
        impl $name {
            fn limbs(&self) -> &[u64; $limbs] {
                // SAFETY: as in `limbs_mut`.
                unsafe { &*core::ptr::from_ref(self).cast() }
            }
        }
    };
}
limbs!(Fr, 4);
limbs!(F12, 72);

impl PartialEq for Fr {
    fn eq(&self, other: &Self) -> bool {
        self.limbs().iter().zip(other.limbs()).fold(0, |all, (x, y)| all | (x ^ y)) == 0
    }
}

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
    type P1 = P1;
    type A1 = A1;
    type P2 = P2;
    type A2 = A2;
    type F12 = F12;

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

    fn p2_add(a: &P2, b: &P2) -> P2 {
        call!(P2, ffi::blst_p2, blst_p2_add_or_double(&a.0, &b.0))
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
        let mask = mask::from_bit(choice);
        let mut out = *a;
        for (x, y) in out.limbs_mut().iter_mut().zip(b.limbs()) {
            *x ^= mask & (*x ^ y);
        }
        out
    }

    fn f12_lookup(table: &[F12], index: u64) -> F12 {
        // blst's default of this struct is one, not zero.
        let mut out = Self::f12_one();
        out.limbs_mut().fill(0);
        for (position, entry) in (0u64..).zip(table) {
            let mask = mask::equal(position, index);
            for (x, y) in out.limbs_mut().iter_mut().zip(entry.limbs()) {
                *x |= mask & y;
            }
        }
        out
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
