//! The folders of authority and proxy: what an interruption or a wrong hand leaves.

use super::ward::Ward;

/// Between log and state: the update is done again, its deletions first of all.
#[test]
fn a_proxy_that_was_killed_deletes_what_it_must() {
    let ward = Ward::open();
    for name in ["chen", "diaz", "noor"] {
        ward.reader(name, "a, b");
    }
    let record = ward.record("a or b");
    ward.copy("proxy", "before");
    ward.ok("revoke user diaz --witness proxy");
    ward.ok("revoke attributes noor b -o noor2.transform --witness proxy");
    ward.ok("proxy take authority/updates");
    assert_eq!(ward.json("proxy inspect")["keys"], 1);
    // State and keys as they were, the log as it is.
    ward.clinic.write("proxy/state.hpcr", &ward.clinic.read("before/state.hpcr"));
    ward.put_back("before/keys", "proxy/keys");
    ward.put_back("before/users", "proxy/users");
    let inspected = ward.json("proxy inspect");
    assert_eq!((&inspected["keys"], &inspected["update"]), (&1.into(), &4.into()));
    ward.refused(9, "diaz", &record, "dismissed");
    ward.opens("chen", &record);
    // Nor is a key left in a file that a killed run did not put in its place.
    let shard = ward.clinic.path("proxy/keys/ff");
    std::fs::create_dir_all(&shard).unwrap();
    std::fs::write(shard.join(".key.part"), b"a key").unwrap();
    ward.ok("revoke user x --witness proxy");
    ward.ok("proxy take authority/updates");
    assert!(!shard.join(".key.part").exists());
    // A state that ends no log is not believed.
    ward.put_back("before/updates", "proxy/updates");
    ward.fails(3, "proxy inspect", "does not end the log");
}

#[test]
fn what_cannot_be_written_is_not_issued() {
    let ward = Ward::open();
    ward.reader("chen", "a, b");
    ward.clinic.write("taken", b"precious");
    let before = ward.json("epoch show");
    for line in [
        "issue --user chen -a c --out taken --witness proxy",
        "grant chen -a c --out taken --witness proxy",
        "revoke attributes chen b --out taken --witness proxy",
        "lease --proxy ward-7 --out taken --witness proxy",
        "epoch statement --out taken --witness proxy",
        "enroll new --seed taken",
        "enroll nonce --user x --out taken",
        "proxy seal-key --out taken",
    ] {
        ward.fails(1, line, "--force");
    }
    assert_eq!(ward.json("epoch show"), before);
    assert_eq!(ward.clinic.read("taken"), b"precious");
    ward.ok("grant chen -a c --out chen.grant --witness proxy");
    ward.fails(9, "grant chen -a c --out again --witness proxy", "the key has some of");
    ward.fails(1, "epoch begin", "has begun");
    ward.fails(1, "proxy init --name x", "exists already");
}

#[test]
fn two_keys_of_a_reader_are_told_apart() {
    let ward = Ward::open();
    ward.reader("chen", "a");
    let first = ward.key_id("chen");
    ward.issue("chen", "b");
    let both = ward.fails(2, "revoke key chen --witness proxy", "2 live keys");
    assert!(both.stderr.contains(&first));
    ward.ok(&format!("revoke key {first} --witness proxy"));
    ward.ok("proxy take authority/updates");
    let (a, b) = (ward.record("a"), ward.record("b"));
    ward.refused(5, "chen", &a, "does not satisfy");
    ward.opens("chen", &b);
    let typo = ward.ok("revoke user chem --witness proxy");
    assert!(typo.stderr.contains("warning: no key was issued to `chem`"), "{}", typo.stderr);
}

#[test]
fn only_the_own_files_are_taken() {
    let (ward, other) = (Ward::open(), Ward::open());
    other.reader("chen", "a");
    other.ok("revoke user x --witness proxy");
    let path = |name: &str| other.clinic.path(name).display().to_string();
    ward.fails(5, &format!("proxy take {}", path("authority/updates/0000000002.hpcr")), "another realm");
    ward.fails(5, &format!("proxy take {}", path("chen.transform")), "another realm");
    ward.fails(5, &format!("proxy take {}", path("lease-1")), "another realm");
    ward.fails(3, "proxy take public.hpcr", "nothing that a proxy takes");
    ward.fails(7, &format!("epoch advance --witness {}", path("proxy")), "not by this authority");
    ward.fails(5, &format!("epoch advance --alone --master {}", path("master.key")), "of another realm");
    ward.fails(1, "epoch show --authority nothing", "hippocrypt epoch begin");
    ward.fails(1, "proxy inspect --proxy nothing", "hippocrypt proxy init");
    // A gap is told, and what is whole is applied afterwards.
    ward.ok("revoke user x --witness proxy");
    ward.ok("revoke user y --witness proxy");
    ward.fails(9, "proxy take authority/updates/0000000003.hpcr", "update 2 is missing");
    assert_eq!(ward.json("proxy take authority/updates")["updates_applied"], 2);
}

#[cfg(unix)]
#[test]
fn folders_and_secrets_are_for_their_owner() {
    use std::os::unix::fs::PermissionsExt;
    let ward = Ward::open();
    ward.reader("chen", "a");
    ward.ok("grant chen -a b --out chen.grant --witness proxy");
    ward.ok("proxy seal-key");
    let mode = |name: &str| ward.clinic.path(name).metadata().unwrap().permissions().mode() & 0o777;
    for secret in ["chen.seed", "chen.transform", "chen.grant", "seal.key", "proxy/state.hpcr"] {
        assert_eq!(mode(secret), 0o600, "{secret}");
    }
    // What is public is as readable as any new file.
    ward.record("a");
    ward.clinic.write("any", b"");
    for public in ["epoch.hpcr", "today.hpcr", "lease-1", "chen.enrolment"] {
        assert_eq!(mode(public), mode("any"), "{public}");
    }
    for folder in ["proxy", "authority", "proxy/keys", "authority/nonces"] {
        assert_eq!(mode(folder), 0o700, "{folder}");
    }
}
