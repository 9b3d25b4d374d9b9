//! Records under an opened content key, and the bare cipher beside them.
//!
//! In memory, a record or payload is allocated under the clock, as its caller has to; streamed, it goes
//! into a buffer that is there already.

use std::io::{self, Write};

use hippocrypt::{ContentKey, Policy, RecordName, RecordOptions, Schema, os_rng};

use super::super::Wrong;
use super::super::grid::Cell;
use super::super::world::{World, random};
use super::aead::{CHUNK_BYTES, TAG_BYTES, bare_key};
use super::{STREAM, Work};

/// The key of some compartment.
fn content_key(world: &World) -> Result<ContentKey, Wrong> {
    let policy = Policy::parse("attribute-0", &Schema::empty())?;
    Ok(world.parameters().compartment(&policy, b"", &mut os_rng()).1)
}

/// An empty buffer with room for `bytes`, in memory that has been written to before.
fn owned(bytes: usize) -> Vec<u8> {
    let mut buffer = vec![1; bytes];
    buffer.clear();
    buffer
}

fn write(key: &ContentKey, name: &RecordName, plaintext: &[u8], record: &mut Vec<u8>) -> io::Result<()> {
    let mut writer = key.writer(name, RecordOptions::default(), &mut os_rng(), record)?;
    writer.write_all(plaintext)?;
    writer.finish().map(drop)
}

/// From a payload to its record.
pub fn seal<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let (key, payload, stream) = (content_key(world)?, cell.payload, cell.setting.contains(&STREAM));
    Ok(Box::new(move |watch| {
        let input = || {
            let (name, plaintext) = (RecordName::random(&mut os_rng()), random(payload));
            let room = if stream { key.seal(&name, &plaintext, &mut os_rng()).len() } else { 0 };
            Ok((name, plaintext, owned(room)))
        };
        let sealed = watch.time_each(input, |(name, plaintext, record)| {
            if stream {
                return write(&key, name, plaintext, record);
            }
            *record = key.seal(name, plaintext, &mut os_rng());
            Ok(())
        })?;
        let mut bytes = 0;
        for ((name, plaintext, record), done) in sealed {
            done?;
            Wrong::unless(key.open(&name, &record)? == plaintext, "the record holds another payload")?;
            bytes = record.len();
        }
        Ok(bytes)
    }))
}

/// From a record to its payload.
pub fn open<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let (key, payload, stream) = (content_key(world)?, cell.payload, cell.setting.contains(&STREAM));
    Ok(Box::new(move |watch| {
        let input = || {
            let (name, plaintext) = (RecordName::random(&mut os_rng()), random(payload));
            let record = key.seal(&name, &plaintext, &mut os_rng());
            Ok((name, plaintext, record, owned(if stream { payload } else { 0 })))
        };
        let opened = watch.time_each(input, |(name, _, record, opened)| {
            if stream {
                return key.reader(*name, record.as_slice())?.copy_to(opened).map(drop);
            }
            *opened = key.open(name, record).map_err(io::Error::other)?;
            Ok(())
        })?;
        let mut bytes = 0;
        for ((_, plaintext, record, opened), done) in opened {
            done?;
            Wrong::unless(opened == plaintext, "the record yields another payload")?;
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
        let input = || {
            let plaintext = random(payload);
            Ok((plaintext.clone(), plaintext))
        };
        let sealed = watch.time_each(input, |(_, data)| key.seal(data))?;
        for ((plaintext, data), tags) in sealed {
            let opened = key.open(data, &tags?)?;
            Wrong::unless(opened == plaintext, "the cipher yields another payload")?;
        }
        Ok(payload + TAG_BYTES * payload.div_ceil(CHUNK_BYTES))
    }))
}
