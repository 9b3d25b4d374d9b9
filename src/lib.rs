//! placeholder
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(unsafe_code, missing_docs, unused_must_use)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![deny(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

extern crate alloc;

/// Declares modules that the feature `hazmat` makes public.
macro_rules! hazmat {
    ($($(#[$attribute:meta])* $name:ident;)*) => {$(
        $(#[$attribute])*
        #[cfg(feature = "hazmat")]
        pub mod $name;
        $(#[$attribute])*
        #[cfg(not(feature = "hazmat"))]
        #[allow(dead_code, unused_imports)]
        mod $name;
    )*};
}

mod codec;
mod error;
mod hash;
mod secret;
mod sign;

hazmat! {
    dyadic;
    math;
    policy;
}

pub use codec::Kind;
pub use error::{DecodeError, DecodeReason, OpenError};
pub use secret::{Secret, SecretBytes};
