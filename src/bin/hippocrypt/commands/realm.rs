//! `setup` and `schema`: what the authority makes once.

use hippocrypt::{EpochTree, Schema, os_rng, setup_with_epochs};

use crate::args::{SchemaArgs, Setup};
use crate::console::Console;
use crate::failure::Failure;
use crate::input;
use crate::output::{Access, write_all};
use crate::report::{Report, hex};

pub fn setup(console: &Console, args: &Setup) -> Result<Report, Failure> {
    let schema = args.declare.as_deref().map(|text| input::parse_schema(console, text)).transpose()?;
    let (parameters, master) = match args.epochs {
        Some(depth) => setup_with_epochs(&args.realm, EpochTree::new(depth)?, &mut os_rng())?,
        None => hippocrypt::setup(&args.realm, &mut os_rng())?,
    };
    let public = parameters.to_bytes();
    let secret = master.to_bytes();
    let signed = schema.as_ref().map(|schema| master.sign_schema(schema).to_bytes());

    let mut files = vec![
        (args.master.as_path(), secret.expose_secret().as_slice(), Access::Owner),
        (args.public.as_path(), public.as_slice(), Access::Everybody),
    ];
    files.extend(signed.as_ref().map(|bytes| (args.schema.as_path(), bytes.as_slice(), Access::Everybody)));
    write_all(console, &files, args.overwrite.force)?;

    let mut report = Report::new("setup");
    report.row("realm", parameters.realm());
    report.row("realm id", hex(parameters.id()));
    if let Some(tree) = parameters.epochs() {
        report.row("epochs", tree.last().number());
    }
    report.file("public", &args.public, "for everybody");
    report.file("master", &args.master, "secret: whoever has it can read everything");
    if let Some(schema) = &schema {
        report.file("schema", &args.schema, "for everybody");
        declarations(&mut report, schema);
    }
    Ok(report)
}

pub fn schema(console: &Console, args: &SchemaArgs) -> Result<Report, Failure> {
    let schema = input::parse_schema(console, &args.declare)?;
    let master = input::master_key(console, &args.master)?;
    let bytes = master.sign_schema(&schema).to_bytes();
    write_all(console, &[(&args.out, &bytes, Access::Everybody)], args.overwrite.force)?;

    let mut report = Report::new("schema");
    report.row("realm", master.public_parameters().realm());
    report.file("schema", &args.out, "for everybody");
    declarations(&mut report, &schema);
    Ok(report)
}

/// What a schema declares.
pub fn declarations(report: &mut Report, schema: &Schema) {
    let declared: serde_json::Map<_, _> =
        schema.iter().map(|(name, number)| (name.to_string(), number.to_string().into())).collect();
    let text = schema.to_string().replace('\n', ", ");
    report.row_as("declares", declared, if text.is_empty() { "nothing".to_owned() } else { text });
    report.row("schema id", hex(&schema.id()));
}
