//! Attacks 4, 6 and 7 on the encapsulation: other elements, other realms, other headers, two readers
//! with two plaintexts.

use alloc::vec::Vec;

use super::{Realm, policy, set};
use crate::abe::kem::{self, Core, Hdr};
use crate::abe::scheme;
use crate::hash::{Label, hash, kdf};
use crate::math::{EncodedG2, G2, Gt, Scalar};
use crate::secret::Secret;

fn hdr(realm: u8, text: &str, context: &[u8]) -> Hdr {
    Hdr { realm: [realm; 32], policy: policy(text), context: kem::context_id(context), clause: None }
}

/// A message, encapsulated; and the K inside, as an entitled reader computes it.
fn encapsulated(realm: &mut Realm, hdr: Hdr) -> (Core, Secret<Gt>, Secret<[u8; 32]>) {
    let program = hdr.policy.span_program();
    let (core, ciphertext, content_key) = kem::encapsulate(&realm.bases, hdr, &mut realm.rng);
    let holding = realm.key(&set("a, b, c, d"));
    let k = super::decrypt(&holding, &program, &ciphertext).unwrap();
    (core, Secret::new(k), content_key)
}

#[test]
fn the_right_k_opens_to_the_content_key() {
    let mut realm = Realm::new("kem");
    let (core, k, content_key) = encapsulated(&mut realm, hdr(1, "a and b", b""));
    assert!(kem::open(realm.bases.e(), &core, &k, true).unwrap().ct_eq(&content_key));
}

/// Opening without the check in GT: whatever comes out of the mask is believed.
fn open_unchecked(core: &Core, k: &Secret<Gt>) -> Secret<[u8; 32]> {
    let hdr_hash = hash(Label::HeaderFields, &[&core.hdr.to_bytes()]);
    let mask = kdf::<32>(Label::Mask, &[&k.expose_secret().to_bytes(), &core.c1.to_bytes(), &hdr_hash]);
    let mut m = [0; 32];
    for ((m, c), mask) in m.iter_mut().zip(core.c_m).zip(mask.expose_secret()) {
        *m = c ^ mask;
    }
    Secret::new(m)
}

/// What an attacker changes in a core while K stays the same.
fn altered_cores(core: &Core, other_c1: G2) -> Vec<(&'static str, Core)> {
    let with = |change: &dyn Fn(&mut Hdr, &mut EncodedG2, &mut [u8; 32])| {
        let (mut hdr, mut c1, mut c_m) = (core.hdr.clone(), core.c1, core.c_m);
        change(&mut hdr, &mut c1, &mut c_m);
        Core::new(hdr, c1, c_m)
    };
    let mut cores: Vec<(&'static str, Core)> =
        (0..256).map(|bit| ("bit of c_m", with(&|_, _, c_m| c_m[bit / 8] ^= 1 << (bit % 8)))).collect();
    cores.push(("realm", with(&|hdr, _, _| hdr.realm[31] ^= 1)));
    cores.push(("context", with(&|hdr, _, _| hdr.context = kem::context_id(b"another"))));
    cores.push(("policy", with(&|hdr, _, _| hdr.policy = policy("a or b"))));
    cores.push(("C1", with(&|_, c1, _| *c1 = other_c1.into())));
    cores
}

#[test]
fn a_changed_core_does_not_open_and_would_without_the_check() {
    let mut realm = Realm::new("changed core");
    let (core, k, content_key) = encapsulated(&mut realm, hdr(1, "a and b", b"context"));
    let cores = altered_cores(&core, G2::generator());
    assert_eq!(cores.len(), 260);
    for (what, altered) in &cores {
        assert!(kem::open(realm.bases.e(), altered, &k, false).is_err(), "{what}");
    }
    // The twin: every one of them yields some message, most of them another one.
    let real = open_unchecked(&core, &k);
    let others = cores.iter().filter(|(_, altered)| !open_unchecked(altered, &k).ct_eq(&real)).count();
    assert_eq!(others, cores.len());
    assert!(kem::open(realm.bases.e(), &core, &k, false).unwrap().ct_eq(&content_key));
}

#[test]
fn a_wrong_k_is_refused() {
    let mut realm = Realm::new("wrong k");
    let (core, k, _) = encapsulated(&mut realm, hdr(1, "a and b", b""));
    let k = k.expose_secret();
    let e = *realm.bases.e().element();
    for wrong in [Gt::one(), *k * *k, *k * e, e] {
        assert!(kem::open(realm.bases.e(), &core, &Secret::new(wrong), false).is_err());
    }
}

/// Attack 6: two realms with one α (an authority set up again from a copy, say). The elements fit; the
/// header belongs to one of them.
#[test]
fn a_header_does_not_move_to_another_realm_of_the_same_master_secret() {
    let mut realm = Realm::new("two names");
    let (core, k, _) = encapsulated(&mut realm, hdr(1, "a and b", b""));
    let moved = Core::new(Hdr { realm: [2; 32], ..core.hdr.clone() }, core.c1, core.c_m);
    assert!(kem::open(realm.bases.e(), &moved, &k, false).is_err());
    // The twin leaves the realm out of what it checks: the moved header is read as the first realm's.
    let twin = |moved: &Core| Core::new(Hdr { realm: [1; 32], ..moved.hdr.clone() }, moved.c1, moved.c_m);
    assert!(kem::open(realm.bases.e(), &twin(&moved), &k, false).is_ok());
}

/// Attack 7, two recipients: a sender gives two readers rows with different K, and one core for both.
/// Only one of them can open it, because the core commits to m. Without the check both would, to
/// different plaintexts.
#[test]
fn one_core_never_opens_to_two_messages() {
    let mut realm = Realm::new("split");
    let (core, k, content_key) = encapsulated(&mut realm, hdr(1, "a or b", b""));
    let s = Secret::new(Scalar::from_u64(77));
    let other_k = Secret::new(*k.expose_secret() * realm.bases.e().pow(&s));
    let for_first = kem::open(realm.bases.e(), &core, &k, false);
    let for_second = kem::open(realm.bases.e(), &core, &other_k, false);
    assert!(for_first.unwrap().ct_eq(&content_key));
    assert!(for_second.is_err());
    assert!(!open_unchecked(&core, &k).ct_eq(&open_unchecked(&core, &other_k)));
}

/// A sender in league with the store replaces C1: opening cannot see it, strict opening does.
#[test]
fn strict_opening_ties_c1_to_the_message() {
    let realm = Realm::new("strict");
    let real = hdr(1, "a and b", b"");
    // A core over another C1, made by a sender who knows its m: mask and coins are computed with it.
    let m = Secret::new([9u8; 32]);
    let hdr_bytes = real.to_bytes();
    let mut coins = crate::hash::Xof::new(Label::Coins, &[m.expose_secret(), &hdr_bytes]);
    let s1 = Secret::next_nonzero(&mut coins);
    let k = Secret::new(realm.bases.e().pow(&s1));
    let c1 = G2::generator();
    let hdr_hash = hash(Label::HeaderFields, &[&hdr_bytes]);
    let mask = kdf::<32>(Label::Mask, &[&k.expose_secret().to_bytes(), &c1.to_bytes(), &hdr_hash]);
    let c_m = core::array::from_fn(|i| m.expose_secret()[i] ^ mask.expose_secret()[i]);
    let forged = Core::new(real, c1, c_m);
    assert!(kem::open(realm.bases.e(), &forged, &k, false).is_ok());
    assert!(kem::open(realm.bases.e(), &forged, &k, true).is_err());
}

/// Rows that were re-randomised by somebody who knows neither key nor message open to the same content
/// key: that is what "replayable" means, and what sealing stands on.
#[test]
fn refreshed_rows_open_to_the_same_content_key() {
    let mut realm = Realm::new("refresh");
    let hdr = hdr(1, "a and (b or c)", b"");
    let program = hdr.policy.span_program();
    let (core, mut ciphertext, content_key) = kem::encapsulate(&realm.bases, hdr, &mut realm.rng);
    // s'_1 grows by d in C2_1 and in every row.
    let d = Secret::random_nonzero(&mut realm.rng);
    ciphertext.c2[0] = ciphertext.c2[0] + G2::generator().pow(&d);
    for (row, c3) in program.rows().iter().zip(&mut ciphertext.c3) {
        *c3 = *c3 + scheme::attribute_point(&program.labels()[row.label]).pow(&d);
    }
    let holding = realm.key(&set("a, b"));
    let k = Secret::new(super::decrypt(&holding, &program, &ciphertext).unwrap());
    assert!(kem::open(realm.bases.e(), &core, &k, true).unwrap().ct_eq(&content_key));
}
