//! The duties of a proxy: what it must have heard from the authority before it serves anybody. `[REV-7]`
//!
//! Nothing in this file is secret: it names no type that is.

use thiserror::Error;

use super::error::{Revoked, UpdateError};
use super::lease::{Lease, ProxyName};
use super::requests::{ReplayError, RequestMemory};
use super::state::{Applied, RevocationState};
use super::update::AuthorityUpdate;
use super::validity::ValidityError;
use crate::abe::types::{CurrentEpoch, PublicParameters};
use crate::outsource::{KeyId, UserId};

/// A proxy, or one replica of it: what the authority has told it, and whom it has served lately.
///
/// Keep [`Proxy::state`] durably after every update and before it is answered for, and [`Proxy::resume`] from it.
///
/// ```
/// # use hippocrypt::*;
/// # let (parameters, master) = setup_with_epochs("st-marys", EpochTree::default(), &mut os_rng())?;
/// # let now = 1_800_000_000;
/// let (mut authority, begin) = Authority::begin(master, now)?;
/// let name = ProxyName::new("proxy-2")?;
/// let mut proxy = Proxy::new(&parameters, name.clone())?;
/// let _ = proxy.apply(&begin)?;
/// proxy.renew(authority.lease(&name, now, now + 600)?, now)?;
/// let (key, chen) = (KeyId::from_bytes([7; 16]), UserId::new("dr-chen")?);
/// proxy.may_serve(&key, &chen, 1, now)?;
///
/// let update = authority.revoke_user(&chen, now)?;
/// match proxy.apply(&update)? {
///     Applied::DeleteKeysOf(user) => println!("delete the keys of {user}"),
///     other => println!("{other:?}"),
/// }
/// assert_eq!(proxy.may_serve(&key, &chen, 1, now), Err(DutyError::Revoked(Revoked::User(2))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Proxy {
    parameters: PublicParameters,
    name: ProxyName,
    state: RevocationState,
    lease: Option<Lease>,
    requests: RequestMemory,
}

/// A lease that is refused. What was held before stays.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LeaseError {
    /// It is for another realm.
    #[error("the lease belongs to another realm")]
    OtherRealm,
    /// The authority has not signed it.
    #[error("the lease is not signed by the authority of the realm: refuse it, and ask where it comes from")]
    Signature,
    /// It is for another proxy.
    #[error("the lease is for `{0}`: every proxy, and every replica of one, has its own")]
    OtherProxy(ProxyName),
    /// Its time is over, or has not come.
    #[error("the lease is not valid: {0}")]
    Validity(#[from] ValidityError),
    /// It asks for less than the lease that is held.
    #[error("the lease names update {number}, the one that is held {held}: it is an old one, sent again")]
    RolledBack {
        /// The update that it names.
        number: u64,
        /// The update that the held one names.
        held: u64,
    },
}

/// Why a proxy must not serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DutyError {
    /// It holds no lease.
    #[error("the proxy holds no lease: get one from the authority")]
    NoLease,
    /// Its lease is over.
    #[error("the lease of the proxy is not valid: {0}")]
    Lease(#[from] ValidityError),
    /// It lacks updates that its lease, or the key, is later than.
    #[error("the proxy has applied update {applied}, and must have applied {needed}: get those between")]
    Behind {
        /// The newest update that it has applied.
        applied: u64,
        /// The update that it needs.
        needed: u64,
    },
    /// The key is one of another realm.
    #[error("the key belongs to another realm than the proxy")]
    OtherRealm,
    /// Components of the key were withdrawn, and are still there.
    #[error("attributes of the key were withdrawn: delete their components first")]
    Withdrawn,
    /// Key or user are revoked.
    #[error("not served: {0}")]
    Revoked(#[from] Revoked),
}

impl Proxy {
    /// A new proxy, which has heard nothing yet and serves nobody.
    ///
    /// # Errors
    /// [`UpdateError::NoEpochs`] if the realm has no epochs.
    pub fn new(parameters: &PublicParameters, name: ProxyName) -> Result<Self, UpdateError> {
        let state = RevocationState::new(parameters)?;
        Ok(Self { parameters: parameters.clone(), name, state, lease: None, requests: RequestMemory::new() })
    }

    /// A proxy that is started again `now`, with the state that it has kept. It needs a lease, and for a minute
    /// readers are told to ask anew.
    ///
    /// # Errors
    /// [`UpdateError::NoEpochs`], or [`UpdateError::OtherRealm`] if the state is of another realm.
    pub fn resume(
        parameters: &PublicParameters,
        name: ProxyName,
        state: RevocationState,
        now: u64,
    ) -> Result<Self, UpdateError> {
        if state.realm_id() != parameters.id() {
            return Err(UpdateError::OtherRealm);
        }
        let requests = RequestMemory::after_restart(now);
        Ok(Self { state, requests, ..Self::new(parameters, name)? })
    }

    /// This proxy with another memory of requests, such as one with another limit.
    #[must_use]
    pub fn with_requests(self, requests: RequestMemory) -> Self {
        Self { requests, ..self }
    }

    /// Its name.
    pub fn name(&self) -> &ProxyName {
        &self.name
    }

    /// The public parameters of its realm.
    pub fn public_parameters(&self) -> &PublicParameters {
        &self.parameters
    }

    /// What it has heard of the authority.
    pub fn state(&self) -> &RevocationState {
        &self.state
    }

    /// The lease that it holds, expired or not.
    pub fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    /// Applies the next update; what to delete now. `[REV-7.1]`
    ///
    /// The answer may be lost in a crash: whoever starts again deletes all that [`RevocationState::check`] calls revoked. Until
    /// then [`Proxy::may_serve`] refuses it all the same.
    ///
    /// # Errors
    /// [`UpdateError`] says why not; the state stays as it was.
    pub fn apply<'u>(&mut self, update: &'u AuthorityUpdate) -> Result<Applied<'u>, UpdateError> {
        self.state.apply(update, &self.parameters)
    }

    /// Takes a lease. One that names an update which this proxy has not applied is kept, and counts once it has. `[REV-7.2]`
    ///
    /// # Errors
    /// [`LeaseError`] says why not.
    pub fn renew(&mut self, lease: Lease, now: u64) -> Result<(), LeaseError> {
        if lease.realm_id() != self.parameters.id() {
            return Err(LeaseError::OtherRealm);
        }
        if !lease.is_genuine(&self.parameters) {
            return Err(LeaseError::Signature);
        }
        if *lease.proxy() != self.name {
            return Err(LeaseError::OtherProxy(lease.proxy().clone()));
        }
        lease.validity.check(now)?;
        if let Some(held) = &self.lease {
            let (number, held_number) = (lease.number(), held.number());
            if number < held_number {
                return Err(LeaseError::RolledBack { number, held: held_number });
            }
            if number == held_number && lease.validity.not_after < held.validity.not_after {
                return Ok(());
            }
        }
        self.lease = Some(lease);
        Ok(())
    }

    /// Whether a key may be used that was issued to `user` when update `issued_at` was the newest. Ask for every request. `[REV-7.2]`
    ///
    /// # Errors
    /// [`DutyError`] says why not.
    pub fn may_serve(&self, key: &KeyId, user: &UserId, issued_at: u64, now: u64) -> Result<(), DutyError> {
        self.is_up_to(issued_at, now)?;
        Ok(self.state.check(key, user, issued_at)?)
    }

    /// The epoch that the realm is in, for a store that accepts headers: while the lease holds, the updates say it as well as
    /// a statement would. `[REV-7.2]`
    ///
    /// # Errors
    /// [`DutyError`] without a lease, or if the proxy lacks updates.
    pub fn current(&self, now: u64) -> Result<CurrentEpoch<'_>, DutyError> {
        self.is_up_to(1, now)?;
        let epoch = self.state.epoch().ok_or(DutyError::Behind { applied: 0, needed: 1 })?;
        Ok(CurrentEpoch::new(*self.parameters.id(), epoch))
    }

    /// Whether the lease holds now, and the updates that it and `needed` name are applied.
    fn is_up_to(&self, needed: u64, now: u64) -> Result<(), DutyError> {
        let lease = self.lease.as_ref().ok_or(DutyError::NoLease)?;
        lease.validity.check(now)?;
        let (applied, needed) = (self.state.number(), lease.number().max(needed));
        if applied < needed { Err(DutyError::Behind { applied, needed }) } else { Ok(()) }
    }

    /// Admits a request, once: after its signature was found good, and before it is answered. `[REV-7.3]`
    ///
    /// # Errors
    /// [`ReplayError`] says why to refuse it.
    pub fn admit(&mut self, user: &UserId, nonce: &[u8; 32], time: u64, now: u64) -> Result<(), ReplayError> {
        self.requests.admit(user, nonce, time, now)
    }
}
