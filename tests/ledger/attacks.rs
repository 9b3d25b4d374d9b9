//! Every way to lie with a log: what names it, and a verifier that has been weakened by one rule and believes it.

use ed25519_dalek::Signer;
use hippocrypt::ledger::{
    Accepted, Checkpoint, Entry, Fault, Follower, Heads, Leaf, NoteSigner, PatientAccount, PatientHead,
    Quorum, QuorumError, Receipt, Subject, TransactionKind, commitment,
};

use crate::support::{Crooked, LOG, Log, NOW, flipped, local, patient, quorum, read, verifier, witness};

const SEED: u64 = 1;

/// A receipt with whatever in it, by whoever has the key: the format's words, with nothing of the library's.
pub fn receipt(signer: &NoteSigner, entries: Vec<Entry>) -> Receipt {
    let mut places = Vec::new();
    for entry in &entries {
        places.extend(entry.index.to_be_bytes());
        places.extend(crate::support::tree::leaf(&entry.leaf.to_bytes()));
    }
    let mut message = Vec::new();
    for part in [b"hippocrypt/v1/sign/receipt.".as_slice(), LOG.as_bytes(), &places] {
        message.extend((part.len() as u64).to_be_bytes());
        message.extend(part);
    }
    let key = ed25519_dalek::SigningKey::from_bytes(signer.seed().expose_secret());
    Receipt::from_parts(LOG, entries, key.sign(&message).to_bytes())
}

/// The honest past, for a liar to start from.
fn past() -> (Crooked, Vec<Checkpoint>) {
    let log = Log::of_some_days(SEED);
    (Crooked { seed: SEED, entries: log.entries() }, log.checkpoints())
}

fn accept(checkpoint: &Checkpoint) -> Accepted {
    local(SEED).checkpoint(checkpoint, NOW).unwrap()
}

/// The heads as of the last block of a crooked log, without what `hidden` says is not there.
fn heads(log: &Crooked, hidden: impl Fn(&Entry) -> bool) -> Heads {
    let mut heads = Heads::default();
    for entry in log.entries.iter().filter(|entry| !entry.leaf.subject.is_nobody() && !hidden(entry)) {
        let Leaf { subject, number, .. } = entry.leaf;
        heads.set(PatientHead { subject, number, last: entry.leaf.hash() });
    }
    heads
}

/// The places of a patient's transactions.
fn places(log: &Crooked, subject: Subject) -> Vec<usize> {
    (0..log.entries.len()).filter(|at| log.entries[*at].leaf.subject == subject).collect()
}

#[test]
fn the_liars_tools_are_good() {
    let (log, checkpoints) = past();
    let (mended, signed) = log.clone().mended();
    assert_eq!(mended.entries, log.entries);
    assert_eq!(signed, checkpoints);
    let mut all = heads(&log, |_| false);
    let account = log.account(patient(1), 32, &mut all);
    local(SEED).account(&patient(1), &account, &accept(&checkpoints[2])).unwrap();
    let honest = Log::of_some_days(SEED);
    assert_eq!(account, honest.account(&patient(1)));
    assert_eq!(log.consistency(10, 32), honest.consistency(10, 32));
    assert_eq!(
        receipt(&Log::signer(SEED), vec![log.entries[3].clone()]),
        honest.scribe.receipt(&honest.store, vec![log.entries[3].clone()]).unwrap()
    );
}

#[test]
fn flip() {
    let (log, checkpoints) = past();
    let accepted = accept(&checkpoints[2]);
    for index in 0..32 {
        let mut crooked = log.clone();
        crooked.entries[index].leaf = flipped(&crooked.entries[index].leaf);
        crooked.entries[index].opening = None;
        let entry = &crooked.entries[index];
        // To whoever asks for it.
        let fault = local(SEED).entry(entry, &log.inclusion(index, 32), &accepted);
        assert_eq!(fault, Err(Fault::NotIncluded { index: index as u64, size: 32 }));
        // To whoever reads everything: no later than where the block ends.
        let fault = read(&local(SEED), &crooked.entries, &checkpoints).unwrap_err();
        let end =
            checkpoints.iter().map(|checkpoint| checkpoint.head().size).find(|size| *size > index as u64);
        match fault {
            Fault::Root { size } => assert_eq!(Some(size), end),
            other => assert!((index as u64..end.unwrap()).contains(&other.index().unwrap()), "{other}"),
        }
        // What it says instead of what it commits to.
        let mut said = log.entries[index].clone();
        if let Some(opening) = &mut said.opening {
            opening.body[0] ^= 1;
            let fault = local(SEED).entry(&said, &log.inclusion(index, 32), &accepted);
            assert_eq!(fault, Err(Fault::Opening { index: index as u64 }));
            // Weakened: inclusion alone is about the leaf.
            assert!(log.inclusion(index, 32).holds(&said.leaf.hash(), accepted.root()));
        }
    }
}

/// A log that has changed its past and signed everything again is perfect to somebody who has never seen it; that is the twin. Whoever has an earlier checkpoint
/// or a receipt convicts it.
#[test]
fn a_past_that_was_rewritten_is_found_by_whoever_has_seen_it() {
    let (log, checkpoints) = past();
    let given = receipt(&Log::signer(SEED), vec![log.entries[5].clone()]);
    type Change = fn(&mut Vec<Entry>);
    let changes: [(&str, Change); 4] = [
        ("flip", |entries| entries[5].leaf = flipped(&entries[5].leaf)),
        ("drop", |entries| drop(entries.remove(5))),
        ("insert", |entries| entries.insert(5, entries[3].clone())),
        ("reorder", |entries| entries.swap(5, 6)),
    ];
    for (name, change) in changes {
        let mut crooked = log.clone();
        change(&mut crooked.entries);
        crooked.entries.iter_mut().for_each(|entry| entry.opening = None);
        let (crooked, signed) = crooked.mended();
        read(&local(SEED), &crooked.entries, &signed).unwrap();
        Follower::new(local(SEED)).follow(signed.last().unwrap(), &crooked.consistency(0, 10), NOW).unwrap();
        for seen in &checkpoints[..2] {
            let mut follower = Follower::resume(local(SEED), seen, NOW).unwrap();
            let last = signed.last().unwrap();
            let (old, new) = (seen.head().size as usize, last.head().size as usize);
            let fault = follower.follow(last, &crooked.consistency(old, new), NOW);
            assert_eq!(fault, Err(Fault::Inconsistent { old: old as u64, new: new as u64 }), "{name}");
            assert_eq!(follower.last().unwrap().size(), seen.head().size);
        }
        let last = accept(signed.last().unwrap());
        let stands = (crooked.entries[5].leaf, crooked.inclusion(5, last.size() as usize));
        let fault = local(SEED).receipt_kept(&given, &[stands], &last).unwrap_err();
        assert_eq!(fault, Fault::ReceiptBroken { index: 5 }, "{name}");
        assert!(fault.is_proof_of_misbehaviour());
        // A leaf that does not stand there convicts nobody.
        let claimed =
            (Leaf { commitment: [9; 32], ..log.entries[5].leaf }, crooked.inclusion(5, last.size() as usize));
        let fault = local(SEED).receipt_kept(&given, &[claimed], &last).unwrap_err();
        assert!(matches!(fault, Fault::NotIncluded { index: 5, .. }) && !fault.is_proof_of_misbehaviour());
    }
}

/// Copies on the way, with the log's own checkpoints. Weakened: an auditor who does not look at the numbers of the leaves finds a wrong chain, heads or root
/// instead, later on.
#[test]
fn drop_insert_and_reorder() {
    let (log, checkpoints) = past();
    let verifier = local(SEED);
    let renumbered = |mut entries: Vec<Entry>| {
        entries.iter_mut().zip(0..).for_each(|(entry, at)| entry.index = at);
        read(&verifier, &entries, &checkpoints).unwrap_err()
    };
    for index in 0..31 {
        let at = index as u64;
        let mut entries = log.entries.clone();
        entries.remove(index);
        let fault = read(&verifier, &entries, &checkpoints);
        assert_eq!(fault, Err(Fault::Sequence { expected: at, found: at + 1 }));
        assert!(renumbered(entries).index().is_none_or(|found| found >= at));

        let mut entries = log.entries.clone();
        entries.insert(index, log.entries[1].clone());
        let fault = read(&verifier, &entries, &checkpoints).unwrap_err();
        let first = if index == 1 { 2 } else { at };
        assert_eq!(fault, Fault::Sequence { expected: first, found: 1 });
        assert!(renumbered(entries).index().is_none_or(|found| found >= at));

        let mut entries = log.entries.clone();
        entries.swap(index, index + 1);
        let fault = read(&verifier, &entries, &checkpoints);
        assert_eq!(fault, Err(Fault::Sequence { expected: at, found: at + 1 }));
        assert!(renumbered(entries).index().is_none_or(|found| found >= at));
    }
}

#[test]
fn truncate() {
    let (log, checkpoints) = past();
    // Back to an earlier checkpoint.
    let mut follower = Follower::resume(local(SEED), &checkpoints[2], NOW).unwrap();
    let fault = follower.follow(&checkpoints[1], &log.consistency(21, 21), NOW);
    assert_eq!(fault, Err(Fault::Older { known: 32, size: 21 }));
    // Weakened: without the last checkpoint it is as good as any.
    Follower::new(local(SEED)).follow(&checkpoints[1], &log.consistency(21, 21), NOW).unwrap();
    // Fewer leaves than the checkpoint says.
    for length in [22, 31] {
        let fault = read(&local(SEED), &log.entries[..length], &checkpoints);
        assert_eq!(fault, Err(Fault::Unexpected { size: 32, leaves: length as u64 }));
    }
    // A whole block without its checkpoint.
    let fault = read(&local(SEED), &log.entries, &[checkpoints[0].clone(), checkpoints[2].clone()]);
    assert_eq!(fault, Err(Fault::NoCheckpoint { size: 21 }));
}

#[test]
fn fork() {
    let (log, checkpoints) = past();
    let mut other = log.clone();
    other.entries[25].leaf = flipped(&other.entries[25].leaf);
    other.entries[25].opening = None;
    let (other, signed) = other.mended();
    assert_eq!(signed[1], checkpoints[1]);
    // As many leaves as before.
    let mut follower = Follower::resume(local(SEED), &checkpoints[2], NOW).unwrap();
    let fault = follower.follow(&signed[2], &other.consistency(32, 32), NOW).unwrap_err();
    assert_eq!(fault, Fault::Fork { size: 32 });
    assert!(fault.is_proof_of_misbehaviour());
    // Both continue the one before; the twin that forgets what it saw believes either.
    for (past, checkpoint) in [(&log, &checkpoints[2]), (&other, &signed[2])] {
        let mut follower = Follower::resume(local(SEED), &checkpoints[1], NOW).unwrap();
        follower.follow(checkpoint, &past.consistency(21, 32), NOW).unwrap();
    }
    // A block that hangs on another past.
    let mut linked = log.clone();
    linked.entries[10].leaf.commitment = [7; 32];
    let signed: Vec<Checkpoint> = [10, 21].map(|size| linked.checkpoint(size)).into();
    let fault = read(&local(SEED), &linked.entries[..21], &signed);
    assert_eq!(fault, Err(Fault::Link { index: 10 }));
}

/// Two pasts for two people. Two of four witnesses each, one of whom lies and signs both: with a quorum of 2 either would be final. There is no such quorum, and
/// with one that there is neither is.
#[test]
fn equivocate() {
    let (_, checkpoints) = past();
    let (mut other, _) = past();
    other.entries[25].leaf = flipped(&other.entries[25].leaf);
    let (_, signed) = other.mended();
    let by = |checkpoint: &Checkpoint, witnesses: &[u8]| {
        witnesses
            .iter()
            .fold(checkpoint.clone(), |checkpoint, number| checkpoint.signed_also_by(&witness(*number), NOW))
    };
    // 4 lies; 1 and 2 were shown one past, 3 the other.
    let (one, two) = (by(&checkpoints[2], &[1, 4]), by(&signed[2], &[3, 4]));
    let keys = || (1..=4).map(|number| witness(number).public().clone()).collect::<Vec<_>>();
    let believes = |checkpoint: &Checkpoint, needed: usize| {
        keys().iter().filter(|key| checkpoint.signed_by(key).unwrap().is_some()).count() >= needed
    };
    assert!(believes(&one, 2) && believes(&two, 2));
    let refused = Quorum::new(keys(), 2, 1);
    assert_eq!(refused, Err(QuorumError::NoIntersection { needed: 2, witnesses: 4, faulty: 1 }));
    // Two of three share one witness, who may be the liar.
    assert!(Quorum::new(keys()[..3].to_vec(), 2, 1).is_err());
    assert!(Quorum::new(keys()[..3].to_vec(), 2, 0).is_ok());
    let verifier = verifier(Log::signer(SEED).public(), quorum(4, 3, 1));
    let (one, two) = (by(&checkpoints[2], &[1, 2, 4]), by(&signed[2], &[3, 4]));
    assert!(verifier.checkpoint(&one, NOW).is_ok());
    assert_eq!(verifier.checkpoint(&two, NOW), Err(Fault::Witnesses { size: 32, found: 2, needed: 3 }));
}

#[test]
fn backdate() {
    let (log, checkpoints) = past();
    let verifier = verifier(Log::signer(SEED).public(), quorum(3, 2, 0)).with_skew(60);
    let at = |checkpoint: &Checkpoint, times: [u64; 2]| {
        (1..).zip(times).fold(checkpoint.clone(), |checkpoint, (number, time)| {
            checkpoint.signed_also_by(&witness(number), time)
        })
    };
    let seen = at(&checkpoints[1], [NOW - 500, NOW - 400]);
    let follow = |times| {
        let mut follower = Follower::resume(verifier.clone(), &seen, NOW).unwrap();
        follower.follow(&at(&checkpoints[2], times), &log.consistency(21, 32), NOW).map(Accepted::time)
    };
    assert_eq!(follow([NOW - 100, NOW]), Ok(Some(NOW - 100)));
    // Within the skew.
    assert_eq!(follow([NOW - 560, NOW]), Ok(Some(NOW - 560)));
    let back = Fault::TimeWentBack { size: 32, before: NOW - 500, time: NOW - 561 };
    assert_eq!(follow([NOW - 561, NOW]), Err(back));
    // From the future.
    let future = Fault::Future { witness: "w2.example".into(), time: NOW + 61, now: NOW };
    assert_eq!(follow([NOW, NOW + 61]), Err(future));
    assert_eq!(follow([NOW + 60, NOW + 60]), Ok(Some(NOW + 60)));
    // Weakened: nobody who has not seen the one before minds.
    assert!(verifier.checkpoint(&at(&checkpoints[2], [7, 8]), NOW).is_ok());
    // A time that was changed under a cosignature.
    let text = at(&checkpoints[2], [NOW, NOW]).to_text();
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    let changed = {
        use base64::Engine;
        let engine = base64::engine::general_purpose::STANDARD;
        let (name, signature) = lines.last().unwrap().rsplit_once(' ').unwrap();
        let mut bytes = engine.decode(signature).unwrap();
        bytes[11] ^= 1;
        format!("{name} {}", engine.encode(bytes))
    };
    *lines.last_mut().unwrap() = changed;
    let changed = Checkpoint::parse((lines.join("\n") + "\n").as_bytes()).unwrap();
    let fault = Fault::Signature { size: 32, signer: "w2.example".into() };
    assert_eq!(verifier.checkpoint(&changed, NOW), Err(fault));
}

/// The twin who counts what it is given, without asking how many there should be: chains that are whole from the first to whatever is last.
fn looks_whole(account: &PatientAccount) -> bool {
    let mut last = [0; 32];
    (1..).zip(&account.entries).all(|(number, entry)| {
        let fits = entry.leaf.number == number && entry.leaf.previous == last;
        last = entry.leaf.hash();
        fits
    })
}

#[test]
fn omit() {
    let (log, checkpoints) = past();
    let accepted = accept(&checkpoints[2]);
    let verifier = local(SEED);
    let whole = log.account(patient(1), 32, &mut heads(&log, |_| false));
    let count = whole.entries.len();
    assert_eq!(count, 9);
    // One of them.
    for at in 0..count {
        let mut account = whole.clone();
        account.entries.remove(at);
        let fault = verifier.account(&patient(1), &account, &accepted);
        assert_eq!(fault, Err(Fault::Omitted { number: at as u64 + 1 }));
        // The last one: the twin does not miss it.
        assert_eq!(looks_whole(&account), at + 1 == count);
    }
    // All of them, by the proof that somebody else is where she would be.
    let others = log.account(patient(2), 32, &mut heads(&log, |_| false));
    let mut account = PatientAccount { subject: patient(1), entries: Vec::new(), ..others };
    let fault = verifier.account(&patient(1), &account, &accepted);
    assert_eq!(fault, Err(Fault::Head { subject: patient(1) }));
    account.head = Heads::default().prove(&patient(1));
    let fault = verifier.account(&patient(1), &account, &accepted);
    assert_eq!(fault, Err(Fault::Head { subject: patient(1) }));
    // The heads of a block before, in which the last ones are not.
    let mut older = log.account(patient(1), 32, &mut heads(&log, |entry| entry.index >= 20));
    older.heads = log.entries[20].clone();
    older.inclusion = log.inclusion(20, 32);
    older.entries.retain(|entry| entry.index < 20);
    let fault = verifier.account(&patient(1), &older, &accepted);
    assert_eq!(fault, Err(Fault::Misplaced { index: 20, kind: TransactionKind::PatientHeads }));
    older.inclusion = log.inclusion(20, 21);
    let before = accept(&checkpoints[1]);
    verifier.account(&patient(1), &older, &before).unwrap();
    // Heads that lie, signed: the account is perfect; whoever reads the log sees that they are not those of its leaves.
    let hidden = *places(&log, patient(1)).last().unwrap();
    let mut lying = heads(&log, |entry| entry.index == hidden as u64);
    let mut crooked = log.clone();
    crooked.entries[31].leaf.commitment = lying.root();
    let signed = crooked.checkpoint(32);
    let mut account = crooked.account(patient(1), 32, &mut lying);
    account.entries.pop();
    verifier.account(&patient(1), &account, &accept(&signed)).unwrap();
    let fault = read(&verifier, &crooked.entries, &[checkpoints[0].clone(), checkpoints[1].clone(), signed]);
    assert_eq!(fault, Err(Fault::Heads { index: 31 }));
}

#[test]
fn add_and_exchange() {
    let (log, checkpoints) = past();
    let accepted = accept(&checkpoints[2]);
    let whole = log.account(patient(1), 32, &mut heads(&log, |_| false));
    let fault = |account: &PatientAccount| local(SEED).account(&patient(1), account, &accepted).unwrap_err();
    let mut account = whole.clone();
    let tenth = Entry {
        index: 30,
        leaf: Leaf { number: 10, previous: whole.entries[8].leaf.hash(), ..whole.entries[8].leaf },
        opening: None,
    };
    account.entries.push(tenth);
    assert_eq!(fault(&account), Fault::Surplus { index: 30, number: 10 });
    assert!(looks_whole(&account));
    for (one, other) in [(0, 1), (3, 4), (2, 7)] {
        let mut account = whole.clone();
        account.entries.swap(one, other);
        let (index, number) = (whole.entries[other].index, other as u64 + 1);
        assert_eq!(fault(&account), Fault::Reordered { index, number });
        // Under exchanged places and numbers it is the chain that breaks, from the end.
        account.entries.iter_mut().zip(&whole.entries).for_each(|(entry, right)| {
            (entry.index, entry.leaf.number) = (right.index, right.leaf.number);
        });
        let index = whole.entries[other].index;
        assert_eq!(fault(&account), Fault::Chain { index, number: other as u64 + 1 });
    }
    // Somebody else's in the place of hers.
    let mut account = whole.clone();
    account.entries[4].leaf.subject = patient(2);
    assert_eq!(fault(&account), Fault::Chain { index: whole.entries[4].index, number: 5 });
    // Places that go down, or lie beyond the heads.
    let mut account = whole.clone();
    account.entries[4].index = whole.entries[3].index;
    assert_eq!(fault(&account), Fault::Reordered { index: whole.entries[3].index, number: 5 });
    let mut account = whole;
    account.entries[8].index = 31;
    assert_eq!(fault(&account), Fault::Reordered { index: 31, number: 9 });
}

#[test]
fn repeat() {
    let (log, _) = past();
    let places = places(&log, patient(1));
    let (second, third) = (places[1], places[2]);
    // Two leaves that both say that they are her second: each proves to stand in the log, so the twin that asks for no more believes both.
    let mut crooked = log.clone();
    let first = crooked.entries[places[0]].leaf;
    let body = b"something else".to_vec();
    let leaf = &mut crooked.entries[third].leaf;
    *leaf = Leaf {
        number: 2,
        previous: first.hash(),
        commitment: commitment(leaf.kind, &[1; 32], &body),
        ..*leaf
    };
    crooked.entries[third].opening = None;
    let mut one = heads(&crooked, |entry| places[2..].contains(&(entry.index as usize)));
    crooked.entries[9].leaf.commitment = one.root();
    crooked.entries.truncate(10);
    let accepted = accept(&crooked.checkpoint(10));
    for at in [second, third] {
        local(SEED).entry(&crooked.entries[at], &crooked.inclusion(at, 10), &accepted).unwrap();
    }
    let fault = read(&local(SEED), &crooked.entries, &[crooked.checkpoint(10)]);
    assert_eq!(fault, Err(Fault::Repeated { index: third as u64, number: 2 }));
    // Her account has place for one of them: the other is not the one that the heads have.
    let mut account = crooked.account(patient(1), 10, &mut one);
    let fault = |account: &PatientAccount| local(SEED).account(&patient(1), account, &accepted);
    assert_eq!(fault(&account), Err(Fault::Surplus { index: third as u64, number: 2 }));
    let shown = account.entries.clone();
    account.entries = vec![shown[0].clone(), shown[2].clone()];
    assert_eq!(fault(&account), Err(Fault::Chain { index: third as u64, number: 2 }));
    account.entries = vec![shown[0].clone(), shown[1].clone()];
    assert_eq!(fault(&account), Ok(()));
    // The same one twice.
    let whole = log.account(patient(1), 32, &mut heads(&log, |_| false));
    let mut twice = whole.clone();
    twice.entries.insert(4, whole.entries[3].clone());
    let accepted = accept(&log.checkpoint(32));
    let fault = local(SEED).account(&patient(1), &twice, &accepted);
    assert_eq!(fault, Err(Fault::Repeated { index: whole.entries[3].index, number: 4 }));
}

/// Kinds where they do not belong, and chains with gaps, in a log that signs them.
#[test]
fn rules_of_the_whole_log() {
    let (log, checkpoints) = past();
    let of = |change: &dyn Fn(&mut Vec<Entry>)| {
        let mut crooked = log.clone();
        change(&mut crooked.entries);
        let signed = [10, 21, 32].map(|size| crooked.checkpoint(size));
        // The ones before the change as they were, so that what follows them links to them.
        let signed: Vec<_> = signed.into_iter().collect();
        read(&local(SEED), &crooked.entries, &signed).unwrap_err()
    };
    let exchange = |at: usize, with: Leaf| {
        of(&|entries: &mut Vec<Entry>| {
            entries[at].leaf = with;
            entries[at].opening = None;
        })
    };
    let entries = &log.entries;
    let link = entries[10].leaf;
    let kind = TransactionKind::CheckpointLink;
    assert_eq!(exchange(4, link), Fault::Misplaced { index: 4, kind });
    assert_eq!(exchange(0, link), Fault::Misplaced { index: 0, kind });
    assert_eq!(exchange(10, entries[0].leaf), Fault::Link { index: 10 });
    // Heads in the middle of a block: right in themselves, and no checkpoint follows.
    let mut early = heads(&log, |entry| entry.index >= 5);
    let misplaced = Leaf { commitment: early.root(), ..entries[9].leaf };
    assert_eq!(exchange(5, misplaced), Fault::NoCheckpoint { size: 6 });
    // A block that does not end with heads.
    assert_eq!(exchange(9, entries[0].leaf), Fault::Unexpected { size: 10, leaves: 10 });
    let mut gap = entries[4].leaf;
    gap.number += 1;
    gap.previous = [1; 32];
    let expected = gap.number - 1;
    assert_eq!(exchange(4, gap), Fault::Gap { index: 4, expected, number: gap.number });
    let mut chain = entries[4].leaf;
    chain.previous[0] ^= 1;
    assert_eq!(exchange(4, chain), Fault::Chain { index: 4, number: chain.number });
    // What is no leaf: a record of nobody, heads of somebody.
    for (kind, subject) in
        [(TransactionKind::RecordPut, Subject::NOBODY), (TransactionKind::PatientHeads, patient(1))]
    {
        let number = u64::from(!subject.is_nobody());
        let leaf = Leaf { kind, subject, number, previous: [0; 32], commitment: [1; 32] };
        assert!(matches!(exchange(3, leaf), Fault::Leaf { index: 3, .. }));
    }
    // A rotation that is none, and one without its body.
    let leaf = Leaf { kind: TransactionKind::KeyRotation, ..entries[1].leaf };
    assert!(matches!(exchange(1, leaf), Fault::Rotation { index: 1, .. }));
    // The root of the tree, signed wrongly; then another's signature.
    let wrong = Checkpoint::sign(10, [3; 32], &Log::signer(SEED));
    let fault = read(&local(SEED), &entries[..10], &[wrong]);
    assert_eq!(fault, Err(Fault::Root { size: 10 }));
    let stranger = Checkpoint::sign(10, checkpoints[0].head().root, &Log::signer(2));
    let fault = read(&local(SEED), &entries[..10], &[stranger]);
    assert_eq!(fault, Err(Fault::Unsigned { size: 10 }));
    let empty = Checkpoint::sign(0, [3; 32], &Log::signer(SEED));
    assert_eq!(local(SEED).checkpoint(&empty, NOW), Err(Fault::Root { size: 0 }));
}

/// A proof that holds for these two roots under other sizes: from 16 leaves on the way to 17 .. 32 looks the same.
#[test]
fn proofs_are_for_the_sizes_that_were_signed() {
    let (log, _) = past();
    let (earlier, later) = (accept(&log.checkpoint(16)), accept(&log.checkpoint(32)));
    let right = log.consistency(16, 32);
    local(SEED).extends(&earlier, &later, &right).unwrap();
    for new in 17..32 {
        let other = hippocrypt::ledger::ConsistencyProof { new, ..right.clone() };
        assert!(other.holds(earlier.root(), later.root()));
        let fault = local(SEED).extends(&earlier, &later, &other);
        assert_eq!(fault, Err(Fault::Inconsistent { old: 16, new: 32 }));
    }
}

/// Heads that were put together so that an account fits which is not the patient's, or which no heads leaf has.
#[test]
fn heads_that_lie() {
    let (log, _) = past();
    // Somebody else's transactions as hers.
    let theirs = log.entries[3].clone();
    let mut lying = Heads::default();
    lying.set(PatientHead { subject: patient(1), number: 1, last: theirs.leaf.hash() });
    let mut crooked = log.clone();
    crooked.entries[9].leaf.commitment = lying.root();
    let mut account = crooked.account(patient(1), 10, &mut lying);
    account.entries = vec![theirs];
    let accepted = accept(&crooked.checkpoint(10));
    let fault = local(SEED).account(&patient(1), &account, &accepted);
    assert_eq!(fault, Err(Fault::Chain { index: 3, number: 1 }));
    // A leaf of another kind that commits to the same root, as the last one before a checkpoint.
    let mut crooked = log.clone();
    let mut heads = heads(&log, |entry| entry.index >= 9);
    crooked.entries[9].leaf.kind = TransactionKind::EpochAdvance;
    let account = crooked.account(patient(1), 10, &mut heads);
    let accepted = accept(&crooked.checkpoint(10));
    let fault = local(SEED).account(&patient(1), &account, &accepted);
    assert_eq!(fault, Err(Fault::Misplaced { index: 9, kind: TransactionKind::EpochAdvance }));
}
