//! Many threads at one cloud: when an update was taken, nobody whom it revokes gets an answer.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hippocrypt::UserId;
use hippocrypt::phr::*;
use hippocrypt::testing::TestRng;

use crate::house::{House, NOW, described};

#[test]
fn nobody_is_answered_after_his_dismissal_was_taken() {
    let mut house = House::new("threads");
    let anna = *house.patient("anna").patient();
    let mut lab = house.writer("laboratory");
    lab.write(&anna, &described(RecordCategory::Note), b"x", NOW, &mut house.rng).unwrap();
    house.send(&mut lab).unwrap();
    let readers: Vec<Reader> = (0..4).map(|n| house.reader(&format!("dr-{n}"), "role:physician")).collect();
    let updates: Vec<Vec<u8>> = (0..4)
        .map(|n| house.authority.revoke(&UserId::new(&format!("dr-{n}")).unwrap(), NOW).unwrap())
        .collect();
    let gone: Vec<AtomicBool> = (0..4).map(|_| AtomicBool::new(false)).collect();
    let (answered, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (cloud, name) = (&house.cloud, house.cloud.name());
    std::thread::scope(|scope| {
        for (n, reader) in readers.iter().enumerate() {
            let (gone, answered, done, name) = (&gone, &answered, &done, &name);
            scope.spawn(move || {
                let mut rng = TestRng::new(&format!("thread {n}"));
                let mut after = 0;
                while after < 3 {
                    let asked = reader.open_all(&anna, None, name, NOW, &mut rng);
                    let late = gone[n].load(Ordering::SeqCst);
                    let outcome = cloud.answer(asked.question(), NOW);
                    match outcome {
                        Ok(_) if late => panic!("answered after the dismissal was taken"),
                        Ok(_) => drop(answered.fetch_add(1, Ordering::SeqCst)),
                        Err(CloudError::NoKey | CloudError::Duty(_)) => {}
                        Err(other) => panic!("{other}"),
                    }
                    after += usize::from(late);
                }
                done.fetch_add(1, Ordering::SeqCst);
            });
        }
        let (gone, answered) = (&gone, &answered);
        scope.spawn(move || {
            let mut rng = TestRng::new("the authority");
            for (n, update) in updates.iter().enumerate() {
                while answered.load(Ordering::SeqCst) < 4 * (n + 1) {
                    std::thread::yield_now();
                }
                cloud.take(update, NOW, &mut rng).unwrap();
                gone[n].store(true, Ordering::SeqCst);
            }
        });
    });
    assert_eq!((done.load(Ordering::SeqCst), house.cloud.stats().unwrap().keys), (4, 1));
    assert_eq!(house.cloud.fsck(|_| ()).unwrap().problems, Vec::<String>::new());
}
