//! A store with very many small records: how fast it opens, and answers.

use std::fmt;
use std::path::Path;
use std::time::Instant;

use hippocrypt::os_rng;
use hippocrypt::rand_core::Rng;
use hippocrypt::store::{Batch, RedbStore, Store, Table};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::super::statistics::{median, significant};
use super::super::table::figure;
use super::super::workload::Wrong;
use crate::report::grouped;

/// Bytes of a sealed record: a FHIR resource has 900 in the mean.
const RECORD_BYTES: usize = 1024;
const TOGETHER: u32 = 1000;
const READS: usize = 10_000;

pub struct Many {
    records: u32,
    bytes: u64,
    insert_seconds: f64,
    open_ms: f64,
    read_us: f64,
    slowest_read_us: f64,
}

/// Fills a store, opens it again, and reads records at random.
pub fn many(folder: &Path, records: u32, bar: &ProgressBar) -> Result<Many, Wrong> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join("many.redb");
    let mut store = RedbStore::create(&path)?;
    let (mut keys, mut rng) = (Vec::new(), os_rng());
    let mut record = vec![0; RECORD_BYTES];
    rng.fill_bytes(&mut record);
    let start = Instant::now();
    let mut left = records;
    while left > 0 {
        let mut batch = Batch::new();
        for _ in 0..left.min(TOGETHER) {
            // As a cloud stores them: under compartment and name, and the place of the name.
            let (mut core, mut name) = ([0; 32], [0; 24]);
            rng.fill_bytes(&mut core);
            rng.fill_bytes(&mut name);
            batch.insert(Table::Record, [core.as_slice(), &name].concat(), record.clone());
            batch.insert(Table::Place, name, core);
            if keys.len() < READS || rng.next_u32() % records < 20_000 {
                keys.push([core.as_slice(), &name].concat());
            }
        }
        store.commit(&batch)?;
        left -= left.min(TOGETHER);
        bar.inc(TOGETHER.into());
    }
    let insert_seconds = start.elapsed().as_secs_f64();
    drop(store);
    let start = Instant::now();
    let store = RedbStore::open(&path)?;
    let open_ms = start.elapsed().as_secs_f64() * 1e3;
    let mut times = Vec::new();
    for index in 0..READS {
        let key = usize::try_from(rng.next_u32())? % keys.len();
        let key = keys.get(key).ok_or_else(|| Wrong::new("there are no records"))?;
        let start = Instant::now();
        let found = store.get(Table::Record, key)?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
        Wrong::unless(found.as_deref() == Some(&record), &format!("read {index} has found something else"))?;
    }
    let bytes = std::fs::metadata(&path)?.len();
    let slowest_read_us = times.iter().copied().fold(0.0, f64::max);
    Ok(Many { records, bytes, insert_seconds, open_ms, read_us: median(&times), slowest_read_us })
}

impl Many {
    pub fn to_json(&self) -> Value {
        let number = |value: f64| json!(significant(value, 5));
        json!({
            "records": self.records,
            "bytes": self.bytes,
            "insert_seconds": number(self.insert_seconds),
            "open_ms": number(self.open_ms),
            "read_us": number(self.read_us),
            "slowest_read_us": number(self.slowest_read_us),
        })
    }
}

impl fmt::Display for Many {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = f64::from(self.records) / self.insert_seconds;
        write!(
            f,
            "{} ({} bytes on disk, {} a second durably in batches of {TOGETHER}): opened in {} ms, a read takes {} µs, the slowest of {} took {} µs",
            grouped(&self.records.to_string()),
            grouped(&self.bytes.to_string()),
            grouped(&format!("{rate:.0}")),
            figure(self.open_ms),
            figure(self.read_us),
            grouped(&READS.to_string()),
            figure(self.slowest_read_us),
        )
    }
}
