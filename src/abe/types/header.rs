//! The header of a compartment: core, C2 and rows. `[ABE-5.3]`

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use thiserror::Error;

use super::parameters::PublicParameters;
#[cfg(feature = "std")]
use crate::abe::kem::policy_length;
use crate::abe::kem::{Commitment, Core};
use crate::abe::scheme::{self, Ciphertext, Lines, Received};
use crate::codec::{Decoder, Encoder, Hex, Kind, PROLOGUE_BYTES};
use crate::epoch::{Epoch, TimeClause};
use crate::error::{DecodeError, DecodeReason};
use crate::math::{EncodedRow, G1_BYTES, G2, G2_BYTES, UncheckedRow};
use crate::policy::{Policy, SpanProgram};

/// An encapsulated content key under its policy: what stands before the records of a compartment.
///
/// Public. 332 bytes, 96 for each repetition of the most repeated attribute, 48 for each row, and
/// the policy; in a realm with epochs 4 bytes and a row for each span that covers its time.
#[derive(Clone)]
pub struct Header {
    core: Arc<Core>,
    c1: G2,
    c2: Vec<G2>,
    rows: Vec<EncodedRow>,
}

/// A header that no honest writer makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// It is for a realm with other public parameters.
    #[error("the header is for another realm: ask for the public parameters that its writer used")]
    OtherRealm,
    /// In a realm with epochs a store says in which it is.
    #[error("the realm has epochs: accept the header with the current one")]
    NeedsEpoch,
    /// It was made in another epoch than the one that the realm is in.
    #[error(
        "the header was made in epoch {made}, and the realm is in epoch {current}: let its writer encrypt it again in the current epoch (or accept it under embargo, if it is for a later one)"
    )]
    OtherEpoch {
        /// The header's.
        made: Epoch,
        /// The realm's.
        current: Epoch,
    },
    /// The realm has other epochs than the header, or none, or the header has none.
    #[error(
        "the header's epochs are not those of its realm: it was not made by this library; refuse the upload"
    )]
    Epochs,
    /// A row is not a point of the curve.
    #[error("row {0} of the header is not a point of the curve: refuse the upload")]
    Row(usize),
    /// The rows do not share one secret: two authorised readers could see different records.
    #[error(
        "the rows of the header contradict each other: authorised readers would disagree; refuse the upload"
    )]
    Inconsistent,
}

/// Bytes before the time clause: prologue, realm, schema, context.
const BEFORE_CLAUSE: usize = PROLOGUE_BYTES + 3 * 32;
/// The fewest bytes before the policy: those before the clause, a clause of one byte, and the length of the policy.
#[cfg(feature = "std")]
pub(crate) const FIXED_BYTES: usize = BEFORE_CLAUSE + 1 + 4;

impl Header {
    pub(crate) fn new(core: Core, ciphertext: Ciphertext) -> Self {
        let rows = ciphertext.c3.into_iter().map(EncodedRow::from).collect();
        Self { core: Arc::new(core), c1: ciphertext.c1, c2: ciphertext.c2, rows }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    pub(crate) fn commitment(&self) -> Arc<Commitment> {
        self.core.commitment()
    }

    #[cfg(test)]
    pub(crate) fn c1(&self) -> &G2 {
        &self.c1
    }

    #[cfg(test)]
    pub(crate) fn c2(&self) -> &[G2] {
        &self.c2
    }

    pub(crate) fn lines(&self) -> Lines {
        Lines::new(&self.c1, &self.c2)
    }

    pub(crate) fn rows(&self) -> &[EncodedRow] {
        &self.rows
    }

    /// Who may open it.
    pub fn policy(&self) -> &Policy {
        &self.core.hdr.policy
    }

    /// H(mpk) of the realm it was made for.
    pub fn realm_id(&self) -> &[u8; 32] {
        &self.core.hdr.realm
    }

    /// H(schema) of the schema that the policy was written under.
    pub fn schema_id(&self) -> &[u8; 32] {
        self.core.hdr.policy.schema_id()
    }

    /// H(context) of the context that it was made for.
    #[cfg(feature = "std")]
    pub(crate) fn context_id(&self) -> &[u8; 32] {
        &self.core.hdr.context
    }

    /// The epoch that it was made in (or, under embargo, for): who opens it needs a key that is good until then.
    /// `None` in a realm without epochs.
    pub fn epoch(&self) -> Option<Epoch> {
        self.clause().map(|clause| clause.since)
    }

    pub(crate) fn clause(&self) -> Option<TimeClause> {
        self.core.hdr.clause
    }

    pub(crate) fn span_program(&self) -> SpanProgram {
        self.core.hdr.span_program()
    }

    /// H(core), the name of what is encapsulated here. Refreshing rows does not change it.
    pub fn core_id(&self) -> &[u8; 32] {
        self.core.id()
    }

    /// The public validity check, for whoever accepts an upload: passes if and only if every
    /// authorised set of attributes recovers the same key (up to a chance of 2^-254). `[ABE-3.7]`
    ///
    /// It needs no secret, and does not say whether the core is one that anybody can open.
    ///
    /// # Errors
    /// [`HeaderError`] says what is wrong with the rows.
    pub fn validate(
        &self,
        parameters: &PublicParameters,
        rng: &mut impl CryptoRng,
    ) -> Result<(), HeaderError> {
        self.validated(parameters, rng).map(drop)
    }

    /// As `validate`; yields what the check has made of the header.
    pub(crate) fn validated(
        &self,
        parameters: &PublicParameters,
        rng: &mut impl CryptoRng,
    ) -> Result<(SpanProgram, Vec<UncheckedRow>), HeaderError> {
        if self.realm_id() != parameters.id() {
            return Err(HeaderError::OtherRealm);
        }
        if self.clause().map(|clause| clause.tree) != parameters.epochs() {
            return Err(HeaderError::Epochs);
        }
        let c3 = self.decoded_rows()?;
        let program = self.span_program();
        let h = parameters.bases().points(program.labels());
        let received = Received { lines: &self.lines(), c3: &c3, seal: None };
        let valid = scheme::ciphertext_is_valid(&program, &h, &received, rng);
        if valid { Ok((program, c3)) } else { Err(HeaderError::Inconsistent) }
    }

    /// This header with other rows of time.
    pub(crate) fn with_time_rows(&self, time_rows: impl Iterator<Item = EncodedRow>) -> Self {
        let mut header = self.clone();
        header.rows.iter_mut().zip(time_rows).for_each(|(row, time_row)| *row = time_row);
        header
    }

    /// The points of all rows.
    pub(crate) fn decoded_rows(&self) -> Result<Vec<UncheckedRow>, HeaderError> {
        let rows = self.rows.iter().enumerate();
        rows.map(|(index, row)| row.decode().ok_or(HeaderError::Row(index))).collect()
    }

    /// Bytes of every header under `policy`, which depend on nothing else, in a realm without epochs.
    pub fn encoded_len(policy: &Policy) -> usize {
        let program = policy.span_program();
        let before_policy = BEFORE_CLAUSE + 1 + 4;
        before_policy
            + policy.canonical_bytes().len()
            + bytes_after_policy(program.tau(), program.rows().len())
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let after_core = G2_BYTES * self.c2.len() + G1_BYTES * self.rows.len();
        let mut encoder = Encoder::object(Kind::Header, self.core.encoded_len() + after_core);
        self.core.encode(&mut encoder);
        for c2 in &self.c2 {
            encoder.raw(&c2.to_bytes());
        }
        for row in &self.rows {
            encoder.raw(row.as_bytes());
        }
        encoder.finish()
    }

    /// Decodes a header.
    ///
    /// C1 and C2 are checked to lie in their group. A row is checked to be a canonical encoding;
    /// whether it is a point of the curve shows when the row is used, or in [`Header::validate`].
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (header, rest) = Self::split_from(bytes)?;
        match rest.len() {
            0 => Ok(header),
            left => {
                let position = bytes.len() - left;
                Err(Decoder::error_at(position, "end", DecodeReason::TrailingBytes(left)))
            }
        }
    }

    /// Decodes a header and returns what follows it.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn split_from(bytes: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Header)?;
        let core = Core::decode(&mut decoder)?;
        let at = decoder.position() - G2_BYTES;
        let c1 = core.c1.decode().ok_or(Decoder::error_at(at, "C1", DecodeReason::InvalidPoint))?;
        let program = core.hdr.span_program();
        let mut c2 = Vec::with_capacity(program.tau());
        for _ in 0..program.tau() {
            c2.push(decode_g2(&mut decoder, "C2")?);
        }
        let mut rows = Vec::with_capacity(program.rows().len());
        for _ in program.rows() {
            let at = decoder.position();
            let row = EncodedRow::from_bytes(&decoder.array("C3")?);
            rows.push(row.ok_or(Decoder::error_at(at, "C3", DecodeReason::InvalidPoint))?);
        }
        Ok((Self { core: Arc::new(core), c1, c2, rows }, decoder.rest()))
    }

    /// How many bytes a header has at least that begins with these, which are [`FIXED_BYTES`] or more, and whether that is
    /// all of it.
    #[cfg(feature = "std")]
    pub(crate) fn least_length(bytes: &[u8]) -> Result<(usize, bool), DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::Header)?;
        decoder.raw(3 * 32, "realm, schema and context")?;
        let clause_and_length = |decoder: &mut Decoder<'_>| {
            let clause = TimeClause::decode(decoder)?;
            Ok((clause, policy_length(decoder)?))
        };
        let (clause, length) = match clause_and_length(&mut decoder) {
            Err(DecodeError { reason: DecodeReason::Truncated { .. }, .. }) => {
                return Ok((BEFORE_CLAUSE + TimeClause::MAX_BYTES + 4, false));
            }
            other => other?,
        };
        let (at, rest) = (decoder.position(), decoder.rest());
        let Some(policy) = rest.get(..length) else { return Ok((at + length, false)) };
        let policy = Policy::from_canonical_bytes(policy, [0; 32])
            .map_err(|error| DecodeError { position: at + error.position, ..error })?;
        let program = policy.span_program_with(clause.map(TimeClause::labels).unwrap_or_default());
        Ok((at + length + bytes_after_policy(program.tau(), program.rows().len()), true))
    }
}

pub(crate) fn decode_g2(decoder: &mut Decoder<'_>, field: &'static str) -> Result<G2, DecodeError> {
    let at = decoder.position();
    G2::from_bytes(&decoder.array(field)?).ok_or(Decoder::error_at(at, field, DecodeReason::InvalidPoint))
}

/// c_m, C1, C2 and rows.
fn bytes_after_policy(tau: usize, rows: usize) -> usize {
    32 + G2_BYTES * (1 + tau) + G1_BYTES * rows
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("core", &Hex(self.core_id()))
            .field("policy", &self.policy())
            .finish_non_exhaustive()
    }
}
