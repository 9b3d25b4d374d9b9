//! Any bytes to every decoder: an error, or a value that encodes to the same bytes.
#![no_main]

use hippocrypt::{
    AttributeKey, AuthorId, AuthorKey, AuthorSignature, AuthorityUpdate, Enrolment, EpochStatement, Grant,
    Header, IssuedKey, Kind, Lease, MasterKey, Policy, ProxyKey, PublicParameters, RECORD_HEADER_BYTES,
    ReaderSeed, RecordHeader, RecordSummary, RevocationState, SealKey, SealRequest, SealStep, SignedSchema,
    StoredHeader, TokenBatch, TransformKey, TransformRequest, TransformedHeader,
};
use libfuzzer_sys::fuzz_target;

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
    secret!(MasterKey AttributeKey AuthorKey ReaderSeed SealKey SealStep);
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
