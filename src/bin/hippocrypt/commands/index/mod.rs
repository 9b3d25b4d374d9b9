//! `index`: a stand-alone keyword index, over one folder; and what indexes would cost. Each command plays one machine, or two and the way
//! between them.

mod add;
mod corpus;
mod create;
mod plan;
mod readers;
mod search;
mod stats;

use crate::args::index::Index;
use crate::console::Console;
use crate::failure::Failure;
use crate::report::Report;

pub fn run(console: &Console, args: &Index) -> Result<Report, Failure> {
    match args {
        Index::Plan(args) => plan::run(console, args),
        Index::Create(args) => create::run(console, args),
        Index::Add(args) => add::run(console, args),
        Index::Grant(args) => readers::grant(console, args),
        Index::Search(args) => search::run(console, args),
        Index::Revoke(args) => readers::revoke(console, args),
        Index::Merge(args) => add::merge(console, args),
        Index::Stats(args) => stats::run(console, args),
    }
}
