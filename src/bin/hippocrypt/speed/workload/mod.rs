//! What is measured: the grid, and the operations with their inputs. The program and the benches
//! (`benches/abe.rs`) both run it.

pub mod clock;
pub mod epochs;
pub mod grid;
pub mod operations;
pub mod shapes;
pub mod world;

use std::fmt;

/// A result that is not what it must be, or inputs that could not be made.
#[derive(Debug)]
pub struct Wrong(String);

impl Wrong {
    /// What is wrong, in a sentence.
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// `Ok` if `right`, else what is wrong.
    pub fn unless(right: bool, what: &str) -> Result<(), Self> {
        if right { Ok(()) } else { Err(Self::new(what)) }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Wrong {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}
