//! A realm with epochs at work: an authority, a proxy `proxy`, and a clock that the tests set.

use std::cell::Cell;
use std::path::Path;

use crate::clinic::{Answer, Clinic, RECORD};

pub const NOW: u64 = 1_800_000_000;

pub struct Ward {
    pub clinic: Clinic,
    pub clock: Cell<u64>,
    made: Cell<u32>,
}

impl Ward {
    /// Epoch 1, nobody enrolled, and a proxy that may serve.
    pub fn open() -> Self {
        let ward = Self { clinic: Clinic::empty(), clock: Cell::new(NOW), made: Cell::new(0) };
        ward.clinic.write("ecg.json", RECORD);
        ward.ok("setup --realm st-marys --epochs 5");
        ward.ok("epoch begin");
        ward.ok("proxy init --name ward-7");
        ward.ok("proxy take authority/updates");
        ward.permit();
        ward
    }

    fn words<'a>(&self, now: &'a str, line: &'a str) -> Vec<&'a str> {
        let mut quoted = line.split('"').enumerate().flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        let mut words = vec!["--now", now];
        words.extend(quoted.by_ref());
        words
    }

    pub fn run(&self, line: &str) -> Answer {
        self.clinic.run(&self.words(&self.clock.get().to_string(), line))
    }

    /// Runs what must succeed.
    pub fn ok(&self, line: &str) -> Answer {
        let answer = self.run(line);
        assert_eq!(answer.code, 0, "{line}: {}", answer.stderr);
        answer
    }

    /// Runs what must fail with `code`, say `why`, and leave the directory as it was.
    pub fn fails(&self, code: i32, line: &str, why: &str) -> Answer {
        let answer = self.clinic.fails(code, &self.words(&self.clock.get().to_string(), line));
        assert!(answer.stderr.contains(why), "{line}: {}", answer.stderr);
        answer
    }

    pub fn json(&self, line: &str) -> serde_json::Value {
        self.ok(&format!("--json {line}")).json()
    }

    /// Another name for a file.
    pub fn fresh(&self, what: &str) -> String {
        self.made.set(self.made.get() + 1);
        format!("{what}-{}", self.made.get())
    }

    /// A new lease for the proxy, and a new statement for whoever encrypts.
    pub fn permit(&self) {
        let lease = self.fresh("lease");
        self.ok(&format!("lease --proxy ward-7 --until 1h --out {lease} --witness proxy"));
        self.ok(&format!("proxy take authority/updates {lease}"));
        self.ok("epoch statement --until 1h --out today.hpcr --witness proxy --force");
    }

    /// The next epoch, with tokens for everybody alive.
    pub fn advance(&self) -> u64 {
        self.ok("epoch advance --witness proxy");
        let tokens = self.fresh("tokens");
        let refreshed = self.json(&format!("refresh --out {tokens} --witness proxy"));
        self.permit();
        self.ok(&format!("proxy take {tokens}"));
        refreshed["keys_refreshed"].as_u64().unwrap()
    }

    pub fn enrol(&self, name: &str) {
        self.ok(&format!("enroll new --seed {name}.seed"));
        self.ok(&format!("enroll nonce --user {name} --out {name}.nonce"));
        self.ok(&format!(
            "enroll ask --seed {name}.seed --user {name} --nonce {name}.nonce --out {name}.enrolment"
        ));
        self.ok(&format!("enroll check {name}.enrolment"));
    }

    /// Enrols a reader, and brings his key to the proxy. The file of the key stays.
    pub fn reader(&self, name: &str, attributes: &str) {
        self.enrol(name);
        self.issue(name, attributes);
    }

    pub fn issue(&self, name: &str, attributes: &str) {
        let line =
            format!("issue --user {name} -a \"{attributes}\" --out {name}.transform --force --witness proxy");
        self.ok(&line);
        self.ok(&format!("proxy take {name}.transform"));
    }

    /// A record in the store, made now; its header's id.
    pub fn record(&self, policy: &str) -> String {
        let file = self.fresh("record");
        let made = self.json(&format!("encrypt -p \"{policy}\" --epoch today.hpcr ecg.json -o {file}.hpcr"));
        self.ok(&format!("proxy add {file}.hpcr"));
        std::fs::remove_file(self.clinic.path(&format!("{file}.hpcr"))).unwrap();
        made["header_id"].as_str().unwrap().to_owned()
    }

    /// A reader asks a proxy, and finishes: the plaintext, or the answer of who has refused.
    pub fn read_from(&self, proxy: &str, name: &str, id: &str) -> Result<Vec<u8>, Answer> {
        let file = self.fresh("reading");
        self.ok(&format!("request --of {id} --seed {name}.seed --user {name} --out {file}.request"));
        let transform =
            format!("transform {file}.request --proxy {proxy} --out {file}.answer --record {file}.record");
        let served = self.run(&transform);
        if served.code != 0 {
            assert!(!self.clinic.exists(&format!("{file}.answer")));
            return Err(served);
        }
        let finish = format!(
            "finish {file}.answer --of {file}.request --record {file}.record --seed {name}.seed --out {file}"
        );
        let finished = self.run(&finish);
        if finished.code == 0 { Ok(self.clinic.read(&file)) } else { Err(finished) }
    }

    pub fn opens(&self, name: &str, id: &str) {
        let read = self.read_from("proxy", name, id).map_err(|answer| answer.stderr);
        assert_eq!(read.as_deref(), Ok(RECORD), "{name}");
    }

    pub fn refused(&self, code: i32, name: &str, id: &str, why: &str) {
        let answer = self.read_from("proxy", name, id).expect_err("it was read");
        assert_eq!(answer.code, code, "{}", answer.stderr);
        assert!(answer.stderr.contains(why), "{}", answer.stderr);
    }

    /// A copy of a folder.
    pub fn copy(&self, from: &str, to: &str) {
        copy(&self.clinic.path(from), &self.clinic.path(to));
    }

    /// Puts a copy in the place of a folder.
    pub fn put_back(&self, copy: &str, folder: &str) {
        std::fs::remove_dir_all(self.clinic.path(folder)).unwrap();
        self.copy(copy, folder);
    }

    /// The only live key of a reader, by the proxy.
    pub fn key_id(&self, name: &str) -> String {
        let inspected = self.json("proxy inspect");
        let keys = inspected["keys_held"].as_array().unwrap();
        let of_reader = keys.iter().find(|key| key["user"] == name).unwrap();
        of_reader["key_id"].as_str().unwrap().to_owned()
    }
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
