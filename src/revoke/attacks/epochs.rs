//! Epoch 0, which excludes nobody, and epochs that there are not: refused by everything that decodes one.

use alloc::vec::Vec;

use super::{Side, Twin, World, only_the_twin_breaks, policy};
use crate::Header;
use crate::PROLOGUE_BYTES;
use crate::abe::scheme;
use crate::dyadic;
use crate::error::{DecodeError, DecodeReason};
use crate::hash::{Label as HashLabel, Xof};
use crate::math::{G1_BYTES, G2_BYTES, Scalar};
use crate::outsource::attacks::pool::{Pool, Target};
use crate::outsource::transform_key::Issued;
use crate::outsource::{KeyId, ProxyKey, StoredHeader, TransformKey, TransformedHeader};
use crate::revoke::{SealKey, TokenBatch};
use crate::secret::Secret;
use crate::sign::SIGNATURE_BYTES;

/// Cover(0) is the root, which every key holds: a reader revoked after epoch 1 opens it for ever. The scheme has no
/// smaller cover than that of epoch 1, which needs a token, too.
#[test]
fn epoch_0_would_exclude_nobody() {
    only_the_twin_breaks(|twin| {
        let mut world = World::new("epoch 0", 3);
        let revoked = Pool::of([world.all_tokens("revoked", "a", 1..=1, Side::Colludes)]);
        let t0 = if twin == Twin::Real { 2 } else { 0 };
        let cover = dyadic::cover(t0, 7, 3);
        let program = policy("a").span_program_with(world.tree.labels(&cover));
        let coins = Secret::<Scalar>::random_nonzero(&mut world.rng);
        let mut coins = Xof::new(HashLabel::Coins, &[&coins.expose_secret().to_bytes()]);
        let bases = world.parameters.bases();
        let h = bases.points(program.labels());
        let (k, ciphertext) = scheme::encrypt(bases.e(), &program, &h, &mut coins);
        let target = Target::new(&program, &ciphertext, k.expose_secret(), |label| revoked.holds(label));
        revoked.opens(&target)
    });
}

/// Writes numbers that are no epochs of a tree of depth 3 at `at`; each is refused there.
fn refused<T>(bytes: &[u8], at: usize, decode: impl Fn(&[u8]) -> Result<T, DecodeError>) {
    assert!(decode(bytes).is_ok());
    assert_eq!(bytes[at..at + 3], [0; 3], "there is no epoch at {at}");
    for number in [0, 8, 255, u32::MAX] {
        let mut changed = bytes.to_vec();
        changed[at..at + 4].copy_from_slice(&number.to_be_bytes());
        let error = decode(&changed).err().unwrap();
        let out_of_range =
            matches!(error.reason, DecodeReason::OutOfRange { value, .. } if value == u64::from(number));
        assert!(out_of_range && error.position == at, "{number}: {error}");
    }
}

#[test]
fn no_decoder_takes_epoch_0_or_one_beyond_the_last() {
    let mut world = World::new("decoders", 3);
    let keeper = SealKey::generate(&mut world.rng);
    let clause = PROLOGUE_BYTES + 3 * 32 + 1;
    let (header, _) = world.header("a", 2);
    refused(&header.to_bytes(), clause, Header::from_bytes);
    let stored = world.stored("a", 2);
    refused(&stored.to_bytes(), PROLOGUE_BYTES + 32 + clause, StoredHeader::from_bytes);
    let reader = world.reader("r", "a", 3);
    let transformed = reader.key.apply_to_stored(&stored).unwrap().to_bytes();
    refused(&transformed, clause, TransformedHeader::from_bytes);

    // Epoch 0 in the place of the seal's means that there is none, and what follows is too much.
    let sealed = world.sealed(&stored, 5, &keeper).to_bytes();
    let at = PROLOGUE_BYTES + 32 + stored.header().to_bytes().len();
    // Nor is it sealed in its own epoch, or in an earlier one.
    for number in [0, 1, 2, 8, 255, u32::MAX] {
        let mut changed = sealed.clone();
        changed[at..at + 4].copy_from_slice(&number.to_be_bytes());
        let error = StoredHeader::from_bytes(&changed).unwrap_err();
        match number {
            0 => assert!(matches!(error.reason, DecodeReason::TrailingBytes(_))),
            _ => assert_eq!((error.field, error.position), ("epoch of the seal", at)),
        }
    }

    // Both of a batch, and it goes forward.
    let batch = world.tokens(&reader, 5).to_bytes();
    let from = PROLOGUE_BYTES + 32 + 1;
    refused(&batch, from, TokenBatch::from_bytes);
    refused(&batch, from + 4, TokenBatch::from_bytes);
    for to in [1u32, 3] {
        let mut backward = batch.clone();
        backward[from + 4..from + 8].copy_from_slice(&to.to_be_bytes());
        let error = TokenBatch::from_bytes(&backward).unwrap_err();
        assert!(matches!(error.reason, DecodeReason::NotCanonical(_)), "{error}");
    }
}

#[test]
fn no_key_is_issued_or_good_until_an_epoch_that_there_is_not() {
    let mut world = World::new("keys", 3);
    let reader = world.reader("r", "a", 3);
    let key = reader.key.to_bytes();
    let tokens = key.len() - 4 * G1_BYTES - 4;
    refused(&key, tokens, ProxyKey::from_bytes);
    let (update, epoch) = (7u64, world.epoch(3));
    let issued = Issued { tree: world.tree, update, epoch };
    let id = KeyId::random(&mut world.rng);
    let key = world.master.transform_key(&reader.enrolled, &super::set("a"), id, Some(issued)).to_bytes();
    let tokens = key.len() - SIGNATURE_BYTES - 4 * G1_BYTES - 4;
    refused(&key, tokens, TransformKey::from_bytes);
    // Depth, number of the update, epoch: before the attributes and the elements.
    let facts: Vec<u8> = [&[3][..], &update.to_be_bytes(), &3u32.to_be_bytes()].concat();
    let found = |bytes: &[u8]| bytes.windows(facts.len()).position(|window| window == facts);
    let at = found(&key).unwrap();
    assert!(at < tokens - G2_BYTES - 2 * G1_BYTES);
    refused(&key, at + 9, TransformKey::from_bytes);
    // A key is issued with the tokens of the epoch in which it was issued, and with no others.
    let mut other = key.clone();
    other[tokens..tokens + 4].copy_from_slice(&4u32.to_be_bytes());
    let error = TransformKey::from_bytes(&other).err().unwrap();
    assert!(matches!(error.reason, DecodeReason::NotCanonical(_)), "{error}");
    // And update 0 there is not.
    let mut zero = key.clone();
    zero[at + 1..at + 9].fill(0);
    assert!(TransformKey::from_bytes(&zero).is_err());
}
