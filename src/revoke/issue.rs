//! Keys and tokens from an authority: issue, grant, withdraw, refresh. `[REV-4]`

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use rand_core::CryptoRng;
use thiserror::Error;

use super::authority::Authority;
use super::error::AuthorityError;
use super::grant::Grant;
use super::registry::{IssuedKey, KeyRegistry, RegistryError};
use super::scheme;
use super::tokens::{MAX_BATCH, TokenBatch};
use super::update::AuthorityUpdate;
use crate::abe::error::IssueError;
use crate::dyadic::Node;
use crate::epoch::{Epoch, EpochTree};
use crate::error::DecodeError;
use crate::math::{FixedG1, G1, Scalar};
use crate::outsource::transform_key::Issued;
use crate::outsource::{EnrolledReader, KeyId, TransformKey};
use crate::policy::{AttributeError, AttributeSet};
use crate::secret::Secret;

/// An authority has not issued what it was asked for. `E` is the error of its registry's storage.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError<E> {
    /// Nothing can be issued for these attributes, or to this reader.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The registry has refused or failed.
    #[error(transparent)]
    Registry(#[from] RegistryError<E>),
    /// The entry of the key is damaged.
    #[error("the registry's entry of the key is damaged: {0}")]
    Entry(#[from] DecodeError),
    /// The key is revoked, or replaced by another.
    #[error("key {0} is revoked or replaced: issue another one to its reader")]
    Dead(KeyId),
    /// The key has some of these attributes, or they were withdrawn from it.
    #[error("the key has some of ({0}) or has lost it: withdrawn attributes come back with another key")]
    Held(AttributeSet),
    /// The key has not all of these attributes.
    #[error("the key has not all of ({0})")]
    NotHeld(AttributeSet),
    /// They do not go together with those that the key has.
    #[error(transparent)]
    Attributes(#[from] AttributeError),
    /// The tokens would start from an epoch that is not over.
    #[error("tokens lead from an earlier epoch to the current one, which is {current}, not from {from}")]
    Current {
        /// Where they would start.
        from: Epoch,
        /// The epoch that the realm is in.
        current: Epoch,
    },
    /// The authority cannot sign the update.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
}

/// What becomes of a key that loses attributes: send the three to the proxy in this order.
#[derive(Debug)]
pub struct Withdrawal {
    /// The components are to be deleted: binding on every proxy that does its duty, at once.
    pub withdrawn: AuthorityUpdate,
    /// What the reader is left with, under another name and for the same Y, so that he notices nothing; `None` if he
    /// is left with nothing.
    pub key: Option<TransformKey>,
    /// The old key is dead: no tokens are issued for it any more, which binds a proxy that does not do its duty.
    pub revoked: AuthorityUpdate,
}

impl Authority {
    /// Issues a key for an enrolled reader, with the tokens of the current epoch, for his proxy. `[REV-4.1]`
    ///
    /// It is entered in the registry first. Send it to the proxy over a confidential channel, and never to the reader.
    ///
    /// ```
    /// # use hippocrypt::*;
    /// # let now = 1_800_000_000;
    /// // The authority begins its realm and tells its proxy; a reader has enrolled.
    /// let (parameters, master) = setup_with_epochs("st-marys", EpochTree::default(), &mut os_rng())?;
    /// let (mut authority, begin) = Authority::begin(master, now)?;
    /// let mut proxy = Proxy::new(&parameters, ProxyName::new("proxy-1")?)?;
    /// let _ = proxy.apply(&begin)?;
    /// proxy.renew(authority.lease(proxy.name(), now, now + 600)?, now)?;
    /// # let (seed, chen, nonce) = (ReaderSeed::generate(&mut os_rng()), UserId::new("dr-chen")?, EnrolmentNonce::generate(&mut os_rng()));
    /// # let reader = seed.enrol(&parameters, &chen, &nonce, &mut os_rng()).verify(&parameters, &chen, nonce)?;
    /// let mut registry = MemoryRegistry::new();
    /// let attributes = AttributeSet::parse("role:cardiologist", &Schema::empty())?;
    /// let key = authority.issue(&reader, &attributes, &mut registry, &mut os_rng())?;
    /// let key = proxy.accept(key, &mut os_rng())?;
    ///
    /// // Somebody encrypts in the current epoch; the proxy's store accepts it.
    /// let mut epochs = Epochs::new(&parameters)?;
    /// epochs.observe(&parameters, &authority.statement(now, now + 3_600)?, now)?;
    /// let policy = Policy::parse("role:cardiologist", &Schema::empty())?;
    /// let current = epochs.current(now)?;
    /// let (header, _) = parameters.at(current)?.compartment(&policy, b"patient 4711", &mut os_rng());
    /// let stored = StoredHeader::accept_at(current, header, &parameters, &mut os_rng())?;
    ///
    /// // The reader asks, the proxy transforms, the reader finishes.
    /// let id = stored.header().core_id();
    /// let request = seed.request_key().ask(&parameters, &chen, id, now, &mut os_rng());
    /// let transformed = proxy.serve(&request, [&key], &stored, now)?;
    /// seed.retrieval_key().finish(&parameters, &transformed, id, b"patient 4711")?;
    ///
    /// // He is dismissed, and out.
    /// let _ = proxy.apply(&authority.revoke_user(&chen, now)?);
    /// let again = seed.request_key().ask(&parameters, &chen, id, now, &mut os_rng());
    /// assert!(proxy.serve(&again, [&key], &stored, now).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`KeyError::Issue`] for an empty set or a reader of another realm, [`KeyError::Registry`] if the registry refuses.
    pub fn issue<R: KeyRegistry>(
        &self,
        reader: &EnrolledReader,
        attributes: &AttributeSet,
        registry: &mut R,
        rng: &mut impl CryptoRng,
    ) -> Result<TransformKey, KeyError<R::Error>> {
        if attributes.is_empty() {
            return Err(IssueError::NoAttributes.into());
        }
        if reader.realm != *self.public_parameters().id() {
            return Err(IssueError::OtherRealm.into());
        }
        let id = KeyId::random(rng);
        let entry = IssuedKey::new(reader, id, attributes.clone(), self.number(), self.epoch());
        registry.insert_new(entry)?;
        let issued = Issued { tree: self.tree()?, update: self.number(), epoch: self.epoch() };
        Ok(self.master().transform_key(reader, attributes, id, Some(issued)))
    }

    /// The same key once more, when the first one was lost on its way to the proxy: with the attributes that it has by now, and the tokens
    /// that its proxy should hold by now, of no later epoch than the current one. `[REV-4.1]`
    ///
    /// # Errors
    /// [`KeyError::Dead`] for a revoked key, [`KeyError::Registry`] if there is none of this id.
    pub fn issue_again<R: KeyRegistry>(
        &self,
        id: &KeyId,
        registry: &R,
    ) -> Result<TransformKey, KeyError<R::Error>> {
        let entry = self.live(id, registry)?;
        let issued =
            Issued { tree: self.tree()?, update: entry.number(), epoch: entry.refreshed().min(self.epoch()) };
        Ok(self.master().transform_key(&entry.reader()?, entry.attributes(), *id, Some(issued)))
    }

    /// Adds attributes to a key. A number that the key has with another value takes another key. `[REV-4.4]`
    ///
    /// # Errors
    /// [`KeyError`] says why not; the registry is changed only if the grant is made.
    pub fn grant<R: KeyRegistry>(
        &self,
        id: &KeyId,
        attributes: &AttributeSet,
        registry: &mut R,
    ) -> Result<Grant, KeyError<R::Error>> {
        if attributes.is_empty() {
            return Err(IssueError::NoAttributes.into());
        }
        let mut entry = self.live(id, registry)?;
        let union = entry.attributes().union(attributes)?;
        let all_new = union.label_count() == entry.attributes().label_count() + attributes.label_count();
        let withdrawn = self.state().withdrawn(id).is_some_and(|withdrawn| withdrawn.meets(attributes));
        if !all_new || withdrawn {
            return Err(KeyError::Held(attributes.clone()));
        }
        let r = self.randomizer_of(&entry);
        let components = scheme::tokens(&r, &self.public_parameters().bases().points(&attributes.labels()));
        entry.set_attributes(union);
        registry.replace(entry)?;
        let realm = *self.public_parameters().id();
        Ok(Grant::new(realm, *id, attributes.clone(), components, |label, parts| {
            self.master().sign(label, parts)
        }))
    }

    /// Takes attributes away from a key's reader, who keeps the rest, and notices nothing. `[REV-4.5]`
    ///
    /// # Errors
    /// [`KeyError::NotHeld`] unless the key has all of them, [`KeyError`] otherwise.
    pub fn withdraw<R: KeyRegistry>(
        &mut self,
        id: &KeyId,
        attributes: &AttributeSet,
        registry: &mut R,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Withdrawal, KeyError<R::Error>> {
        let mut entry = self.live(id, registry)?;
        if !attributes.is_subset(entry.attributes()) {
            return Err(KeyError::NotHeld(attributes.clone()));
        }
        let (reader, left) = (entry.reader()?, entry.attributes().without(attributes));
        // No more tokens for the old key, whatever happens below.
        entry.kill();
        registry.replace(entry)?;
        let key = if left.is_empty() { None } else { Some(self.issue(&reader, &left, registry, rng)?) };
        // Updates last: one that is made and then lost would leave a gap that no proxy passes.
        let withdrawn = self.revoke_attributes(id, attributes, now)?;
        let revoked = self.revoke_key(id, now)?;
        Ok(Withdrawal { withdrawn, key, revoked })
    }

    /// The tokens that one key lacks for the current epoch, on demand: for a reader who was idle, or whose tokens were lost
    /// on the way. `from` is the epoch that his proxy's tokens reach. `[REV-4.2]`
    ///
    /// # Errors
    /// [`KeyError::Dead`] for a revoked key, [`KeyError::Current`] if it lacks none.
    pub fn refresh<R: KeyRegistry>(
        &self,
        id: &KeyId,
        from: Epoch,
        registry: &mut R,
    ) -> Result<TokenBatch, KeyError<R::Error>> {
        let mut entry = self.live(id, registry)?;
        let mut refresher = self.refresher(from)?;
        let batch = refresher.tokens(core::slice::from_ref(&entry));
        entry.refresh(self.epoch());
        registry.replace(entry)?;
        Ok(batch)
    }

    /// Makes the tokens that lead many keys from one epoch to the current one, in batches as large as the caller likes.
    ///
    /// # Errors
    /// [`KeyError::Current`] unless `from` is over.
    pub fn refresher<E>(&self, from: Epoch) -> Result<Refresher<'_>, KeyError<E>> {
        let current = self.epoch();
        if from >= current {
            return Err(KeyError::Current { from, current });
        }
        let tree = self.tree()?;
        let nodes = tree.refresh(Some(from), current);
        Ok(Refresher { authority: self, tree, from, nodes, tables: Vec::new() })
    }

    /// Goes through the registry and makes tokens for every live key that lacks some: `sink` gets batch after batch, and must
    /// have stored or sent it when it returns. Memory is bounded by one batch. `[REV-4.2]`
    ///
    /// A run that was interrupted is taken up by calling it again: keys whose tokens were taken are passed over.
    /// `wanted` may leave out those of idle readers, who are served on demand. Returns how many keys were refreshed.
    ///
    /// # Errors
    /// [`RefreshError`] says where it stopped.
    pub fn refresh_all<R: KeyRegistry, E>(
        &self,
        registry: &mut R,
        wanted: impl Fn(&IssuedKey) -> bool,
        mut sink: impl FnMut(&TokenBatch) -> Result<(), E>,
    ) -> Result<u64, RefreshError<R::Error, E>> {
        // Keys of one epoch go in step, with the tables for it; most keys are of one epoch.
        let mut refreshers: BTreeMap<Epoch, Refresher<'_>> = BTreeMap::new();
        let (mut last, mut refreshed) = (None, 0);
        loop {
            let page = registry.page(last.as_ref(), PAGE).map_err(KeyError::from)?;
            let Some(end) = page.last() else { return Ok(refreshed) };
            last = Some(*end.id());
            let mut by_epoch: BTreeMap<Epoch, Vec<IssuedKey>> = BTreeMap::new();
            for entry in page {
                let lacks = entry.refreshed() < self.epoch() && entry.is_live(self.state());
                if lacks && wanted(&entry) {
                    by_epoch.entry(entry.refreshed()).or_default().push(entry);
                }
            }
            for (from, entries) in by_epoch {
                let refresher = match refreshers.remove(&from) {
                    Some(refresher) => refresher,
                    None => self.refresher(from)?,
                };
                let refresher = refreshers.entry(from).or_insert(refresher);
                sink(&refresher.tokens(&entries)).map_err(RefreshError::Sink)?;
                refreshed += entries.len() as u64;
                for mut entry in entries {
                    entry.refresh(self.epoch());
                    registry.replace(entry).map_err(KeyError::from)?;
                }
            }
            while refreshers.len() > KEPT_TABLES {
                refreshers.pop_first();
            }
        }
    }

    /// Brings the registry to what proxies hold (key ids, and the epochs that their tokens reach), after it was restored from a
    /// copy or when tokens were lost on the way: so that the next refresh starts where the proxies' keys end. Keys that the
    /// registry does not know, issued after the copy was made, are revoked: send the updates, and issue to their readers
    /// again. `[REV-5.7]`
    ///
    /// # Errors
    /// [`KeyError`]; calling it again goes on.
    pub fn reconcile<R: KeyRegistry>(
        &mut self,
        registry: &mut R,
        held: impl IntoIterator<Item = (KeyId, Epoch)>,
        now: u64,
    ) -> Result<Vec<AuthorityUpdate>, KeyError<R::Error>> {
        let mut unknown = BTreeSet::new();
        for (id, until) in held {
            match registry.get(&id)? {
                Some(mut entry) => {
                    // A proxy that names an epoch to come is given no token of it.
                    let until = until.min(self.epoch());
                    if entry.refreshed() != until {
                        entry.set_refreshed(until);
                        registry.replace(entry)?;
                    }
                }
                None if self.state().is_dead(&id) => {}
                None => drop(unknown.insert(id)),
            }
        }
        // Updates last, when no registry can fail any more: none is made and then lost.
        unknown.iter().map(|id| Ok(self.revoke_key(id, now)?)).collect()
    }

    fn tree(&self) -> Result<EpochTree, AuthorityError> {
        Ok(self.public_parameters().epochs().ok_or(super::UpdateError::NoEpochs)?)
    }

    /// The entry of a key that is kept good.
    fn live<R: KeyRegistry>(&self, id: &KeyId, registry: &R) -> Result<IssuedKey, KeyError<R::Error>> {
        let entry = registry.get(id)?.ok_or(RegistryError::Unknown(*id))?;
        if entry.is_live(self.state()) { Ok(entry) } else { Err(KeyError::Dead(*id)) }
    }

    /// r of a key. `[OUT-3.1]`
    fn randomizer_of(&self, entry: &IssuedKey) -> Secret<Scalar> {
        self.master().randomizer_of(entry.id(), entry.user(), entry.y_bytes())
    }
}

/// Keys that are looked at together: enough to go in step.
const PAGE: usize = 4096;
/// Refreshers with tables (half a megabyte each, for two spans of time) that are kept from page to page.
const KEPT_TABLES: usize = 4;
/// From this many keys on, tables for the spans of time pay.
const TABLES_FROM: usize = 64;

/// Makes the tokens that lead keys from one epoch to the current one. `[REV-4.2]`
///
/// It keeps tables (a quarter of a megabyte for each span of time) from batch to batch.
#[derive(Debug)]
pub struct Refresher<'a> {
    authority: &'a Authority,
    tree: EpochTree,
    from: Epoch,
    nodes: Vec<Node>,
    /// H_time of the nodes, once there is a batch that is large enough.
    tables: Vec<FixedG1>,
}

/// Refreshing all keys has stopped; it can be taken up again, from the beginning.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RefreshError<R, S> {
    /// Authority or registry have failed.
    #[error(transparent)]
    Key(#[from] KeyError<R>),
    /// The tokens could not be stored or sent.
    #[error("the tokens could not be handed on: {0}")]
    Sink(S),
}

impl Refresher<'_> {
    /// The tokens of these keys, at most [`MAX_BATCH`] (of more, the rest is left out). Whether they are alive, and in
    /// which epoch they are, is the caller's to see to.
    pub fn tokens(&mut self, keys: &[IssuedKey]) -> TokenBatch {
        let mut keys: Vec<&IssuedKey> = keys.iter().take(MAX_BATCH).collect();
        keys.sort_unstable_by_key(|key| *key.id());
        let r: Vec<Secret<Scalar>> = keys.iter().map(|key| self.authority.randomizer_of(key)).collect();
        let bases = self.authority.public_parameters().bases();
        let labels = self.tree.labels(&self.nodes);
        let elements: Vec<G1> = if keys.len() < TABLES_FROM {
            let h = bases.points(&labels);
            r.iter().flat_map(|r| scheme::tokens(r, &h)).collect()
        } else {
            if self.tables.is_empty() {
                self.tables = bases.points(&labels).iter().map(|h| FixedG1::wide(*h.point())).collect();
            }
            scheme::tokens_of_many(&r, &self.tables)
        };
        TokenBatch {
            realm: *self.authority.public_parameters().id(),
            tree: self.tree,
            from: self.from,
            to: self.authority.epoch(),
            keys: keys.iter().map(|key| *key.id()).collect(),
            elements,
        }
    }
}
