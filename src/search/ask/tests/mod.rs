//! Questions: what is read, what is refused, and that what they look up finds all that they are true of.

mod finding;
mod random;
mod reading;
mod refused;
