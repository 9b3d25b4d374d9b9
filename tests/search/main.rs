//! The encrypted keyword index, from outside.

mod house;
mod story;
