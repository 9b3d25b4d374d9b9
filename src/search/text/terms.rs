//! What a record says, and the keywords of it. `[TEXT-3]`

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::code;
use super::date::{self, Span};
use super::field::{self, Field, Kind};
use super::name;
use super::number::{self, Amount};
use super::sheet::Sheet;
use super::words::{self, Language};
use crate::search::Keyword;

const TYPE: u8 = field::at("type");
const ANSWER: u8 = field::at("code+answer");
const FLAG: u8 = field::at("code+abnormal");

/// One thing that a record says. `[TEXT-3.1]`
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A code, in fields of kind [`Kind::Code`].
    Code {
        /// The system that it is of.
        system: Option<Cow<'a, str>>,
        /// The code.
        code: Cow<'a, str>,
    },
    /// One of a few words, in fields of kind [`Kind::Status`].
    Status(Cow<'a, str>),
    /// An identifier, in fields of kind [`Kind::Identifier`].
    Identifier {
        /// Who has given it.
        system: Option<Cow<'a, str>>,
        /// The identifier.
        value: Cow<'a, str>,
    },
    /// A part of a name, or all of it, in fields of kind [`Kind::Name`].
    Name(Cow<'a, str>),
    /// Days, in fields of kind [`Kind::Date`].
    Date(Span),
    /// What was measured under a code.
    Number {
        /// The code, without its system.
        of: Cow<'a, str>,
        /// How much.
        amount: Amount,
        /// The unit, as UCUM writes it, or in words; empty without one.
        unit: Cow<'a, str>,
    },
    /// What was answered to a code.
    Answer {
        /// The code that was asked, without its system.
        of: Cow<'a, str>,
        /// The code that was answered, without its system.
        code: Cow<'a, str>,
    },
    /// That what was measured under a code is high, low, normal.
    Flag {
        /// The code, without its system.
        of: Cow<'a, str>,
        /// Which.
        flag: Flag,
    },
    /// Words, in fields of kind [`Kind::Text`].
    Text {
        /// The words.
        text: Cow<'a, str>,
        /// What they are written in: their stems are of that language.
        language: Language,
    },
    /// Another record, in fields of kind [`Kind::Reference`].
    Reference(Cow<'a, str>),
}

/// How a result stands to what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flag {
    /// Above, or critically so: `H`, `HH`.
    High,
    /// Below, or critically so: `L`, `LL`.
    Low,
    /// As usual: `N`.
    Normal,
    /// Not as usual, without a direction: `A`, `AA`.
    Abnormal,
}

impl Flag {
    /// The letter: `H`, `L`, `N`, `A`.
    pub fn letter(self) -> &'static str {
        match self {
            Self::High => "H",
            Self::Low => "L",
            Self::Normal => "N",
            Self::Abnormal => "A",
        }
    }

    /// The flag that people and HL7's table of interpretations call so: `high`, `H`, `HH`, ..
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.trim().to_ascii_lowercase().as_str() {
            "h" | "hh" | "hu" | "high" | ">" => Self::High,
            "l" | "ll" | "lu" | "low" | "<" => Self::Low,
            "n" | "normal" => Self::Normal,
            "a" | "aa" | "abnormal" => Self::Abnormal,
            _ => return None,
        })
    }
}

/// What a record says: its type, and values in fields. `[TEXT-3]`
#[derive(Clone, Default)]
pub struct Terms<'a> {
    kind: Cow<'a, str>,
    values: Vec<(&'static Field, Value<'a>)>,
}

/// The type, and how much it is: what it says is the record.
impl fmt::Debug for Terms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terms")
            .field("kind", &self.kind)
            .field("values", &self.values.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Terms<'a> {
    /// Nothing yet, of a record of this type (in FHIR, `resourceType`).
    pub fn new(kind: impl Into<Cow<'a, str>>) -> Self {
        let kind = kind.into();
        let mut terms = Self { kind: kind.clone(), values: Vec::new() };
        if !kind.is_empty() {
            terms.add("type", Value::Status(kind));
        }
        terms
    }

    /// The type of the record.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Adds what the record says in the field of this name. False, and nothing is added, if there is no such field or it holds something else.
    pub fn add(&mut self, field: &str, value: Value<'a>) -> bool {
        let Some(field) = field::named(field) else { return false };
        let fits = match &value {
            Value::Code { .. } => field.kind == Kind::Code,
            Value::Status(_) => field.kind == Kind::Status,
            Value::Identifier { .. } => field.kind == Kind::Identifier,
            Value::Name(_) => field.kind == Kind::Name,
            Value::Date(_) => field.kind == Kind::Date,
            Value::Number { .. } | Value::Answer { .. } | Value::Flag { .. } => field.kind == Kind::Answer,
            Value::Text { .. } => field.kind == Kind::Text,
            Value::Reference(_) => field.kind == Kind::Reference,
        };
        if fits {
            self.values.push((field, value));
        }
        fits
    }

    /// All that it says.
    pub fn values(&self) -> impl Iterator<Item = (&'static Field, &Value<'a>)> {
        self.values.iter().map(|(field, value)| (*field, value))
    }

    /// What it says in one field.
    pub fn of(&self, field: &str) -> impl Iterator<Item = &Value<'a>> {
        let field = field::named(field);
        self.values.iter().filter(move |(of, _)| Some(*of) == field).map(|(_, value)| value)
    }

    /// The keywords, each once: all of the rooms that are written whole, and of the others as many as fit into `budget` keywords, with a mark for each room
    /// of which something was left out. `[TEXT-3.2]`
    pub fn keywords(&self, budget: usize) -> Vec<Keyword> {
        let mut sheet = Sheet::default();
        for (field, value) in &self.values {
            match value {
                Value::Code { system, code } => code::write(field, system.as_deref(), code, &mut sheet),
                Value::Status(word) if field.name == "type" => sheet.put(TYPE, &code::folded(word)),
                Value::Status(_) => {}
                Value::Identifier { system, value } => {
                    code::write_identifier(field, system.as_deref(), value, &mut sheet);
                }
                Value::Name(name) => name::write(field, name, &mut sheet),
                Value::Date(span) => date::write(field, *span, &mut sheet),
                Value::Number { of, amount, unit } => number::write(of, *amount, unit, &mut sheet),
                Value::Answer { of, code } => {
                    sheet.put(ANSWER, &code::pair(&code::bare(of), &code::folded(code)));
                }
                Value::Flag { of, flag } => {
                    sheet.put(FLAG, &code::pair(&code::bare(of), flag.letter()));
                }
                Value::Text { text, language } => words::write(field, text, *language, &mut sheet),
                Value::Reference(to) => code::write_reference(field, to, &mut sheet),
            }
        }
        self.compose(&mut sheet);
        sheet.within(budget)
    }

    /// The codes of the field `code` without their systems, each once.
    fn bare_codes(&self) -> Vec<String> {
        let bare = |value: &Value<'_>| match value {
            Value::Code { code, .. } => Some(code::bare(code)),
            _ => None,
        };
        let mut codes: Vec<_> = self.of("code").filter_map(bare).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// Keywords of two fields together. `[TEXT-3.4]`
    fn compose(&self, sheet: &mut Sheet) {
        let codes = self.bare_codes();
        let kind = code::folded(&self.kind);
        for (field, value) in &self.values {
            match value {
                Value::Status(word) if field.name != "type" => {
                    let word = code::status(word);
                    if word.is_empty() {
                        continue;
                    }
                    if let Some(room) = field.rooms.with_type.filter(|_| !kind.is_empty()) {
                        sheet.put(room, &code::pair(&kind, &word));
                    }
                    if let Some(room) = field.rooms.with_code {
                        codes.iter().for_each(|code| sheet.put(room, &code::pair(code, &word)));
                    }
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
#[path = "terms_tests.rs"]
mod tests;
