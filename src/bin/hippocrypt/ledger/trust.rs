//! Whom a verifier believes: the keys of the log, and of witnesses.

use hippocrypt::ledger::{Finality, LogKeys, NoteKey, Quorum, Verifier};

use crate::args::ledger::Witnesses;
use crate::console::Console;
use crate::failure::Failure;
use crate::input;

/// The keys of a log: one line with its key, or a line for each key that it had.
pub fn keys(text: &str) -> Result<LogKeys, Failure> {
    match text.trim() {
        one if one.lines().count() <= 1 && !one.starts_with("0 0 ") => {
            Ok(LogKeys::new(NoteKey::parse(one)?)?)
        }
        _ => Ok(LogKeys::parse(text)?),
    }
}

/// The keys of a log that an argument names.
pub fn keys_in(console: &Console, argument: &str) -> Result<LogKeys, Failure> {
    let text = input::text(console, "key of the log", argument)?;
    keys(&text).map_err(|failure| match argument.strip_prefix('@') {
        Some(file) => failure.in_file_if_unnamed(file),
        None => failure,
    })
}

/// A verifier who believes these, and asks for the signatures of as many witnesses.
pub fn verifier(console: &Console, keys: LogKeys, args: &Witnesses) -> Result<Verifier, Failure> {
    if args.keys.is_empty() {
        return Ok(Verifier::new(keys, Finality::Local));
    }
    let witness = |argument: &String| {
        let text = input::text(console, "key of a witness", argument)?;
        Ok(NoteKey::parse(text.trim())?)
    };
    let witnesses = args.keys.iter().map(witness).collect::<Result<Vec<_>, Failure>>()?;
    let need = args.need.unwrap_or((witnesses.len() + args.liars) / 2 + 1);
    let quorum = Quorum::new(witnesses, need, args.liars)?;
    Ok(Verifier::new(keys, Finality::Witnessed(quorum)))
}

/// What a checkpoint is worth that this verifier has accepted, for people.
pub fn finality(verifier: &Verifier) -> String {
    match verifier.finality() {
        Finality::Local => format!(
            "local: signed by {} alone, which binds it towards those who keep its checkpoints, and proves nothing to others",
            verifier.log()
        ),
        Finality::Witnessed(quorum) => format!(
            "witnessed: {} of {} witnesses have signed that it continues what they saw before",
            quorum.needed(),
            quorum.witnesses().len()
        ),
        _ => "of a kind that is not known here".to_owned(),
    }
}
