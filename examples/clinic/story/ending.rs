//! Who could do what in the end, what the log says, and how long it took.

use std::collections::BTreeMap;

use hippocrypt::phr::audit::{AuditEntry, AuditEvent};

use super::{Outcome, PEOPLE, Story};
use crate::table::{Table, grouped};
use crate::told::Says;
use crate::wire::{Link, Message, Verb};

impl Story {
    pub(super) fn ending(&mut self) -> Outcome<()> {
        self.told.heading("17. In the end: who could do what");
        self.table_of_attempts()?;
        self.log()?;
        self.told
            .heading("How long it took (cloud, gate and seal keeper on this machine, every write durable)");
        let mut table = Table::new(self.told.style, ["", "time"]);
        for (what, time) in &self.times {
            table.row([(*what).to_owned(), time.clone()]);
        }
        println!("{table}");
        println!("\n   {}", self.sum());
        Ok(())
    }

    /// Who has read how much: every access stands in the cloud's log, and whoever reads gets its place there as a receipt.
    fn log(&mut self) -> Outcome<()> {
        let entries = self.clinic.cloud.call(&Message::new(Verb::Audit, []))?;
        let mut people: BTreeMap<String, [usize; 4]> = BTreeMap::new();
        for entry in &entries {
            let entry = AuditEntry::from_bytes(entry)?;
            let who = entry.user.as_ref().map_or("", |user| user.as_str());
            let who = if who.starts_with("patient-") { "other patients" } else { who };
            let [stored, opened, denied, searched] = people.entry(who.to_owned()).or_default();
            match entry.event {
                AuditEvent::Stored => *stored += entry.records.len(),
                AuditEvent::Opened => *opened += entry.records.len(),
                AuditEvent::Denied => *denied += 1,
                AuditEvent::Searched => *searched += 1,
                _ => {}
            }
        }
        let mut table = Table::new(
            self.told.style,
            ["the cloud's ledger", "records stored", "records opened", "questions denied", "of an index"],
        );
        for (who, counts) in people.iter().filter(|(who, _)| !who.is_empty()) {
            table.row([who.clone()].into_iter().chain(counts.map(grouped)));
        }
        println!("{table}");
        let everybody = PEOPLE.iter().all(|who| people.contains_key(*who));
        let text = format!("{} transactions that say what was done", grouped(entries.len()));
        let outcome = if everybody { Ok(text) } else { Err(text) };
        self.told.attempt("Everybody who has read is in the log", outcome, Says::Succeeds);
        Ok(())
    }

    fn sum(&self) -> String {
        let (attempts, style) = (grouped(self.told.attempts), self.told.style);
        match self.told.untold {
            0 => style.good(&format!("{attempts} attempts, and each ended as told.")),
            untold => {
                style.alarm(&format!("{attempts} attempts; {} ended otherwise than told.", grouped(untold)))
            }
        }
    }
}
