//! A registry of issued keys on the disk: a million of them in the memory of one page.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use hippocrypt::{IssuedKey, KeyId, KeyRegistry, RegistryError, UserId};

/// Entries of one length, ascending by id, in a file. They come in that order, and stay where they are.
#[derive(Debug)]
pub struct FileRegistry {
    file: File,
    /// Bytes of an entry, once there is one.
    entry_bytes: Option<usize>,
    len: u64,
    last: Option<KeyId>,
    /// The ids of the page that was read last, and the place of the first: most of what is looked for is there.
    page: RefCell<(u64, Vec<KeyId>)>,
}

impl FileRegistry {
    /// An empty one in an empty file.
    pub fn new(file: File) -> Self {
        Self { file, entry_bytes: None, len: 0, last: None, page: RefCell::default() }
    }

    /// Up to `limit` entries from `place` on.
    fn read(&self, place: u64, limit: usize) -> io::Result<Vec<IssuedKey>> {
        let Some(entry_bytes) = self.entry_bytes else { return Ok(Vec::new()) };
        let count = usize::try_from(self.len.saturating_sub(place)).unwrap_or(limit).min(limit);
        let mut bytes = vec![0; count * entry_bytes];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(place * entry_bytes as u64))?;
        file.read_exact(&mut bytes)?;
        let entries = bytes.chunks_exact(entry_bytes).map(IssuedKey::from_bytes);
        entries.collect::<Result<_, _>>().map_err(io::Error::other)
    }

    /// The place of the first entry whose id is not below this one, and whether it is this one.
    fn place(&self, id: &KeyId) -> io::Result<(u64, bool)> {
        let (first, ids) = &*self.page.borrow();
        if let Ok(place) = ids.binary_search(id) {
            return Ok((first + place as u64, true));
        }
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.read(middle, 1)?.first().map(|entry| entry.id().cmp(id)) {
                Some(std::cmp::Ordering::Less) => low = middle + 1,
                Some(std::cmp::Ordering::Equal) => return Ok((middle, true)),
                _ => high = middle,
            }
        }
        Ok((low, false))
    }

    fn write(&mut self, place: u64, bytes: &[u8]) -> io::Result<()> {
        if *self.entry_bytes.get_or_insert(bytes.len()) != bytes.len() {
            return Err(io::Error::other("an entry of another length"));
        }
        self.file.seek(SeekFrom::Start(place * bytes.len() as u64))?;
        self.file.write_all(bytes)
    }
}

impl KeyRegistry for FileRegistry {
    type Error = io::Error;

    fn insert_new(&mut self, key: IssuedKey) -> Result<(), RegistryError<io::Error>> {
        let id = *key.id();
        if self.last == Some(id) {
            return Err(RegistryError::Repeated(id));
        }
        if self.last > Some(id) {
            return Err(RegistryError::Storage(io::Error::other("an entry out of order")));
        }
        self.write(self.len, &key.to_bytes()).map_err(RegistryError::Storage)?;
        (self.len, self.last) = (self.len + 1, Some(id));
        Ok(())
    }

    fn get(&self, id: &KeyId) -> Result<Option<IssuedKey>, RegistryError<io::Error>> {
        let entry = self.place(id).and_then(|(place, found)| match found {
            true => Ok(self.read(place, 1)?.pop()),
            false => Ok(None),
        });
        entry.map_err(RegistryError::Storage)
    }

    fn replace(&mut self, key: IssuedKey) -> Result<(), RegistryError<io::Error>> {
        match self.place(key.id()).map_err(RegistryError::Storage)? {
            (place, true) => self.write(place, &key.to_bytes()).map_err(RegistryError::Storage),
            _ => Err(RegistryError::Unknown(*key.id())),
        }
    }

    fn keys_of(&self, user: &UserId) -> Result<Vec<KeyId>, RegistryError<io::Error>> {
        let (mut keys, mut last) = (Vec::new(), None);
        loop {
            let page = self.page(last.as_ref(), 4_096)?;
            let Some(end) = page.last() else { return Ok(keys) };
            last = Some(*end.id());
            keys.extend(page.iter().filter(|entry| entry.user() == user).map(|entry| *entry.id()));
        }
    }

    fn page(&self, after: Option<&KeyId>, limit: usize) -> Result<Vec<IssuedKey>, RegistryError<io::Error>> {
        let read = || {
            let first = match after.map(|id| self.place(id)).transpose()? {
                None => 0,
                Some((place, found)) => place + u64::from(found),
            };
            let entries = self.read(first, limit)?;
            *self.page.borrow_mut() = (first, entries.iter().map(|entry| *entry.id()).collect());
            Ok(entries)
        };
        read().map_err(RegistryError::Storage)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::workload::epochs::{Applicant, EpochRealm};
    use super::*;
    use hippocrypt::{AttributeSet, Schema};

    #[test]
    fn it_is_a_registry() {
        let realm = EpochRealm::new(10).unwrap();
        let reader = Applicant::new(realm.parameters(), "reader").unwrap().enrol(realm.parameters()).unwrap();
        let attributes = AttributeSet::parse("a", &Schema::empty()).unwrap();
        let entries = realm.entries(&reader, &attributes, 10);
        let mut registry = FileRegistry::new(tempfile::tempfile().unwrap());
        for entry in entries.iter().skip(1) {
            registry.insert_new(entry.clone()).unwrap();
        }
        // Out of order, and twice.
        assert!(matches!(registry.insert_new(entries[0].clone()), Err(RegistryError::Storage(_))));
        assert!(matches!(registry.insert_new(entries[9].clone()), Err(RegistryError::Repeated(_))));
        assert_eq!(registry.get(entries[0].id()).unwrap(), None);
        assert!(matches!(registry.replace(entries[0].clone()), Err(RegistryError::Unknown(_))));

        for _ in 0..2 {
            assert_eq!(registry.page(None, 4).unwrap(), entries[1..5]);
            assert_eq!(registry.page(Some(entries[4].id()), 4).unwrap(), entries[5..9]);
            assert_eq!(registry.page(Some(entries[0].id()), 100).unwrap(), entries[1..]);
            assert!(registry.page(Some(entries[9].id()), 4).unwrap().is_empty());
        }
        registry.page(Some(entries[4].id()), 2).unwrap();
        // On the page that was read last, and elsewhere.
        for place in [5, 9] {
            let mut changed = entries[place].clone();
            changed.kill();
            registry.replace(changed.clone()).unwrap();
            assert_eq!(registry.get(changed.id()).unwrap(), Some(changed));
        }
        assert_eq!(registry.get(entries[6].id()).unwrap(), Some(entries[6].clone()));
        assert_eq!(registry.keys_of(reader.user()).unwrap().len(), 9);
        assert!(registry.keys_of(&UserId::new("nobody").unwrap()).unwrap().is_empty());
    }
}
