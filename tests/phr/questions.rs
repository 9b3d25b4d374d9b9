//! Attacks on a cloud by those who ask, and by those who speak for the authority.

use hippocrypt::phr::*;
use hippocrypt::{ProxyName, ReaderSeed, RecordName, UserId};

use crate::forge::Rogue;
use crate::house::{HOUR, House, NOW, described};

struct Scene {
    house: House,
    anna: Owner,
    name: RecordName,
    physician: Reader,
}

fn scene() -> Scene {
    let mut house = House::new("questions");
    let anna = house.patient("anna");
    let mut lab = house.writer("laboratory");
    let result = described(RecordCategory::LabResult);
    let name = lab.write(anna.patient(), &result, b"HbA1c", NOW, &mut house.rng).unwrap();
    house.send(&mut lab).unwrap();
    let physician = house.reader("dr-chen", "role:physician");
    Scene { house, anna, name, physician }
}

impl Scene {
    fn ask(&mut self, reader: &Reader, cloud: &ProxyName, time: u64) -> Vec<u8> {
        reader.open([self.name], cloud, time, &mut self.house.rng).question().to_vec()
    }

    fn answer(&mut self, reader: &Reader) -> Result<Vec<u8>, CloudError> {
        let question = self.ask(reader, &self.house.cloud.name(), self.house.now);
        self.house.cloud.answer(&question, self.house.now)
    }
}

macro_rules! refused {
    ($outcome:expr, $error:pat) => {
        let outcome = $outcome;
        assert!(matches!(outcome, Err($error)), "{:?}", outcome.map(|_| "done"));
    };
}

#[test]
fn questions_that_are_not_signed_by_their_reader_have_no_answer() {
    let mut scene = scene();
    let cloud = scene.house.cloud.name();
    let chen = UserId::new("dr-chen").unwrap();
    let realm = scene.house.authority.realm().clone();
    let question = scene.physician.open([scene.name], &cloud, NOW, &mut scene.house.rng).question().to_vec();
    let length = question.len();
    for at in [length - 1, length - 64, length - 70, 70, 100] {
        let mut changed = question.clone();
        changed[at] ^= 1;
        let outcome = scene.house.cloud.answer(&changed, NOW);
        assert!(matches!(outcome, Err(CloudError::NoKey | CloudError::OtherCloud)), "{at}");
    }
    // Another's key under his name; a name that is not known.
    let thief = Reader::new(realm.clone(), chen, ReaderSeed::generate(&mut scene.house.rng));
    refused!(scene.answer(&thief), CloudError::NoKey);
    let nobody = Reader::new(realm, UserId::new("x").unwrap(), ReaderSeed::generate(&mut scene.house.rng));
    refused!(scene.answer(&nobody), CloudError::NoKey);
    scene.house.cloud.answer(&question, NOW).unwrap();
}

#[test]
fn questions_to_others_old_ones_and_replays_have_no_answer() {
    let mut scene = scene();
    let Scene { house, physician, name, .. } = &mut scene;
    let cloud = house.cloud.name();
    let mut ask = |cloud: &ProxyName, time: u64| {
        physician.open([*name], cloud, time, &mut house.rng).question().to_vec()
    };
    let other = ask(&ProxyName::new("cloud-2").unwrap(), NOW);
    let (old, future, good, aged) =
        (ask(&cloud, NOW - 301), ask(&cloud, NOW + 61), ask(&cloud, NOW), ask(&cloud, NOW - 299));
    refused!(house.cloud.answer(&other, NOW), CloudError::OtherCloud);
    refused!(house.cloud.answer(&old, NOW), CloudError::Replay(_));
    refused!(house.cloud.answer(&future, NOW), CloudError::Replay(_));
    house.cloud.answer(&aged, NOW).unwrap();
    house.cloud.answer(&good, NOW).unwrap();
    refused!(house.cloud.answer(&good, NOW), CloudError::Replay(_));
    refused!(house.cloud.answer(&good, NOW + 10), CloudError::Replay(_));
    // Of another realm.
    let mut elsewhere = House::new("elsewhere");
    let chen = elsewhere.reader("dr-chen", "role:physician");
    let foreign = chen.open([*name], &cloud, NOW, &mut elsewhere.rng).question().to_vec();
    refused!(house.cloud.answer(&foreign, NOW), CloudError::OtherRealm);
}

#[test]
fn a_cloud_that_was_started_again_answers_no_question_of_before() {
    let mut scene = scene();
    let cloud = scene.house.cloud.name();
    let mut ask =
        |time| scene.physician.open([scene.name], &cloud, time, &mut scene.house.rng).question().to_vec();
    let (asked, lead, later) = (ask(NOW), ask(NOW + 60), ask(NOW + 61));
    scene.house.cloud.answer(&asked, NOW).unwrap();
    let House { cloud, authority, .. } = scene.house;
    let name = cloud.name();
    let (store, blobs, scribe) = cloud.into_parts();
    let realm = authority.realm().clone();
    let cloud = Cloud::open(realm, name, store, blobs, scribe, Limits::default(), NOW + 1).unwrap();
    refused!(cloud.answer(&asked, NOW + 1), CloudError::Replay(_));
    refused!(cloud.answer(&lead, NOW + 1), CloudError::Replay(_));
    refused!(cloud.answer(&later, NOW + 1), CloudError::Replay(_));
    let later = scene.physician.open([scene.name], &cloud.name(), NOW + 62, &mut scene.house.rng);
    cloud.answer(later.question(), NOW + 62).unwrap();
}

#[test]
fn what_is_forbidden_looks_like_what_does_not_exist() {
    let mut scene = scene();
    let radiologist = scene.house.reader("dr-roe", "role:radiologist");
    let cloud = scene.house.cloud.name();
    let stranger = PatientHandle::random(&mut scene.house.rng);
    let absent = RecordName::random(&mut scene.house.rng);
    let (rng, patient) = (&mut scene.house.rng, *scene.anna.patient());
    let pairs = [
        (radiologist.open([scene.name], &cloud, NOW, rng), radiologist.open([absent], &cloud, NOW, rng)),
        (
            radiologist.open_all(&patient, None, &cloud, NOW, rng),
            radiologist.open_all(&stranger, None, &cloud, NOW, rng),
        ),
        (
            radiologist.list(&patient, None, &cloud, NOW, rng),
            radiologist.list(&stranger, None, &cloud, NOW, rng),
        ),
    ];
    for (forbidden, nothing) in pairs {
        let (a, b) = (
            scene.house.cloud.answer(forbidden.question(), NOW).unwrap_err(),
            scene.house.cloud.answer(nothing.question(), NOW).unwrap_err(),
        );
        assert_eq!(format!("{a} {a:?}"), format!("{b} {b:?}"));
        assert!(matches!(a, CloudError::Denied));
    }
    // From the middle on, too.
    let after = Some([0; 32]);
    let (a, b) = (
        radiologist.list(&patient, after, &cloud, NOW, rng),
        radiologist.list(&stranger, after, &cloud, NOW, rng),
    );
    for asked in [a, b] {
        refused!(scene.house.cloud.answer(asked.question(), NOW), CloudError::Denied);
    }
}

/// Nor is one refused who opens a compartment in which there is nothing yet.
#[test]
fn a_list_of_nothing_is_for_those_who_could_open_it() {
    let mut scene = scene();
    let berta = *scene.house.patient("berta").patient();
    let rogue = Rogue::new(&mut scene.house, "locum", None);
    let (compartment, header, _) = rogue.fair(&mut scene.house, &berta);
    let upload = rogue.upload(vec![compartment], Vec::new()).sign(&rogue.key);
    scene.house.cloud.upload(&upload, NOW, &mut scene.house.rng).unwrap();
    let (cloud, radiologist) = (scene.house.cloud.name(), scene.house.reader("dr-roe", "role:radiologist"));
    for after in [None, Some([0; 32])] {
        let asked = scene.physician.list(&berta, after, &cloud, NOW, &mut scene.house.rng);
        let answer = scene.house.cloud.answer(asked.question(), NOW).unwrap();
        assert_eq!(scene.physician.listed(asked, &answer).unwrap(), (Vec::new(), None));
        let asked = radiologist.list(&berta, after, &cloud, NOW, &mut scene.house.rng);
        refused!(scene.house.cloud.answer(asked.question(), NOW), CloudError::Denied);
    }
    let after = Some(*header.core_id());
    let asked = scene.physician.list(&berta, after, &cloud, NOW, &mut scene.house.rng);
    refused!(scene.house.cloud.answer(asked.question(), NOW), CloudError::Denied);
}

/// Neither a limit nor the place where a list goes on tells that there is something that is not for the reader.
#[test]
fn limits_and_cursors_do_not_tell_of_forbidden_records() {
    // The order of compartments is random: in one of these a forbidden one lies between two others.
    ["a", "b", "c", "d", "e", "f"].into_iter().for_each(nothing_tells);
}

fn nothing_tells(seed: &str) {
    let mut limits = Limits::default();
    (limits.compartments_per_answer, limits.records_per_listing) = (1, 1);
    let mut house = House::limited(seed, limits);
    let anna = *house.patient("anna").patient();
    let mut lab = house.writer("laboratory");
    let categories =
        [RecordCategory::LabResult, RecordCategory::Note, RecordCategory::Consent, RecordCategory::Other];
    let mut names = Vec::new();
    for category in categories {
        names.push(lab.write(&anna, &described(category), b"x", NOW, &mut house.rng).unwrap());
    }
    house.send(&mut lab).unwrap();
    let technician = house.reader("t", "role:lab-technician");
    let physician = house.reader("p", "role:physician");
    let cloud = house.cloud.name();
    let absent = RecordName::random(&mut house.rng);
    for other in [names[1], names[2], absent] {
        let asked = technician.open([other, names[0]], &cloud, NOW, &mut house.rng);
        let answer = house.cloud.answer(asked.question(), NOW).unwrap();
        let opened = technician.opened(asked, &answer).unwrap();
        assert_eq!((opened.records.len(), opened.missing), (1, vec![other]));
    }
    let asked = physician.open([names[0], names[1]], &cloud, NOW, &mut house.rng);
    refused!(house.cloud.answer(asked.question(), NOW), CloudError::TooMuch { .. });

    // A reader of two of the four compartments is led over all pages, by compartments that he knows.
    let sharer = house.reader("s", "role:lab-technician, role:nurse");
    let (mut after, mut seen, mut cores) = (None, Vec::new(), Vec::new());
    loop {
        let asked = sharer.open_all(&anna, after, &cloud, NOW, &mut house.rng);
        let answer = house.cloud.answer(asked.question(), NOW).unwrap();
        let opened = sharer.opened(asked, &answer).unwrap();
        cores.extend(opened.next);
        seen.extend(opened.records.iter().map(|record| record.name));
        after = opened.next;
        if after.is_none() {
            break;
        }
    }
    seen.sort();
    let mut readable = vec![names[0], names[2]];
    readable.sort();
    assert_eq!(seen, readable);
    let known: Vec<[u8; 32]> = house.cloud.with_store(|store| {
        use hippocrypt::store::{Store, Table};
        readable
            .iter()
            .map(|name| [&name.id.as_bytes()[..], &name.version.to_be_bytes()].concat())
            .map(|name| store.get(Table::Place, &name).unwrap().unwrap().try_into().unwrap())
            .collect()
    });
    assert!(cores.iter().all(|core| known.contains(core)) && cores.len() == 1);
}

#[test]
fn a_reader_who_asks_too_often_waits() {
    let mut limits = Limits::default();
    (limits.questions_per_minute, limits.transforms_per_minute, limits.question_bytes) = (4, 2, 1000);
    let mut house = House::limited("often", limits);
    let anna = *house.patient("anna").patient();
    let mut lab = house.writer("laboratory");
    let name = lab.write(&anna, &described(RecordCategory::Note), b"x", NOW, &mut house.rng).unwrap();
    house.send(&mut lab).unwrap();
    let (chen, lee) = (house.reader("chen", "role:physician"), house.reader("lee", "role:physician"));
    let cloud = house.cloud.name();
    let ask = |house: &mut House, reader: &Reader, now| {
        let asked = reader.open([name], &cloud, now, &mut house.rng);
        house.cloud.answer(asked.question(), now).map(drop)
    };
    ask(&mut house, &chen, NOW).unwrap();
    ask(&mut house, &chen, NOW).unwrap();
    refused!(ask(&mut house, &chen, NOW), CloudError::TooMany);
    // Of anything, four.
    let list = |house: &mut House| {
        let asked = chen.list(&anna, None, &house.cloud.name(), NOW, &mut house.rng);
        house.cloud.answer(asked.question(), NOW).map(drop)
    };
    list(&mut house).unwrap();
    refused!(list(&mut house), CloudError::TooMany);
    // Others, and the next minute, are not concerned.
    ask(&mut house, &lee, NOW).unwrap();
    ask(&mut house, &chen, NOW + 60).unwrap();
    let names: Vec<_> = (0..50).map(|_| RecordName::random(&mut house.rng)).collect();
    let asked = chen.open(names, &cloud, NOW, &mut house.rng);
    refused!(house.cloud.answer(asked.question(), NOW), CloudError::TooLarge { .. });
}

#[test]
fn who_was_dismissed_or_lost_what_he_read_with_gets_nothing() {
    let mut scene = scene();
    let chen = UserId::new("dr-chen").unwrap();
    let mut questions = Vec::new();
    for _ in 0..4 {
        let (cloud, rng) = (scene.house.cloud.name(), &mut scene.house.rng);
        questions.push(scene.physician.open([scene.name], &cloud, NOW, rng).question().to_vec());
    }
    scene.house.cloud.answer(&questions[0], NOW).unwrap();
    let messages =
        scene.house.authority.withdraw(&chen, "role:physician", NOW, &mut scene.house.rng).unwrap();
    // The first message alone is enough.
    let rng = &mut scene.house.rng;
    scene.house.cloud.take(&messages[0], NOW, rng).unwrap();
    assert!(scene.house.cloud.answer(&questions[1], NOW).is_err());
    scene.house.tell(&messages);
    assert!(scene.house.cloud.answer(&questions[2], NOW).is_err());
    let (nurse, lee) = (scene.house.reader("lee", "role:physician, role:nurse"), UserId::new("lee").unwrap());
    let cloud = scene.house.cloud.name();
    let ask = |house: &mut House| {
        let asked = nurse.open([scene.name], &cloud, NOW, &mut house.rng);
        house.cloud.answer(asked.question(), NOW).map(drop)
    };
    ask(&mut scene.house).unwrap();
    let messages = scene.house.authority.withdraw(&lee, "role:physician", NOW, &mut scene.house.rng).unwrap();
    scene.house.tell(&messages);
    refused!(ask(&mut scene.house), CloudError::Denied);
    let update = scene.house.authority.revoke(&lee, NOW).unwrap();
    scene.house.tell(&[update]);
    refused!(ask(&mut scene.house), CloudError::NoKey);
    assert_eq!(scene.house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
}

#[test]
fn a_cloud_without_a_lease_or_behind_its_authority_answers_nobody() {
    let mut scene = scene();
    let physician = std::mem::replace(
        &mut scene.physician,
        Reader::new(
            scene.house.authority.realm().clone(),
            UserId::new("x").unwrap(),
            ReaderSeed::generate(&mut scene.house.rng),
        ),
    );
    scene.answer(&physician).unwrap();
    // A lease that names an update which did not arrive.
    let update = scene.house.authority.revoke(&UserId::new("y").unwrap(), NOW).unwrap();
    let cloud = scene.house.cloud.name();
    let lease = scene.house.authority.lease(&cloud, NOW, NOW + HOUR).unwrap();
    scene.house.cloud.take(&lease, NOW, &mut scene.house.rng).unwrap();
    refused!(scene.answer(&physician), CloudError::Duty(_));
    scene.house.cloud.take(&update, NOW, &mut scene.house.rng).unwrap();
    scene.answer(&physician).unwrap();
    scene.house.now = NOW + HOUR + 1;
    refused!(scene.answer(&physician), CloudError::Duty(_));
    // The old lease again; one for another cloud; one of another authority.
    let (now, rng) = (scene.house.now, &mut scene.house.rng);
    refused!(scene.house.cloud.take(&lease, now, rng), CloudError::Lease(_));
    let other = ProxyName::new("cloud-2").unwrap();
    let lease = scene.house.authority.lease(&other, now, now + HOUR).unwrap();
    refused!(scene.house.cloud.take(&lease, now, rng), CloudError::Lease(_));
    let foreign = House::new("elsewhere").authority.lease(&cloud, now, now + HOUR).unwrap();
    refused!(scene.house.cloud.take(&foreign, now, rng), CloudError::Lease(_));
}

#[test]
fn updates_come_in_their_order_once_and_from_the_authority() {
    let mut scene = scene();
    let users = ["a", "b", "c"].map(|user| UserId::new(user).unwrap());
    let updates = users.map(|user| scene.house.authority.revoke(&user, NOW).unwrap());
    let foreign = House::new("elsewhere").authority.updates(0).unwrap();
    let House { cloud, rng, .. } = &mut scene.house;
    let mut take = |update: &[u8]| cloud.take(update, NOW, rng);
    refused!(take(&updates[1]), CloudError::Update(_));
    refused!(take(&foreign[0]), CloudError::Update(_));
    let mut forged = updates[0].clone();
    let end = forged.len() - 70;
    forged[end] ^= 1;
    assert!(take(&forged).is_err());
    take(&updates[0]).unwrap();
    take(&updates[0]).unwrap();
    take(&updates[1]).unwrap();
    take(&updates[0]).unwrap();
    take(&updates[2]).unwrap();
    assert_eq!(cloud.updates(0).unwrap().len(), 4);
    assert_eq!(cloud.newest_update().unwrap().as_ref(), Some(&updates[2]));
    assert_eq!(cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
}

#[test]
fn a_key_that_was_revoked_does_not_come_back() {
    let mut house = House::new("keys");
    let user = UserId::new("dr-chen").unwrap();
    let reader =
        Reader::new(house.authority.realm().clone(), user.clone(), ReaderSeed::generate(&mut house.rng));
    let nonce = hippocrypt::EnrolmentNonce::generate(&mut house.rng);
    let enrolment = reader.enrol(&nonce, &mut house.rng);
    let key = house.authority.enrol(&user, &enrolment, nonce, "role:nurse", &mut house.rng).unwrap();
    house.cloud.take(&key, NOW, &mut house.rng).unwrap();
    house.cloud.take(&key, NOW, &mut house.rng).unwrap();
    assert_eq!(house.cloud.stats().unwrap().keys, 1);
    let grant = house.authority.grant(&user, "role:physician").unwrap();
    let update = house.authority.revoke(&user, NOW).unwrap();
    house.tell(&[update]);
    assert_eq!(house.cloud.stats().unwrap().keys, 0);
    refused!(house.cloud.take(&key, NOW, &mut house.rng), CloudError::Key(_));
    refused!(house.cloud.take(&grant[0], NOW, &mut house.rng), CloudError::Missing(_));
    let mut forged = key.clone();
    let end = forged.len() - 1;
    forged[end] ^= 1;
    refused!(house.cloud.take(&forged, NOW, &mut house.rng), CloudError::Key(_));
    // Enrolled anew, and dismissed no more.
    let again = house.reader("dr-chen", "role:nurse");
    assert_eq!(house.cloud.stats().unwrap().keys, 1);
    let anna = PatientHandle::random(&mut house.rng);
    refused!(house.read(&again, &anna), CloudError::Denied);
}
