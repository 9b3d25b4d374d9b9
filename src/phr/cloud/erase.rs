//! Erasure: all that a cloud has of a patient is destroyed, and the ledger says so and no more. `[PHR-11.4]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::vec::Vec;
use std::sync::PoisonError;

use super::rows::{self, CompartmentRow, RecordRow};
use super::{Cloud, CloudError, Shelf};
use crate::abe::types::Header;
use crate::ledger::Receipt;
use crate::phr::audit::{AuditEntry, AuditEvent, subject};
use crate::phr::credential::Credential;
use crate::phr::erasure::ErasureOrder;
use crate::phr::record::PatientHandle;
use crate::search::server;
use crate::store::{Batch, BlobStore, ChunkId, Store, Table};

/// How old an order to erase may be, and how far ahead its clock.
const ORDER_SECONDS: u64 = 24 * 3600;

impl<S: Store, B: BlobStore> Cloud<S, B> {
    /// Destroys all that is kept of a patient, by her own order ([`Owner::erase`](crate::phr::Owner::erase)): headers, records, attachments, her search index, and what
    /// the ledger's transactions about her say. Their leaves stay, and the ledger verifies as before; nothing leads from them to her.
    ///
    /// What it returns is the ledger's receipt, and the only copy of what its last transaction about her says: for herself. Her keys, and a gate's share of her index, are with others: the authority revokes the one
    /// ([`Authority::revoke`](crate::phr::Authority::revoke)), the gate closes the other. What readers have read, they have. Backups have what they had.
    ///
    /// # Errors
    /// [`CloudError::Erasure`] unless the order is hers, of today, and was not carried out before; [`CloudError::Denied`] if there is nothing of hers.
    pub fn erase(&self, order: &[u8], now: u64) -> Result<Receipt, CloudError> {
        let order = ErasureOrder::from_bytes(order)?;
        let patient = *order.patient(&self.realm, now).ok_or(CloudError::Erasure)?;
        let credential = order.credential();
        if order.time().abs_diff(now) > ORDER_SECONDS {
            return Err(CloudError::Erasure);
        }
        // No upload, no head and no seal comes in between; and what is being answered is answered and written down first.
        let _indexing = self.indexing.lock().unwrap_or_else(PoisonError::into_inner);
        let _sealing = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        let duty = self.duty_mut();
        duty.proxy.state().check_user(credential.user(), credential.issued_at())?;
        let mut blobs = self.blobs.write().unwrap_or_else(PoisonError::into_inner);
        let mut shelf = self.shelf.write().unwrap_or_else(PoisonError::into_inner);
        let Shelf { store, scribe } = &mut *shelf;
        let (mut batch, mut chunks) = (Batch::new(), Vec::new());
        records_of(store, &patient, &mut batch, &mut chunks)?;
        indexes_of(store, &patient, &mut batch)?;
        if batch.is_empty() {
            return Err(CloudError::Denied);
        }
        // What she has written since is not destroyed by whoever hands her order in again.
        let carried_out = rows::order_key(&order.to_bytes());
        if store.get(Table::Meta, &carried_out)?.is_some() {
            return Err(CloudError::Erasure);
        }
        batch.put(Table::Meta, carried_out, []);
        let entry = AuditEntry {
            time: now,
            event: AuditEvent::Erased,
            user: Some(credential.user().clone()),
            patient: Some(patient),
            records: Vec::new(),
            evidence: order.to_bytes(),
        };
        let log = subject(scribe.log(), &patient);
        let erased = scribe.erase(store, &mut batch, log, entry.to_bytes())?;
        store.commit(&batch)?;
        // Nobody names them any more. If the power is cut here the next sweep finds them.
        for chunk in chunks {
            if store.page(Table::Chunk, chunk.as_bytes(), None, 1)?.is_empty() {
                blobs.remove(&chunk)?;
            }
        }
        self.cache().forget();
        Ok(scribe.receipt(store, Vec::from([erased]))?)
    }
}

/// The changes that remove a patient's compartments, and the chunks that their records name.
fn records_of(
    store: &dyn Store,
    patient: &PatientHandle,
    batch: &mut Batch,
    chunks: &mut Vec<ChunkId>,
) -> Result<(), CloudError> {
    for (key, _) in store.page(Table::Patient, patient.as_bytes(), None, usize::MAX)? {
        let core = key.get(16..).unwrap_or_default().to_vec();
        batch.remove(Table::Patient, key);
        if let Some(row) = store.get(Table::Compartment, &core)? {
            let row = CompartmentRow::from_bytes(&row)?;
            batch.remove(Table::Header, row.serial);
            // One that is for her records alone names her.
            if let Some(credential) = store.get(Table::Writer, &row.credential)?
                && Credential::from_bytes(&credential)?.patient() == Some(patient)
            {
                batch.remove(Table::Writer, row.credential);
            }
        }
        for (key, row) in store.page(Table::Record, &core, None, usize::MAX)? {
            let name = rows::name_of(&key)?;
            for chunk in RecordRow::from_bytes(&row)?.chunks {
                batch.remove(Table::Chunk, rows::chunk_key(&chunk, &name));
                chunks.push(chunk);
            }
            batch.remove(Table::Place, key.get(32..).unwrap_or_default());
            batch.remove(Table::Record, key);
        }
        batch.remove(Table::Compartment, core);
    }
    Ok(())
}

/// The changes that remove a patient's search indexes: the one that she has announced, and those before it.
fn indexes_of(store: &dyn Store, patient: &PatientHandle, batch: &mut Batch) -> Result<(), CloudError> {
    let key = rows::announcement_key(patient);
    if store.get(Table::Segment, &key)?.is_some() {
        batch.remove(Table::Segment, key);
    }
    for (key, owner) in store.page(Table::Segment, rows::OWNERS, None, usize::MAX)? {
        let Some(collection) = rows::collection_of(&key).filter(|_| owner == patient.as_bytes()) else {
            continue;
        };
        if let Some(head) = server::head(store, &collection)? {
            for entry in &head.contents().policies {
                batch.remove(Table::Segment, rows::seed_key(Header::from_bytes(&entry.header)?.core_id()));
            }
        }
        for kind in rows::KINDS_OF_AN_INDEX {
            let prefix = [&[kind], collection.as_bytes().as_slice()].concat();
            for (key, _) in store.page(Table::Segment, &prefix, None, usize::MAX)? {
                batch.remove(Table::Segment, key);
            }
        }
    }
    Ok(())
}
