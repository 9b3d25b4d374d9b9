//! The search indexes of patients: heads and segments that come, and what readers get of them. `[PHR-15.7]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::slice;
use std::sync::{Mutex, PoisonError};

use super::answer::{Permits, Released};
use super::rows;
use super::{Cloud, CloudError, Duty};
use crate::abe::types::Header;
use crate::codec::Kind;
use crate::ledger::Entry;
use crate::outsource::{StoredHeader, UserId};
use crate::phr::audit::{AuditEntry, AuditEvent};
use crate::phr::index::Announcement;
use crate::phr::message::{Answer, Ask, Contents};
use crate::phr::record::PatientHandle;
use crate::phr::registry::damaged;
use crate::search::server::{self, Accepted, Shelf};
use crate::search::{Context, Gate, Head, IndexError, PolicyEntry, Segment, asker};
use crate::store::{Batch, BlobStore, Store, Table};
use rand_core::CryptoRng;

impl<S: Store, B: BlobStore> Cloud<S, B> {
    /// Takes what belongs to an index: a patient's announcement, a head, a segment. Each proves itself, whoever brings it; what has come
    /// before is known, and no error.
    ///
    /// A head must wrap its new seeds in the current epoch: they are checked as the headers of records are. A segment must be the next of its
    /// writer's chain, and its writer must be named by the newest head.
    ///
    /// # Errors
    /// [`CloudError`] says why not; then nothing is stored.
    pub fn index(&self, message: &[u8], now: u64, rng: &mut impl CryptoRng) -> Result<Accepted, CloudError> {
        Self::within(message, self.limits.upload_bytes)?;
        // One after the other: what is checked against the store is still true when it is committed.
        let _indexing = self.indexing.lock().unwrap_or_else(PoisonError::into_inner);
        match Kind::of(message)? {
            Kind::IndexAnnouncement => self.announced(message, now),
            Kind::IndexHead => self.head(message, now, rng),
            Kind::Segment => self.segment(message),
            other => Err(CloudError::OtherKind(other)),
        }
    }

    fn announced(&self, message: &[u8], now: u64) -> Result<Accepted, CloudError> {
        let new = Announcement::from_bytes(message)?;
        let patient = *new.patient(&self.realm).ok_or(CloudError::Credential)?;
        let credential = new.credential();
        if now > credential.not_after() {
            return Err(CloudError::Credential);
        }
        self.duty().proxy.state().check_user(credential.user(), credential.issued_at())?;
        if let Some(bytes) = self.shelf().store.get(Table::Segment, &rows::announcement_key(&patient))? {
            let known = Announcement::from_bytes(&bytes)?;
            if known == new {
                return Ok(Accepted::Known);
            }
            if known.number() >= new.number() {
                return Err(CloudError::Announced);
            }
        }
        // An index is one patient's.
        let owner = rows::owner_of(&self.shelf().store, new.collection())?;
        if owner.is_some_and(|owner| owner != patient) {
            return Err(CloudError::Announced);
        }
        let mut batch = Batch::new();
        batch.put(Table::Segment, rows::announcement_key(&patient), message);
        batch.put(Table::Segment, rows::owner_key(new.collection()), *patient.as_bytes());
        self.commit(
            &[entry(AuditEvent::Indexed, now, Some(credential.user()), Some(patient), message)],
            batch,
        )?;
        Ok(Accepted::New)
    }

    fn head(&self, message: &[u8], now: u64, rng: &mut impl CryptoRng) -> Result<Accepted, CloudError> {
        let duty = self.duty();
        let (accepted, mut batch, head) = server::install(&self.shelf().store, message)?;
        if accepted == Accepted::Known {
            return Ok(accepted);
        }
        let patient =
            rows::owner_of(&self.shelf().store, head.collection())?.ok_or(IndexError::NoCollection)?;
        let before = server::head(&self.shelf().store, head.collection())?;
        let former = before.as_ref().map(|head| head.contents().policies.as_slice()).unwrap_or_default();
        for old in
            former.iter().filter(|old| head.contents().policies.iter().all(|new| new.header != old.header))
        {
            let core = *Header::from_bytes(&old.header)?.core_id();
            batch.remove(Table::Segment, rows::seed_key(&core));
            self.cache().seeds.remove(&core);
        }
        for new in
            head.contents().policies.iter().filter(|new| former.iter().all(|old| new.header != old.header))
        {
            let header = Header::from_bytes(&new.header)?;
            let stored =
                StoredHeader::accept_at(duty.proxy.current(now)?, header, self.realm.parameters(), rng)?;
            batch.put(Table::Segment, rows::seed_key(stored.header().core_id()), stored.to_bytes());
        }
        self.commit(&[entry(AuditEvent::Indexed, now, None, Some(patient), message)], batch)?;
        // What was loaded may be of an epoch that is closed.
        self.cache().shelves.clear();
        Ok(Accepted::New)
    }

    fn segment(&self, message: &[u8]) -> Result<Accepted, CloudError> {
        let collection = Segment::from_bytes(message)?.header().context().collection;
        let (accepted, batch) = {
            let shelf = self.shelf();
            let head = server::head(&shelf.store, &collection)?.ok_or(IndexError::NoCollection)?;
            server::append(&shelf.store, &head, message)?
        };
        self.commit_quietly(&batch)?;
        Ok(accepted)
    }

    /// Has the gate answer a reader's request for trapdoors, if one of his keys is live here; it is written down before the answer leaves.
    ///
    /// A gate of a second party does the same with its own copy of the keys.
    ///
    /// # Errors
    /// [`CloudError::NoKey`], [`CloudError::Gate`] and others.
    pub fn gate<G: Store>(
        &self,
        gate: &Mutex<Gate<G>>,
        request: &[u8],
        now: u64,
    ) -> Result<Vec<u8>, CloudError> {
        self.gate_all(gate, slice::from_ref(&request), now)?.pop().unwrap_or(Err(CloudError::NoKey))
    }

    /// Has the gate answer several requests, which may be of several readers and about several patients: they are written down together, so that a search over many patients
    /// waits for the disk once. Each is answered or refused by itself, in their order.
    ///
    /// # Errors
    /// [`CloudError::Store`] if they could not be written down: then none is answered.
    pub fn gate_all<G: Store, R: AsRef<[u8]>>(
        &self,
        gate: &Mutex<Gate<G>>,
        requests: &[R],
        now: u64,
    ) -> Result<Vec<Result<Vec<u8>, CloudError>>, CloudError> {
        let certificate = self.certificate()?;
        // Held until they are written down: who is dismissed, or erased, meanwhile is so afterwards.
        let duty = self.duty();
        let answer = |request: &R| self.answered_by_gate(&duty, gate, request.as_ref(), now);
        let answered: Vec<_> = requests.iter().map(answer).collect();
        let said: Vec<AuditEntry> =
            answered.iter().filter_map(|answered| Some(answered.as_ref().ok()?.1.clone())).collect();
        let mut entries = self.commit(&said, Batch::new())?.into_iter();
        let written: Vec<_> = answered
            .into_iter()
            .map(|answered| {
                answered.map(|(points, _)| (points, entries.next().into_iter().collect::<Vec<_>>()))
            })
            .collect();
        drop(duty);
        let with_receipt = |(points, entries): (Vec<u8>, Vec<Entry>)| {
            let promise = Some(self.promise(entries, certificate.clone(), now)?);
            Ok(Answer { promise, contents: Contents::Bytes(points) }.to_bytes())
        };
        Ok(written.into_iter().map(|written| written.and_then(with_receipt)).collect())
    }

    /// The gate's answer to one request, and what is to be written down before it leaves.
    fn answered_by_gate<G: Store>(
        &self,
        duty: &Duty,
        gate: &Mutex<Gate<G>>,
        request: &[u8],
        now: u64,
    ) -> Result<(Vec<u8>, AuditEntry), CloudError> {
        Self::within(request, self.limits.question_bytes)?;
        let (name, context) = asker(request)?;
        let user = UserId::new(&name).map_err(|_| CloudError::NoKey)?;
        let keys = self.keys(&user)?;
        let live: Vec<[u8; 32]> = keys
            .iter()
            .filter(|key| duty.proxy.permit(key, now).is_ok())
            .map(|key| key.facts.request_key.to_bytes())
            .collect();
        if live.is_empty() {
            return Err(CloudError::NoKey);
        }
        let admitted = gate.lock().unwrap_or_else(PoisonError::into_inner).admit(request, now, |_| live)?;
        let answer = admitted.answer()?;
        // A gate apart from the cloud has heard of no patient: there the index has a chain of its own, by its name.
        let index = PatientHandle::from_bytes(*context.collection.as_bytes());
        let patient = Some(rows::owner_of(&self.shelf().store, &context.collection)?.unwrap_or(index));
        Ok((answer, entry(AuditEvent::Searched, now, Some(&user), patient, request)))
    }

    /// What a reader asks of an index. Whoever satisfies no policy of it is told what he would be told if there were none.
    pub(super) fn searched(
        &self,
        user: &UserId,
        ask: &Ask,
        permits: &Permits<'_>,
        now: u64,
    ) -> Result<Released, CloudError> {
        let (Ask::Index { patient }
        | Ask::Seed { patient, .. }
        | Ask::Segments { patient, .. }
        | Ask::Outline { patient, .. }
        | Ask::Match { patient, .. }) = ask
        else {
            return Err(CloudError::Denied);
        };
        // Read before anything is looked up: what makes no sense is refused alike, whether there is an index or not.
        let context = match ask {
            Ask::Segments { context, .. } | Ask::Outline { context, .. } => Some(context.clone()),
            Ask::Match { query, .. } => Some(server::context_of(query)?),
            _ => None,
        };
        let (announcement, head) = self.index_of(patient)?.ok_or(CloudError::Denied)?;
        self.admitted(&head, context.as_ref(), permits)?;
        let contents = match (ask, &context) {
            (Ask::Seed { core, .. }, _) => self.seed(user, &head, core, permits, now)?,
            (Ask::Segments { positions, .. }, Some(context)) => {
                let (shelf, limit) = (self.shelf(), self.limits.answer_bytes / 2);
                Contents::Bytes(server::page(&shelf.store, &head, context, positions, limit)?)
            }
            (Ask::Match { query, .. }, Some(context)) => {
                Contents::Bytes(self.on_shelf(&head, context, |shelf| shelf.answer(query))?)
            }
            (_, Some(context)) => {
                Contents::Bytes(self.on_shelf(&head, context, |shelf| Ok(shelf.outline().to_bytes()))?)
            }
            (_, None) => Contents::Index { announcement, head: head.to_bytes() },
        };
        Ok(Released::of(*patient, contents))
    }

    /// A patient's announcement, and the head of the index that it names.
    fn index_of(&self, patient: &PatientHandle) -> Result<Option<(Vec<u8>, Head)>, CloudError> {
        let shelf = self.shelf();
        let Some(bytes) = shelf.store.get(Table::Segment, &rows::announcement_key(patient))? else {
            return Ok(None);
        };
        let collection = *Announcement::from_bytes(&bytes)?.collection();
        Ok(server::head(&shelf.store, &collection)?.map(|head| (bytes, head)))
    }

    /// The reader must satisfy a policy: of this context, or of any.
    fn admitted(
        &self,
        head: &Head,
        context: Option<&Context>,
        permits: &Permits<'_>,
    ) -> Result<(), CloudError> {
        // The very context: with another pipeline its segments would be loaded once more for nothing.
        if context.is_some_and(|context| head.epochs(&context.domain).all(|live| live != *context)) {
            return Err(CloudError::Denied);
        }
        let of = |entry: &&PolicyEntry| {
            context.is_none_or(|context| entry.domain == context.domain && entry.epoch == context.epoch)
        };
        for entry in head.contents().policies.iter().filter(of) {
            let core = *Header::from_bytes(&entry.header)?.core_id();
            if permits.for_header(&*self.stored_seed(&core)?).is_some() {
                return Ok(());
            }
        }
        Err(CloudError::Denied)
    }

    /// A wrapped seed, transformed; none if it is not for this reader. Whoever may see the head may ask for all that it names.
    fn seed(
        &self,
        user: &UserId,
        head: &Head,
        core: &[u8; 32],
        permits: &Permits<'_>,
        now: u64,
    ) -> Result<Contents, CloudError> {
        let mut named = head.contents().policies.iter().map(|entry| Header::from_bytes(&entry.header));
        if !named.any(|header| header.is_ok_and(|header| header.core_id() == core)) {
            return Err(CloudError::Denied);
        }
        let header = self.stored_seed(core)?;
        let Some(permit) = permits.for_header(&header) else { return Ok(Contents::Seed(None)) };
        if !self.door().rates.transforms(user, 1, &self.limits, now) {
            return Err(CloudError::TooMany);
        }
        let transformed = permit.transform(&header).map_err(|_| CloudError::Denied)?;
        Ok(Contents::Seed(Some(transformed.to_bytes())))
    }

    fn stored_seed(&self, core: &[u8; 32]) -> Result<Arc<StoredHeader>, CloudError> {
        if let Some(header) = self.cache().seeds.get(core) {
            return Ok(header);
        }
        let bytes = self.shelf().store.get(Table::Segment, &rows::seed_key(core))?;
        let bytes = bytes.ok_or_else(|| damaged("a head names a wrapped seed that is not there"))?;
        let header = StoredHeader::from_bytes(&bytes).map_err(|_| damaged("a wrapped seed"))?;
        Ok(self.cache().put_seed(*core, header))
    }

    /// Looks something up among the segments of a context, which are in memory afterwards.
    fn on_shelf(
        &self,
        head: &Head,
        context: &Context,
        look: impl FnOnce(&Shelf) -> Result<Vec<u8>, IndexError>,
    ) -> Result<Vec<u8>, CloudError> {
        let shelf = self.cache().shelf(context);
        let mut segments = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        segments.load(&self.shelf().store, head, context)?;
        Ok(look(&segments)?)
    }
}

fn entry(
    event: AuditEvent,
    time: u64,
    user: Option<&UserId>,
    patient: Option<PatientHandle>,
    evidence: &[u8],
) -> AuditEntry {
    AuditEntry { time, event, user: user.cloned(), patient, records: Vec::new(), evidence: evidence.to_vec() }
}
