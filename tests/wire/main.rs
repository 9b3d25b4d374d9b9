//! The wire format: golden bytes of every type, hostile bytes to every decoder.

mod decoders;
mod golden;
mod ledger;
mod objects;
mod search;
