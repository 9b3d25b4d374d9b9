//! An authority that comes back from an old copy.

use super::ward::Ward;

#[test]
fn an_old_copy_catches_up_and_advances_before_anything_else() {
    let ward = Ward::open();
    ward.reader("chen", "a");
    ward.reader("diaz", "a");
    ward.copy("authority", "backup");
    ward.ok("revoke user diaz --witness proxy");
    ward.ok("revoke user nobody --witness proxy");
    ward.ok("proxy take authority/updates");
    ward.put_back("backup", "authority");

    // Nobody asked, or nobody who can help: nothing is said.
    ward.fails(9, "issue --user chen -a b --out x", "nobody says");
    ward.fails(2, "issue --user chen -a b --out x --alone --witness proxy", "cannot be used with");
    ward.fails(9, "issue --user chen -a b --out x --witness proxy/updates/0000000003.hpcr", "--witness");
    assert_eq!(ward.json("epoch show")["update"], 1);
    ward.ok("proxy init --proxy empty --name ward-8");
    ward.fails(9, "issue --user chen -a b --out x --witness empty", "nobody says");

    let issued =
        ward.run("--json issue --user chen -a b --out chen2.transform --witness empty --witness proxy");
    assert_eq!(issued.code, 0, "{}", issued.stderr);
    assert!(issued.stderr.contains("old copy"), "{}", issued.stderr);
    let issued = issued.json();
    assert_eq!((&issued["restored"], &issued["epoch"]), (&true.into(), &2.into()));
    let shown = ward.json("epoch show");
    assert_eq!(shown["revoked_users"], serde_json::json!(["diaz", "nobody"]));
    assert!(ward.clinic.exists("authority/updates.old-1"));
    // The proxy goes on with it; the next command finds nothing to restore.
    ward.ok("proxy take authority/updates chen2.transform");
    assert_eq!(ward.json("refresh --out tokens --witness proxy")["restored"], false);
    ward.ok("proxy take tokens");
    ward.permit();
    let record = ward.record("a");
    ward.opens("chen", &record);
    ward.refused(9, "diaz", &record, "dismissed");
}

/// The old copy has gone on by itself: what it revoked is not forgotten.
#[test]
fn revocations_on_a_branch_are_made_again() {
    let ward = Ward::open();
    ward.copy("authority", "backup");
    ward.ok("revoke user diaz --witness proxy");
    ward.ok("proxy take authority/updates");
    ward.put_back("backup", "authority");
    ward.ok("revoke user noor --alone");
    // A proxy that hears of both branches raises an alarm, and applies nothing.
    ward.fails(7, "proxy take authority/updates", "does not continue");
    assert_eq!(ward.json("proxy inspect")["revoked_users"], serde_json::json!(["diaz"]));
    ward.ok("epoch statement --witness proxy --out new.hpcr");
    assert_eq!(ward.json("epoch show")["revoked_users"], serde_json::json!(["diaz", "noor"]));
    ward.ok("proxy take authority/updates");
    assert_eq!(ward.json("proxy inspect")["revoked_users"], serde_json::json!(["diaz", "noor"]));
}

#[test]
fn a_replacement_of_the_log_that_was_interrupted_is_finished_or_undone() {
    let ward = Ward::open();
    ward.ok("epoch advance --witness proxy");
    let updates = |name: &str| ward.clinic.path(&format!("authority/{name}"));
    // Before the old log has gone: the new one is not whole, perhaps.
    ward.copy("authority/updates", "authority/updates.new");
    std::fs::remove_file(updates("updates.new/0000000002.hpcr")).unwrap();
    assert_eq!(ward.json("epoch statement --witness proxy --out s1.hpcr")["update"], 2);
    assert!(!updates("updates.new").exists());
    // After: it is.
    std::fs::rename(updates("updates"), updates("updates.new")).unwrap();
    assert_eq!(ward.json("epoch statement --witness proxy --out s2.hpcr")["update"], 2);
    // A hole is no log.
    std::fs::remove_file(updates("updates/0000000001.hpcr")).unwrap();
    ward.fails(3, "epoch statement --witness proxy --out s3.hpcr", "update 1 is missing");
    ward.fails(3, "epoch show", "update 1 is missing");
}
