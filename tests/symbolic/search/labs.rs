//! Writers: a lab with y makes its own chains, and nothing else.

use super::knowledge::Knowledge;
use super::knowledge::Verdict::{Break, Safe};
use super::monomial::unknown;
use super::protocol::*;
use super::table::{Table, column, row};
use crate::polynomial::{known, secret};
use crate::span::Holdings;
use crate::world::only_the_given_reads;

fn lab(name: &str) -> Knowledge {
    public().scalars([HERE.y(name)])
}

fn gate() -> Knowledge {
    public().scalars(HERE.shares(&[P1, P1_AGAIN, P2]))
}

pub fn table() -> Table {
    let columns = [
        column("x", HERE, HERE.search_key()),
        column("D_w", HERE, HERE.trapdoor_of(W)),
        column("T of the lab", HERE, HERE.chain_of(LAB, W)),
        column("T of the second lab", HERE, HERE.chain_of(LAB_2, W)),
        column("T of the third lab", HERE, HERE.chain_of(LAB_3, W)),
    ];
    let rogue = unknown("chosen by the rogue lab");
    let chains = LABS.map(|lab| HERE.chain(lab, K));
    Table::new(
        columns,
        [
            row("nobody", public(), [Safe, Safe, Safe, Safe, Safe]),
            row("a lab", lab(LAB), [Safe, Safe, Break, Safe, Safe]),
            row("a lab and the gate", lab(LAB).and(gate()), [Safe, Safe, Break, Safe, Safe]),
            row("two labs", lab(LAB).and(lab(LAB_2)), [Safe, Safe, Break, Break, Safe]),
            row(
                "two labs and the gate",
                lab(LAB).and(lab(LAB_2)).and(gate()),
                [Safe, Safe, Break, Break, Safe],
            ),
            row(
                "two labs and a revoked reader who kept another keyword's trapdoor",
                lab(LAB).and(lab(LAB_2)).scalars([HERE.a(P1)]).g1([HERE.trapdoor(K)]),
                [Safe, Safe, Break, Break, Safe],
            ),
            row(
                "a lab, with all labs' chains of another keyword",
                lab(LAB).gt(chains),
                [Safe, Safe, Break, Safe, Safe],
            ),
            row(
                "the gate, with all labs' chains of another keyword",
                gate().gt(LABS.map(|lab| HERE.chain(lab, K))),
                [Safe, Safe, Safe, Safe, Safe],
            ),
            row(
                "a lab whose key is a power of the third lab's, without a proof of possession",
                lab(LAB).scalars([rogue.clone()]).g2([HERE.y(LAB_3) * rogue]),
                [Safe, Safe, Break, Safe, Safe],
            ),
            row(
                "one lab's y and the trapdoor of w: everything of w",
                lab(LAB).g1([HERE.trapdoor(W)]),
                [Safe, Break, Break, Break, Break],
            ),
            row(
                "twin: one y for two labs; the first of them",
                lab(LAB).scalars([HERE.y(LAB_2)]),
                [Safe, Safe, Break, Break, Safe],
            ),
            row(
                "twin: the labs write under keys that follow from each other; the first of them",
                lab(LAB).scalars([HERE.y(LAB_2) / HERE.y(LAB), HERE.y(LAB_3) / HERE.y(LAB_2)]),
                [Safe, Safe, Break, Break, Break],
            ),
        ],
    )
}

#[test]
fn labs_and_their_chains() {
    table().check();
}

/// The proof of possession of y is (R = g2^k, z = k + c·y): z is a sum, no monomial, so it is no
/// row above. That it shows nothing of y is the standard argument: whoever knows c and z makes R
/// himself, so a verifier could have made the whole proof. The algebra of it is checked here, with
/// z and c as known scalars; that c is a hash, and that no two proofs share k, is not.
#[test]
fn a_proof_of_possession_adds_no_element() {
    only_the_given_reads(|response_is_known| {
        let y = secret("y");
        let z = if response_is_known { known("z") } else { secret("z") };
        let r = z - known("c") * &y;
        let mut verifier = Holdings::generators();
        verifier.learns_g2(&y);
        verifier.reaches(&r)
    });
}
