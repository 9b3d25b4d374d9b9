//! What a proxy does: it accepts headers and transforms them for readers who ask. `[OUT-4]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::Cell;
use core::fmt;

use once_cell::race::OnceBox;
use rand_core::CryptoRng;
use thiserror::Error;

use super::finish::TransformedHeader;
use super::request::{Purpose, TransformRequest};
use super::scheme;
use super::transform_key::TransformKey;
use crate::abe::scheme::PreparedCiphertext;
use crate::abe::types::{Header, HeaderError, PublicParameters};
use crate::math::UncheckedRow;
use crate::policy::{Label, Missing, Selection, SpanProgram};

/// A header as a proxy keeps it ready: validated once, its rows decoded, its span program at hand.
///
/// About 100 bytes for each row more than the header. Square roots of rows are more than half of what a
/// transformation of an encoded header with many rows costs; here they are taken already.
///
/// A header that is asked for often can be [prepared](Self::prepare).
pub struct StoredHeader {
    header: Header,
    program: SpanProgram,
    rows: Vec<UncheckedRow>,
    lines: OnceBox<PreparedCiphertext>,
}

/// A header that cannot be transformed with this key. All of it is public.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TransformError {
    /// Header and key are of different realms.
    #[error("the header belongs to another realm than the transform key")]
    OtherRealm,
    /// The attributes of the key do not satisfy the policy.
    #[error("the reader does not satisfy the policy of the record: {0}")]
    NotSatisfied(Missing),
    /// A row is not a point of the curve.
    #[error(
        "row {0} of the header is not a point of the curve: it was damaged, or accepted without validation"
    )]
    Row(usize),
    /// The result is 1, which no honest header yields.
    #[error("the header encapsulates nothing: it was damaged, or accepted without validation")]
    Empty,
}

/// A request that is not served.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The request names another key than this one.
    #[error("the request names another transform key: look the key up by the id in the request")]
    OtherKey,
    /// The request names another header than this one.
    #[error("the request names another header: look the header up by the id in the request")]
    OtherHeader,
    /// The request is not signed by the reader whose key it names.
    #[error("the request is not signed by the reader whose key it names: do not serve it")]
    Signature,
    /// It is signed, and the header cannot be transformed with his key.
    #[error(transparent)]
    Transform(#[from] TransformError),
}

impl StoredHeader {
    /// Accepts an upload: runs the public check of `[ABE-3.7]` and keeps what it decoded.
    ///
    /// # Errors
    /// [`HeaderError`] says why to refuse it.
    pub fn accept(
        header: Header,
        parameters: &PublicParameters,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, HeaderError> {
        let (program, rows) = header.validated(parameters, rng)?;
        Ok(Self { header, program, rows, lines: OnceBox::new() })
    }

    /// A header that was accepted before, out of the proxy's own storage: without the check.
    ///
    /// # Errors
    /// [`HeaderError::Row`] if a row is not a point, which an accepted header has not.
    pub fn reload(header: Header) -> Result<Self, HeaderError> {
        let rows = header.decoded_rows()?;
        Ok(Self { program: header.policy().span_program(), rows, header, lines: OnceBox::new() })
    }

    /// Keeps what transformations of this header compute alike, for whatever reader: the lines through C1 and C2.
    ///
    /// Each transformation is then about a sixth cheaper, from the second one on. It takes 40 KB, and 20 KB more for
    /// each repetition of an attribute in the policy: for headers that many readers ask for.
    pub fn prepare(&self) {
        self.lines.get_or_init(|| Box::new(lines(&self.header)));
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }
}

fn lines(header: &Header) -> PreparedCiphertext {
    PreparedCiphertext::new(header.c1(), header.c2())
}

/// Which component of a key belongs to a label, asked for label after label.
struct Positions<'k> {
    key: &'k TransformKey,
    /// After the one found last: canonical policies and keys have their labels in the same order.
    next: Cell<usize>,
}

impl<'k> Positions<'k> {
    fn of(key: &'k TransformKey) -> Self {
        Self { key, next: Cell::new(0) }
    }

    fn find(&self, label: &Label) -> Option<usize> {
        let next = self.next.get();
        let position = if self.key.has_at(next, label) { next } else { self.key.position(label)? };
        self.next.set(position + 1);
        Some(position)
    }
}

impl TransformKey {
    /// Answers a reader's request for `header`: checks that it names this key and this header and that the reader
    /// of this key has signed it, and transforms. `[OUT-6.2]`
    ///
    /// Refuse a nonce that this key's reader has used before: see [`TransformRequest::nonce`].
    ///
    /// # Errors
    /// [`ServeError`] says why not.
    pub fn serve(
        &self,
        request: &TransformRequest,
        header: &StoredHeader,
    ) -> Result<TransformedHeader, ServeError> {
        if request.key_id() != self.id() || request.realm_id() != self.realm_id() {
            return Err(ServeError::OtherKey);
        }
        if request.core_id() != header.header.core_id() {
            return Err(ServeError::OtherHeader);
        }
        if !request.is_signed_by(self.facts.request_key) {
            return Err(ServeError::Signature);
        }
        match request.purpose() {
            Purpose::Transform => Ok(self.transform_stored(header)?),
        }
    }

    /// Transforms a header: T = K^y, of use to the reader of this key alone. Decodes the rows that it uses. `[OUT-4.1]`
    ///
    /// # Errors
    /// [`TransformError`] speaks of public data.
    pub fn transform(&self, header: &Header) -> Result<TransformedHeader, TransformError> {
        let program = header.policy().span_program();
        let selection = self.select(header, &program)?;
        self.apply(header, &program, &selection, None, |row| header.rows().get(row)?.decode())
    }

    /// The same for a stored header, whose rows are decoded. `[OUT-4.2]`
    ///
    /// # Errors
    /// [`TransformError`] speaks of public data.
    pub fn transform_stored(&self, stored: &StoredHeader) -> Result<TransformedHeader, TransformError> {
        let selection = self.select(&stored.header, &stored.program)?;
        self.apply_stored(stored, &selection)
    }

    /// The same for many, one after the other as the iterator is asked. Which rows to use is found once for a run of
    /// headers under one policy. `[OUT-4.2]`
    pub fn transform_all<'h>(
        &'h self,
        headers: impl IntoIterator<Item = &'h StoredHeader>,
    ) -> impl Iterator<Item = Result<TransformedHeader, TransformError>> {
        let mut last: Option<(&'h StoredHeader, Selection)> = None;
        headers.into_iter().map(move |stored| {
            let header = &stored.header;
            let selection = match last.take() {
                Some((before, selection))
                    if before.header.policy() == header.policy()
                        && before.header.realm_id() == header.realm_id() =>
                {
                    selection
                }
                _ => self.select(header, &stored.program)?,
            };
            let transformed = self.apply_stored(stored, &selection);
            last = Some((stored, selection));
            transformed
        })
    }

    /// The rows to use, and their coefficients.
    fn select(&self, header: &Header, program: &SpanProgram) -> Result<Selection, TransformError> {
        if header.realm_id() != self.realm_id() {
            return Err(TransformError::OtherRealm);
        }
        let positions = Positions::of(self);
        let selection = program.reconstruct(|label| positions.find(label).is_some());
        // Where nothing is missing there is a selection.
        selection.ok_or_else(|| match self.missing(header.policy()) {
            Some(missing) => TransformError::NotSatisfied(missing),
            None => TransformError::Empty,
        })
    }

    fn apply_stored(
        &self,
        stored: &StoredHeader,
        selection: &Selection,
    ) -> Result<TransformedHeader, TransformError> {
        let row = |row: usize| stored.rows.get(row).copied();
        self.apply(&stored.header, &stored.program, selection, stored.lines.get(), row)
    }

    fn apply(
        &self,
        header: &Header,
        program: &SpanProgram,
        selection: &Selection,
        prepared: Option<&PreparedCiphertext>,
        row: impl Fn(usize) -> Option<UncheckedRow>,
    ) -> Result<TransformedHeader, TransformError> {
        let mut c3 = Vec::with_capacity(selection.rows.len());
        for (index, _) in &selection.rows {
            c3.push(row(*index).ok_or(TransformError::Row(*index))?);
        }
        let positions = Positions::of(self);
        let transform = |ciphertext: &PreparedCiphertext| {
            scheme::transform(
                self.blinded(),
                |label| positions.find(label),
                program,
                selection,
                ciphertext,
                &c3,
            )
        };
        let t = match prepared {
            Some(prepared) => transform(prepared),
            None => transform(&lines(header)),
        };
        match t {
            Some(t) if !t.is_one() => Ok(TransformedHeader::new(header.shared_core(), t)),
            _ => Err(TransformError::Empty),
        }
    }
}

impl fmt::Debug for StoredHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoredHeader").field(&self.header).finish()
    }
}
