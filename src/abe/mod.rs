//! Ciphertext-policy attribute-based encryption: FABEO, its key encapsulation, and the payload.
//!
//! [`crate::spec::abe`] is the specification: what is claimed `[ABE-1]`, and how it is done, in the
//! paper's letters `[ABE-2]`, which `scheme.rs` keeps.

pub(crate) mod bases;
#[cfg(feature = "std")]
pub(crate) mod cache;
pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod kem;
pub mod payload;
pub mod scheme;
#[cfg(feature = "std")]
pub(crate) mod stream;
pub(crate) mod types;

#[cfg(test)]
pub(crate) mod attacks;
#[cfg(test)]
pub(crate) mod vectors;
