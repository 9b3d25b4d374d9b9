//! The audit ledger: from the first transaction to what an auditor verifies offline.

mod asked;
mod changed;
mod house;
mod interrupted;
mod manual;
mod refused;
mod story;
mod witnessed;
