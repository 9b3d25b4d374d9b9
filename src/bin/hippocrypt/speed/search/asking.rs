//! What readers, gate and owner do for a keyword, whatever the size of the index.

use hippocrypt::math::{G1, Scalar};
use hippocrypt::rand_core::CryptoRng;
use hippocrypt::search::{GateError, IndexEpoch, MAX_POINTS, PolicyEntry, PolicySeed};
use hippocrypt::{Secret, os_rng};

use super::super::workload::Wrong;
use super::house::{GATE, House, NOW, READER, copy, keywords};
use super::watch::{Figure, Watch};

/// Labs of the index whose keys of entries are computed.
const LABS: usize = 8;

/// Asking, the gate's answer, and reading it: alone, and 64 keywords at once.
pub fn trapdoors(watch: &Watch, samples: usize) -> Result<Vec<Figure>, Wrong> {
    let mut rng = os_rng();
    let mut house = House::new()?;
    let (keys, keys_of) = (house.keys()?, house.keys_of());
    let mut figures = Vec::new();
    for count in [1, MAX_POINTS] {
        let per = |op: &str, per: &str| Figure::new(op, None, per).with("batch", count);
        let mut ask = per("trapdoor-ask", "keyword");
        let mut admit = per("gate-admit", "request");
        let mut raise = per("gate", "point");
        let mut unblind = per("trapdoor-unblind", "keyword");
        let mut finish = per("trapdoor-finish", "batch");
        for round in 0..samples {
            let keywords = keywords(&format!("r{round}"), count)?;
            let (search, reader) = (&house.search, &house.reader);
            let asked = watch.time(&mut ask, count, || {
                search.ask(&keywords, GATE, READER, reader, NOW, &mut os_rng())
            })??;
            let gate = &mut house.gate;
            let admitted = watch.time(&mut admit, 1, || gate.admit(asked.request(), NOW, &keys_of))??;
            let answer = watch.time(&mut raise, count, || admitted.answer())??;
            // What the reader does with each point of the answer, on points of the same kind.
            let blinded = blinded(count, &mut rng);
            let opened = watch.time(&mut unblind, count, || {
                let open = |(point, rho): &([u8; 48], Secret<Scalar>)| {
                    Some(G1::from_bytes(point)?.pow(&Secret::new(rho.expose_secret().invert())))
                };
                blinded.iter().filter_map(open).count()
            })?;
            Wrong::unless(opened == count, "a point is not one")?;
            finish.bytes(answer.len());
            let found = watch.time(&mut finish, 1, || asked.finish(&answer, &keys, &mut os_rng()))??;
            let expected = house.owner.trapdoors(&house.context, &keywords);
            let bytes =
                |trapdoors| hippocrypt::search::Trapdoor::all_to_bytes(trapdoors).expose_secret().to_vec();
            Wrong::unless(bytes(&found) == bytes(&expected), "the gate's trapdoors are not the owner's")?;
        }
        let reader = ask.copied().plus(&unblind, "trapdoor-reader");
        let verify = finish.copied().without(&unblind, count as f64, "trapdoor-verify");
        figures.extend([reader, verify, raise, admit]);
    }
    Ok(figures)
}

/// Points as a gate returns them, encoded, and what they were blinded with.
fn blinded(count: usize, rng: &mut impl CryptoRng) -> Vec<([u8; 48], Secret<Scalar>)> {
    let mut one = || {
        let [point, rho] = [(); 2].map(|()| Secret::<Scalar>::random_nonzero(rng));
        (G1::generator().pow(&point).to_bytes(), rho)
    };
    (0..count).map(|_| one()).collect()
}

/// From a trapdoor to the keys of the entries of several labs.
pub fn entry_keys(watch: &Watch, samples: usize) -> Result<Vec<Figure>, Wrong> {
    let mut house = House::new()?;
    for _ in 0..LABS {
        house.lab()?;
    }
    let keys = house.keys()?;
    let mut figure = Figure::new("entry-key-lab", None, "keyword and lab").with("labs", LABS);
    let (words, first) = (keywords("code", samples)?, keywords("first", 1)?);
    // The tables of the labs are made at the first keyword.
    for trapdoor in house.owner.trapdoors(&house.context, &first) {
        Wrong::unless(trapdoor.entry_keys(&keys).is_some(), "the context is another one")?;
    }
    for trapdoor in house.owner.trapdoors(&house.context, &words) {
        let made = watch.time(&mut figure, LABS, || trapdoor.entry_keys(&keys))?;
        Wrong::unless(made.is_some(), "the context is another one")?;
    }
    Ok(vec![figure])
}

/// Locking a reader out: R0 at the gate; R1 at the owner, and at the gate.
pub fn revocation(watch: &Watch, samples: usize) -> Result<Vec<Figure>, Wrong> {
    let mut house = House::new()?;
    house.device()?;
    let mut refuse = Figure::new("revoke-r0-gate", None, "refused request");
    let mut renew = Figure::new("revoke-r1-owner", None, "policy");
    let mut install = Figure::new("revoke-r1-gate", None, "policy");
    let words = keywords("code", 1)?;
    for round in 0..samples {
        let asked = house.search.ask(&words, GATE, READER, &house.reader, NOW, &mut os_rng())?;
        let gate = &mut house.gate;
        // Dismissed: nobody's key is his any more.
        let refused = watch.time(&mut refuse, 1, || gate.admit(asked.request(), NOW, |_| Vec::new()))?;
        Wrong::unless(matches!(refused, Err(GateError::Refused)), "a dismissed reader was admitted")?;

        let version = u32::try_from(round)? + 2;
        let entry = PolicyEntry {
            domain: house.context.domain.clone(),
            epoch: IndexEpoch::FIRST,
            policy: house.policy,
            version,
            header: Vec::new(),
        };
        house.contents.policies = vec![entry];
        let House { owner, context, policy, contents, head, .. } = &house;
        // Under the clock: a fresh seed, the share, the next head.
        let (share, head) = watch.time(&mut renew, 1, || {
            let seed = PolicySeed::random(&mut os_rng());
            let share = owner.share(context, policy, version, copy(&seed));
            (share, owner.sign(head.version() + 1, NOW, NOW + 86_400, contents.clone()))
        })?;
        house.head = head?;
        let gate = &mut house.gate;
        watch.time(&mut install, 1, || gate.install(share.expose_secret()))??;
        // His half is of a version that is over, though his name were let in again.
        let asked = house.search.ask(&words, GATE, READER, &house.reader, NOW, &mut os_rng())?;
        let keys_of = house.keys_of();
        let late = house.gate.serve(asked.request(), NOW, keys_of);
        Wrong::unless(matches!(late, Err(GateError::Refused)), "an old half was served")?;
    }
    Ok(vec![refuse, renew, install])
}
