//! Golden bytes and hostile bytes for the messages that have no public decoder. `HIPPOCRYPT_BLESS=1` writes golden files that are missing.

use std::format;
use std::fs;
use std::path::PathBuf;
use std::string::String;

use rand_core::Rng;

use super::*;
use crate::abe::types::{AuthorKey, setup_with_epochs};
use crate::epoch::EpochTree;
use crate::ledger::Scribe;
use crate::outsource::{ReaderSeed, UserId};
use crate::phr::audit::{AuditEvent, access};
use crate::phr::credential::Credential;
use crate::phr::index::Announcement;
use crate::phr::record::{Description, RecordCategory, SecurityLabel};
use crate::phr::{AccessRules, Authority, Reader, Writer};
use crate::policy::Schema;
use crate::revoke::ProxyName;
use crate::search::{CollectionId, Context, Domain, IndexEpoch, IndexOwner, WriterId};
use crate::secret::Secret;
use crate::store::{Batch, ChunkId, MemoryStore, Store};
use crate::testing::TestRng;

const NOW: u64 = 1_800_000_000;

type Reencode = fn(&[u8]) -> Option<Vec<u8>>;

fn upload(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(Upload::from_bytes(bytes).ok()?.to_bytes())
}

fn question(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(Question::from_bytes(bytes).ok()?.to_bytes())
}

fn answer(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(Answer::from_bytes(bytes).ok()?.to_bytes())
}

fn body(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(Body::from_bytes(bytes).ok()?.to_bytes().expose_secret().clone())
}

fn announcement(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(Announcement::from_bytes(bytes).ok()?.to_bytes())
}

/// A receipt on its way, over two transactions.
fn promise(
    authority: &Authority<MemoryStore>,
    mut scribe: Scribe,
    cloud: &ProxyName,
    reader: &Reader,
    patient: &PatientHandle,
) -> Promise {
    let (mut store, mut batch) = (MemoryStore::new(), Batch::new());
    let patients = Vec::from([(*patient, Vec::new())]);
    let mut said = access(AuditEvent::Opened, NOW, reader.user(), b"golden question", patients);
    said.extend(access(AuditEvent::Denied, NOW, reader.user(), b"golden question", Vec::new()));
    let transactions = said.iter().map(|said| said.transaction(scribe.log())).collect();
    let entries = scribe.append(&store, &mut batch, transactions).unwrap();
    store.commit(&batch).unwrap();
    let certificate = authority.certify_ledger(cloud, scribe.key(&store).unwrap(), 0);
    Promise::of(&scribe.receipt(&store, entries).unwrap(), certificate, NOW)
}

/// One of every message and of every shape, from a fixed seed.
fn messages() -> Vec<(&'static str, Vec<u8>, Reencode)> {
    let mut rng = TestRng::new("golden messages");
    let (_, master) = setup_with_epochs("golden house", EpochTree::new(10).unwrap(), &mut rng).unwrap();
    let rules = AccessRules::parse("note: role:physician", &Schema::empty()).unwrap();
    let authority = Authority::begin(master, &Schema::empty(), rules, MemoryStore::new(), NOW).unwrap();
    let realm = authority.realm().clone();
    let (user, key) = (UserId::new("golden writer").unwrap(), AuthorKey::generate(&mut rng));
    let patient = PatientHandle::from_bytes([0x55; 16]);
    let all = RecordCategory::ALL;
    let credential = authority.credential(&user, &key.id(), all, None, NOW + 3600).unwrap();
    let copy = AuthorKey::from_bytes(key.to_bytes().expose_secret()).unwrap();
    let mut writer = Writer::new(realm.clone(), copy, &credential).unwrap();
    writer.observe(&authority.statement(NOW, NOW + 60).unwrap(), NOW).unwrap();
    let mut description = Description::new(RecordCategory::Note, "text/plain");
    for content in [&b"one"[..], b"two"] {
        writer.write(&patient, &description, content, NOW, &mut rng).unwrap();
    }
    let records = writer.upload().unwrap();
    let mut sent = Upload::from_bytes(&records).unwrap();
    let chunk = b"a golden chunk".to_vec();
    sent.records.truncate(1);
    sent.records[0].chunks = Vec::from([ChunkId::of(&chunk), ChunkId::of(b"another")]);
    let name = |version| RecordName { id: RecordId::from_bytes([0x42; 16]), version };
    let opening = |records| Opening {
        patient,
        compartment: [0x66; 16],
        transformed: Vec::from([0x77; 40]),
        credential: credential.clone(),
        records,
    };
    let given = Upload::sign(
        &key,
        &sent.credential.clone(),
        Vec::new(),
        core::mem::take(&mut sent.records),
        Vec::from([chunk, Vec::new()]),
    );
    let reader = Reader::new(realm, UserId::new("golden reader").unwrap(), ReaderSeed::generate(&mut rng));
    let cloud = ProxyName::new("golden cloud").unwrap();
    let scribe_of = |log: &str| Scribe::generate(log, &mut TestRng::new("golden ledger")).unwrap();
    let promise = promise(&authority, scribe_of("golden/ledger"), &cloud, &reader, &patient);
    let listed = Listed { name: name(1), bytes: 300, chunks: 2, stored: NOW };
    let answered = |contents| Answer { promise: Some(promise.clone()), contents }.to_bytes();
    let repeated = Answer { promise: None, contents: Contents::Chunks(Vec::new()) }.to_bytes();
    description.labels.extend(["HIV", "PSY"].map(|label| SecurityLabel::new(label).unwrap()));
    (description.occurred, description.recorded) = (Some(-1), None);
    let inside = |content| {
        let body = Body { writer: user.clone(), description: description.clone(), content };
        body.to_bytes().expose_secret().clone()
    };
    let mut asked = |ask: u8| match ask {
        1 => reader.list(&patient, Some([0x99; 32]), &cloud, NOW, &mut rng).question().to_vec(),
        2 => reader.open([name(1), name(2)], &cloud, NOW, &mut rng).question().to_vec(),
        _ => reader.open_all(&patient, None, &cloud, NOW, &mut rng).question().to_vec(),
    };
    let (list, open, open_all) = (asked(1), asked(2), asked(3));
    let occasion = Occasion { realm: authority.realm().id(), user: reader.user(), cloud: &cloud, time: NOW };
    let request_key = ReaderSeed::generate(&mut rng).request_key();
    let mut signed = |ask| Question::sign(&request_key, &occasion, ask, &mut rng).to_bytes();
    let chunks = signed(Ask::Chunks { name: name(3), first: 4, count: 5 });
    let some = Some([0xaa; 32]);
    let context = Context {
        collection: CollectionId::from_bytes([0xbb; 16]),
        domain: Domain::new("general").unwrap(),
        epoch: IndexEpoch::FIRST,
        pipeline: 1,
    };
    let positions =
        Vec::from([1, 2].map(|writer| (WriterId::from_bytes([writer; 16]), u64::from(writer) << 33)));
    let asked_of_index = [
        ("question-index", Ask::Index { patient }),
        ("question-seed", Ask::Seed { patient, core: [0xcc; 32] }),
        ("question-segments", Ask::Segments { patient, context: context.clone(), positions }),
        ("question-outline", Ask::Outline { patient, context }),
        ("question-match", Ask::Match { patient, query: b"golden tags".to_vec() }),
        ("question-break-glass", Ask::BreakGlass { patient, after: some, reason: "unconscious".into() }),
        ("question-account", Ask::Account { patient }),
    ]
    .map(|(name, ask)| (name, signed(ask), question as Reencode));
    let announced = {
        let credential = authority.credential(&user, &key.id(), all, Some(&patient), NOW + 3600).unwrap();
        let index = IndexOwner::from_seed(Secret::new([0xdd; 32]));
        Announcement::sign(&key, &Credential::from_bytes(&credential).unwrap(), &index, 3)
    };
    let patients = announced.patient(authority.realm()).copied();
    assert_eq!(patients, Some(patient));
    let index = Contents::Index { announcement: announced.to_bytes(), head: b"golden head".to_vec() };
    let (checkpoint, account) = (b"golden checkpoint".to_vec(), b"golden account".to_vec());
    let account = Contents::Account { checkpoint, account };
    let mut messages = Vec::from([
        ("upload", records, upload as Reencode),
        ("upload-of-chunks", given.to_bytes(), upload),
        ("question-list", list, question),
        ("question-open", open, question),
        ("question-open-all", open_all, question),
        ("question-chunks", chunks, question),
        ("answer-listed", answered(Contents::Listed { records: Vec::from([listed]), next: some }), answer),
        (
            "answer-opened",
            answered(Contents::Opened {
                openings: Vec::from([opening(Vec::from([(Vec::from([1; 9]), 0), (Vec::new(), 3)]))]),
                next: None,
            }),
            answer,
        ),
        ("answer-chunks", answered(Contents::Chunks(Vec::from([Vec::from([2; 30]), Vec::new()]))), answer),
        ("record-body", inside(Content::Here(b"golden content")), body),
        ("record-body-attached", inside(Content::Attached { stream: name(9), bytes: 1 << 33 }), body),
        ("index-announcement", announced.to_bytes(), announcement),
        ("answer-index", answered(index), answer),
        ("answer-seed", answered(Contents::Seed(Some(Vec::from([3; 40])))), answer),
        ("answer-seed-of-others", answered(Contents::Seed(None)), answer),
        ("answer-bytes", answered(Contents::Bytes(b"golden segments".to_vec())), answer),
        ("answer-account", answered(account), answer),
        ("answer-without-receipt", repeated, answer),
    ]);
    messages.extend(asked_of_index);
    messages
}

fn hex(bytes: &[u8]) -> String {
    let line = |line: &[u8]| line.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    bytes.chunks(32).map(line).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn every_message_has_the_bytes_it_always_had() {
    for (name, bytes, _) in messages() {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.hex"));
        if !path.exists() && std::env::var_os("HIPPOCRYPT_BLESS").is_some() {
            fs::write(&path, hex(&bytes)).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(hex(&bytes), golden, "{name} has changed");
    }
}

/// A decoder refuses hostile bytes, or has read exactly what an encoder writes.
#[test]
fn every_decoder_reads_what_an_encoder_writes_and_nothing_else() {
    for (name, good, reencode) in messages() {
        assert_eq!(reencode(&good).as_ref(), Some(&good), "{name}");
        let mut inputs: Vec<Vec<u8>> = (0..good.len()).map(|length| good[..length].to_vec()).collect();
        // The content of a record goes to the end, whatever it is.
        if name != "record-body" {
            assert!(inputs.iter().all(|input| reencode(input).is_none()), "{name}");
            for tail in [&[0][..], &[0xff], &good[..7]] {
                assert_eq!(reencode(&[&good, tail].concat()), None, "{name}");
            }
        }
        for at in 0..good.len() {
            for mask in [0x01, 0x20, 0x80, 0xff] {
                let mut flipped = good.clone();
                flipped[at] ^= mask;
                inputs.push(flipped);
            }
            for width in [2, 4, 8] {
                let mut huge = good.clone();
                let end = (at + width).min(huge.len());
                huge[at..end].fill(0xff);
                inputs.push(huge);
            }
        }
        let mut rng = TestRng::new(name);
        for length in [0, 1, 7, 8, 40, 200, 1000] {
            let mut noise = Vec::from([0; 1000]);
            rng.fill_bytes(&mut noise);
            noise.truncate(length);
            inputs.push(noise.clone());
            inputs.push([&good[..7], &noise].concat());
        }
        for input in inputs {
            if let Some(bytes) = reencode(&input) {
                assert!(bytes == input, "{name} accepts what no encoder writes");
            }
        }
    }
}

#[test]
fn a_question_names_at_least_one_record_and_no_more_than_the_limit() {
    let (_, good, _) = messages().into_iter().find(|(name, ..)| *name == "question-open").unwrap();
    let count = good.len() - 64 - 2 * NAME_BYTES - 4;
    for names in [0, MAX_NAMES, MAX_NAMES + 1] {
        let mut bytes = good[..count].to_vec();
        bytes.extend(u32::try_from(names).unwrap().to_be_bytes());
        bytes.extend(core::iter::repeat_n(7, NAME_BYTES * names + 64));
        assert_eq!(question(&bytes).is_some(), names == MAX_NAMES, "{names}");
    }
}

#[test]
fn an_answer_with_a_seed_has_bytes_and_one_without_has_none() {
    let (_, good, _) = messages().into_iter().find(|(name, ..)| *name == "answer-seed").unwrap();
    let flag = good.len() - 40 - 4 - 1;
    let mut hidden = good.clone();
    hidden[flag] = 0;
    let empty = [&good[..flag], &[1, 0, 0, 0, 0]].concat();
    let other = [&good[..flag], &[2], &good[flag + 1..]].concat();
    for bytes in [hidden, empty, other] {
        assert_eq!(answer(&bytes), None);
    }
}

/// An announcement counts as it was signed, whole, by both keys.
#[test]
fn no_field_of_an_announcement_can_be_changed() {
    let (_, good, _) = messages().into_iter().find(|(name, ..)| *name == "index-announcement").unwrap();
    let mut rng = TestRng::new("golden messages");
    let (_, master) = setup_with_epochs("golden house", EpochTree::new(10).unwrap(), &mut rng).unwrap();
    let rules = AccessRules::parse("note: role:physician", &Schema::empty()).unwrap();
    let authority = Authority::begin(master, &Schema::empty(), rules, MemoryStore::new(), NOW).unwrap();
    let patient = |bytes: &[u8]| Announcement::from_bytes(bytes).ok()?.patient(authority.realm()).copied();
    assert!(patient(&good).is_some());
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 1;
        assert_eq!(patient(&changed), None, "{at}");
    }
}
