//! What a writer sends. `[PHR-6]`

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::abe::types::AuthorKey;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::DecodeError;
use crate::hash::Label;
use crate::phr::credential::Credential;
use crate::phr::record::PatientHandle;
use crate::sign::SIGNATURE_BYTES;
use crate::store::{ChunkId, MAX_CHUNK_BYTES};

/// Largest encoded header, in bytes; a policy has at most 1,024 leaves.
const MAX_HEADER_BYTES: usize = 1 << 20;
/// Largest sealed record that travels in one piece.
const MAX_SEALED_BYTES: usize = 1 << 28;

/// A compartment that is new to the cloud.
pub(in crate::phr) struct NewCompartment {
    pub(in crate::phr) patient: PatientHandle,
    pub(in crate::phr) id: [u8; 16],
    pub(in crate::phr) header: Vec<u8>,
}

/// A sealed record, for a compartment that is new or was sent before.
pub(in crate::phr) struct NewRecord {
    pub(in crate::phr) core: [u8; 32],
    pub(in crate::phr) sealed: Vec<u8>,
    /// The chunks of its attachment, in their order, sent before or along.
    pub(in crate::phr) chunks: Vec<ChunkId>,
}

/// Compartments, records and chunks, signed by their writer as a whole.
pub(in crate::phr) struct Upload {
    pub(in crate::phr) credential: Credential,
    pub(in crate::phr) compartments: Vec<NewCompartment>,
    pub(in crate::phr) records: Vec<NewRecord>,
    pub(in crate::phr) chunks: Vec<Vec<u8>>,
    pub(in crate::phr) signature: [u8; SIGNATURE_BYTES],
}

impl Upload {
    pub(in crate::phr) fn sign(
        key: &AuthorKey,
        credential: &Credential,
        compartments: Vec<NewCompartment>,
        records: Vec<NewRecord>,
        chunks: Vec<Vec<u8>>,
    ) -> Self {
        let (credential, signature) = (credential.clone(), [0; SIGNATURE_BYTES]);
        let mut upload = Self { credential, compartments, records, chunks, signature };
        upload.signature = key.sign_as(Label::UploadSignature, &[&upload.digest()]);
        upload
    }

    /// Whether the holder of the credential has signed it.
    pub(in crate::phr) fn is_signed(&self) -> bool {
        self.credential.author().verifies(Label::UploadSignature, &[&self.digest()], &self.signature)
    }

    /// SHA-256 of what is before the chunks, and of the ids of the chunks: bulk data is hashed once, at the speed of the
    /// machine.
    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.body());
        self.chunks.iter().for_each(|chunk| hash.update(ChunkId::of(chunk).as_bytes()));
        hash.finalize().into()
    }

    fn body(&self) -> Vec<u8> {
        let records: usize =
            self.records.iter().map(|record| 40 + record.sealed.len() + 32 * record.chunks.len()).sum();
        let headers: usize = self.compartments.iter().map(|new| 36 + new.header.len()).sum();
        let mut encoder = Encoder::bare(512 + headers + records);
        encoder.short_bytes(&self.credential.to_bytes());
        encoder.count(self.compartments.len());
        for new in &self.compartments {
            encoder.raw(new.patient.as_bytes());
            encoder.raw(&new.id);
            encoder.long_bytes(&new.header);
        }
        encoder.count(self.records.len());
        for record in &self.records {
            encoder.raw(&record.core);
            encoder.long_bytes(&record.sealed);
            encoder.count(record.chunks.len());
            record.chunks.iter().for_each(|chunk| encoder.raw(chunk.as_bytes()));
        }
        encoder.count(self.chunks.len());
        encoder.finish()
    }

    pub(in crate::phr) fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let chunks: usize = self.chunks.iter().map(|chunk| 4 + chunk.len()).sum();
        let mut encoder = Encoder::object(Kind::Upload, body.len() + chunks + SIGNATURE_BYTES);
        encoder.raw(&body);
        self.chunks.iter().for_each(|chunk| encoder.long_bytes(chunk));
        encoder.raw(&self.signature);
        encoder.finish()
    }

    pub(in crate::phr) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Upload)?;
        let credential = Credential::from_bytes(decoder.short_bytes(1024, "credential")?)?;
        let mut compartments = Vec::new();
        for _ in 0..decoder.count(36, "number of compartments")? {
            compartments.push(NewCompartment {
                patient: PatientHandle::from_bytes(decoder.array("patient")?),
                id: decoder.array("compartment id")?,
                header: decoder.long_bytes(MAX_HEADER_BYTES, "header")?.to_vec(),
            });
        }
        let mut records = Vec::new();
        for _ in 0..decoder.count(40, "number of records")? {
            let core = decoder.array("core id")?;
            let sealed = decoder.long_bytes(MAX_SEALED_BYTES, "record")?.to_vec();
            let count = decoder.count(32, "number of chunks")?;
            let chunks = (0..count).map(|_| Ok(ChunkId::from_bytes(decoder.array("chunk id")?)));
            let chunks = chunks.collect::<Result<_, DecodeError>>()?;
            records.push(NewRecord { core, sealed, chunks });
        }
        let mut chunks = Vec::new();
        for _ in 0..decoder.count(4, "number of chunks")? {
            chunks.push(decoder.long_bytes(MAX_CHUNK_BYTES, "chunk")?.to_vec());
        }
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { credential, compartments, records, chunks, signature })
    }
}
