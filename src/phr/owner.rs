//! A patient: reads all of her own records, writes some, and says who else may read them. `[PHR-4]`

use core::fmt;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::consent::{Terms, labels_fit};
use super::error::RoleError;
use super::reader::Reader;
use super::realm::Realm;
use super::record::{PatientHandle, RecordCategory, SecurityLabel};
use super::writer::Writer;
use crate::abe::types::AuthorKey;
use crate::outsource::{ReaderSeed, UserId};
use crate::search::IndexOwner;

/// A patient, on her own device: a [`Reader`] of all her records, a [`Writer`] of those she makes herself, and the one who shares them.
pub struct Owner {
    patient: PatientHandle,
    reader: Reader,
    writer: Writer,
}

impl Owner {
    /// A patient with the seed and the signing key that she keeps, and her credential (encoded).
    ///
    /// # Errors
    /// [`RoleError::Credential`] unless the credential is genuine, for this key, and that of a patient.
    pub fn new(
        realm: Realm,
        user: UserId,
        seed: ReaderSeed,
        key: AuthorKey,
        credential: &[u8],
    ) -> Result<Self, RoleError> {
        let writer = Writer::new(realm.clone(), key, credential)?;
        let patient = *writer.credential().patient().ok_or(RoleError::Credential)?;
        Ok(Self { patient, reader: Reader::new(realm, user, seed), writer })
    }

    /// The name that the cloud knows her by.
    pub fn patient(&self) -> &PatientHandle {
        &self.patient
    }

    /// Reads her records.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Writes records of her own.
    pub fn writer(&mut self) -> &mut Writer {
        &mut self.writer
    }

    /// Lets a reader read records of these categories, also those written before: without labels, or with these labels alone. A signed
    /// consent for the authority, which then tells the cloud.
    ///
    /// # Errors
    /// [`RoleError::TooLarge`] for more than 64 labels.
    pub fn share(
        &self,
        reader: &UserId,
        categories: impl IntoIterator<Item = RecordCategory>,
        labels: impl IntoIterator<Item = SecurityLabel>,
        now: u64,
    ) -> Result<Vec<u8>, RoleError> {
        self.consent(reader, categories.into_iter().collect(), labels.into_iter().collect(), true, now)
    }

    /// Takes back what was shared. What the reader has read, he has read.
    ///
    /// # Errors
    /// [`RoleError::TooLarge`] for more than 64 labels.
    pub fn unshare(
        &self,
        reader: &UserId,
        categories: impl IntoIterator<Item = RecordCategory>,
        labels: impl IntoIterator<Item = SecurityLabel>,
        now: u64,
    ) -> Result<Vec<u8>, RoleError> {
        self.consent(reader, categories.into_iter().collect(), labels.into_iter().collect(), false, now)
    }

    /// Orders the cloud to destroy all that it has of her: [`Cloud::erase`](super::Cloud::erase). Good for a day.
    pub fn erase(&mut self, now: u64) -> Vec<u8> {
        self.writer.erase(now).to_bytes()
    }

    /// Says which index is hers.
    pub(super) fn announce(&self, index: &IndexOwner, number: u64) -> Vec<u8> {
        self.writer.announce(index, number)
    }

    fn consent(
        &self,
        reader: &UserId,
        categories: BTreeSet<RecordCategory>,
        labels: BTreeSet<SecurityLabel>,
        gives: bool,
        time: u64,
    ) -> Result<Vec<u8>, RoleError> {
        if !labels_fit(&labels) {
            let (what, found) = ("the number of labels", labels.len() as u64);
            return Err(RoleError::TooLarge { what, found, most: 64, hint: "share them in parts" });
        }
        let terms = Terms { reader: reader.clone(), gives, categories, labels, time };
        Ok(self.writer.consent(terms).to_bytes())
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owner")
            .field("patient", &self.patient)
            .field("reader", &self.reader)
            .finish_non_exhaustive()
    }
}
