//! Revocation: epochs, tokens, seals, and what an authority tells its proxies.
//!
//! [`crate::spec::revoke`] is the specification.
