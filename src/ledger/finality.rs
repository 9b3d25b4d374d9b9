//! When a checkpoint counts: who besides the log must have signed it. `[LEDGER-6.2]`

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::checkpoint::Checkpoint;
use super::note::{KeyType, NoteKey};
use super::verify::Fault;

/// What makes a checkpoint final for whoever verifies it. Others, as the decision of an engine that orders what several organisations write, may be added.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finality {
    /// The log's signature alone. **It proves nothing to somebody who has no earlier checkpoint of the same log**: the log can make another past for him, and
    /// sign it. To somebody who has one it proves that nothing before that was changed.
    Local,
    /// The log's signature, and those of enough witnesses, who sign only what continues what they signed before.
    Witnessed(Quorum),
}

/// k of n witnesses, of whom f may lie. `[LEDGER-6.2]`
///
/// There is none unless 2k > n + f: then any two sets of k witnesses share more than f, one of whom is honest, and an honest witness never signs two pasts. So
/// no two checkpoints that contradict each other both get a quorum. (That k are there when f stay away asks for k <= n - f as well; without that a liar
/// can hold checkpoints up, and nothing worse.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    witnesses: Vec<NoteKey>,
    needed: usize,
    faulty: usize,
}

/// Why witnesses are no quorum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuorumError {
    /// More are needed than there are.
    #[error("{needed} witnesses are needed, and there are {witnesses}")]
    TooFew {
        /// k.
        needed: usize,
        /// n.
        witnesses: usize,
    },
    /// Two quorums may have only liars in common.
    #[error(
        "two sets of {needed} of {witnesses} witnesses need not share an honest one if {faulty} lie: twice the number that is needed must be more than the \
         witnesses and the liars together"
    )]
    NoIntersection {
        /// k.
        needed: usize,
        /// n.
        witnesses: usize,
        /// f.
        faulty: usize,
    },
    /// The same witness twice.
    #[error("`{0}` is there twice, by its name or by its key: it would count twice")]
    Twice(String),
    /// Not the key of a witness.
    #[error("`{0}` is no key of a witness: it signs without a time")]
    NoWitness(String),
}

impl Quorum {
    /// `needed` (k) of these witnesses (n), of whom `faulty` (f) may lie.
    ///
    /// # Errors
    /// [`QuorumError`]: unless k <= n and 2k > n + f, if a name or a key is there twice, if a key is not one for cosignatures.
    pub fn new(witnesses: Vec<NoteKey>, needed: usize, faulty: usize) -> Result<Self, QuorumError> {
        let count = witnesses.len();
        if needed > count {
            return Err(QuorumError::TooFew { needed, witnesses: count });
        }
        if needed.saturating_mul(2) <= count.saturating_add(faulty) {
            return Err(QuorumError::NoIntersection { needed, witnesses: count, faulty });
        }
        let (mut names, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for witness in &witnesses {
            if witness.kind() != KeyType::Cosignature {
                return Err(QuorumError::NoWitness(witness.name().into()));
            }
            if !names.insert(witness.name()) || !keys.insert(witness.key_bytes()) {
                return Err(QuorumError::Twice(witness.name().into()));
            }
        }
        Ok(Self { witnesses, needed, faulty })
    }

    /// The witnesses.
    pub fn witnesses(&self) -> &[NoteKey] {
        &self.witnesses
    }

    /// How many of them must have signed: k.
    pub fn needed(&self) -> usize {
        self.needed
    }

    /// How many of them may lie: f.
    pub fn faulty(&self) -> usize {
        self.faulty
    }

    /// The time (seconds since 1970) for which the quorum vouches: k witnesses saw the checkpoint then or later, the k-th newest of the times that are said. As
    /// k > f, no liars can move it into the future. They can move it into the past if no more than k have signed; then ask one more witness.
    ///
    /// Witnesses with the key of the log itself do not count, nor do times after `latest`.
    ///
    /// # Errors
    /// [`Fault::Signature`], [`Fault::Witnesses`], [`Fault::Future`].
    pub(super) fn time(
        &self,
        checkpoint: &Checkpoint,
        is_log: impl Fn(&NoteKey) -> bool,
        now: u64,
        skew: u64,
    ) -> Result<u64, Fault> {
        let size = checkpoint.head().size;
        let (mut times, mut future) = (Vec::new(), None);
        for witness in self.witnesses.iter().filter(|witness| !is_log(witness)) {
            let time = checkpoint
                .signed_by(witness)
                .map_err(|_| Fault::Signature { size, signer: witness.name().into() })?;
            match time {
                Some(time) if time > now.saturating_add(skew) => {
                    future = Some(Fault::Future { witness: witness.name().into(), time, now });
                }
                Some(time) => times.push(time),
                None => {}
            }
        }
        times.sort_unstable_by(|one, other| other.cmp(one));
        // k is at least 1: see `new`.
        match self.needed.checked_sub(1).and_then(|at| times.get(at)) {
            Some(time) => Ok(*time),
            None => Err(future.unwrap_or(Fault::Witnesses { size, found: times.len(), needed: self.needed })),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::ledger::note::NoteSigner;
    use crate::secret::Secret;

    fn witness(number: u8) -> NoteSigner {
        NoteSigner::new(&format!("w{number}.example"), KeyType::Cosignature, &Secret::new([number; 32]))
            .unwrap()
    }

    fn keys(count: u8) -> Vec<NoteKey> {
        (1..=count).map(|number| witness(number).public().clone()).collect()
    }

    /// Every set of numbers below n, as bits.
    fn sets(n: usize, of: usize) -> impl Iterator<Item = u32> {
        (0u32..1 << n).filter(move |set| set.count_ones() as usize == of)
    }

    #[test]
    fn there_is_no_quorum_whose_sets_share_only_liars() {
        for n in 0..=9 {
            for k in 0..=n + 1 {
                for f in 0..=n + 1 {
                    let quorum = Quorum::new(keys(u8::try_from(n).unwrap()), k, f);
                    // What is meant, by looking at every pair of sets: they share more than f.
                    let safe = k <= n
                        && sets(n, k).all(|one| sets(n, k).all(|two| (one & two).count_ones() as usize > f));
                    assert_eq!(quorum.is_ok(), safe, "{k} of {n}, {f} lie");
                    assert_eq!(quorum.is_ok(), k <= n && 2 * k > n + f);
                }
            }
        }
    }

    #[test]
    fn a_witness_counts_once_and_is_one() {
        let mut twice = keys(3);
        twice.push(witness(2).public().clone());
        assert_eq!(Quorum::new(twice, 3, 0), Err(QuorumError::Twice("w2.example".into())));
        let mut renamed = keys(3);
        let same_key = NoteSigner::new("other.example", KeyType::Cosignature, &Secret::new([2; 32])).unwrap();
        renamed.push(same_key.public().clone());
        assert_eq!(Quorum::new(renamed, 3, 0), Err(QuorumError::Twice("other.example".into())));
        let mut log = keys(2);
        let other = NoteSigner::new("log.example", KeyType::Ed25519, &Secret::new([9; 32])).unwrap();
        log.push(other.public().clone());
        assert_eq!(Quorum::new(log, 3, 0), Err(QuorumError::NoWitness("log.example".into())));
    }

    #[test]
    fn liars_do_not_move_the_time_into_the_future() {
        let log = NoteSigner::new("log.example", KeyType::Ed25519, &Secret::new([99; 32])).unwrap();
        let quorum = Quorum::new(keys(4), 3, 1).unwrap();
        let at = |times: &[u64]| {
            let bare = Checkpoint::sign(5, [1; 32], &log);
            (1..).zip(times).fold(bare, |checkpoint, (number, time)| {
                if *time == 0 { checkpoint } else { checkpoint.signed_also_by(&witness(number), *time) }
            })
        };
        let time = |times: &[u64]| quorum.time(&at(times), |_| false, 1000, 10);
        assert_eq!(time(&[100, 200, 300]), Ok(100));
        assert_eq!(time(&[100, 200, 300, 1000]), Ok(200));
        assert_eq!(time(&[100, 200, 1010]), Ok(100));
        assert_eq!(time(&[100, 1011, 200, 300]), Ok(100));
        let future = Fault::Future { witness: "w3.example".into(), time: 1011, now: 1000 };
        assert_eq!(time(&[100, 200, 1011]), Err(future));
        assert_eq!(time(&[100, 0, 0, 200]), Err(Fault::Witnesses { size: 5, found: 2, needed: 3 }));
        // The log is no witness of itself.
        let itself = |key: &NoteKey| *key == *witness(1).public();
        let found = quorum.time(&at(&[100, 200, 300]), itself, 1000, 10);
        assert_eq!(found, Err(Fault::Witnesses { size: 5, found: 2, needed: 3 }));
    }
}
