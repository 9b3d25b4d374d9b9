//! What the roles are for.

use hippocrypt::UserId;
use hippocrypt::phr::*;

use crate::house::{House, NOW, described};

#[test]
fn a_record_reaches_those_whom_the_rules_name_and_the_patient() {
    let mut house = House::new("a record");
    let anna = house.patient("anna");
    let (physician, radiologist) =
        (house.reader("dr-chen", "role:physician"), house.reader("dr-roe", "role:radiologist"));
    let mut lab = house.writer("laboratory");
    let patient = *anna.patient();
    let result = described(RecordCategory::LabResult);
    lab.write(&patient, &result, b"HbA1c 9.2 %", NOW, &mut house.rng).unwrap();
    lab.write(&patient, &result, b"HbA1c 8.1 %", NOW, &mut house.rng).unwrap();
    assert_eq!(house.send(&mut lab).unwrap(), 1);

    for reader in [&physician, anna.reader()] {
        let opened = house.read(reader, &patient).unwrap();
        let mut contents: Vec<_> = opened.records.iter().map(|record| record.content.clone()).collect();
        contents.sort();
        assert_eq!(contents, [b"HbA1c 8.1 %", b"HbA1c 9.2 %"]);
        assert_eq!(opened.records[0].writer.as_str(), "laboratory");
        assert_eq!(opened.refused, 0);
    }
    assert!(matches!(house.read(&radiologist, &patient), Err(CloudError::Denied)));

    // Shared, and taken back.
    let shared = [RecordCategory::LabResult];
    let roe = UserId::new("dr-roe").unwrap();
    let consent = anna.share(&roe, shared, [], NOW).unwrap();
    let messages = house.authority.consent(&consent, NOW, &mut house.rng).unwrap();
    house.tell(&messages);
    assert_eq!(house.read(&radiologist, &patient).unwrap().records.len(), 2);
    let consent = anna.unshare(&roe, shared, [], NOW).unwrap();
    let messages = house.authority.consent(&consent, NOW, &mut house.rng).unwrap();
    house.tell(&messages);
    assert!(matches!(house.read(&radiologist, &patient), Err(CloudError::Denied)));

    // Dismissed.
    let update = house.authority.revoke(&UserId::new("dr-chen").unwrap(), NOW).unwrap();
    house.tell(&[update]);
    assert!(matches!(house.read(&physician, &patient), Err(CloudError::NoKey)));
    // The compartment that he has opened takes nothing any more.
    lab.write(&patient, &result, b"HbA1c 7.0 %", NOW, &mut house.rng).unwrap();
    assert!(matches!(house.send(&mut lab), Err(CloudError::Closed)));
    lab.observe(&house.statement(), NOW).unwrap();
    lab.write(&patient, &result, b"HbA1c 7.0 %", NOW, &mut house.rng).unwrap();
    house.send(&mut lab).unwrap();
    assert_eq!(house.read(anna.reader(), &patient).unwrap().records.len(), 3);
}

#[test]
fn an_attachment_of_any_size_comes_back_as_it_was() {
    let mut house = House::new("an attachment");
    let anna = house.patient("anna");
    let mut scanner = house.writer("scanner");
    let study: Vec<u8> = (0..9_000_000u32).map(|i| (i * 7 / 5) as u8).collect();
    let description = described(RecordCategory::Imaging);
    let (cloud, now) = (&house.cloud, house.now);
    let mut upload_rng = hippocrypt::testing::TestRng::new("uploads");
    let send = |upload: Vec<u8>| {
        cloud.upload(&upload, now, &mut upload_rng).map(drop).map_err(std::io::Error::other)
    };
    let name = scanner.attach(anna.patient(), &description, &study[..], NOW, &mut house.rng, send).unwrap();
    house.send(&mut scanner).unwrap();

    let cloud = house.cloud.name();
    let asked = anna.reader().open([name], &cloud, NOW, &mut house.rng);
    let answer = house.cloud.answer(asked.question(), NOW).unwrap();
    let opened = anna.reader().opened(asked, &answer).unwrap();
    let attachment = opened.records[0].attachment.as_ref().unwrap();
    assert_eq!(attachment.bytes(), 9_000_000);
    let mut fetched = Vec::new();
    let call = |question: &[u8]| house.cloud.answer(question, NOW).map_err(|error| error.to_string().into());
    let bytes = anna.reader().fetch(attachment, &cloud, || NOW, &mut house.rng, call, &mut fetched).unwrap();
    assert_eq!(bytes, 9_000_000);
    assert!(fetched == study);
}

#[test]
fn keys_that_were_lost_on_their_way_are_sent_again_and_devices_share_their_readers_fate() {
    let mut house = House::new("devices");
    let anna = house.patient("anna");
    let mut lab = house.writer("laboratory");
    let patient = *anna.patient();
    lab.write(&patient, &described(RecordCategory::LabResult), b"HbA1c 9.2 %", NOW, &mut house.rng).unwrap();
    house.send(&mut lab).unwrap();

    // Two devices of one reader; the key of the second never reaches the cloud.
    let phone = house.reader("dr-chen", "role:physician");
    let chen = UserId::new("dr-chen").unwrap();
    let seed = hippocrypt::ReaderSeed::generate(&mut house.rng);
    let tablet = Reader::new(house.authority.realm().clone(), chen.clone(), seed);
    let nonce = hippocrypt::EnrolmentNonce::generate(&mut house.rng);
    let enrolment = tablet.enrol(&nonce, &mut house.rng);
    let lost = house.authority.enrol(&chen, &enrolment, nonce, "role:physician", &mut house.rng).unwrap();
    drop(lost);
    let epoch = house.authority.advance(NOW).unwrap();
    let mut tokens = Vec::new();
    house
        .authority
        .refresh(|batch| {
            tokens.push(batch);
            Ok(())
        })
        .unwrap();
    house.tell(&[epoch]);
    house.tell(&tokens);
    assert!(matches!(house.read(&tablet, &patient), Err(CloudError::NoKey)));
    let again = house.authority.keys_again(&chen).unwrap();
    assert_eq!(again.len(), 2);
    house.tell(&again);
    for device in [&phone, &tablet] {
        assert_eq!(house.read(device, &patient).unwrap().records.len(), 1);
    }
    // The key that was sent again has every token: it reads what is written now.
    lab.observe(&house.statement(), NOW).unwrap();
    lab.write(&patient, &described(RecordCategory::LabResult), b"HbA1c 8.1 %", NOW, &mut house.rng).unwrap();
    house.send(&mut lab).unwrap();
    assert_eq!(house.read(&tablet, &patient).unwrap().records.len(), 2);

    // A grant that is lost comes with the key, too; and the key as it was first changes nothing any more.
    let grants = house.authority.grant(&chen, "clearance:restricted").unwrap();
    assert_eq!(grants.len(), 2);
    let restricted = Description {
        labels: [SecurityLabel::new("R").unwrap()].into(),
        ..described(RecordCategory::LabResult)
    };
    lab.write(&patient, &restricted, b"HIV negative", NOW, &mut house.rng).unwrap();
    house.send(&mut lab).unwrap();
    assert_eq!(house.read(&tablet, &patient).unwrap().records.len(), 2);
    let whole = house.authority.keys_again(&chen).unwrap();
    house.tell(&whole);
    assert_eq!(house.read(&tablet, &patient).unwrap().records.len(), 3);
    house.tell(&again);
    assert_eq!(house.read(&tablet, &patient).unwrap().records.len(), 3);

    // What is taken is taken from both, and what is given, given to both.
    let messages = house.authority.withdraw(&chen, "role:physician", NOW, &mut house.rng).unwrap();
    house.tell(&messages);
    for device in [&phone, &tablet] {
        assert!(matches!(house.read(device, &patient), Err(CloudError::NoKey | CloudError::Denied)));
    }
}
