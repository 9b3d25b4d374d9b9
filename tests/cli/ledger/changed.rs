//! A log that somebody has changed: the entry is named where it breaks.

use hippocrypt::store::{Batch, RedbStore, Store, Table};

use super::house::{ANNA, House};

/// Changes the row of a leaf, or of a transaction, in the store.
fn change(house: &House, prefix: &[u8], number: usize, change: impl Fn(&mut Vec<u8>)) {
    let mut store = RedbStore::open(house.clinic.path("audit/ledger.redb")).unwrap();
    let rows = store.page(Table::Audit, prefix, None, number + 1).unwrap();
    let (key, mut value) = rows[number].clone();
    change(&mut value);
    let mut batch = Batch::new();
    batch.put(Table::Audit, key, value);
    store.commit(&batch).unwrap();
}

#[test]
fn a_sound_log_is_replayed() {
    let house = House::open();
    let said = house.json("verify audit");
    assert_eq!((&said["verified"], &said["size"], &said["blocks"]), (&true.into(), &311.into(), &2.into()));
    house.append(1, "more");
    let said = house.json("verify audit");
    assert_eq!((&said["size"], &said["signed"]), (&313.into(), &311.into()));
}

#[test]
fn a_changed_leaf_is_named() {
    let house = House::open();
    // The last byte of a leaf is in its commitment; a leaf stands in two rows.
    change(&house, b"L", 42, |row| row[89] ^= 1);
    house.fails(3, "verify audit", "leaf 42 and its transaction differ");
    let store = RedbStore::open(house.clinic.path("audit/ledger.redb")).unwrap();
    let rows = store.page(Table::Audit, b"T", None, usize::MAX).unwrap();
    let place = rows.iter().position(|(_, row)| row[..8] == 42u64.to_be_bytes()).unwrap();
    drop(store);
    change(&house, b"T", place, |row| row[8 + 89] ^= 1);
    house.fails(7, "verify audit", "leaf 42");
    let error = house.run("verify audit --json").error();
    assert_eq!((&error["kind"], &error["index"]), (&"not-authentic".into(), &42.into()));
}

#[test]
fn a_changed_text_is_named() {
    let house = House::open();
    // The 8th transaction of some patient: its body ends the row.
    change(&house, b"T", 7, |row| *row.last_mut().unwrap() ^= 1);
    let error = house.run("verify audit --json").error();
    assert_eq!(error["code"], 7, "{error}");
    assert!(error["message"].as_str().unwrap().contains("leaf"), "{error}");
}

#[test]
fn a_missing_leaf_is_named() {
    let house = House::open();
    let mut store = RedbStore::open(house.clinic.path("audit/ledger.redb")).unwrap();
    let rows = store.page(Table::Audit, b"L", None, 100).unwrap();
    let mut batch = Batch::new();
    batch.remove(Table::Audit, rows[50].0.clone());
    store.commit(&batch).unwrap();
    drop(store);
    let answer = house.run("verify audit");
    assert!(matches!(answer.code, 3 | 7) && answer.stderr.contains("50"), "{}", answer.stderr);
}

#[test]
fn a_changed_checkpoint_is_not_the_logs() {
    let house = House::open();
    let checkpoint = String::from_utf8(house.clinic.read("two")).unwrap();
    house.clinic.write("two", checkpoint.replace("\n311\n", "\n310\n").as_bytes());
    house.ok("prove audit 3 --entry entry --out proof");
    house.fails(
        7,
        "verify --key @audit/ledger.vkey --checkpoint two --entry entry --proof proof",
        "checkpoint",
    );
}

#[test]
fn changed_proofs_are_refused_whatever_byte_it_is() {
    let house = House::open();
    house.ok(&format!("audit audit --patient {ANNA} --out account"));
    house.ok("prove audit 3 --entry entry --out proof");
    let under = "verify --key @audit/ledger.vkey --checkpoint two";
    for (name, options) in [
        ("account", "--account account"),
        ("proof", "--entry entry --proof proof"),
        ("entry", "--entry entry --proof proof"),
    ] {
        let good = house.clinic.read(name);
        for at in (0..good.len()).step_by(good.len() / 13 + 1) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            house.clinic.write(name, &bad);
            let answer = house.run(&format!("{under} {options}"));
            assert!(matches!(answer.code, 3 | 7), "{name} {at}: {} {}", answer.code, answer.stderr);
        }
        house.clinic.write(name, &good);
        house.ok(&format!("{under} {options}"));
    }
}
