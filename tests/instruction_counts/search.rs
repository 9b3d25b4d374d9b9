//! The keyword index: a gate, a reader's trapdoors and keys, a writer's keys and segments.

use hippocrypt::ReaderSeed;
use hippocrypt::Secret;
use hippocrypt::search::*;
use hippocrypt::store::MemoryStore;

use crate::operations::{count, rng};

const GATE: &str = "gate";

fn keywords(number: usize) -> Vec<Keyword> {
    (0..number).map(|i| Keyword::new("code", &format!("word-{i}")).unwrap()).collect()
}

/// Runs everything, under callgrind.
pub fn count_all() {
    let rng = &mut rng();
    let (owner, domain) = (IndexOwner::generate(rng), Domain::new("general").unwrap());
    let context = owner.context(&domain, IndexEpoch::FIRST, 1);
    let (policy, seed) = (PolicyId::from_bytes([1; 16]), || PolicySeed::new(Secret::new([2; 32])));
    let share = owner.share(&context, &policy, 1, seed());
    let (device, entry) = owner.writer(&context, rng);
    let scopes = vec![owner.scope(&domain, context.epoch, 1)];
    let first = owner.sign(1, 0, 1, HeadContents { scopes, ..HeadContents::default() }).unwrap();
    let (lab, card) = IndexWriter::lab(&first, &context, rng).unwrap();
    let writers = vec![entry, owner.admit(&card, &context).unwrap()];
    let (epoch, header) = (context.epoch, Vec::new());
    let policies = vec![PolicyEntry { domain, epoch, policy, version: 1, header }];
    let contents = HeadContents { writers, policies: policies.clone(), ..first.contents().clone() };
    let head = owner.sign(2, 0, 1, contents).unwrap();

    count("search/share", || owner.share(&context, &policy, 1, seed()));
    count("search/key", || SearchKey::new(&seed(), &context, &policies[0]));
    let key = SearchKey::new(&seed(), &context, &policies[0]);
    let signer = ReaderSeed::generate(rng).request_key();
    let keys = ContextKeys::new(&head, &context).unwrap();
    for n in [1, 10] {
        let words = keywords(n);
        count(&format!("search/ask/{n}"), || key.ask(&words, GATE, "r", &signer, 0, rng).unwrap());
        let mut asked: Vec<_> =
            (0..2).map(|_| key.ask(&words, GATE, "r", &signer, 0, rng).unwrap()).collect();
        let mut gate = Gate::open(GATE, MemoryStore::new(), GateLimits::default());
        gate.install(share.expose_secret()).unwrap();
        let public = signer.public_bytes();
        let mut requests: Vec<_> = asked.iter().map(|asked| asked.request().to_vec()).collect();
        let mut answers = Vec::new();
        count(&format!("search/gate/{n}"), || {
            answers.insert(0, gate.serve(&requests.remove(0), 0, |_| vec![public]).unwrap());
        });
        count(&format!("search/finish/{n}"), || {
            asked.remove(0).finish(&answers.pop().unwrap(), &keys, rng).unwrap()
        });
    }
    let trapdoor = owner.trapdoors(&context, &keywords(1)).remove(0);
    count("search/entry-keys", || trapdoor.entry_keys(&keys).unwrap());
    for (name, mut writer) in [("device", device), ("lab", lab)] {
        let words = keywords(10);
        count(&format!("search/keywords/{name}/10"), || {
            writer.forget_keywords();
            writer.prepare(&words);
        });
        count(&format!("search/append/{name}/30"), || {
            for _ in 0..3 {
                writer.add(Handle::from_bytes([3; 16]), [0; 3], &words);
            }
            writer.finish(&head, &LeakageProfile::standard(), rng).unwrap()
        });
    }
}
