//! FHIR in and out: every byte comes back, whatever is odd is told, and whatever is bad is refused.

mod files;
mod hostile;
mod meaning;
mod properties;
mod streams;
mod terms;

use hippocrypt::RecordId;
use hippocrypt::fhir::{Envelope, FhirError, Import, Limits};

fn read(input: &str) -> Result<Import<'_>, FhirError> {
    Import::read(input.as_bytes(), &Limits::default())
}

/// The id of the record that the resource of this index becomes.
fn id(index: usize) -> RecordId {
    RecordId::from_bytes((index as u128).to_be_bytes())
}

fn index(id: &RecordId) -> usize {
    u128::from_be_bytes(*id.as_bytes()) as usize
}

/// What comes out when all resources have been records and the envelope bytes.
fn round_trip(import: &Import<'_>) -> Vec<u8> {
    let bytes = import.envelope(id).to_bytes();
    let envelope = Envelope::from_bytes(&bytes).unwrap();
    assert_eq!(envelope.to_bytes(), bytes);
    assert_eq!(envelope.records().len(), import.resources().len());
    envelope.export(|id| import.resources().get(index(id)).map(|resource| resource.bytes())).unwrap()
}
