//! A reader: 32 secret bytes, signed questions, and a mistrust of every answer. `[PHR-7]` `[PHR-8]`

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::credential::Credential;
use super::error::ReadError;
use super::message::{
    Answer, Ask, Body, Content, Contents, Listed, MAX_NAMES, Occasion, Opening, Question, Receipt, context,
};
use super::realm::Realm;
use super::record::{Attachment, PatientHandle, Record};
use crate::abe::payload::{ContentKey, RecordHeader, RecordName};
use crate::error::OpenError;
use crate::outsource::{EnrolmentNonce, ReaderSeed, RequestKey, RetrievalKey, TransformedHeader, UserId};
use crate::revoke::ProxyName;

/// A reader of records: a clinician, a patient, on a phone.
///
/// It asks, the cloud does the pairings, it finishes with one exponentiation for each compartment, and takes only what is the patient's,
/// genuine, and signed by a writer whom the authority has certified. Of the cloud it believes nothing but that it may hide records, or
/// newer versions of them: completeness is what the search index proves.
pub struct Reader {
    realm: Realm,
    user: UserId,
    seed: ReaderSeed,
    request_key: RequestKey,
    retrieval_key: RetrievalKey,
}

/// A question that was asked: its answer is read with it, once.
#[derive(Debug)]
#[must_use = "send the question, and read the answer with it"]
pub struct Asked {
    question: Vec<u8>,
    ask: Ask,
}

impl Asked {
    /// The bytes for the cloud.
    pub fn question(&self) -> &[u8] {
        &self.question
    }
}

/// Records that were opened, and those that were not.
#[derive(Debug)]
pub struct Opened {
    /// Genuine records, each version by itself.
    pub records: Vec<Record>,
    /// Records, and compartments as a whole, that did not open or are not genuine: damaged, or a lie.
    pub refused: usize,
    /// Records that were asked for and not sent: there are none of this name, or they are not for this reader.
    pub missing: Vec<RecordName>,
    /// Where to go on, if there are more.
    pub next: Option<[u8; 32]>,
    /// Where the access stands in the cloud's log.
    pub receipt: Receipt,
}

impl Reader {
    /// A reader with the seed that he keeps.
    pub fn new(realm: Realm, user: UserId, seed: ReaderSeed) -> Self {
        let (request_key, retrieval_key) = (seed.request_key(), seed.retrieval_key());
        Self { realm, user, seed, request_key, retrieval_key }
    }

    /// Who he is.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// Asks the authority to be enrolled, with the nonce that it has drawn for him.
    pub fn enrol(&self, nonce: &EnrolmentNonce, rng: &mut impl CryptoRng) -> Vec<u8> {
        self.seed.enrol(self.realm.parameters(), &self.user, nonce, rng).to_bytes()
    }

    /// Asks for the names of a patient's records, from after `after` on.
    pub fn list(
        &self,
        patient: &PatientHandle,
        after: Option<[u8; 32]>,
        cloud: &ProxyName,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Asked {
        self.ask(Ask::List { patient: *patient, after }, cloud, now, rng)
    }

    /// Asks for records by name; no more than 4,096 of them, the rest is left out.
    pub fn open(
        &self,
        names: impl IntoIterator<Item = RecordName>,
        cloud: &ProxyName,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Asked {
        self.ask(Ask::Open { names: names.into_iter().take(MAX_NAMES).collect() }, cloud, now, rng)
    }

    /// Asks for every record of a patient that he may open, from after `after` on.
    pub fn open_all(
        &self,
        patient: &PatientHandle,
        after: Option<[u8; 32]>,
        cloud: &ProxyName,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Asked {
        self.ask(Ask::OpenAll { patient: *patient, after }, cloud, now, rng)
    }

    fn ask(&self, ask: Ask, cloud: &ProxyName, now: u64, rng: &mut impl CryptoRng) -> Asked {
        Asked { question: self.question(ask.clone(), cloud, now, rng), ask }
    }

    /// A signed question.
    pub(super) fn question(
        &self,
        ask: Ask,
        cloud: &ProxyName,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Vec<u8> {
        let occasion = Occasion { realm: self.realm.id(), user: &self.user, cloud, time: now };
        Question::sign(&self.request_key, &occasion, ask, rng).to_bytes()
    }

    pub(super) fn realm(&self) -> &Realm {
        &self.realm
    }

    pub(super) fn request_key(&self) -> &RequestKey {
        &self.request_key
    }

    pub(super) fn retrieval_key(&self) -> &RetrievalKey {
        &self.retrieval_key
    }

    /// Reads the answer to [`list`](Self::list): records, and where to go on if there are more. Nothing of it is proved.
    ///
    /// # Errors
    /// [`ReadError::Malformed`], or [`ReadError::NotAsked`] if it is the answer to something else.
    pub fn listed(&self, asked: Asked, answer: &[u8]) -> Result<(Vec<Listed>, Option<[u8; 32]>), ReadError> {
        match (asked.ask, Answer::from_bytes(answer)?.contents) {
            (Ask::List { .. }, Contents::Listed { records, next }) => Ok((records, next)),
            _ => Err(ReadError::NotAsked),
        }
    }

    /// Opens the answer to [`open`](Self::open) or [`open_all`](Self::open_all).
    ///
    /// What does not open is counted and left out; nothing that is not genuine is ever in the result.
    ///
    /// # Errors
    /// [`ReadError::Malformed`], or [`ReadError::NotAsked`] if it holds what was not asked for.
    pub fn opened(&self, asked: Asked, answer: &[u8]) -> Result<Opened, ReadError> {
        let Answer { receipt, contents } = Answer::from_bytes(answer)?;
        let Contents::Opened { openings, next } = contents else { return Err(ReadError::NotAsked) };
        let mut missing: BTreeSet<RecordName> = match &asked.ask {
            Ask::Open { names } => names.iter().copied().collect(),
            Ask::OpenAll { .. } => BTreeSet::new(),
            _ => return Err(ReadError::NotAsked),
        };
        let (mut records, mut refused, mut seen) = (Vec::new(), 0, BTreeSet::new());
        // One writer has many compartments: his credential is verified once.
        let mut credentials = BTreeMap::new();
        for opening in openings {
            if matches!(&asked.ask, Ask::OpenAll { patient, .. } if *patient != opening.patient) {
                return Err(ReadError::NotAsked);
            }
            let credential = credentials
                .entry(opening.credential.clone())
                .or_insert_with(|| genuine(&opening.credential, &self.realm));
            let opened = match credential {
                Some(credential) => Compartment::open(self, &opening, credential),
                None => Err(OpenError),
            };
            let Ok(compartment) = opened else {
                refused += 1;
                continue;
            };
            for (sealed, chunks) in &opening.records {
                let Ok(header) = RecordHeader::of(sealed) else {
                    refused += 1;
                    continue;
                };
                let name = *header.name();
                let wanted = matches!(&asked.ask, Ask::OpenAll { .. }) || missing.remove(&name);
                if !wanted || !seen.insert(name) {
                    return Err(ReadError::NotAsked);
                }
                match compartment.record(&name, sealed, *chunks) {
                    Ok(record) => records.push(record),
                    Err(OpenError) => refused += 1,
                }
            }
        }
        Ok(Opened { records, refused, missing: missing.into_iter().collect(), next, receipt })
    }

    /// Fetches an attachment and writes its content to `output`; how many bytes. `call` sends a question to the cloud and returns its answer.
    ///
    /// Memory is bounded: 8 MiB or so are fetched at a time.
    ///
    /// # Errors
    /// [`ReadError`]. What was written until then is not to be used: that it is complete, and signed by its writer, is known at the end.
    #[cfg(feature = "std")]
    pub fn fetch(
        &self,
        attachment: &Attachment,
        cloud: &ProxyName,
        now: impl Fn() -> u64,
        rng: &mut impl CryptoRng,
        mut call: impl FnMut(&[u8]) -> Result<Vec<u8>, alloc::boxed::Box<str>>,
        output: &mut impl std::io::Write,
    ) -> Result<u64, ReadError> {
        super::attachment::fetch(attachment, output, |first, count| {
            let ask = Ask::Chunks { name: attachment.record, first, count };
            let asked = self.ask(ask, cloud, now(), rng);
            let answer = call(asked.question()).map_err(ReadError::Transport)?;
            match Answer::from_bytes(&answer)?.contents {
                Contents::Chunks(chunks) if chunks.len() as u64 <= u64::from(count) => Ok(chunks),
                _ => Err(ReadError::NotAsked),
            }
        })
    }
}

/// A credential of this realm.
fn genuine(bytes: &[u8], realm: &Realm) -> Option<Credential> {
    Credential::from_bytes(bytes).ok().filter(|credential| credential.is_genuine(realm))
}

/// A compartment that has opened, with the writer of all that is in it.
struct Compartment<'c> {
    patient: PatientHandle,
    key: Arc<ContentKey>,
    credential: &'c Credential,
}

impl<'c> Compartment<'c> {
    fn open(reader: &Reader, opening: &Opening, credential: &'c Credential) -> Result<Self, OpenError> {
        let transformed = TransformedHeader::from_bytes(&opening.transformed).map_err(|_| OpenError)?;
        let context = context(&opening.patient, &opening.compartment);
        let parameters = reader.realm.parameters();
        let core = *transformed.core_id();
        let key = reader.retrieval_key.finish(parameters, &transformed, &core, &context)?;
        Ok(Self { patient: opening.patient, key: Arc::new(key), credential })
    }

    /// A record that this compartment's writer has signed, and was allowed to write.
    fn record(&self, name: &RecordName, sealed: &[u8], chunks: u32) -> Result<Record, OpenError> {
        let author = *self.credential.author();
        let (plaintext, _) = self.key.open_from(&[author], name, sealed)?;
        let plaintext = crate::secret::Secret::new(plaintext);
        let body = Body::from_bytes(plaintext.expose_secret()).map_err(|_| OpenError)?;
        let covered = self.credential.covers(&self.patient, body.description.category);
        if body.writer != *self.credential.user() || !covered {
            return Err(OpenError);
        }
        let attachment = match body.content {
            Content::Here(_) => None,
            Content::Attached { stream, bytes } => {
                let (key, record) = (Arc::clone(&self.key), *name);
                Some(Attachment { key, author, record, stream, bytes, chunks })
            }
        };
        let content = body.content.to_vec();
        Ok(Record {
            name: *name,
            patient: self.patient,
            description: body.description,
            writer: body.writer,
            content,
            attachment,
        })
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("user", &self.user).field("realm", &self.realm).finish_non_exhaustive()
    }
}
