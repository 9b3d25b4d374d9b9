//! A proxy and its store, in their folder: `public.hpcr`, `name`, `state`, `lease`, `updates`, `keys`, `users`, `requests`,
//! `headers`, `cores`, `records`.

pub mod add;
pub mod inspect;
pub mod seal;
pub mod setup;
pub mod take;
pub mod transform;

use std::path::{Path, PathBuf};

use hippocrypt::{
    Applied, AuthorityUpdate, DutyError, KeyId, Lease, LeaseError, Proxy, ProxyKey, ProxyName,
    PublicParameters, RevocationState, UpdateError, UserId,
};

use crate::args;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input;
use crate::report::Report;
use crate::store::keys::KeyFiles;
use crate::store::lock::{self, Lock};
use crate::store::log::UpdateLog;
use crate::store::requests::RequestLog;
use crate::store::{self, damaged};

const PUBLIC: &str = "public.hpcr";
const NAME: &str = "name";
const STATE: &str = "state.hpcr";
const LEASE: &str = "lease.hpcr";

pub fn run(console: &Console, args: &args::proxy::Proxy) -> Result<Report, Failure> {
    match args {
        args::proxy::Proxy::Init(args) => setup::init(console, args),
        args::proxy::Proxy::Take(args) => take::run(console, args),
        args::proxy::Proxy::Add(args) => add::run(console, args),
        args::proxy::Proxy::Inspect(args) => inspect::run(console, args),
        args::proxy::Proxy::SealKey(args) => setup::seal_key(console, args),
    }
}

/// A proxy with all it knows, the only run in its folder.
pub struct Opened {
    pub proxy: Proxy,
    pub keys: KeyFiles,
    pub requests: RequestLog,
    pub log: UpdateLog,
    folder: PathBuf,
    /// Why the lease in the folder counts no more.
    lapsed: Option<LeaseError>,
    _lock: Lock,
}

/// Opens the folder, and finishes what an interrupted run has begun.
pub fn open(console: &Console, folder: &Path) -> Result<Opened, Failure> {
    let (parameters, name) = identity(console, folder)?;
    let lock = lock::wait(&folder.join(".lock"))?;
    let now = console.now();
    let state = match store::object(&folder.join(STATE), RevocationState::from_bytes)? {
        Some(state) => state,
        None => RevocationState::new(&parameters)?,
    };
    let log = UpdateLog::of(folder);
    check_log(&log, &state, folder)?;
    let requests = RequestLog::new(folder.join("requests"));
    let proxy = Proxy::resume(&parameters, name, state, now)?.with_requests(requests.memory()?);
    let keys = KeyFiles::of(folder);
    let folder = folder.to_owned();
    let mut opened = Opened { proxy, keys, requests, log, folder, lapsed: None, _lock: lock };
    let known = opened.proxy.state().number();
    while let Some(update) = opened.log.get(opened.proxy.state().number().saturating_add(1))? {
        opened.obey(&update)?;
    }
    if opened.proxy.state().number() > known {
        opened.keys.sweep()?;
    }
    if let Some(lease) = store::object(&opened.folder.join(LEASE), Lease::from_bytes)? {
        opened.lapsed = opened.proxy.renew(lease, now).err();
    }
    Ok(opened)
}

fn identity(console: &Console, folder: &Path) -> Result<(PublicParameters, ProxyName), Failure> {
    let Some(name) = store::get(&folder.join(NAME))? else {
        let message = format!("{} is no folder of a proxy", folder.display());
        return Err(Failure::new(Code::InputOutput, message).hint("`hippocrypt proxy init` makes one"));
    };
    let name = std::str::from_utf8(name.expose_secret());
    let name = name.map_err(|_| damaged(&folder.join(NAME), "the name of the proxy is not UTF-8 text"))?;
    Ok((input::public_parameters(console, &folder.join(PUBLIC))?, ProxyName::new(name)?))
}

/// State and log are of one piece.
fn check_log(log: &UpdateLog, state: &RevocationState, folder: &Path) -> Result<(), Failure> {
    let head = log.get(state.number())?.map(|update| update.id());
    if state.number() == 0 || head.as_ref() == Some(state.head()) {
        return Ok(());
    }
    Err(damaged(folder, "the state does not end the log of updates"))
}

impl Opened {
    /// Takes the next update: into the log, then what it says is done, then the state says that it was done. A run that is
    /// killed in between does it again.
    pub fn apply(&mut self, update: &AuthorityUpdate) -> Result<(), Failure> {
        // Refused before it gets into the log.
        let mut state = self.proxy.state().clone();
        let _ = state.apply(update, self.proxy.public_parameters())?;
        self.log.append(update)?;
        self.obey(update)
    }

    fn obey(&mut self, update: &AuthorityUpdate) -> Result<(), Failure> {
        match self.proxy.apply(update)? {
            Applied::DeleteKeysOf(user) => self.delete_revoked(user)?,
            Applied::DeleteKey(id) => {
                if let Some(key) = self.key(&id)? {
                    self.keys.remove(key.user(), &id)?;
                }
            }
            Applied::DeleteComponents { key, attributes } => {
                if let Some(mut held) = self.key(&key)? {
                    if held.withdraw(attributes) {
                        self.keep(&held)?;
                    } else {
                        self.keys.remove(held.user(), &key)?;
                    }
                }
            }
            Applied::Epoch(_) => {}
            // What a later version of the library adds must not be passed over.
            other => {
                return Err(Failure::new(
                    Code::Refused,
                    format!("{other:?} asks for a newer version of this program"),
                ));
            }
        }
        store::put(&self.folder.join(STATE), &self.proxy.state().to_bytes())
    }

    /// Deletes what was issued to a user before he was revoked.
    fn delete_revoked(&self, user: &UserId) -> Result<(), Failure> {
        for key in self.keys_of(user)? {
            if self.proxy.state().check(key.id(), key.user(), key.issued_at_update()).is_err() {
                self.keys.remove(user, key.id())?;
            }
        }
        Ok(())
    }

    pub fn key(&self, id: &KeyId) -> Result<Option<ProxyKey>, Failure> {
        store::object(&self.keys.path(id), ProxyKey::from_bytes)
    }

    pub fn keys_of(&self, user: &UserId) -> Result<Vec<ProxyKey>, Failure> {
        let ids = self.keys.ids_of(user)?;
        ids.iter().filter_map(|id| self.key(id).transpose()).collect()
    }

    /// Puts a key in the place of its former version.
    pub fn keep(&self, key: &ProxyKey) -> Result<(), Failure> {
        self.keys.replace(key.id(), &key.to_bytes())
    }

    /// Takes a lease, and keeps it.
    pub fn renew(&mut self, lease: Lease, now: u64) -> Result<(), Failure> {
        self.proxy.renew(lease, now)?;
        self.lapsed = None;
        match self.proxy.lease() {
            Some(lease) => store::put(&self.folder.join(LEASE), &lease.to_bytes()),
            None => Ok(()),
        }
    }

    /// The lease in the folder, whether it holds or not.
    pub fn kept_lease(&self) -> Result<Option<Lease>, Failure> {
        store::object(&self.folder.join(LEASE), Lease::from_bytes)
    }

    /// A failure that says why the lease counts no more, where there seems to be none.
    pub fn explain(&self, error: impl Into<Failure>, duty: Option<&DutyError>) -> Failure {
        match (duty, &self.lapsed) {
            (Some(DutyError::NoLease), Some(lapsed)) => lapsed.clone().into(),
            _ => error.into(),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// An update that comes again: harmless if it is the same.
pub fn is_known(opened: &Opened, update: &AuthorityUpdate) -> Result<bool, Failure> {
    let number = update.number();
    match opened.log.get(number)? {
        Some(known) if known == *update => Ok(true),
        Some(_) if update.is_genuine(opened.proxy.public_parameters()) => {
            Err(UpdateError::Fork { number }.into())
        }
        _ => Ok(false),
    }
}
