//! A ledger outlives its cloud's restarts, and passes on from key to key. `[PHR-11.2]`

use hippocrypt::ledger::{Checkpoint, Finality, LogKeys, Scribe, Verifier};
use hippocrypt::phr::*;
use hippocrypt::store::{Batch, MemoryBlobs, Store};
use hippocrypt::testing::TestRng;

use crate::accounts::parts;
use crate::house::NOW;
use crate::ledger::{LOG, account, scene};
use crate::receipt::split;

#[test]
fn a_restart_keeps_the_chain_and_another_scribe_does_not_open_the_ledger() {
    let mut scene = scene("restart");
    let receipt = scene.house.read(&scene.chen, scene.anna.patient()).unwrap().receipt;
    let before = scene.house.cloud.with_ledger(|book| book.entries(0, 999, true)).unwrap();
    let head = scene.house.cloud.with_ledger(|book| book.tree_head(LOG)).unwrap();

    let mut rng = TestRng::new("others");
    for log in [LOG, "another.example"] {
        let scribe = Scribe::generate(log, &mut rng).unwrap();
        let store = scene.house.cloud.with_store(Clone::clone);
        let (realm, name) = (scene.house.authority.realm().clone(), scene.house.cloud.name());
        let opened = Cloud::open(realm, name, store, MemoryBlobs::new(), scribe, Limits::default(), NOW);
        assert!(matches!(opened, Err(CloudError::Ledger(_))), "{log}");
    }

    let mut house = scene.house.restarted(NOW + 1, |_, _| ());
    assert_eq!(house.cloud.with_ledger(|book| book.tree_head(LOG)).unwrap(), head);
    house.now = NOW + 62;
    house.tell(&[]);
    house.read(&scene.chen, scene.anna.patient()).unwrap();
    let after = house.cloud.with_ledger(|book| book.entries(0, 999, true)).unwrap();
    assert_eq!(after[..before.len()], before);
    let (last, new) = (&receipt.entries[0], &after[before.len()]);
    assert_eq!((new.leaf.number, new.leaf.previous), (last.leaf.number + 1, last.leaf.hash()));
    assert_eq!(house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
}

#[test]
fn the_ledger_passes_on_to_another_key() {
    let mut scene = scene("rotation");
    let cloud = scene.house.cloud.name();
    let old_key = scene.house.cloud.ledger_key().unwrap();
    let old_certificate = scene.house.authority.certify_ledger(&cloud, &old_key, 0);
    let old_receipt = scene.house.read(&scene.chen, scene.anna.patient()).unwrap().receipt;
    scene.house.cloud.close_block().unwrap();
    let mut rotation = None;
    let mut house = scene.house.restarted(NOW + 1, |store, scribe| {
        scribe.prepare_key(store, &mut TestRng::new("next")).unwrap();
        let mut batch = Batch::new();
        rotation = Some(scribe.rotate(store, &mut batch).unwrap());
        store.commit(&batch).unwrap();
    });
    let rotation = rotation.unwrap();
    house.now = NOW + 62;
    let key = house.cloud.ledger_key().unwrap();
    assert_ne!(key, old_key);

    // The certificate that the cloud has is of the former key: it answers nobody, and does not take it again.
    let asked = scene.chen.open([scene.names[0]], &cloud, house.now, &mut house.rng);
    let answered = house.cloud.answer(asked.question(), house.now);
    assert!(matches!(answered, Err(CloudError::NotCertified)), "{answered:?}");
    let taken = house.cloud.take(&old_certificate, house.now, &mut house.rng);
    assert!(matches!(taken, Err(CloudError::Certificate)), "{taken:?}");
    let certificate = house.authority.certify_ledger(&cloud, &key, rotation.index);
    house.cloud.take(&certificate, house.now, &mut house.rng).unwrap();
    let asked = scene.chen.open([scene.names[0]], &cloud, house.now, &mut house.rng);
    let answer = house.cloud.answer(asked.question(), house.now).unwrap();
    assert_eq!(split(&answer).0.unwrap().certificate, certificate);
    let receipt = scene.chen.opened(asked, &answer).unwrap().receipt;
    assert!(old_receipt.is_genuine(&old_key) && !old_receipt.is_genuine(&key));
    assert!(receipt.is_genuine(&key) && !receipt.is_genuine(&old_key));

    // Her account before and after the key's first checkpoint, and for whoever has followed the log: both receipts.
    let mut verifier = Verifier::new(LogKeys::new(old_key.clone()).unwrap(), Finality::Local);
    for round in 0..2 {
        let (answer, log) = account(&house, scene.anna.reader(), scene.anna.patient());
        assert_eq!(log.transactions.len(), 3 + round);
        if round == 0 {
            let checkpoint = Checkpoint::parse(&parts(&answer).0).unwrap();
            let size = checkpoint.head().size;
            let inclusion =
                house.cloud.with_ledger(|book| book.prove_inclusion(rotation.index, size)).unwrap().unwrap();
            verifier.learn(&rotation, &inclusion, &checkpoint, house.now).unwrap();
        }
    }
    verifier.receipt(&old_receipt).unwrap();
    verifier.receipt(&receipt).unwrap();
    let asked = scene.anna.reader().account(scene.anna.patient(), &cloud, house.now, &mut house.rng);
    let answer = house.cloud.answer(asked.question(), house.now).unwrap();
    scene.anna.reader().accounted(asked, &answer, Some(&verifier), house.now).unwrap();
    assert_eq!(house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
}
