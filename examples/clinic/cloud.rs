//! The cloud: a process that is given its folder and nothing else. In the folder are the public realm, and what others send.
//!
//! ```text
//! clinic --as cloud FOLDER AHEAD
//! ```
//!
//! Only the way of the authority leads to `Take`, and only the operator's to `Check` and `Seal`; here they are one pipe.

use std::cell::RefCell;
use std::error::Error;
use std::io;
use std::path::Path;

use hippocrypt::ledger::Scribe;
use hippocrypt::phr::{Cloud, Limits, Realm};
use hippocrypt::store::{FolderBlobs, RedbStore};
use hippocrypt::{
    ProxyName, PublicParameters, SealError, SealKeeper, SealKeyId, SealRequest, SealStep, os_rng,
};

use crate::clock::Clock;
use crate::folder;
use crate::wire::{Caller, Link, Message, Verb, serve};

pub const ROLE: &str = "cloud";
/// What the authority calls it.
pub const NAME: &str = "st-marys-cloud";
pub const REALM: &str = "realm.hpcr";
pub const STORE: &str = "store.redb";
/// What the ledger is signed with: the one secret of a cloud, and no key to anything.
pub const LEDGER_KEY: &str = "ledger.hpcr";

/// The process.
pub fn run(folder: &Path, mut clock: Clock) -> Result<(), Box<dyn Error>> {
    let realm = Realm::from_bytes(&std::fs::read(folder.join(REALM))?)?;
    let store = open(&folder.join(STORE))?;
    let blobs = FolderBlobs::open(folder.join("chunks"))?;
    let (name, limits) = (ProxyName::new(NAME)?, Limits::default());
    let cloud = Cloud::open(realm, name, store, blobs, scribe(folder, NAME)?, limits, clock.now())?;

    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    serve(&mut input, &mut output, |message, caller| {
        let now = clock.now();
        Ok(match message.verb {
            Verb::Take => cloud.take(message.part(0)?, now, &mut os_rng()).map(|()| vec![])?,
            Verb::Upload => vec![cloud.upload(message.part(0)?, now, &mut os_rng())?],
            Verb::Ask => vec![cloud.answer(message.part(0)?, now)?],
            Verb::Index => {
                let _ = cloud.index(message.part(0)?, now, &mut os_rng())?;
                vec![]
            }
            Verb::Statement => cloud.statement()?.into_iter().collect(),
            Verb::Updates => cloud.updates(0)?,
            Verb::Keys => {
                let held = cloud.keys_held()?.into_iter();
                held.flat_map(|(id, epoch)| [id.as_bytes().to_vec(), epoch.number().to_be_bytes().to_vec()])
                    .collect()
            }
            Verb::Audit => {
                let entries = cloud.with_ledger(|book| book.entries(0, usize::MAX, true))?;
                entries.iter().filter_map(|entry| entry.body().map(<[u8]>::to_vec)).collect()
            }
            Verb::LedgerKey => vec![cloud.ledger_key()?.to_string().into_bytes()],
            Verb::Check => {
                let findings = cloud.fsck(|_| ())?;
                let stats = findings.stats;
                let counts = [stats.compartments, stats.records, stats.chunks, stats.transactions];
                let counts = counts.map(|count| count.to_be_bytes().to_vec());
                counts.into_iter().chain(findings.problems.into_iter().map(String::into_bytes)).collect()
            }
            Verb::Seal => {
                let id = SealKeyId::from_bytes(message.part(0)?.try_into()?);
                let done = cloud.seal(&Keeper { id, way: RefCell::new(caller) }, now, |_| ())?;
                [done.seen, done.sealed].map(|count| count.to_be_bytes().to_vec()).into()
            }
            Verb::Skip => {
                clock.skip(u64::from_be_bytes(message.part(0)?.try_into()?));
                vec![]
            }
            Verb::Share | Verb::Step | Verb::Done | Verb::Refused => {
                return Err("the cloud does not do that".into());
            }
        })
    })?;
    Ok(())
}

/// Who writes the ledger in this folder: with the key that is there, or, at the first time, a new one.
pub fn scribe(folder: &Path, name: &str) -> Result<Scribe, Box<dyn Error>> {
    let file = folder.join(LEDGER_KEY);
    if file.exists() {
        return Ok(Scribe::from_bytes(&std::fs::read(file)?, &mut os_rng())?);
    }
    let scribe = Scribe::generate(&format!("{name}.example/ledger"), &mut os_rng())?;
    folder::write(&file, scribe.to_bytes().expose_secret())?;
    Ok(scribe)
}

/// A store, which is made if it is not there.
pub fn open(file: &Path) -> Result<RedbStore, Box<dyn Error>> {
    Ok(if file.exists() { RedbStore::open(file)? } else { RedbStore::create(file)? })
}

/// The way to the process that has the seal key.
struct Keeper<'a, 'c> {
    id: SealKeyId,
    way: RefCell<&'a mut Caller<'c>>,
}

impl SealKeeper for Keeper<'_, '_> {
    type Error = SealError;

    fn id(&self) -> SealKeyId {
        self.id
    }

    fn step(&self, _: &PublicParameters, request: SealRequest) -> Result<SealStep, SealError> {
        let answer = self.way.borrow_mut().call(&Message::new(Verb::Step, [request.to_bytes()]));
        let step = answer.ok().and_then(|parts| SealStep::from_bytes(parts.first()?).ok());
        step.ok_or(SealError::Step)
    }
}
