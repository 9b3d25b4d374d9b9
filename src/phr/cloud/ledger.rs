//! The ledger of a cloud: its certificate, its receipts, its blocks, and what it tells a patient. `[PHR-11]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::string::ToString;
use alloc::vec::Vec;
use std::sync::PoisonError;

use super::answer::{Permits, Released};
use super::{Cloud, CloudError, Shelf, rows};
use crate::ledger::{Book, Checkpoint, Entry, NoteKey};
use crate::phr::audit::subject;
use crate::phr::certificate::LedgerCertificate;
use crate::phr::message::{Contents, Promise};
use crate::phr::record::PatientHandle;
use crate::phr::rules::patient_attribute;
use crate::policy::Policy;
use crate::store::{Batch, BlobStore, Store, Table};

impl<S: Store, B: BlobStore> Cloud<S, B> {
    /// The key that the ledger is signed with now: what the authority is to certify.
    ///
    /// # Errors
    /// [`CloudError::Store`], [`CloudError::Ledger`].
    pub fn ledger_key(&self) -> Result<NoteKey, CloudError> {
        let shelf = self.shelf();
        Ok(shelf.scribe.key(&shelf.store)?.clone())
    }

    /// Looks at the ledger.
    pub fn with_ledger<T>(&self, look: impl FnOnce(Book<'_>) -> T) -> T {
        look(Book::of(&self.shelf().store))
    }

    /// Closes a block of the ledger: the checkpoint over everything, to be published, and to be cosigned by others. Once an hour, and whenever somebody wants to be
    /// sure; without new transactions it is the same again.
    ///
    /// # Errors
    /// [`CloudError::Ledger`] if there is no transaction at all, [`CloudError::Store`].
    pub fn close_block(&self) -> Result<Checkpoint, CloudError> {
        let mut shelf = self.shelf.write().unwrap_or_else(PoisonError::into_inner);
        let Shelf { store, scribe } = &mut *shelf;
        let (checkpoint, batch) = scribe.close_block(store)?;
        if !batch.is_empty() {
            store.commit(&batch)?;
        }
        Ok(checkpoint)
    }

    pub(super) fn take_certificate(&self, message: &[u8]) -> Result<(), CloudError> {
        let certificate = LedgerCertificate::from_bytes(message)?;
        let ours = *certificate.cloud() == self.name() && *certificate.key() == self.ledger_key()?;
        if !ours || !certificate.is_genuine(&self.realm) {
            return Err(CloudError::Certificate);
        }
        let mut batch = Batch::new();
        batch.put(Table::Meta, rows::CERTIFICATE, message);
        Ok(self.commit_quietly(&batch)?)
    }

    /// The certificate of the key that signs now.
    pub(super) fn certificate(&self) -> Result<Vec<u8>, CloudError> {
        let bytes =
            self.shelf().store.get(Table::Meta, rows::CERTIFICATE)?.ok_or(CloudError::NotCertified)?;
        let certificate = LedgerCertificate::from_bytes(&bytes)?;
        if *certificate.key() == self.ledger_key()? { Ok(bytes) } else { Err(CloudError::NotCertified) }
    }

    /// The receipt of what was committed, as it travels.
    pub(super) fn promise(
        &self,
        entries: Vec<Entry>,
        certificate: Vec<u8>,
        time: u64,
    ) -> Result<Promise, CloudError> {
        let shelf = self.shelf();
        let receipt = shelf.scribe.receipt(&shelf.store, entries)?;
        Ok(Promise::of(&receipt, certificate, time))
    }

    /// All that happened to a patient's records until now, for herself and those who have her attribute.
    pub(super) fn account_for(
        &self,
        patient: &PatientHandle,
        permits: &Permits<'_>,
    ) -> Result<Released, CloudError> {
        let policy = Policy::parse(&patient_attribute(patient), self.realm.schema());
        if !policy.is_ok_and(|policy| permits.have(&policy)) {
            return Err(CloudError::Denied);
        }
        // Up to this moment: a block that was closed an hour ago lacks the last hour.
        let checkpoint = self.close_block()?;
        let shelf = self.shelf();
        let subject = subject(shelf.scribe.log(), patient);
        let account = Book::of(&shelf.store).account(&subject)?.ok_or(CloudError::Denied)?;
        let checkpoint = checkpoint.to_text().to_string().into_bytes();
        Ok(Released::of(*patient, Contents::Account { checkpoint, account: account.to_bytes() }))
    }
}
