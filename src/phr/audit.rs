//! What happened, written down in the ledger before anything leaves. `[PHR-11]`
//!
//! | | |
//! |---|---|
//! | [`AuditEntry`], [`AuditEvent`] | what a transaction of a cloud's ledger says |
//! | [`LedgerCertificate`] | the authority's word for the key of a cloud's ledger |
//! | [`ReceiptError`] | why a reader opens nothing: the access does not stand in the ledger |
//! | [`PatientLog`] | all that happened to a patient's records, verified |
//! | [`ErasureOrder`] | a patient's word that all that a cloud has of her is to be destroyed |
//!
//! The log itself, its proofs and checkpoints: [`crate::ledger`].

use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use super::message::{NAME_BYTES, decode_name, name_bytes};
use super::record::PatientHandle;
use crate::abe::payload::RecordName;
use crate::codec::{Decoder, Encoder, Kind};
use crate::error::{DecodeError, DecodeReason};
use crate::ledger::{Entry, Subject, Transaction, TransactionKind};
use crate::outsource::UserId;

pub use super::account::PatientLog;
pub use super::certificate::LedgerCertificate;
pub use super::erasure::ErasureOrder;
pub use super::error::ReceiptError;

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
    /// An epoch has begun.
    Advanced = 6,
    /// Headers were sealed.
    Sealed = 7,
    /// A patient has announced an index, or signed a head of it.
    Indexed = 8,
    /// A reader was given the head, a seed, segments or slots of an index, or powers by its gate.
    Searched = 9,
    /// The authority has dismissed somebody, or taken a key or attributes.
    Revoked = 10,
    /// Somebody was given a key, or attributes for it.
    Granted = 11,
    /// A patient has said who may read what.
    Consented = 12,
    /// A reader was given records in an emergency, as he says.
    BrokeGlass = 13,
    /// All that the cloud had of a patient was destroyed.
    Erased = 14,
    /// Somebody was given the list of what happened to a patient's records.
    Audited = 15,
}

impl AuditEvent {
    const ALL: [AuditEvent; 15] = [
        AuditEvent::Stored,
        AuditEvent::Listed,
        AuditEvent::Opened,
        AuditEvent::Fetched,
        AuditEvent::Denied,
        AuditEvent::Advanced,
        AuditEvent::Sealed,
        AuditEvent::Indexed,
        AuditEvent::Searched,
        AuditEvent::Revoked,
        AuditEvent::Granted,
        AuditEvent::Consented,
        AuditEvent::BrokeGlass,
        AuditEvent::Erased,
        AuditEvent::Audited,
    ];

    /// What kind of transaction it is in the ledger.
    pub const fn kind(self) -> TransactionKind {
        match self {
            AuditEvent::Stored => TransactionKind::RecordPut,
            AuditEvent::Listed
            | AuditEvent::Opened
            | AuditEvent::Fetched
            | AuditEvent::Searched
            | AuditEvent::Audited => TransactionKind::Access,
            AuditEvent::Denied => TransactionKind::Denied,
            AuditEvent::Advanced | AuditEvent::Sealed => TransactionKind::EpochAdvance,
            AuditEvent::Indexed => TransactionKind::HeadChange,
            AuditEvent::Revoked => TransactionKind::Revoke,
            AuditEvent::Granted => TransactionKind::Grant,
            AuditEvent::Consented => TransactionKind::ConsentChange,
            AuditEvent::BrokeGlass => TransactionKind::BreakGlass,
            AuditEvent::Erased => TransactionKind::Erasure,
        }
    }
}

/// What a transaction of the ledger says: what happened, when, by whom, to which records of whom; and the proof, which is the signed question or
/// the authority's signed update. No content, no name of a patient. The log commits to it, and shows nothing of it. `[PHR-11.1]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, in seconds since 1970 by the clock of the cloud.
    pub time: u64,
    /// What.
    pub event: AuditEvent,
    /// By whom.
    pub user: Option<UserId>,
    /// Whose records, if they are one patient's; at a gate that knows no patients, the name of the index.
    pub patient: Option<PatientHandle>,
    /// Which records.
    pub records: Vec<RecordName>,
    /// What proves it; of a question about several patients its SHA-256, and the question itself in an entry of nobody's.
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
        let reason = DecodeReason::OutOfRange { value: number.into(), min: 1, max: 15 };
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

    /// The transaction of the ledger of this name.
    #[cfg_attr(not(feature = "std"), allow(dead_code))] // without `std` there is no cloud
    pub(super) fn transaction(&self, log: &str) -> Transaction {
        let kind = self.event.kind();
        let subject = self.patient.map_or(Subject::NOBODY, |patient| subject(log, &patient));
        Transaction { kind, subject, body: self.to_bytes() }
    }

    /// What a transaction of a cloud's ledger says, if that is kept and is what the leaf commits to.
    pub fn of(entry: &Entry) -> Option<Self> {
        Self::from_bytes(entry.body()?).ok()
    }
}

/// By what name a patient stands in a cloud's ledger.
pub fn subject(log: &str, patient: &PatientHandle) -> Subject {
    Subject::of(log, patient.as_bytes())
}

/// One access, as it is written down: an entry for each patient whose records somebody was given, so that each has her own and learns of no other.
///
/// Of one patient's the question itself is the evidence. Of several patients' it is in an entry of nobody's, and its hash in theirs.
pub(super) fn access(
    event: AuditEvent,
    time: u64,
    user: &UserId,
    question: &[u8],
    patients: Vec<(PatientHandle, Vec<RecordName>)>,
) -> Vec<AuditEntry> {
    let entry = |patient, records, evidence: &[u8]| AuditEntry {
        time,
        event,
        user: Some(user.clone()),
        patient,
        records,
        evidence: evidence.to_vec(),
    };
    let alone = patients.len() == 1;
    let hash = Sha256::digest(question);
    let evidence: &[u8] = if alone { question } else { &hash };
    let mut entries: Vec<AuditEntry> =
        patients.into_iter().map(|(patient, records)| entry(Some(patient), records, evidence)).collect();
    if !alone {
        entries.push(entry(None, Vec::new(), question));
    }
    entries
}

/// Adds a record to those of its patient, who come in the order in which they were first named.
pub(super) fn add_record(
    patients: &mut Vec<(PatientHandle, Vec<RecordName>)>,
    patient: PatientHandle,
    records: impl IntoIterator<Item = RecordName>,
) {
    match patients.iter_mut().find(|(other, _)| *other == patient) {
        Some((_, all)) => all.extend(records),
        None => patients.push((patient, records.into_iter().collect())),
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
            AuditEvent::Advanced => "advanced",
            AuditEvent::Sealed => "sealed",
            AuditEvent::Indexed => "indexed",
            AuditEvent::Searched => "searched",
            AuditEvent::Revoked => "revoked",
            AuditEvent::Granted => "granted",
            AuditEvent::Consented => "consented",
            AuditEvent::BrokeGlass => "broke-glass",
            AuditEvent::Erased => "erased",
            AuditEvent::Audited => "audited",
        })
    }
}
