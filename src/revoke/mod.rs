//! Revocation: epochs, tokens, seals, and what an authority tells its proxies.
//!
//! [`crate::spec::revoke`] is the specification: what is claimed `[REV-1]`, and how it is done.
//!
//! | who | does what | with |
//! |---|---|---|
//! | authority | issues, refreshes, revokes, advances the epoch | [`Authority`], [`KeyRegistry`] |
//! | whoever encrypts | learns in which epoch | [`Epochs`] |
//! | proxy | applies updates, serves with a permit | [`Proxy`], [`Permit`] |
//! | store | seals its headers | [`seal_all`], [`SealKeeper`], [`HeaderStore`] |

pub(crate) mod authority;
#[cfg(feature = "hazmat")]
mod bulk;
pub(crate) mod error;
pub(crate) mod issue;
pub(crate) mod lease;
pub(crate) mod proxy;
pub(crate) mod registry;
pub(crate) mod requests;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod state;
pub(crate) mod statement;
pub(crate) mod update;
pub(crate) mod validity;

#[cfg(test)]
pub(crate) mod attacks;
#[cfg(test)]
mod vectors;

pub use authority::Authority;
pub use error::{AuthorityError, Revoked, UpdateError};
pub use issue::{KeyError, RefreshError, Refresher, Withdrawal};
pub use lease::{Lease, ProxyName, ProxyNameError};
pub use proxy::{DutyError, LeaseError, Proxy};
pub use registry::{IssuedKey, KeyRegistry, KeyStatus, MemoryRegistry, RegistryError};
pub use requests::{
    REMEMBERED_REQUESTS, REQUEST_AGE_SECONDS, REQUEST_LEAD_SECONDS, ReplayError, RequestMemory,
};
pub use restore::{RestoredAuthority, Resumed};
pub use serve::{AcceptError, Cleaned, Permit, RequestError};
pub use state::{Applied, RevocationState};
pub use statement::{EpochStatement, EpochStatementError, Epochs};
pub use update::{Action, AuthorityUpdate};
pub use validity::{CLOCK_SKEW_SECONDS, ValidityError};
pub(crate) mod grant;
pub(crate) mod memory_store;
pub mod scheme;
pub(crate) mod seal;
pub(crate) mod seal_all;
pub(crate) mod tokens;

pub use grant::{Grant, GrantError};
pub use memory_store::{MemoryHeaderStore, MemoryStoreError};
pub use scheme::SealStep;
pub use seal::{SealError, SealKeeper, SealKey, SealRequest};
pub use seal_all::{HeaderStore, SealAllError, SealProgress, seal_all};
pub use tokens::{MAX_BATCH, TokenBatch, TokenError, VerifiedTokens};
