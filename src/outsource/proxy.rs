//! What a proxy does: it transforms headers for readers who ask. `[OUT-4]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::vec::Vec;
use core::cell::Cell;

use thiserror::Error;

use super::finish::TransformedHeader;
use super::proxy_key::ProxyKey;
use super::request::{Purpose, TransformRequest};
use super::scheme;
use super::stored::{Seal, StoredHeader, StoredLines};
use crate::abe::scheme::{Lines, Received, ReceivedSeal};
use crate::abe::types::Header;
use crate::epoch::{Epoch, EpochTree};
use crate::math::{G1, PreparedG2, UncheckedRow};
use crate::policy::{Label, Missing, Selection, SpanProgram};

/// A header that cannot be transformed with this key. All of it is public.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TransformError {
    /// Header and key are of different realms.
    #[error("the header belongs to another realm than the transform key")]
    OtherRealm,
    /// In a realm with epochs a proxy has duties before it transforms.
    #[error("the realm has epochs: get a permit for the key from the `Proxy`")]
    NeedsPermit,
    /// The attributes of the key do not satisfy the policy.
    #[error("the reader does not satisfy the policy of the record: {0}")]
    NotSatisfied(Missing),
    /// The tokens of the key do not reach the epoch of the record, or of its seal.
    #[error(
        "the reader's key is good until epoch {until}, and the record needs one that is good until {needed}: refresh its tokens, unless the authority has dismissed him"
    )]
    Tokens {
        /// The epoch that they reach.
        until: Epoch,
        /// The epoch of the record or of its seal.
        needed: Epoch,
    },
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
    /// The request is one of another reader than this key's.
    #[error("the request is one of another reader than the key's: look the keys of its user up")]
    OtherReader,
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

/// Which component of a key belongs to a label, asked for label after label.
struct Components<'k> {
    key: &'k ProxyKey,
    /// After the one found last: canonical policies and keys have their labels in the same order.
    next: Cell<usize>,
}

impl<'k> Components<'k> {
    fn of(key: &'k ProxyKey) -> Self {
        Self { key, next: Cell::new(0) }
    }

    fn find(&self, label: &Label) -> Option<&'k G1> {
        let next = self.next.get();
        if let Some(component) = self.key.component_at(next, label) {
            self.next.set(next + 1);
            return Some(component);
        }
        let (position, component) = self.key.find(label)?;
        self.next.set(position + 1);
        Some(component)
    }
}

impl ProxyKey {
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
        self.check_request(request, header)?;
        match request.purpose() {
            Purpose::Transform => Ok(self.transform_stored(header)?),
        }
    }

    /// Whether the reader of this key has signed the request, and it asks for this header.
    pub(crate) fn check_request(
        &self,
        request: &TransformRequest,
        header: &StoredHeader,
    ) -> Result<(), ServeError> {
        if request.user() != self.user() || request.realm_id() != self.realm_id() {
            return Err(ServeError::OtherReader);
        }
        if request.core_id() != header.header().core_id() {
            return Err(ServeError::OtherHeader);
        }
        if !request.is_signed_by(self.facts.request_key) {
            return Err(ServeError::Signature);
        }
        Ok(())
    }

    /// In a realm with epochs a key is used with a permit.
    fn free(&self) -> Result<&Self, TransformError> {
        if self.facts.issued.is_some() { Err(TransformError::NeedsPermit) } else { Ok(self) }
    }

    /// Transforms a header as it was made: T = K^y, of use to the reader of this key alone. Decodes the rows that it
    /// uses. `[OUT-4.1]`
    ///
    /// # Errors
    /// [`TransformError`] speaks of public data.
    pub fn transform(&self, header: &Header) -> Result<TransformedHeader, TransformError> {
        self.free()?.apply_to_header(header)
    }

    pub(crate) fn apply_to_header(&self, header: &Header) -> Result<TransformedHeader, TransformError> {
        let program = header.span_program();
        let selection = self.select(header, &program)?;
        let row = |row: usize| header.rows().get(row)?.decode();
        self.apply(header, &header.lines(), &program, &selection, row, None)
    }

    /// The same for a stored header, whose rows are decoded, and which may be sealed. `[OUT-4.2]`
    ///
    /// # Errors
    /// [`TransformError`] speaks of public data.
    pub fn transform_stored(&self, stored: &StoredHeader) -> Result<TransformedHeader, TransformError> {
        self.free()?.apply_to_stored(stored)
    }

    pub(crate) fn apply_to_stored(&self, stored: &StoredHeader) -> Result<TransformedHeader, TransformError> {
        let selection = self.select(stored.header(), stored.program())?;
        self.apply_stored(stored, &selection)
    }

    /// The same for many, one after the other as the iterator is asked. Which rows to use is found once for a run of
    /// headers of one epoch under one policy. `[OUT-4.2]`
    pub fn transform_all<'h>(
        &'h self,
        headers: impl IntoIterator<Item = &'h StoredHeader>,
    ) -> impl Iterator<Item = Result<TransformedHeader, TransformError>> {
        let refused = self.free().err();
        self.apply_to_all(headers).map(move |transformed| match &refused {
            Some(error) => Err(error.clone()),
            None => transformed,
        })
    }

    pub(crate) fn apply_to_all<'h>(
        &'h self,
        headers: impl IntoIterator<Item = &'h StoredHeader>,
    ) -> impl Iterator<Item = Result<TransformedHeader, TransformError>> {
        let mut last: Option<(&'h Header, Selection)> = None;
        headers.into_iter().map(move |stored| {
            let header = stored.header();
            let selection = match last.take() {
                Some((before, selection))
                    if before.policy() == header.policy()
                        && before.clause() == header.clause()
                        && before.realm_id() == header.realm_id() =>
                {
                    selection
                }
                _ => self.select(header, stored.program())?,
            };
            let transformed = self.apply_stored(stored, &selection);
            last = Some((header, selection));
            transformed
        })
    }

    /// The rows to use, and their coefficients.
    fn select(&self, header: &Header, program: &SpanProgram) -> Result<Selection, TransformError> {
        if header.realm_id() != self.realm_id() {
            return Err(TransformError::OtherRealm);
        }
        let components = Components::of(self);
        let selection = program.reconstruct(|label| components.find(label).is_some());
        // Where nothing is missing there is a selection.
        selection.ok_or_else(|| match (self.missing(header.policy()), self.tokens_until(), header.epoch()) {
            (Some(missing), _, _) => TransformError::NotSatisfied(missing),
            (None, Some(until), Some(needed)) => TransformError::Tokens { until, needed },
            _ => TransformError::Empty,
        })
    }

    fn apply_stored(
        &self,
        stored: &StoredHeader,
        selection: &Selection,
    ) -> Result<TransformedHeader, TransformError> {
        let header = stored.header();
        let row = |row: usize| stored.rows().get(row).copied();
        let apply = |lines: &StoredLines| {
            let seal = stored.seal_ref().zip(header.clause()).zip(lines.seal.as_ref());
            let seal = seal.map(|((seal, clause), c)| self.unsealing(seal, c, clause.tree)).transpose()?;
            self.apply(header, &lines.header, stored.program(), selection, row, seal)
        };
        match stored.kept_lines() {
            Some(lines) => apply(lines),
            None => apply(&stored.lines()),
        }
    }

    /// θ' ∈ Cover(t) ∩ Path: the row of the seal, and the token that fits. `[REV-6.3]`
    fn unsealing<'a>(
        &'a self,
        seal: &Seal,
        c: &'a PreparedG2,
        tree: EpochTree,
    ) -> Result<ReceivedSeal<'a>, TransformError> {
        let labels = tree.labels(&tree.cover(seal.epoch));
        let fitting = labels
            .iter()
            .zip(&seal.rows)
            .find_map(|(label, row)| Some(ReceivedSeal { c, row: *row, k3: self.component(label)? }));
        fitting.ok_or(match self.tokens_until() {
            Some(until) => TransformError::Tokens { until, needed: seal.epoch },
            None => TransformError::Empty,
        })
    }

    fn apply(
        &self,
        header: &Header,
        lines: &Lines,
        program: &SpanProgram,
        selection: &Selection,
        row: impl Fn(usize) -> Option<UncheckedRow>,
        seal: Option<ReceivedSeal<'_>>,
    ) -> Result<TransformedHeader, TransformError> {
        let mut c3 = Vec::with_capacity(selection.rows.len());
        for (index, _) in &selection.rows {
            c3.push(row(*index).ok_or(TransformError::Row(*index))?);
        }
        let received = Received { lines, c3: &c3, seal };
        let components = Components::of(self);
        let t =
            scheme::transform(self.blinded(), |label| components.find(label), program, selection, &received);
        match t {
            Some(t) if !t.is_one() => Ok(TransformedHeader::new(header.commitment(), t)),
            _ => Err(TransformError::Empty),
        }
    }
}
