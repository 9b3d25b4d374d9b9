//! `proxy take`: everything that comes from the authority, in the order that it needs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hippocrypt::{AuthorityUpdate, Grant, KeyId, Kind, Lease, ProxyKey, TokenBatch, TransformKey, os_rng};

use super::{Opened, is_known, open};
use crate::args::proxy::Take;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::{Source, load};
use crate::report::Report;
use crate::store;

/// What became of the files.
#[derive(Default)]
struct Outcome {
    updates: u64,
    keys: u64,
    grants: u64,
    refreshed: u64,
    leases: u64,
    /// Taken before, or of no use here any more.
    passed_over: u64,
    refused: Vec<Failure>,
}

pub fn run(console: &Console, args: &Take) -> Result<Report, Failure> {
    let files = sorted_out(console, &args.inputs)?;
    let mut opened = open(console, &args.folder.proxy)?;
    let mut outcome = Outcome::default();
    let of = |kind: Kind| files.get(&kind).map(Vec::as_slice).unwrap_or_default();

    // First what takes away, then what gives; leases last, which let it serve.
    updates(console, &mut opened, of(Kind::AuthorityUpdate), &mut outcome)?;
    for (kind, take) in [
        (Kind::TransformKey, key as fn(&Console, &mut Opened, &Path, &mut Outcome) -> Result<(), Failure>),
        (Kind::Grant, grant),
        (Kind::TokenBatch, tokens),
        (Kind::Lease, lease),
    ] {
        for path in of(kind) {
            if let Err(failure) = take(console, &mut opened, path, &mut outcome) {
                outcome.refused.push(failure.in_file_if_unnamed(&path.display().to_string()));
            }
        }
    }
    Ok(told(console, &opened, outcome))
}

fn told(console: &Console, opened: &Opened, outcome: Outcome) -> Report {
    let state = opened.proxy.state();
    let mut report = Report::new("proxy take");
    report.row("epoch", state.epoch().map_or(0, |epoch| epoch.number()));
    report.row("update", state.number());
    report.row("updates applied", outcome.updates);
    report.row("keys taken", outcome.keys);
    report.row("grants taken", outcome.grants);
    report.row("keys refreshed", outcome.refreshed);
    report.row("leases taken", outcome.leases);
    report.row("passed over", outcome.passed_over);
    report.row("refused", outcome.refused.len());
    if let Some(lease) = opened.proxy.lease() {
        report.moment("lease until", lease.validity().1, console.now());
    }
    let mut refused = outcome.refused.into_iter();
    let first = refused.next();
    refused.for_each(|failure| console.warn(&failure.to_string()));
    if let Some(failure) = first {
        report.condemn(failure);
    }
    report
}

/// The files and those in the folders, by kind, each once.
fn sorted_out(console: &Console, inputs: &[PathBuf]) -> Result<BTreeMap<Kind, Vec<PathBuf>>, Failure> {
    let mut files: BTreeMap<Kind, Vec<PathBuf>> = BTreeMap::new();
    for input in inputs {
        let inside = if input.is_dir() { store::names(input)? } else { Vec::new() };
        let paths = if input.is_dir() {
            inside.iter().map(|name| input.join(name)).collect()
        } else {
            vec![input.clone()]
        };
        for path in paths {
            let kind = Source::open(console, &path)?.kind()?;
            if !matches!(
                kind,
                Kind::AuthorityUpdate | Kind::TransformKey | Kind::Grant | Kind::TokenBatch | Kind::Lease
            ) {
                let message =
                    format!("this is {kind}, which is nothing that a proxy takes from its authority");
                return Err(Failure::new(Code::Malformed, message)
                    .hint("it takes updates, transform keys, grants, tokens and leases; `proxy add` takes encrypted files")
                    .in_file(&path.display().to_string()));
            }
            files.entry(kind).or_default().push(path);
        }
    }
    Ok(files)
}

fn updates(
    console: &Console,
    opened: &mut Opened,
    paths: &[PathBuf],
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let decoded = paths
        .iter()
        .map(|path| Ok((load(console, path, Kind::AuthorityUpdate, AuthorityUpdate::from_bytes)?, path)));
    let mut updates = decoded.collect::<Result<Vec<_>, Failure>>()?;
    updates.sort_by_key(|(update, _)| update.number());
    for (update, path) in updates {
        let about = |failure: Failure| failure.in_file_if_unnamed(&path.display().to_string());
        if is_known(opened, &update).map_err(about)? {
            outcome.passed_over += 1;
            continue;
        }
        opened.apply(&update).map_err(about)?;
        outcome.updates += 1;
    }
    if outcome.updates > 0 {
        // What is revoked may lie in files that a killed run has left, too.
        opened.keys.sweep()?;
    }
    Ok(())
}

fn key(console: &Console, opened: &mut Opened, path: &Path, outcome: &mut Outcome) -> Result<(), Failure> {
    let key = load(console, path, Kind::TransformKey, TransformKey::from_bytes)?;
    let key = opened.proxy.accept(key, &mut os_rng())?;
    // One that is here may have got tokens and attributes since.
    match opened.keys.insert_new(key.user(), key.id(), &key.to_bytes())? {
        true => outcome.keys += 1,
        false => outcome.passed_over += 1,
    }
    Ok(())
}

fn grant(console: &Console, opened: &mut Opened, path: &Path, outcome: &mut Outcome) -> Result<(), Failure> {
    let grant = load(console, path, Kind::Grant, Grant::from_bytes)?;
    let Some(mut key) = opened.key(grant.key_id())? else {
        outcome.passed_over += 1;
        return Ok(());
    };
    if grant.attributes().is_subset(key.attributes()) {
        outcome.passed_over += 1;
        return Ok(());
    }
    opened.proxy.grant(&grant, &mut key, &mut os_rng())?;
    opened.keep(&key)?;
    outcome.grants += 1;
    Ok(())
}

fn tokens(console: &Console, opened: &mut Opened, path: &Path, outcome: &mut Outcome) -> Result<(), Failure> {
    let mut batch = load(console, path, Kind::TokenBatch, TokenBatch::from_bytes)?;
    let all = batch.keys().len() as u64;
    let mut held: BTreeMap<KeyId, ProxyKey> = BTreeMap::new();
    for id in batch.keys() {
        // What is not here was revoked, or belongs to another proxy; what reaches as far was refreshed before.
        if let Some(key) = opened.key(id)?.filter(|key| key.tokens_until() < Some(batch.to())) {
            held.insert(*id, key);
        }
    }
    batch.retain(|id| held.contains_key(id));
    outcome.passed_over += all - batch.keys().len() as u64;
    if batch.keys().is_empty() {
        return Ok(());
    }
    let parameters = opened.proxy.public_parameters();
    let verified = batch.verify(parameters, |id| held.get(id), &mut os_rng())?;
    for key in held.values_mut() {
        verified.refresh(key)?;
        opened.keep(key)?;
        outcome.refreshed += 1;
    }
    Ok(())
}

fn lease(console: &Console, opened: &mut Opened, path: &Path, outcome: &mut Outcome) -> Result<(), Failure> {
    let lease = load(console, path, Kind::Lease, Lease::from_bytes)?;
    opened.renew(lease, console.now())?;
    outcome.leases += 1;
    Ok(())
}
