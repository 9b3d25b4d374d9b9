//! What a record says, and the keywords of it. `[TEXT-3]`

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::code;
use super::date::{self, Span};
use super::field::{self, Field, Kind, ROOMS, Room};
use super::name;
use super::number::{self, Amount};
use super::words::{self, Language};
use crate::search::Keyword;

/// Most keywords of one record, whatever it says: beyond them nothing is written, and the record is found by every question. `[TEXT-3.3]`
const MAX_KEYWORDS: usize = 1024;
/// The field of the marks for what was left out.
pub(in crate::search) const CUT: &str = "cut";
/// The mark of a record that has more keywords than any may have.
pub(in crate::search) const CUT_ALL: &str = "all";

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
#[derive(Debug, Clone, Default)]
pub struct Terms<'a> {
    kind: Cow<'a, str>,
    values: Vec<(&'static Field, Value<'a>)>,
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
                Value::Code { system, code } => code::write(field.name, system.as_deref(), code, &mut sheet),
                Value::Status(word) if field.name == "type" => sheet.put("type", word),
                Value::Status(_) => {}
                Value::Identifier { system, value } => {
                    code::write_identifier(field.name, system.as_deref(), value, &mut sheet);
                }
                Value::Name(name) => name::write(field.name, name, &mut sheet),
                Value::Date(span) => date::write(field.name, *span, &mut sheet),
                Value::Number { of, amount, unit } => number::write(of, *amount, unit, &mut sheet),
                Value::Answer { of, code } => {
                    sheet.put("code+answer", &code::pair(&code::bare(of), &code::folded(code)));
                }
                Value::Flag { of, flag } => {
                    sheet.put("code+abnormal", &code::pair(&code::bare(of), flag.letter()));
                }
                Value::Text { text, language } => words::write(field.name, text, *language, &mut sheet),
                Value::Reference(to) => code::write_reference(field.name, to, &mut sheet),
            }
        }
        self.compose(&mut sheet);
        sheet.within(budget)
    }

    /// The codes of a field without their systems, each once.
    fn bare_codes(&self, field: &str) -> Vec<String> {
        let bare = |value: &Value<'_>| match value {
            Value::Code { code, .. } => Some(code::bare(code)),
            _ => None,
        };
        let mut codes: Vec<_> = self.of(field).filter_map(bare).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// Keywords of two fields together. `[TEXT-3.4]`
    fn compose(&self, sheet: &mut Sheet) {
        let (codes, categories) = (self.bare_codes("code"), self.bare_codes("category"));
        for (field, value) in &self.values {
            match value {
                Value::Status(word) if field.name != "type" => {
                    let word = code::status(word);
                    sheet.put_composite("type", field.name, &code::pair(&self.kind, &word));
                    codes.iter().for_each(|code| {
                        sheet.put_composite("code", field.name, &code::pair(code, &word));
                    });
                }
                Value::Date(span) if field.name == "date" => {
                    for month in date::months(*span) {
                        sheet.put("type+month", &code::pair(&self.kind, &month));
                        codes.iter().for_each(|code| sheet.put("code+month", &code::pair(code, &month)));
                        let months = categories.iter().map(|category| code::pair(category, &month));
                        months.for_each(|value| sheet.put("category+month", &value));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Keywords as they are gathered, room by room.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// Where the room stands in [`ROOMS`], and the keyword.
    kept: Vec<(usize, Keyword)>,
    /// Rooms in which something could not be written.
    refused: Vec<usize>,
}

impl Sheet {
    /// Writes a keyword; what cannot be one, such as a code of 600 bytes, makes the room incomplete.
    pub(super) fn put(&mut self, room: &str, value: &str) {
        let Some(at) = ROOMS.iter().position(|known| known.name == room) else { return };
        match Keyword::new(room, value) {
            Ok(keyword) => self.kept.push((at, keyword)),
            Err(_) => self.refused.push(at),
        }
    }

    /// Writes a keyword of two fields, if there is a room for them.
    fn put_composite(&mut self, first: &str, second: &str, value: &str) {
        let joined = |room: &&Room| room.name.split_once('+') == Some((first, second));
        if let Some(room) = ROOMS.iter().find(joined) {
            self.put(room.name, value);
        }
    }

    /// Says that not all of a room is written.
    pub(super) fn refuse(&mut self, room: &str) {
        self.refused.extend(ROOMS.iter().position(|known| known.name == room));
    }

    fn within(self, budget: usize) -> Vec<Keyword> {
        let Self { mut kept, mut refused } = self;
        kept.sort_unstable();
        kept.dedup();
        let whole = |at: usize| ROOMS.get(at).is_some_and(|room| room.whole);
        let mut room_for = budget.saturating_sub(kept.iter().filter(|(at, _)| whole(*at)).count());
        let mut keywords = Vec::with_capacity(kept.len().min(budget) + 1);
        let mut too_many = false;
        for (at, keyword) in kept {
            if keywords.len() >= MAX_KEYWORDS {
                too_many = true;
                break;
            }
            if whole(at) {
                keywords.push(keyword);
            } else if room_for > 0 {
                room_for -= 1;
                keywords.push(keyword);
            } else {
                refused.push(at);
            }
        }
        // What is no keyword cannot be asked for, and needs no mark where there is nothing but single values.
        refused.retain(|at| ROOMS.get(*at).is_some_and(|room| room.marked));
        refused.sort_unstable();
        refused.dedup();
        let marks = refused.iter().filter_map(|at| ROOMS.get(*at)).map(|room| room.name);
        keywords
            .extend(marks.chain(too_many.then_some(CUT_ALL)).filter_map(|name| Keyword::new(CUT, name).ok()));
        keywords
    }
}
