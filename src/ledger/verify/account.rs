//! Whether an account of a patient is complete and true. `[LEDGER-6.3]`

use super::{Accepted, Fault, Verifier, is_a_leaf};
use crate::ledger::entry::Entry;
use crate::ledger::heads::PatientHead;
use crate::ledger::leaf::{Subject, TransactionKind};
use crate::ledger::proof::PatientAccount;

impl Verifier {
    /// Whether an account holds all of a patient's transactions up to a checkpoint, in their order, and each says what it commits to. What was erased may be missing,
    /// if one of her later transactions says that it was erased.
    ///
    /// At which places in the log they stand is not proved by it, but that the places ascend; whoever needs to know asks for an inclusion proof.
    ///
    /// # Errors
    /// [`Fault`], with the number of the transaction of hers that it is about.
    pub fn account(
        &self,
        subject: &Subject,
        account: &PatientAccount,
        accepted: &Accepted,
    ) -> Result<(), Fault> {
        if account.subject != *subject || subject.is_nobody() {
            return Err(Fault::OtherPatient { expected: *subject, found: account.subject });
        }
        let head = self.head(account, accepted)?;
        is_in_order(&account.entries, head.map_or(0, |head| head.number))?;
        match head {
            Some(head) => are_chained(&account.entries, &head)?,
            None => return Ok(()),
        }
        are_placed(&account.entries, accepted.size())?;
        are_opened(&account.entries)
    }

    /// How far the patient's transactions go, by the last leaf before the checkpoint.
    fn head(&self, account: &PatientAccount, accepted: &Accepted) -> Result<Option<PatientHead>, Fault> {
        let heads = &account.heads;
        let (index, kind) = (heads.index, heads.leaf.kind);
        if kind != TransactionKind::PatientHeads || index.checked_add(1) != Some(accepted.size()) {
            return Err(Fault::Misplaced { index, kind });
        }
        self.entry(heads, &account.inclusion, accepted)?;
        account
            .head
            .says_of(&account.subject, &heads.leaf.commitment)
            .map_err(|()| Fault::Head { subject: account.subject })
    }
}

/// Whether these are the patient's transactions number 1 to `count`, each once.
fn is_in_order(entries: &[Entry], count: u64) -> Result<(), Fault> {
    let mut expected = 1;
    for (at, Entry { index, leaf, .. }) in entries.iter().enumerate() {
        let (index, number) = (*index, leaf.number);
        if expected > count {
            return Err(Fault::Surplus { index, number });
        }
        if number != expected {
            let comes_later = entries.iter().skip(at).any(|later| later.leaf.number == expected);
            return Err(match number < expected {
                true => Fault::Repeated { index, number },
                false if comes_later => Fault::Reordered { index, number },
                false => Fault::Omitted { number: expected },
            });
        }
        expected += 1;
    }
    if expected <= count { Err(Fault::Omitted { number: expected }) } else { Ok(()) }
}

/// Whether each is what the next one, and the last what the patient's head is chained to. From the end: so the one that was changed is named.
fn are_chained(entries: &[Entry], head: &PatientHead) -> Result<(), Fault> {
    let mut hash = head.last;
    for Entry { index, leaf, .. } in entries.iter().rev() {
        if leaf.subject != head.subject || leaf.hash() != hash {
            return Err(Fault::Chain { index: *index, number: leaf.number });
        }
        is_a_leaf(*index, leaf)?;
        hash = leaf.previous;
    }
    Ok(())
}

/// Whether the places ascend and lie before the root over all patients' heads.
fn are_placed(entries: &[Entry], size: u64) -> Result<(), Fault> {
    let mut least = 0;
    for Entry { index, leaf, .. } in entries {
        if *index < least || index.checked_add(1).is_none_or(|next| next >= size) {
            return Err(Fault::Reordered { index: *index, number: leaf.number });
        }
        least = index + 1;
    }
    Ok(())
}

/// Whether each says what it commits to, or was erased.
fn are_opened(entries: &[Entry]) -> Result<(), Fault> {
    let mut is_erased = false;
    for entry in entries.iter().rev() {
        let Entry { index, leaf, opening } = entry;
        // What an erasure says is with whoever asked for it.
        is_erased |= leaf.kind == TransactionKind::Erasure;
        if opening.is_none() && !is_erased {
            return Err(Fault::Withheld { index: *index, number: leaf.number });
        }
        if !entry.is_opened_rightly() {
            return Err(Fault::Opening { index: *index });
        }
    }
    Ok(())
}
