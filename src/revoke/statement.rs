//! In which epoch a realm is: what its authority states, and what a client keeps of it. `[REV-5.1]`
//!
//! The cloud has no say in it. If it could name the epoch, it would name an old one, and what is encrypted under that
//! opens with keys that were revoked since.

use alloc::vec::Vec;

use thiserror::Error;

use super::validity::{Validity, ValidityError};
use crate::abe::types::{CurrentEpoch, MasterKey, PublicParameters};
use crate::codec::{Decoder, Encoder, Kind};
use crate::epoch::{Epoch, EpochError};
use crate::error::DecodeError;
use crate::hash::Label;
use crate::sign::SIGNATURE_BYTES;

/// An authority's statement of the epoch that its realm is in, for a limited time. Public.
///
/// What it says is to be had through [`Epochs::observe`] alone. It may come from anywhere, the cloud included:
/// it is signed, and [`Epochs`] takes no step back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochStatement {
    realm: [u8; 32],
    epoch: Epoch,
    number: u64,
    validity: Validity,
    signature: [u8; SIGNATURE_BYTES],
}

/// What a client knows of the epoch of a realm: the newest statement that it has seen. `[REV-5.2]`
///
/// Keep [`Epochs::newest`] over a restart, and [`Epochs::resume`]: a client that forgets can be shown an old
/// statement that has not expired.
///
/// ```
/// # use hippocrypt::*;
/// # let (parameters, master) = setup_with_epochs("st-marys", EpochTree::default(), &mut os_rng())?;
/// # let now = 1_800_000_000;
/// let (authority, _) = Authority::begin(master, now)?;
/// let statement = authority.statement(now, now + 86_400)?;
///
/// let mut epochs = Epochs::new(&parameters)?;
/// epochs.observe(&parameters, &statement, now)?;
/// let encryptor = parameters.at(epochs.current(now)?)?;
/// assert_eq!(encryptor.epoch(), Some(Epoch::FIRST));
///
/// let kept = epochs.newest().map(EpochStatement::to_bytes);
/// # let kept = kept.ok_or("nothing seen")?;
/// let epochs = Epochs::resume(&parameters, &EpochStatement::from_bytes(&kept)?)?;
/// assert!(epochs.current(now + 86_401).is_err()); // expired: ask for a newer one
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epochs {
    realm: [u8; 32],
    newest: Option<EpochStatement>,
}

/// A statement that is refused, or an epoch that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EpochStatementError {
    /// The realm has no epochs.
    #[error("the realm has no epochs: encrypt under its public parameters as they are")]
    NoEpochs,
    /// Statement, client and public parameters are not of one realm.
    #[error("the statement belongs to another realm")]
    OtherRealm,
    /// The authority has not signed it.
    #[error(
        "the statement is not signed by the authority of the realm: refuse it, and ask where it comes from"
    )]
    Signature,
    /// It names an epoch that the realm does not have.
    #[error(transparent)]
    Epoch(#[from] EpochError),
    /// It is not valid at this time.
    #[error("the statement of the epoch is not valid: {0}")]
    Validity(#[from] ValidityError),
    /// A newer one was seen before.
    #[error(
        "the statement (epoch {epoch}, update {number}) is older than one seen before (epoch {seen_epoch}, update \
         {seen_number}): ask the authority, and mistrust who has sent it"
    )]
    RolledBack {
        /// Its epoch.
        epoch: u32,
        /// Its number of the authority's newest update.
        number: u64,
        /// The highest epoch seen.
        seen_epoch: u32,
        /// The highest number seen.
        seen_number: u64,
    },
    /// After one update the realm cannot be in two epochs.
    #[error(
        "two statements name different epochs for update {number}: the authority was restored from an old copy, or its key is \
         stolen"
    )]
    Contradiction {
        /// The update.
        number: u64,
    },
    /// No statement was observed yet.
    #[error("no statement of the epoch was seen: get one from the authority, and observe it")]
    NoneSeen,
}

impl EpochStatement {
    pub(super) fn sign(master: &MasterKey, epoch: Epoch, number: u64, validity: Validity) -> Self {
        let realm = *master.public_parameters().id();
        let mut statement = Self { realm, epoch, number, validity, signature: [0; SIGNATURE_BYTES] };
        statement.signature = master.sign(Label::EpochStatementSignature, &[&statement.body()]);
        statement
    }

    /// H(mpk) of the realm that it names. Claimed until it is observed, as is all the rest.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.realm
    }

    /// The epoch that it names.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The number of the newest update of the authority when it was made.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The first and the last second of its time.
    pub fn validity(&self) -> (u64, u64) {
        (self.validity.not_before, self.validity.not_after)
    }

    /// Of this realm, with an epoch of it, and signed.
    fn verify(&self, parameters: &PublicParameters) -> Result<(), EpochStatementError> {
        let tree = parameters.epochs().ok_or(EpochStatementError::NoEpochs)?;
        if self.realm != *parameters.id() {
            return Err(EpochStatementError::OtherRealm);
        }
        let label = Label::EpochStatementSignature;
        if !parameters.verifying_key().verifies(label, &[&self.body()], &self.signature) {
            return Err(EpochStatementError::Signature);
        }
        tree.epoch(u64::from(self.epoch.number()))?;
        Ok(())
    }

    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(32 + 4 + 8 + Validity::BYTES);
        encoder.raw(&self.realm);
        encoder.u32(self.epoch.number());
        encoder.u64(self.number);
        self.validity.encode(&mut encoder);
        encoder.finish()
    }

    /// The encoding, 131 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::EpochStatement, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    /// Decodes a statement; whether it is to be believed, [`Epochs::observe`] says.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::EpochStatement)?;
        let realm = decoder.array("realm id")?;
        let epoch = Epoch::decode(&mut decoder, "epoch")?;
        let number = decode_number(&mut decoder, "update number")?;
        let validity = Validity::decode(&mut decoder)?;
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { realm, epoch, number, validity, signature })
    }
}

/// The number of an update: from 1.
pub(super) fn decode_number(decoder: &mut Decoder<'_>, field: &'static str) -> Result<u64, DecodeError> {
    let at = decoder.position();
    let number = decoder.u64(field)?;
    Decoder::checked(number, at, field, 1, u64::MAX)
}

impl Epochs {
    /// Of a realm of which no statement was seen yet.
    ///
    /// # Errors
    /// [`EpochStatementError::NoEpochs`] if it has no epochs.
    pub fn new(parameters: &PublicParameters) -> Result<Self, EpochStatementError> {
        match parameters.epochs() {
            Some(_) => Ok(Self { realm: *parameters.id(), newest: None }),
            None => Err(EpochStatementError::NoEpochs),
        }
    }

    /// After a restart, from the statement that was kept. It may have expired in the meantime; it still says which ones
    /// are older.
    ///
    /// # Errors
    /// [`EpochStatementError`] if it is not one of this authority.
    pub fn resume(
        parameters: &PublicParameters,
        newest: &EpochStatement,
    ) -> Result<Self, EpochStatementError> {
        newest.verify(parameters)?;
        Ok(Self { realm: newest.realm, newest: Some(*newest) })
    }

    /// Takes note of a statement; the epoch that the realm is in. `now` is in seconds since 1970-01-01T00:00Z. `[REV-5.2]`
    ///
    /// # Errors
    /// [`EpochStatementError`] says why to refuse it; what was known before stays.
    pub fn observe(
        &mut self,
        parameters: &PublicParameters,
        statement: &EpochStatement,
        now: u64,
    ) -> Result<Epoch, EpochStatementError> {
        if self.realm != *parameters.id() {
            return Err(EpochStatementError::OtherRealm);
        }
        statement.verify(parameters)?;
        statement.validity.check(now)?;
        if let Some(seen) = &self.newest {
            if statement.epoch < seen.epoch || statement.number < seen.number {
                return Err(EpochStatementError::RolledBack {
                    epoch: statement.epoch.number(),
                    number: statement.number,
                    seen_epoch: seen.epoch.number(),
                    seen_number: seen.number,
                });
            }
            if statement.number == seen.number && statement.epoch != seen.epoch {
                return Err(EpochStatementError::Contradiction { number: seen.number });
            }
            // The same again, for a shorter time.
            if statement.number == seen.number && statement.validity.not_after < seen.validity.not_after {
                return Ok(seen.epoch);
            }
        }
        self.newest = Some(*statement);
        Ok(statement.epoch)
    }

    /// The epoch to encrypt in.
    ///
    /// # Errors
    /// [`EpochStatementError::NoneSeen`], or [`EpochStatementError::Validity`] if the newest statement has expired:
    /// observe a newer one.
    pub fn current(&self, now: u64) -> Result<CurrentEpoch<'_>, EpochStatementError> {
        let newest = self.newest.as_ref().ok_or(EpochStatementError::NoneSeen)?;
        newest.validity.check(now)?;
        Ok(CurrentEpoch::new(newest.realm, newest.epoch))
    }

    /// The newest epoch seen, though the statement may have expired: for whoever must encrypt without a connection.
    ///
    /// What it costs: if the realm has moved on since, a reader who was revoked in the meantime opens what is encrypted in
    /// this epoch, should his proxy not have done its duty, and a store may refuse a header of an epoch that is over.
    ///
    /// # Errors
    /// [`EpochStatementError::NoneSeen`].
    pub fn stale(&self) -> Result<CurrentEpoch<'_>, EpochStatementError> {
        let newest = self.newest.as_ref().ok_or(EpochStatementError::NoneSeen)?;
        Ok(CurrentEpoch::new(newest.realm, newest.epoch))
    }

    /// The newest statement seen: what to keep over a restart.
    pub fn newest(&self) -> Option<&EpochStatement> {
        self.newest.as_ref()
    }
}
