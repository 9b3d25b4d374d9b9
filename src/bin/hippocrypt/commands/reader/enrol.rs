//! The reader's side of an enrolment: a seed, and the proof that he knows what is in it.

use hippocrypt::{EnrolmentNonce, ReaderSeed, os_rng};

use crate::args::authority::{EnrollAsk, EnrollNew};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input;
use crate::output::{Access, write_all};
use crate::report::{Report, unhex};

pub fn new(console: &Console, args: &EnrollNew) -> Result<Report, Failure> {
    let seed = ReaderSeed::generate(&mut os_rng());
    let bytes = seed.to_bytes();
    write_all(console, &[(&args.seed, bytes.expose_secret(), Access::Owner)], args.overwrite.force)?;
    let mut report = Report::new("enroll new");
    report.file("seed", &args.seed, "secret: keep it for good, it stays the same when keys change");
    Ok(report)
}

pub fn ask(console: &Console, args: &EnrollAsk) -> Result<Report, Failure> {
    let parameters = input::public_parameters(console, &args.realm.public)?;
    let seed = input::reader_seed(console, &args.seed)?;
    let user = input::user(&args.user)?;
    let nonce = unhex(&input::line(console, &args.nonce)?).ok_or_else(|| {
        Failure::new(Code::Malformed, "a nonce is a line of 64 hexadecimal digits")
            .hint("`hippocrypt enroll nonce` draws one, and the authority hands it out")
            .in_file(&args.nonce.display().to_string())
    })?;
    let enrolment = seed.enrol(&parameters, &user, &EnrolmentNonce::from_bytes(nonce), &mut os_rng());
    write_all(console, &[(&args.out, &enrolment.to_bytes(), Access::Everybody)], args.overwrite.force)?;
    let mut report = Report::new("enroll ask");
    report.row("realm", parameters.realm());
    report.row("user", user.as_str());
    report.file("enrolment", &args.out, "for the authority");
    Ok(report)
}
