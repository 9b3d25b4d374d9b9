//! Attack 20 on the gate: who may ask, how often, and for what; shares that come again, late, or twice; answers that are wrong.

use hippocrypt::ReaderSeed;
use hippocrypt::search::*;
use hippocrypt::store::MemoryStore;

use crate::house::{GATE, House, NOW, code, copy};

pub fn words(count: usize) -> Vec<Keyword> {
    (0..count).map(|i| code(&i.to_string())).collect()
}

/// A request of the house's reader under a name.
pub fn ask_as(house: &mut House, name: &str, count: usize, time: u64) -> AskedGate {
    house.search_key().ask(&words(count), GATE, name, &house.reader, time, &mut house.rng).unwrap()
}

pub fn ask(house: &mut House, count: usize, time: u64) -> AskedGate {
    ask_as(house, "dr-chen", count, time)
}

/// Everybody whose name begins with `dr-` is live.
pub fn serve(house: &mut House, request: &[u8], now: u64) -> Result<Vec<u8>, GateError> {
    let public = house.reader.public_bytes();
    house.gate.serve(request, now, |name| name.starts_with("dr-").then_some(public))
}

/// The next version of the policy's share and seed.
pub fn revoke(house: &mut House) -> Vec<u8> {
    let context = house.context();
    let version = house.contents.policies[0].version + 1;
    let seed = PolicySeed::random(&mut house.rng);
    let share = house.owner.share(&context, &house.policy, version, copy(&seed)).expose_secret().to_vec();
    house.contents.policies[0].version = version;
    house.seed = seed;
    house.sign_head();
    share
}

#[test]
fn requests_that_are_replayed_old_early_or_changed() {
    let mut house = House::new("requests");
    let asked = ask(&mut house, 2, NOW);
    for now in [NOW + 121, NOW - 61, 0, u64::MAX] {
        assert!(matches!(serve(&mut house, asked.request(), now), Err(GateError::Replay)), "{now}");
    }
    for now in [NOW + 120, NOW - 60] {
        let asked = ask(&mut house, 1, NOW);
        assert!(serve(&mut house, asked.request(), now).is_ok());
        for again in [NOW - 60, NOW, NOW + 120] {
            assert!(matches!(serve(&mut house, asked.request(), again), Err(GateError::Replay)));
        }
    }
    // Every bit is signed, or is no request.
    let asked = ask(&mut house, 1, NOW);
    for at in 0..asked.request().len() {
        let mut changed = asked.request().to_vec();
        changed[at] ^= 1;
        assert!(serve(&mut house, &changed, NOW).is_err(), "{at}");
    }
    for length in 0..asked.request().len() {
        assert!(serve(&mut house, &asked.request()[..length], NOW).is_err());
    }
    assert!(serve(&mut house, asked.request(), NOW).is_ok());
    // At another gate.
    let elsewhere = house.search_key().ask(&words(1), "other", "dr-chen", &house.reader, NOW, &mut house.rng);
    assert!(matches!(serve(&mut house, elsewhere.unwrap().request(), NOW), Err(GateError::OtherGate)));
    for count in [0, MAX_POINTS + 1] {
        let asked = house.search_key().ask(&words(count), GATE, "r", &house.reader, NOW, &mut house.rng);
        assert!(matches!(asked, Err(GateError::Count(MAX_POINTS))));
    }
}

/// Who is revoked is refused at once, and cannot ask in the name of somebody who is live.
#[test]
fn a_revoked_reader_under_any_name() {
    let mut house = House::new("names");
    let revoked = std::mem::replace(&mut house.reader, ReaderSeed::generate(&mut house.rng).request_key());
    let forge = |house: &mut House, name: &str| {
        let search_key = house.search_key();
        search_key.ask(&words(1), GATE, name, &revoked, NOW, &mut house.rng).unwrap()
    };
    for name in ["dr-chen", "dr-wolf", "revoked", ""] {
        let asked = forge(&mut house, name);
        assert!(matches!(serve(&mut house, asked.request(), NOW), Err(GateError::Refused)), "{name}");
    }
    // Under his own, while his key is live.
    let asked = forge(&mut house, "revoked");
    let public = revoked.public_bytes();
    assert!(house.gate.serve(asked.request(), NOW, |_| Some(public)).is_ok());
    // A key that is none: of small order, or not on the curve.
    for key in [[0; 32], [0xff; 32]] {
        let asked = forge(&mut house, "revoked");
        assert!(matches!(house.gate.serve(asked.request(), NOW, |_| Some(key)), Err(GateError::Refused)));
    }
}

/// R1: a revoked seed, before and after the gate has the next share; the share again, an old one, and another one.
#[test]
fn revoked_seeds_and_shares_that_come_again() {
    let mut house = House::new("revocation");
    let context = house.context();
    let keys = ContextKeys::new(&house.head, &context).unwrap();
    let (old_key, old_seed) = (house.search_key(), copy(&house.seed));
    let old_share = house.owner.share(&context, &house.policy, 1, copy(&house.seed));
    let share = revoke(&mut house);
    // The owner's head is new, and the gate has the old share still.
    assert!(matches!(house.trapdoors(&words(1)), Err(GateError::Refused)));
    for _ in 0..3 {
        house.gate.install(&share).unwrap();
        assert_eq!(house.trapdoors(&words(3)).unwrap().len(), 3);
    }
    let stale = house.gate.install(old_share.expose_secret());
    assert!(matches!(stale, Err(GateError::RolledBack { found: 1, known: 2 })));
    let other = house.owner.share(&context, &house.policy, 2, copy(&old_seed));
    assert!(matches!(house.gate.install(other.expose_secret()), Err(GateError::Fork { version: 2 })));
    // The old version, asked for as it was; and the old seed under the new version.
    let asked = old_key.ask(&words(1), GATE, "dr-chen", &house.reader, NOW, &mut house.rng).unwrap();
    assert!(matches!(serve(&mut house, asked.request(), NOW), Err(GateError::Refused)));
    let entry = house.head.policies(&context).next().unwrap();
    let guess = SearchKey::new(&old_seed, &context, entry);
    let asked = guess.ask(&words(2), GATE, "dr-chen", &house.reader, NOW, &mut house.rng).unwrap();
    let answer = serve(&mut house, asked.request(), NOW).unwrap();
    assert!(matches!(asked.finish(&answer, &keys, &mut house.rng), Err(GateError::WrongAnswer)));
    // After a restart nothing of it is different.
    let store =
        std::mem::replace(&mut house.gate, Gate::open(GATE, MemoryStore::new(), GateLimits::default()));
    house.gate = Gate::open(GATE, store.into_store(), GateLimits::default());
    assert!(house.trapdoors(&words(1)).is_ok());
    assert!(matches!(house.gate.install(old_share.expose_secret()), Err(GateError::RolledBack { .. })));
    let asked = old_key.ask(&words(1), GATE, "dr-chen", &house.reader, NOW, &mut house.rng).unwrap();
    assert!(matches!(serve(&mut house, asked.request(), NOW), Err(GateError::Refused)));
}

/// A share of another index, domain, epoch or policy does nothing here, and cannot be put in this one's place.
#[test]
fn shares_of_others_and_changed_ones() {
    let mut house = House::new("shares");
    let other = House::new("other shares");
    let share = house.owner.share(&house.context(), &house.policy, 1, copy(&house.seed));
    let share = share.expose_secret().to_vec();
    for at in 0..share.len() {
        let mut changed = share.clone();
        changed[at] ^= 1;
        assert!(house.gate.install(&changed).is_err(), "{at}");
    }
    for length in 0..share.len() {
        assert!(house.gate.install(&share[..length]).is_err());
    }
    // Of this index, signed by the owner of the other one.
    let forged = other.owner.share(&house.context(), &house.policy, 2, copy(&house.seed));
    assert!(matches!(house.gate.install(forged.expose_secret()), Err(GateError::Signature)));
    // Others beside it.
    let mental = Domain::new("mental-health").unwrap();
    let contexts = [
        house.owner.context(&mental, IndexEpoch::FIRST, 1),
        house.owner.context(&house.domain, IndexEpoch::new(2).unwrap(), 1),
        house.owner.context(&house.domain, IndexEpoch::FIRST, 2),
    ];
    let foreign = other.owner.share(&other.context(), &house.policy, 1, copy(&house.seed));
    house.gate.install(foreign.expose_secret()).unwrap();
    for context in &contexts {
        let share = house.owner.share(context, &house.policy, 1, copy(&house.seed));
        house.gate.install(share.expose_secret()).unwrap();
    }
    assert!(house.trapdoors(&words(1)).is_ok());
    // Answers of theirs to a reader who has the seed, but asks for this index: they fail in his hands. Trapdoors of theirs open nothing here.
    let keys = ContextKeys::new(&house.head, &house.context()).unwrap();
    for context in &contexts {
        let entry = house.head.policies(&house.context()).next().unwrap().clone();
        let key = SearchKey::new(&house.seed, context, &entry);
        let asked = key.ask(&words(1), GATE, "dr-chen", &house.reader, NOW, &mut house.rng).unwrap();
        let answer = serve(&mut house, asked.request(), NOW).unwrap();
        let here = ask(&mut house, 1, NOW);
        assert!(matches!(here.finish(&answer, &keys, &mut house.rng), Err(GateError::WrongAnswer)));
        assert!(matches!(asked.finish(&answer, &keys, &mut house.rng), Err(GateError::NotAsked)));
        let foreign = house.owner.trapdoors(context, &words(1));
        assert!(foreign[0].entry_keys(&keys).is_none());
    }
    // A closed epoch's shares go, and no other's.
    assert_eq!(house.gate.close(&contexts[1]).unwrap(), 1);
    assert_eq!(house.gate.close(&contexts[1]).unwrap(), 0);
    assert!(house.trapdoors(&words(1)).is_ok());
    assert_eq!(house.gate.close(&house.context()).unwrap(), 1);
    assert!(matches!(house.trapdoors(&words(1)), Err(GateError::Refused)));
}

/// One answer that is wrong in any place spoils all, and says nothing.
#[test]
fn wrong_answers() {
    let mut house = House::new("answers");
    let keys = ContextKeys::new(&house.head, &house.context()).unwrap();
    let wrong = |change: &dyn Fn(&mut Vec<u8>), house: &mut House| {
        let asked = ask(house, 3, NOW);
        let mut answer = serve(house, asked.request(), NOW).unwrap();
        change(&mut answer);
        asked.finish(&answer, &keys, &mut house.rng).map(|trapdoors| trapdoors.len())
    };
    assert_eq!(wrong(&|_| (), &mut house).unwrap(), 3);
    let points = 7 + 4;
    for (one, two) in [(0, 1), (0, 2), (1, 2)] {
        let swap = |answer: &mut Vec<u8>| {
            for byte in 0..48 {
                answer.swap(points + 48 * one + byte, points + 48 * two + byte);
            }
        };
        assert!(matches!(wrong(&swap, &mut house), Err(GateError::WrongAnswer)));
        let copied = |answer: &mut Vec<u8>| {
            answer.copy_within(points + 48 * one..points + 48 * one + 48, points + 48 * two);
        };
        assert!(matches!(wrong(&copied, &mut house), Err(GateError::WrongAnswer)));
    }
    // The negative of one point.
    for place in 0..3 {
        let negate = |answer: &mut Vec<u8>| answer[points + 48 * place] ^= 0x20;
        assert!(matches!(wrong(&negate, &mut house), Err(GateError::WrongAnswer)), "{place}");
    }
    // The answer to another request for the same keywords: another ρ.
    let other = ask(&mut house, 3, NOW);
    let other = serve(&mut house, other.request(), NOW).unwrap();
    assert!(matches!(wrong(&|answer| *answer = other.clone(), &mut house), Err(GateError::WrongAnswer)));
    // Fewer, more, none.
    let fewer = ask(&mut house, 2, NOW);
    let fewer = serve(&mut house, fewer.request(), NOW).unwrap();
    assert!(matches!(wrong(&|answer| *answer = fewer.clone(), &mut house), Err(GateError::NotAsked)));
    assert!(matches!(wrong(&|answer| answer.push(0), &mut house), Err(GateError::Malformed(_))));
    assert!(matches!(wrong(&Vec::clear, &mut house), Err(GateError::Malformed(_))));
}
