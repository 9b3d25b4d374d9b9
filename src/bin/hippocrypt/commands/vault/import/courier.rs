//! The way of uploads to the cloud, on a thread of its own.

use std::sync::mpsc::Receiver;

use hippocrypt::os_rng;

use crate::failure::Failure;
use crate::vault::VaultCloud;
use crate::vault::imports::{ImportId, Imports};

/// What goes to the cloud, in order.
pub enum Parcel {
    /// An upload.
    Upload(Vec<u8>),
    /// Everything of these files is underway.
    Done(Vec<ImportId>),
}

/// Delivers until there is nothing more, or something is refused; how many uploads.
pub fn run(
    cloud: &VaultCloud,
    mut imports: Imports,
    parcels: Receiver<Parcel>,
    clock: impl Fn() -> u64,
) -> Result<u64, Failure> {
    let mut uploads = 0;
    for parcel in parcels {
        match parcel {
            Parcel::Upload(upload) => {
                cloud.upload(&upload, clock(), &mut os_rng())?;
                uploads += 1;
            }
            // All that came before is confirmed, and so on the disk.
            Parcel::Done(ids) => imports.add(&ids)?,
        }
    }
    Ok(uploads)
}
