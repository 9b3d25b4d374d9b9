//! The FHIR files that are indexed, resource by resource.

use std::io::{BufReader, Cursor, Read};
use std::path::PathBuf;

use hippocrypt::fhir::{Import, Limits, NdjsonReader, Resource};
use indicatif::ProgressBar;

use crate::commands::vault::import::files::{self, BEGINNING, Found};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::Source;

/// Resources that were read together: those of a file, or a batch of NDJSON.
pub type Take<'t> = dyn FnMut(&Import<'_>) -> Result<(), Failure> + 't;

/// The files; it is a mistake if there are none.
pub fn find(inputs: &[PathBuf]) -> Result<Vec<Found>, Failure> {
    let found = files::find(inputs, &[])?;
    if found.is_empty() {
        return Err(Failure::new(Code::InputOutput, "there are no files to read")
            .hint("name files, or a folder that has some: hidden ones are left out"));
    }
    Ok(found)
}

/// Reads a file; what is not JSON is no FHIR, and is passed over: `false`.
pub fn read(
    console: &Console,
    file: &Found,
    bar: &ProgressBar,
    take: &mut Take<'_>,
) -> Result<bool, Failure> {
    let name = file.path.display().to_string();
    let is_fhir = parts(console, file, take).map_err(|failure| failure.in_file_if_unnamed(&name));
    bar.inc(file.bytes.unwrap_or(0));
    is_fhir
}

fn parts(console: &Console, file: &Found, take: &mut Take<'_>) -> Result<bool, Failure> {
    let mut source = Source::open(console, &file.path)?;
    let mut bytes = Vec::new();
    source.by_ref().take(BEGINNING).read_to_end(&mut bytes)?;
    if !files::is_json(&bytes) {
        return Ok(false);
    }
    let limits = Limits::default();
    let most = limits.max_bytes as u64;
    if !files::is_ndjson(&file.path) && file.bytes.is_none_or(|bytes| bytes <= most) {
        source.by_ref().take(most).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < most {
            return take(&Import::read(&bytes, &limits)?).map(|()| true);
        }
    }
    let mut reader = NdjsonReader::new(BufReader::new(Cursor::new(bytes).chain(source)), limits);
    while let Some(batch) = reader.next_batch()? {
        take(&batch)?;
    }
    Ok(true)
}

/// What people call a resource: its type and its id.
pub fn name_of(resource: &Resource<'_>) -> String {
    let kind = if resource.kind().is_empty() { "Resource" } else { resource.kind() };
    resource.id().map_or_else(|| kind.to_owned(), |id| format!("{kind}/{id}"))
}
