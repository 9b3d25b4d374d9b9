//! A clinic puts its FHIR records on a cloud that it does not trust, and takes rights back.
//!
//! ```text
//! cargo run --release --example clinic             # a small bundle that comes with the library
//! cargo run --release --example clinic -- PATH     # your own: a file, or a folder of them
//! ```
//!
//! The cloud is a process of its own, the keeper of the seal key another; phones, lab and key office have
//! folders, and send one another bytes. Every line of the story is an attempt that is made while it is told;
//! the program fails if one has another outcome than the story says.
//!
//! | file | role |
//! |---|---|
//! | `authority.rs`, `registry.rs` | the key office: enrols, issues, refreshes, revokes, comes back from a backup |
//! | `cloud.rs`, `store.rs` | the cloud: serves requests; keeps ciphertext |
//! | `phone.rs` | a reader: 32 secret bytes; asks, finishes, finds out lies |
//! | `lab.rs` | a writer: encrypts in the current epoch, signs |
//! | `seal_keeper.rs` | has the seal key, and nothing else |
//! | `wire.rs`, `process.rs` | messages, and the processes that answer them |
//! | `folder.rs`, `clock.rs` | files that appear whole; time |
//! | `fhir.rs`, `category.rs`, `policies.rs` | reads FHIR; which kind of record; who may read it |
//! | `clinic.rs` | all of them together |
//! | `story.rs`, `story/`, `liar.rs`, `told.rs`, `table.rs` | what happens; a cloud that lies; telling it |

mod authority;
mod category;
mod clinic;
mod clock;
mod cloud;
mod fhir;
mod folder;
mod lab;
mod liar;
mod phone;
mod policies;
mod process;
mod registry;
mod seal_keeper;
mod store;
mod story;
mod table;
#[cfg(test)]
mod tests;
mod told;
mod wire;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use story::Manner;
use table::{Style, counted};

const DEFAULT_BUNDLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/clinic-bundle.json");
const USAGE: &str = "usage: cargo run --release --example clinic [-- PATH]

PATH is a FHIR file (a bundle, one resource, or NDJSON) or a folder of such files.
Without it, a small bundle of invented people is used.";

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let words: Vec<String> = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(result) = process::role(&words) {
        return ended(result.map(|()| true));
    }
    let path = match arguments.as_slice() {
        [] => Path::new(DEFAULT_BUNDLE),
        [path] if !words[0].starts_with('-') => path,
        _ => {
            eprintln!("{USAGE}");
            let asked = words.iter().any(|word| word == "--help" || word == "-h");
            return if asked { ExitCode::SUCCESS } else { ExitCode::from(2) };
        }
    };
    let style = Style::of_stdout();
    let manner = Manner { style, contrary: false, kill_the_cloud: false };
    let ending = story::tell(path, &std::env::temp_dir(), manner);
    ended(ending.map(|ending| {
        if ending.problems > 0 {
            let problems = counted(ending.problems, "problem");
            println!("\n{}", style.alarm(&format!("{problems} in the input; see \"not read\" above")));
        }
        ending.problems == 0 && ending.untold == 0
    }))
}

fn ended(result: Result<bool, Box<dyn std::error::Error>>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
