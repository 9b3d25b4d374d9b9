//! What Observations answer.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{check, said};

/// What an Observation with these members says beside its type and the code 1; in `value` and `abnormal` alone.
fn answers(members: &str) -> Vec<String> {
    let json = format!(r#"{{"resourceType":"Observation","code":{{"coding":[{{"code":"1"}}]}},{members}}}"#);
    let all = said(&json).into_iter();
    all.filter(|line| line.starts_with("value = ") || line.starts_with("abnormal = ")).collect()
}

#[test]
fn an_observation_as_a_whole() {
    check(&[(
        r#"{"resourceType":"Observation","identifier":[{"system":"http://lab","value":"42"}],"basedOn":[{"reference":"ServiceRequest/1"}],"status":"final",
        "category":[{"coding":[{"system":"http://cat","code":"laboratory"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"4548-4","display":"HbA1c"},{"system":"http://local","code":"A1C"}],"text":"HbA1c"},
        "focus":[{"reference":"Patient/9"}],"encounter":{"reference":"Encounter/2"},"effectiveDateTime":"2026-05-14T23:30:00-02:00","issued":"2026-05-16","performer":[{"reference":"Organization/3"}],
        "valueQuantity":{"value":7.5,"unit":"percent","system":"http://unitsofmeasure.org","code":"%"},"interpretation":[{"coding":[{"code":"H"}]}],"method":{"coding":[{"code":"702659008"}]},
        "bodySite":{"coding":[{"code":"308046002"}]},"specimen":{"reference":"Specimen/4"},"device":{"reference":"Device/5"},"hasMember":[{"reference":"Observation/6"}],"derivedFrom":[{"reference":"Media/7"}],
        "note":[{"text":"repeat"}],"component":[{"code":{"coding":[{"code":"8480-6"}],"text":"Systolic"},"valueQuantity":{"value":120,"unit":"mmHg"}}]}"#,
        &[
            "category = lab-result",
            "date = 2026-05-14",
            "identifier = http://lab|42",
            "related = ServiceRequest/1",
            "status = final",
            "category = http://cat|laboratory",
            "code = http://loinc.org|4548-4",
            "code = http://local|A1C",
            "text = HbA1c",
            "related = Patient/9",
            "encounter = Encounter/2",
            "issued = 2026-05-16",
            "performer = Organization/3",
            "method = 702659008",
            "body-site = 308046002",
            "related = Specimen/4",
            "related = Device/5",
            "related = Observation/6",
            "related = Media/7",
            "note = repeat",
            "code = 8480-6",
            "text = Systolic",
            "value = 4548-4: 7.5..7.5 %",
            "value = A1C: 7.5..7.5 %",
            "value = 4548-4: H",
            "value = A1C: H",
            "value = 8480-6: 120..120 mmHg",
            "abnormal = high",
        ],
    )]);
}

#[test]
fn numbers_and_intervals() {
    for (members, expected) in [
        (r#""valueQuantity":{"value":5}"#, Some("1: 5..5 ".to_owned())),
        (r#""valueQuantity":{"value":-0.5e1,"unit":"g","code":"kg"}"#, Some("1: -5..-5 kg".to_owned())),
        (r#""valueQuantity":{"value":5,"comparator":"<"}"#, Some(format!("1: -inf..{} ", 5f64.next_down()))),
        (r#""valueQuantity":{"value":5,"comparator":"<="}"#, Some("1: -inf..5 ".to_owned())),
        (r#""valueQuantity":{"value":5,"comparator":">"}"#, Some(format!("1: {}..inf ", 5f64.next_up()))),
        (r#""valueQuantity":{"value":5,"comparator":">="}"#, Some("1: 5..inf ".to_owned())),
        (r#""valueInteger":3"#, Some("1: 3..3 ".to_owned())),
        (
            r#""valueRange":{"low":{"value":1,"code":"mg"},"high":{"value":2,"code":"mg"}}"#,
            Some("1: 1..2 mg".to_owned()),
        ),
        (r#""valueRange":{"low":{"value":1,"unit":"mg"}}"#, Some("1: 1..inf mg".to_owned())),
        (r#""valueRange":{"high":{"value":2}}"#, Some("1: -inf..2 ".to_owned())),
        // Not known, no number, or no sense.
        (r#""valueQuantity":{"value":5,"comparator":"ad"}"#, None),
        (r#""valueQuantity":{"value":5,"comparator":7}"#, None),
        (r#""valueQuantity":{"value":"5"}"#, None),
        (r#""valueQuantity":{"value":1e999}"#, None),
        (r#""valueQuantity":{"value":true}"#, None),
        (r#""valueQuantity":{"unit":"g"}"#, None),
        (r#""valueQuantity":[]"#, None),
        (r#""valueQuantity":7"#, None),
        (r#""valueInteger":null"#, None),
        (r#""valueRange":{"low":{"value":2},"high":{"value":1}}"#, None),
        (r#""valueRange":{"low":{"value":1,"code":"mg"},"high":{"value":2,"code":"g"}}"#, None),
        (r#""valueRange":{"low":{"value":1},"high":{}}"#, None),
        (r#""valueRange":{}"#, None),
    ] {
        let expected: Vec<String> = expected.iter().map(|value| format!("value = {value}")).collect();
        assert_eq!(answers(members), expected, "{members}");
    }
}

#[test]
fn codes_words_and_yes_or_no() {
    assert_eq!(
        answers(
            r#""valueCodeableConcept":{"coding":[{"code":"260373001","display":"Detected"},{"code":"d"}]}"#
        ),
        ["value = 1: 260373001", "value = 1: d"]
    );
    assert_eq!(answers(r#""valueBoolean":false"#), ["value = 1: false"]);
    check(&[(
        r#"{"resourceType":"Observation","code":{"text":"Rhythm"},"valueString":"atrial flutter","component":[{"valueCodeableConcept":{"text":"fast"}}]}"#,
        &["text = Rhythm", "text = atrial flutter", "text = fast"],
    )]);
}

#[test]
fn flags_come_from_the_interpretation() {
    let flagged = |code: &str| {
        answers(&format!(r#""interpretation":[{{"coding":[{{"system":"http://v3","code":"{code}"}}]}}]"#))
    };
    for (codes, letter, word) in [
        (&["H", "HH", "HU"][..], "H", "high"),
        (&["L", "LL", "LU"], "L", "low"),
        (&["N"], "N", "normal"),
        (&["A", "AA"], "A", "abnormal"),
    ] {
        for code in codes {
            assert_eq!(flagged(code), [format!("value = 1: {letter}"), format!("abnormal = {word}")]);
        }
    }
    assert!(["POS", "R", "", " "].iter().all(|code| flagged(code).is_empty()));
    // Each once; of all components.
    assert_eq!(
        answers(
            r#""interpretation":[{"coding":[{"code":"H"},{"code":"HH"}]}],"component":[{"code":{"coding":[{"code":"2"}]},"interpretation":[{"coding":[{"code":"H"},{"code":"A"}]}]}]"#
        ),
        ["value = 1: H", "value = 2: H", "value = 2: A", "abnormal = high", "abnormal = abnormal"]
    );
}

#[test]
fn flags_come_from_the_first_reference_range_else() {
    let flag = |quantity: &str, range: &str| {
        let found = answers(&format!(
            r#""valueQuantity":{{{quantity}}},"referenceRange":[{range},{{"low":{{"value":1000}}}}]"#
        ));
        let flags = found.iter().filter_map(|line| line.strip_prefix("abnormal = "));
        flags.map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    let both = r#"{"low":{"value":4,"unit":"mmol/l","code":"mmol/L"},"high":{"value":6,"code":"mmol/L"}}"#;
    for (quantity, range, expected) in [
        (r#""value":6.1,"code":"mmol/L""#, both, "high"),
        (r#""value":3.9,"code":"mmol/L""#, both, "low"),
        (r#""value":4,"code":"mmol/L""#, both, "normal"),
        (r#""value":6,"code":"mmol/L""#, both, "normal"),
        (r#""value":6.1,"code":"mg/dL""#, both, ""),
        (r#""value":6.1"#, both, ""),
        // One of the two names is enough; a range without units is of the same.
        (r#""value":7,"unit":"mmol/l""#, r#"{"high":{"value":6,"unit":"mmol/l","code":"x"}}"#, "high"),
        (r#""value":7,"unit":"mmol/l""#, r#"{"high":{"value":6}}"#, "high"),
        (r#""value":1"#, r#"{"high":{"value":6}}"#, "normal"),
        (r#""value":1"#, r#"{"low":{"value":6}}"#, "low"),
        (r#""value":1"#, r#"{"text":"any"}"#, ""),
        (r#""value":1"#, "7", ""),
        // What is not known exactly is what all of it is.
        (r#""value":3,"comparator":"<""#, r#"{"low":{"value":4}}"#, "low"),
        (r#""value":5,"comparator":"<""#, r#"{"low":{"value":4}}"#, ""),
        (r#""value":5,"comparator":"<""#, r#"{"high":{"value":6}}"#, "normal"),
    ] {
        assert_eq!(flag(quantity, range), expected, "{quantity} {range}");
    }
    // An interpretation that is no flag leaves the range its say; one that is does not.
    let range = r#""valueQuantity":{"value":7},"referenceRange":[{"high":{"value":6}}]"#;
    assert!(
        answers(&format!(r#"{range},"interpretation":[{{"coding":[{{"code":"POS"}}]}}]"#))
            .contains(&"abnormal = high".into())
    );
    assert!(
        answers(&format!(r#"{range},"interpretation":[{{"coding":[{{"code":"N"}}]}}]"#))
            .contains(&"abnormal = normal".into())
    );
}
