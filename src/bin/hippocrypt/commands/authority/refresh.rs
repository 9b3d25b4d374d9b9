//! `refresh`: tokens for the current epoch, for all live keys or for one.

use std::path::{Path, PathBuf};

use hippocrypt::TokenBatch;

use super::{open, which_key};
use crate::args::authority::Refresh;
use crate::console::Console;
use crate::failure::Failure;
use crate::progress;
use crate::report::Report;
use crate::store::{self, registry::Deferred};

pub fn run(console: &Console, args: &Refresh) -> Result<Report, Failure> {
    let mut opened = open(console, &args.authority)?;
    store::make_folder(&args.out)?;
    let mut files = Vec::new();
    let refreshed = match (&args.key, args.from) {
        (Some(key), Some(from)) => {
            let id = which_key(&opened, key)?;
            let tree = opened.authority.public_parameters().epochs();
            let from = tree.ok_or(hippocrypt::UpdateError::NoEpochs)?.epoch(from)?;
            let mut registry = Deferred::new(&mut opened.registry);
            let batch = opened.authority.refresh(&id, from, &mut registry)?;
            files.push(write(&args.out, &batch)?);
            registry.commit()?;
            1
        }
        _ => {
            let bar = progress::steps(console, opened.registry.count()?);
            let sink = |batch: &TokenBatch| {
                files.push(write(&args.out, batch)?);
                bar.inc(batch.keys().len() as u64);
                Ok(())
            };
            let refreshed = opened.authority.refresh_all(&mut opened.registry, |_| true, sink)?;
            bar.finish_and_clear();
            refreshed
        }
    };
    let mut report = Report::new("refresh");
    report.row("keys refreshed", refreshed);
    opened.describe(&mut report, &[]);
    report.file("tokens", &args.out, "for the proxies");
    let names: Vec<String> = files.iter().map(|path: &PathBuf| path.display().to_string()).collect();
    report.field("files", names);
    Ok(report)
}

/// Writes a batch under a name that is free; it is on the disk then.
fn write(folder: &Path, batch: &TokenBatch) -> Result<PathBuf, Failure> {
    let bytes = batch.to_bytes();
    let mut number = 1u64;
    loop {
        let name = format!("{:05}-from-{:05}-{number:05}.hpcr", batch.to().number(), batch.from().number());
        let path = folder.join(name);
        if store::put_new(&path, &bytes)? {
            return Ok(path);
        }
        number += 1;
    }
}
