//! Questions that programs put together: values as they are, without quotes and backslashes. `[TEXT-8.1]`

use alloc::string::String;

use super::error::{AskError, AskReason};
use super::term::{self, NamePart, Operator, Term, What};
use super::types;
use super::{Node, Question};
use crate::search::text::{FIELDS, Field, Flag, Kind, Language, Span, code, named};

/// The field `date`.
#[allow(clippy::indexing_slicing)] // by the compiler, which refuses what is not there
const DATE: &Field = {
    let mut at = 0;
    while !matches!(FIELDS[at].name.as_bytes(), b"date") {
        at += 1;
    }
    &FIELDS[at]
};

type Built = Result<Question, AskError>;

fn refused(reason: AskReason) -> AskError {
    AskError::new(0..0, reason)
}

fn field(name: &str, kind: Kind) -> Result<&'static Field, AskError> {
    match named(name) {
        Some(field) if field.kind == kind => Ok(field),
        Some(field) => Err(refused(AskReason::WrongKind { field: field.name })),
        None => Err(refused(AskReason::UnknownField { near: None })),
    }
}

fn built(field: &'static Field, what: Result<What, AskReason>) -> Built {
    let term = what.and_then(|what| Term::new(field, what)).map_err(refused)?;
    Ok(Question(Node::Term(term)))
}

fn clean(text: &str) -> Result<&str, AskReason> {
    match text.trim() {
        "" => Err(AskReason::NoValue),
        text if text.chars().any(char::is_control) => Err(AskReason::Control),
        text => Ok(text),
    }
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct $name(&'static Field);
        )*
    };
}

fields! {
    /// A field of codes: [`Question::codes`].
    Codes
    /// A field of a few words: [`Question::status`].
    Statuses
    /// A field of identifiers: [`Question::identifiers`].
    Identifiers
    /// A field of names: [`Question::names`].
    Names
    /// A field of days: [`Question::date`], [`Question::dates`].
    Dates
    /// A field of words: [`Question::texts`].
    Texts
    /// A field of references: [`Question::references`].
    References
}

/// Answers to a code: [`Question::value`].
#[derive(Clone, PartialEq, Eq)]
pub struct Answers(&'static Field, String);

impl core::fmt::Debug for Answers {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Answers(..)")
    }
}

/// Terms. Each of these functions refuses what is no field of the kind, and each of theirs what cannot be a value: empty, longer than a keyword may be, with control
/// characters.
impl Question {
    /// A code of any system, in the field `code`.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn code(code: &str) -> Built {
        Self::codes("code")?.is(code)
    }

    /// A field of codes.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn codes(name: &str) -> Result<Codes, AskError> {
        field(name, Kind::Code).map(Codes)
    }

    /// A type of resource: `Observation`.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn kind(name: &str) -> Built {
        let of = field("type", Kind::Status)?;
        built(of, clean(name).map(|name| What::Type(types::spelled(name))))
    }

    /// A field of a few words: to be joined with a type or a code.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn status(name: &str) -> Result<Statuses, AskError> {
        field(name, Kind::Status).map(Statuses)
    }

    /// A field of identifiers.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn identifiers(name: &str) -> Result<Identifiers, AskError> {
        field(name, Kind::Identifier).map(Identifiers)
    }

    /// A field of names: `name`, `family`, `given`.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn names(name: &str) -> Result<Names, AskError> {
        field(name, Kind::Name).map(Names)
    }

    /// The field `date`.
    pub fn date() -> Dates {
        Dates(DATE)
    }

    /// A field of days.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn dates(name: &str) -> Result<Dates, AskError> {
        field(name, Kind::Date).map(Dates)
    }

    /// What was measured or answered under a code, without its system.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn value(of: &str) -> Result<Answers, AskError> {
        let field = field("value", Kind::Answer)?;
        let code = clean(of).map(code::folded).map_err(refused)?;
        Ok(Answers(field, code))
    }

    /// A field of words.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn texts(name: &str) -> Result<Texts, AskError> {
        field(name, Kind::Text).map(Texts)
    }

    /// A field of references.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn references(name: &str) -> Result<References, AskError> {
        field(name, Kind::Reference).map(References)
    }
}

impl Codes {
    /// This code, of any system; in the field `under`, a code that it stands above.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn is(self, code: &str) -> Built {
        built(self.0, clean(code).and_then(|code| term::of_system(self.0.name, None, code)))
    }

    /// This code of this system.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn is_of(self, system: &str, code: &str) -> Built {
        let what = clean(system).and_then(|system| term::of_system(self.0.name, Some(system), clean(code)?));
        built(self.0, what)
    }

    /// Any code of this system; in the field `code` alone.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn any_of(self, system: &str) -> Built {
        built(self.0, clean(system).and_then(|system| term::of_system(self.0.name, Some(system), "")))
    }
}

impl Statuses {
    /// This word, whatever its case.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn is(self, word: &str) -> Built {
        if self.0.name == "type" {
            return Question::kind(word);
        }
        built(self.0, clean(word).map(|word| What::Status(code::status(word))))
    }
}

impl Identifiers {
    /// This identifier; of its characters, letters and digits count.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn is(self, value: &str) -> Built {
        built(self.0, clean(value).and_then(|value| term::identifier(None, value)))
    }

    /// This identifier, given by this system.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn is_of(self, system: &str, value: &str) -> Built {
        let what = clean(system).and_then(|system| term::identifier(Some(system), clean(value)?));
        built(self.0, what)
    }
}

impl Names {
    fn part(self, name: &str, how: NamePart) -> Built {
        built(self.0, clean(name).and_then(|name| term::named(name, how)))
    }

    /// All of these parts.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn is(self, name: &str) -> Built {
        self.part(name, NamePart::Whole)
    }

    /// All of these parts, the last of which is the beginning of one: two letters at least.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn starts(self, name: &str) -> Built {
        self.part(name, NamePart::Start)
    }

    /// Parts that sound like these.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn sounds(self, name: &str) -> Built {
        self.part(name, NamePart::Sound)
    }
}

impl Dates {
    fn days(self, span: Span) -> Question {
        Question(Node::Term(Term { field: self.0, what: What::Date(span), at: Default::default() }))
    }

    /// A day of these.
    pub fn within(self, span: Span) -> Question {
        self.days(span)
    }

    /// The first of these days, or a later one.
    pub fn since(self, span: Span) -> Question {
        self.days(span.or_later())
    }

    /// The last of these days, or an earlier one.
    pub fn until(self, span: Span) -> Question {
        self.days(span.or_earlier())
    }

    /// A day after all of these; `None` if there is none.
    pub fn after(self, span: Span) -> Option<Question> {
        span.later().map(|span| self.days(span))
    }

    /// A day before all of these; `None` if there is none.
    pub fn before(self, span: Span) -> Option<Question> {
        span.earlier().map(|span| self.days(span))
    }
}

impl Texts {
    /// All of these words, in one text.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn words(self, text: &str, language: Language) -> Built {
        built(self.0, clean(text).and_then(|text| term::text(text, false, language)))
    }

    /// These words one after the other.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn phrase(self, text: &str, language: Language) -> Built {
        built(self.0, clean(text).and_then(|text| term::text(text, true, language)))
    }
}

impl References {
    /// This record: `Encounter/4711`.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn is(self, to: &str) -> Built {
        built(self.0, clean(to).and_then(term::reference).map(What::Reference))
    }
}

impl Answers {
    fn number(&self, operator: Operator, number: f64, unit: &str) -> Built {
        let of = self.1.clone();
        let what = match term::is_askable(number) {
            true => Ok(What::Number { of, operator, number, unit: term::unit(unit) }),
            false => Err(AskReason::NotANumber),
        };
        built(self.0, what)
    }

    /// This number of a unit; of an empty one, for those without.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn equals(&self, number: f64, unit: &str) -> Built {
        self.number(Operator::Is, number, unit)
    }

    /// Greater than this number.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn above(&self, number: f64, unit: &str) -> Built {
        self.number(Operator::Above, number, unit)
    }

    /// This number or greater.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn at_least(&self, number: f64, unit: &str) -> Built {
        self.number(Operator::AtLeast, number, unit)
    }

    /// Less than this number.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn below(&self, number: f64, unit: &str) -> Built {
        self.number(Operator::Below, number, unit)
    }

    /// This number or less.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn at_most(&self, number: f64, unit: &str) -> Built {
        self.number(Operator::AtMost, number, unit)
    }

    /// This code, whatever its system.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn is(&self, code: &str) -> Built {
        let what = clean(code).map(|code| What::Answer { of: self.1.clone(), code: code::folded(code) });
        built(self.0, what)
    }

    /// High, low, normal, abnormal.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn flagged(&self, flag: Flag) -> Built {
        built(self.0, Ok(What::Flag { of: self.1.clone(), flag }))
    }
}
