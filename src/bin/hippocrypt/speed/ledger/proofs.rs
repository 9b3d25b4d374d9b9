//! Proving and verifying.

use hippocrypt::ledger::{Finality, LogKeys, PatientHead, Subject, Verifier, root};
use hippocrypt::os_rng;
use hippocrypt::rand_core::Rng;

use super::super::workload::Wrong;
use super::figure::Figure;
use super::log::Log;

/// When everything is verified: after every cosignature.
const NOW: u64 = 1 << 40;

/// Whoever verifies the log with its key alone.
fn verifier(log: &Log) -> Result<Verifier, Wrong> {
    Ok(Verifier::new(LogKeys::new(log.key.clone())?, Finality::Local))
}

/// Samples of what takes microseconds, for one of what takes milliseconds.
const MANY: usize = 10;

/// Proofs that transactions stand in the log, at random.
pub fn inclusion(log: &Log, samples: usize) -> Result<[Figure; 2], Wrong> {
    let book = log.book();
    let checkpoint = book.checkpoint()?.ok_or_else(|| Wrong::new("no checkpoint"))?;
    let head = checkpoint.head();
    let mut prove = Figure::of_cpu("prove", head.size, 1);
    let mut verify = Figure::of_cpu("verify", head.size, 1);
    let mut rng = os_rng();
    for _ in 0..samples * MANY {
        let index = rng.next_u64() % head.size;
        let proof = prove.time(|| book.prove_inclusion(index, head.size))?;
        let proof = proof.ok_or_else(|| Wrong::new("a transaction is not in the log"))?;
        let leaf = book.leaf(index)?.ok_or_else(|| Wrong::new("a leaf is missing"))?;
        prove.bytes(proof.to_bytes().len());
        let holds = verify.time(|| proof.holds(&leaf.hash(), &head.root));
        Wrong::unless(holds, "a proof does not hold")?;
        Wrong::unless(!proof.holds(&[0; 32], &head.root), "a proof holds of something else")?;
    }
    Ok([prove, verify])
}

/// All transactions of a patient: made out of the store, and verified.
pub fn audit(log: &Log, samples: usize) -> Result<Figure, Wrong> {
    let (book, verifier) = (log.book(), verifier(log)?);
    let (subject, count) = log.audited;
    let mut figure = Figure::on_the_wall("audit-patient", book.size()?, count);
    for _ in 0..samples {
        let verified = figure.time(|| {
            let checkpoint = book.checkpoint()?.ok_or_else(|| Wrong::new("no checkpoint"))?;
            let account = book.account(&subject)?.ok_or_else(|| Wrong::new("no block"))?;
            verifier.account(&subject, &account, &verifier.checkpoint(&checkpoint, NOW)?)?;
            Ok::<_, Wrong>(account)
        })?;
        figure.bytes(verified.to_bytes().len());
        Wrong::unless(verified.entries.len() as u64 == count, "an account is not complete")?;
    }
    Ok(figure)
}

/// The verification of an account of many transactions.
pub fn account(log: &Log, samples: usize) -> Result<Figure, Wrong> {
    let (book, verifier) = (log.book(), verifier(log)?);
    let (subject, count) = log.large;
    let checkpoint = book.checkpoint()?.ok_or_else(|| Wrong::new("no checkpoint"))?;
    let mut account = book.account(&subject)?.ok_or_else(|| Wrong::new("no block"))?;
    let accepted = verifier.checkpoint(&checkpoint, NOW)?;
    let mut figure = Figure::of_cpu(&format!("account-verify-{count}"), book.size()?, count);
    figure.bytes(account.to_bytes().len());
    for _ in 0..samples {
        figure.time(|| verifier.account(&subject, &account, &accepted))?;
    }
    account.entries.pop();
    Wrong::unless(
        verifier.account(&subject, &account, &accepted).is_err(),
        "an account that lacks one is accepted",
    )?;
    Ok(figure)
}

/// The root over all patients' heads, from nothing.
pub fn heads(patients: u64, samples: usize) -> Result<Figure, Wrong> {
    let patients = patients.min(1_000_000);
    let mut rng = os_rng();
    let mut heads: Vec<PatientHead> = (0..patients)
        .map(|number| {
            let (mut name, mut last) = ([0; 16], [0; 32]);
            rng.fill_bytes(&mut name);
            rng.fill_bytes(&mut last);
            PatientHead { subject: Subject::from_bytes(name), number, last }
        })
        .collect();
    heads.sort_unstable_by_key(|head| head.subject);
    let mut figure = Figure::of_cpu("heads-rebuild", patients, 0);
    let first = root(&heads);
    for _ in 0..samples.min(11) {
        let again = figure.time(|| root(&heads));
        Wrong::unless(again == first, "the root is another one")?;
    }
    Ok(figure)
}
