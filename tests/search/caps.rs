//! Attack 20 on the caps of a gate.

use hippocrypt::search::*;
use hippocrypt::store::{MemoryStore, Store, Table};

use crate::gate::{ask, ask_as, revoke, serve, words};
use crate::house::{GATE, House, NOW};

fn limited(name: &str, limits: GateLimits) -> House {
    let mut house = House::new(name);
    let old = std::mem::replace(&mut house.gate, Gate::open(GATE, MemoryStore::new(), limits));
    house.gate = Gate::open(GATE, old.into_store(), limits);
    house
}

#[test]
fn caps_of_a_reader_and_of_an_index() {
    let limits = GateLimits { points_per_reader: 100, points_per_collection: 150, points_per_share: 1 << 20 };
    let mut house = limited("caps", limits);
    let mut spend = |name: &str, count: usize, now: u64| {
        let asked = ask_as(&mut house, name, count, now);
        match serve(&mut house, asked.request(), now) {
            Ok(_) => None,
            Err(GateError::TooMany { most, .. }) => Some(most),
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(spend("dr-chen", 60, NOW), None);
    // All of a request, or none of it.
    assert_eq!(spend("dr-chen", 41, NOW), Some(100));
    assert_eq!(spend("dr-chen", 40, NOW), None);
    assert_eq!(spend("dr-chen", 1, NOW), Some(100));
    assert_eq!(spend("dr-wolf", 51, NOW), Some(150));
    assert_eq!(spend("dr-wolf", 50, NOW), None);
    assert_eq!(spend("dr-kim", 1, NOW), Some(150));
    let next = (NOW / 3600 + 1) * 3600;
    assert_eq!(spend("dr-chen", 64, next), None);
    assert_eq!(spend("dr-chen", 36, next), None);
    assert_eq!(spend("dr-chen", 1, next), Some(100));
}

/// The cap of a share survives restarts: what is counted is never less than what was used; a fresh share counts anew.
#[test]
fn the_cap_of_a_share_survives_restarts() {
    let limits =
        GateLimits { points_per_reader: u32::MAX, points_per_collection: u32::MAX, points_per_share: 10_000 };
    let mut house = limited("share cap", limits);
    let (context, policy) = (house.context(), house.policy);
    let mut used = 0;
    let mut restarts = 0;
    while used <= 10_000 {
        let asked = ask(&mut house, 64, NOW);
        match serve(&mut house, asked.request(), NOW) {
            Ok(_) => used += 64,
            Err(GateError::TooMany { most: 10_000, .. }) => break,
            Err(other) => panic!("{other}"),
        }
        assert!(house.gate.used(&context, &policy).unwrap() >= used);
        if used % 256 == 0 {
            let store = std::mem::replace(&mut house.gate, Gate::open(GATE, MemoryStore::new(), limits));
            house.gate = Gate::open(GATE, store.into_store(), limits);
            assert!(house.gate.used(&context, &policy).unwrap() >= used);
            restarts += 1;
        }
    }
    assert!(used <= 10_000 && restarts > 0);
    let share = revoke(&mut house);
    house.gate.install(&share).unwrap();
    assert_eq!(house.gate.used(&context, &policy).unwrap(), 0);
    assert!(house.trapdoors(&words(64)).is_ok());
}

/// A reader who asks for what there is not, or for more than he may, is not remembered: he cannot fill the gate's memory for all others.
#[test]
fn refused_requests_take_no_place() {
    let limits = GateLimits { points_per_reader: 3, ..GateLimits::default() };
    let mut house = limited("flood", limits);
    let context = house.context();
    let entry = PolicyEntry { policy: PolicyId::from_bytes([9; 16]), ..house.contents.policies[0].clone() };
    let nowhere = SearchKey::new(&house.seed, &context, &entry);
    let here = house.search_key();
    let public = house.reader.public_bytes();
    for key in [&nowhere, &here] {
        let asked = key.ask(&words(4), GATE, "dr-chen", &house.reader, NOW, &mut house.rng).unwrap();
        let said = [(); 2].map(|()| house.gate.serve(asked.request(), NOW, |_| vec![public]).unwrap_err());
        assert!(
            said.iter().all(|said| matches!(said, GateError::Refused | GateError::TooMany { .. })),
            "{said:?}"
        );
    }
    assert!(house.trapdoors(&words(3)).is_ok());
    assert_eq!(house.gate.into_store().page(Table::Share, b"", None, 9).unwrap().len(), 2);
}
