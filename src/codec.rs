//! The wire format: how every object becomes bytes and back. (SPEC `[WIRE-1]`)
//!
//! Every object begins with the same seven bytes: magic `HPCR`, format version, suite, [`Kind`].
//! Integers are big-endian of fixed width, byte strings are length-prefixed, text is UTF-8 in
//! normalization form C, lists that are sets are strictly ascending. An encoding is unique: what
//! decodes, encodes to the same bytes. A decoder reads no byte twice, never allocates more than the
//! input justifies, and refuses trailing bytes.

use alloc::vec::Vec;
use core::fmt;

use unicode_normalization::is_nfc;
use zeroize::Zeroize;

use crate::error::{DecodeError, DecodeReason};
use crate::secret::{Secret, SecretBytes};

/// The first four bytes of every object.
pub const MAGIC: [u8; 4] = *b"HPCR";
/// The wire format described by SPEC.md.
pub const FORMAT_VERSION: u8 = 1;
/// BLS12-381, SHAKE-256, SHA3-256, AES-256-GCM, Ed25519.
pub const SUITE: u8 = 1;
/// Bytes of the common beginning: magic, version, suite, kind.
pub const PROLOGUE_BYTES: usize = 7;

/// What an object is; the seventh byte of its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum Kind {
    /// The public parameters of a realm (mpk).
    PublicParameters = 1,
    /// The authority's master key (msk). Secret.
    MasterKey = 2,
    /// The signed declaration of numbers and dates.
    Schema = 3,
    /// A reader's decryption key. Secret.
    AttributeKey = 4,
    /// The header of a compartment: the encapsulated key under its policy.
    Header = 5,
    /// An encrypted record: its own small header and the chunks.
    Record = 6,
    /// An author's signing key. Secret.
    AuthorKey = 7,
    /// An author's public key.
    AuthorId = 8,
    /// An author's signature over a record.
    AuthorSignature = 9,
    /// What a reader of outsourced decryption keeps. Secret.
    ReaderSeed = 10,
    /// A reader's public key for outsourced decryption, with the proof that it is his.
    Enrolment = 11,
    /// What a proxy transforms with. Nothing to outsiders, but a full key to its own reader: confidential.
    TransformKey = 12,
    /// A header as a proxy has transformed it for one reader.
    TransformedHeader = 13,
    /// A reader's signed request to a proxy.
    TransformRequest = 14,
    /// In which epoch a realm is, by its authority.
    EpochStatement = 15,
    /// One step of an authority: an epoch or a revocation.
    AuthorityUpdate = 16,
    /// What the updates of an authority add up to, as a proxy keeps it.
    RevocationState = 17,
    /// The right of a proxy to serve, for a short time.
    Lease = 18,
    /// An entry in an authority's registry of the keys it issued.
    IssuedKey = 19,
    /// A transform key as its proxy keeps it. Confidential like that.
    ProxyKey = 20,
    /// A header as a store keeps it, perhaps sealed.
    StoredHeader = 21,
    /// Tokens that keep keys good until a later epoch.
    TokenBatch = 22,
    /// More attributes for a key.
    Grant = 23,
    /// What seals stored headers. Secret.
    SealKey = 24,
    /// What a store asks the keeper of its seal key. Confidential between the two.
    SealRequest = 25,
    /// The keeper's answer. Confidential between the two.
    SealStep = 26,
    /// What every role has to know of a realm: parameters, schema, rules of access.
    Realm = 27,
    /// The right of somebody to write records, by the authority.
    Credential = 28,
    /// Compartments, records and chunks on their way to the cloud, signed by their writer.
    Upload = 29,
    /// What a reader asks of the cloud, signed by his request key.
    Question = 30,
    /// What the cloud answers.
    Answer = 31,
    /// What a patient shares with whom, signed by her.
    Consent = 32,
    /// The inside of a record: its description and its content. Never outside of ciphertext.
    RecordBody = 33,
    /// What happened to records, for the audit log.
    AuditEntry = 34,
    /// What somebody keeps: who he is, his seed, his signing key and credential. Secret.
    RoleKey = 35,
    /// A segment of a search index.
    Segment = 36,
    /// The head of a search index: what its owner says of it.
    IndexHead = 37,
    /// What a gate raises points to. Secret.
    GateShare = 38,
    /// Blinded points for the gate, signed by a reader.
    GateRequest = 39,
    /// The points, as the gate has raised them.
    GateAnswer = 40,
    /// A lab's request to write into an index, with the proof of its key.
    WriterCard = 41,
    /// What a writer of an index keeps. Secret.
    IndexWriter = 42,
    /// What the owner of an index keeps. Secret.
    IndexOwner = 43,
    /// Trapdoors of keywords. Secret.
    Trapdoors = 44,
    /// Segments on their way to who mirrors an index.
    SegmentPage = 45,
    /// Tags that a server is to look up.
    RemoteQuery = 46,
    /// The slots that a server has found, with their proofs.
    RemoteAnswer = 47,
    /// What a client knows of the revocations of a realm.
    Revocations = 48,
    /// A patient's word that an index is hers.
    IndexAnnouncement = 49,
    /// A transaction of a ledger: its leaf, and what it says as long as that is kept.
    LedgerEntry = 50,
    /// The way from a leaf of a ledger to a root.
    InclusionProof = 51,
    /// That one tree of a ledger is the beginning of another.
    ConsistencyProof = 52,
    /// All transactions of one patient, with the proof that they are all.
    PatientAccount = 53,
    /// The word of a ledger that transactions stand in it.
    Receipt = 54,
    /// What a ledger signs with. Secret.
    Scribe = 55,
    /// Whose ledger a cloud keeps, by the authority.
    LedgerCertificate = 56,
    /// A patient's word that all that a cloud has of her is to be destroyed.
    ErasureOrder = 57,
}

impl Kind {
    /// Every kind, ascending.
    pub const ALL: [Kind; 57] = [
        Kind::PublicParameters,
        Kind::MasterKey,
        Kind::Schema,
        Kind::AttributeKey,
        Kind::Header,
        Kind::Record,
        Kind::AuthorKey,
        Kind::AuthorId,
        Kind::AuthorSignature,
        Kind::ReaderSeed,
        Kind::Enrolment,
        Kind::TransformKey,
        Kind::TransformedHeader,
        Kind::TransformRequest,
        Kind::EpochStatement,
        Kind::AuthorityUpdate,
        Kind::RevocationState,
        Kind::Lease,
        Kind::IssuedKey,
        Kind::ProxyKey,
        Kind::StoredHeader,
        Kind::TokenBatch,
        Kind::Grant,
        Kind::SealKey,
        Kind::SealRequest,
        Kind::SealStep,
        Kind::Realm,
        Kind::Credential,
        Kind::Upload,
        Kind::Question,
        Kind::Answer,
        Kind::Consent,
        Kind::RecordBody,
        Kind::AuditEntry,
        Kind::RoleKey,
        Kind::Segment,
        Kind::IndexHead,
        Kind::GateShare,
        Kind::GateRequest,
        Kind::GateAnswer,
        Kind::WriterCard,
        Kind::IndexWriter,
        Kind::IndexOwner,
        Kind::Trapdoors,
        Kind::SegmentPage,
        Kind::RemoteQuery,
        Kind::RemoteAnswer,
        Kind::Revocations,
        Kind::IndexAnnouncement,
        Kind::LedgerEntry,
        Kind::InclusionProof,
        Kind::ConsistencyProof,
        Kind::PatientAccount,
        Kind::Receipt,
        Kind::Scribe,
        Kind::LedgerCertificate,
        Kind::ErasureOrder,
    ];

    fn from_byte(byte: u8) -> Option<Kind> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }

    /// Whether an object of this kind must be kept secret: from everybody, or, in the case of a transform key,
    /// from the reader it serves.
    pub fn is_secret(self) -> bool {
        matches!(
            self,
            Kind::MasterKey
                | Kind::AttributeKey
                | Kind::AuthorKey
                | Kind::ReaderSeed
                | Kind::TransformKey
                | Kind::ProxyKey
                | Kind::SealKey
                | Kind::SealStep
                | Kind::RecordBody
                | Kind::RoleKey
                | Kind::GateShare
                | Kind::IndexWriter
                | Kind::IndexOwner
                | Kind::Trapdoors
                | Kind::Scribe
        )
    }

    /// The kind of the object that `bytes` begins with, from its prologue alone.
    ///
    /// # Errors
    /// [`DecodeError`] if `bytes` does not begin with a prologue of this version and suite.
    pub fn of(bytes: &[u8]) -> Result<Kind, DecodeError> {
        Decoder::new(bytes).prologue()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::PublicParameters => "a set of public parameters",
            Kind::MasterKey => "a master key",
            Kind::Schema => "a schema",
            Kind::AttributeKey => "an attribute key",
            Kind::Header => "an encrypted file (its header)",
            Kind::Record => "an encrypted record without its header",
            Kind::AuthorKey => "an author's signing key",
            Kind::AuthorId => "an author's public key",
            Kind::AuthorSignature => "an author's signature",
            Kind::ReaderSeed => "a reader's seed",
            Kind::Enrolment => "a reader's enrolment",
            Kind::TransformKey => "a transform key",
            Kind::TransformedHeader => "a transformed header",
            Kind::TransformRequest => "a reader's request",
            Kind::EpochStatement => "an authority's statement of the epoch",
            Kind::AuthorityUpdate => "an authority's update",
            Kind::RevocationState => "a proxy's state of revocation",
            Kind::Lease => "a proxy's lease",
            Kind::IssuedKey => "an entry of a registry of keys",
            Kind::ProxyKey => "a proxy's key for a reader",
            Kind::StoredHeader => "a stored header",
            Kind::TokenBatch => "tokens for keys",
            Kind::Grant => "a grant of attributes",
            Kind::SealKey => "a store's seal key",
            Kind::SealRequest => "a store's question to the keeper of its seal key",
            Kind::SealStep => "the elements of a seal",
            Kind::Realm => "a realm",
            Kind::Credential => "a writer's credential",
            Kind::Upload => "an upload",
            Kind::Question => "a reader's question",
            Kind::Answer => "a cloud's answer",
            Kind::Consent => "a patient's consent",
            Kind::RecordBody => "the inside of a record",
            Kind::AuditEntry => "an audit entry",
            Kind::RoleKey => "somebody's keys",
            Kind::Segment => "a segment of an index",
            Kind::IndexHead => "the head of an index",
            Kind::GateShare => "a share of a gate",
            Kind::GateRequest => "a request to the gate",
            Kind::GateAnswer => "an answer of the gate",
            Kind::WriterCard => "a writer's card",
            Kind::IndexWriter => "a writer of an index",
            Kind::IndexOwner => "the owner of an index",
            Kind::Trapdoors => "trapdoors of keywords",
            Kind::SegmentPage => "segments of an index",
            Kind::RemoteQuery => "tags to look up",
            Kind::RemoteAnswer => "slots of an index",
            Kind::Revocations => "a client's knowledge of revocations",
            Kind::IndexAnnouncement => "a patient's announcement of an index",
            Kind::LedgerEntry => "a transaction of a ledger",
            Kind::InclusionProof => "a proof that something stands in a ledger",
            Kind::ConsistencyProof => "a proof that a ledger has only grown",
            Kind::PatientAccount => "a patient's account of her transactions",
            Kind::Receipt => "a receipt of a ledger",
            Kind::Scribe => "the key of a ledger",
            Kind::LedgerCertificate => "the certificate of a ledger",
            Kind::ErasureOrder => "an order to erase what a cloud has of a patient",
        })
    }
}

/// Shows public bytes in lower-case hexadecimal.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The 16 bytes that 32 hexadecimal digits of either case stand for.
pub(crate) fn unhex(text: &str) -> Option<[u8; 16]> {
    // A sign would pass as part of a number.
    if text.len() != 32 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes)
}

impl fmt::Debug for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Appends fields to a buffer.
pub(crate) struct Encoder {
    bytes: Vec<u8>,
}

impl Encoder {
    /// An encoder without prologue, for the inside of objects and for what is hashed.
    pub(crate) fn bare(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity) }
    }

    /// An encoder that has written the prologue of `kind`.
    ///
    /// For secrets the `capacity` must cover the whole object: a growing buffer leaves copies behind.
    pub(crate) fn object(kind: Kind, capacity: usize) -> Self {
        let mut encoder = Self::bare(PROLOGUE_BYTES + capacity);
        encoder.raw(&MAGIC);
        encoder.u8(FORMAT_VERSION);
        encoder.u8(SUITE);
        encoder.u8(kind as u8);
        encoder
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.raw(&value.to_be_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.raw(&value.to_be_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.raw(&value.to_be_bytes());
    }

    /// Bytes whose length the reader knows.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A byte string or text of at most 65,535 bytes, with a two-byte length.
    ///
    /// Longer input is cut; every caller has checked its limit before (all limits are far below).
    pub(crate) fn short_bytes(&mut self, bytes: &[u8]) {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        debug_assert_eq!(usize::from(length), bytes.len());
        self.u16(length);
        self.raw(bytes.get(..usize::from(length)).unwrap_or(bytes));
    }

    /// A byte string with a four-byte length. Longer input is cut; every caller has checked its limit before.
    pub(crate) fn long_bytes(&mut self, bytes: &[u8]) {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        debug_assert_eq!(u64::from(length), bytes.len() as u64);
        self.u32(length);
        self.raw(bytes);
    }

    /// How many of something follow. More than fit are cut; every caller has checked its limit before.
    pub(crate) fn count(&mut self, count: usize) {
        debug_assert!(u32::try_from(count).is_ok());
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn finish_secret(self) -> SecretBytes {
        Secret::new(self.bytes)
    }
}

/// Reads fields off a byte string, with the position for error messages.
pub(crate) struct Decoder<'a> {
    all: &'a [u8],
    position: usize,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { all: bytes, position: 0 }
    }

    /// A decoder past the prologue of an object that must be a `kind`.
    pub(crate) fn object(bytes: &'a [u8], kind: Kind) -> Result<Self, DecodeError> {
        let mut decoder = Self::new(bytes);
        let found = decoder.prologue()?;
        if found != kind {
            let reason = DecodeReason::WrongKind { expected: kind, found };
            return Err(DecodeError { position: PROLOGUE_BYTES - 1, field: "kind", reason });
        }
        Ok(decoder)
    }

    fn prologue(&mut self) -> Result<Kind, DecodeError> {
        if !self.rest().starts_with(&MAGIC) {
            let cut = self.rest().len() < MAGIC.len() && MAGIC.starts_with(self.rest());
            let left = self.rest().len();
            return Err(self.error(
                "magic",
                if cut {
                    DecodeReason::Truncated { needed: PROLOGUE_BYTES, left }
                } else {
                    DecodeReason::NotHippocrypt
                },
            ));
        }
        self.raw(MAGIC.len(), "magic")?;
        let at = self.position;
        let version = self.u8("format version")?;
        if version != FORMAT_VERSION {
            return Err(Self::error_at(at, "format version", DecodeReason::UnknownVersion(version)));
        }
        let at = self.position;
        let suite = self.u8("suite")?;
        if suite != SUITE {
            return Err(Self::error_at(at, "suite", DecodeReason::UnknownSuite(suite)));
        }
        let at = self.position;
        let kind = self.u8("kind")?;
        Kind::from_byte(kind).ok_or(Self::error_at(at, "kind", DecodeReason::UnknownKind(kind)))
    }

    /// Offset of the next byte.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// Everything not yet read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.all.get(self.position..).unwrap_or_default()
    }

    pub(crate) fn error(&self, field: &'static str, reason: DecodeReason) -> DecodeError {
        Self::error_at(self.position, field, reason)
    }

    pub(crate) fn error_at(position: usize, field: &'static str, reason: DecodeReason) -> DecodeError {
        DecodeError { position, field, reason }
    }

    pub(crate) fn raw(&mut self, length: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let rest = self.rest();
        let Some(bytes) = rest.get(..length) else {
            return Err(self.error(field, DecodeReason::Truncated { needed: length, left: rest.len() }));
        };
        self.position += length;
        Ok(bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.raw(N, field)?);
        Ok(array)
    }

    /// A secret array, wiped when it is dropped.
    pub(crate) fn secret<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<Secret<[u8; N]>, DecodeError> {
        let mut array = self.array(field)?;
        let secret = Secret::new(array);
        array.zeroize();
        Ok(secret)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array(field).map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.array(field).map(u64::from_be_bytes)
    }

    /// A number that must lie within `min..=max`.
    pub(crate) fn checked(
        value: u64,
        position: usize,
        field: &'static str,
        min: u64,
        max: u64,
    ) -> Result<u64, DecodeError> {
        if (min..=max).contains(&value) {
            Ok(value)
        } else {
            Err(Self::error_at(position, field, DecodeReason::OutOfRange { value, min, max }))
        }
    }

    /// A byte string with a two-byte length of at most `max`.
    pub(crate) fn short_bytes(&mut self, max: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let at = self.position;
        let length = self.u16(field)?;
        Self::checked(u64::from(length), at, field, 0, max as u64)?;
        self.raw(usize::from(length), field)
    }

    /// Text in normalization form C with a two-byte length of at most `max` bytes.
    pub(crate) fn short_text(&mut self, max: usize, field: &'static str) -> Result<&'a str, DecodeError> {
        let at = self.position;
        let bytes = self.short_bytes(max, field)?;
        match core::str::from_utf8(bytes) {
            // ASCII is in normalization form C.
            Ok(text) if text.is_ascii() || is_nfc(text) => Ok(text),
            _ => Err(Self::error_at(at, field, DecodeReason::NotNormalized)),
        }
    }

    /// A byte string with a four-byte length of at most `max`.
    pub(crate) fn long_bytes(&mut self, max: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let at = self.position;
        let length = self.u32(field)?;
        Self::checked(u64::from(length), at, field, 0, max as u64)?;
        let length = usize::try_from(length).map_err(|_| {
            self.error(field, DecodeReason::Truncated { needed: usize::MAX, left: self.rest().len() })
        })?;
        self.raw(length, field)
    }

    /// How many of something follow, each of at least `bytes` bytes: no more than what is left can hold.
    pub(crate) fn count(&mut self, bytes: usize, field: &'static str) -> Result<usize, DecodeError> {
        let at = self.position;
        let count = self.u32(field)?;
        let max = self.rest().len() / bytes.max(1);
        Self::checked(u64::from(count), at, field, 0, max as u64)?;
        Ok(usize::try_from(count).unwrap_or(max))
    }

    /// Succeeds if nothing is left.
    pub(crate) fn finish(self) -> Result<(), DecodeError> {
        match self.rest().len() {
            0 => Ok(()),
            left => Err(self.error("end", DecodeReason::TrailingBytes(left))),
        }
    }
}
