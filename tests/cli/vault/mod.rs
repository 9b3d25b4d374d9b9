//! The vault: the whole life of a record from a shell.

mod asked;
mod house;
mod interrupted;
mod manual;
mod refused;
mod search;
mod story;
