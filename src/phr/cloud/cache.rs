//! What was decoded lately: points of keys and headers take half a millisecond and more.
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::Mutex;

use crate::outsource::{ProxyKey, StoredHeader, UserId};
use crate::search::Context;
use crate::search::server::Shelf;

/// Users whose keys are kept: some KB each.
const USERS: usize = 4096;
/// Headers that are kept: some KB each.
const HEADERS: usize = 4096;
/// Contexts of indexes whose segments are kept: 1 KB for each segment of 32 slots.
const SHELVES: usize = 64;

#[derive(Default)]
pub(super) struct Cache {
    pub(super) keys: Recent<UserId, Vec<ProxyKey>>,
    pub(super) headers: Recent<[u8; 32], StoredHeader>,
    /// Wrapped seeds of indexes, by core id.
    pub(super) seeds: Recent<[u8; 32], StoredHeader>,
    /// Segments of indexes that tags are looked up in.
    pub(super) shelves: Recent<Context, Mutex<Shelf>>,
}

/// A map that forgets what was not asked for longest.
pub(super) struct Recent<K, V> {
    entries: BTreeMap<K, (u64, Arc<V>)>,
    clock: u64,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), clock: 0 }
    }
}

impl<K: Ord + Clone, V> Recent<K, V> {
    pub(super) fn get(&mut self, key: &K) -> Option<Arc<V>> {
        self.clock += 1;
        let (used, value) = self.entries.get_mut(key)?;
        *used = self.clock;
        Some(Arc::clone(value))
    }

    pub(super) fn put(&mut self, key: K, value: V, most: usize) -> Arc<V> {
        if self.entries.len() >= most {
            self.forget_older_half();
        }
        let value = Arc::new(value);
        self.clock += 1;
        self.entries.insert(key, (self.clock, Arc::clone(&value)));
        value
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(super) fn remove(&mut self, key: &K) {
        self.entries.remove(key);
    }

    fn forget_older_half(&mut self) {
        let mut times: Vec<u64> = self.entries.values().map(|(used, _)| *used).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        self.entries.retain(|_, (used, _)| *used >= median);
    }
}

impl Cache {
    /// Forgets whatever is of a patient's.
    pub(super) fn forget(&mut self) {
        self.headers.clear();
        self.seeds.clear();
        self.shelves.clear();
    }

    pub(super) fn put_seed(&mut self, core: [u8; 32], header: StoredHeader) -> Arc<StoredHeader> {
        self.seeds.put(core, header, HEADERS)
    }

    /// The segments of a context, an empty shelf of them at first.
    pub(super) fn shelf(&mut self, context: &Context) -> Arc<Mutex<Shelf>> {
        match self.shelves.get(context) {
            Some(shelf) => shelf,
            None => self.shelves.put(context.clone(), Mutex::default(), SHELVES),
        }
    }

    pub(super) fn put_keys(&mut self, user: UserId, keys: Vec<ProxyKey>) -> Arc<Vec<ProxyKey>> {
        self.keys.put(user, keys, USERS)
    }

    pub(super) fn put_header(&mut self, header: StoredHeader) -> Arc<StoredHeader> {
        self.headers.put(*header.serial().as_bytes(), header, HEADERS)
    }
}
