//! The roles of a house and its cloud, through their public bytes.

mod forge;
mod house;
mod lies;
mod questions;
mod story;
mod uploads;
