//! `vault stats`: how much there is, and who uses it.

use std::collections::BTreeMap;
use std::path::Path;

use hippocrypt::phr::audit::{AuditEntry, AuditEvent};
use hippocrypt::store::BlobStore;
use hippocrypt::{EpochStatement, store::FolderBlobs};
use serde_json::{Value, json};

use super::log;
use crate::console::Console;
use crate::failure::Failure;
use crate::moments;
use crate::report::{Report, hex};
use crate::table;
use crate::vault::{Vault, in_folder};

/// What somebody has done.
#[derive(Default)]
struct Doings {
    stored: u64,
    opened: u64,
    denied: u64,
    last: u64,
}

pub fn run(console: &Console, folder: &Path) -> Result<Report, Failure> {
    let vault = Vault::look(console, folder)?;
    let cloud = vault.cloud_to_look_at(console)?;
    let stats = cloud.stats()?;
    let mut report = Report::answer("vault stats");
    report.row("realm", vault.realm.parameters().realm());
    report.row("realm id", hex(vault.realm.id()));
    report.row("epoch", cloud.epoch().map_or(0, |epoch| epoch.number()));
    if let Some(statement) = cloud.statement()? {
        let statement = EpochStatement::from_bytes(&statement).map_err(Failure::decode)?;
        report.moment("serves until", statement.validity().1, console.now());
    }
    report.row("patients", stats.patients);
    report.row("compartments", stats.compartments);
    report.row("sealed", stats.sealed);
    report.row("records", stats.records);
    report.row("chunks of attachments", stats.chunks);
    report.row("search indexes", stats.indexes);
    report.row("segments of indexes", stats.segments);
    report.row("keys of readers", stats.keys);
    report.row("updates of the authority", stats.updates);
    report.row("transactions", stats.transactions);

    let mut users: BTreeMap<String, Doings> = BTreeMap::new();
    log::each(&cloud, |entry| {
        let Some(entry) = AuditEntry::of(entry) else { return };
        let Some(user) = &entry.user else { return };
        let doings = users.entry(user.as_str().to_owned()).or_default();
        let records = entry.records.len() as u64;
        match entry.event {
            AuditEvent::Stored => doings.stored += records,
            AuditEvent::Opened | AuditEvent::BrokeGlass => doings.opened += records,
            AuditEvent::Denied => doings.denied += 1,
            _ => {}
        }
        doings.last = doings.last.max(entry.time);
    })?;
    drop(cloud);
    let database = std::fs::metadata(vault.cloud_store())?.len();
    let sizes = [
        ("headers".to_owned(), stats.header_bytes),
        ("records".to_owned(), stats.record_bytes),
        ("attachments".to_owned(), chunk_bytes(&vault)?),
        ("segments of indexes".to_owned(), stats.segment_bytes),
        ("database file".to_owned(), database),
    ];
    let bytes: serde_json::Map<String, Value> =
        sizes.iter().map(|(name, size)| (name.replace(' ', "_"), (*size).into())).collect();
    report.field("bytes", bytes);
    let rows: Vec<Value> = users
        .iter()
        .map(|(user, Doings { stored, opened, denied, last })| {
            let (seen, time) = (moments::date(*last), last);
            json!({ "user": user, "stored": stored, "opened": opened, "denied": denied, "last": seen, "last_time": time })
        })
        .collect();
    let columns = [
        ("user", "who"),
        ("stored", "stored"),
        ("opened", "opened"),
        ("denied", "denied"),
        ("last", "last seen"),
    ];
    report.draw(format!("bytes\n{}\n{}", table::bars(&sizes), table::of(&rows, &columns)));
    report.field("users", rows);
    Ok(report)
}

fn chunk_bytes(vault: &Vault) -> Result<u64, Failure> {
    let path = vault.chunks();
    let blobs = in_folder(FolderBlobs::open_read_only(&path), &path)?;
    let (mut bytes, mut after) = (0, None);
    loop {
        let page = in_folder(blobs.page(after.as_ref(), 1024), &path)?;
        let Some(last) = page.last() else { return Ok(bytes) };
        after = Some(last.id);
        bytes += page.iter().map(|chunk| chunk.bytes).sum::<u64>();
    }
}
