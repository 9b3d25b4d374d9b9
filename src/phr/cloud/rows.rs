//! What a cloud keeps in which table. `[PHR-12]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::abe::payload::RecordName;
use crate::codec::{Decoder, Encoder};
use crate::error::DecodeError;
use crate::outsource::{ProxyKey, StoredHeader};
use crate::phr::message::{decode_name, name_bytes};
use crate::phr::record::PatientHandle;
use crate::search::CollectionId;
use crate::store::{ChunkId, Store, StoreError, Table};

/// Rows in [`Table::Meta`].
pub(super) const STATE: &[u8] = b"state";
pub(super) const LEASE: &[u8] = b"lease";
pub(super) const STATEMENT: &[u8] = b"statement";
pub(super) const CERTIFICATE: &[u8] = b"certificate";

/// That a consent was written down.
pub(super) fn consent_key(consent: &[u8]) -> Vec<u8> {
    [b"consent/", Sha256::digest(consent).as_slice()].concat()
}

/// That an order to erase was carried out. It names nobody.
pub(super) fn order_key(order: &[u8]) -> Vec<u8> {
    [b"erased/", Sha256::digest(order).as_slice()].concat()
}

// Rows in [`Table::Segment`], beside the `h`, `s` and `t` of [`crate::search::server`].

/// `p`: the announcement of a patient's index.
pub(super) fn announcement_key(patient: &PatientHandle) -> Vec<u8> {
    [b"p", &patient.as_bytes()[..]].concat()
}

/// What the rows begin with that name an index' patient.
pub(super) const OWNERS: &[u8] = b"o";

/// `o`: the patient whose index it is.
pub(super) fn owner_key(collection: &CollectionId) -> Vec<u8> {
    [b"o", &collection.as_bytes()[..]].concat()
}

/// `w`: a wrapped seed that a head names, checked.
pub(super) fn seed_key(core: &[u8; 32]) -> Vec<u8> {
    [b"w", &core[..]].concat()
}

/// Under which letters the rows of an index have its name next: heads, owner, segments, ends of chains.
pub(super) const KINDS_OF_AN_INDEX: [u8; 4] = *b"host";

/// What a key of [`Table::Segment`] is of.
pub(super) fn is_announcement(key: &[u8]) -> bool {
    key.first() == Some(&b'p')
}

pub(super) fn is_head(key: &[u8]) -> bool {
    key.first() == Some(&b'h')
}

pub(super) fn is_segment(key: &[u8]) -> bool {
    key.first() == Some(&b's')
}

/// The core id of a wrapped seed.
pub(super) fn core_of_seed(key: &[u8]) -> Option<[u8; 32]> {
    key.strip_prefix(b"w")?.try_into().ok()
}

/// The index that a head, an owner, a segment or the end of a chain belongs to.
pub(super) fn collection_of(key: &[u8]) -> Option<CollectionId> {
    let (kind, rest) = key.split_first()?;
    KINDS_OF_AN_INDEX.contains(kind).then(|| rest.first_chunk().copied().map(CollectionId::from_bytes))?
}

/// The patient whose index it is.
pub(super) fn owner_of(
    store: &impl Store,
    collection: &CollectionId,
) -> Result<Option<PatientHandle>, StoreError> {
    let Some(bytes) = store.get(Table::Segment, &owner_key(collection))? else { return Ok(None) };
    let patient = <[u8; 16]>::try_from(bytes.as_slice())
        .map_err(|_| super::super::registry::damaged("the owner of an index"))?;
    Ok(Some(PatientHandle::from_bytes(patient)))
}

/// What belongs to a stored header, under its core id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::phr) struct CompartmentRow {
    pub(in crate::phr) serial: [u8; 32],
    pub(in crate::phr) patient: PatientHandle,
    pub(in crate::phr) id: [u8; 16],
    /// Whose it is, and who may add to it: the SHA-256 of the writer's credential.
    pub(in crate::phr) credential: [u8; 32],
    /// The update that was the newest when it was accepted: with the next one it is closed.
    pub(in crate::phr) update: u64,
    pub(in crate::phr) records: u32,
    /// Of sealed records, without attachments.
    pub(in crate::phr) bytes: u64,
}

impl CompartmentRow {
    pub(in crate::phr) fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(132);
        encoder.raw(&self.serial);
        encoder.raw(self.patient.as_bytes());
        encoder.raw(&self.id);
        encoder.raw(&self.credential);
        encoder.u64(self.update);
        encoder.u32(self.records);
        encoder.u64(self.bytes);
        encoder.finish()
    }

    pub(in crate::phr) fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        let decode = || -> Result<Self, DecodeError> {
            let mut decoder = Decoder::new(bytes);
            let row = Self {
                serial: decoder.array("serial")?,
                patient: PatientHandle::from_bytes(decoder.array("patient")?),
                id: decoder.array("compartment id")?,
                credential: decoder.array("credential")?,
                update: decoder.u64("update number")?,
                records: decoder.u32("number of records")?,
                bytes: decoder.u64("bytes")?,
            };
            decoder.finish()?;
            Ok(row)
        };
        decode().map_err(|error| damaged("compartment", &error))
    }
}

/// A sealed record, under core id and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::phr) struct RecordRow {
    /// When it was stored.
    pub(in crate::phr) stored: u64,
    pub(in crate::phr) chunks: Vec<ChunkId>,
    pub(in crate::phr) sealed: Vec<u8>,
}

impl RecordRow {
    pub(in crate::phr) fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(12 + 32 * self.chunks.len() + self.sealed.len());
        encoder.u64(self.stored);
        encoder.count(self.chunks.len());
        self.chunks.iter().for_each(|chunk| encoder.raw(chunk.as_bytes()));
        encoder.raw(&self.sealed);
        encoder.finish()
    }

    pub(in crate::phr) fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        let decode = || -> Result<Self, DecodeError> {
            let mut decoder = Decoder::new(bytes);
            let stored = decoder.u64("time")?;
            let count = decoder.count(32, "number of chunks")?;
            let chunks = (0..count).map(|_| Ok(ChunkId::from_bytes(decoder.array("chunk id")?)));
            let chunks = chunks.collect::<Result<_, DecodeError>>()?;
            Ok(Self { stored, chunks, sealed: decoder.rest().to_vec() })
        };
        decode().map_err(|error| damaged("record", &error))
    }
}

/// The key of a record's row.
pub(in crate::phr) fn record_key(core: &[u8; 32], name: &RecordName) -> Vec<u8> {
    [core.as_slice(), &name_bytes(name)].concat()
}

/// The name in the key of a record's row.
pub(in crate::phr) fn name_of(key: &[u8]) -> Result<RecordName, StoreError> {
    let name = key.get(32..).unwrap_or_default();
    decode_name(&mut Decoder::new(name)).map_err(|error| damaged("record", &error))
}

/// The key of the row that says that a record needs a chunk.
pub(in crate::phr) fn chunk_key(chunk: &ChunkId, name: &RecordName) -> Vec<u8> {
    [chunk.as_bytes().as_slice(), &name_bytes(name)].concat()
}

/// The key of the row that says that a patient has a compartment.
pub(in crate::phr) fn patient_key(patient: &PatientHandle, core: &[u8; 32]) -> Vec<u8> {
    [patient.as_bytes().as_slice(), core].concat()
}

pub(in crate::phr) fn compartment(
    store: &dyn Store,
    core: &[u8; 32],
) -> Result<Option<CompartmentRow>, StoreError> {
    store.get(Table::Compartment, core)?.map(|bytes| CompartmentRow::from_bytes(&bytes)).transpose()
}

pub(in crate::phr) fn header(
    store: &dyn Store,
    serial: &[u8; 32],
) -> Result<Option<StoredHeader>, StoreError> {
    let bytes = store.get(Table::Header, serial)?;
    bytes.map(|bytes| StoredHeader::from_bytes(&bytes).map_err(|error| damaged("header", &error))).transpose()
}

/// The compartment that a record lies in.
pub(in crate::phr) fn place(store: &dyn Store, name: &RecordName) -> Result<Option<[u8; 32]>, StoreError> {
    let core = store.get(Table::Place, &name_bytes(name))?;
    core.map(|core| core.try_into().map_err(|_| StoreError::Damaged("a row of the table `place`".into())))
        .transpose()
}

pub(in crate::phr) fn record(
    store: &dyn Store,
    core: &[u8; 32],
    name: &RecordName,
) -> Result<Option<RecordRow>, StoreError> {
    store.get(Table::Record, &record_key(core, name))?.map(|bytes| RecordRow::from_bytes(&bytes)).transpose()
}

pub(in crate::phr) fn proxy_key(store: &dyn Store, id: &[u8; 16]) -> Result<Option<ProxyKey>, StoreError> {
    let bytes = store.get(Table::Key, id)?;
    bytes.map(|bytes| ProxyKey::from_bytes(&bytes).map_err(|error| damaged("key", &error))).transpose()
}

pub(in crate::phr) fn damaged(what: &str, error: &DecodeError) -> StoreError {
    let text: Box<str> = alloc::format!("a row of the table `{what}`: {error}").into();
    StoreError::Damaged(text)
}
