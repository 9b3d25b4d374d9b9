//! `vault init`: a realm, its authority, and an empty cloud.

use std::path::Path;

use hippocrypt::phr::{AccessRules, Authority};
use hippocrypt::store::{FolderBlobs, RedbStore};
use hippocrypt::{EpochTree, Schema, os_rng, setup_with_epochs};

use crate::args::vault::Init;
use crate::console::Console;
use crate::failure::{Failure, exists, named};
use crate::input;
use crate::report::{Report, hex};
use crate::store::{make_folder, put};
use crate::vault::office::{MASTER, Office, STORE};
use crate::vault::patients::{self, Patients};
use crate::vault::{Vault, in_folder, unpublished};

/// A vault is there whole or not at all: it is made beside its place, and moved there.
pub fn run(console: &Console, folder: &Path, args: &Init) -> Result<Report, Failure> {
    let is_free = std::fs::read_dir(folder).map_or(!folder.exists(), |mut inside| inside.next().is_none());
    if !is_free {
        return Err(exists(folder).hint("name another folder with --vault: a vault is never overwritten"));
    }
    let schema = match &args.schema {
        Some(path) => input::parse_schema(console, &format!("@{}", path.display()))?,
        None => Schema::empty(),
    };
    let rules = match &args.rules {
        Some(path) => input::text(console, "rules", &format!("@{}", path.display()))?,
        None => AccessRules::STANDARD.to_owned(),
    };
    let rules = AccessRules::parse(&rules, &schema)?;

    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fail = |error| named("make", &folder.display().to_string(), error);
    let made = unpublished(parent, ".vault.").map_err(fail)?;
    fill(console, made.path(), args, &schema, rules)?;
    let made = made.keep();
    std::fs::rename(&made, folder).map_err(|error| {
        let _ = std::fs::remove_dir_all(&made);
        fail(error)
    })?;
    crate::output::sync_directory(folder);

    let realm = input::realm(console, &Vault::realm_path(folder))?;
    let mut report = Report::new("vault init");
    report.file("vault", folder, "");
    report.row("realm", realm.parameters().realm());
    report.row("realm id", hex(realm.id()));
    report.file("master key", &folder.join("authority").join(MASTER), "opens everything: guard it");
    report.field("categories_with_rules", realm.rules().categories().count());
    Ok(report)
}

fn fill(
    console: &Console,
    folder: &Path,
    args: &Init,
    schema: &Schema,
    rules: AccessRules,
) -> Result<(), Failure> {
    let (authority, cloud) = (folder.join("authority"), folder.join("cloud"));
    [&authority, &cloud, &folder.join("seal")].into_iter().try_for_each(|path| make_folder(path))?;
    let tree = EpochTree::new(args.epochs)?;
    let (_, master) = setup_with_epochs(&args.realm, tree, &mut os_rng())?;
    put(&authority.join(MASTER), master.to_bytes().expose_secret())?;
    Patients::open(&authority.join(patients::FILE))?.house()?;
    let store = in_folder(RedbStore::create(authority.join(STORE)), &authority)?;
    let begun = Authority::begin(master, schema, rules, store, console.now())?;
    put(&Vault::realm_path(folder), &begun.realm().to_bytes())?;
    in_folder(RedbStore::create(cloud.join("cloud.redb")), &cloud)?;
    in_folder(FolderBlobs::open(cloud.join("chunks")), &cloud)?;
    let vault = Vault::open(console, folder)?;
    let cloud = vault.cloud(console)?;
    Office::begin(console, begun, &cloud).map(drop)
}
