//! Seals over a whole store, in steps that may be interrupted at any point. `[REV-6.4]`

use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

use super::seal::SealKeeper;
use crate::abe::types::PublicParameters;
use crate::epoch::Epoch;
use crate::outsource::{Serial, StoredHeader};

/// Where a store keeps its headers, each under its serial.
pub trait HeaderStore {
    /// What can go wrong.
    type Error: fmt::Debug + fmt::Display;

    /// Up to `limit` serials after `after`, ascending.
    ///
    /// # Errors
    /// Those of the store.
    fn serials(&self, after: Option<[u8; 32]>, limit: usize) -> Result<Vec<[u8; 32]>, Self::Error>;

    /// The header under this serial.
    ///
    /// # Errors
    /// Those of the store.
    fn load(&self, serial: [u8; 32]) -> Result<Option<StoredHeader>, Self::Error>;

    /// Stores a header under a serial that the store does not have; `false`, and no change, if it has it.
    ///
    /// # Errors
    /// Those of the store.
    fn insert(&mut self, header: &StoredHeader) -> Result<bool, Self::Error>;

    /// Puts the header in the place of its former version: at once or not at all, and of the former version nothing
    /// is kept.
    ///
    /// # Errors
    /// Those of the store.
    fn replace(&mut self, header: &StoredHeader) -> Result<(), Self::Error>;
}

/// How far [`seal_all`] has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SealProgress {
    /// Headers looked at.
    pub seen: u64,
    /// Headers sealed in this run.
    pub sealed: u64,
}

/// Sealing a store has stopped; it can be taken up again, from the beginning.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SealAllError<S: fmt::Debug + fmt::Display, K: fmt::Debug + fmt::Display> {
    /// The store has failed.
    #[error("the store failed: {0}")]
    Store(S),
    /// A header cannot be sealed.
    #[error("header {serial:?} cannot be sealed: {error}")]
    Seal {
        /// The header.
        serial: Serial,
        /// Why.
        error: K,
    },
    /// The store yields a header under a serial that is not its own.
    #[error("the store keeps a header under a serial that is not its own: do not move headers by hand")]
    OtherSerial,
}

/// Serials that are fetched at a time.
const PAGE: usize = 1024;

/// Seals every header of `store` in epoch `to` that is not sealed in it, or made in it or for a later one. `[REV-6.4]`
///
/// A run that was interrupted is taken up by calling it again: what is sealed stays sealed, and is passed over.
/// `progress` is called after every header.
///
/// # Errors
/// [`SealAllError`] says where it stopped. Headers before are sealed, those after are not, and none is lost.
pub fn seal_all<S: HeaderStore, K: SealKeeper>(
    store: &mut S,
    parameters: &PublicParameters,
    to: Epoch,
    keeper: &K,
    mut progress: impl FnMut(SealProgress),
) -> Result<SealProgress, SealAllError<S::Error, K::Error>>
where
    K::Error: fmt::Debug + fmt::Display,
{
    let mut done = SealProgress::default();
    let mut last = None;
    loop {
        let serials = store.serials(last, PAGE).map_err(SealAllError::Store)?;
        let Some(next) = serials.last() else { return Ok(done) };
        last = Some(*next);
        for serial in serials {
            // Deleted meanwhile.
            let Some(header) = store.load(serial).map_err(SealAllError::Store)? else { continue };
            if *header.serial().as_bytes() != serial {
                return Err(SealAllError::OtherSerial);
            }
            match header.seal(parameters, to, keeper) {
                Ok(Some(sealed)) => {
                    store.replace(&sealed).map_err(SealAllError::Store)?;
                    done.sealed += 1;
                }
                Ok(None) => {}
                Err(error) => return Err(SealAllError::Seal { serial: *header.serial(), error }),
            }
            done.seen += 1;
            progress(done);
        }
    }
}
