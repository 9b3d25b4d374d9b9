//! The gate of the search indexes: a process and a folder of its own, beside the cloud's. It has a share of each index, and raises
//! blinded points with it for readers whose keys are live. It never sees a word, a record or a segment.
//!
//! ```text
//! clinic --as gate FOLDER AHEAD
//! ```
//!
//! Whose keys are live it knows as the cloud does: it takes the same orders of the authority. Shares are taken from patients, and are
//! secret on the way and in its store; nobody else needs a copy of that but its backup.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use hippocrypt::phr::{Cloud, Limits, Realm};
use hippocrypt::search::{Gate, GateLimits};
use hippocrypt::store::MemoryBlobs;
use hippocrypt::{ProxyName, os_rng};

use crate::clock::Clock;
use crate::cloud::{REALM, STORE, open, scribe};
use crate::wire::{Verb, serve};

pub const ROLE: &str = "gate";
/// What the authority and the readers call it.
pub const NAME: &str = "st-marys-gate";
pub const SHARES: &str = "shares.redb";

/// The process.
pub fn run(folder: &Path, mut clock: Clock) -> Result<(), Box<dyn Error>> {
    let realm = Realm::from_bytes(&std::fs::read(folder.join(REALM))?)?;
    // Keys, orders and the log of those who searched; no record ever comes here.
    let (name, store, blobs) = (ProxyName::new(NAME)?, open(&folder.join(STORE))?, MemoryBlobs::new());
    let keys = Cloud::open(realm, name, store, blobs, scribe(folder, NAME)?, Limits::default(), clock.now())?;
    let gate = Mutex::new(Gate::open(NAME, open(&folder.join(SHARES))?, GateLimits::default()));

    serve(&mut io::stdin().lock(), &mut io::stdout().lock(), |message, _| {
        let now = clock.now();
        Ok(match message.verb {
            Verb::Take => keys.take(message.part(0)?, now, &mut os_rng()).map(|()| vec![])?,
            Verb::Share => {
                let mut gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
                gate.install(message.part(0)?).map(|()| vec![])?
            }
            Verb::LedgerKey => vec![keys.ledger_key()?.to_string().into_bytes()],
            Verb::Ask => vec![keys.gate(&gate, message.part(0)?, now)?],
            Verb::Skip => {
                clock.skip(u64::from_be_bytes(message.part(0)?.try_into()?));
                vec![]
            }
            _ => return Err("the gate answers readers of search indexes, and nothing else".into()),
        })
    })?;
    Ok(())
}
