//! Damaged and invented input: an error, an exit code, and no output file.

use crate::clinic::{Clinic, POLICY};

/// A generator whose numbers are always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

#[test]
fn no_truncated_file_is_decrypted() {
    let clinic = Clinic::with_files();
    let whole = clinic.read("signed.hpcr");
    let header =
        usize::try_from(clinic.run(&["--json", "inspect", "signed.hpcr"]).json()["header"].as_u64().unwrap());
    let header = header.unwrap();
    let ends = [0, 1, 6, 7, 8, 107, 108, header - 1, header, header + 1, header + 52, header + 68];
    for end in ends.into_iter().chain([whole.len() - 104, whole.len() - 103, whole.len() - 1]) {
        clinic.write("cut.hpcr", &whole[..end]);
        let code = if end < header { 3 } else { 6 };
        let answer = clinic.fails(code, &["decrypt", "-k", "chen.key", "cut.hpcr"]);
        assert!(answer.stderr.contains("cut.hpcr"), "{}", answer.stderr);
        let inspected = clinic.run(&["--json", "inspect", "cut.hpcr"]);
        assert!([0, 3, 7].contains(&inspected.code), "{end}: {}", inspected.stderr);
        assert!(inspected.code != 0 || end == header, "{end}: a header alone is whole");
        if inspected.code == 3 {
            // Positions are those in the file, and lie where it could be read.
            let position = inspected.error()["position"].as_u64().unwrap();
            assert!(
                position <= end as u64 && (position >= header as u64) == (end > header),
                "{}",
                inspected.stderr
            );
        }
    }
}

#[test]
fn no_changed_file_is_decrypted() {
    let clinic = Clinic::with_files();
    let mut dice = Dice(1);
    for name in ["ecg.json.hpcr", "signed.hpcr"] {
        let whole = clinic.read(name);
        for _ in 0..40 {
            let mut changed = whole.clone();
            changed[dice.below(whole.len())] ^= 1 << dice.below(8);
            clinic.write("changed.hpcr", &changed);
            let before = clinic.files();
            let answer = clinic.run(&["decrypt", "-k", "chen.key", "changed.hpcr", "-o", "out"]);
            if answer.code == 0 {
                // Rows that the reader does not need may be refreshed, and are not looked at.
                std::fs::remove_file(clinic.path("out")).unwrap();
                let checked = clinic.run(&["inspect", "--public", "public.hpcr", "changed.hpcr"]);
                assert_eq!(checked.code, 3, "{}", checked.stderr);
            }
            assert!([0, 3, 5, 6, 7].contains(&answer.code), "{}", answer.stderr);
            assert_eq!(clinic.files(), before);
        }
    }
}

#[test]
fn every_failure_of_opening_reads_the_same() {
    let clinic = Clinic::with_files();
    let whole = clinic.read("ecg.json.hpcr");
    let mut messages = std::collections::BTreeSet::new();
    let mut seen = |name: &str, answer: crate::clinic::Answer| {
        assert_eq!(answer.code, 6);
        messages.insert(answer.stderr.replace(name, "FILE"));
    };
    seen(
        "ecg.json.hpcr",
        clinic.run(&["decrypt", "-k", "chen.key", "ecg.json.hpcr", "-o", "x", "--context", "y"]),
    );
    for at in [whole.len() - 1, whole.len() - 40, whole.len() - 110] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        clinic.write("changed.hpcr", &changed);
        seen("changed.hpcr", clinic.run(&["decrypt", "-k", "chen.key", "changed.hpcr", "-o", "x"]));
    }
    clinic.write("cut.hpcr", &whole[..whole.len() - 1]);
    seen("cut.hpcr", clinic.run(&["decrypt", "-k", "chen.key", "cut.hpcr", "-o", "x"]));
    assert_eq!(messages.len(), 1, "{messages:?}");
}

#[test]
fn random_bytes_are_refused_with_place_and_cause() {
    let clinic = Clinic::with_files();
    let mut dice = Dice(2);
    for length in [0, 1, 7, 8, 100, 1000] {
        for prologue in [
            &b""[..],
            b"HPCR",
            b"HPCR\x01\x01\x01",
            b"HPCR\x01\x01\x04",
            b"HPCR\x01\x01\x05",
            b"HPCR\x01\x01\x06",
        ] {
            let mut bytes = prologue.to_vec();
            bytes.extend((0..length).map(|_| u8::try_from(dice.below(256)).unwrap()));
            clinic.write("noise", &bytes);
            let answer = clinic.fails(3, &["--json", "inspect", "noise"]);
            let error = answer.error();
            assert!(error["position"].is_u64() && error["file"] == "noise", "{error}");
            clinic.fails(3, &["--json", "decrypt", "-k", "chen.key", "noise", "-o", "x"]);
            clinic.fails(3, &["decrypt", "-k", "noise", "ecg.json.hpcr", "-o", "x"]);
            clinic.fails(3, &["decrypt", "--public", "noise", "-k", "chen.key", "ecg.json.hpcr", "-o", "x"]);
        }
    }
}

#[test]
fn no_truncated_key_is_used() {
    let clinic = Clinic::with_files();
    for (name, args) in [
        ("public.hpcr", &["encrypt", "-p", "a", "ecg.json", "-o", "x", "--public", "cut"][..]),
        ("master.key", &["keygen", "-a", "a", "-o", "x", "--master", "cut"]),
        ("schema.hpcr", &["encrypt", "-p", "a", "ecg.json", "-o", "x", "--schema", "cut"]),
        ("chen.key", &["decrypt", "ecg.json.hpcr", "-o", "x", "-k", "cut"]),
        ("author.key", &["encrypt", "-p", "a", "ecg.json", "-o", "x", "--sign", "cut"]),
        ("author.pub", &["decrypt", "-k", "chen.key", "signed.hpcr", "-o", "x", "--author", "cut"]),
    ] {
        let whole = clinic.read(name);
        for end in [0, 5, 7, 20, whole.len() - 1] {
            clinic.write("cut", &whole[..end]);
            #[cfg(unix)]
            std::fs::set_permissions(clinic.path("cut"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
                .unwrap();
            let answer = clinic.fails(3, args);
            assert!(answer.stderr.contains("cut"), "{}", answer.stderr);
        }
        clinic.write("cut", &[&whole[..], b"!"].concat());
        assert!(clinic.fails(3, args).stderr.contains("1 bytes follow"), "{name}");
    }
}

#[test]
fn a_mistake_in_a_text_is_shown() {
    let clinic = Clinic::open();
    let answer = clinic.fails(4, &["encrypt", "-p", "role:physician dept:cardiology", "ecg.json"]);
    assert!(
        answer.stderr.contains("line 1, column 16") && answer.stderr.contains("\n                 ^"),
        "{}",
        answer.stderr
    );
    let error = clinic.fails(4, &["--json", "policy", "a and"]).error();
    assert_eq!((&error["line"], &error["position"]), (&1.into(), &2.into()));
    clinic.fails(4, &["keygen", "-a", "clearance = 256", "-o", "x"]);
    clinic.fails(4, &["keygen", "-a", "", "-o", "x"]);
    clinic.fails(4, &["setup", "--realm", "x", "--declare", "a: float"]);
    clinic.fails(4, &["policy", POLICY, "-a", "clearance >= 3"]);
}

#[test]
fn hostile_names_cannot_steer_the_terminal() {
    let clinic = Clinic::empty();
    let setup = clinic.ok(&["setup", "--realm", "\u{1b}[2Jst\u{202e}marys"]);
    let inspected = clinic.ok(&["inspect", "public.hpcr"]);
    for text in [setup.text(), inspected.text()] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }
    let failed = clinic.fails(1, &["inspect", "no\u{1b}file"]);
    assert!(!failed.stderr.contains('\u{1b}'));
}
