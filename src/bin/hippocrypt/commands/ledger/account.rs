//! A patient's transactions, for people.

use hippocrypt::ledger::{Entry, PatientAccount, TransactionKind};
use hippocrypt::phr::audit::AuditEntry;
use serde_json::{Value, json};

use crate::moments;
use crate::report::{Report, hex};
use crate::table;

/// Characters of a text that a table has room for.
const ROOM: usize = 48;

/// The transactions, and what it means that they were verified.
pub fn report(report: &mut Report, account: &PatientAccount, size: u64) {
    let rows: Vec<Value> = account.entries.iter().map(row).collect();
    let columns = [
        ("n", "n"),
        ("index", "index"),
        ("kind", "kind"),
        ("when", "when"),
        ("who", "who"),
        ("says", "what"),
    ];
    let count = account.entries.len();
    report.row("subject", account.subject.to_string());
    report.row("count", count);
    let proved = match count {
        0 => format!("she has no transaction among the first {size} leaves of the log"),
        _ => format!(
            "these are all of her transactions among the first {size} leaves: none is left out, none was changed"
        ),
    };
    report.row("proved", proved);
    report.row("not proved", "that everything that happened was written down, or when it did");
    report.draw(table::of(&rows, &columns));
    report.field("transactions", rows);
}

fn row(entry: &Entry) -> Value {
    let leaf = &entry.leaf;
    let erased = entry.opening.is_none();
    let mut row = json!({
        "n": leaf.number,
        "index": entry.index,
        "kind": leaf.kind.to_string(),
        "leaf": hex(&leaf.hash()),
        "erased": erased,
    });
    let more = match entry.body() {
        None if leaf.kind == TransactionKind::Erasure => {
            vec![("says", json!("the bodies before were erased"))]
        }
        None => vec![("says", json!("erased"))],
        Some(body) => match AuditEntry::from_bytes(body) {
            Ok(event) => of_event(&event),
            Err(_) => of_bytes(body),
        },
    };
    if let Some(object) = row.as_object_mut() {
        object.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    row
}

/// What the cloud of a vault writes down.
fn of_event(event: &AuditEntry) -> Vec<(&'static str, Value)> {
    let records: Vec<String> = event.records.iter().map(|name| name.id.to_string()).collect();
    let says = match records.len() {
        0 => event.event.to_string(),
        1 => format!("{}, 1 record", event.event),
        count => format!("{}, {count} records", event.event),
    };
    vec![
        ("time", json!(event.time)),
        ("when", json!(moments::date(event.time))),
        ("event", json!(event.event.to_string())),
        ("who", json!(event.user.as_ref().map(|user| user.as_str()))),
        ("records", json!(records)),
        ("says", json!(says)),
    ]
}

fn of_bytes(body: &[u8]) -> Vec<(&'static str, Value)> {
    let is_plain = |text: &&str| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    let text = std::str::from_utf8(body).ok().filter(is_plain);
    let says = match text.map(|text| text.split(['\n', '\t']).next().unwrap_or_default()) {
        Some(line) if line.chars().count() > ROOM || line.len() + 1 < body.len() => {
            format!("{} ..", line.chars().take(ROOM).collect::<String>())
        }
        Some(line) => line.to_owned(),
        None => format!("{} bytes", body.len()),
    };
    vec![("bytes", json!(body.len())), ("text", json!(text)), ("says", json!(says))]
}
