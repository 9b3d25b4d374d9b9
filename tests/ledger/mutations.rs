//! Chance: bytes of everything that a log shows, changed at random. None of it is accepted, and the fault names the entry.
//!
//! 100,000 mutations; the same in every run. That the test can fail was seen by taking out of the verifier, one after the other, the checks of: the root of a replay, the
//! opening of an entry, the size of an inclusion proof, the earlier size of a consistency proof, the last hash of an account, the log's name in a receipt, a cosignature.

use hippocrypt::ledger::{
    Accepted, Checkpoint, ConsistencyProof, Entry, Fault, InclusionProof, LEAF_BYTES, Leaf, PatientAccount,
    Receipt, Replay, Subject, Verifier,
};

use crate::support::{Log, NOW, Rng, local, patient, quorum, verifier, witness};

const MUTATIONS: usize = 100_000;
const SEED: u64 = 1;

/// Everything that an honest log shows, as bytes, and the verifier of each.
struct Shown {
    strict: Verifier,
    local: Verifier,
    accepted: Accepted,
    earlier: Accepted,
    leaves: Vec<[u8; LEAF_BYTES]>,
    checkpoints: Vec<Checkpoint>,
    entries: Vec<Entry>,
    inclusions: Vec<InclusionProof>,
    consistency: ConsistencyProof,
    accounts: Vec<PatientAccount>,
    receipts: Vec<Receipt>,
    cosigned: Checkpoint,
}

fn shown() -> Shown {
    let log = Log::of_some_days(SEED);
    let (entries, checkpoints) = (log.entries(), log.checkpoints());
    let local = local(SEED);
    let accept = |at: usize| local.checkpoint(&checkpoints[at], NOW).unwrap();
    // As many cosignatures as are needed, so that each counts.
    let cosigned = (1..=3).fold(checkpoints[2].clone(), |checkpoint, number| {
        checkpoint.signed_also_by(&witness(number), NOW - u64::from(number))
    });
    Shown {
        strict: verifier(Log::signer(SEED).public(), quorum(4, 3, 1)),
        accepted: accept(2),
        earlier: accept(1),
        leaves: entries.iter().map(|entry| entry.leaf.to_bytes()).collect(),
        inclusions: (0..32).map(|index| log.inclusion(index, 32)).collect(),
        consistency: log.consistency(21, 32),
        accounts: [1, 2, 3, 4, 99].map(|number| log.account(&patient(number))).into(),
        receipts: entries
            .windows(2)
            .filter(|pair| pair.iter().all(|entry| entry.opening.is_some()))
            .map(|pair| log.scribe.receipt(&log.store, pair.to_vec()).unwrap())
            .collect(),
        entries,
        checkpoints,
        cosigned,
        local,
    }
}

/// Changes a byte or a few, in one place or in several. Where, and what comes out.
fn mutate(rng: &mut Rng, bytes: &[u8]) -> (usize, Vec<u8>) {
    let mut changed = bytes.to_vec();
    let at = rng.below(bytes.len());
    match rng.below(8) {
        0 => {
            let other = rng.below(bytes.len());
            changed.swap(at, other);
        }
        1 => drop(changed.remove(at)),
        2 => changed.insert(at, rng.next() as u8),
        3 => changed.truncate(at),
        4 => (0..3).for_each(|_| {
            let at = rng.below(bytes.len());
            changed[at] ^= rng.next() as u8;
        }),
        5 => changed[at] = rng.next() as u8,
        _ => changed[at] ^= 1 << rng.below(8),
    }
    if changed == bytes {
        changed[at] ^= 0x80;
    }
    (at, changed)
}

/// Reads a log whose leaves are these bytes. How far it came, and why no further.
fn replay(shown: &Shown, leaves: &[Vec<u8>]) -> Result<Accepted, Fault> {
    let mut replay = Replay::new(&shown.local);
    for leaf in leaves {
        replay.leaf(leaf, None)?;
        if let Some(due) =
            shown.checkpoints.iter().find(|checkpoint| checkpoint.head().size == replay.leaves())
        {
            replay.checkpoint(due)?;
        }
    }
    replay.conclude(&shown.checkpoints[2], NOW)
}

/// The leaf at which a fault shows, or where the block ends at which it does.
fn place(fault: &Fault) -> u64 {
    match fault {
        Fault::Root { size } | Fault::NoCheckpoint { size } | Fault::Unexpected { leaves: size, .. } => {
            size.saturating_sub(1)
        }
        other => other.index().unwrap(),
    }
}

fn of_leaves(shown: &Shown, rng: &mut Rng) {
    let mut leaves: Vec<Vec<u8>> = shown.leaves.iter().map(|leaf| leaf.to_vec()).collect();
    let at = rng.below(leaves.len());
    match rng.below(10) {
        0 => drop(leaves.remove(at)),
        1 => leaves.insert(at, leaves[rng.below(32)].clone()),
        2 => leaves.swap(at, rng.below(32)),
        3 => leaves.truncate(at),
        _ => leaves[at] = mutate(rng, &leaves[at]).1,
    }
    let are_same = |place: &usize| leaves.get(*place).map(Vec::as_slice) == Some(&shown.leaves[*place]);
    let Some(first) = (0..32).find(|place| !are_same(place)) else {
        return;
    };
    let fault = replay(shown, &leaves).unwrap_err();
    // Not before the first leaf that is another, and no later than where its block ends; a log that was cut has no end.
    let end = [9, 20, 31].into_iter().find(|end| *end >= first).unwrap();
    let place = usize::try_from(place(&fault)).unwrap();
    let is_cut = leaves.len() < 32 && place + 1 == leaves.len();
    assert!((first..=end).contains(&place) || is_cut, "leaf {first}: {fault}");
    // Whoever asks for the leaf alone sees at once that it is this one.
    if let Some(leaf) = leaves.get(at).and_then(|leaf| Leaf::from_bytes(leaf).ok())
        && leaf.to_bytes() != shown.leaves[at]
    {
        let entry = Entry { index: at as u64, leaf, opening: None };
        let fault = shown.local.entry(&entry, &shown.inclusions[at], &shown.accepted);
        assert_eq!(fault, Err(Fault::NotIncluded { index: at as u64, size: 32 }));
    }
}

fn of_entries(shown: &Shown, rng: &mut Rng) {
    let at = rng.below(32);
    let (_, bytes) = mutate(rng, &shown.entries[at].to_bytes());
    if let Ok(entry) = Entry::from_bytes(&bytes) {
        let fault = shown.local.entry(&entry, &shown.inclusions[at], &shown.accepted).unwrap_err();
        assert_eq!(fault.index(), Some(entry.index), "{fault}");
    }
}

fn of_inclusions(shown: &Shown, rng: &mut Rng) {
    let at = rng.below(32);
    let (_, bytes) = mutate(rng, &shown.inclusions[at].to_bytes());
    if let Ok(proof) = InclusionProof::from_bytes(&bytes) {
        let fault = shown.local.entry(&shown.entries[at], &proof, &shown.accepted);
        assert_eq!(fault, Err(Fault::NotIncluded { index: at as u64, size: 32 }));
    }
}

fn of_consistency(shown: &Shown, rng: &mut Rng) {
    let (_, bytes) = mutate(rng, &shown.consistency.to_bytes());
    if let Ok(proof) = ConsistencyProof::from_bytes(&bytes) {
        let fault = shown.local.extends(&shown.earlier, &shown.accepted, &proof);
        assert_eq!(fault, Err(Fault::Inconsistent { old: 21, new: 32 }));
    }
}

/// Where in the bytes of an account each of its transactions lies: prologue, name, count, and one after the other.
fn regions(account: &PatientAccount) -> Vec<std::ops::Range<usize>> {
    let mut from = 7 + 16 + 4;
    let region = |entry: &Entry| {
        // An entry by itself has a prologue.
        let to = from + entry.to_bytes().len() - 7;
        let range = from..to;
        from = to;
        range
    };
    account.entries.iter().map(region).collect()
}

fn of_accounts(shown: &Shown, rng: &mut Rng) {
    let account = &shown.accounts[rng.below(shown.accounts.len())];
    let bytes = account.to_bytes();
    let subject: Subject = account.subject;
    let regions = regions(account);
    let verify = |bytes: &[u8]| {
        PatientAccount::from_bytes(bytes).ok().map(|mutated| {
            let is_elsewhere =
                (mutated.entries.iter().zip(&account.entries)).any(|(one, other)| one.index != other.index);
            (is_elsewhere, shown.local.account(&subject, &mutated, &shown.accepted))
        })
    };
    // One transaction: the fault is of that one.
    if let Some(which) =
        rng.below(2).checked_sub(1).and(regions.len().checked_sub(1)).map(|last| rng.below(last + 1))
    {
        let mut bytes = bytes;
        // Not its place, which an account does not prove: see below.
        let at = regions[which].start + 8 + rng.below(regions[which].len() - 8);
        bytes[at] ^= 1 << rng.below(8);
        if let Some((_, result)) = verify(&bytes) {
            let fault = result.unwrap_err();
            let (index, number) = (account.entries[which].index, which as u64 + 1);
            assert!(fault.index() == Some(index) || fault.number() == Some(number), "{number}: {fault}");
        }
        return;
    }
    match verify(&mutate(rng, &bytes).1) {
        // Which, how many, in what order: that is proved. The places only have to ascend.
        Some((true, Ok(()))) | None => {}
        Some((_, result)) => drop(result.unwrap_err()),
    }
}

fn of_receipts(shown: &Shown, rng: &mut Rng) {
    let receipt = &shown.receipts[rng.below(shown.receipts.len())];
    let (_, bytes) = mutate(rng, &receipt.to_bytes());
    if let Ok(mutated) = Receipt::from_bytes(&bytes) {
        let fault = shown.local.receipt(&mutated).unwrap_err();
        assert!(!fault.is_proof_of_misbehaviour());
    }
}

fn of_checkpoints(shown: &Shown, rng: &mut Rng) {
    let (_, bytes) = mutate(rng, shown.cosigned.to_text().as_bytes());
    if let Ok(checkpoint) = Checkpoint::parse(&bytes) {
        let fault = shown.strict.checkpoint(&checkpoint, NOW).unwrap_err();
        assert!(!fault.is_proof_of_misbehaviour());
    }
}

#[test]
fn no_mutation_is_accepted() {
    let shown = shown();
    // As they are, all are.
    let leaves: Vec<Vec<u8>> = shown.leaves.iter().map(|leaf| leaf.to_vec()).collect();
    assert_eq!(replay(&shown, &leaves).unwrap(), shown.accepted);
    for (entry, inclusion) in shown.entries.iter().zip(&shown.inclusions) {
        shown.local.entry(entry, inclusion, &shown.accepted).unwrap();
    }
    shown.local.extends(&shown.earlier, &shown.accepted, &shown.consistency).unwrap();
    for account in &shown.accounts {
        shown.local.account(&account.subject, account, &shown.accepted).unwrap();
    }
    assert!(shown.receipts.len() > 10);
    shown.receipts.iter().for_each(|receipt| shown.local.receipt(receipt).unwrap());
    shown.strict.checkpoint(&shown.cosigned, NOW).unwrap();

    let mut rng = Rng(2027);
    for number in 0..MUTATIONS {
        let of =
            [of_leaves, of_entries, of_inclusions, of_consistency, of_accounts, of_receipts, of_checkpoints];
        of[number % of.len()](&shown, &mut rng);
    }
}
