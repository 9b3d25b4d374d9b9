//! A log from its beginning to what is verified far away from it.

use std::fs;

use super::house::{ANNA, BORIS, House, LOG, STRANGER};

const UNDER_TWO: &str = "verify --key @audit/ledger.vkey --checkpoint two";

#[test]
fn what_is_appended_is_proved_offline() {
    let house = House::open();
    // 300, the patients' heads, the link, 8, the heads again.
    let blocks = house.json("blocks audit");
    assert_eq!(
        (&blocks["size"], &blocks["blocks"], &blocks["not_signed_yet"]),
        (&311.into(), &2.into(), &0.into())
    );
    let said = house.json("prove audit 42 --entry entry --out proof --checkpoint under");
    assert_eq!((&said["size"], &said["kind"]), (&311.into(), &"access".into()));
    house.json("prove audit --from 301 --out consistency");
    house.json(&format!("audit audit --patient {ANNA} --out account"));
    // Files alone, in another place.
    let far = House::new();
    for name in ["one", "two", "entry", "proof", "consistency", "account"] {
        far.clinic.write(name, &house.clinic.read(name));
    }
    far.clinic.write("audit/ledger.vkey", &house.clinic.read("audit/ledger.vkey"));
    let verified = far.json(&format!("{UNDER_TWO} --entry entry --proof proof"));
    assert_eq!((&verified["verified"], &verified["index"]), (&true.into(), &42.into()));
    far.ok(&format!("{UNDER_TWO} --old one --consistency consistency"));
    let account = far.json(&format!("{UNDER_TWO} --account account --patient {ANNA}"));
    assert_eq!(account["transactions"].as_array().unwrap().len(), 103);
    far.fails(7, &format!("{UNDER_TWO} --account account --patient {BORIS}"), "account of");
    far.fails(7, &format!("{UNDER_TWO} --old two --consistency consistency"), "");
    far.fails(7, "verify --key @audit/ledger.vkey --checkpoint one --entry entry --proof proof", "leaf 42");
    // All at once.
    far.ok(&format!(
        "{UNDER_TWO} --entry entry --proof proof --account account --old one --consistency consistency"
    ));
}

#[test]
fn a_patient_is_told_everything_about_her() {
    let house = House::open();
    let said = house.json(&format!("audit audit --patient {ANNA}"));
    assert_eq!((&said["verified"], &said["count"]), (&true.into(), &103.into()));
    let hers = said["transactions"].as_array().unwrap();
    assert_eq!((&hers[0]["n"], &hers[102]["n"]), (&1.into(), &103.into()));
    assert_eq!(hers[3]["text"], "first 9");
    let text = house.ok(&format!("audit audit --patient {ANNA}")).text();
    for part in
        ["103", "access", "none is left out", "local: signed by hospital.example/audit alone", "first 9"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Of whom there is nothing, that is proved.
    let said = house.json(&format!("audit audit --patient {STRANGER}"));
    assert_eq!((&said["verified"], &said["count"]), (&true.into(), &0.into()));
}

#[test]
fn a_receipt_binds_the_log() {
    let house = House::new();
    house.clinic.write("note", b"opened");
    let said =
        house.json(&format!("append audit --kind access --patient {ANNA} --input note --receipt receipt"));
    assert_eq!((&said["index"], &said["number"], &said["log"]), (&0.into(), &1.into(), &LOG.into()));
    let verified = house.json("verify --key @audit/ledger.vkey --receipt receipt");
    assert_eq!(verified["verified"], true);
    house.ok("checkpoint audit --out two");
    house.ok("prove audit 0 --entry entry --out proof");
    house.ok(&format!("{UNDER_TWO} --receipt receipt --entry entry --proof proof"));
    // Another log cannot answer for it.
    house.ok("create other --log hospital.example/other");
    house.fails(7, "verify --key @other/ledger.vkey --receipt receipt", "hospital.example");
    let mut receipt = house.clinic.read("receipt");
    let last = receipt.len() - 1;
    receipt[last] ^= 1;
    house.clinic.write("receipt", &receipt);
    house.fails(7, "verify --key @audit/ledger.vkey --receipt receipt", "receipt");
}

#[test]
fn a_log_is_exported_as_tiles() {
    let house = House::open();
    let said = house.json(&format!("export audit --out www --account {ANNA}"));
    assert_eq!(said["size"], 311);
    for name in [
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/55",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/55",
    ] {
        assert!(house.clinic.exists(&format!("www/{name}")), "{name}");
    }
    assert_eq!(house.clinic.read("www/checkpoint"), house.clinic.read("two"));
    assert_eq!(house.clinic.read("www/tile/0/000").len(), 256 * 32);
    assert_eq!(house.clinic.read("www/tile/0/001.p/55").len(), 55 * 32);
    // A leaf after its length, as the layout has it.
    assert_eq!(house.clinic.read("www/tile/entries/000").len(), 256 * 92);
    // Nothing that a transaction says.
    let entries = house.clinic.read("www/tile/entries/000");
    assert!(!entries.windows(5).any(|part| part == b"first"));
    house.ok(&format!("{UNDER_TWO} --account www-account-{ANNA}.hpcr"));
    // Given again, it adds what is new.
    let before = fs::metadata(house.clinic.path("www/tile/0/000")).unwrap().modified().unwrap();
    house.append(250, "third");
    house.ok("checkpoint audit --out three");
    let said = house.json("export audit --out www");
    assert_eq!(said["size"], 563);
    assert_eq!(fs::metadata(house.clinic.path("www/tile/0/000")).unwrap().modified().unwrap(), before);
    assert!(house.clinic.exists("www/tile/0/001") && house.clinic.exists("www/tile/0/002.p/51"));
    assert_eq!(house.clinic.read("www/checkpoint"), house.clinic.read("three"));
}

/// The log of a vault is in the store of its cloud, which alone appends to it.
#[test]
fn a_vault_is_a_log_too() {
    let house = House::new();
    house.clinic.ok(&["vault", "init", "--realm", "st-marys", "--epochs", "8"]);
    house.clinic.write("note", b"opened");
    house.fails(9, "append vault --kind denied --input note", "its cloud alone writes down");
    assert_eq!(house.json("blocks vault")["size"], 1);
    house.ok("checkpoint vault --out checkpoint");
    assert_eq!(house.json("verify vault")["size"], 2);
    let nobody = house.json(&format!("audit vault --patient {ANNA}"));
    assert_eq!(nobody["count"], 0);
    house.ok("prove vault 0 --entry entry --out proof");
    let entry = hippocrypt::ledger::Entry::from_bytes(&house.clinic.read("entry")).unwrap();
    assert_eq!(entry.leaf.kind, hippocrypt::ledger::TransactionKind::EpochAdvance);
}
