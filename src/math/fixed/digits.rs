//! A secret scalar as signs: the recoding of the combs. (SPEC `[MATH-11]`)
//!
//! Every odd number below 2^L is Σ ±2^i over L places, all of them used: bit i of (k + 2^L - 1)/2
//! says which sign. So no digit is zero, no case is exceptional, and half of a table is enough,
//! because the other half is its negatives. An even k is replaced by p - k, and the result negated.
//! (Hedabou, Pinel and Bénéteau, "Countermeasures for preventing comb method against SCA attacks", 2005.)

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::comb::Shape;
use crate::math::mask;

/// p, the least significant limb first.
const ORDER: [u64; 4] =
    [0xffff_ffff_0000_0001, 0x53bd_a402_fffe_5bfe, 0x3339_d808_09a1_d805, 0x73ed_a753_299d_7d48];

/// The signs of a scalar, for combs of one shape.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Digits {
    /// Bit i is 1 where place i has the sign plus.
    signs: [u64; 5],
    /// 1 if all signs are to be turned round, else 0.
    negated: u64,
    #[zeroize(skip)]
    shape: Shape,
}

/// A column of a comb: the entry of its table, and 1 if that is to be negated, else 0.
#[derive(Clone, Copy, Default)]
pub(crate) struct Column {
    pub(crate) index: u64,
    pub(crate) negative: u64,
}

impl Digits {
    /// The signs of the scalar with these bytes (32, big-endian, below p).
    pub(crate) fn new(bytes: &[u8; 32], shape: Shape) -> Self {
        let mut limbs = [0u64; 4];
        for (limb, chunk) in limbs.iter_mut().zip(bytes.rchunks_exact(8)) {
            *limb = chunk.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte));
        }
        let [low, ..] = limbs;
        let negated = 1 ^ (low & 1);
        let even = mask::from_bit(negated);
        let mut borrow = 0;
        for (limb, order) in limbs.iter_mut().zip(ORDER) {
            let (difference, first) = order.overflowing_sub(*limb);
            let (difference, second) = difference.overflowing_sub(borrow);
            borrow = u64::from(first | second);
            *limb ^= even & (*limb ^ difference);
        }
        // (k + 2^L - 1)/2 = (k - 1)/2 + 2^(L - 1): the two do not overlap, since k < 2^255 <= 2^L.
        let mut signs = [0u64; 5];
        let mut carry = 0;
        for (sign, limb) in signs.iter_mut().zip(limbs).rev() {
            *sign = (limb >> 1) | carry;
            carry = limb << 63;
        }
        let top = shape.places() - 1;
        if let Some(limb) = signs.get_mut(top / 64) {
            *limb |= 1 << (top % 64);
        }
        limbs.zeroize();
        Self { signs, negated, shape }
    }

    /// The column that begins at place `first`: one sign from each tooth of the comb.
    pub(crate) fn column(&self, first: usize) -> Column {
        let teeth = self.shape.teeth;
        let bits = (0..teeth).rev().fold(0, |bits, tooth| {
            let place = tooth * self.shape.spacing() + first;
            let limb = self.signs.get(place / 64).copied().unwrap_or(0);
            (bits << 1) | ((limb >> (place % 64)) & 1)
        });
        // The table holds the columns whose last sign is plus.
        let negative = 1 ^ (bits >> (teeth - 1));
        let index = (bits ^ negative.wrapping_neg()) & ((1 << (teeth - 1)) - 1);
        Column { index, negative: negative ^ self.negated }
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::{BigInt, Sign};

    use super::*;
    use crate::math::Scalar;

    #[test]
    fn signs_sum_to_the_scalar() {
        let shape = Shape { teeth: 6, tables: 4, spread: 11 };
        let order = BigInt::from_bytes_le(Sign::Plus, &ORDER.map(u64::to_le_bytes).concat());
        let mut k = Scalar::from_u64(0x9e37_79b9_7f4a_7c15);
        let edges =
            [Scalar::zero(), Scalar::one(), Scalar::from_u64(2), -Scalar::one(), -Scalar::from_u64(2)];
        for k in edges.into_iter().chain((0..50).map(|_| {
            k = k * k + Scalar::one();
            k
        })) {
            let digits = Digits::new(&k.to_bytes(), shape);
            let sum = (0..shape.places()).rev().fold(BigInt::from(0), |sum, place| {
                let plus = (digits.signs[place / 64] >> (place % 64)) & 1 == 1;
                sum * 2 + if plus { 1 } else { -1 }
            });
            let value = if digits.negated == 1 { &order - sum } else { sum };
            assert_eq!(value % &order, BigInt::from_bytes_be(Sign::Plus, &k.to_bytes()));
        }
    }
}
