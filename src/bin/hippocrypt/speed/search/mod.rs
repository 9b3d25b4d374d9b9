//! `speed search`: the encrypted keyword index, from the writer to the reader, in memory.
//!
//! | file | |
//! |---|---|
//! | watch | takes samples, each between two pairings |
//! | house | an index with its owner, writers, server and gate |
//! | extracting | resources to keywords |
//! | writing | appending pairs, warm and cold |
//! | asking | trapdoors, the gate, keys of entries, revocation |
//! | finding | syncing a mirror, searching locally and remotely |
//! | bars | the upper limits that the design sets, and whether they are met |

mod asking;
mod bars;
mod extracting;
mod finding;
mod house;
mod watch;
mod writing;

use indicatif::ProgressBar;
use serde_json::json;

use self::watch::{Figure, Watch};
use super::args::Search;
use super::machine::Machine;
use super::results::Results;
use super::workload::Wrong;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::progress;
use crate::report::Report;

/// Steps of the bar for everything that does not depend on the size of the index.
const KEY_STEPS: u64 = 40_000;

pub fn run(console: &Console, args: &Search) -> Result<Report, Failure> {
    let mut sizes = args.pairs.clone();
    sizes.sort_unstable();
    sizes.dedup();
    let total = KEY_STEPS + sizes.iter().sum::<u64>();
    let bar = progress::steps(console, total);
    let watch = Watch::new();
    let files = extracting::files(args.input.as_deref())?;
    let figures = measure(&watch, args, &files, &sizes, &bar).map_err(|wrong| {
        Failure::new(Code::WrongResult, wrong.to_string())
            .hint("this build or this machine computes wrongly: do not trust it, and report what you see")
    })?;
    bar.finish_and_clear();

    let results = Results {
        machine: Machine::here(),
        pairing_us: watch.pairing_us(),
        options: json!({ "pairs": sizes, "samples": args.samples }),
        rows: figures.iter().map(Figure::row).collect(),
    };
    let bars = bars::compared(&results.rows);
    let mut report = Report::answer("speed search");
    for (name, value) in results.fields() {
        report.field(name, value);
    }
    report.field("bars", bars::to_json(&bars));
    report.draw(format!("{}\n{}", results.to_text(), bars::to_text(&bars)));
    Ok(report)
}

fn measure(
    watch: &Watch,
    args: &Search,
    files: &[Vec<u8>],
    sizes: &[u64],
    bar: &ProgressBar,
) -> Result<Vec<Figure>, Wrong> {
    let samples = usize::from(args.samples);
    let mut figures = extracting::all(watch, samples, files)?;
    figures.extend(writing::cold(watch, samples)?);
    bar.inc(KEY_STEPS / 4);
    figures.extend(asking::trapdoors(watch, samples)?);
    bar.inc(KEY_STEPS / 4);
    figures.extend(asking::entry_keys(watch, samples)?);
    bar.inc(KEY_STEPS / 4);
    figures.extend(asking::revocation(watch, samples)?);
    bar.inc(KEY_STEPS / 4);
    for pairs in sizes {
        let (written, full) = writing::warm(watch, *pairs, bar)?;
        figures.extend(written);
        figures.extend(finding::all(watch, samples, &full)?);
    }
    Ok(figures)
}
