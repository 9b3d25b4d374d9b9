//! A slot: one entry of the index, 28 bytes that look random. `[SRCH-4]`
//!
//! ```text
//! block c = nonce 12 B ‖ i 3 B ‖ c 1 B                         i: which occurrence of the keyword in its segment
//! tag     = AES-256_T(block 0)[..8]
//! slot    = tag ‖ (AES-256_T(block 1) ‖ AES-256_T(block 2)[..4]) ⊕ (handle 16 B ‖ op 1 B ‖ meta 3 B)
//! ```

use aes::Aes256Enc;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use zeroize::Zeroize;

use super::context::Handle;
use crate::secret::{Secret, opaque_debug};

/// Bytes of a slot.
pub const SLOT_BYTES: usize = 28;
/// Bytes of a tag, with which a slot begins.
pub const TAG_BYTES: usize = 8;
/// Bytes of a segment's nonce.
pub(super) const NONCE_BYTES: usize = 12;
/// Bytes of an entry as it is encrypted.
pub(super) const ENTRY_BYTES: usize = SLOT_BYTES - TAG_BYTES;
/// Occurrences of one keyword in one segment, at most: i has three bytes, and segments are smaller by far.
const LAST_OCCURRENCE: u32 = 0xff_ffff;

pub(super) type Nonce = [u8; NONCE_BYTES];
pub(super) type Slot = [u8; SLOT_BYTES];
pub(super) type Tag = [u8; TAG_BYTES];

/// What an entry does to the findings of its keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Op {
    /// The handle is found.
    Add = 1,
    /// The handle is not found any more. It counts if the writer of the addition wrote it, or the owner. For good: handles are not used again.
    Delete = 2,
}

/// An entry: what is found under a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry {
    /// The record.
    pub handle: Handle,
    /// Whether it is found from now on, or not any more.
    pub op: Op,
    /// Three bytes of the application's own, encrypted with the rest.
    pub meta: [u8; 3],
}

impl Entry {
    pub(super) fn to_bytes(self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        let (handle, rest) = bytes.split_at_mut(16);
        handle.copy_from_slice(self.handle.as_bytes());
        let (op, meta) = rest.split_at_mut(1);
        op.fill(self.op as u8);
        meta.copy_from_slice(&self.meta);
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; ENTRY_BYTES]) -> Option<Self> {
        let (handle, rest) = bytes.split_first_chunk::<16>()?;
        let (op, meta) = rest.split_first()?;
        let op = match op {
            1 => Op::Add,
            2 => Op::Delete,
            _ => return None,
        };
        Some(Self { handle: Handle::from_bytes(*handle), op, meta: meta.try_into().ok()? })
    }
}

/// T, expanded: makes and opens the entries of one keyword and one writer.
#[derive(Clone)]
pub(super) struct EntryKey(Aes256Enc);

opaque_debug!(EntryKey);

type Block = aes::Block;

fn block(nonce: &Nonce, occurrence: u32, counter: u8) -> Block {
    let mut block = Block::default();
    let (start, rest) = block.split_at_mut(NONCE_BYTES);
    start.copy_from_slice(nonce);
    let (number, count) = rest.split_at_mut(3);
    let [_, low @ ..] = occurrence.min(LAST_OCCURRENCE).to_be_bytes();
    number.copy_from_slice(&low);
    count.fill(counter);
    block
}

impl EntryKey {
    pub(super) fn new(t: &Secret<[u8; 32]>) -> Self {
        let mut key = Array::from(*t.expose_secret());
        let cipher = Aes256Enc::new(&key);
        key.zeroize();
        Self(cipher)
    }

    /// The slot of occurrence `occurrence` of the keyword in the segment of this nonce. `[SRCH-4.1]`
    pub(super) fn seal(&self, nonce: &Nonce, occurrence: u32, entry: Entry) -> Slot {
        let mut blocks = [0, 1, 2].map(|counter| block(nonce, occurrence, counter));
        self.0.encrypt_blocks(&mut blocks);
        let [tag, mask @ ..] = &blocks;
        let mask = mask.iter().flat_map(|block| block.iter());
        let entry = entry.to_bytes();
        let sealed = entry.iter().zip(mask).map(|(byte, mask)| byte ^ mask);
        let mut slot = [0; SLOT_BYTES];
        let bytes = tag.iter().copied().take(TAG_BYTES).chain(sealed);
        slot.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        blocks.iter_mut().for_each(|block| block.zeroize());
        slot
    }

    /// The tag of an occurrence.
    pub(super) fn tag(&self, nonce: &Nonce, occurrence: u32) -> Tag {
        let mut block = block(nonce, occurrence, 0);
        self.0.encrypt_block(&mut block);
        first(&block)
    }

    /// The tags of the first occurrence, of many segments. `[SRCH-4.2]`
    pub(super) fn tags(&self, nonces: &[Nonce], mut each: impl FnMut(usize, Tag)) {
        const TOGETHER: usize = 64;
        let mut blocks = [Block::default(); TOGETHER];
        for (chunk, nonces) in nonces.chunks(TOGETHER).enumerate() {
            let blocks = blocks.get_mut(..nonces.len()).unwrap_or_default();
            blocks.iter_mut().zip(nonces).for_each(|(place, nonce)| *place = block(nonce, 0, 0));
            self.0.encrypt_blocks(blocks);
            for (number, block) in blocks.iter().enumerate() {
                each(chunk * TOGETHER + number, first(block));
            }
        }
    }

    /// What stands in the slot of an occurrence; nothing in one that was not made with this key.
    pub(super) fn open(&self, nonce: &Nonce, occurrence: u32, slot: &Slot) -> Option<Entry> {
        let mut blocks = [1, 2].map(|counter| block(nonce, occurrence, counter));
        self.0.encrypt_blocks(&mut blocks);
        let (_, sealed) = slot.split_first_chunk::<TAG_BYTES>()?;
        let mask = blocks.iter().flat_map(|block| block.iter());
        let mut entry = [0; ENTRY_BYTES];
        let opened = sealed.iter().zip(mask).map(|(byte, mask)| byte ^ mask);
        entry.iter_mut().zip(opened).for_each(|(place, byte)| *place = byte);
        Entry::from_bytes(&entry)
    }
}

/// Slots that are opened at once.
pub(super) const OPENED: usize = 16;

impl EntryKey {
    /// What stands in the slots of one occurrence in several segments, of [`OPENED`] at most, and the tag of the occurrence after it:
    /// all blocks go through the cipher together. `[SRCH-4.2]`
    pub(super) fn open_all(
        &self,
        occurrence: u32,
        slots: &[(Nonce, Slot)],
        mut each: impl FnMut(usize, Option<Entry>, Tag),
    ) {
        let mut blocks = [[Block::default(); 3]; OPENED];
        for (blocks, (nonce, _)) in blocks.iter_mut().zip(slots) {
            *blocks = [
                block(nonce, occurrence, 1),
                block(nonce, occurrence, 2),
                block(nonce, occurrence.saturating_add(1), 0),
            ];
        }
        let blocks = blocks.get_mut(..slots.len()).unwrap_or_default();
        self.0.encrypt_blocks(blocks.as_flattened_mut());
        for (number, ([one, two, next], (_, slot))) in blocks.iter().zip(slots).enumerate() {
            let mut mask = [0; 32];
            let (low, high) = mask.split_at_mut(16);
            low.copy_from_slice(one);
            high.copy_from_slice(two);
            let mut entry = [0; ENTRY_BYTES];
            let sealed = slot.iter().skip(TAG_BYTES);
            entry.iter_mut().zip(sealed.zip(&mask)).for_each(|(place, (byte, mask))| *place = byte ^ mask);
            each(number, Entry::from_bytes(&entry), first(next));
        }
    }
}

fn first(block: &Block) -> Tag {
    let mut tag = Tag::default();
    tag.iter_mut().zip(block.iter()).for_each(|(place, byte)| *place = *byte);
    tag
}

/// The beginning of a tag. Those of a segment lie together, 16 times as many in a cache line as slots: nearly every segment that lacks a
/// tag is known by them alone.
pub(super) type Print = u16;

pub(super) fn print_of(tag: &Tag) -> Print {
    let [first, second, ..] = *tag;
    Print::from_be_bytes([first, second])
}

/// Whether one of `prints` is `wanted`: all are compared, as many at a time as the processor can.
pub(super) fn has_print(prints: &[Print], wanted: Print) -> bool {
    let in_any = |prints: &[Print]| prints.iter().fold(false, |any, print| any | (*print == wanted));
    let (blocks, rest) = prints.as_chunks::<32>();
    blocks.iter().any(|block| in_any(block)) || in_any(rest)
}

/// The place of a tag among slots in ascending order: tags are uniform, so that it is guessed first. `[SRCH-4.2]`
pub(super) fn find(slots: &[Slot], tag: &Tag) -> Option<usize> {
    let wanted = u64::from_be_bytes(*tag);
    let at =
        |place: usize| slots.get(place).and_then(|slot| slot.first_chunk().copied()).map(u64::from_be_bytes);
    let count = slots.len();
    let guess = (u128::from(wanted) * count as u128) >> 64;
    let guess = usize::try_from(guess).unwrap_or(0);
    // A span around the guess, doubled until it holds the tag.
    let (mut low, mut high, mut step) = (guess, guess, 2);
    while low > 0 && at(low).is_some_and(|here| here >= wanted) {
        low = low.saturating_sub(step);
        step *= 2;
    }
    step = 2;
    while high < count && at(high).is_some_and(|here| here < wanted) {
        high = (high + step).min(count);
        step *= 2;
    }
    let span = slots.get(low..high.saturating_add(1).min(count))?;
    let place =
        low + span.partition_point(|slot| slot.first_chunk::<TAG_BYTES>().is_some_and(|here| here < tag));
    at(place).is_some_and(|here| here == wanted).then_some(place)
}
