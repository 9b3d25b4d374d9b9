//! Encryption under policies, and headers alone.

use hippocrypt::{Header, RecordName, os_rng};

use super::super::Wrong;
use super::super::grid::Cell;
use super::super::world::{World, random};
use super::Work;

/// From the plaintext to the bytes of the whole ciphertext.
pub fn encrypt<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let (realm, reader, payload) = (world.realm(cell), world.reader(cell)?, cell.payload);
    Ok(Box::new(move |watch| {
        let plaintext = random(payload);
        let sealed = watch.time(|| realm.parameters.encrypt(&reader.policy, &plaintext, &mut os_rng()))?;
        let opened = reader.key.decrypt(world.parameters(), &sealed)?;
        Wrong::unless(opened == plaintext, "the ciphertext holds another plaintext")?;
        Ok(sealed.len())
    }))
}

/// From the bytes of the whole ciphertext to the plaintext.
pub fn decrypt<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let (realm, reader, payload) = (world.realm(cell), world.reader(cell)?, cell.payload);
    Ok(Box::new(move |watch| {
        let plaintext = random(payload);
        let sealed = world.parameters().encrypt(&reader.policy, &plaintext, &mut os_rng())?;
        let opened = watch.time(|| reader.key.decrypt(&realm.parameters, &sealed))?;
        Wrong::unless(opened == plaintext, "decryption yields another plaintext")?;
        Ok(sealed.len())
    }))
}

/// From a decoded header to its content key.
pub fn decapsulate<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let (realm, reader) = (world.realm(cell), world.reader(cell)?);
    Ok(Box::new(move |watch| {
        let (header, sender) = world.parameters().compartment(&reader.policy, b"", &mut os_rng())?;
        let receiver = watch.time(|| reader.key.open(&realm.parameters, &header, b""))?;
        let name = RecordName::random(&mut os_rng());
        let record = sender.seal(&name, b"the same key", &mut os_rng());
        Wrong::unless(receiver.open(&name, &record)? == b"the same key", "the content keys differ")?;
        Ok(Header::encoded_len(&reader.policy))
    }))
}

/// The public check of a decoded header.
pub fn validate<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let (realm, reader) = (world.realm(cell), world.reader(cell)?);
    Ok(Box::new(move |watch| {
        let (header, _) = world.parameters().compartment(&reader.policy, b"", &mut os_rng())?;
        watch.time(|| header.validate(&realm.parameters, &mut os_rng()))?;
        Ok(Header::encoded_len(&reader.policy))
    }))
}
