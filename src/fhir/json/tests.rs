//! Tokens, and agreement with another reader of JSON.

use proptest::prelude::*;

use super::*;

fn tokens(text: &str) -> Result<Vec<Token<'_>>, Stop> {
    let mut scanner = Scanner::new(text, 0, 128);
    let mut found = Vec::new();
    loop {
        found.push(scanner.next()?);
        if scanner.depth() == 0 {
            break;
        }
    }
    match scanner.peek() {
        None => Ok(found),
        Some(_) => Err(Stop { at: scanner.end(), reason: FhirReason::Trailing }),
    }
}

#[test]
fn tokens_come_in_order_with_their_places() {
    let text = " {\"a\" : [1, -0.5e+3, true], \"b\\u0041\":\"\\n\\ud83d\\ude00\\ud83d\"} ";
    let found = tokens(text).unwrap();
    assert_eq!(found.len(), 10);
    assert_eq!(found[1], Token::Name("a".into()));
    assert_eq!(found[7], Token::Name("bA".into()));
    let Token::String(raw) = found[8] else { panic!() };
    assert_eq!(raw.text(), "\n\u{1f600}\u{fffd}");
    let mut scanner = Scanner::new(text, 0, 128);
    scanner.next().unwrap();
    assert_eq!((scanner.token_at(), scanner.end()), (1, 2));
    scanner.next().unwrap();
    assert_eq!((scanner.token_at(), scanner.end()), (2, 7));
    scanner.skip_value().unwrap();
    assert_eq!(scanner.end(), text.find(']').unwrap() + 1);
}

#[test]
fn a_name_that_comes_twice_is_refused_however_it_is_written() {
    let many = |last: &str| {
        let members: Vec<String> = (0..100).map(|n| alloc::format!("\"{n}\":0")).collect();
        alloc::format!("{{{},{last}}}", members.join(","))
    };
    for text in
        ["{\"a\":1,\"a\":1}", "[{\"b\":{\"ab\":[],\"\\u0061b\":0}}]", &many("\"7\":1"), &many("\"99\":1")]
    {
        assert_eq!(tokens(text).unwrap_err().reason, FhirReason::DuplicateName, "{text}");
    }
    for text in ["{\"a\":{\"a\":1},\"b\":{\"a\":1}}", "[{\"a\":1},{\"a\":1}]", &many("\"100\":{\"7\":0}")] {
        tokens(text).unwrap();
    }
}

#[test]
fn depth_is_limited_and_costs_no_stack() {
    let deep = "[".repeat(10_000_000);
    let stop = tokens(&deep).unwrap_err();
    assert_eq!((stop.at, stop.reason), (128, FhirReason::TooDeep { limit: 128 }));
    let mut unlimited = Scanner::new(&deep, 0, usize::MAX);
    assert_eq!(unlimited.skip_value().unwrap_err().reason, FhirReason::Truncated);
    tokens(&("[".repeat(128) + &"]".repeat(128))).unwrap();
}

/// Whatever serde_json takes, the scanner takes, and nothing else; it is stricter about names that come twice.
fn agrees(text: &str) {
    let oracle = serde_json::from_str::<&serde_json::value::RawValue>(text);
    match tokens(text) {
        Ok(_) => assert!(oracle.is_ok(), "{text:?}: {oracle:?}"),
        Err(Stop { reason: FhirReason::DuplicateName, .. }) => {}
        Err(stop) => {
            assert!(oracle.is_err(), "{text:?}: {stop:?}");
            assert!(stop.at <= text.len());
        }
    }
}

proptest! {
    #[test]
    fn agrees_with_another_reader(text in "[\\[\\]{}:,\"\\\\ua0159.eE+\\-trufalsn \n\u{1}é]{0,12}") {
        agrees(&text);
    }
}
