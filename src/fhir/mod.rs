//! FHIR (R4, R4B, JSON): what comes in becomes records, and goes out byte for byte.
//!
//! [`Import::read`] takes a Bundle of any type, a resource or NDJSON apart. Every resource keeps its exact bytes; they are the
//! body of a record, whose [`Description`](crate::phr::Description) says what kind of record it is, what makes it sensitive and
//! when it was; alone it is a FHIR file already. Everything else of the file is its [`Envelope`], which is encrypted as a record as well. From both the file
//! comes back with the same SHA-256.
//!
//! ```
//! use std::collections::HashMap;
//!
//! use hippocrypt::fhir::{self, Envelope, Import, Limits};
//! use hippocrypt::{RecordId, os_rng};
//!
//! let file = br#"{"resourceType": "Bundle", "type": "collection", "entry": [
//!     {"resource": {"resourceType": "Patient", "id": "4711"}},
//!     {"resource": {"resourceType": "Condition", "subject": {"reference": "Patient/4711"}, "recordedDate": "2024-05",
//!         "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F32.1"}]}}}]}"#;
//! let import = Import::read(file, &Limits::default())?;
//! let condition = &import.resources()[1];
//! assert_eq!(condition.subject(), Some("Patient/4711"));
//! assert_eq!(condition.description().category.name(), "condition");
//! assert!(condition.description().labels.iter().any(|label| label.as_str() == "PSY"));
//!
//! // Each resource becomes a record, and so does the envelope.
//! let ids: Vec<RecordId> = import.resources().iter().map(|_| RecordId::random(&mut os_rng())).collect();
//! let records: HashMap<_, _> = ids.iter().zip(import.resources()).map(|(id, r)| (*id.as_bytes(), r.bytes())).collect();
//! let envelope = import.envelope(|index| ids[index]).to_bytes();
//!
//! // Out again, as it came in, or in another form around the same resources.
//! let envelope = Envelope::from_bytes(&envelope)?;
//! assert_eq!(envelope.export(|id| records.get(id.as_bytes()))?, file);
//! let (lines, changed) = fhir::ndjson(import.resources().iter().map(|resource| resource.bytes()))?;
//! assert_eq!(lines.split(|byte| *byte == b'\n').count(), 3);
//! assert_eq!(changed, [1]); // had a line break inside
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a resource is taken for
//!
//! - Its category follows from its type, and of Observations and DiagnosticReports from `category`. Types that the library does not
//!   know are kept, as of category other.
//! - Its labels are the codes of HL7's ActCode and Confidentiality (`R` and `V`) in its `meta.security`, in the extension that labels
//!   parts of a resource, and in `securityLabel` of documents; and what its codes stand for in a [`LabelTable`]. Labels of a Bundle are
//!   the highest of what is in it, and are not passed on to each of its resources.
//! - Its times are those of its first element that has one, `effectiveDateTime` before `issued`; a date begins in UTC.
//! - A contained resource is a part of the one that contains it, and so is what a Parameters resource holds.
//!
//! # What is refused
//!
//! Input that two readers could understand in two ways: a name that comes twice in an object, an element of the wrong JSON type, what
//! is no JSON or no UTF-8. Nesting of the input costs no stack, resources are not copied, and beyond
//! [`Limits`] nothing is read.
//! What is odd but clear is read and told ([`Problem`]).

mod category;
mod codes;
mod envelope;
mod error;
mod export;
mod facts;
mod import;
mod json;
mod labels;
mod patients;
mod reader;
mod stream;
mod terms;
mod time;

pub use envelope::{ENVELOPE_TYPE, Envelope};
pub use error::{ExportError, FhirError, FhirReason, NdjsonError, Problem, ProblemKind};
pub use export::{collection, ndjson, write_collection, write_ndjson};
pub use import::{Form, Import, Limits, RESOURCE_TYPE, Resource};
pub use labels::LabelTable;
pub use stream::NdjsonReader;
pub use terms::{keywords, terms};
