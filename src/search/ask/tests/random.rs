//! Records and questions at random, out of so few values that one often meets the other.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::search::ask::Question;
use crate::search::text::{Amount, Flag, Language, Span, Terms, Value};

const CODES: &[&str] = &["a", "E11.9", "E11", "4548-4", "9", "x|a", "a b", "e119"];
const SYSTEMS: &[&str] = &["http://loinc.org", "http://hl7.org/fhir/sid/icd-10", "x"];
const TYPES: &[&str] = &["Observation", "Condition"];
const WORDS: &[&str] = &["final", "Active", "high", "IMP"];
const NAMES: &[&str] = &["Anna", "Mul", "Müller", "Mulholland-Meier", "Vandermeulen", "O", "Ann\u{378}"];
const TEXTS: &[&str] = &["chest pain", "pains", "pain in the chest", "Fever", "no fever", "x\u{378}"];
const DAYS: &[&str] = &["2026", "2026-05", "2026-05-14", "2026-05-31", "2026-06-01", "2025-12"];
const UNITS: &[&str] = &["", "%", "mg/dL"];
const NUMBERS: &[f64] = &[0.0, -1.5, 9.0, 9.01, 10.0, 1000.0];
const REFERENCES: &[&str] = &["Encounter/1", "Encounter/2", "urn:uuid:3"];
const IDENTIFIERS: &[&str] = &["12-3", "123", "AB 1"];
const CODED: &[&str] = &["code", "reason", "category", "body-site", "code", "under"];
const STATES: &[&str] = &["status", "clinical-status", "abnormal", "sex", "status"];
const DATED: &[&str] = &["date", "onset-date", "birthdate", "date"];
const NAMED: &[&str] = &["name", "family", "given"];
const FLAGS: &[Flag] = &[Flag::High, Flag::Low, Flag::Normal, Flag::Abnormal];

fn some(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(of).prop_map(ToString::to_string)
}

fn span() -> impl Strategy<Value = Span> {
    let parse = |text: &str| Span::parse(text).unwrap();
    (select(DAYS), select(DAYS), 0..6).prop_map(move |(from, to, how)| {
        let (from, to) = (parse(from), parse(to));
        match how {
            0 => from.or_later(),
            1 => from.or_earlier(),
            2 => Span::between(from, to).unwrap_or(from),
            _ => from,
        }
    })
}

fn amount() -> impl Strategy<Value = Amount> {
    (select(NUMBERS), 0..6).prop_map(|(number, how)| {
        match how {
            0 => Amount::above(number),
            1 => Amount::at_most(number),
            2 => Amount::between(number, number + 1.0),
            _ => Amount::exactly(number),
        }
        .unwrap()
    })
}

/// Something that a record says, and where.
fn said() -> impl Strategy<Value = Vec<(String, Value<'static>)>> {
    let one = |field: String, value| alloc::vec![(field, value)];
    // What is answered to a code is said by a record that has the code.
    let answer = |of: String, value| {
        let code = Value::Code { system: None, code: of.into() };
        alloc::vec![("code".into(), code), ("value".into(), value)]
    };
    prop_oneof![
        4 => (some(CODED), option::of(some(SYSTEMS)), some(CODES)).prop_map(move |(field, system, code)| {
            one(field, Value::Code { system: system.map(Into::into), code: code.into() })
        }),
        3 => (some(STATES), some(WORDS)).prop_map(move |(field, word)| one(field, Value::Status(word.into()))),
        1 => (some(&["identifier", "phone"]), option::of(some(SYSTEMS)), some(IDENTIFIERS)).prop_map(
            move |(field, system, value)| {
                one(field, Value::Identifier { system: system.map(Into::into), value: value.into() })
            }
        ),
        2 => (some(NAMED), vec(some(NAMES), 1..3)).prop_map(move |(field, names)| {
            one(field, Value::Name(names.join(" ").into()))
        }),
        3 => (some(DATED), span()).prop_map(move |(field, span)| one(field, Value::Date(span))),
        3 => (some(CODES), amount(), some(UNITS)).prop_map(move |(of, amount, unit)| {
            answer(of.clone(), Value::Number { of: of.into(), amount, unit: unit.into() })
        }),
        1 => (some(CODES), some(CODES)).prop_map(move |(of, code)| {
            answer(of.clone(), Value::Answer { of: of.into(), code: code.into() })
        }),
        1 => (some(CODES), select(FLAGS)).prop_map(move |(of, flag)| {
            answer(of.clone(), Value::Flag { of: of.into(), flag })
        }),
        2 => (some(&["text", "note"]), vec(some(TEXTS), 1..3)).prop_map(move |(field, texts)| {
            one(field, Value::Text { text: texts.join(" ").into(), language: Language::English })
        }),
        1 => (some(&["encounter", "performer"]), some(REFERENCES)).prop_map(move |(field, to)| {
            one(field, Value::Reference(to.into()))
        }),
    ]
}

/// What a record says.
pub fn terms() -> impl Strategy<Value = Terms<'static>> {
    (some(TYPES), vec(said(), 0..9)).prop_map(|(kind, said)| {
        let mut terms = Terms::new(kind);
        for (field, value) in said.into_iter().flatten() {
            assert!(terms.add(&field, value), "{field}");
        }
        terms
    })
}

/// A term; `None` of what cannot be asked.
fn term() -> impl Strategy<Value = Option<Question>> {
    prop_oneof![
        5 => (some(CODED), option::of(some(SYSTEMS)), some(CODES)).prop_map(|(field, system, code)| {
            let field = Question::codes(&field).unwrap();
            match system {
                Some(system) => field.is_of(&system, &code).ok(),
                None => field.is(&code).ok(),
            }
        }),
        1 => some(SYSTEMS).prop_map(|system| Question::codes("code").unwrap().any_of(&system).ok()),
        2 => some(TYPES).prop_map(|name| Question::kind(&name).ok()),
        3 => (some(STATES), some(WORDS)).prop_map(|(field, word)| Question::status(&field).unwrap().is(&word).ok()),
        1 => (some(&["identifier", "phone"]), option::of(some(SYSTEMS)), some(IDENTIFIERS)).prop_map(
            |(field, system, value)| {
                let field = Question::identifiers(&field).unwrap();
                match system {
                    Some(system) => field.is_of(&system, &value).ok(),
                    None => field.is(&value).ok(),
                }
            }
        ),
        3 => (some(NAMED), vec(some(NAMES), 1..3), 0..3).prop_map(|(field, names, how)| {
            let (field, name) = (Question::names(&field).unwrap(), names.join(" "));
            match how {
                0 => field.is(&name),
                1 => field.starts(&name),
                _ => field.sounds(&name),
            }
            .ok()
        }),
        3 => (some(DATED), span()).prop_map(|(field, span)| Some(Question::dates(&field).unwrap().within(span))),
        4 => (some(CODES), select(NUMBERS), some(UNITS), 0..5).prop_map(|(of, number, unit, how)| {
            let value = Question::value(&of).unwrap();
            match how {
                0 => value.above(number, &unit),
                1 => value.at_least(number, &unit),
                2 => value.below(number, &unit),
                3 => value.at_most(number, &unit),
                _ => value.equals(number, &unit),
            }
            .ok()
        }),
        1 => (some(CODES), some(CODES)).prop_map(|(of, code)| Question::value(&of).unwrap().is(&code).ok()),
        1 => Just(Question::parse("value(a):9", Language::English).ok()),
        1 => (some(CODES), select(FLAGS)).prop_map(|(of, flag)| Question::value(&of).unwrap().flagged(flag).ok()),
        2 => (some(&["text", "note"]), some(TEXTS), any::<bool>()).prop_map(|(field, text, phrase)| {
            let field = Question::texts(&field).unwrap();
            match phrase {
                true => field.phrase(&text, Language::English),
                false => field.words(&text, Language::English),
            }
            .ok()
        }),
        1 => (some(&["encounter", "performer"]), some(REFERENCES)).prop_map(|(field, to)| {
            Question::references(&field).unwrap().is(&to).ok()
        }),
    ]
}

/// A status beside what carries it.
fn beside() -> impl Strategy<Value = Question> {
    let code = some(CODES).prop_map(|code| Question::code(&code).unwrap());
    let carrier = prop_oneof![code, some(TYPES).prop_map(|name| Question::kind(&name).unwrap())];
    let carriers = proptest::collection::vec(carrier, 1..3);
    let one_of = carriers.prop_map(|all| all.into_iter().reduce(Question::or).unwrap());
    (one_of, some(STATES), some(WORDS), any::<bool>()).prop_map(|(one_of, field, word, so)| {
        let status = Question::status(&field).unwrap().is(&word).unwrap();
        one_of.and(if so { status } else { status.negated() })
    })
}

/// Questions, nested; some of which the index cannot answer.
pub fn question() -> impl Strategy<Value = Question> {
    let term = prop_oneof![5 => term().prop_filter_map("cannot be asked", |term| term), 1 => beside()];
    term.prop_recursive(4, 12, 4, |inner| {
        prop_oneof![
            3 => (inner.clone(), inner.clone()).prop_map(|(a, b)| a.and(b)),
            3 => (inner.clone(), inner.clone()).prop_map(|(a, b)| a.and(b.negated())),
            2 => (inner.clone(), inner.clone()).prop_map(|(a, b)| a.or(b)),
            1 => inner.prop_map(Question::negated),
        ]
    })
}
