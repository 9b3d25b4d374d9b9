//! The receipt in an answer, taken apart and made by hand, written from the specification (`[PHR-8.3]`); and a cloud that signs whatever it likes.

use hippocrypt::ledger::{Receipt, Scribe, Subject, Transaction};
use hippocrypt::phr::audit::{AuditEntry, AuditEvent, subject};
use hippocrypt::phr::*;
use hippocrypt::store::{Batch, BlobStore, MemoryStore, Store};
use hippocrypt::{RecordName, UserId};
use sha2::{Digest, Sha256};

use crate::forge::{Fields, count, short};
use crate::house::House;

/// Bytes of an answer before its receipt.
const PROLOGUE: usize = 7;

/// A transaction's place in the ledger: number, leaf, salt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FalsePlace {
    pub index: u64,
    pub leaf: [u8; 90],
    pub salt: [u8; 32],
}

/// A receipt as it travels.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FalseReceipt {
    pub certificate: Vec<u8>,
    pub time: u64,
    pub places: Vec<FalsePlace>,
    pub signature: [u8; 64],
}

impl FalseReceipt {
    pub fn of(receipt: &Receipt, certificate: &[u8], time: u64) -> Self {
        let place = |entry: &hippocrypt::ledger::Entry| FalsePlace {
            index: entry.index,
            leaf: entry.leaf.to_bytes(),
            salt: entry.opening.as_ref().unwrap().salt,
        };
        let places = receipt.entries.iter().map(place).collect();
        Self { certificate: certificate.to_vec(), time, places, signature: *receipt.signature() }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = [&[1], &short(&self.certificate)[..], &self.time.to_be_bytes()].concat();
        bytes.extend(count(self.places.len()));
        for FalsePlace { index, leaf, salt } in &self.places {
            bytes.extend([&index.to_be_bytes()[..], leaf, salt].concat());
        }
        bytes.extend(self.signature);
        bytes
    }
}

/// The receipt in an answer, and what is answered.
pub fn split(answer: &[u8]) -> (Option<FalseReceipt>, Vec<u8>) {
    let mut fields = Fields(answer);
    fields.take(PROLOGUE);
    let receipt = (fields.take(1) == [1]).then(|| FalseReceipt {
        certificate: fields.short(),
        time: u64::from_be_bytes(fields.array()),
        places: (0..fields.count())
            .map(|_| FalsePlace {
                index: u64::from_be_bytes(fields.array()),
                leaf: fields.array(),
                salt: fields.array(),
            })
            .collect(),
        signature: fields.array(),
    });
    (receipt, fields.0.to_vec())
}

/// What is answered.
pub fn contents(answer: &[u8]) -> Vec<u8> {
    split(answer).1
}

/// An answer.
pub fn join(receipt: Option<&FalseReceipt>, contents: &[u8]) -> Vec<u8> {
    let receipt = receipt.map_or(vec![0], FalseReceipt::to_bytes);
    [&b"HPCR\x01\x01\x1f"[..], &receipt, contents].concat()
}

/// An honest answer with another receipt.
pub fn with_receipt(answer: &[u8], change: impl FnOnce(&mut FalseReceipt)) -> Vec<u8> {
    let (receipt, contents) = split(answer);
    let mut receipt = receipt.unwrap();
    change(&mut receipt);
    join(Some(&receipt), &contents)
}

/// Of each patient the records that were given, in the order in which they came.
pub type Given = Vec<(PatientHandle, Vec<RecordName>)>;

/// What the ledger is to say of an access. `[PHR-11.1]`
pub fn access(
    event: AuditEvent,
    time: u64,
    user: &UserId,
    question: &[u8],
    given: &Given,
) -> Vec<AuditEntry> {
    let entry = |patient, records: &[RecordName], evidence: &[u8]| AuditEntry {
        time,
        event,
        user: Some(user.clone()),
        patient,
        records: records.to_vec(),
        evidence: evidence.to_vec(),
    };
    if let [(patient, records)] = given.as_slice() {
        return vec![entry(Some(*patient), records, question)];
    }
    let hash = Sha256::digest(question);
    let of_patients = given.iter().map(|(patient, records)| entry(Some(*patient), records, &hash));
    of_patients.chain([entry(None, &[], question)]).collect()
}

/// A cloud that signs receipts for what it did not write down: with the key of its ledger, for transactions that stand in no log but one that it throws away.
pub struct Liar {
    pub scribe: Scribe,
    pub certificate: Vec<u8>,
    pub store: MemoryStore,
}

impl Liar {
    pub fn of<S: Store, B: BlobStore>(house: &House<S, B>) -> Self {
        let key = house.cloud.ledger_key().unwrap();
        let certificate = house.authority.certify_ledger(&house.cloud.name(), &key, 0);
        Self { scribe: house.scribe(), certificate, store: MemoryStore::new() }
    }

    /// A receipt for what is said, in whatever chains.
    pub fn signs(&mut self, said: Vec<Transaction>, time: u64) -> FalseReceipt {
        let mut batch = Batch::new();
        let entries = self.scribe.append(&self.store, &mut batch, said).unwrap();
        self.store.commit(&batch).unwrap();
        let receipt = self.scribe.receipt(&self.store, entries).unwrap();
        FalseReceipt::of(&receipt, &self.certificate, time)
    }

    /// The transactions of what is said, as an honest cloud would write them down.
    pub fn transactions(&self, said: &[AuditEntry]) -> Vec<Transaction> {
        let transaction = |entry: &AuditEntry| Transaction {
            kind: entry.event.kind(),
            subject: entry.patient.map_or(Subject::NOBODY, |patient| subject(self.scribe.log(), &patient)),
            body: entry.to_bytes(),
        };
        said.iter().map(transaction).collect()
    }

    /// A receipt that fits to what is said.
    pub fn fits(&mut self, said: &[AuditEntry]) -> FalseReceipt {
        self.signs(self.transactions(said), said[0].time)
    }
}
