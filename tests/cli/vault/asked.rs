//! Questions to a vault: what was found for no good reason is told apart when it is opened.

use super::house::{House, MARTA};

/// A note of Marta's.
fn note(text: &str, day: &str) -> String {
    format!(
        "{{\"resourceType\":\"Observation\",\"subject\":{{\"reference\":\"{MARTA}\"}},\"effectiveDateTime\":\"{day}\",\
         \"category\":[{{\"coding\":[{{\"code\":\"laboratory\"}}]}}],\"note\":[{{\"text\":\"{text}\"}}]}}\n"
    )
}

/// The sample, notes, and a record that has far more to say than fits into an index.
fn house() -> House {
    let house = House::new();
    house.ok("enroll laboratory --writes all --out lab.key");
    house.ok(&format!("enroll marta --patient {MARTA} --out marta.key"));
    house.ok("import --key lab.key --index bundle.json");
    let words: Vec<String> = (0..400).map(|n| format!("word{n}x")).collect();
    let notes = [
        note("Chest pain since noon", "2026-06-01"),
        note("Pain, but none in the chest", "2026-06-02"),
        note(&words.join(" "), "2026-06-03"),
    ];
    house.clinic.write("notes.ndjson", notes.concat().as_bytes());
    house.ok("import --key lab.key --index notes.ndjson");
    house
}

#[test]
fn what_is_not_meant_is_dropped_when_it_is_opened() {
    let house = house();
    let phrase = "search --key marta.key 'note:\"chest pain\"'";
    let listed = house.json(phrase);
    // Two have both words, and of the one with too many nobody knows.
    assert_eq!(
        (&listed["found"], &listed["exact"], &listed["marked"]),
        (&3.into(), &false.into(), &1.into())
    );
    assert!(house.ok(phrase).text().contains("--open tells them apart"));
    let opened = house.json(&format!("{phrase} --open"));
    assert_eq!(
        (&opened["found"], &opened["opened"], &opened["dropped"]),
        (&3.into(), &3.into(), &2.into()),
        "{opened}"
    );
    let records = opened["records"].as_array().unwrap();
    assert_eq!((records.len(), &records[0]["when"]), (1, &"2026-06-01T00:00Z".into()), "{opened}");
    let text = house.ok(&format!("{phrase} --open")).text();
    assert!(text.contains("dropped  2, of which the question is not true"), "{text}");
    // The same by the cloud.
    let remote = house.json(&format!("{phrase} --open --remote"));
    assert_eq!((&remote["dropped"], &remote["proved"]), (&2.into(), &"sound".into()));

    // Exact keywords, and marks nevertheless.
    let listed = house.json("search --key marta.key note:noon");
    assert_eq!(
        (&listed["found"], &listed["exact"], &listed["marked"]),
        (&2.into(), &false.into(), &1.into())
    );
    let listed = house.json("search --key marta.key code:4548-4");
    assert_eq!((&listed["found"], &listed["exact"], &listed["marked"]), (&1.into(), &true.into(), &0.into()));
    // What takes away is looked at as well: the word is in no index, but in the record.
    let without = house.json("search --key marta.key --open 'date:2026-06 and not note:word399x'");
    assert_eq!((&without["opened"], &without["dropped"]), (&3.into(), &1.into()), "{without}");
}

#[test]
fn an_explanation_counts_over_all_categories() {
    let house = house();
    let question = "search --key marta.key --explain date:2026-05 and not code:4548-4";
    let said = house.json(question);
    let explanation = &said["explanation"];
    let date = &explanation["terms"][0]["keywords"][0][0];
    assert_eq!((&date["field"], &date["value"]), (&"date".into(), &"2026-05".into()), "{explanation}");
    assert_eq!(explanation["terms"][1]["keywords"][0][0]["found"], 1, "{explanation}");
    let (found, taken) = (date["found"].as_u64().unwrap(), said["found"].as_u64().unwrap());
    assert!(found > 5 && taken < found && said["domains"].as_u64().unwrap() > 3, "{said}");
    // Every category has a gate's share of its own.
    let keywords = explanation["trapdoors"].as_u64().unwrap() / said["domains"].as_u64().unwrap();
    assert!((3..9).contains(&keywords), "{explanation}");
    let told = house.ok(question);
    assert!(told.text().contains("\n\ndate:2026-05  about "), "{}", told.text());
    assert!(told.text().contains("found at most ") && told.text().ends_with("from what is complete\n"));
    assert!(
        told.stderr.contains("date:2026-05  about ") && !told.stderr.contains("found"),
        "{}",
        told.stderr
    );
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let house = House::new();
    house.ok(&format!("enroll marta --patient {MARTA} --out marta.key"));
    let search = "search --key marta.key";
    house.fails(2, search, "QUESTION");
    house.fails(
        2,
        &format!("{search} --remote date:2026 and not code:1"),
        "the cloud holds back would appear",
    );
    house.fails(2, &format!("{search} --language tlh code:1"), "the languages are da, nl, en, fi");
    house.fails(4, &format!("{search} 'not code:1'"), "\n      ^^^^^^\nhint: join it with something");
    house.fails(4, &format!("{search} month:2026-05"), "no field of this name");
    house.fails(4, &format!("{search} '(code:1'"), "\n  (code:1\n  ^\n");
    let error = house.run(&format!("--json {search} value>9")).error();
    assert_eq!((&error["code"], &error["kind"]), (&4.into(), &"text".into()), "{error}");
    assert!(error["at"].is_array() && error["reason"].is_string() && error["hint"].is_string(), "{error}");
}
