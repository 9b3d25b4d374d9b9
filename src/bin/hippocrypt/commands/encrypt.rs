//! `encrypt`: a file of any size under a policy.

use std::ffi::OsString;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use hippocrypt::{Encryptor, FileOptions, RecordId, RecordName, os_rng};

use super::epochs;
use crate::args::{Encrypt, Name};
use crate::console::Console;
use crate::failure::Failure;
use crate::input::{self, Source, is_dash};
use crate::output::{Access, Output};
use crate::progress;
use crate::report::{Report, hex};

/// The ending of encrypted files.
pub const EXTENSION: &str = "hpcr";
/// Bytes read at a time.
const BUFFER: usize = 256 * 1024;

pub fn run(console: &Console, args: &Encrypt) -> Result<Report, Failure> {
    let parameters = input::public_parameters(console, &args.realm.public)?;
    let schema = input::schema(console, args.numbers.schema.as_deref(), &args.realm.public, &parameters)?;
    let policy = input::parse_policy(console, &args.policy, &schema)?;
    let author = args.sign.as_deref().map(|path| input::author_key(console, path)).transpose()?;
    let epochs = epochs::known(console, &parameters, &args.time, &args.realm.public)?;
    let encryptor = epochs.as_ref().map(|known| epochs::encryptor(console, &parameters, known, &args.time));
    let encryptor = encryptor.transpose()?;
    let source = Source::open(console, &args.input)?;
    let out = args.out.clone().unwrap_or_else(|| default_output(&args.input));
    let output = Output::create(console, &out, Access::Everybody, args.overwrite.force)?;

    let name = record_name(&args.name);
    let options = FileOptions {
        context: args.context.as_bytes(),
        name: Some(name),
        chunk_size: args.chunk_size,
        author: author.as_ref(),
    };
    let bar = progress::bar(console, source.len);
    let mut writer = match &encryptor {
        Some(encryptor) => encryptor.encrypt_to(&policy, options, &mut os_rng(), output)?,
        None => parameters.encrypt_to(&policy, options, &mut os_rng(), output)?,
    };
    let bytes = io::copy(&mut BufReader::with_capacity(BUFFER, bar.wrap_read(source)), &mut writer)?;
    let (core_id, header_bytes) = (*writer.core_id(), writer.header_bytes());
    writer.finish()?.commit()?;
    bar.finish_and_clear();

    let mut report = Report::new("encrypt");
    report.file("file", &out, "");
    report.row("realm", parameters.realm());
    report.row("policy", policy.to_string());
    if let Some(epoch) = encryptor.as_ref().and_then(Encryptor::epoch) {
        report.row("epoch", epoch.number());
    }
    report.row("header id", hex(&core_id));
    report.row("record id", name.id.to_string());
    report.row("version", name.version);
    report.signed_by(author.map(|author| author.id()));
    report.bytes("header", header_bytes as u64);
    report.bytes("plaintext", bytes);
    Ok(report)
}

/// `ecg.json` becomes `ecg.json.hpcr`, a stream a stream.
fn default_output(input: &Path) -> PathBuf {
    if is_dash(input) {
        return input.to_owned();
    }
    let mut name = OsString::from(input);
    name.push(".");
    name.push(EXTENSION);
    name.into()
}

fn record_name(name: &Name) -> RecordName {
    RecordName {
        id: name.record_id.unwrap_or_else(|| RecordId::random(&mut os_rng())),
        version: name.version_number.unwrap_or(0),
    }
}
