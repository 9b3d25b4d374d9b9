//! What is read, and printed so that it is read again.

use alloc::string::ToString;

use proptest::prelude::*;

use super::random::question;
use crate::search::ask::{MAX_TERMS, MAX_TEXT_BYTES, Question};
use crate::search::text::{Flag, Language, Span};

fn read(text: &str) -> Question {
    Question::parse(text, Language::English).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A text, and its canonical form.
const READ: &[(&str, &str)] = &[
    ("code:4548-4", "code:4548-4"),
    ("  CODE:|4548-4 ", "code:4548-4"),
    ("code:http://loinc.org|4548-4", "code:http://loinc.org|4548-4"),
    ("code:http://loinc.org|", "code:http://loinc.org|"),
    ("code:E11*", "under:E11"),
    ("code:http://hl7.org/fhir/sid/icd-10|E11*", "under:http://hl7.org/fhir/sid/icd-10|E11"),
    ("under:E11*", "under:E11"),
    ("code:\"E11*\"", "code:\"E11*\""),
    ("code:B*57:01", "code:\"B*57:01\""),
    ("code:a\\ b", "code:\"a b\""),
    ("code:a\\\"b", "code:\"a\\\"b\""),
    ("code:and", "code:\"and\""),
    ("type:observation", "type:Observation"),
    ("status:FINAL", "status:final"),
    ("identifier:12-34/x", "identifier:1234X"),
    ("identifier:http://x|12-34", "identifier:http://x|1234"),
    ("name:mul*", "name:mul*"),
    ("name:\"anna mul*\"", "name:anna\\ mul*"),
    ("name:\"anna mul\"", "name:anna\\ mul"),
    ("date:2026-05", "date:2026-05"),
    ("date>2026-05", "date>=2026-06-01"),
    ("date>=2026-05", "date>=2026-05-01"),
    ("date<2026-05", "date<=2026-04-30"),
    ("date<=2026-05", "date<=2026-05-31"),
    ("date:2026-05-14..2026-06", "date:2026-05-14..2026-06-30"),
    ("date:2026-05-01..2026-05-31", "date:2026-05"),
    ("date:2026-05-14T10:00", "date:2026-05-14"),
    ("value(4548-4)>9 %", "value(4548-4)>9 %"),
    ("value(|4548-4)>=9%", "value(4548-4)>=9 %"),
    ("value( 4548-4 )<6.50", "value(4548-4)<6.5"),
    ("value(1):9", "value(1):9"),
    ("value(1):9.0", "value(1):9.0"),
    ("value(1):9 %", "value(1):9 %"),
    ("value(1)>9 and %", "value(1)>9 and (text:% or note:%)"),
    ("value(1):-3", "value(1):-3"),
    ("value(1):\"9\"", "value(1):\"9\""),
    ("value(1):LA6576-8", "value(1):\"LA6576-8\""),
    ("value(1):High", "value(1):high"),
    ("value(1):\"high\"", "value(1):\"high\""),
    ("value(1)<1e20 mg", "value(1)<1e20 mg"),
    ("value(1)>1 \"mm Hg\"", "value(1)>1 mm[Hg]"),
    ("value(1)>1 \"a(b)\"", "value(1)>1 \"a(b)\""),
    ("value(1)>1 code:2", "value(1)>1 and code:2"),
    ("value(1)>1 (code:2)", "value(1)>1 and code:2"),
    ("note:\"chest pain\"", "note:\"chest pain\""),
    ("note:\"pain\"", "note:pain"),
    ("note:chest\\ pain", "note:chest\\ pain"),
    ("diabetes", "text:diabetes or note:diabetes"),
    ("encounter:Encounter/4711", "encounter:Encounter/4711"),
    ("encounter:https://x/Encounter/4711/_history/2", "encounter:Encounter/4711"),
    ("code:1 code:2 or code:3", "code:1 and code:2 or code:3"),
    ("code:1 and (code:2 or code:3)", "code:1 and (code:2 or code:3)"),
    ("((code:1) AND ((code:2 and code:3)))", "code:1 and code:2 and code:3"),
    ("code:1 and not not not code:2", "code:1 and not code:2"),
    ("code:1 not(code:2 or code:3)", "code:1 and not (code:2 or code:3)"),
    ("code:1 and not diabetes", "code:1 and not (text:diabetes or note:diabetes)"),
];

#[test]
fn questions_are_read_and_printed() {
    for (text, canonical) in READ {
        // `%` has no word in it.
        if text.contains("and %") {
            assert!(Question::parse(text, Language::English).is_err());
            continue;
        }
        let question = read(text);
        assert_eq!(question.to_string(), *canonical, "{text}");
        assert_eq!(read(canonical), question, "{text}");
    }
}

#[test]
fn programs_ask_the_same() {
    let code = |code: &str| Question::code(code).unwrap();
    let span = |text: &str| Span::parse(text).unwrap();
    let value = || Question::value("4548-4").unwrap();
    let names = || Question::names("name").unwrap();
    let note = Question::texts("note").unwrap();
    for (built, text) in [
        (code("a b"), "code:\"a b\""),
        (code("E11*"), "code:\"E11*\""),
        (Question::codes("code").unwrap().is_of("http://loinc.org", "1").unwrap(), "code:http://loinc.org|1"),
        (Question::codes("code").unwrap().any_of("http://loinc.org").unwrap(), "code:http://loinc.org|"),
        (Question::codes("under").unwrap().is("E11").unwrap(), "code:E11*"),
        (Question::kind("patient").unwrap(), "type:Patient"),
        (Question::date().within(span("2026-05")), "date:2026-05"),
        (Question::date().since(span("2026-05")), "date>=2026-05"),
        (Question::date().until(span("2026-05")), "date<=2026-05"),
        (Question::date().after(span("2026-05")).unwrap(), "date>2026-05"),
        (Question::date().before(span("2026-05")).unwrap(), "date<2026-05"),
        (value().above(9.0, "%").unwrap(), "value(4548-4)>9 %"),
        (value().at_least(9.0, "").unwrap(), "value(4548-4)>=9"),
        (value().below(9.5, "%").unwrap(), "value(4548-4)<9.5 %"),
        (value().at_most(-9.5, "%").unwrap(), "value(4548-4)<=-9.5 %"),
        (value().equals(9.0, "").unwrap(), "value(4548-4):9.0"),
        (value().is("260373001").unwrap(), "value(4548-4):\"260373001\""),
        (value().flagged(Flag::Low).unwrap(), "value(4548-4):low"),
        (names().starts("anna mul").unwrap(), "name:\"anna mul*\""),
        (names().is("mul").unwrap(), "name:mul"),
        (note.phrase("chest pain", Language::English).unwrap(), "note:\"chest pain\""),
        (note.words("chest pain", Language::English).unwrap(), "note:chest\\ pain"),
        (Question::references("encounter").unwrap().is("Encounter/1").unwrap(), "encounter:Encounter/1"),
        (code("1").and(code("2").or(code("3")).negated()), "code:1 and not (code:2 or code:3)"),
    ] {
        assert_eq!(built, read(text), "{text}");
    }
}

#[test]
fn nothing_is_told_by_accident() {
    use alloc::format;
    let question = read("name:mueller and code:4548-4");
    assert_eq!(format!("{question:?}"), "Question(2 terms)");
    let told = format!("{:?} {:?}", question.lookup().unwrap(), Question::value("4548-4"));
    assert!(!told.contains("4548") && !told.contains("muller") && !told.contains("mueller"), "{told}");
}

#[test]
fn questions_that_programs_nest_are_counted() {
    let code = || Question::code("1").unwrap();
    let mut deep = code();
    for _ in 0..5000 {
        deep = deep.or(code()).and(code());
    }
    assert!(deep.lookup().is_err());
    assert_eq!(deep.holds(&crate::search::text::Terms::new("Patient")), Some(false));
    assert!(deep.to_string().contains("(..)"));
    let wide = |terms: usize| (1..terms).fold(code(), |all, _| all.or(code()));
    assert!(wide(MAX_TERMS).lookup().is_ok());
    assert!(wide(MAX_TERMS + 1).lookup().is_err());
}

#[test]
fn a_question_may_be_as_deep_and_as_long_as_is_said() {
    let nested = |depth: usize| {
        let open: alloc::string::String = (0..depth).map(|_| "code:1 or (code:2 and (").collect();
        [open.as_str(), "code:3", &"))".repeat(depth)].concat()
    };
    let deep = read(&nested(16));
    assert!(deep.lookup().is_ok());
    assert!(Question::parse(&nested(17), Language::English).is_err());
    assert!(Question::parse(&"(".repeat(MAX_TEXT_BYTES), Language::English).is_err());
    assert!(Question::parse(&"not ".repeat(MAX_TEXT_BYTES / 4), Language::English).is_err());
    assert!(Question::parse(&["code:", &"1".repeat(500)].concat(), Language::English).is_ok());
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again(question in question()) {
        let text = question.to_string();
        prop_assert_eq!(Question::parse(&text, Language::English), Ok(question), "{}", text);
    }

    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,40}") {
        strange(&text)?;
    }

    #[test]
    fn no_text_of_pieces_is_too_strange(
        pieces in proptest::collection::vec(proptest::sample::select(&[
            "code", ":", "value", "(", ")", "and", " ", "or", "not ", "\"", "\\", "*", ">", "=", "<", "9", "%", "date", "2026",
            "name", "~", "é", "\u{1}", "|", "-", "..", "status", "text", "note", "E11", ",", "e", ".", "+", "\u{378}", "high",
        ][..]), 0..24)
    ) {
        strange(&pieces.concat())?;
    }
}

/// Reads it: errors lie in the text, and what is read is printed and read again.
fn strange(text: &str) -> Result<(), TestCaseError> {
    match Question::parse(text, Language::English) {
        Err(error) => prop_assert!(text.get(error.at()).is_some(), "{} {:?}", text, error),
        Ok(question) => {
            let printed = question.to_string();
            let again = Question::parse(&printed, Language::English);
            prop_assert_eq!(again.as_ref(), Ok(&question), "{} {}", text, printed);
            if let Err(error) = question.lookup() {
                prop_assert!(text.get(error.at()).is_some(), "{} {:?}", text, error);
            }
        }
    }
    Ok(())
}
