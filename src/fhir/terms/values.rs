//! How an element is read, by what its field holds and by its shape in JSON: the data types of FHIR.

use alloc::borrow::Cow;
use alloc::string::String;

use super::days::days;
use super::tape::Element;
use crate::search::text::{Kind, Language, Terms, Value};

/// A Coding.
pub(super) struct Coding<'a> {
    system: Option<Cow<'a, str>>,
    pub(super) code: Option<Cow<'a, str>>,
    display: Option<Cow<'a, str>>,
}

/// The codings of a CodeableConcept; a Coding is its own one, and a code as well, without a system.
pub(super) fn codings<'a>(element: Element<'_, 'a>, take: &mut dyn FnMut(Coding<'a>)) {
    if !element.is_object() {
        return take(Coding { system: None, code: element.text(), display: None });
    }
    let one = |of: Element<'_, 'a>| Coding {
        system: of.text_of("system"),
        code: of.text_of("code"),
        display: of.text_of("display"),
    };
    match element.get("coding") {
        Some(all) => all.items().filter(|item| item.is_object()).for_each(|coding| take(one(coding))),
        None => take(one(element)),
    }
}

/// The words of a CodeableConcept or a Coding, each once.
pub(super) fn concept_texts<'a>(element: Element<'_, 'a>, take: &mut dyn FnMut(Cow<'a, str>)) {
    if !element.is_object() {
        return;
    }
    let text = element.text_of("text");
    let mut last = text.clone();
    text.into_iter().for_each(&mut *take);
    codings(element, &mut |coding| {
        if coding.display.is_some() && coding.display != last {
            last.clone_from(&coding.display);
            coding.display.into_iter().for_each(&mut *take);
        }
    });
}

/// Adds words.
pub(super) fn text<'a>(field: &str, text: Cow<'a, str>, language: Language, terms: &mut Terms<'a>) {
    terms.add(field, Value::Text { text, language });
}

/// Adds what an element says to a field; nothing if it has none of the shapes that the field can be read from.
pub(super) fn add<'a>(
    element: Element<'_, 'a>,
    (field, kind): (&'static str, Kind),
    language: Language,
    terms: &mut Terms<'a>,
) {
    match kind {
        Kind::Code => code(element, field, language, terms),
        Kind::Status => status(element, field, terms),
        Kind::Identifier => identifier(element, field, terms),
        Kind::Name => name(element, field, terms),
        Kind::Date => {
            days(element).into_iter().for_each(|span| {
                terms.add(field, Value::Date(span));
            });
        }
        Kind::Text => words(element, field, language, terms),
        Kind::Reference => reference(element, field, terms),
        // Of an Observation as a whole.
        Kind::Answer => {}
    }
}

/// CodeableConcept, Coding, code.
fn code<'a>(element: Element<'_, 'a>, field: &str, language: Language, terms: &mut Terms<'a>) {
    codings(element, &mut |Coding { system, code, .. }| {
        code.into_iter().for_each(|code| {
            terms.add(field, Value::Code { system: system.clone(), code });
        });
    });
    if matches!(field, "code" | "reason") {
        concept_texts(element, &mut |words| text("text", words, language, terms));
    }
}

/// code; `true` and `false` of `active`; of a CodeableConcept or a Coding the code, and the word for it.
fn status<'a>(element: Element<'_, 'a>, field: &str, terms: &mut Terms<'a>) {
    if let Some(active) = element.boolean() {
        terms.add(field, Value::Status(if active { "active" } else { "inactive" }.into()));
        return;
    }
    codings(element, &mut |Coding { code, display, .. }| {
        let same =
            matches!((&code, &display), (Some(code), Some(display)) if code.eq_ignore_ascii_case(display));
        for word in code.into_iter().chain(display.filter(|_| !same)) {
            terms.add(field, Value::Status(word));
        }
    });
}

/// Identifier, ContactPoint; a string, such as a URL.
fn identifier<'a>(element: Element<'_, 'a>, field: &str, terms: &mut Terms<'a>) {
    // That of a ContactPoint is `phone` or `email`.
    let system = element.text_of("system").filter(|_| field != "phone");
    let value = element.text_of("value").or_else(|| element.text());
    value.into_iter().for_each(|value| {
        terms.add(field, Value::Identifier { system: system.clone(), value });
    });
}

/// HumanName; a string.
fn name<'a>(element: Element<'_, 'a>, field: &str, terms: &mut Terms<'a>) {
    if let Some(name) = element.text() {
        terms.add(field, Value::Name(name));
        return;
    }
    for (part, field) in
        [("family", "family"), ("given", "given"), ("text", field), ("prefix", field), ("suffix", field)]
    {
        element.each(&[part], &mut |part| {
            part.text().into_iter().for_each(|part| {
                terms.add(field, Value::Name(part));
            });
        });
    }
}

/// A string, Annotation, Address, CodeableConcept.
fn words<'a>(element: Element<'_, 'a>, field: &str, language: Language, terms: &mut Terms<'a>) {
    if let Some(words) = element.text() {
        text(field, words, language, terms);
    } else if field == "address" {
        let mut parts = String::new();
        for part in ["line", "city", "district", "state", "postalCode", "country"] {
            element.each(&[part], &mut |part| {
                part.text().into_iter().for_each(|part| {
                    parts.push_str(if parts.is_empty() { "" } else { ", " });
                    parts.push_str(&part);
                });
            });
        }
        let parts = Some(parts).filter(|parts| !parts.is_empty()).map(Cow::Owned);
        parts
            .into_iter()
            .chain(element.text_of("text"))
            .for_each(|words| text(field, words, language, terms));
    } else {
        concept_texts(element, &mut |words| text(field, words, language, terms));
    }
}

/// Reference, canonical; not to what is contained.
fn reference<'a>(element: Element<'_, 'a>, field: &str, terms: &mut Terms<'a>) {
    let to = element.text_of("reference").or_else(|| element.text());
    to.filter(|to| !to.starts_with('#')).into_iter().for_each(|to| {
        terms.add(field, Value::Reference(to));
    });
}
