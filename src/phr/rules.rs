//! Who may read what: a rule for each category, and a clause for each label. `[PHR-2]`

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::error::RoleError;
use super::record::{PatientHandle, RecordCategory, SecurityLabel};
use crate::policy::{Policy, PolicyReason, Schema};

/// The rules of a house: which of its staff reads which category, and what a sensitive label asks of them besides.
///
/// ```text
/// # Comments begin with a number sign.
/// lab-result: role:physician or role:lab-technician
/// imaging:    role:physician or role:radiologist
/// label PSY:  clearance:mental-health
/// ```
///
/// A record is encrypted under the policy that follows: staff who satisfy the rule of its category *and* the clause of every
/// label, or the patient herself, or somebody with whom she shares this category and every label. A category
/// without a rule, or a label without a clause, leaves the patient and those with whom she shares: what nobody has
/// thought of is closed. `[PHR-2.1]`
///
/// ```
/// use hippocrypt::Schema;
/// use hippocrypt::phr::{AccessRules, PatientHandle, RecordCategory};
///
/// let schema = Schema::empty();
/// let rules = AccessRules::parse("lab-result: role:physician or role:lab-technician", &schema)?;
/// let patient = PatientHandle::from_bytes([0x11; 16]);
/// let policy = rules.policy(&patient, RecordCategory::LabResult, &Default::default(), &schema)?;
/// assert_eq!(
///     policy.to_string(),
///     "role:physician or role:lab-technician or shared:\"11111111111111111111111111111111/lab-result\" \
///      or patient:11111111111111111111111111111111",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AccessRules {
    categories: BTreeMap<RecordCategory, Policy>,
    labels: BTreeMap<SecurityLabel, Policy>,
}

/// Rules to begin with, in the words that the examples use.
const STANDARD: &str = "\
history:      role:physician or role:nurse
condition:    role:physician or role:nurse
lab-result:   role:physician or role:lab-technician
imaging:      role:physician or role:radiologist
medication:   role:physician or role:nurse or role:pharmacist
procedure:    role:physician or role:nurse
vital-sign:   role:physician or role:nurse
immunization: role:physician or role:nurse
allergy:      role:physician or role:nurse or role:pharmacist
note:         role:physician
consent:      role:physician or role:nurse
other:        role:physician
label R:        clearance:restricted
label PSY:      clearance:mental-health
label ETH:      clearance:substance-use
label ETHUD:    clearance:substance-use
label OPIOIDUD: clearance:substance-use
label HIV:      clearance:infectious-disease
label SDV:      clearance:protection
label SEX:      clearance:reproductive-health
";

impl AccessRules {
    /// Rules to begin with: the roles `physician`, `nurse`, `lab-technician`, `radiologist` and `pharmacist`, and clearances for the
    /// labels of IHE's Privacy Consent on FHIR. They name no number, so that any schema will do.
    pub const STANDARD: &str = STANDARD;

    /// Reads rules. `schema` declares the numbers and dates in their policies.
    ///
    /// # Errors
    /// [`RoleError`] names the line and what is wrong.
    pub fn parse(text: &str, schema: &Schema) -> Result<Self, RoleError> {
        let mut rules = Self { categories: BTreeMap::new(), labels: BTreeMap::new() };
        for (index, whole) in text.lines().enumerate() {
            let line = index + 1;
            let content = whole.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            let unreadable = || {
                let names: Vec<_> = RecordCategory::ALL.into_iter().map(RecordCategory::name).collect();
                RoleError::RuleLine { line, categories: names.join(", ").into() }
            };
            let (subject, policy) = content.split_once(':').ok_or_else(unreadable)?;
            let policy =
                Policy::parse(policy.trim(), schema).map_err(|error| RoleError::Rule { line, error })?;
            let before = match subject.trim().strip_prefix("label ") {
                Some(label) => {
                    let label = SecurityLabel::new(label.trim()).map_err(|_| unreadable())?;
                    rules.labels.insert(label, policy)
                }
                None => {
                    let category = RecordCategory::from_name(subject.trim()).ok_or_else(unreadable)?;
                    rules.categories.insert(category, policy)
                }
            };
            if before.is_some() {
                return Err(RoleError::RuleTwice { line });
            }
        }
        Ok(rules)
    }

    /// The policy of a patient's records of this category and with these labels. `[PHR-2.1]`
    ///
    /// # Errors
    /// [`RoleError::Policy`] if it would be larger than a policy may be.
    pub fn policy(
        &self,
        patient: &PatientHandle,
        category: RecordCategory,
        labels: &BTreeSet<SecurityLabel>,
        schema: &Schema,
    ) -> Result<Policy, RoleError> {
        let attribute = |name: &str, value: String| -> Result<Policy, PolicyReason> {
            let attribute = format!("{name}:\"{value}\"");
            Policy::parse(&attribute, schema).map_err(|error| error.reason().clone())
        };
        let mut ways = Vec::new();
        let clauses = labels.iter().map(|label| self.labels.get(label).cloned()).collect::<Option<Vec<_>>>();
        if let (Some(rule), Some(clauses)) = (self.categories.get(&category), clauses) {
            ways.push(Policy::all_of(core::iter::once(rule.clone()).chain(clauses))?);
        }
        ways.push(attribute(PATIENT, format!("{patient}"))?);
        let scopes =
            core::iter::once(Scope::Category(category)).chain(labels.iter().cloned().map(Scope::Label));
        let shared = scopes.map(|scope| attribute(SHARED, scope.value(patient)));
        ways.push(Policy::all_of(shared.collect::<Result<Vec<_>, _>>()?)?);
        Ok(Policy::at_least(1, ways)?)
    }

    /// The categories that have a rule, with it.
    pub fn categories(&self) -> impl Iterator<Item = (RecordCategory, &Policy)> {
        self.categories.iter().map(|(category, policy)| (*category, policy))
    }

    /// The labels that have a clause, with it.
    pub fn labels(&self) -> impl Iterator<Item = (&SecurityLabel, &Policy)> {
        self.labels.iter()
    }
}

/// The attribute of a patient herself.
const PATIENT: &str = "patient";
/// The attribute of those with whom a patient shares.
const SHARED: &str = "shared";

/// What a patient shares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    Category(RecordCategory),
    Label(SecurityLabel),
}

impl Scope {
    fn value(&self, patient: &PatientHandle) -> String {
        match self {
            Scope::Category(category) => format!("{patient}/{category}"),
            Scope::Label(label) => format!("{patient}/{label}"),
        }
    }

    /// The attribute, in the words of the language.
    pub(crate) fn attribute(&self, patient: &PatientHandle) -> String {
        format!("{SHARED}:\"{}\"", self.value(patient))
    }
}

/// The attribute of a patient herself, in the words of the language.
pub(crate) fn patient_attribute(patient: &PatientHandle) -> String {
    format!("{PATIENT}:\"{patient}\"")
}

/// The canonical text, which parses back to the same rules.
impl fmt::Display for AccessRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (category, policy) in &self.categories {
            writeln!(f, "{category}: {policy}")?;
        }
        self.labels.iter().try_for_each(|(label, policy)| writeln!(f, "label {label}: {policy}"))
    }
}

impl fmt::Debug for AccessRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessRules({} categories, {} labels)", self.categories.len(), self.labels.len())
    }
}
