//! Short random coefficients, by which a verifier combines many equations into one. (SPEC `[MATH-16]`)

use rand_core::CryptoRng;

use super::scalar::{SCALAR_BYTES, Scalar};
use crate::secret::opaque_debug;

/// Bytes of a weight.
pub const WEIGHT_BYTES: usize = 16;

/// A public coefficient of 128 bits, never 0.
///
/// Equations Lᵢ = Rᵢ in a group of order p hold one by one if Σ wᵢ·Lᵢ = Σ wᵢ·Rᵢ, but for a probability of 1/(2¹²⁸ - 1) over
/// weights that were drawn after the equations were fixed and that nobody knew before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Weight(u128);

opaque_debug!(Weight);

impl Weight {
    /// Uniform in 1..2¹²⁸.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        loop {
            let mut bytes = [0; WEIGHT_BYTES];
            rng.fill_bytes(&mut bytes);
            if let Some(weight) = Self::from_bytes(&bytes) {
                return weight;
            }
        }
    }

    /// 16 bytes, big-endian (of a hash over all that is verified, say); `None` for 0.
    pub fn from_bytes(bytes: &[u8; WEIGHT_BYTES]) -> Option<Self> {
        let value = u128::from_be_bytes(*bytes);
        (value != 0).then_some(Self(value))
    }

    /// 16 bytes, big-endian.
    pub fn to_bytes(&self) -> [u8; WEIGHT_BYTES] {
        self.0.to_be_bytes()
    }

    /// The digits of base 2^`width`, the least significant first, each between -2^(width-1) and 2^(width-1).
    pub(super) fn signed_digits(self, width: usize) -> impl Iterator<Item = Digit> {
        let base = 1 << width;
        let (mut rest, mut carry) = (self.0, 0);
        (0..windows(width)).map(move |_| {
            #[allow(clippy::cast_possible_truncation)] // `width` bits
            let window = (rest as usize & (base - 1)) + carry;
            // A width of 128 bits or more does not come up.
            rest = rest.checked_shr(u32::try_from(width).unwrap_or(0)).unwrap_or(0);
            let negative = window > base / 2;
            carry = usize::from(negative);
            Digit { size: if negative { base - window } else { window }, negative }
        })
    }
}

/// Digits of a weight: its bits and a carry.
pub(super) const fn windows(width: usize) -> usize {
    8 * WEIGHT_BYTES / width + 1
}

/// ± a number.
#[derive(Clone, Copy)]
pub(super) struct Digit {
    pub(super) size: usize,
    pub(super) negative: bool,
}

impl From<Weight> for Scalar {
    fn from(weight: Weight) -> Self {
        let half = Scalar::from_u64(1 << 32);
        let [high, low] = [weight.0 >> 64, weight.0].map(|part| {
            #[allow(clippy::cast_possible_truncation)] // one half, then the other
            Scalar::from_u64(part as u64)
        });
        high * half * half + low
    }
}

const _: () = assert!(WEIGHT_BYTES < SCALAR_BYTES);

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;

    use super::*;
    use crate::testing::TestRng;

    fn weights() -> impl Iterator<Item = Weight> {
        let mut rng = TestRng::new("weights");
        let edges = [1, 2, 1 << 63, 1 << 64, u128::MAX, u128::MAX - 1, u128::MAX / 3, 1 << 127];
        edges
            .into_iter()
            .map(Weight)
            .chain(core::iter::repeat_with(move || Weight::random(&mut rng)).take(50))
    }

    #[test]
    fn digits_sum_to_the_weight() {
        for weight in weights() {
            for width in 1..=16 {
                let digits: Vec<_> = weight.signed_digits(width).collect();
                let sum = digits.iter().rev().fold(BigInt::from(0), |sum, digit| {
                    assert!(digit.size <= 1 << (width - 1));
                    let size = BigInt::from(digit.size);
                    (sum << width) + if digit.negative { -size } else { size }
                });
                assert_eq!(sum, BigInt::from(weight.0));
            }
        }
    }

    #[test]
    fn a_weight_is_the_scalar_of_its_bytes() {
        for weight in weights() {
            let mut bytes = [0; SCALAR_BYTES];
            bytes[SCALAR_BYTES - WEIGHT_BYTES..].copy_from_slice(&weight.to_bytes());
            assert!(Scalar::from(weight) == Scalar::from_canonical(&bytes).unwrap());
            assert!(Weight::from_bytes(&weight.to_bytes()) == Some(weight));
        }
        assert!(Weight::from_bytes(&[0; WEIGHT_BYTES]).is_none());
    }
}
