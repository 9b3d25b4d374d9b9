//! Attacks 12 and 16: several seals of one header, seals of other headers, former versions.

use alloc::vec::Vec;

use super::{Side, Twin, World, b_w, only_the_twin_breaks, unsealed_by};
use crate::PROLOGUE_BYTES;
use crate::PublicParameters;
use crate::SealKeyId;
use crate::abe::scheme::base;
use crate::math::{FixedG2, G1, G2, Scalar, UncheckedRow, pairing_product, shift_rows};
use crate::outsource::StoredHeader;
use crate::outsource::attacks::pool::{Part, Pool};
use crate::revoke::{SealError, SealKeeper, SealKey, SealRequest, SealStep, scheme};
use crate::secret::Secret;

/// Revoked after epoch 3, with his full key; and one who lacks an attribute, with all tokens.
fn revoked_and_half(world: &mut World, until: u64) -> Pool {
    Pool::of([
        world.all_tokens("revoked", "a, b", 1..=until, Side::Colludes),
        world.all_tokens("half", "a", 1..=7, Side::Colludes),
    ])
}

/// A seal with exponents of the tester's choice.
fn seal_rows(world: &World, epoch: u64, w: &Secret<Scalar>, s: &Secret<Scalar>) -> Vec<Part> {
    let labels = world.tree.labels(&world.tree.cover(world.epoch(epoch)));
    let h = world.parameters.bases().points(&labels);
    let e = scheme::tokens(s, &h).into_iter().map(|e| e + base().pow(w));
    let c2 = FixedG2::generator().pow(s);
    labels.into_iter().zip(e).map(|(label, c3)| Part { label, gamma: Scalar::one(), c3, c2 }).collect()
}

/// Time rows sealed with this w.
fn sealed_with(w: &Secret<Scalar>, time: &[Part]) -> Vec<Part> {
    unsealed_by(-base().pow(w), time)
}

fn exponents<const N: usize>(world: &mut World) -> [Secret<Scalar>; N] {
    core::array::from_fn(|_| Secret::random_nonzero(&mut world.rng))
}

/// Sealed at 5 and again at 6, both versions at hand. Twin: a reader whom the first does not exclude; he opens it, if
/// somebody kept it.
#[test]
fn two_seals_of_one_header_open_to_nobody_whom_the_first_excludes() {
    only_the_twin_breaks(|twin| {
        let mut world = World::new("two seals", 3);
        let keeper = SealKey::generate(&mut world.rng);
        let pool = revoked_and_half(&mut world, if twin.is_weakened() { 5 } else { 4 });
        let record = world.stored("a and b", 2);
        let first = world.sealed(&record, 5, &keeper);
        let second = world.sealed(&first, 6, &keeper);
        let (mut target, kept) = (world.target(&second, &pool), world.target(&first, &pool));
        target.time.extend(kept.time);
        target.seal.extend(kept.seal);
        pool.opens(&target)
    });
}

/// The rows of the former version are gone, but somebody kept its C and E. Twin: w is the same in both epochs.
#[test]
fn w_depends_on_the_epoch() {
    only_the_twin_breaks(|twin| {
        let mut world = World::new("w over two epochs", 3);
        let pool = revoked_and_half(&mut world, 5);
        let record = world.stored("a and b", 2);
        let keeper = SealKey::generate(&mut world.rng);
        let former = world.sealed(&record, 5, &keeper);
        let mut target = world.target(&world.sealed(&former, 6, &keeper), &pool);
        target.seal.extend(world.seal_parts(&former));
        if twin.is_weakened() {
            let [w, s, s_former] = exponents(&mut world);
            target.time = sealed_with(&w, &world.target(&record, &pool).time);
            target.seal = seal_rows(&world, 6, &w, &s);
            target.seal.extend(seal_rows(&world, 5, &w, &s_former));
        }
        pool.opens(&target)
    });
}

/// The same. Twin: s'' is the same in both epochs, so that rows of one span show B^(w-w').
#[test]
fn s_depends_on_the_epoch() {
    only_the_twin_breaks(|twin| {
        let mut world = World::new("s over two epochs", 3);
        let pool = revoked_and_half(&mut world, 5);
        let record = world.stored("a and b", 2);
        let [w, w_former, s, s_other] = exponents(&mut world);
        let s_former = if twin.is_weakened() { &s } else { &s_other };
        let mut target = world.target(&record, &pool);
        target.time = sealed_with(&w, &target.time);
        target.seal = seal_rows(&world, 6, &w, &s);
        let former = seal_rows(&world, 5, &w_former, s_former);
        // The span 6 to 7 is in both covers.
        let common = former.iter().find(|part| part.label == target.seal[0].label).unwrap();
        let difference = target.seal[0].c3 + -common.c3;
        let b_difference = base().pow(&w) + -base().pow(&w_former);
        assert_eq!(difference == b_difference, twin.is_weakened());
        target.time.extend(unsealed_by(difference, &target.time));
        target.seal.extend(former);
        pool.opens(&target)
    });
}

/// The real exponents: no w and no s'' comes twice, whatever changes.
#[test]
fn serial_epoch_and_key_go_into_every_seal() {
    let world = World::new("exponents", 3);
    let h = world.parameters.bases().points(&world.tree.labels(&world.tree.cover(world.epoch(6))));
    let mut seen: Vec<(G1, G2)> = Vec::new();
    for (key, serial, t) in [(1, 1, 5), (1, 1, 6), (1, 2, 5), (2, 1, 5)] {
        let exponents = scheme::seal_exponents(&Secret::new([key; 32]), &[serial; 32], t);
        let step = scheme::seal(None, &exponents, &h);
        assert!(seen.iter().all(|(shift, c)| *shift != step.shift && *c != step.c_seal));
        // And w is another one than s'': e(B^w, g2) is not e(B, g2^s'').
        let pairs = [((-step.shift).into(), G2::generator()), ((-*base().point()).into(), step.c_seal)];
        assert!(!pairing_product(&pairs).is_one());
        seen.push((step.shift, step.c_seal));
    }
}

/// A seal of an epoch that the revoked reader has tokens for, of another record. Twin: of the same w.
#[test]
fn a_seal_of_another_record_opens_nothing() {
    only_the_twin_breaks(|twin| {
        let mut world = World::new("pasted", 3);
        let keeper = SealKey::generate(&mut world.rng);
        let pool = revoked_and_half(&mut world, 3);
        let [record, other] = [world.stored("a and b", 1), world.stored("a and b", 1)];
        let [sealed, other] = [world.sealed(&record, 5, &keeper), world.sealed(&other, 3, &keeper)];
        let mut target = world.target(&sealed, &pool);
        target.seal.extend(world.seal_parts(&other));
        if twin.is_weakened() {
            let [w, s, s_other] = exponents(&mut world);
            target.time = sealed_with(&w, &world.target(&record, &pool).time);
            target.seal = seal_rows(&world, 5, &w, &s);
            target.seal.extend(seal_rows(&world, 3, &w, &s_other));
        }
        pool.opens(&target)
    });
}

/// The same through the store: bytes of one seal behind another header. Nobody opens that, entitled or not.
#[test]
fn a_pasted_seal_makes_a_header_that_nobody_opens() {
    let mut world = World::new("pasted bytes", 3);
    let keeper = SealKey::generate(&mut world.rng);
    let reader = world.reader("r", "a", 7);
    let [one, other] = [world.stored("a", 1), world.stored("a", 1)];
    let [one, other] = [world.sealed(&one, 5, &keeper), world.sealed(&other, 3, &keeper)];
    let seal = |stored: &StoredHeader| {
        let header = PROLOGUE_BYTES + 32 + stored.header().to_bytes().len();
        stored.to_bytes().split_off(header)
    };
    let mut pasted = one.to_bytes();
    pasted.truncate(pasted.len() - seal(&one).len());
    pasted.extend(seal(&other));
    let pasted = StoredHeader::from_bytes(&pasted).unwrap();
    assert!(world.opens(&reader, &one) && world.opens(&reader, &other));
    assert!(reader.key.apply_to_stored(&pasted).is_ok() && !world.opens(&reader, &pasted));
}

/// A step from seal to seal shows the difference of two w. Twin: the first step, before which there is none.
#[test]
fn a_later_step_unseals_nothing() {
    only_the_twin_breaks(|twin| {
        let mut world = World::new("step", 3);
        let keeper = SealKey::generate(&mut world.rng);
        let pool = revoked_and_half(&mut world, 3);
        let record = world.stored("a and b", 2);
        let serial = *record.serial().as_bytes();
        let first = world.sealed(&record, 5, &keeper);
        let second = world.sealed(&first, 6, &keeper);
        let mut target = world.target(&second, &pool);
        let (w_5, w_6) = (b_w(&keeper, &serial, 5), b_w(&keeper, &serial, 6));
        let step = if twin == Twin::Real { w_6 + -w_5 } else { w_6 };
        target.time.extend(unsealed_by(step, &target.time));
        pool.opens(&target)
    });
}

/// A keeper out of order.
struct Wrong(SealKey, fn(&mut SealStep));

impl SealKeeper for Wrong {
    type Error = SealError;

    fn id(&self) -> SealKeyId {
        self.0.id()
    }

    fn step(&self, parameters: &PublicParameters, request: SealRequest) -> Result<SealStep, SealError> {
        let mut step = self.0.step(parameters, request)?;
        (self.1)(&mut step);
        Ok(step)
    }
}

#[test]
fn a_step_that_fits_no_header_is_refused() {
    let mut world = World::new("wrong steps", 3);
    let record = world.stored("a", 2);
    let wrong: [fn(&mut SealStep); 5] = [
        |step| step.e.truncate(1),
        |step| step.e.push(G1::generator()),
        |step| step.e.clear(),
        |step| step.e[0] = G1::identity(),
        |step| step.c_seal = G2::identity(),
    ];
    for wrong in wrong {
        let keeper = Wrong(SealKey::generate(&mut world.rng), wrong);
        let sealed = record.seal(&world.parameters, world.epoch(5), &keeper);
        assert_eq!(sealed.err(), Some(SealError::Step));
    }
    // Nor is a row ever shifted to the identity, which would be no row.
    let row = world.target(&record, &Pool::default()).time[0].c3;
    let rows = [UncheckedRow::from_bytes(&row.to_bytes()).unwrap()];
    assert!(shift_rows(&rows, &-row).is_none() && shift_rows(&rows, &row).is_some());
}
