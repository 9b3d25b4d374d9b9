//! `policy`: what a policy says, costs, and asks of somebody.

use std::path::Path;

use hippocrypt::{AttributeSet, Header, Policy, Schema};

use super::draw;
use crate::args::PolicyArgs;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::{self, Source};
use crate::report::{Report, hex};

/// Pairings of every decryption; one more for each repetition (τ) used.
const FIXED_PAIRINGS: usize = 2;

pub fn run(console: &Console, args: &PolicyArgs) -> Result<Report, Failure> {
    let schema = schema(console, args)?;
    let policy = match (&args.policy, &args.of) {
        (Some(text), _) => input::parse_policy(console, text, &schema)?,
        (None, Some(path)) => policy_of(console, path)?,
        (None, None) => return Err(Failure::new(Code::Usage, "a policy is needed")),
    };
    let mut report = Report::answer("policy");
    describe(&mut report, &policy);
    let attributes = match (&args.attributes, &args.key) {
        (Some(text), _) => Some(input::parse_attributes(console, text, &schema)?),
        (None, Some(path)) => Some(input::attribute_key(console, path)?.attributes().clone()),
        (None, None) => None,
    };
    if let Some(attributes) = &attributes {
        answer(&mut report, &policy, attributes);
    }
    report.draw(draw::tree(&policy, attributes.as_ref()));
    Ok(report)
}

/// The schema, if there is one: a policy without numbers can be explained without any file.
fn schema(console: &Console, args: &PolicyArgs) -> Result<Schema, Failure> {
    let public = &args.realm.public;
    if args.numbers.schema.is_none() && !public.exists() {
        return Ok(Schema::empty());
    }
    let parameters = input::public_parameters(console, public)?;
    input::schema(console, args.numbers.schema.as_deref(), public, &parameters)
}

fn policy_of(console: &Console, path: &Path) -> Result<Policy, Failure> {
    let mut source = Source::open(console, path)?;
    let header = Header::read_from(&mut source);
    let header = header.map_err(|error| Failure::from(error).in_file_if_data(&source.name))?;
    Ok(header.policy().clone())
}

/// Form and cost.
pub fn describe(report: &mut Report, policy: &Policy) {
    let program = policy.span_program();
    report.row("policy", policy.to_string());
    report.row("schema id", hex(policy.schema_id()));
    report.row("rows", program.len());
    report.row("repetitions", program.tau());
    report.row("pairings", FIXED_PAIRINGS + program.tau());
    report.bytes("header", Header::encoded_len(policy) as u64);
}

fn answer(report: &mut Report, policy: &Policy, attributes: &AttributeSet) {
    report.row("attributes", attributes.to_string());
    let missing = policy.missing(attributes).map(|missing| missing.to_string());
    report.row("satisfied", missing.is_none());
    if let Some(missing) = missing {
        report.row("missing", missing.as_str());
        // The report has said what is missing.
        let failure = Failure::new(Code::NotSatisfied, "the attributes do not satisfy the policy");
        report.condemn(failure.detail("missing", missing));
        return;
    }
    let leaves = draw::satisfied_by(policy, attributes).unwrap_or_default();
    report.row_as("satisfied by", leaves.clone(), leaves.join(", "));
    let labels = attributes.labels();
    let program = policy.span_program();
    if let Some(selection) = program.reconstruct(|label| labels.binary_search(label).is_ok()) {
        let rows = selection.rows.iter().filter_map(|(row, _)| program.rows().get(*row));
        let mut used: Vec<usize> = rows.map(|row| row.occurrence).collect();
        used.sort_unstable();
        used.dedup();
        report.row("pairings needed", FIXED_PAIRINGS + used.len());
    }
}
