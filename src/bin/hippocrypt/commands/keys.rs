//! `keygen`, `delegate` and `author`: everything that makes a secret key.

use std::path::Path;

use hippocrypt::{AttributeError, AttributeKey, AttributeSet, AuthorKey, Schema, os_rng};

use crate::args::{Author, Delegate, Keygen};
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input;
use crate::output::{Access, write_all};
use crate::report::{Report, hex};

pub fn keygen(console: &Console, args: &Keygen) -> Result<Report, Failure> {
    let master = input::master_key(console, &args.master)?;
    let parameters = master.public_parameters();
    let schema = input::schema(console, args.numbers.schema.as_deref(), &args.master, parameters)?;
    let attributes = input::parse_attributes(console, &args.attributes, &schema)?;
    let key = master.issue(&attributes, &mut os_rng())?;
    let mut report = Report::new("keygen");
    report.row("realm", parameters.realm());
    write_key(console, &key, &args.out, args.overwrite.force, report)
}

pub fn delegate(console: &Console, args: &Delegate) -> Result<Report, Failure> {
    let own = input::attribute_key(console, &args.key)?;
    let schema = numbers_of(own.attributes()).map_err(|error| Failure::new(Code::Text, error.to_string()))?;
    let attributes = input::parse_attributes(console, &args.attributes, &schema)?;
    let key = own.delegate(&attributes, &mut os_rng())?;
    write_key(console, &key, &args.out, args.overwrite.force, Report::new("delegate"))
}

/// The numbers of a key as a schema: it knows their types, and no others can be delegated.
fn numbers_of(attributes: &AttributeSet) -> Result<Schema, AttributeError> {
    let mut schema = Schema::empty();
    for (name, number, _) in attributes.numbers() {
        schema.declare(name.clone(), number)?;
    }
    Ok(schema)
}

fn write_key(
    console: &Console,
    key: &AttributeKey,
    path: &Path,
    force: bool,
    mut report: Report,
) -> Result<Report, Failure> {
    let bytes = key.to_bytes();
    write_all(console, &[(path, bytes.expose_secret(), Access::Owner)], force)?;
    report.row("realm id", hex(key.realm_id()));
    report.row("attributes", key.attributes().to_string());
    report.file("key", path, "secret");
    Ok(report)
}

pub fn author(console: &Console, args: &Author) -> Result<Report, Failure> {
    let key = AuthorKey::generate(&mut os_rng());
    let (secret, public) = (key.to_bytes(), key.id().to_bytes());
    let files = [
        (args.key.as_path(), secret.expose_secret().as_slice(), Access::Owner),
        (args.id.as_path(), public.as_slice(), Access::Everybody),
    ];
    write_all(console, &files, args.overwrite.force)?;

    let mut report = Report::new("author");
    report.row("author", key.id().to_string());
    report.file("key", &args.key, "secret: whoever has it can sign");
    report.file("id", &args.id, "for whoever decrypts");
    Ok(report)
}
