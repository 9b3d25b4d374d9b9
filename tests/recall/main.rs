//! Recall and precision of the index, against an evaluation of the same questions over plain text.
//!
//! The evaluation shares nothing with the library: it reads the JSON of the records by paths of its own ([`plain`]), has a calendar and a folding of its own
//! ([`calendar`], [`words`]), and does not read the questions: each stands beside an expression of what it means ([`questions`]).
//!
//! `cargo test --features fhir,test-util --test recall -- --nocapture` shows the precision of each question and of each kind of field.

mod calendar;
mod corpus;
mod expression;
mod index;
mod measure;
mod plain;
mod questions;
mod sealed;
mod sound;
mod values;
mod words;
