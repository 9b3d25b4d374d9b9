//! `epoch` and `lease`: what the authority says of time, to clients and to proxies.

use hippocrypt::{ProxyName, RevocationState};

use super::open;
use crate::args::authority::{Advance, Begin, Epoch, Lease, Show, Statement};
use crate::console::Console;
use crate::failure::Failure;
use crate::input;
use crate::output::{Access, write_all};
use crate::report::{Report, hex};
use crate::store::log::UpdateLog;

pub fn run(console: &Console, args: &Epoch) -> Result<Report, Failure> {
    match args {
        Epoch::Begin(args) => begin(console, args),
        Epoch::Advance(args) => advance(console, args),
        Epoch::Show(args) => show(console, args),
        Epoch::Statement(args) => statement(console, args),
    }
}

fn begin(console: &Console, args: &Begin) -> Result<Report, Failure> {
    let master = input::master_key(console, &args.master)?;
    let (authority, update) = super::begin(console, &args.folder.authority, master)?;
    let mut report = Report::new("epoch begin");
    report.row("realm", authority.public_parameters().realm());
    report.row("epoch", authority.epoch().number());
    report.row("update", authority.number());
    report.file("authority", &args.folder.authority, "back it up: nobody else has its registry");
    let update = vec![update.display().to_string()];
    report.row_as("send to proxies", update.clone(), update.join(", "));
    Ok(report)
}

fn advance(console: &Console, args: &Advance) -> Result<Report, Failure> {
    let mut opened = open(console, &args.authority)?;
    let next = args.to.unwrap_or(u64::from(opened.authority.epoch().number()) + 1);
    let update = opened.authority.advance_to(next, console.now())?;
    let path = opened.publish(&update)?;
    let mut report = Report::new("epoch advance");
    opened.describe(&mut report, &[path]);
    Ok(report)
}

/// From the log alone, which proves itself but not that it is complete.
fn show(console: &Console, args: &Show) -> Result<Report, Failure> {
    let parameters = super::parameters(console, &args.folder.authority)?;
    let mut state = RevocationState::new(&parameters)?;
    for update in UpdateLog::of(&args.folder.authority).read()? {
        let _ = state.apply(&update, &parameters)?;
    }
    let mut report = Report::answer("epoch show");
    report.row("realm", parameters.realm());
    report.row("realm id", hex(parameters.id()));
    state_rows(&mut report, &state);
    let keys = crate::store::registry::FileRegistry::of(&args.folder.authority).count()?;
    report.row("keys issued", keys);
    Ok(report)
}

/// Who and what is revoked.
pub fn state_rows(report: &mut Report, state: &RevocationState) {
    report.row("epoch", state.epoch().map_or(0, |epoch| epoch.number()));
    report.row("update", state.number());
    let users: Vec<String> = state.revoked_users().map(|(user, _)| user.to_string()).collect();
    let keys: Vec<String> = state.revoked_keys().map(|(key, _)| key.to_string()).collect();
    let nobody = |list: &[String]| if list.is_empty() { "none".to_owned() } else { list.join(", ") };
    report.row_as("revoked users", users.clone(), nobody(&users));
    report.row_as("revoked keys", keys.clone(), nobody(&keys));
}

fn statement(console: &Console, args: &Statement) -> Result<Report, Failure> {
    let now = console.now();
    let opened = open(console, &args.authority)?;
    let statement = opened.authority.statement(now, args.until.from(now)?)?;
    let bytes = statement.to_bytes();
    write_all(console, &[(&args.out, &bytes, Access::Everybody)], args.overwrite.force)?;
    let mut report = Report::new("epoch statement");
    opened.describe(&mut report, &[]);
    report.moment("valid until", statement.validity().1, now);
    report.file("statement", &args.out, "for whoever encrypts");
    Ok(report)
}

pub fn lease(console: &Console, args: &Lease) -> Result<Report, Failure> {
    let now = console.now();
    let proxy = ProxyName::new(&args.proxy)?;
    let opened = open(console, &args.authority)?;
    let lease = opened.authority.lease(&proxy, now, args.until.from(now)?)?;
    let bytes = lease.to_bytes();
    write_all(console, &[(&args.out, &bytes, Access::Everybody)], args.overwrite.force)?;
    let mut report = Report::new("lease");
    report.row("proxy", proxy.as_str());
    opened.describe(&mut report, &[]);
    report.moment("valid until", lease.validity().1, now);
    report.file("lease", &args.out, "for this proxy");
    Ok(report)
}
