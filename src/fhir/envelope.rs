//! What is around the resources of a file, and the file put together again.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use std::io::Write;

use sha2::{Digest, Sha256};

use super::error::ExportError;
use super::import::Form;
use crate::abe::payload::RecordId;
use crate::codec::{Decoder, Encoder};
use crate::error::{DecodeError, DecodeReason};

/// The media type of a record that is an [`Envelope`].
pub const ENVELOPE_TYPE: &str = "application/vnd.hippocrypt.fhir-envelope";

const MAGIC: [u8; 4] = *b"HPFE";
const VERSION: u8 = 1;
/// Bytes of a slot: gap, record, length.
const SLOT_BYTES: usize = 8 + 16 + 8;

/// Everything of a file but its resources, and which record stands where: with the records it is the file again, byte for byte.
///
/// It says who the patients of a file are (URLs, ids, search results): encrypt it like a record, with the content type
/// [`ENVELOPE_TYPE`].
///
/// # Encoding
/// Magic `HPFE`, version 1, form (1 Bundle, 2 resource, 3 NDJSON), SHA-256 of the file, number of resources (4 bytes); for each
/// resource the number of bytes around it since the one before (8), record id (16), number of its bytes (8); then all bytes
/// around the resources. Integers are big-endian, and the encoding is unique.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    form: Form,
    sha256: [u8; 32],
    slots: Vec<Slot>,
    around: Vec<u8>,
}

/// The place of a resource.
#[derive(Clone, PartialEq, Eq)]
struct Slot {
    /// Bytes of `around` between the resource before and this one.
    gap: usize,
    record: RecordId,
    length: u64,
}

impl Envelope {
    /// The envelope of `input`, whose resources stand in `ranges`, one after the other.
    pub(super) fn of(
        form: Form,
        input: &[u8],
        ranges: impl Iterator<Item = Range<usize>>,
        mut record: impl FnMut(usize) -> RecordId,
    ) -> Self {
        let (mut slots, mut around, mut end) = (Vec::new(), Vec::new(), 0);
        for (index, range) in ranges.enumerate() {
            let gap = input.get(end..range.start).unwrap_or_default();
            around.extend_from_slice(gap);
            slots.push(Slot { gap: gap.len(), record: record(index), length: range.len() as u64 });
            end = range.end;
        }
        around.extend_from_slice(input.get(end..).unwrap_or_default());
        Self { form, sha256: Sha256::digest(input).into(), slots, around }
    }

    /// The form of the file.
    pub fn form(&self) -> Form {
        self.form
    }

    /// SHA-256 of the file.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// The records of the file, in its order.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &RecordId> {
        self.slots.iter().map(|slot| &slot.record)
    }

    /// The file as it was imported: `fetch` gives the bytes of each record, or `None` if it is not there.
    ///
    /// # Errors
    /// [`ExportError::Missing`] with every record that is not there, [`ExportError::WrongLength`] and
    /// [`ExportError::NotTheInput`] if a record is not what was imported.
    pub fn export<B: AsRef<[u8]>>(
        &self,
        fetch: impl FnMut(&RecordId) -> Option<B>,
    ) -> Result<Vec<u8>, ExportError> {
        let mut file = Vec::new();
        self.export_to(&mut file, fetch)?;
        Ok(file)
    }

    /// Like [`Envelope::export`], to a writer, holding one resource at a time.
    ///
    /// What was written counts only if this returns `Ok`: that all of it is right is known at the end.
    ///
    /// # Errors
    /// See [`Envelope::export`]; and [`ExportError::Io`].
    pub fn export_to<B: AsRef<[u8]>>(
        &self,
        out: &mut impl Write,
        mut fetch: impl FnMut(&RecordId) -> Option<B>,
    ) -> Result<(), ExportError> {
        let (mut hash, mut missing, mut around) = (Sha256::new(), Vec::new(), self.around.as_slice());
        let mut put = |bytes: &[u8]| {
            hash.update(bytes);
            out.write_all(bytes)
        };
        for Slot { gap, record, length } in &self.slots {
            let Some(body) = fetch(record) else {
                missing.push(*record);
                continue;
            };
            let body = body.as_ref();
            let found = body.len() as u64;
            if found != *length {
                return Err(ExportError::WrongLength { record: *record, expected: *length, found });
            }
            // Once one is missing, all that is left is to find the others.
            if missing.is_empty() {
                let (before, after) = around.split_at_checked(*gap).unwrap_or((around, &[]));
                put(before)?;
                put(body)?;
                around = after;
            }
        }
        if !missing.is_empty() {
            return Err(ExportError::Missing(missing));
        }
        put(around)?;
        if <[u8; 32]>::from(hash.finalize()) == self.sha256 { Ok(()) } else { Err(ExportError::NotTheInput) }
    }

    /// The bytes of the envelope.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(64 + self.slots.len() * SLOT_BYTES + self.around.len());
        encoder.raw(&MAGIC);
        encoder.u8(VERSION);
        encoder.u8(self.form as u8);
        encoder.raw(&self.sha256);
        encoder.u32(u32::try_from(self.slots.len()).unwrap_or(u32::MAX));
        for Slot { gap, record, length } in &self.slots {
            encoder.u64(*gap as u64);
            encoder.raw(record.as_bytes());
            encoder.u64(*length);
        }
        encoder.raw(&self.around);
        encoder.finish()
    }

    /// The envelope of these bytes.
    ///
    /// # Errors
    /// [`DecodeError`] if they are not what [`Envelope::to_bytes`] gives.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::new(bytes);
        if decoder.array("magic")? != MAGIC {
            let reason = DecodeReason::NotCanonical("an envelope of FHIR begins with HPFE");
            return Err(DecodeError { position: 0, field: "magic", reason });
        }
        let at = decoder.position();
        let version = decoder.u8("version")?;
        if version != VERSION {
            return Err(Decoder::error_at(at, "version", DecodeReason::UnknownVersion(version)));
        }
        let at = decoder.position();
        let form = match decoder.u8("form")? {
            1 => Form::Bundle,
            2 => Form::Resource,
            3 => Form::Ndjson,
            other => {
                let reason = DecodeReason::OutOfRange { value: other.into(), min: 1, max: 3 };
                return Err(Decoder::error_at(at, "form", reason));
            }
        };
        let sha256 = decoder.array("SHA-256")?;
        let at = decoder.position();
        let count = decoder.u32("number of resources")?;
        let max = (decoder.rest().len() / SLOT_BYTES) as u64;
        Decoder::checked(count.into(), at, "number of resources", 0, max)?;
        let (mut slots, mut left) =
            (Vec::new(), decoder.rest().len() as u64 - u64::from(count) * SLOT_BYTES as u64);
        for _ in 0..count {
            let at = decoder.position();
            let gap = Decoder::checked(
                decoder.u64("bytes before a resource")?,
                at,
                "bytes before a resource",
                0,
                left,
            )?;
            left -= gap;
            let record = RecordId::from_bytes(decoder.array("record id")?);
            let length = decoder.u64("bytes of a resource")?;
            slots.push(Slot { gap: usize::try_from(gap).unwrap_or(usize::MAX), record, length });
        }
        Ok(Self { form, sha256, slots, around: decoder.rest().to_vec() })
    }
}

/// Of the content the size alone.
impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("form", &self.form)
            .field("records", &self.slots.len())
            .field("bytes", &self.around.len())
            .finish_non_exhaustive()
    }
}
