//! The options of `hippocrypt speed`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::workload::grid::{
    Choice, DEPTHS, MAX_PAYLOAD, MAX_SIZE, QUICK_SHAPES, QUICK_SIZES, SHAPES, TEMPS,
};
use super::workload::operations::OPERATIONS;
use crate::args::{Overwrite, bytes};
use crate::help;

/// Samples of a cell.
const SAMPLES: u16 = 15;
const QUICK_SAMPLES: u16 = 5;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Speed {
    #[command(subcommand)]
    pub part: Option<Part>,
    /// Operations to measure
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = names(OPERATIONS.iter().map(|op| op.name)), help_heading = "What to measure")]
    op: Vec<String>,
    /// Shapes of policies
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = names(SHAPES.iter().map(|shape| shape.name())), help_heading = "What to measure")]
    shape: Vec<String>,
    /// Numbers of attributes, 1 to 1000 [default: 1,5,10,20,50,100,1000]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = attributes, help_heading = "What to measure")]
    n: Vec<usize>,
    /// Tables of the attributes: cold or warm
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = names(TEMPS.iter().map(|temp| temp.name())), help_heading = "What to measure")]
    temp: Vec<String>,
    /// Sizes such as 32, 64KiB, 1MiB [default: 32 bytes; of the payload cipher 32, 1KiB, 64KiB, 1MiB, 16MiB]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = payload, help_heading = "What to measure")]
    payload: Vec<usize>,
    /// Depths of the trees of epochs: 10, 13, 16, 17 [default: 16]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = epochs, help_heading = "What to measure")]
    epochs: Vec<u8>,
    /// A small part of the grid in seconds: n = 1, 10, 100, shape and, few samples
    #[arg(long, help_heading = "What to measure")]
    quick: bool,
    /// Samples of each cell [default: 15; with --quick 5]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_000), help_heading = "What to measure")]
    samples: Option<u16>,
    /// Compare two files of results instead of measuring
    #[arg(long, num_args = 2, value_names = ["A.json", "B.json"], conflicts_with_all = ["op", "shape", "n", "temp", "payload", "epochs", "quick", "samples", "plot"])]
    pub compare: Option<Vec<PathBuf>>,
    /// How the results are printed; json is what --compare reads, and the same as --json
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "table")]
    pub format: Format,
    /// Draw the results, too: pairings over the number of attributes
    #[arg(long, value_name = "FILE.svg")]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    pub overwrite: Overwrite,
}

#[derive(Debug, Subcommand)]
pub enum Part {
    /// Measure what a change of the epoch costs a realm of many readers
    #[command(after_help = help::SPEED_REVOCATION)]
    Revocation(Revocation),
    /// Measure records from FHIR to the cloud's disk, to the phone, and back
    #[command(after_help = help::SPEED_RECORDS)]
    Records(Records),
    /// Measure the encrypted keyword index: appending, trapdoors, searching, revoking
    #[command(after_help = help::SPEED_SEARCH)]
    Search(Search),
    /// Measure the audit ledger: appending, proofs, audits of a patient, patients' heads
    #[command(after_help = help::SPEED_LEDGER)]
    Ledger(Ledger),
}

#[derive(Debug, Args)]
pub struct Ledger {
    /// Transactions in the log, 1,000 to 100,000,000
    #[arg(long, value_name = "N", default_value = "1000000", value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    pub entries: u64,
    /// Patients whose they are
    #[arg(long, value_name = "N", default_value = "100000", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub patients: u32,
    /// Samples of what takes milliseconds
    #[arg(long, value_name = "N", default_value = "101", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub samples: u16,
    /// Keep the log in this folder, which must exist [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Search {
    /// FHIR files whose keywords are made, or a folder of them [default: a built-in bundle]
    #[arg(long, value_name = "PATH")]
    pub input: Option<PathBuf>,
    /// Pairs of a keyword and a record in the index, 1,000 to 10,000,000; several sizes with commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "10000,100000,1000000")]
    #[arg(value_parser = clap::value_parser!(u64).range(1_000..=10_000_000))]
    pub pairs: Vec<u64>,
    /// Samples of what takes less than a second
    #[arg(long, value_name = "N", default_value = "51", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub samples: u16,
}

#[derive(Debug, Args)]
pub struct Records {
    /// FHIR files to import, or a folder of them [default: invented ones]
    #[arg(long, value_name = "PATH", conflicts_with_all = ["patients", "resources"])]
    pub input: Option<PathBuf>,
    /// Invented patients
    #[arg(long, value_name = "N", default_value = "60", value_parser = clap::value_parser!(u32).range(2..=100_000))]
    pub patients: u32,
    /// Resources of each of them
    #[arg(long, value_name = "N", default_value = "200", value_parser = clap::value_parser!(u32).range(20..=10_000))]
    pub resources: u32,
    /// What is asked of the index of every patient; an empty text for no index
    #[arg(long, value_name = "TEXT", default_value = "code:4548-4 and date>=2015 and not status:cancelled")]
    pub question: String,
    /// How often ten records are read
    #[arg(long, value_name = "N", default_value = "21", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub rounds: u32,
    /// Bytes of an attachment that is streamed up and down; 0 for none
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = size)]
    pub attachment: usize,
    /// Small records in a store that is opened and read; 0 for none
    #[arg(long, value_name = "N", default_value = "1000000", value_parser = clap::value_parser!(u32).range(0..=100_000_000))]
    pub many: u32,
    /// Keep the stores in this folder, which must exist [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Revocation {
    /// Readers of the realm, 10 to 10000000
    #[arg(long, value_name = "N", default_value = "1000000", value_parser = clap::value_parser!(u32).range(10..=10_000_000))]
    pub readers: u32,
    /// How often the epoch changes, 1 to 100; in three changes a key gets two tokens in the mean
    #[arg(long, value_name = "K", default_value = "3", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub epochs: u32,
    /// D: the realm has 2^D - 1 epochs, D being 7 to 32
    #[arg(long, value_name = "D", default_value = "16", value_parser = clap::value_parser!(u8).range(7..=32))]
    pub depth: u8,
    /// Keep the registry and all tokens in this folder, which must exist [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Table,
    Csv,
    Json,
}

impl Speed {
    /// The part of the grid that is asked for.
    pub fn choice(&self) -> Choice {
        let mut choice = Choice::all();
        if self.quick {
            choice.sizes = QUICK_SIZES.to_vec();
            choice.shapes = QUICK_SHAPES.to_vec();
        }
        if !self.shape.is_empty() {
            choice.shapes = SHAPES.to_vec();
        }
        retain(&mut choice.ops, &self.op, |op| op.name);
        retain(&mut choice.shapes, &self.shape, |shape| shape.name());
        retain(&mut choice.temps, &self.temp, |temp| temp.name());
        if !self.n.is_empty() {
            choice.sizes = ascending(&self.n);
        }
        if !self.payload.is_empty() {
            choice.payloads = Some(ascending(&self.payload));
        }
        if !self.epochs.is_empty() {
            choice.depths = ascending(&self.epochs);
        }
        choice
    }

    pub fn samples(&self) -> u16 {
        self.samples.unwrap_or(if self.quick { QUICK_SAMPLES } else { SAMPLES })
    }

    /// What was chosen, for the record.
    pub fn options(&self, choice: &Choice) -> Value {
        json!({
            "quick": self.quick,
            "samples": self.samples(),
            "op": choice.ops.iter().map(|op| op.name).collect::<Vec<_>>(),
            "shape": choice.shapes.iter().map(|shape| shape.name()).collect::<Vec<_>>(),
            "n": choice.sizes,
            "temp": choice.temps.iter().map(|temp| temp.name()).collect::<Vec<_>>(),
            "payload": choice.payloads,
            "epochs": choice.depths,
        })
    }
}

/// Keeps what is named; all if nothing is.
fn retain<T>(values: &mut Vec<T>, named: &[String], name: impl Fn(&T) -> &'static str) {
    if !named.is_empty() {
        values.retain(|value| named.iter().any(|named| named == name(value)));
    }
}

fn ascending<T: Ord + Copy>(values: &[T]) -> Vec<T> {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.dedup();
    values
}

fn names(names: impl Iterator<Item = &'static str>) -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(names)
}

fn attributes(text: &str) -> Result<usize, String> {
    let n = text.parse().ok().filter(|n| (1..=MAX_SIZE).contains(n));
    n.ok_or_else(|| format!("a number of attributes is 1 to {MAX_SIZE}"))
}

fn epochs(text: &str) -> Result<u8, String> {
    let depth = text.parse().ok().filter(|depth| DEPTHS.contains(depth));
    depth.ok_or_else(|| "a tree of epochs is measured with a depth of 10, 13, 16 or 17".to_owned())
}

fn size(text: &str) -> Result<usize, String> {
    usize::try_from(bytes(text)?).map_err(|_| "that is too large for this machine".to_owned())
}

fn payload(text: &str) -> Result<usize, String> {
    let size = usize::try_from(bytes(text)?).ok().filter(|size| (1..=MAX_PAYLOAD).contains(size));
    size.ok_or_else(|| "a payload has 1 byte to 256MiB".to_owned())
}
