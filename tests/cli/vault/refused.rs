//! What a vault refuses: an exit code, a reason, and what to do.

use std::fs;

use super::house::{House, MARTA, NOW};

#[test]
fn wrong_keys_and_wrong_people_are_refused() {
    let house = House::open();
    house.fails(1, "init", "exists already");
    house.fails(1, "read --key marta.key --vault nowhere", "is no vault");
    house.fails(2, "enroll nobody", "--attributes");
    house.fails(2, "import --key lab.key", "required");
    house.fails(1, "enroll dr-new -a role:nurse --out roe.key", "exists already");
    house.fails(9, "enroll dr-roe -a role:nurse --out new.key", "enrolled already");
    house.fails(4, "enroll dr-new -a \"role:\" --out new.key", "attributes");
    house.fails(5, "import --key roe.key bundle.json", "no right to write");
    house.fails(
        5,
        "import --key marta.key --patient 00000000000000000000000000000000 bundle.json",
        "does not let you write",
    );
    house.fails(5, "share --key roe.key --with dr-chen --category note", "not the key of a patient");
    house.fails(2, "share --key marta.key --with dr-chen", "required");
    house.fails(2, "share --key marta.key --with dr-chen --category notes", "the categories are");
    house.fails(9, "share --key marta.key --with dr-who --category note", "has no key");
    house.fails(5, "revoke dr-roe --attributes role:nurse", "role:nurse");
    house.fails(2, "read --key chen.key", "whose records?");
    house.fails(5, "read --key chen.key Patient/nobody", "no patient is called");
    house.fails(3, "read --key bundle.json", "hippocrypt");
    house.fails(3, "read --key vault/realm.hpcr", "`hippocrypt vault enroll` makes");
    house.fails(2, "export --key marta.key --as ndjson --sha256 00 --out -", "--as original");
    house.fails(5, "export --key marta.key --as original --out x", "belong to `house`");
    house.clinic.write("letter.pdf", b"%PDF-1.4");
    house.fails(2, "import --key lab.key letter.pdf", "--patient");

    // Of another house.
    let other = House::new();
    other.ok("enroll dr-chen -a role:physician --out chen.key");
    let foreign = other.clinic.path("chen.key");
    house.fails(5, &format!("read --key {} {MARTA}", foreign.display()), "another realm");
    house.fails(5, &format!("import --key {} bundle.json", foreign.display()), "another realm");
}

#[test]
fn who_may_not_write_a_category_imports_nothing_of_the_file() {
    let house = House::open();
    house.ok("enroll ct --writes imaging --out ct.key");
    let before = house.json("stats")["records"].clone();
    let refused = house.fails(5, "import --key ct.key bundle.json --again", "does not let you write");
    assert!(refused.stderr.contains("--writes"));
    assert_eq!(house.json("stats")["records"], before);
    // Dismissed, he writes nothing any more.
    house.clinic.write(
        "ct.json",
        format!("{{\"resourceType\":\"ImagingStudy\",\"subject\":{{\"reference\":\"{MARTA}\"}}}}").as_bytes(),
    );
    let warned = house.ok("import --key ct.key ct.json");
    assert!(warned.stderr.contains("cannot be exported as they came in"));
    house.ok("revoke ct");
    house.clinic.write(
        "ct2.json",
        format!("{{\"resourceType\":\"Media\",\"subject\":{{\"reference\":\"{MARTA}\"}}}}").as_bytes(),
    );
    house.fails(9, "import --key ct.key ct2.json", "dismissed");
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let house = House::open();
    fs::create_dir(house.clinic.path("in")).unwrap();
    house.clinic.write("in/a.json", b"{\"resourceType\":\"Observation\",\"status\":");
    house.clinic.write(
        "in/b.json",
        format!("{{\"resourceType\":\"Observation\",\"subject\":{{\"reference\":\"{MARTA}\"}}}}").as_bytes(),
    );
    let answer = house.fails(3, "import --key lab.key in", "in/a.json");
    assert!(
        answer.text().contains("refused         1") || answer.text().contains("refused"),
        "{}",
        answer.text()
    );
    assert_eq!(house.json("import --key lab.key in/b.json")["imported_before"], 1);
    assert_eq!(house.json("import --key lab.key in/b.json --again")["resources"], 1);
}

#[test]
fn a_cloud_without_a_lease_serves_nobody() {
    let house = House::open();
    house.clock.set(NOW + 2 * 86_400);
    house.fails(9, "read --key marta.key", "vault lease");
    house.fails(9, "import --key lab.key bundle.json --again", "vault lease");
    house.ok("lease --until 7d");
    assert!(house.opens("--key marta.key") > 0);
    house.clock.set(NOW + 8 * 86_400);
    assert!(house.opens("--key marta.key") > 0);
}

#[test]
fn damage_is_found() {
    let house = House::open();
    let study: Vec<u8> = (0..600_000u32).map(|i| (i * 7 / 5) as u8).collect();
    house.clinic.write("study", &study);
    house.ok(&format!("import --key lab.key --patient {MARTA} --category imaging study"));
    house.ok("fsck");
    // A chunk is changed; the attachment is not given out, and fsck names it.
    let chunks = house.clinic.path("vault/cloud/chunks");
    let chunk = fs::read_dir(&chunks)
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|path| path.is_dir() && path.file_name().unwrap().len() == 2);
    let chunk = fs::read_dir(chunk.unwrap()).unwrap().next().unwrap().unwrap().path();
    let good = fs::read(&chunk).unwrap();
    let mut bad = good.clone();
    bad[1000] ^= 1;
    fs::write(&chunk, &bad).unwrap();
    let found = house.fails(3, "fsck", "problems were found");
    assert!(found.text().contains("chunk"), "{}", found.text());
    let read = house.run("read --key marta.key --category imaging --out x");
    assert!([3, 6, 9].contains(&read.code), "{}: {}", read.code, read.stderr);
    assert!(
        fs::read_dir(house.clinic.path("x"))
            .unwrap()
            .all(|file| fs::read(file.unwrap().path()).unwrap().len() < 600_000)
    );
    fs::write(&chunk, &good).unwrap();
    house.ok("fsck");

    // Other files that are not what they were.
    for (file, line) in [
        ("vault/cloud/cloud.redb", "stats"),
        ("vault/authority/authority.redb", "lease"),
        ("vault/authority/master.hpcr", "lease"),
        ("vault/authority/patients", "import --key lab.key bundle.json"),
        ("vault/realm.hpcr", "stats"),
    ] {
        let good = house.clinic.read(file);
        let mut bad = good.clone();
        bad[..64].fill(0x5a);
        house.clinic.write(file, &bad);
        let answer = house.run(line);
        assert!([3, 7].contains(&answer.code), "{file}: {} {}", answer.code, answer.stderr);
        assert!(!answer.stderr.contains("panicked") && !answer.stderr.is_empty());
        house.clinic.write(file, &good);
        house.ok(line);
    }
}

#[test]
fn json_errors_are_for_machines() {
    let house = House::open();
    let error = house.clinic.run(&["--json", "vault", "read", "--key", "roe.key", "Patient/nobody"]).error();
    assert_eq!((&error["code"], &error["kind"]), (&5.into(), &"not-satisfied".into()));
    assert!(error["hint"].as_str().unwrap().contains("handle"));
    // The folder may be named by the environment.
    let mut command = house.clinic.command();
    let output = command.env("HIPPOCRYPT_VAULT", "elsewhere").args(["vault", "stats"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("elsewhere is no vault"));
}
