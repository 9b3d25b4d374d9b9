//! What a record is: its category, its labels, its patient, its times.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use rand_core::CryptoRng;

use super::error::RoleError;
use crate::abe::payload::{ContentKey, RecordName};
use crate::abe::types::AuthorId;
use crate::codec::{Hex, unhex};
use crate::outsource::UserId;

/// What kind of record it is: who may read it depends on this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RecordCategory {
    /// Person, encounters, family and social history, plans of care.
    History = 1,
    /// Diagnoses and problems.
    Condition = 2,
    /// Results of a laboratory.
    LabResult = 3,
    /// Imaging studies.
    Imaging = 4,
    /// Prescriptions and what was taken.
    Medication = 5,
    /// Procedures, treatments, devices.
    Procedure = 6,
    /// Vital signs.
    VitalSign = 7,
    /// Vaccinations.
    Immunization = 8,
    /// Allergies and intolerances.
    Allergy = 9,
    /// Notes, letters and reports in words.
    Note = 10,
    /// What the patient has agreed to.
    Consent = 11,
    /// Everything else.
    Other = 12,
}

impl RecordCategory {
    /// Every category.
    pub const ALL: [RecordCategory; 12] = [
        RecordCategory::History,
        RecordCategory::Condition,
        RecordCategory::LabResult,
        RecordCategory::Imaging,
        RecordCategory::Medication,
        RecordCategory::Procedure,
        RecordCategory::VitalSign,
        RecordCategory::Immunization,
        RecordCategory::Allergy,
        RecordCategory::Note,
        RecordCategory::Consent,
        RecordCategory::Other,
    ];

    /// Its name in rules, attributes and on the command line: `history`, `lab-result`, ..
    pub const fn name(self) -> &'static str {
        match self {
            RecordCategory::History => "history",
            RecordCategory::Condition => "condition",
            RecordCategory::LabResult => "lab-result",
            RecordCategory::Imaging => "imaging",
            RecordCategory::Medication => "medication",
            RecordCategory::Procedure => "procedure",
            RecordCategory::VitalSign => "vital-sign",
            RecordCategory::Immunization => "immunization",
            RecordCategory::Allergy => "allergy",
            RecordCategory::Note => "note",
            RecordCategory::Consent => "consent",
            RecordCategory::Other => "other",
        }
    }

    /// The category of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

impl fmt::Display for RecordCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A security label: a code such as `PSY` or `HIV` of HL7's ActSensitivity, `R` or `V` of its Confidentiality, or one of
/// the house.
///
/// 1 to 32 of `A-Z`, `0-9`, `-` and `_`, beginning with a letter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecurityLabel(Box<str>);

impl SecurityLabel {
    /// A label.
    ///
    /// # Errors
    /// [`RoleError::Label`] if the text is none.
    pub fn new(code: &str) -> Result<Self, RoleError> {
        let fine =
            |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        let first = code.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
        if !first || code.len() > 32 || !code.bytes().all(fine) {
            return Err(RoleError::Label);
        }
        Ok(Self(code.into()))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecurityLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SecurityLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecurityLabel({})", self.0)
    }
}

impl FromStr for SecurityLabel {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::new(text)
    }
}

/// A patient as the cloud knows her: 16 random bytes that mean nothing outside the house.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatientHandle([u8; 16]);

impl PatientHandle {
    /// A fresh handle.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// A handle that was kept.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for PatientHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for PatientHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PatientHandle({self})")
    }
}

impl FromStr for PatientHandle {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        unhex(text).map(Self).ok_or(RoleError::Handle)
    }
}

/// What is said of a record, inside the ciphertext: the cloud sees none of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// What kind of record it is.
    pub category: RecordCategory,
    /// What makes it sensitive; at most 64.
    pub labels: BTreeSet<SecurityLabel>,
    /// Its media type, such as `application/fhir+json`; at most 255 bytes.
    pub content_type: Box<str>,
    /// When it was true of the patient, in seconds since 1970 (negative before); if known.
    pub occurred: Option<i64>,
    /// When it was written down.
    pub recorded: Option<i64>,
}

impl Description {
    /// Without labels and times.
    pub fn new(category: RecordCategory, content_type: &str) -> Self {
        let (labels, content_type) = (BTreeSet::new(), content_type.into());
        Self { category, labels, content_type, occurred: None, recorded: None }
    }
}

/// A record that was opened: the patient's, genuine, and written by whom it says.
#[derive(Clone)]
pub struct Record {
    /// Its id and version.
    pub name: RecordName,
    /// Whose it is.
    pub patient: PatientHandle,
    /// What it is.
    pub description: Description,
    /// Who has written it: the name in his credential.
    pub writer: UserId,
    /// Its content; empty if that is attached.
    pub content: Vec<u8>,
    /// Large content, which is fetched by itself.
    pub attachment: Option<Attachment>,
}

/// Content of a record that lies in chunks of its own: what it takes to fetch and to open it.
#[derive(Clone)]
pub struct Attachment {
    /// Whose it is.
    pub(super) patient: PatientHandle,
    pub(super) key: Arc<ContentKey>,
    pub(super) author: AuthorId,
    pub(super) record: RecordName,
    pub(super) stream: RecordName,
    pub(super) bytes: u64,
    /// How many chunks there are, says the cloud.
    pub(super) chunks: u32,
}

impl Attachment {
    /// Bytes of the content.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Of the content the length alone.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("name", &self.name)
            .field("patient", &self.patient)
            .field("description", &self.description)
            .field("writer", &self.writer)
            .field("bytes", &self.content.len())
            .field("attachment", &self.attachment)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}
