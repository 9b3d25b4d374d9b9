//! What is public about the files of outsourcing and revocation.

use hippocrypt::{
    Action, AuthorityUpdate, Enrolment, EpochStatement, Grant, IssuedKey, KeyStatus, Kind, Lease, Maker,
    ProxyKey, RevocationState, SealKeeper, SealKey, StoredHeader, TokenBatch, TransformKey, TransformRequest,
    TransformedHeader, os_rng,
};
use serde_json::Value;

use super::{Checks, check_realm};
use crate::commands::authority::epoch::state_rows;
use crate::commands::policy;
use crate::console::Console;
use crate::failure::{Code, Failure};
use crate::input::Source;
use crate::report::{Report, hex, moment};

/// Describes an object of these kinds, and tells its size; `None` for any other kind.
pub fn inspect(
    console: &Console,
    kind: Kind,
    source: &mut Source,
    checks: &Checks,
    report: &mut Report,
) -> Result<Option<u64>, Failure> {
    let mut size = 0;
    macro_rules! decoded {
        ($type:ty) => {
            source.object(|bytes| {
                size = bytes.len() as u64;
                <$type>::from_bytes(bytes)
            })?
        };
    }
    let now = console.now();
    match kind {
        Kind::Enrolment => enrolment(report, &decoded!(Enrolment)),
        Kind::TransformKey => transform_key(report, decoded!(TransformKey), checks),
        Kind::ProxyKey => proxy_key(report, &decoded!(ProxyKey), checks),
        Kind::TransformedHeader => transformed(report, &decoded!(TransformedHeader), checks),
        Kind::TransformRequest => request(report, &decoded!(TransformRequest), checks, now),
        Kind::EpochStatement => statement(report, &decoded!(EpochStatement), checks, now),
        Kind::AuthorityUpdate => update(report, &decoded!(AuthorityUpdate), checks, now),
        Kind::Lease => lease(report, &decoded!(Lease), checks, now),
        Kind::IssuedKey => issued(report, &decoded!(IssuedKey), checks),
        Kind::StoredHeader => stored(report, &decoded!(StoredHeader), checks),
        Kind::TokenBatch => tokens(report, &decoded!(TokenBatch), checks),
        Kind::Grant => grant(report, &decoded!(Grant), checks),
        Kind::SealKey => report.row("seal key id", decoded!(SealKey).id().to_string()),
        Kind::RevocationState => {
            let state = decoded!(RevocationState);
            check_realm(report, state.realm_id(), checks);
            state_rows(report, &state);
        }
        _ => return Ok(None),
    }
    Ok(Some(size))
}

/// Whether the authority has signed it, if that can be told.
fn genuine(report: &mut Report, genuine: Option<bool>) {
    let Some(genuine) = genuine else { return };
    report.row("genuine", genuine);
    if !genuine {
        report.condemn(Failure::new(
            Code::NotAuthentic,
            "the file is not signed by the authority of the realm",
        ));
    }
}

fn validity(report: &mut Report, (not_before, not_after): (u64, u64), now: u64) {
    report.row_as("valid from", not_before, moment(not_before, now));
    report.row_as("valid until", not_after, moment(not_after, now));
    report.row("valid now", (not_before..=not_after).contains(&now));
}

fn enrolment(report: &mut Report, enrolment: &Enrolment) {
    report.row("user", enrolment.user().as_str());
    report.row("nonce", hex(enrolment.nonce()));
}

fn transform_key(report: &mut Report, key: TransformKey, checks: &Checks) {
    check_realm(report, key.realm_id(), checks);
    key_rows(report, &key.id().to_string(), key.user().as_str(), key.attributes());
    report.row("made by", if key.maker() == Maker::Reader { "the reader" } else { "the authority" });
    if let Some(parameters) = checks.parameters.as_ref().filter(|it| it.id() == key.realm_id()) {
        genuine(report, Some(key.accept(parameters, &mut os_rng()).is_ok()));
    }
}

fn proxy_key(report: &mut Report, key: &ProxyKey, checks: &Checks) {
    check_realm(report, key.realm_id(), checks);
    key_rows(report, &key.id().to_string(), key.user().as_str(), key.attributes());
    report.row("issued at update", key.issued_at_update());
    report.row("tokens until", key.tokens_until().map(|epoch| epoch.number()));
}

fn key_rows(report: &mut Report, id: &str, user: &str, attributes: &hippocrypt::AttributeSet) {
    report.row("key id", id);
    report.row("user", user);
    report.row("attributes", attributes.to_string());
}

fn transformed(report: &mut Report, transformed: &TransformedHeader, checks: &Checks) {
    check_realm(report, transformed.realm_id(), checks);
    report.row(
        "policy",
        transformed.policy().map_or_else(|error| error.to_string(), |policy| policy.to_string()),
    );
    report.row("header id", hex(transformed.core_id()));
}

fn request(report: &mut Report, request: &TransformRequest, checks: &Checks, now: u64) {
    check_realm(report, request.realm_id(), checks);
    report.row("user", request.user().as_str());
    report.row("header id", hex(request.core_id()));
    report.moment("time", request.time(), now);
    report.row("nonce", hex(request.nonce()));
}

fn statement(report: &mut Report, statement: &EpochStatement, checks: &Checks, now: u64) {
    check_realm(report, statement.realm_id(), checks);
    report.row("epoch", statement.epoch().number());
    report.row("update", statement.number());
    validity(report, statement.validity(), now);
    // The newest that was seen is resumed if it is genuine, whatever the time.
    let checked = checks.parameters.as_ref().filter(|it| it.id() == statement.realm_id());
    genuine(report, checked.map(|parameters| hippocrypt::Epochs::resume(parameters, statement).is_ok()));
}

fn update(report: &mut Report, update: &AuthorityUpdate, checks: &Checks, now: u64) {
    check_realm(report, update.realm_id(), checks);
    report.row("update", update.number());
    report.row("update id", hex(&update.id()));
    report.row("previous", hex(update.previous()));
    report.moment("time", update.time(), now);
    report.row("epoch", update.epoch().number());
    match update.action() {
        Action::Begin => report.row("action", "begin"),
        Action::Advance => report.row("action", "advance"),
        Action::RevokeUser(user) => {
            report.row("action", "revoke user");
            report.row("user", user.as_str());
        }
        Action::RevokeKey(key) => {
            report.row("action", "revoke key");
            report.row("key id", key.to_string());
        }
        Action::RevokeAttributes { key, attributes } => {
            report.row("action", "revoke attributes");
            report.row("key id", key.to_string());
            report.row("attributes", attributes.to_string());
        }
        _ => report.row("action", "one of a later version"),
    }
    let checked = checks.parameters.as_ref().filter(|it| it.id() == update.realm_id());
    genuine(report, checked.map(|parameters| update.is_genuine(parameters)));
}

fn lease(report: &mut Report, lease: &Lease, checks: &Checks, now: u64) {
    check_realm(report, lease.realm_id(), checks);
    report.row("proxy", lease.proxy().as_str());
    report.row("update", lease.number());
    validity(report, lease.validity(), now);
    let checked = checks.parameters.as_ref().filter(|it| it.id() == lease.realm_id());
    genuine(report, checked.map(|parameters| lease.is_genuine(parameters)));
}

fn issued(report: &mut Report, key: &IssuedKey, checks: &Checks) {
    check_realm(report, key.realm_id(), checks);
    key_rows(report, &key.id().to_string(), key.user().as_str(), key.attributes());
    report.row("issued at update", key.issued_at());
    report.row("issued in epoch", key.issued_in().number());
    report.row("tokens until", key.refreshed().number());
    report.row("alive", key.status() == KeyStatus::Alive);
}

fn stored(report: &mut Report, stored: &StoredHeader, checks: &Checks) {
    let header = stored.header();
    check_realm(report, header.realm_id(), checks);
    policy::describe(report, header.policy());
    report.row("header id", hex(header.core_id()));
    report.row("serial", hex(stored.serial().as_bytes()));
    report.row("epoch", header.epoch().map(|epoch| epoch.number()));
    match stored.sealed_in() {
        Some(epoch) => report.row("sealed in", epoch.number()),
        None => report.row_as("sealed in", Value::Null, "not sealed"),
    }
    if let Some(key) = stored.sealed_by() {
        report.row("sealed by", key.to_string());
    }
}

fn tokens(report: &mut Report, batch: &TokenBatch, checks: &Checks) {
    check_realm(report, batch.realm_id(), checks);
    report.row("from epoch", batch.from().number());
    report.row("to epoch", batch.to().number());
    report.row("keys", batch.keys().len());
    report.row("tokens of each", batch.tokens_per_key());
}

fn grant(report: &mut Report, grant: &Grant, checks: &Checks) {
    check_realm(report, grant.realm_id(), checks);
    report.row("key id", grant.key_id().to_string());
    report.row("attributes", grant.attributes().to_string());
}
