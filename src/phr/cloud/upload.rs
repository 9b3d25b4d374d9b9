//! What comes from writers. `[PHR-6]` `[PHR-12.2]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::rows::{self, CompartmentRow, RecordRow};
use super::{Cloud, CloudError, Limits};
use crate::abe::kem::context_id;
use crate::abe::payload::{RecordHeader, RecordName};
use crate::abe::types::{CurrentEpoch, Header};
use crate::outsource::StoredHeader;
use crate::phr::audit::{AuditEntry, AuditEvent, add_record};
use crate::phr::credential::Credential;
use crate::phr::message::{Answer, Contents, Listed, NewCompartment, NewRecord, Upload, context, name_bytes};
use crate::phr::record::PatientHandle;
use crate::phr::rules::patient_attribute;
use crate::policy::{AttributeSet, Policy};
use crate::store::{Batch, BlobStore, Store, Table};
use rand_core::CryptoRng;

/// What an upload adds to a store.
#[derive(Default)]
struct Additions {
    batch: Batch,
    /// Compartments that are new or get more records, by core id.
    compartments: BTreeMap<[u8; 32], CompartmentRow>,
    headers: Vec<StoredHeader>,
    stored: Vec<Listed>,
    /// Of each patient the records.
    patients: Vec<(PatientHandle, Vec<RecordName>)>,
}

impl<S: Store, B: BlobStore> Cloud<S, B> {
    /// Takes an upload of a writer: checks credential, signature and headers without any key, stores the chunks, and then all the rest
    /// at once with its transaction in the ledger. What it returns confirms the records, for whoever keeps confirmations; when it has returned
    /// they are durable.
    ///
    /// The same upload again is confirmed again, and stores nothing twice.
    ///
    /// # Errors
    /// [`CloudError`] says why not; then no record of it is stored.
    pub fn upload(&self, upload: &[u8], now: u64, rng: &mut impl CryptoRng) -> Result<Vec<u8>, CloudError> {
        Self::within(upload, self.limits.upload_bytes)?;
        let bytes = upload;
        let upload = Upload::from_bytes(bytes)?;
        let duty = self.duty();
        let current = duty.proxy.current(now)?;
        let credential = &upload.credential;
        if !credential.is_genuine(&self.realm) || now > credential.not_after() {
            return Err(CloudError::Credential);
        }
        duty.proxy.state().check_user(credential.user(), credential.issued_at())?;
        if !upload.is_signed() {
            return Err(CloudError::Signature);
        }
        if !upload.chunks.is_empty() {
            let mut blobs = self.blobs.write().unwrap_or_else(std::sync::PoisonError::into_inner);
            for chunk in &upload.chunks {
                blobs.put(chunk)?;
            }
        }
        // Held until the rows are committed: no sweep in between takes a chunk that a record is about to name.
        let blobs = self.blobs();
        let mut additions = Additions::default();
        let credential_bytes = credential.to_bytes();
        let credential_id: [u8; 32] = Sha256::digest(&credential_bytes).into();
        let update = duty.proxy.state().number();
        for new in &upload.compartments {
            self.add_compartment(new, credential, credential_id, current, update, &mut additions, rng)?;
        }
        for new in upload.records {
            self.add_record(new, credential_id, current, update, &*blobs, &mut additions, now)?;
        }
        let (promise, records) = if additions.batch.is_empty() {
            (None, additions.stored)
        } else {
            let certificate = self.certificate()?;
            let Additions { mut batch, compartments, headers, patients, stored } = additions;
            for (core, row) in &compartments {
                batch.put(Table::Compartment, *core, row.to_bytes());
            }
            for header in &headers {
                batch.insert(Table::Header, *header.serial().as_bytes(), header.to_bytes());
            }
            batch.put(Table::Writer, credential_id, credential_bytes);
            let evidence = Sha256::digest(bytes);
            let entry = |(patient, records)| AuditEntry {
                time: now,
                event: AuditEvent::Stored,
                user: Some(credential.user().clone()),
                patient: Some(patient),
                records,
                evidence: evidence.to_vec(),
            };
            let said: Vec<AuditEntry> = patients.into_iter().map(entry).collect();
            let entries = self.commit(&said, batch)?;
            (Some(self.promise(entries, certificate, now)?), stored)
        };
        let contents = Contents::Listed { records, next: None };
        Ok(Answer { promise, contents }.to_bytes())
    }

    /// A compartment that is new here: a good header of the current epoch, which its patient can open.
    #[allow(clippy::too_many_arguments)]
    fn add_compartment(
        &self,
        new: &NewCompartment,
        credential: &Credential,
        credential_id: [u8; 32],
        current: CurrentEpoch<'_>,
        update: u64,
        additions: &mut Additions,
        rng: &mut impl CryptoRng,
    ) -> Result<(), CloudError> {
        let header = Header::from_bytes(&new.header)?;
        let core = *header.core_id();
        if let Some(row) = rows::compartment(&self.shelf().store, &core)? {
            // Sent again.
            return if row.credential == credential_id { Ok(()) } else { Err(CloudError::Closed) };
        }
        let named = context_id(&context(&new.patient, &new.id)) == *header.context_id();
        let hers = credential.patient().is_none_or(|only| *only == new.patient);
        if !named || !hers || !self.is_readable_by(header.policy(), &new.patient) {
            return Err(CloudError::NotThePatients);
        }
        let accepted = StoredHeader::accept_at(current, header, self.realm.parameters(), rng)?;
        let row = CompartmentRow {
            serial: *accepted.serial().as_bytes(),
            patient: new.patient,
            id: new.id,
            credential: credential_id,
            update,
            records: 0,
            bytes: 0,
        };
        additions.batch.insert(Table::Patient, rows::patient_key(&new.patient, &core), []);
        add_record(&mut additions.patients, new.patient, []);
        additions.compartments.insert(core, row);
        additions.headers.push(accepted);
        Ok(())
    }

    /// Whether the attribute of the patient alone satisfies the policy.
    fn is_readable_by(&self, policy: &Policy, patient: &PatientHandle) -> bool {
        let attributes = AttributeSet::parse(&patient_attribute(patient), self.realm.schema());
        attributes.is_ok_and(|attributes| policy.is_satisfied_by(&attributes))
    }

    /// A record for a compartment of this upload, or one that is here and open.
    #[allow(clippy::too_many_arguments)]
    fn add_record(
        &self,
        new: NewRecord,
        credential_id: [u8; 32],
        current: CurrentEpoch<'_>,
        update: u64,
        blobs: &B,
        additions: &mut Additions,
        now: u64,
    ) -> Result<(), CloudError> {
        let NewRecord { core, sealed, chunks } = new;
        let header = RecordHeader::of(&sealed)?;
        let name = *header.name();
        let bytes = sealed.len() as u64;
        let count = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
        let listed = Listed { name, bytes, chunks: count, stored: now };
        let shelf = self.shelf();
        if let Some(there) = rows::place(&shelf.store, &name)? {
            let before = rows::record(&shelf.store, &there, &name)?;
            return match before {
                Some(before) if there == core && before.sealed == sealed => {
                    additions.stored.push(Listed { stored: before.stored, ..listed });
                    Ok(())
                }
                _ => Err(CloudError::Exists),
            };
        }
        let row = match additions.compartments.get(&core) {
            Some(row) => row.clone(),
            None => {
                let row =
                    rows::compartment(&shelf.store, &core)?.ok_or(CloudError::Missing("compartment"))?;
                let made =
                    rows::header(&shelf.store, &row.serial)?.and_then(|header| header.header().epoch());
                if row.credential != credential_id || row.update != update || made != Some(current.epoch()) {
                    return Err(CloudError::Closed);
                }
                row
            }
        };
        let row = CompartmentRow { records: row.records + 1, bytes: row.bytes + bytes, ..row };
        let Limits { records_per_compartment, bytes_per_compartment, .. } = self.limits;
        if row.records > records_per_compartment || row.bytes > bytes_per_compartment || !header.is_signed() {
            return Err(CloudError::Closed);
        }
        for chunk in &chunks {
            if !blobs.has(chunk)? {
                return Err(CloudError::Missing("chunk"));
            }
            additions.batch.put(Table::Chunk, rows::chunk_key(chunk, &name), []);
        }
        add_record(&mut additions.patients, row.patient, [name]);
        additions.compartments.insert(core, row);
        let record = RecordRow { stored: now, chunks, sealed };
        additions.batch.insert(Table::Record, rows::record_key(&core, &name), record.to_bytes());
        additions.batch.insert(Table::Place, name_bytes(&name), core);
        additions.stored.push(listed);
        Ok(())
    }
}
