//! A file that entries are only added to, each durable before it is acknowledged, and chained by hashes.
//!
//! ```text
//! journal = "hippocrypt journal\0" version:u8=1 entry*
//! entry   = length:u32 check:[8] bytes:[length] hash:[32]        big-endian
//! hash_0  = SHA-256("hippocrypt journal start" ‖ header)
//! hash_n  = SHA-256("hippocrypt journal entry" ‖ hash_{n-1} ‖ length ‖ bytes)
//! check_n = the first 8 bytes of SHA-256("hippocrypt journal length" ‖ hash_{n-1} ‖ length)
//! ```
//!
//! A cut of power may leave a last entry that ends early, or one whose place was made and not written, so that its hash,
//! or all of it, is zeros up to the end of the file. It was never acknowledged, and opening cuts it off. Anything else that is wrong is damage, and the file is left as
//! it is: a hash ends every entry and is never zero, and `check` keeps a changed length from looking like an
//! early end. Whoever cuts whole entries off the end is found out by comparing [`Journal::head`] with one that was kept
//! elsewhere, and only so.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::vec::Vec;

use sha2::{Digest, Sha256};

use super::{StoreError, files};
use crate::codec::Hex;

/// The largest entry, in bytes: 16 MiB.
pub const MAX_JOURNAL_ENTRY_BYTES: usize = 16 << 20;

const HEADER: &[u8; 20] = b"hippocrypt journal\0\x01";
const MAGIC_BYTES: usize = 19;
/// Length and its check.
const PREFIX_BYTES: usize = 12;
const HASH_BYTES: usize = 32;

type Hash = [u8; HASH_BYTES];

/// Where a journal ends: how many entries there are, and the hash over all of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// How many entries there are; the number of the last one, counted from 1.
    pub number: u64,
    /// The hash that the last entry ends with.
    pub head: [u8; 32],
}

/// An entry of a journal.
#[derive(Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Its number, and the hash over it and all before it.
    pub position: Position,
    /// What was appended.
    pub bytes: Vec<u8>,
}

/// What [`Journal::verify`] has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Where the journal ends.
    pub end: Position,
    /// How many bytes behind it belong to an entry that was never finished. Opening the journal cuts them off.
    pub unfinished: u64,
}

/// A durable list of entries that grows at its end, in one file.
///
/// ```
/// use hippocrypt::store::Journal;
///
/// # let folder = std::env::temp_dir().join(format!("hippocrypt-doc-journal-{}", std::process::id()));
/// # let path = folder.join("audit.journal");
/// let mut journal = Journal::open(&path)?;
/// let first = journal.append(b"served request 1")?; // durable now
/// let second = journal.append(b"refused request 2")?;
/// assert_eq!((first.number, second.number), (1, 2));
/// assert_eq!(journal.entries()?.count(), 2);
/// # drop(journal);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Journal {
    path: PathBuf,
    medium: Box<dyn Medium>,
    end: Position,
    /// The size of the file up to `end`.
    bytes: u64,
    failed: bool,
}

/// What a journal needs of its file. Tests put one in its place that fails.
trait Medium: Send + Sync {
    fn write_at_end(&mut self, bytes: &[u8]) -> io::Result<()>;
    fn sync(&mut self) -> io::Result<()>;
    fn cut(&mut self, bytes: u64) -> io::Result<()>;
}

impl Medium for File {
    fn write_at_end(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)?;
        self.seek(SeekFrom::Start(bytes)).map(drop)
    }
}

impl Journal {
    /// Opens the journal in the file `path`, which is made if it is not there, and verifies all of it. A last entry that was not
    /// finished, and so never acknowledged, is cut off.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], [`StoreError::NotAStore`], [`StoreError::TooNew`], [`StoreError::InUse`], others of the system. Then the
    /// file is as it was.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let folder = files::folder_of(&path);
        files::create_folder(&folder)?;
        let mut file = files::private().read(true).write(true).create(true).truncate(false).open(&path)?;
        files::lock(&file)?;
        let found = scan(&file)?;
        file.cut(found.bytes)?;
        if found.bytes == 0 {
            file.write_all(HEADER)?;
        }
        // What a killed process wrote and did not sync was read from memory, and nothing may build on that.
        file.sync_all()?;
        files::sync_folder(&folder)?;
        let bytes = found.bytes.max(HEADER.len() as u64);
        Ok(Self { path, medium: Box::new(file), end: found.end, bytes, failed: false })
    }

    /// Verifies the journal in the file `path` without changing it, whoever has it open.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`StoreError::NotThere`].
    pub fn verify(path: impl AsRef<Path>) -> Result<Verified, StoreError> {
        let file = File::open(path)?;
        let found = scan(&file)?;
        Ok(Verified { end: found.end, unfinished: found.unfinished })
    }

    /// Adds an entry of at most [`MAX_JOURNAL_ENTRY_BYTES`], durably.
    ///
    /// # Errors
    /// [`StoreError::Full`] and others of the system; then the entry is not acknowledged, and the journal takes no more before it
    /// is opened again ([`StoreError::FailedBefore`]): what the disk has after a failed write, only reading tells.
    pub fn append(&mut self, entry: &[u8]) -> Result<Position, StoreError> {
        self.append_all(&[entry])
    }

    /// Adds entries in their order, and waits for the disk once. After a cut of power in the middle some of the first may be there.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_all(&mut self, entries: &[&[u8]]) -> Result<Position, StoreError> {
        if self.failed {
            return Err(StoreError::FailedBefore);
        }
        let mut end = self.end;
        let mut frames = Vec::new();
        for entry in entries {
            let length = u32::try_from(entry.len()).ok().filter(|_| entry.len() <= MAX_JOURNAL_ENTRY_BYTES);
            let length = length.ok_or(StoreError::TooLarge {
                what: "an entry of a journal",
                bytes: entry.len() as u64,
                max: MAX_JOURNAL_ENTRY_BYTES as u64,
            })?;
            frames.extend_from_slice(&prefix(&end.head, length));
            frames.extend_from_slice(entry);
            end.head = chain(&end.head, length).chain_update(entry).finalize().into();
            end.number = end.number.saturating_add(1);
            frames.extend_from_slice(&end.head);
        }
        if let Err(error) = self.medium.write_at_end(&frames).and_then(|()| self.medium.sync()) {
            self.failed = true;
            // The entry must not seem to be there when the file is opened again: it may be in memory alone.
            let _ = self.medium.cut(self.bytes).and_then(|()| self.medium.sync());
            return Err(error.into());
        }
        self.bytes = self.bytes.saturating_add(frames.len() as u64);
        self.end = end;
        Ok(end)
    }

    /// The entries from the first on, read from the file and verified once more.
    ///
    /// # Errors
    /// Of the system.
    pub fn entries(&self) -> Result<JournalEntries, StoreError> {
        let mut file = BufReader::new(File::open(&self.path)?);
        file.seek(SeekFrom::Start(HEADER.len() as u64))?;
        Ok(JournalEntries { file, position: start(), last: self.end })
    }

    /// The hash over all entries. Kept elsewhere, it shows whether any was changed or removed since.
    pub const fn head(&self) -> [u8; 32] {
        self.end.head
    }

    /// How many entries there are.
    pub const fn len(&self) -> u64 {
        self.end.number
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Before the first entry.
fn start() -> Position {
    let head = Sha256::new().chain_update(b"hippocrypt journal start").chain_update(HEADER).finalize();
    Position { number: 0, head: head.into() }
}

/// The hash of an entry, but for its bytes.
fn chain(previous: &Hash, length: u32) -> Sha256 {
    Sha256::new()
        .chain_update(b"hippocrypt journal entry")
        .chain_update(previous)
        .chain_update(length.to_be_bytes())
}

fn prefix(previous: &Hash, length: u32) -> [u8; PREFIX_BYTES] {
    let length = length.to_be_bytes();
    let hash: Hash = Sha256::new()
        .chain_update(b"hippocrypt journal length")
        .chain_update(previous)
        .chain_update(length)
        .finalize()
        .into();
    let mut prefix = [0; PREFIX_BYTES];
    prefix.iter_mut().zip(length.iter().chain(&hash)).for_each(|(to, from)| *to = *from);
    prefix
}

/// What a file holds.
struct Scanned {
    end: Position,
    bytes: u64,
    unfinished: u64,
}

/// Reads a journal from its first byte to its last, in bounded memory.
fn scan(file: &File) -> Result<Scanned, StoreError> {
    let mut file = BufReader::with_capacity(1 << 16, file);
    let size = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let mut header = Vec::new();
    Read::by_ref(&mut file).take(HEADER.len() as u64).read_to_end(&mut header)?;
    let mut found = Scanned { end: start(), bytes: 0, unfinished: size };
    if header.as_slice() != HEADER {
        return match header.split_at_checked(MAGIC_BYTES) {
            // Killed while it was made.
            _ if HEADER.starts_with(&header) => Ok(found),
            Some((magic, [version])) if HEADER.starts_with(magic) => {
                Err(StoreError::TooNew { found: (*version).into(), known: 1 })
            }
            _ => Err(StoreError::NotAStore),
        };
    }
    found.bytes = HEADER.len() as u64;
    while let Read1::Entry { end, bytes } = read_entry(&mut file, &found.end, size - found.bytes, |_| ())? {
        found.end = end;
        found.bytes = found.bytes.saturating_add(bytes);
    }
    found.unfinished = size - found.bytes;
    Ok(found)
}

/// What comes next.
enum Read1 {
    Entry {
        end: Position,
        bytes: u64,
    },
    /// Nothing, or an entry that was not finished.
    End,
}

/// Reads the entry after `before`, of which `left` bytes are there at most, and hands its bytes to `take` in pieces.
fn read_entry(
    file: &mut impl Read,
    before: &Position,
    left: u64,
    mut take: impl FnMut(&[u8]),
) -> Result<Read1, StoreError> {
    let number = before.number.saturating_add(1);
    let damaged = || StoreError::Damaged(format!("entry {number} of the journal was changed").into());
    let mut found = [0; PREFIX_BYTES];
    if left < PREFIX_BYTES as u64 {
        return Ok(Read1::End);
    }
    file.read_exact(&mut found)?;
    let length = found.first_chunk().map_or(0, |length| u32::from_be_bytes(*length));
    if found != prefix(&before.head, length) {
        return if found == [0; PREFIX_BYTES] { only_zeros(file, damaged) } else { Err(damaged()) };
    }
    let bytes = u64::from(length).saturating_add((PREFIX_BYTES + HASH_BYTES) as u64);
    if bytes > left {
        return Ok(Read1::End);
    }
    let mut hash = chain(&before.head, length);
    let mut rest = u64::from(length);
    let mut piece = [0; 1 << 12];
    while rest > 0 {
        let now = usize::try_from(rest).unwrap_or(usize::MAX).min(piece.len());
        let piece = piece.get_mut(..now).unwrap_or_default();
        file.read_exact(piece)?;
        hash.update(&*piece);
        take(piece);
        rest = rest.saturating_sub(now as u64);
    }
    let mut stored = [0; HASH_BYTES];
    file.read_exact(&mut stored)?;
    let head: Hash = hash.finalize().into();
    match stored == head {
        true => Ok(Read1::Entry { end: Position { number, head }, bytes }),
        false if stored == [0; HASH_BYTES] => only_zeros(file, damaged),
        false => Err(damaged()),
    }
}

/// The end of a file that was made longer and not written.
fn only_zeros(file: &mut impl Read, damaged: impl Fn() -> StoreError) -> Result<Read1, StoreError> {
    let mut piece = [0; 1 << 12];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(Read1::End),
            _ if piece.iter().all(|byte| *byte == 0) => {}
            _ => return Err(damaged()),
        }
    }
}

/// The entries of a [`Journal`], from the first to the last that it had when this was made.
pub struct JournalEntries {
    file: BufReader<File>,
    position: Position,
    last: Position,
}

impl Iterator for JournalEntries {
    type Item = Result<JournalEntry, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.position.number >= self.last.number {
            return None;
        }
        let mut bytes = Vec::new();
        let read =
            read_entry(&mut self.file, &self.position, u64::MAX, |piece| bytes.extend_from_slice(piece));
        let last = self.last;
        match read {
            Ok(Read1::Entry { end, .. }) if end.number < last.number || end == last => {
                self.position = end;
                Some(Ok(JournalEntry { position: end, bytes }))
            }
            other => {
                self.position = last;
                let lost = || StoreError::Damaged("the journal was changed while it was open".into());
                Some(Err(other.err().unwrap_or_else(lost)))
            }
        }
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Position({}, {})", self.number, Hex(&self.head))
    }
}

impl fmt::Debug for JournalEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JournalEntry({:?}, {} bytes)", self.position, self.bytes.len())
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Journal({}, {} entries)", self.path.display(), self.len())
    }
}

impl fmt::Debug for JournalEntries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JournalEntries(after {})", self.position.number)
    }
}

#[cfg(test)]
mod tests;
