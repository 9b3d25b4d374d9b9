//! The program, run as its users run it.
#![cfg(feature = "cli")]

mod clinic;
mod damage;
mod files;
mod index;
mod kinds;
mod ledger;
mod manual;
mod questions;
mod revocation;
mod speed;
mod story;
mod vault;
