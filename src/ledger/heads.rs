//! Patients' last transactions under one root: a canonical Merkle trie over their handles. `[LEDGER-4]`
//!
//! A node stands for all patients whose handles begin with the same bits. It has two children, and says at which bit they part; patients who are alone
//! below a node are leaves. So the trie is a function of the set alone, whatever the order of its coming, and one patient more changes the nodes above her and no others.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::leaf::Subject;
use crate::merkle::Hash;

// Apart from the leaves (0) and nodes (1) of the log itself.
const PATIENT: u8 = 2;
const FORK: u8 = 3;
/// Bits of a name.
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
        state.update(self.subject.as_bytes());
        state.update(self.number.to_be_bytes());
        state.update(self.last);
        state.finalize().into()
    }
}

/// A patient, or all patients whose names begin alike: the name of one of them, and the root over them.
pub(super) type Branch = (Subject, Hash);

/// The hash of a fork at bit `at` (0: the first bit of all).
fn fork(at: u8, left: &Hash, right: &Hash) -> Hash {
    let mut state = Sha256::new_with_prefix([FORK, at]);
    state.update(left);
    state.update(right);
    state.finalize().into()
}

fn bit(subject: &Subject, at: u8) -> bool {
    let byte = subject.as_bytes().get(usize::from(at / 8)).copied().unwrap_or_default();
    byte >> (7 - at % 8) & 1 == 1
}

/// The first bit in which two names differ; `None` if they are the same.
fn parting(one: &Subject, other: &Subject) -> Option<u8> {
    let difference = u128::from_be_bytes(*one.as_bytes()) ^ u128::from_be_bytes(*other.as_bytes());
    (difference != 0).then(|| u8::try_from(difference.leading_zeros()).unwrap_or(u8::MAX))
}

/// The root over patients, who are sorted by name, each once. Of none it is zeros.
pub fn root(sorted: &[PatientHead]) -> Hash {
    root_of(sorted.iter().map(|head| (head.subject, head.hash())))
}

/// The root over branches that are sorted by name, no one of which holds what another holds.
pub(super) fn root_of(sorted: impl IntoIterator<Item = Branch>) -> Hash {
    // Subtrees to the left that wait for their right side: the bit at which they part from what comes after them, and their hash.
    let mut waiting: Vec<(u8, Hash)> = Vec::new();
    let mut branches = sorted.into_iter().peekable();
    let mut top = [0; 32];
    while let Some((subject, hash)) = branches.next() {
        let mut node = hash;
        let next = branches.peek().and_then(|(next, _)| parting(&subject, next));
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

/// From the root over sorted branches the way down that the bits of a name go: where it ends, and the forks, from the lowest on.
pub(super) fn way(sorted: &[Branch], subject: &Subject) -> Option<(Branch, Vec<(u8, Hash)>)> {
    let mut range = sorted;
    let mut steps = Vec::new();
    while let [first, .., last] = range {
        let at = parting(&first.0, &last.0)?;
        let (left, right) = range.split_at(range.partition_point(|(name, _)| !bit(name, at)));
        let (mine, other) = if bit(subject, at) { (right, left) } else { (left, right) };
        steps.push((at, root_of(other.iter().copied())));
        range = mine;
    }
    steps.reverse();
    range.first().map(|end| (*end, steps))
}

/// What the trie says of a name: where the way that its bits go ends, and the way back up to the root. `[LEDGER-4.2]`
///
/// It ends at the patient herself, or, if she is not there, at somebody else: then nobody is there of whose name all bits at forks are hers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeadProof {
    /// Where the way ends; none if there are no patients.
    pub head: Option<PatientHead>,
    /// Forks from the lowest on: at which bit, and the hash of the other side.
    pub steps: Vec<(u8, Hash)>,
}

impl HeadProof {
    /// What this says of a name under a root: her head, or none if she is not there. `Err` if it proves nothing of the two.
    #[allow(clippy::result_unit_err)]
    pub fn says_of(&self, subject: &Subject, root: &Hash) -> Result<Option<PatientHead>, ()> {
        let Some(head) = self.head else {
            return if self.steps.is_empty() && *root == [0; 32] { Ok(None) } else { Err(()) };
        };
        let mut node = head.hash();
        let mut below = BITS;
        for (at, other) in &self.steps {
            // Forks come one above the other, and the two names go the same way at each.
            if usize::from(*at) >= below || bit(&head.subject, *at) != bit(subject, *at) {
                return Err(());
            }
            below = usize::from(*at);
            node = match bit(subject, *at) {
                false => fork(*at, &node, other),
                true => fork(*at, other, &node),
            };
        }
        if node != *root {
            return Err(());
        }
        Ok((head.subject == *subject).then_some(head))
    }
}

/// All patients' heads, kept so that a new root costs no more than what has changed: under the root over the first byte of names
/// the one over the second, and under that the patients. `[LEDGER-4.1]`
#[derive(Debug, Clone, Default)]
pub struct Heads {
    patients: BTreeMap<Subject, PatientHead>,
    /// By two bytes of the name.
    groups: BTreeMap<[u8; 2], Branch>,
    /// By one byte.
    storeys: BTreeMap<u8, Branch>,
    changed: BTreeSet<[u8; 2]>,
}

/// The first two bytes of a name.
pub(super) fn group_of(subject: &Subject) -> [u8; 2] {
    subject.as_bytes().first_chunk().copied().unwrap_or_default()
}

/// The least and the greatest name that begins with two bytes.
fn names_of(group: [u8; 2]) -> core::ops::RangeInclusive<Subject> {
    let (mut least, mut greatest) = ([0; 16], [0xff; 16]);
    for bytes in [&mut least, &mut greatest] {
        if let Some(first) = bytes.first_chunk_mut() {
            *first = group;
        }
    }
    Subject::from_bytes(least)..=Subject::from_bytes(greatest)
}

impl Heads {
    /// A patient's head.
    pub fn get(&self, subject: &Subject) -> Option<&PatientHead> {
        self.patients.get(subject)
    }

    /// Puts a patient's head in the place of the former one.
    pub fn set(&mut self, head: PatientHead) {
        self.changed.insert(group_of(&head.subject));
        self.patients.insert(head.subject, head);
    }

    /// How many patients there are.
    pub fn len(&self) -> usize {
        self.patients.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.patients.is_empty()
    }

    /// The root.
    pub fn root(&mut self) -> Hash {
        let changed = core::mem::take(&mut self.changed);
        let mut storeys = BTreeSet::new();
        for group in changed {
            let patients = self.patients.range(names_of(group)).map(|(name, head)| (*name, head.hash()));
            let hash = root_of(patients);
            self.groups.insert(group, (*names_of(group).start(), hash));
            storeys.extend(group.first());
        }
        for storey in storeys {
            let groups = self.groups.range([storey, 0]..=[storey, 0xff]).map(|(_, branch)| *branch);
            self.storeys.insert(storey, (*names_of([storey, 0]).start(), root_of(groups)));
        }
        root_of(self.storeys.values().copied())
    }

    /// The roots over two bytes of names, and over one, as they are kept in a store.
    #[allow(clippy::type_complexity)]
    pub(super) fn branches(&self) -> (BTreeMap<Subject, Hash>, BTreeMap<Subject, Hash>) {
        (self.groups.values().copied().collect(), self.storeys.values().copied().collect())
    }

    /// What the trie says of a name.
    pub fn prove(&mut self, subject: &Subject) -> HeadProof {
        self.root();
        let Some((storey, top)) = way_among(&self.storeys, subject) else { return HeadProof::default() };
        let of_storey =
            self.groups.range([storey, 0]..=[storey, 0xff]).map(|(group, branch)| (*group, *branch));
        let Some((group, middle)) = way_among(&of_storey.collect(), subject) else {
            return HeadProof::default();
        };
        let patients: Vec<Branch> =
            self.patients.range(names_of(group)).map(|(name, head)| (*name, head.hash())).collect();
        let Some(((name, _), steps)) = way(&patients, subject) else { return HeadProof::default() };
        let steps = [steps, middle, top].concat();
        HeadProof { head: self.patients.get(&name).copied(), steps }
    }
}

/// The way among branches that are kept by the first bytes of their names: to which of them, and the forks.
fn way_among<K: Copy + Ord>(
    branches: &BTreeMap<K, Branch>,
    subject: &Subject,
) -> Option<(K, Vec<(u8, Hash)>)> {
    let sorted: Vec<Branch> = branches.values().copied().collect();
    let ((name, _), steps) = way(&sorted, subject)?;
    branches.iter().find(|(_, (other, _))| *other == name).map(|(key, _)| (*key, steps))
}

#[cfg(test)]
mod tests {
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
            let subject = Subject::from_bytes(subject);
            all.insert(subject, PatientHead { subject, number: number + 1, last: hash.into() });
        }
        all.into_values().collect()
    }

    #[test]
    fn the_root_is_that_of_the_definition_however_it_came_about() {
        for count in [0, 1, 2, 3, 4, 5, 17, 100, 300] {
            let heads = heads(count);
            assert_eq!(root(&heads), specification(&heads), "{count}");
            let mut kept = Heads::default();
            for (n, head) in heads.iter().rev().enumerate() {
                kept.set(PatientHead { number: 77, ..*head });
                if n % 7 == 0 {
                    kept.root();
                }
                kept.set(*head);
            }
            assert_eq!((kept.root(), kept.len()), (root(&heads), heads.len()));
        }
    }

    #[test]
    fn of_every_name_it_is_proved_whether_it_is_there() {
        let all = heads(80);
        let (there, others): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(n, _)| n % 4 != 0);
        let there: Vec<PatientHead> = there.into_iter().map(|(_, head)| *head).collect();
        let mut kept = Heads::default();
        there.iter().for_each(|head| kept.set(*head));
        let top = root(&there);
        for head in &there {
            let proof = kept.prove(&head.subject);
            assert_eq!(proof.says_of(&head.subject, &top), Ok(Some(*head)));
            for wrong in [
                PatientHead { number: head.number + 1, ..*head },
                PatientHead { last: [7; 32], ..*head },
                PatientHead { subject: Subject::from_bytes([9; 16]), ..*head },
            ] {
                let lie = HeadProof { head: Some(wrong), steps: proof.steps.clone() };
                assert_eq!(lie.says_of(&wrong.subject, &top), Err(()));
            }
            // Somebody else's proof does not make her absent.
            for other in there.iter().filter(|other| other.subject != head.subject) {
                let theirs = kept.prove(&other.subject);
                assert_eq!(theirs.says_of(&head.subject, &top), Err(()));
            }
            for step in 0..proof.steps.len() {
                let mut damaged = proof.clone();
                damaged.steps[step].1[31] ^= 1;
                assert_eq!(damaged.says_of(&head.subject, &top), Err(()));
                let mut damaged = proof.clone();
                damaged.steps[step].0 ^= 1;
                assert_eq!(damaged.says_of(&head.subject, &top), Err(()));
                let mut damaged = proof.clone();
                damaged.steps.remove(step);
                assert_eq!(damaged.says_of(&head.subject, &top), Err(()));
            }
        }
        for (_, head) in others {
            let proof = kept.prove(&head.subject);
            assert_eq!(proof.says_of(&head.subject, &top), Ok(None));
        }
        let nobody = Heads::default().prove(&there[0].subject);
        assert_eq!(nobody.says_of(&there[0].subject, &[0; 32]), Ok(None));
        assert_eq!(nobody.says_of(&there[0].subject, &top), Err(()));
    }
}
