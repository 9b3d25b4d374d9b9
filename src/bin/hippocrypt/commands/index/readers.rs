//! `index grant`, `index revoke`: who may search.

use std::path::PathBuf;

use hippocrypt::{ReaderSeed, os_rng};

use crate::args::index::{Grant, Revoke};
use crate::console::Console;
use crate::failure::{Code, Failure, exists};
use crate::index::Index;
use crate::index::office::Office;
use crate::index::reader::REQUEST_KEY;
use crate::output::{Access, write_all};
use crate::report::{Report, hex};
use crate::store::{make_folder, put, remove};

pub fn grant(console: &Console, args: &Grant) -> Result<Report, Failure> {
    let index = Index::open(&args.folder)?;
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.key", args.reader)));
    if out.exists() && !args.overwrite.force {
        return Err(exists(&out));
    }
    let mut office = Office::open(console, &index)?;
    if index.request_key(&args.reader)?.is_some() {
        return Err(Failure::new(Code::Refused, format!("`{}` may search already", args.reader))
            .hint("lock him out with `hippocrypt index revoke` first, if his file was lost"));
    }
    let key = ReaderSeed::generate(&mut os_rng());
    let public = hex(&key.request_key().public_bytes());
    let folder = index.machine("readers").join(&args.reader);
    // His file is there before the gate knows him: one that is lost can be made again.
    write_all(console, &[(&out, key.to_bytes().expose_secret(), Access::Owner)], args.overwrite.force)?;
    make_folder(&folder)?;
    put(&folder.join(REQUEST_KEY), public.as_bytes())?;
    put(&index.admission(&args.reader), public.as_bytes())?;
    office.hand_out()?;

    let mut report = Report::new("index grant");
    report.row("reader", args.reader.as_str());
    report.file("key", &out, "secret, of this reader alone");
    report.file("seed", &folder.join("seed"), "handed to the reader: secret");
    Ok(report)
}

pub fn revoke(console: &Console, args: &Revoke) -> Result<Report, Failure> {
    let index = Index::open(&args.folder)?;
    let reader = &args.reader;
    if !index.machine("readers").join(reader).is_dir() {
        return Err(Failure::new(Code::NotSatisfied, format!("nobody called `{reader}` may search"))
            .hint("`hippocrypt index stats` lists the readers"));
    }
    // R0: from here on the gate refuses him, whatever happens to this run.
    let was_admitted = remove(&index.admission(reader))?;
    // R1: what he has is worth nothing any more.
    let mut office = Office::open(console, &index)?;
    let renewed = office.renew_without(reader)?;

    let mut report = Report::new("index revoke");
    report.row("reader", reader.as_str());
    let done = if was_admitted || renewed { "locked out" } else { "was locked out before" };
    report.row_as("changed", was_admitted || renewed, done);
    report.row("version", office.readers.version);
    report.row("readers left", index.admitted()?.len());
    Ok(report)
}
