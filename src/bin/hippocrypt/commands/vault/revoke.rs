//! `vault revoke`: a dismissal, or some attributes taken; the cloud obeys before the command returns.

use std::path::Path;

use hippocrypt::os_rng;

use super::renew;
use crate::args::vault::Revoke;
use crate::console::Console;
use crate::failure::Failure;
use crate::input;
use crate::report::Report;
use crate::vault::Vault;
use crate::vault::office::Office;

pub fn run(console: &Console, folder: &Path, args: &Revoke) -> Result<Report, Failure> {
    let vault = Vault::open(console, folder)?;
    let cloud = vault.cloud(console)?;
    let mut office = Office::open(console, &vault, &cloud)?;
    let now = console.now();
    let mut report = Report::new("vault revoke");
    report.row("user", args.user.as_str());
    let had = renew::attributes_of(&mut office, &args.user)?;
    match &args.attributes {
        Some(list) => {
            let attributes = input::text(console, "list of attributes", list)?;
            let messages = office.authority.withdraw(&args.user, &attributes, now, &mut os_rng())?;
            office.tell(messages)?;
            report.row("attributes taken", attributes);
        }
        None => {
            // Who only writes has no key, and is dismissed all the same.
            let had_key = office.authority.is_enrolled(&args.user)?;
            let update = office.authority.revoke(&args.user, now)?;
            office.tell([update])?;
            report.row("had a key to read", had_key);
        }
    }
    renew::indexes(&vault, &mut office, &had, args.advance, &mut report, now)?;
    report.row("epoch", office.authority.epoch().number());
    report.row("update", office.authority.number());
    Ok(report)
}
