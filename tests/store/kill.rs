//! A process that writes is killed at random moments, and what it acknowledged is there.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use hippocrypt::store::{
    Batch, BlobStore, ChunkId, FolderBlobs, Journal, RedbStore, Store, StoreError, Table, sweep,
};

use crate::{Dice, another_process, contents, folder_of_another};

const KILLS: usize = 100;
/// How many records stay: each batch adds one and takes one away.
const WINDOW: u64 = 20;

/// The chunks of a record. The first is also one of the record before.
fn chunks(number: u64) -> [Vec<u8>; 2] {
    [number - 1, number].map(|number| {
        let start = number.to_be_bytes();
        start.iter().copied().cycle().take(4000 + number as usize % 1000).collect()
    })
}

fn chunk_rows(number: u64) -> [Vec<u8>; 2] {
    chunks(number).map(|chunk| [ChunkId::of(&chunk).as_bytes().as_slice(), &number.to_be_bytes()].concat())
}

fn open(folder: &Path) -> Result<(RedbStore, FolderBlobs, Journal), StoreError> {
    let path = folder.join("store.redb");
    let store = match RedbStore::open(&path) {
        Err(StoreError::NotThere) => RedbStore::create(&path)?,
        store => store?,
    };
    Ok((store, FolderBlobs::open(folder.join("blobs"))?, Journal::open(folder.join("audit.journal"))?))
}

fn last(store: &impl Store) -> u64 {
    let row = store.get(Table::Meta, b"last").unwrap();
    row.map_or(0, |number| u64::from_be_bytes(number.try_into().unwrap()))
}

/// Record `number`, in six tables, and the end of the record that leaves the window.
fn batch(number: u64) -> Batch {
    let (mut batch, key) = (Batch::new(), number.to_be_bytes());
    batch.insert(Table::Header, key, vec![1; 500]);
    batch.insert(Table::Record, key, vec![number as u8; 900]);
    batch.insert(Table::Place, key, key);
    batch.insert(Table::Audit, key, b"stored");
    batch.put(Table::Meta, b"last", key);
    chunk_rows(number).into_iter().for_each(|row| batch.insert(Table::Chunk, row, []));
    if let Some(old) = number.checked_sub(WINDOW).filter(|old| *old > 0) {
        batch.remove(Table::Record, old.to_be_bytes());
        batch.remove(Table::Place, old.to_be_bytes());
        chunk_rows(old).into_iter().for_each(|row| batch.remove(Table::Chunk, row));
    }
    batch
}

/// Plays the other process: stores records until it is killed.
#[test]
fn writer() {
    let Some(folder) = folder_of_another() else { return };
    let (mut store, mut blobs, mut journal) = open(&folder).unwrap();
    let mut number = last(&store);
    if journal.len() < number {
        journal.append(&number.to_be_bytes()).unwrap();
    }
    loop {
        number += 1;
        chunks(number).iter().for_each(|chunk| assert_eq!(blobs.put(chunk).unwrap(), ChunkId::of(chunk)));
        store.commit(&batch(number)).unwrap();
        journal.append(&number.to_be_bytes()).unwrap();
        // One write, so that a line is there whole or not at all.
        std::io::stdout().write_all(format!("\nacknowledged {number}\n").as_bytes()).unwrap();
        std::io::stdout().flush().unwrap();
    }
}

/// Lets a writer run for a while, kills it, and returns what it has acknowledged last.
fn run_and_kill(folder: &Path, while_: Duration) -> Option<u64> {
    let mut writer = another_process("kill::writer", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    thread::sleep(while_);
    assert!(writer.try_wait().unwrap().is_none(), "the writer has ended");
    writer.kill().unwrap();
    writer.wait().unwrap();
    let mut said = String::new();
    writer.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    let whole = &said[..said.rfind('\n').map_or(0, |end| end + 1)];
    whole.lines().rev().find_map(|line| line.strip_prefix("acknowledged ")?.parse().ok())
}

/// Everything that was ever acknowledged is there, and of what was not, at most the batch after it or after `before`,
/// which was there before the last writer.
fn check(folder: &Path, acknowledged: u64, before: u64) -> u64 {
    match RedbStore::open_read_only(folder.join("store.redb")) {
        Err(StoreError::NotThere) if acknowledged == 0 => return 0,
        // What a killed process leaves is put in order by the next one that may write.
        Err(StoreError::NotClosed) => {}
        store => assert!(last(&store.unwrap()) >= acknowledged),
    }
    let (store, mut blobs, journal) = open(folder).unwrap();
    let last = last(&store);
    let expected = acknowledged.max(before)..=acknowledged.max(before) + 1;
    assert!(expected.contains(&last), "{acknowledged} acknowledged, {before} before, {last} there");
    let kept = last.saturating_sub(WINDOW) + 1..=last;

    // The tables are those that the batches up to the last one make, and no other.
    let mut expected = std::collections::BTreeMap::new();
    for number in 1..=last {
        let key = number.to_be_bytes().to_vec();
        expected.insert((Table::Header, key.clone()), vec![1; 500]);
        expected.insert((Table::Audit, key.clone()), b"stored".to_vec());
        if kept.contains(&number) {
            expected.insert((Table::Record, key.clone()), vec![number as u8; 900]);
            expected.insert((Table::Place, key.clone()), key.clone());
            expected.extend(chunk_rows(number).map(|row| ((Table::Chunk, row), Vec::new())));
        }
        expected.insert((Table::Meta, b"last".to_vec()), key);
    }
    assert!(contents(&store).unwrap() == expected, "the tables do not agree at {last}");

    // Every chunk that a row names is there, and after a sweep no other.
    sweep(&store, &mut blobs, u64::MAX, |_| ()).unwrap();
    let mut named: Vec<ChunkId> = kept.flat_map(chunks).map(|chunk| ChunkId::of(&chunk)).collect();
    named.sort();
    named.dedup();
    let there: Vec<ChunkId> = blobs.page(None, 1000).unwrap().iter().map(|chunk| chunk.id).collect();
    assert_eq!(there, named);
    assert!(there.iter().all(|id| blobs.get(id).unwrap().is_some()));

    let entries: Vec<Vec<u8>> = journal.entries().unwrap().map(|entry| entry.unwrap().bytes).collect();
    assert!((acknowledged..=last).contains(&(entries.len() as u64)));
    assert!(entries.iter().zip(1u64..).all(|(entry, number)| *entry == number.to_be_bytes()));
    last
}

#[test]
fn nothing_that_was_acknowledged_is_lost_by_a_hundred_kills() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(0x5eed);
    let (mut acknowledged, mut last, mut advanced) = (0, 0, 0);
    for _ in 0..KILLS {
        let said = run_and_kill(folder.path(), Duration::from_micros(dice.below(40_000)));
        acknowledged = said.unwrap_or(acknowledged);
        let now = check(folder.path(), acknowledged, last);
        advanced += usize::from(now > last);
        last = now;
    }
    println!("{advanced} of {KILLS} writers wrote, {last} batches in all");
    assert!(advanced > KILLS / 10, "only {advanced} of {KILLS} writers came to write");
    let mut store = RedbStore::open(folder.path().join("store.redb")).unwrap();
    assert!(store.check().unwrap());
}

#[test]
fn a_store_that_is_killed_while_it_is_made_is_there_or_not() {
    let mut dice = Dice(0xc0de);
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let acknowledged = run_and_kill(folder.path(), Duration::from_micros(dice.below(15_000)));
        check(folder.path(), acknowledged.unwrap_or(0), 0);
        open(folder.path()).unwrap();
    }
}
