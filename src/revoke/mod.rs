//! Revocation: epochs, tokens, seals, and what an authority tells its proxies.
//!
//! [`crate::spec::revoke`] is the specification.

pub(crate) mod grant;
pub mod scheme;
pub(crate) mod seal;
pub(crate) mod seal_all;
pub(crate) mod tokens;

pub use grant::{Grant, GrantError};
pub use scheme::SealStep;
pub use seal::{SealError, SealKeeper, SealKey, SealRequest};
pub use seal_all::{HeaderStore, SealAllError, SealProgress, seal_all};
pub use tokens::{MAX_BATCH, TokenBatch, TokenError, VerifiedTokens};

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod vectors;
