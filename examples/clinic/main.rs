//! A clinic puts its FHIR records on a cloud that it does not trust.
//!
//! ```text
//! cargo run --release --example clinic             # a small bundle that comes with the library
//! cargo run --release --example clinic -- PATH     # your own: a file, or a folder of them
//! ```
//!
//! Each resource is encrypted under the policy of its category. Then three people with different keys
//! try every record: each cell of the table is the count of real attempts.
//!
//! | file | |
//! |---|---|
//! | `main.rs` | the story, from setup to the table |
//! | `fhir.rs` | reads bundles, resources and NDJSON |
//! | `category.rs`, `policies.rs` | which kind of record; who may read it |
//! | `vault.rs` | the writer: compartments, records, signatures; the cloud's check of an upload |
//! | `reader.rs` | the reader: opens, verifies, compares |
//! | `table.rs` | drawing |

mod category;
mod fhir;
mod policies;
mod reader;
mod table;
#[cfg(test)]
mod tests;
mod vault;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use hippocrypt::rand_core::CryptoRng;
use hippocrypt::{
    AttributeSet, BACKEND, Header, MasterKey, Policy, PublicParameters, Schema, SignedSchema, os_rng, setup,
};

use category::Category;
use reader::{Attempts, Person, Trust, try_every_record};
use table::{Style, counted, each, grouped, time};
use vault::{Authors, Compartment, Import, Imported, accept_upload};

const DEFAULT_BUNDLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/clinic-bundle.json");
const USAGE: &str = "usage: cargo run --release --example clinic [-- PATH]

PATH is a FHIR file (a bundle, one resource, or NDJSON) or a folder of such files.
Without it, a small bundle of invented people is used.";

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let path = match arguments.as_slice() {
        [] => Path::new(DEFAULT_BUNDLE),
        [path] if !path.to_string_lossy().starts_with('-') => path,
        _ => {
            eprintln!("{USAGE}");
            let asked = arguments
                .iter()
                .any(|argument| argument == Path::new("--help") || argument == Path::new("-h"));
            return if asked { ExitCode::SUCCESS } else { ExitCode::from(2) };
        }
    };
    match run(path, Style::of_stdout()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Tells the whole story; returns how many problems the input had.
fn run(path: &Path, style: Style) -> Result<usize, Box<dyn Error>> {
    let mut rng = os_rng();
    let mut times = Times::default();

    println!("{}", style.heading("1. The hospital sets up its realm, and certifies attributes"));
    let start = Instant::now();
    let (parameters, master) = setup("st-marys", &mut rng)?;
    times.setup = start.elapsed();
    let signed_schema = master.sign_schema(&Schema::parse(policies::SCHEMA)?);
    println!("   Everyone gets the public parameters; the master key stays in the key office.");
    println!("   Numbers that policies may compare: {}\n", policies::SCHEMA);
    let start = Instant::now();
    let people = issue_keys(&master, &signed_schema, &mut rng)?;
    times.keys = start.elapsed();
    for person in &people {
        println!("   {:13} {}", person.name, person.key.attributes());
    }

    println!("\n{}", style.heading("2. The clinic encrypts each resource under the policy of its category"));
    let authors = Authors::generate(&mut rng);
    let (imported, problems) = import(path, &parameters, &signed_schema, &authors, &mut rng)?;
    for problem in &problems {
        println!("   {} {problem}", style.alarm("not read:"));
    }
    describe_policies(&imported, style);

    let start = Instant::now();
    for compartment in &imported.compartments {
        accept_upload(compartment, &parameters, &mut rng)?;
    }
    times.uploads = start.elapsed();
    println!("\n   The cloud has checked each header, without a key, and stores ciphertext alone.");

    println!("\n{}", style.heading("3. Everybody tries to open every record"));
    let trust = Trust { parameters: &parameters, authors: authors.known() };
    let attempts: Vec<Attempts> = people
        .iter()
        .map(|person| try_every_record(person, &trust, &imported.compartments, &imported.originals))
        .collect::<Result<_, _>>()?;
    for line in table::who_can_open(&people, &attempts, style).lines() {
        println!("   {line}");
    }
    println!(
        "   Each record counted as opened has its author's signature and equals the resource, byte for byte."
    );

    println!("\n{}", style.heading("4. Why not?"));
    explain_refusals(&people, &attempts, signed_schema.verify(&parameters)?)?;
    println!();
    explain_collusion(&people, &attempts, &imported)?;
    patient_tries(&imported, &master, &trust, &mut rng)?;

    println!("\n{}", style.heading("5. What it costs"));
    print_costs(&people, &imported, &attempts, &times);
    if !problems.is_empty() {
        println!(
            "\n{}",
            style.alarm(&format!(
                "{} in the input; see \"not read\" above",
                counted(problems.len(), "problem")
            ))
        );
    }
    Ok(problems.len())
}

#[derive(Default)]
struct Times {
    setup: Duration,
    keys: Duration,
    uploads: Duration,
}

fn issue_keys(
    master: &MasterKey,
    schema: &SignedSchema,
    rng: &mut impl CryptoRng,
) -> Result<Vec<Person>, Box<dyn Error>> {
    // Only the authority's own schema tells what `clearance = 3` means.
    let schema = schema.verify(master.public_parameters())?;
    let people = policies::PEOPLE
        .iter()
        .map(|(name, attributes)| Person::new(name, &AttributeSet::parse(attributes, schema)?, master, rng));
    people.collect()
}

/// Reads and encrypts every file under `path`.
fn import(
    path: &Path,
    parameters: &PublicParameters,
    schema: &SignedSchema,
    authors: &Authors,
    rng: &mut impl CryptoRng,
) -> Result<(Imported, Vec<fhir::Problem>), Box<dyn Error>> {
    let schema = schema.verify(parameters)?;
    let files = fhir::files(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut import = Import::new(parameters, schema, authors);
    let (mut problems, mut read) = (Vec::new(), 0usize);
    let progress = files.len() > 1 && std::io::stderr().is_terminal();
    for (index, file) in files.iter().enumerate() {
        for resource in fhir::read_file(file, &mut problems) {
            import.add(resource, rng)?;
            read += 1;
        }
        if progress {
            eprint!("\r   {} of {}, {}", index + 1, counted(files.len(), "file"), counted(read, "resource"));
            std::io::stderr().flush()?;
        }
    }
    if progress {
        eprint!("\r\x1b[K");
    }
    if read == 0 {
        for problem in &problems {
            eprintln!("{problem}");
        }
        return Err(format!("no FHIR resource found in {}", path.display()).into());
    }
    println!("   {}: {}, {}", shown(path), counted(files.len(), "file"), counted(read, "resource"));
    Ok((import.finish(), problems))
}

/// The path as the user would write it.
fn shown(path: &Path) -> String {
    path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path).display().to_string()
}

fn describe_policies(imported: &Imported, style: Style) {
    let patients = imported.handles.keys().flatten().count();
    let compartments = &imported.compartments;
    println!(
        "   {} under random handles, {} (one for each patient and category)\n",
        counted(patients, "patient"),
        counted(compartments.len(), "compartment")
    );
    let used: BTreeSet<Category> = compartments.iter().map(|compartment| compartment.category).collect();
    for category in used {
        println!("   {:13} {}", category.name(), category.staff_rule());
    }
    println!("   {:13} ... or patient:<handle>, the patient whose record it is", "and for all");
    if imported.handles.contains_key(&None) {
        let note = "What is about no patient (practitioners, organizations) has a handle that nobody holds.";
        println!("   {}", style.faint(note));
    }
}

/// For each person, what they lack for the categories that stayed closed: public knowledge, from the
/// rule and the names of the attributes.
fn explain_refusals(people: &[Person], attempts: &[Attempts], schema: &Schema) -> Result<(), Box<dyn Error>> {
    for (person, attempts) in people.iter().zip(attempts) {
        println!("   What the {} lacks, at least:", person.name);
        for (category, _) in attempts.cells.iter().filter(|(_, cell)| cell.opened == 0) {
            if let Some(missing) =
                Policy::parse(category.staff_rule(), schema)?.missing(person.key.attributes())
            {
                println!("     {:13} {missing}", category.name());
            }
        }
    }
    Ok(())
}

/// Names a category that two people would satisfy with their attributes in one hand, though neither
/// opens it.
fn explain_collusion(
    people: &[Person],
    attempts: &[Attempts],
    imported: &Imported,
) -> Result<(), Box<dyn Error>> {
    for (index, (first, tried)) in people.iter().zip(attempts).enumerate() {
        for (second, also_tried) in people.iter().zip(attempts).skip(index + 1) {
            let mut together = first.key.attributes().clone();
            for attribute in second.key.attributes().attributes() {
                together.insert(attribute.clone(), &Schema::empty())?;
            }
            for compartment in &imported.compartments {
                let opened =
                    |attempts: &Attempts| attempts.cells.get(&compartment.category).map(|cell| cell.opened);
                let policy = Header::from_bytes(&compartment.header)?.policy().clone();
                if opened(tried) == Some(0)
                    && opened(also_tried) == Some(0)
                    && policy.is_satisfied_by(&together)
                {
                    println!(
                        "   The {} and the {} have between them what {} asks for, and opened none: keys do not combine.",
                        first.name,
                        second.name,
                        compartment.category.name()
                    );
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// The patient with the most records gets a key for the handle, and tries every record, too.
fn patient_tries(
    imported: &Imported,
    master: &MasterKey,
    trust: &Trust<'_>,
    rng: &mut impl CryptoRng,
) -> Result<(), Box<dyn Error>> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for handle in imported.handles.iter().filter_map(|(patient, handle)| patient.as_ref().map(|_| handle)) {
        let own = imported.compartments.iter().filter(|compartment| compartment.handle == *handle);
        sizes.insert(handle, own.map(|compartment| compartment.records.len()).sum());
    }
    let Some((handle, records)) = sizes.into_iter().max_by_key(|(_, records)| *records) else {
        return Ok(());
    };
    let attributes = AttributeSet::parse(&format!("patient:{handle}"), &Schema::empty())?;
    let patient = Person::new("patient", &attributes, master, rng)?;
    let (own, others): (Vec<&Compartment>, Vec<&Compartment>) =
        imported.compartments.iter().partition(|compartment| compartment.handle == handle);
    let own = try_every_record(&patient, trust, own, &imported.originals)?.total();
    let others = try_every_record(&patient, trust, others, &imported.originals)?.total();
    println!(
        "   A patient's own key (patient:{handle}) opens {}/{records} of the patient's records, and {}/{} of the others.",
        own.opened, others.opened, others.tried
    );
    Ok(())
}

fn print_costs(people: &[Person], imported: &Imported, attempts: &[Attempts], times: &Times) {
    let compartments = &imported.compartments;
    let records: usize = compartments.iter().map(|compartment| compartment.records.len()).sum();
    let headers: usize = compartments.iter().map(|compartment| compartment.header.len()).sum();
    let sealed: usize = compartments
        .iter()
        .flat_map(|compartment| &compartment.records)
        .map(|record| record.sealed.len())
        .sum();
    let plaintext = imported.cost.plaintext_bytes;
    let row = |what: &str, figure: String, note: String| {
        println!("{}", format!("   {what:16} {figure:>14}   {note}").trim_end())
    };
    let per = |bytes: usize, count: usize| bytes.checked_div(count).unwrap_or(0);

    row(
        "plaintext",
        format!("{} B", grouped(plaintext)),
        format!("{}, {} B each", counted(records, "record"), per(plaintext, records)),
    );
    row(
        "headers",
        format!("{} B", grouped(headers)),
        format!(
            "{}, {} B each",
            counted(compartments.len(), "compartment"),
            per(headers, compartments.len())
        ),
    );
    row(
        "sealed records",
        format!("{} B", grouped(sealed)),
        format!("{} B more each, the signature included", per(sealed - plaintext, records)),
    );
    let overhead = headers + sealed - plaintext;
    row(
        "overhead",
        format!("{} B", grouped(overhead)),
        format!("{} B a record with its share of the header", per(overhead, records)),
    );

    let cost = &imported.cost;
    let sum = |part: fn(&Attempts) -> Duration| attempts.iter().map(part).sum::<Duration>();
    let count = |part: fn(&Attempts) -> usize| attempts.iter().map(part).sum::<usize>();
    println!();
    row("setup", time(times.setup), String::new());
    row("keys", time(times.keys), format!("{}, issued and verified", counted(people.len(), "key")));
    row(
        "encrypt headers",
        time(cost.headers),
        format!("{} each", time(each(cost.headers, compartments.len()))),
    );
    row(
        "encrypt records",
        time(cost.records),
        format!("{} each, signing included", time(each(cost.records, records))),
    );
    row(
        "check uploads",
        time(times.uploads),
        format!("{} a header", time(each(times.uploads, compartments.len()))),
    );
    let (opened, refused) = (count(|a| a.headers_opened), count(|a| a.headers_refused));
    let (opening, refusing) = (sum(|a| a.opening_headers), sum(|a| a.refused_headers));
    row(
        "open headers",
        time(opening),
        format!("{} each, {} opened", time(each(opening, opened)), grouped(opened)),
    );
    row(
        "be refused",
        time(refusing),
        format!(
            "{} each with reading the header, {} refused",
            time(each(refusing, refused)),
            grouped(refused)
        ),
    );
    let (opened, opening) = (count(|a| a.total().opened), sum(|a| a.opening_records));
    row(
        "open records",
        time(opening),
        format!("{} each, {} opened and verified", time(each(opening, opened)), grouped(opened)),
    );
    println!("\n   backend {BACKEND}, one thread");
}
