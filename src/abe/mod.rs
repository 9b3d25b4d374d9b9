//! Attribute-based encryption.

pub mod payload;
