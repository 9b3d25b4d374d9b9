//! From what is said to the keywords of the index, and from a question to the same.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::super::import::{Import, Limits, Resource};
use super::super::keywords;
use crate::search::ask::Question;
use crate::search::text::Language;

const BUNDLE: &[u8] = include_bytes!("../../../../examples/data/clinic-bundle.json");

fn shown(resource: &Resource<'_>, budget: usize) -> Vec<String> {
    let keywords = keywords(resource, budget);
    keywords.iter().map(|keyword| format!("{}:{}", keyword.field(), keyword.value())).collect()
}

#[test]
fn every_resource_of_the_clinic_has_keywords_within_the_budget() {
    let import = Import::read(BUNDLE, &Limits::default()).unwrap();
    for resource in import.resources() {
        let [few, many] = [24, 1000].map(|budget| shown(resource, budget));
        assert!(many.len() >= few.iter().filter(|keyword| !keyword.starts_with("cut:")).count());
        assert!(many.iter().all(|keyword| !keyword.starts_with("cut:text")), "{many:?}");
        assert!(few.len() >= 5 && few.len() <= 36, "{resource:?}: {few:?}");
        let coded =
            matches!(resource.kind(), "Observation" | "Condition" | "MedicationRequest" | "Immunization");
        assert!(!coded || few.iter().any(|keyword| keyword.starts_with("code:|")), "{few:?}");
    }
}

#[test]
fn a_question_finds_what_a_resource_says() {
    let json = br#"{"resourceType":"Observation","status":"final","effectiveDateTime":"2026-05-14T23:30:00-02:00","category":[{"coding":[{"code":"laboratory"}]}],
        "code":{"coding":[{"system":"http://loinc.org","code":"4548-4"}]}}"#;
    let import = Import::read(json, &Limits::default()).unwrap();
    let found = keywords(&import.resources()[0], 36);
    let finds = |text: &str| {
        let lookup = Question::parse(text, Language::English).unwrap().lookup().unwrap();
        lookup.keywords().iter().any(|keyword| found.contains(keyword))
    };
    for asked in [
        "code:4548-4",
        "code:|4548-4",
        "code:http://loinc.org|4548-4",
        "category:lab-result",
        "type:Observation",
        "date:2026-05-14",
        "date:2026-05",
        "date:2026",
    ] {
        assert!(finds(asked), "{asked}");
    }
    for missing in ["code:4548", "date:2026-05-15", "category:vital-sign", "type:Condition"] {
        assert!(!finds(missing), "{missing}");
    }
}

#[test]
fn what_is_no_keyword_is_left_out() {
    let json = format!(
        r#"{{"resourceType":"Basic","code":{{"coding":[{{"code":"{}"}},{{"code":" e\u0301 "}},{{"code":"\u0007"}}]}}}}"#,
        "9".repeat(600)
    );
    let import = Import::read(json.as_bytes(), &Limits::default()).unwrap();
    let codes: Vec<String> =
        shown(&import.resources()[0], 36).into_iter().filter(|found| found.starts_with("code")).collect();
    assert_eq!(codes, ["code:|é".to_owned()]);
}
