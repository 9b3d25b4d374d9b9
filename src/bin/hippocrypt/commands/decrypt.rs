//! `decrypt`: the plaintext of a file, all of it or none.

use std::path::{Path, PathBuf};

use hippocrypt::{DecryptError, RecordName};

use super::demand_author;
use super::encrypt::EXTENSION;
use crate::args::{Decrypt, Name};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::{self, Source, is_dash};
use crate::output::Output;
use crate::progress;
use crate::report::Report;

pub fn run(console: &Console, args: &Decrypt) -> Result<Report, Failure> {
    let parameters = input::public_parameters(console, &args.realm.public)?;
    let key = input::attribute_key(console, &args.key)?;
    if key.realm_id() != parameters.id() {
        let message = format!("the key is of another realm than {}", args.realm.public.display());
        return Err(Failure::new(Code::NotSatisfied, message)
            .hint("give the public parameters of the key's own realm with --public")
            .in_file(&args.key.display().to_string()));
    }
    let authors = input::author_ids(console, &args.author)?;
    let source = Source::open(console, &args.input)?;
    let file = source.name.clone();
    let bar = progress::bar(console, source.len);
    let about_file = |error: DecryptError| Failure::from(error).in_file_if_data(&file);

    let out = args.out.clone().map_or_else(|| default_output(&args.input), Ok)?;
    let mut output = Output::create_plain(console, &out, args.overwrite.force)?;
    let mut reader =
        key.decrypt_from(&parameters, bar.wrap_read(source), args.context.as_bytes()).map_err(about_file)?;
    check_name(&args.name, reader.name()).map_err(|failure| failure.in_file(&file))?;
    if !reader.is_signed() {
        // Before anything flows.
        demand_author(None, &authors).map_err(|failure| failure.in_file(&file))?;
    }
    let bytes = reader.copy_to(&mut output).map_err(|error| about_file(error.into()))?;
    let opened = reader.finish().map_err(about_file)?;
    demand_author(opened.author, &authors).map_err(|failure| failure.in_file(&file))?;
    output.commit()?;
    bar.finish_and_clear();

    let mut report = Report::new("decrypt");
    report.file("file", &out, "");
    report.row("realm", parameters.realm());
    report.row("policy", opened.header.policy().to_string());
    report.row("record id", opened.name.id.to_string());
    report.row("version", opened.name.version);
    report.signed_by(opened.author);
    report.bytes("plaintext", bytes);
    Ok(report)
}

/// `ecg.json.hpcr` becomes `ecg.json`, a stream a stream.
fn default_output(input: &Path) -> Result<PathBuf, Failure> {
    if is_dash(input) {
        return Ok(input.to_owned());
    }
    if input.extension().is_some_and(|extension| extension == EXTENSION) {
        return Ok(input.with_extension(""));
    }
    let message = format!("{} does not end in .{EXTENSION}, so the plaintext needs a name", input.display());
    Err(Failure::new(Code::Usage, message).hint("give it with --out; `--out -` is standard output"))
}

/// Refuses another record than the one asked for. Both names are public.
pub fn check_name(wanted: &Name, found: &RecordName) -> Result<(), Failure> {
    let other = |what: &str, found: String, wanted: String| {
        Err(Failure::new(Code::NotSatisfied, format!("the {what} is {found}, but {wanted} was asked for")))
    };
    match (wanted.record_id, wanted.version_number) {
        (Some(id), _) if id != found.id => other("record id", found.id.to_string(), id.to_string()),
        (_, Some(version)) if version != found.version => {
            other("version of the record", found.version.to_string(), version.to_string())
        }
        _ => Ok(()),
    }
}
