//! Statements of the epoch: old, foreign, forged, out of time.

use super::{NOW, World};
use crate::epoch::{Epoch, EpochError, EpochTree};
use crate::revoke::{EpochStatement, EpochStatementError, Epochs, ValidityError};

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
    let sign_at = |epoch: u64, number| {
        EpochStatement::sign(world.authority.master(), deep.epoch(epoch).unwrap(), number, validity)
    };
    let sign = |epoch| sign_at(epoch, 1);
    assert_eq!(
        epochs.observe(parameters, &sign(2), NOW),
        Err(EpochStatementError::Contradiction { number: 1 })
    );
    let beyond = EpochError::OutOfRange { number: 16, last: 15 };
    assert_eq!(epochs.observe(parameters, &sign(16), NOW), Err(beyond.into()));
    // A later update in an earlier epoch.
    epochs.observe(parameters, &sign_at(3, 2), NOW).unwrap();
    let fallen = EpochStatementError::RolledBack { epoch: 2, number: 3, seen_epoch: 3, seen_number: 2 };
    assert_eq!(epochs.observe(parameters, &sign_at(2, 3), NOW), Err(fallen));
    assert!(world.authority.statement(NOW, NOW - 1).is_err());
}
