//! What happened, written down before anything leaves. `[PHR-11]`

use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use super::message::{NAME_BYTES, decode_name, name_bytes};
use super::record::PatientHandle;
use super::registry::damaged;
use crate::abe::payload::RecordName;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::outsource::UserId;
use crate::store::{Batch, Store, StoreError, Table};

pub use super::message::Receipt;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditEvent {
    /// A writer has stored records.
    Stored = 1,
    /// A reader was given names of records.
    Listed = 2,
    /// A reader was given records.
    Opened = 3,
    /// A reader was given chunks of an attachment.
    Fetched = 4,
    /// A reader asked for what does not exist or is not for him.
    Denied = 5,
    /// The authority's update was applied.
    Updated = 6,
    /// Headers were sealed.
    Sealed = 7,
    /// A patient has announced an index, or signed a head of it.
    Indexed = 8,
    /// A reader was given the head, a seed, segments or slots of an index, or powers by its gate.
    Searched = 9,
}

impl AuditEvent {
    const ALL: [AuditEvent; 9] = [
        AuditEvent::Stored,
        AuditEvent::Listed,
        AuditEvent::Opened,
        AuditEvent::Fetched,
        AuditEvent::Denied,
        AuditEvent::Updated,
        AuditEvent::Sealed,
        AuditEvent::Indexed,
        AuditEvent::Searched,
    ];
}

/// An entry of the audit log: what happened, when, by whom, to which records of whom; and the proof, which is the signed question or
/// the authority's signed update. No content, no name of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, in seconds since 1970 by the clock of the cloud.
    pub time: u64,
    /// What.
    pub event: AuditEvent,
    /// By whom.
    pub user: Option<UserId>,
    /// Whose records, if they are one patient's.
    pub patient: Option<PatientHandle>,
    /// Which records.
    pub records: Vec<RecordName>,
    /// What proves it.
    pub evidence: Vec<u8>,
}

/// Most bytes of evidence.
const MAX_EVIDENCE_BYTES: usize = 1 << 24;

impl AuditEntry {
    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let size = 320 + NAME_BYTES * self.records.len() + self.evidence.len();
        let mut encoder = Encoder::object(Kind::AuditEntry, size);
        encoder.u64(self.time);
        encoder.u8(self.event as u8);
        encoder.u8(u8::from(self.user.is_some()) | u8::from(self.patient.is_some()) << 1);
        if let Some(user) = &self.user {
            user.encode(&mut encoder);
        }
        if let Some(patient) = &self.patient {
            encoder.raw(patient.as_bytes());
        }
        encoder.count(self.records.len());
        self.records.iter().for_each(|name| encoder.raw(&name_bytes(name)));
        encoder.long_bytes(&self.evidence);
        encoder.finish()
    }

    /// Decodes an entry.
    ///
    /// # Errors
    /// [`DecodeError`] names the first field that is not canonical.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::object(bytes, Kind::AuditEntry)?;
        let time = decoder.u64("time")?;
        let at = decoder.position();
        let number = decoder.u8("event")?;
        let event = AuditEvent::ALL.into_iter().find(|event| *event as u8 == number);
        let reason = DecodeReason::OutOfRange { value: number.into(), min: 1, max: 9 };
        let event = event.ok_or(Decoder::error_at(at, "event", reason))?;
        let at = decoder.position();
        let flags = decoder.u8("who and whose")?;
        Decoder::checked(flags.into(), at, "who and whose", 0, 3)?;
        let user = if flags & 1 == 0 { None } else { Some(UserId::decode(&mut decoder)?) };
        let patient =
            if flags & 2 == 0 { None } else { Some(PatientHandle::from_bytes(decoder.array("patient")?)) };
        let count = decoder.count(NAME_BYTES, "number of records")?;
        let records = (0..count).map(|_| decode_name(&mut decoder)).collect::<Result<_, _>>()?;
        let evidence = decoder.long_bytes(MAX_EVIDENCE_BYTES, "evidence")?.to_vec();
        decoder.finish()?;
        Ok(Self { time, event, user, patient, records, evidence })
    }
}

/// Where a cloud writes down what it is about to do. It is asked before anything is stored or leaves; if it fails, nothing is, and nothing
/// does.
pub trait AuditSink {
    /// Appends entries, at least one: durably before it returns, or with `batch`, which is committed before anything leaves. `store` is the store
    /// that `batch` is for. What comes back is where the last one stands.
    ///
    /// An entry may stand in the log though what it announces did not come to pass, when the power was cut between the two; the
    /// reverse does not happen.
    ///
    /// # Errors
    /// [`StoreError`]: then the cloud does nothing.
    fn append(
        &mut self,
        entries: &[AuditEntry],
        store: &dyn Store,
        batch: &mut Batch,
    ) -> Result<Receipt, StoreError>;
}

/// The audit log in the cloud's own store: each entry in the same transaction as what it announces, in a chain of hashes.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoreAudit;

/// The row of the log's end in the table of what there is once: how many entries, and the hash over all.
const END: &[u8] = b"audit";

/// The hash of a log with one more entry.
pub(super) fn chained(head: &[u8; 32], entry: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(head);
    hash.update(entry);
    hash.finalize().into()
}

/// How many entries there are, and the hash over all.
pub(super) fn end_of(store: &dyn Store) -> Result<(u64, [u8; 32]), StoreError> {
    let Some(end) = store.get(Table::Meta, END)? else { return Ok((0, [0; 32])) };
    let (number, head) = end.split_first_chunk::<8>().ok_or_else(|| damaged("the end of the audit log"))?;
    let head = head.try_into().map_err(|_| damaged("the end of the audit log"))?;
    Ok((u64::from_be_bytes(*number), head))
}

impl AuditSink for StoreAudit {
    fn append(
        &mut self,
        entries: &[AuditEntry],
        store: &dyn Store,
        batch: &mut Batch,
    ) -> Result<Receipt, StoreError> {
        let (mut number, mut head) = end_of(store)?;
        for entry in entries {
            let bytes = entry.to_bytes();
            head = chained(&head, &bytes);
            number = number.saturating_add(1);
            batch.insert(Table::Audit, number.to_be_bytes(), bytes);
        }
        batch.put(Table::Meta, END, [number.to_be_bytes().as_slice(), &head].concat());
        Ok(Receipt { number, head })
    }
}

/// The audit log in a file of its own, which only grows: each entry is durable before anything else happens, in a chain of hashes.
/// For a disk that is written once, or another machine than the store's.
#[cfg(feature = "std")]
#[derive(Debug)]
pub struct AuditFile(crate::store::Journal);

#[cfg(feature = "std")]
impl AuditFile {
    /// The log in the file `path`, which is made if it is not there, and verified if it is.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it was changed, others of the system.
    pub fn open(path: impl AsRef<std::path::Path>) -> Result<Self, StoreError> {
        crate::store::Journal::open(path).map(Self)
    }

    /// The entries, from the first one on.
    ///
    /// # Errors
    /// [`StoreError`]; within the iterator [`StoreError::Damaged`], too.
    pub fn entries(&self) -> Result<impl Iterator<Item = Result<AuditEntry, StoreError>>, StoreError> {
        let decoded = |bytes: Vec<u8>| AuditEntry::from_bytes(&bytes).map_err(|_| damaged("an audit entry"));
        Ok(self.0.entries()?.map(move |entry| decoded(entry?.bytes)))
    }
}

#[cfg(feature = "std")]
impl AuditSink for AuditFile {
    fn append(
        &mut self,
        entries: &[AuditEntry],
        _: &dyn Store,
        _: &mut Batch,
    ) -> Result<Receipt, StoreError> {
        let mut receipt = Receipt::default();
        for entry in entries {
            let end = self.0.append(&entry.to_bytes())?;
            receipt = Receipt { number: end.number, head: end.head };
        }
        Ok(receipt)
    }
}

impl fmt::Display for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AuditEvent::Stored => "stored",
            AuditEvent::Listed => "listed",
            AuditEvent::Opened => "opened",
            AuditEvent::Fetched => "fetched",
            AuditEvent::Denied => "denied",
            AuditEvent::Updated => "updated",
            AuditEvent::Sealed => "sealed",
            AuditEvent::Indexed => "indexed",
            AuditEvent::Searched => "searched",
        })
    }
}
