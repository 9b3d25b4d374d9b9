//! An index with its owner, a lab, a gate and a server, for tests.

use hippocrypt::search::server::{self, Accepted};
use hippocrypt::search::*;
use hippocrypt::store::{MemoryStore, Store};
use hippocrypt::testing::TestRng;
use hippocrypt::{ReaderSeed, RequestKey, Secret};

pub const NOW: u64 = 1_800_000_000;
pub const DAY: u64 = 86_400;
pub const GATE: &str = "gate";

/// Everything of one index.
pub struct House {
    pub rng: TestRng,
    pub owner: IndexOwner,
    pub domain: Domain,
    pub contents: HeadContents,
    pub head: Head,
    pub store: MemoryStore,
    pub gate: Gate<MemoryStore>,
    pub seed: PolicySeed,
    pub policy: PolicyId,
    pub reader: RequestKey,
}

pub fn kw(field: &str, value: &str) -> Keyword {
    Keyword::new(field, value).unwrap()
}

pub fn code(value: &str) -> Keyword {
    kw("code", value)
}

impl House {
    /// One domain, its first epoch, no writers; one policy with its share at the gate; one reader.
    pub fn new(name: &str) -> Self {
        let mut rng = TestRng::new(name);
        let owner = IndexOwner::generate(&mut rng);
        let domain = Domain::new("general").unwrap();
        let policy = PolicyId::random(&mut rng);
        let contents = HeadContents {
            scopes: vec![owner.scope(&domain, IndexEpoch::FIRST, 1)],
            policies: vec![PolicyEntry {
                domain: domain.clone(),
                epoch: IndexEpoch::FIRST,
                policy,
                version: 1,
                header: b"wrapped".to_vec(),
            }],
            ..HeadContents::default()
        };
        let head = owner.sign(1, NOW, NOW + DAY, contents.clone()).unwrap();
        let seed = PolicySeed::random(&mut rng);
        let mut gate = Gate::open(GATE, MemoryStore::new(), GateLimits::default());
        let context = owner.context(&domain, IndexEpoch::FIRST, 1);
        gate.install(owner.share(&context, &policy, 1, copy(&seed)).expose_secret()).unwrap();
        let reader = ReaderSeed::generate(&mut rng).request_key();
        let mut house = Self {
            rng,
            owner,
            domain,
            contents,
            head,
            store: MemoryStore::new(),
            gate,
            seed,
            policy,
            reader,
        };
        house.install();
        house
    }

    pub fn context(&self) -> Context {
        self.head.newest(&self.domain).unwrap()
    }

    /// Signs the next head with the contents as they stand, and gives it to the server.
    pub fn sign_head(&mut self) {
        let version = self.head.version() + 1;
        self.head = self.owner.sign(version, NOW, NOW + DAY, self.contents.clone()).unwrap();
        self.install();
    }

    fn install(&mut self) {
        let (accepted, batch, _) = server::install(&self.store, &self.head.to_bytes()).unwrap();
        assert_eq!(accepted, Accepted::New);
        self.store.commit(&batch).unwrap();
    }

    pub fn device(&mut self) -> IndexWriter {
        let (writer, entry) = self.owner.writer(&self.context(), &mut self.rng);
        self.contents.writers.push(entry);
        self.sign_head();
        writer
    }

    pub fn lab(&mut self) -> IndexWriter {
        let context = self.context();
        let (writer, card) = IndexWriter::lab(&self.head, &context, &mut self.rng).unwrap();
        self.contents.writers.push(self.owner.admit(&card, &context).unwrap());
        self.sign_head();
        writer
    }

    pub fn handle(&mut self) -> Handle {
        Handle::random(&mut self.rng)
    }

    /// Adds a record, and returns its handle.
    pub fn add(&mut self, writer: &mut IndexWriter, keywords: &[Keyword]) -> Handle {
        let handle = self.handle();
        writer.add(handle, [1, 2, 3], keywords);
        handle
    }

    /// Seals what waits and sends all of it.
    pub fn send(&mut self, writer: &mut IndexWriter) {
        writer.finish(&self.head, &LeakageProfile::standard(), &mut self.rng).unwrap();
        self.upload(writer);
    }

    pub fn upload(&mut self, writer: &mut IndexWriter) {
        let segments: Vec<(u64, Vec<u8>)> = writer.outbox().map(|(n, bytes)| (n, bytes.to_vec())).collect();
        for (sequence, bytes) in segments {
            let (_, batch) = server::append(&self.store, &self.head, &bytes).unwrap();
            self.store.commit(&batch).unwrap();
            writer.confirm(sequence);
        }
    }

    pub fn search_key(&self) -> SearchKey {
        let context = self.context();
        let entry = self.head.policies(&context).find(|entry| entry.policy == self.policy).unwrap();
        SearchKey::new(&self.seed, &context, entry)
    }

    /// Trapdoors by way of the gate.
    pub fn trapdoors(&mut self, keywords: &[Keyword]) -> Result<Vec<Trapdoor>, GateError> {
        let keys = ContextKeys::new(&self.head, &self.context()).unwrap();
        let asked = self.search_key().ask(keywords, GATE, "dr-chen", &self.reader, NOW, &mut self.rng)?;
        let public = self.reader.public_bytes();
        let answer = self
            .gate
            .serve(asked.request(), NOW, |name| if name == "dr-chen" { vec![public] } else { vec![] })?;
        asked.finish(&answer, &keys, &mut self.rng)
    }

    pub fn entry_keys(&mut self, keyword: &Keyword) -> EntryKeys {
        let keys = ContextKeys::new(&self.head, &self.context()).unwrap();
        let trapdoors = self.trapdoors(std::slice::from_ref(keyword)).unwrap();
        trapdoors[0].entry_keys(&keys).unwrap()
    }

    pub fn page(&self, mirror: &Mirror, limit: usize) -> Vec<u8> {
        let context = self.context();
        let positions = mirror.positions(&self.head, &context);
        server::page(&self.store, &self.head, &context, &positions, limit).unwrap()
    }

    pub fn sync(&self, mirror: &mut Mirror) -> Result<(), SyncError> {
        loop {
            let page = self.page(mirror, 4000);
            if mirror.extend(&self.head, &self.context(), &page)? == Progress::Complete {
                return mirror.is_complete(&self.head, &self.context());
            }
        }
    }

    pub fn mirror(&self) -> Mirror {
        let mut mirror = Mirror::new(*self.owner.collection());
        self.sync(&mut mirror).unwrap();
        mirror
    }

    /// The handles that are found under a keyword, locally.
    pub fn find(&mut self, keyword: &Keyword) -> Vec<Handle> {
        let keys = self.entry_keys(keyword);
        let mirror = self.mirror();
        mirror.search(&self.head, &keys).unwrap().handles().collect()
    }

    /// .. remotely.
    pub fn find_remotely(&mut self, keyword: &Keyword) -> Vec<Handle> {
        let keys = self.entry_keys(keyword);
        let mut shelf = server::Shelf::default();
        shelf.load(&self.store, &self.head, &self.context()).unwrap();
        let mut search = RemoteSearch::new(&keys, &shelf.outline());
        loop {
            let answer = shelf.answer(search.query()).unwrap();
            match search.read(&self.head, &answer).unwrap() {
                Remote::More(next) => search = next,
                Remote::Done(hits) => return hits.handles().collect(),
            }
        }
    }
}

/// A second copy of a seed: the owner's goes into the share, the reader's comes out of its wrapping.
pub fn copy(seed: &PolicySeed) -> PolicySeed {
    PolicySeed::new(Secret::new(*seed.expose_secret()))
}

pub fn sorted(mut handles: Vec<Handle>) -> Vec<Handle> {
    handles.sort();
    handles
}
