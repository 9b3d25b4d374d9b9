//! The roles of a house and its cloud, through their public bytes.

mod house;
mod story;
