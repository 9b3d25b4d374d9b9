//! `vault --help`: every command has examples, and they are one story.

use super::house::BUNDLE;
use crate::clinic::Clinic;
use crate::manual::{examples, words};

const COMMANDS: [&str; 15] = [
    "init", "enroll", "import", "read", "search", "share", "export", "revoke", "seal", "lease", "fsck",
    "backup", "restore", "stats", "log",
];

#[test]
fn the_examples_of_the_vault_are_a_story() {
    let clinic = Clinic::empty();
    clinic.write("bundle.json", BUNDLE);
    clinic.write("rules.txt", b"other: role:physician and clearance >= 2 # numbers come from the schema\n");
    clinic.write("numbers.txt", b"clearance: uint(4)\n");
    clinic.write("scan.dcm", &[7; 400_000]);
    std::fs::create_dir(clinic.path("fhir")).unwrap();
    clinic.write("fhir/a.json", BUNDLE);
    let mut run = 0;
    let whole = clinic.ok(&["vault", "--help"]).text();
    for command in COMMANDS {
        assert!(whole.contains(&format!("\n  {command} ")), "{command}");
        let help = clinic.ok(&["vault", command, "--help"]).text();
        assert!(help.lines().skip_while(|line| *line != "Examples:").all(|line| line.len() <= 80), "{help}");
        let shown = examples(&help);
        assert!(shown.iter().any(|line| line.contains(&format!("vault {command}"))), "{help}");
        if command == "restore" {
            std::fs::rename(clinic.path("vault/cloud"), clinic.path("old")).unwrap();
        }
        for example in shown.into_iter().filter(|example| !example.contains(" | ")) {
            let args = words(&example);
            let args: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
            clinic.ok(&args);
            run += 1;
        }
    }
    assert!(run >= 25, "{run}");
}
