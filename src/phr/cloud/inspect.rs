//! Looking after a cloud: what it knows of the authority, whether its tables agree, what nobody needs.
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::rows::{self, CompartmentRow, RecordRow};
use super::{Cloud, CloudError};
use crate::codec::Hex;
use crate::epoch::Epoch;
use crate::ledger::Book;
use crate::outsource::{KeyId, ProxyKey};
use crate::phr::registry::user_row;
use crate::revoke::AuthorityUpdate;
use crate::store::{BlobStore, ChunkId, Store, Summary, Swept, Table, backup, sweep};

/// How much a cloud keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Patients who have records.
    pub patients: u64,
    /// Compartments, each with a header.
    pub compartments: u64,
    /// Headers that are sealed.
    pub sealed: u64,
    /// Records.
    pub records: u64,
    /// Bytes of headers as they are stored.
    pub header_bytes: u64,
    /// Bytes of sealed records, without attachments.
    pub record_bytes: u64,
    /// Chunks of attachments that records name, each counted once.
    pub chunks: u64,
    /// Keys of readers.
    pub keys: u64,
    /// Updates of the authority.
    pub updates: u64,
    /// Leaves of the ledger.
    pub transactions: u64,
    /// Search indexes of patients.
    pub indexes: u64,
    /// Segments of them.
    pub segments: u64,
    /// Bytes of segments.
    pub segment_bytes: u64,
}

/// What [`Cloud::fsck`] has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Findings {
    /// What was looked at.
    pub stats: Stats,
    /// What is wrong, in words: rows that contradict each other, chunks that are missing or damaged. Empty if all is well.
    pub problems: Vec<String>,
    /// Chunks that no record names: what an upload that was broken off has left. [`Cloud::sweep`] removes them.
    pub orphans: u64,
}

impl<S: Store, B: BlobStore> Cloud<S, B> {
    /// The epoch that the realm is in, as far as the cloud has heard.
    pub fn epoch(&self) -> Option<Epoch> {
        self.duty().proxy.state().epoch()
    }

    /// The updates of the authority after the one of this number (0: all): witnesses for an authority that comes back from a backup.
    ///
    /// # Errors
    /// [`CloudError::Store`].
    pub fn updates(&self, after: u64) -> Result<Vec<Vec<u8>>, CloudError> {
        let rows = self.shelf().store.page(Table::Update, &[], Some(&after.to_be_bytes()), usize::MAX)?;
        Ok(rows.into_iter().map(|(_, update)| update).collect())
    }

    /// The newest update of the authority that the cloud has applied.
    ///
    /// # Errors
    /// [`CloudError::Store`].
    pub fn newest_update(&self) -> Result<Option<Vec<u8>>, CloudError> {
        let number = self.duty().proxy.state().number();
        Ok(self.shelf().store.get(Table::Update, &number.to_be_bytes())?)
    }

    /// The keys that the cloud holds, with the epoch that their tokens reach: for an authority that comes back from a backup.
    ///
    /// # Errors
    /// [`CloudError::Store`].
    pub fn keys_held(&self) -> Result<Vec<(KeyId, Epoch)>, CloudError> {
        let rows = self.shelf().store.page(Table::Key, &[], None, usize::MAX)?;
        let mut held = Vec::new();
        for (_, bytes) in rows {
            let key = ProxyKey::from_bytes(&bytes)?;
            if let Some(until) = key.tokens_until() {
                held.push((*key.id(), until));
            }
        }
        Ok(held)
    }

    /// How much there is. Looks at every row.
    ///
    /// # Errors
    /// [`CloudError::Store`].
    pub fn stats(&self) -> Result<Stats, CloudError> {
        let mut stats = Stats::default();
        self.count(&mut stats, &mut Vec::new(), |_| ())?;
        Ok(stats)
    }

    /// Checks that all tables agree with one another: every compartment has its header, patient and credential, every record its compartment
    /// and its chunks, every chunk its bytes, every key its user; the log of updates and the ledger are unbroken. Changes
    /// nothing. `progress` gets the number of rows and chunks looked at.
    ///
    /// # Errors
    /// [`CloudError::Store`] if the store cannot be read at all.
    pub fn fsck(&self, mut progress: impl FnMut(u64)) -> Result<Findings, CloudError> {
        let mut findings = Findings::default();
        let mut seen = 0;
        let mut step = |rows: u64| {
            seen += rows;
            progress(seen);
        };
        self.count(&mut findings.stats, &mut findings.problems, &mut step)?;
        let problems = &mut findings.problems;
        self.check_indices(problems, &mut step)?;
        self.check_logs(problems, &mut step)?;
        self.check_indexes(problems, &mut step)?;
        findings.orphans = self.check_chunks(problems, &mut step)?;
        Ok(findings)
    }

    /// Removes chunks that no record names and that are older than `written_before` (seconds since 1970): what broken-off uploads have left.
    ///
    /// # Errors
    /// [`CloudError::Store`].
    pub fn sweep(&self, written_before: u64, progress: impl FnMut(&Swept)) -> Result<Swept, CloudError> {
        // Alone: no upload is about to name a chunk.
        let mut blobs = self.blobs.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(sweep(&self.shelf().store, &mut *blobs, written_before, progress)?)
    }

    /// Writes everything to `out`: what [`restore`](crate::store::restore) makes a store of again. Uploads and updates wait meanwhile.
    ///
    /// # Errors
    /// [`CloudError::Store`]; then what was written is no backup.
    pub fn backup(
        &self,
        out: &mut impl std::io::Write,
        progress: impl FnMut(&Summary),
    ) -> Result<Summary, CloudError> {
        // Locks are taken in one order everywhere: chunks, then tables.
        let blobs = self.blobs();
        Ok(backup(&self.shelf().store, &*blobs, out, progress)?)
    }

    /// Every row of a table, page by page.
    pub(super) fn each(
        &self,
        table: Table,
        mut row: impl FnMut(&[u8], &[u8]) -> Result<(), CloudError>,
    ) -> Result<(), CloudError> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.shelf().store.page(table, &[], after.as_deref(), 1024)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            for (key, value) in &page {
                row(key, value)?;
            }
        }
    }

    /// Counts; and says of each compartment and record what is wrong with it.
    fn count(
        &self,
        stats: &mut Stats,
        problems: &mut Vec<String>,
        mut step: impl FnMut(u64),
    ) -> Result<(), CloudError> {
        let mut patients = BTreeSet::new();
        self.each(Table::Compartment, |key, value| {
            step(1);
            let row = match CompartmentRow::from_bytes(value) {
                Ok(row) => row,
                Err(error) => {
                    problems.push(format!("{error}"));
                    return Ok(());
                }
            };
            patients.insert(row.patient);
            stats.compartments += 1;
            let shelf = self.shelf();
            let bytes = shelf.store.get(Table::Header, &row.serial)?;
            stats.header_bytes += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
            match rows::header(&shelf.store, &row.serial) {
                Ok(Some(header)) if header.header().core_id().as_slice() == key => {
                    stats.sealed += u64::from(header.sealed_in().is_some());
                }
                Ok(Some(_)) => problems.push(format!("compartment {} has the header of another", Hex(key))),
                Ok(None) => problems.push(format!("compartment {} has no header", Hex(key))),
                Err(error) => problems.push(format!("{error}")),
            }
            if shelf.store.get(Table::Writer, &row.credential)?.is_none() {
                problems.push(format!("compartment {} has no credential", Hex(key)));
            }
            let core = <[u8; 32]>::try_from(key).unwrap_or_default();
            if shelf.store.get(Table::Patient, &rows::patient_key(&row.patient, &core))?.is_none() {
                problems.push(format!("compartment {} is not among those of its patient", Hex(key)));
            }
            Ok(())
        })?;
        self.each(Table::Record, |key, value| {
            step(1);
            stats.records += 1;
            match RecordRow::from_bytes(value) {
                Ok(row) => stats.record_bytes += row.sealed.len() as u64,
                Err(error) => problems.push(format!("{error}")),
            }
            let core = key.get(..32).unwrap_or_default();
            let place = self.shelf().store.get(Table::Place, key.get(32..).unwrap_or_default())?;
            if place.as_deref() != Some(core) || self.shelf().store.get(Table::Compartment, core)?.is_none() {
                problems.push(format!("record {} is not where it is looked for", Hex(key)));
            }
            Ok(())
        })?;
        stats.patients = patients.len() as u64;
        let mut last = Vec::new();
        self.each(Table::Chunk, |key, _| {
            step(1);
            let id = key.get(..32).unwrap_or_default();
            stats.chunks += u64::from(last != id);
            last = id.to_vec();
            Ok(())
        })?;
        self.each(Table::Segment, |key, value| {
            stats.indexes += u64::from(rows::is_head(key));
            if rows::is_segment(key) {
                (stats.segments, stats.segment_bytes) =
                    (stats.segments + 1, stats.segment_bytes + value.len() as u64);
            }
            Ok(())
        })?;
        for (table, count) in [(Table::Key, &mut stats.keys), (Table::Update, &mut stats.updates)] {
            self.each(table, |_, _| {
                *count += 1;
                Ok(())
            })?;
        }
        stats.transactions = Book::of(&self.shelf().store).size()?;
        Ok(())
    }

    /// Rows that only say where others are.
    fn check_indices(
        &self,
        problems: &mut Vec<String>,
        step: &mut impl FnMut(u64),
    ) -> Result<(), CloudError> {
        let serials = core::cell::RefCell::new(BTreeSet::new());
        self.each(Table::Compartment, |_, value| {
            if let Ok(row) = CompartmentRow::from_bytes(value) {
                serials.borrow_mut().insert(row.serial);
            }
            Ok(())
        })?;
        self.each(Table::Header, |key, _| {
            step(1);
            if <[u8; 32]>::try_from(key).is_ok_and(|serial| !serials.borrow().contains(&serial)) {
                problems.push(format!("header {} belongs to no compartment", Hex(key)));
            }
            Ok(())
        })?;
        for (table, target, from, what) in [
            (Table::Patient, Table::Compartment, 16, "a patient's row names a compartment that is not there"),
            (Table::User, Table::Key, 0, "a user's row names a key that is not there"),
        ] {
            self.each(table, |key, _| {
                step(1);
                let start = if table == Table::User { key.len().saturating_sub(16) } else { from };
                if self.shelf().store.get(target, key.get(start..).unwrap_or_default())?.is_none() {
                    problems.push(format!("{what}: {}", Hex(key)));
                }
                Ok(())
            })?;
        }
        self.each(Table::Place, |key, core| {
            step(1);
            if self.shelf().store.get(Table::Record, &[core, key].concat())?.is_none() {
                problems.push(format!("the place of a record that is not there: {}", Hex(key)));
            }
            Ok(())
        })?;
        self.each(Table::Key, |key, value| {
            step(1);
            match ProxyKey::from_bytes(value) {
                Ok(held) if held.id().as_bytes().as_slice() == key => {
                    let row = user_row(held.user(), held.id());
                    if self.shelf().store.get(Table::User, &row)?.is_none() {
                        problems.push(format!("key {} is not among those of its user", Hex(key)));
                    }
                }
                _ => problems.push(format!("key {} is damaged", Hex(key))),
            }
            Ok(())
        })
    }

    /// Logs: updates, each by the authority and naming the one before; the ledger.
    fn check_logs(&self, problems: &mut Vec<String>, step: &mut impl FnMut(u64)) -> Result<(), CloudError> {
        let (mut number, mut head) = (0u64, [0; 32]);
        self.each(Table::Update, |key, value| {
            step(1);
            number += 1;
            match AuthorityUpdate::from_bytes(value) {
                Ok(update) if update.number() == number && key == number.to_be_bytes() => {
                    if *update.previous() != head || !update.is_genuine(self.realm.parameters()) {
                        problems.push(format!("update {number} does not follow the one before"));
                    }
                    head = update.id();
                }
                _ => problems.push(format!("update {number} is missing or damaged")),
            }
            Ok(())
        })?;
        if self.duty().proxy.state().number() != number {
            problems.push(format!("the newest update is {number}, and the state is of another"));
        }
        let shelf = self.shelf();
        let key = shelf.scribe.key(&shelf.store)?;
        problems.extend(Book::of(&shelf.store).check(key, &mut *step)?);
        Ok(())
    }

    /// Chunks: those that records name are there with the right bytes and are named by them; how many nobody names.
    fn check_chunks(
        &self,
        problems: &mut Vec<String>,
        step: &mut impl FnMut(u64),
    ) -> Result<u64, CloudError> {
        self.each(Table::Record, |key, value| {
            let (Ok(row), Ok(name)) = (RecordRow::from_bytes(value), rows::name_of(key)) else {
                return Ok(());
            };
            for chunk in &row.chunks {
                if self.shelf().store.get(Table::Chunk, &rows::chunk_key(chunk, &name))?.is_none() {
                    problems.push(format!("chunk {chunk} is not known to be needed by its record"));
                }
            }
            Ok(())
        })?;
        let mut named = BTreeSet::new();
        self.each(Table::Chunk, |key, _| {
            let id = key.get(..32).and_then(|id| <[u8; 32]>::try_from(id).ok()).unwrap_or_default();
            let record = self.shelf().store.get(Table::Place, key.get(32..).unwrap_or_default())?;
            if record.is_none() {
                problems.push(format!("a chunk is needed by a record that is not there: {}", Hex(key)));
            }
            if named.insert(ChunkId::from_bytes(id)) {
                step(1);
                match self.blobs().get(&ChunkId::from_bytes(id)) {
                    Ok(Some(_)) => {}
                    Ok(None) => problems.push(format!("chunk {} is missing", Hex(&id))),
                    Err(error) => problems.push(format!("{error}")),
                }
            }
            Ok(())
        })?;
        let (mut orphans, mut after) = (0, None);
        loop {
            let page = self.blobs().page(after.as_ref(), 1024)?;
            let Some(last) = page.last() else { return Ok(orphans) };
            after = Some(last.id);
            orphans += page.iter().filter(|chunk| !named.contains(&chunk.id)).count() as u64;
        }
    }
}
