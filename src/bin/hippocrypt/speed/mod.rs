//! `speed`: how fast this build is on this machine, in microseconds and in pairings.
//!
//! | file | |
//! |---|---|
//! | workload | the grid, the operations and their inputs: what the benches measure, too |
//! | sampler | takes samples, interleaved with pairings |
//! | statistics | medians and their kin |
//! | results | rows, JSON and CSV |
//! | table, plot | results for people |
//! | compare | results of two runs |
//! | revocation | an epoch change of a realm of many readers |
//! | records | FHIR to the cloud, to the phone, and back |
//! | search | the encrypted keyword index |
//! | ledger | the audit ledger |

pub mod args;
mod compare;
mod ledger;
mod machine;
mod plot;
mod records;
mod results;
mod revocation;
mod sampler;
mod search;
mod statistics;
mod table;
mod workload;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use self::args::{Format, Part, Speed};
use self::results::Results;
use self::sampler::{Sampler, Samples};
pub use self::workload::clock::now as cpu_time;
use self::workload::grid::Cell;
pub use self::workload::operations::OPERATIONS;
use self::workload::world::World;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::output::{Access, Output};
use crate::progress;
use crate::report::Report;

pub fn run(console: &Console, args: &Speed) -> Result<Report, Failure> {
    match &args.part {
        Some(Part::Revocation(args)) => return revocation::run(console, args),
        Some(Part::Records(args)) => return records::run(console, args),
        Some(Part::Search(args)) => return search::run(console, args),
        Some(Part::Ledger(args)) => return ledger::run(console, args),
        None => {}
    }
    if console.json && args.format == Format::Csv {
        return Err(Failure::new(Code::Usage, "--json and --format csv contradict each other"));
    }
    if let Some([a, b]) = args.compare.as_deref() {
        return compare::run(console, a, b, args.format);
    }
    let choice = args.choice();
    let cells = choice.cells();
    // A file that is in the way is told before the measuring, not after.
    let plot = match &args.plot {
        Some(path) if !cells.iter().any(plot::shows) => return Err(nothing_to_plot(path)),
        Some(path) => Some(Output::create(console, path, Access::Everybody, args.overwrite.force)?),
        None => None,
    };
    let world = World::new().map_err(|wrong| Failure::new(Code::WrongResult, wrong.to_string()))?;
    let sampler = Sampler::new(&world);
    let samples = measure(console, &sampler, &cells, args)?;
    let results = Results {
        machine: machine::Machine::here(),
        pairing_us: sampler.pairing_us(),
        options: args.options(&choice),
        rows: sampler::rows(&samples),
    };
    if let Some(mut output) = plot {
        output.write_all(plot::svg(&results).as_bytes())?;
        output.commit()?;
    }
    let mut report = Report::answer("speed");
    for (name, value) in results.fields() {
        report.field(name, value);
    }
    report.draw(if args.format == Format::Csv { results.to_csv() } else { results.to_text() });
    Ok(report)
}

fn nothing_to_plot(path: &Path) -> Failure {
    let message = format!("there is nothing to draw in {}", path.display());
    Failure::new(Code::Usage, message).hint("the drawing is over n: choose an operation on policies or keys")
}

fn measure<'w>(
    console: &Console,
    sampler: &Sampler<'w>,
    cells: &[Cell],
    args: &Speed,
) -> Result<Vec<Samples<'w>>, Failure> {
    let rounds = u64::from(args.samples());
    let before = |cell: &Cell| u64::from(cell.uses_before());
    let total = cells.iter().map(|cell| weight(cell) * (rounds + before(cell))).sum();
    announce(console, sampler, cells.len(), rounds, total);
    let bar = progress::steps(console, total);
    let mut samples = Vec::with_capacity(cells.len());
    for cell in cells {
        samples.push(sampler.prepare(*cell)?);
        bar.inc(weight(cell) * before(cell));
    }
    for _ in 0..rounds {
        for samples in &mut samples {
            sampler.sample(samples)?;
            bar.inc(weight(samples.cell()));
        }
    }
    bar.finish_and_clear();
    Ok(samples)
}

/// Says how long it will take, if it takes long.
fn announce(console: &Console, sampler: &Sampler<'_>, cells: usize, rounds: u64, total: u64) {
    let time = Duration::from_secs_f64(total as f64 * sampler.pairing_us() / 1e6);
    if time > Duration::from_secs(20) {
        let seconds = time.as_secs();
        let time =
            if seconds < 100 { format!("{seconds} s") } else { format!("{} min", (seconds + 30) / 60) };
        console.note(&format!(
            "this takes some {time}: {cells} cells, {rounds} samples each; --quick takes seconds"
        ));
    }
}

/// What one sample takes with everything around it, very roughly, in pairings.
fn weight(cell: &Cell) -> u64 {
    let inputs = cell.payload().map_or(0, |payload| payload as u64 >> 17);
    let keys = cell.keys().map_or(0, |keys| keys as u64 / 8);
    5 + inputs + keys + cell.shape_and_n().map_or(0, |(_, n)| n as u64 / 4)
}
