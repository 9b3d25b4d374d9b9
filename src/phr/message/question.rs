//! What a reader asks. `[PHR-7]`

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use crate::abe::payload::RecordName;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::Label;
use crate::outsource::{RequestKey, UserId};
use crate::phr::audit::AuditEvent;
use crate::phr::record::PatientHandle;
use crate::revoke::ProxyName;
use crate::search::{Context, WriterId};
use crate::sign::{SIGNATURE_BYTES, VerifyingKey};

/// Most records that one question names.
pub(in crate::phr) const MAX_NAMES: usize = 4096;

/// Most bytes of why the glass is broken.
pub(in crate::phr) const MAX_REASON_BYTES: usize = 1024;

/// Most bytes of tags in one question.
const MAX_QUERY_BYTES: usize = 1 << 24;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::phr) enum Ask {
    /// The names of a patient's records that the reader may open, from after this compartment on.
    List { patient: PatientHandle, after: Option<[u8; 32]> },
    /// These records.
    Open { names: Vec<RecordName> },
    /// Every record of a patient that the reader may open, from after this compartment on.
    OpenAll { patient: PatientHandle, after: Option<[u8; 32]> },
    /// Chunks of a record's attachment.
    Chunks { name: RecordName, first: u32, count: u32 },
    /// Whose index the patient's is, and its head.
    Index { patient: PatientHandle },
    /// A wrapped seed of the patient's index, transformed.
    Seed { patient: PatientHandle, core: [u8; 32] },
    /// Segments of the patient's index, from these places on.
    Segments { patient: PatientHandle, context: Context, positions: Vec<(WriterId, u64)> },
    /// The nonces of all segments of a context.
    Outline { patient: PatientHandle, context: Context },
    /// Tags to look up.
    Match { patient: PatientHandle, query: Vec<u8> },
    /// As `OpenAll`, in an emergency, and why.
    BreakGlass { patient: PatientHandle, after: Option<[u8; 32]>, reason: Box<str> },
    /// What happened to the patient's records.
    Account { patient: PatientHandle },
}

impl Ask {
    /// What is written down when it is answered.
    pub(in crate::phr) fn event(&self) -> AuditEvent {
        match self {
            Ask::List { .. } => AuditEvent::Listed,
            Ask::Open { .. } | Ask::OpenAll { .. } => AuditEvent::Opened,
            Ask::Chunks { .. } => AuditEvent::Fetched,
            Ask::BreakGlass { .. } => AuditEvent::BrokeGlass,
            Ask::Account { .. } => AuditEvent::Audited,
            Ask::Index { .. }
            | Ask::Seed { .. }
            | Ask::Segments { .. }
            | Ask::Outline { .. }
            | Ask::Match { .. } => AuditEvent::Searched,
        }
    }

    /// The patient it is about, if it names one.
    pub(in crate::phr) fn patient(&self) -> Option<&PatientHandle> {
        match self {
            Ask::Open { .. } | Ask::Chunks { .. } => None,
            Ask::List { patient, .. }
            | Ask::OpenAll { patient, .. }
            | Ask::BreakGlass { patient, .. }
            | Ask::Account { patient }
            | Ask::Index { patient }
            | Ask::Seed { patient, .. }
            | Ask::Segments { patient, .. }
            | Ask::Outline { patient, .. }
            | Ask::Match { patient, .. } => Some(patient),
        }
    }
}

/// A reader's question, signed by his request key.
#[derive(Clone)]
pub(in crate::phr) struct Question {
    pub(in crate::phr) realm: [u8; 32],
    pub(in crate::phr) user: UserId,
    /// Whom it asks: another cloud does not answer it.
    pub(in crate::phr) cloud: ProxyName,
    pub(in crate::phr) time: u64,
    pub(in crate::phr) nonce: [u8; 32],
    pub(in crate::phr) ask: Ask,
    signature: [u8; SIGNATURE_BYTES],
}

/// Who asks whom, and when.
pub(in crate::phr) struct Occasion<'a> {
    pub(in crate::phr) realm: &'a [u8; 32],
    pub(in crate::phr) user: &'a UserId,
    pub(in crate::phr) cloud: &'a ProxyName,
    pub(in crate::phr) time: u64,
}

impl Question {
    pub(in crate::phr) fn sign(
        key: &RequestKey,
        occasion: &Occasion<'_>,
        ask: Ask,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let mut question = Self {
            realm: *occasion.realm,
            user: occasion.user.clone(),
            cloud: occasion.cloud.clone(),
            time: occasion.time,
            nonce,
            ask,
            signature: [0; SIGNATURE_BYTES],
        };
        question.signature = key.sign_as(Label::QuestionSignature, &[&question.body()]);
        question
    }

    pub(in crate::phr) fn is_signed_by(&self, key: VerifyingKey) -> bool {
        key.verifies(Label::QuestionSignature, &[&self.body()], &self.signature)
    }

    fn body(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(256);
        encoder.raw(&self.realm);
        self.user.encode(&mut encoder);
        encoder.short_bytes(self.cloud.as_str().as_bytes());
        encoder.u64(self.time);
        encoder.raw(&self.nonce);
        match &self.ask {
            Ask::List { patient, after } => {
                encoder.u8(1);
                encode_place(&mut encoder, patient, after);
            }
            Ask::Open { names } => {
                encoder.u8(2);
                encoder.count(names.len());
                names.iter().for_each(|name| super::encode_name(&mut encoder, name));
            }
            Ask::OpenAll { patient, after } => {
                encoder.u8(3);
                encode_place(&mut encoder, patient, after);
            }
            Ask::Chunks { name, first, count } => {
                encoder.u8(4);
                super::encode_name(&mut encoder, name);
                encoder.u32(*first);
                encoder.u32(*count);
            }
            Ask::Index { patient } => {
                encoder.u8(5);
                encoder.raw(patient.as_bytes());
            }
            Ask::Seed { patient, core } => {
                encoder.u8(6);
                encoder.raw(patient.as_bytes());
                encoder.raw(core);
            }
            Ask::Segments { patient, context, positions } => {
                encoder.u8(7);
                encoder.raw(patient.as_bytes());
                context.encode(&mut encoder);
                encoder.count(positions.len());
                for (writer, next) in positions {
                    encoder.raw(writer.as_bytes());
                    encoder.u64(*next);
                }
            }
            Ask::Outline { patient, context } => {
                encoder.u8(8);
                encoder.raw(patient.as_bytes());
                context.encode(&mut encoder);
            }
            Ask::Match { patient, query } => {
                encoder.u8(9);
                encoder.raw(patient.as_bytes());
                encoder.long_bytes(query);
            }
            Ask::BreakGlass { patient, after, reason } => {
                encoder.u8(10);
                encode_place(&mut encoder, patient, after);
                encoder.short_bytes(reason.as_bytes());
            }
            Ask::Account { patient } => {
                encoder.u8(11);
                encoder.raw(patient.as_bytes());
            }
        }
        encoder.finish()
    }

    pub(in crate::phr) fn to_bytes(&self) -> Vec<u8> {
        let body = self.body();
        let mut encoder = Encoder::object(Kind::Question, body.len() + SIGNATURE_BYTES);
        encoder.raw(&body);
        encoder.raw(&self.signature);
        encoder.finish()
    }

    pub(in crate::phr) fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Question)?;
        let realm = decoder.array("realm id")?;
        let user = UserId::decode(&mut decoder)?;
        let cloud = ProxyName::decode(&mut decoder)?;
        let time = decoder.u64("time")?;
        let nonce = decoder.array("nonce")?;
        let at = decoder.position();
        let ask = match decoder.u8("what is asked")? {
            1 => {
                let (patient, after) = decode_place(&mut decoder)?;
                Ask::List { patient, after }
            }
            2 => {
                let at = decoder.position();
                let count = decoder.count(super::NAME_BYTES, "number of records")?;
                Decoder::checked(count as u64, at, "number of records", 1, MAX_NAMES as u64)?;
                let names = (0..count).map(|_| super::decode_name(&mut decoder)).collect::<Result<_, _>>()?;
                Ask::Open { names }
            }
            3 => {
                let (patient, after) = decode_place(&mut decoder)?;
                Ask::OpenAll { patient, after }
            }
            4 => Ask::Chunks {
                name: super::decode_name(&mut decoder)?,
                first: decoder.u32("first chunk")?,
                count: decoder.u32("number of chunks")?,
            },
            5 => Ask::Index { patient: decode_patient(&mut decoder)? },
            6 => {
                let patient = decode_patient(&mut decoder)?;
                Ask::Seed { patient, core: decoder.array("core id")? }
            }
            7 => {
                let patient = decode_patient(&mut decoder)?;
                let context = Context::decode(&mut decoder)?;
                let count = decoder.count(24, "number of writers")?;
                let position = |decoder: &mut Decoder<'_>| {
                    Ok((WriterId::from_bytes(decoder.array("writer")?), decoder.u64("segment")?))
                };
                let positions =
                    (0..count).map(|_| position(&mut decoder)).collect::<Result<_, DecodeError>>()?;
                Ask::Segments { patient, context, positions }
            }
            8 => {
                let patient = decode_patient(&mut decoder)?;
                Ask::Outline { patient, context: Context::decode(&mut decoder)? }
            }
            9 => {
                let patient = decode_patient(&mut decoder)?;
                Ask::Match { patient, query: decoder.long_bytes(MAX_QUERY_BYTES, "tags")?.to_vec() }
            }
            10 => {
                let (patient, after) = decode_place(&mut decoder)?;
                let reason = decoder.short_text(MAX_REASON_BYTES, "reason")?.into();
                Ask::BreakGlass { patient, after, reason }
            }
            11 => Ask::Account { patient: decode_patient(&mut decoder)? },
            other => {
                let reason = DecodeReason::OutOfRange { value: other.into(), min: 1, max: 11 };
                return Err(Decoder::error_at(at, "what is asked", reason));
            }
        };
        let signature = decoder.array("signature")?;
        decoder.finish()?;
        Ok(Self { realm, user, cloud, time, nonce, ask, signature })
    }
}

fn decode_patient(decoder: &mut Decoder<'_>) -> Result<PatientHandle, DecodeError> {
    Ok(PatientHandle::from_bytes(decoder.array("patient")?))
}

fn encode_place(encoder: &mut Encoder, patient: &PatientHandle, after: &Option<[u8; 32]>) {
    encoder.raw(patient.as_bytes());
    encode_cursor(encoder, after);
}

fn decode_place(decoder: &mut Decoder<'_>) -> Result<(PatientHandle, Option<[u8; 32]>), DecodeError> {
    let patient = PatientHandle::from_bytes(decoder.array("patient")?);
    Ok((patient, decode_cursor(decoder)?))
}

/// A compartment to go on after, if any.
pub(super) fn encode_cursor(encoder: &mut Encoder, after: &Option<[u8; 32]>) {
    encoder.u8(u8::from(after.is_some()));
    if let Some(after) = after {
        encoder.raw(after);
    }
}

pub(super) fn decode_cursor(decoder: &mut Decoder<'_>) -> Result<Option<[u8; 32]>, DecodeError> {
    let at = decoder.position();
    let some = decoder.u8("whether to go on")?;
    match Decoder::checked(some.into(), at, "whether to go on", 0, 1)? {
        0 => Ok(None),
        _ => Ok(Some(decoder.array("compartment")?)),
    }
}
