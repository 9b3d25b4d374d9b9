//! `proxy inspect`: what a proxy holds, and what it must not serve.

use hippocrypt::{HeaderStore, KeyId, ProxyKey, StoredHeader};
use serde_json::{Value, json};

use super::{Opened, open};
use crate::args::proxy::Show;
use crate::commands::authority::epoch::state_rows;
use crate::console::Console;
use crate::failure::Failure;
use crate::report::{Report, hex};
use crate::store::headers::FileHeaders;
use crate::table;

/// Keys and headers that are shown unless all are asked for.
const SHOWN: usize = 20;
/// Ids that are looked at together.
const PAGE: usize = 1024;

pub fn run(console: &Console, args: &Show) -> Result<Report, Failure> {
    let opened = open(console, &args.folder.proxy)?;
    let parameters = opened.proxy.public_parameters();
    let mut report = Report::answer("proxy inspect");
    report.row("realm", parameters.realm());
    report.row("realm id", hex(parameters.id()));
    report.row("name", opened.proxy.name().as_str());
    state_rows(&mut report, opened.proxy.state());
    lease(&mut report, console, &opened)?;

    let most = if args.all || console.json { usize::MAX } else { SHOWN };
    let keys = keys(&opened, most)?;
    let headers = headers(&opened, most)?;
    report.row("keys", opened.keys.count()?);
    report.row("headers", FileHeaders::of(opened.folder()).count()?);
    let lines = |rows: &[Value], columns: &[(&str, &str)]| table::of(rows, columns);
    let mut drawing = lines(
        &keys,
        &[("user", "user"), ("key_id", "key"), ("tokens_until", "until"), ("attributes", "attributes")],
    );
    if !keys.is_empty() && !headers.is_empty() {
        drawing.push('\n');
    }
    drawing += &lines(
        &headers,
        &[("header_id", "header"), ("epoch", "made in"), ("sealed_in", "sealed in"), ("policy", "policy")],
    );
    if keys.len() == most || headers.len() == most {
        drawing += &format!("\nOnly the first {most} are shown; --all shows the others.\n");
    }
    report.draw(drawing);
    report.field("keys_held", keys);
    report.field("headers_stored", headers);
    Ok(report)
}

fn lease(report: &mut Report, console: &Console, opened: &Opened) -> Result<(), Failure> {
    let now = console.now();
    match opened.kept_lease()? {
        Some(lease) => report.moment("lease until", lease.validity().1, now),
        None => report.row_as("lease until", Value::Null, "none: it serves nobody"),
    }
    let serves = opened.proxy.current(now);
    let why = serves.as_ref().err().map(|error| opened.explain(*error, Some(error)).to_string());
    report.row_as(
        "serves",
        serves.is_ok(),
        why.map_or("yes".to_owned(), |why| why.replacen("error: ", "no: ", 1).replace('\n', "; ")),
    );
    Ok(())
}

/// By id.
fn keys(opened: &Opened, most: usize) -> Result<Vec<Value>, Failure> {
    let (mut rows, mut last): (_, Option<KeyId>) = (Vec::new(), None);
    while rows.len() < most {
        let page = opened.keys.page(last.as_ref(), PAGE.min(most - rows.len()))?;
        let Some(end) = page.last() else { break };
        last = Some(*end);
        for id in page {
            rows.extend(opened.key(&id)?.map(|key| key_row(&key)));
        }
    }
    rows.sort_by_key(|row| row["user"].to_string());
    Ok(rows)
}

fn key_row(key: &ProxyKey) -> Value {
    json!({
        "user": key.user().as_str(),
        "key_id": key.id().to_string(),
        "tokens_until": key.tokens_until().map(|epoch| epoch.number()),
        "attributes": key.attributes().to_string(),
        "issued_at_update": key.issued_at_update(),
    })
}

/// By serial, which is as good as any order.
fn headers(opened: &Opened, most: usize) -> Result<Vec<Value>, Failure> {
    let store = FileHeaders::of(opened.folder());
    let (mut rows, mut last) = (Vec::new(), None);
    while rows.len() < most {
        let page = store.serials(last, PAGE.min(most - rows.len()))?;
        let Some(end) = page.last() else { break };
        last = Some(*end);
        for serial in page {
            rows.extend(store.load(serial)?.map(|header| header_row(&header)));
        }
    }
    Ok(rows)
}

fn header_row(stored: &StoredHeader) -> Value {
    json!({
        "header_id": hex(stored.header().core_id()),
        "serial": hex(stored.serial().as_bytes()),
        "epoch": stored.header().epoch().map(|epoch| epoch.number()),
        "sealed_in": stored.sealed_in().map(|epoch| epoch.number()),
        "policy": stored.header().policy().to_string(),
    })
}
