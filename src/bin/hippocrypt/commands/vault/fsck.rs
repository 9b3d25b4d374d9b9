//! `vault fsck`: whether all that is stored hangs together.

use std::path::Path;

use hippocrypt::store::{Journal, RedbStore, StoreError};

use crate::args::vault::Fsck;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::progress;
use crate::report::Report;
use crate::vault::office::STORE;
use crate::vault::{Vault, imports, patients};

/// What is younger may belong to an import that is going on.
const SWEPT_AFTER_SECONDS: u64 = 3600;

pub fn run(console: &Console, folder: &Path, args: &Fsck) -> Result<Report, Failure> {
    let vault = if args.sweep { Vault::open(console, folder)? } else { Vault::look(console, folder)? };
    let mut problems = Vec::new();
    // First the pages of the databases, then what stands on them.
    for path in [vault.cloud_store(), vault.authority().join(STORE), vault.index_store(), vault.gate_store()]
    {
        check_pages(&path, &mut problems)?;
    }
    for file in [patients::FILE, imports::FILE] {
        let path = vault.authority().join(file);
        match Journal::verify(&path) {
            Ok(_) | Err(StoreError::NotThere) => {}
            Err(error) => problems.push(format!("{}: {error}", path.display())),
        }
    }
    let cloud = vault.cloud_to_look_at(console)?;
    let stats = cloud.stats()?;
    let rows = 2 * stats.compartments
        + 2 * stats.records
        + stats.chunks
        + stats.keys
        + stats.updates
        + stats.transactions;
    let bar = progress::steps(console, rows);
    let findings = cloud.fsck(|seen| bar.set_position(seen.min(rows)))?;
    bar.finish_and_clear();
    problems.extend(findings.problems);

    let mut report = Report::answer("vault fsck");
    report.row("compartments", findings.stats.compartments);
    report.row("records", findings.stats.records);
    report.row("chunks", findings.stats.chunks);
    report.row("segments of indexes", findings.stats.segments);
    report.row("transactions", findings.stats.transactions);
    report.row("chunks without a record", findings.orphans);
    if args.sweep {
        let before = console.now().saturating_sub(SWEPT_AFTER_SECONDS);
        let swept = cloud.sweep(before, |_| ())?;
        report.row("chunks removed", swept.removed);
        report.bytes("bytes removed", swept.bytes);
    }
    let text = if problems.is_empty() { "none".to_owned() } else { problems.len().to_string() };
    report.row_as("problems", problems.clone(), text);
    report.draw(problems.iter().map(|problem| format!("{problem}\n")).collect());
    if !problems.is_empty() {
        let message = format!("{} problems were found", problems.len());
        report.condemn(
            Failure::new(Code::Malformed, message)
                .hint("`hippocrypt vault restore` makes the cloud of a backup"),
        );
    }
    Ok(report)
}

fn check_pages(path: &Path, problems: &mut Vec<String>) -> Result<(), Failure> {
    let named = |error: StoreError| format!("{}: {error}", path.display());
    match RedbStore::open(path) {
        Ok(mut store) => match store.check() {
            Ok(true) => {}
            Ok(false) => {
                problems.push(format!("{}: pages were damaged, and have been repaired", path.display()))
            }
            Err(error) => problems.push(named(error)),
        },
        // A copy on a disk that cannot be written to: rows are checked all the same. Not every machine has an authority.
        Err(StoreError::ReadOnly | StoreError::NotThere) => {}
        Err(error) => return Err(Failure::from(error).in_file(&path.display().to_string())),
    }
    Ok(())
}
