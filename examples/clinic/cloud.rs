//! The cloud: a store and a proxy in one process. It is given the public parameters, the readers' transform
//! keys, tokens, updates, a lease, and ciphertext; nothing in this file names a type that is secret.
//!
//! All of it comes through one pipe here. What the authority sends proves itself, except that transform keys and
//! grants are confidential: give them a channel of their own. Requests prove themselves by their signature.
//!
//! ```text
//! clinic cloud FOLDER AHEAD     # AHEAD: seconds that the story has skipped
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use hippocrypt::{
    Applied, AuthorityUpdate, EpochStatement, Epochs, Grant, Header, KeyId, Lease, Proxy, ProxyKey,
    ProxyName, PublicParameters, RevocationState, StoredHeader, TokenBatch, TransformKey, TransformRequest,
    os_rng,
};

use crate::clock::Clock;
use crate::folder;
use crate::store::FolderStore;
use crate::wire::{Message, Verb, serve};

/// What the authority calls this proxy.
pub const NAME: &str = "cloud";

pub struct Cloud {
    folder: PathBuf,
    clock: Clock,
    parameters: PublicParameters,
    proxy: Proxy,
    epochs: Epochs,
    keys: BTreeMap<KeyId, ProxyKey>,
    store: FolderStore,
}

type Answer = Result<Vec<Vec<u8>>, Box<dyn Error>>;

/// The process: answers on standard output what it is asked on standard input, until that ends.
pub fn run(folder: &Path, clock: Clock) -> Result<(), Box<dyn Error>> {
    let mut cloud = Cloud::open(folder, clock)?;
    Ok(serve(&mut io::stdin().lock(), &mut io::stdout().lock(), |message| cloud.answer(message))?)
}

impl Cloud {
    /// Comes up from its folder: after the first start, after a restart, after a crash.
    pub fn open(folder: &Path, clock: Clock) -> Result<Self, Box<dyn Error>> {
        let parameters = PublicParameters::from_bytes(&must_read(&folder.join("public.hpcr"))?)?;
        let name = ProxyName::new(NAME)?;
        let log = folder::list(&folder.join("log"))?;
        // The log is all that is kept of the state: the two cannot contradict each other.
        let mut proxy = if log.is_empty() {
            Proxy::new(&parameters, name)?
        } else {
            let mut state = RevocationState::new(&parameters)?;
            for path in log {
                let _ = state.apply(&AuthorityUpdate::from_bytes(&must_read(&path)?)?, &parameters)?;
            }
            Proxy::resume(&parameters, name, state, clock.now())?
        };
        if let Some(lease) = folder::read(&folder.join("lease.hpcr"))? {
            // If it is over by now, nobody is served before another one comes.
            let _ = proxy.renew(Lease::from_bytes(&lease)?, clock.now());
        }
        let epochs = match folder::read(&folder.join("epoch.hpcr"))? {
            Some(newest) => Epochs::resume(&parameters, &EpochStatement::from_bytes(&newest)?)?,
            None => Epochs::new(&parameters)?,
        };
        let mut keys = BTreeMap::new();
        for path in folder::list(&folder.join("keys"))? {
            let key = ProxyKey::from_bytes(&must_read(&path)?)?;
            keys.insert(*key.id(), key);
        }
        let store = FolderStore::open(&folder.join("store"));
        let mut cloud = Self { folder: folder.to_owned(), clock, parameters, proxy, epochs, keys, store };
        cloud.delete_what_is_revoked()?;
        Ok(cloud)
    }

    pub fn answer(&mut self, message: &Message) -> Answer {
        match message.verb {
            Verb::Update => self.update(&AuthorityUpdate::from_bytes(message.part(0)?)?),
            Verb::Lease => self.renew(Lease::from_bytes(message.part(0)?)?),
            Verb::Statement => self.observe(&EpochStatement::from_bytes(message.part(0)?)?),
            Verb::Key => self.accept(TransformKey::from_bytes(message.part(0)?)?),
            Verb::Grant => self.grant(&Grant::from_bytes(message.part(0)?)?),
            Verb::Tokens => self.refresh(TokenBatch::from_bytes(message.part(0)?)?),
            Verb::Upload => self.upload(
                Header::from_bytes(message.part(0)?)?,
                message.part(1)?,
                message.parts.get(2..).unwrap_or_default(),
            ),
            Verb::List => self.list(),
            Verb::Ask => self.ask(&TransformRequest::from_bytes(message.part(0)?)?),
            Verb::Log => self.log(),
            Verb::Keys => Ok(self.keys.values().flat_map(key_and_epoch).collect()),
            Verb::Skip => {
                self.clock.skip(u64::from_be_bytes(message.part(0)?.try_into()?));
                Ok(Vec::new())
            }
            Verb::Seal | Verb::Done | Verb::Refused => Err("the cloud does no such thing".into()),
        }
    }

    /// Applies an update. It is in the log before it is answered, and what it revokes is deleted.
    fn update(&mut self, update: &AuthorityUpdate) -> Answer {
        let path = self.folder.join("log").join(format!("{:012}.hpcr", update.number()));
        let applied = self.proxy.apply(update)?;
        folder::write(&path, &update.to_bytes())?;
        if !matches!(applied, Applied::Epoch(_)) {
            self.delete_what_is_revoked()?;
        }
        Ok(Vec::new())
    }

    /// Deletes every key and component that is revoked: after an update, and after a crash in the middle.
    fn delete_what_is_revoked(&mut self) -> io::Result<()> {
        let state = self.proxy.state();
        let mut gone = Vec::new();
        for (id, key) in &mut self.keys {
            let revoked = state.check(id, key.user(), key.issued_at_update()).is_err();
            match state.withdrawn(id) {
                _ if revoked => gone.push(*id),
                Some(withdrawn) if withdrawn.meets(key.attributes()) => {
                    if key.withdraw(withdrawn) {
                        folder::write(&key_path(&self.folder, id), &key.to_bytes())?;
                    } else {
                        gone.push(*id);
                    }
                }
                _ => {}
            }
        }
        for id in gone {
            folder::delete(&key_path(&self.folder, &id))?;
            self.keys.remove(&id);
        }
        Ok(())
    }

    fn renew(&mut self, lease: Lease) -> Answer {
        let bytes = lease.to_bytes();
        self.proxy.renew(lease, self.clock.now())?;
        folder::write(&self.folder.join("lease.hpcr"), &bytes)?;
        Ok(Vec::new())
    }

    /// The cloud believes the authority about the epoch, as everybody does: it refuses uploads of another.
    fn observe(&mut self, statement: &EpochStatement) -> Answer {
        self.epochs.observe(&self.parameters, statement, self.clock.now())?;
        folder::write(&self.folder.join("epoch.hpcr"), &statement.to_bytes())?;
        Ok(Vec::new())
    }

    fn accept(&mut self, key: TransformKey) -> Answer {
        self.keep(self.proxy.accept(key, &mut os_rng())?)
    }

    fn grant(&mut self, grant: &Grant) -> Answer {
        let key = self.keys.get_mut(grant.key_id()).ok_or("the cloud does not hold this key")?;
        self.proxy.grant(grant, key, &mut os_rng())?;
        folder::write(&key_path(&self.folder, key.id()), &key.to_bytes())?;
        Ok(Vec::new())
    }

    fn refresh(&mut self, batch: TokenBatch) -> Answer {
        let verified = batch.verify(&self.parameters, |id| self.keys.get(id), &mut os_rng())?;
        for id in verified.keys() {
            let Some(key) = self.keys.get_mut(id) else { continue };
            verified.refresh(key)?;
            folder::write(&key_path(&self.folder, id), &key.to_bytes())?;
        }
        Ok(Vec::new())
    }

    fn keep(&mut self, key: ProxyKey) -> Answer {
        folder::write(&key_path(&self.folder, key.id()), &key.to_bytes())?;
        self.keys.insert(*key.id(), key);
        Ok(Vec::new())
    }

    /// Stores a compartment, if its header is a good one of the current epoch: checked without any key.
    fn upload(&mut self, header: Header, place: &[u8], records: &[Vec<u8>]) -> Answer {
        let current = self.epochs.current(self.clock.now())?;
        let accepted = StoredHeader::accept_at(current, header, &self.parameters, &mut os_rng())?;
        self.store.add(&accepted, place, records)?;
        Ok(Vec::new())
    }

    fn list(&self) -> Answer {
        let mut parts = Vec::new();
        for core_id in self.store.core_ids()? {
            let Some(compartment) = self.store.compartment(&core_id)? else { continue };
            let records = u32::try_from(compartment.records.len())?;
            parts.extend([core_id.to_vec(), compartment.place, records.to_be_bytes().to_vec()]);
        }
        Ok(parts)
    }

    /// Transforms for a reader who has signed for it, and sends the records along.
    fn ask(&mut self, request: &TransformRequest) -> Answer {
        let compartment = self.store.compartment(request.core_id())?.ok_or("there is no such record")?;
        let header = self.store.header_of(&compartment)?.ok_or("there is no such record")?;
        let keys = self.keys.values().filter(|key| key.user() == request.user());
        let transformed = self.proxy.serve(request, keys, &header, self.clock.now())?;
        let mut parts = vec![transformed.to_bytes()];
        parts.extend(compartment.records);
        Ok(parts)
    }

    fn log(&self) -> Answer {
        Ok(folder::list(&self.folder.join("log"))?
            .iter()
            .map(|path| must_read(path))
            .collect::<io::Result<_>>()?)
    }
}

fn key_and_epoch(key: &ProxyKey) -> [Vec<u8>; 2] {
    let until = key.tokens_until().map_or(0, |epoch| epoch.number());
    [key.id().as_bytes().to_vec(), until.to_be_bytes().to_vec()]
}

fn key_path(folder: &Path, id: &KeyId) -> PathBuf {
    folder.join("keys").join(format!("{}.hpcr", folder::hex(id.as_bytes())))
}

fn must_read(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
