//! `vault search`: which records of a patient are under codes and dates. The cloud is not told what is looked for, and the gate is not told either.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

use hippocrypt::phr::index::{FindError, IndexReader, record_of};
use hippocrypt::phr::{CloudError, Opened};
use hippocrypt::search::{Domain, Gate, Hits, Keyword, Query, Sound};
use hippocrypt::store::RedbStore;
use hippocrypt::{RecordName, os_rng};
use serde_json::{Value, json};

use super::read;
use super::reading::{self, Reading};
use crate::args::vault::Search;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::report::Report;
use crate::table;
use crate::vault::Vault;
use crate::vault::indexes::{self, GATE};

pub fn run(console: &Console, folder: &Path, args: &Search) -> Result<Report, Failure> {
    let vault = Vault::open(console, folder)?;
    let reading = Reading::open(console, &vault, &args.key, args.patient.as_deref())?;
    if !vault.gate_store().exists() {
        return Err(nothing_for_you());
    }
    let search = Searching { reading: &reading, gate: Mutex::new(indexes::gate(&vault)?) };
    let mut found = BTreeSet::new();
    let mut searched = 0u64;
    for domain in search.domains()? {
        if let Some(hits) = search.domain(&domain, args)? {
            searched += 1;
            found.extend(hits.iter().map(record_of));
        }
    }
    if searched == 0 {
        return Err(nothing_for_you());
    }
    let mut report = Report::answer("vault search");
    report.row("patient", reading.patient.to_string());
    report.row("found", found.len());
    let (proved, meaning) = match args.remote {
        false => ("complete", "complete: of what you may search nothing is missing"),
        true => ("sound", "sound: nothing is made up, the cloud may have left something out"),
    };
    report.row_as("proved", proved, meaning);
    report.field("domains", searched);
    if args.open { open(&reading, &found, &mut report) } else { name(&found, &mut report) }?;
    Ok(report)
}

fn nothing_for_you() -> Failure {
    Failure::new(Code::NotSatisfied, "there is no search index of this patient, or it is not for you")
        .hint("`hippocrypt vault import --index` makes one; what you may read, you may search")
}

/// Names alone.
fn name(found: &BTreeSet<RecordName>, report: &mut Report) -> Result<(), Failure> {
    let row = |name: &RecordName| json!({ "record": name.id.to_string(), "version": name.version });
    let rows: Vec<Value> = found.iter().map(row).collect();
    report.draw(table::of(&rows, &[("record", "record"), ("version", "version")]));
    report.field("records", rows);
    Ok(())
}

/// What was found, opened.
fn open(reading: &Reading, found: &BTreeSet<RecordName>, report: &mut Report) -> Result<(), Failure> {
    let (mut rows, mut refused) = (Vec::new(), 0);
    let names: Vec<RecordName> = found.iter().copied().collect();
    reading.named(&names, |opened: Opened| {
        refused += opened.refused;
        rows.extend(opened.records.iter().map(read::row));
        Ok(())
    })?;
    rows.sort_by(|a, b| read::when(a).cmp(&read::when(b)));
    report.row("opened", rows.len());
    let columns = [
        ("record", "record"),
        ("category", "category"),
        ("when", "when"),
        ("writer", "writer"),
        ("size", "bytes"),
    ];
    report.draw(table::of(&rows, &columns));
    report.field("records", rows);
    if let Some(failure) = reading::refused(refused) {
        report.condemn(failure);
    }
    Ok(())
}

struct Searching<'r> {
    reading: &'r Reading,
    gate: Mutex<Gate<RedbStore>>,
}

impl Searching<'_> {
    /// The domains of the index.
    fn domains(&self) -> Result<BTreeSet<Domain>, Failure> {
        // Whichever domain is asked for, the head names all.
        let any = indexes::domain_of(hippocrypt::phr::RecordCategory::Other, [])?;
        let mut reader = self.reader(&any);
        self.with_cloud(|call| {
            reader.refresh(&self.reading.name, self.reading.now(), &mut os_rng(), call).map(drop)
        })?;
        let head = reader.head().ok_or_else(nothing_for_you)?;
        Ok(head.contents().scopes.iter().map(|scope| scope.domain().clone()).collect())
    }

    fn reader(&self, domain: &Domain) -> IndexReader<'_> {
        IndexReader::new(&self.reading.reader, &self.reading.patient, domain)
    }

    /// Does something that asks the cloud; that a domain is not granted is no failure, but false.
    fn with_cloud(
        &self,
        ask: impl FnOnce(&mut dyn FnMut(&[u8]) -> Result<Vec<u8>, Box<str>>) -> Result<(), FindError>,
    ) -> Result<bool, Failure> {
        let mut refused = None;
        let mut call = |question: &[u8]| {
            self.reading.cloud.answer(question, self.reading.now()).map_err(|error| {
                let text = error.to_string();
                refused = Some(error);
                text.into()
            })
        };
        match (ask(&mut call), refused) {
            (Ok(()), _) => Ok(true),
            (Err(FindError::NotGranted), _) => Ok(false),
            (Err(FindError::Transport(_)), Some(CloudError::Denied)) => Err(nothing_for_you()),
            (Err(FindError::Transport(_)), Some(error)) => Err(error.into()),
            (Err(error), _) => Err(error.into()),
        }
    }

    fn ask_gate(&self, request: &[u8]) -> Result<Vec<u8>, Box<str>> {
        let answer = self.reading.cloud.gate(&self.gate, request, self.reading.now());
        answer.map_err(|error| error.to_string().into())
    }

    /// What is found in a domain; nothing at all, if it is not for this reader.
    fn domain(&self, domain: &Domain, args: &Search) -> Result<Option<Hits<Sound>>, Failure> {
        let (name, now) = (&self.reading.name, self.reading.now());
        let mut reader = self.reader(domain);
        let is_granted = self.with_cloud(|call| match args.remote {
            false => reader.sync(name, now, &mut os_rng(), call),
            true => reader.refresh(name, now, &mut os_rng(), call).map(drop),
        })?;
        if !is_granted {
            return Ok(None);
        }
        if !args.remote {
            let hits =
                reader.find(&query(args), GATE, now, &mut os_rng(), |request| self.ask_gate(request))?;
            return Ok(Some(hits.into()));
        }
        let mut one = |keyword: &Keyword| -> Result<Hits<Sound>, Failure> {
            let mut hits = None;
            self.with_cloud(|call| {
                let gate = |request: &[u8]| self.ask_gate(request);
                hits = Some(reader.find_remotely(keyword, name, GATE, now, &mut os_rng(), call, gate)?);
                Ok(())
            })?;
            hits.ok_or_else(nothing_for_you)
        };
        let mut all: Option<Hits<Sound>> = None;
        for keyword in &args.any {
            let hits = one(keyword)?;
            all = Some(all.map_or(hits.clone(), |all| all.or(&hits)));
        }
        for keyword in &args.terms {
            let hits = one(keyword)?;
            all = Some(all.map_or(hits.clone(), |all| all.and(&hits)));
        }
        Ok(all)
    }
}

/// All terms, one of those with --any, none of those with --not.
fn query(args: &Search) -> Query {
    let keyword = |keyword: &Keyword| Query::keyword(keyword.clone());
    let mut parts: Vec<Query> = args.terms.iter().map(keyword).collect();
    if !args.any.is_empty() {
        parts.push(Query::Any(args.any.iter().map(keyword).collect()));
    }
    parts.extend(args.not.iter().map(|term| keyword(term).negated()));
    Query::All(parts)
}
