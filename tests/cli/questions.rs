//! `policy`, `--json`, and that no secret is ever said.

use crate::clinic::{Clinic, POLICY};

#[test]
fn policy_explains_form_and_cost() {
    let clinic = Clinic::empty();
    let report = clinic.ok(&["--json", "policy", "(b or  a) AND c and (a or c)"]).json();
    assert_eq!(
        (&report["rows"], &report["repetitions"], &report["pairings"]),
        (&5.into(), &2.into(), &4.into())
    );
    let canonical = report["policy"].as_str().unwrap();
    assert_eq!(clinic.ok(&["--json", "policy", canonical]).json(), report);
    let text = clinic.ok(&["policy", "a and 2 of (b, c, d)"]).text();
    assert!(text.ends_with("all of\n├─ a\n└─ 2 of\n   ├─ b\n   ├─ c\n   └─ d\n"), "{text}");
}

#[test]
fn policy_says_who_satisfies_it_and_what_is_missing() {
    let clinic = Clinic::with_files();
    let yes = clinic.ok(&["--json", "policy", POLICY, "--key", "chen.key"]).json();
    assert_eq!((&yes["satisfied"], &yes["pairings_needed"]), (&true.into(), &3.into()));
    assert_eq!(yes["satisfied_by"], serde_json::json!(["role:cardiologist", "clearance >= 2"]));
    let asked = ["policy", POLICY, "--attributes", "role:cardiologist, clearance = 1"];
    let no = clinic.fails(5, &asked);
    let text = no.text();
    assert!(text.contains("satisfied") && text.contains("└─ ✗ all of"), "{text}");
    assert!(
        text.contains("✓ role:cardiologist") && text.contains("✗ clearance >= 2 [the key holds 1]"),
        "{text}"
    );
    assert!(text.contains("├─ ✗ patient:4711") && text.contains("missing      1 more of"), "{text}");
    let of = clinic.fails(5, &["--json", "policy", "--of", "ecg.json.hpcr", "--key", "ruiz.key"]);
    assert_eq!((&of.json()["satisfied"], &of.error()["missing"]), (&false.into(), &"patient:4711".into()));
    assert_eq!(clinic.run(&["policy", "--of", "ecg.json.hpcr", "--key", "chen.key"]).code, 0);
}

#[test]
fn json_is_one_object_on_either_stream() {
    let clinic = Clinic::open();
    for (args, fields) in [
        (
            &[
                "setup",
                "--realm",
                "r",
                "--public",
                "p",
                "--master",
                "m",
                "--declare",
                "n: date",
                "--schema",
                "s",
            ][..],
            &["realm", "realm_id", "public", "master", "schema", "declares"][..],
        ),
        (&["schema", "--declare", "n: uint(3)", "--out", "s2"], &["schema", "declares", "schema_id"]),
        (&["keygen", "-a", "a", "-o", "a.key"], &["key", "attributes", "realm_id"]),
        (&["delegate", "-k", "a.key", "-a", "a", "-o", "b.key"], &["key", "attributes"]),
        (&["author", "--key", "k", "--id", "i"], &["author", "key", "id"]),
        (
            &["encrypt", "-p", "a", "ecg.json"],
            &["file", "policy", "record_id", "version", "header", "plaintext"],
        ),
        (&["decrypt", "-k", "a.key", "ecg.json.hpcr", "-o", "o"], &["file", "plaintext", "signed_by"]),
        (&["inspect", "ecg.json.hpcr"], &["kind", "core_id", "size"]),
        (&["policy", "a", "-a", "a"], &["satisfied", "satisfied_by"]),
    ] {
        let answer = clinic.ok(&[&["--json"], args].concat());
        let report = answer.json();
        assert_eq!(report["command"], args[0]);
        for field in fields {
            assert!(report.get(field).is_some(), "{field}: {report}");
        }
        assert!(answer.stderr.is_empty(), "{}", answer.stderr);
    }
    for (code, args) in [
        (1, &["inspect", "nothing"][..]),
        (2, &["encrypt", "ecg.json"]),
        (2, &["decrypt", "-k", "chen.key", "ecg.json"]),
        (3, &["inspect", "ecg.json"]),
        (4, &["policy", "a b"]),
        (5, &["decrypt", "-k", "ruiz.key", "ecg.json.hpcr", "-o", "x"]),
        (6, &["decrypt", "-k", "a.key", "ecg.json.hpcr", "-o", "x", "--context", "y"]),
        (7, &["inspect", "ecg.json.hpcr", "--author", "i"]),
    ] {
        let error = clinic.fails(code, &[args, &["--json"]].concat()).error();
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].is_string() && error["kind"].is_string());
    }
}

#[test]
fn quiet_keeps_answers_and_drops_reports() {
    let clinic = Clinic::open();
    assert!(clinic.ok(&["-q", "encrypt", "-p", "a", "ecg.json"]).stdout.is_empty());
    assert!(!clinic.ok(&["-q", "inspect", "ecg.json.hpcr"]).stdout.is_empty());
}

#[test]
fn no_secret_is_ever_said() {
    let clinic = Clinic::with_files();
    clinic.write("cut.key", &clinic.read("chen.key")[..300]);
    let mut said = Vec::new();
    let secrets = ["master.key", "chen.key", "author.key", "cut.key"];
    let mut runs: Vec<Vec<String>> = Vec::new();
    let mut run = |args: &[&str]| runs.push(args.iter().map(|arg| (*arg).to_owned()).collect());
    for secret in secrets {
        for json in [&[][..], &["--json"]] {
            run(&[json, &["inspect", secret]].concat());
            run(&[json, &["inspect", secret, "--public", "public.hpcr"]].concat());
            run(&[json, &["decrypt", "-k", secret, "ecg.json.hpcr", "-o", "-"]].concat());
            run(&[json, &["decrypt", "-k", "ruiz.key", secret, "-o", "-"]].concat());
            run(&[json, &["keygen", "--master", secret, "-a", "a", "-o", "x", "--force"]].concat());
            run(&[json, &["encrypt", "--sign", secret, "-p", "a", "ecg.json", "-o", "x", "--force"]].concat());
            run(&[json, &["delegate", "-k", secret, "-a", "dept:cardiology", "-o", "x", "--force"]].concat());
            run(&[json, &["policy", "a", "-k", secret]].concat());
            run(&[json, &["policy", &format!("@{secret}")]].concat());
        }
    }
    for args in &runs {
        let answer = clinic.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
        said.extend_from_slice(&answer.stdout);
        said.extend_from_slice(answer.stderr.as_bytes());
    }
    assert!(said.len() > 10_000);
    let windows: std::collections::HashSet<&[u8]> = said.windows(8).collect();
    let text = String::from_utf8_lossy(&said).to_lowercase();
    // Secrets end their files: 64 bytes of the master key, 32 of the author's, the points of a reader's.
    for (name, bytes) in [("master.key", 64), ("author.key", 32), ("chen.key", 96 + 48 * 12)] {
        let file = clinic.read(name);
        for piece in file[file.len() - bytes..].chunks_exact(8) {
            assert!(!windows.contains(piece), "{name}");
            let hex: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(!text.contains(&hex), "{name}");
        }
    }
}
