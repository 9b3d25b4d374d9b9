//! Seeds of search indexes: for readers who satisfy a policy, and for nobody who was revoked before. `[PHR-14]`
//!
//! A search index is granted by a seed of 32 bytes for each policy. The seed is wrapped: a header under the policy encapsulates it, and
//! a reader opens that as he opens any compartment, with the help of a proxy. When somebody is revoked the owner makes new
//! seeds, and a new seed is worth nothing if he opens its header, too: with the tokens that he has, and a proxy that has deleted
//! nothing, he opens every header of the epoch that he was revoked in. So a seed is wrapped in a [`LaterEpoch`] and in no
//! other, and that is to be had from what the client knows of the authority's updates ([`Revocations`]) alone.
//!
//! ```
//! # use hippocrypt::phr::grant::*;
//! # use hippocrypt::*;
//! # let now = 1_800_000_000;
//! # let (parameters, master) = setup_with_epochs("st-marys", EpochTree::default(), &mut os_rng())?;
//! # let (mut authority, begin) = Authority::begin(master, now)?;
//! # let mut proxy = Proxy::new(&parameters, ProxyName::new("cloud")?)?;
//! # let _ = proxy.apply(&begin)?;
//! # let (seed, diaz, nonce) = (ReaderSeed::generate(&mut os_rng()), UserId::new("dr-diaz")?, EnrolmentNonce::generate(&mut os_rng()));
//! # let reader = seed.enrol(&parameters, &diaz, &nonce, &mut os_rng()).verify(&parameters, &diaz, nonce)?;
//! # let mut registry = MemoryRegistry::new();
//! # let role = AttributeSet::parse("role:physician", &Schema::empty())?;
//! // The owner follows the public log of the authority, and keeps what she knows over restarts.
//! let mut revocations = Revocations::new(&parameters)?;
//! let mut epochs = Epochs::new(&parameters)?;
//! revocations.observe(&parameters, &begin.to_bytes())?;
//!
//! // Somebody is revoked. In the epoch in which that was, no seed can be wrapped.
//! let revoked = authority.revoke_user(&UserId::new("dr-chen")?, now)?;
//! revocations.observe(&parameters, &revoked.to_bytes())?;
//! epochs.observe(&parameters, &authority.statement(now, now + 3_600)?, now)?;
//! assert!(matches!(revocations.later_epoch(&epochs, now), Err(LaterEpochError::Revoked { number: 2, .. })));
//!
//! // The authority advances; now there is a later epoch.
//! let advance = authority.advance(now)?;
//! revocations.observe(&parameters, &advance.to_bytes())?;
//! epochs.observe(&parameters, &authority.statement(now, now + 3_600)?, now)?;
//! let later = revocations.later_epoch(&epochs, now)?;
//! let policy = Policy::parse("role:physician", &Schema::empty())?;
//! let (header, owners) = SeedHeader::wrap(&parameters, later, &policy, b"collection, domain, policy, version", &mut os_rng())?;
//! # for update in [&revoked, &advance] { let _ = proxy.apply(update)?; }
//! # proxy.renew(authority.lease(proxy.name(), now, now + 600)?, now)?;
//! # let key = proxy.accept(authority.issue(&reader, &role, &mut registry, &mut os_rng())?, &mut os_rng())?;
//! let kept = header.to_bytes(); // into the head of her collection, which she signs; and to the cloud
//!
//! // The cloud accepts the header, and transforms it for a reader who asks.
//! let stored = StoredHeader::accept_at(epochs.current(now)?, Header::from_bytes(&kept)?, &parameters, &mut os_rng())?;
//! let transformed = proxy.permit(&key, now)?.transform(&stored)?;
//!
//! // The reader has the header from the owner's head, and from nowhere else.
//! let header = SeedHeader::from_bytes(&kept)?;
//! let readers = header.open(&parameters, &seed.retrieval_key(), &transformed, b"collection, domain, policy, version")?;
//! assert!(readers.ct_eq(&owners));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod header;
mod later;
mod revocations;

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod house;
#[cfg(test)]
mod tests;

pub use header::SeedHeader;
pub use later::{LaterEpoch, LaterEpochError};
pub use revocations::{ObserveError, Revocation, Revocations};
