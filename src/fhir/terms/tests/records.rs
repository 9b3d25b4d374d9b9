//! What happened to the patient, type by type.

use super::{check, said};

#[test]
fn conditions_and_allergies() {
    check(&[
        (
            r#"{"resourceType":"Condition","identifier":[{"value":"c-1"}],"clinicalStatus":{"coding":[{"system":"http://cs","code":"active","display":"Active"}]},
            "verificationStatus":{"coding":[{"code":"confirmed"}]},"category":[{"coding":[{"code":"problem-list-item"}]}],
            "severity":{"coding":[{"code":"24484000","display":"Severe"}]},
            "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"E11.9","display":"Type 2 diabetes"}],"text":"Diabetes"},
            "bodySite":[{"coding":[{"code":"113331007"}]}],"subject":{"reference":"Patient/1"},"encounter":{"reference":"Encounter/2"},
            "onsetDateTime":"2019-05","abatementDateTime":"2020","recordedDate":"2019-06-01","recorder":{"reference":"Practitioner/3"},
            "asserter":{"reference":"Practitioner/4"},"evidence":[{"code":[{"text":"thirst"}],"detail":[{"reference":"Observation/5"}]}],
            "note":[{"text":"metformin helps"}]}"#,
            &[
                "category = condition",
                "date = 2019-05-01..2019-05-31",
                "identifier = c-1",
                "clinical-status = active",
                "verification-status = confirmed",
                "category = problem-list-item",
                "severity = 24484000",
                "severity = Severe",
                "code = http://hl7.org/fhir/sid/icd-10-cm|E11.9",
                "text = Diabetes",
                "text = Type 2 diabetes",
                "body-site = 113331007",
                "encounter = Encounter/2",
                "onset-date = 2019-05-01..2019-05-31",
                "abatement-date = 2020-01-01..2020-12-31",
                "issued = 2019-06-01",
                "performer = Practitioner/3",
                "performer = Practitioner/4",
                "text = thirst",
                "related = Observation/5",
                "note = metformin helps",
            ],
        ),
        (
            r#"{"resourceType":"AllergyIntolerance","type":"allergy","category":["food"],"criticality":"high","code":{"text":"Peanut"},
            "recordedDate":"2001-02-03","reaction":[{"substance":{"coding":[{"code":"762952008"}]},"manifestation":[{"coding":[{"code":"271807003"}]}],
            "severity":"moderate","exposureRoute":{"coding":[{"code":"26643006"}]},"onset":"2001","note":[{"text":"after lunch"}]}]}"#,
            &[
                "category = allergy",
                "date = 2001-02-03",
                "category = food",
                "criticality = high",
                "text = Peanut",
                "issued = 2001-02-03",
                "severity = moderate",
                "code = 762952008",
                "reaction = 271807003",
                "route = 26643006",
                "onset-date = 2001-01-01..2001-12-31",
                "note = after lunch",
            ],
        ),
    ]);
}

#[test]
fn procedures_reports_and_orders() {
    check(&[
        (
            r#"{"resourceType":"Procedure","status":"completed","code":{"coding":[{"code":"80146002"}]},"performedPeriod":{"start":"2020-01-02T10:00:00Z",
            "end":"2020-01-03T11:00:00Z"},"location":{"reference":"Location/1"},"performer":[{"function":{"coding":[{"code":"s"}]},"actor":{"reference":"Practitioner/2"}}],
            "reasonCode":[{"coding":[{"system":"x","code":"74400008"}],"text":"Appendicitis"}],"reasonReference":[{"reference":"Condition/3"}],"partOf":[{"reference":"Procedure/4"}]}"#,
            &[
                "category = procedure",
                "date = 2020-01-02..2020-01-03",
                "status = completed",
                "code = 80146002",
                "end = 2020-01-03",
                "location = Location/1",
                "role = s",
                "performer = Practitioner/2",
                "reason = x|74400008",
                "text = Appendicitis",
                "related = Condition/3",
                "related = Procedure/4",
            ],
        ),
        (
            r#"{"resourceType":"DiagnosticReport","basedOn":[{"reference":"ServiceRequest/1"}],"status":"final","category":[{"coding":[{"code":"LAB"}]}],
            "code":{"coding":[{"code":"58410-2"}]},"effectiveDateTime":"2020-01-02","issued":"2020-01-03T00:00:00Z","performer":[{"reference":"Organization/2"}],
            "resultsInterpreter":[{"reference":"Practitioner/3"}],"specimen":[{"reference":"Specimen/4"}],"result":[{"reference":"Observation/5"}],
            "conclusion":"all well","conclusionCode":[{"coding":[{"code":"17621005"}]}],"presentedForm":[{"title":"Count","data":"AAAA"}]}"#,
            &[
                "category = lab-result",
                "date = 2020-01-02",
                "related = ServiceRequest/1",
                "status = final",
                "category = LAB",
                "code = 58410-2",
                "issued = 2020-01-03",
                "performer = Organization/2",
                "performer = Practitioner/3",
                "related = Specimen/4",
                "related = Observation/5",
                "note = all well",
                "code = 17621005",
                "text = Count",
            ],
        ),
        (
            r#"{"resourceType":"ServiceRequest","status":"active","intent":"order","priority":"urgent","code":{"coding":[{"code":"24627-2"}]},
            "authoredOn":"2021-02-03","requester":{"reference":"Practitioner/1"},"performer":[{"reference":"Organization/2"}],"bodySite":[{"coding":[{"code":"51185008"}]}],
            "locationReference":[{"reference":"Location/3"}],"requisition":{"value":"r-9"},"patientInstruction":"come sober"}"#,
            &[
                "category = procedure",
                "date = 2021-02-03",
                "status = active",
                "intent = order",
                "priority = urgent",
                "code = 24627-2",
                "authored-on = 2021-02-03",
                "performer = Practitioner/1",
                "performer = Organization/2",
                "body-site = 51185008",
                "location = Location/3",
                "identifier = r-9",
                "note = come sober",
            ],
        ),
        (
            r#"{"resourceType":"ImagingStudy","status":"available","modality":[{"system":"http://dcm","code":"CT","display":"Tomography"}],"started":"2021-03-04T05:06:07+01:00",
            "referrer":{"reference":"Practitioner/1"},"interpreter":[{"reference":"Practitioner/2"}],"description":"CT chest","endpoint":[{"reference":"Endpoint/3"}],
            "series":[{"uid":"1.2.3","modality":{"system":"http://dcm","code":"CT"},"bodySite":{"code":"51185008"},"description":"thin","instance":[{"uid":"1.2.3.4"}]}]}"#,
            &[
                "category = imaging",
                "date = 2021-03-04",
                "status = available",
                "code = http://dcm|CT",
                "text = Tomography",
                "performer = Practitioner/1",
                "performer = Practitioner/2",
                "text = CT chest",
                "related = Endpoint/3",
                "identifier = 1.2.3",
                "code = http://dcm|CT",
                "body-site = 51185008",
                "text = thin",
            ],
        ),
        (
            r#"{"resourceType":"Specimen","accessionIdentifier":{"system":"http://lab","value":"A 1"},"type":{"coding":[{"code":"119297000"}]},"receivedTime":"2021-01-03",
            "parent":[{"reference":"Specimen/1"}],"collection":{"collector":{"reference":"Practitioner/2"},"collectedDateTime":"2021-01-02","method":{"coding":[{"code":"m"}]},
            "bodySite":{"coding":[{"code":"b"}]}}}"#,
            &[
                "category = lab-result",
                "date = 2021-01-02",
                "identifier = http://lab|A 1",
                "code = 119297000",
                "issued = 2021-01-03",
                "related = Specimen/1",
                "body-site = b",
                "method = m",
                "performer = Practitioner/2",
            ],
        ),
    ]);
}

#[test]
fn medication_and_immunization() {
    check(&[
        (
            r#"{"resourceType":"MedicationRequest","status":"active","intent":"order","priority":"stat","medicationCodeableConcept":{"coding":[{"system":"http://rxnorm",
            "code":"860975","display":"Metformin"}],"text":"Metformin"},"encounter":{"reference":"Encounter/1"},"authoredOn":"2022-01-01","requester":{"reference":"Practitioner/2"},
            "groupIdentifier":{"value":"g"},"dosageInstruction":[{"text":"with food","route":{"coding":[{"code":"26643006"}]},"site":{"coding":[{"code":"s"}]},"method":{"coding":[{"code":"m"}]}}]}"#,
            &[
                "category = medication",
                "date = 2022-01-01",
                "status = active",
                "intent = order",
                "priority = stat",
                "code = http://rxnorm|860975",
                "text = Metformin",
                "encounter = Encounter/1",
                "authored-on = 2022-01-01",
                "performer = Practitioner/2",
                "identifier = g",
                "body-site = s",
                "route = 26643006",
                "method = m",
                "text = with food",
            ],
        ),
        (
            r#"{"resourceType":"MedicationStatement","medicationReference":{"reference":"Medication/1"},"context":{"reference":"Encounter/2"},"effectivePeriod":{"start":"2020"},
            "dateAsserted":"2021-01-01","informationSource":{"reference":"Patient/3"}}"#,
            &[
                "category = medication",
                "date = 2020-01-01..",
                "related = Medication/1",
                "encounter = Encounter/2",
                "issued = 2021-01-01",
                "performer = Patient/3",
            ],
        ),
        (
            r#"{"resourceType":"MedicationAdministration","medicationCodeableConcept":{"coding":[{"code":"1"}]},"performer":[{"actor":{"reference":"Practitioner/1"}}],
            "request":{"reference":"MedicationRequest/2"},"dosage":{"text":"slowly","site":{"coding":[{"code":"s"}]},"route":{"coding":[{"code":"r"}]},"method":{"coding":[{"code":"m"}]}}}"#,
            &[
                "category = medication",
                "code = 1",
                "performer = Practitioner/1",
                "related = MedicationRequest/2",
                "body-site = s",
                "route = r",
                "method = m",
                "text = slowly",
            ],
        ),
        (
            r#"{"resourceType":"MedicationDispense","medicationCodeableConcept":{"coding":[{"code":"1"}]},"whenHandedOver":"2022-02-02","destination":{"reference":"Location/1"},
            "authorizingPrescription":[{"reference":"MedicationRequest/2"}]}"#,
            &[
                "category = medication",
                "date = 2022-02-02",
                "code = 1",
                "location = Location/1",
                "related = MedicationRequest/2",
            ],
        ),
        (
            r#"{"resourceType":"Medication","code":{"coding":[{"code":"1"}]},"status":"active","ingredient":[{"itemCodeableConcept":{"coding":[{"code":"2"}]}},{"itemReference":{"reference":"Substance/3"}}]}"#,
            &["category = medication", "code = 1", "status = active", "code = 2", "related = Substance/3"],
        ),
        (
            r#"{"resourceType":"Immunization","status":"completed","vaccineCode":{"coding":[{"system":"http://cvx","code":"140"}],"text":"Influenza"},"occurrenceDateTime":"2023-10-01",
            "location":{"reference":"Location/1"},"lotNumber":"L-77","site":{"coding":[{"code":"LA"}]},"route":{"coding":[{"code":"IM"}]},"performer":[{"actor":{"reference":"Practitioner/2"}}],
            "reaction":[{"detail":{"reference":"Observation/3"}}],"protocolApplied":[{"targetDisease":[{"coding":[{"code":"6142004"}]}]}]}"#,
            &[
                "category = immunization",
                "date = 2023-10-01",
                "status = completed",
                "code = http://cvx|140",
                "text = Influenza",
                "location = Location/1",
                "identifier = L-77",
                "body-site = LA",
                "route = IM",
                "performer = Practitioner/2",
                "related = Observation/3",
                "reason = 6142004",
            ],
        ),
    ]);
}

#[test]
fn visits_and_bills() {
    check(&[
        (
            r#"{"resourceType":"Encounter","status":"finished","class":{"system":"http://act","code":"AMB"},"type":[{"coding":[{"code":"185345009"}],"text":"Check-up"}],
            "priority":{"coding":[{"code":"R"}]},"participant":[{"type":[{"coding":[{"code":"PPRF"}]}],"individual":{"reference":"Practitioner/1"}}],
            "period":{"start":"2020-01-01T23:00:00-05:00","end":"2020-01-02T01:00:00-05:00"},"reasonCode":[{"coding":[{"code":"195662009"}]}],
            "diagnosis":[{"condition":{"reference":"Condition/2"}}],"location":[{"location":{"reference":"Location/3"}}],"serviceProvider":{"reference":"Organization/4"},
            "partOf":{"reference":"Encounter/5"}}"#,
            &[
                "category = history",
                "date = 2020-01-01..2020-01-02",
                "status = finished",
                "class = AMB",
                "code = 185345009",
                "text = Check-up",
                "priority = R",
                "role = PPRF",
                "performer = Practitioner/1",
                "end = 2020-01-02",
                "reason = 195662009",
                "related = Condition/2",
                "location = Location/3",
                "performer = Organization/4",
                "related = Encounter/5",
            ],
        ),
        (
            r#"{"resourceType":"Claim","status":"active","type":{"coding":[{"code":"pharmacy"}]},"use":"claim","billablePeriod":{"start":"2020-01-01","end":"2020-01-02"},"created":"2020-01-02",
            "provider":{"reference":"Organization/1"},"priority":{"coding":[{"code":"normal"}]},"prescription":{"reference":"MedicationRequest/2"},
            "diagnosis":[{"diagnosisReference":{"reference":"Condition/3"}},{"diagnosisCodeableConcept":{"coding":[{"code":"J06"}]}}],
            "item":[{"productOrService":{"coding":[{"code":"99213"}],"text":"Visit"},"encounter":[{"reference":"Encounter/4"}],"net":{"value":129.16,"currency":"USD"}}]}"#,
            &[
                "date = 2020-01-01..2020-01-02",
                "status = active",
                "code = pharmacy",
                "end = 2020-01-02",
                "issued = 2020-01-02",
                "performer = Organization/1",
                "priority = normal",
                "related = MedicationRequest/2",
                "reason = J06",
                "related = Condition/3",
                "encounter = Encounter/4",
            ],
        ),
        (
            r#"{"resourceType":"ExplanationOfBenefit","type":{"coding":[{"code":"professional"}]},"claim":{"reference":"Claim/1"},"insurer":{"display":"Aetna"},"referral":{"reference":"ServiceRequest/2"},
            "facility":{"reference":"Location/3"},"careTeam":[{"provider":{"reference":"Practitioner/4"}}],"item":[{"productOrService":{"coding":[{"code":"1"}]}}]}"#,
            &[
                "code = professional",
                "related = Claim/1",
                "related = ServiceRequest/2",
                "location = Location/3",
                "performer = Practitioner/4",
            ],
        ),
    ]);
}

#[test]
fn the_type_comes_first_and_the_category_of_the_record_with_it() {
    assert_eq!(
        said(r#"{"status":"final","resourceType":"Flag"}"#),
        ["type = Flag", "category = condition", "status = final"]
    );
    assert_eq!(said(r#"{"resourceType":"Unheard","status":"x"}"#), ["type = Unheard", "status = x"]);
}
