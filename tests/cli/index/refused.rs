//! What an index refuses: an exit code, a reason, and what to do.

use std::fs;

use super::house::House;

#[test]
fn wrong_usage_and_wrong_people_are_refused() {
    let house = House::open();
    house.observations("own.ndjson", &[("a", "4548-4")]);
    house.ok("add anna --input own.ndjson");
    house.fails(1, "create anna", "exists already");
    house.fails(1, "stats nowhere", "is no index");
    house.fails(1, "add anna --input nothing.json", "nothing.json");
    house.fails(2, "add anna --input own.ndjson --as device", "owner's own writer");
    house.fails(2, "add anna --input own.ndjson --as ../lab", "a name has");
    house.fails(1, "grant anna dr-new --out chen.key", "exists already");
    house.fails(9, "grant anna dr-chen --out new.key", "may search already");
    house.fails(5, "revoke anna nobody", "nobody called");
    house.fails(2, "search anna --reader chen.key", "QUESTION");
    house.fails(2, "search anna --reader chen.key --remote code:1 not code:2", "nothing can be taken away");
    house.fails(2, "search anna --reader chen.key --language la vita", "da, nl, en");
    house.fails(4, "search anna --reader chen.key cdoe:1", "did you mean `code`?");
    house.fails(3, "search anna --reader own.ndjson code:4548-4", "own.ndjson");
    house.fails(3, "search anna --reader anna/owner/owner.hpcr code:4548-4", "index grant");
    house.ok("create other");
    house.fails(5, "search other --reader chen.key code:4548-4", "not the file of a reader");
    house.clinic.write("bad.json", b"{\"resourceType\":\"Observation\",");
    house.fails(3, "add anna --input bad.json", "bad.json");
    assert_eq!(house.finds("code:4548-4").len(), 1);
}

#[test]
fn a_strict_index_is_not_searched_by_the_server() {
    let house = House::open();
    house.ok("create strict --profile strict");
    house.ok("grant strict dr-roe --out roe.key");
    house.fails(9, "search strict --reader roe.key code:1 --remote", "no remote search");
    house.ok("search strict --reader roe.key code:1");
}

#[test]
fn a_server_that_has_lost_segments_is_told_on() {
    let house = House::open();
    house.observations("one.ndjson", &[("a", "4548-4")]);
    house.ok("add anna --input one.ndjson");
    let old = fs::read(house.clinic.path("anna/server/index.redb")).unwrap();
    house.observations("two.ndjson", &[("b", "4548-4")]);
    house.ok("add anna --input two.ndjson");
    assert_eq!(house.finds("code:4548-4").len(), 2);
    // An old copy of the server: its head is older than the one that the reader has seen.
    house.clinic.write("anna/server/index.redb", &old);
    house.fails(9, "search anna --reader chen.key code:4548-4", "was seen before");
    // The owner's word reaches it, and then the segment is missed.
    house.fails(7, "stats anna", "holds back");
    house.fails(7, "search anna --reader chen.key code:4548-4", "holds back");
}
