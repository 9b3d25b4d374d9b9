//! Health records encrypted under a policy, for clouds that nobody has a reason to trust.
//!
//! ```
//! use hippocrypt::{AttributeSet, Policy, Schema, os_rng, setup};
//!
//! let (parameters, master) = setup("st-marys", &mut os_rng())?;
//! let policy = Policy::parse("role:cardiologist and dept:cardiology or patient:4711", &Schema::empty())?;
//! let sealed = parameters.encrypt(&policy, b"sinus rhythm, 72/min", &mut os_rng())?;
//!
//! let attributes = AttributeSet::parse("role:cardiologist, dept:cardiology", &Schema::empty())?;
//! let key = master.issue(&attributes, &mut os_rng())?;
//! assert_eq!(key.decrypt(&parameters, &sealed)?, b"sinus rhythm, 72/min");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An authority makes a realm ([`setup`]) and issues keys for attributes ([`MasterKey::issue`]); anyone
//! with the public parameters encrypts under a policy over attributes; a key opens what its attributes
//! satisfy, and keys of several readers cannot be combined. In a realm with epochs keys lie with proxies, which do the heavy half
//! of decryption without learning anything, and whom the authority revokes is out at once. This is ciphertext-policy attribute-based
//! encryption (FABEO, on BLS12-381), as a key encapsulation that withstands chosen-ciphertext attacks,
//! with a streaming payload.
//!
//! # Where to go
//!
//! | to | see |
//! |---|---|
//! | encrypt one message, or a file of any size | [`PublicParameters::encrypt`], [`PublicParameters::encrypt_to`] |
//! | keep many small records under one header | [`PublicParameters::compartment`], [`ContentKey`] |
//! | write policies | [`Policy`] |
//! | compare numbers and dates in policies | [`Schema`], [`SignedSchema`] |
//! | know who wrote a record | [`AuthorKey`], [`AuthorSignature`] |
//! | accept uploads without a key | [`Header::validate`] |
//! | pass a part of a key on | [`AttributeKey::delegate`] |
//! | let a proxy do the pairings | [`MasterKey::issue_transform_key`], [`ProxyKey`], [`RetrievalKey`] |
//! | revoke readers and attributes | [`setup_with_epochs`], [`Authority`], [`Proxy`] |
//! | encrypt in an epoch | [`Epochs`], [`PublicParameters::at`] |
//! | move stored headers on with the epochs | [`seal_all`], [`SealKeeper`] |
//! | take FHIR records in and give them back byte for byte | `fhir` (with its feature) |
//! | keep what a cloud keeps, back it up | [`store`] |
//! | write down who did what, and prove it | [`ledger`] |
//! | review the scheme | [`spec`], and the feature `hazmat` |
//!
//! # Security status
//!
//! Not audited. The proof of the scheme is in the generic group model with a random oracle; the curve
//! gives about 117 to 120 bits; nothing here withstands a quantum computer. SECURITY.md says what is
//! and what is not claimed.
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `std` | yes | readers and writers over `std::io`, [`os_rng`]; without it the crate is `no_std` with `alloc` |
//! | `blst` | yes | the fast, constant-time backend on x86-64 and aarch64 |
//! | `ring` | yes | the payload cipher at the speed of the machine |
//! | `text` | | `search::text` and `search::ask`: what records say as keywords, and a query language |
//! | `fhir` | | `fhir`: FHIR bundles, resources and NDJSON, in and out byte for byte, and their keywords; includes `text` |
//! | `cli` | | the program `hippocrypt`; includes `hazmat`, `redb` and `fhir` |
//! | `redb` | | `store::RedbStore`: everything that a cloud keeps, in one file, with atomic, durable batches |
//! | `hazmat` | | the layers below: groups, span programs, the bare scheme; no stability promised |
//! | `test-util` | | a deterministic random generator for tests |
//!
//! All are additive, and none changes a byte of any output.
#![cfg_attr(not(feature = "std"), no_std)]
#![deny(unsafe_code, missing_docs, missing_debug_implementations, unused_must_use)]
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
#[cfg(feature = "fhir")]
pub mod fhir;
pub mod ledger;
pub mod phr;
pub mod search;
mod secret;
mod sign;
pub mod store;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;

hazmat! {
    abe;
    dyadic;
    epoch;
    hash;
    math;
    merkle;
    outsource;
    policy;
    revoke;
}

/// The specification, part by part. Its anchors (`[ABE-3.4]`) stand at the code, too.
pub mod spec {
    #[doc = include_str!("SPEC.md")]
    pub mod foundations {}
    #[doc = include_str!("math/SPEC.md")]
    pub mod math {}
    #[doc = include_str!("policy/SPEC.md")]
    pub mod policy {}
    #[doc = include_str!("abe/SPEC.md")]
    pub mod abe {}
    #[doc = include_str!("abe/payload/SPEC.md")]
    pub mod payload {}
    #[doc = include_str!("outsource/SPEC.md")]
    pub mod outsource {}
    #[doc = include_str!("revoke/SPEC.md")]
    pub mod revoke {}
    #[doc = include_str!("search/SPEC.md")]
    pub mod search {}
    #[doc = include_str!("ledger/SPEC.md")]
    pub mod ledger {}
    #[doc = include_str!("phr/SPEC.md")]
    pub mod phr {}
}

#[cfg(feature = "std")]
pub use abe::cache::AttributeCache;
pub use abe::error::{DecryptError, EncryptError, IssueError};
pub use abe::payload::{
    AUTHOR_SIGNATURE_BYTES, AuthorClaim, ChunkSize, ContentKey, ExpectedName, OpenedRecord,
    ParseRecordIdError, RECORD_HEADER_BYTES, RecordDigest, RecordHeader, RecordId, RecordName, RecordOptions,
    RecordSummary,
};
#[cfg(feature = "std")]
pub use abe::payload::{FinishedRecord, RecordReader, RecordSeeker, RecordWriter};
#[cfg(feature = "std")]
pub use abe::stream::{FileOptions, FileReader, FileWriter, OpenedFile};
pub use abe::types::{
    AttributeKey, AuthorId, AuthorKey, AuthorSignature, CurrentEpoch, Encryptor, Header, HeaderError,
    MasterKey, PublicParameters, SignedSchema, setup, setup_with_epochs,
};
pub use codec::{FORMAT_VERSION, Kind, PROLOGUE_BYTES, SUITE};
pub use epoch::{Epoch, EpochError, EpochTree};
pub use error::{DecodeError, DecodeReason, OpenError};
pub use math::{BACKEND, CONSTANT_TIME};
pub use outsource::{
    EnrolError, EnrolledReader, Enrolment, EnrolmentNonce, KeyId, Maker, ProxyKey, Purpose, ReaderSeed,
    RequestKey, RetrievalKey, SealKeyId, Serial, ServeError, StoredHeader, TransformError, TransformKey,
    TransformKeyError, TransformRequest, TransformedHeader, UserId,
};
pub use policy::{
    Attribute, AttributeError, AttributeSet, Component, Leaf, Missing, Name, NumberType, Policy, PolicyError,
    PolicyReason, Range, Schema, date, minutes,
};
pub use rand_core;
pub use revoke::{
    AcceptError, Action, Applied, Authority, AuthorityError, AuthorityUpdate, CLOCK_SKEW_SECONDS, Cleaned,
    DutyError, EpochStatement, EpochStatementError, Epochs, Grant, GrantError, HeaderStore, IssuedKey,
    KeyError, KeyRegistry, KeyStatus, Lease, LeaseError, MAX_BATCH, MemoryHeaderStore, MemoryRegistry,
    MemoryStoreError, Permit, Proxy, ProxyName, ProxyNameError, REMEMBERED_REQUESTS, REQUEST_AGE_SECONDS,
    REQUEST_LEAD_SECONDS, RefreshError, Refresher, RegistryError, ReplayError, RequestError, RequestMemory,
    RestoredAuthority, Resumed, RevocationState, Revoked, SealAllError, SealError, SealKeeper, SealKey,
    SealProgress, SealRequest, SealStep, TokenBatch, TokenError, UpdateError, ValidityError, VerifiedTokens,
    Withdrawal, seal_all,
};
pub use secret::{Secret, SecretBytes};

/// The operating system's random generator, for those who have no other.
///
/// The library holds no generator of its own: every function that needs randomness takes it as
/// `&mut impl CryptoRng` ([`rand_core`] 0.10).
///
/// Its first use panics on a system that has no source of randomness at all.
#[cfg(feature = "std")]
pub fn os_rng() -> impl rand_core::CryptoRng {
    rand_core::UnwrapErr(getrandom::SysRng)
}
