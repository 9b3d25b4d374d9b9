//! Outsourced decryption: the authority, the proxy, the reader. For realms with epochs see `epochs.rs`.

use hippocrypt::{
    AttributeSet, EnrolledReader, Enrolment, EnrolmentNonce, Header, MasterKey, ProxyKey, ReaderSeed,
    StoredHeader, TransformKey, TransformedHeader, UserId, os_rng,
};

use super::super::Wrong;
use super::super::grid::Cell;
use super::super::world::World;
use super::{Work, epochs};

const CONTEXT: &[u8] = b"";

/// A reader, and what he sends his authority.
fn enrolment(world: &World) -> Result<(ReaderSeed, UserId, Enrolment), Wrong> {
    let (seed, user) = (ReaderSeed::generate(&mut os_rng()), UserId::new("reader")?);
    let nonce = EnrolmentNonce::generate(&mut os_rng());
    let enrolment = seed.enrol(world.parameters(), &user, &nonce, &mut os_rng());
    Ok((seed, user, enrolment))
}

fn enrolled(world: &World, user: &UserId, enrolment: &Enrolment) -> Result<EnrolledReader, Wrong> {
    let nonce = EnrolmentNonce::from_bytes(*enrolment.nonce());
    Ok(enrolment.verify(world.parameters(), user, nonce)?)
}

/// A reader, and the proxy's key for him.
fn served(
    world: &World,
    master: &MasterKey,
    attributes: &AttributeSet,
) -> Result<(ReaderSeed, ProxyKey), Wrong> {
    let (seed, user, enrolment) = enrolment(world)?;
    let key = master.issue_transform_key(&enrolled(world, &user, &enrolment)?, attributes, &mut os_rng())?;
    Ok((seed, key.accept(world.parameters(), &mut os_rng())?))
}

/// Fails unless the reader of `seed` opens what the proxy made of `header`.
fn must_open(
    world: &World,
    seed: &ReaderSeed,
    header: &Header,
    transformed: &TransformedHeader,
) -> Result<(), Wrong> {
    let retrieval_key = seed.retrieval_key();
    let opened = retrieval_key.finish(world.parameters(), transformed, header.core_id(), CONTEXT)?;
    Wrong::unless(opened.core_id() == header.core_id(), "the proxy has transformed another header")
}

/// A transform key for every attribute of the policy, from the enrolment and its check to the encoded key.
pub fn issue<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    if let Some(depth) = cell.depth() {
        return epochs::issue(world, cell, depth);
    }
    let (realm, reader) = (world.realm(cell), world.reader(cell)?);
    let (header, _) = world.parameters().compartment(&reader.policy, CONTEXT, &mut os_rng())?;
    Ok(Box::new(move |watch| {
        let (seed, user, enrolment) = enrolment(world)?;
        let bytes = watch.time(|| -> Result<Vec<u8>, Wrong> {
            let enrolled = enrolled(world, &user, &enrolment)?;
            Ok(realm.master.issue_transform_key(&enrolled, &reader.attributes, &mut os_rng())?.to_bytes())
        })?;
        let key = TransformKey::from_bytes(&bytes)?.accept(world.parameters(), &mut os_rng())?;
        must_open(world, &seed, &header, &key.transform(&header)?)?;
        Ok(bytes.len())
    }))
}

/// From a stored header to T.
pub fn transform<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    if let Some(depth) = cell.depth() {
        return epochs::transform(world, cell, depth);
    }
    let (realm, reader) = (world.realm(cell), world.reader(cell)?);
    let (seed, key) = served(world, &realm.master, &reader.attributes)?;
    let (header, _) = world.parameters().compartment(&reader.policy, CONTEXT, &mut os_rng())?;
    key.transform(&header)?;
    Ok(Box::new(move |watch| {
        let (header, _) = world.parameters().compartment(&reader.policy, CONTEXT, &mut os_rng())?;
        let stored = StoredHeader::accept(header, world.parameters(), &mut os_rng())?;
        let transformed = watch.time(|| key.transform_stored(&stored))?;
        must_open(world, &seed, stored.header(), &transformed)?;
        Ok(transformed.to_bytes().len())
    }))
}

/// From the bytes that the proxy sends to the content key.
pub fn finish<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    if let Some(depth) = cell.depth() {
        return epochs::finish(world, cell, depth);
    }
    let (realm, reader) = (world.realm(cell), world.reader(cell)?);
    let (seed, key) = served(world, &realm.master, &reader.attributes)?;
    let retrieval_key = seed.retrieval_key();
    Ok(Box::new(move |watch| {
        let (header, _) = world.parameters().compartment(&reader.policy, CONTEXT, &mut os_rng())?;
        let bytes = key.transform(&header)?.to_bytes();
        let opened = watch.time(|| -> Result<_, Wrong> {
            let transformed = TransformedHeader::from_bytes(&bytes)?;
            Ok(retrieval_key.finish(&realm.parameters, &transformed, header.core_id(), CONTEXT)?)
        })?;
        Wrong::unless(opened.core_id() == header.core_id(), "the reader has opened another header")?;
        Ok(bytes.len())
    }))
}
