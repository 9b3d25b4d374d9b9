//! A realm of many readers: the registry is on the disk, and so are the tokens.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use hippocrypt::math::{FixedG1, G1, Scalar};
use hippocrypt::rand_core::Rng;
use hippocrypt::{
    Applied, AttributeSet, Authority, EnrolledReader, Epoch, EpochTree, Epochs, IssuedKey, KeyId,
    KeyRegistry, MemoryRegistry, Policy, Proxy, ProxyKey, ProxyName, PublicParameters, Schema, Secret,
    StoredHeader, TokenBatch, UserId, os_rng, setup_with_epochs,
};
use indicatif::ProgressBar;

use super::super::statistics::median;
use super::super::workload::Wrong;
use super::super::workload::clock::{micros, now};
use super::super::workload::epochs::{Applicant, CONTEXT, PickedTokens, choose};
use super::super::workload::world::Pairing;
use super::registry::FileRegistry;

/// The time of everything, in seconds since 1970-01-01T00:00Z.
const NOW: u64 = 1_800_000_000;
/// Readers that are enrolled at a time.
const BLOCK: usize = 4_096;
/// Readers whose tokens are verified.
const VERIFIED: usize = 1_000;
/// Updates over which the time of one is the median.
const UPDATES: usize = 100;

/// What one change of the epoch took.
#[derive(Debug, Clone, Copy)]
pub struct EpochChange {
    pub epoch: Epoch,
    pub refreshed: u64,
    pub tokens_per_reader: usize,
    pub bytes: u64,
    pub seconds: f64,
    pub wall_seconds: f64,
    pub pairings: f64,
}

/// A time in microseconds and in pairings.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    pub micros: f64,
    pub pairings: f64,
}

/// Some batches in a file, one after the other: how many keys and bytes each has.
#[derive(Debug)]
struct TokenFile {
    path: PathBuf,
    batches: Vec<(usize, usize)>,
    from: Epoch,
}

/// Everybody: an authority, its readers, and the proxy that serves them.
pub struct ManyReaders<'a> {
    readers: usize,
    folder: &'a Path,
    parameters: PublicParameters,
    authority: Authority,
    registry: FileRegistry,
    proxy: Proxy,
    attributes: AttributeSet,
    idle: Applicant,
    idle_key: ProxyKey,
    tokens: Option<TokenFile>,
    pairing: Pairing,
}

impl<'a> ManyReaders<'a> {
    /// Begins a realm, and enrols its readers; one of them properly, the others by their Y alone.
    pub fn begin(readers: usize, depth: u8, folder: &'a Path, bar: &ProgressBar) -> Result<Self, Wrong> {
        let (parameters, master) = setup_with_epochs("speed", EpochTree::new(depth)?, &mut os_rng())?;
        parameters.prepare();
        let (authority, begun) = Authority::begin(master, NOW)?;
        let parameters = authority.public_parameters().clone();
        let mut proxy = Proxy::new(&parameters, ProxyName::new("proxy")?)?;
        let _ = proxy.apply(&begun)?;
        let attributes = AttributeSet::parse("role:reader", &Schema::empty())?;

        let idle = Applicant::new(&parameters, user(readers)?.as_str())?;
        let idle_reader = idle.enrol(&parameters)?;
        let mut one = MemoryRegistry::new();
        let key = authority.issue(&idle_reader, &attributes, &mut one, &mut os_rng())?;
        let idle_key = proxy.accept(key, &mut os_rng())?;
        let idle_entry = one.get(idle_key.id())?.ok_or_else(|| Wrong::new("an issued key is missing"))?;

        let options = File::options().read(true).write(true).create(true).truncate(true).to_owned();
        let registry = FileRegistry::new(options.open(folder.join("registry.bin"))?);
        let mut realm = Self {
            readers,
            folder,
            parameters,
            authority,
            registry,
            proxy,
            attributes,
            idle,
            idle_key,
            tokens: None,
            pairing: Pairing::new(),
        };
        realm.enrol(&idle_reader, idle_entry, bar)?;
        Ok(realm)
    }

    /// Fills the registry, in the order of key ids.
    fn enrol(&mut self, like: &EnrolledReader, idle: IssuedKey, bar: &ProgressBar) -> Result<(), Wrong> {
        let generator = FixedG1::wide(G1::generator());
        let (mut idle, mut number) = (Some(idle), 0);
        let others = self.readers - 1;
        let span = u64::MAX / others as u64;
        while number < others {
            let count = BLOCK.min(others - number);
            let y: Vec<Secret<Scalar>> = (0..count).map(|_| Secret::random_nonzero(&mut os_rng())).collect();
            for y_point in generator.pow_each(&y) {
                let reader = like.with_unproven(user(number)?, y_point);
                // Random, and above the one before.
                let high = number as u64 * span + os_rng().next_u64() % span;
                let id = u128::from(high) << 64 | u128::from(os_rng().next_u64());
                let id = KeyId::from_bytes(id.to_be_bytes());
                if let Some(entry) = idle.take_if(|entry| *entry.id() < id) {
                    self.registry.insert_new(entry)?;
                }
                self.registry.insert_new(self.authority.entry_for(&reader, id, &self.attributes))?;
                number += 1;
            }
            bar.inc(count as u64);
        }
        Ok(idle.map_or(Ok(()), |entry| self.registry.insert_new(entry))?)
    }

    /// Dismisses a reader, who gets no tokens any more.
    pub fn dismiss_one(&mut self) -> Result<(), Wrong> {
        let update = self.authority.revoke_user(&user(0)?, NOW)?;
        let _ = self.proxy.apply(&update)?;
        Ok(())
    }

    /// A new epoch: every live key but that of the idle reader gets its tokens, in a file.
    pub fn change_epoch(&mut self, keep: bool, bar: &ProgressBar) -> Result<EpochChange, Wrong> {
        if let Some(before) = self.tokens.take().filter(|_| !keep) {
            std::fs::remove_file(before.path)?;
        }
        let from = self.authority.epoch();
        let _ = self.proxy.apply(&self.authority.advance(NOW)?)?;
        let epoch = self.authority.epoch();
        let path = self.folder.join(format!("tokens-{epoch}.bin"));
        let mut file = BufWriter::new(File::create(&path)?);
        let (mut batches, mut pairings, mut tokens_per_reader) = (Vec::new(), Vec::new(), 0);
        let pairing = &self.pairing;
        let idle = *self.idle_key.id();
        let mut paused = std::time::Duration::ZERO;
        let (start, wall) = (now(), Instant::now());
        let sink = |batch: &TokenBatch| {
            let bytes = batch.to_bytes();
            batches.push((batch.keys().len(), bytes.len()));
            tokens_per_reader = batch.tokens_per_key();
            let written = file.write_all(&bytes);
            // The unit, in the same weather.
            let before = now();
            pairings.push(micros(pairing.time()));
            bar.inc(batch.keys().len() as u64);
            paused += now() - before;
            written
        };
        let refreshed = self.authority.refresh_all(&mut self.registry, |key| *key.id() != idle, sink)?;
        file.flush()?;
        let (elapsed, wall) = (now() - start - paused, wall.elapsed());
        // All but the idle one and the dismissed one.
        Wrong::unless(refreshed == self.readers as u64 - 2, "another number of keys was refreshed")?;
        let bytes = batches.iter().map(|(_, bytes)| *bytes as u64).sum();
        self.tokens = Some(TokenFile { path, batches, from });
        Ok(EpochChange {
            epoch,
            refreshed,
            tokens_per_reader,
            bytes,
            seconds: elapsed.as_secs_f64(),
            wall_seconds: wall.as_secs_f64(),
            pairings: micros(elapsed) / median(&pairings),
        })
    }

    /// Verifies the newest tokens of some readers: how many, and the time from the bytes on.
    pub fn verify_some(&self) -> Result<(usize, Taken), Wrong> {
        let file = self.tokens.as_ref().ok_or_else(|| Wrong::new("no epoch has begun"))?;
        let keys = file.batches.iter().map(|(keys, _)| keys).sum();
        let chosen = choose(VERIFIED, keys);
        let parts = file.some(&chosen)?;
        let batch = TokenBatch::from_bytes(&parts)?;
        Wrong::unless(batch.keys().len() == chosen.len(), "another number of keys in the file")?;
        let mut held: HashMap<KeyId, ProxyKey> = HashMap::new();
        for id in batch.keys() {
            let entry = self.registry.get(id)?.ok_or_else(|| Wrong::new("a key is not in the registry"))?;
            held.insert(*id, self.proxy_key(&entry, file.from)?);
        }
        let (verified, taken) = self.timed(|| -> Result<_, Wrong> {
            let batch = TokenBatch::from_bytes(&parts)?;
            Ok(batch.verify(&self.parameters, |id| held.get(id), &mut os_rng())?)
        });
        Ok((verified?.keys().len(), taken))
    }

    fn proxy_key(&self, entry: &IssuedKey, until: Epoch) -> Result<ProxyKey, Wrong> {
        let key = self.authority.proxy_key_for(entry, until)?;
        key.ok_or_else(|| Wrong::new("the realm has no epochs"))
    }

    fn timed<T>(&self, operation: impl FnOnce() -> T) -> (T, Taken) {
        let before = micros(self.pairing.time());
        let start = now();
        let result = operation();
        let micros_taken = micros(now() - start);
        let pairing = f64::midpoint(before, micros(self.pairing.time()));
        (result, Taken { micros: micros_taken, pairings: micros_taken / pairing })
    }

    /// The idle reader asks for a record of this very epoch: his key gets the tokens of all epochs that have passed, on
    /// demand, and he opens it. How many tokens.
    pub fn wake_idle(&mut self) -> Result<usize, Wrong> {
        let statement = self.authority.statement(NOW, NOW + 3_600)?;
        let mut epochs = Epochs::new(&self.parameters)?;
        epochs.observe(&self.parameters, &statement, NOW)?;
        let current = epochs.current(NOW)?;
        let policy = Policy::parse("role:reader", &Schema::empty())?;
        let (header, _) = self.parameters.at(current)?.compartment(&policy, CONTEXT, &mut os_rng());
        let stored = StoredHeader::accept_at(current, header, &self.parameters, &mut os_rng())?;
        let lease = self.authority.lease(self.proxy.name(), NOW, NOW + 600)?;
        self.proxy.renew(lease, NOW)?;

        let early = self.proxy.permit(&self.idle_key, NOW)?.transform(&stored);
        Wrong::unless(early.is_err(), "a key without tokens transforms")?;
        let until = self.idle_key.tokens_until().ok_or_else(|| Wrong::new("a key without epochs"))?;
        let batch = self.authority.refresh(self.idle_key.id(), until, &mut self.registry)?;
        let tokens = batch.tokens_per_key();
        let verified = batch.verify(&self.parameters, |_| Some(&self.idle_key), &mut os_rng())?;
        verified.refresh(&mut self.idle_key)?;
        let transformed = self.proxy.permit(&self.idle_key, NOW)?.transform(&stored)?;
        let (retrieval_key, id) = (self.idle.seed.retrieval_key(), stored.header().core_id());
        let opened = retrieval_key.finish(&self.parameters, &transformed, id, CONTEXT)?;
        Wrong::unless(opened.core_id() == id, "the idle reader has opened another record")?;
        Ok(tokens)
    }

    /// `RevokeUser` at a proxy that holds one key and has heard of few, and at one that holds a key of every
    /// reader and has heard of `users` revoked ones: the time to apply it and to delete the key.
    pub fn revoke(&mut self, users: usize, bar: &ProgressBar) -> Result<[Taken; 2], Wrong> {
        let key = *self.idle_key.id();
        let mut held: HashMap<UserId, KeyId> = HashMap::new();
        let few = UPDATES.min(users / 2).max(1);
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for number in 1..=users {
            let name = user(number)?;
            if number <= few {
                held.insert(name.clone(), key);
            } else if number == few + 1 {
                held.reserve(self.readers);
                for number in number..self.readers {
                    held.insert(user(number)?, key);
                }
            }
            let update = self.authority.revoke_user(&name, NOW)?;
            let start = now();
            let applied = self.proxy.apply(&update)?;
            let deleted = match applied {
                Applied::DeleteKeysOf(user) => held.remove(user),
                _ => None,
            };
            let taken = micros(now() - start);
            Wrong::unless(deleted.is_some(), "the proxy deletes other keys")?;
            if number <= few {
                first.push(taken);
            } else if number > users - few {
                last.push(taken);
            }
            bar.inc(1);
        }
        let pairing: Vec<f64> = (0..9).map(|_| micros(self.pairing.time())).collect();
        let taken =
            |times: &[f64]| Taken { micros: median(times), pairings: median(times) / median(&pairing) };
        Ok([taken(&first), taken(&last)])
    }

    /// A pairing, in microseconds.
    pub fn pairing_us(&self) -> f64 {
        median(&(0..9).map(|_| micros(self.pairing.time())).collect::<Vec<_>>())
    }
}

impl TokenFile {
    /// One batch of the tokens of the keys at these places, which ascend.
    fn some(&self, places: &[usize]) -> Result<Vec<u8>, Wrong> {
        let mut file = File::open(&self.path)?;
        let (mut first, mut picked) = (0, PickedTokens::default());
        for (keys, length) in &self.batches {
            let mut bytes = vec![0; *length];
            file.read_exact(&mut bytes)?;
            let here = places.iter().filter(|place| (first..first + keys).contains(place));
            let here: Vec<usize> = here.map(|place| place - first).collect();
            if !here.is_empty() {
                picked.pick(&bytes, *keys, &here)?;
            }
            first += keys;
        }
        Ok(picked.into_bytes())
    }
}

/// The name of a reader; all are of one length.
fn user(number: usize) -> Result<UserId, Wrong> {
    Ok(UserId::new(&format!("reader-{number:08}"))?)
}
