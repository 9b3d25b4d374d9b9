//! `index add`, `index merge`: a writer at work. What is to be sent is saved before it is sent.

use std::time::Instant;

use hippocrypt::fhir::{self, Import};
use hippocrypt::os_rng;
use hippocrypt::search::{Handle, IndexWriter, LeakageProfile};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::corpus;
use crate::args::index::{Add, Merge};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::index::office::Office;
use crate::index::reader::mirror;
use crate::index::writer::{Notes, StoredWriter, device, path_of};
use crate::index::{self, DEVICE, Index};
use crate::progress;
use crate::report::{Report, grouped};

/// What an addition has come to.
#[derive(Default)]
struct Totals {
    files: u64,
    before: u64,
    passed_over: u64,
    resources: u64,
    pairs: u64,
}

pub fn run(console: &Console, args: &Add) -> Result<Report, Failure> {
    let started = Instant::now();
    let files = corpus::find(&args.input)?;
    let index = Index::open(&args.folder)?;
    let mut office = Office::open(console, &index)?;
    let name = args.lab.as_deref().unwrap_or(DEVICE);
    let mut stored = match &args.lab {
        None => device(&index)?,
        Some(lab) => lab_writer(&index, &mut office, lab)?,
    };
    // What a run that was killed has left comes first.
    let resumed = stored.send(&mut index.server()?, &office.head)?;
    index::note(console, resumed);

    let profile = index.profile()?;
    let (mut totals, mut notes, mut fresh) = (Totals::default(), Notes::default(), Vec::new());
    let bar = progress::steps(console, files.iter().filter_map(|file| file.bytes).sum());
    for file in &files {
        let is_fhir = corpus::read(console, file, &bar, &mut |import: &Import<'_>| {
            let sha256: [u8; 32] = Sha256::digest(import.envelope(|_| nobody()).sha256()).into();
            if stored.knows(&sha256)? || fresh.contains(&sha256) {
                totals.before += 1;
                return Ok(());
            }
            fresh.push(sha256);
            notes.file(&sha256);
            for resource in import.resources() {
                let keywords = fhir::keywords(resource, profile.budget());
                let handle = Handle::random(&mut os_rng());
                stored.writer.add(handle, [0; 3], &keywords);
                notes.record(&handle, &corpus::name_of(resource), &keywords);
                totals.resources += 1;
                totals.pairs += keywords.len() as u64;
            }
            Ok(())
        })?;
        totals.files += u64::from(is_fhir);
        totals.passed_over += u64::from(!is_fhir);
    }
    bar.finish_and_clear();
    let segments = write(&mut stored.writer, &office, &profile)?;
    let bytes: usize = stored.writer.outbox().map(|(_, segment)| segment.len()).sum();
    stored.save(notes)?;
    stored.send(&mut index.server()?, &office.head)?;
    note_seen(&mut office, &stored.writer)?;

    let mut report = Report::new("index add");
    report.row("writer", name);
    report.row("files", totals.files);
    report.row("added before", totals.before);
    report.row("passed over", totals.passed_over);
    report.row("resources", totals.resources);
    report.row("pairs", totals.pairs);
    report.row("segments", segments);
    report.bytes("bytes", bytes as u64);
    report.row("resumed", resumed);
    let seconds = started.elapsed().as_secs_f64();
    report.row_as("seconds", json!((seconds * 1000.0).round() / 1000.0), format!("{seconds:.2}"));
    Ok(report)
}

/// An envelope is made for its hash alone.
fn nobody() -> hippocrypt::RecordId {
    hippocrypt::RecordId::from_bytes([0; 16])
}

/// Segments of all that waits: full ones as long as there is enough.
fn write(writer: &mut IndexWriter, office: &Office<'_>, profile: &LeakageProfile) -> Result<usize, Failure> {
    let full = writer.flush(&office.head, profile, &mut os_rng())?;
    Ok(full + writer.finish(&office.head, profile, &mut os_rng())?)
}

/// A lab with keys of its own, which the owner admits.
fn lab_writer(index: &Index, office: &mut Office<'_>, lab: &str) -> Result<StoredWriter, Failure> {
    if lab == DEVICE {
        return Err(Failure::new(Code::Usage, format!("`{DEVICE}` is the owner's own writer"))
            .hint("leave --as out, or give the lab another name"));
    }
    let path = path_of(index, lab);
    let stored = match StoredWriter::open(&path)? {
        Some(stored) => stored,
        None => {
            let (writer, card) = IndexWriter::lab(&office.head, &office.context, &mut os_rng())?;
            StoredWriter::create(&path, writer, card)?
        }
    };
    let is_admitted = office.head.writers(&office.context).any(|entry| entry.writer() == stored.writer.id());
    if !is_admitted {
        let mut contents = office.head.contents().clone();
        contents.writers.push(office.owner.admit(&stored.card, &office.context)?);
        office.sign(contents)?;
    }
    Ok(stored)
}

/// From the next head on no server can hide what was written.
fn note_seen(office: &mut Office<'_>, writer: &IndexWriter) -> Result<(), Failure> {
    let (segments, last) = writer.tip();
    let mut contents = office.head.contents().clone();
    let entry = contents.writers.iter_mut().find(|entry| entry.writer() == writer.id());
    match entry {
        Some(entry) if segments > entry.segments_seen() => entry.note_seen(segments, last),
        _ => return Ok(()),
    }
    office.sign(contents)
}

pub fn merge(console: &Console, args: &Merge) -> Result<Report, Failure> {
    let index = Index::open(&args.folder)?;
    let mut office = Office::open(console, &index)?;
    let mut stored = device(&index)?;
    index::note(console, stored.send(&mut index.server()?, &office.head)?);
    note_seen(&mut office, &stored.writer)?;

    let (before, _) = mirror(&index.server()?, &office.head, &office.context)?;
    let trapdoors = office.owner.trapdoors(&office.context, &stored.keywords()?);
    let profile = index.profile()?;
    let made = before.merge(&office.head, &mut stored.writer, &trapdoors, &profile, &mut os_rng())?;
    stored.save(Notes::default())?;
    stored.send(&mut index.server()?, &office.head)?;
    note_seen(&mut office, &stored.writer)?;
    let (after, _) = mirror(&index.server()?, &office.head, &office.context)?;

    let mut report = Report::new("index merge");
    report.row("new segments", made);
    let change = |report: &mut Report, label: &str, before: usize, after: usize| {
        let text = format!("{}, before {}", grouped(&after.to_string()), grouped(&before.to_string()));
        report.row_as(label, after, text);
    };
    change(&mut report, "segments", before.size().0, after.size().0);
    change(&mut report, "slots", before.size().1, after.size().1);
    report.field("segments_before", before.size().0);
    report.field("slots_before", before.size().1);
    Ok(report)
}
