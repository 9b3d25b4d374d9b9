//! `index stats`: how much there is, by whom, and who may search.

use serde_json::{Value, json};

use crate::args::index::Stats;
use crate::console::Console;
use crate::failure::Failure;
use crate::index::Index;
use crate::index::office::Office;
use crate::index::reader::mirror;
use crate::index::writer::{StoredWriter, path_of};
use crate::report::Report;
use crate::store::names;
use crate::table;

pub fn run(console: &Console, args: &Stats) -> Result<Report, Failure> {
    let index = Index::open(&args.folder)?;
    let office = Office::open(console, &index)?;
    let (mirror, bytes) = mirror(&index.server()?, &office.head, &office.context)?;
    let (segments, slots) = mirror.size();
    let mut report = Report::answer("index stats");
    report.row("collection", office.owner.collection().to_string());
    report.row("profile", index.profile()?.name.to_string());
    report.row("head", office.head.version());
    report.moment("good until", office.head.validity().1, console.now());
    report.row("segments", segments);
    report.row("slots", slots);
    report.bytes("bytes", bytes);
    report.row("version of the seed", office.readers.version);
    let used = index.gate()?.used(&office.context, &office.readers.policy)?;
    report.row_as("keywords asked for", used, format!("{used} at most, with this version"));

    let mut writers = Vec::new();
    for name in index.writers()? {
        let Some(stored) = StoredWriter::open(&path_of(&index, &name))? else { continue };
        let entry = office.head.writers(&office.context).find(|entry| entry.writer() == stored.writer.id());
        writers.push(json!({
            "writer": name,
            "kind": if entry.is_some_and(|entry| entry.is_owner()) { "owner" } else { "lab" },
            "written": stored.writer.segments(),
            "unsent": stored.writer.outbox().count(),
            "keywords": stored.keywords()?.len(),
        }));
    }
    let mut readers = Vec::new();
    for name in names(&index.machine("readers"))? {
        let may = index.request_key(&name)?.is_some();
        readers.push(json!({ "reader": name, "may_search": may, "state": if may { "may search" } else { "locked out" } }));
    }
    let bars: Vec<(String, u64)> = writers
        .iter()
        .map(|row: &Value| {
            let name = row.get("writer").and_then(Value::as_str).unwrap_or_default().to_owned();
            (name, row.get("written").and_then(Value::as_u64).unwrap_or(0))
        })
        .collect();
    let columns = [("writer", "writer"), ("kind", "kind"), ("keywords", "keywords"), ("unsent", "unsent")];
    report.draw(format!(
        "segments written\n{}\n{}\n{}",
        table::bars(&bars),
        table::of(&writers, &columns),
        table::of(&readers, &[("reader", "reader"), ("state", "")])
    ));
    report.field("writers", writers);
    report.field("readers", readers);
    Ok(report)
}
