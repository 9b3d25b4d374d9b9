//! Every question over every collection: nothing is missed, and how much is found for nothing.

use std::collections::BTreeMap;
use std::fmt::Write;

use hippocrypt::search::ask::AskError;
use hippocrypt::search::text::Language;
use hippocrypt::search::{LeakageProfile, Query, ask};

use crate::corpus::{Collection, Record, corpus, has_shared_data};
use crate::index::Index;
use crate::questions::{self, Question};

/// Least precision of the index alone, in percent, of all questions of a kind together: with the keywords of the standard profile, and with all keywords. What
/// is found for nothing are mostly records that bear a mark, because their keywords do not fit, or because they last for long.
const LEAST: &[(&str, f64, f64)] = &[
    ("code", 70.0, 100.0),
    ("code above", 100.0, 100.0),
    ("other codes", 99.0, 100.0),
    ("type", 100.0, 100.0),
    ("status", 99.0, 100.0),
    ("identifier", 60.0, 100.0),
    ("name", 7.0, 97.0),
    ("sound of a name", 2.5, 87.0),
    ("date", 59.0, 60.0),
    ("other dates", 4.0, 75.0),
    ("amount", 26.0, 98.0),
    ("answer and flag", 97.0, 100.0),
    ("text", 3.0, 80.0),
    ("reference", 4.5, 100.0),
    ("several joined", 96.0, 98.0),
];

/// Keywords of a record in the standard profile.
pub fn standard() -> usize {
    LeakageProfile::standard().budget()
}

/// A question as the library reads it.
pub fn parsed(question: &Question) -> Result<(ask::Question, Query), AskError> {
    let parsed = ask::Question::parse(question.text, Language::English)?;
    let query = parsed.lookup()?.query().clone();
    Ok((parsed, query))
}

/// Counts of one question, or of one kind.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    meant: usize,
    found: usize,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.meant += other.meant;
        self.found += other.found;
    }

    /// In percent.
    fn precision(self) -> f64 {
        if self.found == 0 { 100.0 } else { 100.0 * self.meant as f64 / self.found as f64 }
    }
}

/// What went wrong, as text.
#[derive(Default)]
struct Faults(String);

impl Faults {
    fn note(&mut self, what: &str, question: &Question, record: &Record) {
        let resource = record.resource;
        let (file, kind, at) = (&record.file, resource.kind(), resource.position());
        writeln!(self.0, "{what}: {} | {file}, {kind} at byte {at}", question.text).unwrap();
    }
}

/// One question over one collection.
fn ask_of(
    question: &Question,
    parsed: &(ask::Question, Query),
    (collection, index): (&Collection, &Index),
    faults: &mut Faults,
) -> Counts {
    let found = index.find(&parsed.1);
    let mut counts = Counts { meant: 0, found: found.len() };
    for (at, record) in collection.records.iter().enumerate() {
        let meant = question.means.is_of(&record.plain);
        counts.meant += usize::from(meant);
        if !found.contains(&at) {
            if meant {
                faults.note("missed", question, record);
            }
            continue;
        }
        // After opening the record says so itself.
        match parsed.0.holds(&record.terms) {
            Some(holds) if holds != meant => {
                faults.note(if meant { "denied" } else { "taken" }, question, record);
            }
            // What stands above a code only a table knows.
            None if !question.means.is_about_above() => faults.note("not told", question, record),
            _ => {}
        }
    }
    counts
}

/// All questions with so many keywords a record.
fn measure(budget: usize) -> BTreeMap<&'static str, Counts> {
    let indexes: Vec<_> =
        corpus().iter().map(|collection| (collection, Index::of(collection, budget))).collect();
    let pairs: usize = indexes.iter().map(|(_, index)| index.pairs()).sum();
    let records: usize = corpus().iter().map(|collection| collection.records.len()).sum();
    let mut table = format!(
        "{} collections, {records} records, {:.1} keywords each of at most {budget}\n",
        indexes.len(),
        pairs as f64 / records as f64
    );
    let (mut kinds, mut faults) = (BTreeMap::<_, Counts>::new(), Faults::default());
    let (mut with_matches, questions) = (0, questions::all());
    for question in &questions {
        let parsed = match parsed(question) {
            Ok(parsed) => parsed,
            Err(error) => {
                writeln!(faults.0, "refused: {}: {error}", question.text).unwrap();
                continue;
            }
        };
        let mut counts = Counts::default();
        for (collection, index) in &indexes {
            counts.add(ask_of(question, &parsed, (collection, index), &mut faults));
        }
        with_matches += usize::from(counts.meant > 0);
        kinds.entry(question.kind).or_default().add(counts);
        writeln!(table, "{}", row(counts, question.text)).unwrap();
    }
    writeln!(table, "{} questions, {with_matches} of them with matches", questions.len()).unwrap();
    kinds.iter().for_each(|(kind, counts)| writeln!(table, "{}", row(*counts, kind)).unwrap());
    println!("{table}");
    assert!(faults.0.is_empty(), "{} faults with {budget} keywords:\n{}", faults.0.lines().count(), faults.0);
    assert!(questions.len() >= 60);
    assert!(!has_shared_data() || with_matches >= 50);
    kinds
}

fn row(counts: Counts, name: &str) -> String {
    format!("{:6} meant {:6} found {:6.1} %  {name}", counts.meant, counts.found, counts.precision())
}

/// Asserts the least precision of each kind.
fn assert_precise(kinds: &BTreeMap<&'static str, Counts>, least: impl Fn(&(&str, f64, f64)) -> f64) {
    for row in LEAST.iter().filter(|_| has_shared_data()) {
        let (kind, least, precision) = (row.0, least(row), kinds[row.0].precision());
        assert!(precision >= least, "{kind}: {precision:.1} %, and not {least} %");
    }
    assert_eq!(kinds.len(), LEAST.len());
}

#[test]
fn the_standard_budget_finds_everything() {
    assert_precise(&measure(standard()), |(_, least, _)| *least);
}

#[test]
fn all_keywords_find_everything_and_little_else() {
    assert_precise(&measure(usize::MAX), |(.., least)| *least);
}

#[test]
fn few_keywords_find_everything() {
    measure(15);
    measure(24);
}
