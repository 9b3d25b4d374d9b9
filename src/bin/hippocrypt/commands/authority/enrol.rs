//! The authority's side of an enrolment: a nonce, and the proof that answers it.
//!
//! `nonces/NONCE` holds the user that a nonce was drawn for, `readers/HASH` the enrolment of a user.

use std::path::{Path, PathBuf};

use hippocrypt::{EnrolledReader, Enrolment, EnrolmentNonce, Kind, PublicParameters, UserId, os_rng};

use super::{lock, parameters};
use crate::args::authority::{EnrollCheck, EnrollNonce};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input;
use crate::output::{Access, write_all};
use crate::report::{Report, hex};
use crate::store::{self, keys};

fn nonce_path(folder: &Path, nonce: &[u8; 32]) -> PathBuf {
    folder.join("nonces").join(hex(nonce))
}

fn reader_path(folder: &Path, user: &UserId) -> PathBuf {
    folder.join("readers").join(keys::file_name(user))
}

pub fn nonce(console: &Console, args: &EnrollNonce) -> Result<Report, Failure> {
    let folder = &args.folder.authority;
    let user = input::user(&args.user)?;
    parameters(console, folder)?;
    let _lock = lock(folder)?;
    let nonce = EnrolmentNonce::generate(&mut os_rng());
    store::make_folder(&folder.join("nonces"))?;
    store::put(&nonce_path(folder, nonce.as_bytes()), user.as_str().as_bytes())?;
    let text = format!("{}\n", hex(nonce.as_bytes()));
    write_all(console, &[(&args.out, text.as_bytes(), Access::Everybody)], args.overwrite.force)?;
    let mut report = Report::new("enroll nonce");
    report.row("user", user.as_str());
    report.row("nonce", hex(nonce.as_bytes()));
    report.file("file", &args.out, "for this user, once he has shown who he is");
    Ok(report)
}

pub fn check(console: &Console, args: &EnrollCheck) -> Result<Report, Failure> {
    let folder = &args.folder.authority;
    let parameters = parameters(console, folder)?;
    let enrolment = input::load(console, &args.input, Kind::Enrolment, Enrolment::from_bytes)?;
    let about = |failure: Failure| failure.in_file(&args.input.display().to_string());
    let _lock = lock(folder)?;
    let open = nonce_path(folder, enrolment.nonce());
    let Some(drawn_for) = store::get(&open)? else {
        let failure = Failure::new(
            Code::Refused,
            "the enrolment answers no open nonce: it may be an old one, sent again",
        );
        return Err(about(failure.hint("`hippocrypt enroll nonce` draws a fresh one, for one enrolment")));
    };
    let drawn_for = std::str::from_utf8(drawn_for.expose_secret()).unwrap_or_default();
    let user = input::user(drawn_for)?;
    let nonce = EnrolmentNonce::from_bytes(*enrolment.nonce());
    let reader = enrolment.verify(&parameters, &user, nonce).map_err(|error| about(error.into()))?;

    let path = reader_path(folder, reader.user());
    store::make_folder(&folder.join("readers"))?;
    if args.replace {
        store::put(&path, &enrolment.to_bytes())?;
    } else if !store::put_new(&path, &enrolment.to_bytes())? {
        let message = format!("`{user}` is enrolled already");
        return Err(Failure::new(Code::InputOutput, message)
            .hint("if he has lost his seed, revoke him, and check this enrolment with --replace"));
    }
    store::remove(&open)?;
    let mut report = Report::new("enroll check");
    report.row("user", user.as_str());
    report.file("reader", &path, "");
    Ok(report)
}

/// The reader whom `check` has let in.
pub fn reader(
    folder: &Path,
    parameters: &PublicParameters,
    user: &UserId,
) -> Result<EnrolledReader, Failure> {
    let path = reader_path(folder, user);
    let Some(enrolment) = store::object(&path, Enrolment::from_bytes)? else {
        return Err(Failure::new(Code::Refused, format!("`{user}` is not enrolled"))
            .hint("`hippocrypt enroll --help` says how he is"));
    };
    // The nonce is the one that was accepted then.
    let nonce = EnrolmentNonce::from_bytes(*enrolment.nonce());
    let reader = enrolment.verify(parameters, user, nonce);
    reader.map_err(|error| Failure::from(error).in_file(&path.display().to_string()))
}
