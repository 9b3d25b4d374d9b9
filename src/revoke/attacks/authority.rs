//! Attacks 15 and 15a: what is said in the authority's name, again, out of order, or not at all.

use alloc::vec;
use alloc::vec::Vec;

use crate::abe::types::{MasterKey, PublicParameters, setup, setup_with_epochs};
use crate::epoch::{Epoch, EpochError, EpochTree};
use crate::outsource::{KeyId, UserId};
use crate::policy::{AttributeSet, Schema};
use crate::revoke::{
    Action, Applied, Authority, AuthorityError, AuthorityUpdate, DutyError, EpochStatement,
    EpochStatementError, Epochs, Lease, LeaseError, Proxy, ProxyName, ReplayError, RestoredAuthority,
    Resumed, RevocationState, Revoked, UpdateError, ValidityError,
};
use crate::testing::TestRng;

const NOW: u64 = 1_800_000_000;
const KEY: KeyId = KeyId::from_bytes([7; 16]);

/// A realm of 15 epochs, its authority, and the log of its updates.
struct World {
    parameters: PublicParameters,
    authority: Authority,
    log: Vec<AuthorityUpdate>,
}

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn name(text: &str) -> ProxyName {
    ProxyName::new(text).unwrap()
}

fn set(text: &str) -> AttributeSet {
    AttributeSet::parse(text, &Schema::parse("level: uint(4)").unwrap()).unwrap()
}

fn copy(master: &MasterKey) -> MasterKey {
    MasterKey::from_bytes(master.to_bytes().expose_secret()).unwrap()
}

impl World {
    fn new(seed: &str) -> Self {
        let tree = EpochTree::new(4).unwrap();
        let (parameters, master) = setup_with_epochs("test", tree, &mut TestRng::new(seed)).unwrap();
        let (authority, begin) = Authority::begin(master, NOW).unwrap();
        Self { parameters, authority, log: vec![begin] }
    }

    fn advance(&mut self) {
        self.log.push(self.authority.advance(NOW).unwrap());
    }

    fn revoke(&mut self, name: &str) {
        self.log.push(self.authority.revoke_user(&user(name), NOW).unwrap());
    }

    fn master(&self) -> MasterKey {
        copy(self.authority.master())
    }

    /// A proxy with a lease that has applied the log up to update `number`.
    fn proxy(&self, number: usize) -> Proxy {
        let mut proxy = Proxy::new(&self.parameters, name("p")).unwrap();
        for update in &self.log[..number] {
            let _ = proxy.apply(update).unwrap();
        }
        let master = self.master();
        let authority = Authority::of(master, proxy.state().clone());
        proxy.renew(authority.lease(&name("p"), NOW, NOW + 600).unwrap(), NOW).unwrap();
        proxy
    }

    fn resume(&self, log: &[AuthorityUpdate], witnesses: &[AuthorityUpdate]) -> Resumed {
        Authority::resume(self.master(), log.to_vec(), witnesses).unwrap()
    }

    fn restored(&self, log: &[AuthorityUpdate], witnesses: &[AuthorityUpdate]) -> RestoredAuthority {
        match self.resume(log, witnesses) {
            Resumed::Restored(restored) => restored,
            Resumed::Ready(_) => panic!("it should not be ready"),
        }
    }

    /// An update in the authority's name that it would never make.
    fn signed(&self, number: u64, previous: [u8; 32], epoch: u64, action: Action) -> AuthorityUpdate {
        let epoch = self.parameters.epochs().unwrap().epoch(epoch).unwrap();
        AuthorityUpdate::sign(self.authority.master(), number, previous, NOW, epoch, action)
    }
}

/// What an attacker feeds with updates.
trait Victim {
    fn takes(&mut self, update: &AuthorityUpdate, parameters: &PublicParameters) -> bool;
    fn serves(&self, user: &UserId) -> bool;
    fn epoch(&self) -> u32;
}

impl Victim for Proxy {
    fn takes(&mut self, update: &AuthorityUpdate, _: &PublicParameters) -> bool {
        self.apply(update).is_ok()
    }

    fn serves(&self, user: &UserId) -> bool {
        self.may_serve(&KEY, user, 1, NOW).is_ok()
    }

    fn epoch(&self) -> u32 {
        self.state().epoch().unwrap().number()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum LeftOut {
    Nothing,
    Signature,
    /// That numbers count one by one and epochs do not fall.
    Order,
    /// That each update bears the hash of the one before.
    Chain,
}

/// The twin: a proxy that leaves one check out.
struct Twin {
    left_out: LeftOut,
    number: u64,
    head: [u8; 32],
    epoch: u32,
    revoked: Vec<UserId>,
}

impl Twin {
    /// As far as `proxy` is.
    fn of(proxy: &Proxy, left_out: LeftOut) -> Self {
        let state = proxy.state();
        let revoked = state.revoked_users().map(|(user, _)| user.clone()).collect();
        Self { left_out, number: state.number(), head: *state.head(), epoch: Victim::epoch(proxy), revoked }
    }
}

impl Victim for Twin {
    fn takes(&mut self, update: &AuthorityUpdate, parameters: &PublicParameters) -> bool {
        let left_out = self.left_out;
        let genuine = update.is_genuine(parameters) || left_out == LeftOut::Signature;
        let in_order = (update.number() == self.number + 1 && update.epoch().number() >= self.epoch)
            || left_out == LeftOut::Order;
        let chained = *update.previous() == self.head || left_out != LeftOut::Nothing;
        if !(genuine && in_order && chained) {
            return false;
        }
        (self.number, self.head, self.epoch) = (update.number(), update.id(), update.epoch().number());
        if let Action::RevokeUser(user) = update.action() {
            self.revoked.push(user.clone());
        }
        true
    }

    fn serves(&self, user: &UserId) -> bool {
        !self.revoked.contains(user)
    }

    fn epoch(&self) -> u32 {
        self.epoch
    }
}

/// Runs an attack on a proxy that has applied `number` updates, and on two twins of it: the careful one must
/// withstand as the proxy does, the careless one must fall.
fn attack(world: &World, number: usize, left_out: LeftOut, attack: impl Fn(&mut dyn Victim) -> bool) {
    let mut proxy = world.proxy(number);
    let before = proxy.state().clone();
    assert!(!attack(&mut Twin::of(&proxy, LeftOut::Nothing)));
    assert!(attack(&mut Twin::of(&proxy, left_out)), "the attack is none");
    assert!(!attack(&mut proxy));
    assert!(left_out != LeftOut::Signature || *proxy.state() == before);
}

fn world() -> World {
    let mut world = World::new("updates");
    world.revoke("chen"); // 2
    world.advance(); // 3, epoch 2
    world.revoke("ruiz"); // 4
    world.advance(); // 5, epoch 3
    world
}

#[test]
fn an_update_is_left_out() {
    let world = world();
    // Everything but the revocation of chen.
    attack(&world, 1, LeftOut::Order, |victim| {
        let taken = world.log[2..].iter().filter(|update| victim.takes(update, &world.parameters)).count();
        taken > 0 && victim.serves(&user("chen"))
    });
    let mut proxy = world.proxy(1);
    assert_eq!(proxy.apply(&world.log[4]), Err(UpdateError::Gap { number: 5, missing: 2 }));
}

#[test]
fn an_update_is_replayed_or_the_realm_rolled_back() {
    let world = world();
    attack(&world, 5, LeftOut::Order, |victim| victim.takes(&world.log[4], &world.parameters));
    attack(&world, 5, LeftOut::Order, |victim| {
        victim.takes(&world.log[0], &world.parameters) && victim.epoch() < 3
    });
    let mut proxy = world.proxy(5);
    assert_eq!(proxy.apply(&world.log[4]), Err(UpdateError::Replayed { number: 5 }));
    assert_eq!(proxy.apply(&world.log[1]), Err(UpdateError::RolledBack { number: 2, applied: 5 }));
}

#[test]
fn updates_are_reordered() {
    let world = world();
    let orders = [[1, 3, 2, 4], [2, 1, 3, 4], [4, 3, 2, 1]];
    for order in orders {
        attack(&world, 1, LeftOut::Order, |victim| {
            order.iter().all(|index| victim.takes(&world.log[*index], &world.parameters))
        });
    }
}

/// Two copies of one authority: a proxy never mixes what they say.
#[test]
fn updates_of_two_branches_are_mixed() {
    let world = world();
    // The copy knows update 1 alone, and goes on by itself.
    let mut state = RevocationState::new(&world.parameters).unwrap();
    let _ = state.apply(&world.log[0], &world.parameters).unwrap();
    let mut other = Authority::of(world.master(), state);
    let branch: Vec<_> = (0..3).map(|_| other.advance(NOW).unwrap()).collect();
    // 2 of the one branch, then 3 of the other.
    attack(&world, 2, LeftOut::Chain, |victim| victim.takes(&branch[1], &world.parameters));
    let mut proxy = world.proxy(2);
    assert_eq!(proxy.apply(&branch[1]), Err(UpdateError::Fork { number: 3 }));
    assert_eq!(proxy.apply(&branch[0]), Err(UpdateError::Fork { number: 2 }));
}

#[test]
fn another_authority_speaks() {
    let (world, other) = (world(), World::new("other"));
    let [begin] = other.log.as_slice() else { panic!() };
    attack(&world, 1, LeftOut::Signature, |victim| {
        let mut update = AuthorityUpdate::sign(
            other.authority.master(),
            2,
            world.log[0].id(),
            NOW,
            Epoch::FIRST,
            Action::RevokeUser(user("chen")),
        );
        if victim.takes(&update, &world.parameters) {
            return true;
        }
        // With the realm id exchanged.
        let mut bytes = update.to_bytes();
        bytes[7..39].copy_from_slice(world.parameters.id());
        update = AuthorityUpdate::from_bytes(&bytes).unwrap();
        victim.takes(&update, &world.parameters)
    });
    let mut proxy = Proxy::new(&world.parameters, name("p")).unwrap();
    assert_eq!(proxy.apply(begin), Err(UpdateError::OtherRealm));
    // Every byte of an update counts.
    let bytes = world.log[1].to_bytes();
    let mut decoded = 0;
    for at in 7..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let Ok(changed) = AuthorityUpdate::from_bytes(&changed) else { continue };
        assert!(world.proxy(1).apply(&changed).is_err(), "byte {at}");
        decoded += 1;
    }
    assert!(decoded > 100);
}

/// Signed by the authority's own key, and out of the rules.
#[test]
fn updates_that_break_the_rules_are_refused_though_signed() {
    let world = world();
    let head = world.log[4].id();
    let state = world.proxy(5).state().clone();
    let refused = |update: &AuthorityUpdate| {
        let mut changed = state.clone();
        let error = changed.apply(update, &world.parameters).unwrap_err();
        assert_eq!(changed, state);
        error
    };
    let signed = |epoch, action| world.signed(6, head, epoch, action);
    let epoch = |to| UpdateError::Epoch { number: 6, from: 3, to };
    assert_eq!(refused(&signed(2, Action::Advance)), epoch(2));
    assert_eq!(refused(&signed(3, Action::Advance)), epoch(3));
    assert_eq!(refused(&signed(4, Action::RevokeKey(KEY))), epoch(4));
    assert_eq!(refused(&signed(3, Action::Begin)), UpdateError::Begin { number: 6 });
    let mut empty = RevocationState::new(&world.parameters).unwrap();
    for first in [
        world.signed(1, [0; 32], 1, Action::Advance),
        world.signed(1, [0; 32], 2, Action::Begin),
        world.signed(1, [0; 32], 1, Action::RevokeKey(KEY)),
    ] {
        assert_eq!(empty.apply(&first, &world.parameters), Err(UpdateError::Begin { number: 1 }));
    }
    let begin = world.signed(1, [1; 32], 1, Action::Begin);
    assert_eq!(empty.apply(&begin, &world.parameters), Err(UpdateError::Fork { number: 1 }));
    // An epoch that the tree does not have: as of a realm with a deeper one.
    let far = EpochTree::new(5).unwrap().epoch(16).unwrap();
    let far = AuthorityUpdate::sign(world.authority.master(), 6, head, NOW, far, Action::Advance);
    assert_eq!(refused(&far), UpdateError::OutOfRange(EpochError::OutOfRange { number: 16, last: 15 }));
}

#[test]
fn what_is_revoked_stays_so_and_what_is_issued_later_is_alive() {
    let mut world = World::new("rules");
    world.revoke("chen"); // 2
    let other = KeyId::from_bytes([8; 16]);
    world.log.push(world.authority.revoke_key(&KEY, NOW).unwrap()); // 3
    let withdrawn = world.authority.revoke_attributes(&other, &set("a, level = 3"), NOW).unwrap();
    world.log.push(withdrawn); // 4
    let proxy = world.proxy(4);
    let serve = |key: &KeyId, name: &str, issued_at| proxy.may_serve(key, &user(name), issued_at, NOW);
    assert_eq!(serve(&other, "chen", 1), Err(Revoked::User(2).into()));
    assert_eq!(serve(&other, "chen", 2), Ok(()));
    assert_eq!(serve(&other, "ruiz", 1), Ok(()));
    assert_eq!(serve(&KEY, "ruiz", 4), Err(Revoked::Key(3).into()));
    // A key that is newer than what the proxy has heard may be revoked by what it has not heard.
    assert_eq!(serve(&other, "ruiz", 5), Err(DutyError::Behind { applied: 4, needed: 5 }));
    assert_eq!(proxy.state().withdrawn(&other), Some(&set("a, level = 3")));

    let authority = &mut world.authority;
    let mut refused = |attributes: &str, key: &KeyId| {
        let before = authority.state().clone();
        let error = authority.revoke_attributes(key, &set(attributes), NOW).unwrap_err();
        assert_eq!(*authority.state(), before);
        error
    };
    let dead = UpdateError::KeyIsRevoked { key: KEY, by: 3 };
    assert_eq!(refused("a", &KEY), dead.clone().into());
    assert_eq!(refused("", &other), AuthorityError::NoAttributes);
    let contradiction = refused("level = 4", &other);
    assert!(matches!(contradiction, AuthorityError::Update(UpdateError::Attributes { .. })));
    assert_eq!(authority.revoke_key(&KEY, NOW).unwrap_err(), dead.into());
    // With the key goes what was withdrawn of it; a user can be revoked again.
    let mut proxy = proxy;
    let update = authority.revoke_key(&other, NOW).unwrap();
    assert_eq!(proxy.apply(&update), Ok(Applied::DeleteKey(other)));
    assert_eq!(authority.state().withdrawn(&other), None);
    authority.revoke_user(&user("chen"), NOW).unwrap();
    assert_eq!(authority.state().check(&KeyId::from_bytes([9; 16]), &user("chen"), 5), Err(Revoked::User(6)));
    // The state survives its storage.
    let bytes = authority.state().to_bytes();
    assert_eq!(RevocationState::from_bytes(&bytes).unwrap(), *authority.state());
}

#[test]
fn a_realm_ends_with_its_last_epoch() {
    let mut world = World::new("end");
    let leap = world.authority.advance_to(14, NOW).unwrap();
    assert_eq!(leap.epoch().number(), 14);
    world.advance();
    let end = EpochError::OutOfRange { number: 16, last: 15 };
    assert_eq!(world.authority.advance(NOW).unwrap_err(), end.into());
    let same = UpdateError::Epoch { number: 4, from: 15, to: 15 };
    assert_eq!(world.authority.advance_to(15, NOW).unwrap_err(), same.into());
    let (parameters, master) = setup("without", &mut TestRng::new("without")).unwrap();
    assert_eq!(Authority::begin(master, NOW).unwrap_err(), UpdateError::NoEpochs.into());
    assert_eq!(RevocationState::new(&parameters), Err(UpdateError::NoEpochs));
    assert_eq!(Epochs::new(&parameters), Err(EpochStatementError::NoEpochs));
}

/// A client that takes what it is shown last.
struct Forgetful(Option<Epoch>);

#[test]
fn an_old_epoch_is_shown_to_a_client() {
    let mut world = World::new("statements");
    let old = world.authority.statement(NOW, NOW + 600).unwrap();
    world.advance();
    let new = world.authority.statement(NOW, NOW + 600).unwrap();
    let parameters = &world.parameters.clone();
    let attack = |show: &mut dyn FnMut(&EpochStatement) -> Option<Epoch>| {
        show(&new);
        show(&old) == Some(Epoch::FIRST)
    };
    let mut epochs = Epochs::new(parameters).unwrap();
    assert!(!attack(&mut |statement| epochs.observe(parameters, statement, NOW).ok()));
    assert_eq!(epochs.current(NOW).unwrap().epoch().number(), 2);
    let mut twin = Forgetful(None);
    assert!(attack(&mut |statement| {
        twin.0 = Epochs::new(parameters).unwrap().observe(parameters, statement, NOW).ok();
        twin.0
    }));
    // Nor over a restart, nor an update that is older in the same epoch.
    let kept = EpochStatement::from_bytes(&epochs.newest().unwrap().to_bytes()).unwrap();
    let mut epochs = Epochs::resume(parameters, &kept).unwrap();
    let rolled_back = EpochStatementError::RolledBack { epoch: 1, number: 1, seen_epoch: 2, seen_number: 2 };
    assert_eq!(epochs.observe(parameters, &old, NOW), Err(rolled_back));
    world.revoke("chen");
    let newer = world.authority.statement(NOW, NOW + 600).unwrap();
    epochs.observe(parameters, &newer, NOW).unwrap();
    assert!(matches!(epochs.observe(parameters, &new, NOW), Err(EpochStatementError::RolledBack { .. })));
    // The same again for a shorter time changes nothing, for a longer time it does.
    let short = world.authority.statement(NOW, NOW + 6).unwrap();
    let long = world.authority.statement(NOW, NOW + 6_000).unwrap();
    epochs.observe(parameters, &short, NOW).unwrap();
    assert_eq!(epochs.newest(), Some(&newer));
    epochs.observe(parameters, &long, NOW).unwrap();
    assert_eq!(epochs.newest(), Some(&long));
}

#[test]
fn statements_of_others_or_out_of_time_are_refused() {
    let (world, other) = (World::new("statements"), World::new("other"));
    let parameters = &world.parameters;
    let statement = world.authority.statement(NOW, NOW + 600).unwrap();
    let mut epochs = Epochs::new(parameters).unwrap();
    assert_eq!(epochs.current(NOW).unwrap_err(), EpochStatementError::NoneSeen);
    assert_eq!(epochs.stale().unwrap_err(), EpochStatementError::NoneSeen);
    let mut verdict = |statement: &EpochStatement, now| {
        let verdict = Epochs::new(parameters).unwrap().observe(parameters, statement, now);
        assert_eq!(epochs.observe(parameters, statement, now), verdict);
        verdict
    };
    let foreign = other.authority.statement(NOW, NOW + 600).unwrap();
    assert_eq!(verdict(&foreign, NOW), Err(EpochStatementError::OtherRealm));
    // Its realm exchanged; and every other byte.
    let mut bytes = foreign.to_bytes();
    bytes[7..39].copy_from_slice(parameters.id());
    let forged = EpochStatement::from_bytes(&bytes).unwrap();
    assert_eq!(verdict(&forged, NOW), Err(EpochStatementError::Signature));
    let bytes = statement.to_bytes();
    for at in 39..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let Ok(changed) = EpochStatement::from_bytes(&changed) else { continue };
        assert_eq!(verdict(&changed, NOW), Err(EpochStatementError::Signature), "byte {at}");
    }
    let late = ValidityError::Expired { not_after: NOW + 600, now: NOW + 601 };
    assert_eq!(verdict(&statement, NOW + 601), Err(late.into()));
    let early = ValidityError::NotYet { not_before: NOW - 300, now: NOW - 301 };
    assert_eq!(verdict(&statement, NOW - 301), Err(early.into()));
    assert_eq!(verdict(&statement, NOW + 600), Ok(Epoch::FIRST));
    // What was observed in time expires, too; whoever must can use it all the same.
    assert_eq!(epochs.current(NOW + 601).unwrap_err(), late.into());
    assert_eq!(epochs.stale().unwrap().epoch(), Epoch::FIRST);
    assert_eq!(Epochs::resume(parameters, &forged), Err(EpochStatementError::Signature));
    assert_eq!(Epochs::resume(&other.parameters, &statement), Err(EpochStatementError::OtherRealm));
    assert_eq!(epochs.observe(&other.parameters, &foreign, NOW), Err(EpochStatementError::OtherRealm));
    // One update, two epochs; an epoch beyond the tree.
    let deep = EpochTree::new(5).unwrap();
    let validity = crate::revoke::validity::Validity::until(NOW + 600, NOW).unwrap();
    let sign =
        |epoch: u64| EpochStatement::sign(world.authority.master(), deep.epoch(epoch).unwrap(), 1, validity);
    assert_eq!(
        epochs.observe(parameters, &sign(2), NOW),
        Err(EpochStatementError::Contradiction { number: 1 })
    );
    let beyond = EpochError::OutOfRange { number: 16, last: 15 };
    assert_eq!(epochs.observe(parameters, &sign(16), NOW), Err(beyond.into()));
    assert!(world.authority.statement(NOW, NOW - 1).is_err());
}

/// Attack 15a: an authority comes back from an old copy, in which chen is not revoked.
#[test]
fn an_authority_is_restored_from_an_old_copy() {
    let world = world();
    let (old, newest) = (&world.log[..1], &world.log[4..]);
    // The twin takes up its work as if nothing had happened: chen is alive, and number 2 is given away twice.
    let mut twin = match world.resume(old, old) {
        Resumed::Ready(authority) => authority,
        Resumed::Restored(_) => panic!("its witness knows of nothing newer"),
    };
    assert_eq!(twin.state().check(&KEY, &user("chen"), 1), Ok(()));
    let second = twin.revoke_key(&KEY, NOW).unwrap();
    assert_eq!((second.number(), world.log[1].number()), (2, 2));
    assert!(world.proxy(1).apply(&second).is_ok());

    // With a proxy that knows more, or with none, it is not ready.
    for (log, witnesses, awaits) in
        [(old, newest, Some(5)), (old, &[], None), (&world.log[..], &[], None), (&[], newest, Some(5))]
    {
        assert_eq!(world.restored(log, witnesses).awaits(), awaits);
    }
    let behind = world.restored(old, newest).advance(NOW).unwrap_err();
    assert_eq!(behind, AuthorityError::Behind { number: 5 });
    let mut restored = world.restored(old, newest);
    assert_eq!(restored.catch_up(world.log[2..].to_vec()), Err(AuthorityError::Gap { missing: 2 }));
    restored.catch_up(world.log.clone()).unwrap();
    assert_eq!((restored.awaits(), restored.log()), (None, &world.log[..]));
    let (authority, updates) = restored.advance(NOW).unwrap();
    assert_eq!(authority.state().check(&KEY, &user("chen"), 1), Err(Revoked::User(2)));
    assert_eq!((authority.number(), authority.epoch().number(), updates.len()), (6, 4, 1));
    // All proxies go on with it.
    let mut proxy = world.proxy(5);
    assert_eq!(proxy.apply(&updates[0]), Ok(Applied::Epoch(authority.epoch())));
    // With its whole log and a proxy that knows it, or lags behind, it goes on as it was.
    for witness in [&world.log[4], &world.log[2]] {
        assert!(matches!(world.resume(&world.log, core::slice::from_ref(witness)), Resumed::Ready(_)));
    }
}

/// The copy has gone on by itself before anybody noticed.
#[test]
fn a_restored_authority_that_went_astray_returns_with_all_revocations() {
    let world = world();
    let mut state = RevocationState::new(&world.parameters).unwrap();
    let _ = state.apply(&world.log[0], &world.parameters).unwrap();
    let mut astray = Authority::of(world.master(), state);
    let mut log = vec![world.log[0].clone()];
    log.push(astray.advance_to(7, NOW).unwrap());
    log.push(astray.revoke_user(&user("okoye"), NOW).unwrap());
    log.push(astray.revoke_key(&KEY, NOW).unwrap());

    let mut restored = world.restored(&log, &world.log[4..]);
    assert_eq!(restored.catch_up(world.log[4..].to_vec()), Err(AuthorityError::Gap { missing: 4 }));
    assert_eq!(restored.catch_up(world.log[3..].to_vec()), Err(AuthorityError::Gap { missing: 3 }));
    restored.catch_up(world.log[1..].to_vec()).unwrap();
    assert_eq!(restored.log(), &world.log[..]);
    let (authority, updates) = restored.advance(NOW).unwrap();
    // Above epoch 7, which the left branch had come to.
    assert_eq!(authority.epoch().number(), 8);
    for name in ["chen", "ruiz", "okoye"] {
        assert!(authority.state().check(&KeyId::from_bytes([9; 16]), &user(name), 1).is_err(), "{name}");
    }
    assert!(authority.state().check(&KEY, &user("smith"), 1).is_err());
    let mut proxy = world.proxy(5);
    for update in &updates {
        let _ = proxy.apply(update).unwrap();
    }
    assert_eq!(proxy.state(), authority.state());
    // The twin forgets what it leaves: okoye is alive.
    assert!(proxy.state().revoked_users().any(|(revoked, number)| *revoked == user("okoye") && number > 5));
    assert_eq!(world.proxy(5).may_serve(&KEY, &user("okoye"), 1, NOW), Ok(()));
}

#[test]
fn logs_and_witnesses_of_others_bring_no_authority_back() {
    let (world, other) = (world(), World::new("other"));
    let resume = |log: &[AuthorityUpdate], witnesses: &[AuthorityUpdate]| {
        Authority::resume(world.master(), log.to_vec(), witnesses).map(drop)
    };
    assert_eq!(resume(&other.log, &[]), Err(AuthorityError::Log(UpdateError::OtherRealm)));
    let gap = UpdateError::Gap { number: 3, missing: 2 };
    let broken: Vec<_> = world.log.iter().filter(|update| update.number() != 2).cloned().collect();
    assert_eq!(resume(&broken, &[]), Err(AuthorityError::Log(gap)));
    assert_eq!(resume(&world.log, &other.log), Err(AuthorityError::Witness { number: 1 }));
    let mut restored = world.restored(&world.log, &[]);
    assert_eq!(restored.catch_up(other.log.clone()), Err(AuthorityError::Witness { number: 1 }));
    let nothing = world.restored(&[], &[]);
    assert_eq!(nothing.advance(NOW).unwrap_err(), AuthorityError::NothingKnown);
    // Without any witness it goes on from what it has, after an advance.
    let (authority, updates) = world.restored(&world.log, &[]).advance(NOW).unwrap();
    assert_eq!((authority.epoch().number(), updates.len()), (4, 1));
}

#[test]
fn a_stale_replica_does_not_serve() {
    let world = world();
    let lease = world.authority.lease(&name("p"), NOW, NOW + 600).unwrap();
    let chen = user("chen");
    // Cut off after update 1. The twin asks its own state alone.
    let mut cut_off = Proxy::new(&world.parameters, name("p")).unwrap();
    let _ = cut_off.apply(&world.log[0]).unwrap();
    let serves = |proxy: &Proxy, now| proxy.may_serve(&KEY, &chen, 1, now);
    assert_eq!(cut_off.state().check(&KEY, &chen, 1), Ok(()));
    assert_eq!(serves(&cut_off, NOW), Err(DutyError::NoLease));
    // A lease that is newer than what it has applied counts once it has caught up.
    cut_off.renew(lease.clone(), NOW).unwrap();
    assert_eq!(serves(&cut_off, NOW), Err(DutyError::Behind { applied: 1, needed: 5 }));
    let smith = user("smith");
    for update in &world.log[1..] {
        assert!(cut_off.may_serve(&KEY, &smith, 1, NOW).is_err());
        let _ = cut_off.apply(update).unwrap();
    }
    assert_eq!(cut_off.may_serve(&KEY, &smith, 1, NOW), Ok(()));
    assert_eq!(serves(&cut_off, NOW), Err(Revoked::User(2).into()));
    // Its lease runs out, and is no longer one after that.
    let late = ValidityError::Expired { not_after: NOW + 600, now: NOW + 601 };
    assert_eq!(cut_off.may_serve(&KEY, &smith, 1, NOW + 601), Err(late.into()));
    assert_eq!(cut_off.renew(lease, NOW + 601), Err(late.into()));
    // Restored from its storage it needs a lease again.
    let state = RevocationState::from_bytes(&cut_off.state().to_bytes()).unwrap();
    let restored = Proxy::resume(&world.parameters, name("p"), state.clone(), NOW).unwrap();
    assert_eq!(restored.may_serve(&KEY, &smith, 1, NOW), Err(DutyError::NoLease));
    let foreign = Proxy::resume(&World::new("other").parameters, name("p"), state, NOW);
    assert_eq!(foreign.unwrap_err(), UpdateError::OtherRealm);
}

#[test]
fn leases_hold_for_one_proxy_and_do_not_step_back() {
    let (mut world, other) = (World::new("leases"), World::new("other"));
    let lease =
        |world: &World, name: &ProxyName, until| world.authority.lease(name, NOW, NOW + until).unwrap();
    let old = lease(&world, &name("p"), 600);
    let mut proxy = world.proxy(1);
    let others = lease(&world, &name("q"), 600);
    assert_eq!(proxy.renew(others.clone(), NOW), Err(LeaseError::OtherProxy(name("q"))));
    // The twin does not look at the name: a replica that the authority has dropped lives on another's lease.
    assert!(others.is_genuine(&world.parameters) && others.validity.check(NOW).is_ok());
    assert_eq!(proxy.renew(lease(&other, &name("p"), 600), NOW), Err(LeaseError::OtherRealm));
    let mut forged = others.to_bytes();
    let at = 7 + 32 + 2;
    forged[at] = b'p';
    let forged = Lease::from_bytes(&forged).unwrap();
    assert_eq!(proxy.renew(forged, NOW), Err(LeaseError::Signature));
    world.advance();
    let new = lease(&world, &name("p"), 300);
    proxy.renew(new.clone(), NOW).unwrap();
    assert_eq!(proxy.renew(old, NOW), Err(LeaseError::RolledBack { number: 1, held: 2 }));
    proxy.renew(lease(&world, &name("p"), 200), NOW).unwrap();
    assert_eq!(proxy.lease(), Some(&new));
    proxy.renew(lease(&world, &name("p"), 400), NOW).unwrap();
    assert_eq!(proxy.lease().unwrap().validity(), (NOW - 300, NOW + 400));
    assert_eq!(ProxyName::new("").unwrap_err().bytes, 0);
    assert_eq!(name("e\u{301}").as_str(), "é");
}

#[test]
fn a_request_is_replayed() {
    let world = World::new("requests");
    let attack = |admit: &mut dyn FnMut() -> bool| admit() && admit();
    let mut proxy = world.proxy(1);
    assert!(!attack(&mut || proxy.admit(&user("chen"), &[1; 32], NOW, NOW).is_ok()));
    assert_eq!(proxy.admit(&user("chen"), &[1; 32], NOW, NOW), Err(ReplayError::Replayed));
    // The twin forgets from request to request.
    assert!(attack(&mut || world.proxy(1).admit(&user("chen"), &[1; 32], NOW, NOW).is_ok()));
    let mut restarted = Proxy::resume(&world.parameters, name("p"), proxy.state().clone(), NOW).unwrap();
    assert!(restarted.admit(&user("chen"), &[1; 32], NOW, NOW).is_err());
}
