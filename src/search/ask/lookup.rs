//! A question as a formula over keywords that finds every record that it is true of. `[TEXT-8.4]`

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::error::{AskError, AskReason};
use super::keys::{self, Anchor, Coarse, Keys, OneOf};
use super::term::{Term, What};
use super::{MAX_DEPTH, MAX_TERMS, Node, Question};
use crate::search::text::field::room;
use crate::search::{Keyword, Query};

/// What to look up for a question. `[TEXT-8.4]`
///
/// The [query](Self::query) finds every record that the question is true of. It may find others: those of which the index does not say enough, because
/// [keywords are coarser](Self::is_exact) than the question or because a record had more to say than its budget allowed, so that it bears [marks](Self::is_mark). The
/// [question itself](Question::holds) tells them apart when they are opened.
#[derive(Debug, Clone)]
pub struct Lookup {
    query: Query,
    terms: Vec<Looked>,
    is_exact: bool,
}

/// A term as it is looked up.
#[derive(Clone)]
pub(super) struct Looked {
    pub(super) text: String,
    pub(super) negated: bool,
    pub(super) groups: Vec<OneOf>,
    pub(super) coarse: Option<Coarse>,
}

impl fmt::Debug for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { negated, groups, coarse, .. } = self;
        f.debug_struct("Looked")
            .field("negated", negated)
            .field("groups", groups)
            .field("coarse", coarse)
            .finish()
    }
}

impl Lookup {
    /// The formula.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The keywords in it, each once.
    pub fn keywords(&self) -> Vec<Keyword> {
        self.query.keywords()
    }

    /// Whether a keyword says that something of a record was left out of the index: whoever bears it might be what is looked for.
    pub fn is_mark(keyword: &Keyword) -> bool {
        keys::is_mark(keyword)
    }

    /// Whether records without marks are found only if the question is true of them.
    pub fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// Whether nothing is taken away from what is found, so that a server that holds something back makes nothing appear.
    pub fn is_positive(&self) -> bool {
        self.query.is_positive()
    }

    pub(super) fn terms(&self) -> &[Looked] {
        &self.terms
    }
}

impl Question {
    /// What to look up.
    ///
    /// # Errors
    /// [`AskError`] about what the index cannot answer: a status or a negation without anything beside it; too many terms, too deeply nested.
    pub fn lookup(&self) -> Result<Lookup, AskError> {
        if self.0.depth() > MAX_DEPTH {
            return Err(AskError::new(0..0, AskReason::TooDeep));
        }
        if self.0.terms() > MAX_TERMS {
            return Err(AskError::new(0..0, AskReason::TooManyTerms));
        }
        let mut planner = Planner { terms: Vec::new(), is_exact: true };
        let query = planner.upper(Part { node: &self.0, so: true }, &[])?;
        Ok(Lookup { query, terms: planner.terms, is_exact: planner.is_exact })
    }
}

/// A part of a question, as it is or negated.
#[derive(Clone, Copy)]
struct Part<'q> {
    node: &'q Node,
    so: bool,
}

/// What a part is when negations are carried inwards as far as `and` and `or` let them.
enum Shape<'q> {
    Term(&'q Term),
    /// A term that is not so.
    NotTerm,
    All(Vec<Part<'q>>),
    Any(Vec<Part<'q>>),
}

impl<'q> Part<'q> {
    fn shape(self) -> Shape<'q> {
        match (self.node, self.so) {
            (Node::Term(term), true) => Shape::Term(term),
            (Node::Term(_), false) => Shape::NotTerm,
            (Node::Not(inner), so) => Part { node: inner, so: !so }.shape(),
            (Node::All(parts), true) | (Node::Any(parts), false) => Shape::All(self.of(parts)),
            (Node::Any(parts), true) | (Node::All(parts), false) => Shape::Any(self.of(parts)),
        }
    }

    fn of(self, parts: &'q [Node]) -> Vec<Part<'q>> {
        parts.iter().map(|node| Part { node, so: self.so }).collect()
    }

    /// The same without negations at its front.
    fn plain(self) -> Self {
        match self.node {
            Node::Not(inner) => Part { node: inner, so: !self.so }.plain(),
            _ => self,
        }
    }

    fn negated(self) -> Self {
        Self { so: !self.so, ..self }
    }

    /// The parts that must all be so, apart from one another.
    fn conjuncts(self, into: &mut Vec<Part<'q>>) {
        match self.shape() {
            Shape::All(parts) => parts.into_iter().for_each(|part| part.conjuncts(into)),
            _ => into.push(self.plain()),
        }
    }

    /// Whether it takes something away instead of finding something: a negated term, or a negated `and`.
    fn is_negative(self) -> bool {
        !self.plain().so
    }

    fn error(self, reason: AskReason) -> AskError {
        AskError::new(self.node.at(), reason)
    }

    /// What a record has for certain if this is so: one of each.
    fn anchors(self) -> Vec<Vec<Anchor>> {
        match self.shape() {
            Shape::Term(term) => keys::anchor(term).map(|anchor| alloc::vec![anchor]).into_iter().collect(),
            Shape::NotTerm => Vec::new(),
            Shape::All(parts) => parts.into_iter().flat_map(Part::anchors).collect(),
            Shape::Any(parts) => {
                let each: Vec<_> = parts.into_iter().map(Part::anchors).collect();
                let is_type = |anchor: &Anchor| matches!(anchor, Anchor::Type(_));
                // By types alone as far as may be, and by codes.
                let by = |types: bool| {
                    let best = |sets: &Vec<Vec<Anchor>>| {
                        let fits = |set: &&Vec<Anchor>| set.iter().all(|anchor| is_type(anchor) == types);
                        sets.iter().find(fits).or(sets.first()).cloned()
                    };
                    let sets: Option<Vec<_>> = each.iter().map(best).collect();
                    sets.map(|sets| sets.concat())
                };
                let mut sets: Vec<_> = [by(false), by(true)].into_iter().flatten().collect();
                sets.dedup();
                sets
            }
        }
    }
}

struct Planner {
    terms: Vec<Looked>,
    is_exact: bool,
}

impl Planner {
    /// A formula that finds every record that the part is true of and that has what the scope says.
    fn upper(&mut self, part: Part<'_>, scope: &[Vec<Anchor>]) -> Result<Query, AskError> {
        match part.shape() {
            Shape::Term(term) => self.term(term, scope),
            Shape::NotTerm => Err(part.error(AskReason::NegationAlone)),
            Shape::Any(parts) => {
                let mut any = Vec::new();
                for part in parts {
                    let (refused, scope) = (part.error(AskReason::NegationInOr), scope);
                    any.push(self.upper(part, scope).map_err(|error| match error.reason {
                        AskReason::NegationAlone => refused,
                        _ => error,
                    })?);
                }
                Ok(join_any(any))
            }
            Shape::All(_) => {
                let (positive, negative, scope) = split(part, scope);
                if positive.is_empty() {
                    return Err(part.error(AskReason::NegationAlone));
                }
                let mut all = Vec::new();
                for part in positive {
                    all.push(self.upper(part, &scope)?);
                }
                for part in negative {
                    all.extend(self.lower(part.negated(), &scope, true)?.map(Query::negated));
                }
                Ok(join_all(all))
            }
        }
    }

    /// A formula that finds no record that the part is not true of, if there is one.
    fn lower(
        &mut self,
        part: Part<'_>,
        scope: &[Vec<Anchor>],
        negated: bool,
    ) -> Result<Option<Query>, AskError> {
        match part.shape() {
            Shape::Term(term) => {
                let keys = keys_of(term, scope)?;
                let groups = keys.lower.clone().unwrap_or_default();
                self.note(term, negated, groups, keys.coarse.map(|_| Coarse::Negation));
                let found = keys.lower.map(|groups| groups.into_iter().map(any_of).collect());
                Ok(found.map(join_all))
            }
            Shape::NotTerm => {
                self.is_exact = false;
                Ok(None)
            }
            Shape::Any(parts) => {
                let mut any = Vec::new();
                for part in parts {
                    any.extend(self.lower(part, scope, negated)?);
                }
                Ok((!any.is_empty()).then(|| join_any(any)))
            }
            Shape::All(_) => {
                let (positive, negative, scope) = split(part, scope);
                let (mut all, mut is_whole) = (Vec::new(), !positive.is_empty());
                for part in positive {
                    let found = self.lower(part, &scope, negated)?;
                    is_whole &= found.is_some();
                    all.extend(found);
                }
                for part in negative {
                    all.push(self.upper(part.negated(), &scope)?.negated());
                }
                self.is_exact &= is_whole;
                Ok(is_whole.then(|| join_all(all)))
            }
        }
    }

    fn term(&mut self, term: &Term, scope: &[Vec<Anchor>]) -> Result<Query, AskError> {
        let keys = keys_of(term, scope)?;
        let with_marks = |mut group: OneOf| {
            group.extend(keys::marks(&group));
            any_of(group)
        };
        let all = keys.upper.iter().cloned().map(with_marks).collect();
        self.note(term, false, keys.upper, keys.coarse);
        Ok(join_all(all))
    }

    fn note(&mut self, term: &Term, negated: bool, groups: Vec<OneOf>, coarse: Option<Coarse>) {
        self.is_exact &= coarse.is_none();
        self.terms.push(Looked { text: term.to_string(), negated, groups, coarse });
    }
}

/// What finds, what takes away, and what a record has for certain that is found.
fn split<'q>(part: Part<'q>, scope: &[Vec<Anchor>]) -> (Vec<Part<'q>>, Vec<Part<'q>>, Vec<Vec<Anchor>>) {
    let mut parts = Vec::new();
    part.conjuncts(&mut parts);
    let (negative, positive): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.is_negative());
    let own = positive.iter().flat_map(|part| part.anchors());
    let scope = scope.iter().cloned().chain(own).collect();
    (positive, negative, scope)
}

/// The keywords of a term beside what a record has for certain.
fn keys_of(term: &Term, scope: &[Vec<Anchor>]) -> Result<Keys, AskError> {
    let place = |reason| AskError::new(term.at.0.clone(), reason);
    let What::Status(word) = &term.what else { return keys::of(term).map_err(place) };
    let keys = scope.iter().filter_map(|anchors| keys::composite(term.field.name, word, anchors));
    let keys = keys.collect::<Result<Vec<_>, _>>().map_err(place)?;
    // Without marks if possible, and the fewest keywords.
    let best = keys.into_iter().min_by_key(|keys| {
        let keywords = keys.upper.iter().flatten();
        let marked = keywords.clone().filter(|keyword| room(keyword.field()).is_some_and(|room| room.marked));
        (marked.count() > 0, keywords.count())
    });
    best.ok_or_else(|| {
        let field = term.field.name;
        place(AskReason::StatusAlone { field, by_code: keys::by_code(field) })
    })
}

fn any_of(keywords: Vec<Keyword>) -> Query {
    join_any(keywords.into_iter().map(Query::keyword).collect())
}

/// One of these; each once.
fn join_any(parts: Vec<Query>) -> Query {
    let mut any: Vec<Query> = Vec::new();
    for part in parts {
        let flat = match part {
            Query::Any(parts) => parts,
            part => alloc::vec![part],
        };
        any.extend(flat);
    }
    single(distinct(any), Query::Any)
}

/// All of these; each once, the rarest first, and what is taken away last.
fn join_all(parts: Vec<Query>) -> Query {
    let mut all: Vec<Query> = Vec::new();
    for part in parts {
        let flat = match part {
            Query::All(parts) => parts,
            part => alloc::vec![part],
        };
        all.extend(flat);
    }
    let mut all = distinct(all);
    all.sort_by_cached_key(|part| (matches!(part, Query::Not(_)), share(part), part.keywords().len()));
    single(all, Query::All)
}

fn distinct(parts: Vec<Query>) -> Vec<Query> {
    let mut seen: Vec<Query> = Vec::new();
    for part in parts {
        if !seen.contains(&part) {
            seen.push(part);
        }
    }
    seen
}

fn single(mut parts: Vec<Query>, join: fn(Vec<Query>) -> Query) -> Query {
    match (parts.len(), parts.pop()) {
        (1, Some(part)) => part,
        (_, last) => {
            parts.extend(last);
            join(parts)
        }
    }
}

/// Which share of all records a formula finds, in millionths: a guess, without marks. `[TEXT-8.5]`
pub(super) fn share(query: &Query) -> u64 {
    const ALL: u64 = 1_000_000;
    match query {
        Query::Keyword(keyword) => room(keyword.field()).map_or(0, |room| ALL / u64::from(room.one_in)),
        Query::Any(parts) => parts.iter().map(share).sum::<u64>().min(ALL),
        Query::All(parts) => parts.iter().map(share).min().unwrap_or_default(),
        Query::Not(_) => ALL,
    }
}
