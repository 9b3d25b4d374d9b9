//! What can go wrong, and what to do then.
//!
//! Errors about public data (decoding, policies, key requests) are rich: they name the position,
//! the reason and a remedy. Everything that can go wrong while *opening* a ciphertext is one and the
//! same [`OpenError`], because the difference between two failures is what a chosen-ciphertext
//! attack feeds on.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

/// A byte string is not the canonical encoding of the expected object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("byte {position}: {field}: {reason}")]
pub struct DecodeError {
    /// Offset of the first byte of the offending field.
    pub position: usize,
    /// The field that could not be read, in the words of the specification.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: DecodeReason,
}

/// Why a field was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeReason {
    /// The input ends inside the field.
    #[error("the input ends too early: {needed} bytes are needed, {left} are left; is the file cut short?")]
    Truncated {
        /// Bytes that the field takes.
        needed: usize,
        /// Bytes that are left.
        left: usize,
    },
    /// Bytes follow the end of the object.
    #[error("{0} bytes follow after the end of the object")]
    TrailingBytes(usize),
    /// The input does not start with the magic bytes `HPCR`.
    #[error("this is not a hippocrypt object (it does not start with \"HPCR\")")]
    NotHippocrypt,
    /// Written by a version that this one does not know.
    #[error("format version {0} is unknown; this library reads version 1: update it")]
    UnknownVersion(u8),
    /// Another cipher suite.
    #[error("cipher suite {0} is unknown; this library knows suite 1")]
    UnknownSuite(u8),
    /// A valid prologue of another kind of object.
    #[error("this is {found}, but {expected} is needed")]
    WrongKind {
        /// What the caller asked for.
        expected: crate::codec::Kind,
        /// What the bytes claim to be.
        found: crate::codec::Kind,
    },
    /// A kind byte that no object has.
    #[error("kind {0} is unknown to this version")]
    UnknownKind(u8),
    /// A number outside its allowed range.
    #[error("{value} is outside the allowed range {min} to {max}")]
    OutOfRange {
        /// The number found.
        value: u64,
        /// Least allowed.
        min: u64,
        /// Greatest allowed.
        max: u64,
    },
    /// Text that is not UTF-8 in normalization form C.
    #[error("the text is not UTF-8 in normalization form C")]
    NotNormalized,
    /// Entries that are not strictly ascending (a duplicate, or another order).
    #[error("entries must be strictly ascending: this one repeats or precedes the one before")]
    NotAscending,
    /// A scalar that is not below the group order, or zero where that is not allowed.
    #[error("not a canonical scalar of the group order, or zero where zero is not allowed")]
    InvalidScalar,
    /// Bytes that are not the compressed form of a usable curve point.
    #[error("not a canonical point of the prime-order group (or the identity, which is not allowed)")]
    InvalidPoint,
    /// Bytes that are not an element of the target group.
    #[error("not a canonical element of the target group (or its identity, which is not allowed)")]
    InvalidTargetElement,
    /// Bytes that are not an Ed25519 public key.
    #[error("not a usable Ed25519 public key")]
    InvalidVerifyingKey,
    /// An encoding of the right value that is not its canonical one.
    #[error("a correct encoding of this value looks different: {0}")]
    NotCanonical(&'static str),
    /// A signature that does not verify.
    #[error("the signature of {0} does not verify")]
    BadSignature(&'static str),
}

/// A ciphertext, record or chunk could not be opened.
///
/// Deliberately without any detail: a key that does not fit, another context, a changed bit, a
/// ciphertext made for another realm and a truncated payload are all this one error. Whether a key
/// *satisfies a policy* is public and can be asked beforehand: see [`crate::Policy::missing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenError;

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the record could not be opened: wrong key, wrong context, or a damaged or forged ciphertext",
        )
    }
}

impl core::error::Error for OpenError {}

/// The candidate that `word` was probably meant to be: at most two edits away, and at most half of it.
pub(crate) fn did_you_mean(word: &str, candidates: impl Iterator<Item = String>) -> Option<String> {
    let limit = 2.min(word.chars().count().div_ceil(3));
    let distance = |candidate: &String| edit_distance(&word.to_lowercase(), &candidate.to_lowercase());
    let near = candidates.map(|candidate| (distance(&candidate), candidate));
    near.filter(|(distance, _)| *distance <= limit).min().map(|(_, candidate)| candidate)
}

/// Levenshtein distance, row by row.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let above = *cell;
            left = (diagonal + usize::from(x != *y)).min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, distance) in
            [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("flaw", "lawn", 2)]
        {
            assert_eq!(edit_distance(a, b), distance, "{a} {b}");
            assert_eq!(edit_distance(b, a), distance);
        }
        let names = || ["clearance", "shift-end"].map(String::from).into_iter();
        assert_eq!(did_you_mean("clearence", names()).as_deref(), Some("clearance"));
        assert_eq!(did_you_mean("Clearance", names()).as_deref(), Some("clearance"));
        assert_eq!(did_you_mean("age", names()), None);
    }
}
