//! Attack 9: every way to change a record without the key. Each attack runs on the library, which
//! must withstand it, and on a weakened twin, which must not.

use super::super::chunk::ChunkCipher;
use super::super::cipher::TAG_BYTES;
use super::twin::{Library, Scheme, Twin};
use super::*;

const STRIDE: usize = KIB + TAG_BYTES;
/// Three full chunks and a short one.
const LENGTH: usize = 3 * KIB + 100;
const OTHER_CORE: [u8; 32] = [0xc1; 32];

/// A header with 1 KiB chunks and a salt that begins with `salt`.
fn header(name: RecordName, salt: u8, signed: bool) -> RecordHeader {
    RecordHeader::new(&name, options(1024, signed), &mut Counting(salt))
}

fn sealed(scheme: &dyn Scheme) -> Vec<u8> {
    scheme.seal(&CORE, &header(NAME, 0, false), &payload(LENGTH))
}

/// Where chunk `index` lies in a record.
fn place(index: usize) -> std::ops::Range<usize> {
    let start = RECORD_HEADER_BYTES + index * STRIDE;
    start..start + STRIDE
}

/// How many of the forged records the scheme accepts as records of the compartment.
fn accepted(scheme: &dyn Scheme, forged: impl IntoIterator<Item = Vec<u8>>) -> usize {
    forged.into_iter().filter(|record| scheme.accepts(&CORE, record)).count()
}

fn truncate_at_chunk_boundaries(scheme: &dyn Scheme) -> usize {
    let record = sealed(scheme);
    accepted(scheme, (0..4).map(|chunks| record[..place(chunks).start].to_vec()))
}

fn reorder_chunks(scheme: &dyn Scheme) -> usize {
    let record = sealed(scheme);
    let pairs = [(0, 1), (0, 2), (1, 2)];
    accepted(
        scheme,
        pairs.map(|(a, b)| {
            let mut forged = record.clone();
            forged[place(a)].copy_from_slice(&record[place(b)]);
            forged[place(b)].copy_from_slice(&record[place(a)]);
            forged
        }),
    )
}

fn drop_chunks(scheme: &dyn Scheme) -> usize {
    let record = sealed(scheme);
    accepted(scheme, (0..3).map(|i| [&record[..place(i).start], &record[place(i).end..]].concat()))
}

fn duplicate_chunks(scheme: &dyn Scheme) -> usize {
    let record = sealed(scheme);
    accepted(scheme, (0..3).map(|i| [&record[..place(i).end], &record[place(i).start..]].concat()))
}

/// Chunks of another record, which differs in `other` alone, into their places in this one.
fn paste_from(scheme: &dyn Scheme, core: &[u8; 32], other: &RecordHeader) -> usize {
    let record = sealed(scheme);
    let other = scheme.seal(core, other, &payload(LENGTH).into_iter().rev().collect::<Vec<_>>());
    let mut forged: Vec<_> = (0..3)
        .map(|i| {
            let mut forged = record.clone();
            forged[place(i)].copy_from_slice(&other[place(i)]);
            forged
        })
        .collect();
    forged.push([&record[..place(3).start], &other[place(3).start..]].concat());
    forged.push([&record[..RECORD_HEADER_BYTES], &other[RECORD_HEADER_BYTES..]].concat());
    accepted(scheme, forged)
}

fn paste_from_another_sealing(scheme: &dyn Scheme) -> usize {
    paste_from(scheme, &CORE, &header(NAME, 1, false))
}

fn paste_from_another_record(scheme: &dyn Scheme) -> usize {
    let name = RecordName { id: RecordId::from_bytes([0x1e; 16]), ..NAME };
    paste_from(scheme, &CORE, &header(name, 0, false))
}

fn paste_from_another_version(scheme: &dyn Scheme) -> usize {
    let name = RecordName { version: NAME.version - 1, ..NAME };
    paste_from(scheme, &CORE, &header(name, 0, false))
}

/// Two compartments with one k do not exist; if they did, their records would still be apart.
fn move_to_another_compartment(scheme: &dyn Scheme) -> usize {
    let record = sealed(scheme);
    paste_from(scheme, &OTHER_CORE, &header(NAME, 0, false))
        + usize::from(scheme.accepts(&OTHER_CORE, &record))
}

/// Changes one byte of the header: id, version, or salt.
fn relabel(scheme: &dyn Scheme, positions: std::ops::Range<usize>) -> usize {
    let record = sealed(scheme);
    accepted(
        scheme,
        positions.map(|position| {
            let mut forged = record.clone();
            forged[position] ^= 1;
            forged
        }),
    )
}

fn rename(scheme: &dyn Scheme) -> usize {
    relabel(scheme, 8..32)
}

fn change_the_salt(scheme: &dyn Scheme) -> usize {
    relabel(scheme, 36..52)
}

/// A record of one chunk is cut alike for every larger chunk size.
fn change_the_chunk_size(scheme: &dyn Scheme) -> usize {
    let record = scheme.seal(&CORE, &header(NAME, 0, false), &payload(500));
    accepted(
        scheme,
        (11..25).map(|log| {
            let mut forged = record.clone();
            forged[32..36].copy_from_slice(&(1u32 << log).to_be_bytes());
            forged
        }),
    )
}

/// Gives an unsigned record a signature, and takes it from a signed one.
fn flip_the_signed_flag(scheme: &dyn Scheme) -> usize {
    let mut promoted = [sealed(scheme), SIGNATURE.to_vec()].concat();
    promoted[7] = 1;
    let mut stripped = scheme.seal(&CORE, &header(NAME, 0, true), &payload(LENGTH));
    stripped.truncate(stripped.len() - AUTHOR_SIGNATURE_BYTES);
    stripped[7] = 0;
    accepted(scheme, [promoted, stripped])
}

#[test]
fn every_attack_fails_on_the_library_and_works_on_its_weakened_twin() {
    type Attack = fn(&dyn Scheme) -> usize;
    let whole = Twin::WHOLE;
    let attacks: [(&str, Attack, Twin); 12] = [
        ("truncate", truncate_at_chunk_boundaries, Twin { last_chunk_byte: false, ..whole }),
        ("reorder", reorder_chunks, Twin { counter: false, ..whole }),
        ("drop", drop_chunks, Twin { counter: false, ..whole }),
        ("duplicate", duplicate_chunks, Twin { counter: false, ..whole }),
        ("other sealing", paste_from_another_sealing, Twin { salt: false, ..whole }),
        ("other record", paste_from_another_record, Twin { name: false, ..whole }),
        ("other version", paste_from_another_version, Twin { name: false, ..whole }),
        ("other compartment", move_to_another_compartment, Twin { core: false, ..whole }),
        ("rename", rename, Twin { name: false, ..whole }),
        ("salt", change_the_salt, Twin { salt: false, ..whole }),
        ("chunk size", change_the_chunk_size, Twin { chunk_size: false, ..whole }),
        ("signed flag", flip_the_signed_flag, Twin { flags: false, ..whole }),
    ];
    for (name, attack, weakened) in attacks {
        assert!(weakened.accepts(&CORE, &sealed(&weakened)));
        assert_eq!(attack(&Library), 0, "{name} breaks the library");
        assert_ne!(attack(&weakened), 0, "{name} does not even break the twin");
    }
}

#[test]
fn sealing_a_name_twice_does_not_repeat_a_key_stream() {
    let difference = |scheme: &dyn Scheme| {
        let [a, b] = [0, 1].map(|salt| scheme.seal(&CORE, &header(NAME, salt, false), &payload(KIB)));
        let range = RECORD_HEADER_BYTES..RECORD_HEADER_BYTES + KIB;
        a[range.clone()].iter().zip(&b[range]).filter(|(a, b)| a == b).count()
    };
    assert_eq!(difference(&Twin { salt: false, ..Twin::WHOLE }), KIB);
    assert!(difference(&Library) < 30, "about one byte of 256 is equal by chance");
}

#[test]
fn no_prefix_of_a_record_opens() {
    for signed in [false, true] {
        for length in [0, 1, KIB, KIB + 1, 2 * KIB] {
            let record = record(KIB, signed, length);
            assert_eq!(opened(&content_key(), NAME.into(), &record).unwrap().plaintext, payload(length));
            for cut in 0..record.len() {
                assert!(content_key().open(&NAME, &record[..cut]).is_err(), "cut at {cut}");
                if cut % 97 == 0 || record.len() - cut < 130 || cut % STRIDE < 70 {
                    assert!(opened(&content_key(), NAME.into(), &record[..cut]).is_err());
                }
            }
        }
    }
}

#[test]
fn no_extension_of_a_record_opens() {
    for (signed, length) in
        [(false, 0), (false, KIB), (false, LENGTH), (true, 0), (true, KIB), (true, LENGTH)]
    {
        let record = record(KIB, signed, length);
        let body = &record[RECORD_HEADER_BYTES..];
        let tails: [&[u8]; 7] = [
            &[0],
            &[0; TAG_BYTES],
            &[0; AUTHOR_SIGNATURE_BYTES],
            &[0; STRIDE],
            &body[body.len() - TAG_BYTES..],
            body,
            &record,
        ];
        for tail in tails {
            assert!(opened(&content_key(), NAME.into(), &[&record, tail].concat()).is_err());
        }
    }
}

#[test]
fn no_changed_bit_goes_unnoticed() {
    let record = record(KIB, false, KIB + 5);
    for position in 0..record.len() {
        let mut changed = record.clone();
        changed[position] ^= 1 << (position % 8);
        assert!(content_key().open_record(ExpectedName::Any, &changed).is_err(), "byte {position}");
        if position % 50 == 0 || position < RECORD_HEADER_BYTES {
            assert!(opened(&content_key(), ExpectedName::Any, &changed).is_err());
        }
    }
}

#[test]
fn the_signature_object_is_handed_out_as_it_is() {
    let mut record = record(KIB, true, LENGTH);
    let claim = opened(&content_key(), NAME.into(), &record).unwrap().claim.unwrap();
    assert_eq!(claim.signature, SIGNATURE);
    *record.last_mut().unwrap() ^= 1;
    let changed = opened(&content_key(), NAME.into(), &record).unwrap().claim.unwrap();
    assert_ne!(changed.signature, SIGNATURE);
    assert_eq!(changed.digest, claim.digest);
}

#[test]
fn a_key_name_or_compartment_that_differs_opens_nothing() {
    let record = record(KIB, false, LENGTH);
    let other_k = ContentKey::new(Secret::new([0x4c; 32]), CORE);
    let other_core = ContentKey::new(Secret::new(K), OTHER_CORE);
    for key in [&other_k, &other_core] {
        assert!(opened(key, NAME.into(), &record).is_err());
    }
    let id = RecordId::from_bytes([0; 16]);
    for name in [RecordName { id, ..NAME }, RecordName { version: 4, ..NAME }] {
        assert!(opened(&content_key(), name.into(), &record).is_err());
    }
    assert_eq!(opened(&content_key(), ExpectedName::Any, &record).unwrap().name, NAME);
}

#[test]
fn an_empty_last_chunk_is_refused_after_a_full_one() {
    // Made by someone with the key: all tags are right.
    let header = header(NAME, 0, false);
    let cipher = ChunkCipher::new(&content_key(), &header);
    let mut full = payload(KIB);
    let tags = [cipher.seal(0, false, &mut full), cipher.seal(1, true, &mut [])];
    assert!(cipher.open(1, true, &mut [], &tags[1]).is_ok());
    let record = [&header.to_bytes()[..], &full, &tags[0], &tags[1]].concat();
    assert!(opened(&content_key(), NAME.into(), &record).is_err());
}

#[test]
fn a_digest_differs_for_every_other_record() {
    let record = record(KIB, false, LENGTH);
    let digest = |core, record: &[u8]| RecordSummary::of(core, record).unwrap().digest;
    let original = digest(&CORE, &record);
    assert_ne!(digest(&OTHER_CORE, &record), original);
    assert_ne!(digest(&CORE, &record[..place(2).start]), original);
    for position in (8..32).chain(36..record.len()).step_by(13) {
        let mut changed = record.clone();
        changed[position] ^= 1;
        assert_ne!(digest(&CORE, &changed), original);
    }
}
