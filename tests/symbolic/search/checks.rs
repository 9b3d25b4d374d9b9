//! No verdict is idle: each that says "safe" flips when the secret is handed over, none when
//! something unrelated is, and each that says "break" needs more than what is public.

use super::knowledge::{Knowledge, Target, Verdict};
use super::monomial::{Monomial, unknown};
use super::protocol::*;
use super::table::{Column, Row, Table};
use super::{adversaries, contexts, labs, requests, shares};
use Verdict::{Break, Safe};

fn tables() -> Vec<Table> {
    let single =
        [shares::holders(), shares::revocation(), requests::table(), labs::table(), adversaries::table()];
    single.into_iter().chain(contexts::tables()).collect()
}

fn each_safe_cell(mut check: impl FnMut(&Row, &Column)) {
    let mut count = 0;
    for table in &tables() {
        for (row, column, _) in table.cells().filter(|(_, _, verdict)| *verdict == Safe) {
            check(row, column);
            count += 1;
        }
    }
    assert!(count > 300, "only {count} cells");
}

fn verdict_with(row: &Row, given: Knowledge, column: &Column) -> Verdict {
    row.holds.clone().and(given).verdict(&column.target)
}

/// A secret in two halves, so that handing it over takes an elimination.
fn halves(secret: &Monomial) -> [Monomial; 2] {
    let mask = unknown("mask");
    [secret * &mask, mask]
}

#[test]
fn every_safe_verdict_flips_with_the_search_key() {
    each_safe_cell(|row, column| {
        // The reader's part of a policy is x over the gate's share.
        let secret = match &column.target {
            Target::Scalar(scalar) => scalar.clone(),
            Target::G1(_) | Target::Gt(_) => column.context.x(),
        };
        let given = |scalars: &[Monomial]| Knowledge::default().scalars(scalars.iter().cloned());
        let [masked, mask] = halves(&secret);
        let (who, what) = (row.who, column.name);
        assert_eq!(verdict_with(row, given(&[masked.clone(), mask.clone()]), column), Break, "{who}: {what}");
        assert_eq!(verdict_with(row, given(&[masked]), column), Safe, "{who}: {what}");
        assert_eq!(verdict_with(row, given(&[mask]), column), Safe, "{who}: {what}");
    });
}

#[test]
fn every_safe_verdict_but_that_of_scalars_flips_with_the_trapdoor() {
    each_safe_cell(|row, column| {
        let trapdoors = [W, K].map(|keyword| column.context.trapdoor(keyword));
        let expected = if matches!(column.target, Target::Scalar(_)) { Safe } else { Break };
        let found = verdict_with(row, Knowledge::default().g1(trapdoors), column);
        assert_eq!(found, expected, "{}: {}", row.who, column.name);
    });
}

#[test]
fn no_verdict_flips_with_what_is_unrelated() {
    let elsewhere = Context("Carl, general, epoch 1");
    let given = Knowledge::default()
        .scalars([elsewhere.x(), elsewhere.a(P1), elsewhere.y(LAB)])
        .g1([elsewhere.trapdoor(W), unknown("random point")])
        .g2([unknown("random point of G2")])
        .gt([elsewhere.chain(LAB_2, W)]);
    each_safe_cell(|row, column| {
        assert_eq!(verdict_with(row, given.clone(), column), Safe, "{}: {}", row.who, column.name);
    });
}

#[test]
fn what_is_public_breaks_nothing() {
    for table in &tables() {
        for column in &table.columns {
            assert_eq!(public().verdict(&column.target), Safe, "{}", column.name);
        }
    }
}

#[test]
fn names_are_unique_within_a_table_and_both_verdicts_are_common() {
    let (mut safe, mut broken, mut rows) = (0, 0, 0);
    for table in &tables() {
        let names: std::collections::BTreeSet<_> = table.rows.iter().map(|row| row.who).collect();
        assert_eq!(names.len(), table.rows.len());
        rows += names.len();
        for (_, _, verdict) in table.cells() {
            *(if verdict == Safe { &mut safe } else { &mut broken }) += 1;
        }
    }
    println!("{rows} rows, {safe} verdicts safe, {broken} break");
    assert!(safe > 300 && broken > 100, "{safe} {broken}");
}
