//! The authority of a house: enrols, certifies, shares, revokes, and moves the epoch on. `[PHR-10]`

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::certificate::LedgerCertificate;
use super::consent::Consent;
use super::credential::{Credential, Terms};
use super::error::RoleError;
use super::realm::Realm;
use super::record::{PatientHandle, RecordCategory};
use super::registry::{StoreRegistry, user_prefix};
use super::rules::{AccessRules, patient_attribute};
use crate::abe::types::{AuthorId, MasterKey};
use crate::epoch::Epoch;
use crate::ledger::NoteKey;
use crate::outsource::{Enrolment, EnrolmentNonce, KeyId, UserId};
use crate::policy::{AttributeSet, Schema};
use crate::revoke::{AuthorityUpdate, IssuedKey, KeyError, ProxyName, RefreshError, Resumed, Withdrawal};
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
}

/// The row of the realm in the table of what there is once.
const REALM: &[u8] = b"realm";
/// Rows of the newest consents, by reader and attribute: time, and whether it takes.
const CONSENT: &[u8] = b"consent/";
/// Seconds that a patient's clock may be ahead of the authority's.
const CONSENT_LEAD_SECONDS: u64 = 300;

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
        let mut authority = Self { inner, realm, store };
        let mut batch = Batch::new();
        batch.insert(Table::Meta, REALM, authority.realm.to_bytes());
        log(&mut batch, [&begin]);
        authority.store.commit(&batch)?;
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
        let own = updates_after(&store, 0)?;
        match crate::revoke::Authority::resume(master, own, &witnesses)? {
            Resumed::Ready(inner) => Ok((Self { inner, realm, store }, Vec::new())),
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
                log(&mut batch, &updates);
                store.commit(&batch)?;
                Ok((Self { inner, realm, store }, updates.iter().map(AuthorityUpdate::to_bytes).collect()))
            }
        }
    }

    /// What every role has to know: give it out, and tell its [`id`](Realm::id) in person.
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// The store, to look at, or to make a backup of.
    pub fn with_store<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(&self.store)
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
        Ok(self.inner.lease(cloud, now, not_after)?.to_bytes())
    }

    /// The epoch, for whoever encrypts until `not_after`: hours.
    ///
    /// # Errors
    /// [`RoleError::Authority`] if that is over already.
    pub fn statement(&self, now: u64, not_after: u64) -> Result<Vec<u8>, RoleError> {
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
        let key = self.inner.issue(&reader, attributes, &mut registry, rng)?;
        registry.flush()?;
        Ok(key.to_bytes())
    }

    /// The right to write: for a lab, a device, a clinician (any patient), or a patient (her own records).
    ///
    /// With a `patient` and the category [`RecordCategory::Consent`] it is also the right to say who may read her records: for
    /// herself and for whoever speaks for her, not for a device.
    ///
    /// # Errors
    /// [`RoleError::Credential`] without a category.
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

    /// Vouches for the key of a cloud's ledger ([`Cloud::ledger_key`](super::Cloud::ledger_key)): readers take a receipt from no other. `from` is the first transaction that it
    /// signs for: 0 for a new log.
    pub fn certify_ledger(&self, cloud: &ProxyName, key: &NoteKey, from: u64) -> Vec<u8> {
        LedgerCertificate::sign(self.inner.master(), cloud, key, from).to_bytes()
    }

    /// Gives a reader more attributes, on all of his devices.
    ///
    /// # Errors
    /// [`RoleError::NoKey`], [`RoleError::Attributes`], [`RoleError::Key`] if one of his keys has another value of a number.
    pub fn grant(&mut self, user: &UserId, attributes: &str) -> Result<Vec<Vec<u8>>, RoleError> {
        let attributes = self.attributes(attributes)?;
        self.give(user, &attributes, Batch::new())
    }

    /// Takes attributes from a reader, on all of his devices; he keeps the others and notices nothing.
    ///
    /// # Errors
    /// [`RoleError::NoKey`], [`RoleError::Attributes`], [`RoleError::Key`] if none of his keys has one of them.
    pub fn withdraw(
        &mut self,
        user: &UserId,
        attributes: &str,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Vec<u8>>, RoleError> {
        let attributes = self.attributes(attributes)?;
        let keys = self.live_keys(user)?;
        let lacking = keys.iter().fold(attributes.clone(), |left, key| left.without(key.attributes()));
        if !lacking.is_empty() {
            return Err(KeyError::NotHeld(lacking).into());
        }
        self.take(user, &attributes, Batch::new(), now, rng)
    }

    /// Grants for each key of a reader that lacks some of the attributes; durable with the changes of `batch`.
    fn give(
        &mut self,
        user: &UserId,
        attributes: &AttributeSet,
        batch: Batch,
    ) -> Result<Vec<Vec<u8>>, RoleError> {
        let keys = self.live_keys(user)?;
        let mut registry = StoreRegistry::new(&mut self.store);
        let mut messages = Vec::new();
        for key in keys {
            let lacks = attributes.without(key.attributes());
            if !lacks.is_empty() {
                messages.push(self.inner.grant(key.id(), &lacks, &mut registry)?.to_bytes());
            }
        }
        registry.commit(batch)?;
        Ok(messages)
    }

    /// Takes attributes from each key of a reader that has some of them; durable with the changes of `batch`.
    fn take(
        &mut self,
        user: &UserId,
        attributes: &AttributeSet,
        batch: Batch,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Vec<u8>>, RoleError> {
        let keys = self.live_keys(user)?;
        self.publish(batch, |inner, registry| {
            let (mut messages, mut updates) = (Vec::new(), Vec::new());
            for key in keys {
                let held = attributes.without(&attributes.without(key.attributes()));
                if held.is_empty() {
                    continue;
                }
                let Withdrawal { withdrawn, key, revoked } =
                    inner.withdraw(key.id(), &held, registry, now, rng)?;
                messages.push(withdrawn.to_bytes());
                messages.extend(key.map(|key| key.to_bytes()));
                messages.push(revoked.to_bytes());
                updates.extend([withdrawn, revoked]);
            }
            Ok((messages, updates))
        })
    }

    /// The keys of a reader once more, for a cloud that has not got them, or a grant, because the way to it broke down. A cloud that
    /// lacks nothing of them changes nothing.
    ///
    /// # Errors
    /// [`RoleError::NoKey`], [`RoleError::Key`].
    pub fn keys_again(&mut self, user: &UserId) -> Result<Vec<Vec<u8>>, RoleError> {
        let keys = self.live_keys(user)?;
        let registry = StoreRegistry::new(&mut self.store);
        keys.iter().map(|key| Ok(self.inner.issue_again(key.id(), &registry)?.to_bytes())).collect()
    }

    /// The attributes of a reader, key by key: one for each of his devices. Of use before a lost phone is dismissed
    /// ([`revoke`](Self::revoke)) and its owner enrolled anew.
    ///
    /// # Errors
    /// [`RoleError::NoKey`].
    pub fn attributes_of(&mut self, user: &UserId) -> Result<Vec<AttributeSet>, RoleError> {
        Ok(self.live_keys(user)?.iter().map(|key| key.attributes().clone()).collect())
    }

    /// Does what a patient has consented to: gives a reader the attributes that stand for it, or takes them.
    ///
    /// Consents may come in any order, and more than once: for each reader and each category or label the newest one counts, and of two of one
    /// second the one that takes. So an old consent that somebody hands in again gives nothing back. `[PHR-4.2]`
    /// What is returned is for the cloud: the consent itself, for its ledger, and what comes of it.
    ///
    /// # Errors
    /// [`RoleError::Consent`] unless the patient herself has signed it, with a credential that is good now and covers
    /// [`RecordCategory::Consent`]; [`RoleError::ConsentTime`] if it is of the future; those of [`grant`](Self::grant) and
    /// [`withdraw`](Self::withdraw).
    pub fn consent(
        &mut self,
        consent: &[u8],
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<Vec<u8>>, RoleError> {
        let message = consent;
        let consent = Consent::from_bytes(consent)?;
        let patient = *consent.patient(&self.realm, now).ok_or(RoleError::Consent)?;
        let credential = consent.credential();
        self.inner
            .state()
            .check_user(credential.user(), credential.issued_at())
            .map_err(|_| RoleError::Consent)?;
        if consent.time() > now.saturating_add(CONSENT_LEAD_SECONDS) {
            return Err(RoleError::ConsentTime { time: consent.time(), now });
        }
        let mut batch = Batch::new();
        let mut counts = Vec::new();
        for scope in consent.scopes() {
            let attribute = scope.attribute(&patient);
            let row = [CONSENT, &user_prefix(consent.reader()), attribute.as_bytes()].concat();
            let word = consent.word();
            // Of one second, what takes comes after what gives.
            if self.store.get(Table::Meta, &row)?.is_none_or(|newest| newest.as_slice() <= word.as_slice()) {
                batch.put(Table::Meta, row, word);
                counts.push(attribute);
            }
        }
        // What does not change a key counts all the same against consents that are older and come later.
        let shared = self.attributes(&counts.join(", "))?;
        let mut messages = if consent.gives() {
            self.give(consent.reader(), &shared, batch)?
        } else {
            self.take(consent.reader(), &shared, batch, now, rng)?
        };
        // The cloud writes down what she has said, and then what comes of it.
        messages.insert(0, message.to_vec());
        Ok(messages)
    }

    /// Whether a user has a key that is alive.
    ///
    /// # Errors
    /// [`RoleError::Key`].
    pub fn is_enrolled(&mut self, user: &UserId) -> Result<bool, RoleError> {
        match self.live_keys(user) {
            Ok(_) => Ok(true),
            Err(RoleError::NoKey(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Dismisses a user: the cloud deletes his keys and takes nothing of him any more, at once. To be safe from a cloud that is in
    /// league with him, begin the next epoch. It holds for what he was given until now: after a lost phone he may be enrolled anew.
    ///
    /// # Errors
    /// [`RoleError::Authority`].
    pub fn revoke(&mut self, user: &UserId, now: u64) -> Result<Vec<u8>, RoleError> {
        self.publish(Batch::new(), |inner, _| {
            let update = inner.revoke_user(user, now)?;
            Ok((update.to_bytes(), Vec::from([update])))
        })
    }

    /// Begins the next epoch: what is encrypted in it opens for nobody who was dismissed before. Then [`refresh`](Self::refresh).
    ///
    /// # Errors
    /// [`RoleError::Authority`] after the last epoch.
    pub fn advance(&mut self, now: u64) -> Result<Vec<u8>, RoleError> {
        self.publish(Batch::new(), |inner, _| {
            let update = inner.advance(now)?;
            Ok((update.to_bytes(), Vec::from([update])))
        })
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

    /// After a restart from a backup: brings the registry to the keys that a cloud holds (`Cloud::keys_held`). Keys that are not known here, issued
    /// since the backup, are revoked: their readers enrol again.
    ///
    /// # Errors
    /// [`RoleError::Key`]; calling it again goes on.
    pub fn reconcile(
        &mut self,
        held: impl IntoIterator<Item = (KeyId, Epoch)>,
        now: u64,
    ) -> Result<Vec<Vec<u8>>, RoleError> {
        self.publish(Batch::new(), |inner, registry| {
            let updates = inner.reconcile(registry, held, now)?;
            Ok((updates.iter().map(AuthorityUpdate::to_bytes).collect(), updates))
        })
    }

    /// Does `act`, and makes its updates, what it changes in the registry, and `batch` durable at once before anybody hears of them. If that
    /// fails nothing has happened: a number that was used and lost would leave a gap in the log for ever. `[PHR-10.1]`
    fn publish<T>(
        &mut self,
        mut batch: Batch,
        act: impl FnOnce(
            &mut crate::revoke::Authority,
            &mut StoreRegistry<'_, S>,
        ) -> Result<(T, Vec<AuthorityUpdate>), RoleError>,
    ) -> Result<T, RoleError> {
        let before = self.inner.state().clone();
        let mut registry = StoreRegistry::new(&mut self.store);
        let done = act(&mut self.inner, &mut registry).and_then(|(result, updates)| {
            log(&mut batch, &updates);
            registry.commit(batch)?;
            Ok(result)
        });
        if done.is_err() {
            self.inner.take_back(before);
        }
        done
    }

    /// Attributes in the words of this realm.
    fn attributes(&self, text: &str) -> Result<AttributeSet, RoleError> {
        Ok(AttributeSet::parse(text, self.realm.schema())?)
    }

    fn live_keys(&mut self, user: &UserId) -> Result<Vec<IssuedKey>, RoleError> {
        let state = self.inner.state();
        let keys = StoreRegistry::new(&mut self.store).live_keys(user, |key| key.is_live(state))?;
        if keys.is_empty() { Err(RoleError::NoKey(user.as_str().into())) } else { Ok(keys) }
    }
}

/// Adds updates to the log; none takes the place of another.
fn log<'u>(batch: &mut Batch, updates: impl IntoIterator<Item = &'u AuthorityUpdate>) {
    for update in updates {
        batch.insert(Table::Update, update.number().to_be_bytes(), update.to_bytes());
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
