//! Who may read what: one policy for each category, and the people of the example.

use hippocrypt::{Policy, PolicyError, Schema};

use crate::category::Category;

/// The names that are numbers, so that policies can compare them.
pub const SCHEMA: &str = "clearance: uint(4), shift-end: date";

/// Those of the staff who have phones, and the attributes that the hospital certifies to them.
pub const STAFF: [(&str, &str); 4] = [
    (
        "cardiologist",
        "role:physician, role:cardiologist, dept:cardiology, clearance = 3, shift-end = 2026-12-01T18:00Z",
    ),
    ("internist", "role:physician, dept:internal, clearance = 3, shift-end = 2026-12-01T18:00Z"),
    ("nurse", "role:nurse, dept:emergency, clearance = 2, shift-end = 2026-12-02T06:00Z"),
    ("visitor", "role:visitor, dept:cardiology, clearance = 0"),
];

impl Category {
    /// Who of the staff may read records of the category, in words of the policy language.
    pub const fn staff_rule(self) -> &'static str {
        match self {
            Self::History => "role:physician or role:nurse",
            Self::Condition => "(role:physician or role:nurse) and clearance >= 2",
            Self::LabResult => "role:physician or role:nurse and clearance >= 3",
            Self::Imaging => "dept:radiology or dept:cardiology and (role:physician or role:nurse)",
            Self::Medication => {
                "(role:physician or role:nurse or role:pharmacist) and shift-end >= 2026-12-01T16:00Z"
            }
            Self::Procedure => "2 of (role:cardiologist, dept:cardiology, clearance >= 3)",
            Self::Vital => "role:nurse or role:physician and clearance >= 1",
            Self::Immunization => "role:physician or role:nurse or role:school-nurse",
            Self::Allergy => "role:physician or role:paramedic or role:nurse and dept:emergency",
            Self::Note => "role:physician and dept:cardiology and clearance in 3..5",
            Self::Consent => "role:privacy-officer",
            Self::Other => "role:records-officer or role:physician and clearance >= 4",
        }
    }

    /// The policy of the category for one patient: some of the staff, or the patient.
    ///
    /// The handle is put into the text: handles are hexadecimal digits, so that nothing in them can
    /// change the meaning. Foreign text belongs into [`Policy::attribute`] instead.
    pub fn policy(self, handle: &str, schema: &Schema) -> Result<Policy, PolicyError> {
        Policy::parse(&format!("{} or patient:{handle}", self.staff_rule()), schema)
    }
}
