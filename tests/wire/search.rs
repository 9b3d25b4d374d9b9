//! One object of every type of the keyword index, from a fixed seed.
//!
//! What only ever passes between two parties has no public type: its decoder is whoever receives it.

use hippocrypt::search::*;
use hippocrypt::store::{MemoryStore, Store};
use hippocrypt::testing::TestRng;
use hippocrypt::{ReaderSeed, RequestKey, Secret};

use crate::objects::Object;

pub const NOW: u64 = 1_800_000_000;
pub const GATE: &str = "golden gate";
pub const READER: &str = "golden reader";

/// An index with a device and a lab, a gate with a share, a server with their segments; and what they exchange.
pub struct House {
    pub owner: IndexOwner,
    pub context: Context,
    pub head: Head,
    pub device: IndexWriter,
    pub lab: IndexWriter,
    pub card: Vec<u8>,
    pub share: Vec<u8>,
    pub key: SearchKey,
    pub keys: ContextKeys,
    pub entry_keys: EntryKeys,
    pub request: Vec<u8>,
    pub answer: Vec<u8>,
    pub trapdoors: Vec<Trapdoor>,
    pub segment: Vec<u8>,
    pub page: Vec<u8>,
    pub outline: Outline,
    pub query: Vec<u8>,
    pub found: Vec<u8>,
}

pub fn keywords() -> [Keyword; 2] {
    [("code", "http://loinc.org|4548-4"), ("name", "m\u{fc}ller")]
        .map(|(field, value)| Keyword::new(field, value).unwrap())
}

fn policies(context: &Context, policy: PolicyId) -> Vec<PolicyEntry> {
    let (domain, epoch, header) = (context.domain.clone(), context.epoch, b"golden wrapping".to_vec());
    vec![PolicyEntry { domain, epoch, policy, version: 2, header }]
}

fn signer() -> RequestKey {
    ReaderSeed::generate(&mut TestRng::new("golden signer")).request_key()
}

/// The same request every time.
fn ask(key: &SearchKey) -> AskedGate {
    key.ask(&keywords(), GATE, READER, &signer(), NOW, &mut TestRng::new("golden request")).unwrap()
}

impl House {
    pub fn new() -> Self {
        let mut rng = TestRng::new("golden index");
        let (owner, domain) = (IndexOwner::generate(&mut rng), Domain::new("general").unwrap());
        let context = owner.context(&domain, IndexEpoch::FIRST, 1);
        let (policy, seed) = (PolicyId::from_bytes([0x66; 16]), [0x77; 32]);
        let share = owner.share(&context, &policy, 2, PolicySeed::new(Secret::new(seed)));
        let share = share.expose_secret().clone();
        let scopes = vec![owner.scope(&domain, IndexEpoch::FIRST, 1)];
        let (mut device, device_entry) = owner.writer(&context, &mut rng);
        let contents =
            HeadContents { scopes, writers: vec![device_entry], policies: policies(&context, policy) };
        let first = owner.sign(1, NOW, NOW + 3600, contents.clone()).unwrap();
        let (mut lab, card) = IndexWriter::lab(&first, &context, &mut rng).unwrap();
        let mut contents = contents;
        contents.writers.push(owner.admit(&card, &context).unwrap());
        let head = owner.sign(2, NOW, NOW + 3600, contents).unwrap();

        let [code, name] = keywords();
        let profile = LeakageProfile { smallest: 4, ..LeakageProfile::lean() };
        let handle = |byte| Handle::from_bytes([byte; 16]);
        let mut store = MemoryStore::new();
        let mut segments = Vec::new();
        for (writer, byte) in [(&mut device, 1), (&mut lab, 8)] {
            for round in 0..2 {
                writer.add(handle(byte + round), [1, 2, 3], &[code.clone(), name.clone()]);
                writer.finish(&head, &profile, &mut rng).unwrap();
            }
            segments.extend(writer.outbox().map(|(_, bytes)| bytes.to_vec()));
            writer.confirm(0);
        }
        // An entry that waits, beside the segment that is not confirmed.
        device.delete(handle(2), std::slice::from_ref(&code));
        for segment in &segments {
            let (_, batch) = server::append(&store, &head, segment).unwrap();
            store.commit(&batch).unwrap();
        }

        let seed = PolicySeed::new(Secret::new(seed));
        let key = SearchKey::new(&seed, &context, &head.contents().policies[0]);
        let asked = ask(&key);
        let mut gate = Gate::open(GATE, MemoryStore::new(), GateLimits::default());
        gate.install(&share).unwrap();
        let request = asked.request().to_vec();
        let answer = gate.serve(&request, NOW, |_| vec![signer().public_bytes()]).unwrap();
        let keys = ContextKeys::new(&head, &context).unwrap();
        let trapdoors = asked.finish(&answer, &keys, &mut rng).unwrap();

        let page = server::page(&store, &head, &context, &[], usize::MAX).unwrap();
        let mut shelf = server::Shelf::default();
        shelf.load(&store, &head, &context).unwrap();
        let entry_keys = trapdoors[0].entry_keys(&keys).unwrap();
        let query = RemoteSearch::new(&entry_keys, &shelf.outline()).query().to_vec();
        let found = shelf.answer(&query).unwrap();
        let (segment, outline) = (segments[0].clone(), shelf.outline());
        Self {
            owner,
            context,
            head,
            device,
            lab,
            card,
            share,
            key,
            keys,
            entry_keys,
            request,
            answer,
            trapdoors,
            segment,
            page,
            outline,
            query,
            found,
        }
    }
}

thread_local! {
    static HOUSE: House = House::new();
}

/// A receiver that takes an object or gives an error. What it has decoded it does not give back: that it is what an encoder writes, is
/// tested beside the types (`src/search/vectors.rs`).
fn taken<T, E>(bytes: &[u8], receive: impl FnOnce(&House) -> Result<T, E>) -> Option<Vec<u8>> {
    HOUSE.with(|house| receive(house).ok()).map(|_| bytes.to_vec())
}

/// Objects whose decoder takes all that is well formed.
pub fn objects() -> Vec<Object> {
    let house = House::new();
    let object = |name, bytes, reencode| Object { name, bytes, reencode };
    vec![
        object("segment", house.segment, |bytes| Some(Segment::from_bytes(bytes).ok()?.to_bytes())),
        object("index-head", house.head.to_bytes(), |bytes| {
            HOUSE.with(|house| Some(Head::from_bytes(bytes, house.owner.collection()).ok()?.to_bytes()))
        }),
        object("gate-share", house.share, |bytes| {
            taken(bytes, |_| Gate::open(GATE, MemoryStore::new(), GateLimits::default()).install(bytes))
        }),
        object("gate-request", house.request, |bytes| {
            taken(bytes, |house| {
                let mut gate = Gate::open(GATE, MemoryStore::new(), GateLimits::default());
                gate.install(&house.share).unwrap();
                gate.serve(bytes, NOW, |_| vec![signer().public_bytes()])
            })
        }),
        object("gate-answer", house.answer, |bytes| {
            taken(bytes, |house| ask(&house.key).finish(bytes, &house.keys, &mut TestRng::new("weights")))
        }),
        object("writer-card", house.card, |bytes| {
            taken(bytes, |house| house.owner.admit(bytes, &house.context))
        }),
        object("index-writer-device", house.device.to_bytes().expose_secret().clone(), writer),
        object("index-writer-lab", house.lab.to_bytes().expose_secret().clone(), writer),
        object("index-owner", house.owner.to_bytes().expose_secret().clone(), |bytes| {
            Some(IndexOwner::from_bytes(bytes).ok()?.to_bytes().expose_secret().clone())
        }),
        object("trapdoors", Trapdoor::all_to_bytes(&house.trapdoors).expose_secret().clone(), |bytes| {
            let trapdoors = Trapdoor::all_from_bytes(bytes).ok()?;
            Some(Trapdoor::all_to_bytes(&trapdoors).expose_secret().clone())
        }),
        object("segment-page", house.page, |bytes| {
            taken(bytes, |house| {
                Mirror::new(*house.owner.collection()).extend(&house.head, &house.context, bytes)
            })
        }),
        object("remote-query", house.query, |bytes| taken(bytes, |_| server::context_of(bytes))),
        object("remote-answer", house.found, |bytes| {
            taken(bytes, |house| {
                RemoteSearch::new(&house.entry_keys, &house.outline).read(&house.head, bytes).map(|_| ())
            })
        }),
        object("outline", house.outline.to_bytes(), |bytes| {
            Some(Outline::from_bytes(bytes).ok()?.to_bytes())
        }),
    ]
}

fn writer(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(IndexWriter::from_bytes(bytes).ok()?.to_bytes().expose_secret().clone())
}
