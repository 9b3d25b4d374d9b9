//! `speed revocation`: an epoch change of a realm of many readers.
//!
//! | file | |
//! |---|---|
//! | realm | the realm, its epochs, and what is checked of them |
//! | registry | a registry of issued keys on the disk |

mod realm;
mod registry;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use self::realm::{EpochChange, ManyReaders, Taken};
use super::args::Revocation;
use super::machine::Machine;
use super::statistics::significant;
use super::table::{figure, table};
use super::workload::Wrong;
use super::workload::clock::CLOCK;
use crate::console::Console;
use crate::failure::{Code, Failure, named};
use crate::progress;
use crate::report::{Report, grouped};

/// A folder for files of some hundred megabytes.
pub enum Folder {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl Folder {
    pub fn of(out: Option<&Path>) -> Result<Self, Failure> {
        match out {
            Some(path) if path.is_dir() => Ok(Self::Kept(path.to_owned())),
            Some(path) => Err(Failure::new(Code::InputOutput, format!("{} is not a folder", path.display()))),
            None => {
                let folder = tempfile::tempdir();
                Ok(Self::Temporary(folder.map_err(|error| named("write", "a temporary folder", error))?))
            }
        }
    }

    pub fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

/// Everything that was measured.
struct Measured {
    pairing_us: f64,
    changes: Vec<EpochChange>,
    verified: usize,
    verifying: Taken,
    idle_tokens: usize,
    peak_memory: Option<u64>,
    revoked: usize,
    revoking: [Taken; 2],
}

pub fn run(console: &Console, args: &Revocation) -> Result<Report, Failure> {
    let folder = Folder::of(args.out.as_deref())?;
    let measured = measure(console, args, &folder).map_err(|wrong| {
        Failure::new(Code::WrongResult, wrong.to_string())
            .hint("unless the disk is full, this build or this machine computes wrongly: report what you see")
    })?;
    Ok(report(args, &measured))
}

fn measure(console: &Console, args: &Revocation, folder: &Folder) -> Result<Measured, Wrong> {
    let readers = usize::try_from(args.readers)?;
    let revoked = (readers / 10).max(2);
    let total = readers as u64 * (1 + u64::from(args.epochs)) + revoked as u64;
    let bar = progress::steps(console, total);
    console.note(&format!("enrolling {} readers", grouped(&readers.to_string())));
    let mut realm = ManyReaders::begin(readers, args.depth, folder.path(), &bar)?;
    realm.dismiss_one()?;
    let mut changes = Vec::new();
    for _ in 0..args.epochs {
        let change = realm.change_epoch(args.out.is_some(), &bar)?;
        let EpochChange { epoch, tokens_per_reader, seconds, .. } = change;
        console.note(&format!("epoch {epoch}: {tokens_per_reader} tokens each, {seconds:.1} s"));
        changes.push(change);
    }
    let (verified, verifying) = realm.verify_some()?;
    let idle_tokens = realm.wake_idle()?;
    let peak_memory = peak_memory();
    let revoking = realm.revoke(revoked, &bar)?;
    bar.finish_and_clear();
    let pairing_us = realm.pairing_us();
    Ok(Measured { pairing_us, changes, verified, verifying, idle_tokens, peak_memory, revoked, revoking })
}

/// The most memory that this process has had, in bytes, where the system says it.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
}

fn report(args: &Revocation, measured: &Measured) -> Report {
    let mut report = Report::answer("speed revocation");
    for (name, value) in Machine::here().fields() {
        report.row(name, value);
    }
    let count = |count: f64| grouped(&format!("{count:.0}"));
    let Measured { changes, revoking: [few, many], .. } = measured;
    let us = |micros: f64| json!(significant(micros, 5));
    report.row_as("pairing us", us(measured.pairing_us), format!("{} µs", figure(measured.pairing_us)));
    report.row("readers", args.readers);
    report.row("depth", args.depth);

    let mean =
        |of: fn(&EpochChange) -> f64| changes.iter().map(of).sum::<f64>() / changes.len().max(1) as f64;
    let worst = |of: fn(&EpochChange) -> f64| changes.iter().map(of).fold(0.0, f64::max);
    let seconds = |change: &EpochChange| change.seconds;
    let pairings = |change: &EpochChange| change.pairings;
    for (label, seconds, pairings) in
        [("mean", mean(seconds), mean(pairings)), ("worst", worst(seconds), worst(pairings))]
    {
        report.row_as(
            &format!("{label} epoch change"),
            json!({ "seconds": us(seconds), "pairings": us(pairings) }),
            format!("{} s, {} pairings ({CLOCK})", figure(seconds), count(pairings)),
        );
    }
    let tokens = mean(|change| change.tokens_per_reader as f64);
    report.row_as("tokens per reader and epoch", us(tokens), figure(tokens));
    let bytes = mean(|change| change.bytes as f64);
    report.row_as("bytes of tokens per epoch", us(bytes), count(bytes));
    let memory = measured.peak_memory;
    let text = memory.map_or("unknown here".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
    report.row_as("peak memory", memory, text);

    let taken = |taken: &Taken| json!({ "us": us(taken.micros), "pairings": us(taken.pairings) });
    let verifying = &measured.verifying;
    report.row_as(
        "tokens verified",
        json!({ "keys": measured.verified, "us": us(verifying.micros), "pairings": us(verifying.pairings) }),
        format!(
            "those of {} keys in {} ms, {} pairings",
            grouped(&measured.verified.to_string()),
            figure(verifying.micros / 1e3),
            figure(verifying.pairings)
        ),
    );
    report.row_as(
        "idle reader",
        json!({ "epochs": changes.len(), "tokens": measured.idle_tokens, "opened": true }),
        format!("opened a record after {} epochs, with {} tokens", changes.len(), measured.idle_tokens),
    );
    let readers = grouped(&args.readers.to_string());
    report.row_as(
        "revoke user of few",
        taken(few),
        format!(
            "{} µs, {} pairings (one key held, hardly anybody revoked)",
            figure(few.micros),
            figure(few.pairings)
        ),
    );
    let text = format!(
        "{} µs, {} pairings ({readers} keys held, {} users revoked)",
        figure(many.micros),
        figure(many.pairings),
        grouped(&measured.revoked.to_string())
    );
    report.row_as("revoke user of many", taken(many), text);
    report.field("revoked_users", measured.revoked);
    report.field("changes", changes.iter().map(change_to_json).collect::<Value>());
    report.draw(changes_to_text(changes));
    report
}

fn change_to_json(change: &EpochChange) -> Value {
    let figure = |value: f64| json!(significant(value, 5));
    json!({
        "epoch": change.epoch.number(),
        "readers": change.refreshed,
        "tokens_per_reader": change.tokens_per_reader,
        "bytes": change.bytes,
        "seconds": figure(change.seconds),
        "wall_seconds": figure(change.wall_seconds),
        "pairings": figure(change.pairings),
    })
}

fn changes_to_text(changes: &[EpochChange]) -> String {
    let row = |change: &EpochChange| {
        vec![
            change.epoch.to_string(),
            grouped(&change.refreshed.to_string()),
            change.tokens_per_reader.to_string(),
            grouped(&change.bytes.to_string()),
            figure(change.seconds),
            figure(change.wall_seconds),
            grouped(&format!("{:.0}", change.pairings)),
            figure(change.pairings / change.refreshed as f64),
        ]
    };
    let names = ["epoch", "refreshed", "tokens each", "bytes", "CPU s", "wall s", "pairings", "each"];
    table(&names, &changes.iter().map(row).collect::<Vec<_>>())
}
