//! Which kind of record a resource is.

use crate::phr::RecordCategory;

use RecordCategory::{
    Allergy, Condition, Consent, History, Imaging, Immunization, LabResult, Medication, Note, Other,
    Procedure, VitalSign,
};

/// By type of resource (R4 and R4B); what is not here is [`Other`].
const BY_TYPE: &[(RecordCategory, &[&str])] = &[
    (
        History,
        &[
            "Patient",
            "RelatedPerson",
            "Encounter",
            "EpisodeOfCare",
            "FamilyMemberHistory",
            "CarePlan",
            "CareTeam",
            "Goal",
            "QuestionnaireResponse",
        ],
    ),
    (Condition, &["Condition", "AdverseEvent", "DetectedIssue", "Flag", "RiskAssessment"]),
    (LabResult, &["Specimen", "MolecularSequence"]),
    (Imaging, &["ImagingStudy", "Media"]),
    (
        Medication,
        &[
            "Medication",
            "MedicationRequest",
            "MedicationStatement",
            "MedicationAdministration",
            "MedicationDispense",
        ],
    ),
    (
        Procedure,
        &[
            "Procedure",
            "ServiceRequest",
            "Device",
            "DeviceRequest",
            "DeviceUseStatement",
            "NutritionOrder",
            "BodyStructure",
        ],
    ),
    (Immunization, &["Immunization", "ImmunizationEvaluation", "ImmunizationRecommendation"]),
    (Allergy, &["AllergyIntolerance"]),
    (Note, &["DocumentReference", "Composition", "ClinicalImpression", "Communication"]),
    (Consent, &["Consent"]),
];

/// By code in `category` of an Observation (HL7's `observation-category`; some senders write `vital-sign`).
const OBSERVATION: &[(RecordCategory, &[&str])] = &[
    (LabResult, &["laboratory"]),
    (VitalSign, &["vital-signs", "vital-sign"]),
    (Imaging, &["imaging"]),
    (Procedure, &["procedure", "therapy"]),
    (History, &["social-history", "survey", "exam", "activity"]),
];

/// By code in `category` of a DiagnosticReport (HL7 v2 table 0074, and the sections of LOINC).
const REPORT: &[(RecordCategory, &[&str])] = &[
    (
        LabResult,
        &[
            "LAB",
            "BG",
            "BLB",
            "CG",
            "CH",
            "CP",
            "CY",
            "GE",
            "HM",
            "IMM",
            "LP7839-6",
            "MB",
            "MCB",
            "MYC",
            "OSL",
            "SP",
            "SR",
            "TX",
            "VR",
            "laboratory",
        ],
    ),
    (Imaging, &["RAD", "RUS", "RX", "CT", "CUS", "NMR", "NMS", "OUS", "VUS", "XRC", "LP29684-5", "imaging"]),
];

fn find(table: &[(RecordCategory, &[&str])], name: &str) -> Option<RecordCategory> {
    table.iter().find(|(_, names)| names.contains(&name)).map(|(category, _)| *category)
}

/// The category that a code in the element `category` says, if a resource of this type has it from there.
pub(super) fn by_code(resource_type: &str, code: &str) -> Option<RecordCategory> {
    match resource_type {
        "Observation" => find(OBSERVATION, code),
        "DiagnosticReport" => find(REPORT, code),
        _ => None,
    }
}

/// The category of a resource whose element `category` says nothing.
pub(super) fn by_type(resource_type: &str) -> RecordCategory {
    match resource_type {
        // A report of another service is what its author wrote.
        "DiagnosticReport" => Note,
        other => find(BY_TYPE, other).unwrap_or(Other),
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_row_stands_twice() {
        for table in [BY_TYPE, OBSERVATION, REPORT] {
            let names: Vec<&str> = table.iter().flat_map(|(_, names)| names.iter().copied()).collect();
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        }
    }

    #[test]
    fn types_and_codes_have_their_categories() {
        assert_eq!(by_type("Condition"), Condition);
        assert_eq!(by_type("Observation"), Other);
        assert_eq!(by_type("DiagnosticReport"), Note);
        assert_eq!(by_type("NoSuchThing"), Other);
        assert_eq!(by_code("Observation", "vital-signs"), Some(VitalSign));
        assert_eq!(by_code("Observation", "LAB"), None);
        assert_eq!(by_code("DiagnosticReport", "RAD"), Some(Imaging));
        assert_eq!(by_code("Condition", "laboratory"), None);
    }
}
