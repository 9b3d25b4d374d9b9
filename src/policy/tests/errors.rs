//! Every error once, with its place and its hint.

use alloc::string::ToString;

use super::super::*;

fn schema() -> Schema {
    Schema::parse("clearance: uint(8), shift: date, big: uint(64)").unwrap()
}

/// Text, byte position, part of the reason, part of the hint.
const POLICIES: &[(&str, usize, &str, &str)] = &[
    ("", 0, "expected a policy, found the end", "role:physician"),
    ("  ", 2, "expected a policy", ""),
    // Operators.
    ("a and", 2, "`and` needs", "after this `and`"),
    ("a or", 2, "`or` needs", "after this `or`"),
    ("a and or b", 2, "`and` needs", "quoted: \"and\""),
    ("(a or) and b", 3, "`or` needs", ""),
    ("2 of (a and, b)", 8, "`and` needs", ""),
    ("and a", 0, "`and` needs", "before this `and`"),
    ("(or a)", 1, "`or` needs", ""),
    ("a b", 2, "`and` or `or` is missing before `b`", "between two attributes"),
    ("dept:intensive care", 15, "missing before `care`", "quote names with spaces: \"intensive care\""),
    ("a (b)", 2, "missing before `(`", ""),
    ("a \"b\"", 2, "missing before `b`", ""),
    ("(a b)", 3, "missing before `b`", ""),
    ("a, b", 1, "missing before `,`", "write `and` or `or`"),
    ("a 2 of (b, c)", 2, "missing before `2`", ""),
    ("a of b", 2, "missing before `of`", "only a number"),
    ("a not b", 2, "missing before `not`", "status:active"),
    // Signs of other languages.
    ("a && b", 2, "unexpected character '&'", "write `and`"),
    ("a || b", 2, "unexpected character '|'", "write `or`"),
    ("a ∧ b", 2, "unexpected character", "write `and`"),
    ("clearance == 3", 10, "unexpected character '='", "write `=`"),
    ("clearance ≥ 3", 10, "unexpected character '≥'", "write `>=`"),
    ("clearance ≤ 3", 10, "unexpected character '≤'", "write `<=`"),
    ("clearance => 3", 10, "unexpected character '='", "write `>=`"),
    ("clearance =< 3", 10, "unexpected character '='", "write `<=`"),
    ("dept:'icu'", 5, "unexpected character '\\''", "quote with \""),
    ("dept:“icu”", 5, "unexpected character '“'", "typographic"),
    ("dept:‘icu’", 5, "unexpected character '‘'", "typographic"),
    ("a; b", 1, "unexpected character ';'", "`and` or `or`"),
    ("[a]", 0, "unexpected character '['", "`(`"),
    ("a # b", 2, "unexpected character '#'", "no comments"),
    ("a + b", 2, "unexpected character '+'", "are quoted"),
    ("a \u{301}", 2, "unexpected character", "are quoted"),
    // Negation.
    ("not status:inactive", 0, "negation is not offered", "write `status:active`"),
    ("a and NOT b", 6, "negation", "status:active"),
    ("!a", 0, "negation", "status:active"),
    ("a and !b", 6, "negation", "status:active"),
    ("clearance != 3", 10, "negation", "status:active"),
    ("¬a", 0, "negation", "status:active"),
    ("clearance ≠ 3", 10, "negation", ""),
    ("clearance <> 3", 10, "negation", ""),
    // Quotation.
    ("a and \"b", 6, "never closed", "end it"),
    (r#""a\n""#, 2, "unknown escape", "\\u{e9}"),
    (r#""\u{110000}""#, 1, "unknown escape", ""),
    (r#""\u{d800}""#, 1, "unknown escape", ""),
    (r#""\u{}""#, 1, "unknown escape", ""),
    (r#""\u{0000041}""#, 1, "unknown escape", ""),
    (r#""\u{41""#, 1, "unknown escape", ""),
    (r#""\"#, 1, "unknown escape", ""),
    // Parentheses.
    ("(a or b", 0, "never closed", "add `)`"),
    ("a and (b or (c)", 6, "never closed", ""),
    ("a)", 1, "never opened", ""),
    (")", 0, "never opened", ""),
    ("(a))", 3, "never opened", ""),
    ("()", 1, "between the parentheses", ""),
    ("a and ()", 7, "between the parentheses", ""),
    // Components.
    ("\"\"", 0, "is empty", ""),
    ("a:\"\"", 2, "is empty", ""),
    ("\"\"/a", 0, "is empty", ""),
    ("a:", 2, "expected a value after `:`, found the end", ""),
    ("a: and b", 3, "`and` is a keyword", "quote it: \"and\""),
    ("a:in", 2, "`in` is a keyword", "quote it: \"in\""),
    ("a/", 2, "expected a name after the namespace", ""),
    ("a/b/c", 3, "expected a single namespace", "\"a/b\""),
    ("a:b:c", 3, "expected a single value", "\"08:00\""),
    (":a", 0, "expected an attribute", ""),
    // Thresholds.
    ("0 of (a, b)", 0, "0 of 2 alternatives can never", "1 to 2"),
    ("3 of (a, b)", 0, "3 of 2 alternatives can never", "1 to 2"),
    ("99999999999999999999 of (a)", 0, "of 1 alternatives", ""),
    ("65537 of (a, b)", 0, "65537 of 2", ""),
    ("2 of 3 (a, b, c)", 5, "expected `(` after `of`, found `3`", "counted, not announced"),
    ("2 of a", 5, "expected `(`", "write `2 of (a, b, c)`"),
    ("2 (a, b)", 2, "expected `of` after a number", "write `2 of (a, b, c)`"),
    ("2", 1, "expected `of`", "quoted: \"2\""),
    ("2 of (a, b", 5, "never closed", ""),
    ("2 of (a, , b)", 9, "expected an attribute", ""),
    ("2 of (a, b,)", 11, "expected an attribute", ""),
    ("2 of ()", 6, "expected an attribute", ""),
    ("of (a, b)", 0, "expected a number before `of`", "2 of"),
    // Numbers.
    ("clearance", 0, "`clearance` is declared as a number", "`clearance = 3`"),
    ("clearance:3", 0, "`clearance` is declared as a number", "`clearance = 3`"),
    ("shift:x", 0, "`shift` is declared", "`shift = 2026-12-01`"),
    ("clearence >= 3", 0, "`clearence` is not declared", "did you mean `clearance`?"),
    ("Clearance in 3..4", 0, "`Clearance` is not declared", "did you mean `clearance`?"),
    ("role = physician", 0, "`role` is not declared", "write `role:value`"),
    ("role:x = 3", 7, "plain attribute", "clearance >= 3"),
    ("in 3..5", 0, "expected a name before `in`", ""),
    ("3 <= clearance", 2, "expected `of` after a number", "a comparison begins with the name"),
    ("clearance >= 3 <= 5", 15, "missing before `<=`", "for a range"),
    ("clearance >= three", 13, "`three` is not a whole number", ""),
    ("clearance >= -1", 13, "`-1` is not a whole number", ""),
    ("clearance >= 3.5", 13, "`3.5` is not a whole number", ""),
    ("clearance >= \"3\"", 13, "expected a whole number, found `3`", ""),
    ("clearance >=", 12, "expected a whole number, found the end", ""),
    ("clearance >= (3)", 13, "expected a whole number", ""),
    ("clearance >= 2026-12-01", 13, "not a whole number", "not as a date"),
    ("clearance >= 256", 13, "256 does not fit `clearance`", "is 255"),
    ("big >= 18446744073709551616", 7, "not a whole number", "18446744073709551615"),
    ("clearance = 3..5", 12, "expected a single value, found a range", "in 5..9"),
    ("clearance in 3", 14, "expected `..`", "in 5..9"),
    ("clearance in 3 to 5", 15, "expected `..`, found `to`", ""),
    ("clearance in 3-5", 13, "`3-5` is not a whole number", ""),
    ("clearance in 3..", 16, "expected a whole number", ""),
    ("clearance in 5..3", 13, "no value can satisfy", "exchange its ends"),
    ("clearance < 0", 12, "no value can satisfy", "0 to 255"),
    ("clearance > 255", 12, "no value can satisfy", "0 to 255"),
    ("big > 18446744073709551615", 6, "no value can satisfy", ""),
    ("a or clearance > 5 and b and clearance < 3", 5, "no value can satisfy", "exclude each other"),
    ("shift < 1900-01-01", 8, "no value can satisfy", "1900-01-01T00:00Z to 10066"),
    ("shift = 5", 8, "`5` is not a date", ""),
    ("shift = 2026-02-30", 8, "no such day", ""),
    ("shift = 2026-12-01T08:00", 8, "end the time with Z", ""),
    ("shift = 2026-12-01T08:00:00Z", 8, "leave out the seconds", ""),
    ("shift = 2026-12-01T08:00+01:00", 8, "end the time with Z", ""),
    ("shift >= tomorrow", 9, "`tomorrow` is not a date: write a date as 2026-12-01", ""),
    ("shift in 2026-12-02..2026-12-01", 9, "no value can satisfy", "exchange"),
];

const SETS: &[(&str, usize, &str, &str)] = &[
    ("a b", 2, "expected `,`, a new line or the end, found `b`", "separate entries"),
    ("a and b", 2, "found `and`", "this is a list"),
    ("a or b", 2, "found `or`", "this is a list"),
    (", a", 0, "expected a name", ""),
    ("a,, b", 2, "expected a name", ""),
    ("clearance", 0, "declared as a number", "clearance = 3"),
    ("clearance:3", 0, "declared as a number", ""),
    ("clearance >= 3", 0, "declared as a number", "clearance = 3"),
    ("role >= 3", 5, "found `>=`", "one exact value"),
    ("role = 3", 0, "not declared", "role:value"),
    ("clearance = 256", 12, "does not fit", ""),
    ("clearance = 3..4", 12, "expected a single value", ""),
    ("clearance = 3, a, clearance = 4", 18, "already has a value", ""),
    ("shift = 2026-12-01", 8, "expected a minute, found a whole day", "T23:59Z for its end"),
    ("not a", 0, "`not` is a keyword", ""),
    ("!a", 0, "negation", ""),
    ("a:\"", 2, "never closed", ""),
    ("\"\"", 0, "is empty", ""),
];

fn check(text: &str, at: usize, reason: &str, hint: &str, error: &PolicyError) {
    let shown = error.to_string();
    assert_eq!(error.position(), at, "{text}\n{shown}");
    assert!(error.reason().to_string().contains(reason), "{text}\n{shown}");
    assert!(error.hint().contains(hint), "{text}\n{shown}");
    assert!(shown.lines().count() >= 3 && shown.contains('^'), "{shown}");
}

#[test]
fn of_policies() {
    for (text, at, reason, hint) in POLICIES {
        check(text, *at, reason, hint, &Policy::parse(text, &schema()).unwrap_err());
    }
}

#[test]
fn of_sets() {
    for (text, at, reason, hint) in SETS {
        check(text, *at, reason, hint, &AttributeSet::parse(text, &schema()).unwrap_err());
    }
}

#[test]
fn as_the_documentation_shows_them() {
    let error = Policy::parse("role:physician dept:cardiology", &Schema::empty()).unwrap_err();
    let shown = "`and` or `or` is missing before `dept`, at line 1, column 16
  role:physician dept:cardiology
                 ^
hint: write `and` or `or` between two attributes; quote names with spaces: \"intensive care\"";
    assert_eq!(error.to_string(), shown);
}

#[test]
fn numbers_that_contradict_each_other() {
    let parse = |text| Policy::parse(text, &schema());
    for text in [
        "clearance >= 5 and clearance < 5",
        "clearance = 1 and clearance = 2",
        "clearance in 1..9 and clearance in 2..3 and clearance in 4..5",
        "clearance <= 3 and (a and clearance >= 4)",
        "a or 2 of (clearance <= 3, clearance >= 4)",
    ] {
        assert_eq!(parse(text).unwrap_err().reason(), &PolicyReason::NeverSatisfiable, "{text}");
    }
    let halves = ["clearance <= 3", "clearance >= 4"].map(|text| parse(text).unwrap());
    assert_eq!(Policy::all_of(halves), Err(PolicyReason::NeverSatisfiable));
    for text in [
        "clearance >= 5 and clearance <= 5",
        "clearance <= 5 and big >= 6",
        "clearance <= 3 or clearance >= 4",
    ] {
        assert!(parse(text).is_ok(), "{text}");
    }
}

#[test]
fn minutes_of_a_date() {
    assert_eq!(minutes("1900-01-01T00:01Z"), Ok(1));
    assert!(minutes("1900-01-01").unwrap_err().to_string().contains("time of day"));
    assert!(minutes("x").is_err());
}
