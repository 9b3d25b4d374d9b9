//! Patient health records: the roles of a hospital and its cloud.
//!
//! Nothing here is mathematics: a role knows who it is, what it keeps, and which bytes it sends.

mod record;

pub use record::{Description, NameError, PatientHandle, Record, RecordCategory, SecurityLabel};
