//! The decoders, on everything that is not quite an encoding.

use super::*;
use crate::math::{G1, G2, Gt};

fn decode1<B: Backend>(bytes: &Point48) -> Option<(Point48, bool)> {
    B::a1_decompress_on_curve(bytes).map(|a| (B::a1_compress(&a), B::a1_in_subgroup(&a)))
}

fn decode2<B: Backend>(bytes: &Point96) -> Option<(Point96, bool)> {
    B::a2_decompress_on_curve(bytes).map(|a| (B::a2_compress(&a), B::a2_in_subgroup(&a)))
}

fn decode12<B: Backend>(bytes: &Field576) -> Option<Field576> {
    B::f12_from_bytes(bytes).map(|f| B::f12_to_bytes(&f))
}

/// Both verdicts agree, what is accepted encodes to the same bytes, and `G1` takes subgroup points.
fn check1(bytes: &Point48) -> bool {
    let decoded = both!(decode1(bytes));
    assert!(decoded.is_none_or(|(again, _)| again == *bytes));
    assert_eq!(G1::from_bytes(bytes).is_some(), decoded.is_some_and(|(_, subgroup)| subgroup));
    decoded.is_some()
}

fn check2(bytes: &Point96) -> bool {
    let decoded = both!(decode2(bytes));
    assert!(decoded.is_none_or(|(again, _)| again == *bytes));
    assert_eq!(G2::from_bytes(bytes).is_some(), decoded.is_some_and(|(_, subgroup)| subgroup));
    decoded.is_some()
}

fn flipped<const N: usize>(bytes: &[u8; N]) -> impl Iterator<Item = [u8; N]> {
    (0..8 * N).map(|bit| {
        let mut flipped = *bytes;
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}

/// The eight settings of the three flag bits.
fn flags<const N: usize>(bytes: &[u8; N]) -> impl Iterator<Item = (u8, [u8; N])> {
    (0u8..8).map(|flags| {
        let mut flagged = *bytes;
        flagged[0] = (flagged[0] & 0x1f) | (flags << 5);
        (flags, flagged)
    })
}

/// Base-field values at and above q that still fit below the flag bits, and the largest below q.
fn edges() -> [(Point48, bool); 5] {
    let top = BigUint::from(1u8) << 381;
    let values =
        [(q() - 1u8, true), (q(), false), (q() + 1u8, false), (q() + 2u8, false), (top - 1u8, false)];
    values.map(|(value, below)| (padded(&value), below))
}

#[test]
fn random_bytes_and_bit_flips_g1() {
    let mut stream = Stream::new("decode G1");
    let valid = G1::generator().to_bytes();
    assert!(check1(&valid));
    // About one random x in two gives a point, once flags and range fit.
    let accepted = (0..400).filter(|_| check1(&stream.bytes())).count();
    assert!(accepted > 0);
    for bytes in flipped(&valid).chain(flipped(&curve_points("flip", 1)[0])) {
        check1(&bytes);
    }
}

#[test]
fn flags_and_ranges_g1() {
    let valid = G1::generator().to_bytes();
    for (flags, bytes) in flags(&valid) {
        assert_eq!(
            check1(&bytes),
            flags & 0b110 == 0b100,
            "a finite point: compressed, not infinity, either sign"
        );
    }
    for (_, bytes) in flags(&[0; 48]) {
        assert!(!check1(&bytes), "infinity, x = 0, and everything alike");
    }
    // Infinity with a byte of content.
    for at in 0..48 {
        let mut bytes = IDENTITY_48;
        bytes[at] |= 1;
        assert!(!check1(&bytes));
    }
    for (mut bytes, below) in edges() {
        bytes[0] |= 0x80;
        assert!(!check1(&bytes) || below);
    }
    // x + q for an x small enough: the same point, another encoding.
    let small = (1u8..=255).map(|x| {
        let mut bytes = [0; 48];
        (bytes[0], bytes[47]) = (0x80, x);
        bytes
    });
    let small: Vec<_> = small.filter(check1).collect();
    assert!(small.len() > 50);
    for bytes in small {
        let mut shifted: Point48 = padded(&(q() + bytes[47]));
        shifted[0] |= 0x80;
        assert!(!check1(&shifted));
    }
}

#[test]
fn random_bytes_and_bit_flips_g2() {
    let mut stream = Stream::new("decode G2");
    let valid = G2::generator().to_bytes();
    assert!(check2(&valid));
    for _ in 0..400 {
        check2(&stream.bytes());
    }
    for bytes in flipped(&valid).chain(flipped(&twist::twist_points(1)[0])) {
        check2(&bytes);
    }
}

#[test]
fn flags_and_ranges_g2() {
    let valid = G2::generator().to_bytes();
    for (flags, bytes) in flags(&valid) {
        assert_eq!(check2(&bytes), flags & 0b110 == 0b100);
    }
    // The second coordinate has no flags: its top bits must be zero.
    for bit in [0x20, 0x40, 0x80] {
        let mut bytes = valid;
        bytes[48] |= bit;
        assert!(!check2(&bytes));
    }
    for (_, bytes) in flags(&[0; 96]) {
        assert!(!check2(&bytes));
    }
    for (edge, below) in edges() {
        for at in [0, 48] {
            // The other coordinate runs over small values, so that some x lie on the curve.
            for small in 0u8..8 {
                let mut bytes = [0; 96];
                bytes[at..at + 48].copy_from_slice(&edge);
                bytes[95 - at] = small;
                bytes[0] |= 0x80;
                assert!(!check2(&bytes) || below);
            }
        }
    }
}

#[test]
fn random_bytes_and_bit_flips_gt() {
    let mut stream = Stream::new("decode GT");
    for _ in 0..200 {
        both!(decode12(&stream.bytes()));
        // Each coordinate below 2^381, so that some are below q and some not.
        let mut bytes: Field576 = stream.bytes();
        bytes.iter_mut().step_by(48).for_each(|byte| *byte &= 0x1f);
        let decoded = both!(decode12(&bytes));
        assert!(decoded.is_none_or(|again| again == bytes));
        assert!(Gt::from_bytes(&bytes).is_none());
    }
    let [valid, _] = pairing::gt_elements();
    for bytes in flipped(&valid).step_by(5) {
        both!(decode12(&bytes));
        assert!(Gt::from_bytes(&bytes).is_none());
    }
}
