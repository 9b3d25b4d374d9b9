//! Attack 15: tokens that are forged, replayed, reordered, misdirected or exchanged.

use alloc::vec::Vec;

use super::{Reader, World};
use crate::epoch::EpochTree;
use crate::error::DecodeReason;
use crate::math::{G1, G2, Scalar, linear_combination_vartime, pairing_product};
use crate::outsource::{KeyId, ProxyKey};
use crate::revoke::{TokenBatch, TokenError, VerifiedTokens};
use crate::secret::Secret;

fn verify(world: &mut World, batch: TokenBatch, keys: &[&ProxyKey]) -> Result<VerifiedTokens, TokenError> {
    let find = |id: &KeyId| keys.iter().copied().find(|key| key.id() == id);
    batch.verify(&world.parameters, find, &mut world.rng)
}

fn copy(key: &ProxyKey) -> ProxyKey {
    ProxyKey::from_bytes(&key.to_bytes()).unwrap()
}

/// Readers whose keys are good until epoch 3, in the order of their key ids.
fn readers(world: &mut World, count: usize) -> Vec<Reader> {
    let mut readers: Vec<Reader> = (0..count).map(|_| world.reader("r", "a", 3)).collect();
    readers.sort_by_key(|reader| *reader.key.id());
    readers
}

#[test]
fn a_wrong_token_is_found_and_its_key_named() {
    let mut world = World::new("one wrong", 3);
    let readers = readers(&mut world, 5);
    let keys: Vec<&ProxyKey> = readers.iter().map(|reader| &reader.key).collect();
    let honest = world.batch(&readers.iter().collect::<Vec<_>>(), 4);
    assert_eq!(honest.tokens_per_key(), 3);
    assert!(verify(&mut world, honest.clone(), &keys).is_ok());
    for at in 0..honest.elements.len() {
        let key = *keys[at / 3].id();
        let mut forged = honest.clone();
        forged.elements[at] = forged.elements[at] + G1::generator();
        assert_eq!(verify(&mut world, forged, &keys).err(), Some(TokenError::Wrong(key)), "token {at}");
    }
    let mut empty = honest;
    empty.elements.fill(G1::identity());
    assert_eq!(verify(&mut world, empty, &keys).err(), Some(TokenError::Wrong(*keys[0].id())));
}

#[test]
fn tokens_for_another_key_id_are_refused() {
    let mut world = World::new("another key id", 3);
    let (alice, bob) = (world.reader("alice", "a", 1), world.reader("bob", "a", 1));
    let record = world.stored("a", 2);
    let mut misdirected = world.tokens(&alice, 2);
    misdirected.keys = [*bob.key.id()].into();
    let elements = misdirected.elements.clone();
    let error = verify(&mut world, misdirected, &[&alice.key, &bob.key]).unwrap_err();
    assert_eq!(error, TokenError::Wrong(*bob.key.id()));
    // Tokens for a key that was deleted; and verified ones, for a key that is none of theirs.
    let tokens = world.tokens(&alice, 2);
    let unknown = TokenError::UnknownKey(*alice.key.id());
    assert_eq!(verify(&mut world, tokens.clone(), &[&bob.key]).unwrap_err(), unknown);
    let verified = verify(&mut world, tokens, &[&alice.key]).unwrap();
    let mut key = copy(&bob.key);
    assert_eq!(verified.refresh(&mut key), Err(TokenError::UnknownKey(*key.id())));
    // The twin puts them in without a look: from then on Bob is served what he cannot finish.
    let mut bob = Reader { key, ..bob };
    bob.key.refresh(world.epoch(2), &elements).unwrap();
    assert!(bob.key.apply_to_stored(&record).is_ok() && !world.opens(&bob, &record));
}

#[test]
fn replayed_and_reordered_tokens_are_refused() {
    let mut world = World::new("replayed", 3);
    let mut reader = world.reader("r", "a", 1);
    let (id, first_key) = (*reader.key.id(), copy(&reader.key));
    let (to_2, to_3) = (world.tokens(&reader, 2), world.tokens(&reader, 3));
    let twice = [to_2.clone(), to_2.clone()].map(|batch| verify(&mut world, batch, &[&reader.key]).unwrap());
    let [e1, e2, e3] = [1, 2, 3].map(|epoch| world.epoch(epoch));
    let other = |from, until| TokenError::OtherEpoch { key: id, from, until };
    // Verified while the key was good until 1.
    twice[0].refresh(&mut reader.key).unwrap();
    assert_eq!(twice[1].refresh(&mut reader.key), Err(other(e1, e2)));
    // Again, from the beginning.
    assert_eq!(verify(&mut world, to_2.clone(), &[&reader.key]).unwrap_err(), other(e1, e2));
    // 2 to 3 before 1 to 2.
    let step = world.tokens(&reader, 3);
    assert_eq!(verify(&mut world, step.clone(), &[&first_key]).unwrap_err(), other(e2, e1));
    // The twin goes by the path alone: the token of 2 would be missing, and nothing is changed.
    let mut skipped = copy(&first_key);
    assert!(skipped.refresh(e3, &step.elements).is_none());
    assert_eq!(skipped.to_bytes(), first_key.to_bytes());
    // An older batch after a newer one.
    let [older, newer] = [to_2, to_3].map(|batch| verify(&mut world, batch, &[&first_key]).unwrap());
    let mut key = copy(&first_key);
    newer.refresh(&mut key).unwrap();
    assert_eq!(older.refresh(&mut key), Err(other(e1, e3)));
    assert_eq!(key.tokens_until(), Some(e3));
}

#[test]
fn tokens_of_another_realm_or_depth_are_refused() {
    let (mut world, mut elsewhere) = (World::new("here", 3), World::new("elsewhere", 3));
    let (reader, stranger) = (world.reader("r", "a", 1), elsewhere.reader("r", "a", 1));
    let keys = [&reader.key, &stranger.key];
    let foreign = elsewhere.tokens(&stranger, 2);
    assert_eq!(verify(&mut world, foreign.clone(), &keys).unwrap_err(), TokenError::OtherRealm);
    let renamed = TokenBatch { realm: *world.parameters.id(), ..foreign };
    // The key found under that name is of the other realm.
    assert_eq!(verify(&mut world, renamed.clone(), &keys).unwrap_err(), TokenError::OtherRealm);
    let renamed = TokenBatch { keys: [*reader.key.id()].into(), ..renamed };
    assert_eq!(verify(&mut world, renamed, &keys).unwrap_err(), TokenError::Wrong(*reader.key.id()));
    let deeper = TokenBatch { tree: EpochTree::new(4).unwrap(), ..world.tokens(&reader, 2) };
    assert_eq!(verify(&mut world, deeper, &keys).unwrap_err(), TokenError::OtherRealm);
    // Spans of a tree of another depth have other points: the same r gives other tokens.
    let deep = World { tree: EpochTree::new(4).unwrap(), ..World::new("here", 3) };
    let labels = |tree: EpochTree| tree.labels(&tree.cover(tree.epoch(1).unwrap()));
    assert!(labels(deep.tree).iter().all(|label| !labels(world.tree).contains(label)));
}

/// The equation of `[REV-4.3]`, with weights of the tester's choice.
fn accepted(k1: &[G2], tokens: &[G1], h: &[G1], w: &[Scalar], v: &[Scalar]) -> bool {
    let weights: Vec<Scalar> = w.iter().flat_map(|w| v.iter().map(|v| *w * *v)).collect();
    let left = linear_combination_vartime(tokens, &weights);
    let right = linear_combination_vartime(h, v);
    let powers = k1.iter().zip(w).map(|(k1, w)| k1.pow(&Secret::new(*w)));
    let k1 = powers.reduce(|a, b| a + b).unwrap();
    pairing_product(&[(left.into(), G2::generator()), ((-right).into(), k1)]).is_one()
}

/// Tokens that change places inside a batch: their sums agree. Twins: the same weight for all nodes, for all keys, or for
/// both; each accepts what random weights refuse.
#[test]
fn exchanged_tokens_are_refused_though_their_sums_agree() {
    let mut world = World::new("exchanged", 3);
    let readers = readers(&mut world, 3);
    let keys: Vec<&ProxyKey> = readers.iter().map(|reader| &reader.key).collect();
    let honest = world.batch(&readers.iter().collect::<Vec<_>>(), 4);
    let labels = world.tree.labels(&world.tree.refresh(Some(world.epoch(3)), world.epoch(4)));
    let h: Vec<G1> = world.parameters.bases().points(&labels).iter().map(|h| *h.point()).collect();
    let k1: Vec<G2> = keys.iter().map(|key| *key.blinded().elements().0).collect();
    let swap = |a: usize, b: usize| {
        let mut swapped = honest.clone();
        swapped.elements.swap(a, b);
        swapped
    };
    // Of the first two readers at the first two nodes: what one has more the next has less, both ways.
    let mut crossed = honest.clone();
    for (at, more) in [(0, true), (1, false), (3, false), (4, true)] {
        let difference = if more { G1::generator() } else { -G1::generator() };
        crossed.elements[at] = crossed.elements[at] + difference;
    }
    let (ones, random) = ([Scalar::one(); 3], [0; 3].map(|_| Scalar::random_public(&mut world.rng)));
    // Whether it passes with one weight for all nodes, for all keys, for both.
    let cases = [
        ("two nodes of one reader", swap(0, 1), [true, false, true]),
        ("two readers at one node", swap(0, 3), [false, true, true]),
        ("two readers, two nodes", swap(0, 4), [false, false, true]),
        ("differences that cancel", crossed, [true, true, true]),
    ];
    for (name, batch, passes) in cases {
        let twin = |w: &[Scalar], v: &[Scalar]| accepted(&k1, &batch.elements, &h, w, v);
        assert_eq!([twin(&random, &ones), twin(&ones, &random), twin(&ones, &ones)], passes, "{name}");
        assert!(!twin(&random, &random));
        let error = verify(&mut world, batch, &keys).unwrap_err();
        assert_eq!(error, TokenError::Wrong(*keys[0].id()), "{name}");
    }
    assert!(accepted(&k1, &honest.elements, &h, &random, &random));
}

#[test]
fn key_ids_of_a_batch_ascend() {
    let mut world = World::new("ascend", 3);
    let readers = readers(&mut world, 2);
    let mut batch = world.batch(&readers.iter().collect::<Vec<_>>(), 4);
    batch.keys.reverse();
    assert_eq!(TokenBatch::from_bytes(&batch.to_bytes()).unwrap_err().reason, DecodeReason::NotAscending);
    batch.keys[0] = batch.keys[1];
    assert_eq!(TokenBatch::from_bytes(&batch.to_bytes()).unwrap_err().reason, DecodeReason::NotAscending);
}
