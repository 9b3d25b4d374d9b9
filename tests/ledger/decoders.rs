//! Bytes that are no proof, account, receipt or entry: every decoder refuses them, and names the field.

use std::fmt::Debug;

use hippocrypt::ledger::{
    ConsistencyProof, Entry, HeadProof, InclusionProof, LEAF_BYTES, Leaf, LeafError, PatientAccount, Receipt,
    TransactionKind,
};
use hippocrypt::{DecodeError, DecodeReason};

use crate::support::{Log, patient};

/// One encoding and no other: cut anywhere, or with more behind it, it is refused.
fn has_one_encoding<T: Debug + PartialEq>(
    value: &T,
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
) {
    assert_eq!(decode(bytes).unwrap(), *value);
    for length in 0..bytes.len() {
        let error = decode(&bytes[..length]).unwrap_err();
        // Counts are held against what is left, so a cut may show as a number that is too large.
        assert!(
            matches!(error.reason, DecodeReason::Truncated { .. } | DecodeReason::OutOfRange { .. }),
            "{length}: {error}"
        );
    }
    let longer = [bytes, &[0]].concat();
    assert_eq!(decode(&longer).unwrap_err().reason, DecodeReason::TrailingBytes(1));
    for at in 0..7 {
        let mut other = bytes.to_vec();
        other[at] ^= 0x40;
        assert!(decode(&other).is_err());
    }
}

/// What the field is called in which a byte is wrong.
fn field<T: Debug>(
    mut bytes: Vec<u8>,
    at: usize,
    byte: u8,
    decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
) -> &'static str {
    assert_ne!(bytes[at], byte);
    bytes[at] = byte;
    decode(&bytes).unwrap_err().field
}

#[test]
fn proofs() {
    let log = Log::of_some_days(1);
    let inclusion = log.inclusion(13, 32);
    has_one_encoding(&inclusion, &inclusion.to_bytes(), InclusionProof::from_bytes);
    let consistency = log.consistency(13, 32);
    has_one_encoding(&consistency, &consistency.to_bytes(), ConsistencyProof::from_bytes);
    for hashes in [64, 65] {
        let long = InclusionProof { path: vec![[0; 32]; hashes], ..inclusion.clone() };
        assert_eq!(InclusionProof::from_bytes(&long.to_bytes()).is_ok(), hashes == 64);
        let long = ConsistencyProof { path: vec![[0; 32]; hashes], ..consistency.clone() };
        assert_eq!(ConsistencyProof::from_bytes(&long.to_bytes()).is_ok(), hashes == 64);
    }
    let bytes = inclusion.to_bytes();
    assert_eq!(field(bytes, 7 + 16, 0xff, InclusionProof::from_bytes), "length of the path");
    assert!(InclusionProof::from_bytes(&consistency.to_bytes()).is_err());
}

#[test]
fn entries() {
    let mut log = Log::of_some_days(1);
    for entry in log.entries() {
        has_one_encoding(&entry, &entry.to_bytes(), Entry::from_bytes);
        let bytes = entry.to_bytes();
        for (at, name) in [(15, "leaf"), (16, "leaf"), (7 + 8 + 90, "whether it is open")] {
            assert_eq!(field(bytes.clone(), at, 0x7f, Entry::from_bytes), name);
        }
        if entry.opening.is_some() {
            assert_eq!(field(bytes, 7 + 8 + 90 + 1 + 32, 0xff, Entry::from_bytes), "body");
        }
    }
    log.erase(patient(1));
    log.close();
    for entry in log.account(&patient(1)).entries {
        has_one_encoding(&entry, &entry.to_bytes(), Entry::from_bytes);
    }
}

#[test]
fn leaves() {
    let log = Log::of_some_days(1);
    for entry in log.entries() {
        let bytes = entry.leaf.to_bytes();
        assert_eq!(Leaf::from_bytes(&bytes), Ok(entry.leaf));
        for length in 0..LEAF_BYTES {
            assert_eq!(Leaf::from_bytes(&bytes[..length]), Err(LeafError::Form));
        }
        assert_eq!(Leaf::from_bytes(&[bytes.as_slice(), &[0]].concat()), Err(LeafError::Form));
        for version in [0, 2, 255] {
            let mut other = bytes;
            other[0] = version;
            assert_eq!(Leaf::from_bytes(&other), Err(LeafError::Form));
        }
        for number in 0..=255 {
            let mut other = bytes;
            other[1] = number;
            let known = TransactionKind::ALL.into_iter().find(|kind| *kind as u8 == number);
            match (Leaf::from_bytes(&other), known) {
                (Err(LeafError::Kind(found)), None) => assert_eq!(found, number),
                (Ok(leaf), Some(kind)) => assert_eq!(leaf.kind, kind),
                (Err(LeafError::Place(found)), Some(kind)) => {
                    assert_eq!(found, kind);
                    let nobody = entry.leaf.subject.is_nobody();
                    assert!(if nobody { kind.is_of_patient() } else { kind.is_of_log() });
                }
                other => panic!("{other:?}"),
            }
        }
        // Subject, number and hash before go together.
        let leaf = entry.leaf;
        for wrong in [
            Leaf { number: if leaf.number == 0 { 1 } else { 0 }, ..leaf },
            Leaf { number: if leaf.number == 1 { 2 } else { 1 }, ..leaf },
            Leaf { previous: if leaf.number > 1 { [0; 32] } else { [1; 32] }, ..leaf },
        ] {
            let is_same = wrong == leaf;
            assert_eq!(Leaf::from_bytes(&wrong.to_bytes()).is_ok(), is_same, "{wrong:?}");
        }
    }
}

#[test]
fn accounts() {
    let log = Log::of_some_days(1);
    for number in [1, 99] {
        let account = log.account(&patient(number));
        has_one_encoding(&account, &account.to_bytes(), PatientAccount::from_bytes);
    }
    let account = log.account(&patient(99));
    let bytes = account.to_bytes();
    let after_entries = 7 + 16 + 4;
    assert_eq!(
        field(bytes.clone(), after_entries - 4, 0xff, PatientAccount::from_bytes),
        "number of transactions"
    );
    assert_eq!(field(bytes.clone(), after_entries, 2, PatientAccount::from_bytes), "head");
    let forks = after_entries + 1 + 16 + 8 + 32;
    assert_eq!(field(bytes.clone(), forks, 0xff, PatientAccount::from_bytes), "number of forks");
    assert!(!account.head.steps.is_empty());
    assert_eq!(field(bytes, forks + 4, 128, PatientAccount::from_bytes), "fork");
    for steps in [128, 129] {
        let head = HeadProof { head: account.head.head, steps: vec![(5, [0; 32]); steps] };
        let long = PatientAccount { head, ..account.clone() };
        assert_eq!(PatientAccount::from_bytes(&long.to_bytes()).is_ok(), steps == 128);
    }
}

#[test]
fn receipts() {
    let log = Log::of_some_days(1);
    let entries = log.entries();
    for count in [1, 3] {
        let receipt = log.scribe.receipt(&log.store, entries[1..=count].to_vec()).unwrap();
        has_one_encoding(&receipt, &receipt.to_bytes(), Receipt::from_bytes);
    }
    let none = log.scribe.receipt(&log.store, Vec::new()).unwrap();
    assert_eq!(Receipt::from_bytes(&none.to_bytes()).unwrap_err().field, "number of transactions");
    let receipt = log.scribe.receipt(&log.store, vec![entries[1].clone()]).unwrap();
    assert_eq!(field(receipt.to_bytes(), 7, 1, Receipt::from_bytes), "name of the log");
    assert_eq!(field(receipt.to_bytes(), 9, 0xff, Receipt::from_bytes), "name of the log");
}
