//! Readers' parts and gates' shares within one context: who gets x, a trapdoor, a lab's chain?
//! Shares are replaced when a reader is revoked, never multiplied; the twins show why.

use super::knowledge::Verdict::{Break, Safe};
use super::knowledge::{Knowledge, Target};
use super::monomial::{Monomial, unknown};
use super::protocol::*;
use super::table::{Table, column, row};

/// What the update by multiplication would send: b' = b · delta, and a' = a / delta.
fn delta() -> Monomial {
    HERE.a(P1) / HERE.a(P1_AGAIN)
}

/// A number that the gate draws for an update of its own.
fn drawn() -> Monomial {
    unknown("number drawn by the gate")
}

/// The reader of P1, revoked or not.
fn reader() -> Knowledge {
    public().scalars([HERE.a(P1)])
}

fn gate(seeds: &[Seed]) -> Knowledge {
    public().scalars(HERE.shares(seeds))
}

/// A trapdoor that somebody kept says something about its own keyword only.
fn cached() -> Knowledge {
    Knowledge::default().g1([HERE.trapdoor(K)])
}

fn parts_of(seeds: &[Seed]) -> Knowledge {
    Knowledge::default().scalars(HERE.parts(seeds))
}

pub fn holders() -> Table {
    let columns = [
        column("x", HERE, HERE.search_key()),
        column("D_w", HERE, HERE.trapdoor_of(W)),
        column("T", HERE, HERE.chain_of(LAB, W)),
        column("another policy's a", HERE, Target::Scalar(HERE.a(P2))),
    ];
    let lab = || public().scalars([HERE.y(LAB)]);
    Table::new(
        columns,
        [
            row("the cloud, with public keys only", public(), [Safe, Safe, Safe, Safe]),
            row("the gate, shares of two policies", gate(&[P1, P2]), [Safe, Safe, Safe, Safe]),
            row(
                "the gate, shares of all policies and versions",
                gate(&[P1, P1_AGAIN, P2]),
                [Safe, Safe, Safe, Safe],
            ),
            row(
                "the gate, with updates by multiplication: all versions and the numbers between",
                gate(&[P1, P1_AGAIN, P2]).scalars([delta()]),
                [Safe, Safe, Safe, Safe],
            ),
            row(
                "the gate, with the trapdoor of another keyword",
                gate(&[P1, P2]).and(cached()),
                [Safe, Safe, Safe, Safe],
            ),
            row("a lab and the gate", lab().and(gate(&[P1, P2])), [Safe, Safe, Break, Safe]),
            row("a lab and a revoked reader", lab().and(reader()), [Safe, Safe, Break, Safe]),
            row(
                "a reader under no policy, while gates answer for two of them",
                public().and(cached()).oracles(HERE.shares(&[P1, P2])),
                [Safe, Safe, Safe, Safe],
            ),
            row(
                "a current reader, while the gate answers",
                reader().oracles([HERE.share(P1)]),
                [Safe, Break, Break, Safe],
            ),
            row(
                "a current reader and the gate, shares of two policies",
                reader().and(gate(&[P1, P2])),
                [Break, Break, Break, Break],
            ),
        ],
    )
}

pub fn revocation() -> Table {
    let columns = [
        column("x", HERE, HERE.search_key()),
        column("D_w", HERE, HERE.trapdoor_of(W)),
        column("T", HERE, HERE.chain_of(LAB, W)),
    ];
    let online = |seeds: &[Seed]| Knowledge::default().oracles(HERE.shares(seeds));
    Table::new(
        columns,
        [
            row(
                "a revoked reader who steals the live shares later",
                reader().and(cached()).and(gate(&[P1_AGAIN, P2])),
                [Safe, Safe, Safe],
            ),
            row(
                "a revoked reader who saw the new share on its way to the gate",
                reader().scalars([HERE.share(P1_AGAIN)]),
                [Safe, Safe, Safe],
            ),
            row(
                "a revoked reader who names another's key id, and the gate answers",
                reader().and(cached()).and(online(&[P1_AGAIN])),
                [Safe, Safe, Safe],
            ),
            row(
                "a revoked reader and a gate that kept the old share",
                reader().scalars([HERE.share(P1)]),
                [Break, Break, Break],
            ),
            row(
                "twin: update by multiplication, the number tapped, the live share stolen later",
                reader().scalars([delta(), HERE.share(P1_AGAIN)]),
                [Break, Break, Break],
            ),
            row(
                "twin: update by multiplication, the number tapped, while the gate answers",
                reader().scalars([delta()]).and(online(&[P1_AGAIN])),
                [Safe, Break, Break],
            ),
            row(
                "a reader under two policies, revoked in both, while the gate answers",
                reader()
                    .and(parts_of(&[P2]))
                    .oracles([HERE.share(P1_AGAIN), HERE.x() / unknown("a of P2, version 2")]),
                [Safe, Safe, Safe],
            ),
            row(
                "twin: a reader under two policies, revoked in one of them, while the gate answers",
                reader().and(parts_of(&[P2])).and(online(&[P1_AGAIN, P2])),
                [Safe, Break, Break],
            ),
            row(
                "twin: the new header made in an epoch that the revoked key id has tokens for, live share",
                reader().and(parts_of(&[P1_AGAIN])).and(gate(&[P1_AGAIN])),
                [Break, Break, Break],
            ),
            row(
                "twin: the new header made in such an epoch, while the gate answers",
                reader().and(parts_of(&[P1_AGAIN])).and(online(&[P1_AGAIN])),
                [Safe, Break, Break],
            ),
            row(
                "an update made by the gate, which erased its number: the live share stolen later",
                reader().scalars([HERE.share(P1) / drawn()]),
                [Safe, Safe, Safe],
            ),
            row(
                "twin: an update made by the gate, which kept its number",
                reader().scalars([HERE.share(P1) / drawn(), drawn()]),
                [Break, Break, Break],
            ),
            row(
                "twin: an update made by the gate, the revoked reader opens the header with its number",
                reader().scalars([drawn()]).oracles([HERE.share(P1) / drawn()]),
                [Safe, Break, Break],
            ),
        ],
    )
}

#[test]
fn holders_of_parts_and_shares() {
    holders().check();
}

#[test]
fn revoked_readers_and_new_shares() {
    revocation().check();
}
