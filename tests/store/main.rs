//! The stores: that all of them do the same, and what is left after a kill, a full disk, or damage.

mod backup;
mod conformance;
mod damage;
mod full;
mod golden;
mod kill;
mod million;
mod places;

use std::collections::BTreeMap;
use std::process::Command;

use hippocrypt::store::{Store, Table};

/// Every entry, but for the rows of the store itself.
type Contents = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

fn contents(store: &impl Store) -> Result<Contents, hippocrypt::store::StoreError> {
    let mut found = Contents::new();
    for table in Table::ALL {
        let mut after = None;
        loop {
            let page = store.page(table, &[], after.as_deref(), 100)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            found.extend(page.into_iter().map(|(key, value)| ((table, key), value)));
        }
    }
    found.remove(&(Table::Meta, b"format".to_vec()));
    Ok(found)
}

/// The test program itself, as another process that plays one of its tests.
fn another_process(test: &str, folder: &std::path::Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env("STORE_FOLDER", folder);
    command
}

/// The folder, in another process.
fn folder_of_another() -> Option<std::path::PathBuf> {
    std::env::var_os("STORE_FOLDER").map(Into::into)
}

/// Random enough to hit every moment, and the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}
