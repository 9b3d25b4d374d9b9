//! `--help`: every command has examples, and they work.

use crate::clinic::{Clinic, RECORD};

const COMMANDS: [&str; 10] =
    ["setup", "schema", "keygen", "delegate", "author", "encrypt", "decrypt", "inspect", "policy", "speed"];

/// Those of outsourcing and revocation, whose examples are one story: see `revocation::shapes`.
const OUTSOURCED: [&str; 12] = [
    "enroll",
    "epoch",
    "lease",
    "issue",
    "grant",
    "refresh",
    "revoke",
    "proxy",
    "seal",
    "request",
    "transform",
    "finish",
];

/// The examples in a help text; those of several lines in one.
pub fn examples(help: &str) -> Vec<String> {
    let help = help.replace("\\\n    ", "");
    help.lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter(|line| line.contains("hippocrypt ") && !line.starts_with(' '))
        .map(str::to_owned)
        .collect()
}

#[test]
fn help_lists_commands_exit_codes_and_examples() {
    let clinic = Clinic::empty();
    let help = clinic.ok(&["--help"]).text();
    for command in COMMANDS.into_iter().chain(OUTSOURCED).chain(["vault", "index", "ledger"]) {
        assert!(help.contains(&format!("\n  {command} ")), "{command}");
        let own = clinic.ok(&[command, "--help"]).text();
        assert!(
            examples(&own).iter().any(|line| line.contains(&format!("hippocrypt {command} "))
                || line.ends_with(&format!("hippocrypt {command}"))
                || line.contains(&format!("--json {command}"))),
            "{own}"
        );
        assert_eq!(own, clinic.ok(&[command, "-h"]).text());
    }
    for code in
        ["  0  ", "  1  ", "  2  ", "  3  ", "  4  ", "  5  ", "  6  ", "  7  ", "  8  ", "  9  ", "141  "]
    {
        assert!(help.contains(&format!("\n  {code}")), "{code}");
    }
    assert!(clinic.ok(&["--version"]).text().starts_with("hippocrypt "));
}

/// Every example that needs no other program is run, in the order of the manual.
#[test]
fn the_examples_work() {
    let clinic = Clinic::empty();
    clinic.write("ecg.json", RECORD);
    clinic.write("result.json", RECORD);
    clinic.write("backup.policy", b"role:admin");
    clinic.write("numbers.txt", b"clearance: uint(8)\nshift-end: date");
    clinic.write("chen.txt", b"role:cardiologist\ndept:cardiology");
    let mut run = 0;
    for command in COMMANDS {
        let help = clinic.ok(&[command, "--help"]).text();
        // What a command is shown to read was made by those before it, but the policies differ.
        if command == "decrypt" {
            clinic.ok(&["keygen", "-a", "role:cardiologist, role:physician", "-o", "chen.key", "--force"]);
            clinic.ok(&["encrypt", "-p", "role:cardiologist", "ecg.json", "--force"]);
        }
        if command == "speed" {
            let results = clinic.ok(&["--json", "speed", "--op", "setup", "--samples", "1"]).stdout;
            ["before.json", "after.json"].iter().for_each(|name| clinic.write(name, &results));
        }
        assert!(help.lines().skip_while(|line| *line != "Examples:").all(|line| line.len() <= 80), "{help}");
        for example in examples(&help).into_iter().filter(|example| !example.contains(" | ")) {
            let args = words(&example);
            let args: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
            let more = match args[0] {
                "inspect" | "policy" => &[][..],
                // Figures are not asked for here.
                "speed" if !args.contains(&"--compare") => &["--samples", "1", "--n", "1", "--force"],
                _ if args.contains(&"--force") => &[],
                _ => &["--force"],
            };
            clinic.ok(&[&args, more].concat());
            run += 1;
        }
    }
    assert!(run >= 15, "{run}");
}

/// The commands of the README, in its order.
#[test]
fn the_readme_works() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let mut run = 0;
    // Each block has a directory of its own.
    for block in readme.split("```") {
        let clinic = Clinic::empty();
        clinic.write("ecg.json", RECORD);
        clinic.write("bundle.json", include_bytes!("../../examples/data/clinic-bundle.json"));
        for command in block.lines().filter(|line| line.starts_with("hippocrypt ")) {
            let args = words(command.split(" #").next().unwrap_or_default().trim());
            let args: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
            clinic.ok(&args);
            run += 1;
        }
    }
    assert!(run >= 5);
}

/// A command line as a shell takes it apart, quotes of both sorts being the only thing special.
pub fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = None;
    for c in line.chars() {
        match c {
            '"' | '\'' if quoted.is_none() => quoted = Some(c),
            c if quoted == Some(c) => quoted = None,
            ' ' if quoted.is_none() => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}
