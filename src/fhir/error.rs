//! What can be wrong with FHIR input, where, and what to do then. Nothing here repeats a word of the input.

use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

use crate::abe::payload::RecordId;

/// The input was not read: nothing of it is taken in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("byte {position} (line {line}): {reason}")]
#[non_exhaustive]
pub struct FhirError {
    /// Offset of the offending byte, from 0.
    pub position: u64,
    /// Its line, from 1.
    pub line: u64,
    /// What is wrong there.
    pub reason: FhirReason,
}

/// Why input was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FhirReason {
    /// There is nothing but whitespace.
    #[error("there is no resource in it")]
    Empty,
    /// The text is not UTF-8.
    #[error("this is not UTF-8 text; FHIR allows no other encoding")]
    NotUtf8,
    /// The input ends inside a value.
    #[error("the input ends too early; is the file cut short?")]
    Truncated,
    /// Not JSON.
    #[error("this is not JSON: expected {expected}")]
    Syntax {
        /// What may stand there.
        expected: &'static str,
    },
    /// A control character in a string.
    #[error("this is not JSON: a control character or line break inside a string must be escaped")]
    ControlCharacter,
    /// A member's name stands twice in one object.
    #[error("the object has a member of this name already, and readers would differ about which one counts")]
    DuplicateName,
    /// Objects and arrays are nested too deeply.
    #[error("nested deeper than {limit} levels (`Limits::max_depth`)")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// An element has a JSON type that it may not have.
    #[error("{element} must be {expected}")]
    WrongType {
        /// The element.
        element: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// An object without `resourceType`, alone in its file.
    #[error("this object has no `resourceType`: it is no FHIR resource")]
    NotFhir,
    /// Something follows a resource or Bundle.
    #[error("text follows after the end; several resources stand in one file as NDJSON, one a line")]
    Trailing,
    /// A resource of NDJSON has a line break inside.
    #[error("a resource of NDJSON stands on one line, and this one does not")]
    LineBreak,
    /// The input is too long.
    #[error(
        "longer than {limit} bytes (`Limits::max_bytes`); bulk NDJSON of any size is read by `NdjsonReader`"
    )]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// A resource is too long.
    #[error("a resource longer than {limit} bytes (`Limits::max_resource_bytes`)")]
    ResourceTooLong {
        /// The limit.
        limit: usize,
    },
    /// There are too many resources, or entries of Bundles.
    #[error("more than {limit} resources or entries (`Limits::max_resources`)")]
    TooMany {
        /// The limit.
        limit: usize,
    },
}

/// Where reading has stopped, and why: a [`FhirError`] whose line is not counted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) at: usize,
    pub(super) reason: FhirReason,
}

impl Stop {
    pub(super) fn new(at: usize, reason: FhirReason) -> Self {
        Self { at, reason }
    }

    /// The error for who gave `input`, before which `position` bytes in `lines` lines have passed.
    pub(super) fn in_input(self, input: &[u8], position: u64, lines: u64) -> FhirError {
        let before = input.get(..self.at).unwrap_or(input);
        let line = 1 + lines + line_breaks(before);
        FhirError { position: position + self.at as u64, line, reason: self.reason }
    }
}

pub(super) fn line_breaks(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Something worth telling about input that was read. Nothing is lost because of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Offset in the input of the resource or entry, from 0.
    pub position: u64,
    /// What it is.
    pub kind: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.position, self.kind)
    }
}

/// What is worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// A resource has no `resourceType`. It is kept, as of category other.
    #[error("a resource without `resourceType`; kept as other")]
    NoResourceType,
    /// Two resources of one type have the same id. Both are kept.
    #[error("another resource of this type has the same id")]
    DuplicateId,
    /// Two entries have the same `fullUrl`. Both are kept; to whom references to it lead is open if they differ.
    #[error("another entry has the same fullUrl")]
    DuplicateFullUrl,
    /// An entry has neither resource nor request nor response. It stays in the envelope.
    #[error("an entry without a resource")]
    EmptyEntry,
    /// A Bundle within Bundles is nested too deeply to be taken apart. It is kept as one resource.
    #[error("bundles are nested too deeply; this one is kept in one piece")]
    NestedBundle,
    /// A resource says that it is about someone, but not by a reference that can be followed.
    #[error("its subject is not a reference to a patient outside the resource")]
    UnclearSubject,
    /// The references of a resource name several patients.
    #[error("it names several patients, so that it is the record of none")]
    SeveralPatients,
    /// A reference to the patient leads to nothing in the Bundle. It serves as the patient's name.
    #[error("its patient is not in the bundle, which alone could say who that is")]
    DanglingSubject,
    /// A date or time cannot be read, and is left out.
    #[error("a date or time that is none")]
    BadTime,
    /// A label of HL7's ActCode that is unknown to the library, or one that has no system. It is left out.
    #[error("a security label that is unknown; a row of the label table makes it known")]
    UnknownLabel,
}

/// An export failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// Records of the envelope are not there.
    #[error("{} records are missing, the first of them {}", .0.len(), First(.0))]
    Missing(Vec<RecordId>),
    /// A record has not the length of the resource that was imported: it was amended, or is another one.
    #[error("record {record} has {found} bytes, and the resource that was imported had {expected}")]
    WrongLength {
        /// The record.
        record: RecordId,
        /// Length of the resource that was imported, in bytes.
        expected: u64,
        /// Length of what was found.
        found: u64,
    },
    /// All is there, but the SHA-256 is not that of the input.
    #[error("what was put together is not what was imported (SHA-256 differs): a record was changed")]
    NotTheInput,
    /// What should be exported as a resource is no JSON object.
    #[error("resource {index} is not one JSON object: {error}")]
    NotAResource {
        /// Which of the resources, from 0.
        index: usize,
        /// Why.
        error: FhirError,
    },
    /// Writing failed.
    #[error("writing the export failed: {0}")]
    Io(#[from] std::io::Error),
}

/// The first of some records.
struct First<'a>(&'a [RecordId]);

impl fmt::Display for First<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.first().map_or(Ok(()), |record| record.fmt(f))
    }
}

/// Reading a stream of NDJSON failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NdjsonError {
    /// What was read is not FHIR; positions and lines count from the beginning of the stream.
    #[error(transparent)]
    Fhir(#[from] FhirError),
    /// The stream could not be read.
    #[error("reading failed: {0}")]
    Io(#[from] std::io::Error),
}
