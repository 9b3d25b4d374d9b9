//! Which element of which resource says something in which field: FHIR's search parameters (R4 and R4B) under the names of [`FIELDS`].
//!
//! [`FIELDS`]: crate::search::text::FIELDS

use alloc::vec::Vec;
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::search::text::{Kind, named};

/// Resources of these types say something in a field with these elements (paths from the resource on).
type Row = (&'static str, &'static str, &'static str);

/// All types, those that are not named anywhere too.
const ALL: &str = "*";

/// Each group begins with what FHIR calls its search parameters, where they are called otherwise than the field.
const ROWS: &[Row] = &[
    // identifier; accession, requisition, group-identifier, url, altid, series
    (ALL, "identifier", "identifier masterIdentifier accessionIdentifier requisition groupIdentifier url"),
    ("AuditEvent", "identifier", "agent.altId"),
    ("Coverage", "identifier", "subscriberId"),
    ("Device", "identifier", "serialNumber lotNumber udiCarrier.deviceIdentifier"),
    ("ImagingStudy", "identifier", "series.uid"),
    ("Immunization", "identifier", "lotNumber"),
    // category
    (ALL, "category", "category"),
    ("HealthcareService", "category", "type"),
    // status; lifecycle-status, outcome, active
    (ALL, "status", "status active"),
    ("AuditEvent", "status", "outcome"),
    ("Goal", "status", "lifecycleStatus achievementStatus"),
    ("DocumentReference", "status", "docStatus"),
    // Other words of state and class.
    (ALL, "class", "class"),
    (ALL, "intent", "intent"),
    (ALL, "priority", "priority"),
    (ALL, "severity", "severity"),
    ("AllergyIntolerance", "severity", "reaction.severity"),
    (ALL, "criticality", "criticality"),
    (ALL, "clinical-status", "clinicalStatus"),
    (ALL, "verification-status", "verificationStatus"),
    ("FamilyMemberHistory", "sex", "sex"),
    ("Patient Person Practitioner RelatedPerson", "sex", "gender"),
    ("Patient RelatedPerson", "language", "communication.language"),
    ("Practitioner", "language", "communication"),
    // code; combo-code, component-code, vaccine-code, medication, ingredient-code, modality, type, event, section, context, scope,
    // activity-code, characteristic, conclusion, finding-code, service-type, appointment-type, subtype
    ("AdverseEvent", "code", "event"),
    ("AllergyIntolerance Basic ChargeItem ClinicalImpression", "code", "code"),
    ("Condition DetectedIssue DeviceRequest DiagnosticReport Flag Group List Media", "code", "code"),
    ("Medication MessageHeader MolecularSequence Observation Procedure RiskAssessment", "code", "code"),
    ("ServiceRequest Substance SupplyRequest Task", "code", "code"),
    ("CompartmentDefinition OperationDefinition SearchParameter", "code", "code"),
    ("AllergyIntolerance", "code", "reaction.substance"),
    ("Appointment Schedule Slot HealthcareService", "code", "serviceType appointmentType"),
    ("AuditEvent", "code", "type subtype"),
    ("CarePlan", "code", "activity.detail.code"),
    // What was billed is what other resources say: FHIR has no search parameter for the items of a claim.
    ("Claim ExplanationOfBenefit", "code", "type procedure.procedureCodeableConcept"),
    ("ClaimResponse Coverage Device Encounter EpisodeOfCare", "code", "type"),
    ("ClinicalImpression", "code", "finding.itemCodeableConcept"),
    ("Communication CommunicationRequest", "code", "topic"),
    ("Composition", "code", "type event.code section.code"),
    ("Consent", "code", "scope"),
    ("DeviceRequest", "code", "codeCodeableConcept"),
    ("DiagnosticReport", "code", "conclusionCode"),
    ("DocumentManifest DocumentReference", "code", "type context.event"),
    ("FamilyMemberHistory", "code", "condition.code"),
    ("Group", "code", "characteristic.code"),
    ("ImagingStudy Media", "code", "modality procedureCode series.modality"),
    ("Immunization", "code", "vaccineCode"),
    ("ImmunizationRecommendation", "code", "recommendation.vaccineCode"),
    ("Location Organization Specimen", "code", "type"),
    ("Medication", "code", "ingredient.itemCodeableConcept"),
    ("MedicationAdministration MedicationDispense", "code", "medicationCodeableConcept"),
    ("MedicationRequest MedicationStatement", "code", "medicationCodeableConcept"),
    ("NutritionOrder", "code", "oralDiet.type enteralFormula.baseFormulaType supplement.type"),
    ("Observation", "code", "component.code"),
    ("Parameters", "code", "parameter.valueCodeableConcept parameter.valueCoding"),
    ("Provenance", "code", "activity"),
    ("RiskAssessment", "code", "prediction.outcome"),
    ("SupplyDelivery", "code", "suppliedItem.itemCodeableConcept"),
    ("SupplyRequest", "code", "itemCodeableConcept"),
    // reason; reason-code, evidence, target-disease, purpose
    (ALL, "reason", "reasonCode"),
    ("AuditEvent", "reason", "purposeOfEvent"),
    ("Claim ExplanationOfBenefit", "reason", "diagnosis.diagnosisCodeableConcept"),
    ("Condition", "reason", "evidence.code"),
    ("Immunization", "reason", "protocolApplied.targetDisease"),
    ("Provenance", "reason", "reason"),
    // body-site; bodysite, location of a BodyStructure
    (ALL, "body-site", "bodySite"),
    ("BodyStructure", "body-site", "location"),
    ("ImagingStudy", "body-site", "series.bodySite"),
    ("Immunization", "body-site", "site"),
    ("MedicationAdministration", "body-site", "dosage.site"),
    ("MedicationRequest", "body-site", "dosageInstruction.site"),
    ("Specimen", "body-site", "collection.bodySite"),
    // Further codes: manifestation; route; role, specialty, participant-type, relationship, agent-role
    ("AllergyIntolerance", "reaction", "reaction.manifestation"),
    ("AllergyIntolerance", "route", "reaction.exposureRoute"),
    ("Immunization", "route", "route"),
    ("MedicationAdministration", "route", "dosage.route"),
    ("MedicationDispense MedicationRequest", "route", "dosageInstruction.route"),
    ("MedicationStatement", "route", "dosage.route"),
    ("Observation", "method", "method"),
    ("MedicationAdministration", "method", "dosage.method"),
    ("MedicationRequest", "method", "dosageInstruction.method"),
    ("Specimen", "method", "collection.method"),
    ("Appointment HealthcareService Slot", "role", "specialty"),
    ("AuditEvent", "role", "agent.role agent.type"),
    ("CareTeam", "role", "participant.role"),
    ("Encounter", "role", "participant.type"),
    ("FamilyMemberHistory RelatedPerson", "role", "relationship"),
    ("Practitioner", "role", "qualification.code"),
    ("PractitionerRole", "role", "code specialty"),
    ("Procedure", "role", "performer.function"),
    ("Provenance", "role", "agent.role agent.type"),
    // name; family, given, phonetic, agent-name
    ("Patient Person Practitioner RelatedPerson", "name", "name"),
    ("Endpoint FamilyMemberHistory HealthcareService InsurancePlan Location", "name", "name"),
    ("Organization", "name", "name alias"),
    ("Location", "name", "alias"),
    ("AuditEvent", "name", "agent.name"),
    ("CapabilityStatement CodeSystem ConceptMap OperationDefinition", "name", "name"),
    ("Questionnaire SearchParameter StructureDefinition ValueSet", "name", "name"),
    // phone; telecom, email
    (ALL, "phone", "telecom"),
    ("Patient Person Practitioner RelatedPerson Location Organization", "address", "address"),
    // Dates beside `date`: birthdate; death-date; onset; last-date, abatement-date; authoredon, authored; recorded-date, created, recorded
    ("Patient Person Practitioner RelatedPerson", "birthdate", "birthDate"),
    ("Patient", "death-date", "deceasedDateTime"),
    ("FamilyMemberHistory", "death-date", "deceasedDate"),
    (ALL, "onset-date", "onsetDateTime onsetPeriod"),
    ("AllergyIntolerance", "onset-date", "reaction.onset"),
    (ALL, "abatement-date", "abatementDateTime abatementPeriod"),
    (ALL, "authored-on", "authoredOn authored"),
    ("NutritionOrder", "authored-on", "dateTime"),
    (ALL, "issued", "issued recordedDate recorded dateAsserted created"),
    ("Communication", "issued", "sent"),
    ("ImmunizationRecommendation", "issued", "date"),
    ("Specimen", "issued", "receivedTime"),
    (
        ALL,
        "end",
        "period.end effectivePeriod.end occurrencePeriod.end occurredPeriod.end performedPeriod.end",
    ),
    (ALL, "end", "billablePeriod.end servicedPeriod.end"),
    ("Appointment", "end", "end"),
    ("DocumentReference", "end", "context.period.end"),
    // encounter; context
    (ALL, "encounter", "encounter"),
    ("ChargeItem Communication MedicationAdministration MedicationDispense", "encounter", "context"),
    ("MedicationStatement", "encounter", "context"),
    ("Claim ExplanationOfBenefit", "encounter", "item.encounter"),
    ("DocumentReference", "encounter", "context.encounter"),
    // performer; practitioner, requester, author, recorder, asserter, participant, organization, provider, source, custodian, collector,
    // attester, agent, general-practitioner, care-team, sender, interpreter
    (ALL, "performer", "performer performer.actor requester author recorder asserter custodian"),
    (ALL, "performer", "managingOrganization informationSource source sender assessor owner"),
    ("Appointment AppointmentResponse", "performer", "participant.actor actor"),
    ("AuditEvent", "performer", "agent.who source.observer"),
    ("CarePlan", "performer", "contributor careTeam activity.detail.performer"),
    ("CareTeam", "performer", "participant.member"),
    ("Claim ExplanationOfBenefit", "performer", "provider enterer insurer payee.party careTeam.provider"),
    ("Composition", "performer", "attester.party"),
    ("Consent", "performer", "organization"),
    ("Coverage", "performer", "payor"),
    ("DiagnosticReport", "performer", "resultsInterpreter"),
    ("DocumentReference", "performer", "authenticator"),
    ("Encounter", "performer", "participant.individual serviceProvider"),
    ("EpisodeOfCare", "performer", "careManager"),
    ("Goal", "performer", "expressedBy"),
    ("ImagingStudy", "performer", "referrer interpreter series.performer.actor"),
    ("Media", "performer", "operator"),
    ("NutritionOrder", "performer", "orderer"),
    ("Patient", "performer", "generalPractitioner"),
    ("PractitionerRole", "performer", "practitioner organization"),
    ("Provenance", "performer", "agent.who"),
    ("Specimen", "performer", "collection.collector"),
    // location; facility
    (ALL, "location", "location facility locationReference"),
    ("Encounter", "location", "location.location"),
    ("MedicationDispense", "location", "destination"),
    // related; based-on, part-of, focus, has-member, derived-from, specimen, device, result, diagnosis, condition, goal, target, entity,
    // reason-reference, account, appointment, episode-of-care, endpoint, replaces, entry, relatesto, data, actor
    (ALL, "related", "basedOn partOf focus derivedFrom replaces reasonReference specimen device endpoint"),
    (ALL, "related", "medicationReference supportingInfo supportingInformation instantiatesCanonical"),
    ("AdverseEvent", "related", "resultingCondition suspectEntity.instance"),
    ("Appointment", "related", "slot"),
    ("AuditEvent", "related", "entity.what"),
    ("CarePlan", "related", "addresses goal activity.reference"),
    ("Claim", "related", "prescription procedure.procedureReference diagnosis.diagnosisReference"),
    ("ClaimResponse", "related", "request"),
    ("ClinicalImpression", "related", "problem investigation.item finding.itemReference"),
    ("Communication CommunicationRequest", "related", "recipient about inResponseTo"),
    ("Composition", "related", "section.entry event.detail relatesTo.targetReference"),
    ("Condition", "related", "evidence.detail stage.assessment"),
    ("Consent", "related", "sourceReference provision.actor.reference provision.data.reference"),
    ("DetectedIssue", "related", "implicated"),
    ("DeviceRequest", "related", "codeReference insurance priorRequest"),
    ("DiagnosticReport", "related", "result imagingStudy media.link"),
    ("DocumentManifest DocumentReference", "related", "relatesTo.target context.related"),
    ("Encounter", "related", "diagnosis.condition account appointment episodeOfCare"),
    ("EpisodeOfCare", "related", "diagnosis.condition referralRequest"),
    ("ExplanationOfBenefit", "related", "claim prescription referral"),
    ("ExplanationOfBenefit", "related", "procedure.procedureReference diagnosis.diagnosisReference"),
    ("Goal", "related", "addresses outcomeReference"),
    ("Group", "related", "member.entity characteristic.valueReference"),
    ("Immunization", "related", "reaction.detail"),
    ("List", "related", "entry.item"),
    ("Medication", "related", "ingredient.itemReference"),
    ("MedicationAdministration", "related", "request"),
    ("MedicationDispense", "related", "authorizingPrescription"),
    ("MedicationRequest", "related", "priorPrescription"),
    ("Observation", "related", "hasMember"),
    ("Patient", "related", "link.other"),
    ("Procedure", "related", "report complication usedReference"),
    ("Provenance", "related", "target entity.what"),
    ("QuestionnaireResponse", "related", "questionnaire"),
    ("RiskAssessment", "related", "basis condition"),
    ("Specimen", "related", "parent request"),
    ("SupplyDelivery", "related", "suppliedItem.itemReference"),
    // text; title, description, device-name, entity-name, onset-info
    (ALL, "text", "title description"),
    ("AuditEvent", "text", "outcomeDesc entity.name"),
    ("CareTeam Group Medication", "text", "name"),
    ("Communication CommunicationRequest", "text", "payload.contentString"),
    ("Composition", "text", "section.title"),
    ("Condition", "text", "onsetString abatementString"),
    ("Consent", "text", "sourceAttachment.title"),
    ("Device", "text", "deviceName.name manufacturer modelNumber"),
    ("DiagnosticReport", "text", "presentedForm.title"),
    ("DocumentReference", "text", "content.attachment.title"),
    ("ImagingStudy", "text", "series.description"),
    ("MedicationDispense MedicationRequest", "text", "dosageInstruction.text"),
    ("MedicationStatement MedicationAdministration", "text", "dosage.text"),
    ("Parameters", "text", "parameter.valueString"),
    // note
    (ALL, "note", "note comment comments conclusion summary clinicalSummary"),
    ("AllergyIntolerance", "note", "reaction.note reaction.description"),
    ("ServiceRequest MedicationRequest", "note", "patientInstruction"),
];

/// Where a date stands that is none of the resource's own elements, from the best on.
pub(super) const COLLECTED: &[&[&str]] = &[
    &["collection", "collectedDateTime"], // of Specimen: collected
    &["collection", "collectedPeriod"],
    &["context", "period"], // of DocumentReference: period
];

/// A row for one element.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// The element of the resource.
    pub(super) first: &'static str,
    /// The elements in it.
    pub(super) rest: Vec<&'static str>,
    pub(super) field: &'static str,
    pub(super) kind: Kind,
}

/// The rules of each type that is named, with those of all; and those of all.
struct Rules {
    of_type: HashMap<&'static str, Vec<Rule>>,
    of_all: Vec<Rule>,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let mut rules = Rules { of_type: HashMap::new(), of_all: of(|types| types == ALL) };
    for kind in ROWS.iter().flat_map(|(types, ..)| types.split(' ')).filter(|kind| *kind != ALL) {
        let counts = |types: &str| types == ALL || types.split(' ').any(|known| known == kind);
        rules.of_type.entry(kind).or_insert_with(|| of(counts));
    }
    rules
});

/// The rules of the rows whose types count.
fn of(counts: impl Fn(&str) -> bool) -> Vec<Rule> {
    let rows = ROWS.iter().filter(|(types, ..)| counts(types));
    let rules = rows.flat_map(|(_, field, paths)| {
        paths.split(' ').filter_map(|path| {
            let (mut steps, field) = (path.split('.'), named(field)?);
            Some(Rule { first: steps.next()?, rest: steps.collect(), field: field.name, kind: field.kind })
        })
    });
    rules.collect()
}

/// The rules of a type.
pub(super) fn rules(kind: &str) -> &'static [Rule] {
    RULES.of_type.get(kind).unwrap_or(&RULES.of_all)
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;
    use crate::search::text::FIELDS;

    #[test]
    fn every_row_names_a_field_and_no_element_stands_twice() {
        for (_, field, _) in ROWS {
            assert!(named(field).is_some(), "{field}");
        }
        for rules in RULES.of_type.values().chain([&RULES.of_all]) {
            let keys: BTreeSet<_> = rules.iter().map(|rule| (rule.first, &rule.rest, rule.field)).collect();
            for rule in rules {
                let count = rules
                    .iter()
                    .filter(|other| {
                        (other.first, &other.rest, other.field) == (rule.first, &rule.rest, rule.field)
                    })
                    .count();
                assert_eq!(count, 1, "{rule:?}");
            }
            assert_eq!(keys.len(), rules.len());
        }
    }

    #[test]
    fn every_field_has_rows_or_is_made_otherwise() {
        // `family` and `given` are parts of a name; the others are made of the whole resource, or by a table of ancestors.
        let made = ["abnormal", "date", "family", "given", "type", "under", "value"];
        let fields: BTreeSet<&str> = ROWS.iter().map(|(_, field, _)| *field).collect();
        let missing: Vec<&str> =
            FIELDS.iter().map(|field| field.name).filter(|name| !fields.contains(name)).collect();
        assert_eq!(missing, made);
    }

    #[test]
    fn types_have_their_own_rows_and_those_of_all() {
        let has = |kind: &str, first: &str| rules(kind).iter().any(|rule| rule.first == first);
        assert!(has("Immunization", "vaccineCode") && has("Immunization", "identifier"));
        assert!(!has("Unheard", "vaccineCode") && has("Unheard", "identifier"));
    }
}
