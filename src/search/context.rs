//! Where a keyword is looked for: which index, which part of it, which epoch. `[SRCH-1]`

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::error::NameError;
use crate::codec::{Decoder, Encoder, Hex, SUITE, unhex};
use crate::error::{DecodeError, DecodeReason};
use crate::hash::{Label, hash};
use crate::sign::VerifyingKey;

/// Longest name of a domain, in bytes.
pub const MAX_DOMAIN_BYTES: usize = 32;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The identifier of these bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// From 32 hexadecimal digits of either case.
            ///
            /// # Errors
            /// [`NameError::Identifier`] for any other text.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                unhex(text).map(Self).ok_or(NameError::Identifier)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&Hex(&self.0), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), Hex(&self.0))
            }
        }
    };
}

macro_rules! random {
    ($($name:ident),*) => {$(
        impl $name {
            /// A fresh one.
            pub fn random(rng: &mut impl CryptoRng) -> Self {
                let mut bytes = [0; 16];
                rng.fill_bytes(&mut bytes);
                Self(bytes)
            }
        }
    )*};
}

identifier!(
    /// The name of an index, which proves itself: it is a hash of its owner's public key. `[SRCH-1.1]`
    CollectionId
);
identifier!(
    /// A writer of an index: a device of its owner, a lab. Random, and another one in every index, so that the indexes of
    /// two patients do not show that one lab writes into both.
    WriterId
);
identifier!(
    /// What an entry points to: a record, under a name that is random and never used again.
    Handle
);
identifier!(
    /// A policy under which the seed for an index is wrapped.
    PolicyId
);
random!(WriterId, Handle, PolicyId);

impl CollectionId {
    pub(crate) fn of(owner: &VerifyingKey) -> Self {
        let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            hash(Label::CollectionId, &[&owner.to_bytes()]);
        Self(id)
    }
}

/// A part of an index that is granted by itself: `general`, `mental-health`. The name is public: the cloud sees it. `[SRCH-1.2]`
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(Box<str>);

impl Domain {
    /// The domain of this name: 1 to 32 of a-z, 0-9 and `-`.
    ///
    /// # Errors
    /// [`NameError::Domain`] for any other text.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if (1..=MAX_DOMAIN_BYTES).contains(&name.len()) && name.bytes().all(fits) {
            Ok(Self(name.into()))
        } else {
            Err(NameError::Domain)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A period of an index, from 1: each has keys of its own. Nothing to do with the epochs of a realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndexEpoch(u32);

impl IndexEpoch {
    /// The first one.
    pub const FIRST: Self = Self(1);

    /// The epoch of this number; none for 0.
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The one after it; none after the last.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

impl fmt::Display for IndexEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// `ctx`: index, domain, index epoch and version of the keyword pipeline. Everything secret in an index is bound to one. `[SRCH-1.3]`
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Context {
    /// The index.
    pub collection: CollectionId,
    /// The part of it.
    pub domain: Domain,
    /// The period.
    pub epoch: IndexEpoch,
    /// The version of what makes keywords out of records: writer and reader must use the same.
    pub pipeline: u16,
}

impl Context {
    /// `ctx` as it is hashed: suite, collection, domain, epoch, pipeline version.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut encoder = Encoder::bare(32 + self.domain.0.len());
        encoder.u8(SUITE);
        self.encode(&mut encoder);
        encoder.finish()
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.raw(self.collection.as_bytes());
        encoder.short_bytes(self.domain.0.as_bytes());
        encoder.u32(self.epoch.0);
        encoder.u16(self.pipeline);
    }

    pub(crate) fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let collection = CollectionId(decoder.array("collection")?);
        let (domain, epoch) = decode_scope(decoder)?;
        Ok(Self { collection, domain, epoch, pipeline: decoder.u16("pipeline version")? })
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.collection, self.domain, self.epoch)
    }
}

pub(super) fn encode_scope(encoder: &mut Encoder, domain: &Domain, epoch: IndexEpoch) {
    encoder.short_bytes(domain.0.as_bytes());
    encoder.u32(epoch.0);
}

pub(super) fn decode_scope(decoder: &mut Decoder<'_>) -> Result<(Domain, IndexEpoch), DecodeError> {
    let at = decoder.position();
    let domain = Domain::new(decoder.short_text(MAX_DOMAIN_BYTES, "domain")?).map_err(|error| {
        let NameError::Domain = error else {
            return Decoder::error_at(at, "domain", DecodeReason::NotNormalized);
        };
        let reason = DecodeReason::NotCanonical("a domain is 1 to 32 of a-z, 0-9 and `-`");
        Decoder::error_at(at, "domain", reason)
    })?;
    let at = decoder.position();
    let number =
        Decoder::checked(u64::from(decoder.u32("index epoch")?), at, "index epoch", 1, u64::from(u32::MAX))?;
    Ok((domain, IndexEpoch(u32::try_from(number).unwrap_or(u32::MAX))))
}

/// Text of an identifier, for messages.
pub(super) fn shown(id: &impl fmt::Display) -> Box<str> {
    id.to_string().into()
}
