//! What can be wrong with a policy, a schema or a list of attributes, where, and what to do about it.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use thiserror::Error;

pub(crate) use crate::error::did_you_mean;

use super::text::is_deceptive;
use super::{
    MAX_CANONICAL_BYTES, MAX_COMPONENT_BYTES, MAX_DECLARATIONS, MAX_LABELS, MAX_LEAVES, MAX_NESTING,
};

/// Why a name, value or number was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AttributeError {
    /// A namespace, name or value without a single character.
    #[error("a namespace, name or value is empty")]
    Empty,
    /// A namespace, name or value of too many bytes.
    #[error("a namespace, name or value has {bytes} bytes; at most {MAX_COMPONENT_BYTES} are allowed")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// A number or date used as a plain attribute.
    #[error("`{0}` is declared as a number or date")]
    Declared(String),
    /// A plain attribute used as a number.
    #[error("`{0}` is not declared as a number or date")]
    Undeclared(String),
    /// A value that does not fit the declared width.
    #[error("{value} does not fit `{name}`, whose largest value is {max}")]
    TooWide {
        /// The number's name.
        name: String,
        /// The value given.
        value: u64,
        /// The largest value of the declared type.
        max: u64,
    },
    /// A second value for a number: a key with two values would satisfy `x >= 5 and x < 4`.
    #[error("`{0}` already has a value; a key holds one value for each number")]
    SecondValue(String),
    /// Too many labels in one key.
    #[error("the attributes expand to {labels} labels; at most {MAX_LABELS} are allowed")]
    TooManyLabels {
        /// Labels with the refused attribute.
        labels: usize,
    },
    /// A name declared a second time.
    #[error("`{0}` is declared twice")]
    DeclaredTwice(String),
    /// Too many declarations in one schema.
    #[error("a schema declares at most {MAX_DECLARATIONS} names")]
    TooManyDeclarations,
}

/// What is wrong with a text, without the place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PolicyReason {
    /// A character that has no meaning here.
    #[error("unexpected character {0:?}")]
    UnexpectedCharacter(char),
    /// A quotation without end.
    #[error("this quotation mark is never closed")]
    UnclosedQuote,
    /// A backslash followed by something unknown.
    #[error("unknown escape")]
    BadEscape,
    /// Something else was expected.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What could have stood here.
        expected: &'static str,
        /// What stands here.
        found: String,
    },
    /// Two attributes with nothing between them.
    #[error("`and` or `or` is missing before {0}")]
    MissingOperator(String),
    /// `and` or `or` with nothing on one side.
    #[error("`{0}` needs an attribute, a comparison or a group on both sides")]
    DanglingOperator(String),
    /// An opening parenthesis without its partner.
    #[error("this parenthesis is never closed")]
    UnclosedParenthesis,
    /// A closing parenthesis without its partner.
    #[error("this parenthesis was never opened")]
    UnopenedParenthesis,
    /// Negation, which the scheme does not have.
    #[error("negation is not offered")]
    Negation,
    /// A keyword where a name or value should be.
    #[error("`{0}` is a keyword")]
    Keyword(String),
    /// A name, value or number that cannot be.
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    /// Text that is not a whole number.
    #[error("`{0}` is not a whole number")]
    NotANumber(String),
    /// Text that is not a date.
    #[error("`{text}` is not a date: {why}")]
    NotADate {
        /// The text.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A comparison that no value meets.
    #[error("no value can satisfy this")]
    NeverSatisfiable,
    /// `k of` with k = 0 or k above the number of alternatives.
    #[error("{k} of {n} alternatives can never be right")]
    ImpossibleThreshold {
        /// How many are asked for.
        k: u64,
        /// How many there are.
        n: usize,
    },
    /// Policies that were written under different schemas do not combine.
    #[error("the policies were written under different schemas: parse both with the same one")]
    DifferentSchemas,
    /// A type in a schema that does not exist.
    #[error("`{0}` is not a type")]
    UnknownType(String),
    /// The text is too long.
    #[error("the text has {bytes} bytes; at most {max} are allowed")]
    TextTooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Too many groups within groups.
    #[error("groups are nested more than {MAX_NESTING} deep")]
    TooDeep,
    /// Too many leaves.
    #[error(
        "the policy has {leaves} leaves after expanding its comparisons; at most {MAX_LEAVES} are allowed"
    )]
    TooManyLeaves {
        /// How many it has.
        leaves: usize,
    },
    /// The canonical form is too long.
    #[error("the canonical form has {bytes} bytes; at most {MAX_CANONICAL_BYTES} are allowed")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
}

/// A policy, schema or list of attributes that was refused: where, why, and a way out.
///
/// Its [`Display`](fmt::Display) form shows the place:
///
/// ```text
/// `and` or `or` is missing before `dept`, at line 1, column 16
///   role:physician dept:cardiology
///                  ^
/// hint: write `and` or `or` between two attributes; quote names with spaces: "intensive care"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError(Box<Details>);

/// On the heap: results are returned often, errors seldom.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Details {
    position: usize,
    line: usize,
    column: usize,
    excerpt: String,
    caret: usize,
    reason: PolicyReason,
    hint: String,
}

/// Characters shown on either side of the place.
const CONTEXT: usize = 40;

impl PolicyError {
    pub(crate) fn new(text: &str, position: usize, reason: PolicyReason, hint: impl Into<String>) -> Self {
        let before = text.get(..position).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line_before = before.get(line_start..).unwrap_or_default();
        let line_after = text.get(before.len()..).unwrap_or_default().lines().next().unwrap_or_default();
        let column = line_before.chars().count();
        let visible = |c: char| if is_deceptive(c) { '\u{fffd}' } else { c };
        let shown = line_before.chars().skip(column.saturating_sub(CONTEXT));
        let excerpt = shown.chain(line_after.chars().take(CONTEXT)).map(visible).collect();
        Self(Box::new(Details {
            position: before.len(),
            line: before.matches('\n').count() + 1,
            column: column + 1,
            excerpt,
            caret: column.min(CONTEXT),
            reason,
            hint: hint.into(),
        }))
    }

    /// Byte offset in the text.
    pub fn position(&self) -> usize {
        self.0.position
    }

    /// Line and column, counted in characters from 1.
    pub fn line_and_column(&self) -> (usize, usize) {
        (self.0.line, self.0.column)
    }

    /// What is wrong.
    pub fn reason(&self) -> &PolicyReason {
        &self.0.reason
    }

    /// What to do about it; empty if the reason says it already.
    pub fn hint(&self) -> &str {
        &self.0.hint
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { line, column, excerpt, caret, reason, hint, .. } = &*self.0;
        writeln!(f, "{reason}, at line {line}, column {column}")?;
        writeln!(f, "  {excerpt}")?;
        write!(f, "  {:caret$}^", "")?;
        if hint.is_empty() { Ok(()) } else { write!(f, "\nhint: {hint}") }
    }
}

impl core::error::Error for PolicyError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.0.reason)
    }
}

/// `word` in backquotes, for messages; long ones are cut.
pub(crate) fn quoted(word: &str) -> String {
    const SHOWN: usize = 60;
    let visible = |c: char| if is_deceptive(c) { '\u{fffd}' } else { c };
    let mut shown: String = word.chars().take(SHOWN).map(visible).collect();
    if shown.len() < word.len() && word.chars().nth(SHOWN).is_some() {
        shown.push('\u{2026}');
    }
    ["`", &shown, "`"].concat()
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn the_caret_points_at_the_place_in_long_and_many_lines() {
        let text = ["x".repeat(100).as_str(), "\n", &"y".repeat(100), "!", &"z".repeat(100), "\nw"].concat();
        let at = text.find('!').unwrap();
        let error = PolicyError::new(&text, at, PolicyReason::Negation, "");
        assert_eq!((error.position(), error.line_and_column()), (at, (2, 101)));
        let shown = error.to_string();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[1].find('!'), lines[2].find('^'));
        assert!(lines.iter().all(|line| line.len() < 100));
        // A position outside the text or inside a character is no reason to fail.
        PolicyError::new("é", 1, PolicyReason::Negation, "").to_string();
        PolicyError::new("é", 99, PolicyReason::Negation, "").to_string();
    }

    #[test]
    fn messages_carry_no_deceptive_characters() {
        let error = PolicyError::new("\u{202e}a\u{1b}[0m", 0, PolicyReason::Negation, "");
        assert!(!error.to_string().contains(['\u{202e}', '\u{1b}']));
        assert!(!quoted("\u{1b}").contains('\u{1b}'));
    }
}
