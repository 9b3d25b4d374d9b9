//! Attack 15b: attributes for a key that are not its own, not from its authority, or too many.

use alloc::vec::Vec;

use super::{Reader, World, only_the_twin_breaks, set};
use crate::EncryptError;
use crate::Header;
use crate::PROLOGUE_BYTES;
use crate::ReaderSeed;
use crate::abe::scheme::attribute_point;
use crate::epoch::TimeClause;
use crate::math::G1;
use crate::outsource::attacks::pool::{Pool, Pooled};
use crate::outsource::transform_key::Issued;
use crate::outsource::{KeyId, ProxyKey, StoredHeader};
use crate::policy::{AttributeSet, Policy, Schema};
use crate::revoke::{Grant, GrantError, scheme};

/// What the authority signs who knows r of this key id.
fn grant(world: &World, reader: &Reader, id: &KeyId, attributes: &AttributeSet) -> Grant {
    let r = world.master.randomizer(id, &reader.enrolled);
    let components = scheme::tokens(&r, &world.parameters.bases().points(&attributes.labels()));
    signed(world, *reader.key.id(), attributes, components)
}

fn signed(world: &World, id: KeyId, attributes: &AttributeSet, components: Vec<G1>) -> Grant {
    let sign = |label, parts: &[&[u8]]| world.master.sign(label, parts);
    Grant::new(*world.parameters.id(), id, attributes.clone(), components, sign)
}

/// Applies it to a copy of the key, which it leaves as it is if it fails.
fn applied(world: &mut World, key: &ProxyKey, grant: &Grant) -> Result<ProxyKey, GrantError> {
    let grant = Grant::from_bytes(&grant.to_bytes()).unwrap();
    let mut changed = ProxyKey::from_bytes(&key.to_bytes()).unwrap();
    let result = grant.apply(&mut changed, &world.parameters, &mut world.rng);
    if result.is_err() {
        assert_eq!(changed.to_bytes(), key.to_bytes());
    }
    result.map(|()| changed)
}

#[test]
fn a_granted_attribute_opens_from_then_on() {
    let mut world = World::new("granted", 3);
    let mut reader = world.reader("r", "b", 3);
    let records = ["a and b", "a and b and c"].map(|text| world.stored(text, 2));
    assert!(!world.opens(&reader, &records[0]));
    let id = *reader.key.id();
    let one = grant(&world, &reader, &id, &set("a"));
    reader.key = applied(&mut world, &reader.key, &one).unwrap();
    assert!(world.opens(&reader, &records[0]) && !world.opens(&reader, &records[1]));
    // Tokens go on, and a later record opens, too.
    world.refresh(&mut reader, 5);
    let later = world.stored("a and b", 5);
    assert!(world.opens(&reader, &later));
}

#[test]
fn a_grant_applies_once() {
    let mut world = World::new("twice", 3);
    let reader = world.reader("r", "b", 1);
    let id = *reader.key.id();
    let one = grant(&world, &reader, &id, &set("a, c"));
    let key = applied(&mut world, &reader.key, &one).unwrap();
    assert_eq!(applied(&mut world, &key, &one).err(), Some(GrantError::Held(set("a, c"))));
    // Nor if a part of it is there.
    let overlapping = grant(&world, &reader, &id, &set("c, d"));
    assert_eq!(applied(&mut world, &key, &overlapping).err(), Some(GrantError::Held(set("c, d"))));
}

#[test]
fn a_grant_for_another_key_or_realm_or_from_somebody_else_is_refused() {
    let (mut world, mut elsewhere) = (World::new("here", 3), World::new("elsewhere", 3));
    let (alice, bob) = (world.reader("alice", "b", 1), world.reader("bob", "b", 1));
    let (alice_id, bob_id) = (*alice.key.id(), *bob.key.id());
    let for_alice = grant(&world, &alice, &alice_id, &set("a"));
    let other_key = GrantError::OtherKey { granted: alice_id, held: bob_id };
    assert_eq!(applied(&mut world, &bob.key, &for_alice).err(), Some(other_key));
    // Of another realm; and signed by another authority, in the name of this realm.
    let foreign = grant(&elsewhere, &alice, &alice_id, &set("a"));
    assert_eq!(applied(&mut world, &alice.key, &foreign).err(), Some(GrantError::OtherRealm));
    let sign = |label, parts: &[&[u8]]| elsewhere.master.sign(label, parts);
    let r = world.master.randomizer(&alice_id, &alice.enrolled);
    let components = scheme::tokens(&r, &world.parameters.bases().points(&set("a").labels()));
    let forged = Grant::new(*world.parameters.id(), alice_id, set("a"), components.clone(), sign);
    assert_eq!(applied(&mut world, &alice.key, &forged).err(), Some(GrantError::Signature));
    let right = signed(&world, alice_id, &set("a"), components);
    assert!(applied(&mut world, &alice.key, &right).is_ok());
    // Any byte of what is signed.
    let bytes = right.to_bytes();
    for at in PROLOGUE_BYTES..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        let Ok(flipped) = Grant::from_bytes(&flipped) else { continue };
        let mut key = ProxyKey::from_bytes(&alice.key.to_bytes()).unwrap();
        assert!(flipped.apply(&mut key, &world.parameters, &mut world.rng).is_err(), "byte {at}");
    }
    // An authority elsewhere applies nothing to keys of this one.
    assert_eq!(applied(&mut elsewhere, &alice.key, &for_alice).err(), Some(GrantError::OtherRealm));
}

/// Signed by the authority, but not powers that belong to the key: of another key's r, exchanged, shifted.
#[test]
fn elements_that_do_not_fit_are_refused() {
    let mut world = World::new("elements", 3);
    let (alice, bob) = (world.reader("alice", "b", 1), world.reader("bob", "b", 1));
    let (id, bob_id) = (*alice.key.id(), *bob.key.id());
    let wrong_r = grant(&world, &alice, &bob_id, &set("a"));
    assert_eq!(applied(&mut world, &alice.key, &wrong_r).err(), Some(GrantError::Elements));
    let r = world.master.randomizer(&id, &alice.enrolled);
    let right = scheme::tokens(&r, &world.parameters.bases().points(&set("a, c").labels()));
    let fitting = signed(&world, id, &set("a, c"), right.clone());
    assert!(applied(&mut world, &alice.key, &fitting).is_ok());
    let wrong = [
        [right[1], right[0]],
        [right[0] + G1::generator(), right[1] + -G1::generator()],
        [attribute_point(&set("a").labels()[0]), right[1]],
        [G1::identity(), right[1]],
    ];
    for elements in wrong {
        let grant = signed(&world, id, &set("a, c"), elements.into());
        let mut key = ProxyKey::from_bytes(&alice.key.to_bytes()).unwrap();
        let error = grant.apply(&mut key, &world.parameters, &mut world.rng).unwrap_err();
        assert_eq!(error, GrantError::Elements);
    }
}

fn numbers(text: &str) -> AttributeSet {
    AttributeSet::parse(text, &Schema::parse("clearance: uint(3)").unwrap()).unwrap()
}

/// A changed number needs another key id. Twin: both numbers under one, as if granted.
#[test]
fn a_second_number_is_refused() {
    only_the_twin_breaks(|twin| {
        let mut world = World::new("two numbers", 3);
        let seed = ReaderSeed::generate(&mut world.rng);
        let enrolled = world.enrol("r", &seed);
        let issued = Issued { tree: world.tree, update: 1, epoch: world.epoch(3) };
        let ids = [1, if twin.is_weakened() { 1 } else { 2 }].map(|id| KeyId::from_bytes([id; 16]));
        let mut key = |id: KeyId, attributes: &str| {
            let key = world.master.transform_key(&enrolled, &numbers(attributes), id, Some(issued));
            key.accept(&world.parameters, &mut world.rng).unwrap()
        };
        let [low, high] = [key(ids[0], "clearance = 2"), key(ids[1], "clearance = 6")];
        let y = Some(*seed.exponent().expose_secret());
        let pool = Pool::of([Pooled::of(&low, y), Pooled::of(&high, y)]);
        let record = compartment(&mut world, "clearance >= 5 and (clearance < 4 or x)");
        let reader = Reader { seed, enrolled, key: low };
        let second = grant(&world, &reader, &ids[0], &numbers("clearance = 6"));
        let error = applied(&mut world, &reader.key, &second).err().unwrap();
        assert!(matches!(error, GrantError::Attributes(_)), "{error}");
        assert!(!world.opens(&reader, &record));
        world.colluders_open(&pool, &record)
    });
}

fn compartment(world: &mut World, text: &str) -> StoredHeader {
    let policy = Policy::parse(text, &Schema::parse("clearance: uint(3)").unwrap()).unwrap();
    let current = world.current(2);
    let (header, _) = world.parameters.at(current).unwrap().compartment(&policy, b"", &mut world.rng);
    StoredHeader::accept_at(current, header, &world.parameters, &mut world.rng).unwrap()
}

/// Without a clause, and in a realm that has none.
#[test]
fn a_realm_with_epochs_encrypts_in_an_epoch_only() {
    let mut world = World::new("needs an epoch", 3);
    let made: Result<(Header, _), _> = world.parameters.compartment(&super::policy("a"), b"", &mut world.rng);
    assert_eq!(made.err(), Some(EncryptError::NeedsEpoch));
    let elsewhere = World::new("elsewhere", 3);
    let foreign = world.parameters.at(elsewhere.current(2));
    assert_eq!(foreign.err(), Some(EncryptError::OtherRealm));
    let clause = TimeClause { tree: world.tree, since: world.epoch(2) };
    let (header, _) = world.header("a", 2);
    assert_eq!(header.clause(), Some(clause));
}
