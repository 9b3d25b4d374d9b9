//! Attack 14: a Y that its sender does not know the exponent of, or that is not his.

use alloc::vec::Vec;

use super::{World, user};
use crate::abe::attacks::torsion::{shifted_g1, torsion_of_g1};
use crate::abe::scheme::base;
use crate::error::DecodeReason;
use crate::hash::{Label, Xof};
use crate::math::backend::Backend;
use crate::math::{Active, G1, G1_BYTES, Scalar, linear_combination_vartime};
use crate::outsource::scheme::{Proof, proof_is_valid, prove};
use crate::outsource::{EnrolError, Enrolment, EnrolmentNonce, ReaderSeed};
use crate::secret::Secret;

const Y_FROM_END: usize = 64 + G1_BYTES;

fn honest(world: &mut World) -> (Enrolment, [u8; 32]) {
    let nonce = EnrolmentNonce::generate(&mut world.rng);
    let seed = ReaderSeed::generate(&mut world.rng);
    (seed.enrol(&world.parameters, &user("r"), &nonce, &mut world.rng), *nonce.as_bytes())
}

fn verdict(world: &World, enrolment: &Enrolment, name: &str, nonce: [u8; 32]) -> Option<EnrolError> {
    enrolment.verify(&world.parameters, &user(name), EnrolmentNonce::from_bytes(nonce)).err()
}

#[test]
fn enrolments_hold_for_their_realm_user_nonce_and_keys_alone() {
    let mut world = World::new("enrolment");
    let (enrolment, nonce) = honest(&mut world);
    assert_eq!(verdict(&world, &enrolment, "r", nonce), None);
    assert_eq!(verdict(&world, &enrolment, "s", nonce), Some(EnrolError::OtherUser));
    assert_eq!(verdict(&world, &enrolment, "r", [7; 32]), Some(EnrolError::OtherNonce));
    assert_eq!(verdict(&World::new("other"), &enrolment, "r", nonce), Some(EnrolError::OtherRealm));
    // The fields rewritten to what the authority expects: then the proof fails.
    let (other, _) = honest(&mut world);
    let mut forgeries = Vec::new();
    let mut forge = |change: &dyn Fn(&mut Enrolment)| {
        let mut forged = enrolment.clone();
        change(&mut forged);
        forgeries.push(forged);
    };
    forge(&|forged| forged.request_key = other.request_key);
    forge(&|forged| forged.y_point = other.y_point);
    forge(&|forged| forged.y_point = G1::identity());
    forge(&|forged| forged.y_point = *base().point());
    // Another reader's Y to a power, and the proof bent to fit.
    let two = Secret::new(Scalar::from_u64(2));
    forge(&|forged| forged.y_point = forged.y_point.pow(&two));
    forge(&|forged| {
        forged.y_point = forged.y_point.pow(&two);
        forged.proof.z = forged.proof.z + forged.proof.z;
    });
    forge(&|forged| forged.y_point = forged.y_point + *base().point());
    forge(&|forged| forged.proof.c = forged.proof.c + Scalar::one());
    forge(&|forged| forged.proof.z = Scalar::zero());
    forge(&|forged| forged.proof = Proof { c: Scalar::zero(), z: Scalar::zero() });
    forge(&|forged| forged.proof = other.proof);
    for forged in &forgeries {
        assert_eq!(verdict(&world, forged, "r", nonce), Some(EnrolError::Proof));
    }
    let mut stolen = enrolment.clone();
    stolen.user = user("s");
    assert_eq!(verdict(&world, &stolen, "s", nonce), Some(EnrolError::Proof));
    let mut replayed = enrolment.clone();
    replayed.nonce = [9; 32];
    assert_eq!(verdict(&world, &replayed, "r", [9; 32]), Some(EnrolError::Proof));
    let other_world = World::new("other");
    let mut moved = enrolment;
    moved.realm = *other_world.parameters.id();
    assert_eq!(verdict(&other_world, &moved, "r", nonce), Some(EnrolError::Proof));
}

/// The twins of the statement: with a part left out, what was proved once passes again elsewhere.
#[test]
fn a_statement_without_one_of_its_parts_can_be_replayed() {
    let y = Secret::new(Scalar::from_u64(77));
    let k = Secret::new(Scalar::from_u64(1234));
    let y_point = G1::generator().pow(&y);
    let (here, there): ([&[u8]; 4], [&[u8]; 4]) = ([b"m", b"u", b"n", b"k"], [b"M", b"U", b"N", b"K"]);
    for part in 0..4 {
        let mut elsewhere = here;
        elsewhere[part] = there[part];
        assert!(!proof_is_valid(&prove(&y, &here, &k), &y_point, &elsewhere));
        let without = |statement: [&'static [u8]; 4]| -> Vec<&[u8]> {
            (0..4).filter(|at| *at != part).map(|at| statement[at]).collect()
        };
        assert!(proof_is_valid(&prove(&y, &without(here), &k), &y_point, &without(elsewhere)));
    }
}

type Challenge = fn(&G1, &G1) -> Scalar;

/// Forges a proof for a Y made of B: R = B, z at will, Y = (g1^z / R)^(1/c). It works if c can be had before Y.
fn forge(challenge: Challenge) -> (G1, Proof) {
    let (z, commitment) = (Scalar::from_u64(5), *base().point());
    let c = challenge(&G1::generator(), &commitment);
    let inverse = c.invert();
    let y_point = linear_combination_vartime(&[G1::generator(), commitment], &[z * inverse, -inverse]);
    (y_point, Proof { c, z })
}

/// What a verifier with this challenge says.
fn accepts(challenge: Challenge, (y_point, proof): (G1, Proof)) -> bool {
    let commitment = linear_combination_vartime(&[G1::generator(), y_point], &[proof.z, -proof.c]);
    challenge(&y_point, &commitment) == proof.c
}

#[test]
fn nobody_proves_a_y_made_of_the_base() {
    fn scalar(parts: &[&[u8]]) -> Scalar {
        *Secret::<Scalar>::next(&mut Xof::new(Label::EnrolmentChallenge, parts)).expose_secret()
    }
    let real: Challenge =
        |y_point, commitment| scalar(&[b"statement", &y_point.to_bytes(), &commitment.to_bytes()]);
    let without_y: Challenge = |_, commitment| scalar(&[b"statement", &commitment.to_bytes()]);
    assert!(!accepts(real, forge(real)));
    assert!(accepts(without_y, forge(without_y)));
    // `real` is the challenge of the scheme.
    let y = Secret::new(Scalar::from_u64(3));
    let proof = prove(&y, &[b"statement"], &y);
    assert!(accepts(real, (G1::generator().pow(&y), proof)));
    let (y_point, proof) = forge(real);
    assert!(!proof_is_valid(&proof, &y_point, &[b"statement"]));
}

/// One k for two nonces gives y away; the k of a reader is another one, whatever his generator yields.
#[test]
fn a_repeated_generator_does_not_give_y_away() {
    let mut world = World::new("repeated");
    let seed = ReaderSeed::generate(&mut world.rng);
    // z - c·y is k.
    let solve = |a: &Proof, b: &Proof| (a.z - b.z) * (a.c - b.c).invert();
    let y = seed.exponent();
    let enrol = |nonce: u8| {
        let nonce = EnrolmentNonce::from_bytes([nonce; 32]);
        let mut same = crate::testing::TestRng::new("the same again");
        seed.enrol(&world.parameters, &user("r"), &nonce, &mut same).proof
    };
    assert!(solve(&enrol(1), &enrol(2)) != *y.expose_secret());
    // The twin takes k from the generator alone.
    let k = Secret::new(Scalar::from_u64(42));
    assert!(solve(&prove(&y, &[b"1"], &k), &prove(&y, &[b"2"], &k)) == *y.expose_secret());
}

/// Attack 16a on Y: with a component of small order, K2 would give α modulo that order away.
#[test]
fn y_outside_its_group_is_refused() {
    let mut world = World::new("torsion");
    let bytes = honest(&mut world).0.to_bytes();
    let at = bytes.len() - Y_FROM_END;
    for torsion in torsion_of_g1() {
        let mut shifted = bytes.clone();
        let y_point = shifted_g1(&bytes[at..at + G1_BYTES], &torsion);
        shifted[at..at + G1_BYTES].copy_from_slice(&y_point);
        let error = Enrolment::from_bytes(&shifted).unwrap_err();
        assert_eq!((error.position, error.reason), (at, DecodeReason::InvalidPoint));
        // The twin decodes without the subgroup check.
        assert!(Active::a1_decompress_on_curve(&y_point).is_some());
    }
    let mut identity = bytes;
    identity[at..at + G1_BYTES].fill(0);
    identity[at] = 0xc0;
    assert_eq!(Enrolment::from_bytes(&identity).unwrap_err().position, at);
}
