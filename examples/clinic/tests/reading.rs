//! Reading FHIR: what is taken, under which category and patient, and what is reported.

use crate::category::Category;
use crate::fhir::{Problem, Resource, read};

fn resources(text: &str) -> Vec<Resource> {
    let mut problems = Vec::new();
    let resources = read("file", text.as_bytes(), false, &mut problems);
    assert_eq!(problems, []);
    resources
}

fn patients(text: &str) -> Vec<Option<String>> {
    resources(text).into_iter().map(|resource| resource.patient).collect()
}

/// The number of resources, and the problems as they are printed.
fn faults(bytes: &[u8], ndjson: bool) -> (usize, Vec<String>) {
    let mut problems = Vec::new();
    let resources = read("x.json", bytes, ndjson, &mut problems);
    (resources.len(), problems.iter().map(Problem::to_string).collect())
}

#[test]
fn resources_keep_their_bytes() {
    let odd = "{ \"id\" : \"a\\u0041\",\n\t\"resourceType\":\"Patient\" , \"x\": 1.50e0 }";
    let bundle = format!("\u{feff}{{\"resourceType\":\"Bundle\",\"entry\":[{{\"resource\": {odd} }}]}}\n");
    assert_eq!(resources(&bundle)[0].text, odd);
    assert_eq!(resources(&format!("  {odd}\n"))[0].text, odd);
    let mut problems = Vec::new();
    let line = odd.replace('\n', " ");
    let read = read("x", format!("{line}\n\n{line}\r\n").as_bytes(), true, &mut problems);
    assert_eq!((read.len(), problems.len()), (2, 0));
    assert!(read.iter().all(|resource| resource.text == line));
}

#[test]
fn entries_without_resources_and_empty_bundles_are_legal() {
    assert_eq!(resources("{\"resourceType\":\"Bundle\",\"type\":\"searchset\"}"), []);
    let batch = "{\"resourceType\":\"Bundle\",\"entry\":[{\"request\":{\"method\":\"GET\"}},{\"resource\":\
                 {\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"Group\"}}]}}]}";
    let read = resources(batch);
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].category, Category::Other);
}

#[test]
fn problems_name_their_place_and_the_rest_goes_on() {
    let place = |(count, problems): (usize, Vec<String>)| (count, problems.join(" | "));
    let (count, problem) = place(faults(b"{\"resourceType\": \"Patient\",\n \"id\": x}", false));
    assert_eq!((count, problem.as_str()), (0, "x.json:2:8: expected value"));

    let (count, problem) = place(faults(b"{\"resourceType\":\"Patient\"", false));
    assert_eq!(count, 0);
    assert!(problem.starts_with("x.json:1:") && problem.contains("EOF"), "{problem}");

    let lines = b"{\"resourceType\":\"Patient\"}\n{\"a\":,}\n{\"resourceType\":\"Group\"}\n{}\n";
    let (count, problem) = place(faults(lines, true));
    assert_eq!(count, 2);
    assert_eq!(
        problem,
        "x.json:2:6: expected value | x.json:4:1: this object has no `resourceType`: it is no FHIR resource"
    );

    let bundle =
        b"{\"resourceType\":\"Bundle\",\"entry\":[\n {\"resource\": {\"id\":\"1\"}},\n {\"resource\": 7},\n \
                   {\"resource\":{\"resourceType\":\"Patient\"}}]}";
    let (count, problem) = place(faults(bundle, false));
    assert_eq!(count, 1);
    // First what is no object, then what is no resource.
    assert!(problem.starts_with("x.json:3:15: "), "{problem}");
    assert!(problem.contains(" | x.json:2:15: this object has no `resourceType`"), "{problem}");

    let (_, problem) = place(faults(b"{\"resourceType\":\n\"\xff\"}", false));
    assert_eq!(problem, "x.json:2:2: this is not UTF-8 text");
    let (_, problem) = place(faults(b"{\"resourceType\":\"Bundle\",\"entry\":{}}", false));
    assert!(problem.starts_with("x.json:1:34: "), "{problem}");
    for text in [&b""[..], b"[]", b"7", b"null", b"{}", b"{\"resourceType\":5}"] {
        assert_eq!(faults(text, false).1.len(), 1, "{text:?}");
    }
}

#[test]
fn bundles_within_bundles_end() {
    let mut text = String::from("{\"resourceType\":\"Patient\"}");
    for _ in 0..50 {
        text = format!("{{\"resourceType\":\"Bundle\",\"entry\":[{{\"resource\":{text}}}]}}");
    }
    assert_eq!(faults(text.as_bytes(), false).1.len(), 1);
}

#[test]
fn categories_follow_type_and_category() {
    let category = |resource: &str| {
        let read = resources(resource);
        assert_eq!(read.len(), 1);
        read[0].category
    };
    let observation = |code: &str| {
        category(&format!(
            "{{\"resourceType\":\"Observation\",\"category\":[{{\"coding\":[{{\"code\":\"x\"}},{{\"code\":\"{code}\"}}]}}]}}"
        ))
    };
    assert_eq!(observation("laboratory"), Category::LabResult);
    assert_eq!(observation("vital-signs"), Category::Vital);
    assert_eq!(observation("imaging"), Category::Imaging);
    assert_eq!(observation("social-history"), Category::History);
    assert_eq!(observation("unheard-of"), Category::Other);
    let report = |code: &str| {
        category(&format!(
            "{{\"resourceType\":\"DiagnosticReport\",\"category\":{{\"coding\":[{{\"code\":\"{code}\"}}]}}}}"
        ))
    };
    assert_eq!(report("LAB"), Category::LabResult);
    assert_eq!(report("LP29684-5"), Category::Imaging);
    assert_eq!(report("PT"), Category::Note);
    for (resource_type, wanted) in [
        ("Condition", Category::Condition),
        ("MedicationRequest", Category::Medication),
        ("Immunization", Category::Immunization),
        ("AllergyIntolerance", Category::Allergy),
        ("Consent", Category::Consent),
        ("Observation", Category::Other),
        ("Claim", Category::Other),
        ("condition", Category::Other),
    ] {
        assert_eq!(category(&format!("{{\"resourceType\":\"{resource_type}\"}}")), wanted, "{resource_type}");
    }
}

#[test]
fn references_lead_to_the_patient() {
    let transaction = "{\"resourceType\":\"Bundle\",\"entry\":[
        {\"fullUrl\":\"urn:uuid:2\",\"resource\":{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"urn:uuid:1\"}}},
        {\"fullUrl\":\"urn:uuid:3\",\"resource\":{\"resourceType\":\"Condition\",\"subject\":{\"reference\":\"Patient/p/_history/4\"}}},
        {\"fullUrl\":\"urn:uuid:1\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"p\"}},
        {\"fullUrl\":\"urn:uuid:4\",\"resource\":{\"resourceType\":\"Group\",\"id\":\"g\"}},
        {\"resource\":{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"urn:uuid:4\"}}},
        {\"resource\":{\"resourceType\":\"Immunization\",\"patient\":{\"reference\":\"Patient/q\"}}},
        {\"resource\":{\"resourceType\":\"Observation\",\"subject\":{\"reference\":\"Device/d\"}}},
        {\"resource\":{\"resourceType\":\"Practitioner\",\"id\":\"p\"}}]}";
    let p = Some("Patient/p".to_owned());
    let wanted = [p.clone(), p.clone(), p, None, None, Some("Patient/q".to_owned()), None, None];
    assert_eq!(patients(transaction), wanted);

    // Two servers, the same id: two patients.
    let entry = |server: &str| {
        format!(
            "{{\"fullUrl\":\"https://{server}/Patient/1\",\"resource\":{{\"resourceType\":\"Patient\",\"id\":\"1\"}}}},
             {{\"fullUrl\":\"https://{server}/Observation/7\",\"resource\":{{\"resourceType\":\"Observation\",\
             \"subject\":{{\"reference\":\"Patient/1\"}}}}}}"
        )
    };
    let bundle = format!("{{\"resourceType\":\"Bundle\",\"entry\":[{},{}]}}", entry("a/fhir"), entry("b"));
    let (a, b) = (Some("https://a/fhir/Patient/1".to_owned()), Some("https://b/Patient/1".to_owned()));
    assert_eq!(patients(&bundle), [a.clone(), a, b.clone(), b]);
}
