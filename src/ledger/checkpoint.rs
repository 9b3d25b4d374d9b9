//! Checkpoints: how large the log is, and its root, signed. (C2SP `tlog-checkpoint`) `[LEDGER-5.2]`

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::note::{Note, NoteError, NoteKey, NoteSigner};
use crate::merkle::Hash;

/// How large a log is, and its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeHead {
    /// The name of the log: the first line of its checkpoints.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl TreeHead {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// Reads the text of a checkpoint. Lines after the third are passed over, as C2SP asks for; empty ones are refused.
    ///
    /// # Errors
    /// [`NoteError::Form`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.strip_suffix('\n').ok_or(NoteError::Form)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(NoteError::Form);
        };
        let canonical = size == "0" || !size.starts_with(['0', '+']);
        let size = size.parse().ok().filter(|_| canonical).ok_or(NoteError::Form)?;
        let root = STANDARD.decode(root).ok().and_then(|root| root.try_into().ok()).ok_or(NoteError::Form)?;
        if origin.is_empty() || lines.any(str::is_empty) {
            Err(NoteError::Form)
        } else {
            Ok(Self { origin: origin.to_owned(), size, root })
        }
    }
}

/// A signed checkpoint, as it travels: its head, and all its signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct Checkpoint {
    head: TreeHead,
    note: Note,
}

impl Checkpoint {
    /// The checkpoint of a log, by the log: its origin is the signer's name.
    pub fn sign(size: u64, root: Hash, signer: &NoteSigner) -> Self {
        let head = TreeHead { origin: signer.public().name().to_owned(), size, root };
        Self::unsigned(head).signed_also_by(signer, 0)
    }

    fn unsigned(head: TreeHead) -> Self {
        let note = Note::unsigned(head.text());
        Self { head, note }
    }

    /// Reads a checkpoint; none of its signatures is verified.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let note = Note::parse(bytes)?;
        Ok(Self { head: TreeHead::parse(note.text())?, note })
    }

    /// Size and root.
    pub fn head(&self) -> &TreeHead {
        &self.head
    }

    /// As it travels: the text, an empty line, and the signatures.
    pub fn to_text(&self) -> String {
        self.note.to_text()
    }

    /// The hash of its text: what the first leaf of the next block commits to. Signatures that come later do not change it.
    pub fn hash(&self) -> Hash {
        Sha256::digest(self.note.text().as_bytes()).into()
    }

    /// Whether a key has signed it, and when: see [`Note::signed_by`].
    ///
    /// # Errors
    /// [`NoteError::Signature`].
    pub fn signed_by(&self, key: &NoteKey) -> Result<Option<u64>, NoteError> {
        self.note.signed_by(key)
    }

    /// The lines of a key's signatures.
    pub(super) fn signatures_of(&self, key: &NoteKey) -> String {
        self.note.signatures_of(key)
    }

    /// The same with signatures that somebody else has made, a line for each, as a witness answers. None of them is verified.
    ///
    /// # Errors
    /// [`NoteError`] if they are no lines of signatures.
    pub fn with_signatures(&self, lines: &str) -> Result<Self, NoteError> {
        let note = Self::parse([&self.to_text(), lines].concat().as_bytes())?;
        // An empty line among them would make what is signed here the text of another note.
        if note.head == self.head && note.hash() == self.hash() { Ok(note) } else { Err(NoteError::Form) }
    }

    /// The same with one more signature; `time` (seconds since 1970) is what a witness signs with it.
    #[must_use]
    pub fn signed_also_by(&self, signer: &NoteSigner, time: u64) -> Self {
        Self { head: self.head.clone(), note: self.note.signed_also_by(signer, time) }
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint").field("head", &self.head).finish_non_exhaustive()
    }
}
