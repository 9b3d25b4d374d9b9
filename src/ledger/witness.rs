//! Witnesses: who signs that a log has one past. (C2SP `tlog-witness`) `[LEDGER-6.7]`

#[cfg(test)]
mod tests;

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, TreeHead};
use super::note::{KeyType, NoteError, NoteSigner};
use super::proof::ConsistencyProof;
use super::verify::{Fault, LogKeys};
use crate::merkle::{Hash, MerkleTree};

/// The first line of a state.
const STATE: &str = "hippocrypt witness 1\n";
/// Most hashes of a request, as C2SP has it.
const MAX_HASHES: usize = 63;

/// What a witness remembers: of each log the last size and root that it cosigned. Nothing in it is secret, and everything depends on it: a witness
/// that forgets it, or goes back to an older copy, can be made to sign two pasts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WitnessState {
    logs: BTreeMap<String, (u64, Hash)>,
}

impl WitnessState {
    /// Size and root of the last checkpoint of a log that was cosigned.
    pub fn last(&self, log: &str) -> Option<(u64, Hash)> {
        self.logs.get(log).copied()
    }

    /// The state as text: a line that names the format, then for each log, ascending by name, the three lines of its checkpoint.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = String::from(STATE);
        for (origin, (size, root)) in &self.logs {
            text.push_str(&TreeHead { origin: origin.clone(), size: *size, root: *root }.text());
        }
        text.into_bytes()
    }

    /// Reads a state.
    ///
    /// # Errors
    /// [`NoteError::Form`] if it is none. Never go on with an empty one instead: ask whoever keeps the backups.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoteError> {
        let text = core::str::from_utf8(bytes).map_err(|_| NoteError::Form)?;
        let mut rest = text.strip_prefix(STATE).ok_or(NoteError::Form)?;
        let mut logs = BTreeMap::new();
        while !rest.is_empty() {
            let end = rest.match_indices('\n').nth(2).ok_or(NoteError::Form)?.0 + 1;
            let (lines, after) = rest.split_at_checked(end).ok_or(NoteError::Form)?;
            let head = TreeHead::parse(lines)?;
            logs.insert(head.origin, (head.size, head.root));
            rest = after;
        }
        let state = Self { logs };
        // One text for each state: sorted, each log once.
        if state.to_bytes() == bytes { Ok(state) } else { Err(NoteError::Form) }
    }
}

/// What a log asks of a witness: to cosign a checkpoint that continues the one over `old` leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessRequest {
    /// Leaves of the last checkpoint that the witness has cosigned, as far as the log knows; 0 if none.
    pub old: u64,
    /// The hashes of the consistency proof; none if `old` is 0 or the size of the checkpoint.
    pub path: Vec<Hash>,
    /// What is to be cosigned.
    pub checkpoint: Checkpoint,
}

impl WitnessRequest {
    /// The body of C2SP's `add-checkpoint`: `old SIZE`, a line for each hash, an empty line, the checkpoint.
    pub fn to_text(&self) -> String {
        let mut text = format!("old {}\n", self.old);
        self.path.iter().for_each(|hash| text.push_str(&format!("{}\n", STANDARD.encode(hash))));
        text.push('\n');
        text.push_str(&self.checkpoint.to_text());
        text
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let text = core::str::from_utf8(bytes).map_err(|_| NoteError::Form)?;
        let (lines, checkpoint) = text.split_once("\n\n").ok_or(NoteError::Form)?;
        let mut lines = lines.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).ok_or(NoteError::Form)?;
        let size: u64 = old.parse().map_err(|_| NoteError::Form)?;
        if format!("{size}") != old {
            return Err(NoteError::Form);
        }
        let mut path = Vec::new();
        for line in lines {
            let hash = STANDARD.decode(line).ok().and_then(|hash| hash.try_into().ok());
            if path.len() == MAX_HASHES {
                return Err(NoteError::TooLong);
            }
            path.push(hash.ok_or(NoteError::Form)?);
        }
        Ok(Self { old: size, path, checkpoint: Checkpoint::parse(checkpoint.as_bytes())? })
    }
}

/// Why a witness does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A log that the witness does not look after.
    #[error("this witness does not know the log `{0}`")]
    UnknownLog(String),
    /// Not the log's checkpoint.
    #[error(transparent)]
    Signature(Fault),
    /// An old size above that of the checkpoint.
    #[error("the checkpoint has {size} leaves, fewer than the {old} that it is said to continue")]
    Order {
        /// The old size of the request.
        old: u64,
        /// Leaves under the checkpoint.
        size: u64,
    },
    /// Another checkpoint was cosigned since.
    #[error(
        "the last checkpoint that this witness cosigned is over {size} leaves: ask again with a proof from there"
    )]
    Conflict {
        /// The size of the last checkpoint that was cosigned.
        size: u64,
    },
    /// Another root over as many leaves as before.
    #[error(
        "this witness has cosigned another root over the same {size} leaves: the log shows two pasts; the two checkpoints prove it"
    )]
    Fork {
        /// Leaves under both.
        size: u64,
    },
    /// The past was rewritten.
    #[error(
        "it is not proved that the checkpoint over {size} leaves continues the one over {old} that this witness cosigned"
    )]
    Inconsistent {
        /// Leaves under the one that was cosigned.
        old: u64,
        /// Leaves under this one.
        size: u64,
    },
}

impl Refusal {
    /// The status of an HTTP answer that C2SP asks for. With 409 the body is the size of the last cosigned checkpoint, as `Content-Type: text/x.tlog.size`.
    pub fn status(&self) -> u16 {
        match self {
            Self::UnknownLog(_) => 404,
            Self::Signature(_) => 403,
            Self::Order { .. } => 400,
            Self::Conflict { .. } | Self::Fork { .. } => 409,
            Self::Inconsistent { .. } => 422,
        }
    }
}

/// Cosigns checkpoints of the logs that it knows, each only if it continues the one that it cosigned before. It keeps no secret: the signer is given
/// when it signs.
///
/// **Persist before signing.** [`check`](Self::check) gives the new state and no signature; write the state, durably, where the old one was, and only then call
/// [`Cosigning::sign`]. In the other order a crash makes a witness that has forgotten what it signed. Take one request at a time: two that are
/// checked against the same state may be of two pasts.
#[derive(Debug, Clone, Default)]
pub struct Witness {
    logs: BTreeMap<String, LogKeys>,
}

/// A checkpoint that may be cosigned as soon as the state is kept.
#[derive(Debug)]
#[must_use = "write the state, then sign"]
pub struct Cosigning {
    state: WitnessState,
    checkpoint: Checkpoint,
}

impl Witness {
    /// A witness of the logs with these keys.
    pub fn new(logs: impl IntoIterator<Item = LogKeys>) -> Self {
        Self { logs: logs.into_iter().map(|keys| (keys.log().to_owned(), keys)).collect() }
    }

    /// The keys of a log that it knows.
    pub fn keys(&self, log: &str) -> Option<&LogKeys> {
        self.logs.get(log)
    }

    /// Takes up a log, or its keys after a rotation.
    pub fn set_keys(&mut self, keys: LogKeys) {
        self.logs.insert(keys.log().to_owned(), keys);
    }

    /// Whether a checkpoint may be cosigned, and the state in which it is.
    ///
    /// # Errors
    /// [`Refusal`]; then the state stays what it was.
    pub fn check(&self, state: &WitnessState, request: &WitnessRequest) -> Result<Cosigning, Refusal> {
        let WitnessRequest { old, path, checkpoint } = request;
        let TreeHead { origin, size, root } = checkpoint.head();
        let keys = self.logs.get(origin).ok_or_else(|| Refusal::UnknownLog(origin.clone()))?;
        keys.signed(checkpoint).map_err(Refusal::Signature)?;
        if old > size {
            return Err(Refusal::Order { old: *old, size: *size });
        }
        let (known, known_root) = state.last(origin).unwrap_or_else(|| (0, MerkleTree::new().root()));
        // A fork is one whatever the log thinks was cosigned last.
        if known == *size && known_root != *root {
            return Err(Refusal::Fork { size: known });
        }
        if known != *old {
            return Err(Refusal::Conflict { size: known });
        }
        let proof = ConsistencyProof { old: known, new: *size, path: path.clone() };
        if !proof.holds(&known_root, root) {
            return Err(Refusal::Inconsistent { old: known, size: *size });
        }
        let mut state = state.clone();
        state.logs.insert(origin.clone(), (*size, *root));
        Ok(Cosigning { state, checkpoint: checkpoint.clone() })
    }
}

impl Cosigning {
    /// The state to be written before [`sign`](Self::sign).
    pub fn state(&self) -> &WitnessState {
        &self.state
    }

    /// Cosigns, once [`state`](Self::state) is durable. `now` (seconds since 1970) is signed with it. The answer to the log is the signature's line, which
    /// [`Checkpoint::with_signatures`] adds to the checkpoint.
    ///
    /// # Errors
    /// [`NoteError::Key`] if the signer is none of a witness.
    pub fn sign(self, signer: &NoteSigner, now: u64) -> Result<(WitnessState, String), NoteError> {
        if signer.public().kind() != KeyType::Cosignature {
            return Err(NoteError::Key);
        }
        let cosigned = self.checkpoint.signed_also_by(signer, now).to_text();
        let line = cosigned.lines().last().unwrap_or_default();
        Ok((self.state, format!("{line}\n")))
    }
}
