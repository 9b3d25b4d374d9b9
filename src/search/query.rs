//! Formulas over keywords, by set algebra over handles. `[SRCH-7.6]`

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::error::QueryError;
use super::hits::{Complete, Hits, Sound};
use super::keyword::Keyword;

/// Nesting of a formula, at most.
const MAX_DEPTH: usize = 40;

/// A formula over keywords.
///
/// ```
/// # use hippocrypt::search::{Keyword, Query};
/// let code = Query::keyword(Keyword::new("code", "4548-4")?);
/// let cancelled = Query::keyword(Keyword::new("code+status", "|4548-4 cancelled")?);
/// let query = code.and(cancelled.negated());
/// assert_eq!(query.keywords().len(), 2);
/// # Ok::<(), hippocrypt::search::KeywordError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Query {
    /// Records under a keyword.
    Keyword(Keyword),
    /// Records under all of these, at least one of which is positive.
    All(Vec<Query>),
    /// Records under one of these, all of which are positive.
    Any(Vec<Query>),
    /// Records that are not under this: beside something positive.
    Not(Box<Query>),
}

impl Query {
    /// Records under a keyword.
    pub fn keyword(keyword: Keyword) -> Self {
        Self::Keyword(keyword)
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut parts) => {
                parts.push(other);
                Self::All(parts)
            }
            one => Self::All(alloc::vec![one, other]),
        }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut parts) => {
                parts.push(other);
                Self::Any(parts)
            }
            one => Self::Any(alloc::vec![one, other]),
        }
    }

    /// The opposite: to be joined with something positive by `and`.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// The keywords in it, each once: what trapdoors are needed for.
    pub fn keywords(&self) -> Vec<Keyword> {
        let mut keywords = Vec::new();
        let mut rest = alloc::vec![self];
        while let Some(query) = rest.pop() {
            match query {
                Self::Keyword(keyword) => keywords.push(keyword.clone()),
                Self::All(parts) | Self::Any(parts) => rest.extend(parts),
                Self::Not(inner) => rest.push(inner),
            }
        }
        keywords.sort_unstable();
        keywords.dedup();
        keywords
    }

    /// Whether nothing in it is negated.
    pub fn is_positive(&self) -> bool {
        let mut rest = alloc::vec![self];
        while let Some(query) = rest.pop() {
            match query {
                Self::Keyword(_) => {}
                Self::All(parts) | Self::Any(parts) => rest.extend(parts),
                Self::Not(_) => return false,
            }
        }
        true
    }

    /// Whether it can be evaluated at all.
    ///
    /// # Errors
    /// [`QueryError::OnlyNegative`], [`QueryError::Empty`], [`QueryError::TooDeep`].
    pub fn check(&self) -> Result<(), QueryError> {
        let nothing = self.keywords().into_iter().map(|keyword| (keyword, Hits::new(Vec::new())));
        self.evaluate(&nothing.collect()).map(drop)
    }

    /// Evaluates it over what was found under each keyword; the smallest sets first.
    ///
    /// # Errors
    /// [`QueryError::NoTrapdoor`] if a keyword is not among `found`; [`QueryError::OnlyNegative`], [`QueryError::Empty`], [`QueryError::TooDeep`].
    pub fn evaluate(&self, found: &BTreeMap<Keyword, Hits<Complete>>) -> Result<Hits<Complete>, QueryError> {
        self.evaluate_at(found, &|all, set| Ok(all.minus(set)), 0)
    }

    /// Evaluates it over what a server has found under each keyword: unions and intersections of what is sound are sound. `[SRCH-7.6]`
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate); [`QueryError::NegatedSound`] of whatever is not [positive](Self::is_positive).
    pub fn evaluate_sound(&self, found: &BTreeMap<Keyword, Hits<Sound>>) -> Result<Hits<Sound>, QueryError> {
        if !self.is_positive() {
            return Err(QueryError::NegatedSound);
        }
        self.evaluate_at(found, &|_, _| Err(QueryError::NegatedSound), 0)
    }

    /// `minus` takes away what is negated, of what that can be done with.
    fn evaluate_at<P: Clone>(
        &self,
        found: &BTreeMap<Keyword, Hits<P>>,
        minus: &impl Fn(Hits<P>, &Hits<P>) -> Result<Hits<P>, QueryError>,
        depth: usize,
    ) -> Result<Hits<P>, QueryError> {
        if depth > MAX_DEPTH {
            return Err(QueryError::TooDeep(MAX_DEPTH));
        }
        match self {
            Self::Keyword(keyword) => {
                let missing = || QueryError::NoTrapdoor { field: keyword.field().into(), epoch: 0 };
                found.get(keyword).cloned().ok_or_else(missing)
            }
            Self::Not(_) => Err(QueryError::OnlyNegative),
            Self::Any(parts) => {
                let sets = parts.iter().map(|part| part.evaluate_at(found, minus, depth + 1));
                let sets = sets.collect::<Result<Vec<_>, _>>()?;
                sets.into_iter().reduce(|all, set| all.or(&set)).ok_or(QueryError::Empty)
            }
            Self::All(parts) => {
                let (mut positive, mut negative) = (Vec::new(), Vec::new());
                for part in parts {
                    match part {
                        Self::Not(inner) => negative.push(inner.evaluate_at(found, minus, depth + 1)?),
                        part => positive.push(part.evaluate_at(found, minus, depth + 1)?),
                    }
                }
                positive.sort_by_key(Hits::len);
                let all = positive.into_iter().reduce(|all, set| all.and(&set));
                let all =
                    all.ok_or(if parts.is_empty() { QueryError::Empty } else { QueryError::OnlyNegative })?;
                negative.iter().try_fold(all, minus)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{Handle, Hit, WriterId};

    fn word(value: &str) -> Query {
        Query::keyword(Keyword::new("code", value).unwrap())
    }

    /// Records 1 to 3 are under `a`, 2 to 4 under `b`, 4 and 5 under `c`.
    fn found<P>() -> BTreeMap<Keyword, Hits<P>> {
        let hit = |number: u8| Hit {
            handle: Handle::from_bytes([number; 16]),
            by_lab: false,
            meta: [0; 3],
            writer: WriterId::from_bytes([0; 16]),
        };
        let under = |value: &str, numbers: core::ops::RangeInclusive<u8>| {
            (Keyword::new("code", value).unwrap(), Hits::new(numbers.map(hit).collect()))
        };
        [under("a", 1..=3), under("b", 2..=4), under("c", 4..=5)].into()
    }

    fn numbers<P>(hits: &Hits<P>) -> Vec<u8> {
        hits.handles().map(|handle| handle.as_bytes()[0]).collect()
    }

    #[test]
    fn what_is_sound_is_joined_like_what_is_complete() {
        let (sound, complete) = (found::<Sound>(), found::<Complete>());
        for (query, expected) in [
            (word("a"), &[1, 2, 3][..]),
            (word("a").and(word("b")), &[2, 3]),
            (word("a").or(word("c")), &[1, 2, 3, 4, 5]),
            (word("b").and(word("a").or(word("c"))), &[2, 3, 4]),
            (word("a").and(word("c")), &[]),
        ] {
            assert_eq!(numbers(&query.evaluate_sound(&sound).unwrap()), expected, "{query:?}");
            assert_eq!(numbers(&query.evaluate(&complete).unwrap()), expected, "{query:?}");
        }
    }

    #[test]
    fn nothing_is_taken_away_by_what_is_sound() {
        let (sound, complete) = (found::<Sound>(), found::<Complete>());
        let query = word("a").and(word("b").negated());
        assert_eq!(numbers(&query.evaluate(&complete).unwrap()), [1]);
        for query in [query.clone(), word("c").or(query), word("a").negated(), word("x").negated()] {
            assert_eq!(query.evaluate_sound(&sound), Err(QueryError::NegatedSound), "{query:?}");
        }
        let missing = word("x").evaluate_sound(&sound);
        assert!(matches!(missing, Err(QueryError::NoTrapdoor { .. })), "{missing:?}");
        assert_eq!(Query::All(Vec::new()).evaluate_sound(&sound), Err(QueryError::Empty));
    }
}
