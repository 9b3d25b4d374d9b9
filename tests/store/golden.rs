//! Stores of earlier formats, kept for ever: every later version opens them.
//!
//! `HIPPOCRYPT_BLESS=1 cargo test --features redb --test store` writes files that are missing, and only those.

use std::fs;
use std::path::PathBuf;

use hippocrypt::store::{
    Batch, BlobStore, MemoryBlobs, MemoryStore, RedbStore, Store, Table, backup, restore,
};

use crate::contents;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// What is in the golden store.
fn batch(blobs: &mut impl BlobStore) -> Batch {
    let mut batch = Batch::new();
    // Tables that came later are empty in it.
    for table in Table::ALL.into_iter().filter(|table| *table != Table::Share) {
        batch.insert(
            table,
            [table.name().as_bytes(), &[0xff; 32]].concat(),
            table.name().as_bytes().repeat(3),
        );
    }
    let id = blobs.put(b"golden chunk").unwrap();
    batch.remove(Table::Chunk, [b"chunk".as_slice(), &[0xff; 32]].concat());
    batch.insert(Table::Chunk, [id.as_bytes().as_slice(), b"record"].concat(), b"");
    batch
}

#[test]
fn a_store_of_format_1_opens() {
    let path = golden("store-1.redb");
    if !path.exists() && std::env::var_os("HIPPOCRYPT_BLESS").is_some() {
        RedbStore::create(&path).unwrap().commit(&batch(&mut MemoryBlobs::new())).unwrap();
    }
    let mut expected = MemoryStore::new();
    expected.commit(&batch(&mut MemoryBlobs::new())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("store.redb");
    fs::copy(&path, &copy).unwrap();
    let mut store = RedbStore::open(&copy).unwrap();
    assert_eq!(contents(&store).unwrap(), contents(&expected).unwrap());
    assert!(store.check().unwrap());
    store.commit(&Batch::new()).unwrap();
}

#[test]
fn a_backup_of_format_1_is_restored_and_written_as_it_always_was() {
    let path = golden("store-1.backup");
    let (mut expected, mut blobs) = (MemoryStore::new(), MemoryBlobs::new());
    expected.commit(&batch(&mut blobs)).unwrap();
    let mut stream = Vec::new();
    backup(&expected, &blobs, &mut stream, |_| ()).unwrap();
    if !path.exists() && std::env::var_os("HIPPOCRYPT_BLESS").is_some() {
        fs::write(&path, &stream).unwrap();
    }
    let golden = fs::read(&path).unwrap();
    assert_eq!(stream, golden, "the format of backups has changed");
    let (mut store, mut blobs) = (MemoryStore::new(), MemoryBlobs::new());
    restore(&mut golden.as_slice(), &mut store, &mut blobs, |_| ()).unwrap();
    assert_eq!(contents(&store).unwrap(), contents(&expected).unwrap());
}
