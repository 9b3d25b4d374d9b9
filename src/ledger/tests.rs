//! The log over a store, against the definition: a list of leaves.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::*;
use crate::merkle::{self, MerkleTree};
use crate::store::{Batch, MemoryStore, Store};
use crate::testing::TestRng;
use rand_core::Rng;

const LOG: &str = "hospital.example/ledger";

struct House {
    store: MemoryStore,
    scribe: Scribe,
    rng: TestRng,
    /// What was appended, in order.
    leaves: Vec<Leaf>,
}

fn patient(number: u64) -> Subject {
    let mut handle = [0; 16];
    handle[..8].copy_from_slice(&number.to_be_bytes());
    Subject::of(LOG, &handle)
}

impl House {
    fn new(seed: &str) -> Self {
        let mut rng = TestRng::new(seed);
        let scribe = Scribe::generate(LOG, &mut rng).unwrap();
        Self { store: MemoryStore::new(), scribe, rng, leaves: Vec::new() }
    }

    fn append(&mut self, transactions: Vec<Transaction>) -> Vec<Entry> {
        let mut batch = Batch::new();
        let entries = self.scribe.append(&self.store, &mut batch, transactions).unwrap();
        self.store.commit(&batch).unwrap();
        self.read();
        entries
    }

    fn close(&mut self) -> Checkpoint {
        let (checkpoint, batch) = self.scribe.close_block(&self.store).unwrap();
        self.store.commit(&batch).unwrap();
        self.read();
        checkpoint
    }

    fn book(&self) -> Book<'_> {
        Book::of(&self.store)
    }

    fn read(&mut self) {
        let new = self.book().entries(self.leaves.len() as u64, usize::MAX, false).unwrap();
        let next = new.into_iter().map(|entry| entry.leaf).collect::<Vec<_>>();
        self.leaves.extend(next);
        assert_eq!(self.book().size().unwrap(), self.leaves.len() as u64);
    }

    fn some(&mut self, count: usize) -> Vec<Transaction> {
        let kinds = [TransactionKind::RecordPut, TransactionKind::Access, TransactionKind::Denied];
        let one = |_| {
            let random = self.rng.next_u64();
            let kind = kinds[(random % 3) as usize];
            let nobody = kind != TransactionKind::RecordPut && random.is_multiple_of(5);
            let subject = if nobody { Subject::NOBODY } else { patient(random >> 8 & 31) };
            Transaction { kind, subject, body: random.to_be_bytes().repeat(3) }
        };
        (0..count).map(one).collect()
    }

    /// What all leaves up to one say of patients.
    fn heads(&self, size: usize) -> Vec<PatientHead> {
        let mut heads = BTreeMap::new();
        for leaf in self.leaves[..size].iter().filter(|leaf| !leaf.subject.is_nobody()) {
            let head = PatientHead { subject: leaf.subject, number: leaf.number, last: leaf.hash() };
            let before = heads.insert(leaf.subject, head);
            let before = before.map_or((0, [0; 32]), |head: PatientHead| (head.number, head.last));
            assert_eq!((leaf.number, leaf.previous), (before.0 + 1, before.1));
        }
        heads.into_values().collect()
    }
}

#[test]
fn blocks_are_linked_and_say_how_far_every_patient_has_come() {
    let mut house = House::new("blocks");
    assert!(matches!(house.scribe.close_block(&house.store), Err(ScribeError::Empty)));
    let mut ends: Vec<Checkpoint> = Vec::new();
    for round in 0..12 {
        for _ in 0..round % 4 + 1 {
            let transactions = house.some(round * 7 % 23 + 1);
            let entries = house.append(transactions.clone());
            for (entry, transaction) in entries.iter().zip(&transactions) {
                assert_eq!(entry.body(), Some(transaction.body.as_slice()));
                assert_eq!(house.book().entry(entry.index).unwrap().as_ref(), Some(entry));
            }
        }
        let checkpoint = house.close();
        assert_eq!(house.close(), checkpoint, "nothing was appended since");
        let size = house.leaves.len();
        let mut tree = MerkleTree::new();
        house.leaves.iter().for_each(|leaf| tree.push(leaf.hash()));
        assert_eq!((checkpoint.head().size, checkpoint.head().root), (size as u64, tree.root()));
        assert_eq!(checkpoint.signed_by(house.scribe.key(&house.store).unwrap()), Ok(Some(0)));
        let last = house.leaves[size - 1];
        assert_eq!(last.kind, TransactionKind::PatientHeads);
        assert_eq!(last.commitment, heads::root(&house.heads(size)));
        if let Some(before) = ends.last() {
            let first = house.leaves[usize::try_from(before.head().size).unwrap()];
            assert_eq!((first.kind, first.commitment), (TransactionKind::CheckpointLink, before.hash()));
        }
        ends.push(checkpoint);
    }
    assert_eq!(house.book().checkpoints(0, 100).unwrap(), ends);
    assert_eq!(house.book().checkpoint().unwrap().as_ref(), ends.last());
    let hashes: Vec<_> = house.leaves.iter().map(Leaf::hash).collect();
    let size = house.leaves.len() as u64;
    for (index, hash) in (0u64..).zip(&hashes) {
        for size in [index + 1, (index + size) / 2 + 1, size] {
            let root = house.book().root(size).unwrap();
            let proof = house.book().prove_inclusion(index, size).unwrap().unwrap();
            assert!(proof.holds(hash, &root));
            let other = merkle::leaf_hash(&[b"other"]);
            assert!(!proof.holds(&other, &root));
        }
    }
    assert_eq!(house.book().prove_inclusion(size, size).unwrap(), None);
    assert_eq!(house.book().prove_inclusion(0, size + 1).unwrap(), None);
    for pair in ends.windows(2) {
        let (old, new) = (pair[0].head(), pair[1].head());
        let proof = house.book().prove_consistency(old.size, new.size).unwrap().unwrap();
        assert!(proof.holds(&old.root, &new.root) && !proof.holds(&new.root, &old.root));
    }
}

#[test]
fn a_patient_gets_all_of_hers() {
    let mut house = House::new("accounts");
    assert_eq!(house.book().account(&patient(0)).unwrap(), None);
    for round in 0..5 {
        let transactions = house.some(40);
        house.append(transactions);
        if round == 3 {
            assert!(house.book().account(&patient(1)).unwrap().is_some());
        }
        let checkpoint = house.close();
        let later = house.some(9);
        house.append(later);
        for number in 0..40 {
            let subject = patient(number);
            let account = house.book().account(&subject).unwrap().unwrap();
            let size = usize::try_from(checkpoint.head().size).unwrap();
            let hers: Vec<Leaf> =
                house.leaves[..size].iter().filter(|leaf| leaf.subject == subject).copied().collect();
            assert_eq!(account.entries.iter().map(|entry| entry.leaf).collect::<Vec<_>>(), hers);
            assert!(account.entries.iter().all(|entry| entry.body().is_some()));
            assert!(account.inclusion.holds(&account.heads.leaf.hash(), &checkpoint.head().root));
            let head = account.head.says_of(&subject, &account.heads.leaf.commitment).unwrap();
            let last =
                hers.last().map(|leaf| PatientHead { subject, number: leaf.number, last: leaf.hash() });
            assert_eq!(head, last);
            assert_eq!(PatientAccount::from_bytes(&account.to_bytes()).unwrap(), account);
        }
    }
}

#[test]
fn what_is_erased_says_nothing_and_stands() {
    let mut house = House::new("erasure");
    let transactions = house.some(200);
    house.append(transactions);
    let before = house.close();
    let subject = patient(7);
    let mut batch = Batch::new();
    let entry = house.scribe.erase(&house.store, &mut batch, subject, b"by her own order".to_vec()).unwrap();
    house.store.commit(&batch).unwrap();
    house.read();
    assert_eq!(entry.body(), Some(b"by her own order".as_slice()));
    let after = house.close();
    let account = house.book().account(&subject).unwrap().unwrap();
    assert!(account.entries.len() > 1 && account.entries.iter().all(|entry| entry.opening.is_none()));
    assert_eq!(account.entries.last().unwrap().leaf, entry.leaf);
    let head = account.head.says_of(&subject, &account.heads.leaf.commitment).unwrap().unwrap();
    assert_eq!(head.last, entry.leaf.hash());
    // The others' are there.
    assert!(house.book().of_patient(&patient(8), 1, 100).unwrap().iter().all(|entry| entry.body().is_some()));
    let proof = house.book().prove_consistency(before.head().size, after.head().size).unwrap().unwrap();
    assert!(proof.holds(&before.head().root, &after.head().root));
    let mut batch = Batch::new();
    assert!(
        house.scribe.erase(&house.store, &mut batch, Subject::NOBODY, Vec::new()).is_err()
            && batch.is_empty()
    );
}

#[test]
fn a_log_passes_to_another_key() {
    let mut house = House::new("keys");
    let one = house.some(3);
    house.append(one);
    let first = house.scribe.key(&house.store).unwrap().clone();
    let mut batch = Batch::new();
    assert!(matches!(house.scribe.rotate(&house.store, &mut batch), Err(ScribeError::OtherKey)));
    let mut rng = TestRng::new("next");
    let next = house.scribe.prepare_key(&house.store, &mut rng).unwrap();
    // A program that stops here goes on with the first key.
    let bytes = house.scribe.to_bytes();
    house.scribe = Scribe::from_bytes(bytes.expose_secret(), &mut rng).unwrap();
    assert_eq!(*house.scribe.key(&house.store).unwrap(), first);
    assert_eq!(house.close().signed_by(&next), Ok(None));
    let entry = house.scribe.rotate(&house.store, &mut batch).unwrap();
    house.store.commit(&batch).unwrap();
    house.read();
    assert_eq!(entry.leaf.kind, TransactionKind::KeyRotation);
    assert_eq!(*house.scribe.key(&house.store).unwrap(), next);
    let both = house.close();
    assert_eq!((both.signed_by(&first), both.signed_by(&next)), (Ok(Some(0)), Ok(Some(0))));
    let two = house.some(3);
    let entries = house.append(two);
    let alone = house.close();
    assert_eq!((alone.signed_by(&first), alone.signed_by(&next)), (Ok(None), Ok(Some(0))));
    let receipt = house.scribe.receipt(&house.store, entries).unwrap();
    assert!(receipt.is_genuine(&next) && !receipt.is_genuine(&first));
    let third = house.scribe.prepare_key(&house.store, &mut rng).unwrap();
    let bytes = house.scribe.to_bytes();
    house.scribe = Scribe::from_bytes(bytes.expose_secret(), &mut rng).unwrap();
    let mut batch = Batch::new();
    house.scribe.rotate(&house.store, &mut batch).unwrap();
    house.store.commit(&batch).unwrap();
    assert_eq!(*house.scribe.key(&house.store).unwrap(), third);
    // Another scribe does not write here.
    let mut stranger = Scribe::generate(LOG, &mut rng).unwrap();
    let transactions = house.some(1);
    let refused = stranger.append(&house.store, &mut Batch::new(), transactions);
    assert!(matches!(refused, Err(ScribeError::OtherKey)));
}

#[test]
fn receipts_hold_for_what_they_say() {
    let mut house = House::new("receipts");
    let key = house.scribe.key(&house.store).unwrap().clone();
    let transactions = house.some(3);
    let entries = house.append(transactions);
    let receipt = house.scribe.receipt(&house.store, entries).unwrap();
    assert!(receipt.is_genuine(&key));
    let bytes = receipt.to_bytes();
    assert_eq!(Receipt::from_bytes(&bytes).unwrap(), receipt);
    for change in 0..5 {
        let mut other = receipt.clone();
        match change {
            0 => other.entries[1].index += 1,
            1 => other.entries[1].leaf.commitment[0] ^= 1,
            2 => other.entries[1].opening.as_mut().unwrap().body[0] ^= 1,
            3 => other.entries[1].opening = None,
            _ => other.log.push('x'),
        }
        assert!(!other.is_genuine(&key), "{change}");
    }
}

#[test]
fn what_no_leaf_can_hold_is_not_appended() {
    let mut house = House::new("misplaced");
    for (kind, subject) in [
        (TransactionKind::RecordPut, Subject::NOBODY),
        (TransactionKind::EpochAdvance, patient(1)),
        (TransactionKind::PatientHeads, Subject::NOBODY),
        (TransactionKind::CheckpointLink, Subject::NOBODY),
    ] {
        let mut batch = Batch::new();
        let transaction = Transaction { kind, subject, body: Vec::new() };
        let refused = house.scribe.append(&house.store, &mut batch, Vec::from([transaction]));
        assert!(matches!(refused, Err(ScribeError::Transaction(_))) && batch.is_empty(), "{kind}");
    }
}

#[test]
fn debug_output_says_nothing_of_what_a_transaction_says() {
    let body = b"dr-chen has read".to_vec();
    let transaction = Transaction { kind: TransactionKind::Access, subject: patient(1), body: body.clone() };
    let opening = Opening { salt: [0xa5; 32], body };
    for text in [alloc::format!("{transaction:?}"), alloc::format!("{opening:?}")] {
        // As numbers, 100 and 114 are `dr`, and 165 is the salt.
        assert!(!text.contains("100, 114") && !text.contains("165") && !text.contains("chen"), "{text}");
        assert!(text.contains("bytes: 16"), "{text}");
    }
}
