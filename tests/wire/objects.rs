//! One object of every type, from a fixed seed.

use hippocrypt::ledger::Scribe;
use hippocrypt::phr::audit::{AuditEntry, AuditEvent, ErasureOrder, LedgerCertificate};
use hippocrypt::phr::grant::Revocations;
use hippocrypt::phr::{
    self, AccessRules, Consent, Credential, PatientHandle, Realm, RecordCategory, RoleKey, SecurityLabel,
};
use hippocrypt::testing::TestRng;
use hippocrypt::{
    AttributeKey, AttributeSet, AuthorId, AuthorKey, AuthorSignature, Authority, AuthorityUpdate, Enrolment,
    EnrolmentNonce, EpochStatement, EpochTree, Epochs, FileOptions, Grant, Header, IssuedKey, KeyId, Lease,
    MasterKey, MemoryRegistry, Policy, ProxyKey, ProxyName, PublicParameters, ReaderSeed, RecordId,
    RecordName, RevocationState, Schema, SealError, SealKeeper, SealKey, SealKeyId, SealRequest, SealStep,
    SignedSchema, StoredHeader, TokenBatch, TransformKey, TransformRequest, TransformedHeader, UserId, setup,
    setup_with_epochs,
};
use std::cell::RefCell;
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
    let proxy_key = copy.accept(&parameters, &mut TestRng::new("proxy")).unwrap();
    let stored = StoredHeader::accept(header.clone(), &parameters, &mut TestRng::new("store")).unwrap();
    let transformed = proxy_key.transform(&header).unwrap();
    let revocation = revocation(&attributes, &enrolment, &mut rng);
    let roles = roles();

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
    let mut all = vec![
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
        public!(PublicParameters, "public-parameters-with-epochs", revocation.parameters),
        public!(EpochStatement, "epoch-statement", revocation.statement),
        public!(AuthorityUpdate, "update-begin", revocation.updates[0]),
        public!(AuthorityUpdate, "update-advance", revocation.updates[1]),
        public!(AuthorityUpdate, "update-revoke-user", revocation.updates[2]),
        public!(AuthorityUpdate, "update-revoke-key", revocation.updates[3]),
        public!(AuthorityUpdate, "update-revoke-attributes", revocation.updates[4]),
        public!(RevocationState, "revocation-state", revocation.state),
        public!(Revocations, "revocations", revocation.known),
        public!(Lease, "lease", revocation.lease),
        public!(IssuedKey, "issued-key", revocation.issued),
        public!(TransformKey, "transform-key-with-epochs", revocation.keys.transform_key),
        public!(ProxyKey, "refreshed-proxy-key", revocation.keys.proxy_key),
        public!(TokenBatch, "tokens", revocation.keys.tokens),
        public!(Grant, "grant", revocation.keys.grant),
        public!(Header, "header-with-epoch", revocation.keys.header),
        public!(StoredHeader, "sealed-header", revocation.keys.sealed),
        secret!(SealKey, "seal-key", revocation.keys.seal_key),
        public!(SealRequest, "seal-request", revocation.keys.asked),
        secret!(SealStep, "seal-step", revocation.keys.answered),
        public!(Realm, "realm", roles.realm),
        public!(Credential, "credential", roles.credential),
        public!(Credential, "credential-of-a-patient", roles.patient_credential),
        public!(Consent, "consent", roles.consent),
        public!(AuditEntry, "audit-entry", roles.entry),
        public!(LedgerCertificate, "ledger-certificate", roles.certificate),
        public!(ErasureOrder, "erasure-order", roles.erasure),
        secret!(RoleKey, "role-key", roles.key),
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
    ];
    all.extend(crate::search::objects());
    all.extend(crate::ledger::objects());
    all
}

/// What the roles of a house keep and exchange. Uploads, questions, answers and what is inside a record have their golden bytes in
/// `src/phr/message/tests.rs`.
pub struct Roles {
    realm: Realm,
    credential: Credential,
    patient_credential: Credential,
    consent: Consent,
    entry: AuditEntry,
    certificate: LedgerCertificate,
    erasure: ErasureOrder,
    key: RoleKey,
}

fn roles() -> Roles {
    const NOW: u64 = 1_800_000_000;
    let mut rng = TestRng::new("golden roles");
    let (_, master) = setup_with_epochs("golden house", EpochTree::new(10).unwrap(), &mut rng).unwrap();
    let rules =
        "lab-result: role:physician and clearance >= 3\nnote: role:physician\nlabel PSY: board-certified";
    let rules = AccessRules::parse(rules, &schema()).unwrap();
    let store = hippocrypt::store::MemoryStore::new();
    let authority = phr::Authority::begin(master, &schema(), rules, store, NOW).unwrap();
    let realm = authority.realm().clone();
    let (user, patient) = (UserId::new("golden patient").unwrap(), PatientHandle::from_bytes([0x55; 16]));
    let key = RoleKey::generate(&realm, user.clone(), ProxyName::new("golden cloud").unwrap(), &mut rng);
    let certify = |categories: &[RecordCategory], patient| {
        let categories = categories.iter().copied();
        authority.credential(&user, &key.author_id(), categories, patient, NOW + 3600).unwrap()
    };
    let credential = certify(&[RecordCategory::LabResult, RecordCategory::Other], None);
    let patient_credential = certify(&RecordCategory::ALL, Some(&patient));
    let copy = RoleKey::from_bytes(key.to_bytes().expose_secret()).unwrap();
    let mut owner = copy.with_credential(patient_credential.clone()).owner(&realm).unwrap();
    let labels = ["PSY", "HIV"].map(|label| SecurityLabel::new(label).unwrap());
    let categories = [RecordCategory::Note, RecordCategory::Imaging];
    let reader = UserId::new("golden reader").unwrap();
    let consent = Consent::from_bytes(&owner.share(&reader, categories, labels, NOW).unwrap()).unwrap();
    let name = |version| RecordName { id: RecordId::from_bytes([0x42; 16]), version };
    let entry = AuditEntry {
        time: NOW,
        event: AuditEvent::Opened,
        user: Some(reader),
        patient: Some(patient),
        records: vec![name(1), name(7)],
        evidence: b"golden evidence".to_vec(),
    };
    let key = key.with_credential(patient_credential.clone());
    let [credential, patient_credential] =
        [credential, patient_credential].map(|bytes| Credential::from_bytes(&bytes).unwrap());
    let scribe = Scribe::generate("golden/ledger", &mut rng).unwrap();
    let log = scribe.key(&hippocrypt::store::MemoryStore::new()).unwrap().clone();
    let certificate = authority.certify_ledger(&ProxyName::new("golden cloud").unwrap(), &log, 7);
    let certificate = LedgerCertificate::from_bytes(&certificate).unwrap();
    let erasure = ErasureOrder::from_bytes(&owner.erase(NOW)).unwrap();
    Roles { realm, credential, patient_credential, consent, entry, certificate, erasure, key }
}

/// What an authority of a realm with epochs says.
pub struct Revocation {
    pub parameters: PublicParameters,
    pub statement: EpochStatement,
    pub updates: Vec<AuthorityUpdate>,
    pub state: RevocationState,
    pub known: Revocations,
    pub lease: Lease,
    pub issued: IssuedKey,
    pub keys: TimedKeys,
}

/// What proxy and store hold in a realm with epochs.
pub struct TimedKeys {
    pub transform_key: TransformKey,
    pub proxy_key: ProxyKey,
    pub tokens: TokenBatch,
    pub grant: Grant,
    pub header: Header,
    pub seal_key: SealKey,
    pub sealed: StoredHeader,
    pub asked: SealRequest,
    pub answered: SealStep,
}

/// Keeps a seal key, and what it was asked and answered last.
struct Keeper<'a>(&'a SealKey, RefCell<Option<(SealRequest, SealStep)>>);

impl SealKeeper for Keeper<'_> {
    type Error = SealError;

    fn id(&self) -> SealKeyId {
        self.0.id()
    }

    fn step(&self, parameters: &PublicParameters, request: SealRequest) -> Result<SealStep, SealError> {
        let step = self.0.step(parameters, request)?;
        *self.1.borrow_mut() =
            Some((request, SealStep::from_bytes(step.to_bytes().expose_secret()).unwrap()));
        Ok(step)
    }
}

/// A key from its issue over a grant to a refresh, and a header from its acceptance to a seal.
fn timed_keys(authority: &mut Authority, attributes: &AttributeSet, now: u64) -> TimedKeys {
    let mut rng = TestRng::new("golden keys with epochs");
    let parameters = authority.public_parameters().clone();
    let (seed, user) = (ReaderSeed::generate(&mut rng), UserId::new("golden phone").unwrap());
    let nonce = EnrolmentNonce::from_bytes([0x18; 32]);
    let enrolment = seed.enrol(&parameters, &user, &nonce, &mut rng);
    let reader = enrolment.verify(&parameters, &user, nonce).unwrap();
    let mut registry = MemoryRegistry::new();
    let transform_key = authority.issue(&reader, attributes, &mut registry, &mut rng).unwrap();
    let copy = TransformKey::from_bytes(&transform_key.to_bytes()).unwrap();
    let mut proxy_key = copy.accept(&parameters, &mut rng).unwrap();
    let more = AttributeSet::parse("ward:7", &Schema::empty()).unwrap();
    let grant = authority.grant(proxy_key.id(), &more, &mut registry).unwrap();

    let mut epochs = Epochs::new(&parameters).unwrap();
    epochs.observe(&parameters, &authority.statement(now, now + 60).unwrap(), now).unwrap();
    let current = epochs.current(now).unwrap();
    let policy = Policy::parse("ward:7 or role:cardiologist", &Schema::empty()).unwrap();
    let (header, _) = parameters.at(current).unwrap().compartment(&policy, b"golden context", &mut rng);
    let stored = StoredHeader::accept_at(current, header.clone(), &parameters, &mut rng).unwrap();

    let from = proxy_key.tokens_until().unwrap();
    authority.advance(now).unwrap();
    let tokens = authority.refresh(proxy_key.id(), from, &mut registry).unwrap();
    let verified = tokens.clone().verify(&parameters, |_| Some(&proxy_key), &mut rng).unwrap();
    verified.refresh(&mut proxy_key).unwrap();
    let seal_key = SealKey::generate(&mut rng);
    let keeper = Keeper(&seal_key, RefCell::new(None));
    let sealed = stored.seal(&parameters, authority.epoch(), &keeper).unwrap().unwrap();
    authority.advance(now).unwrap();
    sealed.seal(&parameters, authority.epoch(), &keeper).unwrap().unwrap();
    let (asked, answered) = keeper.1.into_inner().unwrap();
    TimedKeys { transform_key, proxy_key, tokens, grant, header, seal_key, sealed, asked, answered }
}

fn revocation(attributes: &AttributeSet, enrolment: &Enrolment, rng: &mut TestRng) -> Revocation {
    const NOW: u64 = 1_800_000_000;
    let (parameters, master) = setup_with_epochs("golden epochs", EpochTree::default(), rng).unwrap();
    let (mut authority, begin) = Authority::begin(master, NOW).unwrap();
    let (dead, cut) = (KeyId::from_bytes([0x33; 16]), KeyId::from_bytes([0x44; 16]));
    let updates = vec![
        begin,
        authority.advance_to(300, NOW + 1).unwrap(),
        authority.revoke_user(&UserId::new("golden reader").unwrap(), NOW + 2).unwrap(),
        authority.revoke_key(&dead, NOW + 3).unwrap(),
        authority.revoke_attributes(&cut, attributes, NOW + 4).unwrap(),
    ];
    // An entry as a database gives it back: there is no issuing by hand.
    let enrolled = enrolment.to_bytes();
    let user = 7 + 32..7 + 32 + 2 + "golden reader".len();
    let (request_key, y) = (user.end + 32..user.end + 64, user.end + 64..user.end + 112);
    let attributes = {
        // Behind realm, number, previous, time, epoch, tag and key id.
        let update = updates[4].to_bytes();
        update[7 + 32 + 8 + 32 + 8 + 4 + 1 + 16..update.len() - 64].to_vec()
    };
    let issued = [
        &b"HPCR\x01\x01\x13"[..],
        &authority.public_parameters().id()[..],
        cut.as_bytes(),
        &enrolled[user],
        &enrolled[request_key],
        &enrolled[y],
        &attributes,
        &3u64.to_be_bytes(),
        &2u32.to_be_bytes(),
        &300u32.to_be_bytes(),
        &[1],
    ]
    .concat();
    let issued = IssuedKey::from_bytes(&issued).unwrap();
    issued.reader().unwrap();
    let statement = authority.statement(NOW + 5, NOW + 3_605).unwrap();
    let lease = authority.lease(&ProxyName::new("golden proxy").unwrap(), NOW + 5, NOW + 605).unwrap();
    let state = authority.state().clone();
    let mut known = Revocations::new(&parameters).unwrap();
    for update in &updates {
        known.observe(&parameters, &update.to_bytes()).unwrap();
    }
    let attributes = issued.attributes().clone();
    let keys = timed_keys(&mut authority, &attributes, NOW + 6);
    Revocation { parameters, statement, lease, state, known, updates, issued, keys }
}
