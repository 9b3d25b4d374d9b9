//! What a record is called, and the header that its bytes begin with. (SPEC `[PAY-1]`)

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use rand_core::CryptoRng;

use crate::codec::{Decoder, Encoder, Hex, Kind, PROLOGUE_BYTES, unhex};
use crate::error::{DecodeError, DecodeReason};

/// Bytes of a record's header: prologue, flags, record id, version, chunk size, salt.
pub const RECORD_HEADER_BYTES: usize = PROLOGUE_BYTES + 1 + 16 + 8 + 4 + SALT_BYTES;
/// Bytes of the author's signature object that ends a signed record: prologue, public key, signature.
pub const AUTHOR_SIGNATURE_BYTES: usize = PROLOGUE_BYTES + 32 + 64;

pub(super) const SALT_BYTES: usize = 16;
/// Flag: an author's signature object follows the chunks.
const SIGNED: u8 = 1;

/// The lasting identity of a record: 16 bytes, unique within its compartment.
///
/// ```
/// # use hippocrypt::RecordId;
/// let id: RecordId = "00112233445566778899aabbccddeeff".parse()?;
/// assert_eq!(id.to_string(), "00112233445566778899aabbccddeeff");
/// # Ok::<(), hippocrypt::ParseRecordIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId([u8; 16]);

impl RecordId {
    /// The id with these bytes, for instance those of a UUID.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// A fresh id, which no other record will ever have.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The 16 bytes of the id.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// 32 lower-case hexadecimal digits.
impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({self})")
    }
}

impl FromStr for RecordId {
    type Err = ParseRecordIdError;

    /// Reads 32 hexadecimal digits of either case; hyphens are not allowed.
    fn from_str(text: &str) -> Result<Self, ParseRecordIdError> {
        unhex(text).map(Self).ok_or(ParseRecordIdError)
    }
}

/// A text is not a [`RecordId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record id is 32 hexadecimal digits without spaces or hyphens")]
pub struct ParseRecordIdError;

/// What a record is called: its id, and which version of it this is.
///
/// Both are bound into the record's key and into every chunk. Who opens a record under the name that
/// he expects gets that record and that version, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordName {
    /// The record.
    pub id: RecordId,
    /// Its version; an amendment has a higher one.
    pub version: u64,
}

impl RecordName {
    /// Version 0 of a record with a fresh id.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self { id: RecordId::random(rng), version: 0 }
    }
}

/// The plaintext bytes of every chunk but the last: a power of two from 1 KiB to 16 MiB.
///
/// Small chunks make random access cheap, large ones save the 16 bytes that each chunk adds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkSize(u32);

impl ChunkSize {
    /// 1 KiB.
    pub const MIN: Self = Self(1 << 10);
    /// 64 KiB.
    pub const DEFAULT: Self = Self(1 << 16);
    /// 16 MiB.
    pub const MAX: Self = Self(1 << 24);

    /// The chunk size of `bytes` bytes; `None` unless it is a power of two from 1,024 to 16,777,216.
    pub const fn new(bytes: u32) -> Option<Self> {
        if bytes.is_power_of_two() && bytes >= Self::MIN.0 && bytes <= Self::MAX.0 {
            Some(Self(bytes))
        } else {
            None
        }
    }

    /// The size in bytes.
    pub const fn bytes(self) -> u32 {
        self.0
    }

    /// The size in bytes, for lengths in memory.
    pub(super) const fn len(self) -> usize {
        self.0 as usize
    }
}

impl Default for ChunkSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Debug for ChunkSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChunkSize({} bytes)", self.0)
    }
}

/// The choices of whoever writes a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordOptions {
    /// Plaintext bytes per chunk.
    pub chunk_size: ChunkSize,
    /// Whether an author's signature object will follow the chunks.
    pub signed: bool,
}

/// The first bytes of a record, readable without a key.
///
/// ```text
/// prologue(7) ‖ flags(1) ‖ record id(16) ‖ version(8) ‖ chunk size(4) ‖ salt(16) ‖ chunks ‖ [signature object]
/// ```
/// A header says what its writer, or whoever has changed it since, claims. It is proved only by
/// opening the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordHeader {
    pub(super) name: RecordName,
    pub(super) chunk_size: ChunkSize,
    pub(super) signed: bool,
    pub(super) salt: [u8; SALT_BYTES],
}

impl RecordHeader {
    /// A header with a fresh salt.
    pub(super) fn new(name: &RecordName, options: RecordOptions, rng: &mut impl CryptoRng) -> Self {
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        Self { name: *name, chunk_size: options.chunk_size, signed: options.signed, salt }
    }

    /// The header that `record` begins with.
    ///
    /// # Errors
    /// [`DecodeError`] if `record` does not begin with the canonical header of a record.
    pub fn of(record: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(record).map(|(header, _)| header)
    }

    /// Reads the header off the beginning of a record; `source` is left at the first chunk.
    ///
    /// # Errors
    /// Errors of `source`, and `InvalidData` with a [`DecodeError`] inside if this is not the canonical
    /// header of a record.
    #[cfg(feature = "std")]
    pub fn read_from(source: &mut impl std::io::Read) -> std::io::Result<Self> {
        use std::io::Read;
        let mut bytes = Vec::with_capacity(RECORD_HEADER_BYTES);
        source.take(RECORD_HEADER_BYTES as u64).read_to_end(&mut bytes)?;
        Self::of(&bytes).map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))
    }

    /// The header, and everything behind it.
    pub(super) fn decode(record: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        let mut decoder = Decoder::object(record, Kind::Record)?;
        let at = decoder.position();
        let flags = decoder.u8("flags")?;
        Decoder::checked(u64::from(flags), at, "flags", 0, u64::from(SIGNED))?;
        let id = RecordId(decoder.array("record id")?);
        let version = decoder.u64("version")?;
        let at = decoder.position();
        let size = decoder.u32("chunk size")?;
        let (min, max) = (u64::from(ChunkSize::MIN.0), u64::from(ChunkSize::MAX.0));
        Decoder::checked(u64::from(size), at, "chunk size", min, max)?;
        let not_a_power = DecodeReason::NotCanonical("a chunk size is a power of two");
        let chunk_size = ChunkSize::new(size).ok_or(Decoder::error_at(at, "chunk size", not_a_power))?;
        let salt = decoder.array("salt")?;
        let name = RecordName { id, version };
        Ok((Self { name, chunk_size, signed: flags == SIGNED, salt }, decoder.rest()))
    }

    /// The canonical encoding, [`RECORD_HEADER_BYTES`] long.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::object(Kind::Record, RECORD_HEADER_BYTES - PROLOGUE_BYTES);
        encoder.u8(self.flags());
        encoder.raw(&self.name.id.0);
        encoder.u64(self.name.version);
        encoder.u32(self.chunk_size.0);
        encoder.raw(&self.salt);
        encoder.finish()
    }

    pub(super) fn flags(&self) -> u8 {
        if self.signed { SIGNED } else { 0 }
    }

    /// Bytes that follow the last chunk.
    pub(super) fn trailer_len(&self) -> usize {
        if self.signed { AUTHOR_SIGNATURE_BYTES } else { 0 }
    }

    /// The name that the record claims.
    pub fn name(&self) -> &RecordName {
        &self.name
    }

    /// Plaintext bytes of every chunk but the last.
    pub fn chunk_size(&self) -> ChunkSize {
        self.chunk_size
    }

    /// Whether an author's signature object follows the chunks.
    pub fn is_signed(&self) -> bool {
        self.signed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn header() -> RecordHeader {
        let name = RecordName { id: RecordId([0xab; 16]), version: 7 };
        RecordHeader { name, chunk_size: ChunkSize::DEFAULT, signed: true, salt: [9; 16] }
    }

    #[test]
    fn an_id_prints_as_hex_and_parses_back() {
        let id = RecordId([0x0f; 16]);
        assert_eq!(id.to_string(), "0f".repeat(16));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("0F".repeat(16).parse(), Ok(id));
        let signed = alloc::format!("+{}", "0".repeat(31));
        for wrong in ["", "0f", &"0f".repeat(17), &"0g".repeat(16), &signed, &"ä".repeat(16)] {
            assert_eq!(wrong.parse::<RecordId>(), Err(ParseRecordIdError), "{wrong}");
        }
    }

    #[test]
    fn a_header_has_the_documented_layout() {
        let expected =
            [&b"HPCR\x01\x01\x06"[..], &[1], &[0xab; 16], &[0, 0, 0, 0, 0, 0, 0, 7], &[0, 1, 0, 0], &[9; 16]]
                .concat();
        assert_eq!(header().to_bytes(), expected);
        assert_eq!(expected.len(), RECORD_HEADER_BYTES);
        assert_eq!(RecordHeader::of(&expected), Ok(header()));
    }

    #[test]
    fn what_decodes_encodes_to_the_same_bytes() {
        let bytes = header().to_bytes();
        for position in 0..bytes.len() {
            assert!(RecordHeader::of(&bytes[..position]).is_err());
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[position] ^= 1 << bit;
                if let Ok(decoded) = RecordHeader::of(&changed) {
                    assert_eq!(decoded.to_bytes(), changed);
                }
            }
        }
    }

    #[test]
    fn unknown_flags_and_chunk_sizes_are_refused_with_a_reason() {
        let with = |position: usize, value: &[u8]| {
            let mut bytes = header().to_bytes();
            bytes[position..position + value.len()].copy_from_slice(value);
            RecordHeader::of(&bytes)
        };
        assert!(with(7, &[0]).is_ok() && with(7, &[1]).is_ok());
        for flags in 2..=255 {
            assert_eq!(with(7, &[flags]).unwrap_err().field, "flags");
        }
        for size in [1u32 << 10, 1 << 24] {
            assert_eq!(with(32, &size.to_be_bytes()).unwrap().chunk_size().bytes(), size);
        }
        for size in [0u32, 1, 512, 1023, 1 << 25, u32::MAX] {
            let error = with(32, &size.to_be_bytes()).unwrap_err();
            assert!(matches!(error.reason, DecodeReason::OutOfRange { .. }) && error.position == 32);
        }
        for size in [1025u32, 3 << 10, (1 << 24) - 1] {
            let error = with(32, &size.to_be_bytes()).unwrap_err();
            assert!(matches!(error.reason, DecodeReason::NotCanonical(_)), "{error}");
        }
    }
}
