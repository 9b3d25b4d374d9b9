//! What is not done: sent again, expired, out of date, by the wrong hands.

use super::ward::{NOW, Ward};
use crate::clinic::RECORD;

#[test]
fn a_request_is_answered_once_and_in_time() {
    let ward = Ward::open();
    ward.reader("chen", "a");
    let id = ward.record("a");
    ward.ok(&format!("request --of {id} --seed chen.seed --user chen --out r"));
    ward.ok("transform r --out answer");
    ward.fails(9, "transform r --out again", "served before");
    // An hour is not too late for the lease, but for the request.
    ward.ok(&format!("request --of {id} --seed chen.seed --user chen --out late"));
    ward.clock.set(NOW + 301);
    ward.fails(9, "transform late --out again", "only those after");
    // The clock falls back: what was forgotten stays refused.
    ward.ok(&format!("request --of {id} --seed chen.seed --user chen --out r2"));
    ward.ok("transform r2 --out answer2");
    ward.clock.set(NOW);
    ward.fails(9, "transform r --out again", "only those after");
    ward.fails(9, "transform late --out again", "only those after");
    ward.fails(9, "transform r2 --out again", "set the reader's clock");
    // Refused for its policy, and not to be sent again either.
    ward.clock.set(NOW + 400);
    let of_b = ward.record("b");
    ward.ok(&format!("request --of {of_b} --seed chen.seed --user chen --out r3"));
    ward.fails(5, "transform r3 --out again", "does not satisfy");
    ward.fails(9, "transform r3 --out again", "served before");
    // Signed by somebody else.
    ward.reader("diaz", "a");
    ward.ok(&format!("request --of {id} --seed diaz.seed --user chen --out r4"));
    ward.fails(7, "transform r4 --out again", "not signed by the reader");
}

#[test]
fn a_lying_proxy_is_found_out() {
    let ward = Ward::open();
    ward.reader("chen", "a");
    ward.reader("diaz", "a");
    let (id, other) = (ward.record("a"), ward.record("a"));
    let answer = |name: &str, id: &str, out: &str| {
        ward.ok(&format!("request --of {id} --seed {name}.seed --user {name} --out {out}.request"));
        ward.ok(&format!("transform {out}.request --out {out}.answer --record {out}.record"));
    };
    answer("chen", &id, "one");
    answer("chen", &other, "two");
    answer("diaz", &id, "diaz");
    let finish = |answer: &str, record: &str, of: &str| {
        format!("finish {answer} --of {of} --record {record} --seed chen.seed --out plain")
    };
    // Another header, another reader's answer, another record.
    ward.fails(6, &finish("two.answer", "two.record", "one.request"), "was asked for");
    ward.fails(6, &finish("diaz.answer", "diaz.record", "one.request"), "could not be opened");
    ward.fails(6, &finish("one.answer", "two.record", "one.request"), "");
    let whole = ward.clinic.read("one.answer");
    for at in (0..whole.len()).step_by(23).chain([whole.len() - 1]) {
        let mut lie = whole.clone();
        lie[at] ^= 1;
        ward.clinic.write("lie", &lie);
        let refused = ward.run(&finish("lie", "one.record", "one.request"));
        assert!([3, 6].contains(&refused.code), "{at}: {} {}", refused.code, refused.stderr);
        assert!(!ward.clinic.exists("plain"));
    }
    ward.ok(&finish("one.answer", "one.record", "one.request"));
    assert_eq!(ward.clinic.read("plain"), RECORD);
}

#[test]
fn a_proxy_without_a_lease_serves_nobody() {
    let ward = Ward::open();
    ward.reader("chen", "a");
    let id = ward.record("a");
    ward.clock.set(NOW + 3_601);
    ward.refused(9, "chen", &id, "expired");
    assert_eq!(ward.json("proxy inspect")["serves"], false);
    // One for another proxy, and one that names an update which this proxy has not applied.
    ward.ok("lease --proxy ward-8 --out other.lease --witness proxy");
    ward.fails(9, "proxy take other.lease", "every replica of one");
    ward.ok("revoke user nobody --witness proxy");
    ward.ok("lease --proxy ward-7 --out new.lease --witness proxy");
    ward.ok("proxy take new.lease");
    ward.refused(9, "chen", &id, "authority/updates");
    ward.ok("proxy take authority/updates");
    ward.opens("chen", &id);
}

#[test]
fn a_file_is_encrypted_in_the_newest_epoch_known() {
    let ward = Ward::open();
    ward.fails(9, "encrypt -p a ecg.json", "--epoch");
    ward.ok("encrypt -p a ecg.json --epoch today.hpcr -o one");
    // Kept beside the parameters.
    assert_eq!(ward.json("encrypt -p a ecg.json -o two")["epoch"], 1);
    ward.clinic.write("old.hpcr", &ward.clinic.read("today.hpcr"));
    ward.advance();
    ward.ok("encrypt -p a ecg.json --epoch today.hpcr -o three");
    ward.fails(9, "encrypt -p a ecg.json --epoch old.hpcr -o x", "older than one seen before");
    ward.fails(9, "proxy add one", "made in epoch 1");
    ward.ok("proxy add three");
    assert_eq!(ward.json("proxy add three")["stored_before"], 1);

    ward.clock.set(NOW + 3_601);
    ward.fails(9, "encrypt -p a ecg.json -o x", "--stale");
    let stale = ward.ok("encrypt -p a ecg.json -o late --stale");
    assert!(stale.stderr.contains("warning"), "{}", stale.stderr);
    // An old statement leads nowhere back, not even so.
    let stale = ward.json("encrypt -p a ecg.json -o later --stale --epoch old.hpcr");
    assert_eq!(stale["epoch"], 2);

    ward.clock.set(NOW);
    ward.ok("encrypt -p a ecg.json -o future --embargo 3");
    ward.fails(9, "proxy add future", "made in epoch 3");
    ward.ok("proxy add --embargo future");
    ward.fails(9, "encrypt -p a ecg.json -o x --embargo 1", "is over");
    ward.fails(9, "keygen -a a -o x", "hippocrypt enroll");
    let plain = crate::clinic::Clinic::open();
    plain.fails(2, &["encrypt", "-p", "a", "ecg.json", "--stale"]);
}

#[test]
fn an_enrolment_answers_its_own_nonce_once() {
    let ward = Ward::open();
    ward.enrol("chen");
    ward.fails(9, "enroll check chen.enrolment", "no open nonce");
    // Diaz answers a nonce that was drawn for Noor.
    ward.ok("enroll new --seed diaz.seed");
    ward.ok("enroll nonce --user noor --out n");
    ward.ok("enroll ask --seed diaz.seed --user diaz --nonce n --out diaz.enrolment");
    ward.fails(9, "enroll check diaz.enrolment", "names another user");
    ward.fails(9, "issue --user diaz -a a --out x --witness proxy", "not enrolled");
    // Another seed under the name of Chen.
    ward.ok("enroll nonce --user chen --out n2");
    ward.ok("enroll ask --seed diaz.seed --user chen --nonce n2 --out chen2.enrolment");
    ward.fails(1, "enroll check chen2.enrolment", "enrolled already");
    ward.ok("enroll check chen2.enrolment --replace");
    ward.fails(
        3,
        "enroll ask --seed diaz.seed --user diaz --nonce ecg.json --out x",
        "64 hexadecimal digits",
    );
}
