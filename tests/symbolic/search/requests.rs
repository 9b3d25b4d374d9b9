//! Requests: what the gate learns from M, and what an observer learns from M and Z.

use super::knowledge::Verdict::{Break, Safe};
use super::knowledge::{Knowledge, Target};
use super::monomial::{Monomial, one, unknown};
use super::protocol::*;
use super::table::{Table, column, row};

/// The gate's view of a request: M. It makes Z itself.
fn m(seed: Seed, keyword: &str, rho: &Monomial) -> Knowledge {
    Knowledge::default().g1([HERE.request(seed, keyword, rho)])
}

/// An observer's view of a request: M and Z.
fn m_z(seed: Seed, keyword: &str, rho: &Monomial) -> Knowledge {
    m(seed, keyword, rho).g1([HERE.answer(keyword, rho)])
}

fn gate() -> Knowledge {
    public().scalars(HERE.shares(&[P1, P1_AGAIN, P2]))
}

/// Revoked in P1; he kept the trapdoor of another keyword.
fn revoked() -> Knowledge {
    public().scalars([HERE.a(P1)]).g1([HERE.trapdoor(K)])
}

/// Requests of others, each with a blinding of its own.
fn others() -> Knowledge {
    m_z(P2, W, &rho("1")).and(m_z(P1_AGAIN, W, &rho("2"))).and(m_z(P2, K, &rho("3")))
}

/// Two keywords of one request under one blinding.
fn one_rho(view: fn(Seed, &str, &Monomial) -> Knowledge) -> Knowledge {
    view(P2, W, &rho("both")).and(view(P2, K, &rho("both")))
}

pub fn table() -> Table {
    let columns = [
        column("x", HERE, HERE.search_key()),
        column("a of P2", HERE, Target::Scalar(HERE.a(P2))),
        column("D_w", HERE, HERE.trapdoor_of(W)),
        column("T", HERE, HERE.chain_of(LAB, W)),
    ];
    let many =
        || m(P2, W, &rho("1")).and(m(P2, W, &rho("2"))).and(m(P1, W, &rho("3"))).and(m(P2, K, &rho("4")));
    let live = || Knowledge::default().scalars(HERE.shares(&[P1_AGAIN, P2]));
    let online = || Knowledge::default().oracles(HERE.shares(&[P1_AGAIN, P2]));
    Table::new(
        columns,
        [
            row("the gate, all shares and many requests", gate().and(many()), [Safe; 4]),
            row("the gate, one blinding for two keywords", gate().and(one_rho(m)), [Safe; 4]),
            row(
                "the gate, one blinding for two keywords, the trapdoor of one of them",
                gate().and(one_rho(m)).g1([HERE.trapdoor(K)]),
                [Safe; 4],
            ),
            row(
                "twin: the gate, a request without blinding",
                gate().and(m(P2, W, &one())),
                [Safe, Safe, Break, Break],
            ),
            row(
                "twin: the gate, a blinding from a generator that it can predict",
                gate().and(m(P2, W, &rho("1"))).scalars([rho("1")]),
                [Safe, Safe, Break, Break],
            ),
            row(
                "the gate, many requests, and the blinded part of one as a number",
                gate().and(many()).scalars([HERE.a(P2) * rho("1")]),
                [Safe; 4],
            ),
            row("twin: the gate, a reader's part", gate().and(many()).scalars([HERE.a(P2)]), [Break; 4]),
            row("an observer of requests and answers", public().and(others()), [Safe; 4]),
            row("a revoked reader who observes others", revoked().and(others()), [Safe; 4]),
            row(
                "a revoked reader who observes others, and steals the live shares",
                revoked().and(others()).and(live()),
                [Safe; 4],
            ),
            row(
                "a revoked reader who replays what he observed, and the gate answers",
                revoked().and(others()).and(online()),
                [Safe; 4],
            ),
            row(
                "a revoked reader who observes one blinding for two keywords, the trapdoor of one kept",
                revoked().and(one_rho(m_z)),
                [Safe; 4],
            ),
            row(
                "twin: an observer of a request without blinding",
                public().and(m_z(P2, W, &one())),
                [Safe, Safe, Break, Break],
            ),
            row(
                "twin: an observer who can predict the blinding",
                public().and(m_z(P2, W, &rho("1"))).scalars([rho("1")]),
                [Safe, Safe, Break, Break],
            ),
            row(
                "twin: a revoked reader who observes a request, the new header open to him, and the gate answers",
                revoked().and(others()).and(online()).scalars([HERE.a(P1_AGAIN)]),
                [Safe, Safe, Break, Break],
            ),
        ],
    )
}

#[test]
fn gates_and_observers() {
    table().check();
}

// Which keyword is it? The model shows that no equation between products of G1 and G2 tells. For a
// fresh blinding more is true, without any assumption: M is uniformly random. For one blinding of
// two keywords only this remains, and it rests on the decisional Diffie-Hellman assumption in G1;
// besides, equal keywords show. A blinding for each keyword needs neither.

#[test]
fn the_gate_cannot_tell_a_request_from_a_random_point() {
    let random = |name: &str| gate().g1([unknown(name)]);
    for keyword in [W, K] {
        assert!(!gate().and(m(P2, keyword, &rho("1"))).differs_from(&random("point")));
    }
    // Twins: without blinding it pairs and compares, and so with a copy of the blinded
    // part in G2, or with the blinded part itself.
    assert!(gate().and(m(P2, W, &one())).differs_from(&random("point")));
    assert!(gate().and(m(P2, W, &one())).differs_from(&gate().and(m(P2, K, &one()))));
    let request = || gate().and(m(P2, W, &rho("1")));
    let copy = |world: Knowledge| world.g2([HERE.a(P2) * rho("1")]);
    assert!(copy(request()).differs_from(&copy(random("point"))));
    let number = |world: Knowledge| world.scalars([HERE.a(P2) * rho("1")]);
    assert!(number(request()).differs_from(&number(random("point"))));
}

#[test]
fn the_gate_cannot_tell_whether_two_requests_are_for_one_keyword() {
    let pair = |first: &str, second: &str, rhos: [&str; 2]| {
        gate().and(m(P2, first, &rho(rhos[0]))).and(m(P2, second, &rho(rhos[1])))
    };
    assert!(!pair(W, W, ["1", "2"]).differs_from(&pair(W, K, ["1", "2"])));
    assert!(!pair(W, K, ["1", "2"]).differs_from(&pair(K, W, ["1", "2"])));
    // Under one blinding equal keywords are equal points; unequal ones still have no test.
    assert!(pair(W, W, ["1", "1"]).differs_from(&pair(W, K, ["1", "1"])));
    assert!(!pair(W, K, ["1", "1"]).differs_from(&pair(K, W, ["1", "1"])));
    assert!(!pair(W, K, ["1", "1"]).differs_from(&pair(W, K, ["1", "2"])));
}

#[test]
fn one_who_kept_trapdoors_cannot_tell_what_others_ask() {
    let keeper = |keyword: &str, rho: &Monomial| {
        public().g1([W, K].map(|keyword| HERE.trapdoor(keyword))).and(m_z(P2, keyword, rho))
    };
    assert!(!keeper(W, &rho("1")).differs_from(&keeper(K, &rho("1"))));
    assert!(keeper(W, &one()).differs_from(&keeper(K, &one())));
}

#[test]
fn the_gate_cannot_tell_under_which_version_a_request_was_made() {
    let request = |seed: Seed| gate().and(m(seed, W, &rho("1")));
    assert!(!request(P1).differs_from(&request(P2)));
    assert!(!request(P1).differs_from(&request(P1_AGAIN)));
}
