//! Contexts are apart: what is held in one collection, domain and index epoch says nothing in
//! another, because x, a, y and the points of keywords are independent. Each twin lets one of
//! them be the same in two contexts.

use super::knowledge::Knowledge;
use super::knowledge::Verdict::{Break, Safe};
use super::monomial::unknown;
use super::protocol::*;
use super::table::{Column, Table, column, row};

fn columns_in(context: Context) -> [Column; 4] {
    [
        column("x", context, context.search_key()),
        column("D_w", context, context.trapdoor_of(W)),
        column("D_k", context, context.trapdoor_of(K)),
        column("T", context, context.chain_of(LAB, W)),
    ]
}

fn reader() -> Knowledge {
    public().scalars([HERE.a(P1)])
}

fn shares_of(context: Context, seeds: &[Seed]) -> Knowledge {
    Knowledge::default().scalars(context.shares(seeds))
}

/// All that exists in a context: its x, its labs' y, trapdoors.
fn everything(context: Context) -> Knowledge {
    public().scalars(LABS.map(|lab| context.y(lab))).scalars([context.x(), context.a(P1)])
}

/// What is held here, wanted in another context.
pub fn from_here_to(there: Context) -> Table {
    let both = || shares_of(HERE, &[P1, P2]).and(shares_of(there, &[P1, P2]));
    let cached = [HERE.trapdoor(W), HERE.trapdoor(K)];
    // The gate cannot see which context a blinded point is from.
    let crossed = [there.hash(W) * HERE.x(), there.hash(K) * HERE.x()];
    Table::new(
        columns_in(there),
        [
            row("a reader of one context", reader(), [Safe; 4]),
            row("everything of one context", everything(HERE), [Safe; 4]),
            row(
                "a reader of one context, gates answer for both",
                reader().oracles([HERE.share(P1), there.share(P1)]),
                [Safe; 4],
            ),
            row("a reader of one context and the gate's shares of both", reader().and(both()), [Safe; 4]),
            row("trapdoors of one context, all shares of both", public().g1(cached).and(both()), [Safe; 4]),
            row(
                "points of one context raised to the x of another, with its shares",
                public().g1(crossed).and(shares_of(there, &[P1, P2])),
                [Safe; 4],
            ),
            row(
                "twin: one a for both; the reader of one, the gate answers for both",
                reader().oracles([HERE.share(P1), there.x() / HERE.a(P1)]),
                [Safe, Break, Break, Break],
            ),
            row(
                "twin: one a for both; the reader of one, the gate's shares of both",
                reader().scalars([HERE.share(P1), there.x() / HERE.a(P1)]),
                [Break, Break, Break, Break],
            ),
            row(
                "twin: one seed for both; a header of one opened gives a of both, and the gate's share",
                reader().scalars([there.a(P1), there.share(P1)]),
                [Break, Break, Break, Break],
            ),
            row(
                "a seed for each; a header of one opened, the gate's shares of both",
                reader().scalars([HERE.share(P1), there.share(P2)]),
                [Safe; 4],
            ),
            row(
                "twin: one y of a lab for both; that lab",
                public().scalars([there.y(LAB)]),
                [Safe, Safe, Safe, Break],
            ),
            row("a y of a lab for each; that lab", public().scalars([HERE.y(LAB)]), [Safe; 4]),
        ],
    )
}

/// One x for two contexts: readers and gates of the other one have parts and shares of the same x.
pub fn one_x(context: Context) -> Table {
    let other_part = unknown("a in the other context");
    let other_share = context.x() / &other_part;
    Table::new(
        columns_in(context),
        [
            row(
                "twin: one x; a reader of the other context, while the gate answers",
                public().scalars([other_part.clone()]).oracles([other_share.clone()]),
                [Safe, Break, Break, Break],
            ),
            row(
                "twin: one x; a reader of the other context and the gate",
                public().scalars([other_part, other_share]),
                [Break, Break, Break, Break],
            ),
            row(
                "one x; trapdoors of the other context only: points of contexts differ",
                public().g1([W, K].map(|keyword| HERE.hash(keyword) * context.x())),
                [Safe; 4],
            ),
            row(
                "twin: one x, points without a context; the trapdoor of w",
                public().g1([context.trapdoor(W)]),
                [Safe, Break, Safe, Break],
            ),
        ],
    )
}

/// An update by multiplication whose number is the same in two epochs.
pub fn one_delta() -> Table {
    let [delta, fresh] = ["number of both epochs", "number of the next epoch"].map(unknown);
    let reader = || reader().scalars([NEXT.a(P1)]);
    let backup = [HERE.share(P1), HERE.share(P1) * &delta];
    Table::new(
        columns_in(NEXT),
        [
            row(
                "twin: one number; a revoked reader, an old backup with two versions, the live share",
                reader().scalars(backup.clone()).scalars([NEXT.share(P1) * &delta]),
                [Break, Break, Break, Break],
            ),
            row(
                "a number for each; a revoked reader, an old backup with two versions, the live share",
                reader().scalars(backup).scalars([NEXT.share(P1) * fresh]),
                [Safe; 4],
            ),
        ],
    )
}

/// A reader is revoked, and the index goes on in a new epoch.
pub fn next_epoch() -> Table {
    let gate = || shares_of(HERE, &[P1, P1_AGAIN, P2]).and(shares_of(NEXT, &[P1_NEXT, P2_NEXT]));
    Table::new(
        columns_in(NEXT),
        [
            row("a revoked reader and a gate that kept every share", reader().and(gate()), [Safe; 4]),
            row(
                "twin: the header of the new epoch made in an epoch that the revoked key id has tokens for",
                reader().scalars([NEXT.a(P1_NEXT)]).and(gate()),
                [Break, Break, Break, Break],
            ),
            row(
                "twin: such a header, while the gate answers",
                reader().scalars([NEXT.a(P1_NEXT)]).oracles(NEXT.shares(&[P1_NEXT, P2_NEXT])),
                [Safe, Break, Break, Break],
            ),
        ],
    )
}

pub fn tables() -> Vec<Table> {
    let others = [NEXT, DOMAIN, ABROAD];
    let apart = others.iter().flat_map(|other| [from_here_to(*other), one_x(*other)]);
    apart.chain([one_delta(), next_epoch()]).collect()
}

#[test]
fn contexts_are_apart() {
    tables().iter().for_each(Table::check);
}

#[test]
fn a_point_of_one_context_under_the_key_of_another_is_all_that_a_crossed_request_gives() {
    let crossed = super::knowledge::Target::G1(DOMAIN.hash(W) * HERE.x());
    let reader = reader().oracles([HERE.share(P1)]);
    assert_eq!(reader.verdict(&crossed), Break);
    assert_eq!(reader.verdict(&DOMAIN.trapdoor_of(W)), Safe);
}
