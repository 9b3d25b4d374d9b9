//! Revocation: epochs, tokens, seals, and what an authority tells its proxies.
//!
//! [`crate::spec::revoke`] is the specification.

pub mod scheme;
pub(crate) mod tokens;

pub use tokens::{MAX_BATCH, TokenBatch, TokenError, VerifiedTokens};
