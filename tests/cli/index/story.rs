//! What an index is for.

use std::fs;
use std::path::Path;

use super::house::{House, NOW};

const DAY: u64 = 86_400;

#[test]
fn owner_and_labs_add_readers_find_and_are_locked_out() {
    let house = House::open();
    house.observations("own.ndjson", &[("a", "4548-4"), ("b", "2339-0")]);
    house.observations("lab.ndjson", &[("c", "4548-4"), ("d", "718-7")]);
    let added = house.json("add anna --input own.ndjson");
    assert_eq!((&added["writer"], &added["resources"]), (&"device".into(), &2.into()));
    house.ok("add anna --input lab.ndjson --as laboratory");
    // What was added is not added again; by another writer it is another entry.
    assert_eq!(house.json("add anna --input lab.ndjson --as laboratory")["added_before"], 1);

    assert_eq!(house.finds("code:4548-4"), ["Observation/a", "Observation/c"]);
    assert_eq!(house.finds("code:4548-4 --remote"), ["Observation/a", "Observation/c"]);
    assert_eq!(house.finds("code:http://loinc.org|718-7"), ["Observation/d"]);
    assert_eq!(house.finds("code:718-7 or code:2339-0"), ["Observation/b", "Observation/d"]);
    assert_eq!(house.finds("code:718-7 or code:2339-0 --remote"), ["Observation/b", "Observation/d"]);
    assert_eq!(house.finds("'date:2026-05 and not code:4548-4'"), ["Observation/b", "Observation/d"]);
    assert_eq!(house.finds("code:4548-4 date:2026-05-14").len(), 2);
    assert_eq!(house.finds("code:4548-4 code:718-7"), [""; 0]);
    assert_eq!(house.finds("code:no-such-code --remote"), [""; 0]);

    // One is locked out: at once, and for good; the other goes on, also after a year.
    house.ok("grant anna dr-roe --out roe.key");
    house.ok("search anna --reader roe.key code:4548-4");
    let revoked = house.json("revoke anna dr-roe");
    assert_eq!((&revoked["changed"], &revoked["version"]), (&true.into(), &2.into()));
    house.fails(9, "search anna --reader roe.key code:4548-4", "former version");
    assert_eq!(house.json("revoke anna dr-roe")["changed"], false);
    assert_eq!(house.finds("code:4548-4").len(), 2);
    house.clock.set(NOW + 400 * DAY);
    house.fails(9, "search anna --reader chen.key code:4548-4", "newer one");
    house.ok("stats anna");
    assert_eq!(house.finds("code:4548-4").len(), 2);
    // Let in again, with another key.
    house.ok("grant anna dr-roe --out roe2.key");
    house.ok("search anna --reader roe2.key code:4548-4");
    house.fails(5, "search anna --reader roe.key code:4548-4", "not the file of a reader");
}

#[test]
fn the_gate_refuses_who_was_locked_out_even_if_nobody_else_does() {
    let house = House::open();
    house.observations("own.ndjson", &[("a", "4548-4")]);
    house.ok("add anna --input own.ndjson");
    assert_eq!(house.finds("code:4548-4").len(), 1);
    // R0 alone: the gate has forgotten his request key, the seeds are what they were.
    fs::remove_file(house.clinic.path("anna/gate/readers/dr-chen")).unwrap();
    house.fails(9, "search anna --reader chen.key code:4548-4", "not for you");
    // The command goes on from there.
    assert_eq!(house.json("revoke anna dr-chen")["version"], 2);
}

#[test]
fn a_merge_leaves_few_segments_and_the_same_findings() {
    let house = House::open();
    for round in 0..6 {
        house.observations("own.ndjson", &[(&format!("r{round}"), "4548-4")]);
        house.ok("add anna --input own.ndjson");
    }
    house.observations("lab.ndjson", &[("lab", "4548-4")]);
    house.ok("add anna --input lab.ndjson --as laboratory");
    let before = house.finds("code:4548-4");
    assert_eq!(before.len(), 7);
    let merged = house.json("merge anna");
    assert_eq!((&merged["segments_before"], &merged["segments"]), (&7.into(), &2.into()));
    assert_eq!(house.finds("code:4548-4"), before);
    house.observations("own.ndjson", &[("later", "4548-4")]);
    house.ok("add anna --input own.ndjson");
    assert_eq!(house.finds("code:4548-4").len(), 8);
    let stats = house.json("stats anna");
    assert_eq!(stats["segments"], 3);
    assert_eq!(stats["writers"][0]["unsent"], 0);
    assert_eq!(stats["readers"][0]["may_search"], true);
}

/// The server and the gate have no word of what was indexed.
#[test]
fn what_the_server_has_says_nothing() {
    let house = House::open();
    house.observations("own.ndjson", &[("a", "4548-4")]);
    house.ok("add anna --input own.ndjson");
    let mut files = Vec::new();
    for machine in ["server", "gate"] {
        read_all(&house.clinic.path("anna").join(machine), &mut files);
    }
    assert!(files.len() > 1000);
    for word in [&b"4548-4"[..], b"2026-05", b"Observation", b"loinc"] {
        assert!(!files.windows(word.len()).any(|window| window == word));
    }
}

fn read_all(folder: &Path, all: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, all);
        } else {
            all.extend(fs::read(path).unwrap());
        }
    }
}
