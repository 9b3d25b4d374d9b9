//! `ledger`: a log that nobody can rewrite, over one folder. Commands of its keeper need its key, commands of verifiers files alone.

mod account;
mod append;
mod audit;
mod blocks;
mod checkpoint;
mod cosign;
mod create;
mod export;
mod lines;
mod prove;
mod replay;
mod verify;

use std::path::Path;

use hippocrypt::DecodeError;

use crate::args::ledger::Ledger;
use crate::console::Console;
use crate::failure::Failure;
use crate::input::Source;
use crate::report::Report;

pub fn run(console: &Console, args: &Ledger) -> Result<Report, Failure> {
    match args {
        Ledger::Create(args) => create::run(args),
        Ledger::Append(args) => append::run(console, args),
        Ledger::Checkpoint(args) => checkpoint::run(console, args),
        Ledger::Blocks(args) => blocks::run(args),
        Ledger::Prove(args) => prove::run(console, args),
        Ledger::Audit(args) => audit::run(console, args),
        Ledger::Verify(args) => verify::run(console, args),
        Ledger::Export(args) => export::run(console, args),
        Ledger::Cosign(args) => cosign::run(console, args),
    }
}

/// The object that a file is.
fn load<T>(
    console: &Console,
    path: &Path,
    decode: impl FnOnce(&[u8]) -> Result<T, DecodeError>,
) -> Result<T, Failure> {
    Source::open(console, path)?.object(decode)
}

/// The beginning of a hash, as people compare it.
fn short(hash: &[u8]) -> String {
    crate::report::hex(hash.get(..6).unwrap_or(hash))
}
