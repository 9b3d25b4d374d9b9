//! From the first reader to a dismissed doctor, and what is left to him.

use super::ward::{NOW, Ward};
use crate::clinic::RECORD;

#[test]
fn from_the_first_reader_to_a_dismissed_doctor() {
    let ward = Ward::open();
    ward.reader("chen", "a, b");
    ward.reader("diaz", "a");
    ward.reader("noor", "b, c");
    let first = ward.record("a or c");
    for name in ["chen", "diaz", "noor"] {
        ward.opens(name, &first);
    }
    let of_b = ward.record("b");
    ward.refused(5, "diaz", &of_b, "does not satisfy");

    // A new epoch: nobody opens its records before his key is refreshed.
    ward.ok("epoch advance --witness proxy");
    ward.permit();
    let second = ward.record("a or c");
    ward.refused(9, "chen", &second, "refresh its tokens");
    ward.opens("chen", &first);
    ward.ok("refresh --out tokens --witness proxy");
    assert_eq!(ward.json("refresh --out tokens --witness proxy")["keys_refreshed"], 0);
    assert_eq!(ward.json("proxy take tokens")["keys_refreshed"], 3);
    assert_eq!(ward.json("proxy take tokens")["keys_refreshed"], 0);
    // The key as it was issued does not take the place of what became of it.
    assert_eq!(ward.json("proxy take chen.transform")["passed_over"], 1);
    ward.opens("chen", &second);

    // Diaz is dismissed, and the key is gone from the disk.
    let revoked = ward.json("revoke user diaz --advance --witness proxy");
    assert_eq!(revoked["send_to_proxies"].as_array().unwrap().len(), 2);
    ward.ok("proxy take authority/updates");
    ward.refused(9, "diaz", &first, "dismissed");
    assert_eq!(ward.json("proxy inspect")["keys"], 2);
    assert_eq!(ward.json("refresh --out tokens --witness proxy")["keys_refreshed"], 2);
    ward.ok("proxy take tokens");
    ward.permit();
    let third = ward.record("a or c");
    for record in [&first, &second, &third] {
        ward.opens("chen", record);
        ward.opens("noor", record);
    }
    // His old key is of no use to the proxy any more; a new one is.
    ward.fails(9, "proxy take diaz.transform", "the user was revoked");
    ward.issue("diaz", "a");
    ward.opens("diaz", &third);

    // Noor loses `c`, keeps `b`, and is granted `a`; her seed stays.
    let before = ward.key_id("noor");
    ward.fails(5, "revoke attributes noor \"a\" -o noor2.transform --witness proxy", "has not all of");
    ward.ok("revoke attributes noor \"c\" -o noor2.transform --witness proxy");
    ward.ok("proxy take authority/updates noor2.transform");
    assert_ne!(ward.key_id("noor"), before);
    ward.refused(5, "noor", &first, "does not satisfy");
    ward.opens("noor", &of_b);
    ward.fails(9, &format!("grant {before} -a a --out noor.grant --witness proxy"), "revoked or replaced");
    ward.ok("grant noor -a a --out noor.grant --witness proxy");
    ward.ok("proxy take noor.grant");
    ward.opens("noor", &first);
    assert_eq!(ward.advance(), 3);
    ward.opens("noor", &third);
}

/// Whoever was idle, or whose tokens were lost, gets them later; a dead key gets none.
#[test]
fn lost_tokens_are_made_again() {
    let ward = Ward::open();
    ward.reader("chen", "a");
    for _ in 0..3 {
        ward.ok("epoch advance --witness proxy");
        ward.ok("refresh --out lost --witness proxy");
        ward.ok("proxy take authority/updates");
    }
    ward.permit();
    let record = ward.record("a");
    ward.refused(9, "chen", &record, "good until epoch 1");
    // The last batch leads from epoch 3 to 4.
    ward.fails(9, "proxy take lost/00004-from-00003-00001.hpcr", "ask for those from 1 on");
    ward.ok("refresh --key chen --from 1 --out again --witness proxy");
    ward.ok("proxy take again");
    ward.opens("chen", &record);
    let id = ward.key_id("chen");
    ward.fails(9, "refresh --key chen --from 4 --out again --witness proxy", "from an earlier epoch");
    ward.ok("revoke key chen --witness proxy");
    ward.fails(
        9,
        &format!("refresh --key {id} --from 1 --out again --witness authority"),
        "revoked or replaced",
    );
    ward.fails(9, "revoke key chen --witness authority", "no live key");
}

/// The thief was a reader. He has his seed, his old transform key (from a dishonest post), the store, and all the time
/// in the world to set its clock and its state back.
#[test]
fn an_old_key_and_the_stolen_store_are_worth_nothing_once_it_is_sealed() {
    let ward = Ward::open();
    ward.reader("chen", "a");
    ward.reader("diaz", "a");
    let record = ward.record("a");
    ward.ok("proxy seal-key");
    ward.copy("proxy", "young");
    ward.ok("revoke user diaz --advance --witness proxy");
    ward.ok("proxy take authority/updates");
    ward.ok("refresh --out tokens --witness proxy");
    ward.ok("proxy take tokens");
    ward.copy("proxy", "stolen-unsealed");
    ward.ok("seal --seal-key seal.key");
    ward.copy("proxy", "stolen");
    ward.opens("chen", &record);

    // As it is, the store serves him no more than the proxy does.
    let refused = ward.read_from("stolen", "diaz", &record).unwrap_err();
    assert_eq!(refused.code, 9, "{}", refused.stderr);
    // State, updates, lease and keys of the days when he was a reader.
    for stolen in ["stolen-unsealed", "stolen"] {
        for part in ["updates", "keys", "users"] {
            ward.put_back(&format!("young/{part}"), &format!("{stolen}/{part}"));
        }
        for part in ["state.hpcr", "lease.hpcr"] {
            ward.clinic.write(&format!("{stolen}/{part}"), &ward.clinic.read(&format!("young/{part}")));
        }
    }
    // Without a seal this is all he needs, ..
    assert_eq!(
        ward.read_from("stolen-unsealed", "diaz", &record).map_err(|answer| answer.stderr).unwrap(),
        RECORD
    );
    // .. with it, he lacks tokens that nobody makes for him.
    let refused = ward.read_from("stolen", "diaz", &record).unwrap_err();
    assert_eq!(refused.code, 9, "{}", refused.stderr);
    assert!(refused.stderr.contains("needs one that is good until 2"), "{}", refused.stderr);
    // Nor does the header alone open, taken out of its seal.
    assert_eq!(ward.clock.get(), NOW);
}
