//! A disk that is full. A process that may not make a file longer than a limit is told the same, and needs no disk of its own.
#![cfg(unix)]

use std::fs;
use std::process::Command;

use hippocrypt::store::{Batch, BlobStore, FolderBlobs, Journal, RedbStore, Store, StoreError, Table};

use crate::{another_process, contents, folder_of_another};

fn batch(number: u64) -> Batch {
    let mut batch = Batch::new();
    batch.insert(Table::Header, number.to_be_bytes(), vec![number as u8; 100]);
    batch.insert(Table::Record, number.to_be_bytes(), vec![number as u8; 20_000]);
    batch
}

fn acknowledged(folder: &std::path::Path) -> u64 {
    fs::read_to_string(folder.join("acknowledged")).unwrap().parse().unwrap()
}

/// Plays the process with the limit.
#[test]
fn writer() {
    let Some(folder) = folder_of_another() else { return };
    let path = folder.join("store.redb");
    let mut store = RedbStore::open(&path).unwrap();
    let mut number = 0;
    let refused = loop {
        match store.commit(&batch(number)) {
            Ok(()) => number += 1,
            Err(refused) => break refused,
        }
        assert!(number < 10_000, "there is no limit");
    };
    assert!(matches!(refused, StoreError::Full), "{refused:?}");
    assert!(matches!(store.commit(&batch(number)), Err(StoreError::Full | StoreError::FailedBefore)));
    drop(store);
    fs::write(folder.join("acknowledged"), number.to_string()).unwrap();
    // Still full, and everything can be read.
    let store = RedbStore::open(&path).unwrap();
    assert_eq!(contents(&store).unwrap().len() as u64, 2 * number);

    let mut blobs = FolderBlobs::open(folder.join("blobs")).unwrap();
    let small = blobs.put(b"small").unwrap();
    assert!(matches!(blobs.put(&vec![7; 8 << 20]), Err(StoreError::Full)));
    assert_eq!(blobs.page(None, 9).unwrap().iter().map(|chunk| chunk.id).collect::<Vec<_>>(), [small]);
    assert_eq!(fs::read_dir(folder.join("blobs/new")).unwrap().count(), 0);

    let path = folder.join("audit.journal");
    let mut journal = Journal::open(&path).unwrap();
    journal.append(b"first").unwrap();
    assert!(matches!(journal.append(&vec![7; 8 << 20]), Err(StoreError::Full)));
    assert!(matches!(journal.append(b"second"), Err(StoreError::FailedBefore)));
    drop(journal);
    let mut journal = Journal::open(&path).unwrap();
    assert_eq!((journal.append(b"second").unwrap().number, journal.entries().unwrap().count()), (2, 2));
    assert!(matches!(RedbStore::create(folder.join("acknowledged")), Err(StoreError::AlreadyThere)));
    println!("came to the end");
}

#[test]
fn a_full_disk_is_said_and_nothing_is_lost() {
    for blocks in [600, 1500, 4000, 6001] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        drop(RedbStore::create(&path).unwrap());
        let writer = another_process("full::writer", folder.path());
        // Blocks of 512 or 1024 bytes, by the shell. The signal would end the process instead of failing the write.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut limited = Command::new("sh");
        limited.arg("-c").arg(script).arg(writer.get_program()).args(writer.get_args());
        let done = limited.env("STORE_FOLDER", folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(said.contains("came to the end"), "{said}{}", String::from_utf8_lossy(&done.stderr));

        let acknowledged = acknowledged(folder.path());
        let mut store = RedbStore::open(&path).unwrap();
        assert!(store.check().unwrap());
        for number in 0..acknowledged {
            let record = store.get(Table::Record, &number.to_be_bytes()).unwrap();
            assert_eq!(record, Some(vec![number as u8; 20_000]));
        }
        assert_eq!(contents(&store).unwrap().len() as u64, 2 * acknowledged);
        store.commit(&batch(acknowledged)).unwrap();
    }
}
