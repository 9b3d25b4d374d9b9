//! Attack 21: points of small order, outside of the subgroup, off the curve, and the identity, in everything that is received.

use alloc::vec::Vec;

use super::*;
use crate::codec::PROLOGUE_BYTES;
use crate::error::DecodeError;
use crate::hash::Label;
use crate::math::backend::Backend;
use crate::math::{Active, EncodedG2, G1, G1_BYTES, G2, G2_BYTES};
use crate::search::card::WriterCard;
use crate::search::gate::{Admitted, GateAnswer, GateRequest};
use crate::sign::{RequestKey, SIGNATURE_BYTES, SigningKey};

/// Bytes that are no element of G1: off the curve, on it but outside of the subgroup, of order 3, the identity, not canonical.
fn wrong_g1() -> Vec<[u8; G1_BYTES]> {
    let with_x = |first: u8, x: u8| {
        let mut bytes = [0; G1_BYTES];
        (bytes[0], bytes[G1_BYTES - 1]) = (first, x);
        bytes
    };
    let small: Vec<_> = (0..60).map(|x| with_x(0x80, x)).collect();
    let on_curve = |bytes: &&[u8; G1_BYTES]| Active::a1_decompress_on_curve(bytes).is_some();
    let outside = small.iter().copied().find(|bytes| on_curve(&bytes)).unwrap();
    let off = small.iter().skip(1).copied().find(|bytes| !on_curve(&bytes)).unwrap();
    let torsion = Active::p1_from_affine(&Active::a1_decompress_on_curve(&outside).unwrap());
    // A genuine element, shifted by a point outside of the subgroup.
    let generator = Active::a1_decompress_on_curve(&G1::generator().to_bytes()).unwrap();
    let shifted = Active::a1_compress(&Active::p1_to_affine(&Active::p1_add_affine(&torsion, &generator)));
    let mut unset = G1::generator().to_bytes();
    unset[0] &= 0x7f;
    [outside, off, shifted, with_x(0x80, 0), with_x(0xa0, 0), with_x(0xc0, 0), [0xff; 48], unset].into()
}

fn wrong_g2() -> Vec<[u8; G2_BYTES]> {
    let with_x = |first: u8, x: u8| {
        let mut bytes = [0; G2_BYTES];
        (bytes[0], bytes[G2_BYTES - 1]) = (first, x);
        bytes
    };
    let small: Vec<_> = (1..255).map(|x| with_x(0x80, x)).collect();
    let on_curve = |bytes: &&[u8; G2_BYTES]| Active::a2_decompress_on_curve(bytes).is_some();
    let outside = small.iter().copied().find(|bytes| on_curve(&bytes)).unwrap();
    let off = small.iter().copied().find(|bytes| !on_curve(&bytes)).unwrap();
    let cofactor = Active::p2_from_affine(&Active::a2_decompress_on_curve(&outside).unwrap());
    let generator =
        Active::p2_from_affine(&Active::a2_decompress_on_curve(&G2::generator().to_bytes()).unwrap());
    let shifted = Active::a2_compress(&Active::p2_to_affine(&Active::p2_add(&cofactor, &generator)));
    [outside, off, shifted, with_x(0xc0, 0), [0xff; G2_BYTES]].into()
}

/// Every wrong element in place of the one at `at`: refused there.
fn refused<const N: usize, T>(
    bytes: &[u8],
    at: usize,
    wrong: Vec<[u8; N]>,
    decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
) {
    assert!(decode(bytes).is_ok());
    for wrong in wrong {
        let mut changed = bytes.to_vec();
        changed[at..at + N].copy_from_slice(&wrong);
        assert_eq!(decode(&changed).err().map(|error| error.position), Some(at));
    }
}

fn place_of(bytes: &[u8], element: &[u8]) -> usize {
    bytes.windows(element.len()).position(|window| window == element).unwrap()
}

#[test]
fn what_is_wrong_is_wrong() {
    // Each of them is refused by itself; and a decoder without the check of the subgroup, the twin, would take some.
    assert!(wrong_g1().iter().all(|bytes| G1::from_bytes(bytes).is_none()));
    assert!(wrong_g1().iter().filter(|bytes| Active::a1_decompress_on_curve(bytes).is_some()).count() >= 2);
    let element = |bytes: &[u8; G2_BYTES]| EncodedG2::from_bytes(bytes).and_then(|encoded| encoded.decode());
    assert!(wrong_g2().iter().all(|bytes| element(bytes).is_none()));
    assert!(wrong_g2().iter().filter(|bytes| Active::a2_decompress_on_curve(bytes).is_some()).count() >= 2);
}

#[test]
fn in_heads_cards_saved_writers_and_trapdoors() {
    let mut world = World::new("points");
    let context = world.context();
    let (writer, card) = IndexWriter::lab(&world.head, &context, &mut world.rng).unwrap();
    let y = WriterCard::from_bytes(&card).unwrap().y_point().to_bytes();
    refused(&card, place_of(&card, &y), wrong_g2(), WriterCard::from_bytes);
    world.contents.writers.push(world.owner.admit(&card, &context).unwrap());
    world.sign_head();

    let head = world.head.to_bytes();
    let x = scheme::public_point(&world.x(&context)).to_bytes();
    for element in [x, y] {
        refused(&head, place_of(&head, &element), wrong_g2(), |bytes| {
            // As her own device would sign it: otherwise the signature is what is wrong.
            let body = &bytes[PROLOGUE_BYTES..bytes.len() - SIGNATURE_BYTES];
            let (_, signature) = world.owner.sign_as(Label::IndexHeadSignature, &[body]);
            let signed = [&bytes[..PROLOGUE_BYTES], body, &signature].concat();
            Head::from_bytes(&signed, world.owner.collection()).map_err(|error| match error {
                HeadError::Malformed(error) => error,
                other => panic!("{other}"),
            })
        });
    }
    let saved = writer.to_bytes();
    let saved = saved.expose_secret();
    refused(saved, place_of(saved, &x), wrong_g2(), IndexWriter::from_bytes);

    let trapdoors = Trapdoor::all_to_bytes(&world.owner.trapdoors(&context, &[word("F32")]));
    let trapdoors = trapdoors.expose_secret();
    refused(trapdoors, trapdoors.len() - G1_BYTES, wrong_g1(), Trapdoor::all_from_bytes);
}

#[test]
fn in_gate_answers() {
    let answer = GateAnswer { points: [G1::generator(), G1::generator()].into() }.to_bytes();
    for back in [1, 2] {
        refused(&answer, answer.len() - back * G1_BYTES, wrong_g1(), GateAnswer::from_bytes);
    }
    let empty = GateAnswer { points: Vec::new() }.to_bytes();
    assert!(GateAnswer::from_bytes(&empty).is_err());
    let many = GateAnswer { points: [G1::generator(); MAX_POINTS + 1].into() }.to_bytes();
    assert!(GateAnswer::from_bytes(&many).is_err());
}

/// The gate computes nothing with a point that is none, not even with the good ones beside it.
#[test]
fn in_gate_requests() {
    let mut world = World::new("requests");
    let context = world.context();
    let policy = PolicyId::random(&mut world.rng);
    let seed = PolicySeed::random(&mut world.rng);
    let mut gate = Gate::open("gate", MemoryStore::new(), GateLimits::default());
    gate.install(world.owner.share(&context, &policy, 1, seed).expose_secret()).unwrap();
    let key = RequestKey(SigningKey::from_seed(&Secret::new([3; 32])));
    let public = key.public_bytes();
    let mut ask = |points: Vec<[u8; G1_BYTES]>| {
        let rng = &mut world.rng;
        let request =
            GateRequest::sign(&key, "gate", "r", &context, &policy, 1, NOW, points, rng).unwrap().to_bytes();
        gate.admit(&request, NOW, |_| alloc::vec![public]).and_then(Admitted::answer)
    };
    let good = G1::generator().to_bytes();
    assert!(ask([good, good].into()).is_ok());
    for wrong in wrong_g1() {
        for points in [[wrong, good], [good, wrong]] {
            assert!(matches!(ask(points.into()), Err(GateError::Malformed(_))));
        }
    }
    for count in [0, MAX_POINTS + 1] {
        assert!(matches!(ask(alloc::vec![good; count]), Err(GateError::Malformed(_))));
    }
}

/// A card is good for one index, domain, epoch and pipeline, and its proof for one writer and signing key.
#[test]
fn cards_prove_themselves_for_one_place_alone() {
    let mut world = World::new("cards");
    let context = world.context();
    let (_, card) = IndexWriter::lab(&world.head, &context, &mut world.rng).unwrap();
    let (_, other) = IndexWriter::lab(&world.head, &context, &mut world.rng).unwrap();
    assert!(world.owner.admit(&card, &context).is_ok());
    // Another epoch, another domain, another pipeline, another index.
    for foreign in [
        world.owner.context(&world.domain, IndexEpoch::new(2).unwrap(), 1),
        world.owner.context(&Domain::new("other").unwrap(), IndexEpoch::FIRST, 1),
        world.owner.context(&world.domain, IndexEpoch::FIRST, 2),
        World::new("another index").context(),
    ] {
        assert!(matches!(world.owner.admit(&card, &foreign), Err(WriteError::Card)));
    }
    assert!(World::new("another index").owner.admit(&card, &context).is_err());
    // Parts of one card in the other, signed again by whoever puts them there: Y with its proof, Y alone, proof alone.
    let thief = SigningKey::from_seed(&Secret::new([5; 32]));
    let (y, tail) = (card.len() - 64 - 64 - G2_BYTES, card.len() - 64);
    for range in [y..tail, y..y + G2_BYTES, y + G2_BYTES..tail] {
        let mut forged = other.clone();
        forged[range.clone()].copy_from_slice(&card[range.clone()]);
        let key = y - 32..y;
        forged[key].copy_from_slice(&thief.verifying_key().to_bytes());
        let body = forged[crate::codec::PROLOGUE_BYTES..tail].to_vec();
        let signature = thief.sign(crate::hash::Label::WriterCardSignature, &[&body]);
        forged[tail..].copy_from_slice(&signature);
        assert!(WriterCard::from_bytes(&forged).is_ok());
        assert!(matches!(world.owner.admit(&forged, &context), Err(WriteError::Card)), "{range:?}");
    }
    // Every byte matters.
    for at in 0..card.len() {
        let mut changed = card.clone();
        changed[at] ^= 1;
        assert!(world.owner.admit(&changed, &context).is_err(), "{at}");
    }
}
