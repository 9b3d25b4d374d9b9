//! What a resource says, and the keywords of it for the encrypted index.

mod answers;
mod days;
mod table;
mod tape;
mod values;

#[cfg(test)]
mod tests;

use alloc::borrow::Cow;
use alloc::vec::Vec;

use self::tape::Tape;
use super::import::Resource;
use crate::phr::RecordCategory;
use crate::search::Keyword;
use crate::search::text::{Language, Terms, Value};

/// What a resource says, in the [fields](crate::search::text::FIELDS) that can be asked for: FHIR's search parameters (R4 and R4B) of its type.
///
/// | field | is taken from |
/// |---|---|
/// | `type` | `resourceType` |
/// | `category` | the category of the record, unless it is `other`; the codes of `category` |
/// | `date` | the first element that says when it was true of the patient, else the first that says when it was written down; the day as it is written |
/// | `code` | the codings that say what it is about: `code`, `vaccineCode`, `component.code`, .. |
/// | `value` | of an Observation and its components: quantities, codes, and whether they are high, low or normal |
/// | `text` | the words of codes, reasons and answers, titles and descriptions; not the narrative |
/// | all others | the elements of FHIR's search parameters of that name or meaning, such as `requester` for `performer` |
///
/// Contained resources and extensions are not the resource itself, and are not taken. What is malformed, such as a date of a month that
/// there is not, is left out.
///
/// ```
/// use hippocrypt::fhir::{self, Import, Limits};
/// use hippocrypt::search::text::Value;
///
/// let file = br#"{"resourceType": "Immunization", "occurrenceDateTime": "2026-05-14", "status": "completed",
///     "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "140"}]}}"#;
/// let import = Import::read(file, &Limits::default())?;
/// let terms = fhir::terms(&import.resources()[0]);
/// assert!(terms.of("code").any(|value| matches!(value, Value::Code { code, .. } if code == "140")));
/// assert!(terms.of("status").any(|value| matches!(value, Value::Status(word) if word == "completed")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn terms<'a>(resource: &Resource<'a>) -> Terms<'a> {
    let tape = Tape::read(resource.bytes());
    let root = tape.root();
    let mut terms = Terms::new(root.text_of("resourceType").unwrap_or_default());
    let category = resource.description().category;
    if category != RecordCategory::Other {
        terms.add("category", Value::Code { system: None, code: Cow::Borrowed(category.name()) });
    }
    days::date(root).into_iter().for_each(|span| {
        terms.add("date", Value::Date(span));
    });
    // The language of its words: English unless it says otherwise.
    let language = root.text_of("language").and_then(|tag| Language::of_tag(&tag)).unwrap_or_default();
    let rules = table::rules(resource.kind());
    for (name, element) in root.members() {
        for rule in rules.iter().filter(|rule| rule.first == name) {
            let field = (rule.field, rule.kind);
            element.each(&rule.rest, &mut |element| values::add(element, field, language, &mut terms));
        }
    }
    if resource.kind() == "Observation" {
        answers::add(root, language, &mut terms);
    }
    terms
}

/// The keywords of a resource: of what it [says](terms), the most selective first, as many as the budget allows
/// ([`LeakageProfile::keywords_per_record`](crate::search::LeakageProfile::keywords_per_record)). Reader and writer make them alike if they have the same
/// [`PIPELINE_VERSION`](crate::search::text::PIPELINE_VERSION).
///
/// ```
/// use hippocrypt::fhir::{self, Import, Limits};
/// use hippocrypt::search::ask::Question;
/// use hippocrypt::search::text::Language;
///
/// let file = br#"{"resourceType": "Observation", "effectiveDateTime": "2026-05-14", "category": [{"coding": [{"code": "laboratory"}]}],
///     "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]}}"#;
/// let import = Import::read(file, &Limits::default())?;
/// let keywords = fhir::keywords(&import.resources()[0], 36);
/// for asked in ["code:4548-4", "code:http://loinc.org|4548-4", "category:lab-result", "date:2026"] {
///     let lookup = Question::parse(asked, Language::English)?.lookup()?;
///     assert!(lookup.keywords().iter().any(|keyword| keywords.contains(keyword)), "{asked}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn keywords(resource: &Resource<'_>, budget: usize) -> Vec<Keyword> {
    terms(resource).keywords(budget)
}
