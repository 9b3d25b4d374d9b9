//! `revoke`: a user, a key, or some attributes of a key.

use std::io::Write;
use std::path::PathBuf;

use hippocrypt::{AuthorityUpdate, KeyRegistry, os_rng};

use super::{Opened, attributes_of, open, which_key};
use crate::args::authority::{Emergency, Revoke, RevokeAttributes, RevokeKey, RevokeUser};
use crate::console::Console;
use crate::failure::Failure;
use crate::input;
use crate::output::{Access, Output};
use crate::report::{Report, hex};
use crate::store::registry::Deferred;

pub fn run(console: &Console, args: &Revoke) -> Result<Report, Failure> {
    match args {
        Revoke::User(args) => user(console, args),
        Revoke::Key(args) => key(console, args),
        Revoke::Attributes(args) => attributes(console, args),
    }
}

fn user(console: &Console, args: &RevokeUser) -> Result<Report, Failure> {
    let user = input::user(&args.user)?;
    let mut opened = open(console, &args.authority)?;
    if opened.registry.keys_of(&user)?.is_empty() {
        console
            .warn(&format!("no key was issued to `{user}`, as far as the registry knows: is this his name?"));
    }
    let update = opened.authority.revoke_user(&user, console.now())?;
    let paths = publish(console, &mut opened, &[update], &args.emergency)?;
    let mut report = Report::new("revoke user");
    report.row("user", user.as_str());
    opened.describe(&mut report, &paths);
    Ok(report)
}

fn key(console: &Console, args: &RevokeKey) -> Result<Report, Failure> {
    let mut opened = open(console, &args.authority)?;
    let id = which_key(&opened, &args.key.key)?;
    if opened.registry.get(&id)?.is_none() {
        console.warn(&format!("no key {id} was issued, as far as the registry knows: is this its id?"));
    }
    let update = opened.authority.revoke_key(&id, console.now())?;
    let paths = publish(console, &mut opened, &[update], &args.emergency)?;
    let mut report = Report::new("revoke key");
    report.row("key id", hex(id.as_bytes()));
    opened.describe(&mut report, &paths);
    Ok(report)
}

/// The log comes first, then the new key's file, and the old key's entry in the registry last: a run that was killed in
/// between leaves nobody with more than he should have, and can be given again, or followed by `issue`.
fn attributes(console: &Console, args: &RevokeAttributes) -> Result<Report, Failure> {
    let mut opened = open(console, &args.authority)?;
    let id = which_key(&opened, &args.key.key)?;
    let parameters = opened.authority.public_parameters();
    let attributes = attributes_of(console, &args.attributes, &args.numbers, &args.authority, parameters)?;
    let mut output = Output::create(console, &args.out, Access::Owner, args.overwrite.force)?;
    let now = console.now();
    let Opened { authority, registry, .. } = &mut opened;
    let mut registry = Deferred::new(registry);
    let withdrawal = authority.withdraw(&id, &attributes, &mut registry, now, &mut os_rng())?;
    let changed = registry.into_changes();
    let paths = publish(console, &mut opened, &[withdrawal.withdrawn, withdrawal.revoked], &args.emergency)?;

    let mut report = Report::new("revoke attributes");
    report.row("revoked key id", hex(id.as_bytes()));
    report.row("revoked", attributes.to_string());
    match &withdrawal.key {
        Some(key) => {
            output.write_all(&key.to_bytes())?;
            output.commit()?;
            report.row("user", key.user().as_str());
            report.row("key id", hex(key.id().as_bytes()));
            report.row("left", key.attributes().to_string());
            report.file("key", &args.out, "for the proxy alone: it takes the place of the revoked one");
        }
        None => report.row_as("key", serde_json::Value::Null, "none: no attribute is left"),
    }
    changed.commit(&mut opened.registry)?;
    opened.describe(&mut report, &paths);
    Ok(report)
}

/// Makes updates durable, and in an emergency begins an epoch after them.
fn publish(
    console: &Console,
    opened: &mut Opened,
    updates: &[AuthorityUpdate],
    emergency: &Emergency,
) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for update in updates {
        paths.push(opened.publish(update)?);
    }
    if emergency.advance {
        let update = opened.authority.advance(console.now())?;
        paths.push(opened.publish(&update)?);
    }
    Ok(paths)
}
