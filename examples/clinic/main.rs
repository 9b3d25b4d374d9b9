//! A clinic puts its FHIR records on a cloud that it does not trust, shares them, and takes rights back.
//!
//! ```text
//! cargo run --release --features redb,fhir --example clinic              # a small bundle that comes with the library
//! cargo run --release --features redb,fhir --example clinic -- PATH      # your own: a file, or a folder of them
//! ```
//!
//! The cloud is a process of its own, the gate of the search indexes another, the keeper of the seal key a third; phones and the
//! authority have folders, and send one another bytes. Every line of the story is an attempt that is made while it is told; the program fails if one has another outcome
//! than the story says.
//!
//! | file | role |
//! |---|---|
//! | `cloud.rs` | the cloud: a process over an embedded store, which is given its folder and nothing else |
//! | `gate.rs` | has its shares of the search indexes, and knows whose keys are live |
//! | `seal_keeper.rs` | has the seal key, and nothing else |
//! | `phone.rs` | a reader, a writer, a patient: a role key and the public realm |
//! | `clinic.rs` | all of them together, with the authority |
//! | `import.rs` | FHIR in |
//! | `index.rs` | search indexes: made and renewed by patients, searched by readers |
//! | `wire.rs`, `process.rs` | messages, and the processes that answer them |
//! | `folder.rs`, `clock.rs` | files that appear whole; time |
//! | `attempts.rs`, `scan.rs` | who opens what, against what the policies say; the search for plaintext |
//! | `story.rs`, `story/`, `told.rs`, `table.rs` | what happens; telling it |

mod attempts;
mod clinic;
mod clock;
mod cloud;
mod folder;
mod gate;
mod import;
mod index;
mod phone;
mod process;
mod scan;
mod seal_keeper;
mod story;
mod table;
#[cfg(test)]
mod tests;
mod told;
mod wire;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clinic::Outcome;
use story::{Ending, Manner};
use table::{Style, counted, time};

const DEFAULT_BUNDLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/clinic-bundle.json");
const USAGE: &str = "\
Puts FHIR records on a cloud that is not trusted, and tells what everybody can do there.

usage: cargo run --release --features redb,fhir --example clinic [-- [PATH] [--keep FOLDER]]

PATH            a FHIR file (a bundle, one resource, or NDJSON) or a folder of such files;
                without it, a small bundle of invented people
--keep FOLDER   where everybody's folders are made and kept, to look at; it must not exist yet.
                Without it they are temporary
NO_COLOR=1      no colours

Exit code 1: something did not end as told, or a file could not be read.";

/// Bytes of the imaging study.
const STUDY_BYTES: usize = 32 << 20;

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(result) = process::role(&arguments) {
        return ended(result.map(|()| true));
    }
    if arguments.iter().any(|word| word == "--help" || word == "-h") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match understood(&arguments) {
        Some((path, keep)) => ended(tell(&path, keep.as_deref())),
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// The records, and the folder to keep.
fn understood(arguments: &[String]) -> Option<(PathBuf, Option<PathBuf>)> {
    let (mut path, mut keep, mut words) = (None, None, arguments.iter());
    while let Some(word) = words.next() {
        if word == "--keep" && keep.is_none() {
            keep = Some(PathBuf::from(words.next()?));
        } else if !word.starts_with('-') && path.is_none() {
            path = Some(PathBuf::from(word));
        } else {
            return None;
        }
    }
    Some((path.unwrap_or_else(|| DEFAULT_BUNDLE.into()), keep))
}

fn tell(path: &Path, keep: Option<&Path>) -> Outcome<bool> {
    let style = Style::of_stdout();
    let manner = Manner { style, contrary: false, kill_the_cloud: false, study_bytes: STUDY_BYTES };
    let start = Instant::now();
    let Ending { problems, untold, .. } = match keep {
        Some(folder) => {
            std::fs::create_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            story::tell(path, folder, manner)?
        }
        None => {
            let folder = tempfile::Builder::new().prefix("clinic-").tempdir()?;
            let ending = story::tell(path, folder.path(), manner);
            // Whether it went well or not, nothing is left behind.
            folder.close()?;
            ending?
        }
    };
    println!("   {}", style.faint(&format!("All of it in {}.", time(start.elapsed()))));
    if problems > 0 {
        println!("   {}", style.alarm(&format!("{} not read: see above", counted(problems, "file"))));
    }
    Ok(problems == 0 && untold == 0)
}

fn ended(result: Outcome<bool>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
