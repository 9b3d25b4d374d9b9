//! Any bytes to every decoder: an error, or a value that encodes to the same bytes.
#![no_main]

use hippocrypt::ledger::{
    Checkpoint, ConsistencyProof, Entry, InclusionProof, LogKeys, Note, NoteKey, PatientAccount, Receipt,
    Scribe, TileName, WitnessRequest, WitnessState,
};
use hippocrypt::phr::audit::{AuditEntry, ErasureOrder, LedgerCertificate};
use hippocrypt::phr::grant::{Revocations, SeedHeader};
use hippocrypt::phr::{
    AccessRules, Authority, Cloud, Consent, Credential, Limits, PatientHandle, Reader, Realm, RoleKey,
};
use hippocrypt::search::{
    self, Context, ContextKeys, Domain, EntryKeys, Gate, GateLimits, Head, HeadContents, IndexEpoch,
    IndexOwner, IndexWriter, Mirror, Outline, PolicyId, PolicySeed, RemoteSearch, SearchKey, Segment,
    Trapdoor,
};
use hippocrypt::store::{MemoryBlobs, MemoryStore};
use hippocrypt::{
    AttributeKey, AuthorId, AuthorKey, AuthorSignature, AuthorityUpdate, Enrolment, EpochStatement,
    EpochTree, Grant, Header, IssuedKey, Kind, Lease, MasterKey, Policy, ProxyKey, ProxyName,
    PublicParameters, RECORD_HEADER_BYTES, ReaderSeed, RecordHeader, RecordSummary, RevocationState, Schema,
    SealKey, SealRequest, SealStep, SignedSchema, StoredHeader, TokenBatch, TransformKey, TransformRequest,
    TransformedHeader, UserId, os_rng, setup_with_epochs,
};
use libfuzzer_sys::fuzz_target;

/// A cloud without a lease, and a reader: they decode what is sent to them, and take nothing.
struct House {
    cloud: Cloud<MemoryStore, MemoryBlobs>,
    reader: Reader,
    name: ProxyName,
}

thread_local! {
    static HOUSE: House = {
        let mut rng = os_rng();
        let (_, master) = setup_with_epochs("fuzz", EpochTree::default(), &mut rng).unwrap();
        let rules = AccessRules::parse(AccessRules::STANDARD, &Schema::empty()).unwrap();
        let authority = Authority::begin(master, &Schema::empty(), rules, MemoryStore::new(), 0).unwrap();
        let (realm, name) = (authority.realm().clone(), ProxyName::new("cloud").unwrap());
        let (store, blobs) = (MemoryStore::new(), MemoryBlobs::new());
        let scribe = Scribe::generate("fuzz", &mut rng).unwrap();
        let cloud = Cloud::open(realm.clone(), name.clone(), store, blobs, scribe, Limits::default(), 0).unwrap();
        let reader = Reader::new(realm, UserId::new("r").unwrap(), ReaderSeed::generate(&mut rng));
        House { cloud, reader, name }
    };
}

/// An index with a device, a gate and a reader: they decode what is sent to them, and take nothing.
struct Index {
    owner: IndexOwner,
    context: Context,
    head: Head,
    keys: EntryKeys,
    context_keys: ContextKeys,
    search_key: SearchKey,
    outline: Outline,
}

thread_local! {
    static INDEX: Index = {
        let mut rng = os_rng();
        let (owner, domain) = (IndexOwner::generate(&mut rng), Domain::new("general").unwrap());
        let context = owner.context(&domain, IndexEpoch::FIRST, 1);
        let (_, entry) = owner.writer(&context, &mut rng);
        let policy = search::PolicyEntry {
            domain: domain.clone(),
            epoch: IndexEpoch::FIRST,
            policy: PolicyId::from_bytes([1; 16]),
            version: 1,
            header: Vec::new(),
        };
        let contents = HeadContents {
            scopes: vec![owner.scope(&domain, IndexEpoch::FIRST, 1)],
            writers: vec![entry],
            policies: vec![policy.clone()],
        };
        let head = owner.sign(1, 0, u64::MAX, contents).unwrap();
        let word = search::Keyword::new("code", "1").unwrap();
        let outline = Outline::from_bytes(&[0; 4]).unwrap();
        let context_keys = ContextKeys::new(&head, &context).unwrap();
        let keys = owner.trapdoors(&context, &[word])[0].entry_keys(&context_keys).unwrap();
        let search_key = SearchKey::new(&PolicySeed::random(&mut rng), &context, &policy);
        Index { owner, context, head, keys, context_keys, search_key, outline }
    };
}

fn index(bytes: &[u8]) {
    INDEX.with(|index| {
        let Index { owner, context, head, keys, context_keys, search_key, outline } = index;
        let mut rng = os_rng();
        if let Ok(segment) = Segment::from_bytes(bytes) {
            assert_eq!(segment.to_bytes(), bytes);
        }
        if let Ok(outline) = Outline::from_bytes(bytes) {
            assert_eq!(outline.to_bytes(), bytes);
        }
        if let Ok(writer) = IndexWriter::from_bytes(bytes) {
            assert_eq!(writer.to_bytes().expose_secret(), bytes);
        }
        if let Ok(owner) = IndexOwner::from_bytes(bytes) {
            assert_eq!(owner.to_bytes().expose_secret(), bytes);
        }
        if let Ok(trapdoors) = Trapdoor::all_from_bytes(bytes) {
            assert_eq!(Trapdoor::all_to_bytes(&trapdoors).expose_secret(), bytes);
        }
        // Nobody here has signed any of this.
        assert!(Head::from_bytes(bytes, owner.collection()).is_err());
        assert!(owner.admit(bytes, context).is_err());
        let mut store = MemoryStore::new();
        if let Ok((_, batch, head)) = search::server::install(&store, bytes) {
            assert_eq!(head.to_bytes(), bytes);
            hippocrypt::store::Store::commit(&mut store, &batch).unwrap();
        }
        assert!(search::server::append(&store, head, bytes).is_err());
        let mut gate = Gate::open("gate", MemoryStore::new(), GateLimits::default());
        let _ = gate.install(bytes);
        assert!(gate.serve(bytes, 0, |_| vec![[1; 32]]).is_err());
        let _ = search::asker(bytes);
        // Asking costs exponentiations: for what is an answer only.
        if matches!(Kind::of(bytes), Ok(Kind::GateAnswer)) {
            let signer = ReaderSeed::generate(&mut rng).request_key();
            let words = [keys.keyword().clone()];
            let asked = search_key.ask(&words, "gate", "r", &signer, 0, &mut rng).unwrap();
            assert!(asked.finish(bytes, context_keys, &mut rng).is_err());
        }
        let mut mirror = Mirror::new(*owner.collection());
        if mirror.extend(head, context, bytes).is_ok() {
            assert_eq!(mirror.size(), (0, 0));
        }
        let _ = search::server::context_of(bytes);
        let _ = search::server::Shelf::default().answer(bytes);
        if let Ok(search::Remote::Done(hits)) = RemoteSearch::new(keys, outline).read(head, bytes) {
            assert!(hits.is_empty());
        }
    });
}

fn doors(bytes: &[u8]) {
    HOUSE.with(|House { cloud, reader, name }| {
        let mut rng = os_rng();
        assert!(cloud.upload(bytes, 0, &mut rng).is_err());
        assert!(cloud.answer(bytes, 0).is_err());
        let _ = cloud.take(bytes, 0, &mut rng);
        let asked = reader.open_all(&PatientHandle::from_bytes([0; 16]), None, name, 0, &mut rng);
        // Without a receipt nothing is opened.
        assert!(reader.opened(asked, bytes).is_err());
        let asked = reader.list(&PatientHandle::from_bytes([0; 16]), None, name, 0, &mut rng);
        assert!(reader.listed(asked, bytes).is_err());
        let asked = reader.account(&PatientHandle::from_bytes([0; 16]), name, 0, &mut rng);
        assert!(reader.accounted(asked, bytes, None, 0).is_err());
        assert!(cloud.erase(bytes, 0).is_err());
    });
}

/// What of the ledger is text, and its key: what is read is written as it was.
fn texts(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_text().as_bytes(), bytes);
    }
    if let Ok(checkpoint) = Checkpoint::parse(bytes) {
        assert_eq!(checkpoint.to_text().as_bytes(), bytes);
    }
    if let Ok(state) = WitnessState::from_bytes(bytes) {
        assert_eq!(state.to_bytes(), bytes);
    }
    let _ = WitnessRequest::parse(bytes);
    if let Ok(text) = core::str::from_utf8(bytes) {
        if let Ok(key) = NoteKey::parse(text) {
            assert_eq!(key.to_string(), text);
        }
        let _ = LogKeys::parse(text);
        if let Some(name) = TileName::parse(text) {
            assert_eq!(name.to_string(), text);
        }
    }
    if let Ok(scribe) = Scribe::from_bytes(bytes, &mut os_rng()) {
        assert_eq!(scribe.to_bytes().expose_secret(), bytes);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let _ = Kind::of(bytes);
    macro_rules! public {
        ($($name:ident)*) => {$(
            if let Ok(value) = $name::from_bytes(bytes) {
                assert_eq!(value.to_bytes(), bytes);
            }
        )*};
    }
    macro_rules! secret {
        ($($name:ident)*) => {$(
            if let Ok(value) = $name::from_bytes(bytes) {
                assert_eq!(value.to_bytes().expose_secret(), bytes);
            }
        )*};
    }
    public!(PublicParameters Header SignedSchema AuthorId AuthorSignature);
    public!(Enrolment TransformKey ProxyKey StoredHeader TokenBatch Grant SealRequest TransformRequest TransformedHeader);
    public!(EpochStatement AuthorityUpdate RevocationState Lease IssuedKey);
    secret!(MasterKey AttributeKey AuthorKey ReaderSeed SealKey SealStep RoleKey);
    public!(Realm Credential Consent AuditEntry Revocations SeedHeader);
    public!(Entry InclusionProof ConsistencyProof PatientAccount Receipt LedgerCertificate ErasureOrder);
    texts(bytes);
    doors(bytes);
    index(bytes);
    if let Ok(header) = RecordHeader::of(bytes) {
        assert_eq!(header.to_bytes(), bytes[..RECORD_HEADER_BYTES]);
    }
    let in_memory = RecordSummary::of(&[0; 32], bytes);
    let streamed = RecordSummary::read_from(&[0; 32], bytes);
    assert_eq!(in_memory.ok(), streamed.ok());
    assert_eq!(Header::read_from(&mut &*bytes).is_ok(), Header::split_from(bytes).is_ok());
    if let Ok(policy) = Policy::from_canonical_bytes(bytes, [0; 32]) {
        assert_eq!(policy.canonical_bytes(), bytes);
    }
});
