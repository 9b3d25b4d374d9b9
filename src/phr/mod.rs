//! Patient health records: the roles of a house and its cloud.
//!
//! | role | has | does | here |
//! |---|---|---|---|
//! | authority | the master key | enrols readers, certifies writers, carries out consents, dismisses, moves the epoch on | [`Authority`] |
//! | patient | a seed of 32 bytes, a signing key | reads all of her records, writes some, shares them | [`Owner`] |
//! | reader | a seed of 32 bytes | asks, finishes, finds out lies | [`Reader`] |
//! | writer | a signing key | encrypts, signs, uploads; reads nothing | [`Writer`] |
//! | cloud | nothing that opens anything | stores, checks, transforms, seals, writes down every access | [`Cloud`] |
//!
//! Nothing here is mathematics: a role knows who it is, what it keeps, and which bytes it sends. Every message is bytes, public but
//! for transform keys and grants on their way from the authority to the cloud; any transport carries them.
#![cfg_attr(all(feature = "redb", feature = "fhir"), doc = "")]
#![cfg_attr(all(feature = "redb", feature = "fhir"), doc = include_str!("EMBED.md"))]

mod account;
#[cfg(feature = "std")]
mod attachment;
pub mod audit;
mod authority;
mod certificate;
#[cfg(feature = "std")]
mod cloud;
mod consent;
mod credential;
mod erasure;
mod error;
pub mod grant;
pub mod index;
// Without `std` there is no cloud, and so nobody who reads questions and writes answers.
#[cfg_attr(not(feature = "std"), allow(dead_code))]
mod message;
mod owner;
mod reader;
mod realm;
mod receipt;
// Without `std` nobody fetches attachments.
#[cfg_attr(not(feature = "std"), allow(dead_code))]
mod record;
mod registry;
mod role_key;
mod rules;
mod writer;

#[cfg(feature = "std")]
#[doc = include_str!("DEPLOY.md")]
pub mod deployment {}

pub use authority::Authority;
#[cfg(feature = "std")]
pub use cloud::{Cloud, CloudError, Findings, Limits, Stats};
pub use consent::Consent;
pub use credential::Credential;
pub use error::{ReadError, RoleError};
pub use message::Listed;
pub use owner::Owner;
pub use reader::{Asked, Opened, Reader};
pub use realm::Realm;
pub use record::{Attachment, Description, PatientHandle, Record, RecordCategory, SecurityLabel};
pub use role_key::RoleKey;
pub use rules::AccessRules;
pub use writer::{MAX_INLINE_BYTES, Writer};
