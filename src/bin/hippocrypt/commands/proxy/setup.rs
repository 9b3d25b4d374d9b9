//! `proxy init` and `proxy seal-key`: what is made once.

use hippocrypt::{Proxy, ProxyName, SealKeeper, SealKey, os_rng};

use super::{NAME, PUBLIC};
use crate::args::proxy::{Init, SealKey as SealKeyArgs};
use crate::console::Console;
use crate::failure::Failure;
use crate::input;
use crate::output::{Access, write_all};
use crate::report::Report;
use crate::store::{self, log};

pub fn init(console: &Console, args: &Init) -> Result<Report, Failure> {
    let parameters = input::public_parameters(console, &args.realm.public)?;
    let proxy = Proxy::new(&parameters, ProxyName::new(&args.name)?)?;
    let folder = &args.folder.proxy;
    if folder.join(NAME).exists() {
        return Err(crate::failure::exists(&folder.join(NAME)).hint("choose another folder with --proxy"));
    }
    store::make_folder(folder)?;
    store::put(&folder.join(PUBLIC), &parameters.to_bytes())?;
    // Empty: this proxy is a witness of nothing.
    store::make_folder(&folder.join(log::FOLDER))?;
    // The name makes it a proxy's folder, so it comes last.
    store::put_new(&folder.join(NAME), proxy.name().as_str().as_bytes())?;
    let mut report = Report::new("proxy init");
    report.row("realm", parameters.realm());
    report.row("name", proxy.name().as_str());
    report.file("proxy", folder, "");
    Ok(report)
}

pub fn seal_key(console: &Console, args: &SealKeyArgs) -> Result<Report, Failure> {
    let key = SealKey::generate(&mut os_rng());
    write_all(console, &[(&args.out, key.to_bytes().expose_secret(), Access::Owner)], args.overwrite.force)?;
    let mut report = Report::new("proxy seal-key");
    report.row("seal key id", key.id().to_string());
    report.file("key", &args.out, "secret: keep it where whoever steals the store does not find it");
    Ok(report)
}
