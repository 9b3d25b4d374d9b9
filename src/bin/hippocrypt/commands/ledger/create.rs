//! `ledger create`: an empty store, and the key of the log.

use std::path::Path;

use hippocrypt::ledger::Scribe;
use hippocrypt::os_rng;
use hippocrypt::store::RedbStore;

use crate::args::ledger::Create;
use crate::failure::{Failure, exists, named};
use crate::ledger::Places;
use crate::report::Report;
use crate::store::put;
use crate::vault::{in_folder, unpublished};

/// A log is there whole or not at all: it is made beside its place, and moved there.
pub fn run(args: &Create) -> Result<Report, Failure> {
    let folder = args.folder.as_path();
    let is_free = std::fs::read_dir(folder).map_or(!folder.exists(), |mut inside| inside.next().is_none());
    if !is_free {
        return Err(exists(folder).hint("name another folder: a log is never overwritten"));
    }
    let scribe = Scribe::generate(&args.log, &mut os_rng())?;
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fail = |error| named("make", &folder.display().to_string(), error);
    let made = unpublished(parent, ".ledger.").map_err(fail)?;
    let key = fill(&Places::new(made.path()), &scribe)?;
    let made = made.keep();
    std::fs::rename(&made, folder).map_err(|error| {
        let _ = std::fs::remove_dir_all(&made);
        fail(error)
    })?;
    crate::output::sync_directory(folder);

    let places = Places::new(folder);
    let mut report = Report::new("ledger create");
    report.row("log", scribe.log());
    report.row("key", key);
    report.file("vkey", &places.vkey, "give it to whoever verifies the log");
    report.file("secret", &places.key, "signs the log: guard it, and keep a copy elsewhere");
    Ok(report)
}

fn fill(places: &Places, scribe: &Scribe) -> Result<String, Failure> {
    let store = in_folder(RedbStore::create(&places.store), &places.store)?;
    let key = scribe.key(&store)?.to_string();
    put(&places.key, scribe.to_bytes().expose_secret())?;
    put(&places.vkey, format!("{key}\n").as_bytes())?;
    Ok(key)
}
