//! Attack 12: who gets nothing, row by row of the table of `[REV-1]`.

use alloc::vec::Vec;

use super::{Side, Twin, World, b_w, only_the_twin_breaks, policy, unsealed_by};
use crate::abe::scheme;
use crate::hash::{Label as HashLabel, Xof};
use crate::math::{G1, Scalar};
use crate::outsource::StoredHeader;
use crate::outsource::attacks::pool::{Pool, Target};
use crate::outsource::scheme::{randomizer, retrieval_point};
use crate::revoke::SealKey;
use crate::secret::Secret;

/// Twin: the new key id has the r of the old one.
#[test]
fn readers_who_do_not_satisfy_the_policy_pool_old_and_new_key_ids() {
    only_the_twin_breaks(|twin| {
        let mut world = World::new("old and new", 3);
        // Alice has lost b after epoch 3: another key id, the same Y. Bob never had a.
        let mut alice = world.reader("alice", "a, b", 1);
        let old = world.keep_all(&mut alice, 3, Side::Colludes);
        alice.key = match twin {
            Twin::Real => world.issue(&alice.enrolled, "a", 4),
            Twin::Weakened => world.issue_under(*alice.key.id(), &alice.enrolled, "a", 4),
        };
        let new = world.keep_all(&mut alice, 7, Side::Colludes);
        let bob = world.all_tokens("bob", "b", 1..=7, Side::Colludes);
        let pool = Pool::of([old, new, bob]);
        let records = [5, 6].map(|epoch| world.stored("a and b", epoch));
        let mut targets = records.each_ref().map(|record| world.target(record, &pool));
        // The rows of time of the one in the place of those of the other.
        targets[0].time.extend(world.target(&records[1], &pool).time);
        targets.iter().any(|target| pool.opens(target))
    });
}

/// Twin: K2 = g1^α · B^r.
#[test]
fn the_proxy_alone_has_every_key_token_ciphertext_and_y_point() {
    only_the_twin_breaks(|twin| {
        let mut world = World::new("proxy alone", 3);
        let mut pool = Pool::default();
        for name in ["alice", "bob"] {
            let reader = world.reader(name, "a, b", 1);
            let r = world.master.randomizer(reader.key.id(), &reader.enrolled);
            let y_point = reader.enrolled.y_point;
            let blinded_with = if twin.is_weakened() { G1::generator() } else { y_point };
            pool.keys.push(world.forged(&blinded_with, &r, "a, b", 1..=7, None));
            pool.elements.push(y_point);
        }
        let keeper = SealKey::generate(&mut world.rng);
        let records: Vec<StoredHeader> = [1, 4, 7].map(|epoch| world.stored("a and b", epoch)).into();
        let sealed = world.sealed(&records[0], 5, &keeper);
        let opened: Vec<bool> =
            records.iter().chain([&sealed]).map(|record| world.colluders_open(&pool, record)).collect();
        assert!(opened.iter().all(|open| *open == opened[0]));
        opened[0]
    });
}

/// Twin: r is derived from the key id alone, and the key id comes again.
#[test]
fn the_proxy_with_readers_none_of_whom_satisfies_the_policy() {
    only_the_twin_breaks(|twin| {
        let mut world = World::new("proxy and readers", 3);
        let readers = [("a, b", Side::Honest), ("a", Side::Colludes), ("b", Side::Colludes)];
        let keys = readers.map(|(attributes, side)| {
            let y = Secret::random_nonzero(&mut world.rng);
            let y_point = retrieval_point(&y);
            let bound = if twin.is_weakened() { G1::generator() } else { y_point };
            let r = randomizer(
                &Secret::new([3; 32]),
                world.parameters.id(),
                &[1; 16],
                b"user",
                &bound.to_bytes(),
            );
            let y = (side == Side::Colludes).then_some(*y.expose_secret());
            world.forged(&y_point, &r, attributes, 1..=7, y)
        });
        let pool = Pool::of(keys);
        let record = world.stored("a and b", 2);
        world.colluders_open(&pool, &record)
    });
}

/// Twins: a record without a time clause; one more token for the revoked reader.
#[test]
fn a_dishonest_proxy_with_a_revoked_reader_on_later_records() {
    for no_clause in [true, false] {
        only_the_twin_breaks(|twin| {
            let mut world = World::new("later records", 3);
            let until = if twin.is_weakened() && !no_clause { 4 } else { 3 };
            let keys = [
                world.all_tokens("alice", "a, b", 1..=7, Side::Honest),
                world.all_tokens("revoked", "a, b", 1..=until, Side::Colludes),
                world.all_tokens("bob", "a", 1..=7, Side::Colludes),
            ];
            let pool = Pool::of(keys);
            if twin.is_weakened() && no_clause {
                return pool.opens(&without_clause(&mut world, "a and b"));
            }
            let first = world.stored("a and b", 4);
            let last = world.stored("a and b", 7);
            assert!(!world.colluders_open(&pool, &last));
            world.colluders_open(&pool, &first)
        });
    }
}

/// What an encryptor makes who leaves the time clause out.
fn without_clause(world: &mut World, text: &str) -> Target {
    let program = policy(text).span_program();
    let coins = Secret::<Scalar>::random_nonzero(&mut world.rng);
    let mut coins = Xof::new(HashLabel::Coins, &[&coins.expose_secret().to_bytes()]);
    let bases = world.parameters.bases();
    let h = bases.points(program.labels());
    let (k, ciphertext) = scheme::encrypt(bases.e(), &program, &h, &mut coins);
    Target::new(&program, &ciphertext, k.expose_secret(), |_| true)
}

/// Twin: the proxy has not deleted the revoked reader's key.
#[test]
fn a_revoked_reader_with_his_y_and_the_stolen_store_of_a_dutiful_proxy() {
    only_the_twin_breaks(|twin| {
        let mut world = World::new("stolen store", 3);
        let alice = world.all_tokens("alice", "a, b", 1..=7, Side::Honest);
        let mut revoked = world.reader("revoked", "a, b", 1);
        let mut thief = Pool::of([alice]);
        thief.exponents.push(*revoked.seed.exponent().expose_secret());
        if twin.is_weakened() {
            thief.keys.push(world.keep_all(&mut revoked, 3, Side::Honest));
        }
        let earlier = world.stored("a and b", 2);
        world.colluders_open(&thief, &earlier)
    });
}

/// Twins: the version before the seal was kept; B^w is known, as to whoever has k_seal.
#[test]
fn a_revoked_reader_with_a_full_key_and_the_stolen_sealed_store() {
    for stolen_seal_key in [false, true] {
        only_the_twin_breaks(|twin| {
            let mut world = World::new("sealed store", 3);
            let keeper = SealKey::generate(&mut world.rng);
            let thief = Pool::of([
                world.all_tokens("revoked", "a, b", 1..=3, Side::Colludes),
                world.all_tokens("bob", "a", 1..=7, Side::Colludes),
            ]);
            let earlier = world.stored("a and b", 2);
            let sealed = world.sealed(&earlier, 4, &keeper);
            let mut target = world.target(&sealed, &thief);
            let b_w = b_w(&keeper, sealed.serial().as_bytes(), 4);
            match (twin, stolen_seal_key) {
                (Twin::Real, _) => {}
                (Twin::Weakened, false) => target.time.extend(world.target(&earlier, &thief).time),
                (Twin::Weakened, true) => target.time.extend(unsealed_by(b_w, &target.time)),
            }
            thief.opens(&target)
        });
    }
}
