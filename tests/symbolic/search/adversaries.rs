//! Who gets what: the table of claims, for entries of the current index epoch and of the next.
//!
//! The reader of P1 is revoked in the current epoch: P1 gets a new version at once, and the next
//! epoch has seeds of its own. The reader of P2 stays.

use super::knowledge::Knowledge;
use super::knowledge::Verdict::{self, Break, Safe};
use super::protocol::*;
use super::table::{Column, Row, Table, column, row};

/// What entries of an epoch hang on: the owner's on D, a lab's on its T. K is the keyword whose
/// trapdoor of the current epoch the revoked reader kept.
fn entries(context: Context) -> [Column; 6] {
    [
        column("x", context, context.search_key()),
        column("D_w", context, context.trapdoor_of(W)),
        column("D_k", context, context.trapdoor_of(K)),
        column("T_w of the lab", context, context.chain_of(LAB, W)),
        column("T_w of another lab", context, context.chain_of(LAB_2, W)),
        column("T_k of another lab", context, context.chain_of(LAB_2, K)),
    ]
}

const NOTHING: [Verdict; 6] = [Safe; 6];
const CACHED_KEYWORDS: [Verdict; 6] = [Safe, Safe, Break, Safe, Safe, Break];
const OWN_ENTRIES: [Verdict; 6] = [Safe, Safe, Safe, Break, Safe, Safe];
const OWN_ENTRIES_AND_CACHED_KEYWORDS: [Verdict; 6] = [Safe, Safe, Break, Break, Safe, Break];
const ALL_ENTRIES: [Verdict; 6] = [Safe, Break, Break, Break, Break, Break];
const ALL_ENTRIES_AND_X: [Verdict; 6] = [Break; 6];

/// A claim for existing entries and for those of the later epoch. Other domains and collections
/// stay closed to everybody here.
fn claim(who: &'static str, holds: Knowledge, existing: [Verdict; 6], later: [Verdict; 6]) -> Row {
    let expected: Vec<_> = [existing, later, NOTHING, NOTHING].concat();
    row::<24>(who, holds, expected.try_into().unwrap())
}

/// What passes between other readers and the gate.
fn wire() -> Knowledge {
    let request = |(context, seed): (Context, Seed), keyword: &str| {
        let rho = rho(&format!("{keyword}, {seed:?}, {context:?}"));
        [context.request(seed, keyword, &rho), context.answer(keyword, &rho)]
    };
    let grants = [(HERE, P2), (HERE, P1_AGAIN), (NEXT, P1_NEXT), (NEXT, P2_NEXT)];
    public().g1(grants.into_iter().flat_map(|grant| [W, K].map(|keyword| request(grant, keyword))).flatten())
}

/// The shares in force after the revocation, of both epochs.
fn live_shares() -> Knowledge {
    wire().scalars(HERE.shares(&[P1_AGAIN, P2])).scalars(NEXT.shares(&[P1_NEXT, P2_NEXT]))
}

/// A gate that deletes nothing and serves two domains and two collections.
fn all_shares() -> Knowledge {
    let others = [DOMAIN, ABROAD].map(|context| context.shares(&[P1, P2]));
    live_shares().scalars([HERE.share(P1)]).scalars(others.into_iter().flatten())
}

fn revoked() -> Knowledge {
    wire().scalars([HERE.a(P1)]).g1([HERE.trapdoor(K)])
}

fn current() -> Knowledge {
    wire().scalars([HERE.a(P2), NEXT.a(P2_NEXT)])
}

/// A lab that writes in both epochs; its observations of the wire are those of the cloud.
fn lab() -> Knowledge {
    wire().scalars([HERE.y(LAB), NEXT.y(LAB)])
}

pub fn table() -> Table {
    let columns: [Column; 24] =
        [HERE, NEXT, DOMAIN, ABROAD].map(entries).concat().try_into().unwrap_or_else(|_| unreachable!());
    Table::new(
        columns,
        [
            claim("revoked reader alone", revoked(), CACHED_KEYWORDS, NOTHING),
            claim(
                "revoked reader, later with the stolen index and the current b'",
                revoked().and(live_shares()),
                CACHED_KEYWORDS,
                NOTHING,
            ),
            claim(
                "revoked reader with a gate that kept the old b",
                revoked().and(all_shares()),
                ALL_ENTRIES_AND_X,
                NOTHING,
            ),
            claim(
                "current reader, while the gate answers",
                current().oracles([HERE.share(P2), NEXT.share(P2_NEXT)]),
                ALL_ENTRIES,
                ALL_ENTRIES,
            ),
            claim("current reader + gate", current().and(all_shares()), ALL_ENTRIES_AND_X, ALL_ENTRIES_AND_X),
            claim("lab + cloud", lab(), OWN_ENTRIES, OWN_ENTRIES),
            claim("lab + revoked reader", lab().and(revoked()), OWN_ENTRIES_AND_CACHED_KEYWORDS, OWN_ENTRIES),
            claim("gate + lab", lab().and(all_shares()), OWN_ENTRIES, OWN_ENTRIES),
            claim("gate alone, all shares of all policies and versions", all_shares(), NOTHING, NOTHING),
        ],
    )
}

#[test]
fn the_table_of_claims() {
    table().check();
}
