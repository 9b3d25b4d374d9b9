//! The key office at work, and the way from it to the cloud.

use std::path::Path;

use hippocrypt::phr::{Authority, RoleError};
use hippocrypt::store::RedbStore;
use hippocrypt::{AuthorityUpdate, ProxyName, os_rng};

use super::{CLOUD, Vault, VaultCloud};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input;

/// For how long a lease and a statement hold, in seconds: a day, since in a vault every dismissal reaches the cloud at once.
pub const LEASE_SECONDS: u64 = 86_400;

/// The master key, and the store of the authority.
pub const MASTER: &str = "master.hpcr";
pub const STORE: &str = "authority.redb";

/// An authority, and the cloud that it tells.
pub struct Office<'v> {
    pub authority: Authority<RedbStore>,
    pub cloud: &'v VaultCloud,
    console: &'v Console,
}

impl<'v> Office<'v> {
    /// Opens the folder of the authority, with the cloud as its witness: if the folder is an old copy, it catches up. What the cloud
    /// has not heard, because a run was killed, it hears now.
    pub fn open(console: &'v Console, vault: &Vault, cloud: &'v VaultCloud) -> Result<Self, Failure> {
        let folder = vault.authority();
        if !folder.join(STORE).exists() {
            let message = format!("{} holds no authority: this is not its machine", folder.display());
            return Err(Failure::new(Code::InputOutput, message)
                .hint("give the command where the authority is, or bring its folder back from a copy"));
        }
        let newest: Vec<Vec<u8>> = cloud.newest_update()?.into_iter().collect();
        let (authority, caught_up) = match open(console, &folder, &newest)? {
            Ok(opened) => opened,
            // The newest update alone says only that the folder is too old.
            Err(RoleError::Authority(_)) => open(console, &folder, &cloud.updates(0)?)??,
            Err(other) => return Err(other.into()),
        };
        let mut office = Self { authority, cloud, console };
        let applied = newest.first().map(|update| AuthorityUpdate::from_bytes(update)).transpose();
        let applied = applied.map_err(Failure::decode)?.map_or(0, |update| update.number());
        let missed = office.authority.updates(applied)?;
        if !missed.is_empty() {
            office.tell(missed)?;
        }
        if !caught_up.is_empty() {
            console.warn(&format!(
                "the authority's folder was an old copy; it has caught up with the cloud, and advanced to epoch {}. Who was \
                 enrolled since the copy was made must be enrolled again",
                office.authority.epoch()
            ));
            office.reconcile()?;
        }
        Ok(office)
    }

    /// An authority that has just begun; the cloud hears its first update.
    pub fn begin(
        console: &'v Console,
        authority: Authority<RedbStore>,
        cloud: &'v VaultCloud,
    ) -> Result<Self, Failure> {
        let office = Self { authority, cloud, console };
        office.tell(office.authority.updates(0)?)?;
        Ok(office)
    }

    /// The cloud takes what the authority says, and may serve for another day.
    pub fn tell(&self, messages: impl IntoIterator<Item = Vec<u8>>) -> Result<(), Failure> {
        self.tell_until(messages, self.console.now().saturating_add(LEASE_SECONDS))
    }

    pub fn tell_until(&self, messages: impl IntoIterator<Item = Vec<u8>>, until: u64) -> Result<(), Failure> {
        let now = self.console.now();
        let lease = self.authority.lease(&ProxyName::new(CLOUD)?, now, until)?;
        let statement = self.authority.statement(now, until)?;
        let key = self.cloud.ledger_key()?;
        let from = 0;
        let certificate = self.authority.certify_ledger(&self.cloud.name(), &key, from);
        for message in messages.into_iter().chain([lease, statement, certificate]) {
            self.cloud.take(&message, now, &mut os_rng())?;
        }
        Ok(())
    }

    /// Begins the next epoch, and brings the cloud tokens for every key that is alive; how many.
    pub fn advance(&mut self) -> Result<u64, Failure> {
        let update = self.authority.advance(self.console.now())?;
        self.tell([update])?;
        self.refresh()
    }

    /// Brings the cloud tokens of the current epoch for keys that lack them; for how many.
    pub fn refresh(&mut self) -> Result<u64, Failure> {
        let (cloud, now) = (self.cloud, self.console.now());
        let take =
            |batch: Vec<u8>| cloud.take(&batch, now, &mut os_rng()).map_err(|error| error.to_string().into());
        Ok(self.authority.refresh(take)?)
    }

    /// Brings the registry and the cloud's keys together, when one of the two was restored.
    pub fn reconcile(&mut self) -> Result<(), Failure> {
        let updates = self.authority.reconcile(self.cloud.keys_held()?, self.console.now())?;
        self.tell(updates)?;
        self.refresh().map(drop)
    }
}

type Opened = (Authority<RedbStore>, Vec<Vec<u8>>);

fn open(
    console: &Console,
    folder: &Path,
    witnesses: &[Vec<u8>],
) -> Result<Result<Opened, RoleError>, Failure> {
    let master = input::master_key(console, &folder.join(MASTER))?;
    let store = super::in_folder(RedbStore::open(folder.join(STORE)), &folder.join(STORE))?;
    Ok(Authority::open(master, store, witnesses, console.now()))
}
