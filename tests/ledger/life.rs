//! An honest log: everything that it shows is accepted, through erasure, rotation and cosignatures.

use hippocrypt::ledger::{
    Checkpoint, ConsistencyProof, Entry, Fault, Finality, Follower, LogKeys, Replay, Scribe, ScribeError,
    Subject, TransactionKind, Witness, WitnessRequest, WitnessState,
};
use hippocrypt::store::{Batch, Store};

use crate::support::{LOG, Log, NOW, local, patient, quorum, read, verifier, witness};

#[test]
fn whatever_an_honest_log_shows_is_accepted() {
    let log = Log::of_some_days(1);
    let (entries, checkpoints) = (log.entries(), log.checkpoints());
    assert_eq!((entries.len(), checkpoints.len()), (32, 3));
    let verifier = local(1);
    let accepted = read(&verifier, &entries, &checkpoints).unwrap();
    assert_eq!((accepted.size(), accepted.time()), (32, None));
    let mut follower = Follower::new(verifier.clone());
    for checkpoint in &checkpoints {
        let size = checkpoint.head().size;
        let accepted = verifier.checkpoint(checkpoint, NOW).unwrap();
        for entry in &entries[..usize::try_from(size).unwrap()] {
            verifier.entry(entry, &log.inclusion(entry.index, size), &accepted).unwrap();
        }
        let old = follower.last().map_or(0, |last| last.size());
        follower.follow(checkpoint, &log.consistency(old, size), NOW).unwrap();
    }
    for number in 1..=4 {
        let account = log.account(&patient(number));
        assert!(!account.entries.is_empty());
        verifier.account(&patient(number), &account, &accepted).unwrap();
    }
    let stranger = log.account(&patient(99));
    assert!(stranger.entries.is_empty());
    verifier.account(&patient(99), &stranger, &accepted).unwrap();
    let resumed = Follower::resume(verifier.clone(), &checkpoints[1], NOW).unwrap();
    assert_eq!(resumed.last().unwrap().size(), checkpoints[1].head().size);
}

/// The heads that the scribe keeps in the store are those that an auditor recomputes, with many patients, in many blocks.
#[test]
fn the_scribe_keeps_the_heads_that_everybody_recomputes() {
    let mut log = Log::new(8);
    for block in 0..12 {
        for _ in 0..25 {
            let number = log.rng.below(120) as u8;
            log.append(TransactionKind::Access, patient(number), "read");
        }
        if block % 3 == 2 {
            log.erase(patient(block));
        }
        log.close();
    }
    let accepted = read(&local(8), &log.entries(), &log.checkpoints()).unwrap();
    for number in 0..130 {
        local(8).account(&patient(number), &log.account(&patient(number)), &accepted).unwrap();
    }
}

#[test]
fn what_was_erased_still_verifies_and_nothing_else_may_be_missing() {
    let mut log = Log::of_some_days(1);
    let erasure = log.erase(patient(1));
    log.append(TransactionKind::Access, patient(1), "after it");
    let checkpoint = log.close();
    let verifier = local(1);
    let accepted = read(&verifier, &log.entries(), &log.checkpoints()).unwrap();
    let mut account = log.account(&patient(1));
    verifier.account(&patient(1), &account, &accepted).unwrap();
    let opened: Vec<bool> = account.entries.iter().map(|entry| entry.opening.is_some()).collect();
    let (after, before) = opened.split_last().unwrap();
    assert!(*after && before.iter().all(|opened| !opened));
    assert!(erasure.is_opened_rightly() && erasure.opening.is_some());
    verifier.entry(&erasure, &log.inclusion(erasure.index, checkpoint.head().size), &accepted).unwrap();
    // What nobody has erased may not be kept back.
    let last = account.entries.last_mut().unwrap();
    last.opening = None;
    let (index, number) = (last.index, last.leaf.number);
    assert_eq!(verifier.account(&patient(1), &account, &accepted), Err(Fault::Withheld { index, number }));
}

/// A log with two rotations: entries of the rotations, and its checkpoints.
fn rotated() -> (Log, Vec<Entry>, Vec<Checkpoint>) {
    let mut log = Log::of_some_days(1);
    let mut rotations = Vec::new();
    for _ in 0..2 {
        log.append(TransactionKind::Access, patient(1), "before");
        rotations.push(log.rotate());
        log.append(TransactionKind::Access, patient(2), "after");
        log.close();
        log.append(TransactionKind::Access, patient(3), "later");
        log.close();
    }
    let checkpoints = log.checkpoints();
    (log, rotations, checkpoints)
}

#[test]
fn a_log_passes_itself_on_to_other_keys() {
    let (log, rotations, checkpoints) = rotated();
    let verifier = local(1);
    let accepted = read(&verifier, &log.entries(), &checkpoints).unwrap();
    assert_eq!(accepted.size(), log.book().size().unwrap());
    // Checkpoints: 3 of some days, then overlap, later, overlap, later.
    let sizes: Vec<u64> = checkpoints.iter().map(|checkpoint| checkpoint.head().size).collect();
    let mut follower = Follower::new(verifier.clone());
    let nothing = |old: u64| ConsistencyProof { old, new: 0, path: Vec::new() };
    follower.follow(&checkpoints[2], &nothing(0), NOW).unwrap();
    // The first checkpoint after it is signed by both: the old key alone knows it. The next one is not.
    let next = log.consistency(sizes[2], sizes[4]);
    assert_eq!(follower.follow(&checkpoints[4], &next, NOW), Err(Fault::Unsigned { size: sizes[4] }));
    for (rotation, at) in rotations.iter().zip([3, 5]) {
        let old = follower.last().unwrap().size();
        let inclusion = log.inclusion(rotation.index, sizes[at]);
        let wrong = log.consistency(old - 1, sizes[at]);
        let before = follower.verifier().keys().clone();
        let refused = follower.learn(rotation, &inclusion, &checkpoints[at], &wrong, NOW);
        assert!(matches!(refused, Err(Fault::Inconsistent { .. })));
        assert_eq!(*follower.verifier().keys(), before);
        follower
            .learn(rotation, &inclusion, &checkpoints[at], &log.consistency(old, sizes[at]), NOW)
            .unwrap();
        let later = log.consistency(sizes[at], sizes[at + 1]);
        follower.follow(&checkpoints[at + 1], &later, NOW).unwrap();
    }
    let keys = follower.verifier().keys().clone();
    assert_eq!(keys.all().count(), 3);
    assert_eq!(LogKeys::parse(&keys.to_string()).unwrap(), keys);
    // Every checkpoint is signed by the key for its size; the replay has found the same keys.
    for checkpoint in &checkpoints {
        keys.signed(checkpoint).unwrap();
    }
    let mut replay = Replay::new(follower.verifier());
    let mut rest = checkpoints.iter().peekable();
    for entry in log.entries() {
        replay.entry(&entry).unwrap();
        if let Some(checkpoint) = rest.next_if(|next| next.head().size == replay.leaves()) {
            replay.checkpoint(checkpoint).unwrap();
        }
    }
    assert_eq!(*replay.keys(), keys);
    // Learned once more: nothing changes.
    let mut again = follower.verifier().clone();
    let inclusion = log.inclusion(rotations[0].index, sizes[3]);
    again.learn(&rotations[0], &inclusion, &checkpoints[3], NOW).unwrap();
    assert_eq!(*again.keys(), keys);
}

#[test]
fn a_rotation_is_followed_only_as_it_was_made() {
    let (log, rotations, checkpoints) = rotated();
    let size = checkpoints[3].head().size;
    let learn = |rotation: &Entry, checkpoint: &Checkpoint| {
        let mut verifier = local(1);
        let before = verifier.keys().clone();
        let inclusion = log.inclusion(rotation.index, checkpoint.head().size);
        let learned = verifier.learn(rotation, &inclusion, checkpoint, NOW);
        assert_eq!(learned.is_ok(), *verifier.keys() != before);
        learned.map(drop)
    };
    learn(&rotations[0], &checkpoints[3]).unwrap();
    // The second one without the first; a checkpoint of the next key alone; one from before.
    assert!(matches!(learn(&rotations[1], &checkpoints[5]), Err(Fault::Rotation { .. })));
    let alone = checkpoints[4].head().size;
    assert_eq!(learn(&rotations[0], &checkpoints[4]), Err(Fault::HalfSigned { size: alone }));
    assert!(matches!(
        local(1).clone().learn(&rotations[0], &log.inclusion(1, 11), &checkpoints[2], NOW),
        Err(Fault::Rotation { reason: "its checkpoint does not cover it", .. })
    ));
    // The checkpoint with one of its two signatures.
    let text = checkpoints[3].to_text();
    for dropped in 0..2 {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        lines.remove(4 + dropped);
        let half = Checkpoint::parse(lines.concat().as_bytes()).unwrap();
        assert_eq!(learn(&rotations[0], &half), Err(Fault::HalfSigned { size }));
        let mut entries = log.entries();
        entries.truncate(usize::try_from(size).unwrap());
        let read = read(&local(1), &entries, &[&checkpoints[..3], &[half]].concat());
        assert_eq!(read, Err(Fault::HalfSigned { size }));
    }
    // Every byte of what it says counts.
    let body = rotations[0].opening.as_ref().unwrap().body.len();
    for at in 0..body {
        let mut changed = rotations[0].clone();
        changed.opening.as_mut().unwrap().body[at] ^= 1;
        assert_eq!(learn(&changed, &checkpoints[3]), Err(Fault::Opening { index: changed.index }));
        // With a leaf that commits to it: then the signatures in it, or the tree, are against it.
        let opening = changed.opening.as_ref().unwrap();
        changed.leaf.commitment =
            hippocrypt::ledger::commitment(changed.leaf.kind, &opening.salt, &opening.body);
        assert!(matches!(learn(&changed, &checkpoints[3]), Err(Fault::Rotation { .. })), "{at}");
    }
    let closed = Entry { opening: None, ..rotations[0].clone() };
    assert!(matches!(learn(&closed, &checkpoints[3]), Err(Fault::Rotation { .. })));
    assert!(matches!(learn(&log.entries()[3], &checkpoints[3]), Err(Fault::Rotation { .. })));
}

/// Both signatures of two steps cannot be on one checkpoint, so there is one step for each block.
#[test]
fn a_key_is_changed_once_in_a_block() {
    let mut log = Log::of_some_days(1);
    log.rotate();
    log.scribe.prepare_key(&log.store, &mut log.rng.clone()).unwrap();
    let twice = log.scribe.rotate(&log.store, &mut Batch::new());
    assert!(matches!(twice, Err(ScribeError::Rotating)));
    // Without the former key nobody could follow: no checkpoint is better than one that is signed by half.
    let bytes = log.scribe.to_bytes();
    let mut alone = bytes.expose_secret()[..7 + 2 + LOG.len() + 4 + 32].to_vec();
    alone[7 + 2 + LOG.len() + 3] = 1;
    let second = 7 + 2 + LOG.len() + 4 + 32;
    let from = alone.len() - 32;
    alone[from..].copy_from_slice(&bytes.expose_secret()[second..second + 32]);
    let alone = Scribe::from_bytes(&alone, &mut log.rng).unwrap();
    assert!(matches!(alone.close_block(&log.store), Err(ScribeError::OtherKey)));
    log.close();
    let mut batch = Batch::new();
    log.scribe.rotate(&log.store, &mut batch).unwrap();
    log.store.commit(&batch).unwrap();
    log.close();
    read(&local(1), &log.entries(), &log.checkpoints()).unwrap();
}

#[test]
fn witnesses_make_a_log_final() {
    let (log, rotations, checkpoints) = rotated();
    let key = Log::signer(1).public().clone();
    let mut follower = Follower::new(verifier(&key, quorum(4, 3, 1)));
    let mut witnesses = Witness::new([LogKeys::new(key).unwrap()]);
    let mut states = vec![WitnessState::default(); 4];
    let mut rotations = rotations.iter();
    for (day, checkpoint) in (0..).zip(&checkpoints) {
        let size = checkpoint.head().size;
        let now = NOW + 86_400 * day;
        // An overlap: the witnesses' keeper learns the next key as everybody does.
        let rotation = if [3, 5].contains(&day) { rotations.next() } else { None };
        if let Some(rotation) = rotation {
            let mut learner =
                hippocrypt::ledger::Verifier::new(witnesses.keys(LOG).unwrap().clone(), Finality::Local);
            learner.learn(rotation, &log.inclusion(rotation.index, size), checkpoint, now).unwrap();
            witnesses.set_keys(learner.keys().clone());
        }
        let mut cosigned = checkpoint.clone();
        for (number, state) in (1..).zip(&mut states) {
            let old = state.last(LOG).map_or(0, |(size, _)| size);
            let path = log.consistency(old, size).path;
            let request = WitnessRequest { old, path, checkpoint: checkpoint.clone() };
            let request = WitnessRequest::parse(request.to_text().as_bytes()).unwrap();
            let cosigning = witnesses.check(state, &request).unwrap();
            *state = cosigning.state().clone();
            let (_, line) = cosigning.sign(&witness(number), now + u64::from(number)).unwrap();
            if number == 3 {
                let old = follower.last().map_or(0, |last| last.size());
                let few = follower.clone().follow(&cosigned, &log.consistency(old, size), now + 60).map(drop);
                if rotation.is_none() {
                    assert_eq!(few, Err(Fault::Witnesses { size, found: 2, needed: 3 }));
                }
            }
            cosigned = cosigned.with_signatures(&line).unwrap();
        }
        let old = follower.last().map_or(0, |last| last.size());
        let consistency = log.consistency(old, size);
        let accepted = match rotation {
            None => follower.follow(&cosigned, &consistency, now + 60).unwrap(),
            Some(rotation) => {
                let inclusion = log.inclusion(rotation.index, size);
                follower.learn(rotation, &inclusion, &cosigned, &consistency, now + 60).unwrap()
            }
        };
        // Three saw it at the time of the second one or later.
        assert_eq!(accepted.time(), Some(now + 2));
    }
    assert_eq!(follower.last().unwrap().size(), log.book().size().unwrap());
}

#[test]
fn a_receipt_is_good_under_the_key_of_its_time() {
    let mut log = Log::of_some_days(1);
    let entry = log.append(TransactionKind::Access, patient(1), "given");
    let receipt = log.scribe.receipt(&log.store, vec![entry.clone()]).unwrap();
    let rotation = log.rotate();
    let later = log.append(TransactionKind::Access, patient(1), "given under the next key");
    let by_next = log.scribe.receipt(&log.store, vec![later.clone()]).unwrap();
    let belated = log.scribe.receipt(&log.store, vec![entry.clone()]).unwrap();
    let checkpoint = log.close();
    let size = checkpoint.head().size;
    let mut verifier = local(1);
    verifier.receipt(&receipt).unwrap();
    assert_eq!(verifier.receipt(&by_next), Err(Fault::Receipt));
    let accepted = verifier.learn(&rotation, &log.inclusion(rotation.index, size), &checkpoint, NOW).unwrap();
    for (receipt, entry) in [(&receipt, &entry), (&by_next, &later), (&belated, &entry)] {
        verifier.receipt(receipt).unwrap();
        let found = [(entry.leaf, log.inclusion(entry.index, size))];
        verifier.receipt_kept(receipt, &found, &accepted).unwrap();
        assert!(matches!(verifier.receipt_kept(receipt, &[], &accepted), Err(Fault::NotIncluded { .. })));
    }
    // The old key, once it was replaced, does not sign for what comes after.
    let stolen = Log::signer(1);
    let forged = crate::attacks::receipt(&stolen, vec![later.clone()]);
    assert_eq!(verifier.receipt(&forged), Err(Fault::Receipt));
    local(1).receipt(&forged).unwrap();
    let earlier = log.book().checkpoint_at(32).unwrap().unwrap();
    let earlier = verifier.checkpoint(&earlier, NOW).unwrap();
    let found = [(entry.leaf, log.inclusion(entry.index, size))];
    assert_eq!(
        verifier.receipt_kept(&receipt, &found, &earlier),
        Err(Fault::NotYet { index: entry.index, size: 32 })
    );
}

#[test]
fn nothing_of_another_log_is_taken() {
    let log = Log::of_some_days(1);
    let checkpoint = log.book().checkpoint().unwrap().unwrap();
    let other = hippocrypt::ledger::NoteSigner::new(
        "other.example",
        hippocrypt::ledger::KeyType::Ed25519,
        &hippocrypt::Secret::new([1; 32]),
    )
    .unwrap();
    let other = verifier(other.public(), Finality::Local);
    let fault = Fault::OtherLog { expected: "other.example".into(), found: LOG.into() };
    assert_eq!(other.checkpoint(&checkpoint, NOW), Err(fault.clone()));
    let accepted = local(1).checkpoint(&checkpoint, NOW).unwrap();
    let entry = &log.entries()[1];
    assert_eq!(other.entry(entry, &log.inclusion(1, accepted.size()), &accepted), Err(fault.clone()));
    assert_eq!(other.extends(&accepted, &accepted, &log.consistency(32, 32)), Err(fault.clone()));
    let receipt = log.scribe.receipt(&log.store, vec![entry.clone()]).unwrap();
    assert_eq!(other.receipt(&receipt), Err(fault));
    let account = log.account(&patient(1));
    let fault = local(1).account(&patient(2), &account, &accepted);
    assert_eq!(fault, Err(Fault::OtherPatient { expected: patient(2), found: patient(1) }));
    let nobody = log.account(&Subject::NOBODY);
    assert!(matches!(
        local(1).account(&Subject::NOBODY, &nobody, &accepted),
        Err(Fault::OtherPatient { .. })
    ));
    let witness = witness(1);
    assert!(matches!(LogKeys::new(witness.public().clone()), Err(Fault::NoLogKey { .. })));
}
