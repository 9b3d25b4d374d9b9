//! An authority's registry of issued keys, as files.

use std::collections::BTreeMap;
use std::path::Path;

use hippocrypt::{IssuedKey, KeyId, KeyRegistry, RegistryError, UserId};

use super::keys::KeyFiles;
use crate::failure::Failure;

/// What the registry's storage fails with.
type Refused = RegistryError<Failure>;

/// Every write is on the disk when it returns.
#[derive(Debug)]
pub struct FileRegistry(KeyFiles);

impl FileRegistry {
    /// That of an authority's folder.
    pub fn of(parent: &Path) -> Self {
        Self(KeyFiles::of(parent))
    }

    pub fn count(&self) -> Result<u64, Failure> {
        self.0.count()
    }
}

impl KeyRegistry for FileRegistry {
    type Error = Failure;

    fn insert_new(&mut self, key: IssuedKey) -> Result<(), Refused> {
        let inserted = self.0.insert_new(key.user(), key.id(), &key.to_bytes());
        if inserted.map_err(RegistryError::Storage)? {
            Ok(())
        } else {
            Err(RegistryError::Repeated(*key.id()))
        }
    }

    fn get(&self, id: &KeyId) -> Result<Option<IssuedKey>, Refused> {
        super::object(&self.0.path(id), IssuedKey::from_bytes).map_err(RegistryError::Storage)
    }

    fn replace(&mut self, key: IssuedKey) -> Result<(), Refused> {
        if !self.0.path(key.id()).exists() {
            return Err(RegistryError::Unknown(*key.id()));
        }
        self.0.replace(key.id(), &key.to_bytes()).map_err(RegistryError::Storage)
    }

    fn keys_of(&self, user: &UserId) -> Result<Vec<KeyId>, Refused> {
        self.0.ids_of(user).map_err(RegistryError::Storage)
    }

    fn page(&self, after: Option<&KeyId>, limit: usize) -> Result<Vec<IssuedKey>, Refused> {
        let ids = self.0.page(after, limit).map_err(RegistryError::Storage)?;
        ids.iter().filter_map(|id| self.get(id).transpose()).collect()
    }
}

/// A registry in which new keys are entered at once, and changes of old ones wait until [`Deferred::commit`].
///
/// So a command that is killed before its updates stand in the log, or its file is written, can be given again: the old key is
/// as it was, and a new one that nobody got harms nobody.
#[derive(Debug)]
pub struct Deferred<'a> {
    registry: &'a mut FileRegistry,
    changed: BTreeMap<KeyId, IssuedKey>,
}

impl<'a> Deferred<'a> {
    pub fn new(registry: &'a mut FileRegistry) -> Self {
        Self { registry, changed: BTreeMap::new() }
    }

    /// Makes the changes, now that what they belong to is on the disk.
    pub fn commit(self) -> Result<(), Refused> {
        let Self { registry, changed } = self;
        Changes(changed).commit(registry)
    }

    /// The changes, to be made later.
    pub fn into_changes(self) -> Changes {
        Changes(self.changed)
    }
}

/// Changes that wait.
#[derive(Debug)]
#[must_use = "the registry has to be changed"]
pub struct Changes(BTreeMap<KeyId, IssuedKey>);

impl Changes {
    /// Makes them, now that what they belong to is on the disk.
    pub fn commit(self, registry: &mut FileRegistry) -> Result<(), Refused> {
        self.0.into_values().try_for_each(|key| registry.replace(key))
    }
}

impl KeyRegistry for Deferred<'_> {
    type Error = Failure;

    fn insert_new(&mut self, key: IssuedKey) -> Result<(), Refused> {
        self.registry.insert_new(key)
    }

    fn get(&self, id: &KeyId) -> Result<Option<IssuedKey>, Refused> {
        match self.changed.get(id) {
            Some(key) => Ok(Some(key.clone())),
            None => self.registry.get(id),
        }
    }

    fn replace(&mut self, key: IssuedKey) -> Result<(), Refused> {
        if self.get(key.id())?.is_none() {
            return Err(RegistryError::Unknown(*key.id()));
        }
        self.changed.insert(*key.id(), key);
        Ok(())
    }

    fn keys_of(&self, user: &UserId) -> Result<Vec<KeyId>, Refused> {
        self.registry.keys_of(user)
    }

    fn page(&self, after: Option<&KeyId>, limit: usize) -> Result<Vec<IssuedKey>, Refused> {
        let page = self.registry.page(after, limit)?;
        Ok(page.into_iter().map(|key| self.changed.get(key.id()).cloned().unwrap_or(key)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hippocrypt::{
        AttributeSet, Authority, EnrolmentNonce, EpochTree, ReaderSeed, Schema, os_rng, setup_with_epochs,
    };

    /// An authority with one key in a registry of files.
    fn authority(folder: &Path) -> (Authority, FileRegistry, KeyId) {
        let (parameters, master) = setup_with_epochs("test", EpochTree::default(), &mut os_rng()).unwrap();
        let (user, nonce) = (UserId::new("r").unwrap(), EnrolmentNonce::generate(&mut os_rng()));
        let enrolment = ReaderSeed::generate(&mut os_rng()).enrol(&parameters, &user, &nonce, &mut os_rng());
        let reader = enrolment.verify(&parameters, &user, nonce).unwrap();
        let (authority, _) = Authority::begin(master, 0).unwrap();
        let mut registry = FileRegistry::of(folder);
        let key = authority.issue(&reader, &set("a, b"), &mut registry, &mut os_rng()).unwrap();
        (authority, registry, *key.id())
    }

    fn set(text: &str) -> AttributeSet {
        AttributeSet::parse(text, &Schema::empty()).unwrap()
    }

    /// A withdrawal that does not come to its end leaves the old key as it was, and can be made again.
    #[test]
    fn changes_wait_and_new_keys_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let (authority, mut registry, id) = authority(folder.path());
        let mut deferred = Deferred::new(&mut registry);
        authority.grant(&id, &set("c"), &mut deferred).unwrap();
        // It sees its own change, and nobody else does.
        assert!(authority.grant(&id, &set("c"), &mut deferred).is_err());
        drop(deferred);
        assert_eq!(*registry.get(&id).unwrap().unwrap().attributes(), set("a, b"));
        let mut deferred = Deferred::new(&mut registry);
        authority.grant(&id, &set("c"), &mut deferred).unwrap();
        deferred.commit().unwrap();
        assert_eq!(*registry.get(&id).unwrap().unwrap().attributes(), set("a, b, c"));

        let (mut authority, mut rng) = (authority, os_rng());
        let mut deferred = Deferred::new(&mut registry);
        let withdrawal = authority.withdraw(&id, &set("a"), &mut deferred, 0, &mut rng).unwrap();
        let changes = deferred.into_changes();
        let new = *withdrawal.key.unwrap().id();
        assert!(registry.get(&new).unwrap().is_some());
        assert_eq!(registry.get(&id).unwrap().unwrap().status(), hippocrypt::KeyStatus::Alive);
        changes.commit(&mut registry).unwrap();
        assert_eq!(registry.get(&id).unwrap().unwrap().status(), hippocrypt::KeyStatus::Dead);
    }

    #[test]
    fn pages_are_ascending_and_no_id_is_given_away_twice() {
        let folder = tempfile::tempdir().unwrap();
        let (authority, mut registry, id) = authority(folder.path());
        let entry = registry.get(&id).unwrap().unwrap();
        assert!(matches!(registry.insert_new(entry.clone()), Err(RegistryError::Repeated(_))));
        let reader = entry.reader().unwrap();
        let mut ids = vec![id];
        for _ in 0..40 {
            ids.push(*authority.issue(&reader, &set("a"), &mut registry, &mut os_rng()).unwrap().id());
        }
        ids.sort_unstable();
        let (mut seen, mut last) = (Vec::new(), None);
        loop {
            let page = registry.page(last.as_ref(), 7).unwrap();
            assert!(page.len() <= 7);
            let Some(end) = page.last() else { break };
            last = Some(*end.id());
            seen.extend(page.iter().map(|key| *key.id()));
        }
        assert_eq!(seen, ids);
        assert_eq!(registry.keys_of(entry.user()).unwrap(), ids);
        assert_eq!(registry.keys_of(&UserId::new("s").unwrap()).unwrap(), []);
        assert_eq!(registry.get(&KeyId::from_bytes([9; 16])).unwrap(), None);
        assert_eq!(registry.count().unwrap(), 41);
    }
}
