//! `index plan`: what an index would cost and give away.

use super::house::{BUNDLE, House};

#[test]
fn profiles_are_compared() {
    let house = House::open();
    std::fs::create_dir(house.clinic.path("fhir")).unwrap();
    house.clinic.write("fhir/bundle.json", BUNDLE);
    house.clinic.write("fhir/letter.pdf", b"%PDF-1.4");
    let plan = house.json("plan --input fhir");
    assert_eq!((&plan["files"], &plan["passed_over"], &plan["patients"]), (&1.into(), &1.into(), &2.into()));
    let [lean, standard, strict] = [0, 1, 2].map(|number| &plan["profiles"][number]);
    assert_eq!(
        [&lean["profile"], &standard["profile"], &strict["profile"]],
        [&"lean".into(), &"standard".into(), &serde_json::Value::from("strict")]
    );
    let number = |profile: &serde_json::Value, name: &str| profile[name].as_f64().unwrap();
    for name in ["bytes", "bytes_per_pair", "padding", "slots", "mirror_bytes"] {
        assert!(number(standard, name) < number(strict, name), "{name}");
        assert!(number(lean, name) < number(strict, name), "{name}");
    }
    assert!(number(lean, "bytes_per_pair") > 28.0 && number(standard, "bytes_per_pair") > 28.0);
    assert_eq!((&strict["repeats"], &strict["alike"]), (&0.0.into(), &2.into()));
    assert_eq!(
        standard["slots"],
        standard["slots_of_patient"]["min"].as_u64().unwrap()
            + standard["slots_of_patient"]["max"].as_u64().unwrap()
    );

    let text = house.ok("plan --input fhir --profile standard").text();
    for part in ["what it costs", "what the server sees", "bytes a pair", "alike", "█"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("strict"));
    house.clinic.write("nobody.json", br#"{"resourceType":"Organization"}"#);
    house.fails(3, "plan --input nobody.json", "about a patient");
}
