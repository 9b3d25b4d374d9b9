//! Authority, proxy and readers through the public functions, from the first key to the last revocation.

use alloc::vec::Vec;

use super::{CONTEXT, World};
use crate::abe::attacks::{policy, set};
use crate::epoch::Epoch;
use crate::outsource::{KeyId, ProxyKey, ReaderSeed, ServeError, StoredHeader, TransformError, UserId};
use crate::revoke::{
    Applied, Authority, AuthorityUpdate, Cleaned, DutyError, Epochs, GrantError, IssuedKey, KeyError,
    KeyRegistry, MemoryRegistry, Proxy, ProxyName, RefreshError, RequestError, Revoked, TokenBatch,
};

const NOW: u64 = 1_800_000_000;

/// A realm at work: one proxy with the keys of all readers.
struct Realm {
    world: World,
    authority: Authority,
    registry: MemoryRegistry,
    proxy: Proxy,
    keys: Vec<ProxyKey>,
    epochs: Epochs,
}

impl Realm {
    fn begin(seed: &str) -> Self {
        let world = World::new(seed, 5);
        let master = crate::MasterKey::from_bytes(world.master.to_bytes().expose_secret()).unwrap();
        let (authority, begin) = Authority::begin(master, NOW).unwrap();
        let proxy = Proxy::new(&world.parameters, ProxyName::new("proxy").unwrap()).unwrap();
        let epochs = Epochs::new(&world.parameters).unwrap();
        let (registry, keys) = (MemoryRegistry::new(), Vec::new());
        let mut realm = Self { world, authority, registry, proxy, keys, epochs };
        realm.tell(&begin);
        realm
    }

    /// The proxy applies an update, deletes what it must, and gets a new lease; clients hear of the epoch.
    fn tell(&mut self, update: &AuthorityUpdate) {
        match self.proxy.apply(update).unwrap() {
            Applied::DeleteKeysOf(user) => self.keys.retain(|key| key.user() != user),
            Applied::DeleteKey(id) => self.keys.retain(|key| *key.id() != id),
            Applied::DeleteComponents { key, attributes } => {
                self.keys.retain_mut(|held| *held.id() != key || held.withdraw(attributes))
            }
            Applied::Epoch(_) => {}
        }
        let lease = self.authority.lease(self.proxy.name(), NOW, NOW + 600).unwrap();
        self.proxy.renew(lease, NOW).unwrap();
        let statement = self.authority.statement(NOW, NOW + 3_600).unwrap();
        self.epochs.observe(&self.world.parameters, &statement, NOW).unwrap();
    }

    fn issue(&mut self, name: &str, seed: &ReaderSeed, attributes: &str) -> KeyId {
        let reader = self.world.enrol(name, seed);
        let rng = &mut self.world.rng;
        let key = self.authority.issue(&reader, &set(attributes), &mut self.registry, rng).unwrap();
        let id = *key.id();
        self.keys.push(self.proxy.accept(key, rng).unwrap());
        id
    }

    fn advance(&mut self) {
        let update = self.authority.advance(NOW).unwrap();
        self.tell(&update);
    }

    /// Every live key gets its tokens.
    fn refresh(&mut self) -> u64 {
        let mut batches = Vec::new();
        let sink = |batch: &TokenBatch| -> Result<(), core::fmt::Error> {
            batches.push(batch.to_bytes());
            Ok(())
        };
        let refreshed = self.authority.refresh_all(&mut self.registry, |_| true, sink).unwrap();
        for batch in batches {
            self.take(&TokenBatch::from_bytes(&batch).unwrap());
        }
        refreshed
    }

    fn take(&mut self, batch: &TokenBatch) {
        let find = |id: &KeyId| self.keys.iter().find(|key| key.id() == id);
        let verified = batch.clone().verify(&self.world.parameters, find, &mut self.world.rng).unwrap();
        for key in self.keys.iter_mut().filter(|key| batch.keys().contains(key.id())) {
            verified.refresh(key).unwrap();
        }
    }

    fn record(&mut self, text: &str) -> StoredHeader {
        let current = self.epochs.current(NOW).unwrap();
        let encryptor = self.world.parameters.at(current).unwrap();
        let (header, _) = encryptor.compartment(&policy(text), CONTEXT, &mut self.world.rng);
        StoredHeader::accept_at(current, header, &self.world.parameters, &mut self.world.rng).unwrap()
    }

    fn read(&mut self, name: &str, seed: &ReaderSeed, record: &StoredHeader) -> Result<(), RequestError> {
        let (user, id) = (UserId::new(name).unwrap(), record.header().core_id());
        let parameters = &self.world.parameters;
        let request = seed.request_key().ask(parameters, &user, id, NOW, &mut self.world.rng);
        let keys = self.keys.iter().filter(|key| *key.user() == user);
        let transformed = self.proxy.serve(&request, keys, record, NOW)?;
        let opened = seed.retrieval_key().finish(parameters, &transformed, id, CONTEXT).unwrap();
        assert_eq!(opened.core_id(), id);
        Ok(())
    }
}

#[test]
fn from_the_first_key_to_the_last_revocation() {
    let mut realm = Realm::begin("story");
    let [chen, diaz, noor] = [(); 3].map(|()| ReaderSeed::generate(&mut realm.world.rng));
    let chens = realm.issue("chen", &chen, "a, b");
    realm.issue("diaz", &diaz, "a");
    let noors = realm.issue("noor", &noor, "b, c");
    let first = realm.record("a or c");
    for (name, seed) in [("chen", &chen), ("diaz", &diaz), ("noor", &noor)] {
        realm.read(name, seed, &first).unwrap();
    }

    // A new epoch: nobody opens its records before his key is refreshed.
    realm.advance();
    let second = realm.record("a or c");
    let (until, needed) = (realm.world.epoch(1), realm.world.epoch(2));
    let stale = RequestError::Serve(ServeError::Transform(TransformError::Tokens { until, needed }));
    assert_eq!(realm.read("chen", &chen, &second), Err(stale));
    realm.read("chen", &chen, &first).unwrap();
    assert_eq!(realm.refresh(), 3);
    assert_eq!(realm.refresh(), 0);
    realm.read("chen", &chen, &second).unwrap();

    // Diaz is dismissed: at once, and for all times; the others notice nothing.
    let update = realm.authority.revoke_user(&UserId::new("diaz").unwrap(), NOW).unwrap();
    realm.tell(&update);
    assert_eq!(realm.read("diaz", &diaz, &first), Err(RequestError::NoKey));
    realm.advance();
    assert_eq!(realm.refresh(), 2);
    let third = realm.record("a or c");
    for record in [&first, &second, &third] {
        realm.read("chen", &chen, record).unwrap();
        realm.read("noor", &noor, record).unwrap();
    }
    // He comes back, and reads what was and what will be.
    realm.issue("diaz", &diaz, "a");
    realm.read("diaz", &diaz, &third).unwrap();

    // Noor loses `c`, keeps `b`, and is granted `a`.
    let seed = &mut realm.world.rng;
    let withdrawal = realm.authority.withdraw(&noors, &set("c"), &mut realm.registry, NOW, seed).unwrap();
    realm.tell_two(&withdrawal.withdrawn, &withdrawal.revoked, withdrawal.key.unwrap());
    assert!(realm.read("noor", &noor, &first).is_err());
    let (of_b, now_hers) = (realm.record("b"), realm.keys.last().map(|key| *key.id()).unwrap());
    realm.read("noor", &noor, &of_b).unwrap();
    let refused = realm.authority.grant(&noors, &set("a"), &mut realm.registry).unwrap_err();
    assert_eq!(refused, KeyError::Dead(noors));
    let grant = realm.authority.grant(&now_hers, &set("a"), &mut realm.registry).unwrap();
    let key = realm.keys.iter_mut().find(|key| *key.id() == now_hers).unwrap();
    realm.proxy.grant(&grant, key, &mut realm.world.rng).unwrap();
    realm.read("noor", &noor, &first).unwrap();
    let registered = |id: &KeyId, realm: &Realm| -> IssuedKey { realm.registry.get(id).unwrap().unwrap() };
    assert_eq!(*registered(&now_hers, &realm).attributes(), set("a, b"));

    // An idle reader is refreshed on demand, over several epochs; a dead key is not.
    realm.advance();
    realm.advance();
    let fifth = realm.record("a");
    let from = realm.keys.iter().find(|key| *key.id() == chens).and_then(ProxyKey::tokens_until).unwrap();
    let batch = realm.authority.refresh(&chens, from, &mut realm.registry).unwrap();
    realm.take(&batch);
    realm.read("chen", &chen, &fifth).unwrap();
    let dead = realm.authority.refresh(&noors, from, &mut realm.registry).unwrap_err();
    assert_eq!(dead, KeyError::Dead(noors));
    let current = realm.authority.epoch();
    let none = realm.authority.refresh(&chens, current, &mut realm.registry).unwrap_err();
    assert_eq!(none, KeyError::Current { from: current, current });
}

/// A proxy is not stopped by the tokens of keys that are not its own, and takes its own out of the same batch.
#[test]
fn a_proxy_takes_the_tokens_of_the_keys_it_holds() {
    let mut realm = Realm::begin("retain");
    let seed = ReaderSeed::generate(&mut realm.world.rng);
    let ids: Vec<KeyId> = ["chen", "diaz", "noor"].map(|name| realm.issue(name, &seed, "a")).to_vec();
    realm.advance();
    let mut batches = Vec::new();
    let sink = |batch: &TokenBatch| -> Result<(), core::fmt::Error> {
        batches.push(batch.clone());
        Ok(())
    };
    realm.authority.refresh_all(&mut realm.registry, |_| true, sink).unwrap();
    realm.keys.retain(|key| *key.id() != ids[0]);
    let mut batch = batches.remove(0);
    let find = |id: &KeyId| realm.keys.iter().find(|key| key.id() == id);
    let refused = batch.clone().verify(&realm.world.parameters, find, &mut realm.world.rng).unwrap_err();
    assert_eq!(refused, crate::revoke::TokenError::UnknownKey(ids[0]));
    batch.retain(|id| *id != ids[0]);
    assert_eq!(batch.keys().len(), 2);
    assert_eq!(TokenBatch::from_bytes(&batch.to_bytes()).unwrap().keys(), batch.keys());
    realm.take(&batch);
    let record = realm.record("a");
    realm.read("diaz", &seed, &record).unwrap();
    realm.read("noor", &seed, &record).unwrap();
    batch.retain(|_| false);
    assert!(batch.keys().is_empty());
}

/// A store may go by what its proxy knows, for as long as the proxy may serve.
#[test]
fn a_proxy_says_the_epoch_under_its_lease() {
    let mut realm = Realm::begin("current");
    let epoch = |realm: &Realm, now: u64| realm.proxy.current(now).map(|current| current.epoch().number());
    assert_eq!(epoch(&realm, NOW), Ok(1));
    realm.advance();
    assert_eq!(epoch(&realm, NOW + 600), Ok(2));
    assert!(matches!(epoch(&realm, NOW + 601), Err(DutyError::Lease(_))));
    let _unheard = realm.authority.advance(NOW).unwrap();
    let lease = realm.authority.lease(realm.proxy.name(), NOW, NOW + 600).unwrap();
    realm.proxy.renew(lease, NOW).unwrap();
    assert_eq!(epoch(&realm, NOW), Err(DutyError::Behind { applied: 2, needed: 3 }));
    let new = Proxy::new(&realm.world.parameters, ProxyName::new("new").unwrap()).unwrap();
    assert_eq!(new.current(NOW).unwrap_err(), DutyError::NoLease);
}

impl Realm {
    /// What a withdrawal makes a proxy do.
    fn tell_two(&mut self, first: &AuthorityUpdate, last: &AuthorityUpdate, key: crate::TransformKey) {
        let _ = self.proxy.apply(first).map(|applied| match applied {
            Applied::DeleteComponents { key, attributes } => {
                self.keys.retain_mut(|held| *held.id() != key || held.withdraw(attributes))
            }
            other => panic!("{other:?}"),
        });
        self.keys.push(self.proxy.accept(key, &mut self.world.rng).unwrap());
        self.tell(last);
    }
}

/// A proxy that did not delete what it was told to does not serve it either.
#[test]
fn what_was_not_deleted_is_not_served() {
    let mut realm = Realm::begin("duty");
    let seed = ReaderSeed::generate(&mut realm.world.rng);
    let id = realm.issue("chen", &seed, "a, b");
    let record = realm.record("a or b");
    let kept = realm.keys.iter().map(|key| ProxyKey::from_bytes(&key.to_bytes()).unwrap()).collect();
    let update = realm.authority.revoke_attributes(&id, &set("b"), NOW).unwrap();
    realm.tell(&update);
    realm.read("chen", &seed, &record).unwrap();
    realm.keys = kept;
    assert_eq!(realm.read("chen", &seed, &record), Err(RequestError::Duty(DutyError::Withdrawn)));
    let update = realm.authority.revoke_user(&UserId::new("chen").unwrap(), NOW).unwrap();
    let kept: Vec<ProxyKey> =
        realm.keys.iter().map(|key| ProxyKey::from_bytes(&key.to_bytes()).unwrap()).collect();
    realm.tell(&update);
    realm.keys = kept;
    let revoked = RequestError::Duty(DutyError::Revoked(Revoked::User(3)));
    assert_eq!(realm.read("chen", &seed, &record), Err(revoked));
    // And it transforms for nobody outside of its duties.
    assert_eq!(realm.keys[0].transform_stored(&record).unwrap_err(), TransformError::NeedsPermit);
    assert_eq!(realm.keys[0].transform(record.header()).unwrap_err(), TransformError::NeedsPermit);
    assert!(realm.keys[0].transform_all([&record]).all(|answer| answer.is_err()));
}

/// Attack 15b: an old grant, sent again after what it granted was withdrawn.
#[test]
fn what_was_withdrawn_is_not_granted_again() {
    let mut realm = Realm::begin("granted again");
    let seed = ReaderSeed::generate(&mut realm.world.rng);
    let id = realm.issue("chen", &seed, "a");
    let grant = realm.authority.grant(&id, &set("b"), &mut realm.registry).unwrap();
    let record = realm.record("b");
    realm.proxy.grant(&grant, &mut realm.keys[0], &mut realm.world.rng).unwrap();
    realm.read("chen", &seed, &record).unwrap();
    let update = realm.authority.revoke_attributes(&id, &set("b"), NOW).unwrap();
    realm.tell(&update);
    assert!(realm.read("chen", &seed, &record).is_err());
    let held = realm.proxy.grant(&grant, &mut realm.keys[0], &mut realm.world.rng).unwrap_err();
    assert_eq!(held, GrantError::Held(set("b")));
    assert!(realm.authority.grant(&id, &set("b"), &mut realm.registry).is_err());
    // Weakened twin: a proxy that does not remember.
    grant.apply(&mut realm.keys[0], &realm.world.parameters, &mut realm.world.rng).unwrap();
    let record = realm.record("b");
    let served = realm.keys[0].apply_to_stored(&record).is_ok();
    assert!(
        served && realm.read("chen", &seed, &record).is_err(),
        "and the permit stops what is there all the same"
    );
}

/// The registry was restored from a copy: it does not know the newest key, and how far tokens have come.
#[test]
fn a_registry_that_was_restored_is_brought_to_what_the_proxy_holds() {
    let mut realm = Realm::begin("reconcile");
    let [chen, noor] = [(); 2].map(|()| ReaderSeed::generate(&mut realm.world.rng));
    realm.issue("chen", &chen, "a");
    let copy = realm.registry.clone();
    let noors = realm.issue("noor", &noor, "a");
    realm.advance();
    assert_eq!(realm.refresh(), 2);
    realm.registry = copy;
    realm.advance();

    let held = |realm: &Realm| -> Vec<(KeyId, Epoch)> {
        realm.keys.iter().map(|key| (*key.id(), key.tokens_until().unwrap())).collect()
    };
    let keys = held(&realm);
    let updates = realm.authority.reconcile(&mut realm.registry, keys.clone(), NOW).unwrap();
    assert_eq!(updates.len(), 1);
    realm.tell(&updates[0]);
    assert!(realm.authority.state().is_dead(&noors) && realm.keys.len() == 1);
    assert!(realm.authority.reconcile(&mut realm.registry, keys, NOW).unwrap().is_empty());
    assert_eq!(realm.refresh(), 1);
    let record = realm.record("a");
    realm.read("chen", &chen, &record).unwrap();
    realm.issue("noor", &noor, "a");
    realm.read("noor", &noor, &record).unwrap();
}

/// A proxy was stopped between an update and what the update made it delete.
#[test]
fn a_proxy_that_starts_deletes_what_it_had_to() {
    let mut realm = Realm::begin("clean");
    let seed = ReaderSeed::generate(&mut realm.world.rng);
    let [first, second, third] = ["a, b", "b", "a"].map(|set| realm.issue("chen", &seed, set));
    let fourth = realm.issue("diaz", &seed, "a");
    let (b, diaz) = (set("b"), UserId::new("diaz").unwrap());
    for update in [
        realm.authority.revoke_attributes(&first, &b, NOW).unwrap(),
        realm.authority.revoke_attributes(&second, &b, NOW).unwrap(),
        realm.authority.revoke_user(&diaz, NOW).unwrap(),
    ] {
        let _stopped_before = realm.proxy.apply(&update).unwrap();
    }
    let cleaned = |id: &KeyId, realm: &mut Realm| {
        let key = realm.keys.iter_mut().find(|key| key.id() == id).unwrap();
        (realm.proxy.clean(key), key.attributes().clone())
    };
    assert_eq!(cleaned(&first, &mut realm), (Cleaned::Store, set("a")));
    assert_eq!(cleaned(&first, &mut realm), (Cleaned::Unchanged, set("a")));
    assert_eq!(cleaned(&second, &mut realm).0, Cleaned::Delete);
    assert_eq!(cleaned(&third, &mut realm).0, Cleaned::Unchanged);
    assert_eq!(cleaned(&fourth, &mut realm).0, Cleaned::Delete);
}

/// A refresh that stops: where tokens cannot be handed on nothing is entered, and the next run goes on from there.
#[test]
fn a_refresh_that_was_interrupted_goes_on() {
    let mut realm = Realm::begin("interrupted refresh");
    let seed = ReaderSeed::generate(&mut realm.world.rng);
    let first = realm.issue("chen", &seed, "a");
    realm.advance();
    let second = realm.issue("diaz", &seed, "a");
    realm.advance();
    // Two epochs to start from, so two batches; the second cannot be handed on.
    let mut taken = Vec::new();
    let sink = |batch: &TokenBatch| {
        if taken.is_empty() {
            taken.push(batch.clone());
            Ok(())
        } else {
            Err("the disk is full")
        }
    };
    let stopped = realm.authority.refresh_all(&mut realm.registry, |_| true, sink).unwrap_err();
    assert_eq!(stopped, RefreshError::Sink("the disk is full"));
    assert_eq!((taken[0].keys(), taken[0].from().number()), (&[first][..], 1));
    let entry = |id: &KeyId, realm: &Realm| realm.registry.get(id).unwrap().unwrap().refreshed().number();
    assert_eq!((entry(&first, &realm), entry(&second, &realm)), (3, 2));
    realm.take(&taken[0]);
    assert_eq!(realm.refresh(), 1);
    let record = realm.record("a");
    realm.read("chen", &seed, &record).unwrap();
    realm.read("diaz", &seed, &record).unwrap();

    // Readers who are left out are refreshed on demand.
    realm.advance();
    let sink = |_: &TokenBatch| -> Result<(), core::fmt::Error> { Ok(()) };
    let user = UserId::new("chen").unwrap();
    let refreshed =
        realm.authority.refresh_all(&mut realm.registry, |entry| *entry.user() != user, sink).unwrap();
    assert_eq!((refreshed, entry(&first, &realm), entry(&second, &realm)), (1, 3, 4));
}
