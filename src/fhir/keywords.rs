//! The keywords of a resource for the encrypted index: its codes and its date. Writer and reader make them the same way.

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use unicode_normalization::UnicodeNormalization;

use super::import::Resource;
use super::json::{Scanner, Token};
use super::time;
use crate::phr::RecordCategory;
use crate::search::{Keyword, KeywordError};

/// The version of what [`keywords`] makes: it goes into the [`Context`](crate::search::Context) of an index, so that writer and reader
/// use the same.
pub const PIPELINE_VERSION: u16 = 1;

/// The elements of a resource whose codings say what it is about.
const CODED: &[&str] =
    &["code", "component", "medicationCodeableConcept", "modality", "procedureCode", "type", "vaccineCode"];
/// Codings of a resource that count, from the first on: three keywords each.
const MAX_CODES: usize = 3;

/// A code, and the system that it is of.
type Coding<'a> = (Option<Cow<'a, str>>, Cow<'a, str>);

/// System and code, as far as they are known.
type Pair<'a> = [Option<Cow<'a, str>>; 2];

/// The keywords of a resource, 15 at most, each once.
///
/// | field | value | example |
/// |---|---|---|
/// | `code` | system, bar, code; and bar, code | `http://loinc.org\|4548-4`, `\|4548-4` |
/// | `code+month` | bar, code, space, month | `\|4548-4 2026-05` |
/// | `date`, `month`, `year` | of the day it was true, else of the day it was written down, in UTC | `2026-05-14`, `2026-05`, `2026` |
/// | `category` | of the record, unless it is `other` | `lab-result` |
/// | `category+month`, `type+month` | category or type of resource, space, month | `lab-result 2026-05`, `Observation 2026-05` |
///
/// Codes are those of the first three codings in the elements that say what the resource is about: `code`, `vaccineCode`, and their kin,
/// with those of its components. A date that is given as a year or a month begins with it, as in the record's
/// [`Description`](crate::phr::Description). What cannot be a keyword, such as a code of 600 bytes, is left out.
///
/// ```
/// use hippocrypt::fhir::{self, Import, Limits};
///
/// let file = br#"{"resourceType": "Observation", "effectiveDateTime": "2026-05-14", "category": [{"coding": [{"code": "laboratory"}]}],
///     "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]}}"#;
/// let import = Import::read(file, &Limits::default())?;
/// let keywords = fhir::keywords(&import.resources()[0]);
/// for asked in ["code:4548-4", "code:http://loinc.org|4548-4", "code+month:4548-4 2026-05", "category:lab-result", "year:2026"] {
///     assert!(keywords.contains(&fhir::keyword(asked)?), "{asked}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn keywords(resource: &Resource<'_>) -> Vec<Keyword> {
    let description = resource.description();
    let mut made = BTreeSet::new();
    let mut add = |field: &str, value: &str| made.extend(Keyword::new(field, value).ok());
    let date = description.occurred.or(description.recorded).map(time::date);
    let month = date.as_deref().and_then(|date| date.get(..date.len().checked_sub("-14".len())?));
    if let (Some(date), Some(month)) = (&date, month) {
        add("date", date);
        add("month", month);
        add("year", month.get(..month.len().saturating_sub("-05".len())).unwrap_or_default());
        if !resource.kind().is_empty() {
            add("type+month", &format!("{} {month}", resource.kind()));
        }
    }
    if description.category != RecordCategory::Other {
        let category = description.category.name();
        add("category", category);
        month.into_iter().for_each(|month| add("category+month", &format!("{category} {month}")));
    }
    for (system, code) in codings(resource.bytes()) {
        let code = normalized(&code);
        if let Some(system) = system {
            add("code", &format!("{}|{code}", normalized(&system)));
        }
        add("code", &format!("|{code}"));
        month.into_iter().for_each(|month| add("code+month", &format!("|{code} {month}")));
    }
    made.into_iter().collect()
}

/// The keyword that somebody means by `field:value`: in the fields `code` and `code+..` a code without a bar is one of any system.
///
/// # Errors
/// [`KeywordError`]; [`KeywordError::Field`] of a text without a colon.
pub fn keyword(text: &str) -> Result<Keyword, KeywordError> {
    let (field, value) = text.split_once(':').ok_or(KeywordError::Field)?;
    let (field, value) = (field.trim(), normalized(value));
    let is_code = field == "code" || field.starts_with("code+");
    if is_code && !value.is_empty() && !value.contains('|') {
        return Keyword::new(field, &format!("|{value}"));
    }
    Keyword::new(field, &value)
}

fn normalized(text: &str) -> String {
    text.trim().nfc().collect()
}

/// The first codings of a resource that say what it is about.
fn codings(resource: &[u8]) -> Vec<Coding<'_>> {
    let mut found = Vec::new();
    // The resource was read before: it is text, and no deeper than it may be.
    let Ok(text) = core::str::from_utf8(resource) else { return found };
    let mut scanner = Scanner::new(text, 0, usize::MAX);
    // The elements that are open, arrays giving theirs to what they hold, and what is known of each coding so far.
    let mut open: Vec<(Cow<'_, str>, Pair<'_>)> = Vec::new();
    let mut name = Cow::Borrowed("");
    while let Ok(token) = scanner.next() {
        match token {
            Token::Name(next) => name = next,
            Token::ObjectStart | Token::ArrayStart => {
                let inherited = || open.last().map(|(element, _)| element.clone()).unwrap_or_default();
                let element = if name.is_empty() { inherited() } else { core::mem::take(&mut name) };
                open.push((element, [None, None]));
            }
            Token::ObjectEnd | Token::ArrayEnd => {
                let Some((element, [system, code])) = open.pop() else { break };
                if let Some(code) = code
                    && is_about(&element, open.iter().map(|(element, _)| element.as_ref()))
                {
                    found.push((system, code));
                }
                if open.is_empty() || found.len() == MAX_CODES {
                    break;
                }
            }
            Token::String(raw) => {
                let place = match core::mem::take(&mut name).as_ref() {
                    "system" => 0,
                    "code" => 1,
                    _ => continue,
                };
                if let Some(known) = open.last_mut().and_then(|(_, known)| known.get_mut(place)) {
                    *known = Some(raw.text());
                }
            }
            Token::Scalar => name = Cow::Borrowed(""),
        }
    }
    found
}

/// Whether a coding called `element`, within the elements `around`, says what the resource is about.
fn is_about<'e>(element: &'e str, around: impl Iterator<Item = &'e str>) -> bool {
    // The first is the resource itself; arrays repeat their name.
    let mut path: Vec<&str> = around.skip(1).chain([element]).collect();
    path.dedup();
    match path.as_slice() {
        ["component", inner @ ..] => matches!(inner, ["code", "coding"]),
        [top, "coding"] | [top] => CODED.contains(top),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::import::{Import, Limits};
    use super::*;

    const BUNDLE: &[u8] = include_bytes!("../../examples/data/clinic-bundle.json");

    fn shown(resource: &Resource<'_>) -> Vec<String> {
        keywords(resource).iter().map(|keyword| format!("{}:{}", keyword.field(), keyword.value())).collect()
    }

    fn of(json: &str) -> Vec<String> {
        shown(&Import::read(json.as_bytes(), &Limits::default()).unwrap().resources()[0])
    }

    #[test]
    fn an_observation_has_its_code_with_and_without_system_and_its_dates() {
        assert_eq!(
            of(
                r#"{"resourceType":"Observation","effectiveDateTime":"2026-05-14T23:30:00-02:00","category":[{"coding":[{"code":"laboratory"}]}],
                "code":{"coding":[{"system":"http://loinc.org","code":"4548-4"}],"text":"HbA1c"},"valueQuantity":{"system":"http://unitsofmeasure.org","code":"%"},
                "subject":{"reference":"Patient/1"}}"#
            ),
            [
                "category:lab-result",
                "category+month:lab-result 2026-05",
                "code:http://loinc.org|4548-4",
                "code:|4548-4",
                "code+month:|4548-4 2026-05",
                "date:2026-05-15",
                "month:2026-05",
                "type+month:Observation 2026-05",
                "year:2026",
            ]
        );
    }

    #[test]
    fn components_count_by_their_codes_and_three_codings_are_enough() {
        let component = |code| {
            format!(
                r#"{{"code":{{"coding":[{{"code":"{code}"}}]}},"valueCodeableConcept":{{"coding":[{{"code":"x"}}]}}}}"#
            )
        };
        let all: Vec<String> = ["8480-6", "8462-4", "no"].map(component).into();
        let keywords = of(&format!(
            r#"{{"resourceType":"Observation","code":{{"coding":[{{"code":"85354-9"}}]}},"component":[{}]}}"#,
            all.join(",")
        ));
        assert_eq!(keywords, ["code:|8462-4", "code:|8480-6", "code:|85354-9"]);
    }

    #[test]
    fn what_is_no_keyword_is_left_out() {
        assert_eq!(
            of(&format!(
                r#"{{"resourceType":"Basic","code":{{"coding":[{{"code":"{}"}},{{"code":" e\u0301 "}},{{"code":"\u0007"}}]}}}}"#,
                "9".repeat(600)
            )),
            ["code:|é"]
        );
        assert_eq!(of(r#"{"resourceType":"Basic","code":"4711","meta":{"tag":[{"code":"x"}]}}"#), [""; 0]);
    }

    #[test]
    fn every_resource_of_the_clinic_has_few_keywords() {
        let import = Import::read(BUNDLE, &Limits::default()).unwrap();
        for resource in import.resources() {
            let keywords = shown(resource);
            assert!(keywords.len() <= 15, "{resource:?}: {keywords:?}");
            let coded =
                matches!(resource.kind(), "Observation" | "Condition" | "MedicationRequest" | "Immunization");
            assert!(!coded || keywords.len() >= 5, "{resource:?}: {keywords:?}");
            assert!(!coded || keywords.iter().any(|keyword| keyword.starts_with("code:|")), "{keywords:?}");
        }
    }

    #[test]
    fn a_question_is_read_as_a_resource_is() {
        let parts = |text: &str| {
            keyword(text).map(|keyword| (keyword.field().to_owned(), keyword.value().to_owned()))
        };
        let pair = |field: &str, value: &str| Ok((field.to_owned(), value.to_owned()));
        assert_eq!(parts("code:4548-4"), pair("code", "|4548-4"));
        assert_eq!(parts("code:http://loinc.org|4548-4"), pair("code", "http://loinc.org|4548-4"));
        assert_eq!(parts("code+month: 4548-4 2026-05"), pair("code+month", "|4548-4 2026-05"));
        assert_eq!(parts("month:2026-05"), pair("month", "2026-05"));
        for wrong in ["month", "code:", "Code:1", "_x:1"] {
            assert!(keyword(wrong).is_err(), "{wrong}");
        }
    }
}
