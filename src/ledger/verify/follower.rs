//! Whoever looks at a log again and again. `[LEDGER-6.4]`

use super::{Accepted, Fault, Verifier};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::Entry;
use crate::ledger::proof::{ConsistencyProof, InclusionProof};

/// A verifier that remembers the last checkpoint it accepted, and accepts none that does not continue it. `[LEDGER-6.4]`
///
/// The first checkpoint is taken as it comes; what it says of the time before is worth what its finality is. From then on the log cannot change
/// anything of what the follower has seen without a [`Fault`].
///
/// **Time.** Bodies of transactions may name times; those are the log's own word. What can be trusted are the times of the witnesses, and they only say: what this
/// checkpoint has and the one before had not came between the two. The rule, as it is applied here to every checkpoint:
/// 1. a cosignature from after `now` + skew does not count;
/// 2. the time of a checkpoint is one that k witnesses vouch for ([`Accepted::time`]);
/// 3. it does not lie before that of the checkpoint accepted last by more than the skew.
///
/// To be kept between runs: the keys ([`LogKeys`](super::LogKeys), as text) and the last checkpoint (with its signatures); [`resume`](Self::resume) takes
/// them up again.
#[derive(Debug, Clone)]
pub struct Follower {
    verifier: Verifier,
    last: Option<Accepted>,
}

impl Follower {
    /// One who has seen nothing yet.
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier, last: None }
    }

    /// One who goes on from the checkpoint that he accepted last.
    ///
    /// # Errors
    /// [`Fault`] if he would not accept it now.
    pub fn resume(verifier: Verifier, last: &Checkpoint, now: u64) -> Result<Self, Fault> {
        let last = Some(verifier.checkpoint(last, now)?);
        Ok(Self { verifier, last })
    }

    /// The verifier, for what is proved against a checkpoint.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The checkpoint that was accepted last.
    pub fn last(&self) -> Option<&Accepted> {
        self.last.as_ref()
    }

    /// Accepts a checkpoint that continues the last one; the proof of it is not looked at if there is no last one. `now`: seconds since 1970.
    ///
    /// # Errors
    /// [`Fault`]; then the last checkpoint stays what it was.
    pub fn follow(
        &mut self,
        checkpoint: &Checkpoint,
        consistency: &ConsistencyProof,
        now: u64,
    ) -> Result<&Accepted, Fault> {
        let accepted = self.verifier.checkpoint(checkpoint, now)?;
        self.go_on(accepted, consistency)
    }

    /// Learns the log's next key ([`Verifier::learn`]) from the first checkpoint after its rotation, and accepts that checkpoint if it continues the last one.
    ///
    /// # Errors
    /// [`Fault`]; then nothing has changed.
    pub fn learn(
        &mut self,
        rotation: &Entry,
        inclusion: &InclusionProof,
        checkpoint: &Checkpoint,
        consistency: &ConsistencyProof,
        now: u64,
    ) -> Result<&Accepted, Fault> {
        let mut verifier = self.verifier.clone();
        let accepted = verifier.learn(rotation, inclusion, checkpoint, now)?;
        if let Some(last) = &self.last {
            verifier.extends(last, &accepted, consistency)?;
        }
        self.verifier = verifier;
        Ok(self.last.insert(accepted))
    }

    fn go_on(&mut self, accepted: Accepted, consistency: &ConsistencyProof) -> Result<&Accepted, Fault> {
        if let Some(last) = &self.last {
            self.verifier.extends(last, &accepted, consistency)?;
        }
        Ok(self.last.insert(accepted))
    }
}
