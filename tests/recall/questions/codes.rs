//! Codes, types, states.

use super::Rows;
use crate::expression::Means::*;

const SNOMED: &str = "http://snomed.info/sct";
const LOINC: &str = "http://loinc.org";

pub fn codes() -> Rows {
    vec![
        ("code:4548-4", Code("code", "", "4548-4")),
        ("code:http://loinc.org|4548-4", Code("code", LOINC, "4548-4")),
        ("code:444814009", Code("code", "", "444814009")),
        ("code:http://snomed.info/sct|444814009", Code("code", SNOMED, "444814009")),
        ("code:|15074-8", Code("code", "", "15074-8")),
        (
            "code:http://www.nlm.nih.gov/research/umls/rxnorm|316672",
            Code("code", "http://www.nlm.nih.gov/research/umls/rxnorm", "316672"),
        ),
        ("code:http://hl7.org/fhir/sid/cvx|", Code("code", "http://hl7.org/fhir/sid/cvx", "")),
        ("code:http://loinc.org|", Code("code", LOINC, "")),
        // Of components.
        ("code:8462-4", Code("code", "", "8462-4")),
        ("code:http://snomed.info/sct|271649006", Code("code", SNOMED, "271649006")),
        ("code:DX", Code("code", "", "DX")),
        ("code:GMST", Code("code", "", "GMST")),
        ("code:gmst", Code("code", "", "gmst")),
        ("code:CBC", Code("code", "", "CBC")),
        ("code:\"VP MULTI PCR\"", Code("code", "", "VP MULTI PCR")),
        // Of another system; a beginning only.
        ("code:http://snomed.info/sct|4548-4", Code("code", SNOMED, "4548-4")),
        ("code:4548", Code("code", "", "4548")),
        ("code:271649006 and code:8462-4", Code("code", "", "271649006").and(Code("code", "", "8462-4"))),
    ]
}

pub fn above() -> Rows {
    vec![
        ("under:E11", Under("E11")),
        ("under:E11.9", Under("E11.9")),
        ("under:e116", Under("E11.6")),
        ("code:E11*", Under("E11")),
        ("code:J45*", Under("J45")),
        ("code:E10.1*", Under("E10.1")),
        ("under:I48.0", Under("I48.0")),
        ("under:X99", Under("X99")),
    ]
}

pub fn others() -> Rows {
    vec![
        ("category:vital-sign", Code("category", "", "vital-sign")),
        ("category:lab-result", Code("category", "", "lab-result")),
        ("category:laboratory", Code("category", "", "laboratory")),
        ("category:LAB", Code("category", "", "LAB")),
        ("category:medication", Code("category", "", "medication")),
        ("category:food", Code("category", "", "food")),
        ("category:allergy", Code("category", "", "allergy")),
        ("category:698360004", Code("category", "", "698360004")),
        ("category:history", Code("category", "", "history")),
        ("reason:43878008", Code("reason", "", "43878008")),
        ("reason:http://snomed.info/sct|297217002", Code("reason", SNOMED, "297217002")),
        ("reaction:39579001", Code("reaction", "", "39579001")),
        ("route:26643006", Code("route", "", "26643006")),
        ("body-site:368209003", Code("body-site", "", "368209003")),
        ("body-site:51299004", Code("body-site", "", "51299004")),
        (
            "type:Observation and method:89003005",
            State("type", "Observation").and(Code("method", "", "89003005")),
        ),
        ("role:408443003", Code("role", "", "408443003")),
    ]
}

pub fn types() -> Rows {
    vec![
        ("type:Immunization", State("type", "Immunization")),
        ("type:Observation", State("type", "Observation")),
        ("type:observation", State("type", "Observation")),
        ("type:Medication", State("type", "Medication")),
        ("type:Device", State("type", "Device")),
    ]
}

pub fn states() -> Rows {
    let of_type = |kind, field, word| State("type", kind).and(State(field, word));
    vec![
        ("type:MedicationRequest and status:stopped", of_type("MedicationRequest", "status", "stopped")),
        ("type:Observation status:FINAL", of_type("Observation", "status", "final")),
        ("type:Observation and status:cancelled", of_type("Observation", "status", "cancelled")),
        ("type:Goal and status:accepted", of_type("Goal", "status", "accepted")),
        ("type:Condition and clinical-status:active", of_type("Condition", "clinical-status", "active")),
        (
            "type:Condition and verification-status:confirmed",
            of_type("Condition", "verification-status", "confirmed"),
        ),
        ("type:Condition and severity:24484000", of_type("Condition", "severity", "24484000")),
        ("type:AllergyIntolerance and severity:severe", of_type("AllergyIntolerance", "severity", "severe")),
        ("type:AllergyIntolerance criticality:high", of_type("AllergyIntolerance", "criticality", "high")),
        ("type:Encounter and class:EMER", of_type("Encounter", "class", "EMER")),
        ("class:imp and type:Encounter", of_type("Encounter", "class", "IMP")),
        ("type:CarePlan and intent:order", of_type("CarePlan", "intent", "order")),
        ("type:MedicationRequest and priority:routine", of_type("MedicationRequest", "priority", "routine")),
        ("type:Patient and sex:female", of_type("Patient", "sex", "female")),
        ("type:Patient and language:nl", of_type("Patient", "language", "nl")),
        ("type:Observation and abnormal:high", of_type("Observation", "abnormal", "high")),
        ("code:316672 and status:active", Code("code", "", "316672").and(State("status", "active"))),
        ("code:718-7 and abnormal:low", Code("code", "", "718-7").and(State("abnormal", "low"))),
        ("code:85354-9 and abnormal:normal", Code("code", "", "85354-9").and(State("abnormal", "normal"))),
        (
            "(code:444814009 or code:195662009) and clinical-status:resolved",
            Code("code", "", "444814009")
                .or(Code("code", "", "195662009"))
                .and(State("clinical-status", "resolved")),
        ),
        (
            "type:Observation and (status:cancelled or status:entered-in-error or status:preliminary)",
            State("type", "Observation").and(Any(vec![
                State("status", "cancelled"),
                State("status", "entered-in-error"),
                State("status", "preliminary"),
            ])),
        ),
    ]
}
