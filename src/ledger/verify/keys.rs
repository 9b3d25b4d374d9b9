//! The keys of a log, each with the sizes that it signs. `[LEDGER-5.4]`

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::Fault;
use crate::hash::Label;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::{Entry, Opening};
use crate::ledger::leaf::TransactionKind;
use crate::ledger::note::{KeyType, NoteKey};
use crate::ledger::rows::rotation_text;

/// The keys of one log, from the first one on. Later ones are learned from key rotations in the log itself: see
/// [`Verifier::learn`](super::Verifier::learn).
///
/// Written as lines `FROM OVERLAP KEY` ([`Display`](fmt::Display), [`parse`](Self::parse)): from how many leaves on a key signs, and up to how many together with the
/// one before. They are what everything else is believed by: keep them where nobody else writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKeys {
    first: NoteKey,
    /// Those that came later, in their order.
    later: Vec<LaterKey>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct LaterKey {
    key: NoteKey,
    /// Leaves up to and including its rotation: the least checkpoint that it signs.
    from: u64,
    /// The first checkpoint that it signed, which the key before has signed, too.
    overlap: u64,
}

/// Both keys, as a key rotation names them.
pub(in crate::ledger) struct Rotation {
    pub(in crate::ledger) former: NoteKey,
    pub(in crate::ledger) next: NoteKey,
}

impl LogKeys {
    /// The key that a log begins with.
    ///
    /// # Errors
    /// [`Fault::NoLogKey`] of a witness' key.
    pub fn new(first: NoteKey) -> Result<Self, Fault> {
        match first.kind() {
            KeyType::Ed25519 => Ok(Self { first, later: Vec::new() }),
            KeyType::Cosignature => Err(Fault::NoLogKey { key: first.name().into() }),
        }
    }

    /// The name of the log.
    pub fn log(&self) -> &str {
        self.first.name()
    }

    /// The key that the log begins with.
    pub fn first(&self) -> &NoteKey {
        &self.first
    }

    /// The newest key that is known.
    pub fn last(&self) -> &NoteKey {
        self.later.last().map_or(&self.first, |later| &later.key)
    }

    /// Every key, with the least number of leaves under a checkpoint that it signs.
    pub fn all(&self) -> impl Iterator<Item = (u64, &NoteKey)> {
        core::iter::once((0, &self.first)).chain(self.later.iter().map(|later| (later.from, &later.key)))
    }

    /// Whether it is one of them, by whatever name.
    pub(in crate::ledger) fn has(&self, key: &NoteKey) -> bool {
        self.all().any(|(_, known)| known.key_bytes() == key.key_bytes())
    }

    /// Whether the log has signed a checkpoint: with the key for its size, and the first one after a rotation with the one before, too.
    ///
    /// # Errors
    /// [`Fault::OtherLog`], [`Fault::Unsigned`], [`Fault::HalfSigned`], [`Fault::Signature`].
    pub fn signed(&self, checkpoint: &Checkpoint) -> Result<(), Fault> {
        let head = checkpoint.head();
        if head.origin != self.log() {
            return Err(Fault::OtherLog { expected: self.log().into(), found: head.origin.clone() });
        }
        let size = head.size;
        let has_signed = |key: &NoteKey| match checkpoint.signed_by(key) {
            Ok(time) => Ok(time.is_some()),
            Err(_) => Err(Fault::Signature { size, signer: format!("{key}") }),
        };
        let mut before = None;
        let mut current = (&self.first, 0);
        for later in self.later.iter().take_while(|later| later.from <= size) {
            before = Some(current.0);
            current = (&later.key, later.overlap);
        }
        let (key, overlap) = current;
        match before.filter(|_| size <= overlap) {
            None if has_signed(key)? => Ok(()),
            None => Err(Fault::Unsigned { size }),
            Some(before) => match (has_signed(key)?, has_signed(before)?) {
                (true, true) => Ok(()),
                (false, false) => Err(Fault::Unsigned { size }),
                _ => Err(Fault::HalfSigned { size }),
            },
        }
    }

    /// The keys that may have signed a receipt for a leaf and those before it: all but those that signed nothing any more when it was appended.
    pub(super) fn after(&self, index: u64) -> impl Iterator<Item = &NoteKey> {
        let ends = self.later.iter().map(|later| Some(later.from)).chain(core::iter::once(None));
        // A key's last leaf is the one before its rotation, which is number `end - 1`.
        self.all()
            .zip(ends)
            .filter(move |(_, end)| end.is_none_or(|end| index < end.saturating_sub(1)))
            .map(|((_, key), _)| key)
    }

    /// With the key that a rotation names, whose first checkpoint is over `overlap` leaves. The same rotation once more changes nothing.
    pub(in crate::ledger) fn rotated(&self, entry: &Entry, overlap: u64) -> Result<Self, Fault> {
        let index = entry.index;
        let refused = |reason| Fault::Rotation { index, reason };
        let Rotation { former, next } = Rotation::read(entry)?;
        let from = index.checked_add(1).filter(|from| *from <= overlap);
        let from = from.ok_or(refused("its checkpoint does not cover it"))?;
        if let Some(known) = self.later.iter().position(|later| later.from == from) {
            let before = known.checked_sub(1).and_then(|before| self.later.get(before));
            let before = before.map_or(&self.first, |before| &before.key);
            let is_same = *before == former && self.later.get(known).is_some_and(|known| known.key == next);
            return if is_same {
                Ok(self.clone())
            } else {
                Err(refused("another key is known from there on"))
            };
        }
        if *self.last() != former {
            return Err(refused("it passes the log on from a key that is not the last one known"));
        }
        if self.later.last().is_some_and(|last| from <= last.overlap) {
            return Err(refused("the rotation before it was not in a checkpoint yet"));
        }
        if self.has(&next) {
            return Err(refused("it goes back to a key that the log had before"));
        }
        let mut keys = self.clone();
        keys.later.push(LaterKey { key: next, from, overlap });
        Ok(keys)
    }

    /// Reads what [`Display`](fmt::Display) has written.
    ///
    /// # Errors
    /// [`Fault::NoLogKey`] with the line that is none.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut keys: Option<Self> = None;
        for line in text.lines() {
            let wrong = || Fault::NoLogKey { key: line.into() };
            let mut parts = line.splitn(3, ' ');
            let mut number = || parts.next().and_then(|number| number.parse::<u64>().ok());
            let (Some(from), Some(overlap)) = (number(), number()) else { return Err(wrong()) };
            let key = parts.next().and_then(|key| NoteKey::parse(key).ok()).ok_or_else(wrong)?;
            keys = match keys {
                None if (from, overlap) == (0, 0) => Some(Self::new(key)?),
                Some(mut keys)
                    if key.name() == keys.log()
                        && key.kind() == KeyType::Ed25519
                        && !keys.has(&key)
                        && from > keys.later.last().map_or(0, |last| last.overlap)
                        && overlap >= from =>
                {
                    keys.later.push(LaterKey { key, from, overlap });
                    Some(keys)
                }
                _ => return Err(wrong()),
            };
        }
        keys.filter(|keys| keys.to_string() == text).ok_or_else(|| Fault::NoLogKey { key: String::new() })
    }
}

/// A line for each key.
impl fmt::Display for LogKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "0 0 {}", self.first)?;
        self.later
            .iter()
            .try_for_each(|LaterKey { key, from, overlap }| writeln!(f, "{from} {overlap} {key}"))
    }
}

impl Rotation {
    /// Reads a key rotation, and verifies the signatures of both keys in it.
    pub(in crate::ledger) fn read(entry: &Entry) -> Result<Self, Fault> {
        let refused = |reason| Fault::Rotation { index: entry.index, reason };
        if entry.leaf.kind != TransactionKind::KeyRotation {
            return Err(refused("it is of another kind"));
        }
        let Opening { salt, body } = entry.opening.as_ref().ok_or(refused("it came without what it says"))?;
        if !entry.is_opened_rightly() {
            return Err(Fault::Opening { index: entry.index });
        }
        if *salt != [0; 32] {
            return Err(refused("its salt is not zeros"));
        }
        let (text, signatures) =
            body.split_at_checked(body.len().saturating_sub(128)).ok_or(refused("it is too short"))?;
        let keys = || {
            let mut lines = core::str::from_utf8(text).ok()?.split('\n');
            let former = NoteKey::parse(lines.next()?).ok()?;
            let next = NoteKey::parse(lines.next()?).ok()?;
            Some((former, next))
        };
        let (former, next) = keys().ok_or(refused("it does not name two keys"))?;
        let is_canonical = rotation_text(&former.to_string(), &next.to_string()).as_bytes() == text;
        let are_of_one_log = former.name() == next.name() && former != next;
        if !is_canonical
            || !are_of_one_log
            || [&former, &next].iter().any(|key| key.kind() != KeyType::Ed25519)
        {
            return Err(refused("it does not name two keys of one log"));
        }
        let (by_former, by_next) = signatures.split_at_checked(64).ok_or(refused("it is too short"))?;
        for (key, signature) in [(&former, by_former), (&next, by_next)] {
            let signature = signature.try_into().map_err(|_| refused("it is too short"))?;
            if !key.verifies_as(Label::KeyRotationSignature, &[text], signature) {
                return Err(refused("one of the two keys has not signed it"));
            }
        }
        Ok(Self { former, next })
    }
}
