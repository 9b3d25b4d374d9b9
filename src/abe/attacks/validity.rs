//! Attack 8: headers that would open differently for different readers.

use alloc::vec::Vec;

use super::{POLICIES, Realm, policy, received_rows};
use crate::abe::scheme::{self, Ciphertext, Received};
use crate::math::{G1, G2, RowSum, Scalar, linear_combination_vartime, pairing_product};
use crate::policy::SpanProgram;
use crate::testing::TestRng;

fn is_valid(program: &SpanProgram, ciphertext: &Ciphertext) -> bool {
    let c3 = received_rows(ciphertext);
    let received =
        Received { lines: &scheme::Lines::new(&ciphertext.c1, &ciphertext.c2), c3: &c3, seal: None };
    let h = scheme::attribute_points(program.labels());
    scheme::ciphertext_is_valid(program, &h, &received, &mut TestRng::new("gamma"))
}

/// The twin: checks the rows of one satisfying set instead of all of them.
fn is_valid_for_one_reader(program: &SpanProgram, ciphertext: &Ciphertext) -> bool {
    let selection = program.reconstruct(|_| true).unwrap();
    let mut gamma = alloc::vec![Scalar::zero(); program.rows().len()];
    for (row, coefficient) in &selection.rows {
        gamma[*row] = *coefficient;
    }
    let mut pairs = Vec::from([
        (RowSum::from(*scheme::base().point()), ciphertext.c1),
        (RowSum::from(linear_combination_vartime(&ciphertext.c3, &gamma)).neg(), G2::generator()),
    ]);
    for (row, gamma) in program.rows().iter().zip(&gamma) {
        let h = scheme::attribute_point(&program.labels()[row.label]);
        pairs.push((linear_combination_vartime(&[h], &[*gamma]).into(), ciphertext.c2[row.occurrence - 1]));
    }
    pairing_product(&pairs).is_one()
}

#[test]
fn honest_headers_pass() {
    for text in POLICIES {
        let program = policy(text).span_program();
        let (_, ciphertext) = Realm::new(text).encrypt(&program);
        assert!(is_valid(&program, &ciphertext), "{text}");
        assert!(is_valid_for_one_reader(&program, &ciphertext), "{text}");
    }
}

#[test]
fn every_malformed_row_and_element_is_found() {
    let mut missed_by_the_twin = 0;
    for text in POLICIES {
        let program = policy(text).span_program();
        let (_, honest) = Realm::new(text).encrypt(&program);
        let copy = || Ciphertext { c1: honest.c1, c2: honest.c2.clone(), c3: honest.c3.clone() };
        for row in 0..honest.c3.len() {
            let mut malformed = copy();
            malformed.c3[row] = malformed.c3[row] + G1::generator();
            assert!(!is_valid(&program, &malformed), "{text}, row {row}");
            missed_by_the_twin += usize::from(is_valid_for_one_reader(&program, &malformed));
        }
        for j in 0..honest.c2.len() {
            let mut malformed = copy();
            malformed.c2[j] = malformed.c2[j] + G2::generator();
            assert!(!is_valid(&program, &malformed), "{text}, C2 {j}");
        }
        let mut malformed = copy();
        malformed.c1 = malformed.c1 + G2::generator();
        assert!(!is_valid(&program, &malformed), "{text}, C1");
    }
    assert!(missed_by_the_twin > 5);
}

/// Rows of an `and` may be swapped (everybody uses both), rows of an `or` may not.
#[test]
fn swapped_alternatives_are_found() {
    let program = policy("a or b").span_program();
    let (_, mut ciphertext) = Realm::new("swap").encrypt(&program);
    ciphertext.c3.swap(0, 1);
    assert!(!is_valid(&program, &ciphertext));
}
