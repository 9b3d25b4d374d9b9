//! What travels between the roles, and what is inside a record. Roles make and read these; a caller sees their bytes.

mod answer;
mod body;
mod promise;
mod question;
#[cfg(feature = "std")]
#[cfg(test)]
mod tests;
mod upload;

pub use answer::Listed;
pub(super) use answer::{Answer, Contents, Opening};
pub(super) use body::{Body, Content, MAX_CONTENT_TYPE_BYTES};
pub(super) use promise::Promise;
pub(super) use question::{Ask, MAX_NAMES, MAX_REASON_BYTES, Occasion, Question};
pub(super) use upload::{NewCompartment, NewRecord, Upload};

use alloc::vec::Vec;

use super::record::PatientHandle;
use crate::abe::payload::{RecordId, RecordName};
use crate::codec::{Decoder, Encoder};
use crate::error::DecodeError;

/// Bytes of a record's name: its id and its version.
pub(super) const NAME_BYTES: usize = 24;

/// What a compartment's header is bound to: the patient, and 16 random bytes of its own. `[PHR-5.1]`
pub(super) fn context(patient: &PatientHandle, compartment: &[u8; 16]) -> Vec<u8> {
    [patient.as_bytes().as_slice(), compartment].concat()
}

/// A record's name as the key of a table.
pub(super) fn name_bytes(name: &RecordName) -> [u8; NAME_BYTES] {
    let mut bytes = [0; NAME_BYTES];
    let (id, version) = bytes.split_at_mut(16);
    id.copy_from_slice(name.id.as_bytes());
    version.copy_from_slice(&name.version.to_be_bytes());
    bytes
}

fn encode_name(encoder: &mut Encoder, name: &RecordName) {
    encoder.raw(&name_bytes(name));
}

pub(super) fn decode_name(decoder: &mut Decoder<'_>) -> Result<RecordName, DecodeError> {
    let id = RecordId::from_bytes(decoder.array("record id")?);
    Ok(RecordName { id, version: decoder.u64("record version")? })
}
