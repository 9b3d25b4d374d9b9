//! The inside of a record. `[PHR-5.2]`

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::abe::payload::RecordName;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::outsource::UserId;
use crate::phr::consent::{decode_category, decode_labels, encode_labels};
use crate::phr::record::Description;
use crate::secret::SecretBytes;

/// Most bytes of a media type.
pub(in crate::phr) const MAX_CONTENT_TYPE_BYTES: usize = 255;

/// What a record holds: who has written it, what it is, and its content.
pub(in crate::phr) struct Body<'a> {
    /// The name in the writer's credential: so that nobody can pass a record off as that of another who happens to have a
    /// credential for the same signing key.
    pub(in crate::phr) writer: UserId,
    pub(in crate::phr) description: Description,
    pub(in crate::phr) content: Content<'a>,
}

pub(in crate::phr) enum Content<'a> {
    Here(&'a [u8]),
    /// In chunks of its own: a record stream of this name, sealed with the key of the same compartment and signed by the same
    /// writer, of so many bytes of payload.
    Attached {
        stream: RecordName,
        bytes: u64,
    },
}

impl<'a> Body<'a> {
    pub(in crate::phr) fn to_bytes(&self) -> SecretBytes {
        let description = &self.description;
        let here = match self.content {
            Content::Here(bytes) => bytes.len(),
            Content::Attached { .. } => 32,
        };
        let labels: usize = description.labels.iter().map(|label| 2 + label.as_str().len()).sum();
        let fixed = self.writer.encoded_len() + description.content_type.len() + 64;
        let mut encoder = Encoder::object(Kind::RecordBody, fixed + labels + here);
        self.writer.encode(&mut encoder);
        encoder.u8(description.category as u8);
        encode_labels(&mut encoder, &description.labels);
        encoder.short_bytes(description.content_type.as_bytes());
        encode_time(&mut encoder, description.occurred);
        encode_time(&mut encoder, description.recorded);
        match self.content {
            Content::Here(bytes) => {
                encoder.u8(0);
                encoder.raw(bytes);
            }
            Content::Attached { stream, bytes } => {
                encoder.u8(1);
                super::encode_name(&mut encoder, &stream);
                encoder.u64(bytes);
            }
        }
        encoder.finish_secret()
    }

    pub(in crate::phr) fn from_bytes(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::RecordBody)?;
        let writer = UserId::decode(&mut decoder)?;
        let category = decode_category(&mut decoder)?;
        let labels = decode_labels(&mut decoder)?;
        let content_type: Box<str> = decoder.short_text(MAX_CONTENT_TYPE_BYTES, "content type")?.into();
        let occurred = decode_time(&mut decoder)?;
        let recorded = decode_time(&mut decoder)?;
        let at = decoder.position();
        let content = match decoder.u8("place of the content")? {
            0 => Content::Here(decoder.raw(decoder.rest().len(), "content")?),
            1 => {
                let stream = super::decode_name(&mut decoder)?;
                Content::Attached { stream, bytes: decoder.u64("bytes")? }
            }
            other => {
                let reason = DecodeReason::OutOfRange { value: other.into(), min: 0, max: 1 };
                return Err(Decoder::error_at(at, "place of the content", reason));
            }
        };
        decoder.finish()?;
        let description = Description { category, labels, content_type, occurred, recorded };
        Ok(Self { writer, description, content })
    }
}

fn encode_time(encoder: &mut Encoder, time: Option<i64>) {
    encoder.u8(u8::from(time.is_some()));
    if let Some(time) = time {
        encoder.raw(&time.to_be_bytes());
    }
}

fn decode_time(decoder: &mut Decoder<'_>) -> Result<Option<i64>, DecodeError> {
    let at = decoder.position();
    let known = decoder.u8("whether the time is known")?;
    match Decoder::checked(known.into(), at, "whether the time is known", 0, 1)? {
        0 => Ok(None),
        _ => Ok(Some(i64::from_be_bytes(decoder.array("time")?))),
    }
}

/// Content of the body, copied out.
impl Content<'_> {
    pub(in crate::phr) fn to_vec(&self) -> Vec<u8> {
        match self {
            Content::Here(bytes) => bytes.to_vec(),
            Content::Attached { .. } => Vec::new(),
        }
    }
}
