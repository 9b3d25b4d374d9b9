//! The stand-alone index: from FHIR files to what a reader finds.

mod asked;
mod house;
mod interrupted;
mod manual;
mod plan;
mod refused;
mod story;
