//! The way of uploads to the cloud, on a thread of its own.

use std::sync::mpsc::Receiver;

use hippocrypt::os_rng;
use hippocrypt::phr::Authority;
use hippocrypt::store::RedbStore;

use crate::failure::Failure;
use crate::vault::VaultCloud;
use crate::vault::imports::{ImportId, Imports};
use crate::vault::indexes::{Entry, Indexed, Indexes};

/// What goes to the cloud, in order.
pub enum Parcel {
    /// An upload.
    Upload(Vec<u8>),
    /// Everything of these files is underway; what of it is to be found.
    Done(Vec<ImportId>, Vec<Entry>),
}

/// Whoever keeps the indexes, with the authority that lets him speak for patients.
pub type Keeper<'c> = (Indexes<'c>, Authority<RedbStore>);

/// Delivers until there is nothing more, or something is refused; how many uploads, and what was indexed.
pub fn run(
    cloud: &VaultCloud,
    mut imports: Imports,
    mut keeper: Option<Keeper<'_>>,
    parcels: Receiver<Parcel>,
    clock: impl Fn() -> u64,
) -> Result<(u64, Indexed), Failure> {
    let (mut uploads, mut indexed) = (0, Indexed::default());
    for parcel in parcels {
        match parcel {
            Parcel::Upload(upload) => {
                cloud.upload(&upload, clock(), &mut os_rng())?;
                uploads += 1;
            }
            // All that came before is confirmed, and so on the disk. What is in the index is there; what is noted is in the index.
            Parcel::Done(ids, entries) => {
                if let Some((indexes, authority)) = &mut keeper {
                    indexed += indexes.add(authority, &entries, clock())?;
                }
                imports.add(&ids)?;
            }
        }
    }
    Ok((uploads, indexed))
}
