//! What a vault is for.

use std::fs;
use std::path::Path;

use super::house::{BUNDLE, House, MARTA, NOW, sha256};

/// Every byte of every file below a folder.
fn contents(folder: &Path, all: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            contents(&path, all);
        } else {
            all.extend(fs::read(path).unwrap());
        }
    }
}

fn finds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn the_whole_life_of_a_record() {
    let house = House::open();
    // Who may read what. The physician's are all, the patient's all of her own.
    let of_marta = house.opens("--key marta.key");
    assert!(of_marta >= 15, "{of_marta}");
    assert_eq!(house.opens(&format!("--key chen.key {MARTA}")), of_marta);
    let radiologist = house.json(&format!("read --key roe.key {MARTA}"));
    for record in radiologist["records"].as_array().unwrap() {
        assert_eq!(record["category"], "imaging", "{record}");
    }
    house.fails(5, "read --key marta.key Patient/patient-0815", "not for you");

    // Shared, and taken back.
    let before = radiologist["opened"].as_u64().unwrap();
    let labs = house.opens("--key marta.key --category lab-result");
    assert!(labs > 0);
    let shared = house.json("share --key marta.key --with dr-roe --category lab-result");
    assert_eq!(shared["changed"], true);
    assert_eq!(house.opens(&format!("--key roe.key {MARTA}")), before + labs);
    assert_eq!(house.json("share --key marta.key --with dr-roe --category lab-result")["changed"], false);
    house.ok("share --key marta.key --with dr-roe --category lab-result --take-back");
    assert_eq!(house.opens(&format!("--key roe.key {MARTA}")), before);

    // Out as it came in.
    let exported = house.json("export --key chen.key house --as original --out files");
    let file = exported["originals"][0]["file"].as_str().unwrap();
    assert_eq!(house.clinic.read(file), BUNDLE);
    assert_eq!(exported["originals"][0]["sha256"], sha256(BUNDLE));
    let piped = house.ok("export --key chen.key house --as original --out -");
    assert_eq!(piped.stdout, BUNDLE);
    // And in other forms.
    house.ok("export --key marta.key --as bundle --out mine");
    let bundle: serde_json::Value =
        serde_json::from_slice(&house.clinic.read("mine/collection.json")).unwrap();
    assert_eq!(bundle["entry"].as_array().unwrap().len() as u64, of_marta);
    let lines = house.ok("export --key marta.key --as ndjson --out -").text();
    assert_eq!(lines.lines().count() as u64, of_marta);
    assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    assert_eq!(house.ok("read --key marta.key --ndjson -").text().lines().count() as u64, of_marta);

    // Dismissed; sealed; a copy of the cloud of before helps nobody.
    house.ok("revoke dr-roe --advance");
    house.fails(9, &format!("read --key roe.key {MARTA}"), "not enrolled here, was dismissed");
    let sealed = house.json("seal --advance");
    assert_eq!((&sealed["epoch"], &sealed["sealed"]), (&3.into(), &sealed["headers"]));
    assert_eq!(house.opens("--key marta.key"), of_marta);
    house.ok("revoke dr-chen --attributes role:physician");
    house.fails(5, &format!("read --key chen.key {MARTA}"), "not for you");

    assert_eq!(house.json("fsck")["problems"], serde_json::json!([]));
    let stats = house.json("stats");
    assert_eq!(
        (&stats["patients"], &stats["epoch"], &stats["sealed"]),
        (&3.into(), &3.into(), &stats["compartments"])
    );
    let log = house.json(&format!("log --patient {MARTA} --user dr-chen"));
    let entries = log["entries"].as_array().unwrap();
    assert!(entries.iter().any(|entry| entry["event"] == "opened" && entry["count"] == of_marta), "{log}");
    assert!(entries.iter().all(|entry| entry["user"] == "dr-chen" && entry["time"] == NOW));
    // Stored together with records of others, of which nothing is told.
    let written = house.json(&format!("log --patient {MARTA} --user laboratory"));
    assert_eq!(written["entries"][0]["count"], of_marta, "{written}");
    assert_eq!(written["entries"].as_array().unwrap().len(), 1);
    for text in [house.ok("stats").text(), house.ok("log --last 3").text()] {
        assert!(text.contains("2027-01-15"), "{text}");
    }

    // Nothing in the cloud, and nothing public, says anything about a patient.
    let mut bytes = fs::read(house.clinic.path("vault/realm.hpcr")).unwrap();
    contents(&house.clinic.path("vault/cloud"), &mut bytes);
    for word in ["Lindqvist", "Marta", "patient-4711", "Riverton", "resourceType", "snomed"] {
        assert!(!finds(&bytes, word.as_bytes()), "{word}");
    }
    let realm = house.clinic.read("vault/realm.hpcr");
    for secret in ["vault/authority/master.hpcr", "vault/seal/seal.hpcr"] {
        // The master key has the public parameters in it.
        let secret = house.clinic.read(secret);
        let parts = secret[7..].chunks_exact(16).filter(|part| !finds(&realm, part));
        assert!(parts.clone().count() > 0);
        assert!(parts.into_iter().all(|part| !finds(&bytes[realm.len()..], part)));
    }
}

#[test]
fn other_files_are_kept_as_they_are() {
    let house = House::open();
    let study: Vec<u8> = [&[0; 128][..], b"DICM"]
        .concat()
        .into_iter()
        .chain((0..700_000u32).map(|i| (i * 7 / 5) as u8))
        .collect();
    house.clinic.write("study.dcm", &study);
    house.clinic.write("letter.pdf", b"%PDF-1.4 dear colleague");
    let said = house
        .json(&format!("import --key lab.key --patient {MARTA} study.dcm letter.pdf --attach bundle.json"));
    assert_eq!(
        (&said["other_files"], &said["resources"], &said["refused"]),
        (&3.into(), &0.into(), &0.into())
    );
    let read =
        house.json("read --key marta.key --category imaging --category note --category other --out mine");
    let files: Vec<Vec<u8>> = fs::read_dir(house.clinic.path("mine"))
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect();
    for content in [&study[..], b"%PDF-1.4 dear colleague", BUNDLE] {
        assert!(files.iter().any(|file| file == content));
    }
    let dicom = read["records"]
        .as_array()
        .unwrap()
        .iter()
        .find(|record| record["type"] == "application/dicom")
        .unwrap();
    assert_eq!((&dicom["attached"], &dicom["size"]), (&true.into(), &study.len().into()));
    // One record alone, by its id; nothing is overwritten.
    let id = dicom["record"].as_str().unwrap();
    assert_eq!(house.opens(&format!("--key marta.key --record {id} --out one")), 1);
    assert_eq!(house.clinic.read(&format!("one/{id}.dcm")), study);
    house.fails(1, &format!("read --key marta.key --record {id} --out one"), "exists already");
    house.ok(&format!("read --key marta.key --record {id} --out one --force"));
    house.fails(5, "read --key marta.key --record 00000000000000000000000000000000", "do not exist");
}

#[test]
fn ndjson_and_pipes_and_sources() {
    let house = House::open();
    let line = |patient: &str, text: &str| {
        format!(
            "{{\"resourceType\":\"Observation\",\"subject\":{{\"reference\":\"{patient}\"}},\"valueString\":\"{text}\"}}\n"
        )
    };
    let lines = [line("Patient/1", "a"), line("Patient/2", "b"), line("Patient/1", "c")].concat();
    let now = NOW.to_string();
    let args = ["--now", &now, "--json", "vault", "import", "--key", "lab.key", "--source", "north", "-"];
    let said = house.clinic.pipe(&args, lines.as_bytes());
    assert_eq!(said.code, 0, "{}", said.stderr);
    let said = said.json();
    assert_eq!(said["resources"], 3);
    let names: Vec<&str> =
        said["patients"].as_array().unwrap().iter().filter_map(|patient| patient["name"].as_str()).collect();
    assert!(names.contains(&"north|Patient/1") && names.contains(&"north|Patient/2"), "{names:?}");
    house.clinic.write("south.ndjson", line("Patient/1", "d").as_bytes());
    house.ok("import --key lab.key --source south south.ndjson");
    assert_eq!(house.opens("--key chen.key north|Patient/1"), 2);
    // About one patient: her own, with what is around it.
    assert_eq!(house.opens("--key chen.key south|Patient/1"), 2);
    let back = house.ok("export --key chen.key south|Patient/1 --as original --out -");
    assert_eq!(back.stdout, line("Patient/1", "d").as_bytes());
}

#[test]
fn a_cloud_comes_back_from_its_backup() {
    let house = House::open();
    let all = house.opens("--key marta.key");
    house.ok("backup cloud.backup");
    house.fails(1, "backup cloud.backup", "exists already");
    let piped = house.ok("backup -");
    assert_eq!(piped.stdout, house.clinic.read("cloud.backup"));
    house.ok("revoke dr-roe --advance");
    house.ok("enroll dr-late -a role:physician --out late.key");
    house.fails(1, "restore cloud.backup", "exists already");
    fs::rename(house.clinic.path("vault/cloud"), house.clinic.path("old")).unwrap();
    let restored = house.json("restore cloud.backup");
    assert_eq!(restored["epoch"], 2);
    assert_eq!(house.json("fsck")["problems"], serde_json::json!([]));
    assert_eq!(house.opens("--key marta.key"), all);
    assert_eq!(house.opens(&format!("--key chen.key {MARTA}")), all);
    // Dismissed since the backup: dismissed still.
    house.fails(9, &format!("read --key roe.key {MARTA}"), "was dismissed");
    house.fails(9, &format!("read --key late.key {MARTA}"), "not enrolled here");
    house.ok("enroll dr-late -a role:physician --again --out late.key --force");
    assert!(house.opens(&format!("--key late.key {MARTA}")) > 0);
    // A damaged backup makes no cloud.
    fs::remove_dir_all(house.clinic.path("vault/cloud")).unwrap();
    let mut damaged = house.clinic.read("cloud.backup");
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    house.clinic.write("damaged", &damaged);
    house.fails(3, "restore damaged", "damaged");
    house.fails(3, "restore bundle.json", "not a backup");
    assert!(!house.clinic.exists("vault/cloud"));
}
