//! What a reader gets from a proxy, and what he makes of it. `[OUT-5]`

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::reader::RetrievalKey;
use super::scheme;
use crate::abe::kem::{self, Commitment};
use crate::abe::payload::ContentKey;
use crate::abe::types::PublicParameters;
use crate::codec::{Decoder, Encoder, Hex, Kind};
use crate::error::{DecodeError, DecodeReason, OpenError};
use crate::math::{CheckedGt, GT_BYTES, Gt};
use crate::policy::Policy;

/// A header as a proxy has transformed it for one reader: its core, and T. `[OUT-5.2]`
///
/// Public: of use to this reader alone. About 820 bytes and the policy, however many rows the header has; the header
/// itself is not needed to finish.
#[derive(Clone)]
pub struct TransformedHeader {
    core: Arc<Commitment>,
    t: Element,
}

/// T: in GT and not 1.
#[derive(Clone)]
enum Element {
    /// As the proxy computed it.
    Computed(Box<Gt>),
    /// As the reader decoded it.
    Decoded(Box<CheckedGt>),
}

impl TransformedHeader {
    pub(super) fn new(core: Arc<Commitment>, t: Gt) -> Self {
        Self { core, t: Element::Computed(Box::new(t)) }
    }

    /// H(core) of the header that it claims to come from.
    pub fn core_id(&self) -> &[u8; 32] {
        self.core.id()
    }

    /// The policy of the header. A reader who finishes has no need of it, so that it is looked into here and not before.
    ///
    /// # Errors
    /// [`DecodeError`] if it is not canonical, which that of no accepted header is; nor does it finish.
    pub fn policy(&self) -> Result<Policy, DecodeError> {
        Ok(self.core.hdr()?.policy)
    }

    /// H(mpk) of the realm of the header.
    pub fn realm_id(&self) -> &[u8; 32] {
        self.core.realm()
    }

    fn t(&self) -> Gt {
        match &self.t {
            Element::Computed(t) => **t,
            Element::Decoded(t) => t.element(),
        }
    }

    #[cfg(test)]
    pub(super) fn into_parts(self) -> (Arc<Commitment>, Gt) {
        let t = self.t();
        (self.core, t)
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::object(Kind::TransformedHeader, self.core.encoded_len() + GT_BYTES);
        self.core.encode(&mut encoder);
        encoder.raw(&self.t().to_bytes());
        encoder.finish()
    }

    /// Decodes what a proxy sent. T is checked to lie in GT and not to be 1, so that whatever the proxy sends, no
    /// secret meets an element of another order. `[OUT-5.1]` C1, which is only hashed, is checked for its form, and so is
    /// the beginning of the policy. `[OUT-5.2]`
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::TransformedHeader)?;
        let core = Commitment::decode(&mut decoder)?;
        let at = decoder.position();
        let t = CheckedGt::from_bytes(&decoder.array("T")?).ok_or(Decoder::error_at(
            at,
            "T",
            DecodeReason::InvalidTargetElement,
        ))?;
        decoder.finish()?;
        Ok(Self { core: Arc::new(core), t: Element::Decoded(Box::new(t)) })
    }
}

impl RetrievalKey {
    /// Finishes: from what the proxy sent to the content key, if that is the one that the header `core_id` (what
    /// was asked for) commits to. `[OUT-5.1]`
    ///
    /// A proxy that lies is found out: whatever it sends, the content key is the right one or there is none.
    /// `context` is the one that the header was made for.
    ///
    /// # Errors
    /// [`OpenError`], whatever the reason.
    pub fn finish(
        &self,
        parameters: &PublicParameters,
        transformed: &TransformedHeader,
        core_id: &[u8; 32],
        context: &[u8],
    ) -> Result<ContentKey, OpenError> {
        let core = &transformed.core;
        if core.id() != core_id || !core.is_of(parameters.id(), &kem::context_id(context)) {
            return Err(OpenError);
        }
        let k = match &transformed.t {
            Element::Computed(t) => scheme::finish(t, &self.inverse_of_y),
            Element::Decoded(t) => scheme::finish_decoded(t, &self.inverse_of_y),
        };
        let content_key = kem::open(parameters.bases().e(), core, &k, false)?;
        Ok(ContentKey::new(content_key, *core_id))
    }
}

impl fmt::Debug for TransformedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransformedHeader").field("core", &Hex(self.core_id())).finish_non_exhaustive()
    }
}
