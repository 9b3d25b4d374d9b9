//! The roles of a house and its cloud, through their public bytes.

mod accounts;
mod attachment_lies;
mod authority;
mod erasure;
mod faults;
mod forge;
mod house;
mod index;
mod index_damage;
mod index_lies;
mod keys;
#[cfg(feature = "redb")]
mod killed;
mod ledger;
mod lies;
mod questions;
mod receipt;
mod receipts;
mod rotation;
mod story;
mod threads;
mod uploads;
mod ward;
