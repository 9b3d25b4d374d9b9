//! A house with a cloud in memory, for tests.

use hippocrypt::ledger::Scribe;
use hippocrypt::phr::*;
use hippocrypt::store::{BlobStore, MemoryBlobs, MemoryStore, Store};
use hippocrypt::testing::TestRng;
use hippocrypt::{
    AuthorKey, EnrolmentNonce, EpochTree, ProxyName, ReaderSeed, Schema, SecretBytes, UserId, os_rng,
    setup_with_epochs,
};

pub const NOW: u64 = 1_800_000_000;
pub const HOUR: u64 = 3600;

/// The authority, its cloud, and the way between them.
pub struct House<S = MemoryStore, B = MemoryBlobs> {
    pub authority: Authority<MemoryStore>,
    pub cloud: Cloud<S, B>,
    scribe: SecretBytes,
    pub now: u64,
    pub rng: TestRng,
}

impl House {
    pub fn new(seed: &str) -> Self {
        Self::limited(seed, Limits::default())
    }

    pub fn limited(seed: &str, limits: Limits) -> Self {
        Self::over(seed, MemoryStore::new(), MemoryBlobs::new(), limits)
    }
}

impl<S: Store, B: BlobStore> House<S, B> {
    pub fn over(seed: &str, store: S, blobs: B, limits: Limits) -> Self {
        let mut rng = TestRng::new(seed);
        let (_, master) = setup_with_epochs("st-marys", EpochTree::new(10).unwrap(), &mut rng).unwrap();
        let rules = AccessRules::parse(AccessRules::STANDARD, &Schema::empty()).unwrap();
        let authority = Authority::begin(master, &Schema::empty(), rules, MemoryStore::new(), NOW).unwrap();
        let name = ProxyName::new("cloud").unwrap();
        let realm = Realm::from_bytes(&authority.realm().to_bytes()).unwrap();
        let scribe = Scribe::generate("cloud.example/ledger", &mut rng).unwrap();
        let bytes = scribe.to_bytes();
        let cloud = Cloud::open(realm, name, store, blobs, scribe, limits, NOW).unwrap();
        let mut house = Self { authority, cloud, scribe: bytes, now: NOW, rng };
        let updates = house.authority.updates(0).unwrap();
        house.tell(&updates);
        house
    }

    /// Who writes the cloud's ledger, once more: for another cloud over a copy of the store.
    pub fn scribe(&self) -> Scribe {
        Scribe::from_bytes(self.scribe.expose_secret(), &mut os_rng()).unwrap()
    }

    /// The house with its cloud over the same store, started again; in between somebody has to do with the store and the scribe.
    pub fn restarted(self, now: u64, act: impl FnOnce(&mut S, &mut Scribe)) -> Self {
        let Self { authority, cloud, rng, .. } = self;
        let (realm, name) = (authority.realm().clone(), cloud.name());
        let (mut store, blobs, mut scribe) = cloud.into_parts();
        act(&mut store, &mut scribe);
        let bytes = scribe.to_bytes();
        let cloud = Cloud::open(realm, name, store, blobs, scribe, Limits::default(), now).unwrap();
        Self { authority, cloud, scribe: bytes, now, rng }
    }

    /// The cloud hears messages, then a fresh lease and statement, and the certificate of its ledger.
    pub fn tell(&mut self, messages: &[Vec<u8>]) {
        for message in messages {
            self.cloud.take(message, self.now, &mut self.rng).unwrap();
        }
        let key = self.cloud.ledger_key().unwrap();
        let certificate = self.authority.certify_ledger(&self.cloud.name(), &key, 0);
        self.cloud.take(&certificate, self.now, &mut self.rng).unwrap();
        let lease = self.authority.lease(&self.cloud.name(), self.now, self.now + HOUR).unwrap();
        self.cloud.take(&lease, self.now, &mut self.rng).unwrap();
        let statement = self.statement();
        self.cloud.take(&statement, self.now, &mut self.rng).unwrap();
    }

    /// The cloud hears messages of another authority, then a fresh lease.
    pub fn tell_from(&mut self, authority: &Authority<MemoryStore>, messages: &[Vec<u8>]) {
        for message in messages {
            self.cloud.take(message, self.now, &mut self.rng).unwrap();
        }
        let lease = authority.lease(&self.cloud.name(), self.now, self.now + HOUR).unwrap();
        self.cloud.take(&lease, self.now, &mut self.rng).unwrap();
    }

    pub fn statement(&self) -> Vec<u8> {
        self.authority.statement(self.now, self.now + 12 * HOUR).unwrap()
    }

    pub fn reader(&mut self, user: &str, attributes: &str) -> Reader {
        let user = UserId::new(user).unwrap();
        let reader =
            Reader::new(self.authority.realm().clone(), user.clone(), ReaderSeed::generate(&mut self.rng));
        let nonce = EnrolmentNonce::generate(&mut self.rng);
        let enrolment = reader.enrol(&nonce, &mut self.rng);
        let key = self.authority.enrol(&user, &enrolment, nonce, attributes, &mut self.rng).unwrap();
        self.cloud.take(&key, self.now, &mut self.rng).unwrap();
        reader
    }

    pub fn patient(&mut self, user: &str) -> Owner {
        let (user, patient) = (UserId::new(user).unwrap(), PatientHandle::random(&mut self.rng));
        let (seed, key) = (ReaderSeed::generate(&mut self.rng), AuthorKey::generate(&mut self.rng));
        let all = RecordCategory::ALL;
        let until = self.now + 1000 * HOUR;
        let credential = self.authority.credential(&user, &key.id(), all, Some(&patient), until).unwrap();
        let realm = self.authority.realm().clone();
        let mut owner = Owner::new(realm, user.clone(), seed, key, &credential).unwrap();
        let nonce = EnrolmentNonce::generate(&mut self.rng);
        let enrolment = owner.reader().enrol(&nonce, &mut self.rng);
        let key = self.authority.enrol_patient(&user, &enrolment, nonce, &patient, &mut self.rng).unwrap();
        self.cloud.take(&key, self.now, &mut self.rng).unwrap();
        owner.writer().observe(&self.statement(), self.now).unwrap();
        owner
    }

    pub fn writer(&mut self, user: &str) -> Writer {
        let (user, key) = (UserId::new(user).unwrap(), AuthorKey::generate(&mut self.rng));
        let until = self.now + 1000 * HOUR;
        let credential =
            self.authority.credential(&user, &key.id(), RecordCategory::ALL, None, until).unwrap();
        let mut writer = Writer::new(self.authority.realm().clone(), key, &credential).unwrap();
        writer.observe(&self.statement(), self.now).unwrap();
        writer
    }

    pub fn send(&mut self, writer: &mut Writer) -> Result<usize, CloudError> {
        let mut uploads = 0;
        while let Some(upload) = writer.upload() {
            self.cloud.upload(&upload, self.now, &mut self.rng)?;
            uploads += 1;
        }
        Ok(uploads)
    }

    pub fn read(&mut self, reader: &Reader, patient: &PatientHandle) -> Result<Opened, CloudError> {
        let asked = reader.open_all(patient, None, &self.cloud.name(), self.now, &mut self.rng);
        let answer = self.cloud.answer(asked.question(), self.now)?;
        Ok(reader.opened(asked, &answer).unwrap())
    }
}

pub fn described(category: RecordCategory) -> Description {
    Description::new(category, "application/fhir+json")
}
