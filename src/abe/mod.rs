//! Ciphertext-policy attribute-based encryption: FABEO, its key encapsulation, and the payload.
//!
//! [`crate::spec::abe`] is the specification; `scheme.rs` reads like the paper.

pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod kem;
pub mod payload;
pub mod scheme;
#[cfg(feature = "std")]
pub(crate) mod stream;
pub(crate) mod types;

#[cfg(test)]
mod attacks;
