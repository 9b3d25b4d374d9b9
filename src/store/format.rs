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

/// Marks a store as incomplete, and unmarks it: what is between is a restore.
pub(super) fn begin_restore(batch: &mut Batch) {
    batch.put(Table::Meta, RESTORE, []);
}

/// The end of what [`begin_restore`] began.
pub(super) fn end_restore(batch: &mut Batch) {
    batch.remove(Table::Meta, RESTORE);
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
