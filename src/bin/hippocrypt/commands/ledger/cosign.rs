//! `ledger cosign`: a witness over one folder: its key, and what it has cosigned of each log.

use std::path::Path;

use hippocrypt::ledger::{
    Checkpoint, ConsistencyProof, KeyType, NoteSigner, Witness, WitnessRequest, WitnessState,
};
use hippocrypt::rand_core::Rng;
use hippocrypt::{Secret, os_rng};

use super::checkpoint::write_text;
use super::load;
use crate::args::ledger::Cosign;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::{Source, is_dash, warn_if_exposed};
use crate::ledger::trust;
use crate::output::{Access, Output};
use crate::report::{Report, hex};
use crate::store::{damaged, get, lock, make_folder, put, put_new};

const KEY: &str = "witness.key";
const VKEY: &str = "witness.vkey";
const STATE: &str = "witness.state";

pub fn run(console: &Console, args: &Cosign) -> Result<Report, Failure> {
    if !is_dash(&args.out) {
        Output::create(console, &args.out, Access::Everybody, args.overwrite.force)?;
    }
    let keys = trust::keys_in(console, &args.key)?;
    let mut source = Source::open(console, &args.checkpoint)?;
    let bytes = source.read_whole()?;
    let checkpoint = Checkpoint::parse(bytes.expose_secret())
        .map_err(|error| Failure::from(error).in_file(&source.name))?;
    let proof = args.consistency.as_deref().map(|path| load(console, path, ConsistencyProof::from_bytes));
    let proof = proof.transpose()?;

    let folder = args.folder.as_path();
    if let Some(name) = args.name.as_deref().filter(|_| !folder.join(STATE).exists()) {
        make(folder, name)?;
    }
    let missing = |file: &str| {
        let message = format!("{} is not there: this is no witness", folder.join(file).display());
        Failure::new(Code::InputOutput, message).hint("--name NAME makes one, where none was before")
    };
    let state = get(&folder.join(STATE))?.ok_or_else(|| missing(STATE))?;
    let _lock = lock::wait(&folder.join(".lock"))?;
    let state = WitnessState::from_bytes(state.expose_secret())
        .map_err(|_| damaged(&folder.join(STATE), "this is not what a witness has cosigned"))?;
    let signer = signer(console, folder)?.ok_or_else(|| missing(KEY))?;

    let head = checkpoint.head().clone();
    let last = state.last(&head.origin);
    // The same checkpoint once more needs no proof.
    let (old, path) = match proof {
        Some(proof) => (proof.old, proof.path),
        None => (last.map_or(0, |(size, _)| if size == head.size { size } else { 0 }), Vec::new()),
    };
    let request = WitnessRequest { old, path, checkpoint: checkpoint.clone() };
    let cosigning = Witness::new([keys]).check(&state, &request)?;
    // Before it signs: a witness that has forgotten what it signed signs another past.
    put(&folder.join(STATE), &cosigning.state().to_bytes())?;
    let (_, line) = cosigning.sign(&signer, console.now())?;
    let cosigned = checkpoint.with_signatures(&line)?;
    write_text(console, &args.out, &cosigned.to_text(), args.overwrite.force)?;

    let mut report = Report::new("ledger cosign");
    report.row("witness", signer.public().name());
    report.row("key", signer.public().to_string());
    report.row("log", head.origin.as_str());
    report.row("size", head.size);
    report.row_as(
        "size before",
        last.map(|(size, _)| size),
        last.map_or("none".into(), |(size, _)| size.to_string()),
    );
    report.row("root", hex(&head.root));
    report.moment("time", console.now(), console.now());
    report.file("out", &args.out, "give it back to the log");
    Ok(report)
}

/// A new witness, who has cosigned nothing. The state comes last: with it the witness is there.
fn make(folder: &Path, name: &str) -> Result<(), Failure> {
    let mut seed = [0; 32];
    os_rng().fill_bytes(&mut seed);
    let seed = Secret::new(seed);
    let signer = NoteSigner::new(name, KeyType::Cosignature, &seed)?;
    make_folder(folder)?;
    let text = Secret::new([format!("{name}\n").as_bytes(), seed.expose_secret()].concat());
    if !put_new(&folder.join(KEY), text.expose_secret())? {
        return Err(damaged(&folder.join(STATE), "the witness has a key, and has lost what it has cosigned")
            .hint("bring the newest copy of it back, or begin a witness with another key elsewhere"));
    }
    put(&folder.join(VKEY), format!("{}\n", signer.public()).as_bytes())?;
    put(&folder.join(STATE), &WitnessState::default().to_bytes())
}

/// The key of the witness: a line with its name, and 32 bytes.
fn signer(console: &Console, folder: &Path) -> Result<Option<NoteSigner>, Failure> {
    let path = folder.join(KEY);
    warn_if_exposed(console, &path);
    let Some(bytes) = get(&path)? else { return Ok(None) };
    let parsed = || {
        let (name, seed) = bytes.expose_secret().split_last_chunk::<32>()?;
        let name = std::str::from_utf8(name).ok()?.strip_suffix('\n')?;
        NoteSigner::new(name, KeyType::Cosignature, &Secret::new(*seed)).ok()
    };
    parsed().map(Some).ok_or_else(|| damaged(&path, "this is no key of a witness"))
}
