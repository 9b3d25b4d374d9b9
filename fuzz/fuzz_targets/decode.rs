//! Any bytes to every decoder: an error, or a value that encodes to the same bytes.
#![no_main]

use hippocrypt::phr::audit::{AuditEntry, StoreAudit};
use hippocrypt::phr::grant::{Revocations, SeedHeader};
use hippocrypt::phr::{
    AccessRules, Authority, Cloud, Consent, Credential, Limits, PatientHandle, Reader, Realm, RoleKey,
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
    cloud: Cloud<MemoryStore, MemoryBlobs, StoreAudit>,
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
        let cloud =
            Cloud::open(realm.clone(), name.clone(), store, blobs, StoreAudit, Limits::default(), 0).unwrap();
        let reader = Reader::new(realm, UserId::new("r").unwrap(), ReaderSeed::generate(&mut rng));
        House { cloud, reader, name }
    };
}

fn doors(bytes: &[u8]) {
    HOUSE.with(|House { cloud, reader, name }| {
        let mut rng = os_rng();
        assert!(cloud.upload(bytes, 0, &mut rng).is_err());
        assert!(cloud.answer(bytes, 0).is_err());
        let _ = cloud.take(bytes, 0, &mut rng);
        let asked = reader.open_all(&PatientHandle::from_bytes([0; 16]), None, name, 0, &mut rng);
        if let Ok(opened) = reader.opened(asked, bytes) {
            assert!(opened.records.is_empty());
        }
        let asked = reader.list(&PatientHandle::from_bytes([0; 16]), None, name, 0, &mut rng);
        let _ = reader.listed(asked, bytes);
    });
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
    doors(bytes);
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
