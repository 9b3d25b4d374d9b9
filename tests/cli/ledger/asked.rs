//! What is shown of a log.

use hippocrypt::UserId;
use hippocrypt::phr::audit::{AuditEntry, AuditEvent};

use super::house::{ANNA, House, NOW};

#[test]
fn blocks_are_a_chain() {
    let house = House::open();
    let said = house.json("blocks audit");
    let chain = said["chain"].as_array().unwrap();
    assert_eq!(chain.len(), 2);
    assert_eq!(
        (&chain[0]["from"], &chain[0]["leaves"], &chain[1]["from"]),
        (&0.into(), &301.into(), &301.into())
    );
    assert_eq!(chain[0]["previous"], serde_json::Value::Null);
    assert_eq!(chain[1]["previous"], chain[0]["hash"]);
    let kinds = serde_json::json!({ "access": 100, "denied": 100, "grant": 100, "patient-heads": 1 });
    assert_eq!(chain[0]["kinds"], kinds);
    assert_eq!(chain[1]["kinds"]["checkpoint-link"], 1);
    let text = house.ok("blocks audit").text();
    for part in [
        "block 1",
        "block 2",
        "= hash of the block before",
        "access 100",
        "301 (0 to 300)",
        "hospital.example/audit",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // The last ones: the first of them still hangs on the one before.
    house.append(3, "third");
    house.ok("checkpoint audit");
    let last = house.json("blocks audit --last 1");
    let chain = last["chain"].as_array().unwrap();
    assert_eq!((chain.len(), &chain[0]["number"], &chain[0]["linked"]), (1, &3.into(), &true.into()));
    assert_eq!(last["blocks"], 3);
}

#[test]
fn a_checkpoint_comes_again_until_something_is_appended() {
    let house = House::open();
    let again = house.json("checkpoint audit");
    assert_eq!((&again["size"], &again["new"]), (&311.into(), &0.into()));
    let text = house.ok("checkpoint audit --out - --quiet").text();
    assert_eq!(text.as_bytes(), house.clinic.read("two"));
    assert!(text.starts_with("hospital.example/audit\n311\n"), "{text}");
    house.append(1, "more");
    assert_eq!(house.json("blocks audit")["not_signed_yet"], 2);
    assert_eq!(house.json("checkpoint audit")["new"], 3);
}

#[test]
fn bodies_come_from_files_and_pipes() {
    let house = House::new();
    let piped =
        house.clinic.pipe(&["ledger", "append", "audit", "--kind", "access", "--patient", ANNA], b"\x00\xff");
    assert_eq!(piped.code, 0, "{}", piped.stderr);
    let lines = format!(
        "{{\"kind\":\"access\",\"patient\":\"{ANNA}\",\"body_hex\":\"00ff\"}}\n\n{{\"kind\":\"denied\"}}"
    );
    let piped = house.clinic.pipe(&["--json", "ledger", "append", "audit", "--lines"], lines.as_bytes());
    assert_eq!((piped.json()["appended"].clone(), piped.json()["size"].clone()), (2.into(), 3.into()));
    house.ok("checkpoint audit");
    let said = house.json(&format!("audit audit --patient {ANNA}"));
    let hers = said["transactions"].as_array().unwrap();
    assert_eq!((hers.len(), &hers[0]["bytes"], &hers[1]["bytes"]), (2, &2.into(), &2.into()));
}

#[test]
fn what_a_cloud_writes_down_is_read() {
    let house = House::new();
    let event = AuditEntry {
        time: NOW,
        event: AuditEvent::Opened,
        user: Some(UserId::new("dr-chen").unwrap()),
        patient: None,
        records: Vec::new(),
        evidence: b"a signed question".to_vec(),
    };
    house.clinic.write("event", &event.to_bytes());
    house.ok(&format!("append audit --kind access --patient {ANNA} --input event"));
    house.clinic.write("note", b"two lines\nof text\n");
    house.ok(&format!("append audit --kind break-glass --patient {ANNA} --input note"));
    house.ok("checkpoint audit");
    let hers = house.json(&format!("audit audit --patient {ANNA}"))["transactions"].clone();
    assert_eq!(
        (&hers[0]["who"], &hers[0]["event"], &hers[0]["time"]),
        (&"dr-chen".into(), &"opened".into(), &NOW.into())
    );
    assert_eq!(hers[1]["text"], "two lines\nof text\n");
    let text = house.ok(&format!("audit audit --patient {ANNA}")).text();
    for part in ["2027-01-15T08:00Z  dr-chen  opened", "two lines .."] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
