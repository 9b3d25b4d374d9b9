//! The roles of a house and its cloud, through their public bytes.

mod authority;
mod faults;
mod forge;
mod house;
mod index;
mod index_damage;
mod index_lies;
mod keys;
#[cfg(feature = "redb")]
mod killed;
mod lies;
mod questions;
mod story;
mod threads;
mod uploads;
mod ward;
