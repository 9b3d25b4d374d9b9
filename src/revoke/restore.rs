//! An authority that comes back from a copy that may be old. `[REV-5.7]`

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::authority::Authority;
use super::error::{AuthorityError, UpdateError};
use super::state::RevocationState;
use super::update::{Action, AuthorityUpdate};
use crate::abe::types::MasterKey;
use crate::epoch::Epoch;

/// How an authority comes back.
#[derive(Debug)]
#[must_use = "a restored authority has to catch up and to advance"]
pub enum Resumed {
    /// As it was: others know of nothing that its log does not hold.
    Ready(Authority),
    /// From a copy that is, or may be, older than what was made public.
    Restored(RestoredAuthority),
}

/// An authority restored from a copy: it takes the updates that others hold beyond its log, and then does one thing, which is to
/// advance to an epoch above all that it has seen.
///
/// Those whom lost updates revoked are revoked again by catching up, as the updates bear the authority's own signature. And if
/// some are lost for good, the new epoch bounds the damage: what was issued since the copy is not in the registry, gets
/// no tokens, and opens nothing that is encrypted from now on.
///
/// ```compile_fail,E0599
/// # use hippocrypt::*;
/// fn too_early(restored: &mut RestoredAuthority, user: &UserId) {
///     let _ = restored.revoke_user(user, 0); // nor anything else
/// }
/// ```
/// ```compile_fail,E0599
/// # use hippocrypt::*;
/// fn too_early(restored: &RestoredAuthority) {
///     let _ = restored.statement(0, 1);
/// }
/// ```
/// ```compile_fail,E0599
/// # use hippocrypt::*;
/// fn too_early(restored: &RestoredAuthority, proxy: &ProxyName) {
///     let _ = restored.lease(proxy, 0, 1);
/// }
/// ```
/// ```compile_fail,E0382
/// # use hippocrypt::*;
/// fn twice(restored: RestoredAuthority) {
///     let _ = restored.advance(0);
///     let _ = restored.advance(0); // it is an authority by now
/// }
/// ```
#[derive(Debug)]
pub struct RestoredAuthority {
    master: MasterKey,
    state: RevocationState,
    log: Vec<AuthorityUpdate>,
    /// Updates that others hold and the log does not.
    awaited: BTreeMap<[u8; 32], u64>,
    witnessed: bool,
    /// The highest epoch of any update of this authority.
    seen: Option<Epoch>,
    /// Revocations on branches that were left.
    abandoned: Vec<Action>,
}

impl RestoredAuthority {
    pub(super) fn new(
        master: MasterKey,
        log: impl IntoIterator<Item = AuthorityUpdate>,
        witnesses: &[AuthorityUpdate],
    ) -> Result<Self, AuthorityError> {
        let state = RevocationState::new(master.public_parameters())?;
        let mut restored = Self {
            master,
            state,
            log: Vec::new(),
            awaited: BTreeMap::new(),
            witnessed: !witnesses.is_empty(),
            seen: None,
            abandoned: Vec::new(),
        };
        for update in log {
            restored.push(update).map_err(AuthorityError::Log)?;
        }
        for witness in witnesses {
            restored.see(witness)?;
            if !restored.holds(witness) {
                restored.awaited.insert(witness.id(), witness.number());
            }
        }
        Ok(restored)
    }

    /// Without a witness, or with one who knows more, it is not ready.
    pub(super) fn into_ready(self) -> Resumed {
        if !self.witnessed || !self.awaited.is_empty() {
            return Resumed::Restored(self);
        }
        // It holds its witnesses, so it has begun.
        Resumed::Ready(Authority::of(self.master, self.state))
    }

    /// Takes the updates that a proxy or the ledger holds, in their order; those that are known are passed over. `[REV-5.7]`
    ///
    /// Where they part from what is known here, they are what counts: they are public. (The copy had gone on by
    /// itself, then.) What the branch that is left had revoked is not forgotten; it is revoked again at the end. Proxies
    /// that are on a branch that was left have to be set up anew from the log.
    ///
    /// # Errors
    /// [`AuthorityError::Witness`] for an update that is not by this authority, [`AuthorityError::Gap`] if some before it are
    /// missing. What was taken before stays taken.
    pub fn catch_up(
        &mut self,
        updates: impl IntoIterator<Item = AuthorityUpdate>,
    ) -> Result<(), AuthorityError> {
        for update in updates {
            self.see(&update)?;
            if self.holds(&update) {
                continue;
            }
            let id = update.id();
            self.leave_branch(&update)?;
            self.push(update)?;
            self.awaited.remove(&id);
        }
        Ok(())
    }

    /// The highest update that is known to others and was not caught up with yet.
    pub fn awaits(&self) -> Option<u64> {
        self.awaited.values().copied().max()
    }

    /// What it knows by now.
    pub fn state(&self) -> &RevocationState {
        &self.state
    }

    /// Its log: to be kept in place of the old one.
    pub fn log(&self) -> &[AuthorityUpdate] {
        &self.log
    }

    /// Goes to the epoch after the highest that was ever seen, and is an authority again. The updates come after
    /// [`RestoredAuthority::log`]: the advance, and then what left branches had revoked. `[REV-5.7]`
    ///
    /// # Errors
    /// [`AuthorityError::Behind`] while [`RestoredAuthority::awaits`] names an update, [`AuthorityError::NothingKnown`] without
    /// any, [`AuthorityError::Epoch`] after the last.
    pub fn advance(self, now: u64) -> Result<(Authority, Vec<AuthorityUpdate>), AuthorityError> {
        if let Some(number) = self.awaits() {
            return Err(AuthorityError::Behind { number });
        }
        let seen = self.seen.filter(|_| self.state.number() > 0).ok_or(AuthorityError::NothingKnown)?;
        let mut authority = Authority::of(self.master, self.state);
        let mut updates = alloc::vec![authority.advance_to(u64::from(seen.number()) + 1, now)?];
        let epoch = authority.epoch();
        for action in self.abandoned {
            match authority.act(action, epoch, now) {
                Ok(update) => updates.push(update),
                Err(AuthorityError::Update(UpdateError::KeyIsRevoked { .. })) => {}
                // Two branches have named different values: nothing of the key is left.
                Err(AuthorityError::Update(UpdateError::Attributes { key, .. })) => {
                    updates.push(authority.revoke_key(&key, now)?);
                }
                Err(other) => return Err(other),
            }
        }
        Ok((authority, updates))
    }

    /// An update of this authority, wherever it belongs.
    fn see(&mut self, update: &AuthorityUpdate) -> Result<(), AuthorityError> {
        if !update.is_genuine(self.master.public_parameters()) {
            return Err(AuthorityError::Witness { number: update.number() });
        }
        self.seen = self.seen.max(Some(update.epoch()));
        Ok(())
    }

    fn holds(&self, update: &AuthorityUpdate) -> bool {
        let held = index(update).and_then(|index| self.log.get(index));
        held.is_some_and(|held| held == update)
    }

    /// Applies the next update.
    fn push(&mut self, update: AuthorityUpdate) -> Result<(), UpdateError> {
        let _ = self.state.apply(&update, self.master.public_parameters())?;
        self.seen = self.seen.max(Some(update.epoch()));
        self.log.push(update);
        Ok(())
    }

    /// Goes back to where `update` parts from the log, or finds that it does not begin there.
    fn leave_branch(&mut self, update: &AuthorityUpdate) -> Result<(), AuthorityError> {
        let (number, known) = (update.number(), self.state.number());
        let before = number.saturating_sub(1);
        if before > known {
            return Err(AuthorityError::Gap { missing: known.saturating_add(1) });
        }
        let kept = index(update).unwrap_or(usize::MAX).min(self.log.len());
        let parent = kept.checked_sub(1).and_then(|index| self.log.get(index));
        if parent.map_or([0; 32], AuthorityUpdate::id) != *update.previous() {
            return Err(AuthorityError::Gap { missing: before });
        }
        let left = self.log.split_off(kept);
        if !left.is_empty() {
            let kept = core::mem::take(&mut self.log);
            self.state = RevocationState::new(self.master.public_parameters())?;
            for update in kept {
                self.push(update)?;
            }
        }
        for update in left {
            let action = update.action();
            let revokes = !matches!(action, Action::Begin | Action::Advance);
            if revokes && !self.abandoned.contains(action) {
                self.abandoned.push(action.clone());
            }
        }
        Ok(())
    }
}

/// The place of an update in a complete log.
fn index(update: &AuthorityUpdate) -> Option<usize> {
    usize::try_from(update.number()).ok()?.checked_sub(1)
}
