//! The encrypted keyword index, from outside.

mod caps;
mod durable;
mod epochs;
mod forward_privacy;
mod gate;
mod house;
mod keywords;
mod story;
