//! An account that a cloud gives of what happened is whole and true, or refused. `[PHR-11.4]`

use hippocrypt::Secret;
use hippocrypt::ledger::{Entry, Finality, KeyType, LogKeys, NoteSigner, PatientAccount, Quorum, Verifier};
use hippocrypt::phr::audit::{PatientLog, ReceiptError};
use hippocrypt::phr::*;
use hippocrypt::testing::TestRng;

use crate::forge::{Fields, long};
use crate::house::NOW;
use crate::ledger::{LOG, account, scene};
use crate::receipt::{join, split};

/// Checkpoint and account in an answer.
pub fn parts(answer: &[u8]) -> (Vec<u8>, PatientAccount) {
    let contents = split(answer).1;
    let mut fields = Fields(&contents);
    assert_eq!(fields.take(1), [7]);
    (fields.long(), PatientAccount::from_bytes(&fields.long()).unwrap())
}

#[test]
fn an_account_that_is_not_whole_and_true_is_refused() {
    let mut scene = scene("accounts");
    for _ in 0..3 {
        scene.house.read(&scene.chen, scene.anna.patient()).unwrap();
    }
    let (house, anna) = (&scene.house, &scene.anna);
    let (old, _) = account(house, anna.reader(), anna.patient());
    let (old_checkpoint, old_account) = parts(&old);
    let (bertas, _) = account(house, scene.berta.reader(), scene.berta.patient());
    let bertas = parts(&bertas).1;
    let ask =
        || anna.reader().account(anna.patient(), &house.cloud.name(), NOW, &mut TestRng::new("accounts"));
    let answer = house.cloud.answer(ask().question(), NOW).unwrap();
    let (checkpoint, honest) = parts(&answer);
    assert_eq!(honest.entries.len(), 5);
    let reads = |checkpoint: &[u8], account: &PatientAccount| {
        let contents = [&[7], &long(checkpoint)[..], &long(&account.to_bytes())].concat();
        let lie = join(split(&answer).0.as_ref(), &contents);
        anna.reader().accounted(ask(), &lie, None, NOW)
    };
    assert_eq!(reads(&checkpoint, &honest).unwrap().transactions.len(), 5);
    let refused = |what: &str, outcome: Result<PatientLog, ReadError>| match outcome {
        Err(ReadError::Account(why)) => why,
        other => panic!("{what}: {other:?}"),
    };
    type Change<'c> = (&'c str, &'c dyn Fn(&mut PatientAccount));
    let opening = |entry: &mut Entry| entry.opening.take();
    let lies: [Change<'_>; 13] = [
        ("the first left out", &|account| drop(account.entries.remove(0))),
        ("one left out", &|account| drop(account.entries.remove(2))),
        ("the last left out", &|account| drop(account.entries.pop())),
        ("all left out", &|account| account.entries.clear()),
        ("one twice", &|account| account.entries.insert(2, account.entries[2].clone())),
        ("two swapped", &|account| account.entries.swap(1, 2)),
        ("one says something else", &|account| {
            account.entries[1].opening.as_mut().unwrap().body[9] ^= 1;
        }),
        ("one says nothing", &|account| drop(opening(&mut account.entries[1]))),
        ("another leaf", &|account| account.entries[3].leaf.commitment[0] ^= 1),
        ("another place", &|account| account.entries[4].index = account.heads.index),
        ("a transaction of another's", &|account| account.entries[0] = bertas.entries[0].clone()),
        ("another head", &|account| account.head = bertas.head.clone()),
        ("no head", &|account| {
            account.entries.clear();
            account.head = Default::default();
        }),
    ];
    for (what, change) in lies {
        let mut account = honest.clone();
        change(&mut account);
        refused(what, reads(&checkpoint, &account));
    }
    refused("another's", reads(&checkpoint, &bertas));
    refused("of an earlier block", reads(&checkpoint, &old_account));
    refused("under an earlier checkpoint", reads(&old_checkpoint, &honest));
    // All of it true an hour ago: the question itself is not the next transaction.
    let why = refused("all of an earlier block", reads(&old_checkpoint, &old_account));
    assert!(why.contains("does not reach to the question"), "{why}");
    for at in [0, checkpoint.len() / 2, checkpoint.len() - 3] {
        let mut changed = checkpoint.clone();
        changed[at] ^= 1;
        refused("checkpoint", reads(&changed, &honest));
    }
    // Somebody else's ideas of when a checkpoint counts: another log's, and two witnesses.
    let verifier = |log: &str, finality| {
        let key = match log {
            LOG => house.cloud.ledger_key().unwrap(),
            other => {
                NoteSigner::new(other, KeyType::Ed25519, &Secret::new([7; 32])).unwrap().public().clone()
            }
        };
        Verifier::new(LogKeys::new(key).unwrap(), finality)
    };
    let with = |verifier: &Verifier| anna.reader().accounted(ask(), &answer, Some(verifier), NOW);
    assert_eq!(with(&verifier(LOG, Finality::Local)).unwrap().transactions.len(), 5);
    let other = with(&verifier("elsewhere.example", Finality::Local));
    assert!(matches!(other, Err(ReadError::Receipt(ReceiptError::Certificate))), "{other:?}");
    let witness = |n: u8| {
        let name = format!("witness-{n}.example");
        NoteSigner::new(&name, KeyType::Cosignature, &Secret::new([n; 32])).unwrap().public().clone()
    };
    let quorum = Quorum::new(vec![witness(1), witness(2)], 2, 0).unwrap();
    refused("no witness", with(&verifier(LOG, Finality::Witnessed(quorum))));
}
