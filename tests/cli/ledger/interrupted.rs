//! Runs that are killed.

use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use super::house::House;

/// Killed anywhere, an append leaves whole batches, and a log that verifies.
#[test]
#[cfg(unix)]
fn a_killed_append_leaves_a_log_that_verifies() {
    let house = House::new();
    let line = "{\"kind\":\"denied\",\"body\":\"asked for what does not exist\"}\n";
    house.clinic.write("many", line.repeat(40_000).as_bytes());
    let mut size = 0;
    for delay in [15, 40, 80, 130, 200] {
        let mut command = house.clinic.command();
        command.args(["ledger", "append", "audit", "--lines", "--input", "many"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        let now = house.json("blocks audit")["size"].as_u64().unwrap();
        assert!(now >= size, "{now}");
        // Whole batches, and the link to the block before.
        assert!((now - size) % 256 <= 1 || now - size >= 40_000, "{size} to {now}");
        if now > 0 {
            house.ok("verify audit");
            house.ok("checkpoint audit");
            house.ok("verify audit");
        }
        size = house.json("blocks audit")["size"].as_u64().unwrap();
    }
    house.append(1, "after");
    house.ok("checkpoint audit");
    house.ok("verify audit");
}

#[test]
#[cfg(unix)]
fn secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::open();
    house.ok("prove audit 0 --entry entry --out proof");
    house.clinic.write("note", b"x");
    house.ok("append audit --kind access --input note --receipt receipt");
    let mode = |name: &str| std::fs::metadata(house.clinic.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("audit"), 0o700);
    for file in ["audit/ledger.redb", "audit/ledger.key", "entry", "receipt"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
}
