//! `proxy add`: encrypted files go into the store, the header and the record apart.

use std::io::{Cursor, Read};
use std::path::Path;

use hippocrypt::{Header, RECORD_HEADER_BYTES, RecordHeader, StoredHeader, os_rng};

use super::{Opened, open};
use crate::args::proxy::Add;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::Source;
use crate::report::{Report, hex};
use crate::store::headers::FileHeaders;

pub fn run(console: &Console, args: &Add) -> Result<Report, Failure> {
    let opened = open(console, &args.folder.proxy)?;
    let mut store = FileHeaders::of(opened.folder());
    let mut report = Report::new("proxy add");
    let (mut ids, mut known) = (Vec::new(), 0u64);
    for input in &args.inputs {
        let (id, is_new) = add(console, &opened, &mut store, input, args.embargo)?;
        known += u64::from(!is_new);
        ids.push(id);
    }
    report.row("epoch", opened.proxy.state().epoch().map_or(0, |epoch| epoch.number()));
    report.row("added", ids.len() as u64 - known);
    report.row("stored before", known);
    report.row_as("header ids", ids.clone(), ids.join(", "));
    console.note("delete the files now: their headers are not sealed with the store's");
    Ok(report)
}

/// The header's id, and whether it was not there before.
fn add(
    console: &Console,
    opened: &Opened,
    store: &mut FileHeaders,
    input: &Path,
    embargo: bool,
) -> Result<(String, bool), Failure> {
    let mut source = Source::open(console, input)?;
    let name = source.name.clone();
    let about = |failure: Failure| failure.in_file_if_data(&name);
    let header = Header::read_from(&mut source).map_err(|error| about(error.into()))?;
    let id = hex(header.core_id());
    if store.find(header.core_id())?.is_some() {
        return Ok((id, false));
    }
    let parameters = opened.proxy.public_parameters();
    let current = opened.proxy.current(console.now()).map_err(|error| opened.explain(error, Some(&error)))?;
    let accept = if embargo { StoredHeader::accept_embargoed } else { StoredHeader::accept_at };
    let stored = accept(current, header, parameters, &mut os_rng()).map_err(|error| about(error.into()))?;

    let mut beginning = Vec::with_capacity(RECORD_HEADER_BYTES);
    source.by_ref().take(RECORD_HEADER_BYTES as u64).read_to_end(&mut beginning)?;
    if !beginning.is_empty() {
        RecordHeader::of(&beginning).map_err(|error| about(Failure::decode(error)))?;
        // The record first: a header without it would be offered, and not opened.
        store.keep_record(stored.header().core_id(), Cursor::new(beginning).chain(source))?;
    }
    if !store.file(&stored)? {
        return Err(about(Failure::new(Code::InputOutput, "the serial that was drawn is taken: try again")));
    }
    Ok((id, true))
}
