//! The authority of a realm with epochs, in its folder: `updates`, `keys`, `users`, `readers`, `nonces`.
//!
//! Whatever it says stands in its log before anybody else hears of it.

pub mod enrol;
pub mod epoch;
pub mod keys;
pub mod refresh;
pub mod revoke;

use std::path::{Path, PathBuf};

use hippocrypt::{
    AttributeSet, Authority, AuthorityUpdate, KeyId, KeyRegistry, Kind, MasterKey, PublicParameters,
    RestoredAuthority, Resumed, UserId,
};

use crate::args::Numbers;
use crate::args::authority::AuthorityArgs;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input;
use crate::report::{Report, hex, unhex};
use crate::store;
use crate::store::lock::{self, Lock};
use crate::store::log::{self, UpdateLog};
use crate::store::registry::FileRegistry;

/// The public parameters in the folder.
const PUBLIC: &str = "public.hpcr";

/// An authority at work, the only run in its folder.
pub struct Opened {
    pub authority: Authority,
    pub registry: FileRegistry,
    pub folder: PathBuf,
    log: UpdateLog,
    /// The updates by which it caught up and went on, if its folder was an old copy.
    restored: Vec<PathBuf>,
    _lock: Lock,
}

impl Opened {
    /// Makes an update durable; from then on it can be sent. Where it stands.
    pub fn publish(&mut self, update: &AuthorityUpdate) -> Result<PathBuf, Failure> {
        self.log.append(update)
    }

    /// Tells what every command of an authority tells.
    pub fn describe(&self, report: &mut Report, updates: &[PathBuf]) {
        report.row("epoch", self.authority.epoch().number());
        report.row("update", self.authority.number());
        let paths: Vec<String> =
            self.restored.iter().chain(updates).map(|p| p.display().to_string()).collect();
        if !paths.is_empty() {
            report.row_as("send to proxies", paths.clone(), paths.join(", "));
        }
        report.field("restored", !self.restored.is_empty());
    }
}

/// What others know of the authority's updates.
struct Witnesses {
    newest: Vec<AuthorityUpdate>,
    logs: Vec<Vec<AuthorityUpdate>>,
}

impl Witnesses {
    /// Each a proxy's folder, a folder of updates, or an update.
    fn ask(console: &Console, paths: &[PathBuf]) -> Result<Self, Failure> {
        let (mut newest, mut logs) = (Vec::new(), Vec::new());
        for path in paths {
            let mut log = if path.is_dir() {
                let inner = path.join(log::FOLDER);
                log::read_folder(if inner.is_dir() { &inner } else { path })?
            } else {
                vec![input::load(console, path, Kind::AuthorityUpdate, AuthorityUpdate::from_bytes)?]
            };
            log.sort_by_key(AuthorityUpdate::number);
            newest.extend(log.last().cloned());
            logs.push(log);
        }
        Ok(Self { newest, logs })
    }
}

/// Opens the folder, and believes it only if witnesses agree (or none is to be asked).
pub fn open(console: &Console, args: &AuthorityArgs) -> Result<Opened, Failure> {
    let master = input::master_key(console, &args.master)?;
    let folder = args.folder.authority.clone();
    let parameters = parameters(console, &folder)?;
    if parameters.id() != master.public_parameters().id() {
        let message = format!("the folder {} is of another realm", folder.display());
        return Err(Failure::new(Code::NotSatisfied, message).in_file(&args.master.display().to_string()));
    }
    let lock = lock(&folder)?;
    let updates = UpdateLog::of(&folder);
    updates.recover()?;
    let log = updates.read()?;
    let mut witnesses = Witnesses::ask(console, &args.witness)?;
    if args.alone {
        witnesses.newest.extend(log.last().cloned());
    }
    if witnesses.newest.is_empty() {
        return Err(Failure::new(
            Code::Refused,
            "nobody says whether the authority's folder is up to date: in an old copy revoked readers are alive",
        )
        .hint("name what proxies know with --witness PATH, or say --alone if no proxy has heard anything yet"));
    }
    let (authority, restored) = match Authority::resume(master, log, &witnesses.newest)? {
        Resumed::Ready(authority) => (authority, Vec::new()),
        Resumed::Restored(restored) => restore(console, restored, witnesses.logs, &updates)?,
    };
    let registry = FileRegistry::of(&folder);
    Ok(Opened { authority, registry, folder, log: updates, restored, _lock: lock })
}

/// Catches up with what proxies know, and goes to an epoch above all of it, before anything else.
fn restore(
    console: &Console,
    mut restored: RestoredAuthority,
    logs: Vec<Vec<AuthorityUpdate>>,
    updates: &UpdateLog,
) -> Result<(Authority, Vec<PathBuf>), Failure> {
    let knew = restored.state().number();
    for log in logs {
        // An update without those before it is a witness, and nothing to catch up with.
        let first = log.first().map_or(0, AuthorityUpdate::number);
        if first <= restored.state().number().saturating_add(1) {
            restored.catch_up(log)?;
        }
    }
    let mut log = restored.log().to_vec();
    let caught_up = restored.state().number();
    let (authority, more) = restored.advance(console.now())?;
    log.extend(more);
    updates.replace(&log)?;
    console.warn(&format!(
        "the authority's folder was an old copy: it knew {knew} updates, and proxies know {caught_up}. It has caught up, \
         and advanced to epoch {}. Send its updates to every proxy; keys that were issued after the copy are not in \
         its registry: issue them again",
        authority.epoch()
    ));
    let fresh = log.iter().map(AuthorityUpdate::number).filter(|number| *number > caught_up);
    Ok((authority, fresh.map(|number| updates.path(number)).collect()))
}

/// Makes a folder for a realm that begins.
pub fn begin(console: &Console, folder: &Path, master: MasterKey) -> Result<(Authority, PathBuf), Failure> {
    store::make_folder(folder)?;
    let _lock = lock(folder)?;
    let log = UpdateLog::of(folder);
    log.recover()?;
    if !log.read()?.is_empty() {
        let message = format!("{} holds an authority that has begun", folder.display());
        return Err(
            Failure::new(Code::InputOutput, message).hint("a realm begins once; choose another --authority")
        );
    }
    let public = master.public_parameters().to_bytes();
    let (authority, update) = Authority::begin(master, console.now())?;
    store::put(&folder.join(PUBLIC), &public)?;
    let path = log.append(&update)?;
    Ok((authority, path))
}

/// The realm of a folder.
pub fn parameters(console: &Console, folder: &Path) -> Result<PublicParameters, Failure> {
    let path = folder.join(PUBLIC);
    if !path.exists() {
        let message = format!("{} is no folder of an authority", folder.display());
        return Err(Failure::new(Code::InputOutput, message).hint("`hippocrypt epoch begin` makes one"));
    }
    input::public_parameters(console, &path)
}

pub fn lock(folder: &Path) -> Result<Lock, Failure> {
    lock::wait(&folder.join(".lock"))
}

/// The key that `text` means: an id, or the only live key of a user.
pub fn which_key(opened: &Opened, text: &str) -> Result<KeyId, Failure> {
    if let Some(id) = unhex(text) {
        return Ok(KeyId::from_bytes(id));
    }
    let user: UserId = input::user(text)?;
    let mut live = Vec::new();
    for id in opened.registry.keys_of(&user)? {
        let entry = opened.registry.get(&id)?;
        if entry.is_some_and(|entry| entry.is_live(opened.authority.state())) {
            live.push(id);
        }
    }
    match live.as_slice() {
        [id] => Ok(*id),
        [] => Err(Failure::new(Code::Refused, format!("`{user}` has no live key"))
            .hint("`hippocrypt issue` makes one; a key can be named by its id, too")),
        several => {
            let ids: Vec<String> = several.iter().map(|id| hex(id.as_bytes())).collect();
            let message = format!("`{user}` has {} live keys", ids.len());
            Err(Failure::new(Code::Usage, message).hint(format!("name one of them: {}", ids.join(", "))))
        }
    }
}

/// A list of attributes, with the numbers that the realm declares.
fn attributes_of(
    console: &Console,
    list: &str,
    numbers: &Numbers,
    authority: &AuthorityArgs,
    parameters: &PublicParameters,
) -> Result<AttributeSet, Failure> {
    let schema = input::schema(console, numbers.schema.as_deref(), &authority.master, parameters)?;
    input::parse_attributes(console, list, &schema)
}
