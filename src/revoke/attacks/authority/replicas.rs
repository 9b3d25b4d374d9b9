//! Proxies that are cut off, and what is sent to them twice.

use super::{KEY, NOW, World, name, user, world};
use crate::revoke::{
    DutyError, Lease, LeaseError, Proxy, ProxyName, ReplayError, RevocationState, Revoked, UpdateError,
    ValidityError,
};

#[test]
fn a_stale_replica_does_not_serve() {
    let world = world();
    let lease = world.authority.lease(&name("p"), NOW, NOW + 600).unwrap();
    let chen = user("chen");
    // Cut off after update 1.
    let mut cut_off = Proxy::new(&world.parameters, name("p")).unwrap();
    let _ = cut_off.apply(&world.log[0]).unwrap();
    let serves = |proxy: &Proxy, now| proxy.may_serve(&KEY, &chen, 1, now);
    let attack = |asks: &dyn Fn(&Proxy) -> bool| asks(&cut_off);
    assert!(!attack(&|proxy| serves(proxy, NOW).is_ok()));
    // The twin asks its own state alone.
    assert!(attack(&|proxy| proxy.state().check(&KEY, &chen, 1).is_ok()));
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
    // p, which gets no lease any more, lives on that of q. The twin does not look at the name.
    let attack = |takes: &dyn Fn(&mut Proxy, Lease)| {
        let mut proxy = Proxy::new(&world.parameters, name("p")).unwrap();
        let _ = proxy.apply(&world.log[0]).unwrap();
        takes(&mut proxy, others.clone());
        proxy.may_serve(&KEY, &user("chen"), 1, NOW).is_ok()
    };
    assert!(!attack(&|proxy, lease| assert!(proxy.renew(lease, NOW).is_err())));
    assert!(attack(&|proxy, lease| {
        let mut twin = Proxy::new(&world.parameters, lease.proxy().clone()).unwrap();
        let _ = twin.apply(&world.log[0]).unwrap();
        twin.renew(lease, NOW).unwrap();
        *proxy = twin;
    }));
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
