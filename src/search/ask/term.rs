//! One thing that is asked of a record. `[TEXT-8.2]`

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use super::error::AskReason;
use super::keys;
use super::scan::Value;
use super::types;
use crate::search::text::words::{self, Word};
use crate::search::text::{
    Amount, DateError, Field, Flag, Kind, Language, Span, code, name, named as field_named, number,
};

/// Words in one value, at most.
pub(super) const MAX_WORDS: usize = 16;
/// The largest number that can be asked for.
const MAX_NUMBER: f64 = 1e300;
/// Letters that the beginning of a code has, at least.
const SHORTEST_PREFIX: usize = 3;
/// Letters that the beginning of a name has, at least.
const SHORTEST_START: usize = 2;

/// What stands between a field and a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    Above,
    AtLeast,
    Below,
    AtMost,
    Sounds,
}

/// Which part of a name is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamePart {
    /// All of it.
    Whole,
    /// The last part is the beginning of one.
    Start,
    /// It sounds so.
    Sound,
}

/// What is asked, in the spelling in which it is compared.
#[derive(Clone, PartialEq)]
pub(super) enum What {
    Code {
        system: Option<String>,
        code: String,
    },
    System(String),
    Under {
        system: Option<String>,
        code: String,
    },
    Type(String),
    Status(String),
    Identifier {
        system: Option<String>,
        value: String,
    },
    Name {
        name: String,
        parts: Vec<String>,
        how: NamePart,
    },
    Date(Span),
    Number {
        of: String,
        operator: Operator,
        number: f64,
        unit: String,
    },
    /// A number, or a code that is one.
    Digits {
        of: String,
        digits: String,
    },
    Answer {
        of: String,
        code: String,
    },
    Flag {
        of: String,
        flag: Flag,
    },
    Text {
        text: String,
        words: Vec<Word>,
        phrase: bool,
    },
    Reference(String),
}

/// Where a term stands: it says nothing about what is asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Place(pub(super) Range<usize>);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl From<Range<usize>> for Place {
    fn from(at: Range<usize>) -> Self {
        Self(at)
    }
}

/// A field, and what is asked of it.
#[derive(Clone, PartialEq)]
pub(super) struct Term {
    pub(super) field: &'static Field,
    pub(super) what: What,
    pub(super) at: Place,
}

impl Term {
    /// Checks that there can be keywords of it.
    pub(super) fn new(field: &'static Field, what: What) -> Result<Self, AskReason> {
        let term = Self { field, what, at: Place::default() };
        match &term.what {
            What::Status(word) => keys::keyword("type+status", word).map(drop)?,
            _ => keys::of(&term).map(drop)?,
        }
        Ok(term)
    }
}

impl What {
    /// Digits with a unit behind them are a number.
    pub(super) fn with_unit(self, text: &str) -> Self {
        match self {
            Self::Digits { of, digits } => {
                let number = digits.parse().unwrap_or_default();
                Self::Number { of, operator: Operator::Is, number, unit: unit(text) }
            }
            other => other,
        }
    }
}

impl Operator {
    /// The numbers that stand so to one.
    pub(super) fn amount(self, number: f64) -> Option<Amount> {
        match self {
            Self::Is | Self::Sounds => Amount::exactly(number),
            Self::Above => Amount::above(number),
            Self::AtLeast => Amount::at_least(number),
            Self::Below => Amount::below(number),
            Self::AtMost => Amount::at_most(number),
        }
    }

    /// The days that stand so to a span.
    pub(super) fn span(self, span: Span) -> Option<Span> {
        match self {
            Self::Is | Self::Sounds => Some(span),
            Self::Above => span.later(),
            Self::AtLeast => Some(span.or_later()),
            Self::Below => span.earlier(),
            Self::AtMost => Some(span.or_earlier()),
        }
    }
}

/// Reads a value of any kind but [`Kind::Answer`].
pub(super) fn read(
    field: &'static Field,
    operator: Operator,
    value: &Value,
    language: Language,
) -> Result<Term, AskReason> {
    let text = value.text.as_str();
    let what = match field.kind {
        Kind::Code => coded(field, value)?,
        Kind::Status if field.name == "type" => What::Type(types::spelled(&exact(field, value)?)),
        Kind::Status => What::Status(code::status(&exact(field, value)?)),
        Kind::Identifier => {
            let text = exact(field, value)?;
            match text.split_once('|') {
                Some((system, value)) => identifier(Some(system), value)?,
                None => identifier(None, &text)?,
            }
        }
        Kind::Name => {
            let start = ends_with_star(value)?;
            let how = match operator {
                Operator::Sounds if start => return Err(AskReason::Star),
                Operator::Sounds => NamePart::Sound,
                _ if start => NamePart::Start,
                _ => NamePart::Whole,
            };
            named(if start { text.get(..text.len() - 1).unwrap_or_default() } else { text }, how)?
        }
        Kind::Date => {
            let span = match text.split_once("..") {
                Some((from, to)) if operator == Operator::Is => {
                    Span::between(Span::parse(from)?, Span::parse(to)?)?
                }
                Some(_) => return Err(DateError::Form.into()),
                None => Span::parse(text)?,
            };
            What::Date(operator.span(span).ok_or(AskReason::NoDay)?)
        }
        Kind::Text if !value.stars.is_empty() => return Err(AskReason::StarInText),
        Kind::Text => self::text(text, value.quoted, language)?,
        Kind::Reference => What::Reference(reference(&exact(field, value)?)?),
        Kind::Answer => return Err(AskReason::OfWhichCode),
    };
    let under = field_named("under").filter(|_| matches!(what, What::Under { .. }));
    Term::new(under.unwrap_or(field), what)
}

/// Whether the last character is a `*`, and no other is one.
fn ends_with_star(value: &Value) -> Result<bool, AskReason> {
    match value.stars.as_slice() {
        [] => Ok(false),
        [at] if *at > 0 && at + 1 == value.text.len() => Ok(true),
        _ => Err(AskReason::Star),
    }
}

/// A value that is not found by its beginning; in quotes, and inside of it, a `*` is one.
fn exact(field: &'static Field, value: &Value) -> Result<String, AskReason> {
    let last = value.text.len() - 1;
    match value.quoted {
        false if value.stars.contains(&last) => Err(AskReason::StarHere { field: field.name }),
        false if value.stars.contains(&0) => Err(AskReason::Star),
        _ => Ok(value.text.clone()),
    }
}

fn coded(field: &'static Field, value: &Value) -> Result<What, AskReason> {
    let by_start = !value.quoted && value.stars.contains(&(value.text.len() - 1));
    let is_code = matches!(field.name, "code" | "under");
    let text = match by_start {
        true if value.stars.contains(&0) => return Err(AskReason::Star),
        true if !is_code => return Err(AskReason::NoPrefixes { field: field.name }),
        true => value.text.get(..value.text.len() - 1).unwrap_or_default(),
        false => &exact(field, value)?,
    };
    let (system, code) = match text.split_once('|') {
        Some((system, code)) => (Some(system), code),
        None => (None, text),
    };
    if by_start && code::undotted(code).chars().count() < SHORTEST_PREFIX {
        return Err(AskReason::ShortPrefix { least: SHORTEST_PREFIX });
    }
    of_system(if by_start { "under" } else { field.name }, system, code)
}

/// A code of a field; the field of what is asked by its beginning is `under`.
pub(super) fn of_system(field: &str, system: Option<&str>, code: &str) -> Result<What, AskReason> {
    let system = system.map(code::folded).filter(|system| !system.is_empty());
    if system.as_ref().is_some_and(|system| system.contains('|')) {
        return Err(AskReason::System);
    }
    let code = code::folded(code);
    match (system, code.is_empty()) {
        (Some(system), true) if field == "code" => Ok(What::System(system)),
        (_, true) => Err(AskReason::NoValue),
        (system, false) if field == "under" => Ok(What::Under { system, code }),
        (system, false) => Ok(What::Code { system, code }),
    }
}

pub(super) fn identifier(system: Option<&str>, value: &str) -> Result<What, AskReason> {
    let system = system.map(code::folded).filter(|system| !system.is_empty());
    if system.as_ref().is_some_and(|system| system.contains('|')) {
        return Err(AskReason::System);
    }
    let value = code::identifier(value);
    if value.is_empty() { Err(AskReason::NoLetters) } else { Ok(What::Identifier { system, value }) }
}

pub(super) fn named(text: &str, how: NamePart) -> Result<What, AskReason> {
    let parts = name::parts(text)?;
    match (parts.len(), parts.last()) {
        (_, None) => Err(AskReason::NoLetters),
        (count, _) if count > MAX_WORDS => Err(AskReason::TooManyWords),
        (_, Some(last)) if how == NamePart::Start && name::start(last).is_none() => {
            Err(AskReason::ShortPrefix { least: SHORTEST_START })
        }
        _ => Ok(What::Name { name: text.trim().into(), parts, how }),
    }
}

pub(super) fn text(text: &str, quoted: bool, language: Language) -> Result<What, AskReason> {
    let words = words::words(text, language)?;
    match words.len() {
        0 if text.chars().any(char::is_alphanumeric) => Err(AskReason::StopWords),
        0 => Err(AskReason::NoLetters),
        count if count > MAX_WORDS => Err(AskReason::TooManyWords),
        count => Ok(What::Text { text: text.trim().into(), words, phrase: quoted && count > 1 }),
    }
}

pub(super) fn reference(text: &str) -> Result<String, AskReason> {
    let to = code::reference(text);
    if to.contains(['/', ':', '#']) { Ok(to) } else { Err(AskReason::Reference) }
}

/// The code that an answer is given to.
pub(super) fn of_code(text: &str) -> Result<String, AskReason> {
    match text.split_once('|') {
        Some(("", code)) => Ok(code::folded(code)),
        Some(_) => Err(AskReason::OfSystem),
        None => Ok(code::folded(text)),
    }
    .and_then(|code| if code.is_empty() { Err(AskReason::OfWhichCode) } else { Ok(code) })
}

/// A unit as it is compared.
pub(super) fn unit(text: &str) -> String {
    number::unit(text)
}

/// Reads what is asked of the answers to a code.
pub(super) fn answer(of: String, operator: Operator, value: &Value) -> Result<What, AskReason> {
    let text = value.text.trim();
    if operator != Operator::Is {
        let read = if value.quoted { None } else { a_number(text) };
        let (number, rest) = read.ok_or(AskReason::NotANumber)?;
        if rest.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',') {
            return Err(AskReason::NotANumber);
        }
        return Ok(What::Number { of, operator, number, unit: unit(rest) });
    }
    if value.quoted {
        return Ok(What::Answer { of, code: code::folded(text) });
    }
    if let Some((number, "")) = a_number(text) {
        return Ok(match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => What::Digits { of, digits: text.to_string() },
            false => What::Number { of, operator, number, unit: String::new() },
        });
    }
    let flags = [Flag::High, Flag::Low, Flag::Normal, Flag::Abnormal];
    if let Some(flag) = flags.into_iter().find(|flag| text.eq_ignore_ascii_case(flag_name(*flag))) {
        return Ok(What::Flag { of, flag });
    }
    match value.stars.last() {
        Some(at) if at + 1 == value.text.len() => Err(AskReason::StarHere { field: "value" }),
        _ => Ok(What::Answer { of, code: code::folded(text) }),
    }
}

/// The word for a flag.
pub(super) fn flag_name(flag: Flag) -> &'static str {
    match flag {
        Flag::High => "high",
        Flag::Low => "low",
        Flag::Normal => "normal",
        Flag::Abnormal => "abnormal",
    }
}

/// A number that a text begins with, in digits, and what follows.
fn a_number(text: &str) -> Option<(f64, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = |at: usize| text.get(at..).unwrap_or_default();
    let mut end = usize::from(text.starts_with(['-', '+']));
    let whole = digits(rest(end));
    if whole == 0 {
        return None;
    }
    end += whole;
    if rest(end).starts_with('.') && digits(rest(end + 1)) > 0 {
        end += 1 + digits(rest(end + 1));
    }
    if rest(end).starts_with(['e', 'E']) {
        let sign = usize::from(rest(end + 1).starts_with(['-', '+']));
        let power = digits(rest(end + 1 + sign));
        if power > 0 {
            end += 1 + sign + power;
        }
    }
    let number: f64 = text.get(..end)?.parse().ok()?;
    is_askable(number).then(|| (number, rest(end)))
}

/// Whether a number can be asked for.
pub(super) fn is_askable(number: f64) -> bool {
    number.abs() <= MAX_NUMBER
}
