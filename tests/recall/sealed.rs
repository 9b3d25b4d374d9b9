//! The same through the encrypted index: a device of the owner's writes, a mirror and trapdoors find.

use std::collections::BTreeMap;

use hippocrypt::search::server;
use hippocrypt::search::text::PIPELINE_VERSION;
use hippocrypt::search::*;
use hippocrypt::store::{MemoryStore, Store};
use hippocrypt::testing::TestRng;

use crate::corpus::{Collection, corpus};
use crate::index::{Index, Records};
use crate::measure::{parsed, standard};
use crate::questions::{self, Question};

/// Questions of all kinds, of those in [`questions`].
const ASKED: [&str; 10] = [
    "code:http://loinc.org|",
    "code:E11*",
    "type:Condition and not clinical-status:active",
    "name:St*",
    "date:2010-06-15..2011-02-10",
    "value(8480-6)>140 mm[Hg]",
    "code:4548-4 and not value(4548-4)>6 %",
    "text:\"body mass\"",
    "type:Patient and not birthdate<1960",
    "type:Observation and not (code:8302-2 or code:29463-7 or category:lab-result)",
];

/// The encrypted index of a collection, and what a reader has of it.
struct Sealed {
    owner: IndexOwner,
    domain: Domain,
    head: Head,
    mirror: Mirror,
}

impl Sealed {
    /// The index of a collection, written by a pipeline of this version; the handle of a record is its place.
    fn of(collection: &Collection, pipeline: u16) -> Self {
        let mut rng = TestRng::new(&collection.name);
        let owner = IndexOwner::generate(&mut rng);
        let domain = Domain::new("general").unwrap();
        let context = owner.context(&domain, IndexEpoch::FIRST, pipeline);
        let (mut writer, entry) = owner.writer(&context, &mut rng);
        let scopes = vec![owner.scope(&domain, IndexEpoch::FIRST, pipeline)];
        let contents = HeadContents { scopes, writers: vec![entry], ..HeadContents::default() };
        let head = owner.sign(1, 0, 1, contents).unwrap();

        for (at, record) in collection.records.iter().enumerate() {
            writer.add(handle(at), [0; 3], &record.terms.keywords(standard()));
        }
        writer.finish(&head, &LeakageProfile::standard(), &mut rng).unwrap();

        let mut store = MemoryStore::new();
        let (_, batch, _) = server::install(&store, &head.to_bytes()).unwrap();
        store.commit(&batch).unwrap();
        for (_, segment) in writer.outbox() {
            let (_, batch) = server::append(&store, &head, segment).unwrap();
            store.commit(&batch).unwrap();
        }
        let mut mirror = Mirror::new(*owner.collection());
        let mut progress = Progress::More;
        while progress == Progress::More {
            let positions = mirror.positions(&head, &context);
            let page = server::page(&store, &head, &context, &positions, 1 << 20).unwrap();
            progress = mirror.extend(&head, &context, &page).unwrap();
        }
        Self { owner, domain, head, mirror }
    }

    /// What a reader finds whose keywords come from a pipeline of the version that the head names.
    fn find(&self, query: &Query) -> Records {
        let context = self.head.newest(&self.domain).unwrap();
        let keys = ContextKeys::new(&self.head, &context).unwrap();
        let trapdoors = self.owner.trapdoors(&context, &query.keywords());
        let mut found = BTreeMap::new();
        for trapdoor in &trapdoors {
            let hits = self.mirror.search(&self.head, &trapdoor.entry_keys(&keys).unwrap()).unwrap();
            found.insert(trapdoor.keyword().clone(), hits);
        }
        query.evaluate(&found).unwrap().handles().map(|handle| place(&handle)).collect()
    }
}

fn handle(at: usize) -> Handle {
    Handle::from_bytes((at as u128).to_be_bytes())
}

fn place(handle: &Handle) -> usize {
    u128::from_be_bytes(*handle.as_bytes()) as usize
}

fn asked() -> Vec<Question> {
    let asked: Vec<_> =
        questions::all().into_iter().filter(|question| ASKED.contains(&question.text)).collect();
    assert_eq!(asked.len(), ASKED.len());
    asked
}

#[test]
fn the_encrypted_index_finds_the_same_records() {
    let last = corpus().len();
    let sample = corpus().iter().take(2).chain(&corpus()[last - 2..]);
    let mut found = 0;
    for collection in sample {
        let (sealed, index) = (Sealed::of(collection, PIPELINE_VERSION), Index::of(collection, standard()));
        for question in asked() {
            let (_, query) = parsed(&question).unwrap();
            let records = sealed.find(&query);
            assert_eq!(records, index.find(&query), "{}: {}", collection.name, question.text);
            found += records.len();
        }
    }
    println!("{found} records found");
    assert!(found > 30);
}

/// The version of the pipeline is a part of what keys are made for: who asks as another version would finds nothing, and is told so by the head.
#[test]
fn another_version_of_the_pipeline_finds_nothing() {
    let clinic = &corpus()[corpus().len() - 2];
    let sealed = Sealed::of(clinic, PIPELINE_VERSION);
    let (_, query) = parsed(&asked()[0]).unwrap();
    assert!(!sealed.find(&query).is_empty());

    let other = sealed.owner.context(&sealed.domain, IndexEpoch::FIRST, PIPELINE_VERSION + 1);
    assert!(ContextKeys::new(&sealed.head, &other).is_none());
    // The same segments and the same writer, under a head that names the other version.
    let contents = HeadContents {
        scopes: vec![sealed.owner.scope(&sealed.domain, IndexEpoch::FIRST, PIPELINE_VERSION + 1)],
        ..sealed.head.contents().clone()
    };
    let head = sealed.owner.sign(2, 0, 1, contents).unwrap();
    assert!(Sealed { head, ..sealed }.find(&query).is_empty());
}
