//! Attacks on epochs and revocation, each with a weakened twin that falls to it.

mod authority;
