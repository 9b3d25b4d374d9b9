//! `issue` and `grant`: what a reader's proxy gets to serve him.

use hippocrypt::os_rng;

use super::{attributes_of, enrol, open, which_key};
use crate::args::authority::{Grant, Issue};
use crate::console::Console;
use crate::failure::Failure;
use crate::input;
use crate::output::{Access, Output};
use crate::report::{Report, hex};
use crate::store::registry::Deferred;
use std::io::Write;

pub fn issue(console: &Console, args: &Issue) -> Result<Report, Failure> {
    let user = input::user(&args.user)?;
    let mut opened = open(console, &args.authority)?;
    let parameters = opened.authority.public_parameters();
    let attributes = attributes_of(console, &args.attributes, &args.numbers, &args.authority, parameters)?;
    let reader = enrol::reader(&opened.folder, parameters, &user)?;
    // Before the key is entered: what cannot be written is not issued.
    let mut output = Output::create(console, &args.out, Access::Owner, args.overwrite.force)?;
    let key = opened.authority.issue(&reader, &attributes, &mut opened.registry, &mut os_rng())?;
    output.write_all(&key.to_bytes())?;
    output.commit()?;
    let mut report = Report::new("issue");
    report.row("user", user.as_str());
    report.row("key id", hex(key.id().as_bytes()));
    report.row("attributes", key.attributes().to_string());
    opened.describe(&mut report, &[]);
    report.file("key", &args.out, "for the proxy alone, never for the reader: send it confidentially");
    Ok(report)
}

pub fn grant(console: &Console, args: &Grant) -> Result<Report, Failure> {
    let mut opened = open(console, &args.authority)?;
    let id = which_key(&opened, &args.key.key)?;
    let parameters = opened.authority.public_parameters();
    let attributes = attributes_of(console, &args.attributes, &args.numbers, &args.authority, parameters)?;
    let mut output = Output::create(console, &args.out, Access::Owner, args.overwrite.force)?;
    let mut registry = Deferred::new(&mut opened.registry);
    let grant = opened.authority.grant(&id, &attributes, &mut registry)?;
    output.write_all(&grant.to_bytes())?;
    output.commit()?;
    registry.commit()?;
    let mut report = Report::new("grant");
    report.row("key id", hex(id.as_bytes()));
    report.row("granted", attributes.to_string());
    opened.describe(&mut report, &[]);
    report.file("grant", &args.out, "for the proxy alone: send it confidentially");
    Ok(report)
}
