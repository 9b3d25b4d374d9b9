//! A log in a store on the disk: filled, and appended to.

use std::path::Path;
use std::time::Instant;

use hippocrypt::ledger::{Book, Entry, NoteKey, Scribe, Subject, Transaction, TransactionKind};
use hippocrypt::os_rng;
use hippocrypt::rand_core::Rng;
use hippocrypt::store::{Batch, RedbStore, Store, Table};
use indicatif::ProgressBar;

use super::super::workload::Wrong;
use super::figure::Figure;

/// Bytes of what a transaction says.
const BODY_BYTES: usize = 350;
/// Transactions that are made durable together while the log is filled.
const TOGETHER: u64 = 4096;
/// Transactions of the patient who is audited.
const AUDITED: u64 = 1_000;
/// Transactions of the patient whose account is verified.
const LARGE: u64 = 10_000;

/// A store that commits one small row at a time.
pub fn commit_of_disk(folder: &Path, samples: usize) -> Result<Figure, Wrong> {
    let mut store = RedbStore::create(folder.join("disk.redb"))?;
    let mut figure = Figure::on_the_wall("commit-of-disk", 0, 0);
    for number in 0..samples.max(50) as u64 {
        let mut batch = Batch::new();
        batch.put(Table::Meta, b"row", number.to_be_bytes());
        figure.time(|| store.commit(&batch))?;
    }
    Ok(figure)
}

/// Names of patients, chosen at random.
struct Patients {
    others: Vec<Subject>,
    state: u64,
}

impl Patients {
    /// SplitMix64: fast, and random enough to touch the store everywhere.
    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn one(&mut self) -> Subject {
        let count = self.others.len().max(1) as u64;
        let at = usize::try_from(self.draw() % count).unwrap_or_default();
        self.others.get(at).copied().unwrap_or(Subject::NOBODY)
    }
}

/// A log with two patients who have many transactions, among others.
pub struct Log {
    pub store: RedbStore,
    pub key: NoteKey,
    scribe: Scribe,
    patients: Patients,
    pub audited: (Subject, u64),
    pub large: (Subject, u64),
}

/// A name that nobody has yet.
fn somebody(scribe: &Scribe) -> Subject {
    let mut handle = [0; 16];
    os_rng().fill_bytes(&mut handle);
    Subject::of(scribe.log(), &handle)
}

fn access(subject: Subject) -> Transaction {
    Transaction { kind: TransactionKind::Access, subject, body: vec![0x5a; BODY_BYTES] }
}

impl Log {
    /// A log of so many transactions, closed every tenth of them.
    pub fn fill(
        folder: &Path,
        entries: u64,
        patients: u32,
        bar: &ProgressBar,
    ) -> Result<(Self, Figure), Wrong> {
        let scribe = Scribe::generate("speed.example/ledger", &mut os_rng())?;
        let store = RedbStore::create(folder.join("ledger.redb"))?;
        let others = (0..patients).map(|_| somebody(&scribe)).collect();
        let (audited, large) = (somebody(&scribe), somebody(&scribe));
        let counts = (AUDITED.min(entries / 10), LARGE.min(entries / 4));
        let key = scribe.key(&store)?.clone();
        let patients = Patients { others, state: 1 };
        let mut log =
            Self { store, key, scribe, patients, audited: (audited, counts.0), large: (large, counts.1) };
        let (every, often) = (entries / counts.0.max(1), entries / counts.1.max(1));
        let mut filled = Figure::on_the_wall("ledger-fill", entries, TOGETHER.min(entries));
        let (mut at, mut closed, mut left) = (0, 0, counts);
        while at < entries {
            let count = TOGETHER.min(entries - at);
            let mut subject = |number: u64, patients: &mut Patients| {
                if number.is_multiple_of(every) && left.0 > 0 {
                    left.0 -= 1;
                    audited
                } else if number % often == 1 && left.1 > 0 {
                    left.1 -= 1;
                    large
                } else {
                    patients.one()
                }
            };
            let transactions =
                (at..at + count).map(|number| access(subject(number, &mut log.patients))).collect();
            let Self { store, scribe, .. } = &mut log;
            filled.time(|| commit(store, scribe, transactions))?;
            at += count;
            bar.inc(count);
            if at - closed >= entries / 10 || at == entries {
                log.close()?;
                closed = at;
            }
        }
        // What found no place because of the way that the numbers fall.
        let rest = (0..left.0).map(|_| access(audited)).chain((0..left.1).map(|_| access(large))).collect();
        commit(&mut log.store, &mut log.scribe, rest)?;
        log.close()?;
        Ok((log, filled))
    }

    pub fn book(&self) -> Book<'_> {
        Book::of(&self.store)
    }

    fn close(&mut self) -> Result<(), Wrong> {
        let (_, batch) = self.scribe.close_block(&self.store)?;
        Ok(self.store.commit(&batch)?)
    }

    fn drawn(&mut self, count: usize) -> Vec<Transaction> {
        (0..count).map(|_| access(self.patients.one())).collect()
    }

    /// Appends so many transactions at a time.
    pub fn append(&mut self, op: &str, count: usize, samples: usize) -> Result<Figure, Wrong> {
        let mut figure = Figure::on_the_wall(op, self.book().size()?, count as u64);
        // The first ones meet cold caches.
        for round in 0..samples.max(50) + 3 {
            let transactions = self.drawn(count);
            let before = self.book().size()?;
            let Self { store, scribe, .. } = self;
            if round < 3 {
                commit(store, scribe, transactions)?;
                continue;
            }
            let entries = figure.time(|| commit(store, scribe, transactions))?;
            let last = entries.last().map_or(0, |entry| entry.index + 1);
            Wrong::unless(last >= before + count as u64, "a transaction has not come into the log")?;
        }
        Ok(figure)
    }

    /// Closes blocks of 256 transactions each.
    pub fn close_blocks(&mut self, samples: usize) -> Result<Figure, Wrong> {
        // What was appended before belongs to another block.
        self.close()?;
        let mut figure = Figure::on_the_wall("close-block", self.book().size()?, 256);
        let deadline = Instant::now() + std::time::Duration::from_secs(60);
        for _ in 0..samples {
            let transactions = self.drawn(256);
            commit(&mut self.store, &mut self.scribe, transactions)?;
            figure.time(|| self.close())?;
            let checkpoint = self.book().checkpoint()?.ok_or_else(|| Wrong::new("no checkpoint"))?;
            let signed = checkpoint.signed_by(&self.key)?.is_some();
            Wrong::unless(
                signed && checkpoint.head().size == self.book().size()?,
                "a checkpoint is not genuine",
            )?;
            if Instant::now() > deadline {
                break;
            }
        }
        Ok(figure)
    }
}

fn commit(
    store: &mut RedbStore,
    scribe: &mut Scribe,
    transactions: Vec<Transaction>,
) -> Result<Vec<Entry>, Wrong> {
    let mut batch = Batch::new();
    let entries = scribe.append(store, &mut batch, transactions)?;
    store.commit(&batch)?;
    Ok(entries)
}
