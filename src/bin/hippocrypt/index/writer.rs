//! A writer with its store: its state, what it has written under which keywords, and which files it was.

use std::path::{Path, PathBuf};

use hippocrypt::search::{Handle, Head, IndexWriter, Keyword, server};
use hippocrypt::store::{Batch, RedbStore, Store, Table};

use super::Index;
use crate::failure::{Code, Failure};
use crate::store::damaged;
use crate::vault::in_folder;

const STATE: &[u8] = b"w";
const CARD: &[u8] = b"c";
const FILE: u8 = b'f';
const RECORD: u8 = b'h';
const KEYWORD: u8 = b'k';

pub struct StoredWriter {
    pub writer: IndexWriter,
    /// What it has shown the owner to be admitted; nothing of her own device.
    pub card: Vec<u8>,
    store: RedbStore,
    path: PathBuf,
}

/// What is to be noted together with the state of a writer.
#[derive(Default)]
pub struct Notes(Batch);

impl Notes {
    pub fn file(&mut self, sha256: &[u8; 32]) {
        self.0.put(Table::Meta, key(FILE, sha256), []);
    }

    pub fn record(&mut self, handle: &Handle, name: &str, keywords: &[Keyword]) {
        self.0.put(Table::Meta, key(RECORD, handle.as_bytes()), name.as_bytes());
        for keyword in keywords {
            self.0.put(Table::Meta, key(KEYWORD, keyword.as_bytes()), []);
        }
    }
}

fn key(kind: u8, name: &[u8]) -> Vec<u8> {
    [&[kind], name].concat()
}

pub fn path_of(index: &Index, name: &str) -> PathBuf {
    index.machine("writers").join(format!("{name}.redb"))
}

impl StoredWriter {
    /// Makes a new writer durable: in a new store, or in the empty one of a run that was killed before it came so far.
    pub fn create(path: &Path, writer: IndexWriter, card: Vec<u8>) -> Result<Self, Failure> {
        let store = if path.exists() { RedbStore::open(path) } else { RedbStore::create(path) };
        let store = in_folder(store, path)?;
        let mut stored = Self { writer, card, store, path: path.to_owned() };
        let mut notes = Notes::default();
        notes.0.put(Table::Meta, CARD, stored.card.clone());
        stored.save(notes)?;
        Ok(stored)
    }

    /// The writer that was saved; none if there is no such, or a run was killed before it was whole.
    pub fn open(path: &Path) -> Result<Option<Self>, Failure> {
        if !path.exists() {
            return Ok(None);
        }
        let store = in_folder(RedbStore::open(path), path)?;
        let Some(state) = in_folder(store.get(Table::Meta, STATE), path)?.map(hippocrypt::Secret::new) else {
            return Ok(None);
        };
        let writer = IndexWriter::from_bytes(state.expose_secret());
        let writer = writer.map_err(|error| Failure::decode(error).in_file(&path.display().to_string()))?;
        let card = in_folder(store.get(Table::Meta, CARD), path)?.unwrap_or_default();
        Ok(Some(Self { writer, card, store, path: path.to_owned() }))
    }

    /// Makes the state durable, and what belongs to it.
    pub fn save(&mut self, notes: Notes) -> Result<(), Failure> {
        let Notes(mut batch) = notes;
        batch.put(Table::Meta, STATE, self.writer.to_bytes().expose_secret().clone());
        in_folder(self.store.commit(&batch), &self.path)
    }

    /// Sends the segments that the server has not confirmed; how many. Saved before and after.
    pub fn send(&mut self, server: &mut RedbStore, head: &Head) -> Result<usize, Failure> {
        let segments: Vec<(u64, Vec<u8>)> =
            self.writer.outbox().map(|(sequence, bytes)| (sequence, bytes.to_vec())).collect();
        for (sequence, bytes) in &segments {
            let (_, batch) = server::append(server, head, bytes)?;
            server.commit(&batch)?;
            self.writer.confirm(*sequence);
        }
        if !segments.is_empty() {
            self.save(Notes::default())?;
        }
        Ok(segments.len())
    }

    /// Whether a file was added before.
    pub fn knows(&self, sha256: &[u8; 32]) -> Result<bool, Failure> {
        let entry = self.store.get(Table::Meta, &key(FILE, sha256));
        Ok(in_folder(entry, &self.path)?.is_some())
    }

    /// What the resource is called that a handle stands for, if this writer has written it.
    pub fn name_of(&self, handle: &Handle) -> Result<Option<String>, Failure> {
        let entry = in_folder(self.store.get(Table::Meta, &key(RECORD, handle.as_bytes())), &self.path)?;
        Ok(entry.map(|name| String::from_utf8_lossy(&name).into_owned()))
    }

    /// Every keyword that this writer has ever written.
    pub fn keywords(&self) -> Result<Vec<Keyword>, Failure> {
        let entries = in_folder(self.store.page(Table::Meta, &[KEYWORD], None, usize::MAX), &self.path)?;
        let keyword = |(key, _): &(Vec<u8>, Vec<u8>)| {
            Keyword::from_bytes(key.get(1..).unwrap_or_default())
                .map_err(|_| damaged(&self.path, "an entry is no keyword"))
        };
        entries.iter().map(keyword).collect()
    }
}

/// The owner's device.
pub fn device(index: &Index) -> Result<StoredWriter, Failure> {
    let path = path_of(index, super::DEVICE);
    StoredWriter::open(&path)?.ok_or_else(|| {
        Failure::new(Code::InputOutput, "the owner's device has no file here")
            .in_file(&path.display().to_string())
    })
}
