//! An index in one process: its owner, writers, a reader, the gate and the server.

use hippocrypt::os_rng;
use hippocrypt::search::server;
use hippocrypt::search::{
    Context, ContextKeys, Domain, Gate, GateLimits, Head, HeadContents, IndexEpoch, IndexOwner, IndexWriter,
    Keyword, PolicyEntry, PolicyId, PolicySeed, SearchKey,
};
use hippocrypt::store::{MemoryStore, Store};
use hippocrypt::{ReaderSeed, RequestKey, Secret};

use super::super::workload::Wrong;

pub const NOW: u64 = 1_800_000_000;
pub const GATE: &str = "gate";
pub const READER: &str = "reader";

pub struct House {
    pub owner: IndexOwner,
    pub context: Context,
    pub contents: HeadContents,
    pub head: Head,
    pub store: MemoryStore,
    pub gate: Gate<MemoryStore>,
    pub policy: PolicyId,
    pub search: SearchKey,
    pub reader: RequestKey,
}

pub fn keyword(field: &str, number: usize) -> Result<Keyword, Wrong> {
    Ok(Keyword::new(field, &format!("http://loinc.org|{number:07}"))?)
}

pub fn keywords(field: &str, count: usize) -> Result<Vec<Keyword>, Wrong> {
    (0..count).map(|number| keyword(field, number)).collect()
}

impl House {
    pub fn new() -> Result<Self, Wrong> {
        let mut rng = os_rng();
        let owner = IndexOwner::generate(&mut rng);
        let domain = Domain::new("general")?;
        let context = owner.context(&domain, IndexEpoch::FIRST, 1);
        let policy = PolicyId::random(&mut rng);
        let entry = PolicyEntry {
            domain: domain.clone(),
            epoch: IndexEpoch::FIRST,
            policy,
            version: 1,
            header: Vec::new(),
        };
        let seed = PolicySeed::random(&mut rng);
        let search = SearchKey::new(&seed, &context, &entry);
        // How much it takes is measured, not how much it allows.
        let limits = GateLimits {
            points_per_reader: u32::MAX,
            points_per_collection: u32::MAX,
            ..GateLimits::default()
        };
        let mut gate = Gate::open(GATE, MemoryStore::new(), limits);
        gate.install(owner.share(&context, &policy, 1, seed).expose_secret())?;
        let scopes = vec![owner.scope(&domain, IndexEpoch::FIRST, 1)];
        let contents = HeadContents { scopes, policies: vec![entry], writers: Vec::new() };
        let head = owner.sign(1, NOW, NOW + 86_400, contents.clone())?;
        let reader = ReaderSeed::generate(&mut rng).request_key();
        let store = MemoryStore::new();
        Ok(Self { owner, context, contents, head, store, gate, policy, search, reader })
    }

    /// Signs the next head, and gives it to the server.
    pub fn sign(&mut self) -> Result<(), Wrong> {
        let version = self.head.version() + 1;
        self.head = self.owner.sign(version, NOW, NOW + 86_400, self.contents.clone())?;
        let (_, batch, _) = server::install(&self.store, &self.head.to_bytes())?;
        Ok(self.store.commit(&batch)?)
    }

    pub fn device(&mut self) -> Result<IndexWriter, Wrong> {
        let (writer, entry) = self.owner.writer(&self.context, &mut os_rng());
        self.contents.writers.push(entry);
        self.sign()?;
        Ok(writer)
    }

    /// A lab that the head names.
    pub fn lab(&mut self) -> Result<IndexWriter, Wrong> {
        let (writer, card) = IndexWriter::lab(&self.head, &self.context, &mut os_rng())?;
        self.contents.writers.push(self.owner.admit(&card, &self.context)?);
        self.sign()?;
        Ok(writer)
    }

    pub fn keys(&self) -> Result<ContextKeys, Wrong> {
        ContextKeys::new(&self.head, &self.context).ok_or_else(|| Wrong::new("the epoch is not live"))
    }

    /// The request key of the reader, for the gate.
    pub fn keys_of(&self) -> impl Fn(&str) -> Vec<[u8; 32]> + use<> {
        let key = self.reader.public_bytes();
        move |name| if name == READER { vec![key] } else { Vec::new() }
    }
}

/// A second copy of a seed: the owner's goes into the share, the reader's comes out of its wrapping.
pub fn copy(seed: &PolicySeed) -> PolicySeed {
    PolicySeed::new(Secret::new(*seed.expose_secret()))
}
