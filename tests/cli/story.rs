//! What the program is for, from the realm to the plaintext.

use std::io::Read;
use std::process::Stdio;

use crate::clinic::{Clinic, POLICY, RECORD};

#[test]
fn a_record_goes_from_the_patient_to_the_cardiologist() {
    let clinic = Clinic::open();
    clinic.ok(&["encrypt", "--policy", POLICY, "ecg.json"]);
    std::fs::remove_file(clinic.path("ecg.json")).unwrap();
    clinic.ok(&["decrypt", "--key", "chen.key", "ecg.json.hpcr"]);
    assert_eq!(clinic.read("ecg.json"), RECORD);
    let refused = clinic.fails(5, &["decrypt", "--key", "ruiz.key", "ecg.json.hpcr", "-o", "stolen"]);
    assert!(refused.stderr.contains("it lacks"), "{}", refused.stderr);
    for missing in ["role:cardiologist", "clearance >= 2 [the key holds 1]", "patient:4711"] {
        let listed = refused.stderr.contains(missing);
        // The cheapest way is named: one attribute, not two.
        assert_eq!(listed, missing == "patient:4711", "{missing}: {}", refused.stderr);
    }
}

#[test]
fn a_part_of_a_key_is_passed_on() {
    let clinic = Clinic::with_files();
    clinic.ok(&["delegate", "-k", "chen.key", "-a", "role:cardiologist, clearance = 3", "-o", "student.key"]);
    clinic.ok(&["decrypt", "-k", "student.key", "ecg.json.hpcr", "-o", "copy"]);
    assert_eq!(clinic.read("copy"), RECORD);
    clinic.ok(&["delegate", "-k", "chen.key", "-a", "dept:cardiology", "-o", "clerk.key"]);
    clinic.fails(5, &["decrypt", "-k", "clerk.key", "ecg.json.hpcr", "-o", "copy2"]);
    let more = clinic.fails(5, &["delegate", "-k", "chen.key", "-a", "role:head", "-o", "x.key"]);
    assert!(more.stderr.contains("role:head") && more.stderr.contains("dept:cardiology"));
    clinic.fails(5, &["delegate", "-k", "chen.key", "-a", "clearance = 2", "-o", "x.key"]);
    clinic.fails(4, &["delegate", "-k", "chen.key", "-a", "shift-end = 2026-12-01T08:00Z", "-o", "x.key"]);
}

#[test]
fn a_signature_can_be_demanded() {
    let clinic = Clinic::with_files();
    clinic.ok(&["author", "--key", "other.key", "--id", "other.pub"]);
    let decrypt = |file, authors: &[&str]| {
        let mut args = vec!["decrypt", "-k", "chen.key", file, "-o", "out", "--force"];
        authors.iter().for_each(|author| args.extend(["--author", author]));
        clinic.run(&args)
    };
    assert_eq!(decrypt("signed.hpcr", &["author.pub"]).code, 0);
    assert_eq!(decrypt("signed.hpcr", &["other.pub", "author.pub"]).code, 0);
    assert_eq!(decrypt("signed.hpcr", &[]).code, 0);
    std::fs::remove_file(clinic.path("out")).unwrap();
    assert_eq!(decrypt("signed.hpcr", &["other.pub"]).code, 7);
    assert_eq!(decrypt("ecg.json.hpcr", &["author.pub"]).code, 7);

    // The last bit of the signature: the record is genuine, its author is not.
    let mut forged = clinic.read("signed.hpcr");
    *forged.last_mut().unwrap() ^= 1;
    clinic.write("forged.hpcr", &forged);
    assert_eq!(decrypt("forged.hpcr", &["author.pub"]).code, 7);
    assert_eq!(decrypt("forged.hpcr", &[]).code, 7);
    assert!(!clinic.exists("out"));
    // On standard output nothing of an unsigned file flows when a signature is demanded.
    let answer =
        clinic.fails(7, &["decrypt", "-k", "chen.key", "ecg.json.hpcr", "-o", "-", "--author", "author.pub"]);
    assert!(answer.stdout.is_empty());
}

#[test]
fn streams_go_through_pipes() {
    let clinic = Clinic::open();
    let long: Vec<u8> = (0..300_000u32).flat_map(|n| n.to_le_bytes()).collect();
    for plaintext in [&b""[..], RECORD, &long] {
        let sealed = clinic.pipe(&["encrypt", "-p", POLICY, "-", "--sign", "author.key"], plaintext);
        assert_eq!(sealed.code, 0, "{}", sealed.stderr);
        let opened = clinic.pipe(&["decrypt", "-k", "chen.key", "-"], &sealed.stdout);
        assert_eq!((opened.code, &opened.stdout[..]), (0, plaintext), "{}", opened.stderr);
        // A stream that ends too early is told by the exit code.
        let cut = clinic.pipe(&["decrypt", "-k", "chen.key", "-"], &sealed.stdout[..sealed.stdout.len() - 1]);
        assert_eq!(cut.code, 6, "{}", cut.stderr);
        assert!(plaintext.starts_with(&cut.stdout));
    }
    let key = clinic.run(&["keygen", "-a", "patient:4711", "-o", "-"]);
    clinic.ok(&["encrypt", "-p", POLICY, "ecg.json"]);
    let opened = clinic.pipe(&["decrypt", "-k", "-", "ecg.json.hpcr", "-o", "-"], &key.stdout);
    assert_eq!(opened.stdout, RECORD);
    // With data on standard output the JSON report is on standard error.
    let sealed = clinic.pipe(&["--json", "encrypt", "-p", POLICY, "-"], RECORD);
    assert!(sealed.stdout.starts_with(b"HPCR"));
    let report: serde_json::Value = serde_json::from_str(&sealed.stderr).unwrap();
    assert_eq!(report["plaintext"], RECORD.len());
}

#[test]
fn each_standard_stream_is_used_once() {
    let clinic = Clinic::with_files();
    let twice = clinic.pipe(&["decrypt", "-k", "-", "-"], &clinic.read("chen.key"));
    assert_eq!((twice.code, twice.stdout.len()), (2, 0), "{}", twice.stderr);
    assert!(clinic.fails(2, &["author", "--key", "-", "--id", "-"]).stdout.is_empty());
    clinic.fails(2, &["author", "--key", "same", "--id", "same"]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure_to_talk_about() {
    let clinic = Clinic::open();
    clinic.write("long", &vec![7; 4 << 20]);
    clinic.ok(&["encrypt", "-p", POLICY, "long"]);
    let mut command = clinic.command();
    command.args(["decrypt", "-k", "chen.key", "long.hpcr", "-o", "-"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_file_is_bound_to_context_id_version_and_realm() {
    let clinic = Clinic::open();
    let id = "00112233445566778899aabbccddeeff";
    let record = ["--record-id", id, "--version-number", "7", "--chunk-size", "1KiB"];
    let bound = [&["encrypt", "-p", POLICY, "ecg.json", "--context", "visit 12"][..], &record].concat();
    clinic.ok(&bound);
    let decrypt = |more: &[&str]| {
        clinic.run(&[&["decrypt", "-k", "chen.key", "ecg.json.hpcr", "-o", "-"][..], more].concat())
    };
    let context = ["--context", "visit 12"];
    assert_eq!(decrypt(&context).stdout, RECORD);
    assert_eq!(decrypt(&[&context[..], &record[..4]].concat()).stdout, RECORD);
    for (wrong, code) in [
        (&[][..], 6),
        (&["--context", "visit 13"][..], 6),
        (&["--context", "visit 12", "--version-number", "8"][..], 5),
        (&["--context", "visit 12", "--record-id", "ff112233445566778899aabbccddeeff"][..], 5),
    ] {
        let answer = decrypt(wrong);
        assert_eq!((answer.code, answer.stdout.len()), (code, 0), "{}", answer.stderr);
    }
    let inspected = clinic.run(&["--json", "inspect", "ecg.json.hpcr"]).json();
    assert_eq!((&inspected["record_id"], &inspected["version"]), (&id.into(), &7.into()));
    assert_eq!(inspected["chunk_size"], 1024);

    let other = Clinic::open();
    other.ok(&["encrypt", "-p", POLICY, "ecg.json"]);
    let foreign = other.path("ecg.json.hpcr");
    let refused = clinic.fails(5, &["decrypt", "-k", "chen.key", foreign.to_str().unwrap(), "-o", "x"]);
    assert!(refused.stderr.contains("another realm"));
    let public = other.path("public.hpcr");
    let both =
        ["decrypt", "-k", "chen.key", "ecg.json.hpcr", "-o", "x", "--public", public.to_str().unwrap()];
    assert!(clinic.fails(5, &both).stderr.contains("chen.key"));
    // The schema of another realm is not believed.
    let schema = other.path("schema.hpcr");
    let misled = ["encrypt", "-p", POLICY, "ecg.json", "-o", "x", "--schema", schema.to_str().unwrap()];
    assert!(clinic.fails(7, &misled).stderr.contains("signature"));
}
