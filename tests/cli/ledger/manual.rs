//! `ledger --help`: every command has examples, and they are one story.

use crate::clinic::Clinic;
use crate::manual::{examples, words};

const COMMANDS: [&str; 9] =
    ["create", "append", "checkpoint", "blocks", "prove", "audit", "verify", "export", "cosign"];

fn clinic() -> Clinic {
    let clinic = Clinic::empty();
    clinic.write("note.txt", b"the realm has entered epoch 7");
    clinic.write("day.ndjson", b"{\"kind\":\"denied\",\"body\":\"asked for nothing\"}\n");
    clinic
}

#[test]
fn the_examples_of_the_ledger_are_a_story() {
    let clinic_of_commands = clinic();
    let clinic = &clinic_of_commands;
    let whole = clinic.ok(&["ledger", "--help"]).text();
    assert!(whole.lines().skip_while(|line| *line != "Examples:").all(|line| line.len() <= 80), "{whole}");
    let mut run = 0;
    for command in COMMANDS {
        assert!(whole.contains(&format!("\n  {command} ")), "{command}");
        let help = clinic.ok(&["ledger", command, "--help"]).text();
        assert!(help.lines().skip_while(|line| *line != "Examples:").all(|line| line.len() <= 80), "{help}");
        let shown = examples(&help);
        assert!(shown.iter().any(|line| line.contains(&format!("ledger {command}"))), "{help}");
        for example in shown.into_iter().filter(|example| !example.contains(" | ")) {
            let args = words(&example);
            clinic.ok(&args.iter().skip(1).map(String::as_str).collect::<Vec<_>>());
            run += 1;
        }
    }
    assert!(run >= 16, "{run}");
    // The examples above all commands are another log.
    let clinic = self::clinic();
    for example in examples(&whole) {
        let args = words(&example);
        clinic.ok(&args.iter().skip(1).map(String::as_str).collect::<Vec<_>>());
    }
}
