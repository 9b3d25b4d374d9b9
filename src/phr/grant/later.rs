//! An epoch that no token of a revoked key id reaches. `[PHR-14.2]`

use thiserror::Error;

use super::revocations::{Revocation, Revocations};
use crate::abe::types::CurrentEpoch;
use crate::epoch::Epoch;
use crate::outsource::KeyId;
use crate::revoke::{EpochStatementError, Epochs};

/// The current epoch, and the proof that it is later than every revocation: no token of a revoked key id reaches it, whatever a
/// dishonest proxy has kept. To be had from [`Revocations::later_epoch`], for as long as nothing newer is observed. `[PHR-14.2]`
///
/// An authority makes no token of an epoch that has not begun. So what is revoked in epoch e holds tokens until e at most, and a header of a
/// later epoch opens with none of them.
///
/// It cannot be made by hand, nor is any current epoch good enough:
///
/// ```compile_fail,E0451
/// # use hippocrypt::{CurrentEpoch, phr::grant::LaterEpoch};
/// fn by_hand<'a>(current: CurrentEpoch<'a>) -> LaterEpoch<'a> {
///     LaterEpoch { current }
/// }
/// ```
/// ```compile_fail,E0308
/// # use hippocrypt::{phr::grant::*, *};
/// fn in_any_epoch(parameters: &PublicParameters, current: CurrentEpoch<'_>, policy: &Policy) {
///     let _ = SeedHeader::wrap(parameters, current, policy, b"", &mut os_rng());
/// }
/// ```
///
/// It is over when another update or another statement is observed:
///
/// ```compile_fail,E0502
/// # use hippocrypt::{phr::grant::*, *};
/// fn keep(revocations: &mut Revocations, epochs: &Epochs, parameters: &PublicParameters, update: &[u8]) {
///     let later = revocations.later_epoch(epochs, 0).unwrap();
///     revocations.observe(parameters, update).unwrap();
///     let _ = later.epoch(); // somebody may have been revoked
/// }
/// ```
/// ```compile_fail,E0502
/// # use hippocrypt::{phr::grant::*, *};
/// fn keep(revocations: &Revocations, epochs: &mut Epochs, parameters: &PublicParameters, newer: &EpochStatement) {
///     let later = revocations.later_epoch(epochs, 0).unwrap();
///     epochs.observe(parameters, newer, 0).unwrap();
///     let _ = later.epoch(); // the epoch may be over
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LaterEpoch<'a> {
    pub(super) current: CurrentEpoch<'a>,
}

/// The current epoch is not known to be later than every revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LaterEpochError {
    /// The epoch is not known, or its statement is not good now.
    #[error(transparent)]
    Epoch(#[from] EpochStatementError),
    /// Updates and statement are not of one realm.
    #[error("the statement of the epoch and the updates belong to different realms")]
    OtherRealm,
    /// Updates are missing, which may revoke somebody.
    #[error(
        "updates are known up to number {observed}, and the statement of the epoch names {needed}: observe the updates up to \
         number {needed} first"
    )]
    Behind {
        /// The newest update that was observed.
        observed: u64,
        /// The newest update when the statement was made.
        needed: u64,
    },
    /// The updates say that the epoch of the statement is over.
    #[error(
        "the statement is of epoch {stated}, and by its updates the realm is in epoch {reached}: observe a newer statement of the \
         epoch"
    )]
    Outdated {
        /// The epoch of the statement.
        stated: u32,
        /// The epoch of the newest update.
        reached: u32,
    },
    /// Statement and updates cannot both be true.
    #[error(
        "the statement names epoch {stated} for update {number}, which contradicts the updates (epoch {reached}): the authority was \
         restored from an old copy, or its key is stolen. Ask it in person"
    )]
    Contradiction {
        /// The update that the statement names.
        number: u64,
        /// The epoch of the statement.
        stated: u32,
        /// The epoch of the newest update.
        reached: u32,
    },
    /// Something was revoked in the current epoch, and its tokens are good in it.
    #[error(
        "update {number} has revoked somebody in epoch {epoch}, which is not over, and whose tokens he has: ask the authority to begin the \
         next epoch first (`Authority::advance`), then observe its update and its new statement"
    )]
    Revoked {
        /// The update.
        number: u64,
        /// The current epoch.
        epoch: u32,
    },
    /// A key has lost attributes, and gets tokens nevertheless.
    #[error(
        "attributes were withdrawn from key {key}, which is alive and gets tokens: a dishonest proxy goes on using them. Ask the authority \
         to revoke the key and issue another one (`Authority::withdraw`), and to begin the next epoch then"
    )]
    Diminished {
        /// The key.
        key: KeyId,
    },
}

impl Revocations {
    /// The current epoch, if no token of a revoked key id reaches it. `now` is in seconds since 1970-01-01T00:00Z. `[PHR-14.2]`
    ///
    /// Whoever is revoked after the statement of the epoch was made is not known of: the time for which statements are
    /// good is how long that may last.
    ///
    /// # Errors
    /// [`LaterEpochError`] says what to do first.
    pub fn later_epoch<'a>(
        &'a self,
        epochs: &'a Epochs,
        now: u64,
    ) -> Result<LaterEpoch<'a>, LaterEpochError> {
        let current = epochs.current(now)?;
        let needed = epochs.newest().ok_or(EpochStatementError::NoneSeen)?.number();
        if current.realm_id() != self.state.realm_id() {
            return Err(LaterEpochError::OtherRealm);
        }
        let observed = self.state.number();
        if observed < needed {
            return Err(LaterEpochError::Behind { observed, needed });
        }
        let (stated, reached) = (current.epoch().number(), self.state.epoch().map_or(0, Epoch::number));
        if stated < reached && needed < observed {
            return Err(LaterEpochError::Outdated { stated, reached });
        }
        if stated != reached {
            return Err(LaterEpochError::Contradiction { number: needed, stated, reached });
        }
        if let Some(key) = self.state.diminished_keys().next() {
            return Err(LaterEpochError::Diminished { key: *key });
        }
        match self.newest {
            Some(Revocation { number, epoch }) if epoch >= current.epoch() => {
                Err(LaterEpochError::Revoked { number, epoch: stated })
            }
            _ => Ok(LaterEpoch { current }),
        }
    }
}

impl LaterEpoch<'_> {
    /// H(mpk) of the realm.
    pub fn realm_id(&self) -> &[u8; 32] {
        self.current.realm_id()
    }

    /// The epoch.
    pub fn epoch(&self) -> Epoch {
        self.current.epoch()
    }
}
