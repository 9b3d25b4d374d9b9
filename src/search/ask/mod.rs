//! Questions in words: a query language for people and for programs. (SPEC `[TEXT-8]`, below)
//!
//! ```
//! # use hippocrypt::search::ask::Question;
//! # use hippocrypt::search::text::{Language, Span};
//! let read = Question::parse("code:4548-4 and date>=2026-05-01 and not status:cancelled", Language::English)?;
//! let built = Question::code("4548-4")?
//!     .and(Question::date().since(Span::parse("2026-05-01")?))
//!     .and(Question::status("status")?.is("cancelled")?.negated());
//! assert_eq!(read, built);
//!
//! let lookup = read.lookup()?;
//! assert!(lookup.is_exact());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Lookup`] has the formula over keywords that [`IndexReader::find`](crate::phr::index::IndexReader::find) takes: it finds every record that the question is
//! true of. [`Question::holds`] checks what was found, once it is opened. [`Lookup::explain`] says what it takes.
#![doc = include_str!("SPEC.md")]

mod build;
mod error;
mod explain;
mod holds;
mod keys;
mod lookup;
mod parse;
mod scan;
mod show;
mod term;
#[cfg(test)]
mod tests;
mod types;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

pub use build::{Answers, Codes, Dates, Identifiers, Names, References, Statuses, Texts};
pub use error::{AskError, AskReason};
pub use explain::{ExplainedKeyword, ExplainedTerm, Explanation};
pub use keys::Coarse;
pub use lookup::Lookup;
use term::{MAX_WORDS, Term};

use super::text::Language;

/// The longest text of a question, in bytes.
pub const MAX_TEXT_BYTES: usize = 4096;
/// Terms in a question, at most; a word without a field counts as two.
pub const MAX_TERMS: usize = 64;
/// Nesting of a question, at most.
const MAX_DEPTH: usize = 32;

/// What somebody wants to know: terms, joined by `and`, `or` and `not`. `[TEXT-8]`
///
/// It is [read](Self::parse) from text or built by functions, and [printed](core::fmt::Display) as text that is read as the same question.
#[derive(Clone, PartialEq)]
pub struct Question(Node);

/// Parts of a question: `and` and `or` have two at least, and none that is of their own sort.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    Term(Term),
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
}

impl Question {
    /// Reads a question, whose words are of a language.
    ///
    /// # Errors
    /// [`AskError`] says what is wrong, where, and what can be asked instead.
    pub fn parse(text: &str, language: Language) -> Result<Self, AskError> {
        parse::parse(text, language).map(Self)
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.and(other.0))
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0.or(other.0))
    }

    /// The opposite: to be joined with something positive by `and`.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(self.0.negated())
    }
}

impl Node {
    fn and(self, other: Self) -> Self {
        let mut parts = match self {
            Self::All(parts) => parts,
            one => alloc::vec![one],
        };
        match other {
            Self::All(more) => parts.extend(more),
            one => parts.push(one),
        }
        Self::All(parts)
    }

    fn or(self, other: Self) -> Self {
        let mut parts = match self {
            Self::Any(parts) => parts,
            one => alloc::vec![one],
        };
        match other {
            Self::Any(more) => parts.extend(more),
            one => parts.push(one),
        }
        Self::Any(parts)
    }

    fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// All nodes with their depth, in no order; without recursion, because a program may nest as deep as it likes.
    fn walk(&self) -> impl Iterator<Item = (&Self, usize)> {
        let mut rest = alloc::vec![(self, 0usize)];
        core::iter::from_fn(move || {
            let (node, depth) = rest.pop()?;
            match node {
                Self::Term(_) => {}
                Self::All(parts) | Self::Any(parts) => {
                    rest.extend(parts.iter().map(|part| (part, depth + 1)))
                }
                Self::Not(inner) => rest.push((inner, depth + 1)),
            }
            Some((node, depth))
        })
    }

    fn depth(&self) -> usize {
        self.walk().map(|(_, depth)| depth).max().unwrap_or_default()
    }

    fn terms(&self) -> usize {
        self.walk().filter(|(node, _)| matches!(node, Self::Term(_))).count()
    }

    /// From its first term to its last.
    fn at(&self) -> Range<usize> {
        let places = self.walk().filter_map(|(node, _)| match node {
            Self::Term(term) => Some(term.at.0.clone()),
            _ => None,
        });
        let joined = places.reduce(|all, one| all.start.min(one.start)..all.end.max(one.end));
        joined.unwrap_or_default()
    }
}
