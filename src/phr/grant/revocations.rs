//! What a client knows of the revocations in a realm. `[PHR-14.1]`

use alloc::vec::Vec;

use thiserror::Error;

use crate::abe::types::PublicParameters;
use crate::codec::{Decoder, Encoder, Kind};
use crate::epoch::Epoch;
use crate::error::{DecodeError, DecodeReason};
use crate::revoke::{Action, AuthorityUpdate, RevocationState, UpdateError};

/// What a client knows of a realm's public log of updates: all of them from the first on, and in which epoch something was revoked
/// last. `[PHR-14.1]`
///
/// Keep [`Revocations::to_bytes`] over a restart. A copy that is too old does no harm while the client's statement of
/// the epoch is newer: what is missing is asked for. Whoever rolls back both shows the client the past, until the old statement expires.
///
/// About 40 bytes for each user and each key that was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocations {
    pub(super) state: RevocationState,
    pub(super) newest: Option<Revocation>,
}

/// When something was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The number of the update.
    pub number: u64,
    /// The epoch that the realm was in: what was revoked holds tokens until this epoch, and of none after it.
    pub epoch: Epoch,
}

/// An update that is not taken note of. What was known before stays.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ObserveError {
    /// It is no update.
    #[error("the update cannot be read: {0}")]
    Decode(#[from] DecodeError),
    /// It is not the next one of this realm.
    ///
    /// [`UpdateError::Replayed`] is harmless. [`UpdateError::Fork`] is an alarm: ask the authority in person, and if it was restored, begin with
    /// [`Revocations::new`] and its whole log.
    #[error(transparent)]
    Update(#[from] UpdateError),
}

impl Revocations {
    /// Before the first update.
    ///
    /// # Errors
    /// [`UpdateError::NoEpochs`] if the realm has no epochs.
    pub fn new(parameters: &PublicParameters) -> Result<Self, UpdateError> {
        Ok(Self { state: RevocationState::new(parameters)?, newest: None })
    }

    /// Takes note of the next update (encoded), whoever brings it; the update, for who wants to know whom it revokes.
    ///
    /// # Errors
    /// [`ObserveError`]: it is not signed by the authority, not of this realm, or its turn has not come.
    pub fn observe(
        &mut self,
        parameters: &PublicParameters,
        update: &[u8],
    ) -> Result<AuthorityUpdate, ObserveError> {
        let update = AuthorityUpdate::from_bytes(update)?;
        let _ = self.state.apply(&update, parameters)?;
        if revokes(update.action()) {
            self.newest = Some(Revocation { number: update.number(), epoch: update.epoch() });
        }
        Ok(update)
    }

    /// The number of the newest update that was observed, 0 before the first: ask for those after it.
    pub fn number(&self) -> u64 {
        self.state.number()
    }

    /// The last revocation of whatever kind; `None` if nothing was revoked.
    pub fn newest(&self) -> Option<Revocation> {
        self.newest
    }

    /// Who and what is revoked.
    pub fn state(&self) -> &RevocationState {
        &self.state
    }

    /// The encoding, for the client's own storage. It is not signed: it is taken from nobody else. `[PHR-14.4]`
    pub fn to_bytes(&self) -> Vec<u8> {
        let state = self.state.to_bytes();
        let mut encoder = Encoder::object(Kind::Revocations, 13 + state.len());
        match self.newest {
            None => encoder.u8(0),
            Some(newest) => {
                encoder.u8(1);
                encoder.u64(newest.number);
                encoder.u32(newest.epoch.number());
            }
        }
        encoder.raw(&state);
        encoder.finish()
    }

    /// Decodes what was kept.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical, or that no log of updates leads to.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Revocations)?;
        let at = decoder.position();
        let newest = match decoder.u8("newest revocation")? {
            0 => None,
            1 => {
                let number = decoder.u64("revoking update")?;
                Some(Revocation { number, epoch: Epoch::decode(&mut decoder, "epoch of the revocation")? })
            }
            other => {
                let reason = DecodeReason::OutOfRange { value: u64::from(other), min: 0, max: 1 };
                return Err(Decoder::error_at(at, "newest revocation", reason));
            }
        };
        let start = decoder.position();
        let state = RevocationState::from_bytes(decoder.rest())
            .map_err(|error| DecodeError { position: start + error.position, ..error })?;
        let known = Self { state, newest };
        if !known.fits() {
            let reason = DecodeReason::NotCanonical("the last revocation in the state that follows");
            return Err(Decoder::error_at(at, "newest revocation", reason));
        }
        Ok(known)
    }

    /// Whether there are updates that lead to this.
    fn fits(&self) -> bool {
        let state = &self.state;
        let users = state.revoked_users().map(|(_, number)| number);
        let last = users.chain(state.revoked_keys().map(|(_, number)| number)).max();
        match self.newest {
            None => last.is_none() && state.diminished_keys().next().is_none(),
            Some(Revocation { number, epoch }) => {
                // What was withdrawn of a key has no number in the state.
                let is_last =
                    Some(number) == last || (Some(number) > last && state.diminished_keys().next().is_some());
                // The newest update of all has the epoch of the state; an earlier one has that or an earlier one.
                let in_time = if number == state.number() {
                    Some(epoch) == state.epoch()
                } else {
                    Some(epoch) <= state.epoch()
                };
                is_last && in_time && (2..=state.number()).contains(&number)
            }
        }
    }
}

/// Whether a key id, or a part of one, has become worth less by it. A new action has to be thought about here.
fn revokes(action: &Action) -> bool {
    match action {
        Action::Begin | Action::Advance => false,
        Action::RevokeUser(_) | Action::RevokeKey(_) | Action::RevokeAttributes { .. } => true,
    }
}
