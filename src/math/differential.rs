//! Every function of [`Backend`] in both backends, on the same bytes.
//!
//! Values cross between the backends as encodings: a check is a generic function from bytes to
//! bytes, run once in each by [`both!`], whose results must be equal. Where a third opinion is
//! cheap (whole-number arithmetic, laws of the group) it is asked as well.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod curve;
mod decoders;
mod membership;
mod pairing;
mod scalars;
mod torsion;
mod twist;

use alloc::vec::Vec;

use num_bigint::BigUint;
use shake::digest::{ExtendableOutput, Update, XofReader};
use shake::{Shake256, Shake256Reader};

use super::backend::Backend;

/// Runs a generic function in both backends and returns the result they agree on.
macro_rules! both {
    ($function:ident($($argument:expr),* $(,)?)) => {{
        let fast = $function::<$crate::math::fast::Blst>($($argument),*);
        let portable = $function::<$crate::math::ark::Ark>($($argument),*);
        assert_eq!(fast, portable, "the backends disagree: {}", stringify!($function));
        fast
    }};
}
pub(super) use both;

pub(super) type Scalar32 = [u8; 32];
pub(super) type Point48 = [u8; 48];
pub(super) type Point96 = [u8; 96];
pub(super) type Field576 = [u8; 576];

/// Reproducible random bytes.
pub(super) struct Stream(Shake256Reader);

impl Stream {
    pub(super) fn new(name: &str) -> Self {
        let mut state = Shake256::default();
        state.update(name.as_bytes());
        Self(state.finalize_xof())
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.read(&mut bytes);
        bytes
    }

    /// A number below `bound`, near enough to uniform for a test.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::from(u16::from_be_bytes(self.bytes())) % bound
    }
}

/// The group order.
pub(super) fn p() -> BigUint {
    number("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001")
}

/// The modulus of the base field.
pub(super) fn q() -> BigUint {
    number(concat!(
        "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf",
        "6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab"
    ))
}

/// The cofactor of G1: 3 · 11² · 10177² · 859267² · 52437899².
pub(super) fn h1() -> BigUint {
    number("396c8c005555e1568c00aaab0000aaab")
}

fn number(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap()
}

/// `value` in exactly `N` bytes, big-endian.
pub(super) fn padded<const N: usize>(value: &BigUint) -> [u8; N] {
    let digits = value.to_bytes_be();
    let mut bytes = [0; N];
    bytes[N - digits.len()..].copy_from_slice(&digits);
    bytes
}

/// 0, 1, the ends of the range, the places where recodings change, and random scalars.
pub(super) fn scalars(random: usize) -> Vec<Scalar32> {
    let one = BigUint::from(1u8);
    let x = BigUint::from(0xd201_0000_0001_0000_u64);
    let mut values = alloc::vec![BigUint::default(), one.clone(), BigUint::from(2u8), p() - 1u8, p() - 2u8];
    for power in 1..=3 {
        values.extend([x.pow(power) - 1u8, x.pow(power), x.pow(power) + 1u8]);
    }
    for bits in [63, 64, 127, 128, 192, 254] {
        values.extend([(one.clone() << bits) - 1u8, one.clone() << bits]);
    }
    values.extend([(p() - 1u8) >> 1, p() >> 1u8]);
    let mut stream = Stream::new("scalars");
    values.extend((0..random).map(|_| BigUint::from_bytes_be(&stream.bytes::<48>()) % p()));
    values.iter().map(padded).collect()
}

pub(super) fn fr<B: Backend>(bytes: &Scalar32) -> B::Fr {
    B::fr_from_canonical(bytes).unwrap()
}

const IDENTITY_48: Point48 = {
    let mut bytes = [0; 48];
    bytes[0] = 0xc0;
    bytes
};

/// A point of E(Fq) of any order, the identity included, except for x = 0.
pub(super) fn a1<B: Backend>(bytes: &Point48) -> B::A1 {
    if *bytes == IDENTITY_48 {
        return B::p1_to_affine(&B::p1_identity());
    }
    B::a1_decompress_on_curve(bytes).unwrap()
}

pub(super) fn p1<B: Backend>(bytes: &Point48) -> B::P1 {
    B::p1_from_affine(&a1::<B>(bytes))
}

pub(super) fn encode1<B: Backend>(point: &B::P1) -> Point48 {
    B::a1_compress(&B::p1_to_affine(point))
}

/// The multiple of a point of any order, by complete additions alone.
pub(super) fn multiple<B: Backend>(point: &B::P1, by: &BigUint) -> B::P1 {
    let mut sum = B::p1_identity();
    for bit in (0..by.bits()).rev() {
        sum = B::p1_double(&sum);
        if by.bit(bit) {
            sum = B::p1_add(&sum, point);
        }
    }
    sum
}

/// Random points of E(Fq), almost surely of full order p·h1: random x where the decoder finds a y.
pub(super) fn curve_points(name: &str, count: usize) -> Vec<Point48> {
    let mut stream = Stream::new(name);
    let mut random = || {
        let x = BigUint::from_bytes_be(&stream.bytes::<64>()) % q();
        let mut bytes = padded::<48>(&x);
        bytes[0] |= 0x80 | (stream.bytes::<1>()[0] & 0x20);
        bytes
    };
    let on_curve = |bytes: &Point48| super::fast::Blst::a1_decompress_on_curve(bytes).is_some();
    core::iter::repeat_with(&mut random).filter(on_curve).take(count).collect()
}

pub(super) fn f12<B: Backend>(bytes: &Field576) -> B::F12 {
    B::f12_from_bytes(bytes).unwrap()
}

pub(super) fn random_f12(stream: &mut Stream) -> Field576 {
    let mut bytes = [0; 576];
    for coordinate in bytes.chunks_exact_mut(48) {
        coordinate.copy_from_slice(&padded::<48>(&(BigUint::from_bytes_be(&stream.bytes::<64>()) % q())));
    }
    bytes
}
