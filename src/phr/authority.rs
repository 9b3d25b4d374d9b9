//! The authority of a house: enrols, certifies, shares, revokes, and moves the epoch on. `[PHR-10]`

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::consent::Consent;
use super::credential::{Credential, Terms};
use super::error::RoleError;
use super::realm::Realm;
use super::record::{PatientHandle, RecordCategory};
use super::registry::StoreRegistry;
use super::rules::{AccessRules, patient_attribute};
use crate::abe::types::{AuthorId, MasterKey};
use crate::epoch::Epoch;
use crate::outsource::{Enrolment, EnrolmentNonce, KeyId, UserId};
use crate::policy::{AttributeSet, Schema};
use crate::revoke::{AuthorityUpdate, IssuedKey, ProxyName, RefreshError, Resumed, Withdrawal};
use crate::store::{Batch, Store, StoreError, Table};

/// The authority of a house, over a [`Store`] with its log and its registry. The master key is handed in, and kept by the caller where
/// secrets are kept.
///
/// What a method returns is for the cloud: bytes that it takes with `Cloud::take`, in this order. Each is durable here before
/// it is returned; when in doubt whether the cloud has got them, [`Authority::updates`] has them again. After every change send a fresh
/// [`lease`](Self::lease) and [`statement`](Self::statement): they name the newest update.
pub struct Authority<S> {
    inner: crate::revoke::Authority,
    realm: Realm,
    store: S,
    /// Updates that were made and are not in the log yet, because the store has failed: nobody has heard of them.
    unsaved: Batch,
}

/// The row of the realm in the table of what there is once.
const REALM: &[u8] = b"realm";

impl<S: Store> Authority<S> {
    /// A new house: `store` is empty, and `master` of a realm with epochs ([`setup_with_epochs`](crate::setup_with_epochs)).
    ///
    /// # Errors
    /// [`RoleError::Store`] with [`StoreError::AlreadyThere`] if the store has an authority, [`RoleError::Authority`] if the realm has no epochs.
    pub fn begin(
        master: MasterKey,
        schema: &Schema,
        rules: AccessRules,
        store: S,
        now: u64,
    ) -> Result<Self, RoleError> {
        if store.get(Table::Meta, REALM)?.is_some() {
            return Err(StoreError::AlreadyThere.into());
        }
        let realm = Realm::sign(&master, schema, rules, 1);
        let (inner, begin) = crate::revoke::Authority::begin(master, now)?;
        let mut authority = Self { inner, realm, store, unsaved: Batch::new() };
        authority.unsaved.put(Table::Meta, REALM, authority.realm.to_bytes());
        authority.publish([&begin])?;
        Ok(authority)
    }

    /// The authority again, after a restart or from a backup. `witnesses` are the newest updates that clouds hold
    /// (`Cloud::newest_update`), or all of them: a copy that is older than what they know catches up, revokes again what was
    /// revoked since, and advances the epoch before it does anything else. The bytes are for the clouds.
    ///
    /// # Errors
    /// [`RoleError::Authority`] with [`AuthorityError::Behind`](crate::AuthorityError::Behind) or `Gap` if the witnesses do not suffice: hand in all updates of a
    /// cloud (`Cloud::updates`).
    pub fn open(
        master: MasterKey,
        mut store: S,
        witnesses: &[Vec<u8>],
        now: u64,
    ) -> Result<(Self, Vec<Vec<u8>>), RoleError> {
        let realm = store.get(Table::Meta, REALM)?.ok_or(StoreError::NotThere)?;
        let realm = Realm::from_bytes(&realm)?;
        if realm.id() != master.public_parameters().id() {
            return Err(RoleError::OtherRealm);
        }
        let witnesses = witnesses.iter().map(|bytes| AuthorityUpdate::from_bytes(bytes));
        let mut witnesses = witnesses.collect::<Result<Vec<_>, _>>()?;
        witnesses.sort_by_key(AuthorityUpdate::number);
        let log = updates_after(&store, 0)?;
        match crate::revoke::Authority::resume(master, log, &witnesses)? {
            Resumed::Ready(inner) => Ok((Self { inner, realm, store, unsaved: Batch::new() }, Vec::new())),
            Resumed::Restored(mut restored) => {
                restored.catch_up(witnesses)?;
                let mut batch = Batch::new();
                // Where the copy had gone on by itself, what others hold takes the place of its log.
                for (number, update) in (1u64..).zip(restored.log()) {
                    batch.put(Table::Update, number.to_be_bytes(), update.to_bytes());
                }
                let last = restored.log().len() as u64;
                let (inner, updates) = restored.advance(now)?;
                for (row, _) in store.page(Table::Update, &[], Some(&last.to_be_bytes()), usize::MAX)? {
                    batch.remove(Table::Update, row);
                }
                let mut messages = Vec::new();
                for update in &updates {
                    batch.put(Table::Update, update.number().to_be_bytes(), update.to_bytes());
                    messages.push(update.to_bytes());
                }
                store.commit(&batch)?;
                Ok((Self { inner, realm, store, unsaved: Batch::new() }, messages))
            }
        }
    }

    /// What every role has to know: give it out, and tell its [`id`](Realm::id) in person.
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// The epoch that the realm is in.
    pub fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }

    /// The number of the newest update.
    pub fn number(&self) -> u64 {
        self.inner.number()
    }

    /// Puts other rules in place of those before: for what is encrypted from now on by whoever has the new realm.
    ///
    /// # Errors
    /// [`RoleError::Store`].
    pub fn change_rules(&mut self, rules: AccessRules) -> Result<&Realm, RoleError> {
        let number = self.realm.number().saturating_add(1);
        let realm = Realm::sign(self.inner.master(), self.realm.schema(), rules, number);
        let mut batch = Batch::new();
        batch.put(Table::Meta, REALM, realm.to_bytes());
        self.store.commit(&batch)?;
        self.realm = realm;
        Ok(&self.realm)
    }

    /// Every update after the one of this number (0: all), for a cloud that lacks some.
    ///
    /// # Errors
    /// [`RoleError::Store`].
    pub fn updates(&self, after: u64) -> Result<Vec<Vec<u8>>, RoleError> {
        Ok(updates_after(&self.store, after)?.iter().map(AuthorityUpdate::to_bytes).collect())
    }

    /// The right of a cloud to serve until `not_after`; it names the newest update. Minutes, so that a cloud that hears nothing of a
    /// dismissal stops by itself.
    ///
    /// # Errors
    /// [`RoleError::Authority`] if that is over already.
    pub fn lease(&self, cloud: &ProxyName, now: u64, not_after: u64) -> Result<Vec<u8>, RoleError> {
        self.is_saved()?;
        Ok(self.inner.lease(cloud, now, not_after)?.to_bytes())
    }

    /// The epoch, for whoever encrypts until `not_after`: hours.
    ///
    /// # Errors
    /// [`RoleError::Authority`] if that is over already.
    pub fn statement(&self, now: u64, not_after: u64) -> Result<Vec<u8>, RoleError> {
        self.is_saved()?;
        Ok(self.inner.statement(now, not_after)?.to_bytes())
    }

    /// Enrols a reader whom the house has seen in person, with attributes in the words of the realm; `nonce` is the one that was drawn for him. The transform key
    /// for the cloud: confidential, and nothing for the reader himself.
    ///
    /// # Errors
    /// [`RoleError::Enrol`] if he does not prove that he has his secret, [`RoleError::Attributes`], [`RoleError::Key`].
    pub fn enrol(
        &mut self,
        user: &UserId,
        enrolment: &[u8],
        nonce: EnrolmentNonce,
        attributes: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, RoleError> {
        let attributes = self.attributes(attributes)?;
        self.issue(user, enrolment, nonce, &attributes, rng)
    }

    /// Enrols a patient, who can then read all of her own records: those of `patient`.
    ///
    /// # Errors
    /// Those of [`enrol`](Self::enrol).
    pub fn enrol_patient(
        &mut self,
        user: &UserId,
        enrolment: &[u8],
        nonce: EnrolmentNonce,
        patient: &PatientHandle,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, RoleError> {
        let attributes = self.attributes(&patient_attribute(patient))?;
        self.issue(user, enrolment, nonce, &attributes, rng)
    }

    fn issue(
        &mut self,
        user: &UserId,
        enrolment: &[u8],
        nonce: EnrolmentNonce,
        attributes: &AttributeSet,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, RoleError> {
        let enrolment = Enrolment::from_bytes(enrolment)?;
        let reader = enrolment.verify(self.inner.public_parameters(), user, nonce)?;
        let mut registry = StoreRegistry::new(&mut self.store);
        Ok(self.inner.issue(&reader, attributes, &mut registry, rng)?.to_bytes())
    }

    /// The right to write: for a lab, a device, a clinician (any patient), or a patient (her own records).
    ///
    /// # Errors
    /// [`RoleError::TooLarge`] without a category.
    pub fn credential(
        &self,
        user: &UserId,
        author: &AuthorId,
        categories: impl IntoIterator<Item = RecordCategory>,
        patient: Option<&PatientHandle>,
        not_after: u64,
    ) -> Result<Vec<u8>, RoleError> {
        let categories: alloc::collections::BTreeSet<_> = categories.into_iter().collect();
        if categories.is_empty() {
            return Err(RoleError::Credential);
        }
        let terms = Terms {
            user: user.clone(),
            author: *author,
            categories,
            patient: patient.copied(),
            issued_at: self.inner.number(),
            not_after,
        };
        Ok(Credential::sign(self.inner.master(), terms).to_bytes())
    }

    /// Gives a reader more attributes.
    ///
    /// # Errors
    /// [`RoleError::NoKey`], [`RoleError::Attributes`], [`RoleError::Key`] if he has one of them already.
    pub fn grant(&mut self, user: &UserId, attributes: &str) -> Result<Vec<u8>, RoleError> {
        let attributes = self.attributes(attributes)?;
        let id = *self.live_key(user)?.id();
        let mut registry = StoreRegistry::new(&mut self.store);
        Ok(self.inner.grant(&id, &attributes, &mut registry)?.to_bytes())
    }

    /// Takes attributes from a reader, who keeps the others and notices nothing.
    ///
    /// # Errors
    /// [`RoleError::NoKey`], [`RoleError::Attributes`], [`RoleError::Key`] if he lacks one of them.
    pub fn withdraw(
        &mut self,
        user: &UserId,
        attributes: &str,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Vec<u8>>, RoleError> {
        let attributes = self.attributes(attributes)?;
        self.take(user, &attributes, now, rng)
    }

    fn take(
        &mut self,
        user: &UserId,
        attributes: &AttributeSet,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Vec<u8>>, RoleError> {
        let id = *self.live_key(user)?.id();
        let mut registry = StoreRegistry::new(&mut self.store);
        let Withdrawal { withdrawn, key, revoked } =
            self.inner.withdraw(&id, attributes, &mut registry, now, rng)?;
        self.publish([&withdrawn, &revoked])?;
        let key = key.map(|key| key.to_bytes());
        Ok(core::iter::once(withdrawn.to_bytes()).chain(key).chain([revoked.to_bytes()]).collect())
    }

    /// Does what a patient has consented to: gives a reader the attributes that stand for it, or takes them.
    ///
    /// A consent that was carried out before, or that takes what is not there, changes nothing. Consents are taken in any order: it is for the
    /// caller to hand them in as they come.
    ///
    /// # Errors
    /// [`RoleError::Consent`] unless the patient herself has signed it; those of [`grant`](Self::grant) and [`withdraw`](Self::withdraw).
    pub fn consent(
        &mut self,
        consent: &[u8],
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Vec<u8>>, RoleError> {
        let consent = Consent::from_bytes(consent)?;
        let patient = *consent.patient(&self.realm).ok_or(RoleError::Consent)?;
        let shared = self.attributes(&consent.attributes(&patient))?;
        let key = self.live_key(consent.reader())?;
        let lacks = shared.without(key.attributes());
        if consent.gives() {
            if lacks.is_empty() {
                return Ok(Vec::new());
            }
            let mut registry = StoreRegistry::new(&mut self.store);
            let grant = self.inner.grant(key.id(), &lacks, &mut registry)?;
            return Ok(Vec::from([grant.to_bytes()]));
        }
        let held = shared.without(&lacks);
        if held.is_empty() { Ok(Vec::new()) } else { self.take(consent.reader(), &held, now, rng) }
    }

    /// Dismisses a user: the cloud deletes his keys and takes nothing of him any more, at once. To be safe from a cloud that is in
    /// league with him, begin the next epoch.
    ///
    /// # Errors
    /// [`RoleError::Authority`].
    pub fn revoke(&mut self, user: &UserId, now: u64) -> Result<Vec<u8>, RoleError> {
        let update = self.inner.revoke_user(user, now)?;
        self.publish([&update])?;
        Ok(update.to_bytes())
    }

    /// Begins the next epoch: what is encrypted in it opens for nobody who was dismissed before. Then [`refresh`](Self::refresh).
    ///
    /// # Errors
    /// [`RoleError::Authority`] after the last epoch.
    pub fn advance(&mut self, now: u64) -> Result<Vec<u8>, RoleError> {
        let update = self.inner.advance(now)?;
        self.publish([&update])?;
        Ok(update.to_bytes())
    }

    /// Makes tokens of the current epoch for every live key that lacks them, in bounded memory: `send` gets them for the cloud, batch after
    /// batch. How many keys. A run that was interrupted is taken up by calling it again.
    ///
    /// # Errors
    /// [`RoleError::Key`], and [`RoleError::Io`] with the words of `send`.
    pub fn refresh(
        &mut self,
        mut send: impl FnMut(Vec<u8>) -> Result<(), Box<str>>,
    ) -> Result<u64, RoleError> {
        let mut registry = StoreRegistry::lazy(&mut self.store);
        let outcome = self.inner.refresh_all(&mut registry, |_| true, |batch| send(batch.to_bytes()));
        registry.flush()?;
        outcome.map_err(|error| match error {
            RefreshError::Key(error) => RoleError::Key(error),
            RefreshError::Sink(error) => RoleError::Io(error),
        })
    }

    /// After a restart from a backup: brings the registry to the keys that a cloud holds (`Cloud::keys`). Keys that are not known here, issued
    /// since the backup, are revoked: their readers enrol again.
    ///
    /// # Errors
    /// [`RoleError::Key`]; calling it again goes on.
    pub fn reconcile(
        &mut self,
        held: impl IntoIterator<Item = (KeyId, Epoch)>,
        now: u64,
    ) -> Result<Vec<Vec<u8>>, RoleError> {
        let mut registry = StoreRegistry::new(&mut self.store);
        let updates = self.inner.reconcile(&mut registry, held, now)?;
        self.publish(&updates)?;
        Ok(updates.iter().map(AuthorityUpdate::to_bytes).collect())
    }

    /// Updates are in the log before anybody hears of them; those that a store which failed before has not taken, too.
    fn publish<'u>(
        &mut self,
        updates: impl IntoIterator<Item = &'u AuthorityUpdate>,
    ) -> Result<(), RoleError> {
        for update in updates {
            self.unsaved.insert(Table::Update, update.number().to_be_bytes(), update.to_bytes());
        }
        self.store.commit(&self.unsaved)?;
        self.unsaved = Batch::new();
        Ok(())
    }

    /// Whether all that lease and statement name is in the log: a number that is lost would be used again.
    fn is_saved(&self) -> Result<(), RoleError> {
        if self.unsaved.is_empty() { Ok(()) } else { Err(StoreError::Full.into()) }
    }

    /// Attributes in the words of this realm.
    fn attributes(&self, text: &str) -> Result<AttributeSet, RoleError> {
        Ok(AttributeSet::parse(text, self.realm.schema())?)
    }

    fn live_key(&mut self, user: &UserId) -> Result<IssuedKey, RoleError> {
        let state = self.inner.state();
        let key = StoreRegistry::new(&mut self.store).live_key(user, |key| key.is_live(state))?;
        key.ok_or_else(|| RoleError::NoKey(user.as_str().into()))
    }
}

/// The updates in a store after the one of this number.
pub(super) fn updates_after(store: &impl Store, after: u64) -> Result<Vec<AuthorityUpdate>, RoleError> {
    let rows = store.page(Table::Update, &[], Some(&after.to_be_bytes()), usize::MAX)?;
    rows.iter().map(|(_, bytes)| Ok(AuthorityUpdate::from_bytes(bytes)?)).collect()
}

impl<S> fmt::Debug for Authority<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("realm", &self.realm)
            .field("epoch", &self.inner.epoch())
            .field("number", &self.inner.number())
            .finish_non_exhaustive()
    }
}
