//! A directory with a realm, keys and encrypted files, and the program to run in it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub const POLICY: &str = "role:cardiologist and clearance >= 2 or patient:4711";
pub const RECORD: &[u8] = b"{\"resourceType\":\"Observation\",\"note\":\"sinus rhythm\"}";

pub struct Clinic {
    pub dir: TempDir,
}

#[derive(Debug)]
pub struct Answer {
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap()
    }

    /// The error object on standard error.
    pub fn error(&self) -> Value {
        let last = self.stderr.lines().last().unwrap_or_default();
        let error: Value = serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {}", self.stderr));
        error["error"].clone()
    }
}

impl Clinic {
    pub fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// A realm, the key of Dr Chen (who may read), of nurse Ruiz (who may not), an author, `ecg.json`.
    pub fn open() -> Self {
        let clinic = Self::empty();
        clinic.ok(&["setup", "--realm", "st-marys", "--declare", "clearance: uint(8), shift-end: date"]);
        clinic.ok(&["keygen", "-a", "role:cardiologist, clearance = 3, dept:cardiology", "-o", "chen.key"]);
        clinic.ok(&["keygen", "-a", "role:nurse, clearance = 1", "-o", "ruiz.key"]);
        clinic.ok(&["author"]);
        clinic.write("ecg.json", RECORD);
        clinic
    }

    /// The same with `ecg.json.hpcr`, and `signed.hpcr` by the author.
    pub fn with_files() -> Self {
        let clinic = Self::open();
        clinic.ok(&["encrypt", "-p", POLICY, "ecg.json"]);
        clinic.ok(&["encrypt", "-p", POLICY, "--sign", "author.key", "ecg.json", "-o", "signed.hpcr"]);
        clinic
    }

    /// One file of every kind, by name.
    pub fn every_kind(&self) -> Vec<&'static str> {
        let signed = self.read("signed.hpcr");
        let inspected = self.run(&["--json", "inspect", "signed.hpcr"]).json();
        let header = usize::try_from(inspected["header"].as_u64().unwrap()).unwrap();
        self.write("header.hpcr", &signed[..header]);
        self.write("record.hpcr", &signed[header..]);
        self.write("signature.hpcr", &signed[signed.len() - hippocrypt::AUTHOR_SIGNATURE_BYTES..]);
        vec![
            "public.hpcr",
            "master.key",
            "schema.hpcr",
            "chen.key",
            "header.hpcr",
            "record.hpcr",
            "author.key",
            "author.pub",
            "signature.hpcr",
        ]
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Everything in the directory, hidden files too.
    pub fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<_> = names.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hippocrypt"));
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Answer {
        answer(self.command().args(args).output().unwrap())
    }

    pub fn pipe(&self, args: &[&str], input: &[u8]) -> Answer {
        let mut command = self.command();
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // The program may stop reading before the end.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        answer(output)
    }

    /// Runs what must succeed.
    pub fn ok(&self, args: &[&str]) -> Answer {
        let answer = self.run(args);
        assert_eq!(answer.code, 0, "{args:?}: {}", answer.stderr);
        answer
    }

    /// Runs what must fail with `code`, say why, and leave the directory as it was.
    pub fn fails(&self, code: i32, args: &[&str]) -> Answer {
        let before = self.files();
        let answer = self.run(args);
        assert_eq!(answer.code, code, "{args:?}: {}", answer.stderr);
        assert!(!answer.stderr.is_empty(), "{args:?}");
        assert!(!answer.stderr.contains("panicked"), "{args:?}: {}", answer.stderr);
        assert_eq!(self.files(), before, "{args:?}");
        answer
    }
}

fn answer(output: Output) -> Answer {
    let stderr = String::from_utf8(output.stderr).unwrap();
    let code = output.status.code().unwrap_or_else(|| panic!("ended by a signal: {stderr}"));
    Answer { code, stdout: output.stdout, stderr }
}
