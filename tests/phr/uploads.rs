//! Attacks on a cloud by those who write: what it refuses, and that a refused upload leaves nothing.

use hippocrypt::phr::*;
use hippocrypt::store::{MemoryBlobs, MemoryStore};
use hippocrypt::{Kind, RecordName, UserId};

use crate::forge::{FalseUpload, Rogue};
use crate::house::{HOUR, House, NOW, described};
use crate::receipt::{contents, split};

struct Scene {
    house: House,
    rogue: Rogue,
    anna: PatientHandle,
    berta: PatientHandle,
}

fn scene() -> Scene {
    let mut house = House::new("uploads");
    let (anna, berta) = (*house.patient("anna").patient(), *house.patient("berta").patient());
    let rogue = Rogue::new(&mut house, "locum", None);
    Scene { house, rogue, anna, berta }
}

impl Scene {
    fn good(&mut self) -> (FalseUpload, RecordName) {
        let (compartment, _, key) = self.rogue.fair(&mut self.house, &self.anna);
        let name = RecordName::random(&mut self.house.rng);
        let record = self.rogue.record(&mut self.house, &key, &name, b"a note");
        (self.rogue.upload(vec![compartment], vec![record]), name)
    }

    fn send(&mut self, upload: &FalseUpload) -> Result<Vec<u8>, CloudError> {
        self.send_bytes(&upload.sign(&self.rogue.key))
    }

    /// What is refused changes no row.
    fn send_bytes(&mut self, upload: &[u8]) -> Result<Vec<u8>, CloudError> {
        let before = self.house.cloud.stats().unwrap();
        let outcome = self.house.cloud.upload(upload, self.house.now, &mut self.house.rng);
        if outcome.is_err() {
            assert_eq!(self.house.cloud.stats().unwrap(), before);
        }
        outcome
    }
}

macro_rules! refused {
    ($outcome:expr, $error:pat) => {
        let outcome = $outcome;
        assert!(matches!(outcome, Err($error)), "{:?}", outcome.map(|_| "stored"));
    };
}

#[test]
fn a_good_upload_is_stored_once_however_often_it_comes() {
    let mut scene = scene();
    let (upload, _) = scene.good();
    let first = scene.send(&upload).unwrap();
    let stats = scene.house.cloud.stats().unwrap();
    scene.house.now += 5;
    let second = scene.send(&upload).unwrap();
    assert_eq!(scene.house.cloud.stats().unwrap(), stats);
    // The same confirmation, but for the receipt: of what is stored already nothing is written down.
    assert_eq!(contents(&first), contents(&second));
    assert!(split(&first).0.is_some() && split(&second).0.is_none());
    assert_eq!(scene.house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
}

#[test]
fn credentials_that_are_forged_expired_or_foreign_admit_nothing() {
    let mut scene = scene();
    let (good, _) = scene.good();
    for at in [20, 45, 90, 120, 150] {
        let mut forged = good.clone();
        forged.credential[at] ^= 1;
        let outcome = scene.send(&forged);
        assert!(matches!(outcome, Err(CloudError::Credential | CloudError::Malformed(_))), "{at}");
    }
    let mut foreign = good.clone();
    foreign.credential = Rogue::new(&mut House::new("elsewhere"), "locum", None).credential;
    refused!(scene.send(&foreign), CloudError::Credential);
    // Somebody else's genuine credential, with the own signature.
    let mut stolen = good.clone();
    stolen.credential = Rogue::new(&mut scene.house, "surgeon", None).credential;
    refused!(scene.send(&stolen), CloudError::Signature);
    // Good to its last second.
    scene.house.now = NOW + HOUR;
    scene.send(&good).unwrap();
    let (late, _) = scene.good();
    scene.house.now = NOW + HOUR + 1;
    let lease =
        scene.house.authority.lease(&scene.house.cloud.name(), NOW + HOUR + 1, NOW + 2 * HOUR).unwrap();
    scene.house.tell(&[lease]);
    refused!(scene.send(&late), CloudError::Credential);
}

#[test]
fn an_upload_that_was_changed_is_not_signed() {
    let mut scene = scene();
    let (mut good, _) = scene.good();
    good.chunks = vec![b"a chunk".to_vec()];
    let good = good.sign(&scene.rogue.key);
    let (mut refused, mut malformed) = (0, 0);
    for at in (7..good.len()).step_by(37).chain(good.len() - 80..good.len()) {
        let mut changed = good.clone();
        changed[at] ^= 1;
        match scene.send_bytes(&changed) {
            Err(CloudError::Signature | CloudError::Credential) => refused += 1,
            Err(CloudError::Malformed(_)) => malformed += 1,
            other => panic!("{at}: {:?}", other.map(|_| "stored")),
        }
    }
    assert!(refused > 80 && malformed < 20, "{refused} {malformed}");
    assert!(matches!(scene.send_bytes(&good[..good.len() - 1]), Err(CloudError::Malformed(_))));
    scene.send_bytes(&good).unwrap();
}

#[test]
fn a_dismissed_writer_is_out_until_he_is_hired_again() {
    let mut scene = scene();
    let (upload, _) = scene.good();
    let locum = UserId::new("locum").unwrap();
    let update = scene.house.authority.revoke(&locum, NOW).unwrap();
    scene.house.tell(&[update]);
    refused!(scene.send(&upload), CloudError::Dismissed(_));
    let all = RecordCategory::ALL;
    scene.rogue.credential = scene.rogue.certified(&scene.house, "locum", all, None);
    let (again, _) = scene.good();
    scene.send(&again).unwrap();
}

#[test]
fn a_header_has_to_be_its_patients() {
    let mut scene = scene();
    let (anna, berta) = (scene.anna, scene.berta);
    let Scene { house, rogue, .. } = &mut scene;
    let (for_berta, ..) = rogue.compartment(house, &format!("patient:\"{berta}\""), &anna, &anna);
    let (staff, ..) = rogue.compartment(house, "role:physician", &anna, &anna);
    let (both, ..) =
        rogue.compartment(house, &format!("patient:\"{anna}\" and role:physician"), &anna, &anna);
    let (other_context, ..) = rogue.compartment(house, &format!("patient:\"{anna}\""), &anna, &berta);
    let (mut other_id, ..) = rogue.fair(house, &anna);
    other_id.1[0] ^= 1;
    let bound = Rogue::new(house, "device", Some(&berta));
    for compartment in [for_berta, staff, both, other_context, other_id] {
        let upload = scene.rogue.upload(vec![compartment], Vec::new());
        refused!(scene.send(&upload), CloudError::NotThePatients);
    }
    // A credential for one patient is for her alone.
    let (annas, ..) = bound.fair(&mut scene.house, &anna);
    let upload = bound.upload(vec![annas], Vec::new()).sign(&bound.key);
    refused!(scene.send_bytes(&upload), CloudError::NotThePatients);
    let (bertas, ..) = bound.fair(&mut scene.house, &berta);
    let upload = bound.upload(vec![bertas], Vec::new()).sign(&bound.key);
    scene.send_bytes(&upload).unwrap();
}

#[test]
fn a_header_has_to_be_of_this_realm_and_epoch() {
    let mut scene = scene();
    let (old, _) = scene.good();
    // Of another realm, in a context that fits.
    let mut elsewhere = House::new("elsewhere");
    let anna = scene.anna;
    let foreign = Rogue::new(&mut elsewhere, "locum", None).fair(&mut elsewhere, &anna).0;
    refused!(scene.send(&scene.rogue.upload(vec![foreign], Vec::new())), CloudError::Header(_));
    // Changed rows.
    let mut changed = old.clone();
    let end = changed.compartments[0].2.len() - 1;
    changed.compartments[0].2[end] ^= 1;
    assert!(matches!(scene.send(&changed), Err(CloudError::Header(_) | CloudError::Malformed(_))));
    // Of a later epoch, before the cloud has heard of it; of the one before, when it has.
    let update = scene.house.authority.advance(NOW).unwrap();
    let (future, _) = scene.good();
    refused!(scene.send(&future), CloudError::Header(_));
    scene.house.tell(&[update]);
    refused!(scene.send(&old), CloudError::Header(_));
    scene.send(&future).unwrap();
}

#[test]
fn a_compartment_takes_records_of_its_writer_while_it_is_open() {
    let mut scene = scene();
    let anna = scene.anna;
    let (compartment, _, key) = scene.rogue.fair(&mut scene.house, &anna);
    let record = |scene: &mut Scene| {
        let name = RecordName::random(&mut scene.house.rng);
        scene.rogue.record(&mut scene.house, &key, &name, b"more")
    };
    let first = record(&mut scene);
    // Before its header came.
    refused!(scene.send(&scene.rogue.upload(Vec::new(), vec![first.clone()])), CloudError::Missing(_));
    scene.send(&scene.rogue.upload(vec![compartment.clone()], vec![first])).unwrap();
    let more = record(&mut scene);
    scene.send(&scene.rogue.upload(Vec::new(), vec![more])).unwrap();
    // Somebody else's, who has opened it and so could seal.
    let intruder = Rogue::new(&mut scene.house, "intruder", None);
    let name = RecordName::random(&mut scene.house.rng);
    let foreign = intruder.record(&mut scene.house, &key, &name, b"not his");
    let upload = intruder.upload(Vec::new(), vec![foreign.clone()]).sign(&intruder.key);
    refused!(scene.send_bytes(&upload), CloudError::Closed);
    let upload = intruder.upload(vec![compartment.clone()], vec![foreign]).sign(&intruder.key);
    refused!(scene.send_bytes(&upload), CloudError::Closed);
    let upload = intruder.upload(vec![compartment.clone()], Vec::new()).sign(&intruder.key);
    refused!(scene.send_bytes(&upload), CloudError::Closed);
    // Unsigned.
    let name = RecordName::random(&mut scene.house.rng);
    let unsigned = (*key.core_id(), key.seal(&name, b"unsigned", &mut scene.house.rng), Vec::new());
    refused!(scene.send(&scene.rogue.upload(Vec::new(), vec![unsigned])), CloudError::Closed);
    // Somebody was dismissed, who may have opened it.
    let late = record(&mut scene);
    let update = scene.house.authority.revoke(&UserId::new("somebody").unwrap(), NOW).unwrap();
    scene.house.tell(&[update]);
    refused!(scene.send(&scene.rogue.upload(Vec::new(), vec![late])), CloudError::Closed);
    let (compartment, _, key) = scene.rogue.fair(&mut scene.house, &anna);
    scene.send(&scene.rogue.upload(vec![compartment], Vec::new())).unwrap();
    let name = RecordName::random(&mut scene.house.rng);
    let late = scene.rogue.record(&mut scene.house, &key, &name, b"too late");
    let update = scene.house.authority.advance(NOW).unwrap();
    scene.house.tell(&[update]);
    refused!(scene.send(&scene.rogue.upload(Vec::new(), vec![late])), CloudError::Closed);
}

#[test]
fn a_name_is_given_once() {
    let mut scene = scene();
    let anna = scene.anna;
    let (compartment, _, key) = scene.rogue.fair(&mut scene.house, &anna);
    let name = RecordName::random(&mut scene.house.rng);
    let first = scene.rogue.record(&mut scene.house, &key, &name, b"one");
    let other = scene.rogue.record(&mut scene.house, &key, &name, b"two");
    // Twice in one upload.
    let both = scene.rogue.upload(vec![compartment.clone()], vec![first.clone(), other.clone()]);
    refused!(scene.send(&both), CloudError::Store(_));
    scene.send(&scene.rogue.upload(vec![compartment], vec![first])).unwrap();
    refused!(scene.send(&scene.rogue.upload(Vec::new(), vec![other])), CloudError::Exists);
    // In another compartment.
    let (compartment, _, key) = scene.rogue.fair(&mut scene.house, &anna);
    let elsewhere = scene.rogue.record(&mut scene.house, &key, &name, b"one");
    refused!(scene.send(&scene.rogue.upload(vec![compartment], vec![elsewhere])), CloudError::Exists);
    // The same bytes, said to lie in another compartment.
    let later = RecordName { version: name.version + 1, ..name };
    let (compartment, _, key) = scene.rogue.fair(&mut scene.house, &anna);
    let next = scene.rogue.record(&mut scene.house, &key, &later, b"next");
    scene.send(&scene.rogue.upload(vec![compartment], vec![next])).unwrap();
}

#[test]
fn limits_and_chunks_are_checked() {
    let mut limits = Limits::default();
    (limits.records_per_compartment, limits.bytes_per_compartment, limits.upload_bytes) = (2, 10_000, 20_000);
    let mut house = House::limited("limits", limits);
    let anna = *house.patient("anna").patient();
    let rogue = Rogue::new(&mut house, "locum", None);
    let (compartment, _, key) = rogue.fair(&mut house, &anna);
    let record = |house: &mut House, bytes: usize| {
        let name = RecordName::random(&mut house.rng);
        rogue.record(house, &key, &name, &vec![0; bytes])
    };
    let (big, bigger, one, two, three) = (
        record(&mut house, 10_000),
        record(&mut house, 30_000),
        record(&mut house, 10),
        record(&mut house, 10),
        record(&mut house, 10),
    );
    let mut send =
        |upload: FalseUpload| house.cloud.upload(&upload.sign(&rogue.key), NOW, &mut house.rng).map(drop);
    refused!(send(rogue.upload(vec![compartment.clone()], vec![bigger])), CloudError::TooLarge { .. });
    refused!(send(rogue.upload(vec![compartment.clone()], vec![big])), CloudError::Closed);
    let mut lacks = one.clone();
    lacks.2 = vec![[5; 32]];
    refused!(send(rogue.upload(vec![compartment.clone()], vec![lacks])), CloudError::Missing("chunk"));
    send(rogue.upload(vec![compartment], vec![one, two])).unwrap();
    refused!(send(rogue.upload(Vec::new(), vec![three])), CloudError::Closed);
}

#[test]
fn without_a_lease_nothing_is_stored() {
    let mut scene = scene();
    let (upload, _) = scene.good();
    scene.house.now += HOUR + 1;
    refused!(scene.send(&upload), CloudError::Duty(_));
    let realm = scene.house.authority.realm().clone();
    let name = scene.house.cloud.name();
    let (store, blobs) = (MemoryStore::new(), MemoryBlobs::new());
    let scribe = scene.house.scribe();
    let bare = Cloud::open(realm, name, store, blobs, scribe, Limits::default(), NOW).unwrap();
    let bytes = upload.sign(&scene.rogue.key);
    refused!(bare.upload(&bytes, NOW, &mut scene.house.rng), CloudError::Duty(_));
}

/// Objects of other kinds, and noise, to every door of the cloud.
#[test]
fn every_door_refuses_what_is_not_for_it() {
    let mut scene = scene();
    let (upload, _) = scene.good();
    let upload = upload.sign(&scene.rogue.key);
    let reader = scene.house.reader("dr-chen", "role:physician");
    let anna = scene.anna;
    let asked = reader.list(&anna, None, &scene.house.cloud.name(), NOW, &mut scene.house.rng);
    let House { cloud, rng, .. } = &mut scene.house;
    for kind in Kind::ALL {
        let object = [b"HPCR\x01\x01", &[kind as u8][..], &[0; 300]].concat();
        assert!(cloud.take(&object, NOW, rng).is_err());
        assert!(cloud.upload(&object, NOW, rng).is_err());
        assert!(cloud.answer(&object, NOW).is_err());
    }
    assert!(matches!(cloud.take(&upload, NOW, rng), Err(CloudError::OtherKind(Kind::Upload))));
    assert!(matches!(cloud.upload(asked.question(), NOW, rng), Err(CloudError::Malformed(_))));
    assert!(matches!(cloud.answer(&upload, NOW), Err(CloudError::Malformed(_))));
}

#[test]
fn a_writer_does_not_write_what_his_credential_does_not_cover() {
    let mut scene = scene();
    let realm = scene.house.authority.realm().clone();
    let narrow = scene.rogue.certified(&scene.house, "locum", [RecordCategory::Note], Some(&scene.anna));
    let key = hippocrypt::AuthorKey::from_bytes(scene.rogue.key.to_bytes().expose_secret()).unwrap();
    let mut writer = Writer::new(realm.clone(), key, &narrow).unwrap();
    let rng = &mut scene.house.rng;
    let note = described(RecordCategory::Note);
    assert!(matches!(writer.write(&scene.anna, &note, b"", NOW, rng), Err(RoleError::Epoch(_))));
    writer.observe(&scene.house.authority.statement(NOW, NOW + 60).unwrap(), NOW).unwrap();
    writer.write(&scene.anna, &note, b"", NOW, rng).unwrap();
    let error = writer.write(&scene.berta, &note, b"", NOW, rng).unwrap_err();
    assert!(matches!(error, RoleError::NotCovered { category: RecordCategory::Note }));
    let imaging = described(RecordCategory::Imaging);
    assert!(matches!(writer.write(&scene.anna, &imaging, b"", NOW, rng), Err(RoleError::NotCovered { .. })));
    let other = hippocrypt::AuthorKey::generate(rng);
    assert!(matches!(Writer::new(realm, other, &narrow), Err(RoleError::Credential)));
}
