//! `speed ledger`: the audit ledger over a store on the disk.
//!
//! | file | |
//! |---|---|
//! | log | a log that is filled, and appended to |
//! | proofs | proving and verifying |
//! | figure | samples, and the bars of the design |

mod figure;
mod log;
mod proofs;

use serde_json::{Value, json};

use self::figure::Figure;
use self::log::Log;
use super::args::Ledger;
use super::machine::Machine;
use super::revocation::Folder;
use super::workload::Wrong;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::progress;
use crate::report::Report;

pub fn run(console: &Console, args: &Ledger) -> Result<Report, Failure> {
    let folder = Folder::of(args.out.as_deref())?;
    let figures = measure(console, args, &folder).map_err(|wrong| {
        Failure::new(Code::WrongResult, wrong.to_string())
            .hint("unless the disk is full, this build or this machine computes wrongly: report what you see")
    })?;
    let mut report = Report::answer("speed ledger");
    for (name, value) in Machine::here().fields() {
        report.row(name, value);
    }
    report.field("entries", args.entries);
    report.field("patients", args.patients);
    report.field("rows", figures.iter().map(Figure::to_json).collect::<Value>());
    report.field("bars", json!(figures.iter().flat_map(Figure::bars_to_json).collect::<Vec<_>>()));
    report.draw(figure::to_text(&figures));
    Ok(report)
}

fn measure(console: &Console, args: &Ledger, folder: &Folder) -> Result<Vec<Figure>, Wrong> {
    let samples = usize::from(args.samples);
    let mut figures = vec![log::commit_of_disk(folder.path(), samples)?];
    let bar = progress::steps(console, args.entries);
    let (mut log, filled) = Log::fill(folder.path(), args.entries, args.patients, &bar)?;
    bar.finish_and_clear();
    figures.push(filled);
    figures.push(log.append("ledger-append-1", 1, samples)?);
    figures.push(log.append("ledger-append-256", 256, samples)?);
    figures.push(log.close_blocks(samples)?);
    figures.extend(proofs::inclusion(&log, samples)?);
    figures.push(proofs::audit(&log, samples)?);
    figures.push(proofs::account(&log, samples)?);
    figures.push(proofs::heads(args.entries, samples)?);
    Ok(figures)
}
