//! `ledger prove`: that a transaction stands in the log, and that an earlier log is the beginning of a later one.

use std::path::Path;

use crate::args::ledger::Prove;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::ledger::Ledger;
use crate::output::{Access, write_all};
use crate::report::Report;

pub fn run(console: &Console, args: &Prove) -> Result<Report, Failure> {
    let ledger = Ledger::look(&args.folder)?;
    match (args.index, args.from) {
        (Some(index), _) => inclusion(console, &ledger, args, index),
        (None, Some(from)) => consistency(console, &ledger, args, from),
        (None, None) => Err(Failure::new(Code::Usage, "what is to be proved? a number, or --from")),
    }
}

fn inclusion(console: &Console, ledger: &Ledger, args: &Prove, index: u64) -> Result<Report, Failure> {
    let checkpoint = ledger.checkpoint(args.size)?;
    let size = checkpoint.head().size;
    let book = ledger.book();
    let (Some(proof), Some(entry)) = (book.prove_inclusion(index, size)?, book.entry(index)?) else {
        let message = format!("there is no transaction {index} among the first {size}");
        let hint = if index < book.size()? {
            "it is in the log, and under the next checkpoint: `hippocrypt ledger checkpoint`"
        } else {
            "`hippocrypt ledger blocks` tells how many there are"
        };
        return Err(Failure::new(Code::NotSatisfied, message).hint(hint));
    };
    let (entry_bytes, proof_bytes, text) = (entry.to_bytes(), proof.to_bytes(), checkpoint.to_text());
    let mut files: Vec<(&Path, &[u8], Access)> = vec![(&args.out, &proof_bytes, Access::Everybody)];
    files.extend(args.entry.iter().map(|path| (path.as_path(), entry_bytes.as_slice(), Access::Owner)));
    files.extend(args.checkpoint.iter().map(|path| (path.as_path(), text.as_bytes(), Access::Everybody)));
    write_all(console, &files, args.overwrite.force)?;

    let mut report = Report::new("ledger prove");
    report.row("index", index);
    report.row("size", size);
    report.row("kind", entry.leaf.kind.to_string());
    report.row("hashes", proof.path.len());
    report.file("proof", &args.out, "");
    if let Some(path) = &args.entry {
        let remark =
            if entry.opening.is_some() { "with what it says" } else { "the leaf alone: it says no more" };
        report.file("entry", path, remark);
    }
    if let Some(path) = &args.checkpoint {
        report.file("checkpoint", path, "");
    }
    Ok(report)
}

fn consistency(console: &Console, ledger: &Ledger, args: &Prove, old: u64) -> Result<Report, Failure> {
    let checkpoint = ledger.checkpoint(args.to)?;
    let new = checkpoint.head().size;
    let proof = ledger.book().prove_consistency(old, new)?.ok_or_else(|| {
        Failure::new(Code::NotSatisfied, format!("{old} leaves are no beginning of {new}"))
            .hint("the earlier log comes first: --from OLD --to NEW")
    })?;
    let (bytes, text) = (proof.to_bytes(), checkpoint.to_text());
    let mut files: Vec<(&Path, &[u8], Access)> = vec![(&args.out, &bytes, Access::Everybody)];
    files.extend(args.checkpoint.iter().map(|path| (path.as_path(), text.as_bytes(), Access::Everybody)));
    write_all(console, &files, args.overwrite.force)?;

    let mut report = Report::new("ledger prove");
    report.row("from", old);
    report.row("to", new);
    report.row("hashes", proof.path.len());
    report.file("proof", &args.out, "");
    if let Some(path) = &args.checkpoint {
        report.file("checkpoint", path, "");
    }
    Ok(report)
}
