//! The story is so, it fails when it should, and its searching and comparing can fail, too.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hippocrypt::fhir::{Import, Limits};
use hippocrypt::phr::{RecordCategory, SecurityLabel};

use crate::attempts::Cell;
use crate::clinic::{Clinic, Role};
use crate::import::{plant, sources};
use crate::index::{Asked, keywords_of};
use crate::phone::Failure;
use crate::process;
use crate::scan::{Needles, Scan, strings};
use crate::story::{Ending, Manner, STAFF, tell};
use crate::table::Style;
use crate::wire::{CallError, GREETING, Link, Message, Verb, await_greeting, serve};
use crate::{DEFAULT_BUNDLE, understood};

/// No test: what a process does that one of the tests starts.
#[test]
fn another_process() {
    if let Ok(role) = std::env::var("CLINIC_ROLE") {
        let arguments: Vec<String> = role.split('\n').map(str::to_owned).collect();
        let ended = process::role(&arguments);
        std::process::exit(i32::from(!matches!(ended, Some(Ok(())))));
    }
}

const MANNER: Manner =
    Manner { style: Style::PLAIN, contrary: false, kill_the_cloud: false, study_bytes: 5 << 20 };

fn told(path: &Path, manner: Manner) -> Result<Ending, String> {
    let folder = tempfile::tempdir().unwrap();
    tell(path, folder.path(), manner).map_err(|error| error.to_string())
}

#[test]
fn the_story_is_told_to_its_end() {
    let Ending { problems, attempts, untold } = told(Path::new(DEFAULT_BUNDLE), MANNER).unwrap();
    assert_eq!((problems, untold), (0, 0));
    assert!(attempts > 2000, "{attempts}");
}

/// With the opposite expectation every single attempt is found to be otherwise.
#[test]
fn a_story_that_is_not_so_fails() {
    let ending = told(Path::new(DEFAULT_BUNDLE), Manner { contrary: true, ..MANNER }).unwrap();
    assert_eq!(ending.untold, ending.attempts);
    assert!(ending.attempts > 2000);
}

#[test]
fn killing_the_cloud_before_each_chapter_changes_nothing() {
    let ending = told(Path::new(DEFAULT_BUNDLE), Manner { kill_the_cloud: true, ..MANNER }).unwrap();
    assert_eq!(ending.untold, 0);
}

/// A cloud that writes one name of a patient into some file of its own is found out.
#[test]
fn one_name_in_the_clouds_folder_fails_the_story() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("cloud")).unwrap();
    let mut names = Default::default();
    strings(&fs::read(DEFAULT_BUNDLE).unwrap(), &mut names);
    let name = names.iter().find(|name| name.contains("Hemoglobin")).unwrap();
    fs::write(folder.path().join("cloud/debug.log"), format!("GET {name} 200")).unwrap();
    assert_eq!(tell(Path::new(DEFAULT_BUNDLE), folder.path(), MANNER).unwrap().untold, 1);
}

/// So is a gate that writes down a word that is looked for.
#[test]
fn one_keyword_in_the_gates_folder_fails_the_story() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("gate")).unwrap();
    fs::write(folder.path().join("gate/debug.log"), "code|4548-4 2026-06: 1 point").unwrap();
    assert_eq!(tell(Path::new(DEFAULT_BUNDLE), folder.path(), MANNER).unwrap().untold, 1);
}

#[test]
fn what_is_asked_on_the_screen_is_a_query() {
    let of_may = |day: &str| {
        let text = format!(
            r#"{{"resourceType":"Observation","effectiveDateTime":"{day}","code":{{"coding":[{{"code":"4548-4"}}]}}}}"#
        );
        Asked::new("code:4548-4 and date:2026-05").unwrap().is_true_of(text.as_bytes())
    };
    assert!(of_may("2026-05-31") && !of_may("2026-06-01"));
    for wrong in ["", "code:4548-4 and ", "code:4548-4 and date:May", "not HbA1c"] {
        assert!(Asked::new(wrong).is_err(), "{wrong}");
    }
}

/// What bears a sensitive label has no keywords, and neither has what is no resource.
#[test]
fn what_is_sensitive_is_not_indexed() {
    let folder = tempfile::tempdir().unwrap();
    let mut clinic = Clinic::begin(folder.path()).unwrap();
    clinic.enrol("records-office", &Role::Staff("role:records", &RecordCategory::ALL)).unwrap();
    clinic.import(&fs::read(DEFAULT_BUNDLE).unwrap()).unwrap();
    let records = clinic.ledger.records.values_mut();
    let (mut indexed, mut others) = (0, 0);
    for written in records {
        match keywords_of(written).len() {
            0 => others += 1,
            _ => indexed += 1,
        }
        written.labels.insert(SecurityLabel::new("PSY").unwrap());
        assert_eq!(keywords_of(written), []);
    }
    assert!(indexed > 15 && others > 0, "{indexed}, {others}");
}

/// A folder of shared test data, where there is one.
fn shared(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = ["../shared/data", "../../shared/data"].map(|place| root.join(place).join(name));
    let found = places.into_iter().find(|place| place.is_dir());
    if found.is_none() {
        println!("skipped: there is no folder ../shared/data/{name}");
    }
    found
}

/// The story over two files of the folder, or with HIPPOCRYPT_FULL=1 over all.
#[test]
fn the_story_over_synthea_bundles() {
    let Some(folder) = shared("synthea-r4") else { return };
    if std::env::var_os("HIPPOCRYPT_FULL").is_some_and(|value| value == "1") {
        assert_eq!(told(&folder, MANNER).unwrap().untold, 0);
        return;
    }
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
    files.sort_by_key(|file| (file.metadata().unwrap().len(), file.file_name()));
    let some = tempfile::tempdir().unwrap();
    for file in files.iter().take(2) {
        fs::copy(file.path(), some.path().join(file.file_name())).unwrap();
    }
    let ending = told(some.path(), MANNER).unwrap();
    assert_eq!((ending.problems, ending.untold), (0, 0));
}

#[test]
fn what_cannot_be_read_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    assert!(told(folder.path(), MANNER).unwrap_err().contains("no FHIR"), "nothing to read");
    fs::write(folder.path().join("broken.json"), "{\"resourceType\": ").unwrap();
    assert!(told(folder.path(), MANNER).unwrap_err().contains("broken.json"), "nothing that can be read");
    fs::create_dir(folder.path().join("below")).unwrap();
    fs::write(folder.path().join("below/one.json"), "{\"resourceType\":\"Practitioner\"}").unwrap();
    assert!(told(folder.path(), MANNER).unwrap_err().contains("no patient"));
    fs::write(folder.path().join("below/two.json"), "{ \"resourceType\":\"Patient\", \"id\": \"1\"}")
        .unwrap();
    fs::write(folder.path().join("notes.txt"), "no FHIR").unwrap();
    let ending = told(folder.path(), MANNER).unwrap();
    assert_eq!((ending.problems, ending.untold), (1, 0));
    assert!(told(&folder.path().join("absent.json"), MANNER).is_err());
}

/// What the rules say is written down here once more, by hand: for the bundle that comes with the library.
#[test]
fn the_table_of_the_sample_is_as_written_here() {
    let folder = tempfile::tempdir().unwrap();
    let mut clinic = Clinic::begin(folder.path()).unwrap();
    clinic.enrol("records-office", &Role::Staff("role:records", &RecordCategory::ALL)).unwrap();
    clinic.import(&fs::read(DEFAULT_BUNDLE).unwrap()).unwrap();
    let mut totals = Vec::new();
    for (who, attributes, writes) in STAFF {
        clinic.enrol(who, &Role::Staff(attributes, writes)).unwrap();
        let attempts = clinic.try_everything(who, false).unwrap();
        assert_eq!(attempts.unexpected, 0);
        totals.push(attempts.opened);
        if who == "nurse" {
            let cell = |category: RecordCategory| attempts.cells[&category];
            assert_eq!(cell(RecordCategory::VitalSign), Cell { opened: 3, tried: 3 });
            assert_eq!(cell(RecordCategory::LabResult), Cell { opened: 0, tried: 3 });
        }
    }
    // 23 resources and an envelope; the physician, the locum, the nurse, the technician, the radiologist, the
    // cardiologist.
    assert_eq!((clinic.ledger.records.len(), totals), (24, vec![24, 24, 15, 3, 2, 24]));

    // The comparison is one: rights that the key does not have make every cell in question unexpected.
    clinic.rights.insert("nurse".to_owned(), clinic.rights["physician"].clone());
    assert_eq!(clinic.try_everything("nurse", false).unwrap().unexpected, 24 - 15);
}

#[test]
fn what_is_planted_is_in_every_resource_and_changes_nothing_else() {
    let file = fs::read(DEFAULT_BUNDLE).unwrap();
    let planted = plant(&file, "tweet").unwrap();
    let import = Import::read(&planted, &Limits::default()).unwrap();
    assert_eq!(import.resources().len(), 23);
    assert!(
        import
            .resources()
            .iter()
            .all(|resource| resource.bytes().starts_with(b"{\"implicitRules\":\"tweet\","))
    );
    let without = String::from_utf8(planted).unwrap().replace("\"implicitRules\":\"tweet\",", "");
    assert_eq!(without.as_bytes(), file);
    let odd = br#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{ }},{"resource":{"implicitRules":"x"}}]}"#;
    let planted = String::from_utf8(plant(odd, "tweet").unwrap()).unwrap();
    assert!(planted.contains(r#"{"implicitRules":"tweet" }"#), "{planted}");
    assert!(planted.contains(r#"{"canary":"tweet","implicitRules":"x"}"#), "{planted}");
}

fn findings(needles: &Needles, content: &[u8]) -> Vec<u64> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    fs::write(&file, content).unwrap();
    let mut scan = Scan::default();
    needles.look_through(&file, &mut scan).unwrap();
    assert_eq!((scan.files, scan.bytes), (1, content.len() as u64));
    scan.found.iter().map(|found| found.position).collect()
}

#[test]
fn a_search_finds_every_encoding_wherever_it_stands() {
    const CANARY: &[u8] = b"a canary of 32 bytes, no more!?!";
    let mut needles = Needles::new();
    needles.add_encoded(CANARY);
    needles.add(b"short");
    assert!(needles.count >= 6);
    let hex = CANARY.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    // Base64 of `CANARY`, of `x` and `CANARY`, of `xy` and `CANARY`, each with a byte behind it.
    let base64 = [
        "YSBjYW5hcnkgb2YgMzIgYnl0ZXMsIG5vIG1vcmUhPyF6",
        "eGEgY2FuYXJ5IG9mIDMyIGJ5dGVzLCBubyBtb3JlIT8hego=",
        "eHlhIGNhbmFyeSBvZiAzMiBieXRlcywgbm8gbW9yZSE/IXo=",
    ];
    let hidden = [CANARY, hex.as_bytes(), hex.to_uppercase().as_bytes()].map(<[u8]>::to_vec);
    for text in hidden.into_iter().chain(base64.map(|text| text.as_bytes().to_vec())) {
        // At the start, at the end, and across the border of two blocks.
        for before in [0, 1000, (1 << 20) - 40, (1 << 20) - 7, (1 << 20) + 1, (2 << 20) - 70] {
            let content = [vec![b'.'; before], text.clone()].concat();
            assert_eq!(
                findings(&needles, &content).len(),
                1,
                "{} after {before}",
                String::from_utf8_lossy(&text)
            );
        }
        let mut damaged = text.clone();
        damaged[text.len() / 2] ^= 1;
        assert_eq!(findings(&needles, &damaged), [0; 0]);
    }
    assert_eq!(findings(&needles, b"a short one"), [0; 0]);
    assert_eq!(findings(&needles, &[CANARY, b"..", CANARY].concat()), [0, 34]);
}

#[test]
fn texts_are_looked_for_as_they_are_and_as_json_writes_them() {
    let mut texts = Default::default();
    strings(
        b"{\"a\":[\"caf\\u00e9 \\\"noir\\\"\",\"short\"],\"b\":{\"c\":\"second\"}}\n{\"d\":\"second line\"}",
        &mut texts,
    );
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    assert_eq!(texts, ["café \"noir\"", "café \\\"noir\\\"", "second", "second line"]);
}

#[test]
fn a_cloud_that_was_killed_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut clinic = Clinic::begin(folder.path()).unwrap();
    clinic.enrol("records-office", &Role::Staff("role:physician", &RecordCategory::ALL)).unwrap();
    clinic.import(&fs::read(DEFAULT_BUNDLE).unwrap()).unwrap();
    let names: Vec<_> = clinic.ledger.records.keys().copied().collect();
    assert_eq!(clinic.read("records-office", &names).unwrap().opened.records.len(), names.len());

    clinic.cloud.kill();
    let start = Instant::now();
    assert!(matches!(clinic.read("records-office", &names), Err(Failure::Broken(_))));
    assert!(start.elapsed() < Duration::from_secs(5), "nobody waits for the dead");

    clinic.cloud = process::Process::start("cloud", &clinic.folder("cloud"), clinic.clock).unwrap();
    // It does not remember what it has served in the last minutes, so it serves nothing of them.
    let early = clinic.read("records-office", &names).err().unwrap().to_string();
    assert!(early.contains("only those after"), "{early}");
    clinic.skip(90).unwrap();
    assert_eq!(clinic.read("records-office", &names).unwrap().opened.records.len(), names.len());
}

#[test]
fn each_process_does_its_own_work_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut clinic = Clinic::begin(folder.path()).unwrap();
    for message in
        [Message::new(Verb::Step, []), Message::new(Verb::Done, []), Message::new(Verb::Take, [vec![1]])]
    {
        assert!(matches!(clinic.cloud.call(&message), Err(CallError::Refused(_))));
    }
    let root = clinic.folder("seal-keeper");
    let mut keeper = process::Process::start("seal-keeper", &root, clinic.clock).unwrap();
    for verb in [Verb::Take, Verb::Ask, Verb::Seal, Verb::Skip] {
        assert!(matches!(keeper.call(&Message::new(verb, [vec![1]])), Err(CallError::Refused(_))));
    }
    for verb in [Verb::Upload, Verb::Index, Verb::Statement, Verb::Keys, Verb::Audit, Verb::Seal] {
        assert!(matches!(clinic.gate.call(&Message::new(verb, [vec![1]])), Err(CallError::Refused(_))));
    }
    assert!(matches!(clinic.cloud.call(&Message::new(Verb::Share, [vec![1]])), Err(CallError::Refused(_))));
    // What each is given.
    let files = |name: &str| {
        let files = fs::read_dir(clinic.folder(name)).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(files("cloud"), ["chunks", "ledger.hpcr", "realm.hpcr", "store.redb"]);
    assert_eq!(files("gate"), ["ledger.hpcr", "realm.hpcr", "shares.redb", "store.redb"]);
    assert_eq!(files("seal-keeper"), ["realm.hpcr", "seal.hpcr"]);
    assert!(process::Process::start("nobody", &root, clinic.clock).is_err());
}

#[test]
fn messages_come_back_as_they_were_or_are_refused() {
    let message = Message::new(Verb::Upload, [vec![1, 2, 3], vec![], vec![9; 1000]]);
    let bytes = message.to_bytes();
    assert_eq!(Message::from_bytes(&bytes).unwrap(), message);
    for length in 0..bytes.len() {
        assert_ne!(Message::from_bytes(&bytes[..length]).ok().as_ref(), Some(&message));
    }
    assert!(Message::from_bytes(&[99]).is_err());
    let mut framed = Vec::new();
    message.write_to(&mut framed).unwrap();
    assert_eq!(Message::read_from(&mut &framed[..]).unwrap(), Some(message));
    assert_eq!(Message::read_from(&mut &framed[..0]).unwrap(), None);
    assert!(Message::read_from(&mut &framed[..framed.len() - 1]).is_err());
    // A length that lies costs no memory.
    assert!(Message::read_from(&mut &[0xff; 4][..]).is_err());
    assert!(Message::read_from(&mut &[0x0f, 0xff, 0xff, 0xff, 1][..]).is_err());
}

#[test]
fn whoever_serves_may_ask_back() {
    let (mut input, mut output) = (Vec::new(), Vec::new());
    Message::new(Verb::Seal, []).write_to(&mut input).unwrap();
    Message::new(Verb::Done, [vec![7]]).write_to(&mut input).unwrap();
    serve(&mut &input[..], &mut output, |_, caller| Ok(caller.call(&Message::new(Verb::Step, [vec![6]]))?))
        .unwrap();
    let mut output = &output[..];
    await_greeting(&mut output).unwrap();
    assert_eq!(Message::read_from(&mut output).unwrap(), Some(Message::new(Verb::Step, [vec![6]])));
    assert_eq!(Message::read_from(&mut output).unwrap(), Some(Message::new(Verb::Done, [vec![7]])));
    let noise = [b"running 1 test\n".as_slice(), GREETING, b"rest"].concat();
    let mut rest = &noise[..];
    await_greeting(&mut rest).unwrap();
    assert_eq!(rest, b"rest");
}

#[test]
fn arguments_are_understood_or_not() {
    let parsed =
        |words: &[&str]| understood(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    assert_eq!(parsed(&[]), Some((DEFAULT_BUNDLE.into(), None)));
    assert_eq!(parsed(&["a", "--keep", "b"]), Some(("a".into(), Some("b".into()))));
    assert_eq!(parsed(&["--keep", "b"]), Some((DEFAULT_BUNDLE.into(), Some("b".into()))));
    for wrong in [&["a", "b"][..], &["--keep"], &["-x"], &["--keep", "a", "--keep", "b"]] {
        assert_eq!(parsed(wrong), None, "{wrong:?}");
    }
    assert_eq!(sources(Path::new(DEFAULT_BUNDLE)).unwrap().0.len(), 1);
}
