//! A question on the command line: it is read, looked up and explained alike in a vault and in an index of its own.

use std::collections::BTreeMap;

use hippocrypt::fhir::{self, Import, Limits};
use hippocrypt::search::ask::{ExplainedKeyword, Explanation, Lookup, Question};
use hippocrypt::search::{Keyword, Query};
use serde_json::{Value, json};

use crate::args::ask::Ask;
use crate::failure::{Code, Failure};
use crate::report::{Report, grouped};

/// Slots that a record takes in an index, with its share of the padding: for estimates.
const SLOTS_PER_RECORD: u64 = 30;
/// Records that are written into one segment, if no more is known: for estimates.
const RECORDS_PER_SEGMENT: u64 = 8;
/// More records than any index has.
const NO_LIMIT: u64 = 1 << 40;

/// A question and what to look up for it.
pub struct Asked {
    pub question: Question,
    pub lookup: Lookup,
}

/// What is known of the size of an index.
#[derive(Debug, Clone, Copy)]
pub enum Size {
    /// A mirror has its slots.
    Slots(u64),
    /// A head says how many segments there were.
    Segments(u64),
}

impl Asked {
    /// Reads a question: all arguments, with spaces between them.
    pub fn new(args: &Ask) -> Result<Self, Failure> {
        let text = args.question.join(" ");
        let parsed = Question::parse(&text, args.language);
        let asked = parsed.and_then(|question| Ok(Self { lookup: question.lookup()?, question }));
        let asked = asked.map_err(|error| Failure::question(&text, &error))?;
        if args.remote && !asked.lookup.is_positive() {
            let message =
                "with --remote nothing can be taken away by `not`: what the cloud holds back would appear";
            let hint = "leave out --remote to have everything matched here, or ask without `not`";
            return Err(Failure::new(Code::Usage, message).hint(hint));
        }
        Ok(asked)
    }

    /// What finds the records among those found that bear marks: no further keyword is needed for it.
    pub fn marked(&self) -> Option<Query> {
        let marks = self.lookup.keywords().into_iter().filter(Lookup::is_mark);
        let marks: Vec<Query> = marks.map(Query::keyword).collect();
        (!marks.is_empty()).then(|| self.lookup.query().clone().and(Query::Any(marks)))
    }

    /// Whether the question is true of a record, by its content; `None` if that does not tell, or is no FHIR resource.
    pub fn holds(&self, content: &[u8]) -> Option<bool> {
        let import = Import::read(content, &Limits::default()).ok()?;
        match import.resources() {
            [resource] => self.question.holds(&fhir::terms(resource)),
            _ => None,
        }
    }

    /// What it takes in an index of this size, whose gate is asked in `parts` parts: before the search with nothing `found`, after it with the records under each
    /// keyword.
    pub fn explain(&self, size: Size, parts: usize, found: &BTreeMap<Keyword, u64>) -> Explanation {
        let under = |keyword: &Keyword| found.get(keyword).copied();
        // How many records there are nobody says: it is estimated, but there are as many at least as a term has found.
        let unlimited = self.lookup.explain(NO_LIMIT, under);
        let least = unlimited.terms.iter().filter_map(|term| term.at_most).max().unwrap_or_default();
        let estimate = match size {
            Size::Slots(slots) => slots / SLOTS_PER_RECORD,
            Size::Segments(segments) => segments.saturating_mul(RECORDS_PER_SEGMENT),
        };
        let mut explanation = self.lookup.explain(estimate.max(least), under);
        explanation.trapdoors *= parts;
        explanation.marks *= parts;
        explanation
    }

    /// Says whether more may be listed than is meant, of what was found, so many of them with marks; `remedy` says what to do then.
    pub fn report_exactness(&self, found: usize, marked: usize, remedy: &str, report: &mut Report) {
        let mut why = Vec::new();
        if found > 0 && !self.lookup.is_exact() {
            why.push("keywords are coarser than the question".to_owned());
        }
        if marked > 0 {
            why.push(format!("{} said more than fits into the index", grouped(&marked.to_string())));
        }
        let text = match why.is_empty() {
            true => "yes".to_owned(),
            false => format!("no: a few more than meant may be listed ({}); {remedy}", why.join(", and ")),
        };
        report.row_as("exact", why.is_empty(), text);
        report.field("marked", marked);
    }
}

/// Below what was found, what it took.
pub fn report(explanation: &Explanation, report: &mut Report) {
    report.draw_below(&format!("{explanation}\n"));
    report.field("explanation", to_json(explanation));
}

fn to_json(explanation: &Explanation) -> Value {
    let keyword = |keyword: &ExplainedKeyword| {
        json!({
            "field": keyword.field,
            "value": keyword.value,
            "estimated": keyword.estimated,
            "found": keyword.found,
        })
    };
    let list = |keywords: &Vec<ExplainedKeyword>| keywords.iter().map(keyword).collect::<Value>();
    let terms = explanation.terms.iter().map(|term| {
        json!({
            "text": term.text,
            "negated": term.negated,
            "keywords": term.keywords.iter().map(list).collect::<Value>(),
            "marks": list(&term.marks),
            "estimated": term.estimated,
            "at_most": term.at_most,
            "coarse": term.coarse.map(|coarse| coarse.to_string()),
        })
    });
    json!({
        "terms": terms.collect::<Value>(),
        "estimated": explanation.estimated,
        "exact": explanation.exact,
        "trapdoors": explanation.trapdoors,
        "marks": explanation.marks,
        "local": explanation.local,
        "remote": explanation.remote,
    })
}
