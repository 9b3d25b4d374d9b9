//! Which kind of record a FHIR resource is: the category decides about the policy.

use serde_json::Value;

/// The categories of a health record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    History,
    Condition,
    LabResult,
    Imaging,
    Medication,
    Procedure,
    Vital,
    Immunization,
    Allergy,
    Note,
    Consent,
    /// What is not recognised. Its policy is a narrow one: to know nothing about a record is no
    /// reason to show it to many.
    Other,
}

impl Category {
    pub const ALL: [Self; 12] = [
        Self::History,
        Self::Condition,
        Self::LabResult,
        Self::Imaging,
        Self::Medication,
        Self::Procedure,
        Self::Vital,
        Self::Immunization,
        Self::Allergy,
        Self::Note,
        Self::Consent,
        Self::Other,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::History => "history",
            Self::Condition => "condition",
            Self::LabResult => "lab result",
            Self::Imaging => "imaging",
            Self::Medication => "medication",
            Self::Procedure => "procedure",
            Self::Vital => "vital",
            Self::Immunization => "immunization",
            Self::Allergy => "allergy",
            Self::Note => "note",
            Self::Consent => "consent",
            Self::Other => "other",
        }
    }

    /// The category of a resource, by its type and its element `category`.
    pub fn of(resource_type: &str, category: &Value) -> Self {
        match resource_type {
            "Patient" | "Encounter" | "EpisodeOfCare" | "FamilyMemberHistory" => Self::History,
            "Condition" => Self::Condition,
            "Observation" => observation(category),
            "DiagnosticReport" => report(category),
            "ImagingStudy" | "Media" => Self::Imaging,
            "Specimen" | "MolecularSequence" => Self::LabResult,
            "Medication"
            | "MedicationRequest"
            | "MedicationStatement"
            | "MedicationAdministration"
            | "MedicationDispense" => Self::Medication,
            "Procedure" => Self::Procedure,
            "Immunization" | "ImmunizationRecommendation" => Self::Immunization,
            "AllergyIntolerance" => Self::Allergy,
            "DocumentReference" | "Composition" | "ClinicalImpression" | "CarePlan" | "Goal" => Self::Note,
            "Consent" => Self::Consent,
            _ => Self::Other,
        }
    }
}

/// FHIR's code system `observation-category`. Some senders write `vital-sign`.
fn observation(category: &Value) -> Category {
    first_match(category, |code| match code {
        "laboratory" => Some(Category::LabResult),
        "vital-signs" | "vital-sign" => Some(Category::Vital),
        "imaging" => Some(Category::Imaging),
        "procedure" | "therapy" => Some(Category::Procedure),
        "social-history" | "survey" | "exam" | "activity" => Some(Category::History),
        _ => None,
    })
    .unwrap_or(Category::Other)
}

/// The diagnostic services of HL7 v2, table 0074, and the radiology part of LOINC. Reports of other
/// services are what their authors wrote: notes.
fn report(category: &Value) -> Category {
    first_match(category, |code| match code {
        "LAB" | "BG" | "BLB" | "CG" | "CH" | "CP" | "GE" | "HM" | "IMM" | "MB" | "MCB" | "MYC" | "OSL"
        | "SP" | "SR" | "TX" | "VR" => Some(Category::LabResult),
        "RAD" | "RUS" | "CT" | "CUS" | "NMR" | "NMS" | "OUS" | "VUS" | "XRC" | "LP29684-5" => {
            Some(Category::Imaging)
        }
        _ => None,
    })
    .unwrap_or(Category::Note)
}

/// The first code of a CodeableConcept, or of a list of them, that `classify` knows.
fn first_match(category: &Value, classify: impl Fn(&str) -> Option<Category>) -> Option<Category> {
    let concepts = category.as_array().map_or(std::slice::from_ref(category), Vec::as_slice);
    let codings = concepts.iter().filter_map(|concept| concept["coding"].as_array()).flatten();
    codings.filter_map(|coding| coding["code"].as_str()).find_map(classify)
}
