//! Outsourced decryption: a proxy does the pairings, the reader one exponentiation.
//!
//! [`crate::spec::outsource`] is the specification: what is claimed `[OUT-1]`, and how it is done, in the
//! letters of `scheme.rs`.
//!
//! | who | does what | with |
//! |---|---|---|
//! | reader | enrols, asks, finishes | [`ReaderSeed`], [`RequestKey`], [`RetrievalKey`] |
//! | authority | verifies an enrolment, issues | [`Enrolment::verify`], `MasterKey::issue_transform_key` |
//! | proxy | accepts headers and keys, transforms | [`StoredHeader`], [`TransformKey`], [`ProxyKey`] |

pub(crate) mod enrolment;
pub(crate) mod finish;
pub(crate) mod issue;
pub(crate) mod proxy;
pub(crate) mod proxy_key;
pub(crate) mod reader;
pub(crate) mod request;
pub mod scheme;
pub(crate) mod stored;
pub(crate) mod transform_key;

#[cfg(test)]
pub(crate) mod attacks;
#[cfg(test)]
pub(crate) mod vectors;

pub use crate::sign::RequestKey;
pub use enrolment::{EnrolError, EnrolledReader, Enrolment, EnrolmentNonce, UserId};
pub use finish::TransformedHeader;
pub use proxy::{ServeError, TransformError};
pub use proxy_key::ProxyKey;
pub use reader::{ReaderSeed, RetrievalKey};
pub use request::{Purpose, TransformRequest};
pub use stored::{SealKeyId, Serial, StoredHeader};
pub use transform_key::{KeyId, Maker, TransformKey, TransformKeyError};
