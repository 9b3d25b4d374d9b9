//! Files: their modes, and that none is replaced or left half written.

use crate::clinic::{Clinic, POLICY, RECORD};

#[test]
fn nothing_is_overwritten_without_force() {
    let clinic = Clinic::with_files();
    clinic.write("taken", b"precious");
    for args in [
        &["setup", "--realm", "x", "--public", "taken", "--master", "m2"][..],
        &["setup", "--realm", "x", "--public", "p2", "--master", "taken"],
        &[
            "setup",
            "--realm",
            "x",
            "--public",
            "p2",
            "--master",
            "m2",
            "--declare",
            "a: date",
            "--schema",
            "taken",
        ],
        &["schema", "--declare", "a: date", "--out", "taken"],
        &["keygen", "-a", "a", "-o", "taken"],
        &["delegate", "-k", "chen.key", "-a", "dept:cardiology", "-o", "taken"],
        &["author", "--key", "taken", "--id", "i2"],
        &["author", "--key", "k2", "--id", "taken"],
        &["encrypt", "-p", "a", "ecg.json", "-o", "taken"],
        &["encrypt", "-p", "a", "ecg.json"],
        &["decrypt", "-k", "chen.key", "ecg.json.hpcr", "-o", "taken"],
        &["decrypt", "-k", "chen.key", "ecg.json.hpcr"],
    ] {
        let answer = clinic.fails(1, args);
        assert!(
            answer.stderr.contains("exists already") && answer.stderr.contains("--force"),
            "{}",
            answer.stderr
        );
        assert_eq!(clinic.read("taken"), b"precious");
    }
    clinic.ok(&["decrypt", "-k", "chen.key", "ecg.json.hpcr", "-o", "taken", "--force"]);
    assert_eq!(clinic.read("taken"), RECORD);
}

#[test]
fn only_regular_files_are_replaced() {
    let clinic = Clinic::with_files();
    std::fs::create_dir(clinic.path("folder")).unwrap();
    let answer = clinic.fails(1, &["decrypt", "-k", "chen.key", "ecg.json.hpcr", "-o", "folder", "--force"]);
    assert!(answer.stderr.contains("not a regular file"));
    #[cfg(unix)]
    {
        // A link, so that a mistake here replaces no device.
        std::os::unix::fs::symlink("/dev/null", clinic.path("device")).unwrap();
        clinic.fails(1, &["decrypt", "-k", "chen.key", "ecg.json.hpcr", "-o", "device", "--force"]);
    }
    clinic.fails(1, &["decrypt", "-k", "chen.key", "ecg.json.hpcr", "-o", "no/such/folder"]);
    clinic.fails(1, &["decrypt", "-k", "chen.key", "folder", "-o", "x"]);
    clinic.fails(1, &["inspect", "folder"]);
}

#[test]
fn a_missing_file_comes_with_advice() {
    let clinic = Clinic::empty();
    clinic.write("ecg.json", RECORD);
    let answer = clinic.fails(1, &["encrypt", "-p", "a", "ecg.json"]);
    assert!(
        answer.stderr.contains("public.hpcr") && answer.stderr.contains("hippocrypt setup"),
        "{}",
        answer.stderr
    );
    clinic.fails(1, &["inspect", "nothing"]);
}

#[cfg(unix)]
mod modes {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(clinic: &Clinic, name: &str) -> u32 {
        fs::metadata(clinic.path(name)).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn secret_and_decrypted_files_are_for_their_owner() {
        let clinic = Clinic::with_files();
        clinic.ok(&["delegate", "-k", "chen.key", "-a", "dept:cardiology", "-o", "student.key"]);
        clinic.ok(&["decrypt", "-k", "chen.key", "ecg.json.hpcr", "-o", "plain"]);
        for name in ["master.key", "chen.key", "student.key", "author.key", "plain"] {
            assert_eq!(mode(&clinic, name), 0o600, "{name}");
        }
        // What is public is as readable as any new file.
        clinic.write("any", b"");
        for name in ["public.hpcr", "schema.hpcr", "author.pub", "ecg.json.hpcr"] {
            assert_eq!(mode(&clinic, name), mode(&clinic, "any"), "{name}");
        }
        // A secret does not inherit the mode of what it replaces.
        fs::set_permissions(clinic.path("chen.key"), Permissions::from_mode(0o644)).unwrap();
        clinic.ok(&["keygen", "-a", "a", "-o", "chen.key", "--force"]);
        assert_eq!(mode(&clinic, "chen.key"), 0o600);
    }

    #[test]
    fn an_exposed_secret_is_warned_of() {
        let clinic = Clinic::with_files();
        let args = ["decrypt", "-k", "chen.key", "ecg.json.hpcr", "-o", "-"];
        assert!(!clinic.ok(&args).stderr.contains("warning"));
        for (exposed, warned) in [(0o640, true), (0o604, true), (0o400, false)] {
            fs::set_permissions(clinic.path("chen.key"), Permissions::from_mode(exposed)).unwrap();
            let answer = clinic.ok(&args);
            assert_eq!(answer.stderr.contains("warning: chen.key is secret"), warned, "{}", answer.stderr);
        }
        fs::set_permissions(clinic.path("master.key"), Permissions::from_mode(0o644)).unwrap();
        let answer = clinic.ok(&["--json", "inspect", "master.key"]);
        let warning: serde_json::Value = serde_json::from_str(&answer.stderr).unwrap();
        assert!(warning["warning"].as_str().unwrap().contains("chmod 600 master.key"));
    }

    #[test]
    fn a_full_disk_leaves_nothing() {
        let clinic = Clinic::with_files();
        if !std::path::Path::new("/dev/full").exists() {
            return;
        }
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = clinic.command();
        command.args(["decrypt", "-k", "chen.key", "ecg.json.hpcr", "-o", "-"]).stdout(full);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("cannot write standard output: No space left"), "{stderr}");
    }
}

#[test]
fn the_schema_beside_the_parameters_is_used() {
    let clinic = Clinic::open();
    std::fs::remove_file(clinic.path("schema.hpcr")).unwrap();
    let undeclared = clinic.fails(4, &["encrypt", "-p", POLICY, "ecg.json"]);
    assert!(undeclared.stderr.contains("`clearance` is not declared"), "{}", undeclared.stderr);
    clinic.ok(&["schema", "--declare", "clearance: uint(8)"]);
    clinic.ok(&["encrypt", "-p", POLICY, "ecg.json"]);
    clinic.ok(&["decrypt", "-k", "chen.key", "ecg.json.hpcr", "-o", "-"]);
}

#[test]
fn texts_can_come_from_files() {
    let clinic = Clinic::open();
    clinic.write("p.policy", POLICY.as_bytes());
    clinic.ok(&["encrypt", "-p", "@p.policy", "ecg.json"]);
    let inspected = clinic.run(&["--json", "inspect", "ecg.json.hpcr"]).json();
    let asked = clinic.run(&["--json", "policy", POLICY]).json();
    assert_eq!(inspected["policy"], asked["policy"]);
    let piped = clinic.pipe(&["--json", "policy", "@-"], POLICY.as_bytes());
    assert_eq!(piped.json()["policy"], asked["policy"]);
    clinic.write("bad", b"role:\xff");
    assert!(clinic.fails(4, &["policy", "@bad"]).stderr.contains("byte 5"));
    clinic.fails(1, &["policy", "@nothing"]);
}
