//! `ledger append --lines`: many transactions, a line of JSON each.

use std::io::{BufRead, BufReader, Read};
use std::time::Instant;

use hippocrypt::ledger::{Scribe, Transaction};
use hippocrypt::phr::PatientHandle;
use serde_json::Value;

use super::append::{commit, subject};
use crate::args::ledger::{Append, kind};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::Source;
use crate::ledger::Ledger;
use crate::progress;
use crate::report::{Report, grouped, unhex_all};

/// Transactions that are made durable at once.
const BATCH: usize = 256;
/// The longest line that is read: a body of 16 MiB in hexadecimal digits, and what stands around it.
const MAX_LINE: u64 = (1 << 25) + 4096;

pub fn run(console: &Console, args: &Append) -> Result<Report, Failure> {
    let source = Source::open(console, &args.input)?;
    let (name, bar) = (source.name.clone(), progress::bar(console, source.len));
    let mut input = BufReader::new(bar.wrap_read(source));
    let mut ledger = Ledger::open_to_append(&args.folder)?;
    let mut scribe = ledger.scribe(console)?;
    let started = Instant::now();
    let (mut number, mut appended, mut first) = (0u64, 0u64, None);
    let mut waiting = Vec::with_capacity(BATCH);
    loop {
        let line = next(&mut input);
        let is_end = matches!(line, Ok(None));
        number += 1;
        let parsed = match line {
            Ok(Some(line)) if line.trim().is_empty() => continue,
            Ok(line) => line.map(|line| transaction(&scribe, &line)).transpose(),
            Err(failure) => Err(failure),
        };
        // What stands before a mistake is in the log, and the next run need not bring it again.
        let broken = match parsed {
            Ok(transaction) => {
                waiting.extend(transaction);
                None
            }
            Err(failure) => Some(failure),
        };
        if waiting.len() == BATCH || is_end || broken.is_some() {
            let before = waiting.len() as u64;
            let entries = commit(&mut ledger, &mut scribe, std::mem::take(&mut waiting))
                .map_err(|failure| failure.in_file_if_unnamed(&name).detail("appended", appended))?;
            first = first.or(entries.first().map(|entry| entry.index));
            appended += before;
        }
        if let Some(failure) = broken {
            bar.finish_and_clear();
            let said =
                format!("the {appended} transactions before it are in the log: begin again with this line");
            return Err(failure
                .hint(said)
                .detail("line", number)
                .detail("appended", appended)
                .in_file(&format!("{name}, line {number}")));
        }
        if is_end {
            break;
        }
    }
    bar.finish_and_clear();

    let seconds = started.elapsed().as_secs_f64();
    let mut report = Report::new("ledger append");
    report.row("log", scribe.log());
    report.row("appended", appended);
    report.row_as("first", first, first.map_or("none".into(), |first| grouped(&first.to_string())));
    report.row("size", ledger.book().size()?);
    report.row_as("seconds", (seconds * 1000.0).round() / 1000.0, format!("{seconds:.2}"));
    Ok(report)
}

/// The next line; none at the end.
fn next(input: &mut impl BufRead) -> Result<Option<String>, Failure> {
    let mut line = Vec::new();
    let read = input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
    if read as u64 == MAX_LINE {
        return Err(Failure::new(Code::Malformed, "a line of more than 32 MiB"));
    }
    let text = String::from_utf8(line).map_err(|_| Failure::new(Code::Malformed, "it is not UTF-8 text"))?;
    Ok((read > 0).then_some(text))
}

/// `{"kind": "access", "patient": "..", "body": ".."}`; `body_hex` instead of `body` for bytes that are no text.
fn transaction(scribe: &Scribe, line: &str) -> Result<Transaction, Failure> {
    let wrong = |what: String| Failure::new(Code::Malformed, what);
    let value: Value = serde_json::from_str(line).map_err(|error| wrong(format!("not JSON: {error}")))?;
    let object = value.as_object().ok_or_else(|| wrong("a transaction is an object of JSON".into()))?;
    const FIELDS: [&str; 4] = ["kind", "patient", "body", "body_hex"];
    if let Some(unknown) = object.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(wrong(format!(
            "`{unknown}` is no field of a transaction: these are {}",
            FIELDS.join(", ")
        )));
    }
    let text = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(wrong(format!("`{name}` is a text"))),
    };
    let name = text("kind")?.ok_or_else(|| wrong("it lacks `kind`".into()))?;
    let kind = kind(name).map_err(|known| wrong(format!("`{name}` is no kind that is appended: {known}")))?;
    let patient: Option<PatientHandle> = text("patient")?
        .map(|handle| handle.parse().map_err(|_| wrong("`patient` is 32 hexadecimal digits".into())))
        .transpose()?;
    let body = match (text("body")?, text("body_hex")?) {
        (Some(_), Some(_)) => return Err(wrong("`body` and `body_hex` contradict each other".into())),
        (text, None) => text.unwrap_or_default().as_bytes().to_vec(),
        (None, Some(digits)) => unhex_all(digits)
            .ok_or_else(|| wrong("`body_hex` is hexadecimal digits, two for a byte".into()))?,
    };
    let subject = subject(scribe, patient);
    if subject.is_nobody() && kind.is_of_patient() {
        return Err(wrong(format!("`{kind}` is always a patient's: it lacks `patient`")));
    }
    if !subject.is_nobody() && kind.is_of_log() {
        return Err(wrong(format!("`{kind}` is never a patient's: take `patient` away")));
    }
    Ok(Transaction { kind, subject, body })
}
