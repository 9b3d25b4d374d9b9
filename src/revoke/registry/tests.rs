use super::*;
use crate::abe::attacks::set;
use crate::abe::types::{PublicParameters, setup_with_epochs};
use crate::epoch::EpochTree;
use crate::outsource::{Enrolment, EnrolmentNonce, ReaderSeed};
use crate::revoke::Authority;
use crate::testing::TestRng;

fn enrolment(name: &str, rng: &mut TestRng) -> (PublicParameters, Enrolment, EnrolledReader, Authority) {
    let (parameters, master) = setup_with_epochs("test", EpochTree::default(), rng).unwrap();
    let (user, nonce) = (UserId::new(name).unwrap(), EnrolmentNonce::generate(rng));
    let enrolment = ReaderSeed::generate(rng).enrol(&parameters, &user, &nonce, rng);
    let reader = enrolment.verify(&parameters, &user, nonce).unwrap();
    (parameters, enrolment, reader, Authority::begin(master, 0).unwrap().0)
}

fn key(reader: &EnrolledReader, user: &str, id: u8) -> IssuedKey {
    let reader = EnrolledReader { user: UserId::new(user).unwrap(), ..reader.clone() };
    IssuedKey::new(&reader, KeyId::from_bytes([id; 16]), set("a, b"), 1, Epoch::FIRST)
}

#[test]
fn an_entry_gives_its_reader_back() {
    let (_, _, reader, mut authority) = enrolment("r", &mut TestRng::new("registry"));
    let mut entry = key(&reader, "r", 7);
    let again = entry.reader().unwrap();
    assert_eq!((again.realm, again.user, again.request_key), (reader.realm, reader.user, reader.request_key));
    assert_eq!(again.y_point.to_bytes(), reader.y_point.to_bytes());
    // Tokens reach further, never less far; what is dead stays so.
    let tree = EpochTree::default();
    entry.refresh(tree.epoch(5).unwrap());
    entry.refresh(tree.epoch(3).unwrap());
    assert_eq!((entry.refreshed().number(), entry.issued_in().number()), (5, 1));
    assert!(entry.is_live(authority.state()));
    let mut dead = entry.clone();
    dead.kill();
    assert!(!dead.is_live(authority.state()) && dead.status() == KeyStatus::Dead);
    authority.revoke_user(entry.user(), 0).unwrap();
    assert!(!entry.is_live(authority.state()));
    let other = enrolment("r", &mut TestRng::new("other")).3;
    assert!(!entry.is_live(other.state()));
    assert_eq!(IssuedKey::from_bytes(&dead.to_bytes()).unwrap(), dead);
}

/// Y and the request key are decoded late: whoever has changed the storage is found out before anything is issued.
#[test]
fn a_reader_out_of_a_damaged_entry_is_refused() {
    let (_, _, reader, _) = enrolment("r", &mut TestRng::new("registry"));
    let bytes = key(&reader, "r", 7).to_bytes();
    let (request_key, y) = (7 + 32 + 16 + 3, 7 + 32 + 16 + 3 + 32);
    for torsion in crate::abe::attacks::torsion::torsion_of_g1() {
        let mut shifted = bytes.clone();
        let point = crate::abe::attacks::torsion::shifted_g1(&bytes[y..y + G1_BYTES], &torsion);
        shifted[y..y + G1_BYTES].copy_from_slice(&point);
        let error = IssuedKey::from_bytes(&shifted).unwrap().reader().unwrap_err();
        assert_eq!((error.position, error.reason), (y, DecodeReason::InvalidPoint));
    }
    let mut weak = bytes;
    weak[request_key..y].fill(0);
    weak[request_key] = 1;
    let error = IssuedKey::from_bytes(&weak).unwrap().reader().unwrap_err();
    assert_eq!((error.position, error.reason), (request_key, DecodeReason::InvalidVerifyingKey));
}

#[test]
fn a_registry_gives_no_id_away_twice_and_passes_page_by_page() {
    let (_, _, reader, _) = enrolment("r", &mut TestRng::new("registry"));
    let mut registry = MemoryRegistry::new();
    for id in [3, 1, 2, 5, 4] {
        registry.insert_new(key(&reader, if id < 4 { "r" } else { "s" }, id)).unwrap();
    }
    let id = |id: u8| KeyId::from_bytes([id; 16]);
    let mut dead = key(&reader, "r", 1);
    dead.kill();
    registry.replace(dead.clone()).unwrap();
    // Not even for other attributes, nor when the first is dead.
    let before = registry.clone();
    assert_eq!(registry.insert_new(key(&reader, "t", 1)), Err(RegistryError::Repeated(id(1))));
    assert_eq!(registry.replace(key(&reader, "r", 9)), Err(RegistryError::Unknown(id(9))));
    assert_eq!(registry, before);
    assert_eq!(registry.get(&id(1)).unwrap(), Some(dead));
    assert_eq!(registry.get(&id(9)).unwrap(), None);
    let keys_of = |name: &str| registry.keys_of(&UserId::new(name).unwrap()).unwrap();
    assert_eq!(keys_of("r"), [1, 2, 3].map(id));
    assert_eq!(keys_of("s"), [4, 5].map(id));
    assert!(keys_of("t").is_empty());
    let (mut seen, mut last) = (Vec::new(), None);
    loop {
        let page = registry.page(last.as_ref(), 2).unwrap();
        assert!(page.len() <= 2);
        let Some(end) = page.last() else { break };
        last = Some(*end.id());
        seen.extend(page.iter().map(|key| *key.id()));
    }
    assert_eq!(seen, [1, 2, 3, 4, 5].map(id));
}
