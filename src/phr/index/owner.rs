//! A patient and her index. `[PHR-15.2]`

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::seed_context;
use crate::error::DecodeError;
use crate::phr::error::RoleError;
use crate::phr::grant::{LaterEpoch, SeedHeader};
use crate::phr::owner::Owner;
use crate::phr::realm::Realm;
use crate::policy::Policy;
use crate::search::{
    CollectionId, Context, Domain, Head, HeadContents, IndexEpoch, IndexOwner, IndexWriter, Keyword, Mirror,
    PolicyEntry, PolicyId, PolicySeed, Trapdoor,
};
use crate::secret::SecretBytes;

/// A patient's index, on her own device: who may write, who may search, in which epochs. What she changes counts from the next
/// [`head`](Self::head) on.
///
/// It keeps 32 secret bytes; all the rest stands in the newest head, which [`resume`](Self::resume) goes on from.
pub struct PatientIndex {
    index: IndexOwner,
    contents: HeadContents,
    version: u64,
}

impl PatientIndex {
    /// A new index.
    pub fn new(index: IndexOwner) -> Self {
        Self { index, contents: HeadContents::default(), version: 0 }
    }

    /// An index as it was left, from its newest head. Take the head from her own device, or the newest of several places: a cloud may have kept
    /// an old one.
    ///
    /// # Errors
    /// [`RoleError::Head`] unless it is a head of this index.
    pub fn resume(index: IndexOwner, head: &[u8]) -> Result<Self, RoleError> {
        let head = Head::from_bytes(head, index.collection())?;
        Ok(Self { contents: head.contents().clone(), version: head.version(), index })
    }

    /// The name of the index.
    pub fn collection(&self) -> &CollectionId {
        self.index.collection()
    }

    /// Tells the cloud, and every reader, that this index is the patient's. `number` counts from 1; a later announcement replaces an earlier one. `[PHR-15.1]`
    pub fn announcement(&self, patient: &Owner, number: u64) -> Vec<u8> {
        patient.announce(&self.index, number)
    }

    /// Opens a domain, in its first epoch; one that is open stays as it is.
    pub fn open_domain(&mut self, domain: &Domain, pipeline: u16) {
        if self.contents.scopes.iter().all(|scope| scope.domain() != domain) {
            self.contents.scopes.push(self.index.scope(domain, IndexEpoch::FIRST, pipeline));
        }
    }

    /// The newest epoch of a domain.
    ///
    /// # Errors
    /// [`RoleError::NoDomain`].
    pub fn context(&self, domain: &Domain) -> Result<Context, RoleError> {
        let newest = self
            .contents
            .scopes
            .iter()
            .filter(|scope| scope.domain() == domain)
            .max_by_key(|scope| scope.epoch());
        let newest = newest.ok_or(RoleError::NoDomain)?;
        Ok(self.index.context(domain, newest.epoch(), newest.pipeline()))
    }

    /// A writer on a device of hers, in the newest epoch of a domain. Save it; there is one for each device and epoch.
    ///
    /// # Errors
    /// [`RoleError::NoDomain`].
    pub fn writer(&mut self, domain: &Domain, rng: &mut impl CryptoRng) -> Result<IndexWriter, RoleError> {
        let (writer, entry) = self.index.writer(&self.context(domain)?, rng);
        self.contents.writers.push(entry);
        Ok(writer)
    }

    /// Lets a lab write into a domain, in its newest epoch: it has sent its card. Sent again, the card changes nothing.
    ///
    /// # Errors
    /// [`RoleError::NoDomain`], [`RoleError::IndexWrite`].
    pub fn admit(&mut self, domain: &Domain, card: &[u8]) -> Result<(), RoleError> {
        let entry = self.index.admit(card, &self.context(domain)?)?;
        let known = self.contents.writers.iter().any(|writer| writer.writer() == entry.writer());
        if !known {
            self.contents.writers.push(entry);
        }
        Ok(())
    }

    /// Lets everybody who satisfies `policy` search a domain, in every live epoch of it. What comes out are the shares for the gate: secret, to be
    /// kept until the gate has them. `[PHR-15.2]`
    ///
    /// The seeds are wrapped in an epoch of the realm that nobody who was revoked has tokens of: that is what `later` proves.
    ///
    /// # Errors
    /// [`RoleError::NoDomain`], [`RoleError::Encrypt`] if the epoch is another realm's.
    pub fn grant(
        &mut self,
        realm: &Realm,
        later: LaterEpoch<'_>,
        domain: &Domain,
        policy: &Policy,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<SecretBytes>, RoleError> {
        let live: Vec<_> =
            self.contents.scopes.iter().filter(|scope| scope.domain() == domain).cloned().collect();
        if live.is_empty() {
            return Err(RoleError::NoDomain);
        }
        let id = PolicyId::random(rng);
        let mut shares = Vec::new();
        for scope in live {
            let context = self.index.context(domain, scope.epoch(), scope.pipeline());
            let (entry, share) = self.wrap(realm, later, &context, policy, &id, 1, rng)?;
            self.contents.policies.push(entry);
            shares.push(share);
        }
        Ok(shares)
    }

    /// A fresh seed for a policy in a context, wrapped, and the gate's share.
    #[allow(clippy::too_many_arguments)] // what a seed is for
    fn wrap(
        &self,
        realm: &Realm,
        later: LaterEpoch<'_>,
        context: &Context,
        policy: &Policy,
        id: &PolicyId,
        version: u32,
        rng: &mut impl CryptoRng,
    ) -> Result<(PolicyEntry, SecretBytes), RoleError> {
        let (domain, epoch) = (context.domain.clone(), context.epoch);
        let mut entry = PolicyEntry { domain, epoch, policy: *id, version, header: Vec::new() };
        let bound = seed_context(self.collection(), &entry);
        let (header, seed) = SeedHeader::wrap(realm.parameters(), later, policy, &bound, rng)?;
        entry.header = header.to_bytes();
        let share = self.index.share(context, id, version, PolicySeed::new(seed));
        Ok((entry, share))
    }

    /// The policies under which domains are granted, with their ids: the same one for every epoch and version.
    ///
    /// # Errors
    /// [`RoleError::Decode`] if a head names something that is no wrapped seed.
    pub fn policies(&self) -> Result<Vec<(Domain, PolicyId, Policy)>, RoleError> {
        let mut seen = BTreeSet::new();
        let mut policies = Vec::new();
        for entry in &self.contents.policies {
            if seen.insert((entry.domain.clone(), entry.policy)) {
                policies.push((entry.domain.clone(), entry.policy, policy_of(entry)?));
            }
        }
        Ok(policies)
    }

    /// After somebody was revoked: fresh seeds and shares for every policy that he may have satisfied, as `concerned` says; all of them to be sure. `[PHR-15.3]`
    ///
    /// The gate takes a share in the place of the former version. What a revoked reader has kept is then worth nothing, with the whole stolen index
    /// and the new shares, but for keywords whose trapdoors he had.
    ///
    /// # Errors
    /// Those of [`grant`](Self::grant). Then nothing was changed.
    pub fn renew(
        &mut self,
        realm: &Realm,
        later: LaterEpoch<'_>,
        concerned: impl Fn(&Policy) -> bool,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<SecretBytes>, RoleError> {
        let (mut entries, mut shares) = (Vec::new(), Vec::new());
        for entry in &self.contents.policies {
            let policy = policy_of(entry)?;
            if !concerned(&policy) {
                entries.push(entry.clone());
                continue;
            }
            let pipeline = self
                .contents
                .scopes
                .iter()
                .find(|scope| *scope.domain() == entry.domain && scope.epoch() == entry.epoch);
            let pipeline = pipeline.ok_or(RoleError::NoDomain)?.pipeline();
            let context = self.index.context(&entry.domain, entry.epoch, pipeline);
            let version = entry.version.saturating_add(1);
            let (entry, share) = self.wrap(realm, later, &context, &policy, &entry.policy, version, rng)?;
            entries.push(entry);
            shares.push(share);
        }
        self.contents.policies = entries;
        Ok(shares)
    }

    /// Withdraws a policy from a domain: its readers get nothing of later versions and epochs. Renew the others if they must lose what they have.
    pub fn withdraw(&mut self, domain: &Domain, policy: &PolicyId) {
        self.contents.policies.retain(|entry| entry.domain != *domain || entry.policy != *policy);
    }

    /// Begins the next epoch of a domain, with fresh keys, under the same policies; the shares for the gate. `[PHR-15.4]`
    ///
    /// The epoch before stays open to readers until [`close`](Self::close). Writers begin anew: make writers for her devices, ask labs for new cards, and
    /// carry over what is to be found in the new epoch ([`Mirror::recover`]).
    ///
    /// # Errors
    /// Those of [`grant`](Self::grant); [`RoleError::NotClosed`] if two epochs are open.
    pub fn advance(
        &mut self,
        realm: &Realm,
        later: LaterEpoch<'_>,
        domain: &Domain,
        pipeline: u16,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<SecretBytes>, RoleError> {
        if self.contents.scopes.iter().filter(|scope| scope.domain() == domain).count() > 1 {
            return Err(RoleError::NotClosed);
        }
        let before = self.context(domain)?;
        let epoch = before.epoch.next().ok_or(RoleError::NotClosed)?;
        let context = self.index.context(domain, epoch, pipeline);
        let (mut entries, mut shares) = (Vec::new(), Vec::new());
        for entry in self.contents.policies.iter().filter(|entry| entry.domain == *domain) {
            let (entry, share) =
                self.wrap(realm, later, &context, &policy_of(entry)?, &entry.policy, 1, rng)?;
            entries.push(entry);
            shares.push(share);
        }
        self.contents.scopes.push(self.index.scope(domain, epoch, pipeline));
        self.contents.policies.extend(entries);
        Ok(shares)
    }

    /// Closes the older of two epochs of a domain: its segments go, its keys are worth nothing. What it was, for the gate to forget.
    pub fn close(&mut self, domain: &Domain) -> Option<Context> {
        let mut live: Vec<_> = self.contents.scopes.iter().filter(|scope| scope.domain() == domain).collect();
        live.sort_by_key(|scope| scope.epoch());
        let [oldest, _] = live.as_slice() else { return None };
        let context = self.index.context(domain, oldest.epoch(), oldest.pipeline());
        let stays = |of: &Domain, epoch: IndexEpoch| of != domain || epoch != context.epoch;
        self.contents.scopes.retain(|scope| stays(scope.domain(), scope.epoch()));
        self.contents.writers.retain(|writer| stays(writer.domain(), writer.epoch()));
        self.contents.policies.retain(|entry| stays(&entry.domain, entry.epoch));
        Some(context)
    }

    /// Notes how far every writer has come, by her own mirror: from the next head on no cloud can hide that much.
    pub fn note(&mut self, mirror: &Mirror) {
        self.contents.writers.iter_mut().for_each(|writer| mirror.note_in(writer));
    }

    /// Signs the next head, good until `not_after` (seconds since 1970): for the cloud, and to be kept.
    ///
    /// # Errors
    /// [`RoleError::Head`].
    pub fn head(&mut self, now: u64, not_after: u64) -> Result<Vec<u8>, RoleError> {
        let version = self.version.saturating_add(1);
        let head = self.index.sign(version, now, not_after, self.contents.clone())?;
        self.version = version;
        Ok(head.to_bytes())
    }

    /// Trapdoors without a gate, in the newest epoch of a domain: for merging and carrying over.
    ///
    /// # Errors
    /// [`RoleError::NoDomain`].
    pub fn trapdoors(&self, domain: &Domain, keywords: &[Keyword]) -> Result<Vec<Trapdoor>, RoleError> {
        Ok(self.index.trapdoors(&self.context(domain)?, keywords))
    }

    /// The secret that is kept, 39 bytes.
    pub fn secret(&self) -> SecretBytes {
        self.index.to_bytes()
    }
}

/// The policy under which a seed is wrapped.
fn policy_of(entry: &PolicyEntry) -> Result<Policy, DecodeError> {
    Ok(SeedHeader::from_bytes(&entry.header)?.header().policy().clone())
}

impl fmt::Debug for PatientIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatientIndex")
            .field("collection", self.collection())
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
