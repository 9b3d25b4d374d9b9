//! The keeper of the seal key: a process and a folder of its own, beside the cloud's store. Who steals the
//! store has not stolen the key, and who breaks into the cloud's process does not find it there.
//!
//! ```text
//! clinic seal-keeper FOLDER STORE AHEAD
//! ```
//!
//! It goes through the store by itself and takes no serial from anybody: whoever may ask about serials of
//! his choice could unseal.

use std::error::Error;
use std::io;
use std::path::Path;

use hippocrypt::{EpochStatement, Epochs, PublicParameters, SealKey, SealProgress, os_rng, seal_all};

use crate::clock::Clock;
use crate::folder;
use crate::store::FolderStore;
use crate::wire::{Message, Verb, serve};

const KEY: &str = "seal.hpcr";

struct SealKeeperProcess {
    clock: Clock,
    parameters: PublicParameters,
    key: SealKey,
    store: FolderStore,
}

/// The folder of a new keeper, with a fresh key.
pub fn prepare(folder: &Path, parameters: &PublicParameters) -> io::Result<()> {
    folder::write(&folder.join("public.hpcr"), &parameters.to_bytes())?;
    folder::write(&folder.join(KEY), SealKey::generate(&mut os_rng()).to_bytes().expose_secret())
}

/// The process.
pub fn run(folder: &Path, store: &Path, clock: Clock) -> Result<(), Box<dyn Error>> {
    let parameters = PublicParameters::from_bytes(&std::fs::read(folder.join("public.hpcr"))?)?;
    let key = SealKey::from_bytes(&std::fs::read(folder.join(KEY))?)?;
    let mut keeper = SealKeeperProcess { clock, parameters, key, store: FolderStore::open(store) };
    Ok(serve(&mut io::stdin().lock(), &mut io::stdout().lock(), |message| keeper.answer(message))?)
}

impl SealKeeperProcess {
    /// Seals the whole store in the epoch that a statement names; how many headers were seen, and sealed.
    fn answer(&mut self, message: &Message) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
        if message.verb != Verb::Seal {
            return Err("the keeper of the seal key seals, and nothing else".into());
        }
        let statement = EpochStatement::from_bytes(message.part(0)?)?;
        let mut epochs = Epochs::new(&self.parameters)?;
        let epoch = epochs.observe(&self.parameters, &statement, self.clock.now())?;
        let SealProgress { seen, sealed } =
            seal_all(&mut self.store, &self.parameters, epoch, &self.key, |_| ())?;
        Ok([seen, sealed].map(|count| count.to_be_bytes().to_vec()).to_vec())
    }
}
