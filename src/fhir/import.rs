//! What was read: resources, their bytes, and what is said of them.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use std::collections::HashSet;

use super::category;
use super::envelope::Envelope;
use super::error::{FhirError, FhirReason, Problem, ProblemKind, Stop};
use super::labels::LabelTable;
use super::patients;
use super::reader::{Draft, Reader};
use crate::abe::payload::RecordId;
use crate::phr::Description;

/// The media type of a record that is a FHIR resource.
pub const RESOURCE_TYPE: &str = "application/fhir+json";

/// A byte order mark, with which some programs begin a file.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// How much is read at once. Beyond it reading fails, before memory is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole input.
    pub max_bytes: usize,
    /// Levels of objects and arrays within each other.
    pub max_depth: usize,
    /// Resources; entries of Bundles that have none count as well.
    pub max_resources: usize,
    /// Bytes of one resource.
    pub max_resource_bytes: usize,
}

/// 256 MiB, 128 levels, 100,000 resources, 64 MiB a resource.
impl Default for Limits {
    fn default() -> Self {
        let (max_bytes, max_resource_bytes) = (256 << 20, 64 << 20);
        Self { max_bytes, max_depth: 128, max_resources: 100_000, max_resource_bytes }
    }
}

/// In which form resources stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A Bundle of any type; Bundles in it are taken apart, too.
    Bundle = 1,
    /// One resource.
    Resource = 2,
    /// Resources or Bundles, one a line.
    Ndjson = 3,
}

/// What bytes are a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All there is, in a form that is to be found out.
    Whole,
    /// The first lines of NDJSON.
    FirstLines,
    /// Later lines.
    MoreLines,
}

/// Resources that were read together. They borrow the input.
pub struct Import<'a> {
    form: Form,
    bundle_type: Option<String>,
    input: &'a [u8],
    resources: Vec<Resource<'a>>,
    problems: Vec<Problem>,
}

/// A resource as it stands in the input, and what is said of it.
pub struct Resource<'a> {
    range: Range<usize>,
    bytes: &'a [u8],
    kind: Cow<'a, str>,
    id: Option<Cow<'a, str>>,
    full_url: Option<Cow<'a, str>>,
    subject: Option<String>,
    description: Description,
}

impl<'a> Import<'a> {
    /// Reads a file with the labels of [`LabelTable::pcf`].
    ///
    /// Whether it is a Bundle, a resource or NDJSON is seen from the input; a byte order mark, lines that end with CR LF, empty
    /// lines, and a last line without its end are all right. Nothing is copied: resources borrow the input.
    ///
    /// # Errors
    /// [`FhirError`] with the place of the fault: no UTF-8, no JSON, a name twice in one object, an element of a JSON type that it
    /// may not have, more than the `limits` allow. Nothing is taken in then.
    pub fn read(bytes: &'a [u8], limits: &Limits) -> Result<Self, FhirError> {
        Self::read_with(bytes, limits, LabelTable::shared_pcf())
    }

    /// Like [`Import::read`], with the codes of a `table` of one's own.
    ///
    /// # Errors
    /// See [`Import::read`].
    pub fn read_with(bytes: &'a [u8], limits: &Limits, table: &LabelTable) -> Result<Self, FhirError> {
        Self::read_part(bytes, limits, table, Part::Whole).map_err(|stop| stop.in_input(bytes, 0, 0))
    }

    pub(super) fn read_part(
        bytes: &'a [u8],
        limits: &Limits,
        table: &LabelTable,
        part: Part,
    ) -> Result<Self, Stop> {
        if bytes.len() > limits.max_bytes {
            let limit = limits.max_bytes;
            return Err(Stop::new(limit, FhirReason::TooLong { limit }));
        }
        let text = core::str::from_utf8(bytes).map_err(|error| match error.error_len() {
            Some(_) => Stop::new(error.valid_up_to(), FhirReason::NotUtf8),
            None => Stop::new(error.valid_up_to(), FhirReason::Truncated),
        })?;
        let may_have_mark = part != Part::MoreLines;
        let start =
            if may_have_mark && text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let mut reader = Reader::new(text, limits, table);
        let form = match part {
            Part::Whole => reader.read(start)?,
            Part::FirstLines | Part::MoreLines => reader.lines(start, false).map(|()| Form::Ndjson)?,
        };
        let Reader { bundle_type, drafts, mut problems, .. } = reader;
        duplicates(&drafts, &mut problems);
        let subjects = patients::subjects(&drafts);
        let mut resources = Vec::with_capacity(drafts.len());
        for (draft, (subject, problem)) in drafts.into_iter().zip(subjects) {
            problems.extend(problem.map(|kind| Problem { position: draft.range.start as u64, kind }));
            let bytes = bytes.get(draft.range.clone()).unwrap_or_default();
            resources.push(Resource::new(draft, bytes, subject));
        }
        problems.sort_by_key(|problem| (problem.position, problem.kind));
        let bundle_type = bundle_type.filter(|_| form == Form::Bundle);
        Ok(Self { form, bundle_type, input: bytes, resources, problems })
    }

    /// In which form the resources stand in the input.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The `type` of the Bundle: `transaction`, `collection`, ..
    pub fn bundle_type(&self) -> Option<&str> {
        self.bundle_type.as_deref()
    }

    /// The resources, in the order of the input.
    pub fn resources(&self) -> &[Resource<'a>] {
        &self.resources
    }

    /// What is worth telling, in the order of the input. Nothing is lost because of it.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Everything of the input that is no resource, with the record in place of each resource: `record` says which one the resource
    /// of this index has become. From it and the records the input comes back byte for byte.
    pub fn envelope(&self, record: impl FnMut(usize) -> RecordId) -> Envelope {
        let ranges = self.resources.iter().map(|resource| resource.range.clone());
        Envelope::of(self.form, self.input, ranges, record)
    }
}

/// Of the content the size alone.
impl fmt::Debug for Import<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import")
            .field("form", &self.form)
            .field("bytes", &self.input.len())
            .field("resources", &self.resources.len())
            .field("problems", &self.problems.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Resource<'a> {
    fn new(draft: Draft<'a>, bytes: &'a [u8], subject: Option<String>) -> Self {
        let Draft { range, kind, full_url, facts } = draft;
        let (occurred, recorded) = (facts.occurred(), facts.recorded());
        let kind = kind.unwrap_or_default();
        let category = facts.category.unwrap_or_else(|| category::by_type(&kind));
        let content_type = RESOURCE_TYPE.into();
        let description = Description { category, labels: facts.labels, content_type, occurred, recorded };
        Self { range, bytes, kind, id: facts.id, full_url, subject, description }
    }

    /// The resource, exactly as it stands in the input: from its first brace to its last.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Offset of its first byte in the input.
    pub fn position(&self) -> u64 {
        self.range.start as u64
    }

    /// Its `resourceType`; empty if it has none.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Its `id`.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The `fullUrl` of its entry.
    pub fn full_url(&self) -> Option<&str> {
        self.full_url.as_deref()
    }

    /// Whose record it is, in one text for all resources of the patient in this input: the patient's URL where the server is known, or
    /// else `Patient/` and the id, or else the URL of the patient's entry.
    ///
    /// `None` for what is about no patient (organizations, practitioners), about several, or about someone whom it does not name; for
    /// the latter two there is a [`Problem`]. A resource without a subject of its own, such as a Provenance, belongs to the
    /// one patient that its references lead to.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// Category, labels and times, as they go into the record.
    pub fn description(&self) -> &Description {
        &self.description
    }
}

/// Type and size: ids and names of patients stay out of logs.
impl fmt::Debug for Resource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource")
            .field("kind", &self.kind)
            .field("position", &self.range.start)
            .field("bytes", &self.bytes.len())
            .field("category", &self.description.category)
            .finish_non_exhaustive()
    }
}

/// Tells of ids and entries' names that come twice.
fn duplicates(drafts: &[Draft<'_>], problems: &mut Vec<Problem>) {
    let (mut ids, mut urls) = (HashSet::new(), HashSet::new());
    for draft in drafts {
        let position = draft.range.start as u64;
        if draft.facts.id.as_deref().is_some_and(|id| !ids.insert((draft.kind.as_deref(), id))) {
            problems.push(Problem { position, kind: ProblemKind::DuplicateId });
        }
        if draft.full_url.as_deref().is_some_and(|url| !urls.insert(url)) {
            problems.push(Problem { position, kind: ProblemKind::DuplicateFullUrl });
        }
    }
}
