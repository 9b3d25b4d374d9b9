//! What was measured or answered: the values of an Observation and of its components.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::tape::Element;
use super::values::{codings, concept_texts, text};
use crate::search::text::{Amount, Flag, Language, Terms, Value};

/// A Quantity that is a number: how much, and of what.
struct Measured<'a> {
    amount: Amount,
    unit: Cow<'a, str>,
}

/// Adds what an Observation says, and each of its components, under every code of theirs.
pub(super) fn add<'a>(resource: Element<'_, 'a>, language: Language, terms: &mut Terms<'a>) {
    let mut flags = Vec::new();
    answer(resource, language, terms, &mut flags);
    resource.each(&["component"], &mut |component| answer(component, language, terms, &mut flags));
    for (at, flag) in flags.iter().enumerate() {
        if !flags.iter().take(at).any(|before| before == flag) {
            terms.add("abnormal", Value::Status(word(*flag).into()));
        }
    }
}

/// The word of a flag.
fn word(flag: Flag) -> &'static str {
    match flag {
        Flag::High => "high",
        Flag::Low => "low",
        Flag::Normal => "normal",
        Flag::Abnormal => "abnormal",
    }
}

/// The values of an Observation, or of one component.
fn answer<'a>(of: Element<'_, 'a>, language: Language, terms: &mut Terms<'a>, all_flags: &mut Vec<Flag>) {
    let mut codes: Vec<Cow<'a, str>> = Vec::new();
    of.each(&["code"], &mut |concept| {
        codings(concept, &mut |coding| {
            codes.extend(coding.code.filter(|code| !codes.contains(code)));
        });
    });
    let mut add = |value: &dyn Fn(Cow<'a, str>) -> Value<'a>| {
        codes.iter().for_each(|code| {
            terms.add("value", value(code.clone()));
        });
    };
    let measured = measured(of);
    if let Some(Measured { amount, unit }) = &measured {
        add(&|of| Value::Number { of, amount: *amount, unit: unit.clone() });
    }
    if let Some(answer) = of.get("valueBoolean").and_then(Element::boolean) {
        add(&|of| Value::Answer { of, code: if answer { "true" } else { "false" }.into() });
    }
    let concept = of.get("valueCodeableConcept");
    if let Some(concept) = concept {
        codings(concept, &mut |coding| {
            if let Some(code) = coding.code {
                add(&|of| Value::Answer { of, code: code.clone() });
            }
        });
    }
    let flags = flags(of, measured.as_ref());
    flags.iter().for_each(|flag| add(&|of| Value::Flag { of, flag: *flag }));
    all_flags.extend(flags);

    let words = of.get("valueString").and_then(Element::text);
    words.into_iter().for_each(|words| text("text", words, language, terms));
    if let Some(concept) = concept {
        concept_texts(concept, &mut |words| text("text", words, language, terms));
    }
}

/// What was measured; `None` if it is no number.
fn measured<'a>(of: Element<'_, 'a>) -> Option<Measured<'a>> {
    if let Some(quantity) = of.get("valueQuantity") {
        return Some(Measured { amount: amount(quantity)?, unit: unit(quantity) });
    }
    if let Some(integer) = of.get("valueInteger") {
        return Some(Measured { amount: Amount::exactly(integer.number()?)?, unit: Cow::Borrowed("") });
    }
    let range = of.get("valueRange")?;
    let (low, high) = (range.get("low"), range.get("high"));
    let ends = (low.map(|end| bound(end)), high.map(|end| bound(end)));
    let amount = match ends {
        (Some(low), Some(high)) => Amount::between(low?, high?)?,
        (Some(low), None) => Amount::at_least(low?)?,
        (None, Some(high)) => Amount::at_most(high?)?,
        (None, None) => return None,
    };
    let [low, high] = [low, high].map(|end| end.map(unit).filter(|unit| !unit.is_empty()));
    match (low, high) {
        (Some(low), Some(high)) if low != high => None,
        (low, high) => Some(Measured { amount, unit: low.or(high).unwrap_or_default() }),
    }
}

/// The number of a Quantity, or all numbers that it may be.
fn amount(quantity: Element<'_, '_>) -> Option<Amount> {
    let number = bound(quantity)?;
    match quantity.get("comparator") {
        None => Amount::exactly(number),
        Some(comparator) => match comparator.text()?.trim() {
            "<" => Amount::below(number),
            "<=" => Amount::at_most(number),
            ">" => Amount::above(number),
            ">=" => Amount::at_least(number),
            _ => None,
        },
    }
}

/// The number of a Quantity.
fn bound(quantity: Element<'_, '_>) -> Option<f64> {
    quantity.get("value")?.number()
}

/// The unit of a Quantity: its code (UCUM, nearly always), or else as it is written.
fn unit<'a>(quantity: Element<'_, 'a>) -> Cow<'a, str> {
    quantity.text_of("code").or_else(|| quantity.text_of("unit")).unwrap_or_default()
}

/// Both names of the unit of a Quantity.
fn names<'a>(of: Element<'_, 'a>) -> [Cow<'a, str>; 2] {
    [of.text_of("code"), of.text_of("unit")].map(Option::unwrap_or_default)
}

/// High, low, normal: as it was interpreted, or else as the first reference range says.
fn flags(of: Element<'_, '_>, measured: Option<&Measured<'_>>) -> Vec<Flag> {
    let mut flags = Vec::new();
    of.each(&["interpretation"], &mut |concept| {
        codings(concept, &mut |coding| {
            let flag = coding.code.and_then(|code| Flag::named(&code));
            flags.extend(flag.filter(|flag| !flags.contains(flag)));
        });
    });
    if flags.is_empty() {
        flags.extend(measured.and_then(|measured| against_range(of, measured)));
    }
    flags
}

/// How a number stands to the first reference range, if both are of one unit.
fn against_range(of: Element<'_, '_>, Measured { amount, unit }: &Measured<'_>) -> Option<Flag> {
    let range = of.get("referenceRange")?.items().next()?;
    let quantity = of.get("valueQuantity");
    let ends = [range.get("low"), range.get("high")];
    let agrees = |end: &Element<'_, '_>| {
        let (known, here) = (quantity.map_or([unit.clone(), Cow::Borrowed("")], names), names(*end));
        here.iter().all(|name| name.is_empty())
            || here.iter().any(|name| !name.is_empty() && known.contains(name))
    };
    if !ends.iter().flatten().all(agrees) {
        return None;
    }
    let [low, high] = ends.map(|end| end.and_then(bound));
    if low.is_none() && high.is_none() {
        return None;
    }
    let (low, high) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
    if amount.low() > high {
        Some(Flag::High)
    } else if amount.high() < low {
        Some(Flag::Low)
    } else {
        (low <= amount.low() && amount.high() <= high).then_some(Flag::Normal)
    }
}
