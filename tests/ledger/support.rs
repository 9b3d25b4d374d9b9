//! Logs to test with: honest ones, by the library, and crooked ones, by whoever has the log's key.

use std::convert::Infallible;

use hippocrypt::Secret;
use hippocrypt::ledger::{
    Accepted, Book, Checkpoint, ConsistencyProof, Entry, Fault, Finality, Heads, InclusionProof, KeyType,
    Leaf, LogKeys, NoteKey, NoteSigner, PatientAccount, PatientHead, Quorum, Replay, Scribe, Subject,
    Transaction, TransactionKind, Verifier,
};
use hippocrypt::rand_core::{TryCryptoRng, TryRng};
use hippocrypt::store::{Batch, MemoryStore, Store};
use sha2::{Digest, Sha256};

pub const LOG: &str = "hospital.example/ledger";
/// Seconds since 1970, in 2027.
pub const NOW: u64 = 1_800_000_000;

/// SplitMix64: numbers that are the same in every run.
#[derive(Clone)]
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}

impl TryRng for Rng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.next() as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.iter_mut().for_each(|byte| *byte = self.next() as u8);
        Ok(())
    }
}

impl TryCryptoRng for Rng {}

/// A patient's name in the log.
pub fn patient(number: u8) -> Subject {
    Subject::of(LOG, &[number; 16])
}

pub fn witness(number: u8) -> NoteSigner {
    NoteSigner::new(&format!("w{number}.example"), KeyType::Cosignature, &Secret::new([100 + number; 32]))
        .unwrap()
}

pub fn quorum(count: u8, needed: usize, faulty: usize) -> Finality {
    let keys = (1..=count).map(|number| witness(number).public().clone()).collect();
    Finality::Witnessed(Quorum::new(keys, needed, faulty).unwrap())
}

/// An honest log in memory.
pub struct Log {
    pub store: MemoryStore,
    pub scribe: Scribe,
    pub rng: Rng,
}

impl Log {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng(seed);
        let scribe = Scribe::generate(LOG, &mut rng).unwrap();
        Self { store: MemoryStore::new(), scribe, rng }
    }

    /// The signer that the log begins with: for crooked logs, which have the key, too.
    pub fn signer(seed: u64) -> NoteSigner {
        NoteSigner::generate(LOG, KeyType::Ed25519, &mut Rng(seed)).unwrap()
    }

    pub fn append(&mut self, kind: TransactionKind, subject: Subject, body: &str) -> Entry {
        let mut batch = Batch::new();
        let transaction = Transaction { kind, subject, body: body.into() };
        let entry = self.scribe.append(&self.store, &mut batch, vec![transaction]).unwrap().remove(0);
        self.store.commit(&batch).unwrap();
        entry
    }

    pub fn close(&mut self) -> Checkpoint {
        let (checkpoint, batch) = self.scribe.close_block(&self.store).unwrap();
        self.store.commit(&batch).unwrap();
        checkpoint
    }

    pub fn erase(&mut self, subject: Subject) -> Entry {
        let mut batch = Batch::new();
        let entry = self.scribe.erase(&self.store, &mut batch, subject, b"erase".to_vec()).unwrap();
        self.store.commit(&batch).unwrap();
        entry
    }

    /// Changes the key; its block is still open.
    pub fn rotate(&mut self) -> Entry {
        self.scribe.prepare_key(&self.store, &mut self.rng).unwrap();
        let mut batch = Batch::new();
        let entry = self.scribe.rotate(&self.store, &mut batch).unwrap();
        self.store.commit(&batch).unwrap();
        entry
    }

    pub fn book(&self) -> Book<'_> {
        Book::of(&self.store)
    }

    pub fn entries(&self) -> Vec<Entry> {
        self.book().entries(0, usize::MAX, true).unwrap()
    }

    pub fn checkpoints(&self) -> Vec<Checkpoint> {
        self.book().checkpoints(0, usize::MAX).unwrap()
    }

    pub fn inclusion(&self, index: u64, size: u64) -> InclusionProof {
        self.book().prove_inclusion(index, size).unwrap().unwrap()
    }

    pub fn consistency(&self, old: u64, new: u64) -> ConsistencyProof {
        self.book().prove_consistency(old, new).unwrap().unwrap()
    }

    pub fn account(&self, subject: &Subject) -> PatientAccount {
        self.book().account(subject).unwrap().unwrap()
    }

    /// What happens on a few days: three blocks about four patients, 32 leaves.
    pub fn of_some_days(seed: u64) -> Self {
        use TransactionKind::*;
        let mut log = Self::new(seed);
        for block in 0..3 {
            log.append(EpochAdvance, Subject::NOBODY, "epoch");
            log.append(Denied, Subject::NOBODY, "somebody asked for nobody");
            for number in [1, 2, 1, 3, 4 - block, 1, 2] {
                let kind = [RecordPut, Access, Access, Grant, BreakGlass][usize::from(number + block) % 5];
                log.append(kind, patient(number), &format!("{kind} of {number}, day {block}"));
            }
            log.close();
        }
        log
    }
}

pub fn verifier(key: &NoteKey, finality: Finality) -> Verifier {
    Verifier::new(LogKeys::new(key.clone()).unwrap(), finality)
}

/// A verifier that asks for the log's signature alone.
pub fn local(seed: u64) -> Verifier {
    verifier(Log::signer(seed).public(), Finality::Local)
}

/// Reads a whole log: what an auditor does with entries and checkpoints as somebody has sent them.
pub fn read(verifier: &Verifier, entries: &[Entry], checkpoints: &[Checkpoint]) -> Result<Accepted, Fault> {
    let mut replay = Replay::new(verifier);
    let mut checkpoints = checkpoints.iter().peekable();
    let mut last = None;
    for entry in entries {
        replay.entry(entry)?;
        if let Some(checkpoint) = checkpoints.next_if(|next| next.head().size == replay.leaves()) {
            replay.checkpoint(checkpoint)?;
            last = Some(checkpoint);
        }
    }
    if let Some(left) = checkpoints.next() {
        replay.checkpoint(left)?;
    }
    replay.conclude(last.expect("a checkpoint"), NOW)
}

/// The tree by its definition in RFC 9162, section 2.1: other code than the library's.
pub mod tree {
    use super::*;

    pub type Hash = [u8; 32];

    pub fn leaf(bytes: &[u8]) -> Hash {
        Sha256::new_with_prefix([0]).chain_update(bytes).finalize().into()
    }

    fn split(count: usize) -> usize {
        count.next_power_of_two() / 2
    }

    pub fn root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                Sha256::new_with_prefix([1])
                    .chain_update(root(left))
                    .chain_update(root(right))
                    .finalize()
                    .into()
            }
        }
    }

    pub fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
        if leaves.len() < 2 {
            return Vec::new();
        }
        let (left, right) = leaves.split_at(split(leaves.len()));
        let (mut path, other) = match index.checked_sub(left.len()) {
            None => (path(index, left), right),
            Some(index) => (path(index, right), left),
        };
        path.push(root(other));
        path
    }

    /// SUBPROOF of section 2.1.4.1.
    pub fn beginning(old: usize, leaves: &[Hash], is_whole: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if is_whole { Vec::new() } else { vec![root(leaves)] };
        }
        let (left, right) = leaves.split_at(split(leaves.len()));
        let (mut path, other) = match old.checked_sub(left.len()) {
            None | Some(0) => (beginning(old, left, is_whole), right),
            Some(old) => (beginning(old, right, false), left),
        };
        path.push(root(other));
        path
    }
}

/// A log as somebody can make it who has its key and keeps no rule.
#[derive(Clone)]
pub struct Crooked {
    pub seed: u64,
    pub entries: Vec<Entry>,
}

impl Crooked {
    pub fn hashes(&self) -> Vec<tree::Hash> {
        self.entries.iter().map(|entry| tree::leaf(&entry.leaf.to_bytes())).collect()
    }

    pub fn checkpoint(&self, size: usize) -> Checkpoint {
        Checkpoint::sign(size as u64, tree::root(&self.hashes()[..size]), &Log::signer(self.seed))
    }

    /// Gives out the places anew, binds each patient's chain and each block's heads and link together again, and signs every block: a log that keeps the
    /// rules, with another past.
    pub fn mended(mut self) -> (Self, Vec<Checkpoint>) {
        let mut heads = Heads::default();
        let mut checkpoints: Vec<Checkpoint> = Vec::new();
        for at in 0..self.entries.len() {
            let entry = &mut self.entries[at];
            entry.index = at as u64;
            let leaf = &mut entry.leaf;
            match leaf.kind {
                TransactionKind::PatientHeads => leaf.commitment = heads.root(),
                TransactionKind::CheckpointLink => leaf.commitment = checkpoints.last().unwrap().hash(),
                _ => {}
            }
            if !leaf.subject.is_nobody() {
                let head = heads.get(&leaf.subject);
                (leaf.number, leaf.previous) = head.map_or((1, [0; 32]), |head| (head.number + 1, head.last));
                heads.set(PatientHead { subject: leaf.subject, number: leaf.number, last: leaf.hash() });
            }
            if leaf.kind == TransactionKind::PatientHeads {
                checkpoints.push(self.checkpoint(at + 1));
            }
        }
        (self, checkpoints)
    }

    pub fn inclusion(&self, index: usize, size: usize) -> InclusionProof {
        let path = tree::path(index, &self.hashes()[..size]);
        InclusionProof { index: index as u64, size: size as u64, path }
    }

    pub fn consistency(&self, old: usize, new: usize) -> ConsistencyProof {
        let path = tree::beginning(old, &self.hashes()[..new], true);
        ConsistencyProof { old: old as u64, new: new as u64, path }
    }

    /// The account of a patient as the last leaf of the first `size` has it, whatever that commits to.
    pub fn account(&self, subject: Subject, size: usize, heads: &mut Heads) -> PatientAccount {
        let of_her = |entry: &&Entry| entry.leaf.subject == subject;
        PatientAccount {
            subject,
            entries: self.entries[..size].iter().filter(of_her).cloned().collect(),
            head: heads.prove(&subject),
            heads: self.entries[size - 1].clone(),
            inclusion: self.inclusion(size - 1, size),
        }
    }
}

/// A leaf with one bit changed that is still a leaf.
pub fn flipped(leaf: &Leaf) -> Leaf {
    let mut leaf = *leaf;
    leaf.commitment[7] ^= 0x10;
    leaf
}
