//! Who read my record? What a patient's device makes of the ledger's answer. `[PHR-11.3]`

use alloc::string::ToString;
use alloc::vec::Vec;

use super::audit::{AuditEntry, subject};
use super::certificate::LedgerCertificate;
use super::error::{ReadError, ReceiptError};
use super::message::{Answer, Ask, Contents};
use super::reader::{Asked, Reader};
use crate::ledger::{Checkpoint, Entry, Finality, Leaf, LogKeys, PatientAccount, Receipt, Verifier};

/// All that the ledger says happened to a patient's records up to a checkpoint, with the proof that it is all.
#[derive(Debug, Clone)]
pub struct PatientLog {
    /// Up to where. To be kept: a later one has to continue it.
    pub checkpoint: Checkpoint,
    /// Every transaction, the first one first, with what it says; nothing of those that were erased.
    pub transactions: Vec<(Entry, Option<AuditEntry>)>,
    /// The proof, for whoever doubts it: [`Verifier::account`] verifies it without a cloud.
    pub account: PatientAccount,
    /// That this question itself stands in the ledger.
    pub receipt: Receipt,
}

impl Reader {
    /// Reads the answer to [`account`](Reader::account), and verifies all of it. `now`: seconds since 1970.
    ///
    /// A `verifier` says which keys the log has and when a checkpoint counts. Without one the key is the one that the authority has certified, and a
    /// checkpoint counts when the cloud has signed it: this proves that nothing was left out of the log that the cloud shows, and not that it shows everybody
    /// the same. Keep the checkpoint, and have the next one proved to continue it ([`Follower`](crate::ledger::Follower)), or demand witnesses.
    ///
    /// # Errors
    /// [`ReadError::Account`] says what does not hold; [`ReadError::Receipt`], [`ReadError::NotAsked`], [`ReadError::Malformed`].
    pub fn accounted(
        &self,
        asked: Asked,
        answer: &[u8],
        verifier: Option<&Verifier>,
        now: u64,
    ) -> Result<PatientLog, ReadError> {
        let Answer { promise, contents } = Answer::from_bytes(answer)?;
        let (Ask::Account { patient }, Contents::Account { checkpoint, account }) = (asked.ask(), contents)
        else {
            return Err(ReadError::NotAsked);
        };
        let certificate = promise.as_ref().map(|promise| promise.certificate.clone()).unwrap_or_default();
        let receipt = self.receipt(&asked, promise, Vec::from([(*patient, Vec::new())]))?;
        let wrong = |error: &dyn ToString| ReadError::Account(error.to_string().into());
        let checkpoint = Checkpoint::parse(&checkpoint).map_err(|error| wrong(&error))?;
        let account = PatientAccount::from_bytes(&account)?;
        let certified = || {
            let certificate = LedgerCertificate::from_bytes(&certificate)?;
            let keys = LogKeys::new(certificate.key().clone());
            Ok::<_, ReadError>(Verifier::new(keys.map_err(|fault| wrong(&fault))?, Finality::Local))
        };
        let verifier = match verifier {
            Some(verifier) if verifier.log() == receipt.log => verifier.clone(),
            Some(_) => return Err(ReceiptError::Certificate.into()),
            None => certified()?,
        };
        let accepted = verifier.checkpoint(&checkpoint, now).map_err(|fault| wrong(&fault))?;
        let hers = subject(verifier.log(), patient);
        verifier.account(&hers, &account, &accepted).map_err(|fault| wrong(&fault))?;
        // The question is her next transaction: an account of an hour ago would lack the last hour.
        let follows = |next: &Leaf| match account.entries.last() {
            None => next.number == 1,
            Some(last) => {
                last.leaf.number.checked_add(1) == Some(next.number) && next.previous == last.leaf.hash()
            }
        };
        if !receipt.entries.first().is_some_and(|next| follows(&next.leaf)) {
            return Err(wrong(&"it does not reach to the question: something has happened since; ask again"));
        }
        let mut transactions = Vec::with_capacity(account.entries.len());
        for entry in &account.entries {
            let said = match entry.body() {
                None => None,
                Some(body) => {
                    let said = AuditEntry::from_bytes(body)?;
                    if said.patient != Some(*patient) || said.event.kind() != entry.leaf.kind {
                        return Err(wrong(&"a transaction says something else than its leaf"));
                    }
                    Some(said)
                }
            };
            transactions.push((entry.clone(), said));
        }
        Ok(PatientLog { checkpoint, transactions, account, receipt })
    }
}
