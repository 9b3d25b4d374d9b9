//! Why a question is refused, where, and what can be asked instead. `[TEXT-8.6]`

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::ops::Range;

use thiserror::Error;

use super::{MAX_DEPTH, MAX_TERMS, MAX_TEXT_BYTES, MAX_WORDS};
use crate::search::KeywordError;
use crate::search::text::{DateError, Kind, UNICODE_VERSION, Unassigned};

/// A question that is refused. `[TEXT-8.6]`
///
/// Neither it nor its text repeats what was asked for, which may tell of a patient: [`at`](Self::at) says where to look. Names of fields are told.
///
/// ```
/// # use hippocrypt::search::ask::Question;
/// # use hippocrypt::search::text::Language;
/// let error = Question::parse("cdoe:4548-4", Language::English).unwrap_err();
/// assert_eq!(error.at(), 0..4);
/// assert_eq!(error.to_string(), "there is no field of this name; did you mean `code`?");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskError {
    pub(super) at: Range<usize>,
    pub(super) reason: AskReason,
}

impl AskError {
    pub(super) fn new(at: Range<usize>, reason: impl Into<AskReason>) -> Self {
        Self { at, reason: reason.into() }
    }

    /// Where in the text, in bytes; empty and 0 of a question that was not read from one.
    pub fn at(&self) -> Range<usize> {
        self.at.clone()
    }

    /// What is wrong.
    pub fn reason(&self) -> &AskReason {
        &self.reason
    }

    /// What can be asked instead.
    pub fn hint(&self) -> String {
        self.reason.hint()
    }
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.reason, self.reason.hint())
    }
}

impl core::error::Error for AskError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.reason)
    }
}

/// What is wrong with a question. `[TEXT-8.6]`
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AskReason {
    /// Nothing is asked.
    #[error("nothing is asked for")]
    Empty,
    /// The text is too long.
    #[error("the question has {bytes} bytes, and {MAX_TEXT_BYTES} is the most")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Too many terms.
    #[error("the question has more than {MAX_TERMS} terms")]
    TooManyTerms,
    /// Too deeply nested.
    #[error("the question is nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// Too many words in one value.
    #[error("a value has more than {MAX_WORDS} words")]
    TooManyWords,
    /// A parenthesis that is not closed.
    #[error("this parenthesis is not closed")]
    Unclosed,
    /// A parenthesis that was not opened.
    #[error("this parenthesis was not opened")]
    Unopened,
    /// Quotes that are not closed.
    #[error("these quotes are not closed")]
    UnclosedQuotes,
    /// Something right behind quotes.
    #[error("something stands right behind the quotes")]
    AfterQuotes,
    /// A term is missing.
    #[error("a term is missing here")]
    NoTerm,
    /// A value is missing.
    #[error("a value is missing here")]
    NoValue,
    /// A backslash at the end.
    #[error("nothing follows the backslash")]
    Backslash,
    /// A control character.
    #[error("a control character stands here")]
    Control,
    /// A character that this version does not know.
    #[error("a character stands here that Unicode {}.{} does not know", UNICODE_VERSION.0, UNICODE_VERSION.1)]
    Unassigned,
    /// No such field.
    #[error("there is no field of this name")]
    UnknownField {
        /// The one that was meant, perhaps.
        near: Option<&'static str>,
    },
    /// A name that the index has for itself.
    #[error("this name is the index's own and cannot be asked for")]
    Reserved,
    /// A field of keywords that joins two.
    #[error("keywords of two fields are not asked for by name")]
    Composite,
    /// A field of another kind is needed.
    #[error("the field `{field}` holds something else")]
    WrongKind {
        /// The field.
        field: &'static str,
    },
    /// An operator that is none, or none of this kind of field.
    #[error("this cannot be asked of the field `{field}`")]
    Operator {
        /// The field.
        field: &'static str,
        /// What it holds.
        kind: Kind,
    },
    /// `=` and `!=`.
    #[error("`=` is not an operator")]
    Equals,
    /// A code in parentheses, of a field that has none.
    #[error("the field `{field}` has no code in parentheses")]
    NoCodes {
        /// The field.
        field: &'static str,
    },
    /// `value` without a code.
    #[error("`value` does not say of which code")]
    OfWhichCode,
    /// A code with its system where codes have none.
    #[error("the code in parentheses has a system")]
    OfSystem,
    /// No number where one is compared.
    #[error("this is no number")]
    NotANumber,
    /// No date.
    #[error("{0}")]
    Date(DateError),
    /// No day is before or after all days.
    #[error("there is no such day")]
    NoDay,
    /// A beginning is asked for, of a field that has no such keywords.
    #[error("codes of the field `{field}` are not found by their beginning")]
    NoPrefixes {
        /// The field.
        field: &'static str,
    },
    /// A beginning that is too short.
    #[error("fewer than {least} characters stand before the `*`")]
    ShortPrefix {
        /// How many are needed.
        least: usize,
    },
    /// A `*` in another place than the end.
    #[error("a `*` stands where it is not the end of a value")]
    Star,
    /// A beginning of a word of a text.
    #[error("words of a text are not found by their beginning")]
    StarInText,
    /// A `*` in a field that has none.
    #[error("values of the field `{field}` are not found by their beginning")]
    StarHere {
        /// The field.
        field: &'static str,
    },
    /// A name without a letter or digit.
    #[error("no letter or digit is asked for")]
    NoLetters,
    /// A name that has no sound.
    #[error("this has no sound")]
    NoSound,
    /// A text without a word that says something.
    #[error("these words say too little: they are in every text")]
    StopWords,
    /// A reference without a type.
    #[error("a record is named by its type and its id")]
    Reference,
    /// A system with a bar in it.
    #[error("the name of a system has no `|`")]
    System,
    /// A status that stands alone.
    #[error("`{field}` says too little alone")]
    StatusAlone {
        /// The field.
        field: &'static str,
        /// Whether a code beside it is enough.
        by_code: bool,
    },
    /// A negation that stands alone.
    #[error("what is not so is no answer by itself")]
    NegationAlone,
    /// A negation inside `or`.
    #[error("`or` cannot join what is not so")]
    NegationInOr,
    /// The value cannot be a keyword.
    #[error("the value has {bytes} bytes, and 512 is the most of a keyword")]
    ValueTooLong {
        /// Its length, as it is compared.
        bytes: usize,
    },
    /// The value cannot be a keyword.
    #[error("no record can have this value")]
    Impossible,
}

impl AskReason {
    /// What can be asked instead.
    pub fn hint(&self) -> String {
        match self {
            Self::Empty | Self::NoTerm => "write a term, such as code:4548-4 or date:2026-05".into(),
            Self::TooLong { .. } | Self::TooManyTerms | Self::TooDeep => "ask in several questions".into(),
            Self::TooManyWords => "ask for the words that matter".into(),
            Self::Unclosed => "write `)` where it ends".into(),
            Self::Unopened => "leave it out, or quote the value that it is part of".into(),
            Self::UnclosedQuotes => "write `\"` where they end, and `\\\"` inside of them".into(),
            Self::AfterQuotes => "write a space behind them, and `\\\"` inside of them".into(),
            Self::NoValue => {
                "write it right behind the operator; quote what has spaces: note:\"chest pain\"".into()
            }
            Self::Backslash => "write two of them for one that is meant".into(),
            Self::Control | Self::Unassigned => "leave it out".into(),
            Self::UnknownField { near: Some(near) } => format!("did you mean `{near}`?"),
            Self::UnknownField { near: None } => "quote it if it is no field: \"...\"".into(),
            Self::Reserved => "ask for what the record says, such as code:4548-4".into(),
            Self::Composite => "join two terms: code:4548-4 and date:2026-05".into(),
            Self::WrongKind { .. } => "see the table of fields".into(),
            Self::Operator { field, kind } => operator_hint(field, *kind),
            Self::Equals => "write `:`, such as code:4548-4, and `not` before a term".into(),
            Self::NoCodes { field } => format!("write {field}:..., or a space before the parenthesis"),
            Self::OfWhichCode => "say of which code: value(4548-4)>9 %".into(),
            Self::OfSystem => {
                "write the code alone, and join the system: code:SYSTEM|CODE and value(CODE)>9".into()
            }
            Self::NotANumber => "write digits, and the unit behind them: value(4548-4)>6.5 %".into(),
            Self::Date(DateError::Backwards) => "write the earlier one first: date:2026-05..2026-06".into(),
            Self::Date(_) => "such as date:2026, date>=2026-05-14, date:2026-05-14..2026-06-30".into(),
            Self::NoDay => "days go from the year 1 to the year 9999".into(),
            Self::NoPrefixes { field } => format!("ask for the whole code, {field}:..., or code:E11*"),
            Self::ShortPrefix { least } => format!("write at least {least}"),
            Self::Star => {
                "write it at the end, such as name:mul* or code:E11*; quote it if it is meant itself".into()
            }
            Self::StarInText => "ask for the whole word: other forms of it are found, too".into(),
            Self::StarHere { field } => format!("ask for the whole value, {field}:..."),
            Self::NoLetters => "write a part of the name".into(),
            Self::NoSound => "ask for it as it is written, with `:`".into(),
            Self::StopWords => "ask for a word that is not in every text".into(),
            Self::Reference => "such as encounter:Encounter/4711".into(),
            Self::System => "write it as the records have it, such as http://loinc.org".into(),
            Self::StatusAlone { field, by_code } => {
                let (by, word) = (if *by_code { "type or code" } else { "type" }, example(field));
                format!("join it with a {by}, such as `{word}`")
            }
            Self::NegationAlone => "join it with something that is so: a and not b".into(),
            Self::NegationInOr => "join it with something that is so, on its side: a or (b and not c)".into(),
            Self::ValueTooLong { .. } => "no record is found by so long a value".into(),
            Self::Impossible => "write it as the records have it".into(),
        }
    }
}

fn operator_hint(field: &str, kind: Kind) -> String {
    match kind {
        Kind::Date => format!("write {field}:2026-05, {field}>=2026-05-14 or {field}<2026"),
        Kind::Name => format!("write {field}:meier, {field}:mei* or {field}~meier"),
        Kind::Answer => "write value(4548-4)>9 % or value(4548-4):high".to_string(),
        _ => format!("it has no order and no sound: write {field}:..."),
    }
}

/// A question that a status can be asked in.
fn example(field: &str) -> String {
    let (kind, word) = match field {
        "clinical-status" => ("Condition", "active"),
        "verification-status" => ("Condition", "confirmed"),
        "severity" => ("Condition", "severe"),
        "criticality" => ("AllergyIntolerance", "high"),
        "class" => ("Encounter", "EMER"),
        "intent" => ("MedicationRequest", "order"),
        "priority" => ("ServiceRequest", "urgent"),
        "sex" => ("Patient", "female"),
        "language" => ("Patient", "en"),
        "abnormal" => ("Observation", "high"),
        _ => ("Observation", "final"),
    };
    format!("type:{kind} and {field}:{word}")
}

impl From<DateError> for AskReason {
    fn from(error: DateError) -> Self {
        Self::Date(error)
    }
}

impl From<Unassigned> for AskReason {
    fn from(_: Unassigned) -> Self {
        Self::Unassigned
    }
}

impl From<KeywordError> for AskReason {
    fn from(error: KeywordError) -> Self {
        match error {
            KeywordError::Empty => Self::NoValue,
            KeywordError::TooLong { bytes } => Self::ValueTooLong { bytes },
            KeywordError::Control => Self::Control,
            _ => Self::Impossible,
        }
    }
}
