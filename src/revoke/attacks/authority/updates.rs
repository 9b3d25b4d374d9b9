//! Updates: left out, replayed, reordered, mixed, forged, against the rules.

use alloc::vec::Vec;

use super::{KEY, NOW, World, name, set, user, world};
use crate::abe::types::{PublicParameters, setup};
use crate::epoch::{Epoch, EpochError, EpochTree};
use crate::outsource::{KeyId, UserId};
use crate::revoke::{
    Action, Applied, Authority, AuthorityError, AuthorityUpdate, DutyError, EpochStatementError, Epochs,
    Proxy, RevocationState, Revoked, UpdateError,
};
use crate::testing::TestRng;

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
