//! What the cloud answers. `[PHR-8]`

use alloc::vec::Vec;

use super::promise::Promise;
use super::question::{decode_cursor, encode_cursor};
use crate::abe::payload::RecordName;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::phr::record::PatientHandle;
use crate::store::MAX_CHUNK_BYTES;

/// Largest part of an answer, in bytes.
const MAX_PART_BYTES: usize = 1 << 28;
/// Largest checkpoint, in bytes.
const MAX_CHECKPOINT_BYTES: usize = 1 << 20;

/// An answer, and where it stands in the log; of what has changed nothing, nothing stands there.
pub(in crate::phr) struct Answer {
    pub(in crate::phr) promise: Option<Promise>,
    pub(in crate::phr) contents: Contents,
}

pub(in crate::phr) enum Contents {
    Listed {
        records: Vec<Listed>,
        next: Option<[u8; 32]>,
    },
    Opened {
        openings: Vec<Opening>,
        next: Option<[u8; 32]>,
    },
    Chunks(Vec<Vec<u8>>),
    /// The patient's announcement of her index, and its newest head.
    Index {
        announcement: Vec<u8>,
        head: Vec<u8>,
    },
    /// A wrapped seed, transformed; none if it is not for the reader.
    Seed(Option<Vec<u8>>),
    /// Segments, nonces or slots of an index, or what its gate answers, as [`crate::search`] encodes them.
    Bytes(Vec<u8>),
    /// A checkpoint of the ledger, and a patient's account under it.
    Account {
        checkpoint: Vec<u8>,
        account: Vec<u8>,
    },
}

/// What the cloud knows of a record. Nothing of it is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Its id and version.
    pub name: RecordName,
    /// Bytes of the sealed record, without its attachment.
    pub bytes: u64,
    /// Bytes of its attachment in the store, roughly: whole chunks.
    pub chunks: u32,
    /// When it was stored, in seconds since 1970.
    pub stored: u64,
}

/// A compartment that was transformed for the reader, and records in it.
pub(in crate::phr) struct Opening {
    pub(in crate::phr) patient: PatientHandle,
    pub(in crate::phr) compartment: [u8; 16],
    pub(in crate::phr) transformed: Vec<u8>,
    pub(in crate::phr) credential: Vec<u8>,
    /// Each with the number of chunks of its attachment.
    pub(in crate::phr) records: Vec<(Vec<u8>, u32)>,
}

impl Answer {
    pub(in crate::phr) fn to_bytes(&self) -> Vec<u8> {
        let promise = self.promise.as_ref();
        let size = self.contents.size() + promise.map_or(64, Promise::size);
        let mut encoder = Encoder::object(Kind::Answer, size);
        Promise::encode(promise, &mut encoder);
        match &self.contents {
            Contents::Listed { records, next } => {
                encoder.u8(1);
                encode_cursor(&mut encoder, next);
                encoder.count(records.len());
                for record in records {
                    super::encode_name(&mut encoder, &record.name);
                    encoder.u64(record.bytes);
                    encoder.u32(record.chunks);
                    encoder.u64(record.stored);
                }
            }
            Contents::Opened { openings, next } => {
                encoder.u8(2);
                encode_cursor(&mut encoder, next);
                encoder.count(openings.len());
                for opening in openings {
                    encoder.raw(opening.patient.as_bytes());
                    encoder.raw(&opening.compartment);
                    encoder.long_bytes(&opening.transformed);
                    encoder.short_bytes(&opening.credential);
                    encoder.count(opening.records.len());
                    for (sealed, chunks) in &opening.records {
                        encoder.long_bytes(sealed);
                        encoder.u32(*chunks);
                    }
                }
            }
            Contents::Chunks(chunks) => {
                encoder.u8(3);
                encoder.count(chunks.len());
                chunks.iter().for_each(|chunk| encoder.long_bytes(chunk));
            }
            Contents::Index { announcement, head } => {
                encoder.u8(4);
                encoder.long_bytes(announcement);
                encoder.long_bytes(head);
            }
            Contents::Seed(transformed) => {
                encoder.u8(5);
                encoder.u8(transformed.is_some().into());
                encoder.long_bytes(transformed.as_deref().unwrap_or_default());
            }
            Contents::Bytes(bytes) => {
                encoder.u8(6);
                encoder.long_bytes(bytes);
            }
            Contents::Account { checkpoint, account } => {
                encoder.u8(7);
                encoder.long_bytes(checkpoint);
                encoder.long_bytes(account);
            }
        }
        encoder.finish()
    }

    pub(in crate::phr) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Answer)?;
        let promise = Promise::decode(&mut decoder)?;
        let at = decoder.position();
        let contents = match decoder.u8("what is answered")? {
            1 => {
                let next = decode_cursor(&mut decoder)?;
                let mut records = Vec::new();
                for _ in 0..decoder.count(44, "number of records")? {
                    records.push(Listed {
                        name: super::decode_name(&mut decoder)?,
                        bytes: decoder.u64("bytes")?,
                        chunks: decoder.u32("number of chunks")?,
                        stored: decoder.u64("time")?,
                    });
                }
                Contents::Listed { records, next }
            }
            2 => {
                let next = decode_cursor(&mut decoder)?;
                let mut openings = Vec::new();
                for _ in 0..decoder.count(42, "number of compartments")? {
                    openings.push(Opening::decode(&mut decoder)?);
                }
                Contents::Opened { openings, next }
            }
            3 => {
                let mut chunks = Vec::new();
                for _ in 0..decoder.count(4, "number of chunks")? {
                    chunks.push(decoder.long_bytes(MAX_CHUNK_BYTES, "chunk")?.to_vec());
                }
                Contents::Chunks(chunks)
            }
            4 => Contents::Index {
                announcement: decoder.long_bytes(4096, "announcement")?.to_vec(),
                head: decoder.long_bytes(MAX_PART_BYTES, "head")?.to_vec(),
            },
            5 => {
                let at = decoder.position();
                let some = Decoder::checked(decoder.u8("seed")?.into(), at, "seed", 0, 1)? == 1;
                let at = decoder.position();
                let transformed = decoder.long_bytes(MAX_PART_BYTES, "transformed header")?;
                if some == transformed.is_empty() {
                    let reason = DecodeReason::NotCanonical("bytes if there is a seed, none if not");
                    return Err(Decoder::error_at(at, "transformed header", reason));
                }
                Contents::Seed(some.then(|| transformed.to_vec()))
            }
            6 => Contents::Bytes(decoder.long_bytes(MAX_PART_BYTES, "bytes of the index")?.to_vec()),
            7 => Contents::Account {
                checkpoint: decoder.long_bytes(MAX_CHECKPOINT_BYTES, "checkpoint")?.to_vec(),
                account: decoder.long_bytes(MAX_PART_BYTES, "account")?.to_vec(),
            },
            other => {
                let reason = DecodeReason::OutOfRange { value: other.into(), min: 1, max: 7 };
                return Err(Decoder::error_at(at, "what is answered", reason));
            }
        };
        decoder.finish()?;
        Ok(Self { promise, contents })
    }
}

impl Opening {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let patient = PatientHandle::from_bytes(decoder.array("patient")?);
        let compartment = decoder.array("compartment id")?;
        let transformed = decoder.long_bytes(MAX_PART_BYTES, "transformed header")?.to_vec();
        let credential = decoder.short_bytes(1024, "credential")?.to_vec();
        let mut records = Vec::new();
        for _ in 0..decoder.count(8, "number of records")? {
            let sealed = decoder.long_bytes(MAX_PART_BYTES, "record")?.to_vec();
            records.push((sealed, decoder.u32("number of chunks")?));
        }
        Ok(Self { patient, compartment, transformed, credential, records })
    }

    /// Bytes of the encoding.
    pub(in crate::phr) fn size(&self) -> usize {
        let records: usize = self.records.iter().map(|(sealed, _)| 8 + sealed.len()).sum();
        42 + self.transformed.len() + self.credential.len() + records
    }
}

impl Contents {
    fn size(&self) -> usize {
        match self {
            Contents::Listed { records, .. } => 44 * records.len(),
            Contents::Opened { openings, .. } => openings.iter().map(Opening::size).sum(),
            Contents::Chunks(chunks) => chunks.iter().map(|chunk| 4 + chunk.len()).sum(),
            Contents::Index { announcement, head } => 8 + announcement.len() + head.len(),
            Contents::Seed(transformed) => 5 + transformed.as_ref().map_or(0, Vec::len),
            Contents::Bytes(bytes) => 4 + bytes.len(),
            Contents::Account { checkpoint, account } => 8 + checkpoint.len() + account.len(),
        }
    }
}
