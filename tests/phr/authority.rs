//! Attacks on an authority: false consents, replays, and a copy of its store that is too old.

use hippocrypt::phr::*;
use hippocrypt::store::{MemoryStore, Store, Table};
use hippocrypt::testing::TestRng;
use hippocrypt::{
    AuthorKey, EnrolmentNonce, EpochTree, MasterKey, ReaderSeed, Schema, UserId, setup_with_epochs,
};

use crate::house::{HOUR, House, NOW};

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

/// Carries out a consent; how many messages it made, beside itself.
fn consent(house: &mut House, consent: &[u8], now: u64) -> Result<usize, RoleError> {
    let messages = house.authority.consent(consent, now, &mut house.rng)?;
    house.tell(&messages);
    assert_eq!(messages[0], consent);
    Ok(messages.len() - 1)
}

#[test]
fn only_the_patient_consents() {
    let mut house = House::new("consents");
    let (anna, berta) = (house.patient("anna"), house.patient("berta"));
    house.reader("roe", "role:radiologist");
    let good = anna.share(&user("roe"), [RecordCategory::Note], [], NOW).unwrap();
    for at in (7..good.len()).step_by(3).chain(good.len() - 64..good.len()) {
        let mut changed = good.clone();
        changed[at] ^= 1;
        let outcome = consent(&mut house, &changed, NOW);
        assert!(matches!(outcome, Err(RoleError::Consent | RoleError::Decode(_))), "{at}");
    }
    // Berta's words under Anna's credential: the credential of one, the rest of the other.
    let bertas = berta.share(&user("roe"), [RecordCategory::Note], [], NOW).unwrap();
    let credential = 9..9 + usize::from(u16::from_be_bytes([good[7], good[8]]));
    let end = 9 + usize::from(u16::from_be_bytes([bertas[7], bertas[8]]));
    let mixed = [&good[..credential.end], &bertas[end..]].concat();
    assert!(matches!(consent(&mut house, &mixed, NOW), Err(RoleError::Consent)));
    // A device of hers, a writer for any patient, and an authority of another realm.
    let sign = |house: &mut House, categories: &[RecordCategory], patient: Option<&PatientHandle>| {
        let key = AuthorKey::generate(&mut house.rng);
        let categories = categories.iter().copied();
        let credential =
            house.authority.credential(&user("device"), &key.id(), categories, patient, NOW + HOUR).unwrap();
        let (realm, seed) = (house.authority.realm().clone(), ReaderSeed::generate(&mut house.rng));
        let owner = Owner::new(realm, user("device"), seed, key, &credential).ok()?;
        Some(owner.share(&user("roe"), [RecordCategory::Note], [], NOW).unwrap())
    };
    assert!(sign(&mut house, &RecordCategory::ALL, None).is_none());
    let device = sign(&mut house, &[RecordCategory::VitalSign], Some(anna.patient())).unwrap();
    assert!(matches!(consent(&mut house, &device, NOW), Err(RoleError::Consent)));
    let guardian = sign(&mut house, &[RecordCategory::Consent], Some(anna.patient())).unwrap();
    let foreign = sign(&mut House::new("x"), &RecordCategory::ALL, Some(anna.patient())).unwrap();
    assert!(matches!(consent(&mut house, &foreign, NOW), Err(RoleError::Consent)));
    assert!(matches!(consent(&mut house, &guardian, NOW + HOUR + 1), Err(RoleError::Consent)));
    assert_eq!(consent(&mut house, &guardian, NOW + HOUR).unwrap(), 1);
    // Who was dismissed consents to nothing, with a credential of before.
    let update = house.authority.revoke(&user("anna"), NOW).unwrap();
    house.tell(&[update]);
    assert!(matches!(consent(&mut house, &good, NOW), Err(RoleError::Consent)));
    let nobody = berta.share(&user("nobody"), [RecordCategory::Note], [], NOW).unwrap();
    assert!(matches!(consent(&mut house, &nobody, NOW), Err(RoleError::NoKey(_))));
}

/// For each category the newest word counts, in whatever order they come, and however often.
#[test]
fn an_old_consent_gives_nothing_back() {
    let mut house = House::new("old consents");
    let anna = house.patient("anna");
    house.reader("roe", "role:radiologist");
    let roe = user("roe");
    let (note, imaging) = (RecordCategory::Note, RecordCategory::Imaging);
    let share =
        |categories: &[RecordCategory], time| anna.share(&roe, categories.iter().copied(), [], time).unwrap();
    let unshare = |categories: &[RecordCategory], time| {
        anna.unshare(&roe, categories.iter().copied(), [], time).unwrap()
    };
    let (first, back) = (share(&[note], NOW), unshare(&[note], NOW + 1));
    assert_eq!(consent(&mut house, &first, NOW).unwrap(), 1);
    assert_eq!(consent(&mut house, &first, NOW).unwrap(), 0);
    assert_eq!(consent(&mut house, &back, NOW + 1).unwrap(), 2 + 1);
    // Handed in again.
    assert_eq!(consent(&mut house, &first, NOW + 2).unwrap(), 0);
    // Of the same second: what takes counts.
    let same = share(&[note], NOW + 1);
    assert_eq!(consent(&mut house, &same, NOW + 2).unwrap(), 0);
    // A newer one gives again, and the old one that takes does not take that.
    let newer = share(&[note, imaging], NOW + 5);
    assert_eq!(consent(&mut house, &newer, NOW + 5).unwrap(), 1);
    assert_eq!(consent(&mut house, &back, NOW + 6).unwrap(), 0);
    // Taken before it was given, as it came: the older one of two categories counts for the other.
    let take_imaging = unshare(&[imaging], NOW + 9);
    let give_both = share(&[imaging, note], NOW + 8);
    consent(&mut house, &take_imaging, NOW + 9).unwrap();
    assert_eq!(consent(&mut house, &give_both, NOW + 9).unwrap(), 0);
    // Taking what was never given counts against what was given before.
    let (never, before) =
        (unshare(&[RecordCategory::Other], NOW + 9), share(&[RecordCategory::Other], NOW + 7));
    assert_eq!(consent(&mut house, &never, NOW + 9).unwrap(), 0);
    assert_eq!(consent(&mut house, &before, NOW + 9).unwrap(), 0);
    // Of the future, after which nothing would count.
    let future = share(&[note], NOW + 1000);
    assert!(matches!(consent(&mut house, &future, NOW + 699), Err(RoleError::ConsentTime { .. })));
    consent(&mut house, &future, NOW + 700).unwrap();
    // Another reader's consents are others.
    house.reader("lee", "role:radiologist");
    let other = anna.share(&user("lee"), [note], [], NOW).unwrap();
    assert_eq!(consent(&mut house, &other, NOW).unwrap(), 1);
}

#[test]
fn an_enrolment_counts_for_one_user_and_one_nonce() {
    let mut house = House::new("enrolments");
    let reader =
        Reader::new(house.authority.realm().clone(), user("chen"), ReaderSeed::generate(&mut house.rng));
    let nonce = || EnrolmentNonce::from_bytes([1; 32]);
    let enrolment = reader.enrol(&nonce(), &mut house.rng);
    let House { authority, rng, .. } = &mut house;
    let other = EnrolmentNonce::from_bytes([2; 32]);
    let outcome = authority.enrol(&user("chen"), &enrolment, other, "role:nurse", rng);
    assert!(matches!(outcome, Err(RoleError::Enrol(_))));
    let outcome = authority.enrol(&user("lee"), &enrolment, nonce(), "role:nurse", rng);
    assert!(matches!(outcome, Err(RoleError::Enrol(_))));
    for at in [50, 80, 120, 200] {
        let mut changed = enrolment.clone();
        changed[at] ^= 1;
        assert!(authority.enrol(&user("chen"), &changed, nonce(), "role:nurse", rng).is_err());
    }
    assert!(authority.enrol(&user("chen"), &enrolment, nonce(), "", rng).is_err());
    authority.enrol(&user("chen"), &enrolment, nonce(), "role:nurse", rng).unwrap();
}

/// Attack 15a: a copy of the authority's store that is older than what its cloud knows.
#[test]
fn a_restored_authority_forgets_no_revocation() {
    let mut rng = TestRng::new("restored");
    let (_, master) = setup_with_epochs("st-marys", EpochTree::new(10).unwrap(), &mut rng).unwrap();
    let copy = || MasterKey::from_bytes(master.to_bytes().expose_secret()).unwrap();
    let mut house = House::new("a house");
    let rules = AccessRules::parse(AccessRules::STANDARD, &Schema::empty()).unwrap();
    // The store is shared with the test, which takes the copy.
    let mut store = MemoryStore::new();
    let authority = Authority::begin(copy(), &Schema::empty(), rules, &mut store, NOW).unwrap();
    let realm = authority.realm().clone();
    drop(authority);
    house.authority = Authority::open(copy(), store, &[], NOW).unwrap().0;
    let name = house.cloud.name();
    let (tables, blobs) = (MemoryStore::new(), hippocrypt::store::MemoryBlobs::new());
    let scribe = house.scribe();
    house.cloud = Cloud::open(realm, name, tables, blobs, scribe, Limits::default(), NOW).unwrap();
    let updates = house.authority.updates(0).unwrap();
    assert_eq!(updates.len(), 2, "without a witness the epoch has advanced");
    house.tell(&updates);
    house.reader("old", "role:physician");
    house.reader("dismissed", "role:physician");

    // The copy.
    let backup = house.authority.with_store(Clone::clone);
    let update = house.authority.revoke(&user("dismissed"), NOW).unwrap();
    house.tell(&[update]);
    house.reader("since", "role:physician");
    assert_eq!(house.cloud.stats().unwrap().keys, 2);

    let epoch = house.authority.epoch();
    let witnesses = house.cloud.updates(0).unwrap();
    let witness = house.cloud.newest_update().unwrap().unwrap();
    // One newest update is not enough if some before it are missing, and a stranger's is none.
    let foreign = House::new("elsewhere").cloud.newest_update().unwrap().unwrap();
    assert!(Authority::open(copy(), backup.clone(), &[foreign], NOW).is_err());
    let (mut restored, messages) = Authority::open(copy(), backup.clone(), &witnesses, NOW).unwrap();
    assert!(restored.epoch() > epoch);
    assert_eq!(restored.updates(0).unwrap().len() as u64, restored.number());
    assert_eq!(restored.updates(0).unwrap()[..witnesses.len()], witnesses);
    house.tell_from(&restored, &messages);
    // Who was dismissed has no key; whose key is not known is revoked, and enrols again.
    assert!(matches!(restored.grant(&user("dismissed"), "x:1"), Err(RoleError::NoKey(_))));
    let held = house.cloud.keys_held().unwrap();
    assert_eq!(held.len(), 2);
    let messages = restored.reconcile(held, NOW).unwrap();
    assert_eq!(messages.len(), 1);
    house.tell_from(&restored, &messages);
    assert_eq!(house.cloud.stats().unwrap().keys, 1);
    let mut batches = Vec::new();
    restored
        .refresh(|batch| {
            batches.push(batch);
            Ok(())
        })
        .unwrap();
    house.tell_from(&restored, &batches);
    assert_eq!(house.cloud.keys_held().unwrap()[0].1, restored.epoch());
    // From the same copy, with the newest witness alone, which follows its log.
    let (again, _) = Authority::open(copy(), backup, &[witness], NOW).unwrap();
    assert!(again.epoch() > epoch);
}

#[test]
fn a_realm_is_begun_once_and_opened_with_its_own_key() {
    let mut rng = TestRng::new("begun");
    let setup = |rng: &mut TestRng| setup_with_epochs("st-marys", EpochTree::new(4).unwrap(), rng).unwrap().1;
    let rules = || AccessRules::parse("", &Schema::empty()).unwrap();
    let mut store = MemoryStore::new();
    let (first, second, third) = (setup(&mut rng), setup(&mut rng), setup(&mut rng));
    let mut authority = Authority::begin(first, &Schema::empty(), rules(), &mut store, NOW).unwrap();
    let old = authority.realm().clone();
    let new = authority.change_rules(rules()).unwrap().clone();
    assert!(new.succeeds(&old) && !old.succeeds(&new) && !old.succeeds(&old));
    drop(authority);
    assert!(store.get(Table::Meta, b"realm").unwrap().is_some());
    assert!(Authority::begin(second, &Schema::empty(), rules(), &mut store, NOW).is_err());
    assert!(matches!(Authority::open(third, &mut store, &[], NOW), Err(RoleError::OtherRealm)));
    // A realm that was changed does not decode.
    let bytes = new.to_bytes();
    for at in (7..bytes.len()).step_by(11) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(Realm::from_bytes(&changed).is_err(), "{at}");
    }
}
