//! What a client takes for true, and when it has a later epoch.

use super::house::{CONTEXT, House, NOW};
use super::*;
use crate::abe::attacks::{policy, set};
use crate::abe::types::setup;
use crate::error::{DecodeReason, OpenError};
use crate::hash::{Label, kdf};
use crate::outsource::{KeyId, ReaderSeed, TransformError, UserId};
use crate::revoke::{Authority, AuthorityUpdate, EpochStatementError, Epochs, UpdateError, ValidityError};

#[test]
fn readers_who_satisfy_the_policy_get_the_owners_seed() {
    let mut house = House::begin("end to end");
    let seeds = [(); 3].map(|()| ReaderSeed::generate(&mut house.world.rng));
    let [diaz, noor, chen] = &seeds;
    house.revoke("somebody");
    house.advance();
    let keys = [("diaz", diaz, "a, b"), ("noor", noor, "c"), ("chen", chen, "a")]
        .map(|(name, seed, attributes)| house.issue(name, seed, attributes));
    let (header, owners) = house.wrap("a and b or c");
    let (_, other) = house.wrap("a and b or c");
    assert!(!owners.ct_eq(&other));

    let (stored, proxy) = (house.stored(&header), house.proxy());
    let header = SeedHeader::from_bytes(&header).unwrap();
    let parameters = &house.world.parameters;
    for (key, seed) in keys.iter().zip([diaz, noor]) {
        let transformed = proxy.permit(key, NOW).unwrap().transform(&stored).unwrap();
        let retrieval_key = seed.retrieval_key();
        let opened = header.open(parameters, &retrieval_key, &transformed, CONTEXT).unwrap();
        assert!(opened.ct_eq(&owners));
        // What it was not transformed for.
        let chens = header.open(parameters, &chen.retrieval_key(), &transformed, CONTEXT);
        assert_eq!(chens.unwrap_err(), OpenError);
    }
    let refused = proxy.permit(&keys[2], NOW).unwrap().transform(&stored).unwrap_err();
    assert!(matches!(refused, TransformError::NotSatisfied(_)), "{refused}");
}

/// The cloud has nothing to say about which header is opened, and in which place it stands.
#[test]
fn a_header_opens_in_its_place_and_as_the_owner_has_signed_it() {
    let mut house = House::begin("pasted");
    let seed = ReaderSeed::generate(&mut house.world.rng);
    let key = house.issue("diaz", &seed, "a");
    let [(first, owners), (second, _)] = [house.wrap("a"), house.wrap("a")];
    let transformed = |house: &mut House, header: &[u8]| {
        let (stored, proxy) = (house.stored(header), house.proxy());
        proxy.permit(&key, NOW).unwrap().transform(&stored).unwrap()
    };
    let transformed = [&first, &second].map(|header| transformed(&mut house, header));
    let (header, parameters) = (SeedHeader::from_bytes(&first).unwrap(), &house.world.parameters);
    let open = |header: &SeedHeader, index: usize, context: &[u8]| {
        header.open(parameters, &seed.retrieval_key(), &transformed[index], context)
    };
    assert!(open(&header, 0, CONTEXT).unwrap().ct_eq(&owners));
    // Another header of the same policy, epoch and context in its place.
    assert!(open(&header, 1, CONTEXT).is_err());
    assert!(open(&SeedHeader::from_bytes(&second).unwrap(), 1, CONTEXT).is_ok());
    // Another collection, another version, nothing, something more.
    for context in [&b"collection 4712., general, policy 1, version 1"[..], &CONTEXT[1..], b""] {
        assert!(open(&header, 0, context).is_err());
    }
    assert!(open(&header, 0, &[CONTEXT, b"0"].concat()).is_err());

    // It is no compartment of records, and a compartment of records wraps no seed.
    let finish = |context: &[u8]| {
        seed.retrieval_key().finish(parameters, &transformed[0], header.header().core_id(), context)
    };
    assert!(finish(CONTEXT).is_err());
    let key = finish(&[b"hippocrypt/v1/index/seed.", CONTEXT].concat()).unwrap();
    // And the seed is what the specification says, and no key of a record.
    assert!(key.export(Label::IndexSeed, CONTEXT).ct_eq(&owners));
    let others = [key.export(Label::Payload, CONTEXT), key.export(Label::IndexSeed, b"")];
    assert!(others.iter().all(|other| !other.ct_eq(&owners)));
}

/// `[PAY-7]`
#[test]
fn an_exported_key_is_bound_to_key_core_label_and_context() {
    let export = |k: u8, core: u8, label, context: &[u8]| {
        let key = crate::ContentKey::new(crate::Secret::new([k; 32]), [core; 32]);
        *key.export(label, context).expose_secret()
    };
    let keys = [
        export(1, 2, Label::IndexSeed, b"c"),
        export(3, 2, Label::IndexSeed, b"c"),
        export(1, 3, Label::IndexSeed, b"c"),
        export(1, 2, Label::Payload, b"c"),
        export(1, 2, Label::IndexSeed, b"d"),
    ];
    for (index, key) in keys.iter().enumerate() {
        assert!(!keys[..index].contains(key));
    }
    assert_eq!(keys[0], *kdf::<32>(Label::IndexSeed, &[&[1; 32], &[2; 32], b"c"]).expose_secret());
}

#[test]
fn every_kind_of_revocation_takes_an_advance_before_a_seed_is_wrapped() {
    let mut house = House::begin("kinds");
    assert_eq!(house.later(), Ok(1));
    let key = KeyId::from_bytes([7; 16]);
    for kind in 0..2 {
        let update = match kind {
            0 => house.authority.revoke_user(&UserId::new("chen").unwrap(), NOW),
            _ => house.authority.revoke_key(&key, NOW),
        };
        house.publish(update.unwrap());
        let (number, epoch) = (house.authority.number(), house.authority.epoch().number());
        assert_eq!(house.later(), Err(LaterEpochError::Revoked { number, epoch }));
        assert_eq!(house.revocations.newest(), Some(Revocation { number, epoch: house.authority.epoch() }));
        house.advance();
        assert_eq!(house.later(), Ok(epoch + 1));
        house.advance();
        assert_eq!(house.later(), Ok(epoch + 2));
    }
}

/// A key that only lost attributes gets tokens, so that no epoch is late enough.
#[test]
fn withdrawn_attributes_of_a_key_that_is_alive_are_in_the_way() {
    let mut house = House::begin("withdrawn");
    let key = KeyId::from_bytes([7; 16]);
    let update = house.authority.revoke_attributes(&key, &set("a"), NOW).unwrap();
    house.publish(update);
    house.advance();
    assert_eq!(house.later(), Err(LaterEpochError::Diminished { key }));
    let update = house.authority.revoke_key(&key, NOW).unwrap();
    house.publish(update);
    assert_eq!(house.later(), Err(LaterEpochError::Revoked { number: 4, epoch: 2 }));
    house.advance();
    assert_eq!(house.later(), Ok(3));
}

#[test]
fn the_statement_of_the_epoch_must_be_there_and_good() {
    let mut house = House::begin("statement");
    let fresh = Epochs::new(&house.world.parameters).unwrap();
    let none = house.revocations.later_epoch(&fresh, NOW).unwrap_err();
    assert_eq!(none, LaterEpochError::Epoch(EpochStatementError::NoneSeen));
    let at = |now| house.revocations.later_epoch(&house.epochs, now).map(|later| later.epoch().number());
    assert_eq!(at(NOW + 3_600), Ok(1));
    let expired = ValidityError::Expired { not_after: NOW + 3_600, now: NOW + 3_601 };
    assert_eq!(at(NOW + 3_601), Err(LaterEpochError::Epoch(expired.into())));
    assert!(matches!(at(0), Err(LaterEpochError::Epoch(EpochStatementError::Validity(_)))));

    let other = House::begin("other realm");
    let mixed = other.revocations.later_epoch(&house.epochs, NOW).unwrap_err();
    assert_eq!(mixed, LaterEpochError::OtherRealm);
    let later = house.revocations.later_epoch(&house.epochs, NOW).unwrap();
    let wrapped =
        SeedHeader::wrap(&other.world.parameters, later, &policy("a"), CONTEXT, &mut house.world.rng);
    assert!(matches!(wrapped, Err(crate::EncryptError::OtherRealm)));
}

#[test]
fn the_log_must_have_come_to_where_the_statement_is() {
    let mut house = House::begin("behind");
    house.revoke("chen");
    let statement = house.epochs.clone();
    house.advance();
    let [begin, revoke, advance] = &house.log[..] else { unreachable!() };
    // Shown the newest statement, and not the revocation.
    let mut client = Revocations::new(&house.world.parameters).unwrap();
    for (observed, update) in (0..).zip([begin, revoke, advance]) {
        let behind = client.later_epoch(&house.epochs, NOW).unwrap_err();
        assert_eq!(behind, LaterEpochError::Behind { observed, needed: 3 });
        client.observe(&house.world.parameters, &update.to_bytes()).unwrap();
    }
    assert!(client.later_epoch(&house.epochs, NOW).is_ok());
    // Shown an old statement that is still good.
    let outdated = client.later_epoch(&statement, NOW).unwrap_err();
    assert_eq!(outdated, LaterEpochError::Outdated { stated: 1, reached: 2 });
    // More updates than the statement names, in one epoch: they count.
    let update = house.authority.revoke_user(&UserId::new("noor").unwrap(), NOW).unwrap();
    client.observe(&house.world.parameters, &update.to_bytes()).unwrap();
    let revoked = client.later_epoch(&house.epochs, NOW).unwrap_err();
    assert_eq!(revoked, LaterEpochError::Revoked { number: 4, epoch: 2 });
}

/// Two copies of the authority are at work: the client has the log of the one, and a statement of the other.
#[test]
fn a_statement_that_contradicts_the_log_is_found_out() {
    let mut house = House::begin("contradiction");
    let copy = || crate::MasterKey::from_bytes(house.world.master.to_bytes().expose_secret()).unwrap();
    let statement = |authority: &Authority| {
        let mut epochs = Epochs::new(authority.public_parameters()).unwrap();
        let statement = authority.statement(NOW, NOW + 60).unwrap();
        epochs.observe(authority.public_parameters(), &statement, NOW).unwrap();
        epochs
    };
    let (mut other, _) = Authority::begin(copy(), NOW).unwrap();
    let _ = other.advance(NOW).unwrap();
    let ahead = statement(&other);
    let (mut other, _) = Authority::begin(copy(), NOW).unwrap();
    let _ = other.revoke_user(&UserId::new("chen").unwrap(), NOW).unwrap();
    let behind = statement(&other);

    house.revoke("chen");
    let contradiction = |epochs: &Epochs, client: &Revocations| {
        matches!(client.later_epoch(epochs, NOW), Err(LaterEpochError::Contradiction { number: 2, .. }))
    };
    // A later epoch for the same number, and for a lower one.
    assert!(contradiction(&ahead, &house.revocations));
    house.revoke("noor");
    assert!(contradiction(&ahead, &house.revocations));
    // An earlier epoch for the same number.
    let mut house = House::begin("contradiction");
    house.advance();
    assert!(contradiction(&behind, &house.revocations));
}

#[test]
fn updates_are_taken_in_their_order_from_their_authority_alone() {
    let mut house = House::begin("order");
    house.revoke("chen");
    let before = house.revocations.clone();
    let advance = house.authority.advance(NOW).unwrap();
    let after = house.authority.revoke_user(&UserId::new("noor").unwrap(), NOW).unwrap();
    let refused = |house: &mut House, update: &AuthorityUpdate| match house.observe(update) {
        Err(ObserveError::Update(error)) => error,
        other => panic!("{other:?}"),
    };
    let [begin, revoke] = [0, 1].map(|index| house.log[index].clone());
    assert_eq!(refused(&mut house, &after), UpdateError::Gap { number: 4, missing: 3 });
    assert_eq!(refused(&mut house, &revoke), UpdateError::Replayed { number: 2 });
    assert_eq!(refused(&mut house, &begin), UpdateError::RolledBack { number: 1, applied: 2 });
    // Of another authority, and of another one that calls itself this one.
    let foreign = House::begin("foreign").log[0].clone();
    assert_eq!(refused(&mut house, &foreign), UpdateError::OtherRealm);
    let mut forged = advance.to_bytes();
    *forged.last_mut().unwrap() ^= 1;
    let forged = AuthorityUpdate::from_bytes(&forged).unwrap();
    assert_eq!(refused(&mut house, &forged), UpdateError::Signature { number: 3 });
    // A second update of a number, by a copy of the authority.
    let (mut copy, _) = Authority::begin(
        crate::MasterKey::from_bytes(house.world.master.to_bytes().expose_secret()).unwrap(),
        NOW,
    )
    .unwrap();
    let fork = copy.advance(NOW).unwrap();
    assert_eq!(refused(&mut house, &fork), UpdateError::Fork { number: 2 });
    let fork = copy.advance(NOW).unwrap();
    assert_eq!(refused(&mut house, &fork), UpdateError::Fork { number: 3 });
    let cut = advance.to_bytes();
    let cut = house.revocations.observe(&house.world.parameters, &cut[..cut.len() - 1]);
    assert!(matches!(cut, Err(ObserveError::Decode(_))));

    assert_eq!(house.revocations, before);
    house.publish(advance);
    house.publish(after);
    assert_eq!(house.revocations.number(), 4);
    assert!(matches!(
        Revocations::new(&setup("none", &mut house.world.rng).unwrap().0),
        Err(UpdateError::NoEpochs)
    ));
}

#[test]
fn what_is_known_survives_a_restart_and_an_old_copy_of_it_is_found_out() {
    let mut house = House::begin("restart");
    let key = KeyId::from_bytes([7; 16]);
    let restart = |house: &House| Revocations::from_bytes(&house.revocations.to_bytes()).unwrap();
    assert_eq!(restart(&house), house.revocations);
    let copy = restart(&house);
    let update = house.authority.revoke_attributes(&key, &set("a"), NOW).unwrap();
    house.publish(update);
    assert_eq!(restart(&house), house.revocations);
    let update = house.authority.revoke_key(&key, NOW).unwrap();
    house.publish(update);
    assert_eq!(restart(&house), house.revocations);
    let refused = restart(&house).later_epoch(&house.epochs, NOW).unwrap_err();
    assert_eq!(refused, LaterEpochError::Revoked { number: 3, epoch: 1 });
    house.advance();
    assert_eq!(restart(&house), house.revocations);
    assert!(restart(&house).later_epoch(&house.epochs, NOW).is_ok());
    // The copy knows of no revocation, and that it is old.
    let rolled_back = copy.later_epoch(&house.epochs, NOW).unwrap_err();
    assert_eq!(rolled_back, LaterEpochError::Behind { observed: 1, needed: 4 });
}

#[test]
fn bytes_that_no_log_leads_to_are_refused() {
    let mut house = House::begin("bytes");
    house.revoke("chen");
    house.advance();
    house.revoke("noor");
    house.advance();
    let refused = |change: fn(&mut Revocations)| {
        let mut changed = house.revocations.clone();
        change(&mut changed);
        match Revocations::from_bytes(&changed.to_bytes()) {
            Ok(_) => false,
            Err(error) => {
                assert_eq!((error.field, error.position), ("newest revocation", 7));
                true
            }
        }
    };
    fn newest(number: u64, epoch: u32) -> Option<Revocation> {
        let epoch = crate::EpochTree::new(4).unwrap().epoch(epoch.into()).unwrap();
        Some(Revocation { number, epoch })
    }
    // Noor was revoked by update 4 in epoch 2; the realm has come to update 5 in epoch 3.
    assert!(!refused(|known| known.newest = newest(4, 2)));
    assert!(refused(|known| known.newest = None));
    for number in [1, 2, 3, 5, 6] {
        let mut changed = house.revocations.clone();
        changed.newest = newest(number, 2);
        assert!(Revocations::from_bytes(&changed.to_bytes()).is_err(), "{number}");
    }
    assert!(refused(|known| known.newest = newest(4, 4)));
    // The newest update was an advance: it has revoked nothing.
    assert!(refused(|known| known.newest = newest(5, 3)));
    // The newest of all updates has the epoch of the state.
    house.revoke("diaz");
    let change = |epoch| {
        let mut changed = house.revocations.clone();
        changed.newest = newest(6, epoch);
        Revocations::from_bytes(&changed.to_bytes()).is_ok()
    };
    assert!(change(3) && !change(2) && !change(4));

    let bytes = house.revocations.to_bytes();
    for position in 0..bytes.len() {
        assert!(Revocations::from_bytes(&bytes[..position]).is_err());
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[position] ^= 1 << bit;
            if let Ok(decoded) = Revocations::from_bytes(&changed) {
                assert_eq!(decoded.to_bytes(), changed);
            }
        }
    }
    let error = Revocations::from_bytes(&[&bytes[..], &[0]].concat()).unwrap_err();
    assert_eq!((error.position, error.reason), (bytes.len(), DecodeReason::TrailingBytes(1)));
    // What was withdrawn has no number in the state, and comes from one of its updates all the same.
    let mut house = House::begin("withdrawn");
    let update = house.authority.revoke_attributes(&KeyId::from_bytes([7; 16]), &set("a"), NOW).unwrap();
    house.publish(update);
    for (number, fine) in [(1, false), (2, true), (3, false)] {
        house.revocations.newest = newest(number, 1);
        assert_eq!(Revocations::from_bytes(&house.revocations.to_bytes()).is_ok(), fine, "{number}");
    }
    // Something revoked in a state that revokes nothing.
    let mut nothing = House::begin("nothing").revocations;
    nothing.newest = newest(1, 1);
    assert!(Revocations::from_bytes(&nothing.to_bytes()).is_err());
}

/// What says to a person what to do next, does so.
#[test]
fn errors_say_what_to_do() {
    use alloc::string::ToString;
    let behind = LaterEpochError::Behind { observed: 3, needed: 9 }.to_string();
    assert!(behind.contains("observe the updates up to number 9"), "{behind}");
    let revoked = LaterEpochError::Revoked { number: 7, epoch: 3 }.to_string();
    assert!(revoked.contains("in epoch 3") && revoked.contains("`Authority::advance`"), "{revoked}");
}
