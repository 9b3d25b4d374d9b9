//! Files that something else has changed.

use std::fs;
use std::path::Path;

use hippocrypt::store::{Batch, RedbStore, Store, StoreError, Table};

use crate::{Contents, Dice, contents};

fn filled(path: &Path) -> Contents {
    let mut store = RedbStore::create(path).unwrap();
    for number in 0..20u64 {
        let mut batch = Batch::new();
        for row in 0..20u64 {
            let key = [number.to_be_bytes(), row.to_be_bytes()].concat();
            batch.insert(Table::Record, key.clone(), vec![row as u8; 40 * row as usize]);
            batch.insert(Table::Place, key, []);
        }
        store.commit(&batch).unwrap();
    }
    let found = contents(&store).unwrap();
    assert_eq!(found.len(), 800);
    found
}

#[derive(Debug, Default)]
struct Counts {
    refused: usize,
    right: usize,
    unnoticed: usize,
    found_by_check: usize,
    repaired: usize,
}

/// A damaged file gives an error or entries, and never a panic; and what `check` calls sound is what was written.
fn survives(path: &Path, expected: &Contents, counts: &mut Counts) -> Result<(), String> {
    if let Ok(store) = RedbStore::open_read_only(path) {
        let _ = contents(&store);
    }
    let mut store = match RedbStore::open(path) {
        Ok(store) => store,
        Err(_) => {
            counts.refused += 1;
            return Ok(());
        }
    };
    let right = match contents(&store) {
        Err(_) => {
            counts.refused += 1;
            return Ok(());
        }
        Ok(found) => found == *expected,
    };
    *(if right { &mut counts.right } else { &mut counts.unnoticed }) += 1;
    match store.check() {
        Ok(true) if !right => Err("check calls wrong entries sound".to_owned()),
        Ok(true) => Ok(()),
        Ok(false) => {
            counts.repaired += 1;
            match contents(&store).is_ok_and(|found| found == *expected) {
                true => Ok(()),
                false => Err("a repair has lost something".to_owned()),
            }
        }
        Err(_) => {
            counts.found_by_check += 1;
            Ok(())
        }
    }
}

#[test]
fn a_changed_byte_is_refused_or_found_by_check() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let expected = filled(&path);
    let whole = fs::read(&path).unwrap();
    let mut dice = Dice(0xbad);
    // Everything of the first page, which says what the rest is; samples of the others.
    let step = if std::env::var_os("HIPPOCRYPT_FULL").is_some() { 61 } else { 1409 };
    let places: Vec<usize> = (0..400).step_by(3).chain((400..whole.len()).step_by(step)).collect();
    let (mut counts, mut failures) = (Counts::default(), Vec::new());
    for at in &places {
        let mut file = whole.clone();
        file[*at] ^= 1 << dice.below(8);
        fs::write(&path, file).unwrap();
        failures.extend(survives(&path, &expected, &mut counts).err().map(|what| format!("{at}: {what}")));
    }
    println!("{} changed bytes: {counts:?}", places.len());
    assert!(failures.is_empty(), "{failures:?}");
    assert!(counts.refused + counts.found_by_check > 10);
}

#[test]
fn a_file_that_has_lost_a_part_is_refused_or_found_by_check() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let expected = filled(&path);
    let whole = fs::read(&path).unwrap();
    let mut counts = Counts::default();
    for length in (1..whole.len()).step_by(whole.len() / 40) {
        fs::write(&path, &whole[..length]).unwrap();
        survives(&path, &expected, &mut counts).unwrap();
    }
    for page in (4096..whole.len() - 4096).step_by(4096 * 5) {
        let mut file = whole.clone();
        file[page..page + 4096].fill(0);
        fs::write(&path, file).unwrap();
        survives(&path, &expected, &mut counts).unwrap();
    }
    println!("{counts:?}");
}

#[test]
fn a_store_that_was_found_damaged_does_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    filled(&path);
    let mut whole = fs::read(&path).unwrap();
    let mut dice = Dice(0xdead);
    // The pages behind the header: whatever there is to find.
    (0..2000).for_each(|_| whole[4096 + dice.below(100_000) as usize % 60_000] ^= 0x55);
    fs::write(&path, &whole).unwrap();
    let Ok(mut store) = RedbStore::open(&path) else { return };
    if store.check().is_err() {
        assert!(matches!(store.get(Table::Record, b""), Err(StoreError::FailedBefore)));
        assert!(matches!(store.commit(&Batch::new()), Err(StoreError::FailedBefore)));
    }
}
