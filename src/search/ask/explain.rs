//! What a question takes: keywords, how many records they may find, and what they show to whom. `[TEXT-8.5]`

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::keys::{self, Coarse, OneOf};
use super::lookup::{Lookup, share};
use crate::search::Keyword;
use crate::search::text::field::room;

const LOCAL: &str = "that this reader syncs; nothing of the question";
const REMOTE: &str = "for every keyword: which segments have it, how often, and whether it was asked before in this index epoch";
const NOT_REMOTE: &str = "not possible: what is not so can only be taken away from what is complete";

/// What a question takes. `[TEXT-8.5]`
///
/// It repeats the question and its keywords: whoever reads it reads what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The terms, in the order of the question.
    pub terms: Vec<ExplainedTerm>,
    /// Records that it may find, by estimate: of `and` the fewest of its parts, of `or` the sum, and `not` takes nothing away.
    pub estimated: u64,
    /// Whether records without marks are found only if the question is true of them.
    pub exact: bool,
    /// Trapdoors that the gate raises, at most: it sees this number, and random points. It is not asked again for those that the reader has, nor for the rest when nothing is left
    /// to look for.
    pub trapdoors: usize,
    /// How many of them are for marks of what records had left out.
    pub marks: usize,
    /// What the cloud sees of a local search.
    pub local: &'static str,
    /// What the cloud sees of a remote search, or why there is none.
    pub remote: &'static str,
}

/// A term of a question. `[TEXT-8.5]`
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExplainedTerm {
    /// The term, as [`Question`](super::Question) prints it.
    pub text: String,
    /// Whether it takes away.
    pub negated: bool,
    /// A record has one of each of these lists; a term that takes away and has none is left to the check after opening.
    pub keywords: Vec<Vec<ExplainedKeyword>>,
    /// Marks that a record may have instead; none where it takes away.
    pub marks: Vec<ExplainedKeyword>,
    /// Records that it may find, by estimate, without marks.
    pub estimated: u64,
    /// Records that it finds at most, without marks, if that is known.
    pub at_most: Option<u64>,
    /// Why the index alone does not answer it exactly.
    pub coarse: Option<Coarse>,
}

/// A keyword of a question. `[TEXT-8.5]`
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExplainedKeyword {
    /// Its field.
    pub field: String,
    /// Its value.
    pub value: String,
    /// Records under it, by estimate: so many of all as a usual keyword of its field has. `None` of a mark.
    pub estimated: Option<u64>,
    /// Records under it, if that is known.
    pub found: Option<u64>,
}

impl Lookup {
    /// What it takes in an index of so many records. `found` says how many records were found under a keyword, if it was looked up.
    pub fn explain(&self, records: u64, found: impl Fn(&Keyword) -> Option<u64>) -> Explanation {
        let keyword = |keyword: &Keyword| ExplainedKeyword {
            field: keyword.field().into(),
            value: keyword.value().into(),
            estimated: room(keyword.field()).map(|room| records.div_ceil(u64::from(room.one_in))),
            found: found(keyword),
        };
        let of = |group: &OneOf| group.iter().map(keyword).collect::<Vec<_>>();
        let terms = self.terms().iter().map(|term| {
            let keywords: Vec<_> = term.groups.iter().map(of).collect();
            let mut marks: Vec<Keyword> = match term.negated {
                true => Vec::new(),
                false => term.groups.iter().flat_map(|group| keys::marks(group)).collect(),
            };
            marks.sort_unstable();
            marks.dedup();
            let estimate = |group: &Vec<ExplainedKeyword>| {
                group.iter().filter_map(|keyword| keyword.estimated).sum::<u64>().min(records)
            };
            let count = |group: &Vec<ExplainedKeyword>| {
                group.iter().map(|keyword| keyword.found).sum::<Option<u64>>().map(|sum| sum.min(records))
            };
            ExplainedTerm {
                text: term.text.clone(),
                negated: term.negated,
                estimated: keywords.iter().map(estimate).min().unwrap_or_default(),
                // Of one list that is known, no more can be found.
                at_most: keywords.iter().filter_map(count).min(),
                keywords,
                marks: marks.iter().map(keyword).collect(),
                coarse: term.coarse,
            }
        });
        let all = self.keywords();
        let share = u128::from(share(self.query())) * u128::from(records);
        Explanation {
            terms: terms.collect(),
            estimated: u64::try_from(share.div_ceil(1_000_000)).unwrap_or(u64::MAX),
            exact: self.is_exact(),
            trapdoors: all.len(),
            marks: all.iter().filter(|keyword| Self::is_mark(keyword)).count(),
            local: LOCAL,
            remote: if self.query().is_positive() { REMOTE } else { NOT_REMOTE },
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for term in &self.terms {
            write!(f, "{}{}", if term.negated { "not " } else { "" }, term.text)?;
            let why = match (term.coarse, term.keywords.is_empty()) {
                (Some(why), true) => write!(f, "  checked after opening: {why}"),
                (Some(why), false) => write!(f, "  about {}; coarse: {why}", term.estimated),
                (None, _) => write!(f, "  about {}; exact", term.estimated),
            };
            why?;
            match term.at_most {
                Some(count) => writeln!(f, "; found at most {count}")?,
                None => writeln!(f)?,
            }
            for (number, group) in term.keywords.iter().enumerate() {
                for (at, keyword) in group.iter().enumerate() {
                    let join = match (number, at) {
                        (0, 0) => "",
                        (_, 0) => "and ",
                        _ => "or ",
                    };
                    writeln!(f, "  {join}{keyword}")?;
                }
            }
            for mark in &term.marks {
                writeln!(f, "  or mark {mark}")?;
            }
        }
        writeln!(
            f,
            "records       about {}, {}",
            self.estimated,
            if self.exact { "exact but for marks" } else { "and some more" }
        )?;
        writeln!(
            f,
            "gate          raises {} points at most, {} of them for marks, and sees no keyword",
            self.trapdoors, self.marks
        )?;
        writeln!(f, "local search  shows the cloud {}", self.local)?;
        write!(
            f,
            "remote search {}{}",
            if self.remote == REMOTE { "shows the cloud " } else { "" },
            self.remote
        )
    }
}

impl fmt::Display for ExplainedKeyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.field, self.value)?;
        if let Some(estimated) = self.estimated {
            write!(f, "  about {estimated}")?;
        }
        match self.found {
            Some(found) => write!(f, "  found {found}"),
            None => Ok(()),
        }
    }
}
