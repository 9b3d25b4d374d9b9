//! `index search`: a reader finds records.

use std::collections::BTreeMap;

use hippocrypt::search::{Hit, Hits, Keyword, WriterId};
use serde_json::{Value, json};

use crate::args::index::Search;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::index::Index;
use crate::index::reader::IndexReader;
use crate::index::writer::{StoredWriter, path_of};
use crate::question::{self, Asked, Size};
use crate::report::Report;
use crate::table;

pub fn run(console: &Console, args: &Search) -> Result<Report, Failure> {
    let asked = Asked::new(&args.ask)?;
    let index = Index::open(&args.folder)?;
    let profile = index.profile()?;
    if args.ask.remote && !profile.remote_search {
        let message = format!("the profile `{}` has no remote search", profile.name);
        return Err(
            Failure::new(Code::Refused, message).hint("leave out --remote: the reader searches at home")
        );
    }
    let server = index.server()?;
    let reader = IndexReader::open(console, &index, &args.reader, &server)?;
    let mut report = Report::answer("index search");
    report.row("reader", reader.name.as_str());
    let (query, marks) = (asked.lookup.query(), asked.marked());
    let keywords = asked.lookup.keywords();
    let before = |size| {
        if args.ask.explain {
            console.note(&format!("{}\n", asked.explain(size, 1, &BTreeMap::new())));
        }
        size
    };
    let (size, hits, marked, under);
    if args.ask.remote {
        size = before(Size::Segments(reader.segments_seen()));
        let found = reader.remotely(&server, &reader.entry_keys(&keywords)?)?;
        hits = all(&query.evaluate_sound(&found)?);
        marked = marks.map(|marks| marks.evaluate_sound(&found)).transpose()?.map_or(0, |hits| hits.len());
        under = counts(&found);
        report.row_as("complete", false, "the server may have held something back");
    } else {
        let (mirror, bytes) = reader.sync(&server)?;
        size = before(Size::Slots(mirror.size().1 as u64));
        let found = reader.locally(&mirror, &reader.entry_keys(&keywords)?)?;
        hits = all(&query.evaluate(&found)?);
        marked = marks.map(|marks| marks.evaluate(&found)).transpose()?.map_or(0, |hits| hits.len());
        under = counts(&found);
        report.row_as("complete", true, "yes: all segments were verified");
        report.row("segments", mirror.size().0);
        report.bytes("synced", bytes);
    }
    report.row("found", hits.len());
    asked.report_exactness(hits.len(), marked, "the records themselves tell", &mut report);
    let rows = rows(&index, &reader, &hits)?;
    let columns = [("handle", "handle"), ("resource", "resource"), ("writer", "writer")];
    report.draw(table::of(&rows, &columns));
    report.field("records", rows);
    if args.ask.explain {
        question::report(&asked.explain(size, 1, &under), &mut report);
    }
    Ok(report)
}

fn all<P>(hits: &Hits<P>) -> Vec<Hit> {
    hits.iter().copied().collect()
}

/// Records under each keyword.
fn counts<P>(found: &BTreeMap<Keyword, Hits<P>>) -> BTreeMap<Keyword, u64> {
    found.iter().map(|(keyword, hits)| (keyword.clone(), hits.len() as u64)).collect()
}

/// Handles, and what their writers call the resources: in a vault that stands in the record.
fn rows(index: &Index, reader: &IndexReader<'_>, hits: &[Hit]) -> Result<Vec<Value>, Failure> {
    let mut writers: BTreeMap<WriterId, (String, StoredWriter)> = BTreeMap::new();
    for name in index.writers()? {
        if let Some(stored) = StoredWriter::open(&path_of(index, &name))? {
            writers.insert(*stored.writer.id(), (name, stored));
        }
    }
    let row = |hit: &Hit| {
        let writer = writers.get(&hit.writer);
        let resource = writer.map(|(_, stored)| stored.name_of(&hit.handle)).transpose()?.flatten();
        let name = writer.map(|(name, _)| name.clone()).unwrap_or_else(|| hit.writer.to_string());
        Ok(json!({
            "handle": hit.handle.to_string(),
            "resource": resource,
            "writer": name,
            "head": reader.head().version(),
        }))
    };
    hits.iter().map(row).collect()
}
