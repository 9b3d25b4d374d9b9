//! Seals over a whole store, and a run that is killed in the middle.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use hippocrypt::{EpochStatement, Epochs, FileOptions, Policy, PublicParameters, Schema, os_rng};

use super::ward::{NOW, Ward};

const RECORDS: usize = 150;

/// Many records of the current epoch in the store, made without a run of the program for each.
fn fill(ward: &Ward) {
    let parameters = PublicParameters::from_bytes(&ward.clinic.read("public.hpcr")).unwrap();
    let statement = EpochStatement::from_bytes(&ward.clinic.read("today.hpcr")).unwrap();
    let mut epochs = Epochs::new(&parameters).unwrap();
    epochs.observe(&parameters, &statement, NOW).unwrap();
    let encryptor = parameters.at(epochs.current(NOW).unwrap()).unwrap();
    let policy = Policy::parse("a or b", &Schema::empty()).unwrap();
    let names: Vec<String> = (0..RECORDS).map(|n| format!("bulk-{n}.hpcr")).collect();
    for name in &names {
        let file = File::create(ward.clinic.path(name)).unwrap();
        let mut writer = encryptor.encrypt_to(&policy, FileOptions::default(), &mut os_rng(), file).unwrap();
        writer.write_all(name.as_bytes()).unwrap();
        writer.finish().unwrap();
    }
    ward.ok(&format!("proxy add {}", names.join(" ")));
}

fn sealed(ward: &Ward) -> Vec<(String, bool)> {
    let inspected = ward.json("proxy inspect");
    let headers = inspected["headers_stored"].as_array().unwrap();
    let of = |header: &serde_json::Value| {
        (header["header_id"].as_str().unwrap().to_owned(), !header["sealed_in"].is_null())
    };
    headers.iter().map(of).collect()
}

/// Files under a folder that are not whole.
fn parts(folder: PathBuf) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.is_dir() {
            true => parts(path),
            false => usize::from(path.extension().is_some_and(|extension| extension == "part")),
        })
        .sum()
}

#[test]
fn a_run_that_is_killed_is_taken_up() {
    let ward = Ward::open();
    ward.reader("chen", "a");
    fill(&ward);
    ward.ok("proxy seal-key");
    ward.advance();
    let mut command = ward.clinic.command();
    command.args(["--now", &NOW.to_string(), "seal", "--seal-key", "seal.key"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Until some are sealed, by their size: the program itself is not asked, as it would wait or sweep.
    let grown = |path: &PathBuf, size: u64| path.metadata().map(|meta| meta.len() > size).unwrap_or(true);
    let headers: Vec<PathBuf> = shards(&ward);
    let sizes: Vec<u64> = headers.iter().map(|path| path.metadata().unwrap().len()).collect();
    let progress = || headers.iter().zip(&sizes).filter(|(path, size)| grown(path, **size)).count();
    while progress() < 3 && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "it was done before it could be killed");

    let between = sealed(&ward);
    let done = between.iter().filter(|(_, sealed)| *sealed).count();
    assert_eq!(between.len(), RECORDS, "none is lost");
    assert!((3..RECORDS).contains(&done), "{done}");
    // Sealed or not, all of them are read.
    for (id, _) in [between.iter().find(|(_, sealed)| *sealed), between.iter().find(|(_, sealed)| !*sealed)]
        .into_iter()
        .flatten()
    {
        assert!(ward.read_from("proxy", "chen", id).unwrap().starts_with(b"bulk-"));
    }
    // What a killed run has left behind goes away.
    std::fs::write(headers[0].with_file_name(".left.part"), b"half of a header").unwrap();
    let resumed = ward.json("seal --seal-key seal.key");
    assert_eq!(resumed["sealed"], RECORDS - done);
    assert_eq!(parts(ward.clinic.path("proxy")), 0);
    assert!(sealed(&ward).iter().all(|(_, sealed)| *sealed));
    assert_eq!(ward.json("seal --seal-key seal.key")["sealed"], 0);
    let (id, _) = &between[0];
    assert!(ward.read_from("proxy", "chen", id).unwrap().starts_with(b"bulk-"));
}

fn shards(ward: &Ward) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(ward.clinic.path("proxy/headers")).unwrap();
    let files = folders.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn the_seal_key_is_the_right_one_and_kept_apart() {
    let ward = Ward::open();
    ward.reader("chen", "a");
    let record = ward.record("a");
    ward.ok("proxy seal-key");
    ward.advance();
    ward.clinic.write("proxy/seal.key", &ward.clinic.read("seal.key"));
    ward.fails(2, "seal --seal-key proxy/seal.key", "stolen with it");
    ward.ok("seal --seal-key seal.key");
    ward.advance();
    ward.ok("proxy seal-key --out other.key");
    ward.fails(5, "seal --seal-key other.key", "sealed with another key");
    ward.opens("chen", &record);
    ward.ok("seal --seal-key seal.key");
    ward.opens("chen", &record);
    ward.fails(3, "seal --seal-key chen.seed", "hint: ");
    // Two runs at once could undo each other's work.
    #[cfg(target_os = "linux")]
    {
        let lock = File::open(ward.clinic.path("proxy/.seal.lock")).unwrap();
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
        ward.fails(9, "seal --seal-key seal.key", "another run");
    }
    // Made in this epoch: there is nothing to do.
    ward.record("a");
    assert_eq!(ward.json("seal --seal-key seal.key")["sealed"], 0);
}
