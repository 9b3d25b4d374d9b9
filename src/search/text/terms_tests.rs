use alloc::format;
use alloc::string::ToString;
use alloc::vec;

use super::super::field::ROOMS;
use super::*;

/// `room: value` of all keywords.
fn lines(terms: &Terms<'_>, budget: usize) -> Vec<String> {
    terms.keywords(budget).iter().map(|keyword| format!("{}: {}", keyword.field(), keyword.value())).collect()
}

fn coded<'a>(system: &'a str, code: &'a str) -> Value<'a> {
    Value::Code { system: Some(system.into()), code: code.into() }
}

fn text(text: &str) -> Value<'_> {
    Value::Text { text: text.into(), language: Language::English }
}

/// What a laboratory says: some 30 keywords.
fn lab() -> Terms<'static> {
    let mut terms = Terms::new("Observation");
    terms.add("category", Value::Code { system: None, code: "lab-result".into() });
    terms.add("code", coded("http://loinc.org", "4548-4"));
    terms.add("date", Value::Date(Span::parse("2026-05-14T09:30:00+02:00").unwrap()));
    terms.add("status", Value::Status("final".into()));
    terms.add("encounter", Value::Reference("Encounter/4711".into()));
    terms.add("text", text("Hemoglobin A1c/Hemoglobin.total in Blood"));
    let (of, amount) = ("4548-4", Amount::exactly(7.5).unwrap());
    terms.add("value", Value::Number { of: of.into(), amount, unit: "%".into() });
    terms.add("value", Value::Flag { of: of.into(), flag: Flag::High });
    terms.add("abnormal", Value::Status("high".into()));
    terms
}

#[test]
fn a_result_of_a_laboratory_has_its_keywords() {
    assert_eq!(
        lines(&lab(), 100),
        [
            "code: |4548-4",
            "code: http://loinc.org|4548-4",
            "type: Observation",
            "category: |lab-result",
            "date: 2000..2049",
            "date: 202x",
            "date: 2026",
            "date: 2026-q2",
            "date: 2026-05",
            "date: 2026-05-10s",
            "date: 2026-05-14",
            "type+status: Observation final",
            "code+value: |4548-4 3.5 %",
            "code+value: |4548-4 5.16 %",
            "code+value: |4548-4 7.5a %",
            "code+value: |4548-4 9.16b %",
            "code+value: |4548-4 11.5ae %",
            "code+value: |4548-4 13.16b8 %",
            "code+status: |4548-4 final",
            "code+abnormal: |4548-4 H",
            "code+abnormal: |4548-4 high",
            "type+abnormal: Observation high",
            "text: hemoglobin",
            "text: en hemoglobin",
            "text: a1c",
            "text: total",
            "text: en total",
            "text: blood",
            "text: en blood",
            "encounter: Encounter/4711",
            "code-system: http://loinc.org",
        ]
    );
}

#[test]
fn a_budget_is_kept_and_what_is_left_out_is_marked() {
    let all = lines(&lab(), 100);
    for budget in 0..40 {
        let kept = lines(&lab(), budget);
        // Twelve are whole, and seven rooms have one place each.
        assert!(kept.len() <= budget.max(19), "{budget}: {}", kept.len());
        for room in ROOMS {
            let of = |lines: &[String]| {
                lines.iter().filter(|line| line.starts_with(&format!("{}: ", room.name))).count()
            };
            let is_marked = kept.contains(&format!("cut: {}", room.name));
            assert_eq!(of(&kept) < of(&all), is_marked, "{budget}: {}", room.name);
            assert!(!is_marked || of(&kept) == 0, "{budget}: {}", room.name);
            assert!(!room.whole || !is_marked);
        }
    }
    assert_eq!(lines(&lab(), 31), all);
    // A room that does not fit leaves its places to those after it.
    let kept = lines(&lab(), 22);
    let has = |line: &str| kept.contains(&line.to_string());
    assert!(
        has("cut: code+value") && has("code+abnormal: |4548-4 H") && has("code+abnormal: |4548-4 high"),
        "{kept:?}"
    );
}

/// Attack 21.
#[test]
fn an_empty_keyword_is_not_written() {
    let mut terms = Terms::new("");
    for system in [None, Some(""), Some(" ")] {
        terms.add("code", Value::Code { system: system.map(Into::into), code: " ".into() });
        terms.add("identifier", Value::Identifier { system: system.map(Into::into), value: "-.-".into() });
    }
    terms.add("name", Value::Name("-".into()));
    terms.add("note", text(" .. "));
    terms.add("status", Value::Status(" ".into()));
    terms.add("encounter", Value::Reference(" ".into()));
    assert_eq!(lines(&terms, 100), Vec::<String>::new());
}

/// Attack 21: of a megabyte some is written, and the record is found by whoever asks for the rest.
#[test]
fn a_keyword_of_a_megabyte_is_marked() {
    let long = "x".repeat(1 << 20);
    let note: String = (0..150_000).map(|n| format!("w{n} ")).collect();
    let mut terms = Terms::new("Patient");
    terms.add("reason", Value::Code { system: None, code: long.as_str().into() });
    terms.add("code", coded(&long, "1"));
    terms.add("name", Value::Name(long.as_str().into()));
    terms.add("note", text(&note));
    let all = lines(&terms, 10_000);
    assert!(all.contains(&"cut: reason".into()) && all.contains(&"cut: note".into()));
    assert!(all.contains(&format!("name: {}", "x".repeat(64))));
    assert_eq!(all.iter().filter(|line| line.starts_with("note: ")).count(), 512);
}

/// Attack 21: beyond the limit the record is found by every question.
#[test]
fn more_keywords_than_any_record_has() {
    let codes: Vec<_> = (0..3000).map(|n| n.to_string()).collect();
    let mut terms = Terms::new("List");
    codes.iter().for_each(|code| assert!(terms.add("code", coded("s", code))));
    for of in 0..30 {
        terms.add("status", Value::Status(format!("s{of}").into()));
    }
    let all = lines(&terms, 10);
    assert!(all.contains(&"cut: all".into()));
    assert!(all.len() <= 1024 + ROOMS.len() + 1);
}

/// Attack 21: two values that must not be one keyword are none; two spellings of one are one.
#[test]
fn normalization_makes_one_of_spellings_and_none_of_values() {
    let of = |code: &str| {
        let mut terms = Terms::new("");
        terms.add("code", Value::Code { system: None, code: code.into() });
        lines(&terms, 100)
    };
    assert_eq!(of("e\u{301}"), of(" é "));
    assert_ne!(of("e"), of("é"));
    assert_ne!(of("E"), of("e"));
    assert_ne!(of("²"), of("2"));
    // Composites: where one ends is where the other begins.
    let pairs = [("a b", "c"), ("a", "b c"), ("a\\", " b c"), ("a\\ b", "c"), ("a\\ ", "b c"), ("", "a b c")];
    for (at, one) in pairs.iter().enumerate() {
        for other in pairs.iter().skip(at + 1) {
            assert_ne!(code::pair(one.0, one.1), code::pair(other.0, other.1));
        }
    }
    assert_eq!(code::identifier("ab-12.3/ß é"), "AB123SSé");
    assert_eq!(code::identifier("Ａ１\u{378}-\u{fffe}"), "A1");
}

/// Attack 21: no value makes a mark, and no field is the library's own.
#[test]
fn reserved_keywords_cannot_be_written() {
    let mut terms = Terms::new("cut");
    for field in ["cut", "_all", "_", "", "code+status"] {
        assert!(!terms.add(field, Value::Code { system: None, code: "all".into() }), "{field}");
    }
    terms.add("category", Value::Code { system: None, code: "all".into() });
    assert!(lines(&terms, 100).iter().all(|line| !line.starts_with("cut: ")));
}

#[test]
fn what_unicode_does_not_know_is_not_written() {
    let mut terms = Terms::new("Condition");
    terms.add("note", text("fever \u{378}"));
    terms.add("name", Value::Name("a\u{378}".into()));
    terms.add("reason", Value::Code { system: None, code: "\u{378}".into() });
    let marks =
        ["type: Condition", "cut: name", "cut: name-start", "cut: name-sound", "cut: reason", "cut: note"];
    assert_eq!(lines(&terms, 100), marks);
}

#[test]
fn codes_stand_under_their_prefixes_and_ancestors() {
    let mut above = code::Ancestors::new();
    above.add("s", "1", "2");
    above.add("s", "2", "1");
    let mut terms = Terms::new("");
    terms.add("code", coded("http://hl7.org/fhir/sid/icd-10-cm", "e11.9"));
    terms.add("code", coded("s", "1"));
    above.complete(&mut terms);
    let under: Vec<_> = lines(&terms, 100).into_iter().filter(|line| line.starts_with("under")).collect();
    assert_eq!(under, ["under: |E11", "under: |E119", "under: |1", "under: |2"]);
}

/// How long the keywords of a record take: `cargo test --release --lib search::text -- --ignored --nocapture speed`.
#[test]
#[ignore = "a measurement"]
fn speed() {
    let start = std::time::Instant::now();
    let count = 20_000u32;
    let keywords: usize = (0..count).map(|_| core::hint::black_box(lab()).keywords(40).len()).sum();
    std::println!("{:?} for each record of {} keywords", start.elapsed() / count, keywords / 20_000);
    assert_eq!(vec![keywords], [34 * 20_000]);
}
