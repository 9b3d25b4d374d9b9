//! A cloud and its authority that are killed, again and again: whatever was acknowledged is there, and all that is there agrees.
//! (attack 25)

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use hippocrypt::ledger::Scribe;
use hippocrypt::phr::*;
use hippocrypt::store::{FolderBlobs, RedbStore};
use hippocrypt::testing::TestRng;
use hippocrypt::{
    AuthorKey, EnrolmentNonce, EpochTree, MasterKey, ProxyName, ReaderSeed, RecordName, Schema, SealKey,
    UserId, os_rng, setup_with_epochs,
};

use crate::house::{HOUR, NOW, described};
use crate::receipt::{FalsePlace, split};

/// Where the child works; without it the test below does nothing.
const FOLDER: &str = "HIPPOCRYPT_KILLED_FOLDER";
const KILLS: u32 = 100;

type Stored = Cloud<RedbStore, FolderBlobs>;

/// Everything that the machines keep, in files of one folder.
struct Machines {
    authority: Authority<RedbStore>,
    cloud: Stored,
    seal_key: SealKey,
    /// The clock: later with every start, so that no question is refused as one from before it.
    now: u64,
}

fn name() -> ProxyName {
    ProxyName::new("cloud").unwrap()
}

impl Machines {
    fn create(folder: &Path) {
        let mut rng = os_rng();
        let (_, master) = setup_with_epochs("st-marys", EpochTree::default(), &mut rng).unwrap();
        std::fs::write(folder.join("master"), master.to_bytes().expose_secret()).unwrap();
        std::fs::write(folder.join("seal"), SealKey::generate(&mut rng).to_bytes().expose_secret()).unwrap();
        let rules = AccessRules::parse(AccessRules::STANDARD, &Schema::empty()).unwrap();
        let store = RedbStore::create(folder.join("authority.redb")).unwrap();
        Authority::begin(master, &Schema::empty(), rules, store, NOW).unwrap();
        drop(RedbStore::create(folder.join("cloud.redb")).unwrap());
        let scribe = Scribe::generate("cloud.example/ledger", &mut rng).unwrap();
        std::fs::write(folder.join("ledger"), scribe.to_bytes().expose_secret()).unwrap();
    }

    fn open(folder: &Path, now: u64) -> Self {
        let mut rng = os_rng();
        let master = MasterKey::from_bytes(&std::fs::read(folder.join("master")).unwrap()).unwrap();
        let seal_key = hippocrypt::SealKey::from_bytes(&std::fs::read(folder.join("seal")).unwrap()).unwrap();
        let store = RedbStore::open(folder.join("cloud.redb")).unwrap();
        let blobs = FolderBlobs::open(folder.join("chunks")).unwrap();
        let authority_store = RedbStore::open(folder.join("authority.redb")).unwrap();
        let realm = {
            use hippocrypt::store::{Store, Table};
            authority_store.get(Table::Meta, b"realm").unwrap().unwrap()
        };
        let realm = Realm::from_bytes(&realm).unwrap();
        let scribe = Scribe::from_bytes(&std::fs::read(folder.join("ledger")).unwrap(), &mut rng).unwrap();
        let cloud = Cloud::open(realm, name(), store, blobs, scribe, Limits::default(), now).unwrap();
        let witnesses: Vec<_> = cloud.newest_update().unwrap().into_iter().collect();
        let (mut authority, messages) = Authority::open(master, authority_store, &witnesses, now).unwrap();
        // The first start has no witness, and so is one from a backup.
        for message in authority.updates(0).unwrap().iter().chain(&messages) {
            cloud.take(message, now, &mut rng).unwrap();
        }
        let lease = authority.lease(&name(), now, now + HOUR).unwrap();
        cloud.take(&lease, now, &mut rng).unwrap();
        let certificate = authority.certify_ledger(&name(), &cloud.ledger_key().unwrap(), 0);
        cloud.take(&certificate, now, &mut rng).unwrap();
        authority
            .refresh(|tokens| cloud.take(&tokens, now, &mut rng).map_err(|e| e.to_string().into()))
            .unwrap();
        Self { authority, cloud, seal_key, now }
    }

    /// What a child does until it is killed: each line that it prints was acknowledged before.
    fn work(mut self, say: &mut dyn FnMut(String)) {
        let mut rng = os_rng();
        let lab = UserId::new("lab").unwrap();
        let patient = PatientHandle::from_bytes([7; 16]);
        for round in 0u64.. {
            let key = AuthorKey::generate(&mut rng);
            let until = self.now + HOUR;
            let credential =
                self.authority.credential(&lab, &key.id(), RecordCategory::ALL, None, until).unwrap();
            let mut writer = Writer::new(self.authority.realm().clone(), key, &credential).unwrap();
            let statement = self.authority.statement(self.now, until).unwrap();
            writer.observe(&statement, self.now).unwrap();
            let mut names = Vec::new();
            for (index, category) in RecordCategory::ALL.into_iter().enumerate().take(3) {
                let content = format!("round {round}, record {index}");
                let described = described(category);
                names.push(
                    writer.write(&patient, &described, content.as_bytes(), self.now, &mut rng).unwrap(),
                );
            }
            let study = vec![u8::try_from(round % 251).unwrap(); 100_000];
            let cloud = &self.cloud;
            let now = self.now;
            let send = |upload: Vec<u8>| {
                cloud.upload(&upload, now, &mut os_rng()).map(drop).map_err(std::io::Error::other)
            };
            let imaging = described(RecordCategory::Imaging);
            names.push(writer.attach(&patient, &imaging, &study[..], now, &mut rng, send).unwrap());
            let mut answers = Vec::new();
            while let Some(upload) = writer.upload() {
                answers.push(self.cloud.upload(&upload, self.now, &mut rng).unwrap());
            }
            for RecordName { id, version } in names {
                say(format!("record {id} {version}"));
            }
            // Somebody comes, somebody goes, an epoch begins, everything is sealed.
            let user = UserId::new(&format!("user-{}", hex(&rng))).unwrap();
            let reader =
                Reader::new(self.authority.realm().clone(), user.clone(), ReaderSeed::generate(&mut rng));
            let nonce = EnrolmentNonce::generate(&mut rng);
            let enrolment = reader.enrol(&nonce, &mut rng);
            let key = self.authority.enrol(&user, &enrolment, nonce, "role:physician", &mut rng).unwrap();
            self.cloud.take(&key, self.now, &mut rng).unwrap();
            say(format!("enrolled {}", user.as_str()));
            // Past the minute in which a cloud that has just come up answers nobody.
            let asked = reader.list(&patient, None, &name(), self.now + 61, &mut rng);
            answers.push(self.cloud.answer(asked.question(), self.now + 61).unwrap());
            for FalsePlace { index, leaf, .. } in
                answers.iter().flat_map(|answer| split(answer).0.unwrap().places)
            {
                say(format!("leaf {index} {}", hexadecimal(&leaf)));
            }
            let block = self.cloud.close_block().unwrap();
            say(format!("block {} {}", block.head().size, hexadecimal(&block.head().root)));
            let mut messages = Vec::new();
            if round % 2 == 0 {
                messages.push(self.authority.revoke(&user, self.now).unwrap());
            }
            messages.push(self.authority.advance(self.now).unwrap());
            for message in &messages {
                self.cloud.take(message, self.now, &mut rng).unwrap();
            }
            if round % 2 == 0 {
                say(format!("revoked {}", user.as_str()));
            }
            say(format!("epoch {}", self.authority.epoch()));
            let lease = self.authority.lease(&name(), self.now, until).unwrap();
            self.cloud.take(&lease, self.now, &mut rng).unwrap();
            let cloud = &self.cloud;
            let now = self.now;
            let mut other = os_rng();
            let send =
                |tokens: Vec<u8>| cloud.take(&tokens, now, &mut other).map_err(|e| e.to_string().into());
            self.authority.refresh(send).unwrap();
            self.cloud.seal(&self.seal_key, self.now, |_| ()).unwrap();
            say(format!("sealed {}", self.authority.epoch()));
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hex(_: &impl Sized) -> String {
    use hippocrypt::rand_core::Rng;
    format!("{:016x}", os_rng().next_u64())
}

/// The child: works in the folder that it was given until it is killed.
#[test]
fn a_house_at_work() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let now = std::env::var("HIPPOCRYPT_KILLED_NOW").unwrap().parse().unwrap();
    let machines = Machines::open(Path::new(&folder), now);
    let mut output = std::io::stdout();
    machines.work(&mut |line| {
        writeln!(output, "ACK {line}").unwrap();
        output.flush().unwrap();
    });
}

#[test]
fn what_was_acknowledged_survives_a_hundred_kills_and_all_tables_agree() {
    let folder = tempfile::tempdir().unwrap();
    Machines::create(folder.path());
    use hippocrypt::rand_core::Rng;
    let mut rng = TestRng::new("kills");
    let mut acknowledged = Vec::new();
    let mut lines_of_all = 0;
    for kill in 0..KILLS {
        let now = NOW + HOUR * u64::from(kill + 1) / 100;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::a_house_at_work", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder.path())
            .env("HIPPOCRYPT_KILLED_NOW", now.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        let (said, heard) = std::sync::mpsc::channel();
        let reading = std::thread::spawn(move || {
            let lines = output.map_while(Result::ok);
            let lines = lines.filter_map(|line| Some(line.split_once("ACK ")?.1.to_owned()));
            lines.for_each(|line| said.send(line).unwrap());
        });
        // Killed while it opens, or a little after it has said something: by that and not by a clock, since machines are slow or fast.
        let mut lines: Vec<String> = Vec::new();
        for _ in 0..rng.next_u32() % 8 {
            lines.extend(heard.recv_timeout(Duration::from_secs(60)).ok());
        }
        std::thread::sleep(Duration::from_millis(u64::from(rng.next_u32() % 40)));
        child.kill().unwrap();
        child.wait().unwrap();
        reading.join().unwrap();
        lines.extend(heard.try_iter());
        lines_of_all += lines.len();
        acknowledged.extend(lines);
        // Every tenth time the whole house is looked over; the child does it in part whenever it opens.
        if kill % 10 == 9 {
            look_over(folder.path(), NOW + HOUR + u64::from(kill), &acknowledged);
        }
    }
    assert!(lines_of_all > 100, "children say nothing: {lines_of_all}");
    let told = |kind: &str| acknowledged.iter().filter(|line| line.starts_with(kind)).count();
    assert!(told("leaf ") > 20 && told("block ") > 5, "{} {}", told("leaf "), told("block "));
}

fn look_over(folder: &Path, now: u64, acknowledged: &[String]) {
    let machines = Machines::open(folder, now);
    let findings = machines.cloud.fsck(|_| ()).unwrap();
    assert_eq!(findings.problems, Vec::<String>::new());
    // What was never acknowledged may have left chunks; they are found, and go.
    machines.cloud.sweep(u64::MAX, |_| ()).unwrap();
    assert_eq!(machines.cloud.fsck(|_| ()).unwrap().orphans, 0);

    // What a receipt was given for stands at its place, and every block that was closed ends as it did.
    let numbered = |kind: &str| {
        let words = acknowledged.iter().filter_map(|line| line.strip_prefix(kind)?.split_once(' '));
        words.map(|(number, hex)| (number.parse().unwrap(), hex.to_owned())).collect::<Vec<(u64, String)>>()
    };
    machines.cloud.with_ledger(|book| {
        for (index, leaf) in numbered("leaf ") {
            let stands = book.leaf(index).unwrap().map(|leaf| hexadecimal(&leaf.to_bytes()));
            assert_eq!(stands, Some(leaf), "leaf {index}");
        }
        for (size, root) in numbered("block ") {
            let kept = book.checkpoint_at(size).unwrap().map(|block| hexadecimal(&block.head().root));
            assert_eq!(kept, Some(root.clone()), "block {size}");
            assert_eq!(hexadecimal(&book.root(size).unwrap()), root);
        }
    });

    // A physician who comes now reads every record that was acknowledged.
    let mut rng = os_rng();
    let mut authority = machines.authority;
    let user = UserId::new(&format!("reader-{}", hex(&rng))).unwrap();
    let reader = Reader::new(authority.realm().clone(), user.clone(), ReaderSeed::generate(&mut rng));
    let nonce = EnrolmentNonce::generate(&mut rng);
    let enrolment = reader.enrol(&nonce, &mut rng);
    let key = authority.enrol(&user, &enrolment, nonce, "role:physician", &mut rng).unwrap();
    machines.cloud.take(&key, now, &mut rng).unwrap();
    let names: Vec<RecordName> = acknowledged
        .iter()
        .filter_map(|line| {
            let mut words = line.strip_prefix("record ")?.split(' ');
            Some(RecordName { id: words.next()?.parse().ok()?, version: words.next()?.parse().ok()? })
        })
        .collect();
    for (index, names) in names.chunks(200).enumerate() {
        // Past the minute in which a cloud that has just come up answers nobody.
        let now = now + 400 + 61 * index as u64;
        let asked = reader.open(names.iter().copied(), &name(), now, &mut rng);
        let answer = machines.cloud.answer(asked.question(), now).unwrap();
        let opened = reader.opened(asked, &answer).unwrap();
        assert_eq!((opened.records.len(), opened.refused, opened.missing.len()), (names.len(), 0, 0));
    }
    let epoch = acknowledged.iter().filter_map(|line| line.strip_prefix("epoch ")?.parse::<u32>().ok()).max();
    assert!(epoch.is_none_or(|epoch| authority.epoch().number() >= epoch));
    let state = machines.cloud.updates(0).unwrap().len() as u64;
    assert!(
        state >= authority.number(),
        "the cloud has {state} updates, the authority {}",
        authority.number()
    );
}
