//! `ledger audit`: who read her records? All transactions of a patient, verified by the same code as offline.

use std::path::Path;

use hippocrypt::ledger::Subject;

use super::account;
use crate::args::ledger::Audit;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::ledger::{Ledger, trust};
use crate::output::{Access, write_all};
use crate::report::Report;

pub fn run(console: &Console, args: &Audit) -> Result<Report, Failure> {
    let ledger = Ledger::look(&args.folder)?;
    let verifier = trust::verifier(console, ledger.keys(console)?, &args.witnesses)?;
    let subject = Subject::of(verifier.log(), args.patient.as_bytes());
    let checkpoint = ledger.newest()?;
    let accepted = verifier.checkpoint(&checkpoint, console.now())?;
    let account = ledger.book().account(&subject)?;
    let account = account.ok_or_else(|| Failure::new(Code::Refused, "no block was closed yet"))?;
    verifier.account(&subject, &account, &accepted)?;
    let (bytes, text) = (account.to_bytes(), checkpoint.to_text());
    let mut files: Vec<(&Path, &[u8], Access)> = Vec::new();
    files.extend(args.out.iter().map(|path| (path.as_path(), bytes.as_slice(), Access::Owner)));
    files.extend(args.checkpoint.iter().map(|path| (path.as_path(), text.as_bytes(), Access::Everybody)));
    write_all(console, &files, args.overwrite.force)?;

    let mut report = Report::answer("ledger audit");
    report.row("log", verifier.log());
    report.row("patient", args.patient.to_string());
    report.row("size", accepted.size());
    report.row("verified", true);
    report.row("finality", trust::finality(&verifier));
    if let Some(time) = accepted.time() {
        report.moment("seen by witnesses", time, console.now());
    }
    account::report(&mut report, &account, accepted.size());
    if let Some(path) = &args.out {
        report.file("account", path, "what it says is hers: keep it as her records");
    }
    if let Some(path) = &args.checkpoint {
        report.file("checkpoint", path, "");
    }
    Ok(report)
}
