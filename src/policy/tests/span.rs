//! Attack 2 on the span program, its coefficients, and their minimality.

use alloc::collections::BTreeSet;
use alloc::format;

use proptest::prelude::*;

use super::super::span::Gate;
use super::super::strategies;
use super::super::*;
use super::TestRng;
use crate::math::Scalar;
use crate::secret::Secret;

type Matrix = Vec<Vec<Scalar>>;

fn parse(text: &str) -> Policy {
    Policy::parse(text, &strategies::small_schema()).unwrap()
}

/// Brings rows into echelon form and returns the pivots' columns with the rows.
fn echelon(mut rows: Matrix) -> Vec<(usize, Vec<Scalar>)> {
    let mut reduced: Vec<(usize, Vec<Scalar>)> = Vec::new();
    while let Some(row) = rows.pop() {
        if let Some((column, row)) = reduce(&reduced, row) {
            let inverse = row[column].invert();
            reduced.push((column, row.iter().map(|entry| *entry * inverse).collect()));
        }
    }
    reduced
}

/// What is left of `row` modulo the rows; `None` if nothing is.
fn reduce(rows: &[(usize, Vec<Scalar>)], mut row: Vec<Scalar>) -> Option<(usize, Vec<Scalar>)> {
    for (column, other) in rows {
        let factor = row[*column];
        for (entry, other) in row.iter_mut().zip(other) {
            *entry = *entry - factor * *other;
        }
    }
    row.iter().position(|entry| !entry.is_zero()).map(|column| (column, row))
}

/// Whether (1,0,..,0) is a combination of the rows.
fn spans(rows: Matrix) -> bool {
    let Some(width) = rows.first().map(Vec::len) else { return false };
    let mut target = alloc::vec![Scalar::zero(); width];
    target[0] = Scalar::one();
    reduce(&echelon(rows), target).is_none()
}

/// Boolean evaluation over rows, apart from the code under test.
fn satisfied(gate: &Gate, rows: &mut impl Iterator<Item = bool>) -> bool {
    let (k, children) = match gate {
        Gate::Row => return rows.next().unwrap(),
        Gate::And(children) => (children.len(), children),
        Gate::Or(children) => (1, children),
        Gate::Threshold(k, children) => (*k, children),
    };
    let mut count = 0;
    for child in children {
        count += usize::from(satisfied(child, rows));
    }
    count >= k
}

fn subset<T: Clone>(items: &[T], mask: u32) -> Vec<T> {
    items.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, item)| item.clone()).collect()
}

/// The attack: a set of rows that spans the secret though the policy does not authorise it.
fn unauthorised_span(program: &SpanProgram, matrix: &Matrix) -> Option<u32> {
    let rows = matrix.len() as u32;
    (0..1u32 << rows).find(|mask| {
        let authorised = satisfied(&program.root, &mut (0..rows).map(|row| mask >> row & 1 == 1));
        !authorised && spans(subset(matrix, *mask))
    })
}

/// The completeness half: an authorised set of rows that does not span the secret.
fn useless_authorisation(program: &SpanProgram, matrix: &Matrix) -> Option<u32> {
    let rows = matrix.len() as u32;
    (0..1u32 << rows).find(|mask| {
        let authorised = satisfied(&program.root, &mut (0..rows).map(|row| mask >> row & 1 == 1));
        authorised && !spans(subset(matrix, *mask))
    })
}

/// γ·M for coefficients by row.
fn combine(matrix: &Matrix, rows: &[(usize, Scalar)]) -> Vec<Scalar> {
    let mut sum = alloc::vec![Scalar::zero(); matrix[0].len()];
    for (row, coefficient) in rows {
        for (entry, other) in sum.iter_mut().zip(&matrix[*row]) {
            *entry = *entry + *coefficient * *other;
        }
    }
    sum
}

fn is_unit(row: &[Scalar]) -> bool {
    row[0] == Scalar::one() && row[1..].iter().all(Scalar::is_zero)
}

/// A secret, the shares, and the vector (s, v) they were made from.
fn share(program: &SpanProgram, rng: &mut TestRng) -> (Vec<Scalar>, Vec<Scalar>) {
    let mut vector = alloc::vec![Scalar::random_public(rng)];
    let secret = Secret::new(vector[0]);
    let shares = program.share(&secret, || {
        let fresh = Scalar::random_public(rng);
        vector.push(fresh);
        Secret::new(fresh)
    });
    (vector, shares.iter().map(|share| *share.expose_secret()).collect())
}

/// The ρ values used, and the number of rows: what a selection costs.
fn cost(program: &SpanProgram, rows: impl Iterator<Item = usize> + Clone) -> (usize, usize) {
    let pairings: BTreeSet<usize> = rows.clone().map(|row| program.rows()[row].occurrence).collect();
    (pairings.len(), rows.count())
}

#[test]
fn matrix_of_each_gate() {
    let integers = |text| {
        let matrix = parse(text).span_program().matrix();
        let small = |entry: &Scalar| {
            (-9i64..=9)
                .find(|value| {
                    let absolute = Scalar::from_u64(value.unsigned_abs());
                    *entry == if *value < 0 { -absolute } else { absolute }
                })
                .unwrap()
        };
        matrix.iter().map(|row| row.iter().map(small).collect()).collect::<Vec<Vec<i64>>>()
    };
    assert_eq!(integers("a"), [[1]]);
    assert_eq!(integers("a or b"), [[1], [1]]);
    assert_eq!(integers("a and b and c"), [[0, 1, 0], [0, 0, 1], [1, -1, -1]]);
    assert_eq!(integers("3 of (a, b, c, d)"), [[1, 1, 0], [1, 2, 1], [1, 3, 3], [1, 4, 6]]);
    // Preorder: the outer gate draws before the inner ones.
    assert_eq!(integers("a and (b or c and d)"), [[0, 1, 0], [1, -1, 0], [0, 0, 1], [1, -1, -1]]);
    assert_eq!(integers("x >= 3"), [[1], [1]]);
}

#[test]
fn rows_labels_and_occurrences() {
    let program = parse("a and (a or b) or 2 of (a, b, c)").span_program();
    let label = |name| Attribute::new(Name::new(name).unwrap()).label();
    let rows: Vec<_> = program.rows().iter().map(|row| (row.label, row.occurrence)).collect();
    // Canonical order: `a and (a or b)` before `2 of (a, b, c)`.
    assert_eq!(rows, [(0, 1), (0, 2), (1, 1), (0, 3), (1, 2), (2, 1)]);
    assert_eq!(program.labels(), [label("a"), label("b"), label("c")]);
    assert_eq!((program.tau(), program.len(), program.columns()), (3, 6, 3));
}

/// Attack 2 with weakened twins: the matrix with one line of the sharing changed.
#[test]
fn weakened_sharing_is_broken() {
    let program = parse("a and (b or c) and d").span_program();
    assert_eq!(unauthorised_span(&program, &program.matrix()), None);
    // Twin: the children of the `and` get the secret itself.
    let copies = alloc::vec![alloc::vec![Scalar::one(), Scalar::zero(), Scalar::zero()]; 4];
    assert!(unauthorised_span(&program, &copies).is_some());
    // Twin: one fresh value for both free children of the `and`.
    let merged = program.matrix().iter().map(|row| alloc::vec![row[0], row[1] + row[2]]).collect();
    assert!(useless_authorisation(&program, &merged).is_none());
    let program = parse("a and b and c").span_program();
    let merged: Matrix = program.matrix().iter().map(|row| alloc::vec![row[0], row[1] + row[2]]).collect();
    assert!(unauthorised_span(&program, &merged).is_some());
    // Twin: a polynomial of one degree less.
    let program = parse("3 of (a, b, c, d)").span_program();
    assert_eq!(unauthorised_span(&program, &program.matrix()), None);
    let flatter = program.matrix().iter().map(|row| row[..2].to_vec()).collect();
    assert!(unauthorised_span(&program, &flatter).is_some());
    // Twin: one degree more shuts out the authorised.
    let steeper = program
        .matrix()
        .iter()
        .zip([0, 0, 1, 4])
        .map(|(row, third)| row.iter().copied().chain([Scalar::from_u64(third)]).collect())
        .collect();
    assert!(useless_authorisation(&program, &steeper).is_some());
}

/// In an `and` no share is 0 or the whole secret; with coins that are 0 (weakened twin) they are.
#[test]
fn shares_of_an_and_hide_the_secret() {
    let mut rng = TestRng(1);
    let program = parse("a and b and (c or d) and 2 of (a, b, c and d)").span_program();
    for _ in 0..20 {
        let (vector, shares) = share(&program, &mut rng);
        assert!(shares.iter().all(|share| !share.is_zero() && *share != vector[0]));
        assert_eq!(vector.len(), program.columns());
    }
    let secret = Secret::new(Scalar::random_public(&mut rng));
    let weak = program.share(&secret, || Secret::new(Scalar::zero()));
    assert!(weak.iter().any(|share| share.expose_secret().is_zero()));
    assert!(weak.iter().any(|share| share.expose_secret() == secret.expose_secret()));
}

#[test]
fn large_policies_take_little_time() {
    let mut rng = TestRng(2);
    let names = |count: usize| (0..count).map(|index| format!("a{index}")).collect::<Vec<_>>();
    for text in [
        names(1024).join(" and "),
        names(1024).join(" or "),
        format!("512 of ({})", names(1024).join(", ")),
        format!("2 of ({})", names(1024).join(", ")),
        format!("1023 of ({})", names(1024).join(", ")),
        format!("2 of (z, w, 200 of ({}))", names(500).join(", ")),
    ] {
        let program = parse(&text).span_program();
        let (vector, shares) = share(&program, &mut rng);
        let mut held = false;
        for every in [1, 2] {
            let labels: Vec<&Label> = program.labels().iter().step_by(every).collect();
            let labels: BTreeSet<&Label> = labels.into_iter().collect();
            let Some(selection) = program.reconstruct(|label| labels.contains(label)) else { continue };
            held = true;
            let sum =
                selection.rows.iter().fold(Scalar::zero(), |sum, (row, factor)| sum + *factor * shares[*row]);
            assert_eq!(sum, vector[0]);
        }
        assert!(held);
        let gamma = program.random_reconstruction(&mut rng);
        let sum =
            gamma.iter().zip(&shares).fold(Scalar::zero(), |sum, (factor, share)| sum + *factor * *share);
        assert_eq!(sum, vector[0]);
    }
}

/// More than four ρ: what is chosen satisfies the policy, and no ρ can be left out.
#[test]
fn greedy_choice_with_many_occurrences() {
    // `a` occurs eight times; row i of it needs one of the others, which occur once.
    let text = (0..8)
        .map(|index| format!("(a and b{index} and {})", ["x >= 3", "x <= 2"][index % 2]))
        .collect::<Vec<_>>();
    let policy = parse(&format!("3 of ({})", text.join(", ")));
    let program = policy.span_program();
    assert!(program.tau() > 4);
    let mut set = AttributeSet::parse("a, x = 5", &strategies::small_schema()).unwrap();
    for index in 0..8 {
        set.insert(Attribute::new(Name::new(&format!("b{index}")).unwrap()), &Schema::empty()).unwrap();
    }
    let labels = set.labels();
    let selection = program.reconstruct(|label| labels.contains(label)).unwrap();
    assert!(is_unit(&combine(&program.matrix(), &selection.rows)));
    let used: BTreeSet<usize> =
        selection.rows.iter().map(|(row, _)| program.rows()[*row].occurrence).collect();
    for left_out in &used {
        let mut rows = program.rows().iter().map(|row| {
            labels.contains(&program.labels()[row.label])
                && used.contains(&row.occurrence)
                && row.occurrence != *left_out
        });
        assert!(!satisfied(&program.root, &mut rows));
    }
    assert!(program.reconstruct(|_| false).is_none());
}

/// A hostile policy: one attribute over a thousand times.
#[test]
fn a_thousand_occurrences() {
    let part = |index: usize| format!("(a and b{})", index % 500);
    let parts: Vec<_> = (0..500).map(part).collect();
    let program = parse(&format!("250 of ({})", parts.join(", "))).span_program();
    assert_eq!(program.tau(), 500);
    let selection = program.reconstruct(|_| true).unwrap();
    assert_eq!(cost(&program, selection.rows.iter().map(|(row, _)| *row)), (250, 500));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Attack 2, exhaustively over the sets of rows.
    #[test]
    fn only_authorised_rows_span(policy in strategies::small_policy()) {
        prop_assume!(policy.leaves() <= 9);
        let program = policy.span_program();
        let matrix = program.matrix();
        prop_assert_eq!(unauthorised_span(&program, &matrix), None);
        prop_assert_eq!(useless_authorisation(&program, &matrix), None);
    }

    /// Algebra and plain logic agree on real attribute sets, both ways.
    #[test]
    fn algebra_equals_logic(policy in strategies::small_policy(), set in strategies::small_set()) {
        let program = policy.span_program();
        let labels = set.labels();
        let owned = |row: &Row| labels.contains(&program.labels()[row.label]);
        let matrix = program.matrix();
        let rows = program.rows().iter().zip(&matrix).filter(|(row, _)| owned(row)).map(|(_, row)| row.clone()).collect();
        let satisfied = policy.is_satisfied_by(&set);
        prop_assert_eq!(spans(rows), satisfied);
        let selection = program.reconstruct(|label| labels.contains(label));
        prop_assert_eq!(selection.is_some(), satisfied);
        if let Some(selection) = selection {
            prop_assert!(selection.rows.iter().all(|(row, _)| owned(&program.rows()[*row])));
            prop_assert!(selection.rows.is_sorted_by(|a, b| a.0 < b.0));
            prop_assert!(is_unit(&combine(&matrix, &selection.rows)));
        }
    }

    /// Shares are M·(s, v), and the selection gives the secret back.
    #[test]
    fn shares_are_the_matrix_times_the_vector(policy in strategies::small_policy(), seed: u64) {
        let program = policy.span_program();
        let matrix = program.matrix();
        let (vector, shares) = share(&program, &mut TestRng(seed));
        prop_assert_eq!(vector.len(), program.columns());
        prop_assert_eq!(shares.len(), program.len());
        for (row, share) in matrix.iter().zip(&shares) {
            let product = row.iter().zip(&vector).fold(Scalar::zero(), |sum, (a, b)| sum + *a * *b);
            prop_assert_eq!(product, *share);
        }
        let selection = program.reconstruct(|_| true).unwrap();
        let sum = selection.rows.iter().fold(Scalar::zero(), |sum, (row, factor)| sum + *factor * shares[*row]);
        prop_assert_eq!(sum, vector[0]);
    }

    /// Without k-of-n gates every coefficient is exactly one.
    #[test]
    fn coefficients_of_and_and_or_are_one(policy in strategies::small_policy()) {
        prop_assume!(!alloc::format!("{policy}").contains(" of ("));
        let selection = policy.span_program().reconstruct(|_| true).unwrap();
        prop_assert!(selection.rows.iter().all(|(_, factor)| *factor == Scalar::one()));
    }

    /// Fewest pairings, then fewest rows: compared with all subsets of the owned rows.
    #[test]
    fn the_choice_is_the_cheapest(policy in strategies::small_policy(), set in strategies::small_set()) {
        let program = policy.span_program();
        let labels = set.labels();
        let owned: Vec<usize> = (0..program.len()).filter(|row| labels.contains(&program.labels()[program.rows()[*row].label])).collect();
        prop_assume!(owned.len() <= 10);
        let distinct: BTreeSet<usize> = owned.iter().map(|row| program.rows()[*row].occurrence).collect();
        prop_assume!(distinct.len() <= 4);
        let cheapest = (0..1u32 << owned.len()).filter_map(|mask| {
            let rows = subset(&owned, mask);
            let fits = satisfied(&program.root, &mut (0..program.len()).map(|row| rows.contains(&row)));
            fits.then(|| cost(&program, rows.into_iter()))
        }).min();
        let chosen = program.reconstruct(|label| labels.contains(label));
        prop_assert_eq!(chosen.map(|chosen| cost(&program, chosen.rows.iter().map(|(row, _)| *row))), cheapest);
    }

    /// Random coefficients solve γM = (1,0,..,0), and their differences fill the whole space of
    /// solutions: nothing about them is fixed.
    #[test]
    fn random_coefficients_are_random_solutions(policy in strategies::small_policy(), seed: u64) {
        let program = policy.span_program();
        let matrix = program.matrix();
        let mut rng = TestRng(seed);
        let freedom = program.len() - echelon(matrix.clone()).len();
        let samples: Matrix = (0..=freedom).map(|_| program.random_reconstruction(&mut rng)).collect();
        for sample in &samples {
            let rows: Vec<_> = sample.iter().copied().enumerate().collect();
            prop_assert!(is_unit(&combine(&matrix, &rows)));
        }
        let differences = samples[1..].iter().map(|sample| sample.iter().zip(&samples[0]).map(|(a, b)| *a - *b).collect()).collect();
        prop_assert_eq!(echelon(differences).len(), freedom);
    }
}
