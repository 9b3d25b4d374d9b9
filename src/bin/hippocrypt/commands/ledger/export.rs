//! `ledger export`: the log as static files, in the layout of C2SP tlog-tiles.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use hippocrypt::ledger::{Book, Checkpoint, Subject, TILE_WIDTH, TileName, Verifier};

use crate::args::ledger::{Export, Witnesses};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::ledger::{Ledger, trust};
use crate::output::{Access, temporary_beside, write_all};
use crate::progress;
use crate::report::{Report, hex};
use crate::store::{at, get};

const CHECKPOINT: &str = "checkpoint";

/// What an export has come to.
#[derive(Default)]
struct Totals {
    written: u64,
    before: u64,
    bytes: u64,
}

pub fn run(console: &Console, args: &Export) -> Result<Report, Failure> {
    let ledger = Ledger::look(&args.folder)?;
    let own = Witnesses { keys: Vec::new(), need: None, liars: 0 };
    let verifier = trust::verifier(console, ledger.keys(console)?, &own)?;
    let (book, checkpoint) = (ledger.book(), ledger.newest()?);
    let size = checkpoint.head().size;
    let former = continues(&book, &verifier, &args.out, &checkpoint)?;
    let bar = progress::steps(console, size.div_ceil(TILE_WIDTH.into()) * 2);
    let mut totals = Totals::default();
    for name in TileName::all(size) {
        tile(&book, &args.out, &name, &mut totals)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    // Last: who sees the checkpoint finds its tiles.
    publish(&args.out.join(CHECKPOINT), checkpoint.to_text().as_bytes())?;

    let mut report = Report::new("ledger export");
    report.row("log", verifier.log());
    report.file("folder", &args.out, "");
    report.row("size", size);
    report.row("size before", former);
    report.row("root", hex(&checkpoint.head().root));
    report.row("files written", totals.written);
    report.row("there before", totals.before);
    report.bytes("bytes", totals.bytes);
    let accepted = verifier.checkpoint(&checkpoint, console.now())?;
    let mut accounts = Vec::new();
    for patient in &args.account {
        let subject = Subject::of(verifier.log(), patient.as_bytes());
        let account =
            book.account(&subject)?.ok_or_else(|| Failure::new(Code::Refused, "no block was closed yet"))?;
        verifier.account(&subject, &account, &accepted)?;
        let path = beside(&args.out, &format!("account-{patient}.hpcr"));
        write_all(console, &[(&path, &account.to_bytes(), Access::Owner)], true)?;
        report.file("account", &path, "for her: not for the web");
        accounts.push(path.display().to_string());
    }
    report.field("accounts", accounts);
    Ok(report)
}

/// `DIR-name`, beside the folder `DIR`.
fn beside(folder: &Path, name: &str) -> PathBuf {
    let stem = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    folder.with_file_name(format!("{stem}-{name}"))
}

/// How many leaves there are in the folder, if what is there is the beginning of this log.
fn continues(
    book: &Book<'_>,
    verifier: &Verifier,
    out: &Path,
    checkpoint: &Checkpoint,
) -> Result<u64, Failure> {
    let path = out.join(CHECKPOINT);
    let Some(text) = get(&path)? else { return Ok(0) };
    let name = path.display().to_string();
    let there =
        Checkpoint::parse(text.expose_secret()).map_err(|error| Failure::from(error).in_file(&name))?;
    let (old, new) = (there.head(), checkpoint.head());
    let is_beginning =
        old.origin == verifier.log() && old.size <= new.size && book.root(old.size)? == old.root;
    if is_beginning {
        return Ok(old.size);
    }
    let message =
        format!("the folder holds a log of {} leaves that is not the beginning of this one", old.size);
    Err(Failure::new(Code::Refused, message)
        .hint("choose an empty folder; if it should be this log, one of the two was rewritten: keep both")
        .in_file(&name))
}

/// Writes a file of the layout that is not there yet. A tile never changes once it is full.
fn tile(book: &Book<'_>, out: &Path, name: &TileName, totals: &mut Totals) -> Result<(), Failure> {
    let path = out.join(name.to_string());
    let full = name.width() == TILE_WIDTH;
    let there = fs::metadata(&path).map_or(0, |file| file.len());
    let bytes_of_one = if name.level().is_some() { 32 } else { 2 + hippocrypt::ledger::LEAF_BYTES as u64 };
    // What was cut off by a crash is written again.
    if there == u64::from(name.width()) * bytes_of_one {
        totals.before += 1;
        return Ok(());
    }
    let bytes = match name.level() {
        Some(level) => book.tile(level, name.index(), name.width())?,
        None => book.bundle(name.index(), name.width())?,
    };
    let bytes = bytes.ok_or_else(|| Failure::new(Code::Malformed, format!("the log has no {name}")))?;
    let folder = path.parent().unwrap_or(out);
    fs::create_dir_all(folder).map_err(|error| at("make", folder, error))?;
    publish(&path, &bytes)?;
    totals.written += 1;
    totals.bytes += bytes.len() as u64;
    if full {
        // Its parts are of no use any more.
        let mut parts = path.into_os_string();
        parts.push(".p");
        let _ = fs::remove_dir_all(parts);
    }
    Ok(())
}

/// A file that everybody may read, whole or not at all.
fn publish(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fail = |error| at("write", path, error);
    let mut temporary = temporary_beside(path, Access::Everybody).map_err(fail)?;
    temporary.write_all(bytes).map_err(fail)?;
    temporary.persist(path).map_err(|error| fail(error.error))?;
    Ok(())
}
