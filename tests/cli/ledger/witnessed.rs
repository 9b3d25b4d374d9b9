//! Witnesses: others who sign that a log has one past.

use super::house::{ANNA, House, NOW};

const KEY: &str = "--key @audit/ledger.vkey";

#[test]
fn a_witness_signs_one_past() {
    let house = House::open();
    house.fails(1, &format!("cosign friend {KEY} --checkpoint one --out c1"), "no witness");
    let said = house.json(&format!("cosign friend --name friend.example {KEY} --checkpoint one --out c1"));
    assert_eq!((&said["size"], &said["witness"]), (&301.into(), &"friend.example".into()));
    // The next one needs a proof that it continues this one; the same needs none.
    house.ok(&format!("cosign friend {KEY} --checkpoint one --out c1 --force"));
    house.fails(9, &format!("cosign friend {KEY} --checkpoint two --out c2"), "--from 301");
    house.ok("prove audit --from 301 --out consistency");
    house.ok(&format!("cosign friend {KEY} --checkpoint two --consistency consistency --out c2"));
    // Not back.
    house.fails(9, &format!("cosign friend {KEY} --checkpoint one --out c3"), "over 311 leaves");

    let under = format!("verify {KEY} --checkpoint");
    house.fails(9, &format!("{under} two --witness @friend/witness.vkey"), "0 of the 1 witnesses");
    let verified = house.json(&format!("{under} c2 --witness @friend/witness.vkey"));
    assert_eq!(verified["seen_by_witnesses"], NOW);
    // The log takes the signature back, and serves it.
    house.ok("checkpoint audit --cosigned c2 --witness @friend/witness.vkey");
    assert!(house.ok("blocks audit").text().contains("friend.example, 2027-01-15T08:00Z"));
    assert_eq!(house.json("blocks audit")["chain"][1]["signers"][1]["time"], NOW);
    house.ok(&format!("audit audit --patient {ANNA} --witness @friend/witness.vkey"));
    house.ok("verify audit --witness @friend/witness.vkey");
    // Half of two is no majority.
    house.ok(&format!("cosign other --name other.example {KEY} --checkpoint one --out o1"));
    let both = "--witness @friend/witness.vkey --witness @other/witness.vkey";
    house.fails(9, &format!("{under} c2 {both}"), "1 of the 2 witnesses");
    house.fails(2, &format!("{under} c2 {both} --need 1"), "need not share an honest one");
}

#[test]
fn a_log_that_was_rewritten_finds_no_witness() {
    let house = House::new();
    // The same log begins twice: a copy of its folder before the first transaction.
    let copy = |from: &str, to: &str| {
        std::fs::create_dir(house.clinic.path(to)).unwrap();
        for name in ["ledger.redb", "ledger.key", "ledger.vkey"] {
            std::fs::copy(house.clinic.path(from).join(name), house.clinic.path(to).join(name)).unwrap();
        }
    };
    copy("audit", "fork");
    house.append(3, "true");
    house.ok("checkpoint audit --out one");
    house.ok(&format!("cosign friend --name friend.example {KEY} --checkpoint one --out c1"));
    house.clinic.write("note", b"other");
    for _ in 0..3 {
        house.ok("append fork --kind access --input note");
    }
    house.ok("checkpoint fork --out other");
    house.fails(7, &format!("cosign friend {KEY} --checkpoint other --out c2"), "two pasts");
    house.fails(7, "checkpoint fork --cosigned c1 --witness @friend/witness.vkey", "no such checkpoint");
    house.ok("append fork --kind access --input note");
    house.ok("checkpoint fork --out longer");
    house.ok("prove fork --from 4 --out consistency");
    house.fails(
        7,
        &format!("cosign friend {KEY} --checkpoint longer --consistency consistency --out c2"),
        "not proved",
    );
    house.fails(
        7,
        &format!("verify {KEY} --checkpoint longer --old one --consistency consistency"),
        "rewritten",
    );
}
