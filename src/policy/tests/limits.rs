//! Limits, each met and passed by one.

use alloc::format;
use alloc::string::String;

use super::super::*;

fn schema() -> Schema {
    Schema::parse("x: uint(64), y: uint(8)").unwrap()
}

fn parse(text: &str) -> Result<Policy, PolicyReason> {
    Policy::parse(text, &schema()).map_err(|error| error.reason().clone())
}

fn numbered(count: usize, separator: &str) -> String {
    (0..count).map(|index| format!("a{index}")).collect::<Vec<_>>().join(separator)
}

#[test]
fn leaves() {
    for separator in [" or ", " and ", " or b and "] {
        let policy = parse(&numbered(512, separator)).unwrap();
        assert!(policy.leaves() <= 1024);
    }
    let policy = parse(&numbered(1024, " or ")).unwrap();
    assert_eq!(policy.leaves(), 1024);
    assert_eq!(Policy::from_canonical_bytes(&policy.canonical_bytes(), *policy.schema_id()).unwrap(), policy);
    assert_eq!(parse(&numbered(1025, " or ")), Err(PolicyReason::TooManyLeaves { leaves: 1025 }));
    assert_eq!(parse(&format!("512 of ({})", numbered(1024, ", "))).unwrap().leaves(), 1024);
    // Comparisons count as their cover: 8 · 126 + 16 = 1,024.
    let ranges = (0..8)
        .map(|index| format!("x in {}..{}", 1, u64::MAX - 1 - 2 * index))
        .collect::<Vec<_>>()
        .join(" or ");
    let leaves = parse(&ranges).unwrap().leaves();
    let fill = |extra: usize| format!("{ranges} or {}", numbered(1024 - leaves + extra, " or "));
    assert_eq!(parse(&fill(0)).unwrap().leaves(), 1024);
    assert_eq!(parse(&fill(1)), Err(PolicyReason::TooManyLeaves { leaves: 1025 }));
    // After duplicates are gone.
    assert_eq!(parse(&["a"; 5000].join(" or ")).unwrap().leaves(), 1);
}

#[test]
fn nesting_of_parentheses() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(64)).is_ok());
    assert_eq!(parse(&nested(65)), Err(PolicyReason::TooDeep));
    assert_eq!(parse(&"(".repeat(60_000)), Err(PolicyReason::TooDeep));
    assert_eq!(parse(&"2 of (".repeat(10_000)), Err(PolicyReason::TooDeep));
}

/// `depth` gates above the deepest leaf, `and` and `or` in turn.
fn ladder(depth: usize) -> Result<Policy, PolicyReason> {
    let attribute = |index| {
        Policy::attribute(Attribute::new(Name::new(&format!("a{index}")).unwrap()), &schema()).unwrap()
    };
    (0..depth).try_fold(attribute(0), |policy, index| {
        let pair = [policy, attribute(index + 1)];
        if index % 2 == 0 { Policy::all_of(pair) } else { Policy::at_least(1, pair) }
    })
}

#[test]
fn nesting_of_gates() {
    let deepest = ladder(64).unwrap();
    assert_eq!(
        Policy::from_canonical_bytes(&deepest.canonical_bytes(), *deepest.schema_id()).unwrap(),
        deepest
    );
    assert_eq!(parse(&format!("{deepest}")).unwrap(), deepest);
    assert_eq!(ladder(65), Err(PolicyReason::TooDeep));
    // Without superfluous parentheses two gates fit into one pair, and still they count.
    let text = (0..40).fold(String::from("z"), |text, index| format!("a{index} or b{index} and ({text})"));
    assert_eq!(parse(&text), Err(PolicyReason::TooDeep));
}

#[test]
fn length_of_text() {
    let padded = |length: usize| format!("{}a", " ".repeat(length - 1));
    assert!(parse(&padded(MAX_TEXT_BYTES)).is_ok());
    let bytes = MAX_TEXT_BYTES + 1;
    assert_eq!(parse(&padded(bytes)), Err(PolicyReason::TextTooLong { bytes, max: MAX_TEXT_BYTES }));
}

#[test]
fn length_of_canonical_forms() {
    // 300 values of 220 bytes: over 64 KiB of bytes, put together from policies that are within.
    let attribute = |index: usize, c: &str| {
        let value = format!("{index:03}{}", c.repeat(217));
        Policy::attribute(Attribute::new(Name::new("n").unwrap()).with_value(&value).unwrap(), &schema())
            .unwrap()
    };
    let all = |count, c| Policy::all_of((0..count).map(|index| attribute(index, c)));
    assert!(all(280, "a").is_ok());
    assert!(matches!(all(300, "a"), Err(PolicyReason::TooLarge { bytes }) if bytes > MAX_CANONICAL_BYTES));
    // Escapes make the text six times as long as the bytes.
    assert!(all(40, "\u{7f}").is_ok());
    assert!(matches!(all(60, "\u{7f}"), Err(PolicyReason::TooLarge { bytes }) if bytes > MAX_TEXT_BYTES));
    // What the decoder is asked to read obeys the same limit.
    let Node::And(children) = all(40, "\u{7f}").unwrap().root else { panic!() };
    let more =
        children.iter().cloned().chain((40..60).map(|index| attribute(index, "\u{7f}").root)).collect();
    let bytes = wire::encode(&Node::all_of(more));
    assert!(bytes.len() < MAX_CANONICAL_BYTES);
    assert_eq!(Policy::from_canonical_bytes(&bytes, schema().id()).unwrap_err().field, "policy text length");
}
