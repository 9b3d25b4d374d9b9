//! The authority of a realm with epochs: what it says, and in which order. `[REV-5]`

use super::error::AuthorityError;
use super::lease::{Lease, ProxyName};
use super::restore::{RestoredAuthority, Resumed};
use super::state::RevocationState;
use super::statement::EpochStatement;
use super::update::{Action, AuthorityUpdate};
use super::validity::Validity;
use crate::abe::types::{MasterKey, PublicParameters};
use crate::epoch::Epoch;
use crate::outsource::{KeyId, UserId};
use crate::policy::AttributeSet;

/// The authority at work: its master key, and the state that its own updates add up to.
///
/// Each update that it returns is applied to its own state already. **Make it durable in the log first, then send it** to every
/// proxy: an update that was sent and is missing in the log makes the next one a second of its number, which every
/// proxy refuses.
///
/// There is one authority of a realm at a time.
///
/// ```
/// # use hippocrypt::*;
/// # let (parameters, master) = setup_with_epochs("st-marys", EpochTree::default(), &mut os_rng())?;
/// # let backup = MasterKey::from_bytes(master.to_bytes().expose_secret())?;
/// # let now = 1_800_000_000;
/// let (mut authority, begin) = Authority::begin(master, now)?;
/// let mut log = vec![begin];
/// log.push(authority.advance(now + 86_400)?);
/// log.push(authority.revoke_user(&UserId::new("dr-chen")?, now + 90_000)?);
/// assert_eq!((authority.number(), authority.epoch().number()), (3, 2));
///
/// // After a restart, with the newest update that a proxy holds.
/// # let master = backup;
/// let newest = log[2].clone();
/// match Authority::resume(master, log, &[newest])? {
///     Resumed::Ready(authority) => assert_eq!(authority.number(), 3),
///     Resumed::Restored(_) => panic!("its log is older than what the proxy holds"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// ```compile_fail,E0308
/// fn copy(authority: &hippocrypt::Authority) -> hippocrypt::Authority {
///     authority.clone() // two of them would make two updates of one number
/// }
/// ```
#[derive(Debug)]
pub struct Authority {
    master: MasterKey,
    /// Of at least one update.
    state: RevocationState,
}

impl Authority {
    /// Begins a realm, once in its life: epoch 1, and update 1. `[REV-5.3]`
    ///
    /// A realm that has begun is resumed. To begin it again would make a second update 1, which every proxy refuses.
    ///
    /// # Errors
    /// [`UpdateError::NoEpochs`](super::UpdateError::NoEpochs) if the realm has no epochs.
    pub fn begin(master: MasterKey, now: u64) -> Result<(Self, AuthorityUpdate), AuthorityError> {
        let state = RevocationState::new(master.public_parameters())?;
        let mut authority = Self { master, state };
        let update = authority.act(Action::Begin, Epoch::FIRST, now)?;
        Ok((authority, update))
    }

    /// Comes back after a restart, from its own complete log and from what others know: the newest update that each
    /// proxy, or the audit ledger, holds. `[REV-5.7]`
    ///
    /// If one of them is not in the log, or if there is none at all, the log may be an old copy, and those
    /// whom the lost updates revoked would be alive again. Then what comes back is a [`RestoredAuthority`], which issues and
    /// revokes nothing before it has caught up and advanced the epoch. Ask all proxies: one that lags behind
    /// knows of nothing newer.
    ///
    /// # Errors
    /// [`AuthorityError::Log`] if the log is no unbroken sequence from update 1, [`AuthorityError::Witness`] if a witness is not
    /// by this authority.
    pub fn resume(
        master: MasterKey,
        log: impl IntoIterator<Item = AuthorityUpdate>,
        witnesses: &[AuthorityUpdate],
    ) -> Result<Resumed, AuthorityError> {
        RestoredAuthority::new(master, log, witnesses).map(RestoredAuthority::into_ready)
    }

    /// An authority that has begun, and whose state is the newest.
    pub(super) fn of(master: MasterKey, state: RevocationState) -> Self {
        Self { master, state }
    }

    /// The next epoch begins. Issue tokens for it to every live key, and publish a [`Authority::statement`].
    ///
    /// # Errors
    /// [`AuthorityError::Epoch`] after the last.
    pub fn advance(&mut self, now: u64) -> Result<AuthorityUpdate, AuthorityError> {
        self.advance_to(u64::from(self.epoch().number()) + 1, now)
    }

    /// A later epoch begins, when epochs are counted by a calendar and some were skipped.
    ///
    /// # Errors
    /// [`AuthorityError::Epoch`] beyond the last, [`UpdateError::Epoch`](super::UpdateError::Epoch) unless it is later.
    pub fn advance_to(&mut self, epoch: u64, now: u64) -> Result<AuthorityUpdate, AuthorityError> {
        let tree = self.master.public_parameters().epochs().ok_or(super::UpdateError::NoEpochs)?;
        self.act(Action::Advance, tree.epoch(epoch)?, now)
    }

    /// Revokes whatever was issued to a user up to now: at once with every proxy that does its duty, and even with one that
    /// does not for all that is encrypted in later epochs. In an emergency advance the epoch, too.
    ///
    /// # Errors
    /// None for a user who has no keys, or was revoked before.
    pub fn revoke_user(&mut self, user: &UserId, now: u64) -> Result<AuthorityUpdate, AuthorityError> {
        self.act(Action::RevokeUser(user.clone()), self.epoch(), now)
    }

    /// Revokes one key, for good.
    ///
    /// # Errors
    /// [`UpdateError::KeyIsRevoked`](super::UpdateError::KeyIsRevoked) the second time.
    pub fn revoke_key(&mut self, key: &KeyId, now: u64) -> Result<AuthorityUpdate, AuthorityError> {
        self.act(Action::RevokeKey(*key), self.epoch(), now)
    }

    /// Withdraws attributes of a key: proxies delete their components at once. What binds even a dishonest proxy is to issue what is
    /// left under a new key id, for the same Y, and to revoke this one.
    ///
    /// # Errors
    /// [`AuthorityError::NoAttributes`] for an empty set, [`UpdateError::KeyIsRevoked`](super::UpdateError::KeyIsRevoked).
    pub fn revoke_attributes(
        &mut self,
        key: &KeyId,
        attributes: &AttributeSet,
        now: u64,
    ) -> Result<AuthorityUpdate, AuthorityError> {
        if attributes.is_empty() {
            return Err(AuthorityError::NoAttributes);
        }
        let action = Action::RevokeAttributes { key: *key, attributes: attributes.clone() };
        self.act(action, self.epoch(), now)
    }

    /// Signs the next update, and applies it as every proxy will.
    pub(super) fn act(
        &mut self,
        action: Action,
        epoch: Epoch,
        now: u64,
    ) -> Result<AuthorityUpdate, AuthorityError> {
        let number = self.state.number().saturating_add(1);
        let update = AuthorityUpdate::sign(&self.master, number, *self.state.head(), now, epoch, action);
        let _ = self.state.apply(&update, self.master.public_parameters())?;
        Ok(update)
    }

    /// States the current epoch, for clients, until `not_after`. They encrypt in it until then, even if it is over by
    /// that time: an hour, or until the end of the day at most. `[REV-5.1]`
    ///
    /// # Errors
    /// [`AuthorityError::Validity`] if `not_after` is over.
    pub fn statement(&self, now: u64, not_after: u64) -> Result<EpochStatement, AuthorityError> {
        let validity = Validity::until(not_after, now)?;
        Ok(EpochStatement::sign(&self.master, self.epoch(), self.number(), validity))
    }

    /// Lets a proxy serve until `not_after`, once it has applied the newest update. `[REV-5.4]`
    ///
    /// # Errors
    /// [`AuthorityError::Validity`] if `not_after` is over.
    pub fn lease(&self, proxy: &ProxyName, now: u64, not_after: u64) -> Result<Lease, AuthorityError> {
        let validity = Validity::until(not_after, now)?;
        Ok(Lease::sign(&self.master, proxy.clone(), self.number(), validity))
    }

    /// The public parameters of its realm.
    pub fn public_parameters(&self) -> &PublicParameters {
        self.master.public_parameters()
    }

    /// The epoch that the realm is in.
    pub fn epoch(&self) -> Epoch {
        self.state.epoch().unwrap_or(Epoch::FIRST)
    }

    /// The number of its newest update.
    pub fn number(&self) -> u64 {
        self.state.number()
    }

    /// Who and what is revoked.
    pub fn state(&self) -> &RevocationState {
        &self.state
    }

    /// Takes back updates that nobody has heard of, because they could not be made durable.
    pub(crate) fn take_back(&mut self, before: RevocationState) {
        self.state = before;
    }

    /// The master key, to issue with.
    pub(crate) fn master(&self) -> &MasterKey {
        &self.master
    }
}
