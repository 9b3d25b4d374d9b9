//! What a log refuses: an exit code, a reason, and what to do.

use super::house::{ANNA, House};

#[test]
fn wrong_usage_is_refused() {
    let house = House::open();
    house.clinic.write("note", b"x");
    house.fails(1, "create audit --log a.example", "exists already");
    house.fails(2, "create new --log 'two words'", "such as hospital.example/audit");
    house.fails(1, "blocks nowhere", "holds no ledger");
    house.fails(2, "append audit --input note", "--kind");
    house.fails(2, "append audit --kind patient-heads --input note", "the kinds are record-put");
    house.fails(2, "append audit --kind record-put --input note", "--patient HANDLE");
    house.fails(
        2,
        &format!("append audit --kind epoch-advance --patient {ANNA} --input note"),
        "must not be",
    );
    house.fails(2, "append audit --kind access --patient anna --input note", "HANDLE");
    house.fails(1, "append audit --kind access --input nothing", "nothing");
    house.fails(1, "append audit --kind access --input note --receipt note", "exists already");
    house.fails(5, "prove audit 5000 --out p", "there is no transaction 5000");
    house.fails(5, "prove audit 5 --size 17 --out p", "no block ends after 17 leaves");
    house.fails(5, "prove audit --from 311 --to 301 --out p", "no beginning");
    house.fails(2, "prove audit --out p", "INDEX");
    house.fails(2, "verify", "FOLDER");
    house.fails(2, "verify --key a --checkpoint two --entry e", "--proof");
    house.fails(3, "verify --key nonsense --checkpoint two", "no key of a signer");
    house.fails(3, "verify --key @audit/ledger.vkey --checkpoint note", "note");
    house.fails(1, "verify --key @audit/ledger.vkey --checkpoint nothing", "nothing");
    house.fails(1, "verify --key @nothing --checkpoint two", "nothing");
    // Nothing of it has come into the log.
    assert_eq!(house.json("blocks audit")["size"], 311);
}

#[test]
fn a_log_without_a_block_proves_nothing() {
    let house = House::new();
    house.fails(9, "checkpoint audit", "the log is empty");
    house.fails(9, "prove audit 0 --out p", "no block was closed yet");
    house.append(3, "x");
    house.fails(9, &format!("audit audit --patient {ANNA}"), "no block was closed yet");
    house.ok("checkpoint audit");
    house.append(1, "y");
    house.fails(5, "prove audit 5 --out p", "under the next checkpoint");
}

#[test]
fn a_wrong_line_says_what_is_in_the_log() {
    let house = House::new();
    let good = "{\"kind\":\"denied\",\"body\":\"x\"}\n";
    for (line, why) in [
        ("{", "not JSON"),
        ("[]", "an object of JSON"),
        ("{\"body\":\"x\"}", "lacks `kind`"),
        ("{\"kind\":\"reading\"}", "`reading` is no kind"),
        ("{\"kind\":\"denied\",\"bodi\":\"x\"}", "`bodi` is no field"),
        ("{\"kind\":\"denied\",\"body\":7}", "`body` is a text"),
        ("{\"kind\":\"denied\",\"body_hex\":\"0\"}", "two for a byte"),
        ("{\"kind\":\"denied\",\"body\":\"\",\"body_hex\":\"\"}", "contradict"),
        ("{\"kind\":\"access\",\"patient\":\"anna\"}", "32 hexadecimal digits"),
        ("{\"kind\":\"record-put\"}", "it lacks `patient`"),
    ] {
        let before = house.json("blocks audit")["size"].as_u64().unwrap();
        house.clinic.write("lines", format!("{}{line}\n{good}", good.repeat(300)).as_bytes());
        house.fails(3, "append audit --lines --input lines", why);
        house.fails(3, "append audit --lines --input lines", "line 301");
        assert_eq!(house.json("blocks audit")["size"], before + 600);
        let error = house.run("append audit --lines --input lines --json").error();
        assert_eq!((&error["line"], &error["appended"]), (&301.into(), &300.into()));
    }
}
