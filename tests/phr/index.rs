//! A patient's index: announced, granted, written, searched, renewed.

use std::sync::Mutex;

use hippocrypt::phr::CloudError;
use hippocrypt::phr::grant::{LaterEpochError, Revocations};
use hippocrypt::phr::index::{FindError, IndexReader, PatientIndex, handle_of, record_of};
use hippocrypt::phr::{Owner, Reader, RecordCategory};
use hippocrypt::search::server::Accepted;
use hippocrypt::search::{
    Domain, Gate, GateLimits, Heads, IndexOwner, IndexWriter, Keyword, LeakageProfile, Query,
};
use hippocrypt::store::MemoryStore;
use hippocrypt::testing::TestRng;
use hippocrypt::{EpochStatement, Epochs, Policy, Schema, SecretBytes, UserId};

use crate::house::{HOUR, House, NOW, described};

const GATE: &str = "gate";

/// A house whose patient Anna has an index, and the gate.
struct Ward {
    house: House,
    anna: Owner,
    index: PatientIndex,
    domain: Domain,
    gate: Mutex<Gate<MemoryStore>>,
    revocations: Revocations,
    epochs: Epochs,
    rng: TestRng,
}

impl Ward {
    fn new(name: &str) -> Self {
        let mut house = House::new(name);
        let anna = house.patient("anna");
        let mut rng = TestRng::new("ward");
        let parameters = house.authority.realm().parameters().clone();
        let mut index = PatientIndex::new(IndexOwner::generate(&mut rng));
        let domain = Domain::new("general").unwrap();
        index.open_domain(&domain, 1);
        let gate = Mutex::new(Gate::open(GATE, MemoryStore::new(), GateLimits::default()));
        let announcement = index.announcement(&anna, 1);
        assert_eq!(house.cloud.index(&announcement, NOW, &mut rng).unwrap(), Accepted::New);
        assert_eq!(house.cloud.index(&announcement, NOW, &mut rng).unwrap(), Accepted::Known);
        let revocations = Revocations::new(&parameters).unwrap();
        let epochs = Epochs::new(&parameters).unwrap();
        let mut ward = Self { house, anna, index, domain, gate, revocations, epochs, rng };
        ward.observe();
        ward
    }

    /// The patient hears of all updates, and of the epoch.
    fn observe(&mut self) {
        let parameters = self.house.authority.realm().parameters().clone();
        for update in self.house.authority.updates(self.revocations.number()).unwrap() {
            self.revocations.observe(&parameters, &update).unwrap();
        }
        let statement = EpochStatement::from_bytes(&self.house.statement()).unwrap();
        self.epochs.observe(&parameters, &statement, self.house.now).unwrap();
    }

    fn install(&self, shares: &[SecretBytes]) {
        for share in shares {
            self.gate.lock().unwrap().install(share.expose_secret()).unwrap();
        }
    }

    fn grant(&mut self, policy: &str) -> Result<(), LaterEpochError> {
        let realm = self.house.authority.realm().clone();
        let later = self.revocations.later_epoch(&self.epochs, self.house.now)?;
        let policy = Policy::parse(policy, &Schema::empty()).unwrap();
        let shares = self.index.grant(&realm, later, &self.domain, &policy, &mut self.rng).unwrap();
        self.install(&shares);
        Ok(())
    }

    fn renew(&mut self) -> Result<(), LaterEpochError> {
        let realm = self.house.authority.realm().clone();
        let later = self.revocations.later_epoch(&self.epochs, self.house.now)?;
        let shares = self.index.renew(&realm, later, |_| true, &mut self.rng).unwrap();
        self.install(&shares);
        Ok(())
    }

    /// Signs the next head; the cloud takes it.
    fn publish(&mut self) -> Vec<u8> {
        let head = self.index.head(self.house.now, self.house.now + 24 * HOUR).unwrap();
        assert_eq!(self.house.cloud.index(&head, self.house.now, &mut self.rng).unwrap(), Accepted::New);
        head
    }

    fn send(&mut self, writer: &mut IndexWriter, head: &[u8]) {
        let mut heads = Heads::new(*self.index.collection());
        let head = heads.observe(head, self.house.now).unwrap();
        writer.finish(&head, &LeakageProfile::standard(), &mut self.rng).unwrap();
        let segments: Vec<(u64, Vec<u8>)> = writer.outbox().map(|(n, bytes)| (n, bytes.to_vec())).collect();
        for (number, segment) in segments {
            assert_eq!(
                self.house.cloud.index(&segment, self.house.now, &mut self.rng).unwrap(),
                Accepted::New
            );
            assert_eq!(
                self.house.cloud.index(&segment, self.house.now, &mut self.rng).unwrap(),
                Accepted::Known
            );
            writer.confirm(number);
        }
    }

    fn sync(&mut self, reader: &mut IndexReader<'_>) -> Result<(), FindError> {
        let (cloud, now) = (&self.house.cloud, self.house.now);
        reader.sync(&cloud.name(), now, &mut self.rng, |question| {
            cloud.answer(question, now).map_err(|error| error.to_string().into())
        })
    }

    fn find(&mut self, reader: &mut IndexReader<'_>, query: &Query) -> Result<Vec<[u8; 16]>, FindError> {
        let (cloud, gate, now) = (&self.house.cloud, &self.gate, self.house.now);
        let hits = reader.find(query, GATE, now, &mut self.rng, |request| {
            cloud.gate(gate, request, now).map_err(|error| error.to_string().into())
        })?;
        Ok(hits.handles().map(|handle| *handle.as_bytes()).collect())
    }
}

fn word(value: &str) -> Keyword {
    Keyword::new("code", value).unwrap()
}

fn query(value: &str) -> Query {
    Query::keyword(word(value))
}

/// Anna writes two records and indexes them; a reader for whom the index is granted finds the one that he looks for, and opens it.
#[test]
fn what_is_found_is_opened() {
    let mut ward = Ward::new("index-story");
    let chen: Reader = ward.house.reader("dr-chen", "role:physician");
    let nurse: Reader = ward.house.reader("nurse", "role:nurse");
    ward.grant("role:physician").unwrap();
    let domain = ward.domain.clone();
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    let patient = *ward.anna.patient();
    let mut names = Vec::new();
    for text in ["4548-4", "2339-0"] {
        let description = described(RecordCategory::LabResult);
        let rng = &mut ward.rng;
        let name = ward.anna.writer().write(&patient, &description, text.as_bytes(), NOW, rng).unwrap();
        let (handle, meta) = handle_of(&name);
        writer.add(handle, meta, &[word(text), word("any")]);
        names.push(name);
    }
    ward.house.send(ward.anna.writer()).unwrap();
    ward.send(&mut writer, &head);

    let mut search = IndexReader::new(&chen, &patient, &domain);
    ward.sync(&mut search).unwrap();
    assert_eq!(ward.find(&mut search, &query("4548-4")).unwrap(), [*names[0].id.as_bytes()]);
    assert_eq!(ward.find(&mut search, &query("any")).unwrap().len(), 2);
    assert_eq!(ward.find(&mut search, &query("none")).unwrap().len(), 0);
    let both = query("any").and(query("4548-4").negated());
    assert_eq!(ward.find(&mut search, &both).unwrap(), [*names[1].id.as_bytes()]);

    let (cloud, now) = (&ward.house.cloud, ward.house.now);
    let hits = search
        .find_remotely(
            &word("2339-0"),
            &cloud.name(),
            GATE,
            now,
            &mut ward.rng,
            |question| cloud.answer(question, now).map_err(|error| error.to_string().into()),
            |request| cloud.gate(&ward.gate, request, now).map_err(|error| error.to_string().into()),
        )
        .unwrap();
    let found: Vec<_> = hits.iter().map(record_of).collect();
    assert_eq!(found, names[1..]);
    let asked = chen.open(found, &cloud.name(), now, &mut ward.rng);
    let answer = cloud.answer(asked.question(), now).unwrap();
    assert_eq!(chen.opened(asked, &answer).unwrap().records[0].content, b"2339-0");

    // Who satisfies no policy of the index is told what he would be told if there were none.
    let mut search = IndexReader::new(&nurse, &patient, &domain);
    let refused = ward.sync(&mut search).unwrap_err().to_string();
    assert!(refused.contains("there is no such record, or it is not for you"), "{refused}");
}

/// R0: the gate refuses at once. R1: no fresh seed in the epoch of the revocation; then the old seed is worth nothing, and the others go on.
#[test]
fn a_revoked_reader_is_locked_out_and_the_others_are_not() {
    let mut ward = Ward::new("index-revoked");
    let (chen, diaz) =
        (ward.house.reader("dr-chen", "role:physician"), ward.house.reader("dr-diaz", "role:physician"));
    ward.grant("role:physician").unwrap();
    let domain = ward.domain.clone();
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    let patient = *ward.anna.patient();
    let (handle, meta) = handle_of(&hippocrypt::RecordName::random(&mut ward.rng));
    writer.add(handle, meta, &[word("a"), word("b"), word("c")]);
    ward.send(&mut writer, &head);
    let mut of_chen = IndexReader::new(&chen, &patient, &domain);
    let mut of_diaz = IndexReader::new(&diaz, &patient, &domain);
    ward.sync(&mut of_chen).unwrap();
    ward.sync(&mut of_diaz).unwrap();
    assert_eq!(ward.find(&mut of_chen, &query("a")).unwrap().len(), 1);
    assert_eq!(ward.find(&mut of_diaz, &query("a")).unwrap().len(), 1);

    let messages = [ward.house.authority.revoke(&UserId::new("dr-chen").unwrap(), ward.house.now).unwrap()];
    ward.house.tell(&messages);
    assert!(matches!(ward.find(&mut of_chen, &query("b")), Err(FindError::Transport(_))));
    assert!(ward.sync(&mut of_chen).is_err());
    // What he has looked for, he has.
    assert_eq!(ward.find(&mut of_chen, &query("a")).unwrap().len(), 1);

    ward.observe();
    assert!(matches!(ward.renew(), Err(LaterEpochError::Revoked { .. })));
    let messages = [ward.house.authority.advance(ward.house.now).unwrap()];
    ward.house.tell(&messages);
    let mut tokens = Vec::new();
    let collect = |message| {
        tokens.push(message);
        Ok(())
    };
    ward.house.authority.refresh(collect).unwrap();
    ward.house.tell(&tokens);
    ward.observe();
    ward.renew().unwrap();
    // The gate has the new share alone: the old seed asks with a version that is over.
    assert!(ward.find(&mut of_diaz, &query("b")).is_err());
    let _ = ward.publish();
    ward.sync(&mut of_diaz).unwrap();
    assert_eq!(ward.find(&mut of_diaz, &query("b")).unwrap().len(), 1);
    assert!(ward.find(&mut of_chen, &query("c")).is_err());
}

/// Two epochs are live; a cloud that keeps the seed of one back makes nobody believe that what is found in the other is all.
#[test]
fn a_seed_that_is_kept_back_makes_nothing_complete() {
    let mut ward = Ward::new("index-kept-back");
    let chen = ward.house.reader("dr-chen", "role:physician");
    ward.grant("role:physician").unwrap();
    let domain = ward.domain.clone();
    let mut writer = ward.index.writer(&domain, &mut ward.rng).unwrap();
    let head = ward.publish();
    let patient = *ward.anna.patient();
    let (handle, meta) = handle_of(&hippocrypt::RecordName::random(&mut ward.rng));
    writer.add(handle, meta, &[word("a")]);
    ward.send(&mut writer, &head);
    let realm = ward.house.authority.realm().clone();
    let later = ward.revocations.later_epoch(&ward.epochs, NOW).unwrap();
    let shares = ward.index.advance(&realm, later, &domain, 1, &mut ward.rng).unwrap();
    ward.install(&shares);
    let _ = ward.publish();

    let mut search = IndexReader::new(&chen, &patient, &domain);
    let (cloud, mut seeds) = (&ward.house.cloud, 0);
    let lied = search.sync(&cloud.name(), NOW, &mut ward.rng, |question| {
        let mut answer = cloud.answer(question, NOW).unwrap();
        // A seed: 5 after prologue, number and head of the log. The first one is none for this reader, says the cloud.
        if answer[47] == 5 {
            seeds += 1;
            if seeds == 1 {
                answer.truncate(48);
                answer.extend_from_slice(&[0; 5]);
            }
        }
        Ok(answer)
    });
    assert!(matches!(lied, Err(FindError::NotGranted)), "{lied:?}");
    assert!(matches!(ward.find(&mut search, &query("a")), Err(FindError::NotGranted)));
    ward.sync(&mut search).unwrap();
    assert_eq!(ward.find(&mut search, &query("a")).unwrap(), [*handle.as_bytes()]);
}

/// Whose index it is, is said by the patient alone, and by one patient.
#[test]
fn nobody_announces_what_is_not_hers() {
    let mut ward = Ward::new("index-announced");
    let berta = ward.house.patient("berta");
    let mut rng = TestRng::new("berta");
    // Berta claims Anna's index: the key of the index would have to sign that.
    let theirs = ward.index.announcement(&berta, 5);
    assert!(matches!(ward.house.cloud.index(&theirs, NOW, &mut rng), Err(CloudError::Announced)));
    let mut forged = ward.index.announcement(&ward.anna, 2);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert!(matches!(ward.house.cloud.index(&forged, NOW, &mut rng), Err(CloudError::Credential)));
    // A second index of Anna's takes a higher number.
    let other = PatientIndex::new(IndexOwner::generate(&mut rng));
    let same = other.announcement(&ward.anna, 1);
    assert!(matches!(ward.house.cloud.index(&same, NOW, &mut rng), Err(CloudError::Announced)));
    let later = other.announcement(&ward.anna, 2);
    assert_eq!(ward.house.cloud.index(&later, NOW, &mut rng).unwrap(), Accepted::New);
    let back = ward.index.announcement(&ward.anna, 1);
    assert!(matches!(ward.house.cloud.index(&back, NOW, &mut rng), Err(CloudError::Announced)));
    // A head of an index that nobody has announced.
    let mut unknown = PatientIndex::new(IndexOwner::generate(&mut rng));
    let head = unknown.head(NOW, NOW + HOUR).unwrap();
    assert!(matches!(ward.house.cloud.index(&head, NOW, &mut rng), Err(CloudError::Index(_))));
}
