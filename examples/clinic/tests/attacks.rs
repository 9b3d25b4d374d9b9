//! What dishonest clouds, writers and thieves try; each with the honest twin that succeeds.

use std::fs;

use hippocrypt::{AttributeSet, Header, Kind, PublicParameters, setup};

use super::Day;
use crate::category::Category;
use crate::folder;
use crate::lab::{Lab, place};
use crate::liar::{Liar, Lie};
use crate::phone::{Phone, ReadError, Target};
use crate::process::Process;
use crate::wire::{CallError, Link, Message, Verb};

const PATIENT: &str = "Patient/patient-4711";
const OTHER: &str = "Patient/patient-0815";

fn is_lie<T>(result: Result<T, ReadError>) -> bool {
    matches!(result, Err(ReadError::Lie(_)))
}

#[test]
fn a_moved_compartment_does_not_open() {
    let mut day = Day::with_phone("cardiologist");
    let labs = day.target(Category::LabResult, PATIENT);
    assert!(day.clinic.read("cardiologist", &labs).is_ok());
    // Served as that of another patient, or of another category.
    for (patient, category) in [(OTHER, Category::LabResult), (PATIENT, Category::Vital)] {
        let moved = Target { place: place(&day.handle(patient), category), ..labs.clone() };
        assert!(is_lie(day.clinic.read("cardiologist", &moved)));
    }
    let nowhere = Target { place: "nowhere".to_owned(), ..labs };
    assert!(is_lie(day.clinic.read("cardiologist", &nowhere)));
}

/// A cloud that changes the answer as it likes.
struct Changing<'a, F: FnMut(&mut Vec<Vec<u8>>)>(&'a mut Process, F);

impl<F: FnMut(&mut Vec<Vec<u8>>)> Link for Changing<'_, F> {
    fn call(&mut self, message: &Message) -> Result<Vec<Vec<u8>>, CallError> {
        let mut answer = self.0.call(message)?;
        (self.1)(&mut answer);
        Ok(answer)
    }
}

#[test]
fn every_lie_of_the_cloud_is_found_out() {
    let mut day = Day::with_phone("cardiologist");
    let (labs, vitals) = (day.target(Category::LabResult, PATIENT), day.target(Category::Vital, PATIENT));
    let now = day.clinic.now();
    let phone = &day.clinic.phones["cardiologist"];
    let authors = day.clinic.lab.authors.known();
    let (laboratory, clinic) = (authors.of(Category::LabResult), authors.of(Category::Vital));
    let mut listen = Liar { cloud: &mut day.clinic.cloud, lie: Lie::Listen, heard: Vec::new() };
    assert!(phone.read(&mut listen, &vitals, clinic, now).is_ok());
    let heard = listen.heard;
    for lie in [Lie::OtherRecord(heard.clone()), Lie::OtherT(heard.clone()), Lie::ChangedT] {
        let mut liar = Liar { cloud: &mut day.clinic.cloud, lie, heard: Vec::new() };
        assert!(is_lie(phone.read(&mut liar, &labs, laboratory, now)));
    }
    // Records: one of another compartment, one with a changed byte, one that is cut, none at all with an empty answer.
    let mut read = |change: &mut dyn FnMut(&mut Vec<Vec<u8>>)| {
        phone.read(&mut Changing(&mut day.clinic.cloud, change), &labs, laboratory, now)
    };
    assert!(read(&mut |_| ()).is_ok());
    assert!(is_lie(read(&mut |answer| answer[1] = heard[1].clone())));
    assert!(is_lie(read(&mut |answer| {
        let middle = answer[1].len() / 2;
        answer[1][middle] ^= 1;
    })));
    assert!(is_lie(read(&mut |answer| answer[1].truncate(40))));
    assert!(is_lie(read(&mut |answer| answer[1].truncate(4))));
    assert!(is_lie(read(&mut Vec::clear)));
    // Signed, but not by the one whose signature is wanted here.
    assert!(is_lie(phone.read(&mut day.clinic.cloud, &labs, clinic, now)));
}

#[test]
fn other_bytes_than_were_encrypted_are_found_out() {
    let mut day = Day::with_phone("cardiologist");
    let labs = day.target(Category::LabResult, PATIENT);
    day.clinic.lab.originals.values_mut().for_each(|text| text.push(' '));
    assert!(is_lie(day.clinic.read("cardiologist", &labs)));
    day.clinic.lab.originals.clear();
    assert!(is_lie(day.clinic.read("cardiologist", &labs)));
}

#[test]
fn the_cloud_refuses_bad_uploads() {
    let mut day = Day::sample();
    let resource = day.resources[..1].to_vec();
    let upload = day.clinic.lab.write(&resource, day.clinic.now()).unwrap().remove(0);
    let refusal = |day: &mut Day, upload: &Message| match day.clinic.cloud.call(upload) {
        Err(CallError::Refused(reason)) => reason,
        other => panic!("{other:?}"),
    };
    // The last two rows exchanged: each is a point, but they contradict the others.
    let mut bad = upload.clone();
    let end = bad.parts[0].len();
    bad.parts[0][end - 96..].rotate_left(48);
    assert!(Header::from_bytes(&bad.parts[0]).is_ok());
    refusal(&mut day, &bad);
    // Of another realm, and of one without epochs.
    let (elsewhere, _) = setup("elsewhere", &mut hippocrypt::os_rng()).unwrap();
    let policy = Header::from_bytes(&upload.parts[0]).unwrap().policy().clone();
    let (header, _) = elsewhere.compartment(&policy, b"", &mut hippocrypt::os_rng()).unwrap();
    let mut bad = upload.clone();
    bad.parts[0] = header.to_bytes();
    refusal(&mut day, &bad);
    // Of an epoch that is over.
    let advance = day.clinic.office.advance(day.clinic.now()).unwrap();
    day.clinic.tell(&[advance]).unwrap();
    assert!(refusal(&mut day, &upload).contains("epoch"));
    let good = day.clinic.lab.write(&resource, day.clinic.now()).unwrap().remove(0);
    day.clinic.cloud.call(&good).unwrap();
    assert!(refusal(&mut day, &good).contains("already"));
}

/// An old statement of the epoch, in time but older than what was seen, moves nobody.
#[test]
fn nobody_goes_back_to_an_old_epoch() {
    let mut day = Day::with_phone("nurse");
    let old = day.clinic.statement;
    let now = day.clinic.now();
    let advance = day.clinic.office.advance(now).unwrap();
    day.clinic.tell(&[advance]).unwrap();
    assert!(day.clinic.lab.observe(&old, now).is_err());
    assert!(day.clinic.phones.get_mut("nurse").unwrap().observe(&old, now).is_err());
    assert!(day.clinic.cloud.call(&Message::new(Verb::Statement, [old.to_bytes()])).is_err());
    // Nor after the phone was switched off and on.
    let mut phone = Phone::open(&day.clinic.folder("nurse"), "nurse").unwrap();
    assert!(phone.observe(&old, now).is_err());
    let parameters: &PublicParameters = day.clinic.office.parameters();
    let mut newcomer = Lab::new(parameters, &hippocrypt::Schema::empty()).unwrap();
    assert!(newcomer.observe(&old, now).is_ok(), "who has seen nothing yet, cannot know");
}

/// The thief of the story, and his twin who stole the store before it was sealed.
#[test]
fn a_stolen_store_opens_with_old_keys_unless_it_is_sealed() {
    let mut day = Day::with_phone("cardiologist");
    let copied = day.clinic.clock;
    let thief = day.clinic.copy("cloud", "thief").unwrap();
    let user = day.clinic.phones["cardiologist"].user.clone();
    let update = day.clinic.office.revoke(&user, day.clinic.now()).unwrap();
    day.clinic.tell(&[update]).unwrap();
    let advance = day.clinic.office.advance(day.clinic.now()).unwrap();
    day.clinic.tell(&[advance]).unwrap();
    let targets = day.clinic.targets().unwrap();
    let opened_by_thief = |day: &Day| {
        let mut cloud = Process::cloud(&thief, copied).unwrap();
        cloud.skip(90).unwrap();
        let now = copied.now() + 90;
        let mut opened = 0;
        for target in &targets {
            opened += usize::from(day.clinic.read_from(&mut cloud, "cardiologist", target, now).is_ok());
        }
        opened
    };
    let entitled = {
        let text = crate::policies::STAFF[0].1;
        let attributes: AttributeSet = day.clinic.office.attributes(text).unwrap();
        targets.iter().filter(|target| day.clinic.policy_allows(&attributes, target)).count()
    };
    assert!(entitled > 0);
    assert_eq!(opened_by_thief(&day), entitled);

    let [seen, sealed] = day.clinic.seal().unwrap();
    assert_eq!((seen, sealed), (targets.len() as u64, targets.len() as u64));
    fs::remove_dir_all(thief.join("store")).unwrap();
    folder::copy(&day.clinic.folder("cloud").join("store"), &thief.join("store")).unwrap();
    assert_eq!(opened_by_thief(&day), 0);
}

#[test]
fn the_search_of_the_cloud_finds_what_must_not_be_there() {
    let day = Day::with_phone("nurse");
    assert!(day.clinic.search_the_cloud().unwrap() > 30);
    let cloud = day.folder.path().join("cloud");
    let seed = fs::read(day.clinic.folder("nurse").join("seed.hpcr")).unwrap();
    assert_eq!(seed[6], Kind::ReaderSeed as u8);
    let plaintext = day.resources[0].text.as_bytes();
    for found in [&seed[..], plaintext] {
        fs::write(cloud.join("store/found"), found).unwrap();
        assert!(day.clinic.search_the_cloud().is_err());
    }
}
