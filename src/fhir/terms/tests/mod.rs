//! Tiny resources, and all that they say.

mod answers;
mod keywords;
mod odd;
mod people;
mod records;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::import::{Import, Limits};
use super::super::time;
use crate::search::text::{Span, Value};

/// What the only resource in a text says: `field = value`.
fn said(json: &str) -> Vec<String> {
    let import = Import::read(json.as_bytes(), &Limits::default()).unwrap();
    let [resource] = import.resources() else { panic!("not one resource: {json}") };
    let terms = super::terms(resource);
    terms.values().map(|(field, value)| format!("{} = {}", field.name, shown(value))).collect()
}

fn shown(value: &Value<'_>) -> String {
    let coded = |system: &Option<_>, code: &str| match system {
        Some(system) => format!("{system}|{code}"),
        None => code.to_string(),
    };
    match value {
        Value::Code { system, code } => coded(system, code),
        Value::Identifier { system, value } => coded(system, value),
        Value::Status(text) | Value::Name(text) | Value::Text { text, .. } | Value::Reference(text) => {
            text.to_string()
        }
        Value::Date(span) => days(*span),
        Value::Number { of, amount, unit } => format!("{of}: {}..{} {unit}", amount.low(), amount.high()),
        Value::Answer { of, code } => format!("{of}: {code}"),
        Value::Flag { of, flag } => format!("{of}: {}", flag.letter()),
    }
}

/// A day, or the first and the last; nothing for an end that is open.
fn days(span: Span) -> String {
    let of = |day: i32| time::date(i64::from(day) * 86_400);
    let open = Span::ALWAYS;
    match (span.first(), span.last()) {
        (first, last) if first == last => of(first),
        (first, last) if first == open.first() => format!("..{}", of(last)),
        (first, last) if last == open.last() => format!("{}..", of(first)),
        (first, last) => format!("{}..{}", of(first), of(last)),
    }
}

/// Each resource says this and nothing else; `type` is left out.
fn check(cases: &[(&str, &[&str])]) {
    for (json, expected) in cases {
        let said = said(json);
        let without_type: Vec<&str> =
            said.iter().map(String::as_str).filter(|line| !line.starts_with("type = ")).collect();
        assert_eq!(without_type, *expected, "{json}");
    }
}
