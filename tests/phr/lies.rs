//! Attacks 9 to 11 and 16 on a reader: every lie that a cloud can tell. What it may do is to leave out; all else is found.

use hippocrypt::phr::audit::{AuditEvent, ReceiptError};
use hippocrypt::phr::*;
use hippocrypt::testing::TestRng;
use hippocrypt::{AuthorKey, ProxyName, RecordName};

use crate::forge::{FalseAnswer, Rogue};
use crate::house::{House, NOW, described};
use crate::receipt::{Given, Liar, access};

/// A house with two patients, whose records of two categories a physician reads.
struct Scene {
    house: House,
    physician: Reader,
    anna: PatientHandle,
    berta: PatientHandle,
    names: Vec<RecordName>,
}

fn scene() -> Scene {
    let mut house = House::new("lies");
    let (anna, berta) = (*house.patient("anna").patient(), *house.patient("berta").patient());
    let physician = house.reader("dr-chen", "role:physician");
    let mut lab = house.writer("laboratory");
    let mut names = Vec::new();
    for (patient, category, content) in [
        (&anna, RecordCategory::LabResult, "HbA1c 9.2 %"),
        (&anna, RecordCategory::LabResult, "HbA1c 8.1 %"),
        (&anna, RecordCategory::Note, "anna's note"),
        (&berta, RecordCategory::LabResult, "berta's result"),
    ] {
        let rng = &mut house.rng;
        names.push(lab.write(patient, &described(category), content.as_bytes(), NOW, rng).unwrap());
    }
    house.send(&mut lab).unwrap();
    Scene { house, physician, anna, berta, names }
}

impl Scene {
    /// The same question twice: for two readings of its answer.
    fn twice(&mut self, ask: impl Fn(&Reader, &ProxyName, &mut TestRng) -> Asked) -> [Asked; 2] {
        let (cloud, seed) = (self.house.cloud.name(), PatientHandle::random(&mut self.house.rng).to_string());
        [(); 2].map(|()| ask(&self.physician, &cloud, &mut TestRng::new(&seed)))
    }

    fn asked(&mut self) -> [Asked; 2] {
        let names = self.names.clone();
        self.twice(|reader, cloud, rng| reader.open(names.clone(), cloud, NOW, rng))
    }

    /// The honest answer, in an order that is always the same.
    fn answer(&mut self, asked: &Asked) -> FalseAnswer {
        let mut answer = FalseAnswer::of(&self.house.cloud.answer(asked.question(), NOW).unwrap());
        // Anna's laboratory results are where two records lie.
        answer.openings.sort_by_key(|opening| {
            (opening.patient != *self.anna.as_bytes(), usize::MAX - opening.records.len())
        });
        answer
    }

    /// What the reader makes of what is answered, with the receipt of something that was given.
    fn read(&mut self, asked: Asked, answer: &FalseAnswer, receipt_for: &Given) -> Result<Opened, ReadError> {
        let said = access(AuditEvent::Opened, NOW, self.physician.user(), asked.question(), receipt_for);
        let receipt = Liar::of(&self.house).fits(&said);
        self.physician.opened(asked, &answer.with(&receipt))
    }

    /// What the reader makes of an answer that was changed: with the receipt of the honest one, and with one that was made to fit. If other records were
    /// given than the honest receipt is for, he opens nothing.
    fn read_both(
        &mut self,
        [asked, again]: [Asked; 2],
        answer: &FalseAnswer,
        honest: &Given,
    ) -> Result<Opened, ReadError> {
        let (given, outcome) = (answer.given(), self.read(asked, answer, honest));
        if given != *honest {
            assert!(matches!(outcome, Err(ReadError::Receipt(ReceiptError::Other))), "{outcome:?}");
            return self.read(again, answer, &given);
        }
        outcome
    }

    /// What the reader makes of an honest answer that was changed. Nothing that he takes is ever false.
    fn lie(&mut self, change: impl FnOnce(&mut FalseAnswer)) -> Result<Opened, ReadError> {
        let asked = self.asked();
        let mut answer = self.answer(&asked[0]);
        assert_eq!(
            answer.openings.iter().map(|opening| opening.records.len()).collect::<Vec<_>>(),
            [2, 1, 1]
        );
        let honest = answer.given();
        change(&mut answer);
        let opened = self.read_both(asked, &answer, &honest)?;
        for record in &opened.records {
            let patient = if record.name == self.names[3] { self.berta } else { self.anna };
            assert_eq!(record.patient, patient);
            assert_eq!(record.writer.as_str(), "laboratory");
        }
        Ok(opened)
    }

    /// Refused records and compartments, and those that came through.
    fn outcome(&mut self, change: impl FnOnce(&mut FalseAnswer)) -> (usize, usize, usize) {
        let opened = self.lie(change).unwrap();
        (opened.records.len(), opened.refused, opened.missing.len())
    }

    fn is_not_asked(&mut self, change: impl FnOnce(&mut FalseAnswer)) -> bool {
        matches!(self.lie(change), Err(ReadError::NotAsked))
    }
}

#[test]
fn an_honest_answer_is_taken() {
    let mut scene = scene();
    assert_eq!(scene.outcome(|_| ()), (4, 0, 0));
    let [asked, _] = scene.asked();
    let answer = scene.house.cloud.answer(asked.question(), NOW).unwrap();
    assert_eq!(scene.physician.opened(asked, &answer).unwrap().records.len(), 4);
}

#[test]
fn a_compartment_of_another_patient_or_id_does_not_open() {
    let mut scene = scene();
    let (anna, berta) = (scene.anna, scene.berta);
    assert_eq!(scene.outcome(|answer| answer.openings[0].patient = *berta.as_bytes()), (2, 1, 2));
    assert_eq!(scene.outcome(|answer| answer.openings[2].patient = *anna.as_bytes()), (3, 1, 1));
    assert_eq!(scene.outcome(|answer| answer.openings[1].compartment[0] ^= 1), (3, 1, 1));
    // All of anna's, and berta's among them: as berta's, and as anna's.
    let [asked, _] = scene.asked();
    let foreign = scene.answer(&asked);
    let given = foreign.given();
    let all =
        |reader: &Reader, cloud: &ProxyName, rng: &mut TestRng| reader.open_all(&anna, None, cloud, NOW, rng);
    let [asked, _] = scene.twice(all);
    assert!(matches!(scene.read(asked, &foreign, &given), Err(ReadError::NotAsked)));
    let mut relabelled = foreign;
    relabelled.openings.iter_mut().for_each(|opening| opening.patient = *anna.as_bytes());
    let asked = scene.twice(all);
    let opened = scene.read_both(asked, &relabelled, &given).unwrap();
    assert_eq!((opened.records.len(), opened.refused), (3, 1));
    assert!(opened.records.iter().all(|record| record.name != scene.names[3]));
}

#[test]
fn records_in_the_place_of_others_do_not_open() {
    let mut scene = scene();
    let swap = |answer: &mut FalseAnswer, a: usize, b: usize| {
        let (left, right) = answer.openings.split_at_mut(b);
        std::mem::swap(&mut left[a].records, &mut right[0].records);
    };
    assert_eq!(scene.outcome(|answer| swap(answer, 0, 1)), (1, 3, 0));
    assert_eq!(scene.outcome(|answer| swap(answer, 0, 2)), (1, 3, 0));
    // The name of one on the content of the other: 8 bytes into a record, id and version.
    let exchange = |answer: &mut FalseAnswer| {
        let records = &mut answer.openings[0].records;
        let (first, second) = (records[0].0[8..32].to_vec(), records[1].0[8..32].to_vec());
        records[0].0[8..32].copy_from_slice(&second);
        records[1].0[8..32].copy_from_slice(&first);
    };
    assert_eq!(scene.outcome(exchange), (2, 2, 0));
    // One record behind two names.
    let rename = |answer: &mut FalseAnswer| answer.openings[0].records[0].0[8] ^= 1;
    assert!(scene.is_not_asked(rename));
    for at in [40, 60, 80] {
        let flip = |answer: &mut FalseAnswer| answer.openings[0].records[0].0[at] ^= 1;
        assert_eq!(scene.outcome(flip), (3, 1, 0), "{at}");
    }
    let cut = |answer: &mut FalseAnswer| answer.openings[0].records[0].0.truncate(200);
    assert_eq!(scene.outcome(cut), (3, 1, 0));
}

#[test]
fn a_wrong_transformation_opens_nothing() {
    let mut scene = scene();
    assert_eq!(
        scene.outcome(|answer| {
            let taken = answer.openings[1].transformed.clone();
            answer.openings[0].transformed = taken;
        }),
        (2, 1, 2)
    );
    // The core of one and the T of another; a T with a flipped bit.
    let [asked, _] = scene.asked();
    let length = scene.answer(&asked).openings[0].transformed.len();
    let t = length - 576..length;
    let graft = |answer: &mut FalseAnswer| {
        let other = &answer.openings[2].transformed;
        let other = other[other.len() - 576..].to_vec();
        let transformed = &mut answer.openings[1].transformed;
        transformed.truncate(transformed.len() - 576);
        transformed.extend(other);
    };
    assert_eq!(scene.outcome(graft), (3, 1, 1));
    for at in [t.start, t.start + 300, t.end - 1] {
        assert_eq!(scene.outcome(|answer| answer.openings[0].transformed[at] ^= 1), (2, 1, 2));
    }
    assert_eq!(scene.outcome(|answer| answer.openings[0].transformed.clear()), (2, 1, 2));
}

#[test]
fn a_credential_of_somebody_else_proves_nothing() {
    let mut scene = scene();
    // Genuine, and of another author.
    let other = Rogue::new(&mut scene.house, "laboratory", None).credential;
    assert_eq!(scene.outcome(|answer| answer.openings[0].credential = other), (2, 2, 0));
    // By the authority of another realm; changed.
    let foreign = Rogue::new(&mut House::new("another house"), "laboratory", None).credential;
    assert_eq!(scene.outcome(|answer| answer.openings[0].credential = foreign), (2, 1, 2));
    assert_eq!(scene.outcome(|answer| answer.openings[0].credential.truncate(90)), (2, 1, 2));
    for at in [45, 60, 100, 130] {
        assert_eq!(scene.outcome(|answer| answer.openings[0].credential[at] ^= 1), (2, 1, 2), "{at}");
    }

    // For the same key, and for another name, another patient, without the category.
    let anna = scene.anna;
    let rogue = Rogue::new(&mut scene.house, "locum", None);
    let (compartment, _, key) = rogue.fair(&mut scene.house, &anna);
    let name = RecordName::random(&mut scene.house.rng);
    let record = rogue.record(&mut scene.house, &key, &name, b"by the locum");
    let upload = rogue.upload(vec![compartment], vec![record]).sign(&rogue.key);
    scene.house.cloud.upload(&upload, NOW, &mut scene.house.rng).unwrap();
    let all = RecordCategory::ALL;
    let certify = |scene: &House, user, categories: &[RecordCategory], patient: Option<&PatientHandle>| {
        rogue.certified(scene, user, categories.iter().copied(), patient)
    };
    let cases = {
        let mut rng = hippocrypt::testing::TestRng::new("somebody else");
        let stranger = PatientHandle::random(&mut rng);
        [
            (certify(&scene.house, "locum", &all, Some(&anna)), 1),
            (certify(&scene.house, "professor", &all, None), 0),
            (certify(&scene.house, "locum", &[RecordCategory::Imaging], None), 0),
            (certify(&scene.house, "locum", &all, Some(&stranger)), 0),
        ]
    };
    for (index, (credential, opened)) in cases.into_iter().enumerate() {
        let asked = scene.twice(|reader, cloud, rng| reader.open([name], cloud, NOW, rng));
        let mut answer = scene.answer(&asked[0]);
        let honest = answer.given();
        answer.openings[0].credential = credential;
        let outcome = scene.read_both(asked, &answer, &honest).unwrap();
        assert_eq!((outcome.records.len(), outcome.refused), (opened, 1 - opened), "case {index}");
    }
}

#[test]
fn what_is_left_out_is_missing_and_what_is_added_was_not_asked() {
    let mut scene = scene();
    let opened = scene.lie(|answer| drop(answer.openings[0].records.remove(0))).unwrap();
    assert_eq!((opened.records.len(), opened.refused, opened.missing.len()), (3, 0, 1));
    assert!(opened.missing[0] == scene.names[0] || opened.missing[0] == scene.names[1]);
    assert_eq!(scene.outcome(|answer| drop(answer.openings.remove(2))), (3, 0, 1));
    assert_eq!(scene.outcome(|answer| answer.openings.clear()), (0, 0, 4));
    let twice = |answer: &mut FalseAnswer| {
        let record = answer.openings[0].records[0].clone();
        answer.openings[0].records.push(record);
    };
    assert!(scene.is_not_asked(twice));
    let again = |answer: &mut FalseAnswer| {
        let opening = answer.openings[2].clone();
        answer.openings.push(opening);
    };
    assert!(scene.is_not_asked(again));
    let cloud = scene.house.cloud.name();
    // Twice in the answer to "all of hers".
    let anna = scene.anna;
    let all =
        |reader: &Reader, cloud: &ProxyName, rng: &mut TestRng| reader.open_all(&anna, None, cloud, NOW, rng);
    let asked = scene.twice(all);
    let mut answer = scene.answer(&asked[0]);
    let honest = answer.given();
    let opening = answer.openings[0].clone();
    answer.openings.push(opening);
    assert!(matches!(scene.read_both(asked, &answer, &honest), Err(ReadError::NotAsked)));
    // The answer to another question: with the receipt for that, and with one for this.
    let [asked, _] = scene.asked();
    let answer = scene.house.cloud.answer(asked.question(), NOW).unwrap();
    let first = scene.names[0];
    let [one, once_more] = scene.twice(|reader, cloud, rng| reader.open([first], cloud, NOW, rng));
    let refused = scene.physician.opened(one, &answer);
    assert!(matches!(refused, Err(ReadError::Receipt(ReceiptError::Other))), "{refused:?}");
    let whole = FalseAnswer::of(&answer);
    let given = whole.given();
    assert!(matches!(scene.read(once_more, &whole, &given), Err(ReadError::NotAsked)));
    let asked = scene.physician.list(&scene.anna, None, &cloud, NOW, &mut scene.house.rng);
    let listed = scene.house.cloud.answer(asked.question(), NOW).unwrap();
    assert!(matches!(scene.physician.listed(asked, &answer), Err(ReadError::NotAsked)));
    let [asked, _] = scene.asked();
    assert!(matches!(scene.physician.opened(asked, &listed), Err(ReadError::NotAsked)));
    let asked = scene.physician.list(&scene.anna, None, &cloud, NOW, &mut scene.house.rng);
    assert!(matches!(scene.physician.opened(asked, &answer), Err(ReadError::NotAsked)));
}

#[test]
fn counts_that_are_too_large_are_refused() {
    let mut scene = scene();
    let names = scene.names.clone();
    let same = |scene: &Scene| {
        scene.physician.open(names.clone(), &scene.house.cloud.name(), NOW, &mut TestRng::new("the same"))
    };
    let good = scene.house.cloud.answer(same(&scene).question(), NOW).unwrap();
    for at in 7..good.len().min(1500) {
        let mut huge = good.clone();
        huge[at..at + 4].fill(0xff);
        if let Ok(opened) = scene.physician.opened(same(&scene), &huge) {
            assert!(opened.records.iter().all(|record| scene.names.contains(&record.name)));
        }
    }
    for length in (0..good.len()).step_by(97) {
        let [asked, _] = scene.asked();
        assert!(matches!(scene.physician.opened(asked, &good[..length]), Err(ReadError::Malformed(_))));
    }
}

#[test]
fn the_words_of_errors_and_debug_output_carry_no_key() {
    let mut scene = scene();
    let key = AuthorKey::generate(&mut scene.house.rng);
    let hex: String = key.to_bytes().expose_secret()[7..].iter().map(|byte| format!("{byte:02x}")).collect();
    let user = hippocrypt::UserId::new("carol").unwrap();
    let role = RoleKey::generate(
        scene.house.authority.realm(),
        user.clone(),
        scene.house.cloud.name(),
        &mut scene.house.rng,
    );
    let secret: Vec<u8> = role.to_bytes().expose_secret().clone();
    let seed = &secret[secret.len() - 32..];
    let shown = format!("{role:?} {:?}", role.reader(scene.house.authority.realm()).unwrap());
    let bytes: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!shown.contains(&bytes) && !shown.contains(&format!("{seed:?}")) && shown.contains("carol"));
    let all = RecordCategory::ALL;
    let credential =
        scene.house.authority.credential(&user, &key.id(), all, Some(&scene.anna), NOW + 60).unwrap();
    let copy = AuthorKey::from_bytes(key.to_bytes().expose_secret()).unwrap();
    let writer = Writer::new(scene.house.authority.realm().clone(), copy, &credential).unwrap();
    let owner = Owner::new(
        scene.house.authority.realm().clone(),
        user,
        hippocrypt::ReaderSeed::generate(&mut scene.house.rng),
        key,
        &credential,
    )
    .unwrap();
    let shown = format!("{writer:?} {owner:?}");
    assert!(!shown.contains(&hex) && shown.len() < 2000);
    // A record shows neither its content nor the key of its attachment.
    let opened = scene.lie(|_| ()).unwrap();
    assert!(
        !format!("{opened:?}").contains("HbA1c")
            && !format!("{opened:?}").contains(&format!("{:?}", b"HbA1c"))
    );
}
