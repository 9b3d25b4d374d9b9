//! The commands, each from its arguments to its report.

pub mod authority;
pub mod decrypt;
pub mod draw;
pub mod encrypt;
pub mod epochs;
pub mod index;
pub mod inspect;
pub mod keys;
pub mod ledger;
pub mod policy;
pub mod proxy;
pub mod reader;
pub mod realm;
pub mod vault;

use hippocrypt::AuthorId;

use crate::args::authority::Enroll;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::report::Report;

/// Both sides of an enrolment.
pub fn enroll(console: &Console, args: &Enroll) -> Result<Report, Failure> {
    match args {
        Enroll::New(args) => reader::enrol::new(console, args),
        Enroll::Nonce(args) => authority::enrol::nonce(console, args),
        Enroll::Ask(args) => reader::enrol::ask(console, args),
        Enroll::Check(args) => authority::enrol::check(console, args),
    }
}

/// Demands the signature of one of `accepted`; whoever has named nobody demands nothing.
fn demand_author(author: Option<AuthorId>, accepted: &[AuthorId]) -> Result<(), Failure> {
    match author {
        _ if accepted.is_empty() => Ok(()),
        Some(author) if accepted.contains(&author) => Ok(()),
        Some(author) => {
            let message = format!("the file is signed by {author}, not by the author demanded");
            Err(Failure::new(Code::NotAuthentic, message).detail("author", author.to_string()))
        }
        None => {
            let message = "the file is not signed, but the signature of an author is demanded";
            Err(Failure::new(Code::NotAuthentic, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hippocrypt::{AuthorKey, os_rng};

    #[test]
    fn authors_are_demanded() {
        let [a, b] = [0; 2].map(|_| AuthorKey::generate(&mut os_rng()).id());
        assert!(demand_author(None, &[]).is_ok() && demand_author(Some(a), &[]).is_ok());
        assert!(demand_author(Some(a), &[b, a]).is_ok());
        assert!(demand_author(Some(a), &[b]).is_err() && demand_author(None, &[b]).is_err());
    }
}
