//! Every operation that is measured.
//!
//! To add one, write its entry into [`OPERATIONS`] and its function into one of the files here:
//!
//! ```text
//! fn keygen<'w>(world: &'w World, cell: &Cell) -> Result<Work<'w>, Wrong> {
//!     prepare what all samples share
//!     Ok(Box::new(move |watch| {
//!         make fresh inputs
//!         let result = watch.time(|| the operation);
//!         verify the result
//!         Ok(its size in bytes)
//!     }))
//! }
//! ```
//!
//! A parameter that is no axis of the grid (the depth of a tree of epochs, say) is a [`Setting`]: the operation
//! is measured under each of its settings, and the rows bear them.

mod aead;
mod epochs;
mod groups;
mod keys;
mod messages;
mod outsource;
mod payload;

use super::Wrong;
use super::clock::Stopwatch;
use super::grid::{Axes, Cell, MESSAGE, PAYLOADS};
use super::world::World;

/// Runs an operation once (or often, if it is short) with fresh inputs, verifies what it did, and
/// returns the bytes of what it makes or reads.
pub type Work<'w> = Box<dyn FnMut(&mut Stopwatch<'_>) -> Result<usize, Wrong> + 'w>;

/// What a row depends on besides the axes, by name.
pub type Setting = &'static [(&'static str, &'static str)];

/// An operation that is measured.
#[derive(Debug)]
pub struct Operation {
    pub name: &'static str,
    /// What is measured, in a line of the manual.
    pub about: &'static str,
    pub axes: Axes,
    pub settings: &'static [Setting],
    pub prepare: for<'w> fn(&'w World, &Cell) -> Result<Work<'w>, Wrong>,
}

/// Depends on nothing.
const BARE: Axes = Axes { policy: false, temp: false, payloads: &[] };
/// Depends on the policy, or on the attributes of it.
const POLICY: Axes = Axes { policy: true, temp: true, payloads: &[] };
/// Depends on the policy, and carries a payload.
const POLICY_AND_MESSAGE: Axes = Axes { payloads: &MESSAGE, ..POLICY };
/// Depends on the payload alone.
const PAYLOAD: Axes = Axes { payloads: &PAYLOADS, ..BARE };

const NO_SETTING: &[Setting] = &[&[]];
/// The chunk size of every record that is made without another choice.
const CHUNK: (&str, &str) = ("chunk", "64KiB");
const CHUNKS: &[Setting] = &[&[CHUNK]];

/// How the data of a record come and go; `payload.rs` says what each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Api {
    Memory,
    Into,
    InPlace,
    Stream,
}

impl Api {
    const ALL: [(Api, (&str, &str)); 4] =
        [(Api::Memory, MEMORY), (Api::Into, INTO), (Api::InPlace, IN_PLACE), (Api::Stream, STREAM)];

    fn of(cell: &Cell) -> Result<Self, Wrong> {
        let found = Self::ALL.into_iter().find(|(_, setting)| cell.setting.contains(setting));
        found.map(|(api, _)| api).ok_or_else(|| Wrong::new("no such api"))
    }
}

const MEMORY: (&str, &str) = ("api", "memory");
const INTO: (&str, &str) = ("api", "into");
const IN_PLACE: (&str, &str) = ("api", "in-place");
const STREAM: (&str, &str) = ("api", "stream");

const SEALING: &[Setting] = &[&[CHUNK, MEMORY], &[CHUNK, INTO], &[CHUNK, IN_PLACE], &[CHUNK, STREAM]];
const OPENING: &[Setting] = &[&[CHUNK, MEMORY], &[CHUNK, IN_PLACE], &[CHUNK, STREAM]];
const COPYING: &[Setting] = &[&[CHUNK, MEMORY], &[CHUNK, INTO], &[CHUNK, STREAM]];

/// In a realm without epochs, and in one with epochs: the depth of its tree.
const ANY_REALM: &[Setting] = &[&[], &[D10], &[D13], &[D16], &[D17]];
const WITH_EPOCHS: &[Setting] = &[&[D10], &[D13], &[D16], &[D17]];
const D10: (&str, &str) = ("D", "10");
const D13: (&str, &str) = ("D", "13");
const D16: (&str, &str) = ("D", "16");
const D17: (&str, &str) = ("D", "17");

const REFRESHING: &[Setting] = &[&[D10, KEYS_4096], &[D13, KEYS_4096], &[D16, KEYS_4096], &[D17, KEYS_4096]];
const VERIFYING: &[Setting] = &[
    &[D10, KEYS_1],
    &[D10, KEYS_1000],
    &[D13, KEYS_1],
    &[D13, KEYS_1000],
    &[D16, KEYS_1],
    &[D16, KEYS_1000],
    &[D17, KEYS_1],
    &[D17, KEYS_1000],
];
const KEYS_1: (&str, &str) = ("keys", "1");
const KEYS_1000: (&str, &str) = ("keys", "1000");
const KEYS_4096: (&str, &str) = ("keys", "4096");

/// The nodes of the cover of the seal's epoch, of which the most are D - 1.
const SEALS: &[Setting] = &[
    &[D10, FIRST, ("nodes", "9")],
    &[D10, AGAIN, ("nodes", "9")],
    &[D13, FIRST, ("nodes", "12")],
    &[D13, AGAIN, ("nodes", "12")],
    &[D16, FIRST, ("nodes", "8")],
    &[D16, AGAIN, ("nodes", "8")],
    &[D16, FIRST, ("nodes", "13")],
    &[D16, AGAIN, ("nodes", "13")],
    &[D16, FIRST, ("nodes", "15")],
    &[D16, AGAIN, ("nodes", "15")],
    &[D17, FIRST, ("nodes", "16")],
    &[D17, AGAIN, ("nodes", "16")],
];
const FIRST: (&str, &str) = ("seal", "first");
const AGAIN: (&str, &str) = ("seal", "again");

pub static OPERATIONS: [Operation; 19] = [
    Operation {
        name: "pairing",
        about: "one pairing: the unit, as an operation of its own",
        axes: BARE,
        settings: NO_SETTING,
        prepare: groups::pairing,
    },
    Operation { name: "setup", about: "a new realm", axes: BARE, settings: NO_SETTING, prepare: keys::setup },
    Operation {
        name: "keygen",
        about: "a key for the attributes of the policy",
        axes: POLICY,
        settings: NO_SETTING,
        prepare: keys::keygen,
    },
    Operation {
        name: "delegate",
        about: "a key for the same attributes, out of another key",
        axes: POLICY,
        settings: NO_SETTING,
        prepare: keys::delegate,
    },
    Operation {
        name: "encrypt",
        about: "from the plaintext to the bytes of the ciphertext",
        axes: POLICY_AND_MESSAGE,
        settings: CHUNKS,
        prepare: messages::encrypt,
    },
    Operation {
        name: "decrypt",
        about: "from these bytes to the plaintext",
        axes: POLICY_AND_MESSAGE,
        settings: CHUNKS,
        prepare: messages::decrypt,
    },
    Operation {
        name: "decapsulate",
        about: "from a decoded header to its content key",
        axes: POLICY,
        settings: NO_SETTING,
        prepare: messages::decapsulate,
    },
    Operation {
        name: "validate",
        about: "the public check of a decoded header",
        axes: POLICY,
        settings: NO_SETTING,
        prepare: messages::validate,
    },
    Operation {
        name: "issue",
        about: "from a reader's enrolment to the bytes of his transform key",
        axes: POLICY,
        settings: ANY_REALM,
        prepare: outsource::issue,
    },
    Operation {
        name: "transform",
        about: "of a stored header, with a key that was used before",
        axes: POLICY,
        settings: ANY_REALM,
        prepare: outsource::transform,
    },
    Operation {
        name: "transform-sealed",
        about: "the same of a header that is sealed",
        axes: POLICY,
        settings: WITH_EPOCHS,
        prepare: epochs::transform_sealed,
    },
    Operation {
        name: "finish",
        about: "from the bytes of a transformed header to the content key",
        axes: POLICY,
        settings: ANY_REALM,
        prepare: outsource::finish,
    },
    Operation {
        name: "refresh",
        about: "the two tokens of a key for an epoch, in a batch of keys",
        axes: BARE,
        settings: REFRESHING,
        prepare: epochs::refresh,
    },
    Operation {
        name: "verify-tokens",
        about: "from the bytes of a batch to verified tokens, for each token",
        axes: BARE,
        settings: VERIFYING,
        prepare: epochs::verify_tokens,
    },
    Operation {
        name: "seal",
        about: "of a stored header, for the first time or again",
        axes: BARE,
        settings: SEALS,
        prepare: epochs::seal,
    },
    Operation {
        name: "seal-payload",
        about: "from a payload to a record, under an open content key",
        axes: PAYLOAD,
        settings: SEALING,
        prepare: payload::seal,
    },
    Operation {
        name: "open-payload",
        about: "from the record to the payload",
        axes: PAYLOAD,
        settings: OPENING,
        prepare: payload::open,
    },
    Operation {
        name: "aead",
        about: "the bare cipher: the payload in place, chunk by chunk",
        axes: PAYLOAD,
        settings: CHUNKS,
        prepare: payload::aead,
    },
    Operation {
        name: "aead-copy",
        about: "the bare cipher, with the copies that the api has to make",
        axes: PAYLOAD,
        settings: COPYING,
        prepare: payload::aead_copy,
    },
];

/// The name of the operation that payload operations are held against.
pub const BARE_AEAD: &str = "aead";
/// The name of the one that those of the same api are held against, too.
pub const COPYING_AEAD: &str = "aead-copy";

/// The implementation of the payload cipher.
pub use aead::CIPHER;

#[cfg(test)]
mod tests {
    use super::super::grid::size;
    use super::*;

    #[test]
    fn the_chunk_size_is_the_default_one() {
        let default = u64::from(hippocrypt::ChunkSize::DEFAULT.bytes());
        assert_eq!(CHUNK, ("chunk", size(default).as_str()));
        assert_eq!(default, aead::CHUNK_BYTES as u64);
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_a_setting() {
        let mut names: Vec<&str> = OPERATIONS.iter().map(|op| op.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), OPERATIONS.len());
        assert!(OPERATIONS.iter().all(|op| !op.settings.is_empty()));
    }
}
