//! Looking after a cloud: what it knows of the authority, whether its tables agree, what nobody needs.
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::vec::Vec;

use super::{Cloud, CloudError};
use crate::epoch::Epoch;
use crate::outsource::{KeyId, ProxyKey};
use crate::phr::audit::AuditSink;
use crate::store::{BlobStore, Store, Table};

impl<S: Store, B: BlobStore, A: AuditSink> Cloud<S, B, A> {
    /// The epoch that the realm is in, as far as the cloud has heard.
    pub fn epoch(&self) -> Option<Epoch> {
        self.duty().proxy.state().epoch()
    }

    /// The updates of the authority after the one of this number (0: all): witnesses for an authority that comes back from a backup.
    ///
    /// # Errors
    /// [`CloudError::Store`].
    pub fn updates(&self, after: u64) -> Result<Vec<Vec<u8>>, CloudError> {
        let rows = self.shelf().store.page(Table::Update, &[], Some(&after.to_be_bytes()), usize::MAX)?;
        Ok(rows.into_iter().map(|(_, update)| update).collect())
    }

    /// The newest update of the authority that the cloud has applied.
    ///
    /// # Errors
    /// [`CloudError::Store`].
    pub fn newest_update(&self) -> Result<Option<Vec<u8>>, CloudError> {
        let number = self.duty().proxy.state().number();
        Ok(self.shelf().store.get(Table::Update, &number.to_be_bytes())?)
    }

    /// The keys that the cloud holds, with the epoch that their tokens reach: for an authority that comes back from a backup.
    ///
    /// # Errors
    /// [`CloudError::Store`].
    pub fn keys_held(&self) -> Result<Vec<(KeyId, Epoch)>, CloudError> {
        let rows = self.shelf().store.page(Table::Key, &[], None, usize::MAX)?;
        let mut held = Vec::new();
        for (_, bytes) in rows {
            let key = ProxyKey::from_bytes(&bytes)?;
            if let Some(until) = key.tokens_until() {
                held.push((*key.id(), until));
            }
        }
        Ok(held)
    }
}
