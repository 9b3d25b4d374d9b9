//! A reader: 32 secret bytes, signed questions, and a mistrust of every answer. `[PHR-7]` `[PHR-8]`

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::audit::{access, add_record};
use super::credential::Credential;
use super::error::{ReadError, ReceiptError};
use super::message::{
    Answer, Ask, Body, Content, Contents, Listed, MAX_NAMES, MAX_REASON_BYTES, Occasion, Opening, Promise,
    Question, context,
};
use super::realm::Realm;
use super::receipt;
use super::record::{Attachment, PatientHandle, Record};
use crate::abe::payload::{ContentKey, RecordHeader, RecordName};
use crate::error::{DecodeError, OpenError};
use crate::ledger::Receipt;
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
    cloud: ProxyName,
    time: u64,
}

impl Asked {
    /// The bytes for the cloud.
    pub fn question(&self) -> &[u8] {
        &self.question
    }

    pub(super) fn ask(&self) -> &Ask {
        &self.ask
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
    /// That it stands in the cloud's ledger, and where: to be kept.
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
        let question = self.question(ask.clone(), cloud, now, rng);
        Asked { question, ask, cloud: cloud.clone(), time: now }
    }

    /// Asks for every record of a patient that he may open, in an emergency, from after `after` on: she will see that, and why. At most 1,024 bytes of a reason, the rest is
    /// cut off.
    pub fn break_glass(
        &self,
        patient: &PatientHandle,
        after: Option<[u8; 32]>,
        reason: &str,
        cloud: &ProxyName,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Asked {
        let fits = (0..=MAX_REASON_BYTES.min(reason.len())).rev().find(|end| reason.is_char_boundary(*end));
        let reason = reason.get(..fits.unwrap_or(0)).unwrap_or_default().into();
        self.ask(Ask::BreakGlass { patient: *patient, after, reason }, cloud, now, rng)
    }

    /// Asks what happened to a patient's records: for herself, and those who have her attribute.
    pub fn account(
        &self,
        patient: &PatientHandle,
        cloud: &ProxyName,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Asked {
        self.ask(Ask::Account { patient: *patient }, cloud, now, rng)
    }

    /// The receipt for what was asked and given.
    pub(super) fn receipt(
        &self,
        asked: &Asked,
        promise: Option<Promise>,
        patients: Vec<(PatientHandle, Vec<RecordName>)>,
    ) -> Result<Receipt, ReceiptError> {
        let occasion = receipt::Occasion { realm: &self.realm, cloud: Some(&asked.cloud), time: asked.time };
        let said = |time| access(asked.ask.event(), time, &self.user, &asked.question, patients);
        receipt::check(&occasion, promise, said)
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

    /// Reads the answer to [`list`](Self::list): records, and where to go on if there are more. Nothing of it is proved, but that it was written down.
    ///
    /// # Errors
    /// [`ReadError::Malformed`], [`ReadError::Receipt`], or [`ReadError::NotAsked`] if it is the answer to something else.
    pub fn listed(&self, asked: Asked, answer: &[u8]) -> Result<(Vec<Listed>, Option<[u8; 32]>), ReadError> {
        let Answer { promise, contents } = Answer::from_bytes(answer)?;
        let (Ask::List { patient, .. }, Contents::Listed { records, next }) = (&asked.ask, contents) else {
            return Err(ReadError::NotAsked);
        };
        self.receipt(&asked, promise, Vec::from([(*patient, Vec::new())]))?;
        Ok((records, next))
    }

    /// Opens the answer to [`open`](Self::open), [`open_all`](Self::open_all) or [`break_glass`](Self::break_glass): first of all it must bear the receipt that
    /// the access to each of these records is in the cloud's ledger, in the chain of the patient whose they are.
    ///
    /// What does not open is counted and left out; nothing that is not genuine is ever in the result.
    ///
    /// # Errors
    /// [`ReadError::Malformed`], [`ReadError::NotAsked`] if it holds what was not asked for, [`ReadError::Receipt`]: then nothing was opened.
    pub fn opened(&self, asked: Asked, answer: &[u8]) -> Result<Opened, ReadError> {
        let Answer { promise, contents } = Answer::from_bytes(answer)?;
        let Contents::Opened { openings, next } = contents else { return Err(ReadError::NotAsked) };
        let (mut missing, only): (BTreeSet<RecordName>, Option<PatientHandle>) = match &asked.ask {
            Ask::Open { names } => (names.iter().copied().collect(), None),
            Ask::OpenAll { patient, .. } | Ask::BreakGlass { patient, .. } => {
                (BTreeSet::new(), Some(*patient))
            }
            _ => return Err(ReadError::NotAsked),
        };
        let mut patients = Vec::new();
        for opening in &openings {
            if only.is_some_and(|only| only != opening.patient) {
                return Err(ReadError::NotAsked);
            }
            let names = opening.records.iter().map(|(sealed, _)| Ok(*RecordHeader::of(sealed)?.name()));
            let names: Vec<RecordName> = names.collect::<Result<_, DecodeError>>()?;
            add_record(&mut patients, opening.patient, names);
        }
        let receipt = self.receipt(&asked, promise, patients)?;
        let (mut records, mut refused, mut seen) = (Vec::new(), 0, BTreeSet::new());
        // One writer has many compartments: his credential is verified once.
        let mut credentials = BTreeMap::new();
        for opening in openings {
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
                let wanted = only.is_some() || missing.remove(&name);
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
            let Answer { promise, contents } = Answer::from_bytes(&answer)?;
            match contents {
                Contents::Chunks(chunks) if chunks.len() as u64 <= u64::from(count) => {
                    self.receipt(
                        &asked,
                        promise,
                        Vec::from([(attachment.patient, Vec::from([attachment.record]))]),
                    )?;
                    Ok(chunks)
                }
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
                let (key, record, patient) = (Arc::clone(&self.key), *name, self.patient);
                Some(Attachment { patient, key, author, record, stream, bytes, chunks })
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
