//! The roles of a house and its cloud, through their public bytes.

mod house;
#[cfg(feature = "redb")]
mod killed;
mod story;
