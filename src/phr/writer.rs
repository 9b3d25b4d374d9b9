//! A writer: a lab, a device, a clinician, a patient. Encrypts in the current epoch, signs, and can read nothing back. `[PHR-5]`

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;
use core::mem;

use rand_core::CryptoRng;

use super::consent::{Consent, Terms, labels_fit};
use super::credential::Credential;
use super::erasure::ErasureOrder;
use super::error::RoleError;
use super::index::Announcement;
use super::message::{Body, Content, MAX_CONTENT_TYPE_BYTES, NewCompartment, NewRecord, Upload, context};
use super::realm::Realm;
use super::record::{Description, PatientHandle, RecordCategory, SecurityLabel};
use crate::abe::payload::{ContentKey, RecordName};
use crate::abe::types::AuthorKey;
use crate::revoke::{EpochStatement, Epochs};
use crate::search::IndexOwner;
#[cfg(feature = "std")]
use crate::store::ChunkId;

/// Largest content of a record that travels in one piece, in bytes: 256 KiB. What is larger is attached.
pub const MAX_INLINE_BYTES: usize = 256 << 10;
/// Sealed bytes in a compartment, after which a new one is begun.
const COMPARTMENT_BYTES: usize = 4 << 20;
/// Records in a compartment, after which a new one is begun.
const COMPARTMENT_RECORDS: usize = 1024;
/// Bytes of records in one upload, roughly.
const UPLOAD_BYTES: usize = 4 << 20;
/// Bytes of a chunk of an attachment.
#[cfg(feature = "std")]
const ATTACHMENT_CHUNK_BYTES: usize = 4 << 20;

/// A writer of records: encrypts, signs, and prepares uploads.
///
/// Records of one patient, category and set of labels share a *compartment*: one header, in the current epoch, under the policy of
/// the house. The writer holds the keys of the compartments that it has open, in memory alone, and forgets them as soon as it hears
/// of a new epoch or of a revocation. What it has written it cannot read.
///
/// ```
/// # use hippocrypt::phr::*;
/// # use hippocrypt::{os_rng, setup_with_epochs, AuthorKey, EpochTree, Schema, UserId, store::MemoryStore};
/// # let now = 1_800_000_000;
/// # let (_, master) = setup_with_epochs("st-marys", EpochTree::default(), &mut os_rng())?;
/// # let rules = AccessRules::parse(AccessRules::STANDARD, &Schema::empty())?;
/// # let mut authority = Authority::begin(master, &Schema::empty(), rules, MemoryStore::new(), now)?;
/// # let (key, patient) = (AuthorKey::generate(&mut os_rng()), PatientHandle::random(&mut os_rng()));
/// # let lab = UserId::new("laboratory")?;
/// # let credential = authority.credential(&lab, &key.id(), [RecordCategory::LabResult], None, now + 1000)?;
/// # let (realm, statement) = (authority.realm().clone(), authority.statement(now, now + 1000)?);
/// let mut writer = Writer::new(realm, key, &credential)?;
/// writer.observe(&statement, now)?;
/// let description = Description::new(RecordCategory::LabResult, "application/fhir+json");
/// writer.write(&patient, &description, br#"{"resourceType":"Observation"}"#, now, &mut os_rng())?;
/// while let Some(upload) = writer.upload() {
///     // send it to the cloud, and again until the cloud confirms it
/// #   assert!(upload.len() > 500);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Writer {
    realm: Realm,
    key: AuthorKey,
    credential: Credential,
    epochs: Epochs,
    open: BTreeMap<Place, OpenCompartment>,
    /// Compartments whose header was not sent yet, by core id.
    unsent: BTreeMap<[u8; 32], NewCompartment>,
    records: Vec<NewRecord>,
}

/// What the records of a compartment have in common, besides epoch and policy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    patient: PatientHandle,
    category: RecordCategory,
    labels: BTreeSet<SecurityLabel>,
}

struct OpenCompartment {
    key: ContentKey,
    records: usize,
    bytes: usize,
}

impl Writer {
    /// A writer with its signing key and its credential (encoded).
    ///
    /// # Errors
    /// [`RoleError::Credential`] unless the credential is genuine and for this key.
    pub fn new(realm: Realm, key: AuthorKey, credential: &[u8]) -> Result<Self, RoleError> {
        let credential = Credential::from_bytes(credential)?;
        if !credential.is_genuine(&realm) || *credential.author() != key.id() {
            return Err(RoleError::Credential);
        }
        let epochs = Epochs::new(realm.parameters())?;
        let (open, unsent, records) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Ok(Self { realm, key, credential, epochs, open, unsent, records })
    }

    /// Its credential.
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Signs a consent: for the patient whose writer this is.
    pub(super) fn consent(&self, terms: Terms) -> Consent {
        Consent::sign(&self.key, &self.credential, terms)
    }

    pub(super) fn erase(&mut self, time: u64) -> ErasureOrder {
        // They are gone with all the rest: what comes later goes into others.
        self.open.clear();
        ErasureOrder::sign(&self.key, &self.credential, time)
    }

    /// Says which index is the patient's whose writer this is.
    pub(super) fn announce(&self, index: &IndexOwner, number: u64) -> Vec<u8> {
        Announcement::sign(&self.key, &self.credential, index, number).to_bytes()
    }

    /// Takes note of the authority's statement of the epoch, whoever brings it. Open compartments are closed if anything has
    /// changed: an epoch has begun, or somebody was revoked.
    ///
    /// # Errors
    /// [`RoleError::Epoch`] says why to refuse it.
    pub fn observe(&mut self, statement: &[u8], now: u64) -> Result<(), RoleError> {
        let before = self.epochs.newest().map(EpochStatement::number);
        self.epochs.observe(self.realm.parameters(), &EpochStatement::from_bytes(statement)?, now)?;
        if self.epochs.newest().map(EpochStatement::number) != before {
            self.open.clear();
        }
        Ok(())
    }

    /// Takes a newer version of the realm, with other rules: compartments are closed.
    ///
    /// # Errors
    /// [`RoleError::OtherRealm`] unless it is newer, and the same realm.
    pub fn adopt(&mut self, realm: Realm) -> Result<(), RoleError> {
        if !realm.succeeds(&self.realm) {
            return Err(RoleError::OtherRealm);
        }
        self.realm = realm;
        self.open.clear();
        Ok(())
    }

    /// Encrypts and signs a record of at most 256 KiB; its name. It goes with the next [`upload`](Self::upload): keep the content until the
    /// cloud has confirmed that.
    ///
    /// # Errors
    /// [`RoleError::Epoch`] if no statement of the epoch is good now, [`RoleError::NotCovered`] if the credential does not let it,
    /// [`RoleError::TooLarge`], [`RoleError::Policy`].
    pub fn write(
        &mut self,
        patient: &PatientHandle,
        description: &Description,
        content: &[u8],
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<RecordName, RoleError> {
        let name = RecordName::random(rng);
        self.write_version(&name, patient, description, content, now, rng)?;
        Ok(name)
    }

    /// Encrypts a new version of a record: its name has the next version. The former one stays what it was.
    ///
    /// # Errors
    /// Those of [`write`](Self::write).
    pub fn amend(
        &mut self,
        former: &RecordName,
        patient: &PatientHandle,
        description: &Description,
        content: &[u8],
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<RecordName, RoleError> {
        let name = RecordName { id: former.id, version: former.version.saturating_add(1) };
        self.write_version(&name, patient, description, content, now, rng)?;
        Ok(name)
    }

    fn write_version(
        &mut self,
        name: &RecordName,
        patient: &PatientHandle,
        description: &Description,
        content: &[u8],
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<(), RoleError> {
        if content.len() > MAX_INLINE_BYTES {
            let (found, most) = (content.len() as u64, MAX_INLINE_BYTES as u64);
            let hint = "attach it, which takes content of any size";
            return Err(RoleError::TooLarge { what: "the content in bytes", found, most, hint });
        }
        let place = self.prepare(patient, description, now, rng)?;
        self.seal(&place, name, description, Content::Here(content), Vec::new(), rng)
    }

    /// Checks that the record may be written, and opens a compartment for it.
    fn prepare(
        &mut self,
        patient: &PatientHandle,
        description: &Description,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Place, RoleError> {
        let category = description.category;
        if !self.credential.covers(patient, category) {
            return Err(RoleError::NotCovered { category });
        }
        let hint = "shorten it";
        if description.content_type.len() > MAX_CONTENT_TYPE_BYTES {
            let (found, most) = (description.content_type.len() as u64, MAX_CONTENT_TYPE_BYTES as u64);
            return Err(RoleError::TooLarge { what: "the content type in bytes", found, most, hint });
        }
        if !labels_fit(&description.labels) {
            let found = description.labels.len() as u64;
            return Err(RoleError::TooLarge { what: "the number of labels", found, most: 64, hint });
        }
        let current = self.epochs.current(now)?;
        let place = Place { patient: *patient, category, labels: description.labels.clone() };
        let full =
            |open: &OpenCompartment| open.records >= COMPARTMENT_RECORDS || open.bytes >= COMPARTMENT_BYTES;
        if self.open.get(&place).is_none_or(full) {
            let (rules, schema) = (self.realm.rules(), self.realm.schema());
            let policy = rules.policy(patient, category, &place.labels, schema)?;
            let mut id = [0; 16];
            rng.fill_bytes(&mut id);
            let encryptor = self.realm.parameters().at(current)?;
            let (header, key) = encryptor.compartment(&policy, &context(patient, &id), rng);
            let new = NewCompartment { patient: *patient, id, header: header.to_bytes() };
            self.unsent.insert(*header.core_id(), new);
            self.open.insert(place.clone(), OpenCompartment { key, records: 0, bytes: 0 });
        }
        Ok(place)
    }

    /// Seals a record into the open compartment of `place`.
    fn seal(
        &mut self,
        place: &Place,
        name: &RecordName,
        description: &Description,
        content: Content<'_>,
        chunks: Vec<crate::store::ChunkId>,
        rng: &mut impl CryptoRng,
    ) -> Result<(), RoleError> {
        // It was opened by `prepare`.
        let open = self.open.get_mut(place).ok_or(RoleError::Credential)?;
        let body = Body { writer: self.credential.user().clone(), description: description.clone(), content };
        let sealed = open.key.seal_by(&self.key, name, body.to_bytes().expose_secret(), rng);
        open.records += 1;
        open.bytes += sealed.len();
        self.records.push(NewRecord { core: *open.key.core_id(), sealed, chunks });
        Ok(())
    }

    /// The next upload for the cloud, about 4 MiB of records and the headers that they need; `None` if all were taken. Send it again until the
    /// cloud confirms it: it stores nothing twice.
    ///
    /// If the cloud refuses it because an epoch has begun or somebody was revoked in between, observe the new statement and write the
    /// records again.
    pub fn upload(&mut self) -> Option<Vec<u8>> {
        let mut bytes = 0;
        let fits = |record: &NewRecord| {
            bytes += record.sealed.len();
            bytes <= UPLOAD_BYTES
        };
        let count = self.records.iter().map(fits).take_while(|fits| *fits).count();
        // A record that is larger goes alone.
        let count = count.max(1).min(self.records.len());
        if count == 0 {
            return None;
        }
        let later = self.records.split_off(count);
        let records = mem::replace(&mut self.records, later);
        let cores: BTreeSet<_> = records.iter().map(|record| record.core).collect();
        let compartments = cores.iter().filter_map(|core| self.unsent.remove(core)).collect();
        Some(Upload::sign(&self.key, &self.credential, compartments, records, Vec::new()).to_bytes())
    }

    /// How many records wait for an upload.
    pub fn waiting(&self) -> usize {
        self.records.len()
    }

    /// Encrypts content of any size, in constant memory: `send` gets uploads of about 4 MiB with its chunks, each to be sent
    /// before it returns. The record that names them goes with the next [`upload`](Self::upload); without it the cloud sweeps the chunks.
    ///
    /// # Errors
    /// Those of [`write`](Self::write), and [`RoleError::Io`] of `input` and of `send`.
    #[cfg(feature = "std")]
    pub fn attach(
        &mut self,
        patient: &PatientHandle,
        description: &Description,
        mut input: impl std::io::Read,
        now: u64,
        rng: &mut impl CryptoRng,
        send: impl FnMut(Vec<u8>) -> std::io::Result<()>,
    ) -> Result<RecordName, RoleError> {
        use crate::abe::payload::{ChunkSize, RecordOptions};
        let place = self.prepare(patient, description, now, rng)?;
        let (name, stream) = (RecordName::random(rng), RecordName::random(rng));
        let key = &self.open.get(&place).ok_or(RoleError::Credential)?.key;
        let chunk_size = ChunkSize::new(1 << 20).unwrap_or_default();
        let output = Chunks {
            key: &self.key,
            credential: &self.credential,
            send,
            buffer: Vec::with_capacity(ATTACHMENT_CHUNK_BYTES),
            ids: Vec::new(),
        };
        let mut writer = key.writer(&stream, RecordOptions { chunk_size, signed: true }, rng, output)?;
        let bytes = std::io::copy(&mut input, &mut writer)?;
        let (mut output, digest) = writer.finish()?;
        if let Some(digest) = digest {
            let signature = self.key.sign(key.core_id(), &stream, &digest).to_array();
            std::io::Write::write_all(&mut output, &signature)?;
        }
        let chunks = output.finish()?;
        self.seal(&place, &name, description, Content::Attached { stream, bytes }, chunks, rng)?;
        Ok(name)
    }
}

/// Cuts a stream into chunks, and sends each as an upload of its own.
#[cfg(feature = "std")]
struct Chunks<'a, F> {
    key: &'a AuthorKey,
    credential: &'a Credential,
    send: F,
    buffer: Vec<u8>,
    ids: Vec<ChunkId>,
}

#[cfg(feature = "std")]
impl<F: FnMut(Vec<u8>) -> std::io::Result<()>> Chunks<'_, F> {
    fn send_buffer(&mut self) -> std::io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = mem::replace(&mut self.buffer, Vec::with_capacity(ATTACHMENT_CHUNK_BYTES));
        self.ids.push(ChunkId::of(&chunk));
        let chunks = Vec::from([chunk]);
        let upload = Upload::sign(self.key, self.credential, Vec::new(), Vec::new(), chunks);
        (self.send)(upload.to_bytes())
    }

    fn finish(mut self) -> std::io::Result<Vec<ChunkId>> {
        self.send_buffer()?;
        Ok(self.ids)
    }
}

#[cfg(feature = "std")]
impl<F: FnMut(Vec<u8>) -> std::io::Result<()>> std::io::Write for Chunks<'_, F> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let room = ATTACHMENT_CHUNK_BYTES.saturating_sub(self.buffer.len());
        let (now, _) = bytes.split_at(room.min(bytes.len()));
        self.buffer.extend_from_slice(now);
        if self.buffer.len() == ATTACHMENT_CHUNK_BYTES {
            self.send_buffer()?;
        }
        Ok(now.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("credential", &self.credential)
            .field("open", &self.open.len())
            .field("waiting", &self.records.len())
            .finish_non_exhaustive()
    }
}
