//! A header as a store keeps it: accepted, decoded, and sealed as time goes on. `[OUT-4.2]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use once_cell::race::OnceBox;
use rand_core::CryptoRng;

use crate::abe::scheme::Lines;
use crate::abe::types::{CurrentEpoch, Header, HeaderError, PublicParameters, decode_g2};
use crate::codec::{Decoder, Encoder, Hex, Kind};
use crate::epoch::{Epoch, EpochTree};
use crate::error::{DecodeError, DecodeReason};
use crate::math::{EncodedRow, G1_BYTES, G2, G2_BYTES, PreparedG2, UncheckedRow};
use crate::policy::SpanProgram;

/// The name of a stored header: 32 random bytes that the store draws when it accepts it, and never again.
///
/// What seals a header depends on its serial, so that no two headers may share one, and nobody may choose one: the
/// only ways to a serial are [`StoredHeader::accept`] and its like, and decoding what those made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Serial([u8; 32]);

/// A header as a store keeps it ready: validated once, its rows decoded, its span program at hand; sealed, in a realm
/// with epochs.
///
/// About 100 bytes for each row more than the header. Square roots of rows are more than half of what a
/// transformation of an encoded header with many rows costs; here they are taken already. One that is asked for often can
/// be [prepared](Self::prepare).
pub struct StoredHeader {
    serial: Serial,
    header: Header,
    program: SpanProgram,
    rows: Vec<UncheckedRow>,
    seal: Option<Seal>,
    lines: OnceBox<StoredLines>,
}

/// The lines through C1, C2 and the C of the seal.
pub(super) struct StoredLines {
    pub(super) header: Lines,
    pub(super) seal: Option<PreparedG2>,
}

/// What a seal adds to a header. `[REV-6.1]`
pub(crate) struct Seal {
    /// t.
    pub(crate) epoch: Epoch,
    /// The name of the key that sealed it.
    pub(crate) key: SealKeyId,
    /// C_seal.
    pub(crate) c: G2,
    /// E_θ for θ ∈ Cover(t).
    pub(crate) rows: Vec<UncheckedRow>,
}

/// The name of a seal key, 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SealKeyId(pub(crate) [u8; 16]);

impl SealKeyId {
    /// The name of these bytes: what a keeper in another process has told.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl Serial {
    fn random(rng: &mut impl CryptoRng) -> Self {
        let mut serial = [0; 32];
        rng.fill_bytes(&mut serial);
        Self(serial)
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        decoder.array("serial").map(Self)
    }

    /// The 32 bytes: the key under which a store files the header.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl StoredHeader {
    /// Accepts an upload in a realm without epochs: runs the public check of `[ABE-3.7]` and keeps what it decoded.
    ///
    /// # Errors
    /// [`HeaderError`] says why to refuse it; [`HeaderError::NeedsEpoch`] in a realm with epochs.
    pub fn accept(
        header: Header,
        parameters: &PublicParameters,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, HeaderError> {
        if header.realm_id() == parameters.id() && parameters.epochs().is_some() {
            return Err(HeaderError::NeedsEpoch);
        }
        Self::validated(header, parameters, rng)
    }

    /// Accepts an upload that was made in the current epoch: a reader who was dismissed before it has begun does not
    /// open it. `[REV-3]`
    ///
    /// # Errors
    /// [`HeaderError`] says why to refuse it; [`HeaderError::OtherEpoch`] if it was made in another.
    pub fn accept_at(
        current: CurrentEpoch<'_>,
        header: Header,
        parameters: &PublicParameters,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, HeaderError> {
        Self::accept_if(|made, current| made == current, current, header, parameters, rng)
    }

    /// Accepts an upload under embargo: made for a later epoch than the current one, before which nobody opens it.
    ///
    /// # Errors
    /// [`HeaderError`] says why to refuse it; [`HeaderError::OtherEpoch`] if it is not for a later one.
    pub fn accept_embargoed(
        current: CurrentEpoch<'_>,
        header: Header,
        parameters: &PublicParameters,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, HeaderError> {
        Self::accept_if(|made, current| made > current, current, header, parameters, rng)
    }

    fn accept_if(
        fits: impl Fn(Epoch, Epoch) -> bool,
        current: CurrentEpoch<'_>,
        header: Header,
        parameters: &PublicParameters,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, HeaderError> {
        if header.realm_id() != parameters.id() || current.realm_id() != parameters.id() {
            return Err(HeaderError::OtherRealm);
        }
        // A header without an epoch is refused below.
        match header.epoch() {
            Some(made) if !fits(made, current.epoch()) => {
                Err(HeaderError::OtherEpoch { made, current: current.epoch() })
            }
            _ => Self::validated(header, parameters, rng),
        }
    }

    fn validated(
        header: Header,
        parameters: &PublicParameters,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, HeaderError> {
        let (program, rows) = header.validated(parameters, rng)?;
        Ok(Self { serial: Serial::random(rng), header, program, rows, seal: None, lines: OnceBox::new() })
    }

    /// Its serial.
    pub fn serial(&self) -> &Serial {
        &self.serial
    }

    /// The header; once it is sealed its rows of time are others, and nothing opens it without the seal.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The epoch of its seal, if it is sealed.
    pub fn sealed_in(&self) -> Option<Epoch> {
        self.seal.as_ref().map(|seal| seal.epoch)
    }

    /// The name of the key that sealed it.
    pub fn sealed_by(&self) -> Option<SealKeyId> {
        self.seal.as_ref().map(|seal| seal.key)
    }

    /// The epoch that a reader's tokens must reach: that of the seal, or that in which it was made.
    pub fn needs(&self) -> Option<Epoch> {
        self.sealed_in().max(self.header.epoch())
    }

    /// Keeps what transformations of this header compute alike, for whatever reader: the lines through C1 and C2, and
    /// the C of its seal. `[OUT-4.2]`
    ///
    /// Each transformation is then about a sixth cheaper. It takes 40 KB, and 20 KB more for a seal and for
    /// each repetition of an attribute in the policy: for headers that many readers ask for.
    pub fn prepare(&self) {
        self.lines.get_or_init(|| Box::new(self.lines()));
    }

    pub(super) fn kept_lines(&self) -> Option<&StoredLines> {
        self.lines.get()
    }

    pub(super) fn lines(&self) -> StoredLines {
        let seal = self.seal.as_ref().map(|seal| PreparedG2::new(&seal.c));
        StoredLines { header: self.header.lines(), seal }
    }

    pub(crate) fn program(&self) -> &SpanProgram {
        &self.program
    }

    pub(crate) fn rows(&self) -> &[UncheckedRow] {
        &self.rows
    }

    pub(crate) fn seal_ref(&self) -> Option<&Seal> {
        self.seal.as_ref()
    }

    /// The rows of the time clause.
    pub(crate) fn time_rows(&self) -> &[UncheckedRow] {
        self.rows.get(..self.program.time_rows()).unwrap_or_default()
    }

    /// This header with other rows of time, and a seal.
    pub(crate) fn sealed(&self, time_rows: &[UncheckedRow], seal: Seal) -> Self {
        let mut rows = self.rows.clone();
        for (row, time_row) in rows.iter_mut().zip(time_rows) {
            *row = *time_row;
        }
        let header = self.header.with_time_rows(time_rows.iter().copied().map(EncodedRow::from));
        Self {
            serial: self.serial,
            header,
            program: self.program.clone(),
            rows,
            seal: Some(seal),
            lines: OnceBox::new(),
        }
    }

    /// The encoding, for the store: the header, 43 bytes and, if it is sealed, 112 bytes and 48 for each span of
    /// its seal. `[OUT-4.3]`
    pub fn to_bytes(&self) -> Vec<u8> {
        let header = self.header.to_bytes();
        let seal = self.seal.as_ref().map_or(0, |seal| 16 + G2_BYTES + G1_BYTES * seal.rows.len());
        let mut encoder = Encoder::object(Kind::StoredHeader, 32 + 4 + seal + header.len());
        encoder.raw(&self.serial.0);
        encoder.raw(&header);
        encoder.u32(self.sealed_in().map_or(0, Epoch::number));
        if let Some(seal) = &self.seal {
            encoder.raw(&seal.key.0);
            encoder.raw(&seal.c.to_bytes());
            for row in &seal.rows {
                encoder.raw(EncodedRow::from(*row).as_bytes());
            }
        }
        encoder.finish()
    }

    /// Decodes what [`StoredHeader::to_bytes`] made, **out of the store and nowhere else**: that it was accepted is believed, and
    /// so is its serial. Every row is decoded.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::StoredHeader)?;
        let serial = Serial::decode(&mut decoder)?;
        let (at, rest) = (decoder.position(), decoder.rest());
        let (header, after) = Header::split_from(rest)
            .map_err(|error| DecodeError { position: at + error.position, ..error })?;
        decoder.raw(rest.len() - after.len(), "header")?;
        let rows = header
            .decoded_rows()
            .map_err(|_| Decoder::error_at(at, "rows of the header", DecodeReason::InvalidPoint))?;
        let at = decoder.position();
        let sealed = decoder.u32("epoch of the seal")?;
        let seal = match header.clause() {
            _ if sealed == 0 => None,
            Some(clause) => {
                let (from, last) = (u64::from(clause.since.number()) + 1, clause.tree.last().number());
                Decoder::checked(sealed.into(), at, "epoch of the seal", from, last.into())?;
                Some(Seal::decode(clause.tree, sealed, at, &mut decoder)?)
            }
            None => {
                let reason = DecodeReason::NotCanonical("no seal in a realm without epochs");
                return Err(Decoder::error_at(at, "epoch of the seal", reason));
            }
        };
        decoder.finish()?;
        Ok(Self { serial, program: header.span_program(), rows, header, seal, lines: OnceBox::new() })
    }
}

impl Seal {
    fn decode(
        tree: EpochTree,
        epoch: u32,
        at: usize,
        decoder: &mut Decoder<'_>,
    ) -> Result<Self, DecodeError> {
        let (value, max) = (u64::from(epoch), u64::from(tree.last().number()));
        let out_of_range = DecodeReason::OutOfRange { value, min: 1, max };
        let epoch =
            tree.epoch(value).map_err(|_| Decoder::error_at(at, "epoch of the seal", out_of_range))?;
        let key = SealKeyId(decoder.array("seal key")?);
        let c = decode_g2(decoder, "C of the seal")?;
        let mut rows = Vec::new();
        for _ in tree.cover(epoch) {
            let at = decoder.position();
            let row = UncheckedRow::from_bytes(&decoder.array("row of the seal")?);
            rows.push(row.ok_or(Decoder::error_at(at, "row of the seal", DecodeReason::InvalidPoint))?);
        }
        Ok(Self { epoch, key, c, rows })
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({})", Hex(&self.0))
    }
}

impl fmt::Display for SealKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for SealKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKeyId({})", Hex(&self.0))
    }
}

impl fmt::Debug for StoredHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredHeader")
            .field("serial", &self.serial)
            .field("header", &self.header)
            .field("sealed_in", &self.sealed_in())
            .finish_non_exhaustive()
    }
}
