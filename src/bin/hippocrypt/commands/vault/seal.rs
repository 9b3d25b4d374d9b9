//! `vault seal`: the next epoch if asked, and every stored header sealed in the current one.

use std::path::Path;

use hippocrypt::{SealKeeper, SealKey, os_rng};

use crate::args::vault::Seal;
use crate::console::Console;
use crate::failure::Failure;
use crate::input;
use crate::progress;
use crate::report::Report;
use crate::store::put_new;
use crate::vault::Vault;
use crate::vault::office::Office;

pub fn run(console: &Console, folder: &Path, args: &Seal) -> Result<Report, Failure> {
    let vault = Vault::open(console, folder)?;
    let cloud = vault.cloud(console)?;
    let mut report = Report::new("vault seal");
    if args.advance {
        let mut office = Office::open(console, &vault, &cloud)?;
        report.row("keys refreshed", office.advance()?);
    }
    let path = vault.seal_key();
    if !path.exists() {
        crate::store::make_folder(path.parent().unwrap_or(folder))?;
        put_new(&path, SealKey::generate(&mut os_rng()).to_bytes().expose_secret())?;
    }
    let keeper = input::seal_key(console, &path)?;
    let bar = progress::steps(console, cloud.stats()?.compartments);
    let done = cloud.seal(&keeper, console.now(), |done| bar.set_position(done.seen)).map_err(|error| {
        Failure::from(error)
            .hint("what is sealed stays sealed: give the command again when the cause is removed")
    })?;
    bar.finish_and_clear();
    report.row("epoch", cloud.epoch().map_or(0, |epoch| epoch.number()));
    report.row("headers", done.seen);
    report.row("sealed", done.sealed);
    report.row("seal key id", keeper.id().to_string());
    Ok(report)
}
