//! Words and references.

use super::Rows;
use crate::expression::Means::{self, *};

pub fn words() -> Rows {
    let text = |asked| Words("text", asked);
    let note = |asked| Words("note", asked);
    let condition = |means: Means| State("type", "Condition").and(means);
    let anywhere = |asked| text(asked).or(note(asked));
    vec![
        ("text:sinusitis", text("sinusitis")),
        ("type:Condition and text:fractures", condition(text("fractures"))),
        ("type:Condition and text:disorders", condition(text("disorders"))),
        ("text:\"body mass\"", Phrase("text", "body mass")),
        ("text:\"mass body\"", Phrase("text", "mass body")),
        ("text:\"loss of consciousness\"", Phrase("text", "loss of consciousness")),
        ("text:\"chest pains\"", Phrase("text", "chest pains")),
        ("type:Condition text:\"acute bronchitis\"", condition(Phrase("text", "acute bronchitis"))),
        ("text:smokers", text("smokers")),
        ("text:tracheostomy", text("tracheostomy")),
        ("text:APPENDICITIS", text("appendicitis")),
        ("text:\"total cholesterol\"", Phrase("text", "total cholesterol")),
        ("text:quetzalcoatlus", text("quetzalcoatlus")),
        ("note:food", note("food")),
        ("note:\"blood sugar\"", Phrase("note", "blood sugar")),
        ("note:\"sugar blood\"", Phrase("note", "sugar blood")),
        ("note:\"pain of the chest\"", Phrase("note", "pain chest")),
        ("note:\"chest pain\"", Phrase("note", "chest pain")),
        ("note:culturing", note("culturing")),
        ("note:fainted", note("fainted")),
        ("sinusitis", anywhere("sinusitis")),
        ("staphylococcus", anywhere("staphylococcus")),
        ("\"chest pain\"", Phrase("text", "chest pain").or(Phrase("note", "chest pain"))),
        ("address:Boston", Words("address", "boston")),
        ("address:02108", Words("address", "02108")),
        ("address:\"parker hill\"", Phrase("address", "parker hill")),
        ("address:koln", Words("address", "köln")),
    ]
}

pub fn references() -> Rows {
    let visit = "urn:uuid:2b6477d0-4684-4b85-a40e-0fe67bc01634";
    vec![
        ("encounter:urn:uuid:2b6477d0-4684-4b85-a40e-0fe67bc01634", Reference("encounter", visit)),
        ("encounter:Encounter/f201", Reference("encounter", "Encounter/f201")),
        ("encounter:Encounter/nowhere", Reference("encounter", "Encounter/nowhere")),
        ("performer:Practitioner/f005", Reference("performer", "Practitioner/f005")),
        ("performer:https://example.org/fhir/Practitioner/77", Reference("performer", "Practitioner/77")),
        (
            "type:MedicationRequest and performer:Practitioner/f007",
            State("type", "MedicationRequest").and(Reference("performer", "Practitioner/f007")),
        ),
        ("related:ServiceRequest/req", Reference("related", "ServiceRequest/req")),
        ("related:Observation/example-genetics-1", Reference("related", "Observation/example-genetics-1")),
        (
            "type:PractitionerRole location:Location/1",
            State("type", "PractitionerRole").and(Reference("location", "Location/1")),
        ),
    ]
}
