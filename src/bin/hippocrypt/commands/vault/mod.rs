//! `vault`: the whole life of a record, over one folder. Each command plays one machine, or two and the way between them.

mod admin;
mod enroll;
mod export;
mod fsck;
pub mod import;
mod init;
mod log;
mod read;
mod reading;
mod renew;
mod revoke;
mod seal;
mod search;
mod share;
mod stats;

use crate::args::vault::{Vault, VaultCommand};
use crate::console::Console;
use crate::failure::Failure;
use crate::report::Report;

pub fn run(console: &Console, args: &Vault) -> Result<Report, Failure> {
    let folder = args.vault.as_path();
    match &args.command {
        VaultCommand::Init(args) => init::run(console, folder, args),
        VaultCommand::Enroll(args) => enroll::run(console, folder, args),
        VaultCommand::Import(args) => import::run(console, folder, args),
        VaultCommand::Read(args) => read::run(console, folder, args),
        VaultCommand::Search(args) => search::run(console, folder, args),
        VaultCommand::Share(args) => share::run(console, folder, args),
        VaultCommand::Revoke(args) => revoke::run(console, folder, args),
        VaultCommand::Seal(args) => seal::run(console, folder, args),
        VaultCommand::Lease(args) => admin::lease(console, folder, args),
        VaultCommand::Export(args) => export::run(console, folder, args),
        VaultCommand::Fsck(args) => fsck::run(console, folder, args),
        VaultCommand::Backup(args) => admin::backup(console, folder, args),
        VaultCommand::Restore(args) => admin::restore(console, folder, args),
        VaultCommand::Stats => stats::run(console, folder),
        VaultCommand::Log(args) => log::run(console, folder, args),
    }
}
