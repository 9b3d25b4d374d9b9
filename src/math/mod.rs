//! BLS12-381: scalars, the groups G1, G2 and GT, the pairing, hashing to G1. (SPEC `[MATH-1]` to `[MATH-16]`, below)
//!
//! One concrete set of types stands over two backends that agree byte for byte: blst where the
//! feature `blst` is on and the machine is x86-64 or aarch64, arkworks everywhere else.
//!
//! *Two families of operations.* A plain name takes its secret as [`Secret`](crate::Secret)`<`[`Scalar`]`>` and is
//! constant time in structure; a name ending in `_vartime` takes public data only. With arkworks
//! underneath nothing is constant time: [`CONSTANT_TIME`] says which build this is.
//!
//! *What the types promise.* [`G1`], [`G2`] and [`Gt`] are elements of the prime-order groups: every
//! way to make one checks or preserves that. [`UncheckedRow`] is a point of the curve of any order,
//! and can do just what SPEC `[ABE-6]` proves harmless.
//!
#![doc = include_str!("SPEC.md")]
// `to_bytes` takes a reference: by value it would leave a copy of what may be a secret.
#![allow(clippy::wrong_self_convention)]

mod add_to_each;
// Under blst, arkworks is what the tests compare it with.
#[cfg(any(test, not(all(feature = "blst", any(target_arch = "x86_64", target_arch = "aarch64")))))]
mod ark;
pub(crate) mod backend;
mod base_x;
mod buckets;
#[cfg(all(test, feature = "blst", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod differential;
#[cfg(all(feature = "blst", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod fast;
mod fixed;
mod group;
mod gt;
mod hash_to_curve;
#[cfg(test)]
mod known_answers;
mod mask;
mod msm;
mod pairing;
mod pow_each;
mod products;
mod row;
mod same_scalar;
mod scalar;
mod tree;
mod weight;

#[cfg(all(feature = "blst", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) use fast::Blst as Active;

#[cfg(not(all(feature = "blst", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub(crate) use ark::Ark as Active;

pub use add_to_each::add_to_each;
pub use buckets::{weighted_sum_g2_vartime, weighted_sum_vartime};
pub use fixed::{FixedG1, FixedG2, FixedGt};
pub use group::{EncodedG2, G1, G1_BYTES, G2, G2_BYTES};
pub use gt::{CheckedGt, GT_BYTES, Gt};
pub use hash_to_curve::{HashDomain, hash_all_to_g1, hash_to_g1};
pub use msm::{linear_combination_vartime, sum_vartime};
pub use pairing::{PreparedG2, pairing_product, pairing_product_prepared};
pub use products::{Power, products};
pub use row::{EncodedRow, RowSum, UncheckedRow, combine_rows_vartime, shift_rows};
pub use same_scalar::powers;
pub use scalar::{SCALAR_BYTES, Scalar};
pub use weight::{WEIGHT_BYTES, Weight};

/// The backend of this build: `blst` or `arkworks`.
pub const BACKEND: &str = <Active as backend::Backend>::NAME;
/// Whether the operations on secrets run in constant time in this build.
pub const CONSTANT_TIME: bool = <Active as backend::Backend>::CONSTANT_TIME;

/// Scalars that try the ends of the range and the recodings, and some that look random.
#[cfg(test)]
fn edge_scalars(random: usize) -> alloc::vec::Vec<Scalar> {
    let x = Scalar::from_u64(0xd201_0000_0001_0000);
    let mut scalars = alloc::vec![
        Scalar::zero(),
        Scalar::one(),
        Scalar::from_u64(2),
        Scalar::from_u64(31),
        Scalar::from_u64(u64::MAX),
        x,
        x * x,
        x * x - Scalar::one(),
        x * x + Scalar::one(),
        -Scalar::one(),
        -Scalar::from_u64(2),
    ];
    let mut k = Scalar::from_u64(0x9e37_79b9_7f4a_7c15);
    scalars.extend((0..random).map(|_| {
        k = k * k + Scalar::one();
        k
    }));
    scalars
}
