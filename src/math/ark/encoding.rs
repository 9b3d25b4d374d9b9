//! Field elements and points from big-endian bytes. (SPEC `[MATH-2]` to `[MATH-4]`)

use ark_bls12_381::{Fq, Fq2, G1Affine, G2Affine, g1, g2};
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::{AdditiveGroup, BigInt, Field, Fp, MontBackend, MontConfig, PrimeField};

use super::root::Root;

fn integer<const N: usize>(bytes: &[u8]) -> BigInt<N> {
    let mut integer = BigInt::zero();
    for (limb, bytes) in integer.0.iter_mut().zip(bytes.rchunks(8)) {
        *limb = bytes.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte));
    }
    integer
}

/// `None` unless below the modulus.
pub(super) fn canonical<C: MontConfig<N>, const N: usize>(bytes: &[u8]) -> Option<Fp<MontBackend<C, N>, N>> {
    Fp::from_bigint(integer(bytes))
}

/// Reduced, from bytes of which either half, a multiple of eight bytes, is below the modulus.
pub(super) fn reduced<C: MontConfig<N>, const N: usize>(bytes: &[u8]) -> Fp<MontBackend<C, N>, N> {
    let (high, low) = bytes.split_at(bytes.len() / 2);
    let mut shift = BigInt::zero();
    if let Some(limb) = shift.0.get_mut(low.len() / 8) {
        *limb = 1;
    }
    Fp::new(integer(high)) * Fp::new(shift) + Fp::new(integer(low))
}

pub(super) fn write<C: MontConfig<N>, const N: usize>(element: &Fp<MontBackend<C, N>, N>, bytes: &mut [u8]) {
    for (bytes, limb) in bytes.rchunks_mut(8).zip(element.into_bigint().0) {
        bytes.copy_from_slice(&limb.to_be_bytes());
    }
}

/// A point of E other than the identity and (0, ±2), of any order.
pub(super) fn decompress_g1(bytes: &[u8; 48]) -> Option<G1Affine> {
    let mut x = *bytes;
    let larger = take_flags(x.first_mut()?)?;
    let x: Fq = canonical(&x)?;
    (x != Fq::ZERO).then(|| with_x::<g1::Config>(x, larger)).flatten()
}

/// A point of E' other than the identity, of any order.
pub(super) fn decompress_g2(bytes: &[u8; 96]) -> Option<G2Affine> {
    let mut x = *bytes;
    let larger = take_flags(x.first_mut()?)?;
    let (x1, x0) = x.split_at(48);
    with_x::<g2::Config>(Fq2::new(canonical(x0)?, canonical(x1)?), larger)
}

/// Clears the three flags; whether y is the larger root. `None` unless the point is compressed and finite.
fn take_flags(byte: &mut u8) -> Option<bool> {
    let flags = *byte >> 5;
    *byte &= 0x1f;
    match flags {
        0b100 => Some(false),
        0b101 => Some(true),
        _ => None,
    }
}

/// The point at x with the larger or smaller y, if there is one.
fn with_x<C: SWCurveConfig>(x: C::BaseField, larger: bool) -> Option<Affine<C>>
where
    C::BaseField: Root,
{
    let y = C::add_b(x.square() * x).root()?;
    let is_larger = y > -y;
    Some(Affine::new_unchecked(x, if is_larger == larger { y } else { -y }))
}
