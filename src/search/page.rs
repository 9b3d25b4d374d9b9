//! Segments on their way from a server to a mirror. `[SRCH-7.3]`

use alloc::vec::Vec;

use super::context::{Context, WriterId};
use super::segment::{MAX_SLOTS, SignedHeader};
use super::slot::SLOT_BYTES;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::DecodeError;

/// Bytes of a segment, at most.
pub(super) const MAX_SEGMENT_BYTES: usize = MAX_SLOTS * SLOT_BYTES + 512;

/// Segments of one context, for every writer of it.
pub(super) struct Page {
    pub(super) context: Context,
    pub(super) parts: Vec<Part>,
}

/// What there is of one writer.
pub(super) struct Part {
    pub(super) writer: WriterId,
    /// The header of its newest segment; none if it has written nothing.
    pub(super) tip: Option<SignedHeader>,
    /// Encoded segments, in their order.
    pub(super) segments: Vec<Vec<u8>>,
}

impl Page {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let segments: usize =
            self.parts.iter().flat_map(|part| &part.segments).map(|bytes| 4 + bytes.len()).sum();
        let mut encoder = Encoder::object(Kind::SegmentPage, 128 + 320 * self.parts.len() + segments);
        self.context.encode(&mut encoder);
        encoder.count(self.parts.len());
        for part in &self.parts {
            encoder.raw(part.writer.as_bytes());
            encoder.u8(part.tip.is_some().into());
            if let Some(tip) = &part.tip {
                tip.encode(&mut encoder);
            }
            encoder.count(part.segments.len());
            part.segments.iter().for_each(|segment| encoder.long_bytes(segment));
        }
        encoder.finish()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::SegmentPage)?;
        let context = Context::decode(&mut decoder)?;
        let count = decoder.count(21, "number of writers")?;
        let mut parts = Vec::new();
        for _ in 0..count {
            let writer = WriterId::from_bytes(decoder.array("writer")?);
            let at = decoder.position();
            let some = Decoder::checked(decoder.u8("tip")?.into(), at, "tip", 0, 1)? == 1;
            let tip = if some { Some(SignedHeader::decode(&mut decoder)?) } else { None };
            let mut segments = Vec::new();
            for _ in 0..decoder.count(4, "number of segments")? {
                segments.push(decoder.long_bytes(MAX_SEGMENT_BYTES, "segment")?.to_vec());
            }
            parts.push(Part { writer, tip, segments });
        }
        decoder.finish()?;
        Ok(Self { context, parts })
    }
}
