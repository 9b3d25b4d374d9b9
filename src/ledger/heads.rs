//! Patients' last transactions under one root: a canonical Merkle trie over their handles. `[LEDGER-4]`
//!
//! A node stands for all patients whose handles begin with the same bits. It has two children, and says at which bit they part; patients who are alone
//! below a node are leaves. So the trie is a function of the set alone, whatever the order of its coming, and one patient more changes the nodes above her and no others.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::leaf::Subject;
use crate::merkle::Hash;

// Apart from the leaves (0) and nodes (1) of the log itself.
const PATIENT: u8 = 2;
const FORK: u8 = 3;
/// Bits of a handle.
const BITS: usize = 128;

/// How far a patient's transactions go: how many, and the hash of the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatientHead {
    /// Whose.
    pub subject: Subject,
    /// How many transactions.
    pub number: u64,
    /// The hash of the last of them.
    pub last: Hash,
}

impl PatientHead {
    /// Its hash in the trie.
    pub fn hash(&self) -> Hash {
        let mut state = Sha256::new_with_prefix([PATIENT]);
        state.update(self.subject.0);
        state.update(self.number.to_be_bytes());
        state.update(self.last);
        state.finalize().into()
    }
}

/// The hash of a fork at bit `at` (0: the first bit of all).
fn fork(at: u8, left: &Hash, right: &Hash) -> Hash {
    let mut state = Sha256::new_with_prefix([FORK, at]);
    state.update(left);
    state.update(right);
    state.finalize().into()
}

fn bit(subject: &Subject, at: u8) -> bool {
    let byte = subject.0.get(usize::from(at / 8)).copied().unwrap_or_default();
    byte >> (7 - at % 8) & 1 == 1
}

/// The first bit in which two handles differ; `None` if they are the same.
fn parting(one: &Subject, other: &Subject) -> Option<u8> {
    let difference = u128::from_be_bytes(one.0) ^ u128::from_be_bytes(other.0);
    (difference != 0).then(|| u8::try_from(difference.leading_zeros()).unwrap_or(u8::MAX))
}

/// The root over patients, who are sorted by handle, each once. Of none it is zeros.
pub fn root(sorted: &[PatientHead]) -> Hash {
    // Subtrees to the left that wait for their right side: the bit at which they part from what comes after them, and their hash.
    let mut waiting: Vec<(u8, Hash)> = Vec::new();
    let mut heads = sorted.iter().peekable();
    let mut top = [0; 32];
    while let Some(head) = heads.next() {
        let mut node = head.hash();
        let next = heads.peek().and_then(|next| parting(&head.subject, &next.subject));
        // A fork is done when the next patient parts further up.
        while let Some((at, left)) = waiting.last()
            && next.is_none_or(|next| next < *at)
        {
            node = fork(*at, left, &node);
            waiting.pop();
        }
        match next {
            Some(at) => waiting.push((at, node)),
            None => top = node,
        }
    }
    top
}

/// The way from a patient, or from where she would stand, up to the root. `[LEDGER-4.2]`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeadProof {
    /// Forks from the lowest on: at which bit, and the hash of the other side.
    pub steps: Vec<(u8, Hash)>,
}

impl HeadProof {
    /// The proof for a patient among patients who are sorted by handle; `None` if she is not there. Linear in their number.
    pub fn of(sorted: &[PatientHead], subject: &Subject) -> Option<Self> {
        let at = sorted.binary_search_by_key(subject, |head| head.subject).ok()?;
        let (mut from, mut to) = (0, sorted.len());
        let mut steps = Vec::new();
        while to - from > 1 {
            let (first, last) = (sorted.get(from)?, sorted.get(to - 1)?);
            let at_bit = parting(&first.subject, &last.subject)?;
            let range = sorted.get(from..to)?;
            let middle = from + range.partition_point(|head| !bit(&head.subject, at_bit));
            if at < middle {
                steps.push((at_bit, root(sorted.get(middle..to)?)));
                to = middle;
            } else {
                steps.push((at_bit, root(sorted.get(from..middle)?)));
                from = middle;
            }
        }
        steps.reverse();
        Some(Self { steps })
    }

    /// The root that this leads to from a patient; `None` if it is no way: its forks must come one above the other.
    pub fn root(&self, head: &PatientHead) -> Option<Hash> {
        let mut node = head.hash();
        let mut below = BITS;
        for (at, other) in &self.steps {
            if usize::from(*at) >= below {
                return None;
            }
            below = usize::from(*at);
            node = match bit(&head.subject, *at) {
                false => fork(*at, &node, other),
                true => fork(*at, other, &node),
            };
        }
        Some(node)
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use super::*;

    /// The definition, word for word.
    fn specification(heads: &[PatientHead]) -> Hash {
        match heads {
            [] => [0; 32],
            [one] => one.hash(),
            [first, .., last] => {
                let at = (0..128).find(|at| bit(&first.subject, *at) != bit(&last.subject, *at)).unwrap();
                let (right, left): (Vec<_>, Vec<_>) = heads.iter().partition(|head| bit(&head.subject, at));
                fork(at, &specification(&left), &specification(&right))
            }
        }
    }

    /// Handles that share long beginnings, and others.
    fn heads(count: u64) -> Vec<PatientHead> {
        let mut all = BTreeMap::new();
        for number in 0..count {
            let mut subject = [0; 16];
            let hash = Sha256::digest(number.to_be_bytes());
            subject.copy_from_slice(&hash[..16]);
            if number % 3 == 0 {
                subject[..15].fill(0xa5);
            }
            let subject = Subject(subject);
            all.insert(subject, PatientHead { subject, number: number + 1, last: hash.into() });
        }
        all.into_values().collect()
    }

    #[test]
    fn the_root_is_that_of_the_definition() {
        for count in [0, 1, 2, 3, 4, 5, 17, 100, 300] {
            let heads = heads(count);
            assert_eq!(root(&heads), specification(&heads), "{count}");
        }
    }

    #[test]
    fn every_patient_has_a_proof_and_it_holds_for_her_alone() {
        let heads = heads(60);
        let top = root(&heads);
        for head in &heads {
            let proof = HeadProof::of(&heads, &head.subject).unwrap();
            assert_eq!(proof.root(head), Some(top));
            for wrong in [
                PatientHead { number: head.number + 1, ..*head },
                PatientHead { last: [7; 32], ..*head },
                PatientHead { subject: Subject([9; 16]), ..*head },
            ] {
                assert_ne!(proof.root(&wrong), Some(top));
            }
            for step in 0..proof.steps.len() {
                let mut damaged = proof.clone();
                damaged.steps[step].1[31] ^= 1;
                assert_ne!(damaged.root(head), Some(top));
                let mut damaged = proof.clone();
                damaged.steps[step].0 ^= 1;
                assert_ne!(damaged.root(head), Some(top));
                let mut damaged = proof.clone();
                damaged.steps.remove(step);
                assert_ne!(damaged.root(head), Some(top));
            }
        }
        assert_eq!(HeadProof::of(&heads, &Subject([1; 16])), None);
    }

    #[test]
    fn a_way_that_does_not_rise_is_none() {
        let head = heads(1)[0];
        let up = HeadProof { steps: [(9, [1; 32]), (3, [2; 32])].into() };
        assert!(up.root(&head).is_some());
        for steps in [[(3, [1; 32]), (9, [2; 32])], [(3, [1; 32]), (3, [2; 32])]] {
            assert_eq!(HeadProof { steps: steps.into() }.root(&head), None);
        }
        assert_eq!(HeadProof { steps: [(128, [1; 32])].into() }.root(&head), None);
    }
}
