//! What a record says, read from its JSON.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::calendar::{self, Days};
use crate::values::{self, Measured};
use crate::words::{self, Word};

/// What a record says: values with the field in which they stand.
#[derive(Debug, Default)]
pub struct Plain {
    pub kind: String,
    /// Field, system, code.
    pub codes: Vec<(&'static str, String, String)>,
    /// Field and word, in lower case.
    pub states: BTreeSet<(&'static str, String)>,
    pub identifiers: Vec<(&'static str, String, String)>,
    pub names: BTreeSet<(&'static str, String)>,
    pub days: Vec<(&'static str, Days)>,
    pub measured: Vec<Measured>,
    pub texts: Vec<(&'static str, Vec<Word>)>,
    pub references: BTreeSet<(&'static str, String)>,
}

/// When it was true of the patient: the first element of these that there is.
const OCCURRED: &[&str] = &[
    "effectiveDateTime",
    "effectivePeriod",
    "effectiveInstant",
    "onsetDateTime",
    "onsetPeriod",
    "performedDateTime",
    "performedPeriod",
    "occurrenceDateTime",
    "occurrencePeriod",
    "occurredDateTime",
    "occurredPeriod",
    "identifiedDateTime",
    "createdDateTime",
    "createdPeriod",
    "whenHandedOver",
    "period",
    "started",
    "start",
    "servicedDate",
    "servicedPeriod",
    "billablePeriod",
    "startDate",
    "birthDate",
    "authoredOn",
    "dateTime",
    "date",
    "recordedDate",
    "issued",
    "created",
];
/// .. and when it was written down.
const RECORDED: &[&str] = &[
    "issued",
    "recordedDate",
    "recorded",
    "authoredOn",
    "dateAsserted",
    "assertedDate",
    "dateTime",
    "date",
    "authored",
    "statusDate",
    "sent",
    "created",
    "receivedTime",
];

/// Codes: field, type (`*` for any), path.
const CODES: &[(&str, &str, &str)] = &[
    ("code", "*", "code"),
    ("code", "Observation", "component.code"),
    ("code", "*", "medicationCodeableConcept"),
    ("code", "*", "vaccineCode"),
    ("code", "*", "procedureCode"),
    ("code", "ImagingStudy", "modality"),
    ("code", "ImagingStudy", "series.modality"),
    ("code", "*", "type"),
    ("code", "AuditEvent", "subtype"),
    ("code", "CarePlan", "activity.detail.code"),
    ("code", "Claim", "item.productOrService"),
    ("code", "Composition", "event.code"),
    ("code", "Composition", "section.code"),
    ("code", "Consent", "scope"),
    ("code", "DiagnosticReport", "conclusionCode"),
    ("code", "DocumentReference", "context.event"),
    ("code", "ExplanationOfBenefit", "item.productOrService"),
    ("code", "Group", "characteristic.code"),
    ("code", "Parameters", "parameter.valueCoding"),
    ("code", "Provenance", "activity"),
    ("body-site", "*", "bodySite"),
    ("body-site", "ImagingStudy", "series.bodySite"),
    ("category", "*", "category"),
    ("method", "MedicationRequest", "dosageInstruction.method"),
    ("method", "Observation", "method"),
    ("reaction", "AllergyIntolerance", "reaction.manifestation"),
    ("reason", "*", "reasonCode"),
    ("reason", "AuditEvent", "purposeOfEvent"),
    ("reason", "Condition", "evidence.code"),
    ("reason", "Provenance", "reason"),
    ("role", "PractitionerRole", "code"),
    ("role", "PractitionerRole", "specialty"),
    ("route", "MedicationRequest", "dosageInstruction.route"),
    ("route", "Immunization", "route"),
];
const STATES: &[(&str, &str, &str)] = &[
    ("class", "Encounter", "class.code"),
    ("clinical-status", "*", "clinicalStatus.coding.code"),
    ("criticality", "*", "criticality"),
    ("intent", "*", "intent"),
    ("language", "Patient", "communication.language.coding.code"),
    ("priority", "*", "priority"),
    ("priority", "*", "priority.coding.code"),
    ("severity", "*", "severity.coding.code"),
    ("severity", "AllergyIntolerance", "reaction.severity"),
    ("sex", "*", "gender"),
    ("status", "*", "status"),
    ("status", "Goal", "lifecycleStatus"),
    ("type", "*", "resourceType"),
    ("verification-status", "*", "verificationStatus.coding.code"),
];
const DATES: &[(&str, &str, &str)] = &[
    ("abatement-date", "*", "abatementDateTime"),
    ("abatement-date", "*", "abatementPeriod"),
    ("authored-on", "*", "authoredOn"),
    ("birthdate", "*", "birthDate"),
    ("death-date", "Patient", "deceasedDateTime"),
    ("end", "*", "billablePeriod.end"),
    ("end", "*", "effectivePeriod.end"),
    ("end", "*", "performedPeriod.end"),
    ("end", "*", "period.end"),
    ("end", "DocumentReference", "context.period.end"),
    ("issued", "*", "created"),
    ("issued", "*", "issued"),
    ("issued", "*", "recorded"),
    ("issued", "*", "recordedDate"),
    ("onset-date", "*", "onsetDateTime"),
    ("onset-date", "*", "onsetPeriod"),
];
const TEXTS: &[(&str, &str, &str)] = &[
    ("note", "*", "note.text"),
    ("note", "*", "conclusion"),
    ("note", "*", "comment"),
    ("note", "*", "comments"),
    ("text", "*", "title"),
    ("text", "*", "description"),
    ("text", "*", "description.text"),
    ("text", "AuditEvent", "entity.name"),
    ("text", "AuditEvent", "outcomeDesc"),
    ("text", "CareTeam", "name"),
    ("text", "Composition", "section.title"),
    ("text", "Condition", "abatementString"),
    ("text", "Condition", "onsetString"),
    ("text", "Consent", "sourceAttachment.title"),
    ("text", "DiagnosticReport", "presentedForm.title"),
    ("text", "DocumentReference", "content.attachment.title"),
    ("text", "Group", "name"),
    ("text", "ImagingStudy", "series.description"),
    ("text", "MedicationRequest", "dosageInstruction.text"),
    ("text", "Observation", "component.valueString"),
    ("text", "Observation", "valueString"),
    ("text", "Parameters", "parameter.valueString"),
];
/// Concepts of answers, of which display and text are words of `text`, beside those of codes and reasons.
const ANSWERS: &[&str] = &["valueCodeableConcept", "component.valueCodeableConcept"];
const REFERENCES: &[(&str, &str, &str)] = &[
    ("encounter", "*", "encounter"),
    ("encounter", "DocumentReference", "context.encounter"),
    ("encounter", "Claim", "item.encounter"),
    ("encounter", "ExplanationOfBenefit", "item.encounter"),
    ("location", "Encounter", "location.location"),
    ("location", "PractitionerRole", "location"),
    ("performer", "*", "performer"),
    ("performer", "*", "requester"),
    ("performer", "*", "recorder"),
    ("performer", "*", "asserter"),
    ("performer", "*", "author"),
    ("performer", "*", "provider"),
    ("performer", "Encounter", "participant.individual"),
    ("performer", "PractitionerRole", "practitioner"),
    ("related", "*", "basedOn"),
    ("related", "*", "derivedFrom"),
    ("related", "*", "hasMember"),
    ("related", "*", "partOf"),
    ("related", "DiagnosticReport", "result"),
];

/// The values at the end of a path; arrays are gone through.
pub fn at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut values = vec![value];
    for name in path.split('.') {
        let next = values.into_iter().flat_map(each).filter_map(|value| value.get(name));
        values = next.flat_map(each).collect();
    }
    values
}

fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        value => vec![value],
    }
}

pub fn text_at(value: &Value, path: &str) -> Vec<String> {
    at(value, path).into_iter().filter_map(Value::as_str).map(Into::into).collect()
}

/// The rows of a table that are of this type, with the values there.
fn rows<'v, 't>(
    table: &'t [(&'static str, &str, &str)],
    record: &'v Value,
    kind: &'t str,
) -> impl Iterator<Item = (&'static str, &'v Value)> + use<'v, 't> {
    let table = table.iter().filter(move |(_, of, _)| *of == "*" || *of == kind);
    table.flat_map(move |(field, _, path)| at(record, path).into_iter().map(move |value| (*field, value)))
}

/// System and code of the codings of a concept, of a coding, or of a bare code.
pub fn codings(value: &Value) -> Vec<(String, String)> {
    if let Some(code) = value.as_str() {
        return vec![(String::new(), code.into())];
    }
    let codings = match value.get("coding") {
        Some(codings) => each(codings),
        None => vec![value],
    };
    let text = |value: &Value, name| value[name].as_str().unwrap_or_default().to_owned();
    let pairs = codings.into_iter().map(|coding| (text(coding, "system"), text(coding, "code")));
    pairs.filter(|(_, code)| !code.is_empty()).collect()
}

/// The days of a date or of a period.
fn days(value: &Value) -> Option<Days> {
    match value {
        Value::String(text) => calendar::days(text),
        Value::Object(_) => {
            let end = |name| value[name].as_str().unwrap_or_default();
            let is_period = value.get("start").is_some() || value.get("end").is_some();
            calendar::between(end("start"), end("end")).filter(|_| is_period)
        }
        _ => None,
    }
}

fn reference(to: &str) -> String {
    let current = to.split("/_history/").next().unwrap();
    let parts: Vec<&str> = current.split('/').collect();
    parts[parts.len().saturating_sub(2)..].join("/")
}

impl Plain {
    pub fn of(record: &Value) -> Self {
        let kind = record["resourceType"].as_str().unwrap_or_default();
        let mut plain = Self { kind: kind.into(), ..Self::default() };
        for (field, value) in rows(CODES, record, kind) {
            // The roles of somebody are not what his record is about; codes of elements of the type `code` are no concepts.
            let other = field == "code" && (kind == "PractitionerRole" || value.is_string());
            if !other {
                plain.codes.extend(codings(value).into_iter().map(|(system, code)| (field, system, code)));
                if matches!(field, "code" | "reason") {
                    plain.words_of(value);
                }
            }
        }
        plain
            .codes
            .extend(values::category(kind, record).map(|name| ("category", String::new(), name.into())));
        if kind == "Observation" {
            ANSWERS.iter().flat_map(|path| at(record, path)).for_each(|value| plain.words_of(value));
        }
        for (field, value) in rows(STATES, record, kind) {
            plain.states.extend(value.as_str().map(|word| (field, word.to_lowercase())));
        }
        for (field, value) in rows(TEXTS, record, kind) {
            plain.texts.extend(value.as_str().map(|text| (field, words::words(text))));
        }
        plain.days.extend(rows(DATES, record, kind).filter_map(|(field, value)| Some((field, days(value)?))));
        let first_of = |names: &[&str]| names.iter().find_map(|name| days(record.get(*name)?));
        let collected = || days(&record["collection"]["collectedDateTime"]);
        let date = first_of(OCCURRED).or_else(collected).or_else(|| first_of(RECORDED));
        plain.days.extend(date.map(|date| ("date", date)));
        for (field, value) in rows(REFERENCES, record, kind) {
            let to = value["reference"].as_str().or(value["actor"]["reference"].as_str());
            // What is contained has no name outside.
            let to = to.filter(|to| !to.starts_with('#'));
            plain.references.extend(to.map(|to| (field, reference(to))));
        }
        plain.person(record);
        plain.measured = values::measured(kind, record);
        let flags = plain.measured.iter().filter_map(|measured| measured.flag);
        plain.states.extend(flags.map(|flag| ("abnormal", flag.into())));
        plain
    }

    fn words_of(&mut self, concept: &Value) {
        let displays = text_at(concept, "coding.display").into_iter().chain(text_at(concept, "display"));
        let texts = displays.chain(text_at(concept, "text"));
        self.texts.extend(texts.map(|text| ("text", words::words(&text))));
    }

    fn person(&mut self, record: &Value) {
        let mut name = |field, text: &str| {
            for part in words::parts(text) {
                self.names.insert(("name", part.clone()));
                self.names.insert((field, part));
            }
        };
        for path in ["family", "given", "text", "prefix", "suffix"] {
            let field = if matches!(path, "family" | "given") { path } else { "name" };
            text_at(record, &format!("name.{path}")).iter().for_each(|text| name(field, text));
        }
        if self.kind == "Organization" {
            text_at(record, "name").iter().for_each(|text| name("name", text));
        }
        let of = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        for (field, path) in [("identifier", "identifier"), ("phone", "telecom")] {
            for value in at(record, path) {
                let system = if field == "phone" { String::new() } else { of(value, "system") };
                self.identifiers.push((field, system, words::identifier(&of(value, "value"))));
            }
        }
        for address in at(record, "address") {
            self.texts.extend(text_at(address, "text").iter().map(|text| ("address", words::words(text))));
            let parts = ["line", "city", "district", "state", "postalCode", "country"];
            let parts: Vec<String> = parts.iter().flat_map(|part| text_at(address, part)).collect();
            self.texts.push(("address", words::words(&parts.join("\n"))));
        }
    }
}
