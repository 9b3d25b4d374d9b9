//! Headers move on with the epochs. `[REV-6]` `[PHR-12.4]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;
use core::slice;
use std::sync::PoisonError;

use super::rows::damaged;
use super::{Cloud, CloudError};
use crate::epoch::Epoch;
use crate::outsource::StoredHeader;
use crate::phr::audit::{AuditEntry, AuditEvent};
use crate::revoke::{HeaderStore, SealAllError, SealKeeper, SealProgress, seal_all};
use crate::store::{Batch, BlobStore, Store, StoreError, Table};

/// Sealed headers that are committed together.
const TOGETHER: usize = 256;

impl<S: Store, B: BlobStore> Cloud<S, B> {
    /// Seals every stored header in the current epoch, with the help of whoever keeps the seal key: from then on a header opens only for keys
    /// that are good in this epoch, even for a thief with the whole store and a key that he kept from before. `progress` is called after every
    /// header. A run that was interrupted is taken up by calling it again.
    ///
    /// The pages of a database that held former versions are used again in time, not wiped: see SECURITY.md.
    ///
    /// # Errors
    /// [`CloudError::Duty`] without a lease, [`CloudError::Seal`] if the keeper or a header fails, [`CloudError::Store`].
    pub fn seal<K: SealKeeper>(
        &self,
        keeper: &K,
        now: u64,
        progress: impl FnMut(SealProgress),
    ) -> Result<SealProgress, CloudError>
    where
        K::Error: fmt::Debug + fmt::Display,
    {
        let _alone = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.duty().proxy.current(now)?.epoch();
        let mut headers = Headers { cloud: self, waiting: Vec::new(), now, epoch: current };
        let outcome = seal_all(&mut headers, self.realm.parameters(), current, keeper, progress);
        // What is sealed is kept, whatever came then.
        headers.flush()?;
        outcome.map_err(|error| match error {
            SealAllError::Store(error) => CloudError::Store(error),
            other => CloudError::Seal(other.to_string().into()),
        })
    }
}

/// The headers of a cloud, of which sealed ones wait to be committed together.
struct Headers<'c, S, B> {
    cloud: &'c Cloud<S, B>,
    waiting: Vec<StoredHeader>,
    now: u64,
    epoch: Epoch,
}

impl<S: Store, B: BlobStore> Headers<'_, S, B> {
    fn flush(&mut self) -> Result<(), StoreError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new();
        for header in &self.waiting {
            batch.put(Table::Header, *header.serial().as_bytes(), header.to_bytes());
        }
        let count = self.waiting.len() as u64;
        let entry = AuditEntry {
            time: self.now,
            event: AuditEvent::Sealed,
            user: None,
            patient: None,
            records: Vec::new(),
            evidence: [self.epoch.number().to_be_bytes().as_slice(), &count.to_be_bytes()].concat(),
        };
        self.cloud.commit(slice::from_ref(&entry), batch).map_err(of_store)?;
        let mut cache = self.cloud.cache();
        self.waiting.drain(..).for_each(|header| cache.headers.remove(header.serial().as_bytes()));
        Ok(())
    }
}

impl<S: Store, B: BlobStore> HeaderStore for Headers<'_, S, B> {
    type Error = StoreError;

    fn serials(&self, after: Option<[u8; 32]>, limit: usize) -> Result<Vec<[u8; 32]>, StoreError> {
        let after = after.as_ref().map(<[u8; 32]>::as_slice);
        let page = self.cloud.shelf().store.page(Table::Header, &[], after, limit)?;
        let serial = |(key, _): (Vec<u8>, Vec<u8>)| {
            <[u8; 32]>::try_from(key).map_err(|_| StoreError::Damaged("a row of the table `header`".into()))
        };
        page.into_iter().map(serial).collect()
    }

    fn load(&self, serial: [u8; 32]) -> Result<Option<StoredHeader>, StoreError> {
        let bytes = self.cloud.shelf().store.get(Table::Header, &serial)?;
        bytes
            .map(|bytes| StoredHeader::from_bytes(&bytes).map_err(|error| damaged("header", &error)))
            .transpose()
    }

    fn insert(&mut self, header: &StoredHeader) -> Result<bool, StoreError> {
        let mut batch = Batch::new();
        batch.insert(Table::Header, *header.serial().as_bytes(), header.to_bytes());
        match self.cloud.commit_quietly(&batch) {
            Err(StoreError::Conflict(_)) => Ok(false),
            outcome => outcome.map(|_| true),
        }
    }

    fn replace(&mut self, header: &StoredHeader) -> Result<(), StoreError> {
        // Seals are made by `seal_all` alone, from what `load` gave, in one run at a time: they never go back.
        self.waiting
            .push(StoredHeader::from_bytes(&header.to_bytes()).map_err(|error| damaged("header", &error))?);
        if self.waiting.len() >= TOGETHER { self.flush() } else { Ok(()) }
    }
}

/// What a store of headers can say.
fn of_store(error: CloudError) -> StoreError {
    match error {
        CloudError::Store(error) => error,
        other => StoreError::Damaged(alloc::format!("the ledger: {other}").into()),
    }
}
