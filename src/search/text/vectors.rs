//! The pipeline against the values of a second implementation: `tests/vectors/text.json`, made by `tests/vectors/gen/make_text.py`.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::date::{self, Fineness, Span};
use super::number::{self, Amount};
use super::words::{Language, words};
use super::{Terms, code, fold, name};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors/text.json")).unwrap()
}

/// Compares what is made of each case of a list with what stands in it.
fn each(list: &str, of: impl Fn(&Value) -> Value) {
    let all = vectors();
    let cases = all[list].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let made = of(case);
        for (key, value) in made.as_object().unwrap() {
            assert_eq!(value, &case[key], "{key} of {case}");
        }
    }
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap()
}

#[test]
fn spellings() {
    each("folded", |case| {
        let folded = fold::fold(text(case, "text"));
        json!({ "refused": folded.as_ref().err().map(|refused| refused.at), "folded": folded.ok() })
    });
}

#[test]
fn names_and_sounds() {
    each("names", |case| {
        let parts = name::parts(text(case, "name")).unwrap();
        let sounds: Vec<_> = parts.iter().map(|part| name::sound(part)).collect();
        json!({ "parts": parts, "sounds": sounds })
    });
}

#[test]
fn words_and_stems() {
    each("texts", |case| {
        let language = Language::of_tag(text(case, "language")).unwrap();
        let words = words(text(case, "text"), language).unwrap();
        let words: Vec<_> =
            words.iter().map(|word| json!({ "word": word.word, "stem": word.stem })).collect();
        json!({ "words": words })
    });
}

#[test]
fn days_as_pieces() {
    each("dates", |case| {
        let of = |key| Span::parse(text(case, key)).unwrap();
        let span = Span::between(of("first"), of("last")).unwrap();
        let (days, months) = (date::cover(span, Fineness::Days), date::cover(span, Fineness::Months));
        assert_eq!(days.outer, days.inner);
        json!({
            "days": [span.first(), span.last()],
            "written": date::written(span, Fineness::Days),
            "asked": days.outer,
            "asked in months": months.outer,
            "within in months": months.inner,
        })
    });
}

#[test]
fn numbers_as_pieces() {
    each("numbers", |case| {
        let mut terms = Terms::new("");
        let amount = Amount::exactly(case["number"].as_f64().unwrap()).unwrap();
        terms.add("value", super::Value::Number { of: "x".into(), amount, unit: "".into() });
        let keywords = terms.keywords(100);
        let pieces = keywords.iter().map(|keyword| keyword.value().trim_start_matches("|x ").trim_end());
        json!({ "pieces": pieces.collect::<Vec<_>>() })
    });
    each("intervals", |case| {
        let end = |key: &str| case[key].as_f64().unwrap();
        let cover = number::cover(Amount::between(end("low"), end("high")).unwrap());
        json!({ "outer": cover.outer, "inner": cover.inner })
    });
}

#[test]
fn identifiers_and_pairs() {
    each("identifiers", |case| json!({ "identifier": code::identifier(text(case, "value")) }));
    each("pairs", |case| {
        let pair: String = code::pair(text(case, "first"), text(case, "second"));
        json!({ "pair": pair })
    });
}
