//! `inspect`: what a file is, from its public parts alone.

use hippocrypt::{
    AttributeKey, AuthorId, AuthorKey, AuthorSignature, FORMAT_VERSION, Kind, MasterKey, PublicParameters,
    SUITE, SignedSchema, os_rng,
};

use super::demand_author;
use super::realm::declarations;
use crate::args::Inspect;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::{self, Source};
use crate::report::{Report, hex};

mod encrypted;
mod outsourced;

/// What the file is checked against.
struct Checks {
    parameters: Option<PublicParameters>,
    authors: Vec<AuthorId>,
}

pub fn run(console: &Console, args: &Inspect) -> Result<Report, Failure> {
    let checks = Checks {
        parameters: args.public.as_deref().map(|path| input::public_parameters(console, path)).transpose()?,
        authors: input::author_ids(console, &args.author)?,
    };
    let mut source = Source::open(console, &args.input)?;
    let kind = source.kind()?;
    if kind.is_secret() {
        input::warn_if_exposed(console, &args.input);
    }
    let mut report = Report::answer("inspect");
    report.row("file", source.name.as_str());
    report.row("kind", kind.to_string());
    report.row("secret", kind.is_secret());
    report.field("format_version", FORMAT_VERSION);
    report.row_as("suite", SUITE, format!("{SUITE} (BLS12-381, SHAKE-256, SHA3-256, AES-256-GCM, Ed25519)"));
    match kind {
        Kind::Header => encrypted::inspect(console, source, &checks, &mut report)?,
        Kind::Record => encrypted::inspect_record(source, &mut report)?,
        _ => match outsourced::inspect(console, kind, &mut source, &checks, &mut report)? {
            Some(size) => {
                if let Err(failure) = demand_author(None, &checks.authors) {
                    report.condemn(failure);
                }
                report.bytes("size", size);
            }
            None => object(kind, &mut source, &checks, &mut report)?,
        },
    }
    Ok(report)
}

/// Everything that is read as a whole.
fn object(kind: Kind, source: &mut Source, checks: &Checks, report: &mut Report) -> Result<(), Failure> {
    let mut size = 0;
    macro_rules! decoded {
        ($decode:path) => {
            source.object(|bytes| {
                size = bytes.len() as u64;
                $decode(bytes)
            })?
        };
    }
    let mut author = None;
    match kind {
        Kind::PublicParameters => {
            let parameters = decoded!(PublicParameters::from_bytes);
            describe_realm(report, &parameters, checks);
        }
        Kind::MasterKey => {
            let master = decoded!(MasterKey::from_bytes);
            describe_realm(report, master.public_parameters(), checks);
        }
        Kind::Schema => describe_schema(report, &decoded!(SignedSchema::from_bytes), checks),
        Kind::AttributeKey => describe_key(report, &decoded!(AttributeKey::from_bytes), checks),
        Kind::AuthorKey => author = Some(decoded!(AuthorKey::from_bytes).id()),
        Kind::AuthorId => author = Some(decoded!(AuthorId::from_bytes)),
        Kind::AuthorSignature => {
            let signature = decoded!(AuthorSignature::from_bytes);
            report.row("claims to be by", signature.author().to_string());
        }
        _ => size = source.read_whole()?.expose_secret().len() as u64,
    }
    if let Some(author) = author {
        report.row("author", author.to_string());
    }
    if let Err(failure) = demand_author(author, &checks.authors) {
        report.condemn(failure);
    }
    report.bytes("size", size);
    Ok(())
}

fn describe_realm(report: &mut Report, parameters: &PublicParameters, checks: &Checks) {
    report.row("realm", parameters.realm());
    check_realm(report, parameters.id(), checks);
    report.row_as(
        "epochs",
        parameters.epochs().map(|tree| tree.last().number()),
        parameters.epochs().map_or("none".to_owned(), |tree| format!("1 to {}", tree.last())),
    );
}

/// The realm id, and whether it is the one expected.
fn check_realm(report: &mut Report, id: &[u8; 32], checks: &Checks) {
    report.row("realm id", hex(id));
    let Some(parameters) = &checks.parameters else { return };
    let same = parameters.id() == id;
    report.row_as(
        "of this realm",
        same,
        if same { format!("yes, {}", parameters.realm()) } else { "no".into() },
    );
    if !same {
        let message = format!(
            "the file is of another realm than {}, of which the public parameters are",
            parameters.realm()
        );
        report.condemn(Failure::new(Code::NotSatisfied, message));
    }
}

fn describe_schema(report: &mut Report, signed: &SignedSchema, checks: &Checks) {
    check_realm(report, signed.realm_id(), checks);
    let Some(parameters) = &checks.parameters else {
        return report.row_as(
            "declares",
            serde_json::Value::Null,
            "shown with --public, which verifies its signature",
        );
    };
    match signed.verify(parameters) {
        Ok(schema) => {
            report.row("genuine", true);
            declarations(report, schema);
        }
        Err(error) => {
            report.row("genuine", false);
            report.condemn(Failure::decode(error));
        }
    }
}

fn describe_key(report: &mut Report, key: &AttributeKey, checks: &Checks) {
    check_realm(report, key.realm_id(), checks);
    report.row("attributes", key.attributes().to_string());
    report.row("labels", key.attributes().label_count());
    if let Some(parameters) =
        checks.parameters.as_ref().filter(|parameters| parameters.id() == key.realm_id())
    {
        let genuine = key.verify(parameters, &mut os_rng());
        report.row("genuine", genuine);
        if !genuine {
            report.condemn(Failure::new(
                Code::NotAuthentic,
                "the key is not what the authority of its realm issues",
            ));
        }
    }
}
