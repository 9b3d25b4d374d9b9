//! Whether an account is what it says.

use hippocrypt::ledger::{PatientAccount, TransactionKind, TreeHead};

/// Whether these are all transactions of the patient under a tree head; if not, what is wrong.
pub fn account(account: &PatientAccount, head: &TreeHead) -> Result<(), String> {
    let PatientAccount { subject, entries, head: said, heads, inclusion } = account;
    let last = inclusion.index + 1 == inclusion.size && inclusion.size == head.size;
    let is_heads = heads.leaf.kind == TransactionKind::PatientHeads;
    if !last || !is_heads || !inclusion.holds(&heads.leaf.hash(), &head.root) {
        return Err("the root over patients is not the checkpoint's".into());
    }
    let said = said.says_of(subject, &heads.leaf.commitment).map_err(|()| "her place among patients is not proved")?;
    let (mut number, mut previous) = (0, [0; 32]);
    for entry in entries {
        number += 1;
        let leaf = &entry.leaf;
        if leaf.subject != *subject || leaf.number != number || leaf.previous != previous {
            return Err(format!("transaction {number} of hers is not the next one"));
        }
        if !entry.is_opened_rightly() {
            return Err(format!("transaction {number} of hers does not say what was written"));
        }
        previous = leaf.hash();
    }
    if said.map_or((0, [0; 32]), |head| (head.number, head.last)) != (number, previous) {
        return Err("transactions of hers are missing".into());
    }
    Ok(())
}
