//! No record without a receipt: what a reader checks before he opens anything. `[PHR-8.1]`

use super::audit::{self, AuditEntry, AuditEvent};
use super::certificate::LedgerCertificate;
use super::error::ReceiptError;
use super::message::Promise;
use super::realm::Realm;
use crate::ledger::{Receipt, Subject};
use crate::revoke::ProxyName;

/// How far the clocks of a reader and of the cloud may be apart, in seconds.
const SKEW_SECONDS: u64 = 300;

/// What was asked, of whom, and when.
pub(super) struct Occasion<'a> {
    pub(super) realm: &'a Realm,
    /// The cloud that was asked; none if it was asked by another name, as gates are.
    pub(super) cloud: Option<&'a ProxyName>,
    pub(super) time: u64,
}

/// The certificate that was verified last: many receipts that come together bear the same one.
#[derive(Default)]
pub(super) struct Verified(Option<(alloc::vec::Vec<u8>, LedgerCertificate)>);

impl Verified {
    fn certificate(
        &mut self,
        realm: &Realm,
        bytes: alloc::vec::Vec<u8>,
    ) -> Result<&LedgerCertificate, ReceiptError> {
        if self.0.as_ref().is_none_or(|(known, _)| *known != bytes) {
            let certificate = LedgerCertificate::from_bytes(&bytes).ok();
            let genuine = certificate.filter(|certificate| certificate.is_genuine(realm));
            self.0 = genuine.map(|certificate| (bytes, certificate));
        }
        self.0.as_ref().map(|(_, certificate)| certificate).ok_or(ReceiptError::Certificate)
    }
}

/// The receipt for what a reader was given. `said` makes of the time what the ledger must say: who asked, what, and all that he got.
///
/// It is by a ledger that the authority has certified, signed, of about the time of the question, each transaction is in the chain of the patient whom it is about, and
/// commits to what was said.
pub(super) fn check(
    occasion: &Occasion<'_>,
    promise: Option<Promise>,
    said: impl FnOnce(u64) -> alloc::vec::Vec<AuditEntry>,
) -> Result<Receipt, ReceiptError> {
    check_with(&mut Verified::default(), occasion, promise, said)
}

/// The same for one of many.
pub(super) fn check_with(
    verified: &mut Verified,
    occasion: &Occasion<'_>,
    promise: Option<Promise>,
    said: impl FnOnce(u64) -> alloc::vec::Vec<AuditEntry>,
) -> Result<Receipt, ReceiptError> {
    let mut promise = promise.ok_or(ReceiptError::Missing)?;
    let certificate = verified.certificate(occasion.realm, core::mem::take(&mut promise.certificate))?;
    if occasion.cloud.is_some_and(|cloud| cloud != certificate.cloud()) {
        return Err(ReceiptError::Certificate);
    }
    if promise.time.abs_diff(occasion.time) > SKEW_SECONDS {
        return Err(ReceiptError::Time { said: promise.time, now: occasion.time });
    }
    let said = said(promise.time);
    let log = certificate.key().name();
    let receipt = promise.receipt(log, &said).ok_or(ReceiptError::Other)?;
    let stands_right = |(entry, said): (&crate::ledger::Entry, &AuditEntry)| {
        let subject = said.patient.map_or(Subject::NOBODY, |patient| audit::subject(log, &patient));
        let (kind, leaf) = (said.event.kind(), &entry.leaf);
        leaf.subject == subject && leaf.kind == kind && entry.index >= certificate.from()
    };
    if !receipt.entries.iter().zip(&said).all(stands_right) {
        return Err(ReceiptError::Other);
    }
    if receipt.is_genuine(certificate.key()) { Ok(receipt) } else { Err(ReceiptError::Other) }
}

/// What the ledger says of a question that was answered with something of one patient's, but no records.
pub(super) fn about(
    event: AuditEvent,
    user: &crate::outsource::UserId,
    question: &[u8],
    patient: super::record::PatientHandle,
) -> impl FnOnce(u64) -> alloc::vec::Vec<AuditEntry> {
    move |time| {
        audit::access(event, time, user, question, alloc::vec::Vec::from([(patient, alloc::vec::Vec::new())]))
    }
}
