//! `index search`: a reader finds records.

use std::collections::BTreeMap;

use hippocrypt::search::{Hit, Hits, Keyword, Query, Sound, WriterId};
use serde_json::{Value, json};

use crate::args::index::Search;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::index::Index;
use crate::index::reader::IndexReader;
use crate::index::writer::{StoredWriter, path_of};
use crate::report::Report;
use crate::table;

pub fn run(console: &Console, args: &Search) -> Result<Report, Failure> {
    let index = Index::open(&args.folder)?;
    let profile = index.profile()?;
    if args.remote && !profile.remote_search {
        let message = format!("the profile `{}` has no remote search", profile.name);
        return Err(
            Failure::new(Code::Refused, message).hint("leave out --remote: the reader searches at home")
        );
    }
    let server = index.server()?;
    let reader = IndexReader::open(console, &index, &args.reader, &server)?;
    let mut report = Report::answer("index search");
    report.row("reader", reader.name.as_str());
    let hits: Vec<Hit> = if args.remote {
        let keys = reader.entry_keys(&distinct(&args.terms))?;
        let found = reader.remotely(&server, &keys)?;
        let join =
            |all: Hits<Sound>, more: Hits<Sound>| if args.any { all.or(&more) } else { all.and(&more) };
        let hits = found.into_iter().reduce(join);
        report.row_as("complete", false, "the server may have held something back");
        hits.map(|hits| hits.iter().copied().collect()).unwrap_or_default()
    } else {
        let query = query(args);
        let keys = reader.entry_keys(&query.keywords())?;
        let (mirror, bytes) = reader.sync(&server)?;
        let found: BTreeMap<Keyword, _> = reader.locally(&mirror, &keys)?;
        let hits = query.evaluate(&found)?;
        report.row_as("complete", true, "yes: all segments were verified");
        report.row("segments", mirror.size().0);
        report.bytes("synced", bytes);
        hits.iter().copied().collect()
    };
    report.row("found", hits.len());
    let rows = rows(&index, &reader, &hits)?;
    let columns = [("handle", "handle"), ("resource", "resource"), ("writer", "writer")];
    report.draw(table::of(&rows, &columns));
    report.field("records", rows);
    Ok(report)
}

/// Each once, in their order.
fn distinct(terms: &[Keyword]) -> Vec<Keyword> {
    let mut terms = terms.to_vec();
    terms.sort();
    terms.dedup();
    terms
}

fn query(args: &Search) -> Query {
    let terms: Vec<Query> = args.terms.iter().cloned().map(Query::keyword).collect();
    let positive = if args.any { Query::Any(terms) } else { Query::All(terms) };
    let negative = args.not.iter().cloned().map(|keyword| Query::keyword(keyword).negated());
    Query::All(std::iter::once(positive).chain(negative).collect())
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
