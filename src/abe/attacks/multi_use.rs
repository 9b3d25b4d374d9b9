//! Attack 5: repeated attributes, hash domains, and names that look alike.

use alloc::vec::Vec;

use super::{Realm, policy, set};
use crate::abe::scheme::{self, Ciphertext};
use crate::math::{G1, G2, Gt, HashDomain, RowSum, Scalar, hash_to_g1, pairing_product};
use crate::policy::{Attribute, AttributeSet, Name, Policy, Schema, SpanProgram};
use crate::secret::Secret;

/// `a and (a or b)`, encrypted with one s' for each occurrence of a label, or (the twin) one for all.
fn encrypt(realm: &mut Realm, program: &SpanProgram, one_s_prime: bool) -> (Gt, Ciphertext) {
    let s1 = Secret::random_nonzero(&mut realm.rng);
    let s_prime: Vec<Secret<Scalar>> =
        (0..program.tau()).map(|_| Secret::random_nonzero(&mut realm.rng)).collect();
    let lambda = program.share(&s1, &mut || Secret::random_nonzero(&mut realm.rng));
    let c3 = program.rows().iter().zip(&lambda).map(|(row, lambda)| {
        let h = scheme::attribute_point(&program.labels()[row.label]);
        let j = if one_s_prime { 0 } else { row.occurrence - 1 };
        scheme::base().point().pow_product(lambda, &h, &s_prime[j])
    });
    let ciphertext = Ciphertext {
        c3: c3.collect(),
        c1: G2::generator().pow(&s1),
        c2: s_prime.iter().map(|s| G2::generator().pow(s)).collect(),
    };
    (realm.bases.e().pow(&s1), ciphertext)
}

/// The attack of a holder of {b}: the two rows of a differ by B to the difference of their shares if
/// they share s', and then a's rows and b's row together give B^s1 without a's H-term.
fn open_with_b_alone(realm: &mut Realm, program: &SpanProgram, ciphertext: &Ciphertext, k: &Gt) -> bool {
    let holding = realm.key(&set("b"));
    let row_of = |label: &str, occurrence: usize| {
        let wanted = &set(label).labels()[0];
        program
            .rows()
            .iter()
            .position(|row| program.labels()[row.label] == *wanted && row.occurrence == occurrence)
            .unwrap()
    };
    let a_outer = ciphertext.c3[row_of("a", 1)];
    let a_inner = ciphertext.c3[row_of("a", 2)];
    let b_inner = ciphertext.c3[row_of("b", 1)];
    // Of `a and (a or b)`, the rows carry x, s1 - x, s1 - x. With one s':
    // a_outer / a_inner = B^(x - (s1 - x)), and b_inner² · that = B^s1 · H(b)^(2 s').
    let b_to_s1 = a_outer + -a_inner + b_inner + b_inner;
    let k3 = holding.component(&set("b").labels()[0]).unwrap();
    let candidate = pairing_product(&[
        (RowSum::from(holding.key.k2), ciphertext.c1),
        ((k3 + k3).into(), ciphertext.c2[0]),
        (RowSum::from(b_to_s1).neg(), holding.key.k1),
    ]);
    candidate.ct_eq(k)
}

#[test]
fn repeated_attributes_need_their_own_s_prime() {
    let program = policy("a and (a or b)").span_program();
    assert_eq!(program.tau(), 2);
    for one_s_prime in [false, true] {
        let mut realm = Realm::new("multi-use");
        let (k, ciphertext) = encrypt(&mut realm, &program, one_s_prime);
        let opened = open_with_b_alone(&mut realm, &program, &ciphertext, &k);
        assert_eq!(opened, one_s_prime);
    }
}

/// With one hash domain for attributes and B, whoever is issued the attribute that hashes to B divides
/// g1^α out of his key: and opens everything.
#[test]
fn the_base_lies_outside_the_domain_of_attributes() {
    let mut realm = Realm::new("base");
    let program = policy("a and b").span_program();
    let (k, ciphertext) = realm.encrypt(&program);
    let r = Secret::random_nonzero(&mut realm.rng);
    let k2 = G1::generator().pow_product(&realm.alpha, scheme::base().point(), &r);
    let master_opens = |k3: G1| {
        let g1_alpha = k2 + -k3;
        pairing_product(&[(g1_alpha.into(), ciphertext.c1)]).ct_eq(k.expose_secret())
    };
    // The twin hashes the attribute "" in the domain of B.
    let twin = hash_to_g1(HashDomain::Base, b"");
    assert!(master_opens(twin.pow(&r)));
    let real = hash_to_g1(HashDomain::Attribute, b"");
    assert!(!master_opens(real.pow(&r)));
}

#[test]
fn policies_that_mean_the_same_are_the_same() {
    let same = ["a and b or c", "(A_ AND b) or c", "c OR (b and a)", " c  or(a and\tb) "];
    let texts: Vec<Policy> = same.iter().map(|text| policy(&text.replace("A_", "a"))).collect();
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]));
    // Names keep their case.
    assert_ne!(policy("Role:physician"), policy("role:physician"));
}

#[test]
fn names_that_look_alike_are_one_label_and_delimiters_are_not_structure() {
    let composed = set("dept:\"caf\u{e9}\"");
    let decomposed = set("dept:\"cafe\u{301}\"");
    assert_eq!(composed.labels(), decomposed.labels());
    let labels = |name: &str, value: Option<&str>| {
        let mut attribute = Attribute::new(Name::new(name).unwrap());
        if let Some(value) = value {
            attribute = attribute.with_value(value).unwrap();
        }
        let mut set = AttributeSet::new();
        set.insert(attribute, &Schema::empty()).unwrap();
        set.labels()
    };
    assert_ne!(labels("role:physician", None), labels("role", Some("physician")));
    assert_ne!(labels("a", Some("b:c")), labels("a:b", Some("c")));
    assert_ne!(labels("x and y", None), labels("x", None));
    assert!(Name::new("").is_err());
}
