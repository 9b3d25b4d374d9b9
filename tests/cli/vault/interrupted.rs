//! Runs that are killed, and disks that take nothing.

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use super::house::{House, MARTA, NOW};

/// A bundle about one patient.
fn bundle(number: usize) -> String {
    let entries: Vec<String> = (0..40)
        .map(|entry| {
            format!(
                "{{\"resource\":{{\"resourceType\":\"Observation\",\"id\":\"{number}-{entry}\",\"subject\":{{\"reference\":\"{MARTA}\"}}}}}}"
            )
        })
        .collect();
    format!(
        "{{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"id\":\"{number}\",\"entry\":[{}]}}",
        entries.join(",")
    )
}

/// Killed anywhere, an import leaves whole files or nothing of them; given again, it imports the rest and nothing twice.
#[test]
#[cfg(unix)]
fn a_killed_import_is_taken_up() {
    let house = House::open();
    fs::create_dir(house.clinic.path("in")).unwrap();
    for number in 0..60 {
        house.clinic.write(&format!("in/{number:02}.json"), bundle(number).as_bytes());
    }
    let before = house.opens("--key marta.key");
    let mut partial = 0;
    for delay in [30, 80, 150, 250, 400] {
        let mut command = house.clinic.command();
        command.args(["--now", &NOW.to_string(), "vault", "import", "--key", "lab.key", "in"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        let checked = house.json("fsck");
        assert_eq!(checked["problems"], serde_json::json!([]));
        let added = house.opens("--key marta.key") - before;
        assert_eq!(added % 41, 0, "half a file was imported: {added}");
        partial = partial.max(added);
    }
    let said = house.json("import --key lab.key in");
    assert_eq!(said["refused"], 0);
    let added = house.opens("--key marta.key") - before;
    // The file that was underway when the power went may have been confirmed and not noted.
    assert!((60 * 41..=65 * 41).contains(&added), "{added}");
    assert!(partial < 60 * 41 || said["imported_before"] == 60);
    assert_eq!(house.json("import --key lab.key in")["imported_before"], 60);
}

#[test]
#[cfg(unix)]
fn a_vault_on_a_read_only_disk_can_be_looked_at() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::open();
    let set = |mode: u32, files: u32| {
        let mut folders = vec![house.clinic.path("vault")];
        while let Some(folder) = folders.pop() {
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    fs::set_permissions(&path, fs::Permissions::from_mode(files)).unwrap();
                }
            }
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    // Only folders that are entered after being listed are closed: the order above is from the top.
    let deep = |mode: u32, files: u32| {
        set(0o700, files);
        for folder in ["vault/cloud/chunks", "vault/cloud", "vault/authority", "vault"] {
            fs::set_permissions(house.clinic.path(folder), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    deep(0o500, 0o400);
    // Whoever is root may write everywhere.
    if fs::write(house.clinic.path("vault/probe"), b"").is_err() {
        house.ok("stats");
        house.ok("log");
        house.ok("fsck");
        house.fails(1, "lease", "vault");
        house.fails(1, "import --key lab.key bundle.json --again", "vault");
    }
    deep(0o700, 0o600);
}

#[test]
#[cfg(unix)]
fn secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::open();
    house.ok("seal");
    house.ok("backup cloud.backup");
    house.ok("read --key marta.key --out mine");
    let mode = |name: &str| fs::metadata(house.clinic.path(name)).unwrap().permissions().mode() & 0o777;
    for folder in ["vault", "vault/authority", "vault/cloud", "vault/seal", "mine"] {
        assert_eq!(mode(folder), 0o700, "{folder}");
    }
    for file in [
        "vault/authority/master.hpcr",
        "vault/authority/patients",
        "vault/authority/authority.redb",
        "vault/cloud/cloud.redb",
        "vault/seal/seal.hpcr",
        "marta.key",
        "lab.key",
        "cloud.backup",
    ] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
    let record = fs::read_dir(house.clinic.path("mine")).unwrap().next().unwrap().unwrap();
    assert_eq!(record.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}
