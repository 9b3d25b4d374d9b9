//! `vault import`: files become records. This machine reads, encrypts and signs; beside it the cloud checks and stores what came before.

mod courier;
pub mod files;
mod intake;
mod totals;

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Instant;

use hippocrypt::phr::RoleError;

use crate::args::vault::Import;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input;
use crate::progress;
use crate::report::Report;
use crate::vault::Vault;
use crate::vault::imports::{self, Imports};
use crate::vault::indexes::Indexes;
use crate::vault::office::Office;
use crate::vault::patients::{self, Patients};
use intake::Intake;

/// Uploads that wait for the cloud, each of about 4 MiB.
const WAITING: usize = 2;

pub fn run(console: &Console, folder: &Path, args: &Import) -> Result<Report, Failure> {
    let started = Instant::now();
    let files = files::find(&args.inputs, &args.attach)?;
    let vault = Vault::open(console, folder)?;
    let key = input::role_key(console, &args.key)?;
    let in_key = |error| match error {
        RoleError::Credential => Failure::new(Code::NotSatisfied, "this key has no right to write")
            .hint("`hippocrypt vault enroll --writes` makes one that has")
            .in_file(&args.key.display().to_string()),
        other => Failure::from(other).in_file(&args.key.display().to_string()),
    };
    key.writer(&vault.realm).map_err(in_key)?;
    let patient = args.patient.as_deref().map(|text| vault.patient(text)).transpose()?;
    let cloud = vault.cloud(console)?;
    let patients = Patients::open(&vault.authority().join(patients::FILE))?;
    let (imports, known) = Imports::open(&vault.authority().join(imports::FILE))?;
    let statement = cloud.statement()?.unwrap_or_default();
    let clock = console.clock();
    let keeper = match args.index {
        true => {
            let office = Office::open(console, &vault, &cloud)?;
            let indexes = Indexes::open(&vault, &cloud, console.now())?;
            // Better now than when records are stored already.
            indexes.may_grant(console.now())?;
            Some((indexes, office.authority))
        }
        false => None,
    };
    let (parcels, incoming) = sync_channel(WAITING);

    let (outcome, delivered) = thread::scope(|scope| {
        let courier = scope.spawn(|| courier::run(&cloud, imports, keeper, incoming, clock));
        let intake =
            Intake::new(console, args, &vault.realm, &key, &statement, patient, patients, known, parcels);
        let outcome = intake.and_then(|mut intake| {
            // A single unnamed stream has no size.
            let bar = progress::steps(console, files.iter().filter_map(|file| file.bytes).sum());
            for file in &files {
                intake.file(file, &bar);
                if intake.is_cut_off {
                    break;
                }
            }
            bar.finish_and_clear();
            intake.send_all()?;
            Ok(intake.into_totals())
        });
        let gone = || Err(Failure::new(Code::WrongResult, "the cloud's thread has ended unexpectedly"));
        (outcome, courier.join().unwrap_or_else(|_| gone()))
    });
    // What the cloud refuses is the reason of all that came after.
    let (uploads, indexed) = delivered.map_err(|failure| {
        failure.hint("what was confirmed is kept: give the command again, and the rest is imported")
    })?;
    let indexed = args.index.then_some(indexed);
    Ok(outcome?.report(console, uploads, indexed, started.elapsed()))
}
