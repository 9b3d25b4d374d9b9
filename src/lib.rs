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
mod merkle;
mod secret;
mod sign;

hazmat! {
    abe;
    dyadic;
    math;
    policy;
}

pub use codec::Kind;
pub use error::{DecodeError, DecodeReason, OpenError};
pub use secret::{Secret, SecretBytes};

pub use abe::payload::{
    AUTHOR_SIGNATURE_BYTES, AuthorClaim, ChunkSize, ContentKey, ExpectedName, OpenedRecord,
    ParseRecordIdError, RECORD_HEADER_BYTES, RecordDigest, RecordHeader, RecordId, RecordName, RecordOptions,
    RecordSummary,
};
#[cfg(feature = "std")]
pub use abe::payload::{FinishedRecord, RecordReader, RecordSeeker, RecordWriter};
