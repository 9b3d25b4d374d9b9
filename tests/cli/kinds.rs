//! Every kind of file at every place, and what `inspect` makes of it.

use crate::clinic::{Clinic, POLICY, RECORD};

/// Places for a file, and the one file that fits there.
const PLACES: [(&[&str], &str); 11] = [
    (&["keygen", "-a", "a", "-o", "x", "--master", "FILE"], "master.key"),
    (&["keygen", "-a", "a", "-o", "x", "--schema", "FILE"], "schema.hpcr"),
    (&["schema", "--declare", "a: date", "-o", "x", "--master", "FILE"], "master.key"),
    (&["delegate", "-a", "dept:cardiology", "-o", "x", "-k", "FILE"], "chen.key"),
    (&["encrypt", "-p", "a", "ecg.json", "-o", "x", "--public", "FILE"], "public.hpcr"),
    (&["encrypt", "-p", "a", "ecg.json", "-o", "x", "--schema", "FILE"], "schema.hpcr"),
    (&["encrypt", "-p", "a", "ecg.json", "-o", "x", "--sign", "FILE"], "author.key"),
    (&["decrypt", "-k", "FILE", "ecg.json.hpcr", "-o", "x"], "chen.key"),
    (&["decrypt", "-k", "chen.key", "signed.hpcr", "-o", "x", "--author", "FILE"], "author.pub"),
    (&["decrypt", "-k", "chen.key", "signed.hpcr", "-o", "x", "--public", "FILE"], "public.hpcr"),
    (&["policy", "dept:cardiology", "-k", "FILE"], "chen.key"),
];

#[test]
fn a_wrong_kind_is_refused_with_advice() {
    let clinic = Clinic::with_files();
    let kinds = clinic.every_kind();
    for (args, fitting) in PLACES {
        for kind in &kinds {
            let args: Vec<&str> = args.iter().map(|arg| if *arg == "FILE" { *kind } else { *arg }).collect();
            if *kind == fitting {
                clinic.ok(&args);
                let _ = std::fs::remove_file(clinic.path("x"));
                continue;
            }
            let answer = clinic.fails(3, &args);
            assert!(
                answer.stderr.contains("is needed") && answer.stderr.contains("hint: "),
                "{}",
                answer.stderr
            );
            assert!(answer.stderr.contains(kind), "{}", answer.stderr);
        }
    }
}

#[test]
fn only_encrypted_files_are_decrypted_and_anything_is_encrypted() {
    let clinic = Clinic::with_files();
    for kind in clinic.every_kind() {
        // A header without its record can be read, but there is nothing to open.
        let code = if kind == "header.hpcr" { 6 } else { 3 };
        clinic.fails(code, &["decrypt", "-k", "chen.key", kind, "-o", "x"]);
        let code = if kind == "header.hpcr" { 0 } else { 3 };
        assert_eq!(clinic.run(&["policy", "--of", kind]).code, code, "{kind}");
        clinic.ok(&["encrypt", "-p", POLICY, kind, "-o", "x"]);
        clinic.ok(&["decrypt", "-k", "chen.key", "x", "-o", "y"]);
        assert_eq!(clinic.read("y"), clinic.read(kind));
        std::fs::remove_file(clinic.path("x")).unwrap();
        std::fs::remove_file(clinic.path("y")).unwrap();
    }
}

#[test]
fn inspect_knows_every_kind_and_its_size() {
    let clinic = Clinic::with_files();
    let public = ["--public", "public.hpcr"];
    let mut names = clinic.every_kind();
    names.extend(["ecg.json.hpcr", "signed.hpcr"]);
    let mut kinds = std::collections::BTreeSet::new();
    for name in names {
        let report = clinic.ok(&["--json", "inspect", name]).json();
        assert_eq!(report["size"], clinic.read(name).len(), "{report}");
        assert_eq!((&report["format_version"], &report["suite"]), (&1.into(), &1.into()));
        assert_eq!(report["secret"].as_bool(), Some(name.ends_with(".key")));
        kinds.insert(report["kind"].as_str().unwrap().to_owned());
        let text = clinic.ok(&["inspect", name]).text();
        assert!(text.contains("kind") && text.contains("suite"), "{text}");
        let checked = clinic.ok(&[&["--json", "inspect", name][..], &public].concat()).json();
        assert_ne!(checked["of_this_realm"], false);
        // The same from a pipe, where no length is known.
        let piped = clinic.pipe(&["--json", "inspect", "-"], &clinic.read(name)).json();
        assert_eq!((&piped["size"], &piped["plaintext"]), (&report["size"], &report["plaintext"]));
    }
    assert_eq!(kinds.len(), 9);
}

#[test]
fn inspect_tells_all_that_is_public() {
    let clinic = Clinic::with_files();
    let author = clinic.run(&["--json", "inspect", "author.pub"]).json()["author"].clone();
    let signed = clinic.run(&[
        "--json",
        "inspect",
        "--public",
        "public.hpcr",
        "--author",
        "author.pub",
        "signed.hpcr",
    ]);
    assert_eq!(signed.code, 0, "{}", signed.stderr);
    let signed = signed.json();
    assert_eq!((&signed["signed_by"], &signed["valid"]), (&author, &true.into()));
    assert_eq!((&signed["plaintext"], &signed["signed"]), (&RECORD.len().into(), &true.into()));
    assert_eq!(signed["realm_id"], clinic.run(&["--json", "inspect", "public.hpcr"]).json()["realm_id"]);
    let asked = clinic.run(&["--json", "policy", "--of", "signed.hpcr"]).json();
    for field in ["policy", "rows", "header", "pairings", "schema_id"] {
        assert_eq!(signed[field], asked[field], "{field}");
    }
    let plain = clinic.run(&["--json", "inspect", "ecg.json.hpcr"]).json();
    assert_eq!((&plain["plaintext"], &plain["signed"]), (&RECORD.len().into(), &false.into()));
    let schema = clinic.run(&["--json", "inspect", "--public", "public.hpcr", "schema.hpcr"]).json();
    assert_eq!(schema["declares"]["shift-end"], "date");
    assert!(clinic.run(&["--json", "inspect", "schema.hpcr"]).json()["declares"].is_null());
    let key = clinic.run(&["--json", "inspect", "--public", "public.hpcr", "chen.key"]).json();
    assert_eq!((&key["genuine"], &key["labels"]), (&true.into(), &11.into()));
    assert!(key["attributes"].as_str().unwrap().contains("clearance = 3"));
}

#[test]
fn inspect_condemns_what_does_not_hold() {
    let (clinic, other) = (Clinic::with_files(), Clinic::open());
    let foreign = other.path("public.hpcr");
    let foreign = foreign.to_str().unwrap();
    for name in ["public.hpcr", "master.key", "chen.key", "ecg.json.hpcr", "signed.hpcr"] {
        let answer = clinic.fails(5, &["--json", "inspect", "--public", foreign, name]);
        assert_eq!((&answer.json()["of_this_realm"], &answer.error()["code"]), (&false.into(), &5.into()));
    }
    other.ok(&["author", "--key", "b.key", "--id", "b.pub"]);
    let stranger = other.path("b.pub");
    for name in ["ecg.json.hpcr", "signed.hpcr", "author.pub"] {
        clinic.fails(7, &["inspect", "--author", stranger.to_str().unwrap(), name]);
    }
    // A row of another file: the point is good, the rows contradict each other.
    let (mut one, two) = (clinic.read("ecg.json.hpcr"), clinic.read("signed.hpcr"));
    let header =
        usize::try_from(clinic.run(&["--json", "inspect", "signed.hpcr"]).json()["header"].as_u64().unwrap());
    let header = header.unwrap();
    one[header - 48..header].copy_from_slice(&two[header - 48..header]);
    clinic.write("mixed.hpcr", &one);
    clinic.ok(&["inspect", "mixed.hpcr"]);
    let answer = clinic.fails(3, &["--json", "inspect", "--public", "public.hpcr", "mixed.hpcr"]);
    assert_eq!(answer.json()["valid"], false);
    // A key with a component of another.
    let (mut key, other_key) = (clinic.read("chen.key"), clinic.read("ruiz.key"));
    let (end, other_end) = (key.len(), other_key.len());
    key[end - 48..].copy_from_slice(&other_key[other_end - 48..]);
    clinic.write("mixed.key", &key);
    assert_eq!(clinic.run(&["inspect", "--public", "public.hpcr", "mixed.key"]).code, 7);
}
