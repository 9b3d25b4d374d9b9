//! `speed records`: a house with its cloud on the disk, from FHIR to the phone and back.
//!
//! | file | |
//! |---|---|
//! | house | authority, writer, patients and a physician, in one process with the cloud |
//! | indexed | importing with an index, and a question in words over all patients |
//! | many | a store with very many small records |

mod house;
mod indexed;
mod many;

use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use self::house::{House, Imported, Read, Source, Streamed};
use self::indexed::{Asked, Indexed, Indexes, Rate};
use self::many::{Many, many};
use super::args::Records;
use super::machine::Machine;
use super::revocation::{Folder, peak_memory};
use super::statistics::{median, significant};
use super::table::figure;
use super::workload::Wrong;
use super::workload::clock::micros;
use super::workload::world::Pairing;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::progress;
use crate::report::{Report, grouped};

/// Everything that was measured.
struct Measured {
    imported: Imported,
    read: Read,
    sealed_read: Read,
    sealed: (u64, f64),
    fsck: (u64, f64),
    streamed: Option<Streamed>,
    indexed: Option<(Indexed, Asked)>,
    peak_memory: Option<u64>,
    many: Option<Many>,
    pairing_us: f64,
}

pub fn run(console: &Console, args: &Records) -> Result<Report, Failure> {
    let folder = Folder::of(args.out.as_deref())?;
    let files: Vec<Source> = match &args.input {
        Some(path) => house::files(path)?.into_iter().map(Source::File).collect(),
        None => {
            let resources = args.resources;
            (0..args.patients).map(|patient| Source::Invented { patient, resources }).collect()
        }
    };
    let measured = measure(console, args, &files, folder.path()).map_err(|wrong| {
        Failure::new(Code::WrongResult, wrong.to_string())
            .hint("unless the disk is full, this build or this machine computes wrongly: report what you see")
    })?;
    Ok(report(&measured))
}

fn measure(console: &Console, args: &Records, files: &[Source], folder: &Path) -> Result<Measured, Wrong> {
    let pairing = Pairing::new();
    let pairings = |count: usize| (0..count).map(|_| micros(pairing.time())).collect::<Vec<_>>();
    let mut times = pairings(9);
    let mut house = House::begin(folder)?;
    console.note("importing");
    let imported = house.import_files(files)?;
    times.extend(pairings(9));
    console.note("reading by phone");
    let read = house.read_ten(args.rounds)?;
    let sealed = house.seal()?;
    let sealed_read = house.read_ten(args.rounds)?;
    let start = Instant::now();
    let rows = house.fsck()?;
    let fsck = (rows, start.elapsed().as_secs_f64());
    // The memory of a stream is seen best before anything large was in memory.
    let streamed = match args.attachment {
        0 => None,
        bytes => {
            console.note("streaming an attachment");
            Some(house.stream(bytes as u64)?)
        }
    };
    let peak_memory = peak_memory();
    let indexed = match args.question.as_str() {
        "" => None,
        question => {
            console.note("importing with an index");
            let mut indexes = Indexes::begin(&mut house)?;
            let indexed = indexes.import(&mut house, files)?;
            console.note("asking");
            Some((indexed, indexes.ask(&house, question, args.rounds)?))
        }
    };
    drop(house);
    let many = match args.many {
        0 => None,
        records => {
            console.note(&format!("storing {} records", grouped(&records.to_string())));
            let bar = progress::steps(console, records.into());
            let many = many(&folder.join("many"), records, &bar)?;
            bar.finish_and_clear();
            Some(many)
        }
    };
    times.extend(pairings(9));
    let pairing_us = median(&times);
    Ok(Measured {
        imported,
        read,
        sealed_read,
        sealed,
        fsck,
        streamed,
        indexed,
        peak_memory,
        many,
        pairing_us,
    })
}

fn report(measured: &Measured) -> Report {
    let Measured {
        imported,
        read,
        sealed_read,
        sealed,
        fsck,
        streamed,
        indexed,
        peak_memory,
        many,
        pairing_us,
    } = measured;
    let mut report = Report::answer("speed records");
    for (name, value) in Machine::here().fields() {
        report.row(name, value);
    }
    let number = |value: f64| json!(significant(value, 5));
    let count = |count: u64| grouped(&count.to_string());
    report.row_as("pairing us", number(*pairing_us), format!("{} µs", figure(*pairing_us)));
    let rate = imported.resources as f64 / imported.seconds;
    report.row_as(
        "import",
        json!({
            "resources": imported.resources,
            "bytes": imported.bytes,
            "compartments": imported.compartments,
            "seconds": number(imported.seconds),
            "per_second": number(rate),
            "parse_seconds": number(imported.parse),
            "write_seconds": number(imported.write),
            "cloud_seconds": number(imported.cloud),
            "stored_bytes": imported.stored_bytes,
        }),
        format!(
            "{} resources in {} s: {} a second (reading FHIR {} s, encrypting {} s, cloud with durable commits {} s)",
            count(imported.resources),
            figure(imported.seconds),
            grouped(&format!("{rate:.0}")),
            figure(imported.parse),
            figure(imported.write),
            figure(imported.cloud),
        ),
    );
    report.row_as(
        "stored",
        imported.stored_bytes,
        format!(
            "{} bytes of FHIR in {} compartments; {} bytes of headers and records, {} more for each resource",
            count(imported.bytes),
            count(imported.compartments),
            count(imported.stored_bytes),
            imported.stored_bytes.saturating_sub(imported.bytes) / imported.resources.max(1),
        ),
    );
    let reading = |name: &str, cell: &house::Ten| {
        (
            name.to_owned(),
            json!({
                "ms": number(cell.whole),
                "cloud_ms": number(cell.cloud),
                "phone_ms": number(cell.phone),
                "compartments": cell.compartments,
                "question_bytes": cell.question,
                "answer_bytes": cell.answer,
            }),
            format!(
                "{} ms (cloud {} ms, phone {} ms; {} bytes up, {} down)",
                figure(cell.whole),
                figure(cell.cloud),
                figure(cell.phone),
                count(cell.question),
                count(cell.answer),
            ),
        )
    };
    for (name, value, text) in [
        reading("10 records of 10 compartments", &read.apart),
        reading("10 records of one compartment", &read.together),
        reading("10 records of 10 sealed compartments", &sealed_read.apart),
    ] {
        report.row_as(&name, value, text);
    }
    let (headers, seconds) = sealed;
    report.row_as(
        "seal",
        json!({ "headers": headers, "seconds": number(*seconds) }),
        format!("{} headers in {} s", count(*headers), figure(*seconds)),
    );
    let (rows, seconds) = fsck;
    report.row_as(
        "fsck",
        json!({ "rows": rows, "seconds": number(*seconds) }),
        format!("{} rows in {} s", count(*rows), figure(*seconds)),
    );
    if let Some(streamed) = streamed {
        let mib = |seconds: f64| streamed.bytes as f64 / f64::from(1 << 20) / seconds;
        report.row_as(
            "attachment",
            json!({
                "bytes": streamed.bytes,
                "up_seconds": number(streamed.up),
                "down_seconds": number(streamed.down),
            }),
            format!(
                "{} MiB: {} MiB/s up (durable), {} MiB/s down (verified)",
                streamed.bytes >> 20,
                figure(mib(streamed.up)),
                figure(mib(streamed.down)),
            ),
        );
    }
    if let Some((indexed, asked)) = indexed {
        report_indexed(&mut report, indexed, asked);
    }
    let text = peak_memory.map_or("unknown here".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
    report.row_as("peak memory up to here", *peak_memory, text);
    report.field("many", many.as_ref().map_or(Value::Null, Many::to_json));
    if let Some(many) = many {
        report.row_as("very many records", Value::Null, many.to_string());
    }
    report
}

fn report_indexed(report: &mut Report, indexed: &Indexed, asked: &Asked) {
    let number = |value: f64| json!(significant(value, 5));
    let count = |count: u64| grouped(&count.to_string());
    let ways = [
        ("import with index, new keywords", indexed.owner[0]),
        ("import with index, known keywords", indexed.owner[1]),
        ("import by a lab, new keywords", indexed.lab[0]),
        ("import by a lab, known keywords", indexed.lab[1]),
    ];
    for (name, rate) in ways {
        let Rate { resources, pairs, seconds } = rate;
        report.row_as(
            name,
            json!({ "resources": resources, "pairs": pairs, "seconds": number(seconds), "per_second": number(rate.per_second()) }),
            format!(
                "{} resources with {} keywords in {} s: {} a second",
                count(resources),
                count(pairs),
                figure(seconds),
                grouped(&format!("{:.0}", rate.per_second())),
            ),
        );
    }
    report.row_as(
        "index",
        indexed.segment_bytes,
        format!("{} bytes of segments", count(indexed.segment_bytes)),
    );
    report.row_as(
        "question",
        json!({
            "text": asked.text,
            "patients": asked.patients,
            "first_sync_ms": number(asked.sync_ms),
            "search_ms": number(asked.search_ms),
            "ms": number(asked.ms),
            "gate_requests": asked.requests,
            "trapdoors": asked.points,
            "found": asked.found,
            "opened": asked.opened,
        }),
        format!(
            "{} over {} patients: {} ms, of which {} ms until {} were found ({} trapdoors in {} requests); {} opened; the first sync {} ms",
            asked.text,
            count(asked.patients),
            figure(asked.ms),
            figure(asked.search_ms),
            count(asked.found),
            count(asked.points),
            count(asked.requests),
            count(asked.opened),
            figure(asked.sync_ms),
        ),
    );
}
