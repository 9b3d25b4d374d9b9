//! A backup is everything, and what is not a whole backup is not taken.

use hippocrypt::store::{
    Batch, BlobStore, ChunkId, FolderBlobs, MemoryBlobs, MemoryStore, RedbStore, Store, StoreError, Summary,
    Table, backup, restore,
};

use crate::contents;

/// A little of everything: entries without key or value, chunks that two records share, and one that none names.
fn fill(store: &mut impl Store, blobs: &mut impl BlobStore) {
    let mut batch = Batch::new();
    batch.insert(Table::Record, b"", b"without a key");
    batch.insert(Table::Place, b"without a value", b"");
    batch.put(Table::Meta, b"last", 7u64.to_be_bytes());
    for number in 0..150u8 {
        batch.insert(Table::Audit, [0, number], vec![number; usize::from(number)]);
    }
    for chunk in [&b"one"[..], b"two", b"three", &[9; 10_000]] {
        let id = blobs.put(chunk).unwrap();
        for record in [&b"a record"[..], b"", &[0xff; 80], &[0xff; 81]] {
            batch.insert(Table::Chunk, [id.as_bytes().as_slice(), record].concat(), []);
        }
    }
    blobs.put(b"nobody needs this").unwrap();
    store.commit(&batch).unwrap();
}

fn filled() -> (MemoryStore, MemoryBlobs) {
    let (mut store, mut blobs) = (MemoryStore::new(), MemoryBlobs::new());
    fill(&mut store, &mut blobs);
    (store, blobs)
}

fn written(store: &impl Store, blobs: &impl BlobStore) -> (Vec<u8>, Summary) {
    let mut stream = Vec::new();
    let summary = backup(store, blobs, &mut stream, |_| ()).unwrap();
    assert_eq!(summary.bytes, stream.len() as u64);
    (stream, summary)
}

#[test]
fn everything_comes_back_in_a_store_of_another_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let (store, blobs) = filled();
    let (stream, summary) = written(&store, &blobs);
    assert_eq!((summary.entries, summary.chunks), (153 + 16, 4));

    let mut on_disk = RedbStore::create(&path).unwrap();
    let mut in_folder = FolderBlobs::open(folder.path().join("blobs")).unwrap();
    let restored = restore(&mut stream.as_slice(), &mut on_disk, &mut in_folder, |_| ()).unwrap();
    assert_eq!(restored, summary);
    assert_eq!(contents(&on_disk).unwrap(), contents(&store).unwrap());
    assert_eq!(in_folder.page(None, 9).unwrap().len(), 4);
    drop(on_disk);
    let on_disk = RedbStore::open(&path).unwrap();

    let (again, _) = written(&on_disk.snapshot().unwrap(), &in_folder);
    assert_eq!(again, stream);
    let (mut back, mut chunks) = (MemoryStore::new(), MemoryBlobs::new());
    restore(&mut again.as_slice(), &mut back, &mut chunks, |_| ()).unwrap();
    assert_eq!(written(&back, &chunks).0, stream);
    assert_eq!(chunks.get(&ChunkId::of(b"two")).unwrap().as_deref(), Some(&b"two"[..]));
}

#[test]
fn an_empty_store_and_a_large_one() {
    let (mut store, mut blobs) = (MemoryStore::new(), MemoryBlobs::new());
    let (stream, summary) = written(&store, &blobs);
    assert_eq!((summary.entries, summary.chunks), (0, 0));
    restore(&mut stream.as_slice(), &mut store, &mut blobs, |_| ()).unwrap();

    let (mut store, mut batch) = (MemoryStore::new(), Batch::new());
    (0..10_000u32).for_each(|key| batch.insert(Table::Record, key.to_be_bytes(), [7; 900]));
    store.commit(&batch).unwrap();
    let (stream, _) = written(&store, &blobs);
    let (mut back, mut calls) = (MemoryStore::new(), 0);
    restore(&mut stream.as_slice(), &mut back, &mut blobs, |_| calls += 1).unwrap();
    assert!(contents(&back).unwrap() == contents(&store).unwrap());
    assert!(calls >= 2);
}

fn refused(stream: &[u8]) -> StoreError {
    let mut store = MemoryStore::new();
    let refused = restore(&mut &stream[..], &mut store, &mut MemoryBlobs::new(), |_| ()).unwrap_err();
    // Either nothing was done, or the store says that it is not whole.
    let is_empty = contents(&store).unwrap().is_empty();
    assert!(is_empty || store.get(Table::Meta, b"restore").unwrap().is_some());
    refused
}

#[test]
fn what_is_not_a_whole_backup_is_refused() {
    let (store, blobs) = filled();
    let (stream, _) = written(&store, &blobs);
    for length in (0..stream.len()).step_by(7).chain(stream.len() - 50..stream.len()) {
        let refused = refused(&stream[..length]);
        match length {
            0..19 => assert!(matches!(refused, StoreError::NotABackup), "{length}: {refused:?}"),
            _ => assert!(matches!(refused, StoreError::Damaged(_)), "{length}: {refused:?}"),
        }
    }
    for at in (0..100).chain((100..stream.len()).step_by(13)).chain(stream.len() - 50..stream.len()) {
        let mut changed = stream.clone();
        changed[at] ^= 0x11;
        let refused = refused(&changed);
        match at {
            0..18 => assert!(matches!(refused, StoreError::NotABackup)),
            18..23 => {
                assert!(matches!(refused, StoreError::TooNew { known: 1, .. } | StoreError::Damaged(_)))
            }
            _ => assert!(matches!(refused, StoreError::Damaged(_)), "{at}: {refused:?}"),
        }
    }
    assert!(matches!(refused(&[stream.as_slice(), b"\0"].concat()), StoreError::Damaged(_)));
}

#[test]
fn a_store_whose_restore_has_failed_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let (store, mut blobs) = filled();
    let (stream, _) = written(&store, &blobs);
    let mut on_disk = RedbStore::create(&path).unwrap();
    let early = &mut &stream[..stream.len() - 1];
    assert!(matches!(restore(early, &mut on_disk, &mut blobs, |_| ()), Err(StoreError::Damaged(_))));
    // Not even a whole one goes into it now.
    let whole = &mut stream.as_slice();
    assert!(matches!(restore(whole, &mut on_disk, &mut blobs, |_| ()), Err(StoreError::AlreadyThere)));
    drop(on_disk);
    assert!(matches!(RedbStore::open(&path), Err(StoreError::Incomplete)));
    assert!(matches!(RedbStore::open_read_only(&path), Err(StoreError::Incomplete)));
}

#[test]
fn only_an_empty_store_is_filled_and_only_a_whole_one_is_backed_up() {
    let (mut store, mut blobs) = filled();
    let (stream, _) = written(&store, &blobs);
    let before = contents(&store).unwrap();
    let again = restore(&mut stream.as_slice(), &mut store, &mut blobs, |_| ());
    assert!(matches!(again, Err(StoreError::AlreadyThere)));
    assert_eq!(contents(&store).unwrap(), before);

    blobs.remove(&ChunkId::of(b"two")).unwrap();
    assert!(matches!(backup(&store, &blobs, &mut Vec::new(), |_| ()), Err(StoreError::Damaged(_))));
    let mut batch = Batch::new();
    batch.insert(Table::Chunk, b"short", b"");
    let mut store = MemoryStore::new();
    store.commit(&batch).unwrap();
    assert!(matches!(backup(&store, &blobs, &mut Vec::new(), |_| ()), Err(StoreError::Damaged(_))));
}
