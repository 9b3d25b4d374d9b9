//! `vault log`: the cloud's audit log, for people.

use std::collections::{HashSet, VecDeque};
use std::path::Path;

use hippocrypt::phr::PatientHandle;
use hippocrypt::phr::audit::AuditEntry;
use hippocrypt::store::{RedbStore, Store, StoreError, Table};
use serde_json::{Value, json};

use crate::args::vault::Log;
use crate::console::Console;
use crate::failure::Failure;
use crate::moments;
use crate::report::Report;
use crate::table;
use crate::vault::{Vault, VaultCloud};

/// Entries that are read at a time.
const PAGE: usize = 1024;

pub fn run(console: &Console, folder: &Path, args: &Log) -> Result<Report, Failure> {
    let vault = Vault::look(console, folder)?;
    let patient = args.patient.as_deref().map(|text| vault.patient(text)).transpose()?;
    let cloud = vault.cloud_to_look_at(console)?;
    let mut rows: VecDeque<Value> = VecDeque::new();
    let hers = patient.map(|patient| records_of(&cloud, &patient)).transpose()?;
    each(&cloud, |number, mut entry| {
        let is_theirs = match &hers {
            None => true,
            Some(_) if entry.patient.is_some() => entry.patient == patient,
            // An upload, or a question, about several patients: what of it is hers.
            Some(hers) => {
                entry.records.retain(|name| hers.contains(name.id.as_bytes()));
                !entry.records.is_empty()
            }
        };
        let is_his = args.user.is_none() || entry.user == args.user;
        if is_theirs && is_his {
            rows.push_back(row(number, &entry));
            if args.last.is_some_and(|last| rows.len() > last) {
                rows.pop_front();
            }
        }
    })?;
    let rows = Vec::from(rows);
    let mut report = Report::answer("vault log");
    report.field("patient", patient.map(|patient| patient.to_string()));
    let columns = [
        ("number", "no."),
        ("when", "when"),
        ("event", "what"),
        ("user", "who"),
        ("patient", "patient"),
        ("count", "records"),
    ];
    report.draw(table::of(&rows, &columns));
    report.field("entries", rows);
    Ok(report)
}

/// The ids of a patient's records.
fn records_of(cloud: &VaultCloud, patient: &PatientHandle) -> Result<HashSet<[u8; 16]>, Failure> {
    let all = |store: &RedbStore| {
        let mut ids = HashSet::new();
        for (compartment, _) in store.page(Table::Patient, patient.as_bytes(), None, usize::MAX)? {
            let core = compartment.get(16..).unwrap_or_default();
            for (record, _) in store.page(Table::Record, core, None, usize::MAX)? {
                let id = record.get(core.len()..).and_then(|name| name.first_chunk::<16>());
                ids.extend(id.copied());
            }
        }
        Ok::<_, StoreError>(ids)
    };
    Ok(cloud.with_store(all)?)
}

fn row(number: u64, entry: &AuditEntry) -> Value {
    let records: Vec<String> = entry.records.iter().map(|name| name.id.to_string()).collect();
    json!({
        "number": number,
        "time": entry.time,
        "when": moments::date(entry.time),
        "event": entry.event.to_string(),
        "user": entry.user.as_ref().map(|user| user.as_str()),
        "patient": entry.patient.map(|patient| patient.to_string()),
        "count": records.len(),
        "records": records,
    })
}

/// Every entry, with its number.
pub fn each(cloud: &VaultCloud, mut take: impl FnMut(u64, AuditEntry)) -> Result<(), Failure> {
    let mut after: Option<Vec<u8>> = None;
    let mut number = 0;
    loop {
        let page = cloud.with_store(|store| store.page(Table::Audit, &[], after.as_deref(), PAGE))?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        for (_, bytes) in &page {
            number += 1;
            let damaged = |_| StoreError::Damaged(format!("entry {number} of the audit log").into());
            take(number, AuditEntry::from_bytes(bytes).map_err(damaged)?);
        }
    }
}
