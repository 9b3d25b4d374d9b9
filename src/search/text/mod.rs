//! From what a record says to keywords, and from what somebody asks to the same keywords. (SPEC `[TEXT-1]` to `[TEXT-8]`, below)
//!
//! A record's content comes as [`Terms`]: typed values in [fields](FIELDS), such as a code, a date, a number with its unit. [`Terms::keywords`] makes the
//! keywords of the index out of them, as many as a budget allows. What is asked is turned into keywords by the same functions; so whatever the record says and is asked for is found, and
//! [`ask`](super::ask) checks afterwards what was found for no better reason than a coarse keyword.
#![doc = include_str!("SPEC.md")]

mod case;
pub(in crate::search) mod code;
pub(in crate::search) mod date;
pub(in crate::search) mod field;
pub(in crate::search) mod fold;
pub(in crate::search) mod name;
pub(in crate::search) mod number;
pub(in crate::search) mod sheet;
mod sound;
mod stop;
mod terms;
mod unit;
#[cfg(test)]
mod vectors;
pub(in crate::search) mod words;

pub use code::Ancestors;
pub use date::{DateError, Span};
pub use field::{FIELDS, Field, Kind, ROOMS, Room, named};
pub use fold::{UNICODE_VERSION, Unassigned};
pub use number::Amount;
pub use terms::{Flag, Terms, Value};
pub use words::Language;

/// The version of what is made here: it goes into the [`Context`](super::Context) of an index, so that writer and reader use the same. `[TEXT-1]`
pub const PIPELINE_VERSION: u16 = 2;
