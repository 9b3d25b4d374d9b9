//! What a cloud writes down of whom, and what a patient sees of it. `[PHR-11]`

use hippocrypt::ledger::{Book, Entry};
use hippocrypt::phr::audit::{AuditEntry, AuditEvent, PatientLog, ReceiptError, subject};
use hippocrypt::phr::*;
use hippocrypt::store::{MemoryBlobs, Store};
use hippocrypt::testing::TestRng;
use hippocrypt::{ProxyName, RecordName, UserId};

use crate::faults::entries;
use crate::forge::short;
use crate::house::{HOUR, House, NOW, described};

pub const LOG: &str = "cloud.example/ledger";

pub struct Scene {
    pub house: House,
    pub anna: Owner,
    pub berta: Owner,
    pub chen: Reader,
    /// Two of Anna's, one of Berta's.
    pub names: Vec<RecordName>,
}

pub fn scene(seed: &str) -> Scene {
    let mut house = House::new(seed);
    let (anna, berta) = (house.patient("anna"), house.patient("berta"));
    let chen = house.reader("dr-chen", "role:physician");
    let mut lab = house.writer("laboratory");
    let note = described(RecordCategory::Note);
    let names =
        [&anna, &anna, &berta].map(|of| lab.write(of.patient(), &note, b"x", NOW, &mut house.rng).unwrap());
    house.send(&mut lab).unwrap();
    Scene { house, anna, berta, chen, names: names.to_vec() }
}

impl Scene {
    fn said(&self) -> Vec<AuditEntry> {
        self.house.cloud.with_store(entries)
    }

    fn leaves(&self) -> u64 {
        self.house.cloud.stats().unwrap().transactions
    }

    fn refused(&mut self, ask: impl FnOnce(&ProxyName, &mut TestRng) -> Asked) -> CloudError {
        let (cloud, now) = (self.house.cloud.name(), self.house.now);
        let asked = ask(&cloud, &mut self.house.rng);
        self.house.cloud.answer(asked.question(), now).unwrap_err()
    }
}

/// What the cloud answers to a patient who asks what happened, and what she makes of it.
pub fn account<S: Store>(
    house: &House<S, MemoryBlobs>,
    reader: &Reader,
    patient: &PatientHandle,
) -> (Vec<u8>, PatientLog) {
    let mut rng = TestRng::new(&PatientHandle::random(&mut hippocrypt::os_rng()).to_string());
    let asked = reader.account(patient, &house.cloud.name(), house.now, &mut rng);
    let answer = house.cloud.answer(asked.question(), house.now).unwrap();
    let log = reader.accounted(asked, &answer, None, house.now).unwrap();
    (answer, log)
}

/// What is said in it.
pub fn said(log: &PatientLog) -> Vec<AuditEntry> {
    log.transactions.iter().filter_map(|(_, said)| said.clone()).collect()
}

pub fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|part| part == needle)
}

/// The name of a record, as bytes.
pub fn bytes_of(name: &RecordName) -> Vec<u8> {
    name.id.as_bytes().to_vec()
}

#[test]
fn a_question_about_two_patients_is_in_the_chain_of_each_and_tells_neither_of_the_other() {
    let mut scene = scene("two patients");
    let before = scene.leaves();
    let cloud = scene.house.cloud.name();
    let asked = scene.chen.open(scene.names.clone(), &cloud, NOW, &mut scene.house.rng);
    let question = asked.question().to_vec();
    let answer = scene.house.cloud.answer(&question, NOW).unwrap();
    let opened = scene.chen.opened(asked, &answer).unwrap();
    assert_eq!(opened.records.len(), 3);

    // Three transactions, one after the other; those of the receipt.
    let written = scene.house.cloud.with_ledger(|book: Book<'_>| book.entries(before, 99, true)).unwrap();
    assert_eq!(written, opened.receipt.entries);
    let hash = <sha2::Sha256 as sha2::Digest>::digest(&question).to_vec();
    let expected = |entry: &AuditEntry| (entry.patient, entry.records.len(), entry.evidence.clone());
    let mut all: Vec<_> = written.iter().filter_map(AuditEntry::of).map(|entry| expected(&entry)).collect();
    assert_eq!(all.pop().unwrap(), (None, 0, question.clone()));
    all.sort_by_key(|(_, records, _)| *records);
    assert_eq!(
        all,
        [(Some(*scene.berta.patient()), 1, hash.clone()), (Some(*scene.anna.patient()), 2, hash)]
    );
    assert!(written[2].leaf.subject.is_nobody());

    for (owner, other, own, foreign) in
        [(&scene.anna, &scene.berta, 0..2, 2..3), (&scene.berta, &scene.anna, 2..3, 0..2)]
    {
        let (answer, log) = account(&scene.house, owner.reader(), owner.patient());
        let opened = said(&log).pop().unwrap();
        assert_eq!(opened.event, AuditEvent::Opened);
        let mut records = opened.records.clone();
        records.sort();
        let mut names = scene.names[own].to_vec();
        names.sort();
        assert_eq!(records, names);
        let secrets = scene.names[foreign].iter().map(bytes_of);
        let secrets = secrets.chain([other.patient().as_bytes().to_vec(), question.clone()]);
        for secret in secrets.chain([subject(LOG, other.patient()).as_bytes().to_vec()]) {
            assert!(!contains(&answer, &secret));
        }
    }
    assert_eq!(scene.house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
}

#[test]
fn a_patient_sees_in_their_order_who_did_what() {
    let mut scene = scene("who did what");
    let Scene { house, anna, chen, names, .. } = &mut scene;
    let roe = house.reader("dr-roe", "role:radiologist");
    let (patient, cloud) = (*anna.patient(), house.cloud.name());
    let mut ask = |reader: &Reader, ask: &dyn Fn(&Reader, &mut TestRng) -> Asked| {
        let asked = ask(reader, &mut house.rng);
        let _ = house.cloud.answer(asked.question(), NOW);
    };
    ask(chen, &|reader, rng| reader.list(&patient, None, &cloud, NOW, rng));
    ask(chen, &|reader, rng| reader.open([names[0]], &cloud, NOW, rng));
    ask(&roe, &|reader, rng| reader.open_all(&patient, None, &cloud, NOW, rng));
    // Not a word of it in her account: he names no patient, and nobody knows whom he means.
    ask(&roe, &|reader, rng| reader.open([names[0]], &cloud, NOW, rng));
    let reason = "unconscious in the emergency room";
    ask(chen, &|reader, rng| reader.break_glass(&patient, None, reason, &cloud, NOW, rng));
    ask(chen, &|reader, rng| reader.account(&patient, &cloud, NOW, rng));
    let share = anna.share(roe.user(), [RecordCategory::Note], [], NOW).unwrap();
    let messages = house.authority.consent(&share, NOW, &mut house.rng).unwrap();
    house.tell(&messages);
    let (_, first) = account(house, anna.reader(), &patient);
    let (_, second) = account(house, anna.reader(), &patient);
    use AuditEvent::*;
    let expected = [
        (Stored, "laboratory", 2),
        (Listed, "dr-chen", 0),
        (Opened, "dr-chen", 1),
        (Denied, "dr-roe", 0),
        (BrokeGlass, "dr-chen", 2),
        (Denied, "dr-chen", 0),
        (Consented, "anna", 0),
        (Audited, "anna", 0),
    ];
    let seen = said(&second);
    let short =
        |entry: &AuditEntry| (entry.event, entry.user.clone().unwrap().to_string(), entry.records.len());
    let expected = expected.map(|(event, user, records)| (event, user.to_owned(), records));
    assert_eq!(seen.iter().map(short).collect::<Vec<_>>(), expected);
    assert_eq!(said(&first).iter().map(short).collect::<Vec<_>>(), expected[..7]);
    assert!(contains(&seen[4].evidence, reason.as_bytes()));
    assert_eq!(seen[6].evidence, share);
    assert!(seen.iter().all(|entry| entry.patient == Some(patient) && entry.time == NOW));
    // Each stands where the log has it; the question itself is the next one.
    for (number, (entry, _)) in second.transactions.iter().enumerate() {
        assert_eq!(entry.leaf.number, number as u64 + 1);
        let stands = house.cloud.with_ledger(|book| book.leaf(entry.index)).unwrap();
        assert_eq!(stands, Some(entry.leaf));
    }
    assert_eq!(second.receipt.entries[0].leaf.number, 9);
    assert!(second.checkpoint.head().size > first.checkpoint.head().size);
}

/// A reason of any length is one that the cloud takes, cut between two characters.
#[test]
fn a_long_reason_is_cut_and_an_empty_one_is_a_reason() {
    let mut scene = scene("reasons");
    let patient = *scene.anna.patient();
    let cloud = scene.house.cloud.name();
    for (reason, kept) in [("a".repeat(1023) + "ü.", 1023), ("ü".repeat(600), 1024), (String::new(), 0)] {
        let asked = scene.chen.break_glass(&patient, None, &reason, &cloud, NOW, &mut scene.house.rng);
        let answer = scene.house.cloud.answer(asked.question(), NOW).unwrap();
        assert_eq!(scene.chen.opened(asked, &answer).unwrap().records.len(), 2);
        let seen = said(&account(&scene.house, scene.anna.reader(), &patient).1);
        let seen = seen.iter().rfind(|entry| entry.event == AuditEvent::BrokeGlass).unwrap();
        assert!(contains(&seen.evidence, &short(&reason.as_bytes()[..kept])));
    }
}

#[test]
fn nobody_but_the_patient_is_told_what_happened() {
    let mut scene = scene("nobody else");
    let patient = *scene.anna.patient();
    let (berta, anna) = (&scene.berta, &scene.anna);
    let cloud = scene.house.cloud.name();
    for reader in [berta.reader(), &scene.chen] {
        let asked = reader.account(&patient, &cloud, NOW, &mut scene.house.rng);
        let refused = scene.house.cloud.answer(asked.question(), NOW);
        assert!(matches!(refused, Err(CloudError::Denied)), "{refused:?}");
    }
    // A patient of whom there is nothing: an account of nothing for herself, and the same refusal for others.
    let dora = scene.house.patient("dora");
    let asked = anna.reader().account(dora.patient(), &cloud, NOW, &mut scene.house.rng);
    assert!(matches!(scene.house.cloud.answer(asked.question(), NOW), Err(CloudError::Denied)));
    assert!(account(&scene.house, dora.reader(), dora.patient()).1.transactions.is_empty());
    // Who speaks for her has her attribute.
    let guardian = scene.house.reader("guardian", &format!("patient:\"{patient}\""));
    assert_eq!(said(&account(&scene.house, &guardian, &patient).1).len(), 3);
    // The answer to one is none for another.
    let asked = anna.reader().account(&patient, &cloud, NOW, &mut TestRng::new("one"));
    let answer = scene.house.cloud.answer(asked.question(), NOW).unwrap();
    let other = anna.reader().account(&patient, &cloud, NOW, &mut TestRng::new("another"));
    let read = anna.reader().accounted(other, &answer, None, NOW);
    assert!(matches!(read, Err(ReadError::Receipt(ReceiptError::Other))));
    let listed = anna.reader().list(&patient, None, &cloud, NOW, &mut scene.house.rng);
    assert!(matches!(anna.reader().accounted(listed, &answer, None, NOW), Err(ReadError::NotAsked)));
}

#[test]
fn denials_are_written_down_sixty_times_a_minute_and_strangers_get_no_place() {
    let mut scene = scene("denials");
    let roe = scene.house.reader("dr-roe", "role:radiologist");
    let (patient, absent) = (*scene.anna.patient(), RecordName::random(&mut scene.house.rng));
    let stranger = PatientHandle::random(&mut scene.house.rng);
    let after = Some([0; 32]);
    let mut denied = Vec::new();
    let name = scene.names[0];
    for round in 0..10 {
        let reason = format!("round {round}");
        for (number, of) in [stranger, patient].into_iter().enumerate() {
            let record = if number == 0 { absent } else { name };
            denied.push(scene.refused(|cloud, rng| {
                roe.list(&of, if round % 2 == 0 { after } else { None }, cloud, NOW, rng)
            }));
            denied.push(scene.refused(|cloud, rng| roe.break_glass(&of, after, &reason, cloud, NOW, rng)));
            denied.push(scene.refused(|cloud, rng| match round % 3 {
                0 => roe.account(&of, cloud, NOW, rng),
                1 => roe.open([record], cloud, NOW, rng),
                _ => roe.open_all(&of, None, cloud, NOW, rng),
            }));
        }
    }
    let words = |error: &CloudError| format!("{error} {error:?}");
    assert!(denied.iter().all(|error| matches!(error, CloudError::Denied)));
    assert!(denied.iter().all(|error| words(error) == words(&denied[0])));
    let written = scene.said();
    let of = |patient: Option<PatientHandle>| {
        written.iter().filter(|entry| entry.event == AuditEvent::Denied && entry.patient == patient).count()
    };
    // Of the patient's, all but the three questions that name records alone.
    assert_eq!((of(Some(patient)), of(None), of(Some(stranger))), (27, 33, 0));
    let place = |of: &PatientHandle| {
        let subject = subject(LOG, of);
        scene.house.cloud.with_ledger(|book| book.of_patient(&subject, 1, 99)).unwrap().len()
    };
    assert_eq!((place(&stranger), place(&patient)), (0, 28));

    // From the next one on nothing is written down, and nothing is told: neither of the absent nor of the forbidden.
    let leaves = scene.leaves();
    let more: Vec<_> = [stranger, patient]
        .map(|of| scene.refused(|cloud, rng| roe.open_all(&of, None, cloud, NOW, rng)))
        .into_iter()
        .chain([absent, name].map(|of| scene.refused(|cloud, rng| roe.open([of], cloud, NOW, rng))))
        .collect();
    assert!(more.iter().all(|error| matches!(error, CloudError::TooMany)), "{more:?}");
    assert!(more.iter().all(|error| words(error) == words(&more[0])));
    assert_eq!(scene.leaves(), leaves);
    // Others, and the next minute, are not concerned; nor is what he may read.
    let lee = scene.house.reader("dr-lee", "role:radiologist");
    let others = scene.refused(|cloud, rng| lee.open_all(&patient, None, cloud, NOW, rng));
    assert!(matches!(others, CloudError::Denied));
    let share = scene.anna.share(roe.user(), [RecordCategory::Note], [], NOW).unwrap();
    let messages = scene.house.authority.consent(&share, NOW, &mut scene.house.rng).unwrap();
    scene.house.tell(&messages);
    assert_eq!(scene.house.read(&roe, &patient).unwrap().records.len(), 2);
    scene.house.now = NOW + 60;
    let later = scene.refused(|cloud, rng| roe.open_all(&stranger, None, cloud, NOW + 60, rng));
    assert!(matches!(later, CloudError::Denied));
    assert_eq!(scene.house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
}

#[test]
fn consents_are_written_down_once_and_what_comes_of_them_under_nobody() {
    let mut scene = scene("consents");
    let Scene { house, anna, berta, .. } = &mut scene;
    let roe = UserId::new("dr-roe").unwrap();
    house.reader("dr-roe", "role:radiologist");
    let before = house.cloud.stats().unwrap().transactions;
    let share = anna.share(&roe, [RecordCategory::Note], [], NOW).unwrap();
    let messages = house.authority.consent(&share, NOW, &mut house.rng).unwrap();
    assert_eq!(messages[0], share);
    house.tell(&messages);
    house.tell(&messages);
    let again = house.authority.consent(&share, NOW, &mut house.rng).unwrap();
    assert!(again.len() == 1 && again[0] == share);
    house.tell(&again);
    let unshare = anna.unshare(&roe, [RecordCategory::Note], [], NOW + 1).unwrap();
    let messages = house.authority.consent(&unshare, NOW + 1, &mut house.rng).unwrap();
    house.tell(&messages);
    house.tell(&messages);
    let update = house.authority.revoke(&roe, NOW).unwrap();
    house.tell(&[update]);
    let written = house.cloud.with_ledger(|book| book.entries(before, 99, true)).unwrap();
    let short = |entry: &Entry| {
        let said = AuditEntry::of(entry).unwrap();
        assert_eq!(said.patient.is_none(), entry.leaf.subject.is_nobody());
        (said.event, said.patient.is_some(), entry.leaf.number)
    };
    let written: Vec<_> = written.iter().map(short).collect();
    use AuditEvent::*;
    assert_eq!(written[..3], [(Consented, true, 2), (Granted, false, 0), (Consented, true, 3)]);
    assert!(
        written[3..].iter().all(|(event, hers, _)| matches!(event, Revoked | Granted) && !hers),
        "{written:?}"
    );
    assert!(written[3..].iter().any(|(event, ..)| *event == Revoked));
    let evidence: Vec<_> = said(&account(house, anna.reader(), anna.patient()).1)
        .into_iter()
        .filter(|entry| entry.event == Consented)
        .map(|entry| entry.evidence)
        .collect();
    assert_eq!(evidence, [share.clone(), unshare]);
    assert!(
        said(&account(house, berta.reader(), berta.patient()).1).iter().all(|entry| entry.event != Consented)
    );

    // Nobody writes a consent into her chain but her.
    let leaves = house.cloud.stats().unwrap().transactions;
    let foreign =
        House::new("elsewhere").patient("anna").share(&roe, [RecordCategory::Note], [], NOW).unwrap();
    let mut forged = share.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    for bad in [foreign, forged] {
        let taken = house.cloud.take(&bad, NOW, &mut house.rng);
        assert!(matches!(taken, Err(CloudError::Credential)), "{taken:?}");
    }
    let late = anna.share(&roe, [RecordCategory::Note], [], NOW + 2).unwrap();
    let taken = house.cloud.take(&late, NOW + 1001 * HOUR, &mut house.rng);
    assert!(matches!(taken, Err(CloudError::Credential)), "{taken:?}");
    assert_eq!(house.cloud.stats().unwrap().transactions, leaves);
}
