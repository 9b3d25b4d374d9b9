//! An index without cryptography: which records stand under which keyword, and formulas over them.

use std::collections::{BTreeMap, BTreeSet};

use hippocrypt::search::{Keyword, Query};

use crate::corpus::Collection;

/// Records, by their place in the collection.
pub type Records = BTreeSet<usize>;

/// The records under each keyword.
#[derive(Default)]
pub struct Index(BTreeMap<Keyword, Records>);

impl Index {
    /// The index of a collection whose records have so many keywords.
    pub fn of(collection: &Collection, budget: usize) -> Self {
        let mut index = Self::default();
        for (at, record) in collection.records.iter().enumerate() {
            for keyword in record.terms.keywords(budget) {
                index.0.entry(keyword).or_default().insert(at);
            }
        }
        index
    }

    /// How many keywords stand for records: pairs.
    pub fn pairs(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    /// Evaluates a formula, as [`Query::evaluate`] does.
    pub fn find(&self, query: &Query) -> Records {
        match query {
            Query::Keyword(keyword) => self.0.get(keyword).cloned().unwrap_or_default(),
            Query::Any(parts) => parts.iter().flat_map(|part| self.find(part)).collect(),
            Query::All(parts) => {
                let (negative, positive): (Vec<_>, Vec<_>) =
                    parts.iter().partition(|part| matches!(part, Query::Not(_)));
                let mut positive = positive.into_iter().map(|part| self.find(part));
                let mut all = positive.next().expect("something positive");
                positive.for_each(|set| all.retain(|at| set.contains(at)));
                for part in negative {
                    let Query::Not(inner) = part else { unreachable!() };
                    let set = self.find(inner);
                    all.retain(|at| !set.contains(at));
                }
                all
            }
            other => panic!("a formula that only denies: {other:?}"),
        }
    }
}
