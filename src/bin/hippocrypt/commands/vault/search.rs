//! `vault search`: which records of a patient a question is true of. The cloud is not told what is looked for, and the gate is not told either.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use hippocrypt::fhir::RESOURCE_TYPE;
use hippocrypt::phr::index::{FindError, IndexReader, record_of};
use hippocrypt::phr::{CloudError, Opened, Record};
use hippocrypt::search::{Context, Domain, Gate, Hits, Keyword, Query, Sound};
use hippocrypt::store::RedbStore;
use hippocrypt::{RecordName, os_rng};
use serde_json::{Value, json};

use super::read;
use super::reading::{self, Reading};
use crate::args::vault::Search;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::question::{self, Asked, Size};
use crate::report::{Report, grouped};
use crate::table;
use crate::vault::Vault;
use crate::vault::indexes::{self, GATE};

pub fn run(console: &Console, folder: &Path, args: &Search) -> Result<Report, Failure> {
    let asked = Asked::new(&args.ask)?;
    let vault = Vault::open(console, folder)?;
    let reading = Reading::open(console, &vault, &args.key, args.patient.as_deref())?;
    if !vault.gate_store().exists() {
        return Err(nothing_for_you());
    }
    let gate = Mutex::new(indexes::gate(&vault)?);
    let search = Searching { reading: &reading, gate, asked: &asked, remote: args.ask.remote };
    let mut domains = search.granted()?;
    // How large the index is: by what was mirrored, or by what the head says of it.
    let size = match args.ask.remote {
        false => Size::Slots(domains.iter().map(Granted::slots).sum()),
        true => Size::Segments(domains.iter().map(Granted::segments_seen).sum()),
    };
    let parts = domains.iter().map(|domain| domain.contexts().len()).sum();
    if args.ask.explain {
        console.note(&format!("{}\n", asked.explain(size, parts, &BTreeMap::new())));
    }
    let mut found = Findings::default();
    for domain in &mut domains {
        search.find(&mut domain.reader, &mut found)?;
    }
    let mut report = Report::answer("vault search");
    report.row("patient", reading.patient.to_string());
    report.row("found", found.records.len());
    let (proved, meaning) = match args.ask.remote {
        false => ("complete", "complete: of what you may search nothing is missing"),
        true => ("sound", "sound: nothing is made up, the cloud may have left something out"),
    };
    report.row_as("proved", proved, meaning);
    report.field("domains", domains.len());
    if args.open {
        open(&reading, &asked, &found.records, &mut report)?;
    } else {
        asked.report_exactness(found.records.len(), found.marked, "--open tells them apart", &mut report);
        name(&found.records, &mut report);
    }
    if args.ask.explain {
        question::report(&asked.explain(size, parts, &found.under), &mut report);
    }
    Ok(report)
}

/// What was found, in all domains.
#[derive(Default)]
struct Findings {
    records: BTreeSet<RecordName>,
    /// How many of them bear marks that may be why they were found.
    marked: usize,
    /// How many are under each keyword.
    under: BTreeMap<Keyword, u64>,
}

/// A domain of the index that this person may search, and a reader of it.
struct Granted<'r> {
    domain: Domain,
    reader: IndexReader<'r>,
}

impl Granted<'_> {
    /// The epochs of the domain, each with trapdoors of its own.
    fn contexts(&self) -> Vec<Context> {
        self.reader.head().map(|head| head.epochs(&self.domain).collect()).unwrap_or_default()
    }

    /// Segments that there were when the head was signed.
    fn segments_seen(&self) -> u64 {
        let Some(head) = self.reader.head() else { return 0 };
        let of = |context: &Context| head.writers(context).map(|writer| writer.segments_seen()).sum::<u64>();
        self.contexts().iter().map(of).sum()
    }

    fn slots(&self) -> u64 {
        self.reader.mirror().map_or(0, |mirror| mirror.size().1 as u64)
    }
}

fn nothing_for_you() -> Failure {
    Failure::new(Code::NotSatisfied, "there is no search index of this patient, or it is not for you")
        .hint("`hippocrypt vault import --index` makes one; what you may read, you may search")
}

/// Names alone.
fn name(found: &BTreeSet<RecordName>, report: &mut Report) {
    let row = |name: &RecordName| json!({ "record": name.id.to_string(), "version": name.version });
    let rows: Vec<Value> = found.iter().map(row).collect();
    report.draw(table::of(&rows, &[("record", "record"), ("version", "version")]));
    report.field("records", rows);
}

/// What was found, opened; without that of which the question is not true.
fn open(
    reading: &Reading,
    asked: &Asked,
    found: &BTreeSet<RecordName>,
    report: &mut Report,
) -> Result<(), Failure> {
    let (mut rows, mut refused, mut dropped) = (Vec::new(), 0, 0u64);
    let names: Vec<RecordName> = found.iter().copied().collect();
    reading.named(&names, |opened: Opened| {
        refused += opened.refused;
        for record in &opened.records {
            if is_meant(reading, asked, record)? { rows.push(read::row(record)) } else { dropped += 1 }
        }
        Ok(())
    })?;
    rows.sort_by(|a, b| read::when(a).cmp(&read::when(b)));
    report.row("opened", rows.len() as u64 + dropped);
    let why = match dropped {
        0 => "0".to_owned(),
        some => format!("{}, of which the question is not true", grouped(&some.to_string())),
    };
    report.row_as("dropped", dropped, why);
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

/// Whether a record is to be shown: the question is true of it, or what it says does not tell.
fn is_meant(reading: &Reading, asked: &Asked, record: &Record) -> Result<bool, Failure> {
    if record.description.content_type.as_ref() != RESOURCE_TYPE {
        return Ok(true);
    }
    Ok(asked.holds(&reading.content(record)?) != Some(false))
}

struct Searching<'r> {
    reading: &'r Reading,
    gate: Mutex<Gate<RedbStore>>,
    asked: &'r Asked,
    remote: bool,
}

impl<'r> Searching<'r> {
    /// Every domain that this person may search: one at least. What is searched in is fetched.
    fn granted(&self) -> Result<Vec<Granted<'r>>, Failure> {
        let (name, mut granted) = (&self.reading.name, Vec::new());
        for domain in self.domains()? {
            let (mut reader, now) = (self.reader(&domain), self.reading.now());
            let is_granted = self.with_cloud(|call| match self.remote {
                false => reader.sync(name, now, &mut os_rng(), call),
                true => reader.refresh(name, now, &mut os_rng(), call).map(drop),
            })?;
            if is_granted {
                granted.push(Granted { domain, reader });
            }
        }
        if granted.is_empty() { Err(nothing_for_you()) } else { Ok(granted) }
    }

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

    fn reader(&self, domain: &Domain) -> IndexReader<'r> {
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

    /// Finds in a domain.
    fn find(&self, reader: &mut IndexReader<'_>, found: &mut Findings) -> Result<(), Failure> {
        let keywords = self.asked.lookup.keywords();
        let now = self.reading.now();
        let (hits, marked): (Hits<Sound>, usize) = if self.remote {
            let mut under = BTreeMap::new();
            for keyword in keywords {
                let hits = self.remotely(reader, &keyword)?;
                *found.under.entry(keyword.clone()).or_default() += hits.len() as u64;
                under.insert(keyword, hits);
            }
            let marked = self.asked.marked().map(|query| query.evaluate_sound(&under)).transpose()?;
            (self.asked.lookup.query().evaluate_sound(&under)?, marked.map_or(0, |hits| hits.len()))
        } else {
            let mut find = |query: &Query| {
                reader.find(query, GATE, now, &mut os_rng(), |request| self.ask_gate(request))
            };
            let hits = find(self.asked.lookup.query())?;
            let marked = self.asked.marked().map(|query| find(&query)).transpose()?;
            for keyword in keywords {
                let count = reader.count(&keyword, now).unwrap_or_default();
                *found.under.entry(keyword).or_default() += count as u64;
            }
            (hits.into(), marked.map_or(0, |hits| hits.len()))
        };
        found.records.extend(hits.iter().map(record_of));
        found.marked += marked;
        Ok(())
    }

    /// What the cloud finds under a keyword.
    fn remotely(&self, reader: &mut IndexReader<'_>, keyword: &Keyword) -> Result<Hits<Sound>, Failure> {
        let (name, now) = (&self.reading.name, self.reading.now());
        let mut hits = None;
        self.with_cloud(|call| {
            let gate = |request: &[u8]| self.ask_gate(request);
            hits = Some(reader.find_remotely(keyword, name, GATE, now, &mut os_rng(), call, gate)?);
            Ok(())
        })?;
        hits.ok_or_else(nothing_for_you)
    }
}
