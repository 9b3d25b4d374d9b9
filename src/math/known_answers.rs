//! Published values, and values pinned so that a change of any encoding is noticed.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;
use sha3::{Digest, Sha3_256};
use shake::digest::XofReader;

use super::ark::Ark;
use super::backend::Backend;
use super::hash_to_curve::{expand_message_xof, hash_to_p1};
use super::{Active, G1, G2, HashDomain, hash_to_g1, pairing_product};

fn parse(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| alloc::format!("{byte:02x}")).collect()
}

fn expand(message: &[u8], tag: &[u8], length: u16) -> Vec<u8> {
    let mut output = alloc::vec![0; length.into()];
    expand_message_xof(message, tag, length).read(&mut output);
    output
}

fn encode<B: Backend>(point: &B::P1) -> [u8; 48] {
    B::a1_compress(&B::p1_to_affine(point))
}

#[test]
fn expand_message_of_the_rfc() {
    let vectors = parse(include_str!("../../tests/vectors/rfc9380-expand-message-xof-shake256.json"));
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 10);
    for case in cases {
        let length = u16::try_from(case["length"].as_u64().unwrap()).unwrap();
        let output = expand(text(case, "message").as_bytes(), text(&vectors, "tag").as_bytes(), length);
        assert_eq!(hex(&output), text(case, "output"));
    }
}

#[test]
fn expand_message_with_a_long_tag() {
    let vectors = parse(include_str!("../../tests/vectors/expand-message-xof-shake256-long-tag.json"));
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 8);
    for case in cases {
        let tag = alloc::vec![b't'; usize::try_from(case["tag_repeats_t"].as_u64().unwrap()).unwrap()];
        let length = u16::try_from(case["length"].as_u64().unwrap()).unwrap();
        assert_eq!(hex(&expand(text(case, "message").as_bytes(), &tag, length)), text(case, "output"));
    }
}

#[test]
fn map_to_curve_of_the_rfc() {
    fn check<B: Backend>() {
        let vectors = parse(include_str!("../../tests/vectors/rfc9380-bls12381g1-sswu-ro.json"));
        let cases = vectors["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 5);
        for case in cases {
            let [u, v] = ["u0", "u1"].map(|key| {
                let mut bytes = [0; 64];
                bytes[16..].copy_from_slice(&unhex(text(case, key)));
                bytes
            });
            // The encoding carries the sign of y alone; both candidates decide it.
            let (x, y) = (unhex(text(case, "x")), unhex(text(case, "y")));
            let mut expected = x;
            expected[0] |= 0x80 | if y > half_q() { 0x20 } else { 0 };
            assert_eq!(encode::<B>(&B::map_to_p1(&u, &v)).as_slice(), expected);
        }
    }
    check::<Active>();
    check::<Ark>();
}

/// (q - 1) / 2: the larger root lies above it.
fn half_q() -> Vec<u8> {
    unhex(concat!(
        "0d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895f",
        "b39869507b587b120f55ffff58a9ffffdcff7fffffffd555"
    ))
}

#[test]
fn generators_of_the_bbs_draft() {
    fn check<B: Backend>() {
        let vectors = parse(include_str!("../../tests/vectors/bbs-bls12381-shake256-generators.json"));
        let suite = text(&vectors, "ciphersuite");
        // P1 has a seed of its own; the others are numbered from 1 in a chain.
        let chain = |prefix: &str, seed: &str, expected: &[&str]| {
            let seed_tag = alloc::format!("{prefix}SIG_GENERATOR_SEED_");
            let tag = alloc::format!("{prefix}SIG_GENERATOR_DST_");
            let mut state = expand(seed.as_bytes(), seed_tag.as_bytes(), 48);
            for (number, expected) in (1u64..).zip(expected) {
                state.extend(number.to_be_bytes());
                state = expand(&state, seed_tag.as_bytes(), 48);
                assert_eq!(hex(&encode::<B>(&hash_to_p1::<B>(&state, tag.as_bytes()))), *expected);
            }
        };
        let api = text(&vectors, "api_id");
        let generators: Vec<_> =
            vectors["generators"].as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect();
        assert_eq!(generators.len(), 11);
        chain(api, &alloc::format!("{api}MESSAGE_GENERATOR_SEED"), &generators);
        chain(api, &alloc::format!("{suite}H2G_HM2S_BP_MESSAGE_GENERATOR_SEED"), &[text(&vectors, "p1")]);
    }
    check::<Active>();
    check::<Ark>();
}

/// The generators of the curve's specification, compressed.
#[test]
fn generators_of_the_groups() {
    let g1 = concat!(
        "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905",
        "a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
    );
    let g2 = concat!(
        "93e02b6052719f607dacd3a088274f65596bd0d09920b61a",
        "b5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e",
        "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02",
        "b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
    );
    assert_eq!(hex(&G1::generator().to_bytes()), g1);
    assert_eq!(hex(&G2::generator().to_bytes()), g2);
    assert_eq!(hex(&encode::<Ark>(&Ark::p1_generator())), g1);
    assert_eq!(hex(&Ark::a2_compress(&Ark::p2_to_affine(&Ark::p2_generator()))), g2);
}

/// Values of this project that must never change: the tags, and the order of bytes in GT.
#[test]
fn pinned_values() {
    let base = hex(&hash_to_g1(HashDomain::Base, b"").to_bytes());
    let attribute = hex(&hash_to_g1(HashDomain::Attribute, b"role:doctor").to_bytes());
    let e = pairing_product(&[(G1::generator().into(), G2::generator())]).to_bytes();
    assert_eq!(
        base,
        "b6893d07f3025e7fad5c10ce9a5bfac46b52196996149843abe9ac950e0ed83d8516adaedba4e84ba5bdf541fa7204cb"
    );
    assert_eq!(
        attribute,
        "87fdeac47d7471ca186cc0d9c0c549fd3969c01b0c83e41abe377e8f13ee516e384f7e22cfc369a96611d4f3fdc5ecc7"
    );
    assert_eq!(hex(&Sha3_256::digest(e)), "366266827106226dac95a5c168bc8068492d392747f8dc29168c3209dc5b178d");
    assert_eq!(
        hex(&e[..48]),
        "1250ebd871fc0a92a7b2d83168d0d727272d441befa15c503dd8e90ce98db3e7b6d194f60839c508a84305aaca1789b6"
    );
}
