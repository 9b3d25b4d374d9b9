//! `ledger verify`: whether what a log has shown is true. Of files nothing but the files is needed.

use std::path::Path;

use hippocrypt::ledger::{
    Accepted, Checkpoint, ConsistencyProof, Entry, InclusionProof, PatientAccount, Receipt, Subject, Verifier,
};

use super::{account, load, replay};
use crate::args::ledger::Verify;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::Source;
use crate::ledger::trust;
use crate::report::{Report, hex};

pub fn run(console: &Console, args: &Verify) -> Result<Report, Failure> {
    if let Some(folder) = &args.folder {
        return replay::run(console, folder, args);
    }
    let key =
        args.key.as_deref().ok_or_else(|| Failure::new(Code::Usage, "--key names the key of the log"))?;
    let verifier = trust::verifier(console, trust::keys_in(console, key)?, &args.witnesses)?;
    let mut report = Report::answer("ledger verify");
    report.row("log", verifier.log());
    let accepted = match &args.checkpoint {
        Some(path) => Some(accept(console, &verifier, path)?),
        None => None,
    };
    let entry = match (&args.entry, &args.proof) {
        (Some(entry), Some(proof)) => Some((
            load(console, entry, Entry::from_bytes)?,
            load(console, proof, InclusionProof::from_bytes)?,
        )),
        _ => None,
    };
    let old = match (&args.old, &args.consistency) {
        (Some(old), Some(proof)) => {
            Some((accept(console, &verifier, old)?, load(console, proof, ConsistencyProof::from_bytes)?))
        }
        _ => None,
    };
    report.row("verified", true);
    if let Some(accepted) = &accepted {
        of_checkpoint(console, &verifier, accepted, &mut report);
        if let Some((old, proof)) = &old {
            verifier.extends(old, accepted, proof)?;
            report.row_as(
                "continues",
                old.size(),
                format!("the log of {} leaves: none of them was changed, removed or moved", old.size()),
            );
        }
        if let Some((entry, proof)) = &entry {
            verifier.entry(entry, proof, accepted)?;
            of_entry(entry, &mut report);
        }
        if let Some(path) = &args.account {
            let found = load(console, path, PatientAccount::from_bytes)?;
            let subject =
                args.patient.map_or(found.subject, |handle| Subject::of(verifier.log(), handle.as_bytes()));
            verifier.account(&subject, &found, accepted)?;
            account::report(&mut report, &found, accepted.size());
        }
    }
    if let Some(path) = &args.receipt {
        let receipt = load(console, path, Receipt::from_bytes)?;
        verifier.receipt(&receipt)?;
        let kept = match (&accepted, entry) {
            (Some(accepted), Some((entry, proof))) => {
                verifier.receipt_kept(&receipt, &[(entry.leaf, proof)], accepted)?;
                true
            }
            _ => false,
        };
        of_receipt(&receipt, kept, &mut report);
    }
    Ok(report)
}

/// A checkpoint in a file, if it counts.
fn accept(console: &Console, verifier: &Verifier, path: &Path) -> Result<Accepted, Failure> {
    let mut source = Source::open(console, path)?;
    let bytes = source.read_whole()?;
    let checkpoint = Checkpoint::parse(bytes.expose_secret())
        .map_err(|error| Failure::from(error).in_file(&source.name))?;
    let accepted = verifier.checkpoint(&checkpoint, console.now());
    accepted.map_err(|fault| Failure::from(fault).in_file(&source.name))
}

/// Rows about the checkpoint that everything is verified under.
pub fn of_checkpoint(console: &Console, verifier: &Verifier, accepted: &Accepted, report: &mut Report) {
    report.row("size", accepted.size());
    report.row("root", hex(accepted.root()));
    report.row("finality", trust::finality(verifier));
    if let Some(time) = accepted.time() {
        report.moment("seen by witnesses", time, console.now());
    }
}

fn of_entry(entry: &Entry, report: &mut Report) {
    report.row("index", entry.index);
    report.row("kind", entry.leaf.kind.to_string());
    report.row(
        "subject",
        if entry.leaf.subject.is_nobody() { "nobody".into() } else { entry.leaf.subject.to_string() },
    );
    let bytes = entry.opening.as_ref().map(|opening| opening.body.len());
    let said = match bytes {
        Some(bytes) => format!("{bytes} bytes, which are what the leaf commits to"),
        None => "nothing: erased, or all is in the leaf".to_owned(),
    };
    report.row_as("says", bytes, said);
}

fn of_receipt(receipt: &Receipt, kept: bool, report: &mut Report) {
    let places: Vec<u64> = receipt.entries.iter().map(|entry| entry.index).collect();
    let text: Vec<String> = places.iter().map(ToString::to_string).collect();
    report.row_as("receipt", places, format!("the log has promised leaf {}", text.join(", ")));
    let word = if kept {
        "yes: it stands there"
    } else {
        "not asked: give --checkpoint, --entry and --proof of the same transaction"
    };
    report.row_as("kept", kept, word);
}
