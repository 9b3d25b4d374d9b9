//! The one way from a secret bit to a choice. (SPEC `[MATH-10]`)
//!
//! A compiler that can see a mask come from a comparison turns `mask & value` into a branch, which
//! it did. Here the mask passes through a barrier that hides its origin; that the barrier holds is
//! measured by `tests/constant_time`.

/// All ones if `bit` is 1, all zeros if it is 0.
pub(super) fn from_bit(bit: u64) -> u64 {
    core::hint::black_box(bit.wrapping_neg())
}

/// All ones if `a` = `b`, else all zeros.
#[cfg_attr(not(all(feature = "blst", any(target_arch = "x86_64", target_arch = "aarch64"))), cfg(test))]
pub(super) fn equal(a: u64, b: u64) -> u64 {
    let difference = a ^ b;
    from_bit(1 ^ ((difference | difference.wrapping_neg()) >> 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks() {
        assert_eq!((from_bit(0), from_bit(1)), (0, u64::MAX));
        for a in [0, 1, 7, 1 << 63, u64::MAX] {
            for b in [0, 1, 7, 1 << 63, u64::MAX] {
                assert_eq!(equal(a, b), if a == b { u64::MAX } else { 0 });
            }
        }
    }
}
