//! What a question is true of is found, whatever was left out of the index; and what is found by exact keywords is what it is true of.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::random::{question, terms};
use crate::search::ask::{Lookup, Question};
use crate::search::text::{Amount, Language, Span, Terms, Value};
use crate::search::{Complete, Handle, Hit, Hits, Keyword, Query, WriterId};

/// An index in the clear.
struct Index {
    keywords: Vec<Vec<Keyword>>,
}

impl Index {
    fn new(records: &[Terms<'_>], budget: usize) -> Self {
        Self { keywords: records.iter().map(|record| record.keywords(budget)).collect() }
    }

    fn under(&self, keyword: &Keyword) -> Hits<Complete> {
        let records = self.keywords.iter().enumerate().filter(|(_, keywords)| keywords.contains(keyword));
        let hit = |(number, _): (usize, _)| Hit {
            handle: handle(number),
            by_lab: false,
            meta: [0; 3],
            writer: WriterId::from_bytes([0; 16]),
        };
        Hits::new(records.map(hit).collect())
    }

    fn find(&self, lookup: &Lookup) -> Hits<Complete> {
        let found: BTreeMap<Keyword, _> =
            lookup.keywords().into_iter().map(|keyword| (keyword.clone(), self.under(&keyword))).collect();
        lookup.query().evaluate(&found).unwrap()
    }

    fn has_marks(&self, number: usize) -> bool {
        self.keywords[number].iter().any(Lookup::is_mark)
    }
}

fn handle(number: usize) -> Handle {
    Handle::from_bytes((number as u128).to_be_bytes())
}

/// The contract; how many were found that the question is true of.
fn check(question: &Question, records: &[Terms<'_>], budget: usize) -> usize {
    let Ok(lookup) = question.lookup() else { return 0 };
    let index = Index::new(records, budget);
    let found = index.find(&lookup);
    let tables = question.to_string().contains("under:");
    let mut count = 0;
    for (number, record) in records.iter().enumerate() {
        let (is_found, holds) = (found.contains(&handle(number)), question.holds(record));
        // What tables say, a record does not: it may be found, and need not.
        if holds == Some(true) || (holds.is_none() && !tables) {
            assert!(is_found, "{question} misses {record:?} with a budget of {budget}");
            count += 1;
        }
        if lookup.is_exact() && holds == Some(false) && !index.has_marks(number) {
            assert!(!is_found, "{question} finds {record:?} with a budget of {budget}");
        }
    }
    count
}

/// A question that is true of every record here but those that this one is true of: so that what is taken away is tested like what is found.
fn all_but(question: &Question) -> Question {
    let any = Question::kind("Observation").unwrap().or(Question::kind("Condition").unwrap());
    any.and(question.clone().negated())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn all_that_a_question_is_true_of_is_found(
        question in question(),
        records in proptest::collection::vec(terms(), 1..12),
        budget in 0usize..60,
    ) {
        for question in [all_but(&question), question] {
            check(&question, &records, budget);
        }
    }
}

/// So that the test above is about something: many of its questions have answers.
#[test]
fn random_questions_find_random_records() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut asked, mut found) = (0, 0);
    for budget in 0..300 {
        let question = question().new_tree(&mut runner).unwrap().current();
        let records = proptest::collection::vec(terms(), 8..12).new_tree(&mut runner).unwrap().current();
        asked += usize::from(question.lookup().is_ok());
        found += usize::from(check(&question, &records, budget % 60) > 0);
    }
    assert!(asked > 100 && found > 40, "{asked} {found}");
}

fn ask(text: &str) -> Question {
    Question::parse(text, Language::English).unwrap()
}

/// A glucose of 9 % that is final, and high.
fn glucose() -> Terms<'static> {
    let mut terms = Terms::new("Observation");
    terms.add("code", Value::Code { system: Some("http://loinc.org".into()), code: "4548-4".into() });
    terms.add("status", Value::Status("final".into()));
    let amount = Amount::exactly(9.2).unwrap();
    terms.add("value", Value::Number { of: "4548-4".into(), amount, unit: "%".into() });
    terms.add("date", Value::Date(Span::parse("2026-05-14").unwrap()));
    terms
}

#[test]
fn a_status_is_found_beside_what_carries_it() {
    let record = glucose();
    for (text, holds) in [
        ("type:Observation and status:final", true),
        ("type:observation status:FINAL", true),
        ("code:4548-4 and status:final", true),
        ("(code:4548-4 or code:1) and status:final", true),
        ("(code:1 or type:Observation) and status:final", true),
        ("code:4548-4 and (status:final or status:amended)", true),
        ("value(4548-4)>9 % and status:final", true),
        ("code:4548-4 and not status:cancelled", true),
        ("code:4548-4 and not (status:cancelled or status:amended)", true),
        ("code:4548-4 and not status:final", false),
        ("code:4548-4 and not (status:final and date:2026)", false),
        ("code:4548-4 and not (date:2026 and not status:cancelled)", false),
        ("(type:Observation and status:final) or code:1", true),
    ] {
        let question = ask(text);
        let lookup = question.lookup().unwrap();
        assert_eq!(question.holds(&record), Some(holds), "{text}");
        for budget in [0, 60] {
            let found = !Index::new(core::slice::from_ref(&record), budget).find(&lookup).is_empty();
            assert!(found || !holds, "{text}");
            assert!(holds || !found || budget == 0 || !lookup.is_exact(), "{text}");
        }
    }
}

/// Each of these is true of the record, and its keywords say otherwise at first sight.
#[test]
fn only_what_is_certain_is_taken_away() {
    let mut record = glucose();
    for text in ["chest", "pain"] {
        record.add("note", Value::Text { text: text.into(), language: Language::English });
    }
    record.add("code", Value::Code { system: Some("x|x".into()), code: "a".into() });
    record.add("category", Value::Code { system: Some("y".into()), code: "lab".into() });
    record.add("given", Value::Name("Smith".into()));
    record.add("onset-date", Value::Date(Span::parse("2026-05-14").unwrap()));
    for untrue in [
        "note:chest\\ pain",
        "note:\"chest pain\"",
        "code:x|x|a",
        "category:x|lab",
        "value(4548-4)>9.21 %",
        "value(4548-4):9.21 %",
        "value(4548-4)>9.2",
        "onset-date>2026-05-14",
        "family:sm*",
        "family~smith",
        "name:smithsonian*",
        "(code:4548-4 and not date:2026)",
        "(note:chest and not (note:pain and date:2026))",
        "(status:cancelled or type:Patient)",
    ] {
        let question = ask(&["type:Observation and not ", untrue].concat());
        assert_eq!(question.holds(&record), Some(true), "{untrue}");
        for budget in [0, 10, 100] {
            assert_eq!(check(&question, core::slice::from_ref(&record), budget), 1, "{untrue}");
        }
    }
}

#[test]
fn what_an_answer_is_given_to_is_looked_up_first_and_alone() {
    let lookup = ask("value(4548-4)>9 %").lookup().unwrap();
    let Query::All(parts) = lookup.query() else { panic!("{:?}", lookup.query()) };
    let fields =
        |part: &Query| part.keywords().iter().map(|keyword| keyword.field().to_string()).collect::<Vec<_>>();
    assert_eq!(fields(&parts[0]), ["code", "cut"]);
    assert_eq!(parts[0].keywords()[0].value(), "|4548-4");
    assert_eq!(fields(&parts[1])[0], "code+value");
    assert!(!lookup.is_exact() && lookup.is_positive());
}

#[test]
fn the_rarest_comes_first_and_what_is_taken_away_last() {
    let lookup = ask("type:Observation and not category:x and code:1 and identifier:77").lookup().unwrap();
    let Query::All(parts) = lookup.query() else { panic!("{:?}", lookup.query()) };
    let own = |part: &Query| part.keywords().into_iter().find(|keyword| !Lookup::is_mark(keyword)).unwrap();
    let fields: Vec<_> = parts.iter().map(|part| own(part).field().to_string()).collect();
    assert_eq!(fields, ["identifier", "code", "type", "category"]);
    assert!(matches!(parts[3], Query::Not(_)));
}

#[test]
fn a_question_explains_itself() {
    let lookup = ask("code:4548-4 and name:mul and not family:sm*").lookup().unwrap();
    let explained = lookup.explain(1000, |keyword| (keyword.field() == "code").then_some(7));
    assert_eq!(explained.terms.len(), 3);
    let code = &explained.terms[0];
    assert_eq!((code.text.as_str(), code.estimated, code.at_most), ("code:4548-4", 25, Some(7)));
    assert_eq!((code.marks.len(), code.coarse), (1, None));
    assert_eq!(explained.terms[1].marks.len(), 2);
    let family = &explained.terms[2];
    assert!(family.negated && family.keywords.is_empty() && family.coarse.is_some());
    assert_eq!((explained.trapdoors, explained.marks, explained.exact), (4, 2, false));
    assert_eq!(explained.estimated, 5);
    let text = explained.to_string();
    for line in [
        "code:4548-4  about 25; exact; found at most 7",
        "not family:sm*  checked after opening",
        "raises 4 points",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(
        ask("code:1 and not code:2").lookup().unwrap().explain(9, |_| None).remote.contains("not possible")
    );
}
