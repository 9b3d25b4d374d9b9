//! In which epoch something is encrypted. `[REV-3]`

use core::fmt;
use core::marker::PhantomData;

use super::parameters::PublicParameters;
use crate::abe::error::EncryptError;
use crate::epoch::{Epoch, EpochError, TimeClause};

/// The epoch that a realm is in, by a statement of its authority that has not expired. To be had from
/// [`Epochs::current`](crate::Epochs::current), for as long as nothing newer is observed.
///
/// ```compile_fail,E0502
/// # use hippocrypt::*;
/// fn keep(epochs: &mut Epochs, parameters: &PublicParameters, newer: &EpochStatement) {
///     let current = epochs.current(0).unwrap();
///     epochs.observe(parameters, newer, 0).unwrap();
///     let _ = parameters.at(current); // the epoch is over
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CurrentEpoch<'a> {
    realm: [u8; 32],
    epoch: Epoch,
    of: PhantomData<&'a ()>,
}

impl CurrentEpoch<'_> {
    pub(crate) fn new(realm: [u8; 32], epoch: Epoch) -> Self {
        Self { realm, epoch, of: PhantomData }
    }

    /// H(mpk) of the realm.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.realm
    }

    /// The epoch.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }
}

/// Encrypts under the public parameters of a realm, in one epoch of it (or in a realm that has none).
#[derive(Clone, Copy)]
pub struct Encryptor<'a> {
    pub(crate) parameters: &'a PublicParameters,
    pub(crate) clause: Option<TimeClause>,
}

impl PublicParameters {
    /// Encrypts in the current epoch: what is made opens only with keys that the authority has kept good until
    /// then. `[REV-3]`
    ///
    /// Ask for the epoch anew for every record: a reader who was dismissed yesterday opens what is encrypted
    /// under the epoch of the day before.
    ///
    /// # Errors
    /// [`EncryptError::OtherRealm`] if the epoch is not one of this realm.
    pub fn at<'a>(&'a self, current: CurrentEpoch<'a>) -> Result<Encryptor<'a>, EncryptError> {
        let tree = self.epochs().filter(|_| current.realm == *self.id()).ok_or(EncryptError::OtherRealm)?;
        Ok(Encryptor { parameters: self, clause: Some(TimeClause { tree, since: current.epoch }) })
    }

    /// Encrypts in a realm that has no epochs.
    pub(crate) fn without_epoch(&self) -> Result<Encryptor<'_>, EncryptError> {
        match self.epochs() {
            None => Ok(Encryptor { parameters: self, clause: None }),
            Some(_) => Err(EncryptError::NeedsEpoch),
        }
    }
}

impl Encryptor<'_> {
    /// The epoch of what it makes.
    pub fn epoch(&self) -> Option<Epoch> {
        self.clause.map(|clause| clause.since)
    }

    /// Puts what it makes under embargo: nobody opens it before the realm has come to epoch `until`.
    ///
    /// # Errors
    /// [`EpochError::OutOfRange`] unless `until` is an epoch of the realm, and not before this one.
    pub fn embargo(self, until: u64) -> Result<Self, EpochError> {
        let last = self.clause.map_or(0, |clause| clause.tree.last().number());
        let refused = EpochError::OutOfRange { number: until, last };
        let clause = self.clause.ok_or(refused)?;
        let since = clause.tree.epoch(until)?;
        if since < clause.since {
            return Err(EpochError::BeforeCurrent { number: until, current: clause.since.number() });
        }
        Ok(Self { clause: Some(TimeClause { since, ..clause }), ..self })
    }
}

impl fmt::Debug for Encryptor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encryptor")
            .field("realm", &self.parameters.realm())
            .field("epoch", &self.epoch())
            .finish()
    }
}
