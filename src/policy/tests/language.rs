//! Text to policy and back; which texts are the same policy.

use alloc::format;
use alloc::string::ToString;

use proptest::prelude::*;

use super::super::strategies;
use super::super::*;

fn schema() -> Schema {
    Schema::parse("clearance: uint(8), year: uint(16), big: uint(64), shift: date, h/age: uint(7)").unwrap()
}

fn parse(text: &str) -> Policy {
    Policy::parse(text, &schema()).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// Text and its canonical text.
#[test]
fn canonical_text() {
    for (text, canonical) in [
        ("a", "a"),
        ("((a))", "a"),
        ("b AND a", "a and b"),
        ("a and (b and (c and d))", "a and b and c and d"),
        ("a or b and c", "a or b and c"),
        ("(a or b) and c", "c and (a or b)"),
        ("a and a", "a"),
        ("a or (a or a)", "a"),
        ("1 of (b, a)", "a or b"),
        ("2 of (b, a)", "a and b"),
        ("2 OF (c, a, b)", "2 of (a, b, c)"),
        ("2 of (a, a)", "a"),
        ("2 of (a, a, b)", "2 of (a, a, b)"),
        ("02 of (a, b, c)", "2 of (a, b, c)"),
        ("2 of (a or d, b and c, c)", "2 of (c, b and c, a or d)"),
        ("1 of (a)", "a"),
        ("bb or a", "a or bb"),
        ("b or aa", "b or aa"),
        ("role : \"physician\"", "role:physician"),
        ("st-marys / role:x", "st-marys/role:x"),
        ("\"and\" and \"2\" and v:2", "\"2\" and v:2 and \"and\""),
        ("dept:\"intensive care\"", "dept:\"intensive care\""),
        (r#""a\"b\\c\u{e9}""#, r#""a\"b\\cé""#),
        ("\"\u{202e}\"", "\"\\u{202e}\""),
        ("a\u{301}", "\u{e1}"),
        ("\"\u{301}\"", "\"\u{301}\""),
        ("clearance >= 3", "clearance >= 3"),
        ("clearance>2", "clearance >= 3"),
        ("clearance <= 3", "clearance <= 3"),
        ("clearance < 3", "clearance <= 2"),
        ("clearance = 3", "clearance = 3"),
        ("clearance in 3..5", "clearance in 3..5"),
        ("clearance in 3 .. 5", "clearance in 3..5"),
        ("clearance in 3.. 5", "clearance in 3..5"),
        ("clearance IN 3 ..5", "clearance in 3..5"),
        ("clearance in 3..3", "clearance = 3"),
        ("clearance in 3..255", "clearance >= 3"),
        ("clearance in 0..3", "clearance <= 3"),
        ("clearance <= 255", "clearance >= 0"),
        ("clearance < 1", "clearance = 0"),
        ("clearance > 254", "clearance = 255"),
        ("clearance = 007", "clearance = 7"),
        ("big <= 18446744073709551614", "big <= 18446744073709551614"),
        ("h/age >= 18", "h/age >= 18"),
        ("shift >= 2026-12-01", "shift >= 2026-12-01"),
        ("shift > 2026-12-01", "shift >= 2026-12-02"),
        ("shift <= 2026-12-01", "shift <= 2026-12-01"),
        ("shift < 2026-12-01", "shift <= 2026-11-30"),
        ("shift = 2026-12-01", "shift = 2026-12-01"),
        ("shift = 2026-12-01T00:00Z", "shift = 2026-12-01T00:00Z"),
        ("shift in 2026-12-01..2026-12-01", "shift = 2026-12-01"),
        ("shift in 2026-12-01T00:00Z..2026-12-02T23:59Z", "shift in 2026-12-01..2026-12-02"),
        ("shift in 2026-12-01T08:00Z..2026-12-02", "shift in 2026-12-01T08:00Z..2026-12-02"),
        ("shift > 2026-12-01T08:00Z", "shift >= 2026-12-01T08:01Z"),
        ("shift <= 1900-01-01", "shift = 1900-01-01"),
        ("shift >= 10066-02-15T04:15Z", "shift = 10066-02-15T04:15Z"),
    ] {
        let policy = parse(text);
        assert_eq!(policy.to_string(), canonical);
        assert_eq!(parse(canonical), policy);
    }
}

/// Attack 5: what differs only in spacing, order or case of keywords is the same, byte for byte.
#[test]
fn spelling_does_not_matter() {
    let policy = parse("role:physician and (dept:icu or 2 of (a, b, clearance >= 3))");
    for text in [
        "role:physician AND(dept:icu OR 2 OF(a,b,clearance>2))",
        "\n(2 of (clearance >= 3, b, a) or dept:icu)\tand role:physician ",
        "((role:physician)) and ((2 of ((b), (a), (clearance > 2))) or (dept : \"icu\"))",
    ] {
        assert_eq!(parse(text), policy);
        assert_eq!(parse(text).canonical_bytes(), policy.canonical_bytes());
    }
    // What is not spelling does matter.
    for text in [
        "Role:physician and (dept:icu or 2 of (a, b, clearance >= 3))",
        "role:physician and (dept:\" icu\" or 2 of (a, b, clearance >= 3))",
        "role:physician and (dept:icu or 2 of (a, b, clearance >= 4))",
        "role:physician or (dept:icu and 2 of (a, b, clearance >= 3))",
    ] {
        assert_ne!(parse(text).canonical_bytes(), policy.canonical_bytes());
    }
}

/// Attack 5: NFC and NFD are one attribute, and delimiters in quotes are text.
#[test]
fn names_are_what_they_are() {
    assert_eq!(parse("r\u{f4}le:m\u{e9}decin"), parse("ro\u{302}le:\"me\u{301}decin\""));
    assert_ne!(parse("\"role:x\""), parse("role:x"));
    assert_ne!(parse("\"a/b\""), parse("a/b"));
    assert_ne!(parse("\"a and b\""), parse("a and b"));
    assert_ne!(parse("a:\"b,c\""), parse("a:\"b, c\""));
    let labels = |text| parse(text).span_program().labels().to_vec();
    assert_ne!(labels("\"role:x\""), labels("role:x"));
    assert_ne!(labels("\"clearance = 3\""), labels("clearance = 3"));
}

/// Text put together from parts stays what it was meant to be, whatever the parts contain.
#[test]
fn injection_through_display_is_impossible() {
    for evil in ["x or y", "\" or \"y", "x\") or (y", "\\", "a:b", "a/b", "not", "\u{0}\n"] {
        let attribute = Attribute::new(Name::new("role").unwrap()).with_value(evil).unwrap();
        let policy = parse(&format!("{attribute} and b"));
        assert_eq!(policy.leaves(), 2);
        assert!(policy.mentions().any(|leaf| leaf == Leaf::Attribute(&attribute)));
    }
}

#[test]
fn combining_policies_is_like_writing_them() {
    let [a, b, c] = ["a", "b or c", "clearance >= 3"].map(parse);
    assert_eq!(Policy::all_of([a.clone(), b.clone()]).unwrap(), parse("a and (b or c)"));
    assert_eq!(Policy::at_least(1, [a.clone(), b.clone()]).unwrap(), parse("a or b or c"));
    assert_eq!(
        Policy::at_least(2, [c.clone(), b.clone(), a.clone()]).unwrap(),
        parse("2 of (a, b or c, clearance >= 3)")
    );
    assert_eq!(Policy::all_of([]), Err(PolicyReason::ImpossibleThreshold { k: 0, n: 0 }));
    assert_eq!(Policy::at_least(0, [a.clone()]), Err(PolicyReason::ImpossibleThreshold { k: 0, n: 1 }));
    assert_eq!(Policy::at_least(2, [a]), Err(PolicyReason::ImpossibleThreshold { k: 2, n: 1 }));
    let name = |name| Name::new(name).unwrap();
    let range = |name, lo, hi| Policy::range(name, lo, hi, &schema());
    assert_eq!(range(name("clearance"), 3, 255), Ok(c));
    assert_eq!(range(name("clearance"), 3, 2), Err(PolicyReason::NeverSatisfiable));
    let wide = AttributeError::TooWide { name: "clearance".into(), value: 256, max: 255 };
    assert_eq!(range(name("clearance"), 3, 256), Err(wide.into()));
    assert_eq!(range(name("role"), 3, 4), Err(AttributeError::Undeclared("role".into()).into()));
    let declared = Policy::attribute(Attribute::new(name("clearance")), &schema());
    assert_eq!(declared, Err(AttributeError::Declared("clearance".into()).into()));
    let other = Policy::parse("a", &Schema::empty()).unwrap();
    assert_eq!(Policy::all_of([parse("a"), other]), Err(PolicyReason::DifferentSchemas));
}

#[test]
fn mentions_in_order() {
    let policy = parse("b and (c or clearance >= 3) and a");
    let mentions: Vec<_> = policy
        .mentions()
        .map(|leaf| match leaf {
            Leaf::Attribute(attribute) => attribute.to_string(),
            Leaf::Range(range) => range.to_string(),
        })
        .collect();
    assert_eq!(mentions, ["a", "b", "c", "clearance >= 3"]);
    assert_eq!(policy.leaves(), 3 + 7);
}

#[test]
fn what_is_missing() {
    let set = |text| AttributeSet::parse(text, &schema()).unwrap();
    for (policy, held, missing) in [
        ("a", "a", None),
        ("a", "b", Some("a")),
        ("a and b and c", "b", Some("a and c")),
        ("a or b and c", "", Some("a")),
        ("a and b or c and d", "d", Some("c")),
        ("a or b", "", Some("1 more of (a, b)")),
        ("2 of (a, b, c)", "", Some("2 more of (a, b, c)")),
        ("2 of (a, b, c)", "b", Some("1 more of (a, c)")),
        ("2 of (a, b, c)", "b, c", None),
        ("r and 3 of (a, b, c, d)", "a", Some("r and 2 more of (b, c, d)")),
        ("2 of (a, b, c and d)", "", Some("a and b")),
        ("2 of (a, c and d, e and f)", "", Some("2 more of (a, c and d, e and f)")),
        ("clearance >= 3", "", Some("clearance >= 3")),
        ("clearance >= 3", "clearance = 2", Some("clearance >= 3 [the key holds 2]")),
        ("clearance >= 3", "clearance = 3", None),
        (
            "shift >= 2026-12-01",
            "shift = 2026-11-30T23:59Z",
            Some("shift >= 2026-12-01 [the key holds 2026-11-30T23:59Z]"),
        ),
        ("shift >= 2026-12-01", "shift = 2026-12-01T00:00Z", None),
    ] {
        let found = parse(policy).missing(&set(held)).map(|missing| missing.to_string());
        assert_eq!(found.as_deref(), missing, "{policy} with {held}");
    }
    // A number of another type does not count.
    let other = Schema::parse("clearance: uint(16)").unwrap();
    let held = AttributeSet::parse("clearance = 3", &other).unwrap();
    let missing = parse("clearance >= 3").missing(&held).unwrap();
    assert_eq!(missing.to_string(), "clearance >= 3 [the key holds 3 as uint(16), not as uint(8)]");
}

/// All smallest choices that a `Missing` offers for the first of its alternatives.
fn grant(missing: &Missing, set: &mut AttributeSet) {
    match missing {
        Missing::Attribute(attribute) => set.insert(attribute.clone(), &Schema::empty()).unwrap(),
        Missing::Number { range, .. } => {
            set.remove_number(range.name());
            set.insert_typed(range.name().clone(), range.number(), range.bounds().0).unwrap();
        }
        Missing::All(parts) => parts.iter().for_each(|part| grant(part, set)),
        Missing::AtLeast { count, of } => of.iter().take(*count).for_each(|part| grant(part, set)),
    }
}

proptest! {
    #[test]
    fn display_parses_back((schema, policy) in strategies::schema_and_policy()) {
        let text = policy.to_string();
        let again = Policy::parse(&text, &schema).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&again, &policy);
        prop_assert_eq!(again.to_string(), text);
    }

    #[test]
    fn nothing_panics(text in "[ab:/,()=<>\"\\\\ .0-9-]{0,24}|(\\PC| and | or |2 of|\\(|\\)|clearance|shift|>=| in ){0,10}") {
        if let Err(error) = Policy::parse(&text, &schema()) {
            prop_assert!(text.is_char_boundary(error.position()));
            let _ = error.to_string();
        }
        let _ = AttributeSet::parse(&text, &schema()).map_err(|error| error.to_string());
        let _ = Schema::parse(&text).map_err(|error| error.to_string());
    }

    #[test]
    fn satisfied_means_nothing_missing(policy in strategies::small_policy(), set in strategies::small_set()) {
        let missing = policy.missing(&set);
        prop_assert_eq!(policy.is_satisfied_by(&set), missing.is_none());
        if let Some(missing) = missing {
            prop_assert!(missing.count() >= 1);
            prop_assert!(!missing.to_string().is_empty());
            // Granting what it names satisfies the policy, unless two ranges of one number are asked for.
            let mut granted = set.clone();
            grant(&missing, &mut granted);
            let ranges = policy.mentions().filter(|leaf| matches!(leaf, Leaf::Range(_))).count();
            prop_assert!(ranges > 1 || policy.is_satisfied_by(&granted), "{} + {}", set, missing);
        }
    }

    /// No smaller set of plain attributes than the reported count suffices.
    #[test]
    fn missing_is_smallest(policy in strategies::small_policy(), set in strategies::small_set()) {
        prop_assume!(policy.mentions().all(|leaf| matches!(leaf, Leaf::Attribute(_))));
        // An attribute mentioned twice is counted twice: then the count is only an upper bound.
        let mentioned: alloc::collections::BTreeSet<_> = policy.mentions().map(|leaf| format!("{leaf:?}")).collect();
        prop_assume!(mentioned.len() == policy.mentions().count());
        let names = ["a", "b", "c", "d", "e"];
        let smallest = (0u32..32).filter(|mask| {
            let mut more = set.clone();
            for (_, name) in names.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1) {
                more.insert(Attribute::new(Name::new(name).unwrap()), &Schema::empty()).unwrap();
            }
            policy.is_satisfied_by(&more)
        }).map(u32::count_ones).min();
        prop_assert_eq!(smallest, Some(policy.missing(&set).map_or(0, |missing| missing.count() as u32)));
    }
}
