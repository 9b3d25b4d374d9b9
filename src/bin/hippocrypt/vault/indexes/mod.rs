//! The search indexes of patients, which the house keeps for them: secrets, newest heads, and the writer of each domain.
//!
//! A category, with a set of labels, is a domain of its own, granted under the very policy that its records are encrypted under: whoever
//! may search it may read what he finds. What is to be sent is on the disk before, and is sent again after a run that was killed.

mod entry;

use entry::satisfies;
pub use entry::{Entry, Indexed, domain_of};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hippocrypt::phr::grant::Revocations;
use hippocrypt::phr::index::{PatientIndex, handle_of};
use hippocrypt::phr::{Authority, CloudError, Owner, PatientHandle, Realm, RecordCategory};
use hippocrypt::search::text::PIPELINE_VERSION;
use hippocrypt::search::{
    Domain, Gate, GateError, GateLimits, Head, IndexOwner, IndexWriter, LeakageProfile,
};
use hippocrypt::store::{Batch, Entry as StoreEntry, RedbStore, Store, StoreError, Table};
use hippocrypt::{AttributeSet, AuthorKey, EpochStatement, Epochs, Policy, ReaderSeed, SecretBytes, os_rng};
use sha2::{Digest, Sha256};

use super::{Vault, VaultCloud, in_folder};
use crate::failure::{Code, Failure};
use crate::store::{damaged, make_folder};

/// What readers call the gate of a vault.
pub const GATE: &str = "gate";
/// Who keeps the indexes, in credentials.
const KEEPER: &str = "index-keeper";
/// For how long a head is good: it is signed anew whenever something is imported in its last quarter.
const HEAD_SECONDS: u64 = 366 * 86_400;
/// For how long the keeper may speak for a patient.
const CREDENTIAL_SECONDS: u64 = 10 * HEAD_SECONDS;

// Rows, by their first letter; all but the first go on with the handle of a patient.
const KEY: &[u8] = b"k";
const OWNER: u8 = b'i';
const ANNOUNCEMENT: u8 = b'a';
const HEAD: u8 = b'h';
const WRITER: u8 = b'w';
/// Shares that the gate has not confirmed.
const SHARE: u8 = b's';
/// Patients of whom something is on its way.
const UNSENT: u8 = b'u';

/// The gate of a vault.
pub fn gate(vault: &Vault) -> Result<Gate<RedbStore>, Failure> {
    let path = vault.gate_store();
    let store = in_folder(open_or_create(&path)?, &path)?;
    Ok(Gate::open(GATE, store, GateLimits::default()))
}

type Opened = Result<RedbStore, StoreError>;

fn open_or_create(path: &Path) -> Result<Opened, Failure> {
    if path.exists() {
        return Ok(RedbStore::open(path));
    }
    make_folder(path.parent().unwrap_or(path))?;
    Ok(RedbStore::create(path))
}

/// The keeper at work.
pub struct Indexes<'c> {
    realm: Realm,
    cloud: &'c VaultCloud,
    store: RedbStore,
    path: PathBuf,
    gate: Gate<RedbStore>,
}

/// The index of a patient.
struct Kept {
    patient: PatientHandle,
    index: PatientIndex,
    head: Vec<u8>,
    writers: BTreeMap<Domain, IndexWriter>,
}

impl<'c> Indexes<'c> {
    /// Whether the house keeps any.
    pub fn are_kept(vault: &Vault) -> bool {
        vault.index_store().exists()
    }

    /// Opens the folder of the keeper, or makes it; what a run that was killed has left is sent now.
    pub fn open(vault: &Vault, cloud: &'c VaultCloud, now: u64) -> Result<Self, Failure> {
        let mut indexes = Self::look(vault, cloud)?;
        indexes.send_rest(now)?;
        Ok(indexes)
    }

    /// Opens the folder of the keeper, and sends nothing.
    pub fn look(vault: &Vault, cloud: &'c VaultCloud) -> Result<Self, Failure> {
        let path = vault.index_store();
        let store = in_folder(open_or_create(&path)?, &path)?;
        Ok(Self { realm: vault.realm.clone(), cloud, store, path, gate: gate(vault)? })
    }

    fn send_rest(&mut self, now: u64) -> Result<(), Failure> {
        for patient in self.patients(UNSENT)? {
            if let Some(mut kept) = self.load(&patient)? {
                self.deliver(&mut kept, now)?;
            }
        }
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        in_folder(self.store.get(Table::Meta, key), &self.path)
    }

    fn page(&self, prefix: &[u8]) -> Result<Vec<StoreEntry>, Failure> {
        in_folder(self.store.page(Table::Meta, prefix, None, usize::MAX), &self.path)
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), Failure> {
        in_folder(self.store.commit(batch), &self.path)
    }

    fn bad(&self) -> Failure {
        damaged(&self.path, "a row of an index cannot be read")
    }

    /// The patients who have a row of this kind.
    fn patients(&self, kind: u8) -> Result<Vec<PatientHandle>, Failure> {
        let rows = self.page(&[kind])?;
        let handle = |key: &[u8]| key.get(1..).and_then(|key| <[u8; 16]>::try_from(key).ok());
        rows.iter()
            .map(|(key, _)| handle(key).map(PatientHandle::from_bytes).ok_or_else(|| self.bad()))
            .collect()
    }

    fn load(&self, patient: &PatientHandle) -> Result<Option<Kept>, Failure> {
        let (Some(secret), Some(head)) = (self.get(&row(OWNER, patient))?, self.get(&row(HEAD, patient))?)
        else {
            return Ok(None);
        };
        let index = PatientIndex::resume(IndexOwner::from_bytes(&secret).map_err(Failure::decode)?, &head)?;
        let mut writers = BTreeMap::new();
        for (_, bytes) in self.page(&row(WRITER, patient))? {
            let writer = IndexWriter::from_bytes(&bytes).map_err(Failure::decode)?;
            writers.insert(writer.context().domain.clone(), writer);
        }
        Ok(Some(Kept { patient: *patient, index, head, writers }))
    }

    /// A new index, announced in the name of its patient. Nothing of it is sent yet.
    fn begin(
        &mut self,
        authority: &Authority<RedbStore>,
        patient: &PatientHandle,
        now: u64,
    ) -> Result<Kept, Failure> {
        let key = match self.get(KEY)? {
            Some(bytes) => AuthorKey::from_bytes(&bytes).map_err(Failure::decode)?,
            None => {
                let key = AuthorKey::generate(&mut os_rng());
                let mut batch = Batch::new();
                batch.put(Table::Meta, KEY, key.to_bytes().expose_secret().clone());
                self.commit(&batch)?;
                key
            }
        };
        let user = crate::input::user(KEEPER)?;
        let until = now.saturating_add(CREDENTIAL_SECONDS);
        let credential = authority.credential(&user, &key.id(), RecordCategory::ALL, Some(patient), until)?;
        let owner =
            Owner::new(self.realm.clone(), user, ReaderSeed::generate(&mut os_rng()), key, &credential)?;
        let mut index = PatientIndex::new(IndexOwner::generate(&mut os_rng()));
        let announcement = index.announcement(&owner, 1);
        let head = index.head(now, now.saturating_add(HEAD_SECONDS))?;
        let mut batch = Batch::new();
        batch.put(Table::Meta, row(OWNER, patient), index.secret().expose_secret().clone());
        batch.put(Table::Meta, row(ANNOUNCEMENT, patient), announcement);
        batch.put(Table::Meta, row(HEAD, patient), head.clone());
        batch.put(Table::Meta, row(UNSENT, patient), []);
        self.commit(&batch)?;
        Ok(Kept { patient: *patient, index, head, writers: BTreeMap::new() })
    }

    /// Adds records to the indexes of their patients. When it returns the cloud has all of it.
    pub fn add(
        &mut self,
        authority: &Authority<RedbStore>,
        entries: &[Entry],
        now: u64,
    ) -> Result<Indexed, Failure> {
        let mut of: BTreeMap<PatientHandle, Vec<&Entry>> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| !entry.keywords.is_empty()) {
            of.entry(entry.patient).or_default().push(entry);
        }
        let mut done = Indexed::default();
        for (patient, entries) in of {
            let mut kept = match self.load(&patient)? {
                Some(kept) => kept,
                None => {
                    done.indexes += 1;
                    self.begin(authority, &patient, now)?
                }
            };
            let mut batch = Batch::new();
            let mut new: BTreeMap<&Domain, &Policy> =
                entries.iter().map(|entry| (&entry.domain, &entry.policy)).collect();
            new.retain(|domain, _| !kept.writers.contains_key(*domain));
            done.domains += new.len() as u64;
            self.open_domains(&mut kept, new, &mut batch, now)?;
            let head = Head::from_bytes(&kept.head, kept.index.collection())?;
            done.records += entries.len() as u64;
            for entry in entries {
                if let Some(writer) = kept.writers.get_mut(&entry.domain) {
                    let (handle, meta) = handle_of(&entry.name);
                    writer.add(handle, meta, &entry.keywords);
                }
            }
            for writer in kept.writers.values_mut() {
                let made = writer.finish(&head, &LeakageProfile::standard(), &mut os_rng());
                done.segments += made.map_err(|error| Failure::new(Code::Refused, error.to_string()))? as u64;
            }
            put_writers(&kept, &mut batch);
            batch.put(Table::Meta, row(UNSENT, &patient), []);
            self.commit(&batch)?;
            self.deliver(&mut kept, now)?;
        }
        Ok(done)
    }

    /// Domains that are new: granted under the policies of their records, with a writer each; and a head, if that or the time asks for one.
    fn open_domains(
        &self,
        kept: &mut Kept,
        new: BTreeMap<&Domain, &Policy>,
        batch: &mut Batch,
        now: u64,
    ) -> Result<(), Failure> {
        let known = Head::from_bytes(&kept.head, kept.index.collection())?;
        if new.is_empty() && now.saturating_add(HEAD_SECONDS / 4) < known.validity().1 {
            return Ok(());
        }
        let (revocations, epochs) = self.what_the_authority_says(now)?;
        for (domain, policy) in new {
            let later = revocations.later_epoch(&epochs, now)?;
            kept.index.open_domain(domain, PIPELINE_VERSION);
            let granted =
                kept.index.policies()?.iter().any(|(of, _, granted)| of == domain && granted == policy);
            if !granted {
                let shares = kept.index.grant(&self.realm, later, domain, policy, &mut os_rng())?;
                put_shares(&kept.patient, &shares, batch);
            }
            let writer = kept.index.writer(domain, &mut os_rng())?;
            kept.writers.insert(domain.clone(), writer);
        }
        kept.head = kept.index.head(now, now.saturating_add(HEAD_SECONDS))?;
        batch.put(Table::Meta, row(HEAD, &kept.patient), kept.head.clone());
        Ok(())
    }

    /// Whether something can be granted: nobody was revoked in the current epoch.
    pub fn may_grant(&self, now: u64) -> Result<(), Failure> {
        let (revocations, epochs) = self.what_the_authority_says(now)?;
        Ok(revocations.later_epoch(&epochs, now).map(drop)?)
    }

    fn what_the_authority_says(&self, now: u64) -> Result<(Revocations, Epochs), Failure> {
        let parameters = self.realm.parameters();
        let mut revocations = Revocations::new(parameters)?;
        for update in self.cloud.updates(0)? {
            revocations.observe(parameters, &update)?;
        }
        let mut epochs = Epochs::new(parameters)?;
        if let Some(statement) = self.cloud.statement()? {
            let statement = EpochStatement::from_bytes(&statement).map_err(Failure::decode)?;
            epochs.observe(parameters, &statement, now)?;
        }
        Ok((revocations, epochs))
    }

    /// Sends what is to be sent of a patient: shares to the gate, the head and segments to the cloud. Sent again, nothing changes.
    fn deliver(&mut self, kept: &mut Kept, now: u64) -> Result<(), Failure> {
        let announcement = self.get(&row(ANNOUNCEMENT, &kept.patient))?.ok_or_else(|| self.bad())?;
        self.cloud.index(&announcement, now, &mut os_rng())?;
        match self.cloud.index(&kept.head, now, &mut os_rng()) {
            // The epoch has advanced since its seeds were wrapped.
            Err(CloudError::Header(_)) => {
                self.renew_one(kept, |_| true, now)?;
                self.cloud.index(&kept.head, now, &mut os_rng())?;
            }
            other => drop(other?),
        }
        let mut batch = Batch::new();
        for (key, share) in self.page(&row(SHARE, &kept.patient))? {
            match self.gate.install(&share) {
                // A later one has come in its place.
                Ok(()) | Err(GateError::RolledBack { .. }) => batch.remove(Table::Meta, key),
                Err(other) => return Err(other.into()),
            }
        }
        for writer in kept.writers.values_mut() {
            let mut confirmed = None;
            for (number, segment) in writer.outbox() {
                self.cloud.index(segment, now, &mut os_rng())?;
                confirmed = Some(number);
            }
            confirmed.into_iter().for_each(|number| writer.confirm(number));
        }
        put_writers(kept, &mut batch);
        batch.remove(Table::Meta, row(UNSENT, &kept.patient));
        self.commit(&batch)
    }

    /// Fresh seeds and shares for what this concerns, and a head that says so; for how many policies.
    fn renew_one(
        &mut self,
        kept: &mut Kept,
        concerned: impl Fn(&Policy) -> bool,
        now: u64,
    ) -> Result<u64, Failure> {
        let (revocations, epochs) = self.what_the_authority_says(now)?;
        let later = revocations.later_epoch(&epochs, now)?;
        let shares = kept.index.renew(&self.realm, later, concerned, &mut os_rng())?;
        let mut batch = Batch::new();
        if shares.is_empty() {
            return Ok(0);
        }
        kept.head = kept.index.head(now, now.saturating_add(HEAD_SECONDS))?;
        put_shares(&kept.patient, &shares, &mut batch);
        batch.put(Table::Meta, row(HEAD, &kept.patient), kept.head.clone());
        batch.put(Table::Meta, row(UNSENT, &kept.patient), []);
        self.commit(&batch)?;
        Ok(shares.len() as u64)
    }

    /// Policies that somebody with one of these sets of attributes satisfies: how many there are in all indexes.
    pub fn concerned(&self, sets: &[AttributeSet]) -> Result<u64, Failure> {
        let mut concerned = 0;
        for patient in self.patients(OWNER)? {
            let Some(kept) = self.load(&patient)? else { continue };
            let policies = kept.index.policies()?;
            concerned += policies.iter().filter(|(.., policy)| satisfies(sets, policy)).count() as u64;
        }
        Ok(concerned)
    }

    /// After somebody with these attributes was revoked, and the next epoch has begun: what he had of any index is worth nothing. How many
    /// indexes and policies were renewed.
    pub fn renew(&mut self, sets: &[AttributeSet], now: u64) -> Result<(u64, u64), Failure> {
        let (mut indexes, mut policies) = (0, 0);
        for patient in self.patients(OWNER)? {
            let Some(mut kept) = self.load(&patient)? else { continue };
            let renewed = self.renew_one(&mut kept, |policy| satisfies(sets, policy), now)?;
            if renewed > 0 {
                self.deliver(&mut kept, now)?;
                (indexes, policies) = (indexes + 1, policies + renewed);
            }
        }
        self.send_rest(now)?;
        Ok((indexes, policies))
    }

    /// After the cloud was made of a backup: it is told everything anew, and writers begin new chains, since the cloud may have forgotten the
    /// ends of theirs.
    pub fn restore(&mut self, now: u64) -> Result<u64, Failure> {
        let patients = self.patients(OWNER)?;
        for patient in &patients {
            let Some(mut kept) = self.load(patient)? else { continue };
            let mut batch = Batch::new();
            for (key, _) in self.page(&row(WRITER, patient))? {
                batch.remove(Table::Meta, key);
            }
            kept.writers.clear();
            batch.put(Table::Meta, row(UNSENT, patient), []);
            self.commit(&batch)?;
            self.deliver(&mut kept, now)?;
        }
        Ok(patients.len() as u64)
    }
}

fn row(kind: u8, patient: &PatientHandle) -> Vec<u8> {
    [&[kind][..], patient.as_bytes()].concat()
}

fn put_writers(kept: &Kept, batch: &mut Batch) {
    for (domain, writer) in &kept.writers {
        let key = [&row(WRITER, &kept.patient)[..], domain.as_str().as_bytes()].concat();
        batch.put(Table::Meta, key, writer.to_bytes().expose_secret().clone());
    }
}

/// Under their hashes: they may be several, of several runs.
fn put_shares(patient: &PatientHandle, shares: &[SecretBytes], batch: &mut Batch) {
    for share in shares {
        let digest = Sha256::digest(share.expose_secret());
        let key = [&row(SHARE, patient)[..], digest.as_slice()].concat();
        batch.put(Table::Meta, key, share.expose_secret().clone());
    }
}
