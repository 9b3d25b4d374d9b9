//! One object of every type, from a fixed seed.

use hippocrypt::testing::TestRng;
use hippocrypt::{
    AttributeKey, AttributeSet, AuthorId, AuthorKey, AuthorSignature, Enrolment, EnrolmentNonce, FileOptions,
    Header, MasterKey, Policy, ProxyKey, PublicParameters, ReaderSeed, RecordId, RecordName, Schema,
    SignedSchema, StoredHeader, TransformKey, TransformRequest, TransformedHeader, UserId, setup,
};
use std::io::Write;

pub const PLAINTEXT: &[u8] =
    b"{\"resourceType\":\"Observation\",\"valueQuantity\":{\"value\":72,\"unit\":\"/min\"}}";

/// An encoded object, and its decoder followed by its encoder.
pub struct Object {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub reencode: fn(&[u8]) -> Option<Vec<u8>>,
}

pub fn schema() -> Schema {
    Schema::parse("clearance: uint(4), shift-end: date").unwrap()
}

/// Everything that has an encoding.
pub fn objects() -> Vec<Object> {
    let mut rng = TestRng::new("golden");
    let (parameters, master) = setup("golden realm", &mut rng).unwrap();
    let declared = schema();
    let attributes =
        AttributeSet::parse("role:cardiologist, st-marys/dept:\"intensive care\", clearance = 3", &declared)
            .unwrap();
    let key = master.issue(&attributes, &mut rng).unwrap();
    let delegated =
        key.delegate(&AttributeSet::parse("role:cardiologist", &declared).unwrap(), &mut rng).unwrap();
    let text = "role:cardiologist and (clearance >= 3 or shift-end > 2026-12-01T08:00Z) or patient:4711 \
                or 2 of (role:cardiologist, role:nurse, board-certified)";
    let policy = Policy::parse(text, &declared).unwrap();
    let author = AuthorKey::generate(&mut rng);
    let name = RecordName { id: RecordId::from_bytes([0x42; 16]), version: 7 };
    let options = FileOptions {
        context: b"golden context",
        name: Some(name),
        author: Some(&author),
        ..Default::default()
    };
    let mut writer = parameters.encrypt_to(&policy, options, &mut rng, Vec::new()).unwrap();
    writer.write_all(PLAINTEXT).unwrap();
    let signed_file = writer.finish().unwrap();
    let (header, record) = Header::split_from(&signed_file).unwrap();
    let signature =
        AuthorSignature::from_bytes(&record[record.len() - hippocrypt::AUTHOR_SIGNATURE_BYTES..]).unwrap();
    let seed = ReaderSeed::generate(&mut rng);
    let (user, nonce) = (UserId::new("golden reader").unwrap(), EnrolmentNonce::from_bytes([0x17; 32]));
    let enrolment = seed.enrol(&parameters, &user, &nonce, &mut rng);
    let reader = enrolment.verify(&parameters, &user, nonce).unwrap();
    let transform_key = master.issue_transform_key(&reader, &attributes, &mut rng).unwrap();
    let own_transform_key = key.transform_key(&seed, &user, &mut rng);
    let request = seed.request_key().ask(&parameters, &user, header.core_id(), 1_700_000_000, &mut rng);
    let copy = TransformKey::from_bytes(&transform_key.to_bytes()).unwrap();
    let proxy_key = copy.accept(&parameters, &mut rng).unwrap();
    let stored = StoredHeader::accept(header.clone(), &parameters, &mut rng).unwrap();
    let transformed = proxy_key.transform(&header).unwrap();

    macro_rules! public {
        ($type:ty, $name:expr, $value:expr) => {
            Object {
                name: $name,
                bytes: $value.to_bytes(),
                reencode: |bytes| Some(<$type>::from_bytes(bytes).ok()?.to_bytes()),
            }
        };
    }
    macro_rules! secret {
        ($type:ty, $name:expr, $value:expr) => {
            Object {
                name: $name,
                bytes: $value.to_bytes().expose_secret().clone(),
                reencode: |bytes| Some(<$type>::from_bytes(bytes).ok()?.to_bytes().expose_secret().clone()),
            }
        };
    }
    vec![
        public!(PublicParameters, "public-parameters", parameters),
        secret!(MasterKey, "master-key", master),
        public!(SignedSchema, "schema", master.sign_schema(&declared)),
        secret!(AttributeKey, "attribute-key", key),
        secret!(AttributeKey, "delegated-key", delegated),
        public!(Header, "header", header),
        secret!(AuthorKey, "author-key", author),
        public!(AuthorId, "author-id", author.id()),
        public!(AuthorSignature, "author-signature", signature),
        secret!(ReaderSeed, "reader-seed", seed),
        public!(Enrolment, "enrolment", enrolment),
        public!(TransformKey, "transform-key", transform_key),
        public!(TransformKey, "own-transform-key", own_transform_key),
        public!(ProxyKey, "proxy-key", proxy_key),
        public!(StoredHeader, "stored-header", stored),
        public!(TransformedHeader, "transformed-header", transformed),
        public!(TransformRequest, "transform-request", request),
        Object {
            name: "policy",
            bytes: policy.canonical_bytes(),
            reencode: |bytes| {
                Some(Policy::from_canonical_bytes(bytes, schema().id()).ok()?.canonical_bytes())
            },
        },
        // A file is read as a stream; what follows the header shows in the tests of the payload.
        Object {
            name: "signed-file",
            bytes: signed_file.clone(),
            reencode: |bytes| {
                let (header, record) = Header::split_from(bytes).ok()?;
                let summary = hippocrypt::RecordSummary::of(header.core_id(), record).ok()?;
                let head = summary.header.to_bytes();
                Some([&header.to_bytes()[..], &head, record.get(head.len()..)?].concat())
            },
        },
    ]
}
