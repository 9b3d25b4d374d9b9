//! The vault: the whole life of a record from a shell.

mod house;
mod interrupted;
mod manual;
mod refused;
mod search;
mod story;
