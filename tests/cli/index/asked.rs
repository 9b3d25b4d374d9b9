//! Questions to an index: what they find, what is wrong with them, what they take.

use super::house::{BUNDLE, House};

/// An index of the sample.
fn sample() -> House {
    let house = House::open();
    house.clinic.write("bundle.json", BUNDLE);
    house.ok("add anna --input bundle.json");
    house
}

#[test]
fn the_sample_is_asked_in_words() {
    let house = sample();
    for (question, expected) in [
        (
            "'(code:4548-4 or code:6598-7) and type:Observation'",
            &["Observation/obs-1", "Observation/obs-2"][..],
        ),
        (
            "type:Observation and date:2026 and not category:vital-sign",
            &["Observation/obs-1", "Observation/obs-2", "Observation/obs-5"],
        ),
        ("'type:Condition and not (code:E11* or code:J45*)'", &["Condition/cond-1"]),
        ("type:Condition clinical-status:active under:E11", &["Condition/cond-2"]),
        ("'family:lindqvist or given:em*'", &["Patient/patient-0815", "Patient/patient-4711"]),
        // The last one has more words than fit into the index, and might be meant: it bears a mark.
        (
            "'text:\"atrial fibrillation\" or penicillin'",
            &["AllergyIntolerance/all-1", "Condition/cond-1", "Observation/obs-3"],
        ),
        ("'code:4548-4 and date<2020'", &[]),
        // In several arguments, or in one.
        ("code:4548-4 or code:6598-7", &["Observation/obs-1", "Observation/obs-2"]),
        ("'code:4548-4 or' code:6598-7", &["Observation/obs-1", "Observation/obs-2"]),
    ] {
        assert_eq!(house.finds(question), expected, "{question}");
        if !question.contains("not") {
            assert_eq!(house.finds(&format!("{question} --remote")), expected, "{question}");
        }
    }
}

#[test]
fn mistakes_have_a_place() {
    let house = House::open();
    // It is looked at before anything else.
    for folder in ["anna", "nowhere"] {
        let told = house.run(&format!("search {folder} --reader chen.key code:4548-4 and cdoe:2"));
        assert_eq!(told.code, 4);
        assert_eq!(
            told.stderr,
            "error: in the question: there is no field of this name\n  code:4548-4 and cdoe:2\n                  ^^^^\n\
             hint: did you mean `code`?\n"
        );
    }
    let told = |question: &str| {
        let told = house.run(&format!("search anna --reader chen.key {question}"));
        assert_eq!(told.code, 4, "{question}: {}", told.stderr);
        told.stderr
    };
    // Letters of two bytes are one column; of a long question its part around the place is shown.
    assert!(told("'name:müller cdoe:1'").contains("\n  name:müller cdoe:1\n              ^^^^\n"));
    let long = format!("'{} cdoe:1'", "note:word ".repeat(20));
    let lines = told(&long);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines[1].find("cdoe"), lines[2].find("^^^^"), "{lines:?}");
    assert!(lines[1].len() < 84 && lines[1].ends_with("cdoe:1"), "{lines:?}");
    // At the end of the text, and nowhere in it.
    assert!(told("code:").contains("\n  code:\n       ^\n"), "{}", told("code:"));
    assert!(told("''").starts_with("error: in the question: nothing is asked for\nhint: "), "{}", told("''"));
    assert!(told("not code:1").contains("\n  not code:1\n      ^^^^^^\n"), "{}", told("not code:1"));
    // One line, whatever the question has.
    assert!(told("'code:1\ncdoe:2'").contains("\n  code:1 cdoe:2\n         ^^^^\n"));

    let error = house.run("search anna --reader chen.key --json code:4548-4 and cdoe:2").error();
    assert_eq!((&error["code"], &error["kind"]), (&4.into(), &"text".into()));
    assert_eq!((&error["position"], &error["column"]), (&16.into(), &17.into()));
    assert_eq!(error["at"], serde_json::json!([16, 20]));
    assert_eq!(error["reason"], "there is no field of this name");
    assert_eq!(error["hint"], "did you mean `code`?");
    // Errors may end up in logs, and questions tell of patients.
    assert!(!error.to_string().contains("4548"), "{error}");
}

#[test]
fn an_explanation_says_what_is_asked_of_whom() {
    let house = sample();
    let question = "'code:4548-4 and date:2026 and not category:vital-sign' --explain";
    let said = house.ok(&format!("search anna --reader chen.key {question}"));
    let text = said.text();
    assert!(text.contains("\n\ncode:4548-4  about 1; exact; found at most 1\n  code:|4548-4"), "{text}");
    assert!(
        text.contains("not category:vital-sign") && text.contains("remote search not possible"),
        "{text}"
    );
    // Before the search nothing is known of what will be found.
    assert!(said.stderr.contains("code:4548-4  about ") && !said.stderr.contains("found"), "{}", said.stderr);
    assert!(said.stderr.contains("gate          raises "), "{}", said.stderr);

    let said = house.json(&format!("search anna --reader chen.key {question}"));
    let explanation = &said["explanation"];
    assert_eq!((&explanation["exact"], &explanation["terms"][0]["negated"]), (&true.into(), &false.into()));
    let code = &explanation["terms"][0]["keywords"][0][0];
    assert_eq!(
        (&code["field"], &code["value"], &code["found"]),
        (&"code".into(), &"|4548-4".into(), &1.into())
    );
    assert_eq!(
        (&explanation["terms"][2]["negated"], &explanation["terms"][2]["marks"]),
        (&true.into(), &serde_json::json!([]))
    );
    assert!(explanation["trapdoors"].as_u64() > explanation["marks"].as_u64(), "{explanation}");
    assert!(explanation["local"].is_string() && explanation["remote"].is_string());
    assert_eq!(
        house.json("search anna --reader chen.key code:4548-4")["explanation"],
        serde_json::Value::Null
    );
    // The server finds the same under each keyword.
    let remote = house.json("search anna --reader chen.key code:4548-4 --explain --remote");
    assert_eq!(remote["explanation"]["terms"][0]["at_most"], 1);
}

#[test]
fn what_cannot_be_certain_is_said() {
    let house = House::open();
    let note = |id: &str, text: &str, language: &str| {
        format!(
            "{{\"resourceType\":\"Observation\",\"id\":\"{id}\",\"language\":\"{language}\",\"note\":[{{\"text\":\"{text}\"}}]}}\n"
        )
    };
    let lines = [
        note("a", "chest pain since noon", "en"),
        note("b", "pain, but not in the chest", "en"),
        note("c", "Starke Kopfschmerzen", "de-CH"),
    ];
    house.clinic.write("notes.ndjson", lines.concat().as_bytes());
    house.ok("add anna --input notes.ndjson");
    let said = house.json("search anna --reader chen.key 'note:\"chest pain\"'");
    assert_eq!((&said["found"], &said["exact"], &said["marked"]), (&2.into(), &false.into(), &0.into()));
    let said = house.ok("search anna --reader chen.key 'note:\"chest pain\"'").text();
    assert!(said.contains("a few more than meant may be listed"), "{said}");
    assert_eq!(house.json("search anna --reader chen.key note:noon")["exact"], true);
    // Where nothing is found, nothing is too much.
    let said = house.json("search anna --reader chen.key 'note:\"chest fever\"'");
    assert_eq!((&said["found"], &said["exact"]), (&0.into(), &true.into()));
    // Stems are of a language.
    assert_eq!(house.finds("note:Kopfschmerz --language de"), ["Observation/c"]);
    assert_eq!(house.finds("note:Kopfschmerz --language de-AT"), ["Observation/c"]);
    assert_eq!(house.finds("note:Kopfschmerz"), [""; 0]);
}
