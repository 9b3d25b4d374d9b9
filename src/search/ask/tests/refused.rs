//! What is refused, where, and what is said about it.

use alloc::string::ToString;

use crate::search::ask::{AskError, Question};
use crate::search::text::Language;

fn refuse(text: &str) -> AskError {
    let asked = Question::parse(text, Language::English).and_then(|question| question.lookup());
    match asked {
        Err(error) => error,
        Ok(_) => panic!("{text} was not refused"),
    }
}

/// A text, with the place between `»` and `«`; and what is said.
const REFUSED: &[(&str, &str)] = &[
    ("»«", "nothing is asked for; write a term"),
    ("»«   ", "nothing is asked for"),
    ("code:1 and»«", "a term is missing here"),
    ("code:1 and »or« code:2", "a term is missing here"),
    ("»or« code:2", "a term is missing"),
    ("(»)«", "a term is missing"),
    ("not»«", "a term is missing"),
    ("»(«code:1", "this parenthesis is not closed"),
    ("code:1»)«", "this parenthesis was not opened"),
    ("note:»\"chest«", "these quotes are not closed"),
    ("note:\"chest\"»x«", "right behind the quotes"),
    ("note:\"chest\"»ж«", "right behind the quotes"),
    ("code:»«", "a value is missing here"),
    ("code:»« 1", "a value is missing here; write it right behind the operator"),
    ("code:»\"\"«", "a value is missing"),
    ("code:»\" \"«", "a value is missing"),
    ("code:»|«", "a value is missing"),
    ("code:1»\\«", "nothing follows the backslash"),
    ("code:a»\u{1}«b", "a control character"),
    ("note:\"a»\u{7f}«b\"", "a control character"),
    ("»cdoe«:1", "did you mean `code`?"),
    ("»_x«:1", "the index's own"),
    ("»cut«:code", "the index's own"),
    ("»code+status«:1", "join two terms"),
    ("»mueller«:1", "quote it if it is no field"),
    ("»http«://x", "quote it"),
    ("»:«", "there is no field"),
    ("»ä«:1", "there is no field"),
    ("code»=«1", "`=` is not an operator; write `:`"),
    ("status»!=«final", "`not` before a term"),
    ("code»>«1", "cannot be asked of the field `code`; it has no order and no sound"),
    ("name»>«x", "write name:meier, name:mei* or name~meier"),
    ("date»~«2026", "write date:2026-05"),
    ("date>»soon«", "write a year, a month or a day"),
    ("date:»2026-02-30«", "no such day"),
    ("date:»2026-06..2026-05«", "write the earlier one first"),
    ("date>»2026..2027«", "no date"),
    ("date>»9999«", "there is no such day"),
    ("»value«>9", "`value` does not say of which code; say of which code: value(4548-4)>9 %"),
    ("»value«()>9", "does not say of which code"),
    ("value»(«4548-4", "not closed"),
    ("value(1)»«", "a value is missing"),
    ("value(»http://loinc.org|1«)>9", "the code in parentheses has a system"),
    ("value(1)>»high«", "this is no number"),
    ("value(1)>»6,5«", "this is no number"),
    ("value(1)>»\"9\"«", "this is no number"),
    ("value(1)>»1e999«", "this is no number"),
    ("value(1)>»nan«", "this is no number"),
    ("value(1)>»inf«", "this is no number"),
    ("value(1)»~«9", "write value(4548-4)>9 %"),
    ("value(1):»LA*«", "not found by their beginning"),
    ("»code«(1):2", "has no code in parentheses"),
    ("reason:»E11*«", "not found by their beginning"),
    ("code:»E1*«", "fewer than 3 characters"),
    ("code:»*«", "not the end of a value"),
    ("code:»*1«", "not the end of a value"),
    ("name:»m*«", "fewer than 2 characters"),
    ("name:»*mul«", "not the end"),
    ("name:»m*l«", "not the end"),
    ("name~»mul*«", "not the end"),
    ("name:»--«", "no letter or digit"),
    ("status:»fin*«", "not found by their beginning"),
    ("note:»pneum*«", "ask for the whole word"),
    ("»pneum*«", "ask for the whole word"),
    ("identifier:»--«", "no letter or digit"),
    ("encounter:»4711«", "such as encounter:Encounter/4711"),
    (
        "»status:final«",
        "`status` says too little alone; join it with a type or code, such as `type:Observation and status:final`",
    ),
    ("date:2026 and »status:final«", "`status` says too little alone"),
    ("date:2026 and not »status:final«", "`status` says too little alone"),
    ("(code:1 or date:2026) and »status:final«", "`status` says too little alone"),
    (
        "code:1 and »sex:female«",
        "`sex` says too little alone; join it with a type, such as `type:Patient and sex:female`",
    ),
    ("not »code:1«", "a and not b"),
    ("not »code:1 and not code:2«", "a and not b"),
    ("not (»code:1 or code:2«)", "a and not b"),
    ("code:1 or not »code:2«", "a or (b and not c)"),
    ("code:1 and (code:2 or not »code:3«)", "a or (b and not c)"),
];

#[test]
fn what_cannot_be_answered_says_where_and_why() {
    for (marked, said) in REFUSED {
        let (before, rest) = marked.split_once('»').unwrap();
        let (at, after) = rest.split_once('«').unwrap();
        let error = refuse(&[before, at, after].concat());
        assert_eq!(error.at(), before.len()..before.len() + at.len(), "{marked}: {error}");
        assert!(error.to_string().contains(said), "{marked}: {error}");
    }
}

#[test]
fn attack_21_values_that_are_no_keywords() {
    for (text, said) in [
        (["code:", &"1".repeat(1 << 20)].concat(), "the question has 1048581 bytes, and 4096 is the most"),
        (["code:", &"1".repeat(600)].concat(), "the value has 601 bytes, and 512 is the most"),
        (["code:1 and status:", &"x".repeat(511)].concat(), "bytes, and 512 is the most"),
        (["name:\"", &"ab ".repeat(17), "\""].concat(), "more than 16 words"),
        (["note:\"", &"ab ".repeat(17), "\""].concat(), "more than 16 words"),
        ("code:1 ".repeat(65), "more than 64 terms"),
        ("(".repeat(33), "nested more than 32 deep"),
        ("name:a\u{378}".into(), "Unicode"),
        ("note:a\u{378}".into(), "Unicode"),
    ] {
        let told = refuse(&text).to_string();
        assert!(told.contains(said) && told.len() < 200, "{told}");
    }
    assert!(Question::code("").is_err() && Question::code("a\0b").is_err() && Question::code(" ").is_err());
    assert!(
        Question::codes("_x").is_err() && Question::codes("cut").is_err() && Question::codes("date").is_err()
    );
    assert!(Question::code(&"1".repeat(1 << 20)).is_err());
    assert!(Question::codes("code").unwrap().is_of("a|b", "c").is_err());
    assert!(Question::value("1").unwrap().above(f64::NAN, "").is_err());
    assert!(Question::value("1").unwrap().below(f64::INFINITY, "").is_err());
}

/// What is refused may be about a patient, and errors are logged.
#[test]
fn errors_do_not_repeat_what_was_asked() {
    for (marked, _) in REFUSED {
        let text = marked.replace(['»', '«'], "");
        let told = refuse(&text).to_string();
        for secret in ["mueller", "chest", "soon", "2026-02-30", "female\" ", "1e999"] {
            assert!(
                !told.contains(secret) || secret == "chest" && told.contains("chest pain"),
                "{text}: {told}"
            );
        }
    }
}
