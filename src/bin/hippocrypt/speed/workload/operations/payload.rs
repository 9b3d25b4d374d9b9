//! Records under an opened content key, and the bare cipher beside them.

use hippocrypt::{ContentKey, Policy, RecordName, Schema, os_rng};

use super::super::Wrong;
use super::super::grid::Cell;
use super::super::world::{World, random};
use super::Work;
use super::aead::{CHUNK_BYTES, TAG_BYTES, bare_key};

/// The key of some compartment.
fn content_key(world: &World) -> Result<ContentKey, Wrong> {
    let policy = Policy::parse("attribute-0", &Schema::empty())?;
    Ok(world.parameters().compartment(&policy, b"", &mut os_rng()).1)
}

/// From the payload to a record in memory.
pub fn seal<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let (key, payload) = (content_key(world)?, cell.payload);
    Ok(Box::new(move |watch| {
        let input = || Ok((RecordName::random(&mut os_rng()), random(payload)));
        let sealed = watch.time_each(input, |(name, plaintext)| key.seal(name, plaintext, &mut os_rng()))?;
        let mut bytes = 0;
        for ((name, plaintext), record) in sealed {
            Wrong::unless(key.open(&name, &record)? == plaintext, "the record holds another payload")?;
            bytes = record.len();
        }
        Ok(bytes)
    }))
}

/// From a record in memory to its payload.
pub fn open<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let (key, payload) = (content_key(world)?, cell.payload);
    Ok(Box::new(move |watch| {
        let input = || {
            let (name, plaintext) = (RecordName::random(&mut os_rng()), random(payload));
            let record = key.seal(&name, &plaintext, &mut os_rng());
            Ok((name, plaintext, record))
        };
        let opened = watch.time_each(input, |(name, _, record)| key.open(name, record))?;
        let mut bytes = 0;
        for ((_, plaintext, record), opened) in opened {
            Wrong::unless(opened? == plaintext, "the record yields another payload")?;
            bytes = record.len();
        }
        Ok(bytes)
    }))
}

/// The cipher alone: a payload in place, in the chunks of a record, under a key that is ready.
pub fn aead<'w>(_: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let payload = cell.payload;
    Ok(Box::new(move |watch| {
        let key = bare_key(&random(32))?;
        let input = || random_twice(payload);
        let sealed = watch.time_each(input, |(_, data)| key.seal(data))?;
        for ((plaintext, data), tags) in sealed {
            let opened = key.open(data, &tags?)?;
            Wrong::unless(opened == plaintext, "the cipher yields another payload")?;
        }
        Ok(payload + TAG_BYTES * payload.div_ceil(CHUNK_BYTES))
    }))
}

fn random_twice(payload: usize) -> Result<(Vec<u8>, Vec<u8>), Wrong> {
    let plaintext = random(payload);
    Ok((plaintext.clone(), plaintext))
}
