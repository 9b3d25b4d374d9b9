//! Attack 1: a reader without the attributes, who knows the equation and has all the time he wants.

use alloc::vec::Vec;

use super::{Holding, POLICIES, Realm, all_sets, decrypt_by_hand, policy};
use crate::abe::scheme::{self, Ciphertext};
use crate::math::{G1, G2, Gt, RowSum, Scalar, pairing_product};
use crate::policy::SpanProgram;
use crate::secret::Secret;

/// Tries every subset of rows with every choice of small coefficients, with his own component where
/// he has one and with H(x), the identity or another component of his where he has none; and, over
/// the rows that he owns, a solution of the linear system, should there be one.
fn cheat(holding: &Holding, program: &SpanProgram, ciphertext: &Ciphertext, k: &Gt) -> bool {
    let Ciphertext { c1, c2, c3 } = ciphertext;
    let label = |i: usize| &program.labels()[program.rows()[i].label];
    let own = |i: usize| holding.component(label(i));
    // What row i contributes for a component: e(component, C2_ρ(i)) / e(C3_i, K1), to the power γ.
    let contribution = |i: usize, component: G1, gamma: Scalar| {
        let c2 = c2[program.rows()[i].occurrence - 1];
        let pairs = [(component.into(), c2), (RowSum::from(c3[i]).neg(), holding.key.k1)];
        pairing_product(&pairs).pow(&Secret::new(gamma))
    };
    let start = pairing_product(&[(holding.key.k2.into(), *c1)]);
    for gamma in [Scalar::one(), -Scalar::one(), Scalar::from_u64(2)] {
        for substitute in 0..3 {
            let contributions: Vec<Gt> = (0..c3.len())
                .map(|i| {
                    let missing = match substitute {
                        0 => G1::identity(),
                        1 => scheme::attribute_point(label(i)),
                        _ => holding.key.k3[0],
                    };
                    contribution(i, own(i).unwrap_or(missing), gamma)
                })
                .collect();
            for mask in 1u32..1 << c3.len() {
                let chosen = (0..c3.len()).filter(|i| mask >> i & 1 == 1);
                if chosen.fold(start, |product, i| product * contributions[i]).ct_eq(k) {
                    return true;
                }
            }
        }
    }
    let owned: Vec<usize> = (0..c3.len()).filter(|i| own(*i).is_some()).collect();
    solve(program, &owned).is_some_and(|gamma| {
        let rows: Vec<_> = owned.iter().zip(gamma).map(|(i, gamma)| (*i, gamma, own(*i).unwrap())).collect();
        decrypt_by_hand(holding.key.k1, holding.key.k2, &rows, program, c1, c2, c3).ct_eq(k)
    })
}

/// γ over the given rows with γM = (1, 0, .., 0), by Gaussian elimination on the explicit matrix.
fn solve(program: &SpanProgram, rows: &[usize]) -> Option<Vec<Scalar>> {
    let matrix = program.matrix();
    let width = matrix.first()?.len();
    // One equation for each column of M: Σ γ_i M_i,column = target.
    let mut system: Vec<Vec<Scalar>> = (0..width)
        .map(|column| {
            let mut equation: Vec<Scalar> = rows.iter().map(|row| matrix[*row][column]).collect();
            equation.push(Scalar::from_u64(u64::from(column == 0)));
            equation
        })
        .collect();
    let mut pivots = Vec::new();
    let mut next = 0;
    for unknown in 0..rows.len() {
        let Some(found) = (next..width).find(|row| !system[*row][unknown].is_zero()) else { continue };
        system.swap(next, found);
        let inverse = system[next][unknown].invert();
        for value in &mut system[next] {
            *value = *value * inverse;
        }
        for row in 0..width {
            let factor = system[row][unknown];
            if row != next && !factor.is_zero() {
                let pivot = system[next].clone();
                for (value, pivot) in system[row].iter_mut().zip(pivot) {
                    *value = *value - factor * pivot;
                }
            }
        }
        pivots.push(unknown);
        next += 1;
    }
    let consistent = system[next..].iter().all(|equation| equation[rows.len()].is_zero());
    consistent.then(|| {
        let mut gamma = alloc::vec![Scalar::zero(); rows.len()];
        for (row, unknown) in pivots.iter().enumerate() {
            gamma[*unknown] = system[row][rows.len()];
        }
        gamma
    })
}

/// Encrypt with shares of the caller's making; otherwise as `[ABE-3.3]`.
fn encrypt_with_shares(
    realm: &mut Realm,
    program: &SpanProgram,
    shares: impl Fn(&SpanProgram, &Secret<Scalar>, &mut Realm) -> Vec<Secret<Scalar>>,
) -> (Gt, Ciphertext) {
    let s1 = Secret::random_nonzero(&mut realm.rng);
    let s_prime: Vec<Secret<Scalar>> =
        (0..program.tau()).map(|_| Secret::random_nonzero(&mut realm.rng)).collect();
    let lambda = shares(program, &s1, realm);
    let c3 = program.rows().iter().zip(&lambda).map(|(row, lambda)| {
        let h = scheme::attribute_point(&program.labels()[row.label]);
        scheme::base().point().pow_product(lambda, &h, &s_prime[row.occurrence - 1])
    });
    let ciphertext = Ciphertext {
        c3: c3.collect(),
        c1: G2::generator().pow(&s1),
        c2: s_prime.iter().map(|s| G2::generator().pow(s)).collect(),
    };
    (realm.bases.e().pow(&s1), ciphertext)
}

fn real_shares(program: &SpanProgram, s1: &Secret<Scalar>, realm: &mut Realm) -> Vec<Secret<Scalar>> {
    program.share(s1, &mut || Secret::random_nonzero(&mut realm.rng))
}

/// The twin: every row of the policy carries the whole secret.
fn whole_secret_to_every_row(
    program: &SpanProgram,
    s1: &Secret<Scalar>,
    _: &mut Realm,
) -> Vec<Secret<Scalar>> {
    program.rows().iter().map(|_| Secret::new(*s1.expose_secret())).collect()
}

#[test]
fn no_choice_of_rows_and_coefficients_opens_what_the_attributes_do_not() {
    let mut attempts = 0;
    for text in POLICIES {
        let mut realm = Realm::new(text);
        let policy = policy(text);
        let program = policy.span_program();
        let (k, ciphertext) = encrypt_with_shares(&mut realm, &program, real_shares);
        for attributes in all_sets(3) {
            if policy.is_satisfied_by(&attributes) {
                continue;
            }
            let holding = realm.key(&attributes);
            assert!(!cheat(&holding, &program, &ciphertext, &k), "{text} opened by {attributes}");
            attempts += 1;
        }
    }
    assert!(attempts > 20);
}

#[test]
fn the_attack_opens_a_twin_that_hands_out_the_whole_secret() {
    for text in ["a and b", "a and 2 of (b, c, d)"] {
        let mut realm = Realm::new(text);
        let program = policy(text).span_program();
        let (k, ciphertext) = encrypt_with_shares(&mut realm, &program, whole_secret_to_every_row);
        let holding = realm.key(&super::set("a"));
        assert!(cheat(&holding, &program, &ciphertext, &k), "{text}");
    }
}

#[test]
fn random_policies_and_pools() {
    let mut rng = crate::testing::TestRng::new("random policies");
    let mut refused = 0;
    while refused < 12 {
        let text = random_policy(&mut rng, 2);
        let mut realm = Realm::new(&text);
        let policy = policy(&text);
        let program = policy.span_program();
        if program.rows().len() > 6 {
            continue;
        }
        let (k, ciphertext) = encrypt_with_shares(&mut realm, &program, real_shares);
        for attributes in all_sets(4) {
            let holding = realm.key(&attributes);
            if policy.is_satisfied_by(&attributes) {
                let opened = super::decrypt(&holding, &program, &ciphertext).unwrap();
                assert!(opened.ct_eq(&k), "{text} by {attributes}");
            } else if rand_core::Rng::next_u32(&mut rng).is_multiple_of(4) {
                assert!(!cheat(&holding, &program, &ciphertext, &k), "{text} opened by {attributes}");
                refused += 1;
            }
        }
    }
}

/// A random policy over a, b, c, d.
fn random_policy(rng: &mut crate::testing::TestRng, depth: u32) -> alloc::string::String {
    use rand_core::Rng;
    let choice = rng.next_u32() % 4;
    if depth == 0 || choice == 0 {
        return char::from(b'a' + u8::try_from(rng.next_u32() % 4).unwrap()).into();
    }
    let children: Vec<_> = (0..2 + rng.next_u32() % 2).map(|_| random_policy(rng, depth - 1)).collect();
    match choice {
        1 => alloc::format!("({})", children.join(" and ")),
        2 => alloc::format!("({})", children.join(" or ")),
        _ => alloc::format!("2 of ({})", children.join(", ")),
    }
}
