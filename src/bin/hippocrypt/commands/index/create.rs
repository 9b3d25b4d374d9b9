//! `index create`: an owner, her device, an empty server and a gate.

use std::path::Path;

use clap::ValueEnum;
use hippocrypt::os_rng;
use hippocrypt::store::RedbStore;

use crate::args::index::Create;
use crate::console::Console;
use crate::failure::{Code, Failure, exists, named};
use crate::index::office::{self, Office};
use crate::index::writer::{StoredWriter, path_of};
use crate::index::{DEVICE, Index, server_path};
use crate::report::Report;
use crate::store::{make_folder, put};
use crate::vault::{in_folder, unpublished};

/// An index is there whole or not at all: it is made beside its place, and moved there.
pub fn run(console: &Console, args: &Create) -> Result<Report, Failure> {
    let folder = args.folder.as_path();
    let is_free = std::fs::read_dir(folder).map_or(!folder.exists(), |mut inside| inside.next().is_none());
    if !is_free {
        return Err(exists(folder).hint("name another folder: an index is never overwritten"));
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fail = |error| named("make", &folder.display().to_string(), error);
    let made = unpublished(parent, ".index.").map_err(fail)?;
    let collection = fill(console, made.path(), args)?;
    let made = made.keep();
    std::fs::rename(&made, folder).map_err(|error| {
        let _ = std::fs::remove_dir_all(&made);
        fail(error)
    })?;
    crate::output::sync_directory(folder);

    let mut report = Report::new("index create");
    report.file("index", folder, "");
    report.row("collection", collection);
    report.row("profile", name_of(args)?);
    report.file("seed", &folder.join("owner").join("owner.hpcr"), "opens everything: guard it");
    Ok(report)
}

fn name_of(args: &Create) -> Result<String, Failure> {
    let value = args.profile.to_possible_value();
    let value = value.ok_or_else(|| Failure::new(Code::Usage, "the profile has no name"))?;
    Ok(value.get_name().to_owned())
}

fn fill(console: &Console, folder: &Path, args: &Create) -> Result<String, Failure> {
    for machine in ["owner", "writers", "server", "gate", "gate/readers", "readers"] {
        make_folder(&folder.join(machine))?;
    }
    let (owner, context) = office::begin(&folder.join("owner"), console.now())?;
    put(&folder.join("owner").join("profile"), name_of(args)?.as_bytes())?;
    let (server, gate) = (server_path(folder), folder.join("gate").join("gate.redb"));
    drop(in_folder(RedbStore::create(&server), &server)?);
    drop(in_folder(RedbStore::create(&gate), &gate)?);
    let index = Index::open(folder)?;
    let mut office = Office::open(console, &index)?;
    let (writer, entry) = owner.writer(&context, &mut os_rng());
    StoredWriter::create(&path_of(&index, DEVICE), writer, Vec::new())?;
    let mut contents = office.head.contents().clone();
    contents.writers.push(entry);
    office.sign(contents)?;
    Ok(owner.collection().to_string())
}
