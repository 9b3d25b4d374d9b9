//! `vault share`: a patient's signed word, which the authority carries out.

use std::path::Path;

use hippocrypt::os_rng;

use super::renew;
use crate::args::vault::Share;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input;
use crate::report::Report;
use crate::vault::Vault;
use crate::vault::office::Office;

pub fn run(console: &Console, folder: &Path, args: &Share) -> Result<Report, Failure> {
    let vault = Vault::open(console, folder)?;
    let key = input::role_key(console, &args.key)?;
    let owner = key.owner(&vault.realm).map_err(|error| match error {
        hippocrypt::phr::RoleError::Credential => Failure::new(
            Code::NotSatisfied,
            "this is not the key of a patient, and only she shares her records",
        )
        .hint("`hippocrypt vault enroll --patient` makes such a key")
        .in_file(&args.key.display().to_string()),
        other => Failure::from(other).in_file(&args.key.display().to_string()),
    })?;
    let now = console.now();
    let (categories, labels) = (args.category.iter().copied(), args.label.iter().cloned());
    let consent = match args.take_back {
        false => owner.share(&args.with, categories, labels, now)?,
        true => owner.unshare(&args.with, categories, labels, now)?,
    };
    let cloud = vault.cloud(console)?;
    let mut office = Office::open(console, &vault, &cloud)?;
    let had = renew::attributes_of(&mut office, &args.with)?;
    let messages = office.authority.consent(&consent, now, &mut os_rng())?;
    // The first one is the consent itself.
    let changed = messages.len() > 1;
    office.tell(messages)?;

    let mut report = Report::new("vault share");
    report.row("patient", owner.patient().to_string());
    report.row("with", args.with.as_str());
    let categories: Vec<&str> = args.category.iter().map(|category| category.name()).collect();
    if !categories.is_empty() {
        report.row_as("categories", categories.clone(), categories.join(", "));
    }
    let labels: Vec<&str> = args.label.iter().map(|label| label.as_str()).collect();
    if !labels.is_empty() {
        report.row_as("labels", labels.clone(), labels.join(", "));
    }
    let done = match (args.take_back, changed) {
        (false, true) => "shared",
        (false, false) => "shared before",
        (true, true) => "taken back; what was read was read",
        (true, false) => "not shared before",
    };
    report.row_as("changed", changed, done);
    if args.take_back && changed {
        renew::indexes(&vault, &mut office, &had, false, &mut report, now)?;
    }
    Ok(report)
}
