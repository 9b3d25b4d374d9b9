//! Attack 16a: points of small order in tokens, grants and seals.

use alloc::vec::Vec;

use super::{World, set};
use crate::PROLOGUE_BYTES;
use crate::abe::attacks::torsion::{shifted_g1, shifted_g2, torsion_of_g1};
use crate::error::DecodeError;
use crate::math::{G1, G1_BYTES, G2_BYTES};
use crate::outsource::{ProxyKey, StoredHeader};
use crate::revoke::{Grant, SealKey, TokenBatch, scheme};
use crate::sign::SIGNATURE_BYTES;

/// Decodes the bytes with a point of small order added to the element at `at`, for several points: refused each time.
fn refused<T>(bytes: &[u8], at: usize, decode: impl Fn(&[u8]) -> Result<T, DecodeError>) {
    assert!(decode(bytes).is_ok());
    for torsion in torsion_of_g1() {
        let mut shifted = bytes.to_vec();
        shifted[at..at + G1_BYTES].copy_from_slice(&shifted_g1(&bytes[at..at + G1_BYTES], &torsion));
        assert_eq!(decode(&shifted).err().unwrap().position, at);
    }
}

#[test]
fn torsion_in_tokens_and_grants_is_refused() {
    let mut world = World::new("torsion in tokens", 3);
    let reader = world.reader("r", "a", 1);
    let batch = world.tokens(&reader, 2);
    let (bytes, count) = (batch.to_bytes(), batch.tokens_per_key());
    assert_eq!(count, 2);
    for back in 1..=count {
        refused(&bytes, bytes.len() - back * G1_BYTES, TokenBatch::from_bytes);
    }
    // The tokens of a stored key: D + 1 at its end.
    let bytes = reader.key.to_bytes();
    for back in 1..=4 {
        refused(&bytes, bytes.len() - back * G1_BYTES, ProxyKey::from_bytes);
    }
    let r = world.master.randomizer(reader.key.id(), &reader.enrolled);
    let components = scheme::tokens(&r, &world.parameters.bases().points(&set("b").labels()));
    let sign = |label, parts: &[&[u8]]| world.master.sign(label, parts);
    let grant = Grant::new(*world.parameters.id(), *reader.key.id(), set("b"), components, sign);
    let bytes = grant.to_bytes();
    refused(&bytes, bytes.len() - SIGNATURE_BYTES - G1_BYTES, Grant::from_bytes);
}

/// Offsets in the encoding of a sealed header: rows of time, C of the seal, rows of the seal.
fn offsets(sealed: &StoredHeader) -> (Vec<usize>, usize, Vec<usize>) {
    let (length, header) = (sealed.to_bytes().len(), sealed.header());
    let seal_rows = sealed.seal_ref().unwrap().rows.len();
    let after_header = PROLOGUE_BYTES + 32 + header.to_bytes().len();
    let first_row = after_header - G1_BYTES * header.rows().len();
    let time = (0..sealed.program().time_rows()).map(|row| first_row + row * G1_BYTES).collect();
    let first = length - seal_rows * G1_BYTES;
    (time, first - G2_BYTES, (0..seal_rows).map(|row| first + row * G1_BYTES).collect())
}

#[test]
fn torsion_in_c_of_a_seal_is_refused() {
    let mut world = World::new("torsion in C", 3);
    let keeper = SealKey::generate(&mut world.rng);
    let record = world.stored("a", 1);
    let sealed = world.sealed(&record, 5, &keeper);
    let (bytes, (_, c, _)) = (sealed.to_bytes(), offsets(&sealed));
    let mut shifted = bytes.clone();
    shifted[c..c + G2_BYTES].copy_from_slice(&shifted_g2(&bytes[c..c + G2_BYTES]));
    let error = StoredHeader::from_bytes(&shifted).unwrap_err();
    assert_eq!((error.field, error.position), ("C of the seal", c));
}

/// In rows it changes no verdict, and hides no forgery; nor does it when a header is sealed again.
#[test]
fn torsion_in_rows_of_a_seal_changes_no_verdict() {
    let mut world = World::new("torsion in seals", 3);
    let keeper = SealKey::generate(&mut world.rng);
    let entitled = world.reader("entitled", "a, b", 6);
    let others = [world.reader("revoked", "a, b", 4), world.reader("half", "a", 6)];
    let record = world.stored("a and b", 1);
    let sealed = world.sealed(&record, 5, &keeper);
    let (bytes, (time, _, rows)) = (sealed.to_bytes(), offsets(&sealed));
    assert_eq!((time.len(), rows.len()), (3, 2));
    for torsion in torsion_of_g1().into_iter().take(4) {
        let mut shifted = bytes.clone();
        for at in time.iter().chain(&rows) {
            let row = shifted_g1(&bytes[*at..at + G1_BYTES], &torsion);
            assert!(G1::from_bytes(&row).is_none());
            shifted[*at..at + G1_BYTES].copy_from_slice(&row);
        }
        let with_torsion = StoredHeader::from_bytes(&shifted).unwrap();
        assert_eq!(with_torsion.to_bytes(), shifted);
        let again = world.sealed(&with_torsion, 6, &keeper);
        assert!(world.opens(&entitled, &with_torsion) && world.opens(&entitled, &again));
        for other in &others {
            assert!(!world.opens(other, &with_torsion) && !world.opens(other, &again));
        }
        // A row of the seal that is wrong stays wrong.
        let mut forged = shifted.clone();
        for at in &rows {
            let wrong = shifted_g1(&G1::generator().to_bytes(), &torsion);
            forged[*at..at + G1_BYTES].copy_from_slice(&wrong);
        }
        let forged = StoredHeader::from_bytes(&forged).unwrap();
        assert!(!world.opens(&entitled, &forged));
    }
}
