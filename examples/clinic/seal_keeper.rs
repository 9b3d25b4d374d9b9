//! The keeper of the seal key: a process and a folder of its own, beside the cloud's. Who steals the store has not stolen the
//! key, and who copies the cloud's memory does not find it there.
//!
//! ```text
//! clinic --as seal-keeper FOLDER AHEAD
//! ```
//!
//! It answers its own cloud alone, while the cloud seals: whoever may ask about headers of his choice could unseal them.

use std::error::Error;
use std::io;
use std::path::Path;

use hippocrypt::phr::Realm;
use hippocrypt::{SealKeeper, SealKey, SealRequest, os_rng};

use crate::clock::Clock;
use crate::cloud::REALM;
use crate::folder;
use crate::wire::{Verb, serve};

pub const ROLE: &str = "seal-keeper";
pub const KEY: &str = "seal.hpcr";

/// The folder of a new keeper, with a fresh key.
pub fn prepare(folder: &Path, realm: &Realm) -> io::Result<()> {
    folder::write(&folder.join(REALM), &realm.to_bytes())?;
    folder::write(&folder.join(KEY), SealKey::generate(&mut os_rng()).to_bytes().expose_secret())
}

/// The process.
pub fn run(folder: &Path, _: Clock) -> Result<(), Box<dyn Error>> {
    let realm = Realm::from_bytes(&std::fs::read(folder.join(REALM))?)?;
    let key = SealKey::from_bytes(&std::fs::read(folder.join(KEY))?)?;
    serve(&mut io::stdin().lock(), &mut io::stdout().lock(), |message, _| {
        match (message.verb, message.parts.as_slice()) {
            (Verb::Step, []) => Ok(vec![key.id().as_bytes().to_vec()]),
            (Verb::Step, [request]) => {
                let step = key.step(realm.parameters(), SealRequest::from_bytes(request)?)?;
                Ok(vec![step.to_bytes().expose_secret().to_vec()])
            }
            _ => Err("the keeper of the seal key makes seals, and nothing else".into()),
        }
    })?;
    Ok(())
}
