//! The epoch of a realm, as whoever encrypts knows it: the newest statement that was ever seen.

use std::path::Path;

use hippocrypt::{Encryptor, EpochStatement, Epochs, Kind, PublicParameters};

use crate::args::Time;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::{self, is_dash};
use crate::output::{Access, write_all};
use crate::store;

/// The newest statement seen, beside the public parameters.
const KEPT: &str = "epoch.hpcr";

/// What is known of the epoch, with the statement of `time` observed and kept; `None` in a realm without epochs.
pub fn known(
    console: &Console,
    parameters: &PublicParameters,
    time: &Time,
    public: &Path,
) -> Result<Option<Epochs>, Failure> {
    if parameters.epochs().is_none() {
        return match (&time.epoch, time.stale, time.embargo) {
            (None, false, None) => Ok(None),
            _ => Err(Failure::new(
                Code::Usage,
                "the realm has no epochs: encrypt without --epoch and its like",
            )),
        };
    }
    let kept = public.with_file_name(KEPT);
    let keeps = !is_dash(public);
    let before = if keeps { store::object(&kept, EpochStatement::from_bytes)? } else { None };
    let in_file = |path: &Path| {
        let name = path.display().to_string();
        move |error| Failure::from(error).in_file(&name)
    };
    let mut epochs = match &before {
        Some(statement) => Epochs::resume(parameters, statement).map_err(in_file(&kept))?,
        None => Epochs::new(parameters)?,
    };
    if let Some(path) = &time.epoch {
        let statement = input::load(console, path, Kind::EpochStatement, EpochStatement::from_bytes)?;
        match epochs.observe(parameters, &statement, console.now()) {
            Ok(_) => {}
            // What has expired may still be the newest there is.
            Err(_) if time.stale => {
                let newer = before.is_none_or(|before| statement.number() > before.number());
                if newer {
                    epochs = Epochs::resume(parameters, &statement).map_err(in_file(path))?;
                }
            }
            Err(error) => return Err(in_file(path)(error)),
        }
    }
    let newest = epochs.newest().filter(|newest| keeps && before.as_ref() != Some(*newest));
    if let Some(Err(failure)) = newest.map(|newest| keep(console, &kept, newest)) {
        console.warn(&format!(
            "the epoch is not remembered, so that an older one could be shown later: {failure}"
        ));
    }
    Ok(Some(epochs))
}

/// It is as public as the parameters.
fn keep(console: &Console, path: &Path, newest: &EpochStatement) -> Result<(), Failure> {
    write_all(console, &[(path, &newest.to_bytes(), Access::Everybody)], true)
}

/// Encrypts in that epoch, or under the embargo of `time`.
pub fn encryptor<'a>(
    console: &Console,
    parameters: &'a PublicParameters,
    epochs: &'a Epochs,
    time: &Time,
) -> Result<Encryptor<'a>, Failure> {
    let current = match epochs.current(console.now()) {
        Err(_) if time.stale => {
            let current = epochs.stale()?;
            console.warn(&format!(
                "the statement of epoch {} is not valid now: whoever was revoked since then may read this with the \
                 help of a dishonest proxy",
                current.epoch()
            ));
            current
        }
        current => current?,
    };
    let encryptor = parameters.at(current)?;
    Ok(match time.embargo {
        Some(until) => encryptor.embargo(until)?,
        None => encryptor,
    })
}
