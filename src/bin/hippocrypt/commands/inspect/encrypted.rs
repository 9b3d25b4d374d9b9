//! What is public about an encrypted file.

use std::io::{self, Read};

use hippocrypt::{
    AuthorClaim, DecodeError, Header, RECORD_HEADER_BYTES, RecordHeader, RecordSummary, os_rng,
};

use super::{Checks, check_realm};
use crate::commands::{demand_author, policy};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::Source;
use crate::progress;
use crate::report::{Report, hex};

pub fn inspect(
    console: &Console,
    mut source: Source,
    checks: &Checks,
    report: &mut Report,
) -> Result<(), Failure> {
    let header =
        Header::read_from(&mut source).map_err(|error| Failure::from(error).in_file_if_data(&source.name))?;
    describe_header(report, &header, checks);

    let beginning = record_beginning(&mut source)?;
    let header_bytes = header.to_bytes().len();
    if beginning.is_empty() {
        report.row_as("record", serde_json::Value::Null, "none: this is a header alone");
        report.bytes("size", header_bytes as u64);
        return Ok(());
    }
    // Positions are those in the file.
    let name = source.name.clone();
    let misplaced = |error: DecodeError| {
        Failure::decode(DecodeError { position: header_bytes + error.position, ..error }).in_file(&name)
    };
    let record = RecordHeader::of(&beginning).map_err(misplaced)?;
    describe_record(report, &record);

    let (record_bytes, plaintext) = if record.is_signed() {
        let bar = progress::bar(console, source.len);
        let whole = io::Cursor::new(beginning).chain(bar.wrap_read(source));
        let summary = RecordSummary::read_from(header.core_id(), whole)
            .map_err(|error| decode_error(error, misplaced))?;
        bar.finish_and_clear();
        describe_signature(report, &header, &summary, checks);
        let bytes = hippocrypt::RecordOptions { chunk_size: record.chunk_size(), signed: true };
        (bytes.record_bytes(summary.plaintext_bytes).unwrap_or(u64::MAX), summary.plaintext_bytes)
    } else {
        if let Err(failure) = demand_author(None, &checks.authors) {
            report.condemn(failure);
        }
        let bytes = measure(&mut source, header_bytes as u64, beginning.len() as u64)?;
        (bytes, record.plaintext_bytes(bytes).map_err(misplaced)?)
    };
    report.bytes("plaintext", plaintext);
    report.bytes("size", header_bytes as u64 + record_bytes);
    Ok(())
}

/// A record that came without its header.
pub fn inspect_record(mut source: Source, report: &mut Report) -> Result<(), Failure> {
    let beginning = record_beginning(&mut source)?;
    let misplaced = |error| Failure::decode(error).in_file(&source.name);
    let record = RecordHeader::of(&beginning).map_err(misplaced)?;
    describe_record(report, &record);
    let bytes = measure(&mut source, 0, beginning.len() as u64)?;
    let plaintext =
        record.plaintext_bytes(bytes).map_err(|error| Failure::decode(error).in_file(&source.name))?;
    report.bytes("plaintext", plaintext);
    report.bytes("size", bytes);
    Ok(())
}

fn record_beginning(source: &mut Source) -> Result<Vec<u8>, Failure> {
    let mut beginning = Vec::with_capacity(RECORD_HEADER_BYTES);
    source.take(RECORD_HEADER_BYTES as u64).read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// Bytes of a record that begins at `start`, of which `read` bytes are read: by arithmetic if the
/// length of the file is known.
fn measure(source: &mut Source, start: u64, read: u64) -> Result<u64, Failure> {
    match source.len {
        Some(len) => Ok(len.saturating_sub(start)),
        None => Ok(read + io::copy(source, &mut io::sink())?),
    }
}

/// What the header of a record says.
fn describe_record(report: &mut Report, header: &RecordHeader) {
    report.row("record id", header.name().id.to_string());
    report.row("version", header.name().version);
    report.bytes("chunk size", header.chunk_size().bytes().into());
    report.row("signed", header.is_signed());
}

fn describe_header(report: &mut Report, header: &Header, checks: &Checks) {
    check_realm(report, header.realm_id(), checks);
    policy::describe(report, header.policy());
    if let Some(epoch) = header.epoch() {
        report.row("epoch", epoch.number());
        report.bytes("header", header.to_bytes().len() as u64);
    }
    report.row("core id", hex(header.core_id()));
    if let Some(parameters) = &checks.parameters {
        let valid = header.validate(parameters, &mut os_rng());
        report.row("valid", valid.is_ok());
        if let Err(error) = valid {
            report.condemn(error.into());
        }
    }
}

fn describe_signature(report: &mut Report, header: &Header, summary: &RecordSummary, checks: &Checks) {
    let claim = summary.signature.map(|signature| AuthorClaim { digest: summary.digest, signature });
    let author = claim.and_then(|claim| claim.author(header.core_id(), summary.header.name()));
    report.row("digest", summary.digest.to_string());
    match author {
        Some(author) => {
            report.row_as("signed by", author.to_string(), format!("{author} (the signature verifies)"));
            if let Err(failure) = demand_author(Some(author), &checks.authors) {
                report.condemn(failure);
            }
        }
        None => {
            report.row_as("signed by", serde_json::Value::Null, "nobody: the signature does not verify");
            report.condemn(Failure::new(
                Code::NotAuthentic,
                "the signature at the end of the file does not verify",
            ));
        }
    }
}

/// What is wrong with a record that was read as a stream.
fn decode_error(error: io::Error, misplaced: impl Fn(DecodeError) -> Failure) -> Failure {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<DecodeError>()) {
        Some(inner) => misplaced(*inner),
        None => error.into(),
    }
}
