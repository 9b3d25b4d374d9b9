//! The wire format: golden bytes of every type, hostile bytes to every decoder.

mod decoders;
mod golden;
mod objects;
mod search;
