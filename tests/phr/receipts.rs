//! No record without a receipt: what a reader does not take for one, and that he opens nothing then. `[PHR-8.3]`

use hippocrypt::ledger::{Scribe, Subject, TransactionKind};
use hippocrypt::phr::audit::{AuditEntry, AuditEvent, LedgerCertificate, ReceiptError};
use hippocrypt::phr::index::{FindError, IndexReader};
use hippocrypt::phr::*;
use hippocrypt::store::MemoryStore;
use hippocrypt::testing::TestRng;
use hippocrypt::{ProxyName, RecordName};

use crate::forge::FalseAnswer;
use crate::house::{House, NOW, described};
use crate::receipt::{FalseReceipt, Liar, access, contents, join, split, with_receipt};
use crate::ward::{GATE, Ward, query, word};

/// A physician who has asked for two records of one patient and one of another, and what he is answered.
struct Scene {
    house: House,
    chen: Reader,
    names: Vec<RecordName>,
    answer: Vec<u8>,
}

fn scene() -> Scene {
    let mut house = House::new("receipts");
    let (anna, berta) = (*house.patient("anna").patient(), *house.patient("berta").patient());
    let chen = house.reader("dr-chen", "role:physician");
    let mut lab = house.writer("laboratory");
    let note = described(RecordCategory::Note);
    let names = [&anna, &anna, &berta].map(|of| lab.write(of, &note, b"x", NOW, &mut house.rng).unwrap());
    house.send(&mut lab).unwrap();
    let mut scene = Scene { house, chen, names: names.to_vec(), answer: Vec::new() };
    scene.answer = scene.house.cloud.answer(scene.asked().question(), NOW).unwrap();
    scene
}

impl Scene {
    /// The question that was asked, as often as its answer is to be read.
    fn asked(&self) -> Asked {
        let cloud = ProxyName::new("cloud").unwrap();
        self.chen.open(self.names.clone(), &cloud, NOW, &mut TestRng::new("the question"))
    }

    /// What the ledger is to say of it.
    fn said(&self) -> Vec<AuditEntry> {
        let given = FalseAnswer::of(&self.answer).given();
        let said = access(AuditEvent::Opened, NOW, self.chen.user(), self.asked().question(), &given);
        assert_eq!(said.iter().map(|entry| entry.patient.is_some()).collect::<Vec<_>>(), [true, true, false]);
        said
    }

    /// What is answered, with a receipt.
    fn with(&self, receipt: &FalseReceipt) -> Vec<u8> {
        join(Some(receipt), &contents(&self.answer))
    }

    fn reads(&self, answer: &[u8]) -> Result<usize, ReceiptError> {
        match self.chen.opened(self.asked(), answer) {
            Ok(opened) => Ok(opened.records.len()),
            Err(ReadError::Receipt(error)) => Err(error),
            Err(other) => panic!("{other}"),
        }
    }

    fn is_other(&self, receipt: &FalseReceipt) -> bool {
        self.reads(&self.with(receipt)) == Err(ReceiptError::Other)
    }
}

#[test]
fn a_receipt_is_for_one_question_of_one_reader_and_for_what_he_was_given() {
    let mut scene = scene();
    assert_eq!(scene.reads(&scene.answer), Ok(3));
    assert_eq!(scene.reads(&join(None, &contents(&scene.answer))), Err(ReceiptError::Missing));
    let (mut liar, said) = (Liar::of(&scene.house), scene.said());
    // A cloud that lies well is believed: only the ledger itself convicts it.
    assert_eq!(scene.reads(&scene.with(&liar.fits(&said))), Ok(3));

    // Another question of the same reader, and the same question of another one.
    let cloud = scene.house.cloud.name();
    let lee = scene.house.reader("dr-lee", "role:physician");
    for reader in [&scene.chen, &lee] {
        let asked = reader.open(scene.names.clone(), &cloud, NOW, &mut scene.house.rng);
        let other = scene.house.cloud.answer(asked.question(), NOW).unwrap();
        assert!(scene.is_other(&split(&other).0.unwrap()), "{reader:?}");
    }
    let mut lies: Vec<(&str, Vec<AuditEntry>)> = Vec::new();
    let mut lie = |what, change: &dyn Fn(&mut Vec<AuditEntry>)| {
        let mut said = said.clone();
        change(&mut said);
        lies.push((what, said));
    };
    let of_anna = said.iter().position(|entry| entry.records.len() == 2).unwrap();
    lie("another reader", &|said| said.iter_mut().for_each(|entry| entry.user = Some(lee.user().clone())));
    lie("nobody", &|said| said[2].user = None);
    lie("another event", &|said| said.iter_mut().for_each(|entry| entry.event = AuditEvent::Listed));
    lie("a record less", &|said| said[of_anna].records.truncate(1));
    lie("a record more", &|said| said[of_anna].records.push(scene.names[2]));
    lie("another record", &|said| said[of_anna].records[0].version += 1);
    lie("records in another order", &|said| said[of_anna].records.swap(0, 1));
    lie("patients in another order", &|said| said.swap(0, 1));
    lie("one patient less", &|said| drop(said.remove(0)));
    lie("without the question", &|said| drop(said.pop()));
    lie("one more", &|said| said.push(said[2].clone()));
    lie("another patient", &|said| said[0].patient = said[1].patient);
    lie("evidence of something else", &|said| said[0].evidence[0] ^= 1);
    lie("another time", &|said| said.iter_mut().for_each(|entry| entry.time += 1));
    for (what, said) in lies {
        let mut receipt = liar.fits(&said);
        receipt.time = NOW;
        assert!(scene.is_other(&receipt), "{what}");
    }
}

#[test]
fn a_receipt_names_the_chain_of_the_patient_and_the_right_kind() {
    let scene = scene();
    let (mut liar, said) = (Liar::of(&scene.house), scene.said());
    let honest = liar.transactions(&said);
    assert_eq!(scene.reads(&scene.with(&liar.signs(honest.clone(), NOW))), Ok(3));
    for (at, subject) in
        [(0, honest[1].subject), (1, honest[0].subject), (0, Subject::NOBODY), (2, honest[0].subject)]
    {
        let mut false_chain = honest.clone();
        false_chain[at].subject = subject;
        assert!(scene.is_other(&liar.signs(false_chain, NOW)), "{at} {subject:?}");
    }
    for kind in [TransactionKind::Denied, TransactionKind::Grant, TransactionKind::Revoke] {
        for at in 0..3 {
            let mut false_kind = honest.clone();
            false_kind[at].kind = kind;
            assert!(scene.is_other(&liar.signs(false_kind, NOW)), "{at} {kind:?}");
        }
    }
    // Whatever is changed of a receipt that fits.
    let good = split(&scene.answer).0.unwrap();
    type Change<'c> = &'c dyn Fn(&mut FalseReceipt);
    let changes: [(&str, Change<'_>); 8] = [
        ("signature", &|receipt| receipt.signature[9] ^= 1),
        ("time", &|receipt| receipt.time += 1),
        ("index", &|receipt| receipt.places[0].index += 1),
        ("salt", &|receipt| receipt.places[1].salt[0] ^= 1),
        ("commitment", &|receipt| receipt.places[2].leaf[80] ^= 1),
        ("places swapped", &|receipt| receipt.places.swap(0, 1)),
        ("a place less", &|receipt| receipt.places.truncate(2)),
        ("no place", &|receipt| receipt.places.clear()),
    ];
    for (what, change) in changes {
        assert_eq!(scene.reads(&with_receipt(&scene.answer, change)), Err(ReceiptError::Other), "{what}");
    }
    assert_eq!(scene.reads(&scene.with(&good)), Ok(3));
}

#[test]
fn a_receipt_is_of_now() {
    let scene = scene();
    let mut liar = Liar::of(&scene.house);
    for (time, good) in [
        (NOW - 301, false),
        (NOW - 300, true),
        (NOW + 300, true),
        (NOW + 301, false),
        (0, false),
        (u64::MAX, false),
    ] {
        let mut said = scene.said();
        said.iter_mut().for_each(|entry| entry.time = time);
        let read = scene.reads(&scene.with(&liar.fits(&said)));
        let refused = Err(ReceiptError::Time { said: time, now: NOW });
        assert_eq!(read, if good { Ok(3) } else { refused });
    }
}

#[test]
fn a_ledger_that_the_authority_has_not_certified_for_this_cloud_signs_nothing() {
    let scene = scene();
    let (mut liar, said) = (Liar::of(&scene.house), scene.said());
    let cloud = scene.house.cloud.name();
    let honest = liar.certificate.clone();
    let key = scene.house.cloud.ledger_key().unwrap();
    let refused = |liar: &mut Liar, certificate: &[u8]| {
        liar.certificate = certificate.to_vec();
        scene.reads(&scene.with(&liar.fits(&said))).unwrap_err()
    };
    // Changed anywhere, cut, of another realm, of another cloud.
    for at in 0..honest.len() {
        let mut forged = honest.clone();
        forged[at] ^= 1;
        assert_eq!(refused(&mut liar, &forged), ReceiptError::Certificate, "{at}");
    }
    for cut in [0, 7, honest.len() - 1] {
        assert_eq!(refused(&mut liar, &honest[..cut]), ReceiptError::Certificate, "{cut}");
    }
    let foreign = House::new("elsewhere").authority.certify_ledger(&cloud, &key, 0);
    assert_eq!(refused(&mut liar, &foreign), ReceiptError::Certificate);
    let other_cloud = ProxyName::new("cloud-2").unwrap();
    let other = scene.house.authority.certify_ledger(&other_cloud, &key, 0);
    assert_eq!(refused(&mut liar, &other), ReceiptError::Certificate);
    // A certificate from a later place on.
    let from = |from| scene.house.authority.certify_ledger(&cloud, &key, from);
    liar.certificate = from(0);
    let index = liar.fits(&said).places[0].index + 3;
    assert_eq!(refused(&mut liar, &from(index + 1)), ReceiptError::Other);
    let index = index + 3;
    liar.certificate = from(index);
    assert_eq!(scene.reads(&scene.with(&liar.fits(&said))), Ok(3));

    // A key without a certificate; one that is certified for another cloud; the certificate of another key of this cloud, by the same name and by another.
    let mut rng = TestRng::new("thieves");
    for log in ["cloud.example/ledger", "cloud.example/another"] {
        let scribe = Scribe::generate(log, &mut rng).unwrap();
        let store = MemoryStore::new();
        let key = scribe.key(&store).unwrap().clone();
        let mut thief = Liar { scribe, store, certificate: honest.clone() };
        assert_eq!(refused(&mut thief, &honest), ReceiptError::Other, "{log}");
        let of_other = scene.house.authority.certify_ledger(&other_cloud, &key, 0);
        assert_eq!(refused(&mut thief, &of_other), ReceiptError::Certificate, "{log}");
        let certified = scene.house.authority.certify_ledger(&cloud, &key, 0);
        assert_eq!(refused(&mut liar, &certified), ReceiptError::Other, "{log}");
        thief.certificate = certified;
        assert_eq!(scene.reads(&scene.with(&thief.fits(&said))), Ok(3), "{log}");
    }
}

/// The cloud itself takes the certificate of its own ledger alone, and answers nobody without.
#[test]
fn a_cloud_without_its_certificate_answers_nobody() {
    let mut house = House::new("certificates");
    let cloud = house.cloud.name();
    let key = house.cloud.ledger_key().unwrap();
    let other_key = Scribe::generate("cloud.example/ledger", &mut house.rng).unwrap();
    let other_key = other_key.key(&MemoryStore::new()).unwrap().clone();
    let good = house.authority.certify_ledger(&cloud, &key, 0);
    let mut forged = good.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    for bad in [
        forged,
        house.authority.certify_ledger(&ProxyName::new("cloud-2").unwrap(), &key, 0),
        house.authority.certify_ledger(&cloud, &other_key, 0),
        House::new("elsewhere").authority.certify_ledger(&cloud, &key, 0),
    ] {
        let taken = house.cloud.take(&bad, NOW, &mut house.rng);
        assert!(matches!(taken, Err(CloudError::Certificate)), "{taken:?}");
    }
    let decoded = LedgerCertificate::from_bytes(&good).unwrap();
    assert_eq!((decoded.cloud(), decoded.key(), decoded.from()), (&cloud, &key, 0));
    assert!(decoded.is_genuine(house.authority.realm()));
    assert_eq!(decoded.to_bytes(), good);

    // A cloud that was never given one.
    let realm = house.authority.realm().clone();
    let scribe = Scribe::generate("cloud.example/ledger", &mut house.rng).unwrap();
    let store = MemoryStore::new();
    let blobs = hippocrypt::store::MemoryBlobs::new();
    house.cloud = Cloud::open(realm, cloud.clone(), store, blobs, scribe, Limits::default(), NOW).unwrap();
    for message in house.authority.updates(0).unwrap() {
        house.cloud.take(&message, NOW, &mut house.rng).unwrap();
    }
    let lease = house.authority.lease(&cloud, NOW, NOW + 60).unwrap();
    house.cloud.take(&lease, NOW, &mut house.rng).unwrap();
    let anna = house.patient("anna");
    let mut lab = house.writer("laboratory");
    lab.write(anna.patient(), &described(RecordCategory::Note), b"x", NOW, &mut house.rng).unwrap();
    let upload = lab.upload().unwrap();
    let before = house.cloud.stats().unwrap();
    let stored = house.cloud.upload(&upload, NOW, &mut house.rng);
    assert!(matches!(stored, Err(CloudError::NotCertified)), "{stored:?}");
    let asked = anna.reader().list(anna.patient(), None, &cloud, NOW, &mut house.rng);
    let answered = house.cloud.answer(asked.question(), NOW);
    assert!(matches!(answered, Err(CloudError::NotCertified)), "{answered:?}");
    assert_eq!(house.cloud.stats().unwrap(), before);
    let certificate = house.authority.certify_ledger(&cloud, &house.cloud.ledger_key().unwrap(), 0);
    house.cloud.take(&certificate, NOW, &mut house.rng).unwrap();
    house.cloud.upload(&upload, NOW, &mut house.rng).unwrap();
    assert_eq!(house.read(anna.reader(), anna.patient()).unwrap().records.len(), 1);
}

/// Answers of every sort, without a receipt and with a signature that was changed.
#[test]
fn answers_of_every_sort_bear_a_receipt() {
    let mut ward = Ward::new("sorts");
    let chen = ward.house.reader("dr-chen", "role:physician");
    ward.grant("role:physician").unwrap();
    let domain = ward.domain.clone();
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    let (handle, meta) = hippocrypt::phr::index::handle_of(&RecordName::random(&mut ward.rng));
    writer.add(handle, meta, &[word("a")]);
    ward.send(&mut writer, &head);
    let patient = *ward.anna.patient();
    let mut lab = ward.house.writer("laboratory");
    let send = |upload: Vec<u8>| {
        ward.house
            .cloud
            .upload(&upload, NOW, &mut TestRng::new("uploads"))
            .map(drop)
            .map_err(std::io::Error::other)
    };
    let study = vec![7; 100_000];
    let name = lab
        .attach(
            &patient,
            &described(RecordCategory::Imaging),
            &study[..],
            NOW,
            &mut TestRng::new("study"),
            send,
        )
        .unwrap();
    ward.house.send(&mut lab).unwrap();

    type Change = fn(&[u8]) -> Vec<u8>;
    let without: Change = |answer| join(None, &contents(answer));
    let unsigned: Change = |answer| with_receipt(answer, |receipt| receipt.signature[0] ^= 1);
    for (change, expected) in [(without, ReceiptError::Missing), (unsigned, ReceiptError::Other)] {
        let (cloud, gate) = (&ward.house.cloud, &ward.gate);
        let (whom, rng) = (cloud.name(), &mut ward.rng);
        let answer = |asked: &Asked| cloud.answer(asked.question(), NOW).unwrap();
        let of_read = |outcome: Result<(), ReadError>, sort: &str| match outcome {
            Err(ReadError::Receipt(error)) => assert_eq!(error, expected, "{sort}"),
            other => panic!("{sort}: {other:?}"),
        };
        let of_find = |outcome: Result<(), FindError>, sort: &str| match outcome {
            Err(FindError::Receipt(error)) => assert_eq!(error, expected, "{sort}"),
            other => panic!("{sort}: {other:?}"),
        };
        let asked = chen.list(&patient, None, &whom, NOW, rng);
        let lie = change(&answer(&asked));
        of_read(chen.listed(asked, &lie).map(drop), "list");
        let asked = ward.anna.reader().account(&patient, &whom, NOW, rng);
        let lie = change(&answer(&asked));
        of_read(ward.anna.reader().accounted(asked, &lie, None, NOW).map(drop), "account");
        let asked = chen.break_glass(&patient, None, "he is unconscious", &whom, NOW, rng);
        let lie = change(&answer(&asked));
        of_read(chen.opened(asked, &lie).map(drop), "break glass");
        let asked = chen.open([name], &whom, NOW, rng);
        let honest = answer(&asked);
        let opened = chen.opened(asked, &honest).unwrap();
        let attachment = opened.records[0].attachment.as_ref().unwrap();
        let call = |question: &[u8]| Ok(change(&cloud.answer(question, NOW).unwrap()));
        of_read(chen.fetch(attachment, &whom, || NOW, rng, call, &mut Vec::new()).map(drop), "chunks");

        let mut search = IndexReader::new(&chen, &patient, &domain);
        // Head, seed, segments: each lies once.
        for sort in [4, 5, 6] {
            let outcome = search.sync(&whom, NOW, rng, |question| {
                let answer = cloud.answer(question, NOW).unwrap();
                Ok(if contents(&answer)[0] == sort { change(&answer) } else { answer })
            });
            of_find(outcome, "index");
        }
        search.sync(&whom, NOW, rng, |question| Ok(cloud.answer(question, NOW).unwrap())).unwrap();
        let outcome = search.find(&query("a"), GATE, NOW, rng, |request| {
            Ok(change(&cloud.gate(gate, request, NOW).unwrap()))
        });
        of_find(outcome.map(drop), "gate");
        let outcome =
            search.find(&query("a"), GATE, NOW, rng, |request| Ok(cloud.gate(gate, request, NOW).unwrap()));
        assert_eq!(outcome.unwrap().handles().count(), 1);
    }
}
