//! What a question means, as an expression over what records say.

use crate::calendar;
use crate::plain::Plain;
use crate::sound;
use crate::values::{self, Interval, Measured};
use crate::words;

/// What a question means.
#[derive(Debug, Clone)]
pub enum Means {
    All(Vec<Means>),
    Any(Vec<Means>),
    Not(Box<Means>),
    /// Field, system (empty for any), code (empty for any).
    Code(&'static str, &'static str, &'static str),
    /// A code of ICD-10 that begins so.
    Under(&'static str),
    State(&'static str, &'static str),
    Identifier(&'static str, &'static str, &'static str),
    /// These parts are there, and one that begins so.
    Name(&'static str, &'static [&'static str], &'static str),
    Sounds(&'static str, &'static str),
    /// From the beginning of one date to the end of the other; an empty text is open.
    Days(&'static str, &'static str, &'static str),
    /// Code, operator, number, unit.
    Amount(&'static str, &'static str, f64, &'static str),
    Answer(&'static str, &'static str),
    Flag(&'static str, &'static str),
    /// These words, in any order.
    Words(&'static str, &'static str),
    /// One after the other.
    Phrase(&'static str, &'static str),
    Reference(&'static str, &'static str),
}

impl Means {
    pub fn and(self, other: Self) -> Self {
        Self::All(vec![self, other])
    }

    pub fn or(self, other: Self) -> Self {
        Self::Any(vec![self, other])
    }

    pub fn and_not(self, other: Self) -> Self {
        self.and(Self::Not(Box::new(other)))
    }

    /// Whether something in it is about what stands above a code.
    pub fn is_about_above(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::is_about_above),
            Self::Not(inner) => inner.is_about_above(),
            one => matches!(one, Self::Under(_)),
        }
    }

    /// Whether it is true of a record.
    pub fn is_of(&self, record: &Plain) -> bool {
        let measured = |of: &str, holds: &dyn Fn(&Measured) -> bool| {
            record.measured.iter().any(|one| one.codes.iter().any(|code| code == of) && holds(one))
        };
        match self {
            Self::All(parts) => parts.iter().all(|part| part.is_of(record)),
            Self::Any(parts) => parts.iter().any(|part| part.is_of(record)),
            Self::Not(inner) => !inner.is_of(record),
            Self::Code(field, system, code) => record.codes.iter().any(|(of, of_system, of_code)| {
                of == field
                    && (system.is_empty() || of_system == system)
                    && (code.is_empty() || of_code == code)
            }),
            Self::Under(above) => record.codes.iter().any(|(field, system, code)| {
                let bare = |code: &str| code.replace('.', "").to_uppercase();
                *field == "code" && system.contains("icd-10") && bare(code).starts_with(&bare(above))
            }),
            Self::State(field, word) => record.states.contains(&(field, word.to_lowercase())),
            Self::Identifier(field, system, value) => {
                let value = words::identifier(value);
                let same = |of: &(&str, String, String)| {
                    of.0 == *field && of.2 == value && (system.is_empty() || of.1 == *system)
                };
                record.identifiers.iter().any(same)
            }
            Self::Name(field, whole, beginning) => {
                let all = whole.iter().all(|part| record.names.contains(&(field, (*part).into())));
                let begins = |part: &str| part.starts_with(beginning);
                all && (beginning.is_empty() || parts(record, field).any(begins))
            }
            Self::Sounds(field, part) => {
                let sound = sound::of(part);
                parts(record, field).any(|of| sound.is_some() && sound::of(of) == sound)
            }
            Self::Days(field, from, to) => {
                let asked = calendar::between(from, to).unwrap();
                record.days.iter().any(|(of, days)| of == field && days.touch(asked))
            }
            Self::Amount(of, operator, number, unit) => {
                let (asked, unit) = (Interval::of(operator, *number), &values::spelled(unit));
                measured(of, &|one| {
                    let amount = one.amount.as_ref();
                    amount.is_some_and(|(amount, of_unit)| of_unit == unit && amount.touches(asked))
                })
            }
            Self::Answer(of, code) => measured(of, &|one| one.answers.iter().any(|answer| answer == code)),
            Self::Flag(of, flag) => measured(of, &|one| one.flag == Some(flag)),
            Self::Words(field, asked) => {
                let asked = words::words(asked);
                record.texts.iter().any(|(of, text)| of == field && words::has_all(text, &asked))
            }
            Self::Phrase(field, asked) => {
                let asked = words::words(asked);
                record.texts.iter().any(|(of, text)| of == field && words::has_phrase(text, &asked))
            }
            Self::Reference(field, to) => record.references.contains(&(field, (*to).into())),
        }
    }
}

fn parts<'p>(record: &'p Plain, field: &'p str) -> impl Iterator<Item = &'p str> {
    record.names.iter().filter(move |(of, _)| *of == field).map(|(_, part)| part.as_str())
}
