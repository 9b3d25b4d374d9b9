//! The format of a durable store: a number in it, and the migrations from each format to the next.
//!
//! The format says what stands in the tables. It is 1, and there is no migration yet. A migration runs in steps, each of them one
//! batch, so that it needs little memory and may be interrupted: the first step writes the new format together with
//! the mark [`MIGRATION`], under which the next one finds where to go on; the last one removes it. A version that does
//! not know the new format refuses the store from the first step on, and one that knows it finishes before it lets
//! anyone in.

use alloc::vec::Vec;

use super::{Batch, Store, StoreError, Table};

/// The current format.
pub const STORE_FORMAT: u32 = 1;

/// [`Table::Meta`]: the format, 4 bytes, most significant first.
const FORMAT: &[u8] = b"format";
/// [`Table::Meta`]: the place where a migration goes on, while one is not finished.
const MIGRATION: &[u8] = b"migration";
/// [`Table::Meta`]: there while the store is being restored from a backup.
const RESTORE: &[u8] = b"restore";

/// Keys of [`Table::Meta`] that belong to the store itself, and are in no backup.
pub(super) const OWN_KEYS: [&[u8]; 3] = [FORMAT, MIGRATION, RESTORE];

/// The changes of a step, and where the next one goes on; `None` after the last.
pub(super) type Step = (Batch, Option<Vec<u8>>);

/// The way from format `to - 1` to format `to`.
pub(super) struct Migration {
    /// The format that it leads to.
    pub to: u32,
    /// The next step, which goes on at `place`; the first one is told an empty place.
    pub step: fn(store: &dyn Store, place: &[u8]) -> Result<Step, StoreError>,
}

/// Every migration, in order. A store of format f passes through those with `to` > f.
pub(super) const MIGRATIONS: &[Migration] = &[];

/// Adds the current format to the first batch of a new store.
pub(super) fn stamp(batch: &mut Batch, format: u32) {
    batch.put(Table::Meta, FORMAT, format.to_be_bytes());
}

/// The format of a store; of one that keeps none (a store in memory), the current one.
pub(super) fn format_of(store: &dyn Store) -> Result<Option<u32>, StoreError> {
    let Some(bytes) = store.get(Table::Meta, FORMAT)? else { return Ok(None) };
    let bytes = bytes.as_slice().try_into();
    bytes.map(|bytes| Some(u32::from_be_bytes(bytes))).map_err(|_| damaged("its format is not a number"))
}

/// Refuses a store that this version does not know, or that must be changed first.
#[cfg(feature = "redb")]
pub(super) fn check(store: &dyn Store) -> Result<(), StoreError> {
    match state(store, STORE_FORMAT)? {
        State::Current => Ok(()),
        State::Old { to, .. } => {
            Err(StoreError::NeedsMigration { found: to.saturating_sub(1), known: STORE_FORMAT })
        }
    }
}

/// Brings a store to the current format, from where it is.
pub(super) fn migrate(store: &mut dyn Store) -> Result<(), StoreError> {
    migrate_with(store, MIGRATIONS, STORE_FORMAT)
}

/// Whether a key of [`Table::Meta`] is that of the format, which an empty store has.
pub(super) fn is_format(key: &[u8]) -> bool {
    key == FORMAT
}

/// Marks a store as incomplete, in the first batch of a restore.
pub(super) fn begin_restore(batch: &mut Batch) {
    batch.put(Table::Meta, RESTORE, []);
}

/// Ends what [`begin_restore`] began: the store is complete, and has the format of the backup.
pub(super) fn end_restore(batch: &mut Batch, format: u32) {
    batch.remove(Table::Meta, RESTORE);
    stamp(batch, format);
}

enum State {
    Current,
    /// The next format, and where an unfinished migration to it goes on.
    Old {
        to: u32,
        place: Vec<u8>,
    },
}

fn state(store: &dyn Store, known: u32) -> Result<State, StoreError> {
    if store.get(Table::Meta, RESTORE)?.is_some() {
        return Err(StoreError::Incomplete);
    }
    let found = format_of(store)?.ok_or(StoreError::NotAStore)?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    match store.get(Table::Meta, MIGRATION)? {
        Some(place) => Ok(State::Old { to: found, place }),
        None if found == known => Ok(State::Current),
        None => Ok(State::Old { to: found.saturating_add(1), place: Vec::new() }),
    }
}

fn migrate_with(store: &mut dyn Store, migrations: &[Migration], known: u32) -> Result<(), StoreError> {
    while let State::Old { to, place } = state(store, known)? {
        let migration = migrations.iter().find(|migration| migration.to == to);
        let migration =
            migration.ok_or_else(|| damaged("there is no way from its format to the current one"))?;
        let (mut batch, next) = (migration.step)(store, &place)?;
        stamp(&mut batch, to);
        match next {
            Some(place) => batch.put(Table::Meta, MIGRATION, place),
            None => batch.remove(Table::Meta, MIGRATION),
        }
        store.commit(&batch)?;
    }
    Ok(())
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    /// From 1 to 2 each record is turned around, two at a time; from 2 to 3 another table gets a row.
    const FAKE: &[Migration] = &[
        Migration {
            to: 2,
            step: |store, place| {
                let after = (!place.is_empty()).then_some(place);
                let page = store.page(Table::Record, &[], after, 2)?;
                let mut batch = Batch::new();
                for (key, mut value) in page.clone() {
                    value.reverse();
                    batch.put(Table::Record, key, value);
                }
                Ok((batch, page.into_iter().last().map(|(key, _)| key)))
            },
        },
        Migration {
            to: 3,
            step: |_, _| {
                let mut batch = Batch::new();
                batch.insert(Table::Place, b"new", b"row");
                Ok((batch, None))
            },
        },
    ];

    /// A store whose commits fail after some.
    struct Failing(MemoryStore, usize);

    impl Store for Failing {
        fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            self.0.get(table, key)
        }

        fn page(
            &self,
            table: Table,
            prefix: &[u8],
            after: Option<&[u8]>,
            limit: usize,
        ) -> Result<Vec<crate::store::Entry>, StoreError> {
            self.0.page(table, prefix, after, limit)
        }

        fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
            self.1 = self.1.checked_sub(1).ok_or(StoreError::Full)?;
            self.0.commit(batch)
        }
    }

    fn old() -> MemoryStore {
        let (mut store, mut batch) = (MemoryStore::new(), Batch::new());
        stamp(&mut batch, 1);
        (0..5u8).for_each(|key| batch.insert(Table::Record, [key], [key, 100]));
        store.commit(&batch).unwrap();
        store
    }

    fn is_migrated(store: &MemoryStore) -> bool {
        (0..5u8).all(|key| store.get(Table::Record, &[key]).unwrap() == Some(vec![100, key]))
            && store.get(Table::Place, b"new").unwrap().is_some()
            && store.get(Table::Meta, MIGRATION).unwrap().is_none()
            && format_of(store).unwrap() == Some(3)
    }

    #[test]
    fn a_migration_that_was_interrupted_anywhere_goes_on_where_it_was() {
        for commits in 0..=5 {
            let mut store = Failing(old(), commits);
            let done = migrate_with(&mut store, FAKE, 3);
            if commits == 5 {
                done.unwrap();
                assert!(is_migrated(&store.0));
                continue;
            }
            assert!(matches!(done, Err(StoreError::Full)));
            // From the first step on an old version keeps away.
            if commits > 0 {
                assert!(matches!(state(&store, 1), Err(StoreError::TooNew { found: 2 | 3, known: 1 })));
            }
            assert!(matches!(state(&store, 3), Ok(State::Old { .. })));
            store.1 = usize::MAX;
            migrate_with(&mut store, FAKE, 3).unwrap();
            assert!(is_migrated(&store.0), "after {commits} commits");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let mut store = old();
        assert!(matches!(migrate_with(&mut MemoryStore::new(), FAKE, 3), Err(StoreError::NotAStore)));
        assert!(matches!(migrate_with(&mut store, &[], 2), Err(StoreError::Damaged(_))));
        let put = |store: &mut MemoryStore, key, value: &[u8]| {
            let mut batch = Batch::new();
            batch.put(Table::Meta, key, value);
            store.commit(&batch).unwrap();
        };
        put(&mut store, FORMAT, &4u32.to_be_bytes());
        assert!(matches!(migrate_with(&mut store, FAKE, 3), Err(StoreError::TooNew { found: 4, known: 3 })));
        put(&mut store, FORMAT, b"one");
        assert!(matches!(migrate_with(&mut store, FAKE, 3), Err(StoreError::Damaged(_))));
        put(&mut store, FORMAT, &3u32.to_be_bytes());
        migrate_with(&mut store, FAKE, 3).unwrap();
        put(&mut store, RESTORE, b"");
        assert!(matches!(migrate_with(&mut store, FAKE, 3), Err(StoreError::Incomplete)));
    }
}
