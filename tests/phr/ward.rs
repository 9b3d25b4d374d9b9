//! A house whose patient Anna has an index.

use std::sync::Mutex;

use hippocrypt::phr::grant::{LaterEpochError, Revocations};
use hippocrypt::phr::index::{FindError, IndexReader, PatientIndex};
use hippocrypt::phr::{Limits, Owner};
use hippocrypt::search::server::Accepted;
use hippocrypt::search::{
    Domain, Gate, GateLimits, Heads, IndexOwner, IndexWriter, Keyword, LeakageProfile, Query,
};
use hippocrypt::store::{MemoryBlobs, MemoryStore, Store};
use hippocrypt::testing::TestRng;
use hippocrypt::{EpochStatement, Epochs, Policy, Schema, SecretBytes};

use crate::house::{HOUR, House, NOW};

pub const GATE: &str = "gate";

/// The house, Anna and what she keeps, and the gate.
pub struct Ward<S = MemoryStore> {
    pub house: House<S, MemoryBlobs>,
    pub anna: Owner,
    pub index: PatientIndex,
    pub domain: Domain,
    pub gate: Mutex<Gate<MemoryStore>>,
    pub revocations: Revocations,
    pub epochs: Epochs,
    pub rng: TestRng,
}

impl Ward {
    pub fn new(name: &str) -> Self {
        Self::over(name, MemoryStore::new())
    }
}

impl<S: Store> Ward<S> {
    pub fn over(name: &str, store: S) -> Self {
        let mut house = House::over(name, store, MemoryBlobs::new(), Limits::default());
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
    pub fn observe(&mut self) {
        let parameters = self.house.authority.realm().parameters().clone();
        for update in self.house.authority.updates(self.revocations.number()).unwrap() {
            self.revocations.observe(&parameters, &update).unwrap();
        }
        let statement = EpochStatement::from_bytes(&self.house.statement()).unwrap();
        self.epochs.observe(&parameters, &statement, self.house.now).unwrap();
    }

    pub fn install(&self, shares: &[SecretBytes]) {
        for share in shares {
            self.gate.lock().unwrap().install(share.expose_secret()).unwrap();
        }
    }

    pub fn grant(&mut self, policy: &str) -> Result<(), LaterEpochError> {
        let domain = self.domain.clone();
        self.grant_of(&domain, policy)
    }

    pub fn grant_of(&mut self, domain: &Domain, policy: &str) -> Result<(), LaterEpochError> {
        let realm = self.house.authority.realm().clone();
        let later = self.revocations.later_epoch(&self.epochs, self.house.now)?;
        let policy = Policy::parse(policy, &Schema::empty()).unwrap();
        let shares = self.index.grant(&realm, later, domain, &policy, &mut self.rng).unwrap();
        self.install(&shares);
        Ok(())
    }

    pub fn renew(&mut self) -> Result<(), LaterEpochError> {
        let realm = self.house.authority.realm().clone();
        let later = self.revocations.later_epoch(&self.epochs, self.house.now)?;
        let shares = self.index.renew(&realm, later, |_| true, &mut self.rng).unwrap();
        self.install(&shares);
        Ok(())
    }

    /// Signs the next head; the cloud takes it.
    pub fn publish(&mut self) -> Vec<u8> {
        let head = self.index.head(self.house.now, self.house.now + 24 * HOUR).unwrap();
        assert_eq!(self.house.cloud.index(&head, self.house.now, &mut self.rng).unwrap(), Accepted::New);
        head
    }

    pub fn send(&mut self, writer: &mut IndexWriter, head: &[u8]) {
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

    pub fn sync(&mut self, reader: &mut IndexReader<'_>) -> Result<(), FindError> {
        let (cloud, now) = (&self.house.cloud, self.house.now);
        reader.sync(&cloud.name(), now, &mut self.rng, |question| {
            cloud.answer(question, now).map_err(|error| error.to_string().into())
        })
    }

    pub fn find(&mut self, reader: &mut IndexReader<'_>, query: &Query) -> Result<Vec<[u8; 16]>, FindError> {
        let (cloud, gate, now) = (&self.house.cloud, &self.gate, self.house.now);
        let hits = reader.find(query, GATE, now, &mut self.rng, |request| {
            cloud.gate(gate, request, now).map_err(|error| error.to_string().into())
        })?;
        Ok(hits.handles().map(|handle| *handle.as_bytes()).collect())
    }

    /// How many records are found, and how often the gate was asked.
    pub fn find_in_steps(&mut self, reader: &mut IndexReader<'_>, query: &Query) -> (usize, usize) {
        let (cloud, gate, now) = (&self.house.cloud, &self.gate, self.house.now);
        let mut asked = 0;
        let readers = std::slice::from_mut(reader);
        let hits = IndexReader::find_in_all(readers, query, GATE, now, &mut self.rng, |requests| {
            asked += requests.len();
            let answers = cloud.gate_all(gate, requests, now).unwrap().into_iter();
            answers.map(|answer| answer.map_err(|error| error.to_string().into())).collect()
        });
        (hits.unwrap()[0].len(), asked)
    }
}

pub fn word(value: &str) -> Keyword {
    Keyword::new("code", value).unwrap()
}

pub fn query(value: &str) -> Query {
    Query::keyword(word(value))
}
