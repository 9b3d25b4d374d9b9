//! Revocation: what epochs cost the authority, the proxy and the store.

use std::collections::HashMap;
use std::convert::Infallible;

use hippocrypt::{
    AttributeSet, Epoch, KeyId, MemoryRegistry, Policy, ProxyKey, Schema, SealKey, StoredHeader, TokenBatch,
    TransformedHeader, os_rng,
};

use super::super::Wrong;
use super::super::epochs::{Applicant, CONTEXT, EpochRealm, PickedTokens, choose};
use super::super::grid::Cell;
use super::super::world::World;
use super::Work;

/// The realm of the cell's depth.
fn realm<'w>(world: &'w World, cell: &Cell) -> Result<&'w EpochRealm, Wrong> {
    world.epochs(cell.depth().ok_or_else(|| Wrong::new("an operation without epochs"))?)
}

/// Of the one attribute of those who need no others.
fn attribute() -> Result<(Policy, AttributeSet), Wrong> {
    let schema = Schema::empty();
    Ok((Policy::parse("attribute-0", &schema)?, AttributeSet::parse("attribute-0", &schema)?))
}

/// From the enrolment and its check to the encoded key, with the tokens of the current epoch.
pub fn issue<'w>(world: &'w World, cell: &Cell, depth: u8) -> Result<Work<'w>, Wrong> {
    let (realm, reader) = (world.epochs(depth)?, world.reader(cell)?);
    let authority = realm.authority(cell);
    Ok(Box::new(move |watch| {
        let applicant = Applicant::new(realm.parameters(), "reader")?;
        let mut registry = MemoryRegistry::new();
        let bytes = watch.time(|| -> Result<Vec<u8>, Wrong> {
            let enrolled = applicant.enrol(realm.parameters())?;
            let key = authority.issue(&enrolled, &reader.attributes, &mut registry, &mut os_rng())?;
            Ok(key.to_bytes())
        })?;
        let stored = realm.stored(&reader.policy)?;
        realm.must_open(&applicant.seed, &realm.accept(&bytes)?, &stored)?;
        Ok(bytes.len())
    }))
}

/// From a stored header of epoch 1 to T, with the proxy's own check.
pub fn transform<'w>(world: &'w World, cell: &Cell, depth: u8) -> Result<Work<'w>, Wrong> {
    let (realm, reader) = (world.epochs(depth)?, world.reader(cell)?);
    transforming(realm, reader.policy.clone(), &reader.attributes, Ok)
}

/// From a header that is sealed in the current epoch to T.
pub fn transform_sealed<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let (realm, reader) = (realm(world, cell)?, world.reader(cell)?);
    let seal_key = SealKey::generate(&mut os_rng());
    transforming(realm, reader.policy.clone(), &reader.attributes, move |stored| {
        sealed(realm, &stored, realm.current(), &seal_key)
    })
}

fn transforming<'w>(
    realm: &'w EpochRealm,
    policy: Policy,
    attributes: &AttributeSet,
    keep: impl Fn(StoredHeader) -> Result<StoredHeader, Wrong> + 'w,
) -> Result<Work<'w>, Wrong> {
    let (seed, key) = realm.served(attributes, realm.current())?;
    realm.must_open(&seed, &key, &realm.stored(&policy)?)?;
    Ok(Box::new(move |watch| {
        let stored = keep(realm.stored(&policy)?)?;
        let transformed = watch.time(|| realm.transform(&key, &stored))?;
        realm.must_finish(&seed, &transformed, &stored)?;
        Ok(transformed.to_bytes().len())
    }))
}

/// From the bytes that the proxy sends to the content key.
pub fn finish<'w>(world: &'w World, cell: &Cell, depth: u8) -> Result<Work<'w>, Wrong> {
    let (realm, reader) = (world.epochs(depth)?, world.reader(cell)?);
    let (seed, key) = realm.served(&reader.attributes, realm.current())?;
    let retrieval_key = seed.retrieval_key();
    Ok(Box::new(move |watch| {
        let stored = realm.stored(&reader.policy)?;
        let (bytes, id) = (realm.transform(&key, &stored)?.to_bytes(), stored.header().core_id());
        let opened = watch.time(|| -> Result<_, Wrong> {
            let transformed = TransformedHeader::from_bytes(&bytes)?;
            Ok(retrieval_key.finish(realm.parameters(), &transformed, id, CONTEXT)?)
        })?;
        Wrong::unless(opened.core_id() == id, "the reader has opened another header")?;
        Ok(bytes.len())
    }))
}

fn sealed(
    realm: &EpochRealm,
    stored: &StoredHeader,
    to: Epoch,
    key: &SealKey,
) -> Result<StoredHeader, Wrong> {
    let sealed = stored.seal(realm.parameters(), to, key)?;
    sealed.ok_or_else(|| Wrong::new("there was nothing to seal"))
}

/// From a stored header to one that is sealed, or sealed in a later epoch.
pub fn seal<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let realm = realm(world, cell)?;
    let nodes = cell.parameter("nodes").and_then(|nodes| nodes.parse().ok());
    let epochs = (2..=u64::from(realm.tree.last().number())).filter_map(|epoch| realm.tree.epoch(epoch).ok());
    let mut epochs = epochs.filter(|epoch| Some(realm.tree.cover(*epoch).len()) == nodes);
    let (Some(before), Some(to)) = (epochs.next(), epochs.next()) else {
        return Err(Wrong::new("no two epochs have covers of so many nodes"));
    };
    let again = cell.parameter("seal") == Some("again");
    let (policy, attributes) = attribute()?;
    let (seed, key) = realm.served(&attributes, to)?;
    let seal_key = SealKey::generate(&mut os_rng());
    // Every header of an epoch is sealed with the same spans of time.
    for _ in 0..hippocrypt::AttributeCache::TABLE_FROM_USE {
        sealed(realm, &realm.stored(&policy)?, to, &seal_key)?;
    }
    Ok(Box::new(move |watch| {
        let mut stored = realm.stored(&policy)?;
        if again {
            stored = sealed(realm, &stored, before, &seal_key)?;
        }
        let sealed = watch.time(|| sealed(realm, &stored, to, &seal_key))?;
        realm.must_open(&seed, &key, &sealed)?;
        Ok(sealed.to_bytes().len())
    }))
}

/// From registry entries to the bytes of their tokens; the tables of the two spans of time are those of the whole run.
pub fn refresh<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let realm = realm(world, cell)?;
    let keys = cell.keys().ok_or_else(|| Wrong::new("no number of keys"))?;
    let (policy, attributes) = attribute()?;
    let applicant = Applicant::new(realm.parameters(), "reader")?;
    let entries = realm.entries(&applicant.enrol(realm.parameters())?, &attributes, keys);
    let mut refresher = realm.authority(cell).refresher::<Infallible>(Epoch::FIRST)?;
    let seal_key = SealKey::generate(&mut os_rng());
    Ok(Box::new(move |watch| {
        let bytes = watch.time_for(keys, || refresher.tokens(&entries).to_bytes());
        // Some keys are refreshed, and open what only a refreshed key opens.
        let places = choose(3, keys);
        let some = places.iter().filter_map(|place| entries.get(*place));
        let some = some.map(|entry| realm.proxy_key(entry, Epoch::FIRST));
        let mut some: Vec<ProxyKey> = some.collect::<Result<_, _>>()?;
        let mut picked = PickedTokens::default();
        picked.pick(&bytes, keys, &places)?;
        let find = |id: &KeyId| some.iter().find(|key| key.id() == id);
        let batch = TokenBatch::from_bytes(&picked.into_bytes())?;
        let verified = batch.verify(realm.parameters(), find, &mut os_rng())?;
        let record = sealed(realm, &realm.stored(&policy)?, realm.current(), &seal_key)?;
        for key in &mut some {
            verified.refresh(key)?;
            realm.must_open(&applicant.seed, key, &record)?;
        }
        Ok(bytes.len() / keys)
    }))
}

/// From the bytes of a batch of tokens to verified ones.
pub fn verify_tokens<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let realm = realm(world, cell)?;
    let keys = cell.keys().ok_or_else(|| Wrong::new("no number of keys"))?;
    let (policy, attributes) = attribute()?;
    let applicant = Applicant::new(realm.parameters(), "reader")?;
    let entries = realm.entries(&applicant.enrol(realm.parameters())?, &attributes, keys);
    let held = entries.iter().map(|entry| Ok((*entry.id(), realm.proxy_key(entry, Epoch::FIRST)?)));
    let held: HashMap<KeyId, ProxyKey> = held.collect::<Result<_, Wrong>>()?;
    let batch = realm.authority(cell).refresher::<Infallible>(Epoch::FIRST)?.tokens(&entries);
    let (bytes, tokens) = (batch.to_bytes(), keys * batch.tokens_per_key());
    let seal_key = SealKey::generate(&mut os_rng());
    let last = entries.into_iter().next_back().ok_or_else(|| Wrong::new("no keys"))?;
    Ok(Box::new(move |watch| {
        let verified = watch.time_for(tokens, || -> Result<_, Wrong> {
            let batch = TokenBatch::from_bytes(&bytes)?;
            Ok(batch.verify(realm.parameters(), |id| held.get(id), &mut os_rng())?)
        })?;
        let mut key = realm.proxy_key(&last, Epoch::FIRST)?;
        verified.refresh(&mut key)?;
        let record = sealed(realm, &realm.stored(&policy)?, realm.current(), &seal_key)?;
        realm.must_open(&applicant.seed, &key, &record)?;
        Ok(bytes.len() / tokens)
    }))
}
