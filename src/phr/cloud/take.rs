//! What comes from the authority. `[PHR-12.1]`
//!
//! Nothing in this file is secret: it names no type that is.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::slice;

use sha2::{Digest, Sha256};

use super::rows;
use super::{Cloud, CloudError, Duty};
use crate::codec::Kind;
use crate::outsource::{KeyId, ProxyKey, TransformKey};
use crate::phr::Consent;
use crate::phr::audit::{AuditEntry, AuditEvent};
use crate::phr::registry::{keys_of, user_row};
use crate::revoke::{
    Action, AuthorityUpdate, Cleaned, EpochStatement, Epochs, Grant, Lease, Proxy, TokenBatch,
};
use crate::store::{Batch, BlobStore, Store, Table};
use rand_core::CryptoRng;

impl<S: Store, B: BlobStore> Cloud<S, B> {
    /// Takes what the authority sends: updates, leases, statements of the epoch, transform keys, grants, tokens, consents that it has
    /// carried out, the certificate of the ledger. What it has taken before changes nothing, so that the authority may send it again.
    /// When it returns, it is durable, and what it revokes is deleted.
    ///
    /// # Errors
    /// [`CloudError`] says why not. [`CloudError::Update`] with a gap: ask the authority for the updates between.
    pub fn take(&self, message: &[u8], now: u64, rng: &mut impl CryptoRng) -> Result<(), CloudError> {
        match Kind::of(message)? {
            Kind::AuthorityUpdate => self.take_update(&AuthorityUpdate::from_bytes(message)?, now),
            Kind::Lease => self.take_lease(message, now),
            Kind::EpochStatement => self.take_statement(message, now),
            Kind::TransformKey => self.take_key(TransformKey::from_bytes(message)?, now, rng),
            Kind::Grant => self.take_grant(&Grant::from_bytes(message)?, now, rng),
            Kind::TokenBatch => self.take_tokens(TokenBatch::from_bytes(message)?, rng),
            Kind::LedgerCertificate => self.take_certificate(message),
            Kind::Consent => self.take_consent(message, now),
            other => Err(CloudError::OtherKind(other)),
        }
    }

    fn take_update(&self, update: &AuthorityUpdate, now: u64) -> Result<(), CloudError> {
        let mut duty = self.duty_mut();
        self.save(&mut duty, now)?;
        let number = update.number();
        if number <= duty.proxy.state().number() {
            let known = self.shelf().store.get(Table::Update, &number.to_be_bytes())?;
            if known.is_some_and(|known| known == update.to_bytes()) {
                return Ok(());
            }
        }
        // Whom it revokes is refused from now on, even if the store fails.
        let _ = duty.proxy.apply(update)?;
        duty.unsaved = Some(update.clone());
        self.save(&mut duty, now)
    }

    /// Stores the update that was applied, deletes what it has revoked, and writes both down: all at once, now or, if the store has
    /// failed, before anything else is taken.
    fn save(&self, duty: &mut Duty, now: u64) -> Result<(), CloudError> {
        let Some(update) = &duty.unsaved else { return Ok(()) };
        let mut batch = Batch::new();
        batch.insert(Table::Update, update.number().to_be_bytes(), update.to_bytes());
        batch.put(Table::Meta, rows::STATE, duty.proxy.state().to_bytes());
        let (user, keys) = match update.action() {
            Action::RevokeUser(user) => (Some(user.clone()), keys_of(&self.shelf().store, user)?),
            Action::RevokeKey(id) | Action::RevokeAttributes { key: id, .. } => (None, Vec::from([*id])),
            _ => (None, Vec::new()),
        };
        for id in &keys {
            let key = rows::proxy_key(&self.shelf().store, id.as_bytes())?;
            // A key that was issued since is not among them.
            if let Some(mut key) = key {
                clean(&duty.proxy, &mut key, &mut batch);
                self.cache().keys.remove(key.user());
            }
        }
        let event = match update.action() {
            Action::Begin | Action::Advance => AuditEvent::Advanced,
            _ => AuditEvent::Revoked,
        };
        let entry = AuditEntry {
            time: now,
            event,
            user,
            patient: None,
            records: Vec::new(),
            evidence: update.to_bytes(),
        };
        self.commit(slice::from_ref(&entry), batch)?;
        duty.unsaved = None;
        Ok(())
    }

    /// Deletes whatever is revoked, wherever it is: after a start, when the power was cut in the middle.
    pub(super) fn clean_all(&self) -> Result<(), CloudError> {
        let duty = self.duty();
        let (mut batch, mut after) = (Batch::new(), None);
        loop {
            let page = self.shelf().store.page(Table::Key, &[], after.as_deref(), 1024)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            for (_, bytes) in &page {
                let mut key = ProxyKey::from_bytes(bytes)?;
                clean(&duty.proxy, &mut key, &mut batch);
            }
        }
        batch.put(Table::Meta, rows::STATE, duty.proxy.state().to_bytes());
        self.commit_quietly(&batch)?;
        Ok(())
    }

    fn take_lease(&self, message: &[u8], now: u64) -> Result<(), CloudError> {
        let mut duty = self.duty_mut();
        self.save(&mut duty, now)?;
        duty.proxy.renew(Lease::from_bytes(message)?, now)?;
        let mut batch = Batch::new();
        batch.put(Table::Meta, rows::LEASE, message);
        self.commit_quietly(&batch)?;
        Ok(())
    }

    fn take_statement(&self, message: &[u8], now: u64) -> Result<(), CloudError> {
        let parameters = self.realm.parameters();
        let mut epochs = match self.statement()? {
            Some(newest) => Epochs::resume(parameters, &EpochStatement::from_bytes(&newest)?)?,
            None => Epochs::new(parameters)?,
        };
        epochs.observe(parameters, &EpochStatement::from_bytes(message)?, now)?;
        let mut batch = Batch::new();
        if let Some(newest) = epochs.newest() {
            batch.put(Table::Meta, rows::STATEMENT, newest.to_bytes());
        }
        self.commit_quietly(&batch)?;
        Ok(())
    }

    /// Writes a patient's consent down, which the authority has carried out with the messages that come next. What was written down before is not again.
    fn take_consent(&self, message: &[u8], now: u64) -> Result<(), CloudError> {
        let consent = Consent::from_bytes(message)?;
        let patient = *consent.patient(&self.realm, now).ok_or(CloudError::Credential)?;
        let mut batch = Batch::new();
        let row = rows::consent_key(message);
        if self.shelf().store.get(Table::Meta, &row)?.is_some() {
            return Ok(());
        }
        batch.put(Table::Meta, row, []);
        let entry = AuditEntry {
            time: now,
            event: AuditEvent::Consented,
            user: Some(consent.credential().user().clone()),
            patient: Some(patient),
            records: Vec::new(),
            evidence: message.to_vec(),
        };
        self.commit(slice::from_ref(&entry), batch)?;
        Ok(())
    }

    fn take_key(&self, key: TransformKey, now: u64, rng: &mut impl CryptoRng) -> Result<(), CloudError> {
        // Alone, and to the end: an update that revokes it, or a grant, comes before or after, not in between.
        let duty = self.duty_mut();
        let key = duty.proxy.accept(key, rng)?;
        if let Some(held) = rows::proxy_key(&self.shelf().store, key.id().as_bytes())? {
            // It was taken before. Sent again it may have attributes whose grant was lost, or lack what it has got here since.
            let lacks_nothing = held.attributes().is_subset(key.attributes());
            let has_more = !key.attributes().is_subset(held.attributes());
            if !lacks_nothing || !has_more || key.tokens_until() < held.tokens_until() {
                return Ok(());
            }
        }
        let mut batch = Batch::new();
        batch.put(Table::Key, *key.id().as_bytes(), key.to_bytes());
        batch.put(Table::User, user_row(key.user(), key.id()), []);
        self.commit(&[granted(&key, now)], batch)?;
        self.cache().keys.remove(key.user());
        Ok(())
    }

    fn take_grant(&self, grant: &Grant, now: u64, rng: &mut impl CryptoRng) -> Result<(), CloudError> {
        // Alone: two grants of one key must not lose each other.
        let duty = self.duty_mut();
        let key = rows::proxy_key(&self.shelf().store, grant.key_id().as_bytes())?;
        let mut key = key.ok_or(CloudError::Missing("key"))?;
        if grant.attributes().is_subset(key.attributes()) {
            return Ok(());
        }
        duty.proxy.grant(grant, &mut key, rng)?;
        let mut batch = Batch::new();
        batch.put(Table::Key, *key.id().as_bytes(), key.to_bytes());
        self.commit(&[granted(&key, now)], batch)?;
        self.cache().keys.remove(key.user());
        Ok(())
    }

    fn take_tokens(&self, mut tokens: TokenBatch, rng: &mut impl CryptoRng) -> Result<(), CloudError> {
        let _duty = self.duty_mut();
        let mut held: BTreeMap<KeyId, ProxyKey> = BTreeMap::new();
        for id in tokens.keys() {
            // What is not here was revoked, or belongs to another cloud; what reaches as far was refreshed before.
            let key = rows::proxy_key(&self.shelf().store, id.as_bytes())?;
            if let Some(key) = key.filter(|key| key.tokens_until() < Some(tokens.to())) {
                held.insert(*id, key);
            }
        }
        tokens.retain(|id| held.contains_key(id));
        if tokens.keys().is_empty() {
            return Ok(());
        }
        let verified = tokens.verify(self.realm.parameters(), |id| held.get(id), rng)?;
        let mut batch = Batch::new();
        for key in held.values_mut() {
            verified.refresh(key)?;
            batch.put(Table::Key, *key.id().as_bytes(), key.to_bytes());
        }
        self.commit_quietly(&batch)?;
        let mut cache = self.cache();
        held.values().for_each(|key| cache.keys.remove(key.user()));
        Ok(())
    }
}

/// That somebody has a key, or more attributes for it. The key itself is confidential; and of the attributes, which may name a patient, the hash alone stays when she
/// is erased.
fn granted(key: &ProxyKey, now: u64) -> AuditEntry {
    let attributes = Sha256::digest(key.attributes().to_string());
    AuditEntry {
        time: now,
        event: AuditEvent::Granted,
        user: Some(key.user().clone()),
        patient: None,
        records: Vec::new(),
        evidence: [key.id().as_bytes().as_slice(), &attributes].concat(),
    }
}

/// The changes that delete what is revoked of a key.
fn clean(proxy: &Proxy, key: &mut ProxyKey, batch: &mut Batch) {
    match proxy.clean(key) {
        Cleaned::Unchanged => {}
        Cleaned::Store => batch.put(Table::Key, *key.id().as_bytes(), key.to_bytes()),
        Cleaned::Delete => {
            batch.remove(Table::Key, *key.id().as_bytes());
            batch.remove(Table::User, user_row(key.user(), key.id()));
        }
    }
}
