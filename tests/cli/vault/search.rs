//! What is imported with an index is found, by whom it may be read, and by nobody else.

use std::fs;

use super::house::{House, MARTA, NOW};

const BERTA: &str = "Patient/berta";

/// An observation of a patient, with a code and a day; one of a laboratory.
fn observation(patient: &str, code: &str, day: &str) -> String {
    format!(
        "{{\"resourceType\":\"Observation\",\"subject\":{{\"reference\":\"{patient}\"}},\"effectiveDateTime\":\"{day}\",\
         \"category\":[{{\"coding\":[{{\"code\":\"laboratory\"}}]}}],\
         \"code\":{{\"coding\":[{{\"system\":\"http://loinc.org\",\"code\":\"{code}\"}}]}}}}\n"
    )
}

/// A note of a psychiatrist.
fn sensitive(patient: &str) -> String {
    format!(
        "{{\"resourceType\":\"Observation\",\"subject\":{{\"reference\":\"{patient}\"}},\"effectiveDateTime\":\"2026-05-20\",\
         \"meta\":{{\"security\":[{{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\",\"code\":\"PSY\"}}]}},\
         \"category\":[{{\"coding\":[{{\"code\":\"laboratory\"}}]}}],\"code\":{{\"coding\":[{{\"code\":\"4548-4\"}}]}}}}\n"
    )
}

/// Everybody, and five results with an index: four of Berta's, one of them sensitive, and one of Marta's.
fn indexed() -> House {
    let house = House::open();
    house.ok(&format!("enroll berta --patient {BERTA} --out berta.key"));
    house.ok("enroll dr-diaz -a role:physician --out diaz.key");
    let lines = [
        observation(BERTA, "4548-4", "2026-05-14"),
        observation(BERTA, "4548-4", "2026-06-01"),
        observation(BERTA, "2339-0", "2026-05-14"),
        sensitive(BERTA),
        observation(MARTA, "4548-4", "2026-05-14"),
    ];
    house.clinic.write("results.ndjson", lines.concat().as_bytes());
    let said = house.json("import --key lab.key --index results.ndjson");
    assert_eq!((&said["records_indexed"], &said["new_indexes"]), (&5.into(), &2.into()), "{said}");
    assert_eq!((&said["new_domains"], &said["segments"]), (&3.into(), &3.into()));
    house
}

/// How many records are found.
fn finds(house: &House, line: &str) -> u64 {
    let found = house.json(&format!("search {line}"));
    assert_eq!(found["records"].as_array().unwrap().len() as u64, found["found"], "{found}");
    found["found"].as_u64().unwrap()
}

#[test]
fn what_may_be_read_is_found() {
    let house = indexed();
    let chen = |terms: &str| finds(&house, &format!("--key chen.key --patient {BERTA} {terms}"));
    assert_eq!(chen("code:4548-4"), 3);
    assert_eq!(chen("code:http://loinc.org|4548-4"), 2);
    assert_eq!(chen("code:4548-4 date:2026-05"), 2);
    assert_eq!(chen("'code:4548-4 and date:2026-06'"), 1);
    assert_eq!(chen("'date:2026 and not code:4548-4'"), 1);
    assert_eq!(chen("code:4548-4 or code:2339-0"), 4);
    assert_eq!(chen("'(code:4548-4 or code:2339-0) date:2026-05-14'"), 2);
    assert_eq!(chen("'category:lab-result and not (code:4548-4 and date>=2026-05-20)'"), 2);
    // Without a clearance; and a patient her own.
    assert_eq!(finds(&house, &format!("--key diaz.key --patient {BERTA} code:4548-4")), 2);
    assert_eq!(finds(&house, "--key berta.key code:4548-4"), 3);
    assert_eq!(finds(&house, "--key marta.key code:4548-4"), 1);
    // Matched by the cloud.
    for (terms, found) in
        [("code:4548-4", 3), ("code:4548-4 date:2026-05", 2), ("code:1-1 or date:2026-05-14", 2)]
    {
        assert_eq!(chen(&format!("{terms} --remote")), found, "{terms}");
    }
    // Opened.
    let opened = house.json(&format!("search --key chen.key --patient {BERTA} code:4548-4 --open"));
    assert_eq!((&opened["opened"], &opened["proved"]), (&3.into(), &"complete".into()));
    for record in opened["records"].as_array().unwrap() {
        assert_eq!(record["category"], "lab-result");
    }
    assert_eq!(house.json("search --key berta.key code:1-1 --remote")["proved"], "sound");
    let text = house.ok("search --key berta.key code:2339-0 --open").text();
    assert!(text.contains("2026-05-14") && text.contains("nothing is missing"), "{text}");

    // Shared, she finds it, too; and not when it is taken back.
    house.fails(5, &format!("search --key roe.key --patient {BERTA} code:4548-4"), "not for you");
    house.ok("share --key berta.key --with dr-roe --category lab-result");
    assert_eq!(finds(&house, &format!("--key roe.key --patient {BERTA} code:4548-4")), 2);
    let taken = house.json("share --key berta.key --with dr-roe --category lab-result --take-back");
    assert_eq!((&taken["indexes_renewed"], &taken["seeds_renewed"]), (&1.into(), &1.into()), "{taken}");
    house.fails(5, &format!("search --key roe.key --patient {BERTA} code:4548-4"), "not for you");
    assert_eq!(chen("code:4548-4"), 3);
}

#[test]
fn what_is_not_for_somebody_is_as_if_it_were_not() {
    let house = House::open();
    let nothing = "there is no search index of this patient, or it is not for you";
    house.fails(5, "search --key marta.key code:4548-4", nothing);
    let house = indexed();
    house.fails(5, &format!("search --key marta.key --patient {BERTA} code:4548-4"), nothing);
    house.ok("enroll dr-new --patient new --out new.key");
    house.fails(5, "search --key new.key code:4548-4", nothing);
    house.fails(5, "search --key berta.key --patient Patient/nobody code:4548-4", "no patient is called");
    house.fails(2, "search --key berta.key", "required");
    house.clock.set(NOW + 2 * 86_400);
    house.fails(9, "search --key berta.key code:4548-4", "vault lease");
    house.ok("lease");
    assert_eq!(finds(&house, "--key berta.key code:4548-4"), 3);
}

#[test]
fn a_dismissal_renews_what_he_could_search() {
    let house = indexed();
    let seeds = |said: &serde_json::Value| said["seeds_renewed"].as_u64();
    let said = house.json("revoke dr-roe");
    assert_eq!((seeds(&said), &said["epoch"]), (None, &1.into()), "{said}");
    // In the epoch of a dismissal nothing new is granted.
    house.clinic.write("more.ndjson", observation("Patient/carl", "1-1", "2026-01-01").as_bytes());
    house.fails(9, "import --key lab.key --index more.ndjson", "vault seal --advance");
    house.ok("seal --advance");
    house.ok("import --key lab.key --index more.ndjson");
    assert_eq!(finds(&house, "--key chen.key --patient Patient/carl code:1-1"), 1);

    let said = house.json("revoke dr-diaz");
    assert_eq!((seeds(&said), &said["indexes_renewed"], &said["epoch"]), (Some(3), &3.into(), &3.into()));
    house.fails(9, &format!("search --key diaz.key --patient {BERTA} code:4548-4"), "was dismissed");
    assert_eq!(finds(&house, &format!("--key chen.key --patient {BERTA} code:4548-4")), 3);
    let said = house.json("enroll dr-chen -a role:physician --again --out chen.key --force");
    assert_eq!(seeds(&said), Some(4), "{said}");
    assert_eq!(finds(&house, &format!("--key chen.key --patient {BERTA} code:4548-4")), 2);
    assert_eq!(house.json("fsck")["problems"], serde_json::json!([]));
}

#[test]
fn an_index_is_counted_kept_and_taken_up() {
    let house = indexed();
    let stats = house.json("stats");
    assert_eq!((&stats["search_indexes"], &stats["segments_of_indexes"]), (&2.into(), &3.into()), "{stats}");
    assert!(stats["bytes"]["segments_of_indexes"].as_u64().unwrap() > 3 * 32 * 28);
    assert_eq!(house.json("fsck")["problems"], serde_json::json!([]));
    // Imported before: nothing twice.
    let again = house.json("import --key lab.key --index results.ndjson");
    assert_eq!((&again["imported_before"], &again["records_indexed"]), (&1.into(), &0.into()));
    assert_eq!(finds(&house, "--key berta.key code:4548-4"), 3);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for (path, mode) in
            [("index", 0o700), ("gate", 0o700), ("index/index.redb", 0o600), ("gate/gate.redb", 0o600)]
        {
            let path = house.clinic.path(&format!("vault/{path}"));
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
        }
    }
    // The cloud has no word of it.
    let cloud = house.clinic.read("vault/cloud/cloud.redb");
    for word in ["4548-4", "loinc", "2026-05"] {
        assert!(!cloud.windows(word.len()).any(|part| part == word.as_bytes()), "{word}");
    }

    // A run that is killed when the cloud has records and the keeper has not sent: an old copy of the cloud is that, and worse.
    house.ok("backup cloud.backup");
    house.clinic.write("more.ndjson", observation(BERTA, "9-9", "2026-07-01").as_bytes());
    house.ok("import --key lab.key --index more.ndjson");
    house.ok("revoke dr-diaz");
    fs::rename(house.clinic.path("vault/cloud"), house.clinic.path("old")).unwrap();
    house.ok("restore cloud.backup");
    assert_eq!(finds(&house, "--key berta.key code:4548-4"), 3);
    house.ok("import --key lab.key --index --again more.ndjson");
    assert_eq!(finds(&house, "--key berta.key code:9-9 --open"), 1);
    house.fails(9, &format!("search --key diaz.key --patient {BERTA} code:4548-4"), "was dismissed");
    assert_eq!(house.json("fsck")["problems"], serde_json::json!([]));
}

/// Killed anywhere, an import is taken up; what is found opens, and what was imported is found once.
#[test]
#[cfg(unix)]
fn a_killed_import_leaves_an_index_that_holds() {
    use std::process::Stdio;
    let house = House::open();
    house.ok(&format!("enroll berta --patient {BERTA} --out berta.key"));
    fs::create_dir(house.clinic.path("in")).unwrap();
    for day in 1..=20 {
        let lines: String =
            (0..20).map(|n| observation(BERTA, &format!("{n}-0"), &format!("2026-03-{day:02}"))).collect();
        house.clinic.write(&format!("in/{day:02}.ndjson"), lines.as_bytes());
    }
    for delay in [20, 60, 120, 200, 300] {
        let mut command = house.clinic.command();
        command.args(["--now", &NOW.to_string(), "vault", "import", "--key", "lab.key", "--index", "in"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(house.json("fsck")["problems"], serde_json::json!([]));
    }
    house.ok("import --key lab.key --index in");
    let found = house.json("search --key berta.key date:2026-03 --open");
    let count = found["found"].as_u64().unwrap();
    // A run may have been killed between the index and the note of it: its files are there, and found, twice.
    assert!(count.is_multiple_of(20) && count >= 400, "{count}");
    assert_eq!(found["opened"], count, "{}", found["opened"]);
    assert_eq!(house.json("import --key lab.key --index in")["imported_before"], 20);
    assert_eq!(house.json("search --key berta.key date:2026-03")["found"], count);
}
