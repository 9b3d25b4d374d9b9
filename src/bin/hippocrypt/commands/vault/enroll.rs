//! `vault enroll`: a person makes his keys, proves that he has them, and the authority gives him rights.

use std::path::{Path, PathBuf};

use hippocrypt::phr::{PatientHandle, RecordCategory, RoleKey};
use hippocrypt::{EnrolmentNonce, ProxyName, os_rng};

use super::renew;
use crate::args::vault::{Categories, Enroll};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input;
use crate::output::{Access, write_all};
use crate::report::Report;
use crate::vault::office::Office;
use crate::vault::patients::{self, HOUSE, Patients};
use crate::vault::{CLOUD, Vault};

pub fn run(console: &Console, folder: &Path, args: &Enroll) -> Result<Report, Failure> {
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.key", args.user)));
    if out.exists() && !args.overwrite.force {
        return Err(crate::failure::exists(&out));
    }
    let vault = Vault::open(console, folder)?;
    let cloud = vault.cloud(console)?;
    let mut office = Office::open(console, &vault, &cloud)?;
    let now = console.now();
    let (user, mut messages) = (&args.user, Vec::new());

    let had = renew::attributes_of(&mut office, user)?;
    if args.again {
        messages.push(office.authority.revoke(user, now)?);
    } else if office.authority.is_enrolled(user)? {
        return Err(Failure::new(Code::Refused, format!("`{user}` is enrolled already")).hint(
            "with --again the former key is revoked, and another one made; patients share with it anew",
        ));
    }
    let patient = args.patient.as_deref().map(|text| patient(&vault, text)).transpose()?;

    let key = RoleKey::generate(&vault.realm, user.clone(), ProxyName::new(CLOUD)?, &mut os_rng());
    let own = patient.as_ref().map(|(handle, _)| format!("patient:\"{handle}\""));
    let given = match &args.attributes {
        Some(list) => Some(input::text(console, "list of attributes", list)?),
        None => None,
    };
    let attributes: Vec<String> = given.into_iter().chain(own).collect();
    if !attributes.is_empty() {
        let attributes = attributes.join(", ");
        let nonce = EnrolmentNonce::generate(&mut os_rng());
        let enrolment = key.reader(&vault.realm)?.enrol(&nonce, &mut os_rng());
        messages.push(office.authority.enrol(user, &enrolment, nonce, &attributes, &mut os_rng())?);
    }
    let categories = categories(&args.writes, patient.is_some());
    let until = args.until.from(now)?;
    let key = if categories.is_empty() {
        key
    } else {
        let only = patient.as_ref().map(|(handle, _)| handle);
        let credential =
            office.authority.credential(user, &key.author_id(), categories.clone(), only, until)?;
        key.with_credential(credential)
    };
    // The key file is there before the cloud knows the key: one that is lost can be made again.
    write_all(console, &[(&out, key.to_bytes().expose_secret(), Access::Owner)], args.overwrite.force)?;
    office.tell(messages)?;

    let mut report = Report::new("vault enroll");
    report.row("user", user.as_str());
    report.file("key", &out, "secret, of this person alone");
    if !attributes.is_empty() {
        report.row("attributes", attributes.join(", "));
    }
    if let Some((handle, is_new)) = patient {
        let remark = if is_new { " (new)" } else { "" };
        report.row_as("patient", handle.to_string(), format!("{handle}{remark}"));
        report.field("new_patient", is_new);
    }
    if !categories.is_empty() {
        let names: Vec<&str> = categories.iter().map(|category| category.name()).collect();
        report.row_as("writes", names.clone(), names.join(", "));
        report.moment("may write until", until, now);
    }
    if args.again {
        renew::indexes(&vault, &mut office, &had, false, &mut report, now)?;
    }
    Ok(report)
}

/// The patient whom a text means, and whether she is new here.
fn patient(vault: &Vault, text: &str) -> Result<(PatientHandle, bool), Failure> {
    if text == HOUSE {
        return Err(Failure::new(Code::Usage, "the house is no patient"));
    }
    if text == "new" {
        return Ok((PatientHandle::random(&mut os_rng()), true));
    }
    if let Ok(handle) = text.parse() {
        return Ok((handle, false));
    }
    let mut patients = Patients::open(&vault.authority().join(patients::FILE))?;
    let is_new = patients.find(text).is_none();
    patients.enter([text]);
    patients.save()?;
    Ok((vault_handle(&patients, text)?, is_new))
}

fn vault_handle(patients: &Patients, name: &str) -> Result<PatientHandle, Failure> {
    patients.find(name).ok_or_else(|| Failure::new(Code::Malformed, format!("`{name}` could not be entered")))
}

/// What somebody may write; a patient everything of her own, unless it is said.
fn categories(named: &[Categories], is_patient: bool) -> Vec<RecordCategory> {
    if named.contains(&Categories::All) || named.is_empty() && is_patient {
        return RecordCategory::ALL.to_vec();
    }
    let one = |named: &Categories| match named {
        Categories::One(category) => Some(*category),
        Categories::All => None,
    };
    named.iter().filter_map(one).collect()
}
