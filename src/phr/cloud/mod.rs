//! The cloud: keeps ciphertext, checks what comes, transforms for readers, seals. It can read nothing. `[PHR-12]`
//!
//! Nothing in these files is secret: they name no type that is.

mod answer;
mod cache;
mod erase;
mod error;
mod index;
mod inspect;
mod inspect_index;
mod ledger;
mod limits;
pub(in crate::phr) mod rows;
mod seal;
mod take;
mod upload;

use alloc::borrow::ToOwned;
use alloc::vec::Vec;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub use error::CloudError;
pub use inspect::{Findings, Stats};
pub use limits::Limits;

use super::audit::AuditEntry;
use super::authority::updates_after;
use super::error::RoleError;
use super::realm::Realm;
use crate::ledger::{Entry, Scribe};
use crate::revoke::{AuthorityUpdate, Lease, Proxy, ProxyName, RequestMemory, RevocationState};
use crate::store::{Batch, BlobStore, Store, StoreError, Table};
use cache::Cache;
use limits::Rates;

/// A cloud over a [`Store`] and a [`BlobStore`], with a ledger in the same store.
///
/// It is given public parameters, ciphertext, transform keys, tokens and what the authority says; with all of it it can open nothing.
/// What comes proves itself by signatures, but for transform keys and grants, which are confidential: give
/// [`take`](Self::take) to the authority alone, over a channel of its own.
///
/// Every method takes `&self`, so that many threads may ask at once; pairings hold up nobody but the next update of the authority,
/// and when that is applied, nothing is transformed for those whom it revokes.
pub struct Cloud<S, B> {
    realm: Realm,
    limits: Limits,
    duty: RwLock<Duty>,
    shelf: RwLock<Shelf<S>>,
    blobs: RwLock<B>,
    door: Mutex<Door>,
    cache: Mutex<Cache>,
    /// Held while headers are sealed: one run at a time, so that no seal goes back to an earlier epoch.
    sealing: Mutex<()>,
    /// Held while something is added to an index.
    indexing: Mutex<()>,
}

/// What the authority has said.
struct Duty {
    proxy: Proxy,
    /// The update that was applied and could not be stored yet, because the store has failed.
    unsaved: Option<AuthorityUpdate>,
}

/// The store, and who writes the ledger in it.
struct Shelf<S> {
    store: S,
    scribe: Scribe,
}

/// Who has asked what, lately.
struct Door {
    requests: RequestMemory,
    rates: Rates,
}

impl<S: Store, B: BlobStore> Cloud<S, B> {
    /// A cloud that comes up: for the first time over an empty store, or again. `name` is what the authority calls it in leases; `scribe`
    /// writes its ledger, and has to be the one that wrote it before.
    ///
    /// To answer readers it needs a lease that is still good, and the certificate of its ledger
    /// ([`Authority::certify_ledger`](super::Authority::certify_ledger)). After a restart readers are told for a minute to ask anew.
    ///
    /// # Errors
    /// [`CloudError::Store`], [`CloudError::Update`] if the store is another realm's, [`CloudError::Ledger`] if the ledger has another
    /// key.
    pub fn open(
        realm: Realm,
        name: ProxyName,
        store: S,
        blobs: B,
        scribe: Scribe,
        limits: Limits,
        now: u64,
    ) -> Result<Self, CloudError> {
        // Known before anything is answered.
        let _ = scribe.key(&store)?;
        let parameters = realm.parameters();
        let mut state = match store.get(Table::Meta, rows::STATE)? {
            Some(bytes) => RevocationState::from_bytes(&bytes)?,
            None => RevocationState::new(parameters)?,
        };
        // The log is ahead of the state if the power was cut between the two.
        let log = updates_after(&store, state.number()).map_err(|error| match error {
            RoleError::Store(error) => CloudError::Store(error),
            other => {
                CloudError::Store(StoreError::Damaged(alloc::format!("the log of updates: {other}").into()))
            }
        })?;
        for update in &log {
            let _ = state.apply(update, parameters)?;
        }
        let mut proxy = Proxy::resume(parameters, name, state, now)?;
        if let Some(lease) = store.get(Table::Meta, rows::LEASE)? {
            // If it is over by now, nobody is served before another one comes.
            let _ = proxy.renew(Lease::from_bytes(&lease)?, now);
        }
        let fresh = proxy.state().number() == 0;
        let requests = if fresh { RequestMemory::new() } else { RequestMemory::after_restart(now) };
        let cloud = Self {
            realm,
            limits,
            duty: RwLock::new(Duty { proxy, unsaved: None }),
            shelf: RwLock::new(Shelf { store, scribe }),
            blobs: RwLock::new(blobs),
            door: Mutex::new(Door { requests, rates: Rates::default() }),
            cache: Mutex::new(Cache::default()),
            sealing: Mutex::new(()),
            indexing: Mutex::new(()),
        };
        if !log.is_empty() {
            cloud.clean_all()?;
        }
        Ok(cloud)
    }

    /// This cloud with the memory of questions that it had before it was stopped, or an empty one if no question can be from before:
    /// nobody is told to ask anew then.
    #[must_use]
    pub fn with_requests(self, requests: RequestMemory) -> Self {
        self.door().requests = requests;
        self
    }

    /// Its realm.
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// What the authority calls it.
    pub fn name(&self) -> ProxyName {
        self.duty().proxy.name().clone()
    }

    /// The store, to look at.
    pub fn with_store<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(&self.shelf().store)
    }

    /// Stops, and gives back what it was made of.
    pub fn into_parts(self) -> (S, B, Scribe) {
        let Shelf { store, scribe } = self.shelf.into_inner().unwrap_or_else(PoisonError::into_inner);
        (store, self.blobs.into_inner().unwrap_or_else(PoisonError::into_inner), scribe)
    }

    // A thread that has panicked leaves nothing half done behind: what counts is in the store.

    fn duty(&self) -> RwLockReadGuard<'_, Duty> {
        self.duty.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn duty_mut(&self) -> RwLockWriteGuard<'_, Duty> {
        self.duty.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn shelf(&self) -> RwLockReadGuard<'_, Shelf<S>> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn blobs(&self) -> RwLockReadGuard<'_, B> {
        self.blobs.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn door(&self) -> MutexGuard<'_, Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down in the ledger what is about to happen, and makes the changes that belong to it: both or neither. Nothing leaves before.
    fn commit(&self, entries: &[AuditEntry], mut batch: Batch) -> Result<Vec<Entry>, CloudError> {
        let mut shelf = self.shelf.write().unwrap_or_else(PoisonError::into_inner);
        let Shelf { store, scribe } = &mut *shelf;
        let log = scribe.log().to_owned();
        let transactions = entries.iter().map(|entry| entry.transaction(&log)).collect();
        let written = scribe.append(store, &mut batch, transactions)?;
        if !batch.is_empty() {
            store.commit(&batch)?;
        }
        Ok(written)
    }

    /// Makes changes that nobody needs to know of.
    fn commit_quietly(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut shelf = self.shelf.write().unwrap_or_else(PoisonError::into_inner);
        if batch.is_empty() { Ok(()) } else { shelf.store.commit(batch) }
    }

    /// Refuses what is larger than a limit.
    fn within(bytes: &[u8], most: usize) -> Result<(), CloudError> {
        if bytes.len() > most { Err(CloudError::TooLarge { bytes: bytes.len(), most }) } else { Ok(()) }
    }

    /// The newest statement of the epoch, for whoever encrypts: it is signed, and may come from anybody.
    ///
    /// # Errors
    /// [`CloudError::Store`].
    pub fn statement(&self) -> Result<Option<Vec<u8>>, CloudError> {
        Ok(self.shelf().store.get(Table::Meta, rows::STATEMENT)?)
    }
}

impl<S, B> fmt::Debug for Cloud<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cloud")
            .field("realm", &self.realm)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
