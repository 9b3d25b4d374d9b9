//! What is at a path that is not, or not yet, a store for this process.

use std::fs;

use hippocrypt::store::{Batch, RedbStore, Store, StoreError, Table};

fn record(value: &[u8]) -> Batch {
    let mut batch = Batch::new();
    batch.put(Table::Record, b"record", value);
    batch
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    assert!(matches!(RedbStore::open(&path), Err(StoreError::NotThere)));
    assert!(matches!(RedbStore::open_read_only(&path), Err(StoreError::NotThere)));
    assert!(!path.exists());
    let garbage = vec![0x5a; 100_000];
    let texts: [&[u8]; 5] = [b"", b"text", &[0; 4096], &garbage, b"redb\x1a\x0a\xa9\x0d\x0a"];
    for bytes in texts {
        fs::write(&path, bytes).unwrap();
        assert!(RedbStore::open(&path).is_err());
        assert!(RedbStore::open_read_only(&path).is_err());
        assert!(matches!(RedbStore::create(&path), Err(StoreError::AlreadyThere)));
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    fs::write(&path, garbage).unwrap();
    assert!(matches!(RedbStore::open(&path), Err(StoreError::NotAStore)));
    fs::remove_file(&path).unwrap();
    RedbStore::create(&path).unwrap().commit(&record(b"kept")).unwrap();
    assert!(matches!(RedbStore::create(&path), Err(StoreError::AlreadyThere)));
    let store = RedbStore::open(&path).unwrap();
    assert_eq!(store.get(Table::Record, b"record").unwrap().as_deref(), Some(&b"kept"[..]));
    // Nothing is left of the attempts.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let folder_itself = RedbStore::open(folder.path()).unwrap_err();
    assert!(matches!(folder_itself, StoreError::NotAStore), "{folder_itself:?}");
    assert!(matches!(RedbStore::create(folder.path()), Err(StoreError::AlreadyThere)));
}

#[test]
fn a_database_of_somebody_else_is_not_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    drop(redb::Database::create(&path).unwrap());
    assert!(matches!(RedbStore::open(&path), Err(StoreError::NotAStore)));
    assert!(matches!(RedbStore::open_read_only(&path), Err(StoreError::NotAStore)));
}

#[test]
fn a_store_of_a_later_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let mut store = RedbStore::create(&path).unwrap();
    let mut batch = record(b"kept");
    batch.put(Table::Meta, b"format", 9u32.to_be_bytes());
    store.commit(&batch).unwrap();
    drop(store);
    let refused = RedbStore::open(&path).unwrap_err();
    assert!(matches!(refused, StoreError::TooNew { found: 9, known: 1 }));
    assert!(matches!(RedbStore::open_read_only(&path), Err(StoreError::TooNew { found: 9, known: 1 })));
}

#[test]
fn one_process_writes_or_several_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let mut writer = RedbStore::create(&path).unwrap();
    writer.commit(&record(b"value")).unwrap();
    assert!(matches!(RedbStore::open(&path), Err(StoreError::InUse)));
    assert!(matches!(RedbStore::open_read_only(&path), Err(StoreError::InUse)));
    drop(writer);
    let before = fs::read(&path).unwrap();
    let mut readers = [(); 2].map(|()| RedbStore::open_read_only(&path).unwrap());
    assert!(matches!(RedbStore::open(&path), Err(StoreError::InUse)));
    for reader in &mut readers {
        assert_eq!(reader.get(Table::Record, b"record").unwrap().as_deref(), Some(&b"value"[..]));
        assert!(matches!(reader.commit(&record(b"other")), Err(StoreError::ReadOnly)));
        assert!(matches!(reader.check(), Err(StoreError::ReadOnly)));
    }
    drop(readers);
    assert_eq!(fs::read(&path).unwrap(), before);
    RedbStore::open(&path).unwrap().commit(&record(b"other")).unwrap();
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_and_who_may_not_write_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let within = folder.path().join("made");
    let path = within.join("store.redb");
    drop(RedbStore::create(&path).unwrap());
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&within), mode(&path)), (0o700, 0o600));

    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    if fs::OpenOptions::new().write(true).open(&path).is_ok() {
        println!("permissions do not hold for this user: the rest is not tested");
        return;
    }
    assert!(matches!(RedbStore::open(&path), Err(StoreError::ReadOnly)));
    RedbStore::open_read_only(&path).unwrap();
    fs::set_permissions(&within, fs::Permissions::from_mode(0o555)).unwrap();
    assert!(matches!(RedbStore::create(within.join("other.redb")), Err(StoreError::ReadOnly)));
    fs::set_permissions(&within, fs::Permissions::from_mode(0o700)).unwrap();
}
