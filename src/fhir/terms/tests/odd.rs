//! What is malformed, out of place, or elsewhere: left out, and everything beside it is read.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::super::import::{Import, Limits};
use super::super::terms;
use super::{check, said};
use crate::search::text::{Language, Value};

#[test]
fn what_is_not_the_resource_itself_is_not_taken() {
    check(&[(
        r##"{"resourceType":"Procedure","meta":{"tag":[{"code":"x"}],"security":[{"code":"R"}],"lastUpdated":"2020-01-01T00:00:00Z"},"implicitRules":"http://r","language":"en",
        "text":{"status":"generated","div":"<div>words</div>"},"contained":[{"resourceType":"Condition","id":"c","code":{"coding":[{"code":"x"}]},"note":[{"text":"no"}]}],
        "extension":[{"url":"http://e","valueCodeableConcept":{"coding":[{"code":"x"}]}}],"modifierExtension":[{"url":"http://e","valueString":"no"}],
        "code":{"extension":[{"valueCoding":{"code":"x"}}],"coding":[{"code":"1","_code":{"extension":[{"valueCode":"x"}]},"extension":[{"valueString":"no"}]}]},
        "_status":{"extension":[{"valueCode":"unknown"}]},"reasonReference":[{"reference":"#c"},{"identifier":{"value":"x"}},{"display":"no"}],"subject":{"reference":"Patient/1"}}"##,
        &["category = procedure", "code = 1"],
    )]);
}

#[test]
fn wrong_types_are_left_out() {
    for wrong in [
        "7",
        "true",
        "null",
        "{}",
        "[]",
        "[null]",
        "[[]]",
        "[{}]",
        "[7]",
        "\"\"",
        "\"  \"",
        "[\"\"]",
        "{\"coding\":7}",
        "{\"coding\":[7,null,{}]}",
        "{\"coding\":{}}",
        "[[{\"value\":\"x\",\"reference\":\"x\"}]]",
        "{\"reference\":7,\"value\":{}}",
        "{\"start\":7,\"end\":[]}",
    ] {
        let members = [
            "identifier",
            "status",
            "category",
            "code",
            "class",
            "encounter",
            "note",
            "telecom",
            "performedPeriod",
            "performedDateTime",
            "issued",
            "reasonCode",
            "location",
            "period",
            "performer",
            "basedOn",
            "title",
            "component",
            "valueQuantity",
            "interpretation",
            "referenceRange",
        ];
        for kind in ["Procedure", "Observation", "Encounter"] {
            let all: Vec<String> = members.iter().map(|name| format!("\"{name}\":{wrong}")).collect();
            let found = said(&format!(r#"{{"resourceType":"{kind}",{}}}"#, all.join(",")));
            let known: Vec<&str> = found
                .iter()
                .map(String::as_str)
                .filter(|line| !line.starts_with("category = ") && !line.starts_with("type = "))
                .collect();
            // `true` is a status, and nothing else is.
            let expected: Vec<&str> =
                if wrong == "true" { ["status = active", "class = active"].into() } else { Vec::new() };
            assert_eq!(known, expected, "{kind} {wrong}");
        }
    }
}

#[test]
fn one_where_many_may_be_and_many_where_one_may_be() {
    check(&[
        (
            r#"{"resourceType":"Basic","identifier":{"value":"1"},"code":[{"coding":{"code":"a"}},{"coding":[{"code":"b"}]},null,{"code":"c"}],"author":[{"reference":"P/1"},{"reference":"P/2"}]}"#,
            &["identifier = 1", "code = a", "code = b", "code = c", "performer = P/1", "performer = P/2"],
        ),
        // A list inside a list is nothing that FHIR knows.
        (r#"{"resourceType":"Basic","code":[[{"coding":[{"code":"a"}]}]]}"#, &[]),
    ]);
}

#[test]
fn dates_that_are_none_are_left_out_and_the_next_one_counts() {
    for (members, expected) in [
        (r#""performedDateTime":"2020-02-30","recorded":"2020-03""#, "2020-03-01..2020-03-31"),
        (r#""performedDateTime":"soon""#, ""),
        (r#""performedDateTime":"2020-01-01T24""#, ""),
        (r#""performedDateTime":" 2020-01-01 ""#, "2020-01-01"),
        (r#""performedPeriod":{"start":"2020-01-02","end":"2020-01-01"}"#, ""),
        (r#""performedPeriod":{"start":"2020-01-02","end":"soon"}"#, ""),
        (r#""performedPeriod":{"start":null,"end":"2020-01-02"}"#, ""),
        (r#""performedPeriod":{"start":"2020-01-02"}"#, "2020-01-02.."),
        (r#""performedPeriod":{"end":"2020-01"}"#, "..2020-01-31"),
        (r#""performedPeriod":{},"date":"2021""#, "2021-01-01..2021-12-31"),
        (r#""date":"2021","effectiveDateTime":"2020-01-01""#, "2020-01-01"),
        (r#""recorded":"2022-01-01","issued":"2021-01-01""#, "2021-01-01"),
        (r#""meta":{"lastUpdated":"2020-01-01T00:00:00Z"}"#, ""),
    ] {
        let said = said(&format!(r#"{{"resourceType":"Procedure",{members}}}"#));
        let date = said.iter().find_map(|line| line.strip_prefix("date = ")).unwrap_or_default();
        assert_eq!(date, expected, "{members}");
    }
}

#[test]
fn escapes_are_undone_and_lone_surrogates_are_text() {
    check(&[(
        "{\"resourceType\":\"Basic\",\"st\\u0061tus\":\"f\\u0069nal\",\"code\":{\"coding\":[{\"code\":\"\\ud800\"},{\"code\":\"\\ud83d\\ude00\"}]},\"note\":[{\"text\":\"a\\nb\"}]}",
        &["status = final", "code = \u{fffd}", "code = \u{1f600}", "note = a\nb"],
    )]);
}

#[test]
fn depth_costs_no_stack() {
    let limits = Limits { max_depth: 3_000_000, ..Limits::default() };
    for (open, close) in [("[", "]"), ("[{\"coding\":", "}]")] {
        let code = format!("{}[]{}", open.repeat(500_000), close.repeat(500_000));
        let json = format!(r#"{{"resourceType":"Basic","code":{code},"status":"final"}}"#);
        let import = Import::read(json.as_bytes(), &limits).unwrap();
        let terms = terms(&import.resources()[0]);
        assert_eq!((terms.of("status").count(), terms.of("code").count()), (1, 0));
    }
}

#[test]
fn large_resources_are_read_whole() {
    let codings: Vec<String> = (0..5_000).map(|code| format!(r#"{{"code":"{code}"}}"#)).collect();
    let json = format!(r#"{{"resourceType":"Basic","code":{{"coding":[{}]}}}}"#, codings.join(","));
    assert_eq!(said(&json).len(), 5_001);
}

#[test]
fn words_are_of_the_language_that_the_resource_says() {
    for (tag, expected) in
        [("de-AT", Language::German), ("en", Language::English), ("x-unknown", Language::English)]
    {
        let json = format!(r#"{{"resourceType":"Basic","note":[{{"text":"Diabetes"}}],"language":"{tag}"}}"#);
        let import = Import::read(json.as_bytes(), &Limits::default()).unwrap();
        let terms = terms(&import.resources()[0]);
        assert!(
            matches!(terms.of("note").next(), Some(Value::Text { language, .. }) if *language == expected),
            "{tag}"
        );
    }
}
