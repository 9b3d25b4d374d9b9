//! `speed`: that it measures what was asked for and says it in every form. No time is judged here.

use serde_json::Value;

use crate::clinic::Clinic;

/// A run of one second or less.
const QUICK: [&str; 4] = ["speed", "--quick", "--samples", "2"];

fn quick<'a>(options: &[&'a str]) -> Vec<&'a str> {
    [&QUICK[..], options].concat()
}

fn rows(results: &Value) -> &Vec<Value> {
    results["rows"].as_array().unwrap()
}

#[test]
fn every_operation_gives_rows() {
    let clinic = Clinic::empty();
    let results = clinic.ok(&quick(&["--format", "json", "--n", "2", "--payload", "100"])).json();
    for (name, kind) in [("schema_version", "1"), ("command", "\"speed\"")] {
        assert_eq!(results[name].to_string(), kind);
    }
    assert_eq!(results["backend"], hippocrypt::BACKEND);
    assert!(results["version"].as_str().unwrap().starts_with(env!("CARGO_PKG_VERSION")));
    assert!(!results["cpu"].as_str().unwrap().is_empty());
    assert!(results["pairing_us"].as_f64().unwrap() > 0.0);
    assert_eq!(results["options"]["samples"], 2);

    for op in [
        "pairing",
        "setup",
        "keygen",
        "delegate",
        "encrypt",
        "decrypt",
        "decapsulate",
        "validate",
        "issue",
        "transform",
        "transform-sealed",
        "finish",
        "refresh",
        "verify-tokens",
        "seal",
        "seal-payload",
        "open-payload",
        "aead",
        "aead-copy",
    ] {
        assert!(rows(&results).iter().any(|row| row["op"] == op), "{op}");
    }
    for row in rows(&results) {
        for name in ["median_us", "pairings"] {
            assert!(row[name].as_f64().unwrap() > 0.0, "{row}");
        }
        assert!(row["bytes"].as_u64().unwrap() > 0 && row["spread"].as_f64().unwrap() >= 0.0, "{row}");
        assert_eq!(row["backend"], hippocrypt::BACKEND);
        // What is no axis of an operation is null.
        let about_policy = row["shape"] == "and" && row["n"] == 2 && row["temp"].is_string();
        let alone = row["shape"].is_null() && row["n"].is_null() && row["temp"].is_null();
        assert!(about_policy || alone, "{row}");
        let has_payload = row["payload"] == 100 && row["parameters"]["chunk"] == "64KiB";
        assert!(has_payload || row["payload"].is_null(), "{row}");
        let (op, api) = (row["op"].as_str().unwrap(), &row["parameters"]["api"]);
        let is_record = op.ends_with("-payload");
        assert_eq!(row["of_aead"].is_number(), is_record || op == "aead-copy", "{row}");
        assert_eq!(row["of_copy"].is_number(), is_record && api != "in-place", "{row}");
    }
}

#[test]
fn epochs_are_chosen() {
    let clinic = Clinic::empty();
    let ask = ["--json", "--op", "finish,seal,transform-sealed", "--n", "1", "--temp", "warm"];
    let cells = |options: &[&str]| -> Vec<String> {
        let results = clinic.ok(&quick(&[&ask, options].concat())).json();
        let text = |row: &Value| format!("{} {}", row["op"], row["parameters"]).replace('"', "");
        rows(&results).iter().map(text).collect()
    };
    let (by_default, small) = (cells(&[]), cells(&["--epochs", "13,10"]));
    assert_eq!(by_default[..3], ["transform-sealed {D:16}", "finish {}", "finish {D:16}"]);
    let seals = [8, 13, 15]
        .map(|nodes| ["first", "again"].map(|seal| format!("seal {{D:16,nodes:{nodes},seal:{seal}}}")));
    assert_eq!(by_default[3..], seals.concat());
    assert_eq!(
        small[..5],
        ["transform-sealed {D:10}", "transform-sealed {D:13}", "finish {}", "finish {D:10}", "finish {D:13}",]
    );
}

#[test]
fn an_epoch_change_is_measured() {
    let clinic = Clinic::empty();
    clinic.write("file", b"");
    let ask = ["speed", "revocation", "--readers", "100", "--depth", "9"];
    let results = clinic.ok(&[&ask[..], &["--json"]].concat()).json();
    assert_eq!((&results["readers"], &results["depth"]), (&100.into(), &9.into()));
    let changes = results["changes"].as_array().unwrap();
    // From epoch 1 to 4; the idle reader and the dismissed one get nothing.
    let of = |name: &str| -> Vec<u64> { changes.iter().map(|row| row[name].as_u64().unwrap()).collect() };
    assert_eq!((of("epoch"), of("tokens_per_reader")), (vec![2, 3, 4], vec![2, 1, 3]));
    assert_eq!(
        (of("readers"), of("bytes")),
        (vec![98; 3], [2, 1, 3].map(|n| 52 + 98 * (16 + 48 * n)).to_vec())
    );
    assert_eq!(results["tokens_verified"]["keys"], 98);
    // Of epoch 4, binary 100, all but what is above 1 = 001, too.
    assert_eq!(results["idle_reader"]["tokens"], 3);
    assert_eq!(results["revoked_users"], 10);
    for time in [
        &results["mean_epoch_change"],
        &results["worst_epoch_change"],
        &results["revoke_user_of_few"],
        &results["revoke_user_of_many"],
        &results["tokens_verified"],
    ] {
        assert!(time["pairings"].as_f64().unwrap() > 0.0, "{time}");
    }
    if cfg!(target_os = "linux") {
        assert!(results["peak_memory"].as_u64().unwrap() > 1 << 20);
    }

    let text = clinic.ok(&[&ask[..], &["--epochs", "1", "--out", "."]].concat()).text();
    for part in ["mean epoch change", "peak memory", "opened a record after 1 epochs", "tokens each"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(clinic.read("tokens-2.bin").len(), 52 + 98 * (16 + 2 * 48));
    assert_eq!(clinic.read("registry.bin").len() % 100, 0);
    clinic.fails(1, &[&ask[..], &["--out", "nothing"]].concat());
}

#[test]
fn sizes_are_those_of_the_objects() {
    let clinic = Clinic::empty();
    let ask = quick(&["--json", "--op", "keygen,encrypt,seal-payload", "--n", "2", "--payload", "1000"]);
    let results = clinic.ok(&ask).json();
    let policy = "attribute-0 and attribute-1";
    clinic.ok(&["setup", "--realm", "r"]);
    clinic.write("plain", &[7; 1000]);
    clinic.ok(&["encrypt", "-p", policy, "plain"]);
    clinic.ok(&["keygen", "-a", "attribute-0, attribute-1", "-o", "key"]);
    let header = clinic.ok(&["--json", "policy", policy]).json()["header"].as_u64().unwrap();
    let file = clinic.read("plain.hpcr").len() as u64;
    for (op, bytes) in
        [("keygen", clinic.read("key").len() as u64), ("encrypt", file), ("seal-payload", file - header)]
    {
        assert!(rows(&results).iter().any(|row| row["op"] == op), "{op}");
        assert!(rows(&results).iter().filter(|row| row["op"] == op).all(|row| row["bytes"] == bytes), "{op}");
    }
}

#[test]
fn filters_choose_cells() {
    let clinic = Clinic::empty();
    let ask = ["--op", "decapsulate,validate", "--shape", "or", "--shape", "comparison,mixed", "--n", "3,1"];
    let results = clinic.ok(&quick(&[&ask[..], &["--temp", "warm", "--json"]].concat())).json();
    let cells: Vec<String> = rows(&results)
        .iter()
        .map(|row| format!("{} {} {}", row["op"], row["shape"], row["n"]).replace('"', ""))
        .collect();
    let expected: Vec<String> = ["decapsulate", "validate"]
        .iter()
        .flat_map(|op| ["or", "mixed", "comparison"].map(|shape| format!("{op} {shape}")))
        .flat_map(|cell| [1, 3].map(|n| format!("{cell} {n}")))
        .collect();
    assert_eq!(cells, expected);
    assert!(rows(&results).iter().all(|row| row["temp"] == "warm"));
}

#[test]
fn the_table_and_csv_say_the_same() {
    let clinic = Clinic::empty();
    let table = clinic.ok(&quick(&["--op", "keygen", "--n", "1"])).text();
    for part in
        ["cpu ", "backend ", "version ", "pairing ", "operation  shape  n  temp", "keygen     and    1  cold"]
    {
        assert!(table.contains(part), "{part}: {table}");
    }
    // Columns that nothing fills are left out.
    assert!(!table.contains("payload") && !table.contains("MB/s"), "{table}");

    let csv =
        clinic.ok(&quick(&["--op", "keygen,aead", "--n", "1", "--payload", "32", "--format", "csv"])).text();
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines[0][..6], ["op", "backend", "shape", "n", "temp", "payload"]);
    assert_eq!(lines[1][..6], ["keygen", hippocrypt::BACKEND, "and", "1", "cold", ""]);
    assert_eq!(lines[3][..6], ["aead", hippocrypt::BACKEND, "", "", "", "32"]);
    let column = lines[0].iter().position(|name| *name == "parameters").unwrap();
    assert_eq!(lines[3][column], "chunk=64KiB");
    assert!(lines[1][6].parse::<f64>().unwrap() > 0.0);
    assert_eq!(lines.len(), 4);
}

#[test]
fn two_runs_are_compared() {
    let clinic = Clinic::empty();
    let measure = |name: &str, op: &str| {
        let results = clinic.ok(&quick(&["--json", "--op", op, "--n", "1", "--temp", "warm"])).stdout;
        clinic.write(name, &results);
    };
    measure("a.json", "keygen,encrypt");
    measure("b.json", "keygen,decrypt");
    let compare = ["speed", "--compare", "a.json", "b.json"];
    let same = clinic.ok(&["speed", "--compare", "a.json", "a.json", "--json"]).json();
    assert_eq!(same["ratios"]["pairings"]["geometric_mean"], 1.0);
    assert_eq!(
        (&same["a"]["file"], &same["cells"][1]["median_us"]["ratio"]),
        (&"a.json".into(), &1.0.into())
    );

    let text = clinic.ok(&compare).text();
    for part in [
        "A  a.json: ",
        "B  b.json: ",
        "geometric mean",
        "only in A:\n  encrypt/and/1/warm",
        "only in B:\n  decrypt",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let csv = clinic.ok(&[&compare[..], &["--format", "csv"]].concat()).text();
    let fields: Vec<usize> =
        csv.lines().map(|line| line.split(',').filter(|field| !field.is_empty()).count()).collect();
    // All names, the common cell without payload and parameters, and the others without ratios, too.
    assert_eq!(fields, [12, 10, 8, 8], "{csv}");

    measure("c.json", "pairing");
    clinic.fails(2, &["speed", "--compare", "a.json", "c.json"]);
    clinic.write("d.json", b"{}");
    let error = clinic.fails(3, &["speed", "--compare", "a.json", "d.json"]);
    assert!(error.stderr.contains("d.json") && error.stderr.contains("--format json"), "{}", error.stderr);
    clinic.fails(1, &["speed", "--compare", "a.json", "nothing.json"]);
}

#[test]
fn a_drawing_is_well_formed() {
    let clinic = Clinic::empty();
    let options = ["--op", "keygen,encrypt", "--n", "1,2", "--shape", "and,or", "--plot", "speed.svg"];
    clinic.ok(&quick(&options));
    let svg = String::from_utf8(clinic.read("speed.svg")).unwrap();
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.ends_with("</svg>\n"));
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').unwrap();
        assert!(!text.contains('>') && tag.matches('"').count() % 2 == 0, "{tag}");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name)),
            (false, true) => {}
            (false, false) => open.push(name),
        }
    }
    assert!(open.is_empty());
    for part in [
        "prefers-color-scheme: dark",
        "stroke-dasharray",
        ">attributes n<",
        ">pairings<",
        ">keygen<",
        ">warm<",
    ] {
        assert!(svg.contains(part), "{part}");
    }
    // A file that is in the way is told before anything is measured.
    clinic.fails(1, &quick(&options));
    clinic.ok(&quick(&[&options[..], &["--force"]].concat()));
    clinic.fails(2, &quick(&["--op", "setup", "--plot", "setup.svg"]));
}

#[test]
fn the_index_is_measured() {
    let clinic = Clinic::empty();
    let ask = ["speed", "search", "--pairs", "1000", "--samples", "1"];
    let results = clinic.ok(&[&ask[..], &["--json"]].concat()).json();
    let ops: Vec<&str> =
        results["rows"].as_array().unwrap().iter().map(|row| row["op"].as_str().unwrap()).collect();
    for op in [
        "extract",
        "extract-and-read",
        "index-append",
        "index-append-unsigned",
        "index-append-cold",
        "server-append",
        "trapdoor-reader",
        "trapdoor-verify",
        "gate",
        "entry-key-lab",
        "revoke-r0-gate",
        "revoke-r1-owner",
        "revoke-r1-gate",
        "sync",
        "search-local-1",
        "search-local-100",
        "search-remote-server",
    ] {
        assert!(ops.contains(&op), "{op}: {ops:?}");
    }
    assert!(results["pairing_us"].as_f64().unwrap() > 0.0);
    assert_eq!(
        (&results["bars"][0]["op"], &results["bars"][1]["op"]),
        (&"extract".into(), &"index-append-cold".into())
    );
    // They can be compared like others.
    clinic.write("a.json", results.to_string().as_bytes());
    clinic.ok(&["speed", "--compare", "a.json", "a.json"]);
    let table = clinic.ok(&ask).text();
    assert!(table.contains("scaled to a pairing of 592 µs") && table.contains("per=pair"), "{table}");
}

#[test]
fn the_ledger_is_measured() {
    let clinic = Clinic::empty();
    let ask = ["speed", "ledger", "--entries", "1000", "--patients", "20", "--samples", "2"];
    let results = clinic.ok(&[&ask[..], &["--json", "--out", "."]].concat()).json();
    let rows = results["rows"].as_array().unwrap();
    let ops: Vec<&str> = rows.iter().map(|row| row["op"].as_str().unwrap()).collect();
    let expected = [
        "commit-of-disk",
        "ledger-fill",
        "ledger-append-1",
        "ledger-append-256",
        "close-block",
        "prove",
        "verify",
        "audit-patient",
        "account-verify-250",
        "heads-rebuild",
    ];
    assert_eq!(ops, expected);
    assert!(rows.iter().all(|row| row["median_us"].as_f64().unwrap() > 0.0), "{results}");
    assert_eq!((&rows[7]["transactions"], &rows[8]["transactions"]), (&100.into(), &250.into()));
    let bars = results["bars"].as_array().unwrap();
    assert_eq!(
        (bars.len(), &bars[0]["op"], &bars[1]["at_least"]),
        (8, &"ledger-append-1".into(), &30_000.0.into())
    );
    assert!(clinic.exists("ledger.redb"));
    let table = clinic.ok(&ask).text();
    assert!(table.contains("asked for") && table.contains("account-verify-250"), "{table}");
}

#[test]
fn wrong_usage_is_told() {
    let clinic = Clinic::empty();
    for options in [
        &["--op", "decipher"][..],
        &["--shape", "xor"],
        &["--n", "0"],
        &["--n", "1001"],
        &["--temp", "hot"],
        &["--payload", "1GiB"],
        &["--payload", "0"],
        &["--samples", "0"],
        &["--format", "xml"],
        &["--format", "csv", "--json"],
        &["--epochs", "12"],
        &["revocation", "--readers", "9"],
        &["revocation", "--epochs", "0"],
        &["revocation", "--depth", "6"],
        &["--quick", "revocation"],
        &["search", "--pairs", "999"],
        &["search", "--samples", "0"],
        &["ledger", "--entries", "999"],
        &["ledger", "--patients", "0"],
        &["--compare", "a.json"],
        &["--compare", "a.json", "b.json", "--quick"],
    ] {
        clinic.fails(2, &[&["speed"], options].concat());
    }
}
