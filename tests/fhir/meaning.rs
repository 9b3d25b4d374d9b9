//! What is said of resources: form, category, labels, patient, times, problems.

use hippocrypt::fhir::{Form, Import, LabelTable, Limits, ProblemKind};
use hippocrypt::phr::SecurityLabel;

use super::{read, round_trip};

const DEVICE: &str = "{\"resourceType\":\"Device\"}";

#[test]
fn forms_are_seen() {
    let bundle = "{\"resourceType\":\"Bundle\",\"type\":\"batch\"}";
    for (input, form, resources) in [
        (DEVICE.to_owned(), Form::Resource, 1),
        (format!("\u{feff}\n{DEVICE}\n\n"), Form::Resource, 1),
        (bundle.to_owned(), Form::Bundle, 0),
        (format!("\u{feff}{DEVICE}\r\n\r\n{DEVICE}"), Form::Ndjson, 2),
        (format!("\n{DEVICE}\n \n{DEVICE}\n"), Form::Ndjson, 2),
        (format!("{bundle}\n{DEVICE}"), Form::Ndjson, 1),
        (format!("{DEVICE}\n{{}}\n"), Form::Ndjson, 2),
    ] {
        let import = read(&input).unwrap();
        assert_eq!((import.form(), import.resources().len()), (form, resources), "{input}");
        assert_eq!(import.bundle_type(), (form == Form::Bundle).then_some("batch"));
        assert_eq!(round_trip(&import), input.as_bytes());
    }
}

/// Labels of a resource of this type with these members.
fn labels(kind: &str, members: &str) -> Vec<String> {
    let text = format!("{{\"resourceType\":\"{kind}\",{members}}}");
    let import = read(&text).unwrap();
    import.resources()[0].description().labels.iter().map(ToString::to_string).collect()
}

#[test]
fn labels_are_found_wherever_codes_are() {
    let psy = r#"{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"F32.1"}]}"#;
    for members in [
        format!("\"code\":{psy}"),
        format!("\"reasonCode\":[{psy}]"),
        format!("\"component\":[{{\"valueCodeableConcept\":{psy}}}]"),
        format!("\"contained\":[{{\"resourceType\":\"Condition\",\"code\":{psy}}}]"),
        r#""code":{"coding":[{"code":"F\u00332.1","x":{"code":"y"},"s\u0079stem":"http://hl7.org/fhir/sid/icd-10-cm"}]}"#.into(),
    ] {
        assert_eq!(labels("Observation", &members), ["PSY"], "{members}");
    }
    assert_eq!(labels("Consent", &format!("\"provision\":{{\"code\":[{psy}]}}")), [""; 0]);
    assert_eq!(labels("Observation", r#""code":{"coding":[{"code":"F32.1"}]}"#), [""; 0]);
}

#[test]
fn labels_that_a_resource_bears_count() {
    let act = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    let confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    let meta = |system: &str, code: &str| {
        format!("\"meta\":{{\"security\":[{{\"system\":\"{system}\",\"code\":\"{code}\"}}]}}")
    };
    assert_eq!(labels("Observation", &meta(act, "ETHUD")), ["ETHUD"]);
    assert_eq!(labels("Observation", &meta(confidentiality, "R")), ["R"]);
    assert_eq!(labels("Observation", &meta(confidentiality, "N")), [""; 0]);
    assert_eq!(
        labels("Observation", &meta("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST")),
        [""; 0]
    );
    assert_eq!(
        labels("Observation", r#""meta":{"security":[{"code":"HIV"}],"tag":[{"code":"PSY"}]}"#),
        ["HIV"]
    );
    assert_eq!(
        labels(
            "Observation",
            r#""class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"SEX"}"#
        ),
        [""; 0]
    );
    assert_eq!(labels("Composition", r#""confidentiality":"V""#), ["V"]);
    assert_eq!(
        labels(
            "DocumentReference",
            &format!(
                "\"securityLabel\":[{{\"coding\":[{{\"system\":\"{confidentiality}\",\"code\":\"R\"}}]}}]"
            )
        ),
        ["R"]
    );
    assert_eq!(
        labels(
            "Patient",
            &format!("\"extension\":[{{\"valueCoding\":{{\"system\":\"{act}\",\"code\":\"SDV\"}}}}]")
        ),
        ["SDV"]
    );
    let text = format!("{{\"resourceType\":\"Basic\",{}}}", meta(act, "NEWCODE"));
    assert_eq!(problems(&text), [(0, ProblemKind::UnknownLabel)]);
    let known = LabelTable::pcf().with_code(act, "NEWCODE", &SecurityLabel::new("NEW").unwrap());
    let import = Import::read_with(text.as_bytes(), &Limits::default(), &known).unwrap();
    assert_eq!(import.problems(), []);
    assert_eq!(import.resources()[0].description().labels.len(), 1);
}

#[test]
fn categories_follow_type_and_code() {
    let category = |text: &str| read(text).unwrap().resources()[0].description().category.name();
    let observation =
        |codes: &str| format!("{{\"category\":[{{\"coding\":[{codes}]}}],\"resourceType\":\"Observation\"}}");
    assert_eq!(category(&observation("{\"code\":\"x\"},{\"code\":\"vital-signs\"}")), "vital-sign");
    assert_eq!(category(&observation("{\"code\":\"laboratory\"}")), "lab-result");
    assert_eq!(category(&observation("")), "other");
    assert_eq!(
        category("{\"resourceType\":\"Observation\",\"code\":{\"coding\":[{\"code\":\"laboratory\"}]}}"),
        "other"
    );
    assert_eq!(
        category("{\"resourceType\":\"DiagnosticReport\",\"category\":{\"coding\":[{\"code\":\"RAD\"}]}}"),
        "imaging"
    );
    assert_eq!(category("{\"resourceType\":\"NewInR6\"}"), "other");
}

#[test]
fn times_are_those_of_the_first_element_that_has_one() {
    let times = |members: &str| {
        let text = format!("{{{members},\"resourceType\":\"Observation\"}}");
        let import = read(&text).unwrap();
        let description = import.resources()[0].description();
        (description.occurred, description.recorded, import.problems().len())
    };
    assert_eq!(
        times(r#""issued":"1970-01-02","effectiveDateTime":"1970-01-01T00:00:07Z""#),
        (Some(7), Some(86_400), 0)
    );
    assert_eq!(
        times(r#""effectivePeriod":{"end":"1971","start":"1970-01-01T01:00:00+01:00"}"#),
        (Some(0), None, 0)
    );
    assert_eq!(times(r#""meta":{"lastUpdated":"1970-01-01T00:00:09.5Z"}"#), (None, Some(9), 0));
    assert_eq!(times(r#""issued":"1970-01-02","meta":{"lastUpdated":"1980"}"#).1, Some(86_400));
    assert_eq!(times(r#""effectiveDateTime":"yesterday""#), (None, None, 1));
    assert_eq!(
        times(r#""contained":[{"issued":"1970"}],"identifier":[{"period":{"start":"1970"}}]"#),
        (None, None, 0)
    );
}

fn problems(input: &str) -> Vec<(u64, ProblemKind)> {
    let import = read(input).unwrap();
    assert_eq!(round_trip(&import), input.as_bytes());
    import.problems().iter().map(|problem| (problem.position, problem.kind)).collect()
}

fn bundle(entries: &[(&str, &str)]) -> String {
    let entry = |(url, resource): &(&str, &str)| match *url {
        "" => format!("{{\"resource\":{resource}}}"),
        url => format!("{{\"fullUrl\":\"{url}\",\"resource\":{resource}}}"),
    };
    let entries: Vec<String> = entries.iter().map(entry).collect();
    format!("{{\"resourceType\":\"Bundle\",\"entry\":[{}]}}", entries.join(","))
}

/// The patients of the resources, and what is told.
fn subjects(entries: &[(&str, &str)]) -> (Vec<Option<String>>, Vec<ProblemKind>) {
    let text = bundle(entries);
    let import = read(&text).unwrap();
    assert_eq!(import.resources().len(), entries.len());
    let told = import.problems().iter().map(|problem| problem.kind).collect();
    (import.resources().iter().map(|resource| resource.subject().map(str::to_owned)).collect(), told)
}

fn about(reference: &str) -> String {
    format!("{{\"resourceType\":\"Observation\",\"subject\":{{\"reference\":\"{reference}\"}}}}")
}

const PATIENT: &str = "{\"resourceType\":\"Patient\",\"id\":\"1\"}";
const OTHER: &str = "{\"resourceType\":\"Patient\",\"id\":\"2\"}";

#[test]
fn references_lead_to_one_name_of_the_patient() {
    let name = |name: &str| Some(name.to_owned());
    // However the entry is called, before it and behind it.
    let (found, told) = subjects(&[
        ("", &about("urn:uuid:a")),
        ("urn:uuid:a", PATIENT),
        ("urn:uuid:b", &about("urn:uuid:a")),
        ("", &about("Patient/1")),
        ("", &about("Patient/1/_history/3")),
    ]);
    assert_eq!((found, told), (vec![name("Patient/1"); 5], vec![]));
    // On a server of that name.
    let (found, told) = subjects(&[
        ("https://a.example/fhir/Patient/1", PATIENT),
        ("https://a.example/fhir/Observation/1", &about("Patient/1")),
        ("", &about("https://a.example/fhir/Patient/1")),
        ("https://b.example/fhir/Observation/1", &about("Patient/1")),
    ]);
    let (a, b) = (name("https://a.example/fhir/Patient/1"), name("https://b.example/fhir/Patient/1"));
    assert_eq!((found, told), (vec![a.clone(), a.clone(), a, b], vec![]));
    // Without the patient.
    assert_eq!(subjects(&[("", &about("Patient/9"))]), (vec![name("Patient/9")], vec![]));
    assert_eq!(
        subjects(&[("", &about("urn:uuid:9"))]),
        (vec![name("urn:uuid:9")], vec![ProblemKind::DanglingSubject])
    );
    // No patient at all.
    let device = "{\"resourceType\":\"Device\",\"id\":\"7\"}";
    let practitioner = "{\"resourceType\":\"Practitioner\",\"id\":\"7\"}";
    let (found, told) = subjects(&[
        ("urn:uuid:d", device),
        ("", &about("urn:uuid:d")),
        ("", practitioner),
        ("", &about("Group/1")),
    ]);
    assert_eq!((found, told), (vec![None; 4], vec![]));
}

#[test]
fn unclear_subjects_are_told() {
    for subject in ["{\"display\":\"J. Doe\"}", "{\"reference\":\"#p\"}"] {
        let observation = format!("{{\"resourceType\":\"Observation\",\"subject\":{subject}}}");
        assert_eq!(
            subjects(&[("", &observation)]),
            (vec![None], vec![ProblemKind::UnclearSubject]),
            "{subject}"
        );
    }
    let account =
        r#"{"resourceType":"Account","subject":[{"reference":"Patient/1"},{"reference":"Patient/2"}]}"#;
    assert_eq!(subjects(&[("", account)]), (vec![None], vec![ProblemKind::SeveralPatients]));
    // Two patients of one id are not made one, and who is meant by that id is open.
    let (found, told) = subjects(&[
        ("urn:uuid:a", PATIENT),
        ("urn:uuid:b", PATIENT),
        ("", &about("urn:uuid:b")),
        ("", &about("Patient/1")),
    ]);
    assert_eq!(
        found,
        [Some("urn:uuid:a".into()), Some("urn:uuid:b".into()), Some("urn:uuid:b".into()), None]
    );
    assert_eq!(told, [ProblemKind::DuplicateId, ProblemKind::UnclearSubject]);
    // Two patients of one URL.
    let (found, told) =
        subjects(&[("urn:uuid:a", PATIENT), ("urn:uuid:a", OTHER), ("", &about("urn:uuid:a"))]);
    assert_eq!(found, [Some("Patient/1".into()), Some("Patient/2".into()), None]);
    assert_eq!(told, [ProblemKind::DuplicateFullUrl, ProblemKind::UnclearSubject]);
}

#[test]
fn a_resource_without_a_subject_belongs_to_whom_it_leads_to() {
    let mention = |a: &str, b: &str| {
        format!(
            "{{\"resourceType\":\"Provenance\",\"target\":[{{\"reference\":\"{a}\"}},{{\"reference\":\"{b}\"}}]}}"
        )
    };
    let (found, told) = subjects(&[
        ("urn:uuid:p", PATIENT),
        ("urn:uuid:o", &about("urn:uuid:p")),
        ("", &mention("urn:uuid:o", "Practitioner/7")),
        ("", &mention("urn:uuid:o", "Patient/2")),
        ("", &mention("urn:uuid:x", "Organization/2")),
    ]);
    assert_eq!(found[2..], [Some("Patient/1".to_owned()), None, None]);
    assert_eq!(told, [ProblemKind::SeveralPatients]);
}

#[test]
fn oddities_are_told_and_kept() {
    let text = r#"{"resourceType":"Bundle","entry":[{},{"request":{}},{"link":[]},{"resource":{"id":"1"}},{"resource":{"id":"1"}}]}"#;
    assert_eq!(
        problems(text),
        [
            (34, ProblemKind::EmptyEntry),
            (52, ProblemKind::EmptyEntry),
            (76, ProblemKind::NoResourceType),
            (100, ProblemKind::NoResourceType),
            (100, ProblemKind::DuplicateId),
        ]
    );
    let import = read(text).unwrap();
    assert_eq!(import.resources()[0].kind(), "");
    assert_eq!(import.resources()[0].description().category.name(), "other");
}

#[test]
fn bundles_in_bundles_are_taken_apart() {
    let mut text = PATIENT.to_owned();
    for _ in 0..3 {
        text = bundle(&[("", &text), ("", &about("Patient/1"))]);
    }
    let import = read(&text).unwrap();
    assert_eq!(import.resources().len(), 4);
    assert!(import.resources().iter().all(|resource| resource.subject() == Some("Patient/1")));
    for _ in 0..10 {
        text = bundle(&[("", &text)]);
    }
    let import = read(&text).unwrap();
    assert_eq!(import.resources()[0].kind(), "Bundle");
    assert_eq!(import.problems()[0].kind, ProblemKind::NestedBundle);
    assert_eq!(round_trip(&import), text.as_bytes());
}
