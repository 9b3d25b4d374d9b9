use super::*;
use crate::ledger::note::NoteKey;
use crate::merkle::{Nodes, consistency_path, leaf_hash};
use crate::secret::Secret;

const LOG: &str = "log.example/ledger";

fn signer(name: &str, kind: KeyType, seed: u8) -> NoteSigner {
    NoteSigner::new(name, kind, &Secret::new([seed; 32])).unwrap()
}

fn log() -> NoteSigner {
    signer(LOG, KeyType::Ed25519, 1)
}

fn witness() -> Witness {
    Witness::new([LogKeys::new(log().public().clone()).unwrap()])
}

/// A log of numbered leaves; those from `fork` on are others.
struct Leaves {
    fork: u64,
}

impl Nodes for Leaves {
    type Error = ();

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, ()> {
        let mut tree = MerkleTree::new();
        for leaf in index << level..(index + 1) << level {
            tree.push(leaf_hash(&[&leaf.to_be_bytes(), &[u8::from(leaf >= self.fork)]]));
        }
        Ok(tree.root())
    }
}

fn request(old: u64, size: u64, fork: u64) -> WitnessRequest {
    let mut leaves = Leaves { fork };
    let path = consistency_path(&mut leaves, old, size).unwrap().unwrap_or_default();
    let root = crate::merkle::root_at(&mut leaves, size).unwrap();
    WitnessRequest { old, path, checkpoint: Checkpoint::sign(size, root, &log()) }
}

fn cosign(state: &mut WitnessState, request: &WitnessRequest) -> Result<NoteKey, Refusal> {
    let key = signer("w.example", KeyType::Cosignature, 2);
    let cosigning = witness().check(state, request)?;
    *state = WitnessState::from_bytes(&cosigning.state().to_bytes()).unwrap();
    let (new, line) = cosigning.sign(&key, 1_800_000_000).unwrap();
    assert_eq!(new, *state);
    let cosigned = request.checkpoint.with_signatures(&line).unwrap();
    assert_eq!(cosigned.signed_by(key.public()), Ok(Some(1_800_000_000)));
    assert_eq!(cosigned.hash(), request.checkpoint.hash());
    Ok(key.public().clone())
}

#[test]
fn it_cosigns_what_continues_and_never_goes_back() {
    let mut state = WitnessState::default();
    const NEVER: u64 = u64::MAX;
    cosign(&mut state, &request(0, 5, NEVER)).unwrap();
    cosign(&mut state, &request(5, 5, NEVER)).unwrap();
    cosign(&mut state, &request(5, 12, NEVER)).unwrap();
    let before = state.clone();
    let refused = |request: &WitnessRequest| {
        let mut state = before.clone();
        let refusal = cosign(&mut state, request).unwrap_err();
        assert_eq!(state, before);
        refusal
    };
    assert_eq!(refused(&request(5, 13, NEVER)), Refusal::Conflict { size: 12 });
    assert_eq!(refused(&request(0, 13, NEVER)), Refusal::Conflict { size: 12 });
    assert_eq!(refused(&request(5, 7, NEVER)), Refusal::Conflict { size: 12 });
    // Back to fewer leaves, whatever is claimed.
    let back = WitnessRequest { old: 12, path: Vec::new(), ..request(0, 7, NEVER) };
    assert_eq!(refused(&back), Refusal::Order { old: 12, size: 7 });
    // Other leaves from 11 on: as many, or more.
    assert_eq!(refused(&request(12, 12, 11)), Refusal::Fork { size: 12 });
    assert_eq!(refused(&request(5, 12, 11)), Refusal::Fork { size: 12 });
    assert_eq!(refused(&request(12, 20, 11)), Refusal::Inconsistent { old: 12, size: 20 });
    let bare = WitnessRequest { path: Vec::new(), ..request(12, 20, NEVER) };
    assert_eq!(refused(&bare), Refusal::Inconsistent { old: 12, size: 20 });
    let mut more = request(12, 20, NEVER);
    more.path.push([0; 32]);
    assert_eq!(refused(&more), Refusal::Inconsistent { old: 12, size: 20 });
    let statuses =
        [(request(5, 13, NEVER), 409), (back, 400), (request(12, 20, 11), 422), (request(12, 12, 11), 409)];
    assert!(statuses.iter().all(|(request, status)| refused(request).status() == *status));
    cosign(&mut state, &request(12, 20, NEVER)).unwrap();
    assert_eq!(state.last(LOG).unwrap().0, 20);
}

#[test]
fn it_cosigns_what_the_log_has_signed_and_nothing_else() {
    let state = WitnessState::default();
    let root = request(0, 5, u64::MAX).checkpoint.head().root;
    let by = |signer: &NoteSigner| WitnessRequest {
        old: 0,
        path: Vec::new(),
        checkpoint: Checkpoint::sign(5, root, signer),
    };
    let stranger = by(&signer(LOG, KeyType::Ed25519, 9));
    let refusal = witness().check(&state, &stranger).unwrap_err();
    assert_eq!((refusal.status(), refusal), (403, Refusal::Signature(Fault::Unsigned { size: 5 })));
    let other = by(&signer("other.example", KeyType::Ed25519, 1));
    let refusal = witness().check(&state, &other).unwrap_err();
    assert_eq!((refusal.status(), refusal), (404, Refusal::UnknownLog("other.example".into())));
    let right = witness().check(&state, &by(&log())).unwrap();
    assert_eq!(right.sign(&log(), 7).unwrap_err(), NoteError::Key);
    // The empty log has one root.
    let empty = WitnessRequest { old: 0, path: Vec::new(), checkpoint: Checkpoint::sign(0, root, &log()) };
    assert_eq!(witness().check(&state, &empty).unwrap_err(), Refusal::Fork { size: 0 });
    assert!(witness().check(&state, &request(0, 0, 0)).is_ok());
}

#[test]
fn requests_and_states_have_one_text() {
    for request in [request(0, 5, 9), request(5, 300, 999), request(7, 7, 9)] {
        let text = request.to_text();
        assert_eq!(WitnessRequest::parse(text.as_bytes()).unwrap(), request);
        for length in 0..text.len() - 1 {
            assert!(WitnessRequest::parse(&text.as_bytes()[..length]).is_err(), "{length}");
        }
        for (from, to) in [("old ", "old 0"), ("old ", "old +"), ("old ", "Old "), ("\n", "\n\n")] {
            assert!(WitnessRequest::parse(text.replacen(from, to, 1).as_bytes()).is_err(), "{to:?}");
        }
    }
    let logs = [("a.example", (3, [1; 32])), ("b.example", (0, [2; 32]))];
    let state = WitnessState { logs: logs.map(|(name, last)| (name.into(), last)).into() };
    let bytes = state.to_bytes();
    assert_eq!(WitnessState::from_bytes(&bytes).unwrap(), state);
    let text = String::from_utf8(bytes.clone()).unwrap();
    let of_a = text.strip_prefix(STATE).unwrap().split_inclusive('\n').take(3).collect::<String>();
    for length in 0..bytes.len() {
        // Whole logs may be missing; of that the format knows nothing.
        let is_whole = [STATE.len(), STATE.len() + of_a.len()].contains(&length);
        assert_eq!(WitnessState::from_bytes(&bytes[..length]).is_ok(), is_whole, "{length}");
    }
    for wrong in [format!("{text}{of_a}"), text.replace("a.ex", "c.ex"), text.replace("\n3\n", "\n03\n")] {
        assert!(WitnessState::from_bytes(wrong.as_bytes()).is_err(), "{wrong}");
    }
}
