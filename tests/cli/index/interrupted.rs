//! Runs that are killed.

use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use super::house::{House, NOW, observation};

/// Killed anywhere, an addition is there once, or not at all; given again, it is there once.
#[test]
#[cfg(unix)]
fn a_killed_addition_is_taken_up() {
    let house = House::open();
    let mut all = 0;
    for (round, delay) in [15, 40, 80, 130, 200].into_iter().enumerate() {
        let name = format!("in{round}.ndjson");
        let lines: Vec<String> =
            (0..60).map(|n| observation(&format!("{round}-{n}"), "4548-4") + "\n").collect();
        house.clinic.write(&name, lines.concat().as_bytes());
        let mut command = house.clinic.command();
        command.args(["--now", &NOW.to_string(), "index", "add", "anna", "--input", &name, "--as", "lab"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = house.finds("code:4548-4").len();
        assert!((all..=all + 60).contains(&found), "{found}");
        house.ok(&format!("add anna --input {name} --as lab"));
        all += 60;
        let found = house.finds("code:4548-4");
        assert_eq!(found.len(), all);
        assert!(found.windows(2).all(|pair| pair[0] != pair[1]), "{found:?}");
        assert_eq!(house.json("stats anna")["writers"][1]["unsent"], 0);
    }
}

/// A run that was killed between the making of a lab's store and the first write to it has left an empty one.
#[test]
fn an_empty_store_of_a_lab_is_taken_up() {
    let house = House::open();
    drop(hippocrypt::store::RedbStore::create(house.clinic.path("anna/writers/lab.redb")).unwrap());
    assert_eq!(house.json("stats anna")["writers"].as_array().unwrap().len(), 1);
    house.observations("in.ndjson", &[("a", "4548-4")]);
    house.ok("add anna --input in.ndjson --as lab");
    assert_eq!(house.finds("code:4548-4").len(), 1);
}

#[test]
#[cfg(unix)]
fn secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::open();
    house.observations("own.ndjson", &[("a", "4548-4")]);
    house.ok("add anna --input own.ndjson --as lab");
    let mode = |name: &str| std::fs::metadata(house.clinic.path(name)).unwrap().permissions().mode() & 0o777;
    for folder in ["anna", "anna/owner", "anna/writers", "anna/server", "anna/gate", "anna/readers"] {
        assert_eq!(mode(folder), 0o700, "{folder}");
    }
    for file in [
        "anna/owner/owner.hpcr",
        "anna/owner/readers",
        "anna/writers/device.redb",
        "anna/writers/lab.redb",
        "anna/server/index.redb",
        "anna/gate/gate.redb",
        "anna/readers/dr-chen/seed",
        "chen.key",
    ] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
}
