//! What a cloud tells those for whom an index is not: nothing, whatever they ask and however they ask it.

use std::sync::Mutex;
use std::vec::Vec;

use super::*;
use crate::abe::types::{AuthorKey, setup_with_epochs};
use crate::epoch::EpochTree;
use crate::ledger::Scribe;
use crate::outsource::{EnrolmentNonce, ReaderSeed, UserId};
use crate::phr::audit::{AuditEntry, AuditEvent};
use crate::phr::grant::Revocations;
use crate::phr::message::{Answer, Ask, Contents};
use crate::phr::{
    AccessRules, Authority, Cloud, CloudError, Limits, Owner, PatientHandle, Reader, RecordCategory,
};
use crate::policy::{Policy, Schema};
use crate::revoke::{EpochStatement, Epochs, ProxyName};
use crate::search::{
    Context, Domain, Gate, GateLimits, Head, IndexError, IndexOwner, Keyword, LeakageProfile, WriterId,
};
use crate::store::{MemoryBlobs, MemoryStore};
use crate::testing::TestRng;

const NOW: u64 = 1_800_000_000;

struct Ward {
    cloud: Cloud<MemoryStore, MemoryBlobs>,
    anna: PatientHandle,
    head: Head,
    context: Context,
    chen: Reader,
    nurse: Reader,
    rng: TestRng,
}

/// Anna's index, which physicians may search, with a segment in it.
fn ward() -> Ward {
    let mut rng = TestRng::new("whom an index is not for");
    let (_, master) = setup_with_epochs("st-marys", EpochTree::new(10).unwrap(), &mut rng).unwrap();
    let rules = AccessRules::parse(AccessRules::STANDARD, &Schema::empty()).unwrap();
    let mut authority = Authority::begin(master, &Schema::empty(), rules, MemoryStore::new(), NOW).unwrap();
    let realm = authority.realm().clone();
    let name = ProxyName::new("cloud").unwrap();
    let (store, blobs) = (MemoryStore::new(), MemoryBlobs::new());
    let scribe = Scribe::generate("cloud.example/ledger", &mut rng).unwrap();
    let cloud =
        Cloud::open(realm.clone(), name.clone(), store, blobs, scribe, Limits::default(), NOW).unwrap();
    let mut messages = authority.updates(0).unwrap();
    messages.push(authority.certify_ledger(&name, &cloud.ledger_key().unwrap(), 0));
    messages.push(authority.lease(&name, NOW, NOW + 3600).unwrap());
    messages.push(authority.statement(NOW, NOW + 3600).unwrap());
    let [chen, nurse] = [("dr-chen", "role:physician"), ("nurse", "role:nurse")].map(|(user, attributes)| {
        let user = UserId::new(user).unwrap();
        let reader = Reader::new(realm.clone(), user.clone(), ReaderSeed::generate(&mut rng));
        let nonce = EnrolmentNonce::generate(&mut rng);
        let enrolment = reader.enrol(&nonce, &mut rng);
        messages.push(authority.enrol(&user, &enrolment, nonce, attributes, &mut rng).unwrap());
        reader
    });
    for message in &messages {
        cloud.take(message, NOW, &mut rng).unwrap();
    }
    let (user, anna) = (UserId::new("anna").unwrap(), PatientHandle::random(&mut rng));
    let (seed, key) = (ReaderSeed::generate(&mut rng), AuthorKey::generate(&mut rng));
    let credential =
        authority.credential(&user, &key.id(), RecordCategory::ALL, Some(&anna), NOW + 99).unwrap();
    let owner = Owner::new(realm.clone(), user, seed, key, &credential).unwrap();

    let (mut index, domain) =
        (PatientIndex::new(IndexOwner::generate(&mut rng)), Domain::new("general").unwrap());
    index.open_domain(&domain, 1);
    let (mut revocations, mut epochs) =
        (Revocations::new(realm.parameters()).unwrap(), Epochs::new(realm.parameters()).unwrap());
    for update in authority.updates(0).unwrap() {
        revocations.observe(realm.parameters(), &update).unwrap();
    }
    let statement = EpochStatement::from_bytes(&authority.statement(NOW, NOW + 60).unwrap()).unwrap();
    epochs.observe(realm.parameters(), &statement, NOW).unwrap();
    let later = revocations.later_epoch(&epochs, NOW).unwrap();
    let policy = Policy::parse("role:physician", &Schema::empty()).unwrap();
    index.grant(&realm, later, &domain, &policy, &mut rng).unwrap();
    let mut writer = index.writer(&domain, &mut rng).unwrap();
    let head = index.head(NOW, NOW + 3600).unwrap();
    for message in [&index.announcement(&owner, 1), &head] {
        cloud.index(message, NOW, &mut rng).unwrap();
    }
    let head = Head::from_bytes(&head, index.collection()).unwrap();
    writer.add(Handle::random(&mut rng), [0; 3], &[Keyword::new("code", "4548-4").unwrap()]);
    writer.finish(&head, &LeakageProfile::standard(), &mut rng).unwrap();
    for (_, segment) in writer.outbox() {
        cloud.index(segment, NOW, &mut rng).unwrap();
    }
    let context = index.context(&domain).unwrap();
    Ward { cloud, anna, head, context, chen, nurse, rng }
}

impl Ward {
    fn ask(&mut self, reader: Who, ask: Ask) -> Result<Contents, CloudError> {
        let reader = match reader {
            Who::Chen => &self.chen,
            Who::Nurse => &self.nurse,
        };
        let question = reader.question(ask, &self.cloud.name(), NOW, &mut self.rng);
        let answer = self.cloud.answer(&question, NOW)?;
        Ok(Answer::from_bytes(&answer).unwrap().contents)
    }

    /// The five questions, about this patient.
    fn questions(&self, patient: PatientHandle) -> Vec<Ask> {
        let context = self.context.clone();
        let core = *crate::abe::types::Header::from_bytes(&self.head.contents().policies[0].header)
            .unwrap()
            .core_id();
        let positions = Vec::from([(WriterId::from_bytes([7; 16]), 0)]);
        Vec::from([
            Ask::Index { patient },
            Ask::Seed { patient, core },
            Ask::Segments { patient, context: context.clone(), positions },
            Ask::Outline { patient, context: context.clone() },
            Ask::Match { patient, query: query(&context, 0) },
        ])
    }

    fn last_entry(&self) -> AuditEntry {
        let entries = self.cloud.with_ledger(|book| book.entries(0, usize::MAX, true).unwrap());
        AuditEntry::of(entries.last().unwrap()).unwrap()
    }
}

#[derive(Clone, Copy)]
enum Who {
    Chen,
    Nurse,
}

/// A query for no tags, and `more` bytes that do not belong to it. `[SRCH-7.5]`
fn query(context: &Context, more: usize) -> Vec<u8> {
    let mut encoder = Encoder::object(crate::codec::Kind::RemoteQuery, 64);
    context.encode(&mut encoder);
    encoder.count(0);
    encoder.raw(&std::vec![0; more]);
    encoder.finish()
}

#[test]
fn what_is_forbidden_is_answered_like_what_is_not_there() {
    let mut ward = ward();
    let (anna, nobody) = (ward.anna, PatientHandle::from_bytes([9; 16]));
    for ask in ward.questions(anna) {
        let answered = ward.ask(Who::Chen, ask.clone());
        assert!(answered.is_ok(), "{ask:?}: {:?}", answered.err());
        let entry = ward.last_entry();
        assert_eq!((entry.event, entry.patient), (AuditEvent::Searched, Some(anna)));
    }
    let of_anna = ward.questions(anna).into_iter();
    for (forbidden, absent) in of_anna.zip(ward.questions(nobody)) {
        for (who, ask) in [(Who::Nurse, &forbidden), (Who::Nurse, &absent), (Who::Chen, &absent)] {
            assert!(matches!(ward.ask(who, ask.clone()), Err(CloudError::Denied)), "{ask:?}");
            let entry = ward.last_entry();
            assert_eq!((entry.event, entry.patient), (AuditEvent::Denied, None));
        }
    }
}

/// A question that makes no sense does not tell either whether there is an index.
#[test]
fn what_makes_no_sense_is_refused_before_anything_is_looked_up() {
    let mut ward = ward();
    let context = ward.context.clone();
    for patient in [ward.anna, PatientHandle::from_bytes([9; 16])] {
        for query in [query(&context, 1), Vec::new(), query(&context, 0)[..30].to_vec()] {
            for who in [Who::Nurse, Who::Chen] {
                let refused = ward.ask(who, Ask::Match { patient, query: query.clone() });
                assert!(matches!(refused, Err(CloudError::Index(IndexError::Malformed(_)))));
            }
        }
    }
}

/// Who may search one context is shown no other: of another index, domain, epoch or pipeline.
#[test]
fn a_context_is_asked_for_as_it_is() {
    let mut ward = ward();
    let (patient, good) = (ward.anna, ward.context.clone());
    let other = |change: fn(&mut Context)| {
        let mut context = good.clone();
        change(&mut context);
        context
    };
    let others = [
        other(|context| context.collection = CollectionId::from_bytes([1; 16])),
        other(|context| context.domain = Domain::new("mental-health").unwrap()),
        other(|context| context.epoch = context.epoch.next().unwrap()),
        other(|context| context.pipeline += 1),
    ];
    for context in others {
        let query = query(&context, 0);
        for ask in [
            Ask::Segments { patient, context: context.clone(), positions: Vec::new() },
            Ask::Outline { patient, context: context.clone() },
            Ask::Match { patient, query },
        ] {
            assert!(matches!(ward.ask(Who::Chen, ask.clone()), Err(CloudError::Denied)), "{ask:?}");
        }
    }
    let core = [1; 32];
    assert!(matches!(ward.ask(Who::Chen, Ask::Seed { patient, core }), Err(CloudError::Denied)));
}

/// The gate of a cloud knows a reader by his key alone, and refuses what is no request.
#[test]
fn the_gate_is_not_for_everybody() {
    let ward = ward();
    let gate = Mutex::new(Gate::open("gate", MemoryStore::new(), GateLimits::default()));
    assert!(matches!(ward.cloud.gate(&gate, b"", NOW), Err(CloudError::Malformed(_))));
    let large = std::vec![0; Limits::default().question_bytes + 1];
    assert!(matches!(ward.cloud.gate(&gate, &large, NOW), Err(CloudError::TooLarge { .. })));
}
