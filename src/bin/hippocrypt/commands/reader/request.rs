//! `request`: a reader asks his proxy for a header.

use hippocrypt::os_rng;

use super::header_id;
use crate::args::reader::Request;
use crate::console::Console;
use crate::failure::Failure;
use crate::input;
use crate::output::{Access, write_all};
use crate::report::{Report, hex};

pub fn run(console: &Console, args: &Request) -> Result<Report, Failure> {
    let parameters = input::public_parameters(console, &args.realm.public)?;
    let seed = input::reader_seed(console, &args.seed)?;
    let user = input::user(&args.user)?;
    let id = header_id(console, &args.which)?;
    let request = seed.request_key().ask(&parameters, &user, &id, console.now(), &mut os_rng());
    write_all(console, &[(&args.out, &request.to_bytes(), Access::Everybody)], args.overwrite.force)?;
    let mut report = Report::new("request");
    report.row("user", user.as_str());
    report.row("header id", hex(&id));
    report.moment("time", request.time(), console.now());
    report.file("request", &args.out, "for the proxy, which answers it once, within five minutes");
    Ok(report)
}
