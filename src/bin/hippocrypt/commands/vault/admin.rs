//! `vault lease`, `backup` and `restore`: what keeps a cloud alive.

use std::io::Read;
use std::path::Path;

use hippocrypt::store::{self, FolderBlobs, RedbStore};

use crate::args::vault::{Backup, Lease, Restore};
use crate::console::Console;
use crate::failure::{Code, Failure, exists};
use crate::input::Source;
use crate::output::{Access, Output};
use crate::progress;
use crate::report::{Report, hex};
use crate::vault::indexes::Indexes;
use crate::vault::office::{Office, STORE};
use crate::vault::{Vault, in_folder, unpublished};

pub fn lease(console: &Console, folder: &Path, args: &Lease) -> Result<Report, Failure> {
    let vault = Vault::open(console, folder)?;
    let cloud = vault.cloud(console)?;
    let office = Office::open(console, &vault, &cloud)?;
    let until = args.until.from(console.now())?;
    office.tell_until([], until)?;
    let mut report = Report::new("vault lease");
    report.row("epoch", office.authority.epoch().number());
    report.moment("serves until", until, console.now());
    Ok(report)
}

pub fn backup(console: &Console, folder: &Path, args: &Backup) -> Result<Report, Failure> {
    let vault = Vault::open(console, folder)?;
    let cloud = vault.cloud(console)?;
    let mut out = Output::create(console, &args.out, Access::Owner, args.overwrite.force)?;
    let bar = progress::bar(console, None);
    let in_out = |error| Failure::from(error).in_file_if_data(&args.out.display().to_string());
    let summary = cloud.backup(&mut out, |summary| bar.set_position(summary.bytes)).map_err(in_out)?;
    out.commit()?;
    bar.finish_and_clear();
    let mut report = Report::new("vault backup");
    report.file("backup", &args.out, "confidential: it holds the readers' transform keys");
    told(&mut report, &summary);
    Ok(report)
}

/// The cloud's folder appears when all of it is there; the authority then tells it what it has missed.
pub fn restore(console: &Console, folder: &Path, args: &Restore) -> Result<Report, Failure> {
    let vault = Vault::open(console, folder)?;
    let place = vault.cloud_folder();
    if place.exists() {
        return Err(exists(&place).hint("move it away first: a cloud is never overwritten"));
    }
    let mut source = Source::open(console, &args.input)?;
    let fail = |error| crate::failure::named("make", &place.display().to_string(), error);
    let made = unpublished(folder, ".cloud.").map_err(fail)?;
    let bar = progress::bar(console, source.len);
    let name = source.name.clone();
    let mut input = bar.wrap_read(source.by_ref());
    let summary = {
        let mut database = in_folder(RedbStore::create(made.path().join("cloud.redb")), made.path())?;
        let mut blobs = in_folder(FolderBlobs::open(made.path().join("chunks")), made.path())?;
        in_folder(store::restore(&mut input, &mut database, &mut blobs, |_| ()), Path::new(&name))?
    };
    bar.finish_and_clear();
    let made = made.keep();
    std::fs::rename(&made, &place).map_err(|error| {
        let _ = std::fs::remove_dir_all(&made);
        fail(error)
    })?;
    crate::output::sync_directory(&place);

    let cloud = vault.cloud(console)?;
    let mut report = Report::new("vault restore");
    told(&mut report, &summary);
    if vault.authority().join(STORE).exists() {
        let mut office = Office::open(console, &vault, &cloud)?;
        office.reconcile()?;
        report.row("epoch", office.authority.epoch().number());
        report.row("update", office.authority.number());
        if Indexes::are_kept(&vault) {
            let now = console.now();
            report.row("indexes", Indexes::look(&vault, &cloud)?.restore(now)?);
        }
    } else {
        console.warn("there is no authority here: the cloud serves when it has heard from its authority");
    }
    let held = cloud.stats()?;
    report.row("records", held.records);
    report.row("keys of readers", held.keys);
    if held.records == 0 && summary.entries == 0 {
        report.condemn(Failure::new(Code::Malformed, "the backup is empty"));
    }
    Ok(report)
}

fn told(report: &mut Report, summary: &store::Summary) {
    report.row("entries", summary.entries);
    report.row("chunks", summary.chunks);
    report.bytes("bytes", summary.bytes);
    report.row("sha256", hex(&summary.digest));
}
