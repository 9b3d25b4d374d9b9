//! JSON for machines, `inspect` of every kind, and the manual.

use std::collections::BTreeSet;

use super::ward::Ward;
use crate::clinic::{Clinic, RECORD};
use crate::manual::{examples, words};

/// The fields of an object, besides the name of the command.
fn fields(report: &serde_json::Value) -> BTreeSet<&str> {
    report.as_object().unwrap().keys().map(String::as_str).filter(|name| *name != "command").collect()
}

#[test]
fn reports_have_their_fields() {
    let ward = Ward::open();
    ward.reader("chen", "a, b");
    let record = ward.record("a");
    let shape = |line: &str, names: &str| {
        let report = ward.json(line);
        assert_eq!(fields(&report), names.split(' ').collect(), "{line}");
    };
    shape("epoch show", "epoch keys_issued realm realm_id revoked_keys revoked_users update");
    shape("epoch advance --witness proxy", "epoch restored send_to_proxies update");
    shape("epoch statement --out s --witness proxy", "epoch restored statement update valid_until");
    shape("lease --proxy p --out l --witness proxy", "epoch lease proxy restored update valid_until");
    shape(
        "issue --user chen -a c --out k --witness proxy",
        "attributes epoch key key_id restored update user",
    );
    shape("refresh --witness proxy", "epoch files keys_refreshed restored tokens update");
    shape("revoke user diaz --witness proxy", "epoch restored send_to_proxies update user");
    shape(
        "proxy take authority/updates tokens",
        "epoch grants_taken keys_refreshed keys_taken lease_until leases_taken passed_over refused update \
         updates_applied",
    );
    shape(
        "proxy inspect",
        "epoch headers headers_stored keys keys_held lease_until name realm realm_id revoked_keys revoked_users \
         serves update",
    );
    shape(
        &format!("request --of {record} --seed chen.seed --user chen --out r"),
        "header_id request time user",
    );
    shape("transform r --out a --record rec", "answer header_id policy record user");
    shape(
        "finish a --of r --record rec --seed chen.seed --out plain",
        "file header_id plaintext policy realm record_id signed_by version",
    );
    let inspected = ward.json("proxy inspect");
    let (key, header) = (&inspected["keys_held"][0], &inspected["headers_stored"][0]);
    assert_eq!(fields(key), "attributes issued_at_update key_id tokens_until user".split(' ').collect());
    assert_eq!(fields(header), "epoch header_id policy sealed_in serial".split(' ').collect());
    assert_eq!(
        (&key["user"], &key["tokens_until"], &header["epoch"]),
        (&"chen".into(), &2.into(), &1.into())
    );
    let text = ward.ok("proxy inspect").text();
    assert!(text.contains("chen") && text.contains(&record) && text.contains("until"), "{text}");
    let error = ward.run("--json transform r --out again").error();
    assert_eq!((&error["code"], &error["kind"]), (&9.into(), &"refused".into()));
}

#[test]
fn inspect_knows_what_travels_and_what_is_kept() {
    let ward = Ward::open();
    ward.reader("chen", "a");
    let record = ward.record("a");
    ward.ok(&format!("request --of {record} --seed chen.seed --user chen --out r"));
    ward.ok("transform r --out a");
    ward.ok("grant chen -a b --out g --witness proxy");
    ward.ok("proxy seal-key");
    ward.advance();
    ward.ok("seal --seal-key seal.key");
    let id = ward.key_id("chen");
    let serial = ward.json("proxy inspect")["headers_stored"][0]["serial"].as_str().unwrap().to_owned();
    let tokens = ward.json("refresh --key chen --from 1 --out t --witness proxy")["files"][0].clone();
    let of_key = format!("keys/{}/{id}", &id[..2]);
    let mut kinds = BTreeSet::new();
    for (file, field, value) in [
        ("chen.seed", "secret", "true"),
        ("chen.enrolment", "user", "\"chen\""),
        ("chen.transform", "genuine", "true"),
        ("r", "header_id", &format!("\"{record}\"")),
        ("a", "header_id", &format!("\"{record}\"")),
        ("today.hpcr", "genuine", "true"),
        ("authority/updates/0000000002.hpcr", "action", "\"advance\""),
        ("proxy/state.hpcr", "update", "2"),
        ("lease-1", "valid_now", "true"),
        (&format!("authority/{of_key}"), "alive", "true"),
        (&format!("proxy/{of_key}"), "tokens_until", "2"),
        (&format!("proxy/headers/{}/{serial}", &serial[..2]), "sealed_in", "2"),
        (tokens.as_str().unwrap(), "to_epoch", "2"),
        ("g", "attributes", "\"b\""),
        ("seal.key", "secret", "true"),
    ] {
        let report = ward.json(&format!("inspect --public public.hpcr {file}"));
        assert_eq!(report[field].to_string(), value, "{file}: {report}");
        assert_eq!(report["size"], ward.clinic.read(file).len());
        assert_ne!(report["of_this_realm"], false);
        kinds.insert(report["kind"].to_string());
    }
    assert_eq!(kinds.len(), 15);
    // Forged, and of another realm.
    for file in ["today.hpcr", "lease-1", "authority/updates/0000000002.hpcr", "chen.transform"] {
        let mut forged = ward.clinic.read(file);
        *forged.last_mut().unwrap() ^= 1;
        ward.clinic.write("forged", &forged);
        ward.fails(7, "inspect --public public.hpcr forged", "not signed");
        let other = Ward::open();
        let public = other.clinic.path("public.hpcr");
        ward.fails(5, &format!("inspect --public {} {file}", public.display()), "another realm");
    }
}

const COMMANDS: [&str; 12] = [
    "epoch",
    "enroll",
    "issue",
    "grant",
    "lease",
    "proxy",
    "request",
    "transform",
    "finish",
    "refresh",
    "seal",
    "revoke",
];

/// The examples of these commands are one story; what asks a proxy comes after there is one.
#[test]
fn the_examples_of_the_manual_are_a_story() {
    let clinic = Clinic::empty();
    clinic.write("ecg.json", RECORD);
    clinic.ok(&["setup", "--realm", "st-marys", "--epochs"]);
    let (mut run, mut waiting) = (0, Vec::new());
    for command in COMMANDS {
        let help = clinic.ok(&[command, "--help"]).text();
        let own = format!("hippocrypt {command} ");
        assert!(help.lines().skip_while(|line| *line != "Examples:").all(|line| line.len() <= 80), "{help}");
        for example in examples(&help) {
            assert!(example.starts_with(&own), "{example}");
            if example.contains("--witness proxy") {
                waiting.push(example.to_owned());
                continue;
            }
            // The others say what they need; these two need a file of the day.
            if example.contains("proxy add") {
                clinic.ok(&["epoch", "statement", "--alone", "--out", "now.hpcr"]);
                clinic.ok(&["encrypt", "-p", "role:cardiologist", "--epoch", "now.hpcr", "ecg.json"]);
            }
            let args = words(&example);
            clinic.ok(&args.iter().skip(1).map(String::as_str).collect::<Vec<_>>());
            run += 1;
        }
    }
    assert_eq!(clinic.read("ecg"), RECORD);
    clinic.ok(&["proxy", "take", "authority/updates"]);
    for example in waiting {
        let args = words(&example);
        clinic.ok(&args.iter().skip(1).map(String::as_str).collect::<Vec<_>>());
        run += 1;
    }
    assert!(run >= 20, "{run}");
}
