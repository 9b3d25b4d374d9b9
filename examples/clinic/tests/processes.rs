//! Processes that die, and messages that are damaged.

use std::time::{Duration, Instant};

use super::Day;
use crate::clock::Clock;
use crate::folder;
use crate::process::Process;
use crate::wire::{CallError, GREETING, Link, Message, Verb, await_greeting, serve};

#[test]
fn a_cloud_that_was_killed_is_started_again() {
    let mut day = Day::with_phone("nurse");
    let target = day.clinic.targets().unwrap().into_iter().find(|target| day.clinic.may("nurse", target));
    let target = target.unwrap();
    assert!(day.clinic.read("nurse", &target).is_ok());
    let before = day.attempt("nurse");

    day.clinic.cloud.kill();
    let start = Instant::now();
    let error = day.clinic.read("nurse", &target).err().unwrap();
    assert!(matches!(error, crate::phone::ReadError::Broken(_)), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5), "nobody waits for the dead");

    let folder = day.clinic.folder("cloud");
    day.clinic.cloud = Process::cloud(&folder, day.clinic.clock).unwrap();
    // It does not remember what it has served in the last minutes, so it serves nothing of them.
    let early = day.clinic.read("nurse", &target).err().unwrap().to_string();
    assert!(early.contains("only those after"), "{early}");
    day.clinic.skip(90).unwrap();
    assert_eq!(day.attempt("nurse"), before);
}

/// A crash between the update and the deletion: what was revoked is deleted when the cloud comes back.
#[test]
fn a_cloud_that_crashed_in_the_middle_deletes_what_is_revoked() {
    let mut day = Day::with_phone("nurse");
    let keys = day.clinic.folder("cloud").join("keys");
    let saved = day.clinic.folder("saved");
    let held = || folder::list(&keys).unwrap().len();
    let crash = |day: &mut Day| {
        day.clinic.cloud.kill();
        folder::copy(&saved, &keys).unwrap();
        day.clinic.cloud = Process::cloud(&day.clinic.folder("cloud"), day.clinic.clock).unwrap();
        day.clinic.skip(90).unwrap();
    };
    let user = day.clinic.phones["nurse"].user.clone();
    folder::copy(&keys, &saved).unwrap();
    // Two keys are there when the old one has come back, and only the new one afterwards.
    let messages = day.clinic.office.withdraw(&user, "dept:emergency", day.clinic.now()).unwrap();
    day.clinic.tell(&messages[..1]).unwrap();
    crash(&mut day);
    assert_eq!(held(), 1);
    let lost = day.clinic.office.attributes("dept:emergency").unwrap();
    let rest = day.clinic.rights["nurse"].without(&lost);
    day.clinic.rights.insert("nurse".to_owned(), rest);
    day.clinic.tell(&messages[1..2]).unwrap();
    assert_eq!(held(), 2);
    day.clinic.tell(&messages[2..]).unwrap();
    crash(&mut day);
    assert_eq!(held(), 1);
    day.attempt("nurse");

    let update = day.clinic.office.revoke(&user, day.clinic.now()).unwrap();
    day.clinic.tell(&[update]).unwrap();
    crash(&mut day);
    assert_eq!(held(), 0);
    day.clinic.rights.clear();
    day.attempt("nurse");
}

/// Whoever drops a process, in an error or in a panic, ends it.
#[cfg(target_os = "linux")]
#[test]
fn processes_end_with_those_who_started_them() {
    let day = Day::sample();
    let process = std::path::PathBuf::from(format!("/proc/{}", day.clinic.cloud.id()));
    assert!(process.exists());
    let panicked = std::thread::spawn(move || {
        let _day = day;
        panic!("on purpose");
    });
    assert!(panicked.join().is_err());
    assert!(!process.exists());
}

#[test]
fn a_process_that_does_not_start_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    assert!(Process::cloud(folder.path(), Clock { ahead: 0 }).is_err());
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn messages_come_back_and_damaged_ones_do_not() {
    let message = Message::new(Verb::Upload, [b"a".to_vec(), Vec::new(), vec![7; 1000]]);
    let mut bytes = Vec::new();
    message.write_to(&mut bytes).unwrap();
    assert_eq!(Message::read_from(&mut bytes.as_slice()).unwrap(), Some(message));
    assert_eq!(Message::read_from(&mut &[][..]).unwrap(), None);
    for length in 4..bytes.len() {
        assert!(Message::read_from(&mut &bytes[..length]).is_err(), "{length}");
    }
    let of = |body: &[u8]| {
        let mut bytes = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend_from_slice(body);
        Message::read_from(&mut bytes.as_slice())
    };
    assert!(of(&[1]).is_ok());
    for body in [&[][..], &[0], &[200], &[1, 0, 0, 0], &[1, 0, 0, 0, 2, 9], &[1, 255, 255, 255, 255]] {
        assert!(of(body).is_err(), "{body:?}");
    }
    assert!(Message::read_from(&mut &[255; 100][..]).is_err());
}

#[test]
fn a_server_answers_until_its_input_ends() {
    let mut input = Vec::new();
    for verb in [Verb::List, Verb::Log] {
        Message::new(verb, []).write_to(&mut input).unwrap();
    }
    let mut output = b"running 1 test\nclinic: ".to_vec();
    serve(&mut input.as_slice(), &mut output, |message| match message.verb {
        Verb::List => Ok(vec![b"x".to_vec()]),
        _ => Err("not today".into()),
    })
    .unwrap();
    let mut output = output.as_slice();
    await_greeting(&mut output).unwrap();
    let mut answer = || Message::read_from(&mut output).unwrap().unwrap().into_result();
    assert_eq!(answer().unwrap(), [b"x".to_vec()]);
    assert!(matches!(answer(), Err(CallError::Refused(reason)) if reason == "not today"));
    assert!(await_greeting(&mut &GREETING[1..]).is_err());
}

/// Whatever is sent to the cloud, it goes on.
#[test]
fn nonsense_does_not_stop_the_cloud() {
    let mut day = Day::sample();
    let bytes = day.clinic.office.parameters().to_bytes();
    for verb in 0..16 {
        for parts in [vec![], vec![Vec::new()], vec![bytes.clone(); 2], vec![vec![0xff; 50]; 3]] {
            let Ok(mut message) = Message::from_bytes(&[verb]) else { continue };
            message.parts = parts;
            match day.clinic.cloud.call(&message) {
                Ok(_) => assert!(matches!(message.verb, Verb::List | Verb::Log | Verb::Keys)),
                Err(CallError::Refused(reason)) => assert!(!reason.is_empty()),
                Err(CallError::Broken(reason)) => panic!("{verb}: {reason}"),
            }
        }
    }
    assert_eq!(day.clinic.targets().unwrap().len(), 17);
}
