//! `seal`: the store moves on to the current epoch, header by header.

use std::path::Path;

use hippocrypt::{DutyError, SealKeeper, seal_all};

use super::open;
use crate::args::proxy::Seal;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input;
use crate::progress;
use crate::report::Report;
use crate::store::headers::FileHeaders;
use crate::store::lock;

pub fn run(console: &Console, args: &Seal) -> Result<Report, Failure> {
    let folder = &args.folder.proxy;
    check_apart(folder, &args.seal_key)?;
    let key = input::seal_key(console, &args.seal_key)?;
    let mut store = FileHeaders::of(folder);
    let (parameters, epoch, _sealing) = {
        let opened = open(console, folder)?;
        // Of two runs at once the slower one could put an older seal in the place of a newer one.
        let sealing = lock::take(&folder.join(".seal.lock"), "seals this store")?;
        store.sweep()?;
        let state = opened.proxy.state();
        let epoch = state.epoch().ok_or(DutyError::Behind { applied: 0, needed: 1 })?;
        (opened.proxy.public_parameters().clone(), epoch, sealing)
    };
    // The proxy serves, and takes updates, while its store is being sealed.
    let bar = progress::steps(console, store.count()?);
    let done = seal_all(&mut store, &parameters, epoch, &key, |done| bar.set_position(done.seen));
    let done = done.map_err(|error| {
        Failure::from(error)
            .hint("what is sealed stays sealed: give the command again when the cause is removed")
    })?;
    bar.finish_and_clear();
    let mut report = Report::new("seal");
    report.row("epoch", epoch.number());
    report.row("headers", done.seen);
    report.row("sealed", done.sealed);
    report.row("seal key id", key.id().to_string());
    Ok(report)
}

/// A key that is stolen with the store protects nothing.
fn check_apart(folder: &Path, key: &Path) -> Result<(), Failure> {
    let (Ok(folder), Ok(inside)) = (folder.canonicalize(), key.canonicalize()) else { return Ok(()) };
    if !inside.starts_with(&folder) {
        return Ok(());
    }
    let message = format!("{} lies in the store that it seals, and would be stolen with it", key.display());
    Err(Failure::new(Code::Usage, message).hint("keep it on another machine, or at least in another place"))
}
