//! What an attacker makes by hand, written from the specification and not with the library's encoders: answers that lie (`[PHR-8]`) and
//! uploads of a writer who breaks the rules (`[PHR-6]`).

use ed25519_dalek::{Signer, SigningKey};
use hippocrypt::phr::*;
use hippocrypt::{AuthorKey, ContentKey, Epochs, Header, Policy, RecordId, RecordName, Schema, UserId};
use sha2::{Digest, Sha256};

use crate::house::{HOUR, House};
use crate::receipt::{FalseReceipt, Given, contents, join, split};

pub fn short(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

pub fn long(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

pub fn count(count: usize) -> [u8; 4] {
    u32::try_from(count).unwrap().to_be_bytes()
}

fn object(kind: u8, body: &[u8]) -> Vec<u8> {
    [b"HPCR\x01\x01", &[kind][..], body].concat()
}

/// Takes fields off a byte string.
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    pub fn take(&mut self, length: usize) -> &'a [u8] {
        let (field, rest) = self.0.split_at(length);
        self.0 = rest;
        field
    }
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).try_into().unwrap()
    }
    pub fn count(&mut self) -> usize {
        u32::from_be_bytes(self.array()) as usize
    }
    pub fn long(&mut self) -> Vec<u8> {
        let length = self.count();
        self.take(length).to_vec()
    }
    pub fn short(&mut self) -> Vec<u8> {
        let length = u16::from_be_bytes(self.array());
        self.take(length.into()).to_vec()
    }
}

#[derive(Clone)]
pub struct FalseOpening {
    pub patient: [u8; 16],
    pub compartment: [u8; 16],
    pub transformed: Vec<u8>,
    pub credential: Vec<u8>,
    pub records: Vec<(Vec<u8>, u32)>,
}

/// What is answered to a question for records, taken apart.
#[derive(Clone)]
pub struct FalseAnswer {
    before: Vec<u8>,
    pub openings: Vec<FalseOpening>,
}

impl FalseAnswer {
    pub fn of(answer: &[u8]) -> Self {
        let contents = contents(answer);
        let mut fields = Fields(&contents);
        let mut before = fields.take(2).to_vec();
        assert_eq!(before[0], 2);
        before.extend(fields.take(if before[1] == 1 { 32 } else { 0 }));
        let openings = (0..fields.count()).map(|_| FalseOpening {
            patient: fields.array(),
            compartment: fields.array(),
            transformed: fields.long(),
            credential: fields.short(),
            records: (0..fields.count()).map(|_| (fields.long(), fields.count() as u32)).collect(),
        });
        let openings = openings.collect();
        assert!(fields.0.is_empty());
        Self { before, openings }
    }

    /// With a receipt.
    pub fn with(&self, receipt: &FalseReceipt) -> Vec<u8> {
        let mut bytes = self.before.clone();
        bytes.extend(count(self.openings.len()));
        for opening in &self.openings {
            bytes.extend([&opening.patient[..], &opening.compartment].concat());
            bytes.extend([long(&opening.transformed), short(&opening.credential)].concat());
            bytes.extend(count(opening.records.len()));
            for (sealed, chunks) in &opening.records {
                bytes.extend(long(sealed));
                bytes.extend(chunks.to_be_bytes());
            }
        }
        join(Some(receipt), &bytes)
    }

    /// Of each patient the records in it, as they come.
    pub fn given(&self) -> Given {
        let mut given = Given::new();
        for opening in &self.openings {
            let patient = PatientHandle::from_bytes(opening.patient);
            // 8 bytes into a record, id and version.
            let name = |(sealed, _): &(Vec<u8>, u32)| RecordName {
                id: RecordId::from_bytes(sealed[8..24].try_into().unwrap()),
                version: u64::from_be_bytes(sealed[24..32].try_into().unwrap()),
            };
            let names = opening.records.iter().map(name);
            match given.iter_mut().find(|(other, _)| *other == patient) {
                Some((_, all)) => all.extend(names),
                None => given.push((patient, names.collect())),
            }
        }
        given
    }
}

/// An answer with chunks, taken apart and put together.
pub fn with_chunks(answer: &[u8], change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let (receipt, contents) = split(answer);
    let mut fields = Fields(&contents);
    assert_eq!(fields.take(1), [3]);
    let mut chunks: Vec<Vec<u8>> = (0..fields.count()).map(|_| fields.long()).collect();
    change(&mut chunks);
    let mut bytes = [&[3], &count(chunks.len())[..]].concat();
    chunks.iter().for_each(|chunk| bytes.extend(long(chunk)));
    join(receipt.as_ref(), &bytes)
}

/// The sort of a question. `[PHR-7]`
pub fn what_is_asked(question: &[u8]) -> u8 {
    let mut fields = Fields(question);
    fields.take(7 + 32);
    fields.short();
    fields.short();
    fields.take(8 + 32);
    fields.take(1)[0]
}

/// Who asks. `[PHR-7]`
pub fn who_asks(question: &[u8]) -> UserId {
    let mut fields = Fields(question);
    fields.take(7 + 32);
    UserId::new(core::str::from_utf8(&fields.short()).unwrap()).unwrap()
}

/// The announcement and the head in an answer.
pub fn index_parts(answer: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let contents = contents(answer);
    let mut fields = Fields(&contents);
    assert_eq!(fields.take(1), [4]);
    (fields.long(), fields.long())
}

/// The answer with another announcement and head.
pub fn with_index_parts(answer: &[u8], announcement: &[u8], head: &[u8]) -> Vec<u8> {
    let receipt = split(answer).0;
    join(receipt.as_ref(), &[&[4], &long(announcement)[..], &long(head)].concat())
}

/// The answer without the seed that was asked for.
pub fn without_seed(answer: &[u8]) -> Vec<u8> {
    join(split(answer).0.as_ref(), &[5, 0, 0, 0, 0, 0])
}

/// The answer with other bytes of the index.
pub fn with_bytes(answer: &[u8], bytes: &[u8]) -> Vec<u8> {
    let (receipt, contents) = split(answer);
    assert_eq!(contents[0], 6);
    join(receipt.as_ref(), &[&[6], &long(bytes)[..]].concat())
}

/// What a page has of one writer.
#[derive(Clone)]
pub struct FalsePart {
    pub writer: [u8; 16],
    /// Empty if there is none.
    pub tip: Vec<u8>,
    pub segments: Vec<Vec<u8>>,
}

/// A page of segments, taken apart. `[SRCH-7.3]`
pub struct FalsePage {
    prologue: Vec<u8>,
    pub context: Vec<u8>,
    pub parts: Vec<FalsePart>,
}

impl FalsePage {
    /// The page in an answer.
    pub fn of(answer: &[u8]) -> Self {
        let contents = contents(answer);
        let mut fields = Fields(&contents);
        assert_eq!(fields.take(1), [6]);
        let page = fields.long();
        let mut fields = Fields(&page);
        let prologue = fields.take(7).to_vec();
        // Collection, short domain, epoch, pipeline.
        let context_bytes = 16 + 2 + usize::from(fields.0[17]) + 4 + 2;
        let context = fields.take(context_bytes).to_vec();
        let parts = (0..fields.count()).map(|_| FalsePart {
            writer: fields.array(),
            // Context, writer, two numbers, previous, nonce, count, root, signature.
            tip: match fields.take(1)[0] {
                0 => Vec::new(),
                _ => fields.take(context_bytes + 16 + 8 + 8 + 32 + 12 + 4 + 32 + 64).to_vec(),
            },
            segments: (0..fields.count()).map(|_| fields.long()).collect(),
        });
        let parts = parts.collect();
        assert!(fields.0.is_empty());
        Self { prologue, context, parts }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = [&self.prologue[..], &self.context, &count(self.parts.len())].concat();
        for part in &self.parts {
            bytes.extend([&part.writer[..], &[u8::from(!part.tip.is_empty())], &part.tip].concat());
            bytes.extend(count(part.segments.len()));
            part.segments.iter().for_each(|segment| bytes.extend(long(segment)));
        }
        bytes
    }
}

/// The inside of a record. `[PHR-5.2]`
pub fn body(writer: &str, category: RecordCategory, content: &[u8]) -> Vec<u8> {
    let inside = [&short(writer.as_bytes())[..], &[category as u8, 0], &short(b"text/plain"), &[0, 0, 0]];
    object(33, &[&inside.concat(), content].concat())
}

fn signature(key: &AuthorKey, label: &str, part: &[u8]) -> [u8; 64] {
    let bytes = key.to_bytes();
    let seed: [u8; 32] = bytes.expose_secret()[7..].try_into().unwrap();
    let mut message = Vec::new();
    for part in [label.as_bytes(), part] {
        message.extend((part.len() as u64).to_be_bytes());
        message.extend(part);
    }
    SigningKey::from_bytes(&seed).sign(&message).to_bytes()
}

/// A compartment as it is uploaded: patient, id, header.
pub type Compartment = ([u8; 16], [u8; 16], Vec<u8>);
/// A record as it is uploaded: core id, sealed record, chunk ids.
pub type Sealed = ([u8; 32], Vec<u8>, Vec<[u8; 32]>);

#[derive(Clone, Default)]
pub struct FalseUpload {
    pub credential: Vec<u8>,
    pub compartments: Vec<Compartment>,
    pub records: Vec<Sealed>,
    pub chunks: Vec<Vec<u8>>,
}

impl FalseUpload {
    /// Signed as a writer signs.
    pub fn sign(&self, key: &AuthorKey) -> Vec<u8> {
        let mut body = short(&self.credential);
        body.extend(count(self.compartments.len()));
        for (patient, id, header) in &self.compartments {
            body.extend([&patient[..], id, &long(header)].concat());
        }
        body.extend(count(self.records.len()));
        for (core, sealed, chunks) in &self.records {
            body.extend([&core[..], &long(sealed), &count(chunks.len()), &chunks.concat()].concat());
        }
        body.extend(count(self.chunks.len()));
        let mut hash = Sha256::new();
        hash.update(&body);
        self.chunks.iter().for_each(|chunk| hash.update(Sha256::digest(chunk)));
        let signature = signature(key, "hippocrypt/v1/sign/upload.", &hash.finalize());
        self.chunks.iter().for_each(|chunk| body.extend(long(chunk)));
        object(29, &[&body[..], &signature].concat())
    }
}

/// A writer with a credential who does as he likes.
pub struct Rogue {
    pub key: AuthorKey,
    pub user: &'static str,
    pub credential: Vec<u8>,
}

impl Rogue {
    pub fn new(house: &mut House, user: &'static str, patient: Option<&PatientHandle>) -> Self {
        let key = AuthorKey::generate(&mut house.rng);
        let mut rogue = Self { key, user, credential: Vec::new() };
        rogue.credential = rogue.certified(house, user, RecordCategory::ALL, patient);
        rogue
    }

    /// A genuine credential for his key.
    pub fn certified(
        &self,
        house: &House,
        user: &str,
        categories: impl IntoIterator<Item = RecordCategory>,
        patient: Option<&PatientHandle>,
    ) -> Vec<u8> {
        let user = UserId::new(user).unwrap();
        let until = house.now + HOUR;
        house.authority.credential(&user, &self.key.id(), categories, patient, until).unwrap()
    }

    /// A compartment with a policy and a context of his choice.
    pub fn compartment(
        &self,
        house: &mut House,
        policy: &str,
        patient: &PatientHandle,
        context: &PatientHandle,
    ) -> (Compartment, Header, ContentKey) {
        let parameters = house.authority.realm().parameters().clone();
        let mut epochs = Epochs::new(&parameters).unwrap();
        let statement = hippocrypt::EpochStatement::from_bytes(&house.statement()).unwrap();
        epochs.observe(&parameters, &statement, house.now).unwrap();
        let policy = Policy::parse(policy, &Schema::empty()).unwrap();
        let context = [context.as_bytes().as_slice(), &[7; 16]].concat();
        let encryptor = parameters.at(epochs.current(house.now).unwrap()).unwrap();
        let (header, key) = encryptor.compartment(&policy, &context, &mut house.rng);
        ((*patient.as_bytes(), [7; 16], header.to_bytes()), header, key)
    }

    /// A compartment of a patient that she and physicians can open.
    pub fn fair(&self, house: &mut House, patient: &PatientHandle) -> (Compartment, Header, ContentKey) {
        self.compartment(house, &format!("patient:\"{patient}\" or role:physician"), patient, patient)
    }

    /// A record in his name.
    pub fn record(&self, house: &mut House, key: &ContentKey, name: &RecordName, content: &[u8]) -> Sealed {
        let body = body(self.user, RecordCategory::Note, content);
        (*key.core_id(), key.seal_by(&self.key, name, &body, &mut house.rng), Vec::new())
    }

    pub fn upload(&self, compartments: Vec<Compartment>, records: Vec<Sealed>) -> FalseUpload {
        FalseUpload { credential: self.credential.clone(), compartments, records, chunks: Vec::new() }
    }
}
