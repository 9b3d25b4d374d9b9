//! What a role keeps is for one realm, and what it hears has to be newer.

use hippocrypt::phr::*;
use hippocrypt::{AuthorKey, Schema, UserId};

use crate::house::{HOUR, House, NOW, described};

#[test]
fn a_role_key_is_used_with_its_own_realm_alone() {
    let mut house = House::new("role keys");
    let foreign = House::new("elsewhere").authority.realm().clone();
    let realm = house.authority.realm().clone();
    let user = UserId::new("carol").unwrap();
    let fresh =
        |house: &mut House| RoleKey::generate(&realm, user.clone(), house.cloud.name(), &mut house.rng);
    let key = fresh(&mut house);
    assert!(matches!(key.reader(&foreign), Err(RoleError::OtherRealm)));
    assert!(matches!(key.writer(&realm), Err(RoleError::Credential)));
    assert!(matches!(key.owner(&realm), Err(RoleError::Credential)));
    let all = RecordCategory::ALL;
    let certify = |house: &House, key: &RoleKey, patient: Option<&PatientHandle>| {
        house.authority.credential(&user, &key.author_id(), all, patient, NOW + HOUR).unwrap()
    };
    let general = certify(&house, &key, None);
    let key = key.with_credential(general.clone());
    key.writer(&realm).unwrap();
    assert!(matches!(key.owner(&realm), Err(RoleError::Credential)));
    assert!(matches!(key.writer(&foreign), Err(RoleError::OtherRealm)));
    // Somebody else's credential.
    assert!(matches!(fresh(&mut house).with_credential(general).writer(&realm), Err(RoleError::Credential)));
    let patient = PatientHandle::random(&mut house.rng);
    let hers = certify(&house, &key, Some(&patient));
    assert_eq!(key.with_credential(hers).owner(&realm).unwrap().patient(), &patient);
}

#[test]
fn a_credential_of_another_realm_is_none() {
    let mut house = House::new("credentials");
    let elsewhere = House::new("elsewhere");
    let key = AuthorKey::generate(&mut house.rng);
    let user = UserId::new("carol").unwrap();
    let all = RecordCategory::ALL;
    let foreign = elsewhere.authority.credential(&user, &key.id(), all, None, NOW + HOUR).unwrap();
    let decoded = Credential::from_bytes(&foreign).unwrap();
    assert!(decoded.is_genuine(elsewhere.authority.realm()));
    assert!(!decoded.is_genuine(house.authority.realm()));
    let realm = house.authority.realm().clone();
    assert!(matches!(Writer::new(realm, key, &foreign), Err(RoleError::Credential)));
}

#[test]
fn a_writer_closes_its_compartments_with_every_update_and_takes_newer_realms_alone() {
    let mut house = House::new("closing");
    let anna = *house.patient("anna").patient();
    let mut lab = house.writer("laboratory");
    let note = described(RecordCategory::Note);
    lab.write(&anna, &note, b"1", NOW, &mut house.rng).unwrap();
    house.send(&mut lab).unwrap();
    let compartments = |house: &House| house.cloud.stats().unwrap().compartments;
    let update = house.authority.revoke(&UserId::new("x").unwrap(), NOW).unwrap();
    house.tell(&[update]);
    lab.observe(&house.statement(), NOW).unwrap();
    lab.write(&anna, &note, b"2", NOW, &mut house.rng).unwrap();
    house.send(&mut lab).unwrap();
    assert_eq!(compartments(&house), 2);
    // Nothing has changed: the same compartment.
    lab.observe(&house.statement(), NOW).unwrap();
    lab.write(&anna, &note, b"3", NOW, &mut house.rng).unwrap();
    house.send(&mut lab).unwrap();
    assert_eq!(compartments(&house), 2);
    let old = house.authority.realm().clone();
    let rules = AccessRules::parse("", &Schema::empty()).unwrap();
    let new = house.authority.change_rules(rules).unwrap().clone();
    assert!(matches!(lab.adopt(old.clone()), Err(RoleError::OtherRealm)));
    lab.adopt(new).unwrap();
    assert!(matches!(lab.adopt(old), Err(RoleError::OtherRealm)));
    assert!(matches!(
        lab.adopt(House::new("elsewhere").authority.realm().clone()),
        Err(RoleError::OtherRealm)
    ));
    lab.write(&anna, &note, b"4", NOW, &mut house.rng).unwrap();
    house.send(&mut lab).unwrap();
    assert_eq!(compartments(&house), 3);
}

/// No error is without words.
#[test]
fn every_error_says_something() {
    let handle = |text: &str| text.parse::<PatientHandle>().unwrap_err();
    let errors: Vec<String> = vec![
        RoleError::OtherRealm.to_string(),
        RoleError::Consent.to_string(),
        RoleError::ConsentTime { time: 1, now: 0 }.to_string(),
        RoleError::Credential.to_string(),
        handle("x").to_string(),
        handle(&"+1".repeat(16)).to_string(),
        SecurityLabel::new("a").unwrap_err().to_string(),
        ReadError::NotAsked.to_string(),
        ReadError::Incomplete.to_string(),
        ReadError::Transport("gone".into()).to_string(),
        CloudError::Denied.to_string(),
        CloudError::NoKey.to_string(),
        CloudError::OtherRealm.to_string(),
        CloudError::OtherCloud.to_string(),
        CloudError::TooMany.to_string(),
        CloudError::TooMuch { compartments: 2, most: 1 }.to_string(),
        CloudError::TooLarge { bytes: 2, most: 1 }.to_string(),
        CloudError::Credential.to_string(),
        CloudError::Signature.to_string(),
        CloudError::NotThePatients.to_string(),
        CloudError::Closed.to_string(),
        CloudError::Missing("chunk").to_string(),
        CloudError::Exists.to_string(),
        CloudError::Seal("no".into()).to_string(),
    ];
    assert!(errors.iter().all(|words| words.len() > 20), "{errors:?}");
}
