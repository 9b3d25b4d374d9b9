//! `index --help`: every command has examples, and they are one story.

use super::house::{BUNDLE, observation};
use crate::clinic::Clinic;
use crate::manual::{examples, words};

const COMMANDS: [&str; 8] = ["plan", "create", "add", "grant", "search", "revoke", "merge", "stats"];

#[test]
fn the_examples_of_the_index_are_a_story() {
    let clinic = Clinic::empty();
    clinic.write("bundle.json", BUNDLE);
    std::fs::create_dir(clinic.path("fhir")).unwrap();
    clinic.write("fhir/a.json", observation("a", "4548-4").as_bytes());
    let whole = clinic.ok(&["index", "--help"]).text();
    assert!(whole.lines().skip_while(|line| *line != "Examples:").all(|line| line.len() <= 80), "{whole}");
    let mut run = 0;
    for command in COMMANDS {
        assert!(whole.contains(&format!("\n  {command} ")), "{command}");
        let help = clinic.ok(&["index", command, "--help"]).text();
        assert!(help.lines().skip_while(|line| *line != "Examples:").all(|line| line.len() <= 80), "{help}");
        let shown = examples(&help);
        assert!(shown.iter().any(|line| line.contains(&format!("index {command}"))), "{help}");
        for example in shown.into_iter().filter(|example| !example.contains(" | ")) {
            let args = words(&example);
            let args: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
            clinic.ok(&args);
            run += 1;
        }
    }
    assert!(run >= 14, "{run}");
    // The examples above all commands are another index.
    let clinic = Clinic::empty();
    clinic.write("bundle.json", BUNDLE);
    std::fs::create_dir(clinic.path("fhir")).unwrap();
    clinic.write("fhir/a.json", BUNDLE);
    for example in examples(&whole) {
        let args = words(&example);
        clinic.ok(&args.iter().skip(1).map(String::as_str).collect::<Vec<_>>());
    }
}
