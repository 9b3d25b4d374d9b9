//! What is counted of realms with epochs: keys and their tokens, transformations, seals.
//!
//! The realm is in epoch 3 of 2^16 - 1, records are of epoch 1. Cold are the spans of time, too.

use std::convert::Infallible;

use hippocrypt::testing::TestRng;
use hippocrypt::{
    AttributeSet, Authority, CurrentEpoch, Epoch, EpochTree, Epochs, IssuedKey, KeyId, MemoryRegistry,
    Policy, Proxy, ProxyKey, ProxyName, ReaderSeed, Schema, SealKey, StoredHeader, TokenBatch,
    TransformedHeader, UserId, setup_with_epochs,
};

use crate::operations::{SIZES, count, count_cold_and_warm, rng};

const NOW: u64 = 1_800_000_000;
/// Keys whose tokens are verified together.
const KEYS: u8 = 8;
/// Two epochs whose covers have 13 nodes.
const SEALS: [u64; 2] = [0b1111, 0b1_0111];

pub fn count_all() {
    let (_, master) = setup_with_epochs("realm", EpochTree::default(), &mut rng()).unwrap();
    master.public_parameters().prepare();
    let (mut authority, begun) = Authority::begin(master, NOW).unwrap();
    let parameters = authority.public_parameters().clone();
    let tree = parameters.epochs().unwrap();
    let mut epochs = Epochs::new(&parameters).unwrap();
    epochs.observe(&parameters, &authority.statement(NOW, NOW + 60).unwrap(), NOW).unwrap();
    let mut proxy = Proxy::new(&parameters, ProxyName::new("proxy").unwrap()).unwrap();
    for update in [begun, authority.advance_to(3, NOW).unwrap()] {
        let _ = proxy.apply(&update).unwrap();
    }
    proxy.renew(authority.lease(proxy.name(), NOW, NOW + 60).unwrap(), NOW).unwrap();

    let (seed, user) = (ReaderSeed::generate(&mut rng()), UserId::new("reader").unwrap());
    let nonce = || hippocrypt::EnrolmentNonce::from_bytes([1; 32]);
    let enrolment = seed.enrol(&parameters, &user, &nonce(), &mut rng());
    let reader = enrolment.verify(&parameters, &user, nonce()).unwrap();
    let retrieval_key = seed.retrieval_key();
    let record = |policy: &Policy, current: CurrentEpoch<'_>| {
        let (header, _) = parameters.at(current).unwrap().compartment(policy, b"", &mut rng());
        StoredHeader::accept_at(current, header, &parameters, &mut rng()).unwrap()
    };
    let seal_key = SealKey::generate(&mut rng());
    let current = epochs.current(NOW).unwrap();

    for n in SIZES {
        let names: Vec<String> = (0..n).map(|i| format!("attribute-{i}")).collect();
        let policy = Policy::parse(&names.join(" and "), &Schema::empty()).unwrap();
        let attributes = AttributeSet::parse(&names.join(", "), &Schema::empty()).unwrap();
        let issue = || {
            let reader = enrolment.verify(&parameters, &user, nonce()).unwrap();
            let mut registry = MemoryRegistry::new();
            authority.issue(&reader, &attributes, &mut registry, &mut rng()).unwrap()
        };
        count_cold_and_warm(&format!("issue/{n}"), parameters.attribute_cache(), || issue().to_bytes());

        let key = proxy.accept(issue(), &mut rng()).unwrap();
        let stored = record(&policy, current);
        let permit = proxy.permit(&key, NOW).unwrap();
        let transformed = permit.transform(&stored).unwrap().to_bytes();
        // What is stored keeps its lines after a while: a fresh one for each count, as from the disk.
        let fresh = |stored: &StoredHeader| StoredHeader::from_bytes(&stored.to_bytes()).unwrap();
        let two = [fresh(&stored), fresh(&stored)];
        let mut rest = two.iter();
        count(&format!("transform/{n}"), || permit.transform(rest.next().unwrap()).unwrap());
        let sealed = stored.seal(&parameters, authority.epoch(), &seal_key).unwrap().unwrap();
        let two = [fresh(&sealed), fresh(&sealed)];
        let mut rest = two.iter();
        count(&format!("transform-sealed/{n}"), || permit.transform(rest.next().unwrap()).unwrap());
        count(&format!("finish/{n}"), || {
            let transformed = TransformedHeader::from_bytes(&transformed).unwrap();
            retrieval_key.finish(&parameters, &transformed, stored.header().core_id(), b"").unwrap()
        });
    }

    let policy = Policy::parse("a", &Schema::empty()).unwrap();
    let attributes = AttributeSet::parse("a", &Schema::empty()).unwrap();
    let stored = record(&policy, current);
    let [before, to] = SEALS.map(|number| tree.epoch(number).unwrap());
    assert_eq!([before, to].map(|epoch| tree.cover(epoch).len()), [13; 2]);
    let seal = |stored: &StoredHeader, to| stored.seal(&parameters, to, &seal_key).unwrap().unwrap();
    let sealed = seal(&stored, before);
    for _ in 0..hippocrypt::AttributeCache::TABLE_FROM_USE {
        seal(&stored, to);
    }
    count("seal/13/first", || seal(&stored, to));
    count("seal/13/again", || seal(&sealed, to));

    let entry = |id: u8| authority.entry_for(&reader, KeyId::from_bytes([id; 16]), &attributes);
    let entries: Vec<IssuedKey> = (1..=KEYS).map(entry).collect();
    let proxy_key = |entry| authority.proxy_key_for(entry, Epoch::FIRST).unwrap().unwrap();
    let held: Vec<ProxyKey> = entries.iter().map(proxy_key).collect();
    let mut refresher = authority.refresher::<Infallible>(Epoch::FIRST).unwrap();
    for _ in 0..hippocrypt::AttributeCache::TABLE_FROM_USE {
        refresher.tokens(&entries);
    }
    count("refresh/1", || refresher.tokens(&entries[..1]).to_bytes());
    let bytes = refresher.tokens(&entries).to_bytes();
    count(&format!("verify-tokens/{KEYS}"), || {
        let find = |id: &KeyId| held.iter().find(|key| key.id() == id);
        let mut rng: TestRng = rng();
        TokenBatch::from_bytes(&bytes).unwrap().verify(&parameters, find, &mut rng).unwrap()
    });
}
