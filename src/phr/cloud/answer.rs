//! What readers ask. `[PHR-7]` `[PHR-12.3]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::collections::btree_map::Entry as Slot;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::rows::{self, CompartmentRow, RecordRow};
use super::{Cloud, CloudError};
use crate::abe::payload::RecordName;
use crate::outsource::{ProxyKey, StoredHeader, UserId};
use crate::phr::audit::{AuditEvent, access, add_record};
use crate::phr::message::{Answer, Ask, Contents, Listed, Opening, Question};
use crate::phr::record::PatientHandle;
use crate::phr::registry::{damaged, keys_of};
use crate::policy::Policy;
use crate::revoke::Permit;
use crate::store::{Batch, BlobStore, Store, StoreError, Table};

/// Compartments of a patient that are looked at together.
const PAGE: usize = 64;

/// A compartment, what of it the reader gets, and the key that opens it.
struct Found<'k> {
    core: [u8; 32],
    row: CompartmentRow,
    header: Arc<StoredHeader>,
    permit: Permit<'k>,
    records: Vec<(RecordName, RecordRow)>,
}

/// What is about to leave, and whose it is: of each patient the records.
pub(super) struct Released {
    pub(super) patients: Vec<(PatientHandle, Vec<RecordName>)>,
    pub(super) contents: Contents,
}

impl Released {
    /// Of one patient's, no records.
    pub(super) fn of(patient: PatientHandle, contents: Contents) -> Self {
        Self { patients: Vec::from([(patient, Vec::new())]), contents }
    }
}

/// The reader's keys that may be used now.
pub(super) struct Permits<'k>(Vec<(&'k ProxyKey, Permit<'k>)>);

impl<'k> Permits<'k> {
    /// A key whose attributes satisfy the policy and whose tokens reach the header's epoch.
    pub(super) fn for_header(&self, header: &StoredHeader) -> Option<Permit<'k>> {
        let opens = |key: &ProxyKey| {
            key.tokens_until() >= header.needs() && header.header().policy().is_satisfied_by(key.attributes())
        };
        self.0.iter().find(|(key, _)| opens(key)).map(|(_, permit)| *permit)
    }

    /// Whether a key has this attribute.
    pub(super) fn have(&self, policy: &Policy) -> bool {
        self.0.iter().any(|(key, _)| policy.is_satisfied_by(key.attributes()))
    }
}

impl<S: Store, B: BlobStore> Cloud<S, B> {
    /// Answers a reader's signed question: transforms headers, and sends records along; or lists, or sends chunks. The access is written
    /// down before anything leaves.
    ///
    /// # Errors
    /// [`CloudError`] says why not. What does not exist and what is not for the reader have one answer.
    pub fn answer(&self, question: &[u8], now: u64) -> Result<Vec<u8>, CloudError> {
        Self::within(question, self.limits.question_bytes)?;
        let evidence = question;
        let question = Question::from_bytes(question)?;
        // Held to the end: what an update revokes is not in use any more when that was applied.
        let duty = self.duty();
        if question.realm != *self.realm.id() {
            return Err(CloudError::OtherRealm);
        }
        if question.cloud != *duty.proxy.name() {
            return Err(CloudError::OtherCloud);
        }
        let keys = self.keys(&question.user)?;
        let mut permits = Vec::new();
        let mut refused = CloudError::NoKey;
        for key in keys.iter().filter(|key| question.is_signed_by(key.facts.request_key)) {
            match duty.proxy.permit(key, now) {
                Ok(permit) => permits.push((key, permit)),
                Err(error) => refused = error.into(),
            }
        }
        if permits.is_empty() {
            return Err(refused);
        }
        {
            let mut door = self.door();
            door.requests.admit(&question.user, &question.nonce, question.time, now)?;
            if !door.rates.question(&question.user, &self.limits, now) {
                return Err(CloudError::TooMany);
            }
        }
        let certificate = self.certificate()?;
        let permits = Permits(permits);
        let user = &question.user;
        let released = match &question.ask {
            Ask::List { patient, after } => self.list(patient, *after, &permits),
            Ask::OpenAll { patient, after } | Ask::BreakGlass { patient, after, .. } => {
                let (found, next) = self.all_of(patient, *after, &permits)?;
                self.release(user, found, next, now)
            }
            Ask::Open { names } => {
                let found = self.named(names, &permits)?;
                self.release(user, found, None, now)
            }
            Ask::Chunks { name, first, count } => self.chunks(name, *first, *count, &permits),
            Ask::Account { patient } => self.account_for(patient, &permits),
            ask => self.searched(user, ask, &permits, now),
        };
        match released {
            Err(CloudError::Denied) => {
                if !self.door().rates.denial(user, &self.limits, now) {
                    return Err(CloudError::TooMany);
                }
                let patients = self.asked_about(&question.ask)?;
                self.commit(&access(AuditEvent::Denied, now, user, evidence, patients), Batch::new())?;
                Err(CloudError::Denied)
            }
            Err(other) => Err(other),
            Ok(Released { patients, contents }) => {
                let said = access(question.ask.event(), now, user, evidence, patients);
                let entries = self.commit(&said, Batch::new())?;
                let promise = Some(self.promise(entries, certificate, now)?);
                Ok(Answer { promise, contents }.to_bytes())
            }
        }
    }

    /// The patient whom a question that is refused is about, if she has records here: others are not to get a place in the ledger.
    fn asked_about(&self, ask: &Ask) -> Result<Vec<(PatientHandle, Vec<RecordName>)>, StoreError> {
        let Some(patient) = ask.patient() else { return Ok(Vec::new()) };
        let known = self.shelf().store.page(Table::Patient, patient.as_bytes(), None, 1)?;
        Ok(if known.is_empty() { Vec::new() } else { Vec::from([(*patient, Vec::new())]) })
    }

    /// A user's keys, decoded.
    pub(super) fn keys(&self, user: &UserId) -> Result<Arc<Vec<ProxyKey>>, CloudError> {
        if let Some(keys) = self.cache().keys.get(user) {
            return Ok(keys);
        }
        let shelf = self.shelf();
        let mut keys = Vec::new();
        for id in keys_of(&shelf.store, user)? {
            let key = rows::proxy_key(&shelf.store, id.as_bytes())?;
            keys.push(key.ok_or_else(|| damaged("the table `user` names a key that is not there"))?);
        }
        // An unknown name takes no place.
        if keys.is_empty() {
            return Ok(Arc::new(keys));
        }
        Ok(self.cache().put_keys(user.clone(), keys))
    }

    /// A stored header, decoded.
    pub(super) fn header(&self, serial: &[u8; 32]) -> Result<Arc<StoredHeader>, CloudError> {
        if let Some(header) = self.cache().headers.get(serial) {
            return Ok(header);
        }
        // Both under the lock of the store: a seal that comes between would be followed by the old header in the cache.
        let shelf = self.shelf();
        let header =
            rows::header(&shelf.store, serial)?.ok_or_else(|| damaged("a compartment without a header"))?;
        Ok(self.cache().put_header(header))
    }

    /// A compartment that this reader opens, without its records.
    fn found<'k>(&self, core: [u8; 32], permits: &Permits<'k>) -> Result<Option<Found<'k>>, CloudError> {
        let row = rows::compartment(&self.shelf().store, &core)?;
        let Some(row) = row else { return Ok(None) };
        let header = self.header(&row.serial)?;
        let permit = permits.for_header(&header);
        Ok(permit.map(|permit| Found { core, row, header, permit, records: Vec::new() }))
    }

    /// The compartments of a patient that the reader opens, one after the other, until `take` says that it is enough; the last one
    /// that was taken, if there are more.
    fn walk<'k>(
        &self,
        patient: &PatientHandle,
        after: Option<[u8; 32]>,
        permits: &Permits<'k>,
        mut take: impl FnMut(Found<'k>) -> Result<bool, CloudError>,
    ) -> Result<Option<[u8; 32]>, CloudError> {
        let (mut last, mut taken) = (after, after);
        loop {
            let from = last.map(|core| rows::patient_key(patient, &core));
            let page = self.shelf().store.page(Table::Patient, patient.as_bytes(), from.as_deref(), PAGE)?;
            if page.is_empty() {
                return Ok(None);
            }
            for (key, _) in page {
                let core = key.get(16..).and_then(|core| <[u8; 32]>::try_from(core).ok());
                let core = core.ok_or_else(|| damaged("a row of the table `patient`"))?;
                if let Some(found) = self.found(core, permits)? {
                    if take(found)? {
                        // Where to go on names a compartment that he knows, none that is not for him.
                        return Ok(taken);
                    }
                    taken = Some(core);
                }
                last = Some(core);
            }
        }
    }

    /// The records of a compartment.
    fn records_of(&self, core: &[u8; 32]) -> Result<Vec<(RecordName, RecordRow)>, StoreError> {
        let rows = self.shelf().store.page(Table::Record, core, None, usize::MAX)?;
        rows.iter().map(|(key, row)| Ok((rows::name_of(key)?, RecordRow::from_bytes(row)?))).collect()
    }

    fn list(
        &self,
        patient: &PatientHandle,
        after: Option<[u8; 32]>,
        permits: &Permits<'_>,
    ) -> Result<Released, CloudError> {
        let (mut records, mut is_there) = (Vec::new(), false);
        let next = self.walk(patient, after, permits, |found| {
            is_there = true;
            if records.len() >= self.limits.records_per_listing {
                return Ok(true);
            }
            for (name, row) in self.records_of(&found.core)? {
                let chunks = u32::try_from(row.chunks.len()).unwrap_or(u32::MAX);
                records.push(Listed { name, bytes: row.sealed.len() as u64, chunks, stored: row.stored });
            }
            Ok(false)
        })?;
        // From the middle on, too: whom the cloud does not know would get a place in the ledger otherwise.
        if !is_there {
            return Err(CloudError::Denied);
        }
        Ok(Released::of(*patient, Contents::Listed { records, next }))
    }

    /// Everything of a patient that the reader opens, as much as fits into an answer.
    fn all_of<'k>(
        &self,
        patient: &PatientHandle,
        after: Option<[u8; 32]>,
        permits: &Permits<'k>,
    ) -> Result<(Vec<Found<'k>>, Option<[u8; 32]>), CloudError> {
        let (mut all, mut bytes) = (Vec::new(), 0);
        let next = self.walk(patient, after, permits, |mut found| {
            bytes += found.row.bytes;
            let full =
                all.len() >= self.limits.compartments_per_answer || bytes > self.limits.answer_bytes as u64;
            if full && !all.is_empty() {
                return Ok(true);
            }
            found.records = self.records_of(&found.core)?;
            all.push(found);
            Ok(false)
        })?;
        Ok((all, next))
    }

    /// Those of the named records that the reader opens, in their compartments.
    fn named<'k>(&self, names: &[RecordName], permits: &Permits<'k>) -> Result<Vec<Found<'k>>, CloudError> {
        let mut all: alloc::collections::BTreeMap<[u8; 32], Option<Found<'k>>> = Default::default();
        let (mut opens, mut bytes) = (0, 0);
        for name in names {
            let core = rows::place(&self.shelf().store, name)?;
            let Some(core) = core else { continue };
            if let Slot::Vacant(slot) = all.entry(core) {
                let found = self.found(core, permits)?;
                // What is not for him does not count, or counting would tell that it exists.
                opens += usize::from(found.is_some());
                let most = self.limits.compartments_per_answer;
                if opens > most {
                    return Err(CloudError::TooMuch { compartments: opens, most });
                }
                slot.insert(found);
            }
            let Some(Some(found)) = all.get_mut(&core) else { continue };
            let row = rows::record(&self.shelf().store, &core, name)?;
            let row = row.ok_or_else(|| damaged("the table `place` names a record that is not there"))?;
            bytes += row.sealed.len();
            if bytes > self.limits.answer_bytes {
                return Err(CloudError::TooLarge { bytes, most: self.limits.answer_bytes });
            }
            // Named twice, sent once.
            if found.records.iter().all(|(other, _)| other != name) {
                found.records.push((*name, row));
            }
        }
        Ok(all.into_values().flatten().collect())
    }

    fn release(
        &self,
        user: &UserId,
        found: Vec<Found<'_>>,
        next: Option<[u8; 32]>,
        now: u64,
    ) -> Result<Released, CloudError> {
        if found.is_empty() {
            return Err(CloudError::Denied);
        }
        if !self.door().rates.transforms(user, found.len(), &self.limits, now) {
            return Err(CloudError::TooMany);
        }
        let (mut patients, mut openings) = (Vec::new(), Vec::new());
        for Found { row, header, permit, records, .. } in found {
            let transformed = permit.transform(&header).map_err(|_| CloudError::Denied)?;
            let credential = self.shelf().store.get(Table::Writer, &row.credential)?;
            let credential = credential.ok_or_else(|| damaged("a compartment without a credential"))?;
            add_record(&mut patients, row.patient, records.iter().map(|(name, _)| *name));
            let records = records.into_iter().map(|(_, row)| {
                let chunks = u32::try_from(row.chunks.len()).unwrap_or(u32::MAX);
                (row.sealed, chunks)
            });
            openings.push(Opening {
                patient: row.patient,
                compartment: row.id,
                transformed: transformed.to_bytes(),
                credential,
                records: records.collect(),
            });
        }
        Ok(Released { patients, contents: Contents::Opened { openings, next } })
    }

    fn chunks(
        &self,
        name: &RecordName,
        first: u32,
        count: u32,
        permits: &Permits<'_>,
    ) -> Result<Released, CloudError> {
        let core = rows::place(&self.shelf().store, name)?.ok_or(CloudError::Denied)?;
        let found = self.found(core, permits)?.ok_or(CloudError::Denied)?;
        let row = rows::record(&self.shelf().store, &core, name)?.ok_or(CloudError::Denied)?;
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        let count = usize::try_from(count.min(self.limits.chunks_per_answer)).unwrap_or(0);
        let ids = row.chunks.iter().skip(first).take(count);
        let mut chunks = Vec::new();
        for id in ids {
            let chunk = self.blobs().get(id)?;
            chunks.push(chunk.ok_or_else(|| damaged("a record names a chunk that is not there"))?);
        }
        if chunks.is_empty() {
            return Err(CloudError::Denied);
        }
        let patients = Vec::from([(found.row.patient, Vec::from([*name]))]);
        Ok(Released { patients, contents: Contents::Chunks(chunks) })
    }
}
