//! Segments: what a writer adds to an index at a time. Immutable, chained, signed. `[SRCH-5]`

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::context::{Context, WriterId};
use super::slot::{NONCE_BYTES, Nonce, SLOT_BYTES, Slot};
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::{Label, hash};
use crate::merkle::{self, Hash, MerkleTree, leaf_hash};
use crate::sign::{SIGNATURE_BYTES, SigningKey, VerifyingKey};

/// Slots of a segment, at most: 1.8 MB.
pub const MAX_SLOTS: usize = 1 << 16;

/// What a segment says of itself, and all that its writer signs: the slots are in it by their root. Public. `[SRCH-5.1]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentHeader {
    pub(super) context: Context,
    pub(super) writer: WriterId,
    /// 0, 1, 2, .. for each writer and context.
    pub(super) sequence: u64,
    /// The oldest segment of the chain that is still needed: those before it were merged into later ones.
    pub(super) first: u64,
    /// The id of the segment before, zeros for the first.
    pub(super) previous: Hash,
    pub(super) nonce: Nonce,
    pub(super) count: u32,
    /// The Merkle root over the slots.
    pub(super) root: Hash,
}

/// A header and its writer's signature: what is left of a segment when its slots are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeader {
    pub(super) header: SegmentHeader,
    pub(super) signature: [u8; SIGNATURE_BYTES],
}

/// A segment: header, slots in ascending order, signature. Public: without keys it looks random. `[SRCH-5]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub(super) signed: SignedHeader,
    pub(super) slots: Box<[Slot]>,
}

impl SegmentHeader {
    /// Where it belongs.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Who has written it.
    pub fn writer(&self) -> &WriterId {
        &self.writer
    }

    /// Its number in the chain of its writer, from 0.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The number of the oldest segment of the chain that is still needed.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Slots, padding included.
    pub fn slots(&self) -> u32 {
        self.count
    }

    /// The id: the hash of everything in it. The next segment of the chain bears it.
    pub(super) fn id(&self) -> Hash {
        let mut encoder = Encoder::bare(160);
        self.encode(&mut encoder);
        encoder.raw(&self.root);
        hash(Label::SegmentId, &[&encoder.finish()])
    }

    fn encode(&self, encoder: &mut Encoder) {
        self.context.encode(encoder);
        encoder.raw(self.writer.as_bytes());
        encoder.u64(self.sequence);
        encoder.u64(self.first);
        encoder.raw(&self.previous);
        encoder.raw(&self.nonce);
        encoder.u32(self.count);
    }

    /// Everything but the root.
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let context = Context::decode(decoder)?;
        let writer = WriterId::from_bytes(decoder.array("writer")?);
        let sequence = decoder.u64("sequence number")?;
        let at = decoder.position();
        let first = Decoder::checked(decoder.u64("first segment")?, at, "first segment", 0, sequence)?;
        let previous = decoder.array("previous segment")?;
        let at = decoder.position();
        if sequence == 0 && previous != Hash::default() {
            let reason = DecodeReason::NotCanonical("the first segment of a chain has none before it");
            return Err(Decoder::error_at(at, "previous segment", reason));
        }
        let nonce = decoder.array::<NONCE_BYTES>("nonce")?;
        let at = decoder.position();
        let count = Decoder::checked(
            decoder.u32("number of slots")?.into(),
            at,
            "number of slots",
            1,
            MAX_SLOTS as u64,
        )?;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Self { context, writer, sequence, first, previous, nonce, count, root: Hash::default() })
    }
}

impl SignedHeader {
    /// The header. Claimed, until its signature is verified.
    pub fn header(&self) -> &SegmentHeader {
        &self.header
    }

    pub(super) fn sign(header: SegmentHeader, key: &SigningKey) -> Self {
        let signature = key.sign(Label::SegmentSignature, &[&header.id()]);
        Self { header, signature }
    }

    pub(super) fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        key.verifies(Label::SegmentSignature, &[&self.header.id()], &self.signature)
    }

    pub(super) fn encode(&self, encoder: &mut Encoder) {
        self.header.encode(encoder);
        encoder.raw(&self.header.root);
        encoder.raw(&self.signature);
    }

    pub(super) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let mut header = SegmentHeader::decode(decoder)?;
        header.root = decoder.array("root")?;
        Ok(Self { header, signature: decoder.array("signature")? })
    }
}

impl Segment {
    /// What it says of itself.
    pub fn header(&self) -> &SegmentHeader {
        &self.signed.header
    }

    /// Header and signature, without the slots.
    pub fn signed_header(&self) -> &SignedHeader {
        &self.signed
    }

    /// Makes a segment of slots that are in ascending order.
    pub(super) fn sign(mut header: SegmentHeader, slots: Box<[Slot]>, key: &SigningKey) -> Self {
        header.root = root_of(&slots);
        Self { signed: SignedHeader::sign(header, key), slots }
    }

    /// The encoding: 28 bytes a slot, and about 180.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::object(Kind::Segment, 220 + SLOT_BYTES * self.slots.len());
        self.signed.header.encode(&mut encoder);
        self.slots.iter().for_each(|slot| encoder.raw(slot));
        encoder.raw(&self.signed.signature);
        encoder.finish()
    }

    /// Decodes a segment. Its signature is for whoever knows the head of the index.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical: slots must be strictly ascending.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Segment)?;
        let mut header = SegmentHeader::decode(&mut decoder)?;
        let at = decoder.position();
        let count = usize::try_from(header.count).unwrap_or(usize::MAX);
        let raw = decoder.raw(count.saturating_mul(SLOT_BYTES), "slots")?;
        let slots: Box<[Slot]> = raw.as_chunks::<SLOT_BYTES>().0.into();
        if !slots.is_sorted_by(|one, next| one < next) {
            return Err(Decoder::error_at(at, "slots", DecodeReason::NotAscending));
        }
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        header.root = root_of(&slots);
        Ok(Self { signed: SignedHeader { header, signature }, slots })
    }
}

/// The proof that the slot at `place` is one of these.
pub(super) fn path_of(slots: &[Slot], place: usize) -> Option<Vec<Hash>> {
    let leaves: Vec<Hash> = slots.iter().map(|slot| leaf_hash(&[slot])).collect();
    merkle::prove_inclusion(&leaves, place)
}

pub(super) fn root_of(slots: &[Slot]) -> Hash {
    let mut tree = MerkleTree::new();
    slots.iter().for_each(|slot| tree.push(leaf_hash(&[slot])));
    tree.root()
}
