//! The authority's registry of keys, in a store.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::outsource::{KeyId, UserId};
use crate::revoke::{IssuedKey, KeyRegistry, RegistryError};
use crate::store::{Batch, Store, StoreError, Table};

/// A [`KeyRegistry`] over a [`Store`]. Changes of entries and new entries wait, for the batch that makes them durable together with what
/// belongs to them.
pub(super) struct StoreRegistry<'s, S> {
    store: &'s mut S,
    /// Entries that were changed and are not durable yet.
    changed: BTreeMap<KeyId, IssuedKey>,
    /// Those of them that are new.
    new: BTreeSet<KeyId>,
    /// Whether changes are committed by themselves once there are many: while tokens are made for the whole registry, where a change that
    /// is lost costs tokens that are made twice, and nothing else.
    lazy: bool,
}

/// Changes that wait at most.
const WAITING: usize = 4096;

impl<'s, S: Store> StoreRegistry<'s, S> {
    pub(super) fn new(store: &'s mut S) -> Self {
        Self { store, changed: BTreeMap::new(), new: BTreeSet::new(), lazy: false }
    }

    pub(super) fn lazy(store: &'s mut S) -> Self {
        Self { lazy: true, ..Self::new(store) }
    }

    /// Makes what waits durable.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        self.commit(Batch::new())
    }

    /// Makes what waits durable together with the changes of `batch`.
    pub(super) fn commit(&mut self, mut batch: Batch) -> Result<(), StoreError> {
        for (id, key) in &self.changed {
            if self.new.contains(id) {
                batch.insert(Table::Registry, *id.as_bytes(), key.to_bytes());
                batch.insert(Table::User, user_row(key.user(), id), []);
            } else {
                batch.put(Table::Registry, *id.as_bytes(), key.to_bytes());
            }
        }
        if !batch.is_empty() {
            self.store.commit(&batch)?;
        }
        self.changed.clear();
        self.new.clear();
        Ok(())
    }

    /// A user's keys that are alive: one for each of his devices.
    pub(super) fn live_keys(
        &self,
        user: &UserId,
        is_live: impl Fn(&IssuedKey) -> bool,
    ) -> Result<Vec<IssuedKey>, RegistryError<StoreError>> {
        let keys = self.keys_of(user)?.into_iter().filter_map(|id| self.get(&id).transpose());
        let live = keys.filter(|key| key.as_ref().map_or(true, &is_live));
        live.collect()
    }
}

/// The key of a user's entry without the key id.
pub(super) fn user_prefix(user: &UserId) -> Vec<u8> {
    let name = user.as_str().as_bytes();
    // A user id has at most 255 bytes.
    let mut prefix = Vec::from([u8::try_from(name.len()).unwrap_or(u8::MAX)]);
    prefix.extend_from_slice(name);
    prefix
}

/// The key of a user's entry for a key.
pub(super) fn user_row(user: &UserId, id: &KeyId) -> Vec<u8> {
    let mut row = user_prefix(user);
    row.extend_from_slice(id.as_bytes());
    row
}

/// The key ids in a store's table of users.
pub(super) fn keys_of(store: &impl Store, user: &UserId) -> Result<Vec<KeyId>, StoreError> {
    let prefix = user_prefix(user);
    let rows = store.page(Table::User, &prefix, None, usize::MAX)?;
    let id = |(row, _): &(Vec<u8>, Vec<u8>)| {
        let id = row.get(prefix.len()..).and_then(|id| <[u8; 16]>::try_from(id).ok());
        id.map(KeyId::from_bytes).ok_or_else(|| damaged("a row of the table `user`"))
    };
    rows.iter().map(id).collect()
}

pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.into())
}

impl<S: Store> KeyRegistry for StoreRegistry<'_, S> {
    type Error = StoreError;

    fn insert_new(&mut self, key: IssuedKey) -> Result<(), RegistryError<StoreError>> {
        let id = *key.id();
        if self.get(&id)?.is_some() {
            return Err(RegistryError::Repeated(id));
        }
        self.new.insert(id);
        self.changed.insert(id, key);
        Ok(())
    }

    fn get(&self, id: &KeyId) -> Result<Option<IssuedKey>, RegistryError<StoreError>> {
        if let Some(key) = self.changed.get(id) {
            return Ok(Some(key.clone()));
        }
        let bytes = self.store.get(Table::Registry, id.as_bytes()).map_err(RegistryError::Storage)?;
        bytes.map(|bytes| decode(&bytes)).transpose().map_err(RegistryError::Storage)
    }

    fn replace(&mut self, key: IssuedKey) -> Result<(), RegistryError<StoreError>> {
        let id = *key.id();
        if self.get(&id)?.is_none() {
            return Err(RegistryError::Unknown(id));
        }
        self.changed.insert(id, key);
        if self.lazy && self.changed.len() >= WAITING {
            self.flush().map_err(RegistryError::Storage)?;
        }
        Ok(())
    }

    fn keys_of(&self, user: &UserId) -> Result<Vec<KeyId>, RegistryError<StoreError>> {
        keys_of(self.store, user).map_err(RegistryError::Storage)
    }

    fn page(&self, after: Option<&KeyId>, limit: usize) -> Result<Vec<IssuedKey>, RegistryError<StoreError>> {
        let after = after.map(KeyId::as_bytes);
        let rows = self.store.page(Table::Registry, &[], after.map(<[u8; 16]>::as_slice), limit);
        let rows = rows.map_err(RegistryError::Storage)?;
        let entry = |(_, bytes): &(Vec<u8>, Vec<u8>)| {
            let key = decode(bytes)?;
            Ok(self.changed.get(key.id()).cloned().unwrap_or(key))
        };
        rows.iter().map(entry).collect::<Result<_, _>>().map_err(RegistryError::Storage)
    }
}

fn decode(bytes: &[u8]) -> Result<IssuedKey, StoreError> {
    IssuedKey::from_bytes(bytes).map_err(|_| damaged("an entry of the registry"))
}
