//! An authority that comes back from an old copy.

use alloc::vec;
use alloc::vec::Vec;

use super::{KEY, NOW, World, user, world};
use crate::outsource::KeyId;
use crate::revoke::{
    Applied, Authority, AuthorityError, AuthorityUpdate, Resumed, RevocationState, Revoked, UpdateError,
};

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
