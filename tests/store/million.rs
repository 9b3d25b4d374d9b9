//! How long it takes with a million records: `HIPPOCRYPT_FULL=1 cargo test --release --features redb --test store
//! million -- --nocapture`, which needs 3 GB of disk.

use std::path::Path;
use std::time::{Duration, Instant};

use hippocrypt::store::{Batch, BlobStore, FolderBlobs, RedbStore, Store, Table};

use crate::{Dice, another_process, folder_of_another};

const RECORDS: u64 = 1_000_000;

/// 56 bytes in no order.
fn key(number: u64) -> Vec<u8> {
    let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    (0..7).flat_map(|_| dice.below(u64::MAX).to_be_bytes()).collect()
}

fn fill(store: &mut RedbStore, numbers: std::ops::Range<u64>) {
    let mut batch = Batch::new();
    for number in numbers {
        let key = key(number);
        batch.insert(Table::Place, &key[24..], &key[..24]);
        let value = key.repeat(18);
        batch.insert(Table::Record, key, value);
    }
    store.commit(&batch).unwrap();
}

/// Plays the process that is killed.
#[test]
fn writer() {
    let Some(folder) = folder_of_another() else { return };
    let mut store = RedbStore::open(folder.join("store.redb")).unwrap();
    for number in RECORDS.. {
        fill(&mut store, number..number + 1);
    }
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |percent: usize| times[times.len() * percent / 100];
    format!("p50 {:?}, p99 {:?}, longest {:?}", at(50), at(99), times[times.len() - 1])
}

fn open_and_read(what: &str, path: &Path) {
    let start = Instant::now();
    let store = RedbStore::open(path).unwrap();
    let opened = start.elapsed();
    let mut dice = Dice(7);
    let reads = (0..20_000).map(|_| {
        let key = key(dice.below(RECORDS));
        let start = Instant::now();
        assert!(store.get(Table::Record, &key).unwrap().is_some());
        start.elapsed()
    });
    println!("{what}: opened in {opened:?}; reads: {}", percentiles(reads.collect()));
    assert!(opened < Duration::from_secs(1));
}

#[test]
fn a_million_records() {
    if std::env::var_os("HIPPOCRYPT_FULL").is_none() || folder_of_another().is_some() {
        return;
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = folder.path().join("store.redb");
    let mut store = RedbStore::create(&path).unwrap();
    let start = Instant::now();
    (0..RECORDS).step_by(1000).for_each(|number| fill(&mut store, number..number + 1000));
    println!("{RECORDS} records in batches of 1000: {:?}", start.elapsed());
    let single = (0..1000).map(|number| {
        let mut batch = Batch::new();
        batch.put(Table::Record, key(number), vec![1; 1008]);
        let start = Instant::now();
        store.commit(&batch).unwrap();
        start.elapsed()
    });
    println!("commits of one record: {}", percentiles(single.collect()));
    let start = Instant::now();
    drop(store);
    println!("closed in {:?}; {} MB", start.elapsed(), path.metadata().unwrap().len() >> 20);
    open_and_read("closed", &path);
    let mut writer = another_process("million::writer", folder.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(2));
    writer.kill().unwrap();
    writer.wait().unwrap();
    open_and_read("killed", &path);
    open_and_read("closed after that", &path);

    let mut blobs = FolderBlobs::open(folder.path().join("blobs")).unwrap();
    let chunks: Vec<Vec<u8>> = (0..64u8).map(|number| vec![number; 4 << 20]).collect();
    let start = Instant::now();
    let ids: Vec<_> = chunks.iter().map(|chunk| blobs.put(chunk).unwrap()).collect();
    let put = start.elapsed();
    let start = Instant::now();
    ids.iter().for_each(|id| drop(blobs.get(id).unwrap().unwrap()));
    let rate = |time: Duration| 256.0 / time.as_secs_f64();
    println!("chunks of 4 MiB: put {:.0} MiB/s, get {:.0} MiB/s", rate(put), rate(start.elapsed()));
}
