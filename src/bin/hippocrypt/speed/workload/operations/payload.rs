//! Records under an opened content key, and the bare cipher beside them.
//!
//! | api | the data | |
//! |---|---|---|
//! | memory | to new memory, allocated under the clock | `ContentKey::seal`, `open` |
//! | into | to a buffer that is there already | `seal_into` |
//! | in-place | stay where they are | `seal_in_place`, `open_in_place` |
//! | stream | through the chunk buffer of a writer or reader, to a buffer that is there | `writer`, `reader` |

use std::io::{self, Write};
use std::mem;

use hippocrypt::{ContentKey, Policy, RecordName, RecordOptions, Schema, os_rng};

use super::super::Wrong;
use super::super::grid::Cell;
use super::super::world::{World, random};
use super::aead::{CHUNK_BYTES, TAG_BYTES, bare_key};
use super::{Api, Work};

/// The key of some compartment.
fn content_key(world: &World) -> Result<ContentKey, Wrong> {
    let policy = Policy::parse("attribute-0", &Schema::empty())?;
    Ok(world.parameters().compartment(&policy, b"", &mut os_rng())?.1)
}

/// An empty buffer with room for `bytes`, in memory that has been written to before.
fn owned(bytes: usize) -> Vec<u8> {
    let mut buffer = vec![1; bytes];
    buffer.clear();
    buffer
}

/// The same bytes in memory with room for `bytes`.
fn with_room(data: &[u8], bytes: usize) -> Vec<u8> {
    let mut buffer = Vec::with_capacity(bytes);
    buffer.extend_from_slice(data);
    buffer
}

fn write(key: &ContentKey, name: &RecordName, plaintext: &[u8], record: &mut Vec<u8>) -> io::Result<()> {
    let mut writer = key.writer(name, RecordOptions::default(), &mut os_rng(), record)?;
    writer.write_all(plaintext)?;
    writer.finish().map(drop)
}

/// From a payload to its record.
pub fn seal<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let (key, payload, api) = (content_key(world)?, cell.payload, Api::of(cell)?);
    Ok(Box::new(move |watch| {
        let input = || {
            let (name, plaintext) = (RecordName::random(&mut os_rng()), random(payload));
            let room = RecordOptions::default().record_bytes(payload as u64);
            let room = room.and_then(|room| usize::try_from(room).ok()).unwrap_or_default();
            let buffer = match api {
                Api::Memory => Vec::new(),
                Api::Into | Api::Stream => owned(room),
                Api::InPlace => with_room(&plaintext, room),
            };
            Ok((name, plaintext, buffer))
        };
        let sealed = watch.time_each(input, |(name, plaintext, record)| {
            match api {
                Api::Memory => *record = key.seal(name, plaintext, &mut os_rng()),
                Api::Into => key.seal_into(name, plaintext, &mut os_rng(), record),
                Api::InPlace => *record = key.seal_in_place(name, mem::take(record), &mut os_rng()),
                Api::Stream => return write(&key, name, plaintext, record),
            }
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
    let (key, payload, api) = (content_key(world)?, cell.payload, Api::of(cell)?);
    Ok(Box::new(move |watch| {
        let mut bytes = 0;
        let input = || {
            let (name, plaintext) = (RecordName::random(&mut os_rng()), random(payload));
            let record = key.seal(&name, &plaintext, &mut os_rng());
            bytes = record.len();
            Ok((name, plaintext, record, owned(if api == Api::Stream { payload } else { 0 })))
        };
        let opened = watch.time_each(input, |(name, _, record, opened)| {
            let result = match api {
                Api::Stream => return key.reader(*name, record.as_slice())?.copy_to(opened).map(drop),
                Api::InPlace => key.open_in_place(name, mem::take(record)),
                Api::Memory | Api::Into => key.open(name, record),
            };
            *opened = result.map_err(io::Error::other)?;
            Ok(())
        })?;
        for ((_, plaintext, _, opened), done) in opened {
            done?;
            Wrong::unless(opened == plaintext, "the record yields another payload")?;
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

/// The cipher and the way of the data: each chunk is copied to its place in a record and sealed there, or
/// sealed in a chunk buffer and copied from there.
pub fn aead_copy<'w>(_: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
    let (payload, api) = (cell.payload, Api::of(cell)?);
    let room = payload + TAG_BYTES * payload.div_ceil(CHUNK_BYTES);
    Ok(Box::new(move |watch| {
        let key = bare_key(&random(32))?;
        let input = || Ok((random(payload), owned(if api == Api::Memory { 0 } else { room })));
        let sealed = watch.time_each(input, |(plaintext, record)| match api {
            Api::Stream => key.seal_stream(plaintext, record),
            Api::Memory => {
                *record = Vec::with_capacity(room);
                key.seal_copy(plaintext, record)
            }
            Api::Into | Api::InPlace => key.seal_copy(plaintext, record),
        })?;
        for ((plaintext, record), done) in sealed {
            done?;
            Wrong::unless(key.open_copy(&record)? == plaintext, "the cipher yields another payload")?;
        }
        Ok(room)
    }))
}
