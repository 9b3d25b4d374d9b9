//! Hashing to G1: RFC 9380, suite `BLS12381G1_XOF:SHAKE-256_SSWU_RO_`. (SPEC `[MATH-6]`)

use alloc::vec::Vec;

use shake::Shake256;
use shake::digest::{ExtendableOutput, Update, XofReader};

use super::Active;
use super::backend::Backend;
use super::group::G1;

/// What a point stands for. Every domain has a tag of its own: an attribute whose point equalled B
/// would give its holder g1^α.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HashDomain {
    /// Attributes, H_attr.
    Attribute,
    /// Spans of epochs, H_time.
    Time,
    /// The base B = H_base().
    Base,
    /// Keywords of a search index, H_kw.
    Keyword,
}

impl HashDomain {
    /// The domain separation tag.
    pub const fn tag(self) -> &'static [u8] {
        match self {
            HashDomain::Attribute => b"HIPPOCRYPT-V01-CS01-with-BLS12381G1_XOF:SHAKE-256_SSWU_RO_ATTR",
            HashDomain::Time => b"HIPPOCRYPT-V01-CS01-with-BLS12381G1_XOF:SHAKE-256_SSWU_RO_TIME",
            HashDomain::Base => b"HIPPOCRYPT-V01-CS01-with-BLS12381G1_XOF:SHAKE-256_SSWU_RO_BASE",
            HashDomain::Keyword => b"HIPPOCRYPT-V01-CS01-with-BLS12381G1_XOF:SHAKE-256_SSWU_RO_KWRD",
        }
    }
}

/// The point of `message` in `domain`: uniform in G1, of unknown discrete logarithm.
pub fn hash_to_g1(domain: HashDomain, message: &[u8]) -> G1 {
    G1(Active::p1_to_affine(&hash_to_p1::<Active>(message, domain.tag())))
}

/// The points of many messages, with one inversion for all.
pub fn hash_all_to_g1<'a>(messages: impl IntoIterator<Item = (HashDomain, &'a [u8])>) -> Vec<G1> {
    let points: Vec<_> =
        messages.into_iter().map(|(domain, message)| hash_to_p1::<Active>(message, domain.tag())).collect();
    Active::p1_batch_to_affine(&points).into_iter().map(G1).collect()
}

/// The suite's k, in bits.
const SECURITY_LEVEL: usize = 128;

/// `hash_to_curve` of RFC 9380, section 3, with the suite's parameters (m = 1, L = 64, k = 128).
pub(crate) fn hash_to_p1<B: Backend>(message: &[u8], tag: &[u8]) -> B::P1 {
    let mut u = [0u8; 64];
    let mut v = [0u8; 64];
    let mut uniform = expand_message_xof(message, tag, 128);
    uniform.read(&mut u);
    uniform.read(&mut v);
    B::map_to_p1(&u, &v)
}

/// `expand_message_xof` of RFC 9380, section 5.3.2, with SHAKE256; the reader yields `length` bytes.
pub(crate) fn expand_message_xof(message: &[u8], tag: &[u8], length: u16) -> impl XofReader {
    let mut state = Shake256::default();
    state.update(message);
    state.update(&length.to_be_bytes());
    // Section 5.3.3: a tag of more than 255 bytes is replaced by its hash of ceil(2k / 8) bytes.
    let long: Vec<u8>;
    let tag = if tag.len() > 255 {
        let mut hash = Shake256::default();
        hash.update(b"H2C-OVERSIZE-DST-");
        hash.update(tag);
        let mut reader = hash.finalize_xof();
        let mut bytes = alloc::vec![0; 2 * SECURITY_LEVEL / 8];
        reader.read(&mut bytes);
        long = bytes;
        &long
    } else {
        tag
    };
    state.update(tag);
    state.update(&[u8::try_from(tag.len()).unwrap_or(u8::MAX)]);
    state.finalize_xof()
}
